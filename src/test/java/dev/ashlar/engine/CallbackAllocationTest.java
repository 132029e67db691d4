package dev.ashlar.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.ashlar.AshlarException;
import dev.ashlar.Durability;
import dev.ashlar.Keyspace;
import dev.ashlar.Store;
import dev.ashlar.StoreOptions;
import dev.ashlar.WriteCallback;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.reflect.Method;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a put with a callback allocates on the heap, on all threads that take part. */
@Timeout(600)
class CallbackAllocationTest {
    private static final int KEYS = 256;
    private static final int WRITES = 100_000;

    /** Groups, flushes and chunks cost some hundred bytes each; there are far fewer of them than writes. */
    private static final long MOST_BYTES_PER_WRITE = 4;

    @TempDir
    Path directory;

    /** How the key and the value of a write are given. */
    enum Form {
        PUT_BYTES,
        PUT_SEGMENTS,
        TRY_PUT_BYTES,
        PUT_DURABLE,
        PUT_EXPIRING,
        TRY_PUT_EXPIRING
    }

    private static final class Counting implements WriteCallback {
        private final AtomicLong completed = new AtomicLong();
        private final AtomicLong failed = new AtomicLong();

        @Override
        public void completed(long tag, long lsn) {
            completed.incrementAndGet();
        }

        @Override
        public void failed(long tag, AshlarException failure) {
            failed.incrementAndGet();
        }
    }

    @ParameterizedTest
    @EnumSource(Form.class)
    @DisplayName("A put with a callback allocates nothing, on the calling thread or on the engine's")
    void nothingIsAllocatedForAWrite(Form form) throws ReflectiveOperationException {
        StoreOptions options = StoreOptions.DEFAULT.withAutoCompaction(false);
        try (Store store = Store.open(directory, options);
                Arena arena = Arena.ofConfined()) {
            Keyspace space = store.keyspace("k");
            Counting callback = new Counting();
            byte[][] keys = new byte[KEYS][];
            List<MemorySegment> segments = new ArrayList<>();
            for (int i = 0; i < KEYS; i++) {
                keys[i] = Keyspace.longKey(i);
                segments.add(arena.allocate(8).copyFrom(MemorySegment.ofArray(keys[i])));
            }
            byte[] value = new byte[100];
            Duration hour = Duration.ofHours(1).plusNanos(1);
            MemorySegment segment = arena.allocate(100);
            long least = Long.MAX_VALUE;
            // The first rounds are compiled; a compiler that is late, or another test's garbage, costs some of them.
            long end = System.nanoTime() + 60_000_000_000L;
            for (int round = 0;
                    least > MOST_BYTES_PER_WRITE * WRITES && (round < 12 || System.nanoTime() < end);
                    round++) {
                long before = allocated();
                for (int i = 0; i < WRITES; i++) {
                    int key = i & KEYS - 1;
                    switch (form) {
                        case PUT_BYTES -> space.put(keys[key], value, Durability.APPENDED, callback, i);
                        case PUT_SEGMENTS -> space.put(segments.get(key), segment, Durability.APPENDED, callback, i);
                        case PUT_DURABLE -> space.put(keys[key], value, Durability.DURABLE, callback, i);
                        case PUT_EXPIRING -> space.put(keys[key], value, hour, Durability.APPENDED, callback, i);
                        case TRY_PUT_EXPIRING -> {
                            while (!space.tryPut(keys[key], value, hour, Durability.APPENDED, callback, i)) {
                                Thread.onSpinWait();
                            }
                        }
                        case TRY_PUT_BYTES -> {
                            while (!space.tryPut(keys[key], value, Durability.APPENDED, callback, i)) {
                                Thread.onSpinWait();
                            }
                        }
                    }
                }
                while (callback.completed.get() + callback.failed.get() < (round + 1L) * WRITES) {
                    Thread.onSpinWait();
                }
                least = Math.min(least, allocated() - before);
            }
            assertEquals(0, callback.failed.get());
            long bytes = least;
            assertTrue(
                    bytes <= MOST_BYTES_PER_WRITE * WRITES,
                    () -> bytes + " bytes on the heap for " + WRITES + " writes, " + form);
        }
    }

    /** By this thread and the engine's that append and sync. The module does not require the one that counts. */
    private static long allocated() throws ReflectiveOperationException {
        Object counter = Class.forName("java.lang.management.ManagementFactory")
                .getMethod("getThreadMXBean")
                .invoke(null);
        Method ofThread =
                Class.forName("com.sun.management.ThreadMXBean").getMethod("getThreadAllocatedBytes", long.class);
        long sum = 0;
        for (Thread thread : Thread.getAllStackTraces().keySet()) {
            String name = thread.getName();
            if (thread == Thread.currentThread() || name.equals("ashlar-appender") || name.equals("ashlar-sync")) {
                sum += (long) ofThread.invoke(counter, thread.threadId());
            }
        }
        return sum;
    }
}
