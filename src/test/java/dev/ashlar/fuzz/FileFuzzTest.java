package dev.ashlar.fuzz;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Some of the mutations on real files, which are mapped side by side and read without bounds of segments. Should one end
 * the process, {@code target/file-fuzz-mutation.txt} says which: {@code FormatFuzzTest} says how to repeat it.
 */
@Timeout(value = 7200, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class FileFuzzTest {
    private static final Path PRESENT = Path.of("target", "file-fuzz-mutation.txt");

    /** A process has address space for a few dozen stores at a time, and gets it back when their views are collected. */
    private static final int UNTIL_COLLECTION = 40;

    /** @param share how many mutations of each specimen */
    private static void run(int share, int place) throws IOException {
        int number = 0;
        try (Scratch scratch = Scratch.make()) {
            for (Specimen specimen : Specimens.all().values()) {
                for (Mutation each : Mutations.share(new Mutations(specimen).mixed(20_000), 0, share, place)) {
                    if (++number % UNTIL_COLLECTION == 0) {
                        System.gc();
                    }
                    Files.writeString(PRESENT, each.toString());
                    new Attempt(each).runOnFiles(scratch.path("store"));
                    Scratch.delete(scratch.path("store"));
                }
            }
        }
        System.out.println("FileFuzzTest: " + number + " mutations");
    }

    @Test
    void someMutationsOnFiles() throws IOException {
        run(50, 0);
    }

    @Test
    @Tag("long")
    void manyMutationsOnFiles() throws IOException {
        run(2_400, Mutations.place());
    }
}
