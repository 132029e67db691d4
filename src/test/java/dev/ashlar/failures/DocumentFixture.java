package dev.ashlar.failures;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.ashlar.Document;
import dev.ashlar.DocumentCollection;
import dev.ashlar.DocumentCursor;
import dev.ashlar.DocumentField;
import dev.ashlar.DocumentOptions;
import dev.ashlar.DocumentSchema;
import dev.ashlar.DocumentSnapshot;
import dev.ashlar.MergePolicy;
import dev.ashlar.StorageException;
import dev.ashlar.Store;
import dev.ashlar.engine.PendingDocuments;
import dev.ashlar.engine.TestEngines;
import dev.ashlar.io.FaultyStorage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/** A store with a document collection, on a disk that can fail; and how to compare it with maps from keys to texts. */
abstract class DocumentFixture extends FailureFixture {
    static final DocumentSchema SCHEMA = DocumentSchema.builder()
            .field(DocumentField.keyword("id"))
            .field(DocumentField.text("body"))
            .primaryKey("id")
            .build();

    /** Small blocks, two workers, and merging only when asked. */
    static final DocumentOptions OPTIONS = DocumentOptions.DEFAULT
            .withBlockBytes(DocumentOptions.MIN_BLOCK_BYTES)
            .withDictionaries(false)
            .withMemory(2 << 20, 2)
            .withCacheBytes(1 << 20)
            .withMerging(MergePolicy.DEFAULT.onRequest())
            .withCommitTimeout(Duration.ofSeconds(60));

    /** Behind the body of a document, for a deletion that is pending. */
    static final String DELETED = "(deleted)";

    private static final int ENOSPC = 28;

    FaultyStorage storage;

    Store open(Path place) {
        storage = FaultyStorage.withoutDevice(place);
        return TestEngines.open(place, storage, SMALL.withCheckpointBytes(1 << 20));
    }

    Store open() {
        return open(directory.resolve("store"));
    }

    static DocumentCollection documents(Store store) {
        return store.documents("d", SCHEMA, OPTIONS);
    }

    static Map<String, Object> document(String id, String body) {
        return Map.of("id", id, "body", body);
    }

    /** A body that no other has, of about so many letters, which does not compress well. */
    static String body(int length, long seed) {
        StringBuilder body = new StringBuilder("body of " + seed + ' ');
        byte[] random = random(length, seed);
        for (byte each : random) {
            body.append((char) ('a' + (each & 15)));
        }
        return body.toString();
    }

    /** Adds documents with these numbers. */
    static Map<String, String> add(DocumentCollection documents, int from, int to, int length) {
        Map<String, String> added = new TreeMap<>();
        for (int i = from; i < to; i++) {
            String body = body(length, i);
            documents.add(document("k" + i, body));
            added.put("k" + i, body);
        }
        return added;
    }

    static TreeMap<String, String> committed(DocumentSnapshot snapshot) {
        TreeMap<String, String> found = new TreeMap<>();
        try (DocumentCursor cursor = snapshot.cursor()) {
            while (cursor.next()) {
                String id = cursor.document().string("id");
                assertNull(found.put(id, cursor.document().string("body")), () -> id + " is there twice");
            }
        }
        assertEquals(snapshot.count(), found.size());
        return found;
    }

    /** All that is committed, read in three ways. */
    static TreeMap<String, String> committed(DocumentCollection documents) {
        try (DocumentSnapshot snapshot = documents.snapshot()) {
            TreeMap<String, String> found = committed(snapshot);
            found.forEach((id, body) -> {
                Document one = snapshot.get(id);
                assertTrue(one != null && one.string("body").equals(body), () -> "get differs from a cursor: " + id);
            });
            assertEquals(
                    found.size(),
                    snapshot.stream()
                            .filter(each -> found.containsKey(each.string("id")))
                            .count());
            return found;
        }
    }

    static TreeMap<String, String> pending(Store store) {
        TreeMap<String, String> found = new TreeMap<>();
        PendingDocuments.of(store, "d")
                .forEach((id, document) ->
                        found.put(id, document.map(each -> each.string("body")).orElse(DELETED)));
        return found;
    }

    static List<String> files(Path store) {
        Path at = store.resolve("documents");
        if (!Files.exists(at)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(at)) {
            return files.map(each -> each.getFileName().toString()).sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static long bytes(Path store) {
        return files(store).stream()
                .mapToLong(name ->
                        store.resolve("documents").resolve(name).toFile().length())
                .sum();
    }

    /** What is committed and what is pending, now and after the store was opened again, and no file too many. */
    void assertHolds(Path place, Map<String, String> committed, Map<String, String> pending) {
        try (Store store = open(place)) {
            assertTrue(
                    store.recovery().damaged().isEmpty(), () -> store.recovery().toString());
            assertEquals(committed, committed(documents(store)));
            assertEquals(pending, pending(store));
            assertEquals(
                    List.copyOf(PendingDocuments.filesNamed(store)),
                    files(place).stream().map(name -> "documents/" + name).toList());
        }
    }

    static StorageException noSpace(String file) {
        return new StorageException("pwrite", file, ENOSPC, "as the test wants it");
    }
}
