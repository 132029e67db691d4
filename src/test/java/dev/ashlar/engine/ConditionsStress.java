package dev.ashlar.engine;

import dev.ashlar.Durability;
import dev.ashlar.Keyspace;
import dev.ashlar.Store;
import dev.ashlar.WriteBatch;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;
import org.openjdk.jcstress.infra.results.II_Result;
import org.openjdk.jcstress.infra.results.L_Result;

/**
 * Writes on a condition, of which another thread changes the answer. Each state has keys of its own in one store. Run by
 * {@code dev.ashlar.stress.InterleavingTest}.
 */
final class ConditionsStress {
    /** Not over before the test is. */
    private static final Duration LEASE = Duration.ofDays(1_000);

    private static final HandClock CLOCK = new HandClock(1_000_000);
    private static final Store STORE =
            StressStores.open(StressStores.newDirectory(), StressStores.SMALL.withClock(CLOCK), -1L, 64 << 10);
    private static final Keyspace SPACE = STORE.keyspace("k");
    private static final AtomicLong NEXT = new AtomicLong();

    private ConditionsStress() {}

    private static byte[] newKey() {
        return Keyspace.longKey(NEXT.incrementAndGet());
    }

    private static int isWritten(long lsn) {
        return lsn == Keyspace.NOT_WRITTEN ? 0 : 1;
    }

    private static int valueOf(@Nullable MemorySegment value) {
        return value == null ? 0 : value.get(ValueLayout.JAVA_BYTE, 0);
    }

    private static byte[] newExpiredKey() {
        byte[] key = newKey();
        SPACE.put(key, new byte[] {9}, Duration.ofMillis(1));
        CLOCK.advance(Duration.ofMillis(1));
        return key;
    }

    /** A lease that has expired, and two that want it. */
    @JCStressTest
    @Outcome(id = "1, 0, 1", expect = Expect.ACCEPTABLE, desc = "the first has it")
    @Outcome(id = "0, 1, 2", expect = Expect.ACCEPTABLE, desc = "the second has it")
    @Outcome(expect = Expect.FORBIDDEN, desc = "both have it, or none, or not the one who was told so")
    @State
    public static class TwoLeases {
        private final byte[] key = newExpiredKey();

        @Actor
        public void one(III_Result result) {
            result.r1 = isWritten(SPACE.putIfAbsent(key, new byte[] {1}, LEASE, Durability.APPENDED));
        }

        @Actor
        public void other(III_Result result) {
            result.r2 = isWritten(SPACE.putIfAbsent(key, new byte[] {2}, LEASE, Durability.APPENDED));
        }

        @Arbiter
        public void found(III_Result result) {
            result.r3 = valueOf(SPACE.get(key));
        }
    }

    /** A lease that has expired is given again while expired ones are removed. */
    @JCStressTest
    @Outcome(id = "1, 1", expect = Expect.ACCEPTABLE, desc = "it was given, and is there")
    @Outcome(expect = Expect.FORBIDDEN, desc = "it was refused, or what was given is gone")
    @State
    public static class LeaseAndSweeper {
        private final byte[] key = newExpiredKey();

        @Actor
        public void leases(II_Result result) {
            result.r1 = isWritten(SPACE.putIfAbsent(key, new byte[] {1}, LEASE, Durability.APPENDED));
        }

        @Actor
        public void sweeps() {
            STORE.removeExpired();
        }

        @Arbiter
        public void found(II_Result result) {
            result.r2 = valueOf(SPACE.get(key));
        }
    }

    /** What one takes the other does not get. */
    @JCStressTest
    @Outcome(id = "7, 0, 0", expect = Expect.ACCEPTABLE, desc = "the first has it")
    @Outcome(id = "0, 7, 0", expect = Expect.ACCEPTABLE, desc = "the second has it")
    @Outcome(expect = Expect.FORBIDDEN, desc = "both have it, or none, or it is there still")
    @State
    public static class TwoTakers {
        private final byte[] key = newKey();

        public TwoTakers() {
            SPACE.put(key, new byte[] {7});
        }

        @Actor
        public void one(III_Result result) {
            result.r1 = valueOf(SPACE.getAndDelete(key));
        }

        @Actor
        public void other(III_Result result) {
            result.r2 = valueOf(SPACE.getAndDelete(key));
        }

        @Arbiter
        public void found(III_Result result) {
            result.r3 = valueOf(SPACE.get(key));
        }
    }

    /** A batch that requires a version, and a put of that key. */
    @JCStressTest
    @Outcome(id = "counts", expect = Expect.ACCEPTABLE, desc = "the put came after the batch")
    @Outcome(id = "does not count", expect = Expect.ACCEPTABLE, desc = "the put came before")
    @Outcome(expect = Expect.FORBIDDEN, desc = "it counts although the version had changed, or not although it had not")
    @State
    public static class RequirementAndPut {
        private final byte[] key = newKey();
        private final byte[] other = newKey();
        private final long version = SPACE.put(key, new byte[] {1});
        private long committed;
        private long put;

        @Actor
        public void batch() {
            try (WriteBatch batch = STORE.batch()) {
                batch.requireVersion(SPACE, key, version).put(SPACE, other, new byte[] {3});
                committed = batch.commit();
            }
        }

        @Actor
        public void put() {
            put = SPACE.put(key, new byte[] {2});
        }

        @Arbiter
        public void found(L_Result result) {
            boolean counts = committed != Keyspace.NOT_WRITTEN;
            boolean isThere = valueOf(SPACE.get(other)) == 3;
            boolean right = counts == isThere && (!counts || committed < put) && valueOf(SPACE.get(key)) == 2;
            result.r1 = !right
                    ? "committed " + committed + ", put " + put + ", there " + isThere
                    : counts ? "counts" : "does not count";
        }
    }
}
