package dev.ashlar.engine;

import dev.ashlar.Keyspace;
import dev.ashlar.KeyspaceReader;
import dev.ashlar.keyspace.Records;
import dev.ashlar.keyspace.Space;
import dev.ashlar.log.LogMemory;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Looks many keys up, block by block in three passes: the slots of all keys of a block are read, then all their records,
 * and only then each record is compared with its key. By then what that needs is in the cache. Whatever is not as it
 * mostly is, a collision, a record that has moved, a snapshot, is left to a lookup of that key alone.
 */
final class MultiGet {
    /** Three lines for each key, of slots, header and value, stay in the first-level cache. */
    private static final int BLOCK = 64;

    private static final VarHandle BIG_ENDIAN_LONG =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

    private final Space space;
    private final LogMemory memory;
    private final KeyspaceReader single;
    private final boolean ofSnapshot;

    /** What the passes touched. */
    @SuppressWarnings("unused")
    private long touched;

    /** @param single looks one key up */
    MultiGet(Space space, LogMemory memory, KeyspaceReader single, boolean ofSnapshot) {
        this.space = space;
        this.memory = memory;
        this.single = single;
        this.ofSnapshot = ofSnapshot;
    }

    int getAll(byte[][] keys, @Nullable MemorySegment[] values) {
        checkRoom(keys.length, values.length);
        for (byte[] key : keys) {
            Objects.requireNonNull(key, "key");
        }
        long[] positions = new long[Math.min(BLOCK, keys.length)];
        int found = 0;
        for (int from = 0; from < keys.length; from += BLOCK) {
            found += getBlock(keys, from, Math.min(BLOCK, keys.length - from), positions, values, from);
        }
        return found;
    }

    int getAll(long[] keys, @Nullable MemorySegment[] values) {
        checkRoom(keys.length, values.length);
        long[] positions = new long[Math.min(BLOCK, keys.length)];
        byte[][] block = new byte[positions.length][Long.BYTES];
        int found = 0;
        for (int from = 0; from < keys.length; from += BLOCK) {
            int count = Math.min(BLOCK, keys.length - from);
            for (int i = 0; i < count; i++) {
                BIG_ENDIAN_LONG.set(block[i], 0, keys[from + i] ^ Long.MIN_VALUE);
            }
            found += getBlock(block, 0, count, positions, values, from);
        }
        return found;
    }

    private static void checkRoom(int keys, int places) {
        if (places < keys) {
            throw new IllegalArgumentException("there are " + keys + " keys, and places for " + places + " values");
        }
    }

    private int getBlock(
            byte[][] keys, int from, int count, long[] positions, @Nullable MemorySegment[] values, int valuesFrom) {
        long epoch = memory.epoch();
        boolean touch = count > 1 && epoch >= 0;
        if (touch) {
            touch(keys, from, count, positions);
        }
        int found = 0;
        for (int i = 0; i < count; i++) {
            byte[] key = keys[from + i];
            MemorySegment value = touch && !ofSnapshot ? likelyValue(key, positions[i], epoch) : null;
            if (value == null) {
                value = single.get(key); // which knows
            }
            values[valuesFrom + i] = value;
            found += value == null ? 0 : 1;
        }
        return found;
    }

    private void touch(byte[][] keys, int from, int count, long[] positions) {
        Space space = this.space;
        LogMemory memory = this.memory;
        long sum = 0;
        try {
            // What is computed and what is waited for are in loops of their own: the fewer instructions there are
            // between
            // two loads that miss the caches, the more of them fit what the processor looks ahead.
            for (int i = 0; i < count; i++) {
                byte[] key = keys[from + i];
                positions[i] = Space.isShort(key) ? space.hashShort(key) : space.hash(key);
            }
            for (int i = 0; i < count; i++) {
                sum += space.touchSlots(positions[i]);
            }
            for (int i = 0; i < count; i++) {
                positions[i] = space.likelyPosition(positions[i]);
            }
            for (int i = 0; i < count; i++) {
                sum += Space.touchRecord(memory, positions[i], Math.min(keys[from + i].length, Keyspace.MAX_KEY_BYTES));
            }
        } catch (IllegalStateException e) {
            // The store was closed, which whoever looks the keys up is told properly.
        }
        touched = sum;
    }

    /** The value of a key whose record is at that position, else null. */
    private @Nullable MemorySegment likelyValue(byte[] key, long position, long epoch) {
        try {
            return key.length <= Keyspace.MAX_KEY_BYTES && space.isAt(memory, position, key)
                    ? space.values().view(position, epoch, Records.NOW)
                    : null;
        } catch (IllegalStateException e) {
            return null;
        }
    }
}
