package dev.ashlar.document;

import dev.ashlar.CorruptionException;
import dev.ashlar.StorageException;
import dev.ashlar.io.Causes;
import dev.ashlar.io.Storage;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The dictionaries of a collection that are in use, each in memory once. Safe for any thread. It reads files, and neither writes
 * nor removes any.
 */
public final class Dictionaries {
    private final Storage storage;
    private final UUID store;
    private final int space;
    private final Map<Long, Use> inUse = new HashMap<>();

    public Dictionaries(Storage storage, UUID store, int space) {
        this.storage = storage;
        this.store = store;
        this.space = space;
    }

    private static final class Use {
        private final Dictionary dictionary;
        private int users;

        Use(Dictionary dictionary) {
            this.dictionary = dictionary;
        }
    }

    /**
     * A dictionary, read from its file if nobody uses it yet. It is valid until it is {@link #release}d, as often as it was
     * acquired.
     *
     * @throws dev.ashlar.CorruptionException if the file is damaged
     * @throws dev.ashlar.StorageException if it is missing or cannot be read
     */
    public synchronized Dictionary acquire(long id) {
        Use use = inUse.get(id);
        if (use == null) {
            use = new Use(Dictionary.read(storage, store, space, id));
            inUse.put(id, use);
        }
        use.users++;
        return use.dictionary;
    }

    /** As {@link #acquire}; null if the file is missing, damaged or cannot be read. */
    public @Nullable Dictionary tryAcquire(long id) {
        try {
            return acquire(id);
        } catch (CorruptionException e) {
            return null;
        } catch (StorageException e) {
            if (Causes.isAbsence(e) || Causes.isUnreadable(e)) {
                return null;
            }
            throw e;
        }
    }

    /** Gives back what {@link #acquire} gave; the last one frees its memory. */
    public synchronized void release(Dictionary dictionary) {
        Use use = inUse.get(dictionary.id());
        if (use == null || use.dictionary != dictionary) {
            throw new IllegalStateException(dictionary + " is not in use");
        }
        if (--use.users == 0) {
            inUse.remove(dictionary.id());
            dictionary.close();
        }
    }

    /** How many are in use. */
    public synchronized int size() {
        return inUse.size();
    }
}
