package dev.ashlar.fuzz;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Some of the mutations on real files, which are mapped side by side and read without bounds of segments. Should one end
 * the process, {@code target/file-fuzz-mutation.txt} says which: {@code FormatFuzzTest} says how to repeat it.
 */
@Timeout(value = 1800, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class FileFuzzTest {
    private static final Path PRESENT = Path.of("target", "file-fuzz-mutation.txt");
    private static final int UNTIL_COLLECTION = 100;

    private static void run(int every) throws IOException {
        int number = 0;
        try (Scratch scratch = Scratch.make()) {
            for (Specimen specimen : Specimens.all().values()) {
                Mutations mutations = new Mutations(specimen);
                List<Mutation> all = new ArrayList<>(mutations.flips());
                all.addAll(mutations.lengths());
                all.addAll(mutations.fields(true));
                all.addAll(mutations.splices(20_000, 21_000));
                for (int i = number % every; i < all.size(); i += every) {
                    if (++number % UNTIL_COLLECTION == 0) {
                        System.gc();
                    }
                    Files.writeString(PRESENT, all.get(i).toString());
                    new Attempt(all.get(i)).runOnFiles(scratch.path("store"));
                    Scratch.delete(scratch.path("store"));
                }
            }
        }
        System.out.println("FileFuzzTest: " + number + " mutations");
    }

    @Test
    void someMutationsOnFiles() throws IOException {
        run(997);
    }

    @Test
    @Tag("long")
    void manyMutationsOnFiles() throws IOException {
        run(23);
    }
}
