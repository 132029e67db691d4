package dev.ashlar.sim;

import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

class HistoriesTest {
    private static final List<String> histories = Histories.ALL;

    @ParameterizedTest
    @FieldSource("histories")
    @DisplayName("A9, A13, A14, A21, A22 crashes of histories that once failed, or that a broken engine fails")
    void everyCrashIsRecoveredFrom(String history) {
        Replay.run(history);
    }
}
