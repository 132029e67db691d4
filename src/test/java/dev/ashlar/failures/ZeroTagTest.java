package dev.ashlar.failures;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;

import dev.ashlar.Cursor;
import dev.ashlar.Keyspace;
import dev.ashlar.Store;
import dev.ashlar.engine.TestEngines;
import dev.ashlar.io.FaultyStorage;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One hash in 16 million gives a tag that the two words at the beginning of a table have too, which are no slots. */
class ZeroTagTest {
    @TempDir
    Path directory;

    @Test
    @DisplayName("A16: a key whose hash is 0 is not found in what the table says of itself")
    void headerWordsAreNoSlots() {
        Path path = directory.resolve("store");
        try (Store store = TestEngines.withHashMask(path, FaultyStorage.withoutDevice(path), FailureFixture.SMALL, 0)) {
            Keyspace space = store.keyspace("k");
            byte[] key = "key-of-sixteen-b".getBytes(StandardCharsets.UTF_8);
            Cursor cursor = space.cursor();
            for (int i = 0; i < 2_000; i++) {
                space.put(key, new byte[100]);
                assertEquals(100, space.get(key).byteSize());
                assertEquals(1, space.size());
                space.delete(key, dev.ashlar.Durability.APPENDED);
                assertNull(space.get(key), "round " + i);
                assertFalse(cursor.find(key));
                assertEquals(0, space.size());
            }
        }
    }
}
