package dev.ashlar.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Whole vector collections: rows by id, searches, writing, heap. Its parts run as those of {@link KeyspaceBench}. */
public final class CollectionBench {
    /** Each with the heap of its process. */
    private static final Map<String, String> PARTS = new LinkedHashMap<>();

    static {
        PARTS.put("768", "3g");
        PARTS.put("128", "3g");
        PARTS.put("writing", "1g");
        PARTS.put("heap", VectorHeapPart.HEAP);
    }

    private CollectionBench() {}

    /** The part, a directory for its stores, the number of rounds. */
    public static void main(String[] arguments) throws Exception {
        KeyspaceBench.measure(arguments, CollectionBench::part);
    }

    private static KeyspaceBench.Part part(String name, Path directory) {
        return switch (name) {
            case "768" -> new VectorReadPart(directory, 100_000, 768);
            case "128" -> new VectorReadPart(directory, 1_000_000, 128);
            case "writing" -> new VectorWritePart(directory);
            case "heap" -> new VectorHeapPart(directory);
            default -> throw new IllegalArgumentException("no part " + name + "; there are " + PARTS.keySet());
        };
    }

    /** The figures of all parts. */
    static Map<String, Object> run(int rounds) throws IOException, InterruptedException {
        NativeLibrary.build();
        Map<String, Object> all = new LinkedHashMap<>();
        for (Map.Entry<String, String> part : PARTS.entrySet()) {
            Path directory = Directories.fresh("collections-" + part.getKey());
            all.put(
                    part.getKey(),
                    KeyspaceBench.inOwnProcess(
                            CollectionBench.class,
                            part.getKey(),
                            directory,
                            rounds,
                            List.of("-Xmx" + part.getValue())));
            Directories.delete(directory);
        }
        return all;
    }
}
