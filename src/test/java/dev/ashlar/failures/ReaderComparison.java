package dev.ashlar.failures;

import com.fasterxml.jackson.databind.JsonNode;
import dev.ashlar.CorruptionException;
import dev.ashlar.Keyspace;
import dev.ashlar.Store;
import dev.ashlar.UnsupportedFormatException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Has images of stores read by the reader in C and by the engine, and compares. Each image is read in C as it is, then
 * opened, read and closed by the engine, then read in C again.
 */
final class ReaderComparison {
    /** So many stores are read by one process, if they are small. */
    private static final int GROUP = 32;

    private static final long GROUP_BYTES = 64L << 20;

    /**
     * @param whole the engine has no checkpoint to read, so it finds out the same as a reader of the log. Otherwise it
     *     may know of damage which the log does not show: then it refuses what the log answers
     */
    private record Image(String context, StoreFiles files, boolean whole) {}

    private final FailureTest test;
    private final NativeReader reader = NativeReader.get();
    private final List<Image> images = new ArrayList<>();
    private long bytes;

    private int compared;
    private int refused;
    private long entries;
    private long damagedEntries;
    private long damagedStretches;
    private long droppedStretches;

    ReaderComparison(FailureTest test) {
        this.test = test;
    }

    /** An image whose checkpoints are as they are. */
    void add(String context, StoreFiles files) {
        add(new Image(context, files, false));
    }

    /** An image without its checkpoints. */
    void addWithoutCheckpoints(String context, StoreFiles files) {
        StoreFiles bare = files.copy();
        files.checkpoints().forEach(bare::remove);
        add(new Image(context, bare, true));
    }

    private void add(Image image) {
        images.add(image);
        for (String name : image.files.names()) {
            bytes += image.files.bytes(name).length;
        }
        if (images.size() == GROUP || bytes > GROUP_BYTES) {
            compareAll();
        }
    }

    String summary() {
        return compared + " stores, " + refused + " refused, " + entries + " entries, " + damagedEntries + " damaged, "
                + damagedStretches + " damaged stretches, " + droppedStretches + " dropped";
    }

    /** Compares what was added since the last time. */
    void compareAll() {
        List<Path> stores = new ArrayList<>();
        for (Image image : images) {
            Path store = test.path("image-" + stores.size());
            image.files.writeTo(store);
            stores.add(store);
        }
        if (images.isEmpty()) {
            return;
        }
        List<JsonNode> before = reader.json(List.of("list", "--json", "--hash"), stores);
        List<JsonNode> verified = reader.json(List.of("verify", "--json"), stores);
        List<StoreView> engine = new ArrayList<>();
        for (int i = 0; i < stores.size(); i++) {
            engine.add(compareWithEngine(images.get(i), stores.get(i), before.get(i), verified.get(i)));
        }
        List<JsonNode> after = reader.json(List.of("list", "--json", "--hash"), stores);
        for (int i = 0; i < stores.size(); i++) {
            if (engine.get(i) != null && images.get(i).whole) {
                expectNone(
                        StoreView.of(after.get(i)).differences(engine.get(i)),
                        images.get(i).context + ", after it was opened and closed");
            }
        }
        images.clear();
        bytes = 0;
    }

    private @Nullable StoreView compareWithEngine(Image image, Path directory, JsonNode read, JsonNode verified) {
        compared++;
        String refusal = read.has("error") ? read.get("error").asText() : null;
        try (Store store = FailureTest.quick(directory)) {
            expectNone(refusal == null ? List.of() : List.of("refused in C: " + read), image.context);
            StoreView inC = StoreView.of(read);
            count(inC);
            if (!image.whole) {
                expectNone(contradictions(inC, store), image.context);
                return null;
            }
            StoreView inJava = StoreView.of(store);
            expectNone(inC.differences(inJava), image.context);
            note(inC.reportDifferences(inJava), image.context);
            note(
                    (verified.get("damaged").asLong() == 0) == store.verify(done -> {}).intact()
                            ? List.of()
                            : List.of("intact " + verified + store.verify(done -> {}).damaged()),
                    image.context);
            return inJava;
        } catch (CorruptionException e) {
            expect("unreadable", refusal, image.context + ": " + e.getMessage());
        } catch (UnsupportedFormatException e) {
            expect("unsupported", refusal, image.context + ": " + e.getMessage());
        }
        refused++;
        return null;
    }

    private void count(StoreView view) {
        entries += view.size();
        damagedEntries += view.records().values().stream()
                .flatMap(space -> space.values().stream())
                .filter(entry -> entry.hash().equals(StoreView.DAMAGED))
                .count();
        damagedStretches += view.damaged().size();
        droppedStretches += view.dropped().size();
    }

    /** Where the engine answers something else, other than that the value is damaged. */
    private static List<String> contradictions(StoreView inC, Store store) {
        List<String> all = new ArrayList<>();
        for (Map.Entry<String, Map<String, StoreView.Entry>> space : inC.records().entrySet()) {
            if (!inC.damaged().isEmpty()) {
                continue;
            }
            Keyspace keyspace = store.keyspace(space.getKey());
            space.getValue().forEach((key, entry) -> {
                String found = StoreView.get(keyspace, HexFormat.of().parseHex(key));
                if (!found.equals(entry.hash()) && !found.equals(StoreView.DAMAGED)) {
                    all.add(space.getKey() + "/" + key + ": " + entry + " in C, " + found + " in Java");
                }
            });
        }
        return all;
    }

    static void note(List<String> d, String context) {
        if (!d.isEmpty()) {
            String t = d.toString();
            System.out.println("NOTE " + context + ": " + t.substring(0, Math.min(1500, t.length())));
        }
    }

    private static void expect(String expected, @Nullable String found, String context) {
        expectNone(expected.equals(found) ? List.of() : List.of(found + " in C, " + expected + " in Java"), context);
    }

    private static void expectNone(List<String> differences, String context) {
        if (!differences.isEmpty()) {
            String t = differences.toString();
            System.out.println("DIFF " + context + ": " + t.substring(0, Math.min(1500, t.length())));
        }
    }
}
