package dev.ashlar.process;

import dev.ashlar.Store;
import dev.ashlar.engine.TestEngines;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** What is done to the files of a store from outside. */
public final class Trees {
    private Trees() {}

    /** Copies a directory to where nothing is. */
    public static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.toList()) {
                Path target = to.resolve(from.relativize(file).toString());
                if (Files.isDirectory(file)) {
                    Files.createDirectories(target);
                } else {
                    Files.copy(file, target);
                }
            }
        }
    }

    /** Copies the directory of a store that is open, once its own threads have come to rest: no file comes or goes. */
    static void copyAtRest(Store store, Path from, Path to) throws IOException {
        awaitRest(store);
        copy(from, to);
    }

    /** Until the store's own threads have done all that there is to do. */
    static void awaitRest(Store store) {
        long ignored = TestEngines.idleEnd(store);
        TestEngines.tick(store);
    }

    /** Removes a directory, if there is one. */
    static void remove(Path directory) throws IOException {
        if (Files.exists(directory)) {
            try (Stream<Path> files = Files.walk(directory)) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        }
    }

    /** The chunk files of a store, in the order of the log; none if there is no store yet. */
    static List<Path> chunks(Path store) throws IOException {
        if (Files.notExists(store.resolve("log"))) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(store.resolve("log"))) {
            return files.sorted().toList();
        }
    }

    /** The segments of a store; none if it has had no rows yet. */
    static Stream<Path> segments(Path store) throws IOException {
        Path directory = store.resolve("segments");
        return Files.exists(directory)
                ? Files.list(directory).filter(file -> file.toString().endsWith(".seg"))
                : Stream.empty();
    }

    /** Cuts a file; below zero it is removed. */
    static void cut(Path file, long length) throws IOException {
        if (length < 0) {
            Files.delete(file);
            return;
        }
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.truncate(length);
        }
    }
}
