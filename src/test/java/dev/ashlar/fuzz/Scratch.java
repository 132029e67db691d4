package dev.ashlar.fuzz;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;

/** A directory in memory where there is one: thousands of small stores need no disk. Gone when it is closed. */
record Scratch(Path directory) implements AutoCloseable {
    static Scratch make() {
        Path memory = Path.of("/dev/shm");
        try {
            return new Scratch(
                    Files.isWritable(memory)
                            ? Files.createTempDirectory(memory, "ashlar-fuzz-")
                            : Files.createTempDirectory("ashlar-fuzz-"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    Path path(String name) {
        return directory.resolve(name);
    }

    @Override
    public void close() {
        delete(directory);
    }

    static void delete(Path directory) {
        try (Stream<Path> paths = Files.walk(directory)) {
            for (Path path : (Iterable<Path>) paths.sorted(Comparator.reverseOrder())::iterator) {
                Files.delete(path);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
