package dev.ashlar.sim;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/**
 * A file of a {@link Disk}: what the device has for certain, what the page cache shows, and the changes in between that
 * were not synced.
 */
final class Inode {
    /** The device writes a sector whole or not at all. */
    static final int SECTOR = 512;

    /** A change that a loss of power may undo. */
    sealed interface Unsynced {
        /** The place of the change among all changes of the disk. */
        int number();
    }

    record UnsyncedWrite(int number, long position, byte[] data) implements Unsynced {
        int firstSector() {
            return (int) (position / SECTOR);
        }

        int sectors() {
            return data.length == 0 ? 0 : (int) ((position + data.length - 1) / SECTOR) - firstSector() + 1;
        }
    }

    record UnsyncedLength(int number, long length) implements Unsynced {}

    private final Content durable;
    private long durableLength;
    private final Content cached;
    private long cachedLength;

    /** Sectors that were durable once: writing them again leaves the old or the new bytes, never anything else. */
    private final BitSet settled;

    private final List<Unsynced> unsynced;

    Inode() {
        this(new Content(), 0, new Content(), 0, new BitSet(), new ArrayList<>());
    }

    private Inode(
            Content durable,
            long durableLength,
            Content cached,
            long cachedLength,
            BitSet settled,
            List<Unsynced> unsynced) {
        this.durable = durable;
        this.durableLength = durableLength;
        this.cached = cached;
        this.cachedLength = cachedLength;
        this.settled = settled;
        this.unsynced = unsynced;
    }

    Inode copy() {
        return new Inode(
                durable.copy(),
                durableLength,
                cached.copy(),
                cachedLength,
                (BitSet) settled.clone(),
                new ArrayList<>(unsynced));
    }

    /** What a process sees. */
    Content cached() {
        return cached;
    }

    long cachedLength() {
        return cachedLength;
    }

    List<Unsynced> unsynced() {
        return unsynced;
    }

    boolean isSettled(int sector) {
        return settled.get(sector);
    }

    void write(int number, long position, byte[] data) {
        cached.write(position, data, 0, data.length);
        unsynced.add(new UnsyncedWrite(number, position, data));
        if (position + data.length > cachedLength) {
            setLength(number, position + data.length);
        }
    }

    void setLength(int number, long length) {
        if (length < cachedLength) {
            cached.clear(length, cachedLength);
        }
        cachedLength = length;
        unsynced.add(new UnsyncedLength(number, length));
    }

    void sync() {
        for (Unsynced change : unsynced) {
            settle(change);
        }
        unsynced.clear();
    }

    /** A sync that fails: some of the changes are durable, and none will be written by a later sync. */
    void failSync(Fates fates) {
        reach(fates);
        unsynced.clear();
    }

    /** The file after a loss of power; this one is not changed. */
    Inode afterPowerLoss(Fates fates) {
        Inode after = copy();
        after.reach(fates);
        Content bytes = after.durable;
        bytes.clear(after.durableLength, Long.MAX_VALUE);
        return new Inode(
                bytes, after.durableLength, bytes.copy(), after.durableLength, after.settled, new ArrayList<>());
    }

    private void reach(Fates fates) {
        for (Unsynced change : unsynced) {
            switch (change) {
                case UnsyncedWrite write -> fates.ofWrite(this, write).applyTo(this, write);
                case UnsyncedLength length -> {
                    if (fates.keepsLength(length)) {
                        settle(length);
                    }
                }
            }
        }
    }

    private void settle(Unsynced change) {
        switch (change) {
            case UnsyncedWrite write -> settleBytes(write, 0, write.data.length);
            case UnsyncedLength length -> {
                if (length.length < durableLength) {
                    durable.clear(length.length, durableLength);
                }
                durableLength = length.length;
            }
        }
    }

    /** The part of a write that lies in a sector becomes durable. */
    void settleSector(UnsyncedWrite write, int sector) {
        long from = Math.max(write.position, (long) sector * SECTOR);
        long to = Math.min(write.position + write.data.length, (sector + 1L) * SECTOR);
        settleBytes(write, (int) (from - write.position), (int) (to - write.position));
    }

    private void settleBytes(UnsyncedWrite write, int from, int to) {
        if (to > from) {
            durable.write(write.position + from, write.data, from, to - from);
            settled.set((int) ((write.position + from) / SECTOR), (int) ((write.position + to - 1) / SECTOR) + 1);
        }
    }

    /**
     * Whether the device reads in a sector what a write puts there: bytes that are written again as they are do not change,
     * also zeros that nobody has written. Recovery relies on it when it writes the tail of the log again.
     */
    boolean isRepeated(UnsyncedWrite write, int sector) {
        long from = Math.max(write.position, (long) sector * SECTOR);
        long to = Math.min(write.position + write.data.length, (sector + 1L) * SECTOR);
        return durable.equals(from, write.data, (int) (from - write.position), (int) (to - from));
    }

    /** What a write leaves in a sector that it did not reach, where nothing was before. */
    void spoilSector(UnsyncedWrite write, int sector, byte[] bytes) {
        long from = Math.max(write.position, (long) sector * SECTOR);
        long to = Math.min(write.position + write.data.length, (sector + 1L) * SECTOR);
        durable.write(from, bytes, 0, (int) (to - from));
    }
}
