package dev.ashlar.failures;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.ashlar.Keyspace;
import dev.ashlar.Store;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A value in a file of its own that is superseded behind the checkpoint, and whose record's chunk is gone. */
class SupersededValueFileTest extends FailureTest {
    private static final int LARGE = 9 << 20;

    @ParameterizedTest(name = "deleted: {0}")
    @ValueSource(booleans = {true, false})
    @DisplayName(
            "A13: killed after the chunk of a superseded value was retired: its file goes, and is not counted for ever")
    void theFileGoesAlthoughNothingIsLeftThatNamesIt(boolean deleted) throws IOException {
        Path directory = path("store");
        StoreFiles killed;
        try (Store store = quick(directory)) {
            Keyspace space = store.keyspace("k");
            space.put("large", pattern(LARGE, 1));
            for (int i = 0; i < 100; i++) {
                space.put("garbage", pattern(20_000, i)); // the log goes on in other chunks
            }
            store.checkpoint();
            if (deleted) {
                space.delete("large");
            } else {
                space.put("large", bytes("small"));
            }
            assertTrue(store.compact().chunks() > 0);
            killed = StoreFiles.of(directory);
        }
        killed.writeTo(directory);
        for (int opening = 0; opening < 2; opening++) {
            try (Store store = quick(directory)) {
                String found = deleted ? null : "small";
                byte[] value = value(store.keyspace("k").get("large"));
                assertEquals(found, value == null ? null : new String(value));
                assertEquals(0, store.stats().valueFiles());
                assertEquals(0, store.stats().valueFileBytes());
                try (Stream<Path> files = Files.list(directory.resolve("values"))) {
                    assertNull(files.findAny().orElse(null));
                }
            }
        }
    }
}
