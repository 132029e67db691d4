package dev.ashlar.sim;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/** Repeats the steps, and the crashes after them, that the system property {@link Replay#PROPERTY} holds. */
@EnabledIfSystemProperty(named = Replay.PROPERTY, matches = ".+")
class ReplayTest {
    @Test
    void repeatsWhatFailed() {
        Replay.run(System.getProperty(Replay.PROPERTY));
    }
}
