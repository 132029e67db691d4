package dev.ashlar.io;

import dev.ashlar.StorageException;
import dev.ashlar.StoreFullException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The seam between the engine and the file system: one directory tree, in which every file is named by a path relative
 * to the root with {@code /} between its parts. Everything the engine does to a disk goes through here, so that a
 * simulated disk can stand behind it.
 *
 * <p>What a caller may rely on after power is lost is what POSIX promises and no more: bytes of a file after {@link
 * StorageFile#sync()} returned, names in a directory after {@link #syncDirectory} returned, a rename atomically.
 *
 * <p>Failures are {@link StorageException} with the operation, the file and the error number; a lack of space, of quota
 * or of file size is {@link StoreFullException}. All methods may be called from any thread.
 */
public interface Storage extends AutoCloseable {
    /** Where this storage is, for messages: an absolute path, or the name of a simulation. */
    String describe();

    /** Creates an empty file, open for reading and writing; it is an error if the name exists. */
    StorageFile create(String name);

    /** Opens an existing file for reading. */
    StorageFile open(String name);

    /** Opens an existing file for reading and writing. */
    StorageFile openForWriting(String name);

    boolean exists(String name);

    /** The names, not the paths, of the entries of a directory in no order; {@code ""} is the root. */
    List<String> list(String directory);

    /** Creates a directory whose parent exists; nothing happens if it is there already. */
    void createDirectory(String name);

    /** Renames a file, atomically replacing what has the new name. */
    void rename(String from, String to);

    /** Removes a file, not a directory. Mappings and open handles of it stay usable. */
    void unlink(String name);

    /** Makes creations, renames and removals in a directory durable; {@code ""} is the root. */
    void syncDirectory(String directory);

    /**
     * Takes an exclusive lock on a file, which is created if it is absent and whose content is left alone. It excludes
     * every other attempt, through whichever storage, in this process and in others. Never open the file otherwise:
     * with plain NIO, closing any handle of it in this process drops the lock.
     *
     * @return the lock, or null if somebody else, in this process or another, has it
     */
    @Nullable
    StorageLock tryLock(String name);

    /**
     * Takes a lock on an existing file that excludes writers, who take {@link #tryLock}, and in this process every other
     * attempt. The file may be one that this process cannot write; nothing of it changes.
     *
     * @return the lock, or null if somebody else has it
     */
    default @Nullable StorageLock tryLockForReading(String name) {
        return tryLock(name);
    }

    /**
     * True if a thread that is interrupted in the middle of a write or sync leaves the file usable for others. Where it
     * is false (NIO closes a channel under an interrupted thread), only threads of the engine may write.
     */
    boolean survivesInterrupts();

    /**
     * Address space in which files of this storage can be mapped side by side ({@link StorageFile#mapInto}).
     *
     * @param bytes a multiple of the alignment, which is a power of two of at least 64 KiB
     * @return null where there is none; then {@link StorageFile#map} is the only way
     */
    default @Nullable AddressRange reserve(long bytes, long alignment) {
        return null;
    }

    /** Releases what the storage holds; files and locks are closed by who opened them. */
    @Override
    void close();

    /** An exclusive lock, held until it is closed. */
    interface StorageLock extends AutoCloseable {
        @Override
        void close();
    }
}
