package dev.ashlar.sim;

import java.util.function.Function;

/** One kind of damage alone, the same for everything that was not synced. */
enum Damage implements Fates {
    NOTHING_UNSYNCED_IS_KEPT(write -> WriteFate.dropped(), false, false),
    EVERYTHING_IS_KEPT(WriteFate::kept, true, true),
    EVERY_SECOND_WRITE_IS_LOST(
            write -> write.number() % 2 == 0 ? WriteFate.kept(write) : WriteFate.dropped(), true, true),
    EVERY_OTHER_SECOND_WRITE_IS_LOST(
            write -> write.number() % 2 == 1 ? WriteFate.kept(write) : WriteFate.dropped(), true, true),
    WRITES_END_EARLY(write -> WriteFate.sectors(0, write.sectors() / 2), true, true),
    WRITES_BEGIN_LATE(write -> WriteFate.sectors((write.sectors() + 1) / 2, write.sectors()), true, true),
    WRITES_HAVE_A_HOLE(write -> WriteFate.withHole(write.sectors() / 2, write.sectors()), true, true),
    WRITES_LEAVE_GARBAGE(write -> WriteFate.garbage(1 + write.number()), true, true),
    LENGTHS_ARE_KEPT_BUT_DATA_IS_LOST(write -> WriteFate.dropped(), true, true),
    DATA_IS_KEPT_BUT_LENGTHS_ARE_LOST(WriteFate::kept, false, true),
    NAMES_ARE_LOST(WriteFate::kept, true, false);

    private final Function<Inode.UnsyncedWrite, WriteFate> writes;
    private final boolean lengths;
    private final boolean names;

    Damage(Function<Inode.UnsyncedWrite, WriteFate> writes, boolean lengths, boolean names) {
        this.writes = writes;
        this.lengths = lengths;
        this.names = names;
    }

    @Override
    public WriteFate ofWrite(Inode file, Inode.UnsyncedWrite write) {
        return writes.apply(write);
    }

    @Override
    public boolean keepsLength(Inode.UnsyncedLength length) {
        return lengths;
    }

    @Override
    public boolean keepsName(Disk.UnsyncedName name) {
        return names;
    }
}
