package dev.ashlar.failures;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.ashlar.Cursor;
import dev.ashlar.Keyspace;
import dev.ashlar.Scan;
import dev.ashlar.Store;
import dev.ashlar.StoreOptions;
import dev.ashlar.engine.TestEngines;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A directory, bounded time, and afterwards no thread of the engine; and how to compare a store with a map. */
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
abstract class FailureFixture {
    /**
     * Small, so that many stores can be opened one after the other; without compaction in the background, so that scans
     * show each entry once.
     */
    static final StoreOptions SMALL = StoreOptions.DEFAULT
            .withRingSlots(64)
            .withBufferBytes(32L << 20)
            .withWriteTimeout(Duration.ofSeconds(60))
            .withAutoCompaction(false);

    @TempDir
    Path directory;

    @AfterEach
    void noThreadStays() throws InterruptedException {
        long deadline = System.nanoTime() + 60_000_000_000L;
        List<Thread> alive = engineThreads();
        while (!alive.isEmpty() && System.nanoTime() < deadline) {
            Thread.sleep(5);
            alive = engineThreads();
        }
        assertEquals(List.of(), alive, "threads that outlive the store");
    }

    private static List<Thread> engineThreads() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().startsWith("ashlar-"))
                .toList();
    }

    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    static byte @Nullable [] value(@Nullable MemorySegment view) {
        return view == null ? null : view.toArray(ValueLayout.JAVA_BYTE);
    }

    /** Bytes that no two seeds have in common. */
    static byte[] random(int length, long seed) {
        byte[] bytes = new byte[length];
        new Random(seed * 1_000_003 + length).nextBytes(bytes);
        return bytes;
    }

    /** Every read there is shows exactly the model. */
    static void assertHolds(Map<String, byte[]> model, Keyspace space) {
        assertEquals(model.size(), space.size(), "size");
        Cursor cursor = space.cursor();
        model.forEach((key, expected) -> {
            assertTrue(space.contains(key), () -> "absent: " + key);
            assertArrayEquals(expected, value(space.get(key)), () -> "get " + key);
            assertTrue(cursor.find(bytes(key)), () -> "cursor: absent: " + key);
            assertEquals(expected.length, cursor.size());
            assertArrayEquals(expected, value(cursor.value()), () -> "cursor " + key);
        });
        assertScans(model, space);
    }

    private static void assertScans(Map<String, byte[]> model, Keyspace space) {
        Set<String> seen = new HashSet<>();
        try (Scan scan = space.scan()) {
            while (scan.next()) {
                String key = new String(value(scan.key()), StandardCharsets.UTF_8);
                byte[] expected = model.get(key);
                assertNotNull(expected, () -> "scan: should be absent: " + key);
                assertArrayEquals(expected, value(scan.value()), () -> "scan " + key);
                assertTrue(seen.add(key), () -> "scan: twice: " + key);
            }
        }
        assertEquals(model.keySet(), seen, "scan");
    }

    static void assertIntact(Store store) {
        var report = store.verify(bytes -> {});
        assertTrue(report.intact(), report.toString());
    }

    /** The files as they are now, under another name: what a process that is killed now leaves behind. */
    Path crash(Store store, String name) {
        return crash(store, directory.resolve(name));
    }

    /** As {@link #crash(Store, String)}. The maintenance thread is idle meanwhile, or the copies would be of many moments. */
    static Path crash(Store store, Path to) {
        TestEngines.tick(store);
        return copy(store.directory(), to, true);
    }

    static Path copy(Path from, Path to) {
        return copy(from, to, false);
    }

    /** @param open files that nothing names any longer may go meanwhile */
    private static Path copy(Path from, Path to, boolean open) {
        try {
            for (Path file : filesOf(from, open)) {
                Path target = to.resolve(from.relativize(file).toString());
                if (Files.isDirectory(file)) {
                    Files.createDirectories(target);
                    continue;
                }
                try {
                    Files.copy(file, target);
                } catch (NoSuchFileException e) {
                    if (!open) {
                        throw e;
                    }
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return to;
    }

    private static List<Path> filesOf(Path directory, boolean open) throws IOException {
        while (true) {
            try (Stream<Path> files = Files.walk(directory)) {
                return files.toList();
            } catch (UncheckedIOException e) {
                if (!open || !(e.getCause() instanceof NoSuchFileException)) {
                    throw e;
                }
                // One has gone between its being listed and its being looked at: begin again.
            }
        }
    }

    /** Opens, compares, verifies, closes. */
    static void assertReopens(Map<String, byte[]> model, Path store, String keyspace) {
        try (Store reopened = Store.open(store, SMALL)) {
            assertTrue(
                    reopened.recovery().damaged().isEmpty(),
                    () -> reopened.recovery().toString());
            assertHolds(model, reopened.keyspace(keyspace));
            assertIntact(reopened);
        }
    }

    /** Waits for something, at most so long. */
    static void eventually(Duration atMost, java.util.function.BooleanSupplier condition, String what) {
        long deadline = System.nanoTime() + atMost.toNanos();
        while (!condition.getAsBoolean()) {
            assertFalse(System.nanoTime() > deadline, () -> "not within " + atMost + ": " + what);
            try {
                Thread.sleep(2);
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        }
    }

    @FunctionalInterface
    interface Action {
        void run() throws Exception;
    }

    /** A thread whose failure fails the test. */
    static final class Worker {
        private final Thread thread;
        private volatile @Nullable Throwable failure;

        private Worker(String name, boolean virtual, Action action) {
            Runnable body = () -> {
                try {
                    action.run();
                } catch (Throwable e) {
                    failure = e;
                }
            };
            thread = virtual
                    ? Thread.ofVirtual().name(name).start(body)
                    : Thread.ofPlatform().name(name).daemon().start(body);
        }

        static Worker start(String name, Action action) {
            return new Worker(name, false, action);
        }

        static Worker startVirtual(String name, Action action) {
            return new Worker(name, true, action);
        }

        Thread thread() {
            return thread;
        }

        boolean hasFailed() {
            return failure != null;
        }

        /** Waits, at most so long, and throws what the thread threw. */
        void join(Duration atMost) throws InterruptedException {
            if (!thread.join(atMost)) {
                StringBuilder stack = new StringBuilder();
                for (StackTraceElement each : thread.getStackTrace()) {
                    stack.append("\n\tat ").append(each);
                }
                throw new AssertionError(thread.getName() + " hangs" + stack);
            }
            if (failure != null) {
                throw new AssertionError(thread.getName() + " failed", failure);
            }
        }
    }
}
