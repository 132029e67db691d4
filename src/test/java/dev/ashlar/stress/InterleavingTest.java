package dev.ashlar.stress;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Two threads that meet in one place of the engine, as often as time allows, and every outcome that they may see. The
 * tests themselves are the classes named {@code …Stress} beside what they are about, written for jcstress.
 *
 * <p>A jcstress result that is forbidden fails the build. The message holds the command that repeats it.
 */
class InterleavingTest {
    /** Of single parts, or keys: many states at a time, since what the threads meet in is small. */
    private static final String PARTS = "dev.ashlar.*(Callbacks|Clear|Conditions|Index|Retirement|Ring|Ticket)Stress";

    private static final int PART_TESTS = 22;

    /** Of whole stores: one state at a time, since each opens a store or waits for a device. */
    private static final String STORES = "dev.ashlar.*(Closing|Durable)Stress";

    private static final int STORE_TESTS = 8;

    /** How often something that has to be found is sought. */
    private static final int ROUNDS = 4;

    private static final String[] SHORT = {"-f", "1", "-fsm", "1", "-iters", "1", "-sc", "false"};
    private static final String[] LONG = {"-f", "2", "-fsm", "2", "-iters", "3"};
    private static final String[] ONE_AT_A_TIME = {"-strideSize", "1", "-strideCount", "1", "-time", "600"};
    private static final String[] MANY = {"-strideSize", "64", "-strideCount", "8", "-time", "200"};

    @TempDir
    Path directory;

    private void check(String tests, int count, String[] effort, String[] strides) throws Exception {
        Jcstress.Run run = new Jcstress(directory, concat(effort, strides)).run(tests);
        assertTrue(run.exitCode() == 0 && run.failed().isEmpty(), run::describe);
        assertEquals(count, run.passed().size(), run::describe);
    }

    private static String[] concat(String[] one, String[] other) {
        return Stream.of(one, other).flatMap(Arrays::stream).toArray(String[]::new);
    }

    @Test
    @DisplayName("Index, retirement of chunks, ring and tickets publish in an order that readers can rely on; of two"
            + " writes on one condition one is made; what a clear removed stays away")
    void partsPublishInOrder() throws Exception {
        check(PARTS, PART_TESTS, SHORT, MANY);
    }

    @Test
    @DisplayName("A store that is closed answers with values or says so; writes are told once, and the truth")
    void storesTellTheTruth() throws Exception {
        check(STORES, STORE_TESTS, SHORT, ONE_AT_A_TIME);
    }

    @Test
    @Tag("long")
    @DisplayName("The same for longer, with every combination of compilers")
    void everythingForLonger() throws Exception {
        check(PARTS, PART_TESTS, LONG, MANY);
        check(STORES, STORE_TESTS, LONG, ONE_AT_A_TIME);
    }

    @Test
    @DisplayName("Engines that publish in the wrong order, or do not look again, are found out")
    void brokenEnginesAreFoundOut() throws Exception {
        find(BrokenProtocol.first());
    }

    @Test
    @Tag("long")
    @DisplayName("More engines that publish in the wrong order, or do not look again, are found out")
    void moreBrokenEnginesAreFoundOut() throws Exception {
        find(BrokenProtocol.second());
    }

    /** Which interleavings come up is chance, and fewer do on a busy machine: what was not found is sought again. */
    private void find(List<BrokenProtocol> together) throws Exception {
        List<BrokenProtocol> wanted = together;
        for (int rounds = 1; !wanted.isEmpty(); rounds++) {
            Jcstress.Run run = new Jcstress(directory, concat(SHORT, MANY))
                    .withClassesFrom(BrokenProtocol.write(wanted, directory))
                    .run(BrokenProtocol.tests(wanted));
            wanted = wanted.stream()
                    .filter(protocol -> !run.failed().contains(protocol.test()))
                    .toList();
            List<String> missed = wanted.stream().map(BrokenProtocol::does).toList();
            assertTrue(
                    wanted.isEmpty() || rounds < ROUNDS,
                    () -> "not noticed: an engine that " + missed + "\n" + run.describe());
        }
    }
}
