package dev.ashlar.sim;

/** The fate of everything that was not synced, on a device that writes nothing unless it has to. */
final class ForgetAll implements Fates {
    static final Fates FATES = new ForgetAll();

    private ForgetAll() {}

    @Override
    public WriteFate ofWrite(Inode file, Inode.UnsyncedWrite write) {
        return WriteFate.dropped();
    }

    @Override
    public boolean keepsLength(Inode.UnsyncedLength length) {
        return false;
    }

    @Override
    public boolean keepsName(Disk.UnsyncedName name) {
        return false;
    }

    @Override
    public String toString() {
        return "nothing unsynced is kept";
    }
}
