package dev.ashlar.engine;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.J_Result;

/** What a writer learns from its ticket. Run by {@code dev.ashlar.stress.InterleavingTest}. */
final class TicketStress {
    private TicketStress() {}

    /** Who finds the ticket settled finds its outcome as well. */
    @JCStressTest
    @Outcome(id = "-1", expect = Expect.ACCEPTABLE, desc = "not settled yet")
    @Outcome(id = "42", expect = Expect.ACCEPTABLE, desc = "settled, with its LSN")
    @Outcome(expect = Expect.FORBIDDEN, desc = "settled without its LSN")
    @State
    public static class SettledWithItsOutcome {
        private final Ticket ticket = Ticket.waiting();

        @Actor
        public void appender() {
            ticket.succeed(42);
        }

        @Actor
        public void writer(J_Result result) {
            result.r1 = ticket.isSettled() ? ticket.writtenLsn() : -1;
        }
    }

    /** The same where the LSN is known before the device is. */
    @JCStressTest
    @Outcome(id = "-1", expect = Expect.ACCEPTABLE, desc = "not durable yet")
    @Outcome(id = "42", expect = Expect.ACCEPTABLE, desc = "durable, with its LSN")
    @Outcome(expect = Expect.FORBIDDEN, desc = "completed without its LSN")
    @State
    public static class CompletedWhenDurable {
        private final Ticket ticket = Ticket.future(dev.ashlar.Durability.DURABLE);

        @Actor
        public void engine() {
            ticket.appended(42);
            ticket.becomeDurable();
        }

        @Actor
        public void caller(J_Result result) {
            result.r1 = ticket.getNow(-1L);
        }
    }

    /** A writer that goes to sleep while its ticket is settled is woken. In the engine it would only be late. */
    @JCStressTest
    @Outcome(id = "42", expect = Expect.ACCEPTABLE, desc = "woken")
    @Outcome(expect = Expect.FORBIDDEN, desc = "the wake-up was lost")
    @State
    public static class WokenWhenSettled {
        private static final long LOST_NANOS = 60_000_000_000L;

        private final Ticket ticket = Ticket.waiting();

        @Actor
        public void appender() {
            ticket.succeed(42);
        }

        @Actor
        public void writer(J_Result result) {
            long start = System.nanoTime();
            while (!ticket.isSettled()) {
                ticket.parkUntilSettled(LOST_NANOS);
            }
            result.r1 = System.nanoTime() - start < LOST_NANOS ? ticket.writtenLsn() : -1;
        }
    }
}
