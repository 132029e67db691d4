package dev.ashlar.failures;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import dev.ashlar.CorruptionException;
import dev.ashlar.Cursor;
import dev.ashlar.Keyspace;
import dev.ashlar.Store;
import dev.ashlar.UnsupportedFormatException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
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
     *     may know more than a log that is damaged, and need not read all of it
     */
    private record Image(String context, StoreFiles files, boolean whole) {}

    private final FailureTest test;
    private final NativeReader reader = NativeReader.get();
    private final List<Image> images = new ArrayList<>();
    private final List<String> differences = new ArrayList<>();
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

    /** Compares what is left, and fails if anything was different. */
    void finish() {
        compareAll();
        String summary = compared + " stores, of which " + refused + " are refused; " + entries + " entries, of which "
                + damagedEntries + " are damaged; " + damagedStretches + " stretches damaged, " + droppedStretches
                + " dropped";
        System.out.println(test.getClass().getSimpleName() + " compared " + summary);
        assertEquals(List.of(), differences, summary);
    }

    private void compareAll() {
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
            if (engine.get(i) != null) {
                expectNone(
                        after.get(i).has("error")
                                ? List.of("refused in C: " + after.get(i))
                                : StoreView.of(after.get(i)).differences(engine.get(i)),
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
            if (refusal != null) {
                expectNone(List.of("refused in C only: " + read), image.context);
                return null;
            }
            StoreView inC = StoreView.of(read);
            count(inC);
            if (!image.whole && !inC.damaged().isEmpty()) {
                expectNone(contradictions(inC, store), image.context);
                return null;
            }
            StoreView inJava = StoreView.of(store);
            expectNone(inC.differences(inJava), image.context);
            if (image.whole) {
                expectNone(inC.reportDifferences(inJava), image.context);
                expectNone(verifyDifferences(verified, store), image.context);
            }
            return inJava;
        } catch (CorruptionException e) {
            expectNone(refusal("unreadable", refusal), image.context + ": " + e.getMessage());
        } catch (UnsupportedFormatException e) {
            expectNone(refusal("unsupported", refusal), image.context + ": " + e.getMessage());
        } catch (RuntimeException e) {
            expectNone(List.of("an error in Java that is none of the store's: " + e), image.context);
        }
        refused++;
        return null;
    }

    /**
     * Verification finds damage of the log in the same files. The engine may report a chunk's file that is missing as
     * well, or leave it to the report of the opening.
     */
    private static List<String> verifyDifferences(JsonNode verified, Store store) {
        TreeSet<String> frames = new TreeSet<>();
        TreeSet<String> files = new TreeSet<>();
        for (JsonNode finding : verified.get("findings")) {
            switch (finding.get("kind").asText()) {
                case "damage" -> frames.add(finding.get("file").asText());
                case "damaged file" -> files.add(finding.get("file").asText());
                default -> {}
            }
        }
        TreeSet<String> inJava = new TreeSet<>();
        store.verify(done -> {}).damaged().forEach(damage -> inJava.add(damage.file()));
        files.addAll(frames);
        return inJava.containsAll(frames) && files.containsAll(inJava)
                ? List.of()
                : List.of("verified: " + frames + " of " + files + " in C, " + inJava + " in Java");
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

    /**
     * Where the engine, which read a checkpoint, contradicts what the log says, some of which is lost. It may know that a
     * value is damaged whose header the log has lost, and then of a newer one, or that there is none.
     */
    private static List<String> contradictions(StoreView inC, Store store) {
        List<String> all = new ArrayList<>();
        for (String name : store.keyspaces()) {
            Keyspace keyspace = store.keyspace(name);
            inC.records().getOrDefault(name, Map.of()).forEach((hex, entry) -> {
                byte[] key = HexFormat.of().parseHex(hex);
                String found = StoreView.get(keyspace, key);
                boolean newer = found.equals("absent") || isNewer(keyspace, key, entry.version());
                if (!found.equals(entry.hash()) && !found.equals(StoreView.DAMAGED) && !newer) {
                    all.add(name + "/" + hex + ": " + entry + " in C, " + found + " in Java");
                }
            });
        }
        return all;
    }

    private static boolean isNewer(Keyspace keyspace, byte[] key, long version) {
        Cursor cursor = keyspace.cursor();
        try {
            return cursor.find(key) && cursor.version() > version;
        } catch (CorruptionException e) {
            return false;
        }
    }

    private static List<String> refusal(String inJava, @Nullable String inC) {
        return inJava.equals(inC) ? List.of() : List.of(inC + " in C, " + inJava + " in Java");
    }

    private void expectNone(List<String> found, String context) {
        found.forEach(each -> differences.add(context + ": " + each));
    }
}
