package dev.ashlar.process;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.EnumMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Counts kills, and writes them down where a run of the long tests leaves its results. */
final class KillSummary {
    static final Path FILE = Path.of("target", "kill-summary.txt");

    private final Map<KillPoint, Integer> atPoints = new EnumMap<>(KillPoint.class);
    private final Set<Long> seeds = new TreeSet<>();
    private final long start = System.nanoTime();
    private int atRandom;
    private long statesCompared;

    void seed(long seed) {
        seeds.add(seed);
    }

    /** @param states that were compared with what was found afterwards */
    void killed(@Nullable KillPoint point, int states) {
        if (point == null) {
            atRandom++;
        } else {
            atPoints.merge(point, 1, Integer::sum);
        }
        statesCompared += states;
    }

    int kills() {
        return atRandom + atPoints.values().stream().mapToInt(Integer::intValue).sum();
    }

    String text() {
        StringBuilder text = new StringBuilder();
        line(text, "kills", kills());
        line(text, "at random moments", atRandom);
        line(text, "at named points", kills() - atRandom);
        line(text, "seconds", (System.nanoTime() - start) / 1_000_000_000);
        line(text, "states compared", statesCompared);
        line(text, "seeds", seeds);
        text.append('\n');
        atPoints.forEach((point, count) -> line(text, point.name(), count));
        return text.toString();
    }

    /** For the page about durability: of a run that found nothing. */
    String paragraph() {
        String commit = System.getProperty("ashlar.sim.commit", "");
        return "The long run of " + LocalDate.now(ZoneOffset.UTC) + (commit.isEmpty() ? "" : ", commit " + commit)
                + ": %,d kills with a real kernel, %,d at random moments and %,d at %d named points, in %,d s;"
                        .formatted(
                                kills(),
                                atRandom,
                                kills() - atRandom,
                                atPoints.size(),
                                (System.nanoTime() - start) / 1_000_000_000)
                + " nothing was found.";
    }

    private static void line(StringBuilder text, String name, Object value) {
        text.append("%-36s %s%n".formatted(name, value));
    }

    void write() throws IOException {
        Files.createDirectories(FILE.getParent());
        Files.writeString(FILE, text());
    }
}
