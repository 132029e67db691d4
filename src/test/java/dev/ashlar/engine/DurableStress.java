package dev.ashlar.engine;

import dev.ashlar.Durability;
import dev.ashlar.Keyspace;
import dev.ashlar.Store;
import dev.ashlar.StoreOptions;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/**
 * The durable watermark, and that who waits for it is told. The engine's threads never wake by themselves here: an hour
 * passes between two syncs that nobody asks for, so a lost wake-up is a write that nobody hears of. Run by {@code
 * dev.ashlar.stress.InterleavingTest}.
 */
final class DurableStress {
    private static final int DURABLE = 1;
    private static final int APPENDED = 2;
    private static final int NOT_DURABLE = 0;
    private static final int NEVER = -1;

    private static final StoreOptions IDLE =
            StressStores.SMALL.withSyncInterval(Duration.ofHours(1)).withSpin(Duration.ZERO);

    private DurableStress() {}

    private static int outcome(Store store, CompletableFuture<Long> future) {
        try {
            long lsn = future.get(60, TimeUnit.SECONDS);
            return store.durableLsn() > lsn ? DURABLE : NOT_DURABLE;
        } catch (TimeoutException e) {
            return NEVER;
        } catch (ExecutionException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static byte[] key(String key) {
        return key.getBytes(StandardCharsets.UTF_8);
    }

    /** Two threads that share flushes: what returns is durable, whoever led. */
    @JCStressTest
    @Outcome(id = "1, 1", expect = Expect.ACCEPTABLE, desc = "both are durable")
    @Outcome(expect = Expect.FORBIDDEN, desc = "a write returned before it was durable")
    @State
    public static class WaitersShareFlushes {
        private static final Store STORE = StressStores.open(IDLE);
        private static final Keyspace SPACE = STORE.keyspace("k");

        private static int put(String key) {
            long lsn = SPACE.put(key, new byte[8], Durability.DURABLE);
            return STORE.durableLsn() > lsn ? DURABLE : NOT_DURABLE;
        }

        @Actor
        public void one(II_Result result) {
            result.r1 = put("one");
        }

        @Actor
        public void other(II_Result result) {
            result.r2 = put("other");
        }
    }

    /** A future meets a thread that leads a flush itself. */
    @JCStressTest
    @Outcome(id = "1, 1", expect = Expect.ACCEPTABLE, desc = "both are durable")
    @Outcome(expect = Expect.FORBIDDEN, desc = "told too early, or never")
    @State
    public static class AFutureAndALeader {
        private static final Store STORE = StressStores.open(IDLE);
        private static final Keyspace SPACE = STORE.keyspace("k");

        @Actor
        public void future(II_Result result) {
            result.r1 = outcome(STORE, SPACE.putAsync(key("one"), new byte[8], Durability.DURABLE));
        }

        @Actor
        public void leader(II_Result result) {
            long lsn = SPACE.put("other", new byte[8], Durability.DURABLE);
            result.r2 = STORE.durableLsn() > lsn ? DURABLE : NOT_DURABLE;
        }
    }

    /** Nobody appends or syncs but the engine's threads, which go to sleep between any two writes. */
    @JCStressTest
    @Outcome(id = "1, 2", expect = Expect.ACCEPTABLE, desc = "both were told")
    @Outcome(expect = Expect.FORBIDDEN, desc = "told too early, or never")
    @State
    public static class FuturesWakeTheThreads {
        private static final Store STORE = StressStores.open(IDLE);
        private static final Keyspace SPACE = STORE.keyspace("k");

        @Actor
        public void durable(II_Result result) {
            result.r1 = outcome(STORE, SPACE.putAsync(key("one"), new byte[8], Durability.DURABLE));
        }

        @Actor
        public void appended(II_Result result) {
            int outcome = outcome(STORE, SPACE.putAsync(key("other"), new byte[8], Durability.APPENDED));
            result.r2 = outcome == NEVER ? NEVER : APPENDED;
        }
    }
}
