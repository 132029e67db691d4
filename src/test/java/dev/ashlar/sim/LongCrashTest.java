package dev.ashlar.sim;

import dev.ashlar.sim.CrashStatistics.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Random histories until enough crash states were checked: {@code -Dashlar.sim.states}, 1,000,000 if it is not set, from
 * the seed {@code -Dashlar.sim.seed} on. Leaves a summary in {@code target/crash-summary.txt}, after a failure too.
 */
class LongCrashTest {
    private static final int EXPLORED = 60;

    @Test
    @Tag("long")
    @DisplayName("A14, A22 a million crash states")
    void manyStates() throws IOException {
        long wanted = Long.getLong("ashlar.sim.states", 1_000_000);
        long first = Long.getLong("ashlar.sim.seed", System.currentTimeMillis());
        long start = System.nanoTime();
        CrashStatistics statistics = new CrashStatistics();
        long seed = first;
        try {
            while (statistics.of(Kind.STATES) < wanted) {
                Rig rig = new Rig(statistics);
                RandomSteps.of(seed++, EXPLORED).forEach(rig::run);
            }
        } finally {
            write(statistics, first, seed, Duration.ofNanos(System.nanoTime() - start));
        }
    }

    private static void write(CrashStatistics statistics, long first, long next, Duration time) throws IOException {
        List<String> summary = List.of(
                "seeds: " + first + " to " + (next - 1),
                "time: " + time.toSeconds() + " s",
                "states per second: " + statistics.of(Kind.STATES) * 1_000 / Math.max(1, time.toMillis()),
                statistics.toString().replace(", ", "\n"));
        Files.write(Path.of("target", "crash-summary.txt"), summary);
        System.out.println("LongCrashTest: " + summary);
    }
}
