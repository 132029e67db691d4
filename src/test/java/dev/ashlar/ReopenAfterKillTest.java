package dev.ashlar;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.ashlar.engine.TestEngines;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A copy of the directory of an open store is what a killed process leaves: all that reached the page cache. */
@Tag("nio")
class ReopenAfterKillTest {
    @TempDir
    Path directory;

    @Test
    void writesIntoTheChunkOfAnEarlierLifeAreThereAfterAKill() throws IOException {
        Path store = directory.resolve("store");
        try (Store first = Store.open(store)) {
            first.keyspace("k").put("first", new byte[10]);
        }
        Path killed = directory.resolve("killed");
        try (Store second = Store.open(store)) {
            TestEngines.tick(second); // what an opening leaves to maintenance is done
            Keyspace keys = second.keyspace("k");
            for (long key = 0; key < 3; key++) {
                keys.put(key, new byte[10]);
            }
            copy(store, killed);
        }
        try (Store third = Store.open(killed)) {
            assertFalse(third.recovery().clean());
            assertEquals(4, third.keyspace("k").size());
        }
    }

    private static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : (Iterable<Path>) files::iterator) {
                Path target = to.resolve(from.relativize(file).toString());
                if (Files.isDirectory(file)) {
                    Files.createDirectories(target);
                } else {
                    Files.copy(file, target);
                }
            }
        }
    }
}
