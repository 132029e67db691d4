package dev.ashlar.stress;

import dev.ashlar.Cursor;
import dev.ashlar.Durability;
import dev.ashlar.Keyspace;
import dev.ashlar.stress.Register.Kind;
import dev.ashlar.stress.Register.Operation;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A keyspace that is cleared again and again, and in which values are taken, and deleted if they are a certain one. A
 * clear is a write to each of its keys.
 */
final class ClearedKeyspace {
    private static final int KEYS = 4;

    private final AtomicLong nextWrite;
    private final List<KeyHistory> histories = new ArrayList<>();
    private final KeyHistory own = history();

    /** @param nextWrite numbers of writes, which are the round's */
    ClearedKeyspace(AtomicLong nextWrite) {
        this.nextWrite = nextWrite;
    }

    /** For one thread. */
    KeyHistory history() {
        KeyHistory history = new KeyHistory(KEYS);
        histories.add(history);
        return history;
    }

    private static byte[] key(int key) {
        return new byte[] {(byte) key, 'c'};
    }

    void write(Keyspace space, KeyHistory history, SplittableRandom random) {
        int key = random.nextInt(KEYS);
        switch (random.nextInt(12)) {
            case 0 -> clear(space, history);
            case 1, 2 -> take(space, history, key);
            case 3, 4 -> deleteVersion(space, history, key);
            case 5, 6 -> read(space, history, key);
            case 7 -> put(space, history, key, true);
            default -> put(space, history, key, false);
        }
    }

    private void put(Keyspace space, KeyHistory history, int key, boolean ifAbsent) {
        long write = nextWrite.incrementAndGet();
        while (StressValue.length(write) < StressValue.HEADER) {
            write = nextWrite.incrementAndGet(); // one that says which it is, for who takes it
        }
        byte[] value = StressValue.of(key, write);
        long start = System.nanoTime();
        long lsn = ifAbsent ? space.putIfAbsent(key(key), value) : space.put(key(key), value);
        Kind kind = !ifAbsent ? Kind.PUT : lsn == Keyspace.NOT_WRITTEN ? Kind.PRESENT : Kind.PUT_IF_ABSENT;
        history.add(key, new Operation(kind, start, System.nanoTime(), write, lsn, -1));
    }

    private void clear(Keyspace space, KeyHistory history) {
        long start = System.nanoTime();
        long lsn = space.clear();
        long end = System.nanoTime();
        Kind kind = lsn == Keyspace.NOT_WRITTEN ? Kind.ABSENT : Kind.CLEAR;
        for (int key = 0; key < KEYS; key++) {
            history.add(key, new Operation(kind, start, end, -1, lsn, -1));
        }
    }

    private void take(Keyspace space, KeyHistory history, int key) {
        long start = System.nanoTime();
        MemorySegment taken = space.getAndDelete(key(key));
        long end = System.nanoTime();
        if (taken == null) {
            history.addValue(key, start, end, null, -1);
        } else {
            byte[] value = taken.toArray(ValueLayout.JAVA_BYTE);
            history.addValue(key, start, end, value, -1);
            history.add(key, new Operation(Kind.TAKE, start, end, StressValue.write(value), -1, -1));
        }
    }

    private void deleteVersion(Keyspace space, KeyHistory history, int key) {
        Cursor cursor = space.cursor();
        if (cursor.find(key(key))) {
            long version = cursor.version();
            long start = System.nanoTime();
            long lsn = space.delete(key(key), version, Durability.APPENDED);
            Kind kind = lsn == Keyspace.NOT_WRITTEN ? Kind.NOT_VERSION : Kind.DELETE_VERSION;
            history.add(key, new Operation(kind, start, System.nanoTime(), -1, lsn, version));
        }
    }

    private static void read(Keyspace space, KeyHistory history, int key) {
        long start = System.nanoTime();
        MemorySegment view = space.get(key(key));
        long end = System.nanoTime();
        history.addValue(key, start, end, view == null ? null : view.toArray(ValueLayout.JAVA_BYTE), -1);
    }

    /** What is there when nobody writes any more. */
    void readAll(Keyspace space) {
        for (int key = 0; key < KEYS; key++) {
            read(space, own, key);
        }
    }

    /** Returns how many operations were checked. */
    int check() {
        int operations = 0;
        for (int key = 0; key < KEYS; key++) {
            List<Operation> history = KeyHistory.of(key, histories);
            String fault = Register.findFault(ordered(history));
            if (fault != null) {
                throw new AssertionError("the history of cleared key " + key + " is not linearizable: " + fault);
            }
            operations += history.size();
        }
        return operations;
    }

    /** Nobody is told the LSN of what is taken; but the deletion comes next behind the write of the value. */
    private static List<Operation> ordered(List<Operation> history) {
        Map<Long, Long> lsns = new HashMap<>();
        history.stream().filter(Operation::isWrite).forEach(each -> lsns.put(each.write(), each.lsn()));
        return history.stream()
                .map(each -> {
                    Long lsn = each.kind() == Kind.TAKE ? lsns.get(each.write()) : null;
                    return lsn == null
                            ? each
                            : new Operation(Kind.DELETE_VERSION, each.start(), each.end(), -1, lsn + 1, lsn);
                })
                .toList();
    }
}
