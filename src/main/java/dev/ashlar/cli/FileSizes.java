package dev.ashlar.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/** How many files a part of a store has, and their length. */
record FileSizes(String part, long files, long bytes) {
    /** One for each directory in the store, one for the files beside them, and the sum. */
    static List<FileSizes> of(Path store) throws IOException {
        Map<String, FileSizes> parts = new TreeMap<>();
        FileSizes all = new FileSizes("all", 0, 0);
        try (Stream<Path> walk = Files.walk(store)) {
            for (Path file : walk.filter(Files::isRegularFile).toList()) {
                Path relative = store.relativize(file);
                String part = relative.getNameCount() == 1 ? "manifest, lock" : relative.getName(0) + "/";
                long size = Files.size(file);
                parts.merge(part, new FileSizes(part, 1, size), FileSizes::plus);
                all = all.plus(new FileSizes(part, 1, size));
            }
        }
        List<FileSizes> result = new ArrayList<>(parts.values());
        result.add(all);
        return result;
    }

    private FileSizes plus(FileSizes other) {
        return new FileSizes(part, files + other.files, bytes + other.bytes);
    }
}
