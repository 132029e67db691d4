package dev.ashlar.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

import dev.ashlar.Keyspace;
import dev.ashlar.KeyspaceOptions;
import dev.ashlar.Verification;
import dev.ashlar.keyspace.Records;
import dev.ashlar.keyspace.Space;
import dev.ashlar.log.Chunk;
import dev.ashlar.log.Chunks;
import dev.ashlar.log.Position;
import java.lang.reflect.Field;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A reader that was stopped between looking a record up and reading it, for so long that another chunk has the slot of
 * the one that it was to read. Slots are handed out round robin; here the next one is that of the reader.
 */
class ReusedSlotTest {
    @TempDir
    Path directory;

    @ParameterizedTest
    @EnumSource(Verification.class)
    void aReaderThatComesMuchTooLateLooksAgain(Verification verification) throws Exception {
        byte[] key = "the key".getBytes(StandardCharsets.UTF_8);
        try (Engine store = (Engine) StressStores.open(directory, StressStores.SMALL, -1L, 4 << 10)) {
            Keyspace keyspace = store.keyspace("k", KeyspaceOptions.DEFAULT.withVerification(verification));
            Space space = store.spaceOf(keyspace);
            Chunks chunks = store.records().chunks();
            keyspace.put("before", new byte[700]);
            keyspace.put(key, new byte[10]);
            long epoch = chunks.memory().epoch();
            long position = space.find(key, space.hash(key));
            int slot = Position.chunkSlot(position);
            Chunk old = chunks.at(slot);
            assertNotNull(old);
            for (int i = 0; i < 20; i++) {
                keyspace.put("garbage", new byte[3_000]);
            }
            store.compact();
            assertNull(chunks.at(slot));
            TestEngines.tick(store); // maintenance takes no slot any more before somebody writes
            Field nextSlot = Chunks.class.getDeclaredField("nextSlot");
            nextSlot.setAccessible(true);
            nextSlot.setInt(chunks, slot);
            for (int i = 0; chunks.at(slot) == null; i++) {
                assertFalse(i == 100, "the slot is not used again");
                keyspace.put("filler", "\1\2\3\4\5\6\7".repeat(400).getBytes(StandardCharsets.UTF_8));
            }
            keyspace.put("filler", "\1\2\3\4\5\6\7".repeat(400).getBytes(StandardCharsets.UTF_8));

            assertNull(space.values().view(position, epoch, Records.NOW));
            assertEquals(10, keyspace.get(key).byteSize());
        }
    }
}
