package dev.ashlar.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A vector collection in a process with little heap: what the heap holds does not depend on the number of rows. */
class VectorHeapTest {
    private static final Duration BOUND = Duration.ofMinutes(8);

    /** Of heap, for four times as many rows: chunks and segments have an object each, rows have none. */
    private static final long GROWTH = 2 << 20;

    @TempDir
    Path directory;

    @Test
    @DisplayName("200,000 rows are put, searched, read, overwritten and opened again with 32 MiB of heap")
    @Timeout(value = 10, unit = TimeUnit.MINUTES)
    void someRows() throws Exception {
        run(List.of("-Xmx32m"), 200_000, 16);
    }

    @Test
    @Tag("long")
    @DisplayName(
            "A million rows of 128 components are put, searched, read, overwritten and opened again with 64 MiB of heap")
    @Timeout(value = 10, unit = TimeUnit.MINUTES)
    void aMillionRows() throws Exception {
        run(List.of("-Xmx64m", "-XX:TieredStopAtLevel=4", "--add-modules=jdk.incubator.vector"), 1_000_000, 128);
    }

    private void run(List<String> flags, int rows, int dimension) throws Exception {
        List<String> all = new ArrayList<>(flags);
        all.add("--enable-native-access=ALL-UNNAMED");
        Path said = directory.resolve("said");
        Path store = directory.resolve("store");
        try (ChildJava child = ChildJava.start(said, List.of(), all, HeapChild.class, store, rows, dimension)) {
            long end = System.nanoTime() + BOUND.toNanos();
            while (child.isAlive() && System.nanoTime() < end) {
                Thread.sleep(50);
            }
            String answer = child.answer();
            String[] last = answer.substring(answer.lastIndexOf('\n') + 1).split(" ");
            assertEquals("done", last[0], answer);
            long few = Long.parseLong(last[1]);
            long many = Long.parseLong(last[2]);
            assertTrue(
                    many - few < GROWTH,
                    () -> "heap after a collection, with a quarter of the rows and all: " + answer);
        }
    }
}
