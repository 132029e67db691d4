package dev.ashlar.keyspace;

import dev.ashlar.AshlarException;
import dev.ashlar.log.CheckpointBodies;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import java.util.concurrent.locks.LockSupport;

/**
 * The tables of an index that are verified and still in the checkpoint: each comes to its place in the memory when it is
 * first needed. They have their numbers already, so nothing else is written there, and the writer of the indexes asks
 * for a table, as everybody does, before it changes or frees it.
 *
 * <p>Filled by one thread; after that any thread loads, and waits only for another one that loads the same table.
 */
final class PendingTables {
    private static final byte ABSENT = 0;
    private static final byte LOADING = 1;
    private static final byte LOADED = 2;

    private static final int SPINS_BEFORE_PARKING = 1_000;
    private static final long PARK_NANOS = 50_000;

    private static final VarHandle STATE =
            MethodHandles.arrayElementVarHandle(byte[].class).withInvokeExactBehavior();

    private final TableMemory memory;
    private final CheckpointBodies bodies;

    private int first;
    private long firstPosition;
    private long stride;
    private int count;
    private long[] hashes = new long[16];
    private byte[] states = new byte[16];

    PendingTables(TableMemory memory, CheckpointBodies bodies) {
        this.memory = memory;
        this.bodies = bodies;
    }

    /**
     * Adds a table.
     *
     * @param table its number, one more than that of the table before
     * @param position where it stands in the checkpoint, as far behind the one before as all others are
     * @throws AshlarException if it stands elsewhere
     */
    void add(int table, long position, long hash) {
        if (count == 0) {
            first = table;
            firstPosition = position;
        } else if (count == 1) {
            stride = position - firstPosition;
        }
        if (position != firstPosition + count * stride) {
            throw new AshlarException("a table of the index image does not follow the one before, at " + position);
        }
        if (table != first + count) {
            throw new IllegalStateException("table " + table + " after " + (first + count - 1));
        }
        if (count == hashes.length) {
            hashes = Arrays.copyOf(hashes, 2 * count);
            states = Arrays.copyOf(states, 2 * count);
        }
        hashes[count++] = hash;
    }

    /**
     * Makes sure that a table is in memory. What is read from it afterwards is visible.
     *
     * @throws AshlarException if it cannot be read (any more); it is tried again at the next call
     */
    void load(int table) {
        int i = table - first;
        for (int spins = 0; ; spins++) {
            byte state = (byte) STATE.getAcquire(states, i);
            if (state == LOADED) {
                return;
            }
            if (state == ABSENT && (boolean) STATE.compareAndSet(states, i, ABSENT, LOADING)) {
                byte next = ABSENT;
                try {
                    read(i);
                    next = LOADED;
                } finally {
                    STATE.setRelease(states, i, next);
                }
                return;
            }
            if (spins < SPINS_BEFORE_PARKING) {
                Thread.onSpinWait();
            } else {
                LockSupport.parkNanos(PARK_NANOS);
            }
        }
    }

    private void read(int i) {
        long base = TableLayout.base(first + i);
        bodies.read(firstPosition + i * stride, TableLayout.TABLE_BYTES, hashes[i], memory.region(), base);
        TableLayout.set(memory.region(), base + TableLayout.SEQUENCE_OFFSET, 0);
    }
}
