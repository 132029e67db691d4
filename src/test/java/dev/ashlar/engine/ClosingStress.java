package dev.ashlar.engine;

import dev.ashlar.AshlarException;
import dev.ashlar.Cursor;
import dev.ashlar.Durability;
import dev.ashlar.Keyspace;
import dev.ashlar.Store;
import dev.ashlar.StoreClosedException;
import dev.ashlar.WriteCallback;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.L_Result;

/**
 * Reads and writes of a store that is being closed. Each state is a store; it is left closed, and its directory goes to
 * the next state. Run by {@code dev.ashlar.stress.InterleavingTest}.
 */
final class ClosingStress {
    private static final ConcurrentLinkedQueue<Path> FREE = new ConcurrentLinkedQueue<>();
    private static final byte[] KEY = "short key".getBytes(StandardCharsets.UTF_8);
    private static final long VALUE = 0x0102_0304_0506_0708L;

    /** Closing takes milliseconds, and much longer where others use the machine. A reader is there all the time. */
    private static final long PATIENCE_NANOS = 60_000_000_000L;

    private static final int MOST_WRITES = 1_000_000;

    private ClosingStress() {}

    private static Path directory() {
        Path free = FREE.poll();
        return free != null ? free : StressStores.newDirectory();
    }

    private static Store open(Path directory) {
        return StressStores.open(directory, StressStores.SMALL, -1L, 4 << 10);
    }

    private static Store openWithValue(Path directory) {
        Store store = open(directory);
        store.keyspace("k").put(KEY, value(VALUE));
        return store;
    }

    private static byte[] value(long word) {
        byte[] value = new byte[Long.BYTES];
        MemorySegment.ofArray(value).set(ValueLayout.JAVA_LONG_UNALIGNED, 0, word);
        return value;
    }

    /** A view is the value, until the store is closed. */
    @JCStressTest
    @Outcome(id = "closed", expect = Expect.ACCEPTABLE, desc = "values, then the store was closed")
    @Outcome(expect = Expect.FORBIDDEN, desc = "absent, another value, another exception, never told")
    @State
    public static class GetOrClosed {
        private final Path directory = directory();
        private final Store store = openWithValue(directory);
        private final Keyspace space = store.keyspace("k");

        @Actor
        public void closer() {
            store.close();
        }

        @Actor
        public void reader(L_Result result) {
            result.r1 = "never told that it was closed";
            long start = System.nanoTime();
            for (int i = 0; i % 1024 != 0 || System.nanoTime() - start < PATIENCE_NANOS; i++) {
                try {
                    MemorySegment view = space.get(KEY);
                    if (view == null || view.get(ValueLayout.JAVA_LONG_UNALIGNED, 0) != VALUE) {
                        result.r1 = view == null ? "absent" : "another value";
                        return;
                    }
                } catch (StoreClosedException e) {
                    result.r1 = "closed";
                    return;
                } catch (RuntimeException | Error e) {
                    result.r1 = e.toString();
                    return;
                }
            }
        }

        @Arbiter
        public void cleanUp() {
            FREE.add(directory);
        }
    }

    /** A cursor reads the value, wherever it stands when the store is closed. */
    @JCStressTest
    @Outcome(id = "closed", expect = Expect.ACCEPTABLE, desc = "values, then the store was closed")
    @Outcome(expect = Expect.FORBIDDEN, desc = "absent, another value, another exception, never told")
    @State
    public static class CursorOrClosed {
        private final Path directory = directory();
        private final Store store = openWithValue(directory);
        private final Cursor cursor = store.keyspace("k").cursor();

        @Actor
        public void closer() {
            store.close();
        }

        @Actor
        public void reader(L_Result result) {
            result.r1 = "never told that it was closed";
            long start = System.nanoTime();
            for (int i = 0; i % 1024 != 0 || System.nanoTime() - start < PATIENCE_NANOS; i++) {
                try {
                    boolean found = i % 4 != 0 || cursor.find(KEY);
                    if (!found || cursor.getLong(0) != VALUE) {
                        result.r1 = found ? "another value" : "absent";
                        return;
                    }
                } catch (StoreClosedException e) {
                    result.r1 = "closed";
                    return;
                } catch (RuntimeException | Error e) {
                    result.r1 = e.toString();
                    return;
                }
            }
        }

        @Arbiter
        public void cleanUp() {
            FREE.add(directory);
        }
    }

    /** A write is acknowledged and there, or refused and not there; nobody waits for ever. */
    @JCStressTest
    @Outcome(id = "as told", expect = Expect.ACCEPTABLE, desc = "what was acknowledged is there, and nothing else")
    @Outcome(expect = Expect.FORBIDDEN, desc = "lost, or there though it was refused, or another exception")
    @State
    public static class PutOrRefused {
        private final Path directory = directory();
        private final Store store = open(directory);
        private final Keyspace space = store.keyspace("k");
        private final long before = lastOf(space);
        private long acknowledged = before;

        @Actor
        public void closer() {
            store.close();
        }

        @Actor
        public void writer(L_Result result) {
            result.r1 = "never refused";
            for (int i = 1; i <= MOST_WRITES; i++) {
                try {
                    space.put(KEY, value(before + i));
                    acknowledged = before + i;
                } catch (StoreClosedException e) {
                    result.r1 = "as told";
                    return;
                } catch (RuntimeException | Error e) {
                    result.r1 = e.toString();
                    return;
                }
            }
        }

        @Arbiter
        public void reopen(L_Result result) {
            long found = reopened(directory);
            if (found != acknowledged) {
                result.r1 = "acknowledged " + acknowledged + ", found " + found;
            }
        }
    }

    /** A future completes, and only once, with what became of its write; all have by the time that both have returned. */
    @JCStressTest
    @Outcome(id = "as told", expect = Expect.ACCEPTABLE, desc = "what was acknowledged is there, and nothing else")
    @Outcome(expect = Expect.FORBIDDEN, desc = "never told, lost, there though it was refused, or another exception")
    @State
    public static class FutureOrRefused {
        private final Path directory = directory();
        private final Store store = open(directory);
        private final Keyspace space = store.keyspace("k");
        private final long before = lastOf(space);
        private final List<CompletableFuture<Long>> futures = new ArrayList<>();

        @Actor
        public void closer() {
            store.close();
        }

        @Actor
        public void writer(L_Result result) {
            result.r1 = "never refused";
            for (int i = 1; i <= MOST_WRITES; i++) {
                Durability durability = i % 3 == 0 ? Durability.DURABLE : Durability.APPENDED;
                try {
                    futures.add(space.putAsync(KEY, value(before + i), durability));
                } catch (StoreClosedException e) {
                    result.r1 = "as told";
                    return;
                } catch (RuntimeException | Error e) {
                    result.r1 = e.toString();
                    return;
                }
            }
        }

        @Arbiter
        public void reopen(L_Result result) {
            long acknowledged = before;
            for (int i = 0; i < futures.size(); i++) {
                CompletableFuture<Long> future = futures.get(i);
                if (!future.isDone()) {
                    result.r1 = "write " + i + " of " + futures.size() + " was never told";
                } else if (!future.isCompletedExceptionally()) {
                    acknowledged = before + i + 1;
                } else if (!(future.exceptionNow() instanceof StoreClosedException)) {
                    result.r1 = future.exceptionNow().toString();
                }
            }
            long found = reopened(directory);
            if (found != acknowledged) {
                result.r1 = "acknowledged " + acknowledged + ", found " + found;
            }
        }
    }

    /** A callback is told once, of each write that was accepted, and the truth; all are by the time that both have returned. */
    @JCStressTest
    @Outcome(id = "as told", expect = Expect.ACCEPTABLE, desc = "what was acknowledged is there, and nothing else")
    @Outcome(
            expect = Expect.FORBIDDEN,
            desc = "never told, twice, lost, there though it was refused, another exception")
    @State
    public static class CallbackOrRefused {
        private final Path directory = directory();
        private final Store store = open(directory);
        private final Keyspace space = store.keyspace("k");
        private final long before = lastOf(space);
        private final AtomicLong told = new AtomicLong();
        private final AtomicLong highest = new AtomicLong();
        private final AtomicReference<Throwable> other = new AtomicReference<>();
        private long accepted;

        private final WriteCallback callback = new WriteCallback() {
            @Override
            public void completed(long tag, long lsn) {
                told.incrementAndGet();
                highest.accumulateAndGet(tag, Math::max);
            }

            @Override
            public void failed(long tag, AshlarException failure) {
                told.incrementAndGet();
                if (!(failure instanceof StoreClosedException)) {
                    other.set(failure);
                }
            }
        };

        @Actor
        public void closer() {
            store.close();
        }

        @Actor
        public void writer(L_Result result) {
            result.r1 = "never refused";
            for (int i = 1; i <= MOST_WRITES; i++) {
                Durability durability = i % 3 == 0 ? Durability.DURABLE : Durability.APPENDED;
                try {
                    if (i % 2 == 0) {
                        space.put(KEY, value(before + i), durability, callback, before + i);
                    } else {
                        while (!space.tryPut(KEY, value(before + i), durability, callback, before + i)) {
                            Thread.onSpinWait();
                        }
                    }
                    accepted++;
                } catch (StoreClosedException e) {
                    result.r1 = "as told";
                    return;
                } catch (RuntimeException | Error e) {
                    result.r1 = e.toString();
                    return;
                }
            }
        }

        @Arbiter
        public void reopen(L_Result result) {
            if (told.get() != accepted) {
                result.r1 = "told of " + told.get() + " of " + accepted + " writes";
            } else if (other.get() != null) {
                result.r1 = other.get().toString();
            }
            long acknowledged = Math.max(before, highest.get());
            long found = reopened(directory);
            if (found != acknowledged) {
                result.r1 = "acknowledged " + acknowledged + ", found " + found;
            }
        }
    }

    private static long lastOf(Keyspace space) {
        MemorySegment view = space.get(KEY);
        return view == null ? 0 : view.get(ValueLayout.JAVA_LONG_UNALIGNED, 0);
    }

    private static long reopened(Path directory) {
        try (Store store = open(directory)) {
            return lastOf(store.keyspace("k"));
        } finally {
            FREE.add(directory);
        }
    }
}
