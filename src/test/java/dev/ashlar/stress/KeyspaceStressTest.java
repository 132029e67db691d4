package dev.ashlar.stress;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SplittableRandom;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Rounds of {@link KeyspaceRound}, each with a seed of its own. A seed repeats what the threads do, not how they meet; a
 * fault that does not come back at once may need the long run.
 */
class KeyspaceStressTest {
    private static final long SEED = Long.getLong("ashlar.stress.seed", System.nanoTime());
    private static final long ROUND_MILLIS = 1_000;

    @TempDir
    Path directory;

    @Test
    @Timeout(value = 600, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    @DisplayName("What many threads do to a few keys at once is linearizable, while chunks retire and the index grows")
    void whatManyThreadsDoIsLinearizable() throws Exception {
        run(8_000, "");
    }

    @Test
    @Tag("long")
    @Timeout(value = 3600, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    @DisplayName("The same for five minutes")
    void whatManyThreadsDoForLongIsLinearizable() throws Exception {
        run(300_000, "-Plong ");
    }

    private void run(long millis, String profile) throws Exception {
        SplittableRandom seeds = new SplittableRandom(SEED);
        long retired = 0;
        long operations = 0;
        long end = System.nanoTime() + millis * 1_000_000;
        // However slow it is, some chunk retires, unless none ever does.
        for (int round = 0; System.nanoTime() < end || retired == 0 && round < 60; round++) {
            Path store = Files.createDirectory(directory.resolve("round-" + round));
            try {
                KeyspaceRound.Result result = new KeyspaceRound(seeds.nextLong(), store).run(ROUND_MILLIS);
                retired += result.retired();
                operations += result.operations();
            } catch (Throwable e) {
                throw new AssertionError(
                        "round " + round + ": " + e.getMessage() + "\nAgain: mvn -B -ntp " + profile
                                + "test -Dtest=KeyspaceStressTest -Dashlar.stress.seed=" + SEED,
                        e);
            }
        }
        assertTrue(retired > 0, "no chunk retired");
        assertTrue(operations > 0, "nothing was checked");
        System.out.println("linearizable: " + operations + " operations, while " + retired + " chunks retired");
    }
}
