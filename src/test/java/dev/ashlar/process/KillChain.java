package dev.ashlar.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.ashlar.io.Storages;
import dev.ashlar.process.KillPoint.Phase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * One store that lives on through kills. After each, a copy of what is left is opened and compared; the next process goes
 * on either with that copy, which was closed as it should be, or with what the kill left.
 */
final class KillChain {
    /** A child may find the store through plain NIO as well; one round in so many does. */
    private static final int NIO_EVERY = 4;

    /** Chunks grow with the log, and large ones are seldom left for others: then a store has lived for long enough. */
    private static final long LARGEST_LOG = 16 << 20;

    /** Of a child, from its first instruction on, when it is to be killed at a random moment. */
    private static final int LONGEST_LIFE_MILLIS = 400;

    /** One in so many of them has a device that is slow to sync, and lives longer, since it does less in the time. */
    private static final int SLOW_EVERY = 3;

    private static final int LONGEST_SLOW_LIFE_MILLIS = 1_200;

    /** Rounds of one store, at the most, if it is killed at random moments. */
    private static final int NEW_EVERY = 6;

    /** System properties that repeat a failure. */
    static final String SEED = "ashlar.kill.seed";

    static final String ROUNDS = "ashlar.kill.rounds";

    private final String test;
    private final Path root;
    private final long seed;
    private final KillSummary summary;
    private KilledStore store = new KilledStore();
    private Path directory;
    private @Nullable Phase lastPhase;
    private int rounds;

    /**
     * @param test the class and method that repeats a failure
     * @param root an existing directory, for this alone
     */
    KillChain(String test, Path root, long seed, KillSummary summary) {
        this.test = test;
        this.root = root;
        this.seed = seed;
        this.summary = summary;
        this.directory = root.resolve("store");
        summary.seed(seed);
    }

    /** A process that kills itself at a point, which it must have reached. */
    void killAt(KillPoint point) throws Exception {
        if (lastPhase != Phase.OPENING) {
            beginAnewIfLarge();
        }
        if (point.phase() == Phase.CREATING) {
            beginAnew();
        } else if (point.phase() == Phase.OPENING && lastPhase != Phase.OPENING) {
            // So that there is something to recover; a kill in the middle of that leaves it for the next.
            round(KillPoint.GROUP_WRITTEN, false);
        }
        round(point, point.phase() != Phase.OPENING);
        lastPhase = point.phase();
    }

    private void beginAnew() throws IOException {
        Trees.remove(directory);
        store = new KilledStore();
    }

    private void beginAnewIfLarge() throws IOException {
        long bytes = 0;
        for (Path chunk : Trees.chunks(directory)) {
            bytes += Files.size(chunk);
        }
        if (bytes > LARGEST_LOG) {
            beginAnew();
        }
    }

    /** A process that is killed from outside; now and then one that creates the store and all that is in it. */
    void killAtRandom() throws Exception {
        if (rounds % NEW_EVERY == 0) {
            beginAnew();
        } else {
            beginAnewIfLarge();
        }
        round(null, true);
        lastPhase = null;
    }

    private void round(@Nullable KillPoint point, boolean mayGoOnWithCopy) throws Exception {
        rounds++;
        SplittableRandom random = new SplittableRandom(seed * 1_000_003 + rounds);
        Workload workload = new Workload(random.nextLong() >>> 8, KilledChild.withFiles(point));
        int times = point == null ? 0 : 1 + random.nextInt(point.mostTimes());
        Path ledgerFile = root.resolve("ledger-" + rounds);
        Path copy = root.resolve("copy");
        Files.createDirectories(directory);
        try (Ledger ledger = new Ledger(ledgerFile)) {
            List<String> flags = new ArrayList<>(List.of("-Xmx192m", "--enable-native-access=ALL-UNNAMED"));
            flags.add("-D" + Storages.PROPERTY + "=" + (random.nextInt(NIO_EVERY) == 0 ? "channel" : "posix"));
            Object name = point == null ? "-" : point;
            boolean slow = point == null && rounds % SLOW_EVERY == 1;
            Object[] arguments = {directory, ledgerFile, workload.seed(), name, times, rounds, slow};
            try (ChildJava child =
                    ChildJava.start(root.resolve("child-" + rounds), List.of(), flags, KilledChild.class, arguments)) {
                if (point == null) {
                    int longest = slow ? LONGEST_SLOW_LIFE_MILLIS : LONGEST_LIFE_MILLIS;
                    killSometime(child, ledger, random.nextInt(longest));
                }
                assertEquals(ChildJava.KILLED, child.end(), child::output);
                assertTrue(point == null || ledger.hasReached(point), "killed, but not there");
            }
            Trees.copy(directory, copy);
            summary.killed(point, store.check(copy, workload, ledger, rounds));
        } catch (AssertionError | RuntimeException e) {
            throw failure(point, times, e);
        }
        Files.delete(ledgerFile);
        Trees.remove(root.resolve("child-" + rounds));
        if (mayGoOnWithCopy && random.nextBoolean()) {
            Trees.remove(directory);
            Files.move(copy, directory);
        } else {
            Trees.remove(copy);
        }
    }

    /** Keeps what the kill left, because the same moment may not come again. */
    private AssertionError failure(@Nullable KillPoint point, int times, Throwable cause) throws IOException {
        Path kept = Path.of("target", "killed-" + seed + "-" + rounds);
        Trees.remove(kept);
        Trees.copy(directory, kept);
        String where = point == null ? "a random moment" : "time " + times + " of " + point;
        String repeat = "mvn -B -ntp test -Dtest=" + test + " -D" + SEED + "=" + seed
                + (point == null ? " -D" + ROUNDS + "=" + rounds : "");
        return new AssertionError(
                "seed " + seed + ", round " + rounds + ", killed at " + where + ": " + cause
                        + "\nWhat the kill left is in " + kept + ". To repeat it:\n  " + repeat,
                cause);
    }

    private static void killSometime(ChildJava child, Ledger ledger, int afterMillis) throws InterruptedException {
        while (!ledger.hasStarted() && child.isAlive()) {
            Thread.sleep(1);
        }
        Thread.sleep(afterMillis);
        child.kill();
    }
}
