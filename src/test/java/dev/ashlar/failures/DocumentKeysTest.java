package dev.ashlar.failures;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.ashlar.AddResult;
import dev.ashlar.DocumentCollection;
import dev.ashlar.DocumentField;
import dev.ashlar.DocumentSchema;
import dev.ashlar.DocumentSnapshot;
import dev.ashlar.DocumentStatus;
import dev.ashlar.DuplicateKeyException;
import dev.ashlar.Durability;
import dev.ashlar.Keyspace;
import dev.ashlar.MergePolicy;
import dev.ashlar.PreparedCommit;
import dev.ashlar.Store;
import dev.ashlar.WriteBatch;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Primary keys are exact, whatever happens. */
class DocumentKeysTest extends DocumentFixture {
    private static final Map<String, String> NONE = Map.of();

    private static void refused(DocumentCollection documents, String key) {
        assertThrows(DuplicateKeyException.class, () -> documents.add(document(key, "again")));
        CompletionException later = assertThrows(CompletionException.class, () -> {
            try {
                documents
                        .addAsync(documents.document().set(document(key, "again")), Durability.APPENDED)
                        .join();
            } catch (DuplicateKeyException e) {
                throw new CompletionException(e);
            }
        });
        assertTrue(later.getCause() instanceof DuplicateKeyException, later.toString());
        AddResult one = documents
                .addAll(List.of(document(key, "again")), Durability.APPENDED)
                .getFirst();
        assertTrue(one.refusal() instanceof DuplicateKeyException, one.toString());
        assertEquals(Keyspace.NOT_WRITTEN, one.lsn());
    }

    @Test
    @DisplayName(
            "C12 the same key twice in one commit, across commits, builds and merges, after an abort and after a crash:"
                    + " taken while there is a document, free when there is none")
    void theSameKeyTwice() {
        Path place = directory.resolve("store");
        Path crashed;
        try (Store store = open()) {
            DocumentCollection documents = documents(store);
            documents.add(document("a", "1"));
            refused(documents, "a"); // in one commit
            documents.flush();
            refused(documents, "a"); // in a segment that is not published
            try (PreparedCommit prepared = documents.prepareCommit()) {
                refused(documents, "a"); // prepared
                prepared.commit();
            }
            refused(documents, "a"); // committed
            documents.add(document("b", "1"));
            documents.commit();
            documents.forceMerge(1);
            refused(documents, "a"); // merged
            documents.delete("a");
            documents.add(document("a", "2")); // deleted in the same commit
            refused(documents, "a");
            documents.commit();
            assertEquals(Map.of("a", "2", "b", "1"), committed(documents));
            documents.delete("a");
            documents.flush();
            assertEquals(DocumentStatus.DELETION_PENDING, documents.status("a"));
            try (PreparedCommit prepared = documents.prepareCommit()) {
                documents.add(document("a", "3"));
                prepared.abort(); // the deletion is dropped, and not what replaces it
            }
            documents.commit();
            assertEquals(Map.of("a", "3", "b", "1"), committed(documents));
            documents.add(document("c", "1"));
            documents.prepareCommit().abort();
            assertEquals(DocumentStatus.ABSENT, documents.status("c"));
            documents.add(document("c", "2")); // after an abort
            documents.commit(Durability.DURABLE);
            documents.add(documents.document().set(document("d", "1")), Durability.DURABLE);
            PreparedCommit prepared = documents.prepareCommit();
            crashed = crash(store, "crashed");
            prepared.release();
        }
        Map<String, String> committed = Map.of("a", "3", "b", "1", "c", "2");
        assertHolds(crashed, committed, Map.of("d", "1"));
        try (Store store = open(crashed)) {
            DocumentCollection documents = documents(store);
            for (String key : List.of("a", "b", "c", "d")) {
                refused(documents, key); // after a crash
            }
            documents.delete("d");
            documents.add(document("d", "2"));
            documents.commit();
            assertEquals(Map.of("a", "3", "b", "1", "c", "2", "d", "2"), committed(documents));
        }
        assertHolds(place, committed, Map.of("d", "1"));
    }

    @Test
    @DisplayName("C12 the same key twice in one batch, and in batches that become stale: never two documents, and no"
            + " acknowledged one lost")
    void theSameKeyInBatches() {
        Path place = directory.resolve("store");
        try (Store store = open();
                WriteBatch batch = store.batch();
                WriteBatch other = store.batch()) {
            DocumentCollection documents = documents(store);
            batch.add(documents, documents.document().set(document("a", "1")));
            assertThrows(
                    DuplicateKeyException.class,
                    () -> batch.add(documents, documents.document().set(document("a", "2"))));
            other.add(documents, documents.document().set(document("a", "3")));
            assertTrue(batch.commit() > 0);
            assertEquals(Keyspace.NOT_WRITTEN, other.commit(), "the key was taken meanwhile");
            batch.upsert(documents, documents.document().set(document("a", "4")));
            batch.upsert(documents, documents.document().set(document("a", "5")));
            batch.delete(documents, "a");
            batch.add(documents, documents.document().set(document("a", "6")));
            batch.delete(documents, "nothing");
            assertTrue(batch.commit() > 0);
            assertEquals(Map.of("a", "6"), pending(store));
            // Committed between being added to a batch and its commit: refused, and right again when tried anew.
            batch.add(documents, documents.document().set(document("b", "1")));
            documents.commit();
            assertEquals(Keyspace.NOT_WRITTEN, batch.commit());
            batch.add(documents, documents.document().set(document("b", "1")));
            assertTrue(batch.commit() > 0);
            batch.add(documents, documents.document().set(document("c", "1")));
            batch.clear();
            batch.add(documents, documents.document().set(document("c", "2")));
            assertTrue(batch.commit() > 0);
            documents.commit();
            assertEquals(Map.of("a", "6", "b", "1", "c", "2"), committed(documents));
        }
        assertHolds(place, Map.of("a", "6", "b", "1", "c", "2"), NONE);
    }

    @Test
    @DisplayName(
            "C12 ten threads add the same keys while others delete, commit, build and merge: each key is added once for"
                    + " each time that it is free")
    void theSameKeysFromTenThreads() throws Exception {
        Path place = directory.resolve("store");
        int keys = 400;
        Map<String, String> added = new ConcurrentHashMap<>();
        try (Store store = open()) {
            DocumentCollection documents =
                    store.documents("d", SCHEMA, OPTIONS.withMerging(MergePolicy.DEFAULT.perTier(3)));
            CountDownLatch go = new CountDownLatch(1);
            AtomicBoolean stop = new AtomicBoolean();
            AtomicInteger refused = new AtomicInteger();
            List<Worker> adders = new ArrayList<>();
            for (int t = 0; t < 10; t++) {
                int thread = t;
                adders.add(Worker.start("adds " + t, () -> {
                    go.await();
                    for (int i = 0; i < keys; i++) {
                        String key = "k" + (i * 7 + thread * 31) % keys;
                        String body = thread + " of " + key;
                        try {
                            if (thread % 3 == 0) {
                                documents
                                        .addAsync(documents.document().set(document(key, body)), Durability.APPENDED)
                                        .join();
                            } else if (thread % 3 == 1) {
                                var result = documents.addAll(List.of(document(key, body)), Durability.APPENDED);
                                if (!result.getFirst().isAdded()) {
                                    throw result.getFirst().refusal();
                                }
                            } else {
                                documents.add(document(key, body));
                            }
                            assertNull(added.put(key, body), () -> key + " was added twice");
                        } catch (DuplicateKeyException e) {
                            refused.incrementAndGet();
                        } catch (CompletionException e) {
                            assertTrue(e.getCause() instanceof DuplicateKeyException, e.toString());
                            refused.incrementAndGet();
                        }
                    }
                }));
            }
            Worker commits = Worker.start("commits", () -> {
                go.await();
                for (int i = 0; !stop.get(); i++) {
                    switch (i % 4) {
                        case 0 -> documents.flush();
                        case 3 -> documents.prepareCommit().release();
                        default -> documents.commit(Durability.APPENDED);
                    }
                }
            });
            go.countDown();
            for (Worker each : adders) {
                each.join(Duration.ofSeconds(60));
            }
            stop.set(true);
            commits.join(Duration.ofSeconds(60));
            assertEquals(keys, added.size());
            assertEquals(9 * keys, refused.get());
            documents.commit();
            documents.waitForMerges();
            assertEquals(new TreeMap<>(added), committed(documents));
        }
        assertHolds(place, new TreeMap<>(added), NONE);
    }

    @Test
    @DisplayName(
            "C12 a store that grows to a hundred times its first size, with replaced and deleted documents on the way:"
                    + " every key is found, no other is, and not slowly")
    void growing() {
        Path place = directory.resolve("store");
        TreeMap<String, String> model = new TreeMap<>();
        try (Store store = open()) {
            DocumentCollection documents = store.documents(
                    "d",
                    SCHEMA,
                    OPTIONS.withMerging(MergePolicy.DEFAULT.perTier(4).bytes(1 << 10, 1 << 30)));
            for (int size = 0, step = 200; size < 20_000; step *= 3) {
                int to = Math.min(20_000, size + step);
                List<Object> all = new ArrayList<>();
                for (int i = size; i < to; i++) {
                    all.add(document("k" + i, "body " + i));
                    model.put("k" + i, "body " + i);
                }
                documents.addAll(all, Durability.APPENDED);
                for (int i = 0; i < size; i += 97) {
                    if (model.remove("k" + i) != null) {
                        documents.delete("k" + i);
                    }
                    if (model.replace("k" + (i + 1), "new") != null) {
                        documents.upsert(document("k" + (i + 1), "new"));
                    }
                }
                documents.commit();
                size = to;
            }
            documents.waitForMerges();
            long[] took = new long[20];
            try (DocumentSnapshot snapshot = documents.snapshot()) {
                for (int i = 0; i < 20_000; i++) {
                    long start = System.nanoTime();
                    assertEquals(model.containsKey("k" + i), snapshot.find("k" + i) != null, "k" + i);
                    assertNull(snapshot.find("k" + (20_000 + i)));
                    assertEquals(
                            model.containsKey("k" + i) ? DocumentStatus.COMMITTED : DocumentStatus.ABSENT,
                            documents.status("k" + i));
                    took[i / 1_000] += System.nanoTime() - start;
                }
            }
            Arrays.sort(took);
            long each = took[took.length / 2] / 3_000; // of most: a pause now and then says nothing
            assertTrue(each < 100_000, () -> each + " ns for a lookup");
            assertEquals(model, committed(documents));
        }
        assertHolds(place, model, NONE);
    }

    @Test
    @DisplayName("C12 documents without a key have numbers that no other has, also behind many that were never written")
    void numbers() {
        DocumentSchema keyless =
                DocumentSchema.builder().field(DocumentField.i64("n")).build();
        Path place = directory.resolve("store");
        int waste = 5_000;
        try (Store store = open()) {
            DocumentCollection documents = store.documents("n", keyless);
            try (WriteBatch batch = store.batch()) {
                for (int i = 0; i < waste; i++) {
                    batch.add(documents, documents.document().set("n", -1));
                    batch.clear();
                }
            }
            documents.add(documents.document().set("n", 1), Durability.DURABLE);
        }
        try (Store store = open(place)) {
            DocumentCollection documents = store.documents("n", keyless);
            for (long i = 2; i <= waste + 100; i++) {
                documents.add(Map.of("n", i));
            }
            assertEquals(waste + 100, documents.stats().pending());
            documents.commit();
            assertEquals(waste + 100, documents.stats().documents());
        }
    }
}
