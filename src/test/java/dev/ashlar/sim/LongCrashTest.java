package dev.ashlar.sim;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.ashlar.sim.CrashStatistics.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Random histories until enough crash states were checked: {@code -Dashlar.sim.states}, 1,000,000 if it is not set, from
 * the seed {@code -Dashlar.sim.seed} on. Leaves a summary in {@code target/crash-summary.txt}, after a failure too. Where
 * it stands in {@code docs/DURABILITY.md} it was written by {@code mvn -B -ntp -Plong test -Dtest=LongCrashTest
 * -Dashlar.sim.docs=write}, with {@code -Dashlar.sim.commit} if the commit is to be named.
 */
class LongCrashTest {
    private static final int EXPLORED = 60;
    private static final GeneratedPart PART = GeneratedPart.of("long run", LongCrashTest.class);

    @Test
    @Tag("long")
    @DisplayName("A14, A22 a million crash states")
    void manyStates() throws IOException {
        long wanted = Long.getLong("ashlar.sim.states", 1_000_000);
        long first = Long.getLong("ashlar.sim.seed", System.currentTimeMillis());
        long start = System.nanoTime();
        CrashStatistics statistics = new CrashStatistics();
        long seed = first;
        boolean done = false;
        try {
            while (statistics.of(Kind.STATES) < wanted) {
                Rig rig = new Rig(statistics);
                RandomSteps.of(seed++, EXPLORED).forEach(rig::run);
            }
            done = true;
        } finally {
            Duration time = Duration.ofNanos(System.nanoTime() - start);
            write(statistics, first, seed, time);
            if (done && GeneratedPart.isWanted()) {
                PART.write(summary(statistics, first, seed - 1, time));
            }
        }
    }

    @Test
    @DisplayName("The page about durability has a place for the summary of a long run")
    void thePageHasAPlaceForTheSummary() throws IOException {
        CrashStatistics statistics = new CrashStatistics();
        statistics.add(Kind.STATES, 1_000_000);
        assertTrue(summary(statistics, 1, 9, Duration.ofSeconds(3)).contains("| states | 1,000,000 |"));
        assertFalse(PART.read().isBlank());
    }

    /** For the page: of a run that found nothing. */
    static String summary(CrashStatistics statistics, long first, long last, Duration time) {
        String commit = System.getProperty("ashlar.sim.commit", "");
        StringBuilder text = new StringBuilder("The long run of ");
        text.append(LocalDate.now(ZoneOffset.UTC)).append(commit.isEmpty() ? "" : ", commit " + commit);
        text.append(": histories of the seeds ").append(first).append(" to ").append(last);
        text.append(", in ").append(time.toSeconds()).append(" s; nothing was found.\n\n");
        text.append("| states, or what happened in them | |\n|---|---:|\n");
        for (Kind kind : Kind.values()) {
            if (statistics.of(kind) > 0) {
                text.append("| ").append(CrashStatistics.name(kind)).append(" | ");
                text.append(String.format(Locale.ROOT, "%,d", statistics.of(kind)))
                        .append(" |\n");
            }
        }
        return text.toString();
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
