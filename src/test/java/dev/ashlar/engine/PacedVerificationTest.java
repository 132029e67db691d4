package dev.ashlar.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.ashlar.AshlarException;
import dev.ashlar.Keyspace;
import dev.ashlar.Store;
import dev.ashlar.StoreClosedException;
import dev.ashlar.StoreOptions;
import dev.ashlar.VerificationReport;
import dev.ashlar.VerifyOptions;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Verification of an open store, at a rate. */
class PacedVerificationTest {
    private static final int VALUES = 40;
    private static final int VALUE = 100_000;

    @TempDir
    private Path directory;

    private Path store;

    @BeforeEach
    void fill() {
        store = directory.resolve("store");
        try (Store open = Store.open(store)) {
            Keyspace keyspace = open.keyspace("k");
            for (int i = 0; i < VALUES; i++) {
                keyspace.put(i, value(i));
            }
        }
    }

    private static byte[] value(int i) {
        byte[] value = new byte[VALUE];
        Arrays.fill(value, (byte) i);
        return value;
    }

    @Test
    void takesAsLongAsTheRateSaysAndNoMoreThanThatWithout() {
        try (Store open = Store.open(store)) {
            VerificationReport fast = open.verify(VerifyOptions.DEFAULT);
            long rate = fast.bytes() * 2; // half a second
            VerificationReport slow = open.verify(VerifyOptions.DEFAULT.withBytesPerSecond(rate));
            assertTrue(fast.intact() && slow.intact());
            assertEquals(fast.records(), slow.records());
            assertEquals(fast.bytes(), slow.bytes());
            double seconds = slow.elapsed().toNanos() / 1e9;
            // Of time that was not used before the first piece a tenth of a second is made up for.
            assertTrue(seconds >= 0.4 * 0.99, "took " + seconds + " s");
            assertTrue(seconds < 30, "took " + seconds + " s");
            long end = System.nanoTime() + 60_000_000_000L;
            while (fast.elapsed().compareTo(slow.elapsed()) >= 0 && System.nanoTime() < end) {
                fast = open.verify(VerifyOptions.DEFAULT); // it was kept from the processor or the device
            }
            assertTrue(fast.elapsed().compareTo(slow.elapsed()) < 0, fast.elapsed() + " without a limit");
        }
    }

    @Test
    void progressIsEven() {
        try (Store open = Store.open(store)) {
            long total = open.verify(VerifyOptions.DEFAULT).bytes();
            long[] last = new long[1];
            long[] largest = new long[1];
            open.verify(new VerifyOptions(total * 4, bytes -> {
                largest[0] = Math.max(largest[0], bytes - last[0]);
                last[0] = bytes;
            }));
            assertEquals(total, last[0]);
            // A twentieth of a second's worth at once, and not a chunk.
            assertTrue(largest[0] <= total * 4 / 20 + 1, largest[0] + " bytes at once of " + total);
        }
    }

    @Test
    void writersCompactionAndCheckpointsGoOnMeanwhile() throws Exception {
        try (Store open = Store.open(store, StoreOptions.DEFAULT.withAutoCompaction(false))) {
            Keyspace keyspace = open.keyspace("k");
            CountDownLatch begun = new CountDownLatch(1);
            CountDownLatch done = new CountDownLatch(1);
            AtomicReference<Object> outcome = new AtomicReference<>();
            Thread thread = new Thread(() -> {
                try {
                    outcome.set(open.verify(new VerifyOptions(64 << 20, _ -> {
                        begun.countDown();
                        awaitQuietly(done); // as slow as can be
                    })));
                } catch (Throwable e) {
                    outcome.set(e);
                }
            });
            thread.start();
            assertTrue(begun.await(60, TimeUnit.SECONDS));
            for (int round = 0; round < 3; round++) {
                for (int i = 0; i < VALUES; i++) {
                    keyspace.put(i, value(i + round)); // more than the chunks that are ready
                }
            }
            open.checkpoint();
            assertTrue(open.compact().chunks() > 0);
            assertTrue(thread.isAlive(), "verification was over before: nothing was tried. " + outcome.get());
            done.countDown();
            thread.join(60_000);
            VerificationReport report = (VerificationReport) outcome.get();
            assertTrue(report.intact(), () -> report.damaged().toString());
        }
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            assertTrue(latch.await(300, TimeUnit.SECONDS));
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    @SuppressWarnings("try") // closing while it runs is what is tested
    void anInterruptOrClosingTheStoreEndsItWithATypedError() throws Exception {
        try (Store open = Store.open(store)) {
            assertTrue(endOf(open, Thread::interrupt).getMessage().contains("interrupted"));
            assertEquals(VALUES, open.keyspace("k").size());
            assertEquals(
                    StoreClosedException.class, endOf(open, _ -> open.close()).getClass());
        }
    }

    private static Throwable endOf(Store open, java.util.function.Consumer<Thread> action) throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        AtomicReference<Throwable> outcome = new AtomicReference<>();
        Thread thread = new Thread(() -> outcome.set(assertThrows(
                AshlarException.class, () -> open.verify(new VerifyOptions(10_000, _ -> begun.countDown())))));
        thread.start();
        assertTrue(begun.await(60, TimeUnit.SECONDS));
        action.accept(thread);
        thread.join(60_000);
        return outcome.get();
    }

    @Test
    void aRateBelowZeroIsRefused() {
        assertThrows(IllegalArgumentException.class, () -> VerifyOptions.DEFAULT.withBytesPerSecond(-1));
    }
}
