package dev.ashlar.log;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.ashlar.io.Storage;
import dev.ashlar.io.Storages;
import java.nio.file.Path;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ChunkSlotsTest {
    @TempDir
    Path directory;

    @Test
    @DisplayName(
            "Behind an opening slots are given behind that of the newest chunk, where those are that went long ago")
    void slotsGoOnBehindTheNewest() {
        try (Storage storage = Storages.open(directory, true)) {
            Chunks chunks = new Chunks(storage, 3, 900);
            chunks.takeSlot(700); // of a segment
            chunks.takeSlot(900); // of the oldest chunk; those behind it went a moment ago
            chunks.takeSlot(1); // of the newest: they had been used up to the last once
            assertEquals(2, chunks.freeSlot());
            assertEquals(3, chunks.freeSlot());
            chunks.close();
        }
    }
}
