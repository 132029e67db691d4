package dev.ashlar.engine;

import dev.ashlar.Durability;
import dev.ashlar.Keyspace;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.Arrays;
import java.util.ConcurrentModificationException;
import org.jspecify.annotations.Nullable;

/**
 * Operations that read a value and then write: each writes on condition that the value is still the one that was read, and
 * begins again if it is not. No lock is held, so a writer of that key may keep them going, and nobody else.
 */
final class Transfers {
    /** What a key has: all of it that goes along when it is moved or copied. */
    private record Present(long version, MemorySegment value, long expiry) {
        static @Nullable Present find(KeyspaceCursor cursor, byte[] key) {
            while (cursor.find(key)) {
                try {
                    return new Present(cursor.version(), cursor.value(), cursor.expiry());
                } catch (ConcurrentModificationException e) {
                    // It was overwritten, and its chunk has gone, before it was read: there is another one.
                }
            }
            return null;
        }

        void putTo(Batch batch, Keyspace target, byte[] newKey) {
            batch.put(target, MemorySegment.ofArray(newKey), value, expiry);
        }

        /** To another store, where it expires at the same moment. */
        long putTo(KeyspaceHandle source, Keyspace target, byte[] newKey, Durability durability) {
            if (target instanceof KeyspaceHandle handle) {
                return handle.put(newKey, value, expiry, durability);
            }
            if (expiry == 0) {
                return target.put(newKey, value, durability);
            }
            long left = expiry - source.engine().records().clock().millis();
            return target.put(newKey, value, Duration.ofMillis(Math.max(1, left)), durability);
        }
    }

    private Transfers() {}

    /** See {@link Keyspace#getAndDelete(byte[], Durability)}. */
    static @Nullable MemorySegment take(KeyspaceHandle source, byte[] key, Durability durability) {
        KeyspaceCursor cursor = source.cursor();
        while (true) {
            Present present = Present.find(cursor, key);
            if (present == null) {
                return null;
            }
            if (source.delete(key, present.version, durability) != Keyspace.NOT_WRITTEN) {
                return present.value;
            }
        }
    }

    /** Within a store, in one batch. */
    static long move(
            KeyspaceHandle source,
            byte[] key,
            KeyspaceHandle target,
            byte[] newKey,
            boolean ifAbsent,
            Durability durability) {
        checkDiffer(source, key, target, newKey);
        KeyspaceCursor cursor = source.cursor();
        try (Batch batch = source.smallBatch()) {
            while (true) {
                Present present = Present.find(cursor, key);
                if (present == null || ifAbsent && target.contains(newKey)) {
                    return Keyspace.NOT_WRITTEN;
                }
                batch.requireVersion(source, key, present.version);
                if (ifAbsent) {
                    batch.requireAbsent(target, newKey);
                }
                batch.delete(source, key);
                present.putTo(batch, target, newKey); // last: its LSN is the batch's
                long lsn = batch.commit(durability);
                if (lsn != Keyspace.NOT_WRITTEN) {
                    return lsn;
                }
            }
        }
    }

    static long copy(KeyspaceHandle source, byte[] key, Keyspace target, byte[] newKey, Durability durability) {
        checkDiffer(source, key, target, newKey);
        KeyspaceCursor cursor = source.cursor();
        if (!(target instanceof KeyspaceHandle handle) || handle.engine() != source.engine()) {
            Present present = Present.find(cursor, key);
            return present == null ? Keyspace.NOT_WRITTEN : present.putTo(source, target, newKey, durability);
        }
        try (Batch batch = source.smallBatch()) {
            while (true) {
                Present present = Present.find(cursor, key);
                if (present == null) {
                    return Keyspace.NOT_WRITTEN;
                }
                batch.requireVersion(source, key, present.version);
                present.putTo(batch, target, newKey);
                long lsn = batch.commit(durability);
                if (lsn != Keyspace.NOT_WRITTEN) {
                    return lsn;
                }
            }
        }
    }

    /** To another store: durable there before it goes here. */
    static long moveToStore(KeyspaceHandle source, byte[] key, Keyspace target, byte[] newKey, Durability durability) {
        KeyspaceCursor cursor = source.cursor();
        long copied = Keyspace.NOT_WRITTEN;
        while (true) {
            Present present = Present.find(cursor, key);
            if (present == null) {
                break;
            }
            source.engine().health().checkWritable(); // or the copy would be for nothing
            copied = present.putTo(source, target, newKey, Durability.DURABLE);
            if (source.delete(key, present.version, durability) != Keyspace.NOT_WRITTEN) {
                return copied;
            }
        }
        if (copied != Keyspace.NOT_WRITTEN) {
            target.delete(newKey, copied, Durability.DURABLE);
        }
        return Keyspace.NOT_WRITTEN;
    }

    private static void checkDiffer(KeyspaceHandle source, byte[] key, Keyspace target, byte[] newKey) {
        if (target instanceof KeyspaceHandle handle
                && handle.engine() == source.engine()
                && handle.space().id() == source.space().id()
                && Arrays.equals(key, newKey)) {
            throw new IllegalArgumentException("the value of a key of keyspace " + source.name()
                    + " cannot be moved or copied onto itself; nothing was changed");
        }
    }
}
