package dev.ashlar.sim;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/** Repeats what the system properties of {@link Replay} or {@link Recording} say. */
class ReplayTest {
    @Test
    @EnabledIfSystemProperty(named = Replay.PROPERTY, matches = ".+")
    void repeatsWhatFailed() {
        Replay.run(System.getProperty(Replay.PROPERTY));
    }

    @Test
    @EnabledIfSystemProperty(named = Recording.PROPERTY, matches = ".+")
    void repeatsWhatWasRecorded() {
        Recording.replay(
                Path.of(System.getProperty(Recording.PROPERTY)), System.getProperty(Recording.CRASH_PROPERTY, ""));
    }
}
