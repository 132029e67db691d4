package dev.ashlar.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.ashlar.AshlarException;
import dev.ashlar.WriteCallback;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Callbacks that wait, beside an ordinary queue, and between two threads. */
@Timeout(300)
class CallbacksTest {
    private final List<String> told = new ArrayList<>();
    private final List<Throwable> thrown = new ArrayList<>();

    private final WriteCallback callback = new WriteCallback() {
        @Override
        public void completed(long tag, long lsn) {
            told.add(tag + "@" + lsn);
        }

        @Override
        public void failed(long tag, AshlarException failure) {
            told.add(tag + "!" + failure.getMessage());
        }
    };

    @Test
    @DisplayName("They come out as they went in, however many wait")
    void theyComeOutAsTheyWentIn() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        Callbacks callbacks = new Callbacks();
        Queue<Long> model = new ArrayDeque<>();
        long tag = 0;
        for (int turn = 0; turn < 400; turn++) {
            int add = random.nextInt(turn % 100 < 50 ? 3_000 : 300);
            for (int i = 0; i < add; i++, tag++) {
                callbacks.add(tag * 8 + 1, callback, tag);
                model.add(tag);
            }
            int take = Math.min(model.size(), random.nextInt(turn % 100 < 50 ? 300 : 6_000));
            for (int i = 0; i < take; i++) {
                long expected = model.remove();
                assertEquals(expected * 8 + 1, callbacks.firstLsn(), () -> "seed " + seed);
                told.clear();
                callbacks.tellFirst(null, thrown::add);
                assertEquals(List.of(expected + "@" + expected * 8), told, () -> "seed " + seed);
            }
            assertEquals(model.isEmpty(), callbacks.isEmpty(), () -> "seed " + seed);
            assertEquals(model.isEmpty(), callbacks.firstLsn() == Long.MAX_VALUE, () -> "seed " + seed);
        }
        assertEquals(List.of(), thrown);
    }

    @Test
    @DisplayName("One that throws is reported, and those behind it are told")
    void oneThatThrowsIsReported() {
        Callbacks callbacks = new Callbacks();
        IllegalStateException broken = new IllegalStateException("broken");
        WriteCallback throwing = new WriteCallback() {
            @Override
            public void completed(long tag, long lsn) {
                throw broken;
            }

            @Override
            public void failed(long tag, AshlarException failure) {
                throw new StackOverflowError("deep");
            }
        };
        callbacks.add(1, throwing, 1);
        callbacks.add(2, throwing, 2);
        callbacks.add(3, callback, 3);
        callbacks.tellFirst(null, thrown::add);
        callbacks.tellFirst(() -> new AshlarException("why"), thrown::add);
        callbacks.tellFirst(() -> new IllegalStateException("no Ashlar exception"), thrown::add);
        assertEquals(broken, thrown.getFirst());
        assertEquals("deep", thrown.get(1).getMessage());
        assertTrue(told.getFirst().startsWith("3!"), told.toString());
        assertTrue(callbacks.isEmpty());
    }

    @Test
    @DisplayName("One thread adds while another takes: each comes out once, in order")
    void oneAddsWhileAnotherTakes() throws Exception {
        int count = 3_000_000;
        Callbacks callbacks = new Callbacks();
        long[] next = new long[1];
        WriteCallback ordered = new WriteCallback() {
            @Override
            public void completed(long tag, long lsn) {
                if (tag != next[0] || lsn != tag * 3) {
                    throw new IllegalStateException(tag + " at " + lsn + " instead of " + next[0]);
                }
                next[0]++;
            }

            @Override
            public void failed(long tag, AshlarException failure) {
                throw failure;
            }
        };
        Thread adder = Thread.ofPlatform().daemon().start(() -> {
            for (long tag = 0; tag < count; tag++) {
                callbacks.add(tag * 3 + 1, ordered, tag);
            }
        });
        while (next[0] < count && thrown.isEmpty()) {
            if (callbacks.firstLsn() == Long.MAX_VALUE) {
                Thread.onSpinWait();
            } else {
                callbacks.tellFirst(null, thrown::add);
            }
        }
        assertEquals(List.of(), thrown);
        adder.join();
        assertTrue(callbacks.isEmpty());
    }
}
