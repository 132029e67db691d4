package dev.ashlar.fuzz;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.ashlar.AshlarException;
import dev.ashlar.Document;
import dev.ashlar.DocumentCollection;
import dev.ashlar.DocumentCursor;
import dev.ashlar.DocumentField;
import dev.ashlar.DocumentOptions;
import dev.ashlar.DocumentSchema;
import dev.ashlar.DocumentSnapshot;
import dev.ashlar.Durability;
import dev.ashlar.MergePolicy;
import dev.ashlar.SalvageReport;
import dev.ashlar.Store;
import dev.ashlar.sim.SimDisk;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * A store with documents is damaged in one place, and opened and salvaged. Nobody is given a document that was not the last one
 * of its key, unless it is said that something was lost.
 *
 * <p>{@code -Dashlar.fuzz.document=SEED} repeats one damage.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class DocumentFuzzTest {
    private static final DocumentSchema SCHEMA = DocumentSchema.builder()
            .field(DocumentField.keyword("id"))
            .field(DocumentField.text("body"))
            .primaryKey("id")
            .build();
    private static final DocumentOptions OPTIONS =
            DocumentOptions.DEFAULT.withBlockBytes(4096).withMerging(MergePolicy.DEFAULT.onRequest());
    private static final Long ONE = Long.getLong("ashlar.fuzz.document");

    private StoreImage image = new StoreImage(Map.of());

    /** What is committed, and all that ever was added. */
    private final TreeMap<String, String> committed = new TreeMap<>();

    private final Map<String, Set<String>> history = new HashMap<>();

    /** What a reading met: documents by key, null for what was refused. */
    private record Reading(TreeMap<String, String> found, Set<String> refused, boolean quiet) {}

    @BeforeAll
    void write() {
        SimDisk disk = new SimDisk();
        try (Store store = Author.open(disk, new UUID(6, 6))) {
            DocumentCollection documents = store.documents("d", SCHEMA, OPTIONS);
            for (int round = 0; round < 3; round++) {
                for (int i = 0; i < 40; i++) {
                    add(documents, "k" + (i * 7 + round * 11) % 60, i, round);
                }
                if (round > 0) {
                    documents.delete("k" + round, Durability.APPENDED);
                    committed.remove("k" + round);
                }
                documents.commit();
                if (round == 1) {
                    documents.forceMerge(1);
                }
            }
            TreeMap<String, String> before = new TreeMap<>(committed);
            add(documents, "k7", 7, 7);
            add(documents, "pending", 7, 7);
            documents.flush();
            add(documents, "k8", 8, 8);
            documents.delete("k9", Durability.APPENDED);
            store.compact();
            add(documents, "pending too", 9, 9);
            committed.clear();
            committed.putAll(before);
            store.sync();
            image = StoreImage.of(disk);
        }
        assertEquals(committed, read(image, "nothing damaged").found);
    }

    private void add(DocumentCollection documents, String id, int i, int round) {
        String body = ("document " + i + " of round " + round + ", " + i * 31 * round + "; ").repeat(4);
        documents.upsert(documents.document().set("id", id).set("body", body), Durability.APPENDED);
        committed.put(id, body);
        history.computeIfAbsent(id, _ -> new HashSet<>()).add(body);
    }

    // -------------------------------------------------------------------------------------------------------- damage

    private record Damaged(StoreImage image, String file, String what) {}

    private Damaged damage(long seed) {
        Random random = new Random(seed);
        List<String> files = new ArrayList<>(image.in("documents"));
        if (random.nextInt(4) == 0) {
            files = new ArrayList<>(image.in("log"));
        }
        String file = files.get(random.nextInt(files.size()));
        byte[] bytes = image.bytes(file).clone();
        int used = bytes.length;
        while (used > 1 && bytes[used - 1] == 0) {
            used--;
        }
        int at = random.nextInt(used);
        switch (random.nextInt(6)) {
            case 0 -> {
                return new Damaged(image.without(file), file, "removed");
            }
            case 1 -> {
                return new Damaged(image.with(file, Arrays.copyOf(bytes, at)), file, "cut at " + at);
            }
            case 2 -> {
                int to = Math.min(bytes.length, at + 1 + random.nextInt(600));
                Arrays.fill(bytes, at, to, (byte) 0);
                return new Damaged(image.with(file, bytes), file, "zeros from " + at + " to " + to);
            }
            case 3 -> {
                String other = files.get(random.nextInt(files.size()));
                return new Damaged(image.with(file, image.bytes(other)), file, "replaced by " + other);
            }
            default -> {
                bytes[at] ^= (byte) (1 << random.nextInt(8));
                return new Damaged(image.with(file, bytes), file, "a bit at " + at);
            }
        }
    }

    private Reading read(StoreImage from, String context) {
        TreeMap<String, String> found = new TreeMap<>();
        Set<String> refused = new HashSet<>();
        boolean quiet;
        try (Store store = Author.open(from.toDisk(), new UUID(0, 0))) {
            quiet = store.recovery().damaged().isEmpty()
                    && store.recovery().dropped().isEmpty()
                    && store.verify(bytes -> {}).intact();
            DocumentCollection documents;
            try {
                documents = store.documents("d", SCHEMA, OPTIONS);
                scan(documents, context);
                for (String id : history.keySet()) {
                    try {
                        Document document = documents.get(id);
                        if (document != null) {
                            found.put(id, String.valueOf(document.string("body")));
                        }
                    } catch (AshlarException e) {
                        refused.add(id);
                    }
                }
            } catch (AshlarException e) {
                refused.addAll(history.keySet());
            }
            store.keyspace("k").put("key", new byte[10]);
        }
        return new Reading(found, refused, quiet && refused.isEmpty());
    }

    /** No document is met twice, nor one that never was. */
    private void scan(DocumentCollection documents, String context) {
        Set<String> met = new HashSet<>();
        try (DocumentSnapshot snapshot = documents.snapshot();
                DocumentCursor cursor = snapshot.cursor()) {
            while (cursor.next()) {
                String id = String.valueOf(cursor.document().string("id"));
                assertTrue(met.add(id), () -> id + " is there twice, " + context);
                String body = String.valueOf(cursor.document().string("body"));
                assertTrue(
                        history.getOrDefault(id, Set.of()).contains(body), () -> id + " is " + body + ", " + context);
            }
        } catch (AshlarException e) {
            // Said to be damaged, which is all right.
        }
    }

    // --------------------------------------------------------------------------------------------------------- checks

    private void attempt(long seed) {
        Damaged damaged = damage(seed);
        String context = damaged.file + " " + damaged.what + ", seed " + seed;
        Reading reading;
        try {
            reading = read(damaged.image, context);
        } catch (AshlarException e) {
            throw new AssertionError("not opened: " + context, e);
        }
        reading.found.forEach((id, body) -> assertTrue(
                history.getOrDefault(id, Set.of()).contains(body), () -> id + " is " + body + ", " + context));
        if (reading.quiet) {
            assertEquals(committed, reading.found, () -> "lost without a word: " + context);
        }
        if (!damaged.file.startsWith("log")) {
            for (String id : history.keySet()) {
                assertTrue(
                        reading.refused.contains(id)
                                || java.util.Objects.equals(committed.get(id), reading.found.get(id)),
                        () -> id + " is " + reading.found.get(id) + " instead of " + committed.get(id) + ", "
                                + context);
            }
        }
    }

    private void salvage(long seed) {
        Damaged damaged = damage(seed);
        String context = damaged.file + " " + damaged.what + ", seed " + seed;
        try (Scratch scratch = Scratch.make()) {
            Path source = scratch.path("damaged");
            Path target = scratch.path("new");
            damaged.image.writeTo(source);
            SalvageReport report = Store.salvage(source, target);
            TreeMap<String, String> found = new TreeMap<>();
            try (Store store = Store.open(target, Author.STILL)) {
                assertTrue(store.verify(bytes -> {}).intact(), context);
                if (store.documentCollections().contains("d")) {
                    DocumentCollection documents = store.documents("d", SCHEMA, OPTIONS);
                    scan(documents, context);
                    history.keySet().forEach(id -> {
                        Document document = documents.get(id);
                        if (document != null) {
                            found.put(id, String.valueOf(document.string("body")));
                        }
                    });
                    assertEquals(found.size(), documents.stats().documents(), context);
                    documents.commit(); // what is pending fits what is there
                    scan(documents, context);
                }
            }
            found.forEach((id, body) -> assertTrue(
                    history.getOrDefault(id, Set.of()).contains(body), () -> id + " is " + body + ", " + context));
            if (report.complete()) {
                assertEquals(committed, found, () -> "lost without a word: " + context);
            }
            boolean masked = damaged.file.endsWith(".live") || damaged.file.startsWith("log");
            if (!masked) {
                found.forEach((id, body) -> assertEquals(committed.get(id), body, () -> id + ", " + context));
            }
        }
    }

    @Test
    void aDamagedStoreGivesTheRightDocumentsOrSaysThatTheyAreLost() {
        if (ONE != null) {
            attempt(ONE);
            return;
        }
        for (long seed = 0; seed < 120; seed++) {
            attempt(seed);
        }
    }

    @Test
    void whatIsSalvagedWasThereAndWhatIsNotIsReported() {
        if (ONE != null) {
            salvage(ONE);
            return;
        }
        for (long seed = 0; seed < 12; seed++) {
            salvage(1000 + seed);
        }
    }

    @Test
    @Tag("long")
    void theSameManyTimes() {
        for (long seed = 10_000; seed < 14_000; seed++) {
            attempt(seed);
            if (seed % 4 == 0) {
                salvage(seed);
            }
        }
    }
}
