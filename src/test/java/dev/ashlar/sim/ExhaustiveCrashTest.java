package dev.ashlar.sim;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Small histories without chance: see {@link ExhaustiveCrashes}. */
class ExhaustiveCrashTest {
    private static void run(int length, int bound) {
        CrashStatistics statistics = new CrashStatistics();
        try {
            new ExhaustiveCrashes(statistics, bound).run(length);
        } finally {
            System.out.println("ExhaustiveCrashTest, up to " + length + " steps: " + statistics);
        }
    }

    @Test
    @DisplayName("A14, A21, A31 every sequence of up to three steps, every crash point, up to 40 states at each")
    void everyStateOfShortHistories() {
        run(3, 40);
    }

    @Test
    @Tag("long")
    @DisplayName("A14, A21, A31 every sequence of up to three steps, every crash point, up to 4,000 states at each")
    void everyStateOfShortHistoriesForLong() {
        run(3, 4_000);
    }
}
