package dev.ashlar.sim;

/** Decides what a loss of power makes of everything that was not synced. Asked once for each change, file by file. */
interface Fates {
    WriteFate ofWrite(Inode file, Inode.UnsyncedWrite write);

    boolean keepsLength(Inode.UnsyncedLength length);

    boolean keepsName(Disk.UnsyncedName name);
}
