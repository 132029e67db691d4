package dev.ashlar.engine;

import dev.ashlar.AshlarException;
import dev.ashlar.StorageException;
import dev.ashlar.document.DocumentFiles;
import dev.ashlar.io.Storage;
import dev.ashlar.io.StorageFile;
import dev.ashlar.io.StorageIo;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.function.IntPredicate;

/**
 * The files of all document collections of a store: who owns each, and the one place where they are removed.
 *
 * <pre>
 *                  ┌─ in an operation ─┐     a commit record      another record
 *    newId ──► written, synced ────────┴──► that names it ──────► that does not ──► retired ──► removed
 *                  │                        is written             is written        when that record is durable,
 *                  └──► discarded: the operation failed                              and nobody reads it
 * </pre>
 *
 * <p>A crash leaves files that no record names; opening removes those ({@link #sweep}), before any operation begins.
 */
final class DocumentFileKeeper {
    private record Retired(String file, long lsn, BooleanSupplier unread) {}

    private final Storage storage;
    private final AtomicLong nextId = new AtomicLong(1);
    private final List<Retired> retired = new ArrayList<>();
    private volatile boolean hasRetired;
    private volatile boolean directoryDurable;
    private boolean closed;

    DocumentFileKeeper(Storage storage) {
        this.storage = storage;
    }

    /** An id that no file has, nor had. */
    long newId() {
        return nextId.getAndIncrement();
    }

    /** Above all ids that were given. */
    long nextId() {
        return nextId.get();
    }

    /** Ids below were given by another life of the store. */
    void idsBegin(long id) {
        nextId.accumulateAndGet(id, Math::max);
    }

    /** Makes the directory, durably, before the first file. */
    void ensureDirectory() {
        if (!directoryDurable) {
            if (!storage.exists(DocumentFiles.DIRECTORY)) {
                storage.createDirectory(DocumentFiles.DIRECTORY);
            }
            storage.syncDirectory(""); // also if it is there: whoever made it may not have come so far
            directoryDurable = true;
        }
    }

    /** Makes the names of new files durable; they are synced. */
    void syncDirectory() {
        storage.syncDirectory(DocumentFiles.DIRECTORY);
    }

    /** Removes the files of an operation that came to nothing. What cannot be removed now is when the store is opened again. */
    void discard(Collection<String> files) {
        for (String file : files) {
            remove(file);
        }
    }

    /**
     * Removes files, soon.
     *
     * @param lsn end of the record since which nothing needs them
     * @param unread whether nobody reads it any more
     */
    synchronized void retire(String file, long lsn, BooleanSupplier unread) {
        retired.add(new Retired(file, lsn, unread));
        hasRetired = true;
    }

    /** Whether files wait for being removed. */
    boolean hasRetired() {
        return hasRetired;
    }

    /** Removes what is retired and may go. */
    void removeRetired(long durable) {
        List<String> files = new ArrayList<>();
        synchronized (this) {
            retired.removeIf(each -> {
                boolean goes = each.lsn <= durable && each.unread.getAsBoolean();
                if (goes) {
                    files.add(each.file);
                }
                return goes;
            });
            hasRetired = !retired.isEmpty();
        }
        discard(files);
    }

    /**
     * Removes what no record names; the records are durable, and nothing is under way.
     *
     * @param isDoubtful whether a space is there that is not known to be without a file: then the file stays
     */
    List<String> sweep(Set<Long> named, UUID store, IntPredicate isDoubtful) {
        List<String> swept = new ArrayList<>();
        if (!storage.exists(DocumentFiles.DIRECTORY)) {
            return swept;
        }
        for (String entry : storage.list(DocumentFiles.DIRECTORY)) {
            long id = DocumentFiles.idOf(entry);
            if (id >= 0) {
                idsBegin(id + 1);
                String file = DocumentFiles.DIRECTORY + "/" + entry;
                if (!named.contains(id) && isNobodys(entry, store, isDoubtful)) {
                    storage.unlink(file);
                    swept.add(file);
                }
            }
        }
        return swept;
    }

    private boolean isNobodys(String entry, UUID store, IntPredicate isDoubtful) {
        try {
            return !isDoubtful.test(DocumentFiles.spaceOf(storage, store, entry));
        } catch (StorageException e) {
            return false; // it cannot be read now
        }
    }

    /**
     * From now on no opening removes a file, until somebody removes this one: a record is lost that may be the one which names
     * them, and the openings to come cannot know that.
     */
    void keepAll() {
        if (!storage.exists(DocumentFiles.DIRECTORY) || keepsAll()) {
            return;
        }
        try (StorageFile marker = storage.create(DocumentFiles.KEEP)) {
            marker.sync();
        }
        storage.syncDirectory(DocumentFiles.DIRECTORY);
    }

    boolean keepsAll() {
        return storage.exists(DocumentFiles.KEEP);
    }

    /** Notes which ids were given, and removes nothing. */
    List<String> noteIds() {
        if (storage.exists(DocumentFiles.DIRECTORY)) {
            storage.list(DocumentFiles.DIRECTORY).forEach(entry -> idsBegin(DocumentFiles.idOf(entry) + 1));
        }
        return List.of();
    }

    /** From now on nothing is removed: the store may be open elsewhere, and what is left there is swept. */
    synchronized void close() {
        closed = true;
    }

    private synchronized void remove(String file) {
        if (closed) {
            return;
        }
        try {
            boolean ignored = StorageIo.removeIfPresent(storage, file);
        } catch (AshlarException e) {
            // It takes space until the store is opened again, and means nothing: no record names it.
        }
    }
}
