package dev.ashlar.engine;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.ashlar.AddResult;
import dev.ashlar.AshlarException;
import dev.ashlar.CorruptionException;
import dev.ashlar.DocumentCollection;
import dev.ashlar.DocumentField;
import dev.ashlar.DocumentOptions;
import dev.ashlar.DocumentSchema;
import dev.ashlar.DocumentSnapshot;
import dev.ashlar.DocumentStatus;
import dev.ashlar.DuplicateKeyException;
import dev.ashlar.Durability;
import dev.ashlar.Keyspace;
import dev.ashlar.MergePolicy;
import dev.ashlar.PreparedCommit;
import dev.ashlar.Store;
import dev.ashlar.StoreOptions;
import dev.ashlar.WriteBatch;
import dev.ashlar.WriteCallback;
import dev.ashlar.io.FaultyStorage;
import dev.ashlar.io.Storages;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What happens to document collections when two things happen at once, or one of them half. */
class DocumentsReviewTest {
    private static final DocumentSchema SCHEMA = DocumentsTest.SCHEMA;
    private static final DocumentOptions MERGED_ON_REQUEST =
            DocumentOptions.DEFAULT.withMerging(MergePolicy.DEFAULT.onRequest());

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

    private static CompletableFuture<Void> onThread(Runnable action) {
        return CompletableFuture.runAsync(
                action, job -> Thread.ofPlatform().daemon().start(job));
    }

    @Test
    @DisplayName(
            "A document added in place of one whose deletion is built already is the only one, also if the deletion is aborted")
    void addedAfterDeletionThatIsAborted() {
        documents.add(document("k", "old", 1));
        documents.commit();
        documents.delete("k");
        documents.flush();
        PreparedCommit prepared = documents.prepareCommit();
        documents.add(document("k", "new", 2));
        prepared.abort();
        assertEquals(1, documents.get("k").i64("size"));
        documents.commit();
        assertEquals(1, documents.stats().documents());
        assertEquals(2, documents.get("k").i64("size"));
    }

    @Test
    @DisplayName("Adding many does not mind that something is committed meanwhile")
    void addAllWhileCommitting() throws Exception {
        AtomicBoolean stop = new AtomicBoolean();
        CompletableFuture<Void> committing = onThread(() -> {
            while (!stop.get()) {
                documents.commit(Durability.APPENDED);
            }
        });
        int added = 0;
        try {
            for (int round = 0; round < 60; round++) {
                List<Object> all = new ArrayList<>();
                for (int i = 0; i < 500; i++, added++) {
                    all.add(document("k" + added, "b", added));
                }
                for (AddResult each : documents.addAll(all, Durability.APPENDED)) {
                    assertTrue(each.isAdded(), each.toString());
                }
            }
        } finally {
            stop.set(true);
            committing.get(60, TimeUnit.SECONDS);
        }
        documents.commit();
        assertEquals(added, documents.stats().documents());
    }

    @Test
    @DisplayName("Who commits while another one does waits for that, and is not told that a commit is prepared")
    void commitsAtOnce() throws Exception {
        store.close();
        // Each of the commits would wait for the device several times.
        store = TestEngines.open(directory, FaultyStorage.withoutDevice(directory), StoreOptions.DEFAULT);
        documents = store.documents("d", SCHEMA);
        List<CompletableFuture<Void>> threads = IntStream.range(0, 3)
                .mapToObj(t -> onThread(() -> {
                    for (int i = 0; i < 40; i++) {
                        documents.add(document(t + "-" + i, "b", i));
                        documents.commit(Durability.APPENDED);
                    }
                }))
                .toList();
        for (CompletableFuture<Void> each : threads) {
            each.get(120, TimeUnit.SECONDS);
        }
        assertEquals(120, documents.stats().documents());
    }

    @Test
    @DisplayName("A prepared commit with nothing in it goes with a batch that nobody waits for")
    void nothingPreparedInBatch() throws Exception {
        Keyspace keys = store.keyspace("k");
        PreparedCommit prepared = documents.prepareCommit();
        try (WriteBatch batch = store.batch()) {
            batch.put(keys, "a", new byte[1]).publish(prepared);
            assertTrue(batch.commitAsync(Durability.APPENDED).get(60, TimeUnit.SECONDS) > 0);
        }
        assertTrue(prepared.hasEnded());
        documents.add(document("a", "1", 1));
        documents.commit();
        assertEquals(1, documents.stats().documents());
    }

    @Test
    @DisplayName(
            "A commit in a batch that is on its way when the store is closed is there with its documents, or not at all")
    void closedWhileBatchIsOnItsWay() throws Exception {
        Keyspace keys = store.keyspace("k");
        documents.add(document("a", "1", 1));
        PreparedCommit prepared = documents.prepareCommit();
        CountDownLatch held = new CountDownLatch(1);
        CountDownLatch holds = new CountDownLatch(1);
        // The thread that appends is kept busy in a callback, so that what follows stays in the ring.
        keys.put(
                "y".getBytes(),
                new byte[1],
                Durability.APPENDED,
                new WriteCallback() {
                    @Override
                    public void completed(long tag, long lsn) {
                        holds.countDown();
                        try {
                            held.await();
                        } catch (InterruptedException e) {
                            Thread.currentThread().interrupt();
                        }
                    }

                    @Override
                    public void failed(long tag, AshlarException failure) {
                        holds.countDown();
                    }
                },
                1);
        assertTrue(holds.await(60, TimeUnit.SECONDS));
        try (WriteBatch batch = store.batch()) {
            batch.put(keys, "z", new byte[1]).publish(prepared);
            CompletableFuture<Long> going = batch.commitAsync(Durability.APPENDED);
            CompletableFuture<Void> closing = onThread(store::close);
            Thread.sleep(300);
            held.countDown();
            closing.get(60, TimeUnit.SECONDS);
            going.exceptionally(e -> 0L).get(60, TimeUnit.SECONDS);
        }
        open();
        boolean there = store.keyspace("k").get("z".getBytes()) != null;
        assertEquals(there ? 1 : 0, documents.stats().documents());
        assertEquals(there ? DocumentStatus.COMMITTED : DocumentStatus.PENDING, documents.status("a"));
    }

    @Test
    @DisplayName("Closing a commit that a batch has ends it when the batch comes to nothing")
    void closedInBatch() {
        Keyspace keys = store.keyspace("k");
        documents.add(document("a", "1", 1));
        try (WriteBatch batch = store.batch();
                PreparedCommit prepared = documents.prepareCommit()) {
            batch.put(keys, "x", new byte[1]).publish(prepared);
        }
        documents.add(document("b", "2", 2));
        documents.commit();
        assertNotNull(documents.get("b"));
    }

    @Test
    @DisplayName("A batch that is refused gives back a commit that was closed meanwhile")
    void closedInBatchThatIsRefused() throws Exception {
        Keyspace keys = store.keyspace("k");
        keys.put("x", new byte[1]);
        documents.add(document("a", "1", 1));
        try (WriteBatch batch = store.batch();
                PreparedCommit prepared = documents.prepareCommit()) {
            batch.requireAbsent(keys, "x".getBytes())
                    .put(keys, "y", new byte[1])
                    .publish(prepared);
            assertEquals(
                    Keyspace.NOT_WRITTEN, batch.commitAsync(Durability.APPENDED).get(60, TimeUnit.SECONDS));
        }
        documents.commit();
    }

    @Test
    @DisplayName("Operations on documents in a batch see those before them in the batch")
    void batchSeesItself() {
        documents.add(document("c", "0", 0));
        documents.commit();
        try (WriteBatch batch = store.batch()) {
            batch.add(documents, documents.document().set(document("a", "1", 1)));
            assertThrows(
                    DuplicateKeyException.class,
                    () -> batch.add(documents, documents.document().set(document("a", "2", 2))));
            batch.delete(documents, "a");
            batch.upsert(documents, documents.document().set(document("b", "3", 3)));
            assertThrows(
                    DuplicateKeyException.class,
                    () -> batch.add(documents, documents.document().set(document("b", "2", 2))));
            batch.delete(documents, "c");
            batch.add(documents, documents.document().set(document("c", "4", 4)));
            assertTrue(batch.commit() > 0);
            // What was committed with one batch is nothing to the next one.
            batch.delete(documents, "b");
            batch.commit();
        }
        documents.commit();
        assertNull(documents.get("a"));
        assertNull(documents.get("b"));
        assertEquals(4, documents.get("c").i64("size"));
        assertEquals(1, documents.stats().documents());
    }

    @Test
    @DisplayName("The least memory for the largest blocks is enough")
    void leastMemoryLargestBlocks() {
        documents = store.documents(
                "d",
                SCHEMA,
                DocumentOptions.DEFAULT
                        .withBlockBytes(DocumentOptions.MAX_BLOCK_BYTES)
                        .withMemory(1 << 20, 1)
                        .withCommitTimeout(Duration.ofSeconds(60)));
        for (int i = 0; i < 10; i++) {
            documents.add(document("k" + i, "b", i));
        }
        documents.commit();
        assertEquals(10, documents.stats().documents());
    }

    @Test
    @DisplayName("A prepared commit counts what was built early too")
    void countsOfPrepared() {
        for (int i = 0; i < 10; i++) {
            documents.add(document("k" + i, "b", i));
        }
        documents.commit();
        documents.delete("k1");
        documents.upsert(document("k2", "u", 2));
        documents.add(document("n1", "n", 1));
        documents.add(document("n2", "n", 1));
        documents.flush();
        documents.delete("k3");
        documents.delete("n1");
        documents.add(document("n3", "n", 1));
        try (PreparedCommit prepared = documents.prepareCommit()) {
            assertEquals(3, prepared.documents()); // k2, n2, n3
            assertEquals(3, prepared.removals()); // k1, k2, k3
            prepared.commit();
        }
        assertEquals(10, documents.stats().documents());
    }

    @Test
    @DisplayName("The files of a collection go soon after it was dropped, although nothing else is written")
    void filesOfDropped() throws Exception {
        documents.add(document("a", "1", 1));
        documents.commit();
        assertEquals(1, files().size());
        assertTrue(store.dropDocuments("d"));
        long end = System.nanoTime() + 60_000_000_000L;
        while (!files().isEmpty() && System.nanoTime() < end) {
            Thread.sleep(20);
        }
        assertEquals(List.of(), files());
    }

    @Test
    @DisplayName("Merging on request does not wait for a commit that is prepared, which who waits perhaps has himself")
    void forcedWhilePrepared() {
        documents = store.documents("d", SCHEMA, MERGED_ON_REQUEST);
        for (int i = 0; i < 3; i++) {
            documents.add(document("k" + i, "b", i));
            documents.commit();
        }
        documents.add(document("a", "1", 1));
        PreparedCommit prepared = documents.prepareCommit();
        assertTimeoutPreemptively(
                Duration.ofSeconds(60), () -> assertThrows(IllegalStateException.class, () -> documents.forceMerge(1)));
        prepared.commit();
        documents.forceMerge(1);
        assertEquals(1, documents.stats().segments());
    }

    @Test
    @DisplayName("A stream that is left early keeps no block in the cache")
    void streamsLeftEarly() {
        documents =
                store.documents("d", SCHEMA, DocumentOptions.DEFAULT.withCacheBytes(DocumentOptions.MIN_CACHE_BYTES));
        for (int i = 0; i < 200; i++) {
            documents.add(document("k" + i, "x".repeat(10_000) + i, i));
        }
        documents.commit();
        try (DocumentSnapshot snapshot = documents.snapshot()) {
            for (int i = 0; i < 200; i++) {
                long wanted = i;
                assertTrue(snapshot.stream().anyMatch(each -> each.i64("size") == wanted));
            }
        }
        DocumentSpace space = ((DocumentHandle) documents).documents();
        assertEquals(0, space.cache().stats().outsideBytes());
        assertTrue(space.cache().stats().bytes() <= DocumentOptions.MIN_CACHE_BYTES);
    }

    @Test
    @DisplayName("Documents without keys get numbers that no pending one has, however many were given and not used")
    void numbersAfterReopening() {
        DocumentSchema keyless =
                DocumentSchema.builder().field(DocumentField.i64("n")).build();
        DocumentCollection numbered = store.documents("n", keyless);
        try (WriteBatch batch = store.batch()) {
            for (int i = 0; i < 20_000; i++) {
                batch.add(numbered, numbered.document().set(Map.of("n", (long) i)));
                if (i % 1_000 == 999) {
                    batch.clear();
                }
            }
        }
        numbered.add(Map.of("n", -1L));
        reopen();
        numbered = store.documents("n", keyless);
        List<Object> all = new ArrayList<>();
        for (int i = 0; i < 25_000; i++) {
            all.add(Map.of("n", (long) i));
        }
        numbered.addAll(all, Durability.APPENDED);
        numbered.commit();
        assertEquals(25_001, numbered.stats().documents());
    }

    @Test
    @DisplayName("Patience can be as long as a duration can be")
    void longPatience() {
        documents.add(document("a", "1", 1));
        assertDoesNotThrow(
                () -> documents.prepareCommit(ChronoUnit.FOREVER.getDuration()).commit());
        assertTrue(documents.tryAdd(
                        documents.document().set(document("b", "1", 1)),
                        ChronoUnit.FOREVER.getDuration(),
                        Durability.APPENDED)
                > 0);
    }

    @Test
    @DisplayName("Without threads too, a commit can go with a batch that nobody waits for, and merges follow")
    void withoutThreads() throws Exception {
        store.close();
        store = TestEngines.inline(directory, Storages.open(directory, true), StoreOptions.DEFAULT, -1L);
        documents = store.documents("d", SCHEMA, DocumentOptions.DEFAULT.withMerging(MergePolicy.DEFAULT.perTier(2)));
        for (int i = 0; i < 9; i++) {
            documents.add(document("k" + i, "b", i));
            PreparedCommit prepared = documents.prepareCommit();
            try (WriteBatch batch = store.batch()) {
                batch.publish(prepared);
                CompletableFuture<Long> told = new CompletableFuture<>();
                batch.commit(
                        i % 2 == 0 ? Durability.DURABLE : Durability.APPENDED,
                        new WriteCallback() {
                            @Override
                            public void completed(long tag, long lsn) {
                                told.complete(lsn);
                            }

                            @Override
                            public void failed(long tag, AshlarException failure) {
                                told.completeExceptionally(failure);
                            }
                        },
                        i);
                assertTrue(told.get(60, TimeUnit.SECONDS) > 0);
            }
            assertTrue(prepared.hasEnded());
        }
        documents.waitForMerges();
        assertEquals(9, documents.stats().documents());
        assertTrue(documents.stats().segments() < 3, documents.stats().toString());
    }

    @Test
    @DisplayName("A closed store keeps no memory for blocks")
    void memoryOfCache() {
        documents.add(document("a", "1", 1));
        documents.commit();
        assertNotNull(documents.get("a"));
        DocumentSpace space = ((DocumentHandle) documents).documents();
        assertTrue(space.cache().stats().bytes() > 0);
        store.close();
        assertEquals(0, space.cache().stats().bytes());
        assertFalse(space.cache().stats().bytes() > 0);
    }

    @Test
    @DisplayName("Where the definition of a collection is lost its files stay, however often the store is opened")
    void definitionLost() throws IOException {
        DocumentCollection other = store.documents("verdigris", SCHEMA);
        other.add(document("a", "1", 1));
        other.commit();
        store.sync();
        Path copy = directory.resolve("copy");
        copy(directory, copy);
        try (Stream<Path> chunks = Files.list(copy.resolve("log"))) {
            for (Path chunk : chunks.toList()) {
                byte[] bytes = Files.readAllBytes(chunk);
                String text = new String(bytes, StandardCharsets.ISO_8859_1);
                for (int at = text.indexOf("verdigris"); at >= 0; at = text.indexOf("verdigris", at + 1)) {
                    bytes[at] ^= 1;
                }
                Files.write(chunk, bytes);
            }
        }
        for (int i = 0; i < 2; i++) {
            try (Store damaged = Store.open(copy)) {
                assertFalse(damaged.documentCollections().contains("verdigris"));
                assertTrue(Files.exists(copy.resolve("documents/0000000000000001.seg")));
                damaged.keyspace("more").put("x", new byte[1]);
            }
        }
        assertTrue(Files.exists(copy.resolve("documents/0000000000000001.seg")));
    }

    private static void copy(Path from, Path to) throws IOException {
        Files.createDirectories(to);
        try (Stream<Path> all = Files.walk(from)) {
            for (Path each : all.filter(path -> !path.startsWith(to)).toList()) {
                Path target = to.resolve(from.relativize(each));
                if (Files.isDirectory(each)) {
                    Files.createDirectories(target);
                } else {
                    Files.copy(each, target);
                }
            }
        }
    }

    @Test
    @DisplayName("A damaged segment is not merged again and again, and others are")
    void damagedSegment() throws Exception {
        documents = store.documents("d", SCHEMA, MERGED_ON_REQUEST);
        documents.add(document("damaged", "x".repeat(3_000), 0));
        documents.commit();
        Path segment = directory.resolve("documents/0000000000000001.seg");
        byte[] bytes = Files.readAllBytes(segment);
        try (var channel = Files.newByteChannel(segment, java.nio.file.StandardOpenOption.WRITE)) {
            channel.position(DocumentsReviewTest.firstBlock(bytes));
            channel.write(ByteBuffer.wrap(new byte[] {-1, -1, -1, -1, -1, -1, -1, -1}));
        }
        for (int i = 0; i < 3; i++) {
            documents.add(document("k" + i, "b", i));
            documents.commit();
        }
        documents = store.documents("d", SCHEMA, DocumentOptions.DEFAULT.withMerging(MergePolicy.DEFAULT.perTier(2)));
        assertThrows(CorruptionException.class, () -> documents.waitForMerges());
        documents.waitForMerges();
        assertEquals(2, documents.stats().segments());
        assertEquals(2, documents.get("k2").i64("size"));
        assertThrows(CorruptionException.class, () -> documents.forceMerge(1));
        assertThrows(CorruptionException.class, () -> documents.get("damaged"));
    }

    /** Blocks begin on the first page behind the header. */
    private static int firstBlock(byte[] segment) {
        int at = 64;
        while (segment[at] == 0) {
            at++;
        }
        return at;
    }
}
