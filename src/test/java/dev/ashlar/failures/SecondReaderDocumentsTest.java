package dev.ashlar.failures;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.ashlar.Damage;
import dev.ashlar.DocumentCollection;
import dev.ashlar.DocumentField;
import dev.ashlar.DocumentOptions;
import dev.ashlar.DocumentSchema;
import dev.ashlar.DocumentStats;
import dev.ashlar.Durability;
import dev.ashlar.MergePolicy;
import dev.ashlar.Store;
import dev.ashlar.VerificationReport;
import dev.ashlar.engine.TestEngines;
import dev.ashlar.io.Storages;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The reader in C and the engine find the same document collections, and the same damage in their files. */
class SecondReaderDocumentsTest extends FailureTest {
    private static final DocumentOptions SMALL =
            DocumentOptions.DEFAULT.withBlockBytes(4096).withMerging(MergePolicy.DEFAULT.onRequest());
    private static final DocumentSchema KEYED = DocumentSchema.builder()
            .field(DocumentField.keyword("id"))
            .field(DocumentField.text("body"))
            .primaryKey("id")
            .build();
    private static final DocumentSchema KEYLESS =
            DocumentSchema.builder().field(DocumentField.text("body")).build();

    private NativeReader reader;

    @BeforeEach
    void build() {
        reader = NativeReader.get();
    }

    private static Store open(Path directory) {
        return TestEngines.inline(directory, Storages.open(directory, true), STILL, new UUID(3, 4), 4096);
    }

    private static void fill(Store store) {
        DocumentCollection keyed = store.documents("keyed", KEYED, SMALL);
        DocumentCollection keyless = store.documents("ohne Schlüssel", KEYLESS, SMALL);
        DocumentCollection dropped = store.documents("dropped", KEYLESS, SMALL);
        store.documents("empty", KEYED, SMALL);
        store.keyspace("keyed").put("key", bytes("value"));
        dropped.add(dropped.document().set("body", "x"));
        dropped.commit();
        for (int round = 0; round < 3; round++) {
            for (int i = 0; i < 300; i++) {
                String body = "the body of document " + i + ", round " + round + ", " + i * 31;
                keyed.upsert(
                        keyed.document().set("id", "k" + (i * 7 + round) % 400).set("body", body), Durability.APPENDED);
                keyless.add(keyless.document().set("body", body.repeat(1 + i % 5)), Durability.APPENDED);
            }
            keyed.delete("k" + round, Durability.APPENDED);
            keyed.commit();
            keyless.commit();
            if (round == 1) {
                keyed.forceMerge(1);
            }
        }
        assertTrue(store.dropDocuments("dropped"));
        keyed.delete("k7");
        keyed.upsert(keyed.document().set("id", "k8").set("body", "another one"));
        keyed.flush();
        store.compact();
        keyed.upsert(keyed.document().set("id", "k9").set("body", "pending"));
        keyless.add(keyless.document().set("body", "pending"));
        store.sync();
    }

    /** Name, and what there is of it. */
    private static TreeMap<String, String> view(Store store) {
        TreeMap<String, String> view = new TreeMap<>();
        for (String name : store.documentCollections()) {
            DocumentStats stats = store.documents(name).stats();
            view.put(
                    name,
                    stats.documents() + " " + stats.deadDocuments() + " " + stats.pending() + " "
                            + stats.pendingDocuments() + " " + stats.segments() + " " + stats.generation());
        }
        return view;
    }

    private static TreeMap<String, String> view(JsonNode read) {
        TreeMap<String, String> view = new TreeMap<>();
        for (JsonNode each : read.get("documents")) {
            assertTrue(each.get("complete").asBoolean() && each.get("readable").asBoolean(), each.toString());
            view.put(
                    each.get("name").asText(),
                    each.get("documents").asText() + " " + each.get("dead").asText() + " "
                            + each.get("pending").asText() + " "
                            + each.get("pendingDocuments").asText() + " "
                            + each.get("segments").asText() + " "
                            + each.get("generation").asText());
        }
        return view;
    }

    private static void copy(Path from, Path to) throws IOException {
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

    @Test
    void collectionsAreCountedAlikeAndAllOfTheirFilesVerify() throws IOException {
        Path directory = path("store");
        Path killed = path("killed");
        TreeMap<String, String> expected;
        VerificationReport verified;
        try (Store store = open(directory)) {
            fill(store);
            expected = view(store);
            verified = store.verify(bytes -> {});
            copy(directory, killed);
        }
        assertEquals(3, expected.size(), expected.toString());
        assertTrue(verified.intact());
        for (JsonNode each : reader.json(List.of("documents", "--json"), List.of(directory, killed))) {
            assertEquals(expected, view(each));
        }
        JsonNode read =
                reader.json(List.of("verify", "--json"), List.of(killed)).getFirst();
        assertEquals("[]", read.get("findings").toString());
        // The report counts documents with the records of the log.
        assertTrue(read.get("documents").asLong() > 1000, read.toString());
        JsonNode list = reader.json(List.of("list", "--json"), List.of(killed)).getFirst();
        assertEquals(1, list.get("keyspaces").size());
        assertEquals(1, list.get("records").size());
    }

    private static TreeSet<String> files(List<Damage> damaged) {
        TreeSet<String> files = new TreeSet<>();
        damaged.forEach(each -> files.add(each.file()));
        return files;
    }

    private static TreeSet<String> files(JsonNode read) {
        TreeSet<String> files = new TreeSet<>();
        read.get("findings").forEach(each -> files.add(each.get("file").asText()));
        return files;
    }

    @Test
    void damageIsFoundInTheSameFiles() throws IOException {
        Path directory = path("store");
        try (Store store = open(directory)) {
            fill(store);
        }
        List<Path> names;
        try (Stream<Path> files = Files.list(directory.resolve("documents"))) {
            names = files.sorted().toList();
        }
        assertTrue(names.size() >= 5, names.toString());
        int found = 0;
        for (int seed = 0; seed < 24; seed++) {
            Random random = new Random(seed);
            Path file = names.get(random.nextInt(names.size()));
            byte[] bytes = Files.readAllBytes(file);
            byte[] damaged = bytes.clone();
            // More often at the end, where what is checked stands more densely.
            int at = random.nextBoolean()
                    ? random.nextInt(bytes.length)
                    : bytes.length - 1 - random.nextInt(300) % bytes.length;
            damaged[Math.max(0, at)] ^= (byte) (1 << random.nextInt(8));
            if (seed % 10 == 9) {
                Files.delete(file);
            } else {
                Files.write(file, seed % 10 == 8 ? java.util.Arrays.copyOf(bytes, at) : damaged);
            }
            JsonNode read =
                    reader.json(List.of("verify", "--json"), List.of(directory)).getFirst();
            TreeSet<String> engine;
            Path copy = path("copy-" + seed);
            copy(directory, copy);
            try (Store store = open(copy)) {
                engine = files(store.verify(read1 -> {}).damaged());
            }
            assertEquals(engine, files(read), "seed " + seed + ", " + file.getFileName() + " at " + at);
            found += engine.isEmpty() ? 0 : 1;
            Files.write(file, bytes);
        }
        assertTrue(found > 14, found + "");
    }

    @Test
    void aDamagedCommitRecordIsFound() throws IOException {
        Path directory = path("store");
        try (Store store = open(directory)) {
            fill(store);
        }
        byte[] key = new byte[] {2, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0};
        List<String> hit = new ArrayList<>();
        try (Stream<Path> files = Files.list(directory.resolve("log"))) {
            for (Path file : files.toList()) {
                byte[] bytes = Files.readAllBytes(file);
                for (int at = 0; at + 80 < bytes.length; at += 8) {
                    if (java.util.Arrays.equals(bytes, at, at + key.length, key, 0, key.length)) {
                        bytes[at + 25] ^= 1;
                        hit.add(file.getFileName() + " at " + at);
                    }
                }
                Files.write(file, bytes);
            }
        }
        assertFalse(hit.isEmpty());
        JsonNode read =
                reader.json(List.of("documents", "--json"), List.of(directory)).getFirst();
        int unreadable = 0;
        for (JsonNode each : read.get("documents")) {
            unreadable += each.get("readable").asBoolean() ? 0 : 1;
        }
        try (Store store = open(directory)) {
            int refused = 0;
            for (String name : store.documentCollections()) {
                try (var snapshot = store.documents(name).snapshot()) {
                    assertTrue(snapshot.count() >= 0);
                } catch (dev.ashlar.CorruptionException e) {
                    refused++;
                }
            }
            assertEquals(unreadable, refused);
            assertTrue(refused > 0, hit.toString());
        }
    }
}
