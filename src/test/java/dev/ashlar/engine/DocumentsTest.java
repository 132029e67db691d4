package dev.ashlar.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.ashlar.AddResult;
import dev.ashlar.Document;
import dev.ashlar.DocumentCollection;
import dev.ashlar.DocumentCursor;
import dev.ashlar.DocumentField;
import dev.ashlar.DocumentFilter;
import dev.ashlar.DocumentOptions;
import dev.ashlar.DocumentSchema;
import dev.ashlar.DocumentSnapshot;
import dev.ashlar.DocumentStatus;
import dev.ashlar.DuplicateKeyException;
import dev.ashlar.Durability;
import dev.ashlar.Keyspace;
import dev.ashlar.PreparedCommit;
import dev.ashlar.Snapshot;
import dev.ashlar.Store;
import dev.ashlar.WriteBatch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Documents from being added to being read, on a real disk. */
class DocumentsTest {
    static final DocumentSchema SCHEMA = DocumentSchema.builder()
            .field(DocumentField.keyword("id"))
            .field(DocumentField.text("body"))
            .field(DocumentField.i64("size"))
            .primaryKey("id")
            .build();

    @TempDir
    Path directory;

    private Store store;
    private DocumentCollection documents;

    @BeforeEach
    void open() {
        store = Store.open(directory);
        documents = store.documents("d", SCHEMA);
    }

    @AfterEach
    void close() {
        store.close();
    }

    private void reopen() {
        store.close();
        open();
    }

    private static Map<String, Object> document(String id, String body, long size) {
        return Map.of("id", id, "body", body, "size", size);
    }

    private List<String> files() throws IOException {
        Path at = directory.resolve("documents");
        if (!Files.exists(at)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(at)) {
            return files.map(each -> each.getFileName().toString()).sorted().toList();
        }
    }

    @Test
    @DisplayName(
            "What is added is pending until it is committed, also when the store is opened again; then everybody sees it")
    void addCommitRead() {
        for (int i = 0; i < 1_000; i++) {
            documents.add(document("k" + i, "body of " + i, i));
        }
        assertNull(documents.get("k7"));
        assertEquals(DocumentStatus.PENDING, documents.status("k7"));
        reopen();
        assertEquals(1_000, documents.stats().pending());
        assertNull(documents.get("k7"));
        assertTrue(documents.commit() > 0);
        for (int round = 0; round < 2; round++) {
            assertEquals(0, documents.stats().pending());
            assertEquals(1_000, documents.stats().documents());
            assertEquals(DocumentStatus.COMMITTED, documents.status("k7"));
            for (int i = 0; i < 1_000; i++) {
                Document found = documents.get("k" + i);
                assertNotNull(found);
                assertEquals(document("k" + i, "body of " + i, i), found.toMap());
            }
            assertNull(documents.get("k1000"));
            try (DocumentSnapshot snapshot = documents.snapshot();
                    DocumentCursor cursor = snapshot.cursor()) {
                for (int i = 0; i < 1_000; i++) {
                    assertTrue(cursor.next());
                    assertEquals(i, cursor.document().i64("size"));
                }
                assertFalse(cursor.next());
                assertEquals(10, snapshot.count(DocumentFilter.range("size", 100L, 109L)));
                assertEquals(
                        1_000,
                        snapshot.stream()
                                .parallel()
                                .map(each -> each.string("id"))
                                .distinct()
                                .count());
            }
            reopen();
        }
        assertEquals(Keyspace.NOT_WRITTEN, documents.commit());
    }

    @Test
    @DisplayName("The bytes that are pending are those of what was added, also after compaction has moved some of it")
    void pendingBytes() {
        Keyspace keys = store.keyspace("keys");
        long most = 0;
        for (int round = 0; round < 60; round++) {
            for (int i = 0; i < 20; i++) {
                int length = (round * 31 + i * 77) % 900;
                documents.add(document("k" + round + "-" + i, "\u00ff".repeat(length), -1L >>> i));
                most += 2L * length + 300;
                byte[] value = new byte[3_000];
                Arrays.fill(value, (byte) 0x3E);
                keys.put("key" + i, value, Durability.APPENDED);
            }
            if (round % 10 == 9) {
                store.compact();
            }
            long pending = documents.stats().pendingBytes();
            assertTrue(pending > 0 && pending <= most, pending + " bytes are pending of at most " + most);
        }
    }

    @Test
    @DisplayName("A key is taken while it is pending and when it is committed; deleting frees it; upsert replaces")
    void keys() throws IOException {
        documents.add(document("a", "1", 1));
        assertThrows(DuplicateKeyException.class, () -> documents.add(document("a", "2", 2)));
        documents.commit();
        assertThrows(DuplicateKeyException.class, () -> documents.add(document("a", "2", 2)));
        assertTrue(documents.upsert(document("a", "3", 3)) > 0);
        assertEquals(1, documents.get("a").i64("size"));
        documents.commit();
        assertEquals(3, documents.get("a").i64("size"));
        assertEquals(1, documents.stats().documents());
        assertTrue(documents.delete("a") > 0);
        assertEquals(Keyspace.NOT_WRITTEN, documents.delete("a"));
        assertEquals(Keyspace.NOT_WRITTEN, documents.delete("b"));
        assertEquals(DocumentStatus.DELETION_PENDING, documents.status("a"));
        documents.add(document("a", "4", 4));
        assertEquals(DocumentStatus.PENDING, documents.status("a"));
        documents.commit();
        assertEquals(4, documents.get("a").i64("size"));
        documents.delete("a");
        documents.commit();
        assertNull(documents.get("a"));
        assertEquals(0, documents.stats().documents());
        store.sync();
        reopen();
        assertNull(documents.get("a"));
        assertEquals(List.of(), files());
    }

    @Test
    @DisplayName("Of many documents those that are refused are refused alone")
    void addAll() {
        documents.add(document("k3", "there", 0));
        List<Object> all = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            all.add(document("k" + i, "b", i));
        }
        all.add(Map.of("id", "x", "nothing", 1));
        all.add(document("k5", "again", 5));
        List<AddResult> results = documents.addAll(all, Durability.DURABLE);
        for (int i = 0; i < 12; i++) {
            assertEquals(i != 3 && i < 10, results.get(i).isAdded(), "" + i);
        }
        documents.commit();
        assertEquals(10, documents.stats().documents());
    }

    @Test
    @DisplayName(
            "A prepared commit is invisible until it commits; aborting it drops its documents, frees their keys and removes its files")
    void twoPhases() throws IOException {
        documents.add(document("a", "1", 1));
        try (PreparedCommit prepared = documents.prepareCommit()) {
            assertEquals(1, prepared.documents());
            assertNull(documents.get("a"));
            documents.add(document("b", "2", 2));
            assertThrows(DuplicateKeyException.class, () -> documents.add(document("a", "2", 2)));
            assertThrows(IllegalStateException.class, documents::prepareCommit);
            assertTrue(prepared.commit() > 0);
            assertThrows(IllegalStateException.class, prepared::commit);
        }
        assertNotNull(documents.get("a"));
        assertNull(documents.get("b"));
        assertEquals(DocumentStatus.PENDING, documents.status("b"));
        List<String> before = files();
        try (PreparedCommit prepared = documents.prepareCommit()) {
            assertFalse(prepared.hasEnded());
            documents.add(document("c", "3", 3));
        }
        assertEquals(before, files());
        assertEquals(DocumentStatus.ABSENT, documents.status("b"));
        assertEquals(DocumentStatus.PENDING, documents.status("c"));
        documents.add(document("b", "again", 4));
        PreparedCommit prepared = documents.prepareCommit();
        prepared.release();
        assertEquals(2, documents.stats().pending());
        documents.prepareCommit();
        reopen();
        assertEquals(2, documents.stats().pending());
        documents.commit();
        assertEquals(3, documents.stats().documents());
    }

    @Test
    @DisplayName("Documents and keys are committed together in a batch, or not at all")
    void batches() {
        Keyspace keys = store.keyspace("k");
        documents.add(document("a", "1", 1));
        PreparedCommit prepared = documents.prepareCommit();
        try (WriteBatch batch = store.batch()) {
            batch.requireAbsent(keys, "x".getBytes())
                    .put(keys, "x", new byte[1])
                    .publish(prepared);
            keys.put("x", new byte[2]);
            assertEquals(Keyspace.NOT_WRITTEN, batch.commit());
            assertNull(documents.get("a"));
            keys.delete("x");
            try (Snapshot before = store.snapshot()) {
                batch.requireAbsent(keys, "x".getBytes())
                        .put(keys, "x", new byte[1])
                        .publish(prepared);
                batch.add(documents, documents.document().set(document("b", "2", 2)));
                assertTrue(batch.commit(Durability.DURABLE) > 0);
                assertTrue(prepared.hasEnded());
                assertEquals(0, before.documents("d").count());
                try (Snapshot after = store.snapshot()) {
                    assertEquals(1, after.documents("d").count());
                    assertNotNull(after.documents("d").get("a"));
                }
            }
        }
        assertNotNull(documents.get("a"));
        assertEquals(DocumentStatus.PENDING, documents.status("b"));
    }

    @Test
    @DisplayName("Many small commits are merged, and nothing is lost or there twice")
    void merges() throws IOException {
        for (int i = 0; i < 100; i++) {
            documents.add(document("k" + i, "b" + i, i));
            if (i % 3 == 0) {
                documents.upsert(document("k" + i / 2, "u" + i, -i));
            }
            documents.commit(Durability.APPENDED);
        }
        documents.waitForMerges();
        assertTrue(documents.stats().segments() < 20, "" + documents.stats());
        documents.forceMerge(1);
        assertEquals(1, documents.stats().segments());
        assertEquals(0, documents.stats().deadDocuments());
        for (int round = 0; round < 2; round++) {
            assertEquals(100, documents.stats().documents());
            for (int i = 0; i < 100; i++) {
                assertNotNull(documents.get("k" + i), "k" + i);
            }
            reopen();
        }
        assertEquals(1, files().size());
    }

    @Test
    @DisplayName("Segments are built while documents are added, from half of a worker's share on")
    void buildsWhileAdding() throws Exception {
        documents = store.documents("d", SCHEMA, DocumentOptions.DEFAULT.withMemory(2 << 20, 1));
        String body = "x".repeat(10_000);
        int added = 0;
        for (; documents.stats().pendingBytes() < (1 << 20) - 20_000; added++) {
            documents.add(document("k" + added, body, 1));
        }
        assertEquals(added, documents.stats().pending());
        documents.add(document("last", body, 1));
        documents.add(document("one more", body, 1));
        long end = System.nanoTime() + 60_000_000_000L;
        while (documents.stats().pending() > added / 2) {
            assertTrue(System.nanoTime() < end, "nothing is built: " + documents.stats());
            Thread.sleep(1);
        }
        assertEquals(added + 2, documents.stats().pendingDocuments());
        documents.commit();
        assertEquals(added + 2, documents.stats().documents());
    }

    @Test
    @DisplayName("What is built early is pending all the same: it can be committed, replaced, deleted and dropped")
    void earlyBuilds() throws IOException {
        documents.add(document("a", "1", 1));
        documents.add(document("b", "1", 1));
        documents.commit();
        documents.upsert(document("a", "2", 2));
        documents.add(document("c", "2", 2));
        documents.delete("b");
        documents.flush();
        for (int round = 0; round < 2; round++) {
            assertEquals(0, documents.stats().pending());
            assertEquals(2, documents.stats().pendingDocuments());
            assertEquals(1, documents.get("a").i64("size"));
            assertNotNull(documents.get("b"));
            assertEquals(DocumentStatus.DELETION_PENDING, documents.status("b"));
            assertEquals(DocumentStatus.PENDING, documents.status("c"));
            assertThrows(DuplicateKeyException.class, () -> documents.add(document("c", "3", 3)));
            reopen();
        }
        documents.delete("c");
        documents.upsert(document("a", "3", 3));
        documents.flush();
        documents.commit();
        assertEquals(3, documents.get("a").i64("size"));
        assertNull(documents.get("b"));
        assertNull(documents.get("c"));
        documents.add(document("b", "4", 4));
        documents.flush();
        documents.upsert(document("a", "4", 4));
        documents.discardPending();
        assertEquals(3, documents.get("a").i64("size"));
        assertEquals(DocumentStatus.ABSENT, documents.status("b"));
        reopen();
        assertEquals(1, documents.stats().documents());
        assertEquals(Keyspace.NOT_WRITTEN, documents.commit());
    }

    @Test
    @DisplayName(
            "Documents without a key are all kept, whatever was pending when the store was opened; in the order in which they came")
    void withoutKeys() {
        DocumentSchema schema =
                DocumentSchema.builder().field(DocumentField.i64("n")).build();
        for (int life = 0; life < 3; life++) {
            DocumentCollection plain = store.documents("plain", schema);
            for (int i = 0; i < 100; i++) {
                plain.add(plain.document().set("n", life * 100L + i));
            }
            assertEquals((life + 1) * 100, plain.stats().pending());
            reopen();
        }
        DocumentCollection plain = store.documents("plain");
        assertThrows(
                IllegalStateException.class, () -> plain.upsert(plain.document().set("n", 1)));
        assertThrows(IllegalStateException.class, () -> plain.delete("x"));
        plain.commit();
        try (DocumentSnapshot snapshot = plain.snapshot()) {
            assertEquals(
                    java.util.stream.LongStream.range(0, 300).boxed().toList(),
                    snapshot.stream().map(each -> each.i64("n")).toList());
        }
        assertTrue(store.dropDocuments("plain"));
        assertThrows(IllegalStateException.class, plain::commit);
        assertFalse(store.dropDocuments("plain"));
        assertEquals(List.of("d"), store.documentCollections());
    }

    @Test
    @DisplayName("Fields are added at the end; builders from before go on, and documents from before have none of them")
    void moreFields() {
        dev.ashlar.DocumentBuilder before =
                documents.document().set("id", "old").set("size", 1);
        documents.addFields(DocumentField.f64("price"));
        documents.add(before);
        documents.add(Map.of("id", "new", "price", 2.5));
        documents.commit();
        for (int round = 0; round < 2; round++) {
            assertFalse(documents.get("old").has("price"));
            assertEquals(2.5, documents.get("new").f64("price"));
            assertEquals(4, documents.schema().size());
            reopen(); // with the schema that it was created with
        }
        assertThrows(IllegalArgumentException.class, () -> documents.addFields(DocumentField.i64("price")));
        DocumentSchema other =
                DocumentSchema.builder().field(DocumentField.i64("id")).build();
        assertThrows(IllegalArgumentException.class, () -> store.documents("d", other));
    }

    @Test
    @DisplayName("A commit that is forgotten is aborted")
    void forgotten() throws InterruptedException {
        documents.add(document("a", "1", 1));
        documents.prepareCommit();
        long deadline = System.nanoTime() + 60_000_000_000L;
        while (documents.stats().commitPrepared()) {
            assertTrue(System.nanoTime() < deadline, "still " + documents.status("a"));
            System.gc();
            Thread.sleep(20);
        }
        assertEquals(DocumentStatus.ABSENT, documents.status("a"));
        documents.add(document("a", "2", 2));
        documents.commit();
        assertEquals(2, documents.get("a").i64("size"));
    }

    @Test
    @DisplayName("An example: a transaction of another database and a commit of documents succeed or fail together")
    void togetherWithSomethingElse() {
        try (Store other = Store.open(directory.resolve("other"))) {
            Keyspace accounts = other.keyspace("accounts");
            assertThrows(IllegalArgumentException.class, () -> transfer(other, accounts, -1));
            assertEquals(DocumentStatus.ABSENT, documents.status("receipt"));
            assertFalse(accounts.contains("balance"));
            transfer(other, accounts, 5);
            assertEquals(5, documents.get("receipt").i64("size"));
            assertTrue(accounts.contains("balance"));
        }
    }

    private void transfer(Store other, Keyspace accounts, long amount) {
        documents.upsert(document("receipt", "of a transfer", amount));
        try (PreparedCommit prepared = documents.prepareCommit(); // can fail, and then nothing has happened
                WriteBatch transaction = other.batch()) {
            if (amount < 0) {
                throw new IllegalArgumentException("the other database refuses");
            }
            transaction.put(accounts, "balance", new byte[(int) amount]).commit(Durability.DURABLE);
            prepared.commit(); // writes one record
        }
    }
}
