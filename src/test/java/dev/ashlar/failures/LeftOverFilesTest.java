package dev.ashlar.failures;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.ashlar.Keyspace;
import dev.ashlar.Store;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Files that a crash left and that no manifest names. What crashes leave at each step is tried on a simulated disk. */
class LeftOverFilesTest extends FailureTest {
    /**
     * Chunks with a few live records each, and deletions in later chunks than what they deleted.
     *
     * @return what is live
     */
    private static Map<String, byte[]> sparse(Keyspace space) {
        Map<String, byte[]> model = new TreeMap<>();
        for (int round = 0; round < 4; round++) {
            for (int i = 0; i < 20; i++) {
                // The first round mostly stays, so that its chunk is not worth compacting, and deletions matter.
                String key = round == 0 || i % 5 == 0 ? "key-" + round + "-" + i : "garbage-" + i;
                space.put(key, pattern(24_000, 100 * round + i));
                model.put(key, pattern(24_000, 100 * round + i));
            }
            for (int i = 3 * round; i < 3 * round + 3; i++) {
                space.delete("key-0-" + i);
                model.remove("key-0-" + i);
            }
        }
        return model;
    }

    @Test
    @DisplayName("A13 left-over files of an earlier crash are removed, and say nothing")
    void leftOvers() {
        Path directory = path("store");
        Map<String, byte[]> model = new TreeMap<>();
        StoreFiles image = crashAfter(directory, store -> model.putAll(sparse(store.keyspace("k"))));
        List<String> leftOver = List.of(
                "log/0000000100000000.log",
                "log/0000000100001000.log",
                "index/00000000000000ff.ckp",
                "values/00000000000000ff.val");
        image.put(leftOver.get(0), new byte[0]);
        image.put(leftOver.get(1), new byte[512 << 10]);
        image.put(leftOver.get(2), pattern(100, 2));
        image.put(leftOver.get(3), pattern(100, 3));
        image.writeTo(directory);
        for (int opening = 0; opening < 2; opening++) {
            try (Store store = quick(directory)) {
                assertHolds(model, store.keyspace("k"), "opening " + opening);
                Set<String> swept = new HashSet<>(store.recovery().sweptFiles());
                assertEquals(opening == 0 ? new HashSet<>(leftOver) : Set.of(), swept);
                assertTrue(store.keyspace("k").put("large", pattern(9 << 20, 1)) > 0);
            }
            leftOver.forEach(name -> assertTrue(!Files.exists(directory.resolve(name)), name));
            model.put("large", pattern(9 << 20, 1));
        }
    }
}
