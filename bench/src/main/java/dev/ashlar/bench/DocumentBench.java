package dev.ashlar.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Whole document collections, beside Lucene's stored fields. Its parts run as those of {@link KeyspaceBench}, in several processes each. */
public final class DocumentBench {
    private static final int JSON_DOCUMENTS = 100_000;
    private static final int PROCESSES = 3;

    /** Each with the options of its process. */
    private static final Map<String, List<String>> PARTS = new LinkedHashMap<>();

    static {
        PARTS.put("sources", List.of("-Xmx3g"));
        PARTS.put("json", List.of("-Xmx3g"));
        PARTS.put(
                "memory",
                List.of("-Xmx" + DocumentMemoryPart.HEAP, "-Xms" + DocumentMemoryPart.HEAP, "-XX:+AlwaysPreTouch"));
    }

    private DocumentBench() {}

    /** The part, a directory for its stores, the number of rounds. */
    public static void main(String[] arguments) throws Exception {
        KeyspaceBench.measure(arguments, DocumentBench::part);
    }

    private static KeyspaceBench.Part part(String name, Path directory) {
        return switch (name) {
            case "sources" -> new DocumentPart(directory, Corpus.sources());
            case "json" -> new DocumentPart(directory, Corpus.json(JSON_DOCUMENTS));
            case "memory" -> new DocumentMemoryPart(directory);
            default -> throw new IllegalArgumentException("no part " + name + "; there are " + PARTS.keySet());
        };
    }

    /** The figures of all parts: at least so many rounds, divided among processes. */
    static Map<String, Object> run(int rounds) throws IOException, InterruptedException {
        int processes = Math.min(PROCESSES, rounds);
        Map<String, Object> all = new LinkedHashMap<>();
        for (Map.Entry<String, List<String>> part : PARTS.entrySet()) {
            Map<String, Object> figures = new LinkedHashMap<>();
            List<Object> measured = new ArrayList<>();
            for (int i = 0; i < processes; i++) {
                Path directory = Directories.fresh("documents-" + part.getKey());
                Map<?, ?> ofProcess = KeyspaceBench.inOwnProcess(
                        DocumentBench.class,
                        part.getKey(),
                        directory,
                        (rounds + processes - 1) / processes,
                        part.getValue());
                Directories.delete(directory);
                figures.put("setting", ofProcess.get("setting"));
                measured.addAll((List<?>) ofProcess.get("rounds"));
            }
            figures.put("processes", processes);
            figures.put("rounds", measured);
            all.put(part.getKey(), figures);
        }
        return all;
    }
}
