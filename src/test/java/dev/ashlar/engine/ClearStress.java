package dev.ashlar.engine;

import dev.ashlar.Keyspace;
import dev.ashlar.Store;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.L_Result;

/**
 * A keyspace that is cleared under a writer and a reader. Each state has one for itself, and gives it to the next. Run by
 * {@code dev.ashlar.stress.InterleavingTest}.
 */
final class ClearStress {
    /** They make the clear take a little longer. */
    private static final int OTHERS = 20;

    private static final int READS = 50;

    private static final Store STORE =
            StressStores.open(StressStores.newDirectory(), StressStores.SMALL, -1L, 64 << 10);
    private static final ConcurrentLinkedQueue<Keyspace> FREE = new ConcurrentLinkedQueue<>();
    private static final AtomicInteger MADE = new AtomicInteger();
    private static final byte[] KEY = "key".getBytes(StandardCharsets.UTF_8);
    private static final int ABSENT = 0;
    private static final int OLD = 1;
    private static final int NEW = 2;

    private ClearStress() {}

    private static Keyspace filled() {
        Keyspace free = FREE.poll();
        Keyspace space = free != null ? free : STORE.keyspace("c" + MADE.incrementAndGet());
        space.clear();
        for (int i = 0; i < OTHERS; i++) {
            space.put(i, new byte[0]);
        }
        space.put(KEY, new byte[] {OLD});
        return space;
    }

    private static int found(Keyspace space) {
        MemorySegment value = space.get(KEY);
        return value == null ? ABSENT : value.get(ValueLayout.JAVA_BYTE, 0);
    }

    /** A reader sees the states in the order in which one thread makes them, and none of them again. */
    @JCStressTest
    @Outcome(id = "in order", expect = Expect.ACCEPTABLE, desc = "old, absent, new, or not all of them")
    @Outcome(expect = Expect.FORBIDDEN, desc = "another order")
    @State
    public static class ClearAndGet {
        private final Keyspace space = filled();

        @Actor
        public void clearsAndPuts() {
            space.clear();
            space.put(KEY, new byte[] {NEW});
        }

        @Actor
        public void reads(L_Result result) {
            int[] states = {OLD, ABSENT, NEW};
            int at = 0;
            for (int i = 0; i < READS; i++) {
                int found = found(space);
                while (at < states.length && states[at] != found) {
                    at++;
                }
                if (at == states.length) {
                    result.r1 = found + " was seen late";
                    return;
                }
            }
            result.r1 = "in order";
        }

        @Arbiter
        public void giveBack(L_Result result) {
            if (found(space) != NEW || space.size() != 1) {
                result.r1 = found(space) + " of " + space.size() + " keys at the end";
            }
            FREE.add(space);
        }
    }

    /** The LSNs say which came first. */
    @JCStressTest
    @Outcome(id = "cleared, put", expect = Expect.ACCEPTABLE, desc = "the new value is there, and nothing else")
    @Outcome(id = "put, cleared", expect = Expect.ACCEPTABLE, desc = "nothing is there")
    @Outcome(expect = Expect.FORBIDDEN, desc = "not what the LSNs say")
    @State
    public static class ClearAndPut {
        private final Keyspace space = filled();
        private long cleared;
        private long put;

        @Actor
        public void clears() {
            cleared = space.clear();
        }

        @Actor
        public void puts() {
            put = space.put(KEY, new byte[] {NEW});
        }

        @Arbiter
        public void compare(L_Result result) {
            boolean putLast = cleared < put;
            int last = found(space);
            long size = space.size();
            result.r1 = last != (putLast ? NEW : ABSENT) || size != (putLast ? 1 : 0)
                    ? last + " of " + size + " keys; cleared at " + cleared + ", put at " + put
                    : putLast ? "cleared, put" : "put, cleared";
            FREE.add(space);
        }
    }
}
