package dev.ashlar.failures;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.ashlar.Keyspace;
import dev.ashlar.Store;
import java.nio.file.Path;
import java.util.TreeMap;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A kill after a reopening: what was acknowledged since is there. The files are copied as they are at that moment. */
class RecoveryAfterKillTest extends FailureFixture {
    @ParameterizedTest(name = "closed {0}, {1} writes of {2} bytes a round")
    @CsvSource({"true,1,10", "true,40,3000", "true,10,200000", "false,1,10", "false,40,3000", "false,10,200000"})
    @DisplayName("A22: open, write, kill, and again: every acknowledged write is there")
    void whatWasWrittenSinceReopeningSurvivesAKill(boolean closed, int writes, int length) {
        TreeMap<String, byte[]> model = new TreeMap<>();
        Path path = directory.resolve("round-0");
        for (int round = 0; round < 6; round++) {
            Path next = directory.resolve("round-" + (round + 1));
            try (Store store = Store.open(path, SMALL)) {
                assertTrue(store.recovery().damaged().isEmpty());
                assertTrue(
                        store.recovery().dropped().isEmpty(),
                        () -> store.recovery().toString());
                Keyspace space = store.keyspace("k");
                assertHolds(model, space);
                for (int i = 0; i < writes; i++) {
                    byte[] value = random(length, round * 1_000 + i);
                    space.put("k" + round % 3 + "-" + i, value);
                    model.put("k" + round % 3 + "-" + i, value);
                }
                // Every second round ends as asked, the others with a kill.
                if (!closed || round % 2 == 1) {
                    crash(store, next);
                }
            }
            if (closed && round % 2 == 0) {
                copy(path, next);
                try (Store store = Store.open(path, SMALL)) {
                    assertTrue(store.recovery().clean());
                    assertFalse(store.keyspaces().isEmpty());
                    assertEquals(model.size(), store.keyspace("k").size());
                }
            }
            path = next;
        }
        assertReopens(model, path, "k");
    }
}
