package dev.ashlar.io;

import dev.ashlar.StorageException;

/** What an error of the operating system is about: the file, or the process that asked for it. */
public final class Causes {
    private static final int ENFILE = 23;
    private static final int EMFILE = 24;

    private Causes() {}

    /** There is no such file. */
    public static boolean isAbsence(StorageException e) {
        return e.errno() == Errno.ENOENT;
    }

    /** The device does not give the bytes: they are lost, others may not be. */
    public static boolean isUnreadable(StorageException e) {
        return e.errno() == Errno.EIO;
    }

    /**
     * The process or the system has run out of descriptors, memory or mappings. That says nothing about the file, which
     * must not be taken for damaged.
     */
    public static boolean isShortage(StorageException e) {
        return e.errno() == EMFILE || e.errno() == ENFILE || e.errno() == Errno.ENOMEM;
    }
}
