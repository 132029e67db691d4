package dev.ashlar.engine;

import java.lang.foreign.ValueLayout;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.JJ_Result;
import org.openjdk.jcstress.infra.results.J_Result;

/** What producers and the consumer of the ring may rely on. Run by {@code dev.ashlar.stress.InterleavingTest}. */
final class RingStress {
    private RingStress() {}

    /** As {@link Writes} does it; -1 if the ring is full. */
    private static long offer(WriteRing ring, int ops, long content) {
        long sequence = ring.tryClaim();
        if (sequence < 0) {
            return -1;
        }
        WriteRing.Event event = ring.event(sequence);
        event.own.set(ValueLayout.JAVA_LONG, 0, content);
        event.own.set(ValueLayout.JAVA_LONG, WriteRing.SLOT_BYTES - Long.BYTES, content);
        event.ops = ops;
        ring.publish(sequence);
        return sequence;
    }

    /** 0 if nothing is published; the content, or a negative number if the event is not whole. */
    private static long take(WriteRing ring, int expectedOps) {
        long next = ring.consumed() + 1;
        if (ring.published(next, 1) < next) {
            return 0;
        }
        WriteRing.Event event = ring.event(next);
        long first = event.own.get(ValueLayout.JAVA_LONG, 0);
        long last = event.own.get(ValueLayout.JAVA_LONG, WriteRing.SLOT_BYTES - Long.BYTES);
        boolean whole = event.ops == expectedOps && first == last;
        event.reset();
        ring.consumed(next);
        return whole ? first : -1;
    }

    /** What is published is whole. */
    @JCStressTest
    @Outcome(id = "0", expect = Expect.ACCEPTABLE, desc = "not published yet")
    @Outcome(id = "7", expect = Expect.ACCEPTABLE, desc = "whole")
    @Outcome(expect = Expect.FORBIDDEN, desc = "published before it was filled")
    @State
    public static class PublishedWhole {
        private final WriteRing ring = new WriteRing(1);

        @Actor
        public void producer() {
            offer(ring, 1, 7);
        }

        @Actor
        public void consumer(J_Result result) {
            result.r1 = take(ring, 1);
        }
    }

    /** A slot is not filled again before the consumer is done with it. */
    @JCStressTest
    @Outcome(
            id = {"7, 0", "7, 8"},
            expect = Expect.ACCEPTABLE,
            desc = "the first, and the second if there was room")
    @Outcome(expect = Expect.FORBIDDEN, desc = "filled again while it was read, or mixed")
    @State
    public static class SlotUsedAgain {
        private final WriteRing ring = new WriteRing(1);

        public SlotUsedAgain() {
            offer(ring, 1, 7);
        }

        @Actor
        public void producer() {
            offer(ring, 2, 8);
        }

        @Actor
        public void consumer(JJ_Result result) {
            result.r1 = take(ring, 1);
        }

        @Arbiter
        public void rest(JJ_Result result) {
            result.r2 = take(ring, 2);
        }
    }

    /** Of two producers, neither overwrites the other's slot, and none is lost. */
    @JCStressTest
    @Outcome(
            id = {"7, 8", "8, 7"},
            expect = Expect.ACCEPTABLE,
            desc = "both, in one order or the other")
    @Outcome(expect = Expect.FORBIDDEN, desc = "one is lost or mixed with the other")
    @State
    public static class TwoProducers {
        private final WriteRing ring = new WriteRing(2);

        @Actor
        public void one() {
            offer(ring, 1, 7);
        }

        @Actor
        public void other() {
            offer(ring, 1, 8);
        }

        @Arbiter
        public void consumer(JJ_Result result) {
            result.r1 = take(ring, 1);
            result.r2 = take(ring, 1);
        }
    }
}
