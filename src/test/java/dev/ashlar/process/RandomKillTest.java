package dev.ashlar.process;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.ashlar.sim.GeneratedPart;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/**
 * Stores killed while they open, write, go over to new chunks, make checkpoints, compact and close. What stands about it in
 * {@code docs/DURABILITY.md} was written by {@code mvn -B -ntp -Plong test -Dtest=RandomKillTest -Dashlar.sim.docs=write}.
 */
@EnabledOnOs(OS.LINUX)
class RandomKillTest {
    private static final String NORMAL = "RandomKillTest#killedAtRandomMoments";
    private static final int ROUNDS_OF_A_STORE = 100;
    private static final GeneratedPart PART = GeneratedPart.of("kills", RandomKillTest.class);

    @TempDir
    Path directory;

    private final KillSummary summary = new KillSummary();

    private KillChain chain(String test, long seed) throws IOException {
        return new KillChain(test, Files.createDirectory(directory.resolve("chain-" + seed)), seed, summary);
    }

    @Test
    @Timeout(value = 1800, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    @DisplayName(
            "A22: killed at random moments: what was acknowledged is there, and each write and batch is whole or not")
    void killedAtRandomMoments() throws Exception {
        KillChain chain = chain(NORMAL, Long.getLong(KillChain.SEED, 1));
        int rounds = Integer.getInteger(KillChain.ROUNDS, 12);
        for (int i = 0; i < rounds; i++) {
            chain.killAtRandom();
        }
    }

    @Test
    @Tag("long")
    @Timeout(value = 3600, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    @DisplayName("A22: killed a thousand times at random moments, and at each named point with other seeds")
    void killedAThousandTimes() throws Exception {
        long seed = Long.getLong(KillChain.SEED, System.currentTimeMillis());
        int wanted = Integer.getInteger(KillChain.ROUNDS, 1_000);
        try {
            for (int done = 0; done < wanted; done += ROUNDS_OF_A_STORE) {
                KillChain chain = chain(NORMAL, seed++);
                for (int i = 0; i < Math.min(ROUNDS_OF_A_STORE, wanted - done); i++) {
                    chain.killAtRandom();
                }
            }
            for (int i = 0; i < 3; i++) {
                KillChain chain = chain("KillPointTest", seed++);
                for (KillPoint point : KillPoint.values()) {
                    chain.killAt(point);
                }
            }
        } finally {
            summary.write();
        }
        assertTrue(summary.kills() >= wanted, summary.text());
        if (GeneratedPart.isWanted()) {
            PART.write(summary.paragraph());
        }
    }

    @Test
    @DisplayName("The page about durability has a place for the summary of a long run")
    void thePageHasAPlaceForTheSummary() throws IOException {
        assertFalse(PART.read().isBlank());
    }
}
