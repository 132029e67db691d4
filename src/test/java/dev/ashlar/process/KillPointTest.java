package dev.ashlar.process;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.ashlar.failures.InMemory;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** One store, killed at each point that has a name, in their order. */
@EnabledOnOs(OS.LINUX)
@TestInstance(Lifecycle.PER_CLASS)
class KillPointTest {
    /** In this package, which is the one that is open to JUnit when these tests run alone. */
    static final class Memory extends InMemory {}

    /** One for all points: an instance's would go with each. */
    @TempDir(factory = Memory.class)
    static Path directory;

    private final KillSummary summary = new KillSummary();
    private @Nullable KillChain chain;
    private int chains;

    @ParameterizedTest(name = "{0}")
    @EnumSource
    @Timeout(value = 600, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    @DisplayName("A1, A13, A21, A22: killed at a named point, which is reached")
    void killedAt(KillPoint point) throws Exception {
        KillChain present = chain;
        if (present == null) {
            Path root = Files.createDirectory(directory.resolve("chain-" + chains++));
            present = new KillChain("KillPointTest", root, Long.getLong(KillChain.SEED, 1), summary);
        }
        chain = null; // what a failure leaves is nothing to go on with
        int before = summary.kills();
        present.killAt(point);
        assertTrue(summary.kills() > before);
        chain = present;
    }
}
