package dev.ashlar.engine;

import dev.ashlar.AshlarException;
import dev.ashlar.WriteCallback;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.L_Result;

/** Callbacks that wait: one thread adds, one takes. Run by {@code dev.ashlar.stress.InterleavingTest}. */
final class CallbacksStress {
    /** More than a block, so that they meet where one ends, and where the first is used again. */
    private static final int COUNT = 3_000;

    private CallbacksStress() {}

    /** Each is told once, in order, with what belongs to it. */
    @JCStressTest
    @Outcome(id = "all", expect = Expect.ACCEPTABLE, desc = "each once, in order")
    @Outcome(expect = Expect.FORBIDDEN, desc = "twice, never, out of order, with the LSN of another")
    @State
    public static class AddedAndTaken {
        private final Callbacks callbacks = new Callbacks();
        private String wrong = "all";
        private long next;

        private final WriteCallback callback = new WriteCallback() {
            @Override
            public void completed(long tag, long lsn) {
                if (tag != next || lsn != 8 * tag) {
                    wrong = tag + " at " + lsn + " instead of " + next;
                }
                next++;
            }

            @Override
            public void failed(long tag, AshlarException failure) {
                wrong = "failed";
            }
        };

        private boolean takeAll() {
            boolean any = false;
            while (callbacks.firstLsn() != Long.MAX_VALUE) {
                callbacks.tellFirst(null, thrown -> wrong = thrown.toString());
                any = true;
            }
            return any;
        }

        @Actor
        public void appender() {
            for (long tag = 0; tag < COUNT; tag++) {
                callbacks.add(8 * tag + 1, callback, tag);
            }
        }

        @Actor
        public void syncer() {
            for (int i = 0; i < 100; i++) {
                if (!takeAll()) {
                    Thread.onSpinWait();
                }
            }
        }

        @Arbiter
        public void rest(L_Result result) {
            takeAll();
            result.r1 = next == COUNT && callbacks.isEmpty() ? wrong : next + " were told; " + wrong;
        }
    }
}
