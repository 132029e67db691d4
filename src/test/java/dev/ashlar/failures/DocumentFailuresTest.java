package dev.ashlar.failures;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.ashlar.AddResult;
import dev.ashlar.AshlarException;
import dev.ashlar.Document;
import dev.ashlar.DocumentBuilder;
import dev.ashlar.DocumentCollection;
import dev.ashlar.DocumentCursor;
import dev.ashlar.DocumentField;
import dev.ashlar.DocumentOptions;
import dev.ashlar.DocumentSchema;
import dev.ashlar.DocumentSnapshot;
import dev.ashlar.DocumentStatus;
import dev.ashlar.Durability;
import dev.ashlar.InvalidDocumentException;
import dev.ashlar.Keyspace;
import dev.ashlar.PreparedCommit;
import dev.ashlar.StorageException;
import dev.ashlar.Store;
import dev.ashlar.StoreFailedException;
import dev.ashlar.WriteTimeoutException;
import dev.ashlar.engine.PendingDocuments;
import dev.ashlar.engine.TestEngines;
import dev.ashlar.io.FaultyStorage;
import dev.ashlar.io.FaultyStorage.Operation;
import dev.ashlar.io.Storage;
import dev.ashlar.io.Storages;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntFunction;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What document collections have to survive while documents are added and committed, on real files. */
class DocumentFailuresTest extends DocumentFixture {
    private static final Map<String, String> NONE = Map.of();

    // -------------------------------------------------------------------------------------------- builds that fail

    /** Every block of a commit fails once: nothing is lost or published, and the next commit has all of it. */
    private void eachBlockFails(IntFunction<Throwable> failure) {
        int failed = 0;
        for (int k = 1; ; k++) {
            Path place = directory.resolve("store" + k);
            int block = k;
            AtomicBoolean hit = new AtomicBoolean();
            Map<String, String> first;
            Map<String, String> all;
            try (Store store = open(place)) {
                DocumentCollection documents = documents(store);
                first = add(documents, 0, 10, 300);
                documents.commit();
                Map<String, String> more = add(documents, 10, 60, 700);
                List<String> before = files(place);
                Compressors.before(store, number -> {
                    if (number == block) {
                        hit.set(true);
                        sneak(failure.apply(number));
                    }
                });
                AshlarException thrown = null;
                try {
                    documents.commit();
                } catch (AshlarException e) {
                    thrown = e;
                }
                Compressors.restore(store);
                all = new TreeMap<>(first);
                all.putAll(more);
                assertEquals(hit.get(), thrown != null);
                if (hit.get()) {
                    failed++;
                    assertTrue(thrown.getMessage().contains("as the test wants it"), thrown.getMessage());
                    assertEquals(first, committed(documents));
                    assertEquals(more, pending(store));
                    assertEquals(before, files(place));
                    all.putAll(add(documents, 60, 65, 700));
                    documents.commit();
                }
                assertEquals(all, committed(documents));
            }
            assertHolds(place, all, NONE);
            if (!hit.get()) {
                break;
            }
        }
        assertTrue(failed > 5, failed + " blocks");
    }

    @SuppressWarnings("unchecked")
    private static <T extends Throwable> void sneak(Throwable failure) throws T {
        throw (T) failure;
    }

    @Test
    @DisplayName("C1 a compressor that fails on block k: the build fails, nothing is published, and no document shifts")
    void aCompressorThatFails() {
        eachBlockFails(block -> new IllegalStateException("as the test wants it, block " + block));
    }

    @Test
    @DisplayName(
            "C3 a worker that dies of an Error: the commit fails as a whole, nothing is lost, and a retry succeeds")
    void aWorkerThatDies() {
        eachBlockFails(block -> new OutOfMemoryError("as the test wants it, block " + block));
    }

    @Test
    @DisplayName(
            "C2 the disk is full for one worker of two: the commit fails, all is pending, its files are gone, and a"
                    + " retry succeeds")
    void theDiskIsFullForOneWorker() {
        Path place = directory.resolve("store");
        Map<String, String> all;
        try (Store store = open()) {
            DocumentCollection documents = documents(store);
            all = new TreeMap<>();
            // While a commit is prepared nothing is built early, so what waits is more than one worker takes.
            PreparedCommit nothing = documents.prepareCommit();
            for (int k = 0; k < 26; k++) {
                documents.add(document("k" + k, body(45_000, k)));
                all.put("k" + k, body(45_000, k));
            }
            nothing.release();
            Set<String> full = new LinkedHashSet<>();
            storage.hook(call -> {
                if (call.file().endsWith(".seg") && call.operation() == Operation.WRITE) {
                    synchronized (full) {
                        full.add(call.file());
                        if (!call.file().equals(full.iterator().next())) { // whoever comes second
                            throw noSpace(call.file());
                        }
                    }
                }
            });
            assertEquals(
                    28, assertThrows(StorageException.class, documents::commit).errno());
            assertTrue(full.size() > 1, "one segment is enough for all");
            assertEquals(NONE, committed(documents));
            assertEquals(all, pending(store));
            storage.hook(call -> {});
            documents.commit();
            assertEquals(all, committed(documents));
        }
        assertHolds(place, all, NONE);
    }

    @Test
    @DisplayName("C4 one invalid document among 10,000: only that one is refused, and its key is free at once")
    void oneInvalidDocument() {
        try (Store store = open()) {
            DocumentCollection documents = documents(store);
            List<Map<String, Object>> all = new ArrayList<>();
            for (int i = 0; i < 10_000; i++) {
                all.add(i == 4_711 ? Map.of("id", "k4711", "body", 5L) : Map.of("id", "k" + i, "body", "body of " + i));
            }
            List<AddResult> results = documents.addAll(all, Durability.APPENDED);
            for (int i = 0; i < 10_000; i++) {
                assertEquals(i != 4_711, results.get(i).isAdded(), "document " + i);
            }
            assertInstanceOf(InvalidDocumentException.class, results.get(4_711).refusal());
            assertEquals(DocumentStatus.ABSENT, documents.status("k4711"));
            assertThrows(InvalidDocumentException.class, () -> documents.add(Map.of("body", "without a key")));
            assertThrows(InvalidDocumentException.class, () -> documents.add(Map.of("id", "x", "nothing", 1)));
            documents.add(document("k4711", "body of 4711"));
            documents.commit();
            TreeMap<String, String> found = committed(documents);
            assertEquals(10_000, found.size());
            found.forEach((id, body) -> assertEquals("body of " + id.substring(1), body));
        }
    }

    // ------------------------------------------------------------------------------------------ steps that fail

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @DisplayName("C5 a commit fails at each write, fsync, directory fsync and creation in turn: it can be tried again"
            + " without loss, and nothing of it is published by what comes in between")
    void aCommitFailsAtEachStep(boolean prepared) {
        Set<Operation> operations = EnumSet.of(
                Operation.CREATE,
                Operation.ALLOCATE,
                Operation.WRITE,
                Operation.SYNC,
                Operation.SYNC_DIRECTORY,
                Operation.RENAME);
        int n = 1;
        boolean fired = true;
        for (; fired; n++) {
            Path place = directory.resolve("store" + n);
            Store store = open(place);
            try {
                DocumentCollection documents = documents(store);
                Map<String, String> expected = new TreeMap<>(add(documents, 0, 6, 100));
                documents.commit();
                documents.upsert(document("k1", "replaced"));
                documents.delete("k2");
                Map<String, String> committed = new TreeMap<>(expected);
                expected.putAll(add(documents, 6, 20, 400));
                expected.put("k1", "replaced");
                expected.remove("k2");
                PreparedCommit second = prepared ? documents.prepareCommit() : null;
                storage.failAt(operations, n, FaultyStorage.Kind.EIO, FaultyStorage.Extent.HALF);
                boolean refused = false;
                try {
                    long ignored = second == null ? documents.commit() : second.commit();
                } catch (AshlarException e) {
                    refused = true;
                    assertTrue(storage.fired() > 0, () -> "failed by itself: " + e);
                }
                fired = storage.fired() > 0;
                String what = "operation " + n + ", " + storage.firstFailure();
                storage.heal();
                settle(store);
                if (isFailed(store)) {
                    store.close();
                    store = open(place);
                    documents = documents(store);
                    second = null;
                    TreeMap<String, String> found = committed(documents);
                    assertTrue(found.equals(committed) || found.equals(expected), what + ": half of it is there");
                    refused = found.equals(committed);
                }
                if (refused) {
                    assertEquals(committed, committed(documents), what);
                    // Others publish theirs.
                    DocumentCollection others = store.documents("o", SCHEMA, OPTIONS);
                    others.add(document("x", "1"));
                    others.commit();
                    store.keyspace("k").put("key", new byte[1], Durability.DURABLE);
                    store.checkpoint();
                    assertEquals(committed, committed(documents), what);
                    if (second == null) {
                        documents.flush();
                        assertEquals(committed, committed(documents), what);
                        documents.commit();
                    } else {
                        second.commit();
                    }
                }
                assertEquals(expected, committed(documents), what);
                assertEquals(NONE, pending(store), what);
                store.close();
                assertHolds(place, expected, NONE);
            } finally {
                store.close();
            }
        }
        assertTrue(n > (prepared ? 2 : 8), n + " operations");
    }

    /** What was failing in the background has failed. */
    private static void settle(Store store) {
        try {
            store.sync();
        } catch (AshlarException e) {
            // That is looked at next.
        }
    }

    private static boolean isFailed(Store store) {
        try {
            store.batch().close();
            return false;
        } catch (StoreFailedException e) {
            return true;
        }
    }

    // ----------------------------------------------------------------------------------------------- two phases

    @Test
    @DisplayName(
            "C6 a prepared commit that is aborted, closed, or forgotten: the directory is as before, the keys are free,"
                    + " and adding goes on")
    void preparedAndNotCommitted() {
        Path place = directory.resolve("store");
        Map<String, String> committed;
        try (Store store = open()) {
            DocumentCollection documents = documents(store);
            committed = add(documents, 0, 5, 100);
            documents.commit();
            List<String> before = files(place);
            for (String how : List.of("abort", "close", "forget")) {
                documents.add(document("x", how));
                documents.upsert(document("k1", how));
                documents.delete("k2");
                switch (how) {
                    case "abort" -> {
                        PreparedCommit prepared = documents.prepareCommit();
                        assertEquals(2, prepared.documents());
                        assertEquals(2, prepared.removals());
                        documents.add(document("y", how));
                        prepared.abort();
                        assertTrue(prepared.hasEnded());
                        prepared.abort();
                        prepared.close();
                        assertThrows(IllegalStateException.class, prepared::commit);
                    }
                    case "close" -> {
                        try (PreparedCommit prepared = documents.prepareCommit()) {
                            documents.add(document("y", how));
                            assertFalse(prepared.hasEnded());
                        }
                    }
                    default -> {
                        forget(documents);
                        documents.add(document("y", how));
                        eventually(
                                Duration.ofSeconds(60),
                                () -> {
                                    System.gc();
                                    return !documents.stats().commitPrepared();
                                },
                                "a commit that was forgotten is aborted");
                    }
                }
                assertEquals(before, files(place), how);
                assertEquals(DocumentStatus.ABSENT, documents.status("x"), how);
                assertEquals(DocumentStatus.COMMITTED, documents.status("k1"), how);
                assertEquals(DocumentStatus.COMMITTED, documents.status("k2"), how);
                assertEquals(Map.of("y", how), pending(store), how);
                assertEquals(committed, committed(documents));
                documents.discardPending();
            }
        }
        assertHolds(place, committed, NONE);
    }

    private static void forget(DocumentCollection documents) {
        assertNotNull(documents.prepareCommit());
    }

    @Test
    @DisplayName("C7 a slow worker: prepare waits or times out cleanly, and what the worker comes to late counts for"
            + " nothing")
    void aSlowWorker() throws Exception {
        Path place = directory.resolve("store");
        Map<String, String> all;
        try (Store store = open()) {
            DocumentCollection documents = documents(store);
            all = add(documents, 0, 20, 500);
            CountDownLatch slow = new CountDownLatch(1);
            CountDownLatch begun = new CountDownLatch(1);
            Compressors.before(store, number -> {
                begun.countDown();
                awaitQuietly(slow);
            });
            long start = System.nanoTime();
            assertThrows(WriteTimeoutException.class, () -> documents.prepareCommit(Duration.ofMillis(50)));
            assertTrue(System.nanoTime() - start < 30_000_000_000L, "a timeout takes long");
            begun.await();
            // It is at it still: whoever else commits waits for it, and no longer than it says.
            assertThrows(WriteTimeoutException.class, () -> documents.prepareCommit(Duration.ofMillis(50)));
            all.putAll(add(documents, 20, 25, 500));
            assertEquals(NONE, committed(documents));
            assertEquals(all, pending(store));
            Compressors.restore(store);
            slow.countDown();
            eventually(Duration.ofSeconds(60), () -> files(place).isEmpty(), "what came late is removed");
            assertEquals(NONE, committed(documents));
            documents.commit();
            assertEquals(all, committed(documents));
            // One that waits gets what the worker comes to.
            documents.add(document("last", "1"));
            all.put("last", "1");
            CountDownLatch later = new CountDownLatch(1);
            Compressors.before(store, number -> awaitQuietly(later));
            Worker waiting = Worker.start("commits", documents::commit);
            Thread.sleep(30);
            assertTrue(waiting.thread().isAlive());
            assertNull(documents.get("last"));
            later.countDown();
            waiting.join(Duration.ofSeconds(60));
            assertEquals(all, committed(documents));
        }
        assertHolds(place, all, NONE);
    }

    static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    // --------------------------------------------------------------------------------------------------- sizes

    @Test
    @DisplayName("C13 documents of one byte and of 100 MB; one of 50 MB is built at once")
    void smallAndLargeDocuments() {
        Path place = directory.resolve("store");
        DocumentSchema schema = DocumentSchema.builder()
                .field(DocumentField.i64("id"))
                .field(DocumentField.bytes("blob"))
                .primaryKey("id")
                .build();
        try (Arena arena = Arena.ofConfined();
                Store store = TestEngines.open(
                        place, FaultyStorage.withoutDevice(place), SMALL.withBufferBytes(256L << 20))) {
            DocumentCollection documents = store.documents("d", schema, OPTIONS.withLevel(-5));
            MemorySegment large = arena.allocate(100 << 20);
            for (long at = 0; at < large.byteSize(); at += 4_096) {
                large.set(ValueLayout.JAVA_LONG, at, at * 0x9E3779B97F4A7C15L);
            }
            DocumentBuilder document = documents.document();
            documents.add(document.set("id", 1).set("blob", new byte[] {7}));
            documents.add(document.set("id", 2).set("blob", large));
            eventually(
                    Duration.ofSeconds(60),
                    () -> documents.stats().pending() == 0 && !PendingDocuments.buildsEarly(store, "d"),
                    "100 MB are built by themselves");
            assertEquals(2, documents.stats().pendingDocuments());
            documents.add(document.set("id", 3).set("blob", large.asSlice(0, 50 << 20)));
            eventually(Duration.ofSeconds(60), () -> documents.stats().pending() == 0, "50 MB are built by themselves");
            assertEquals(3, documents.stats().pendingDocuments());
            documents.commit();
            try (DocumentSnapshot snapshot = documents.snapshot();
                    DocumentCursor cursor = snapshot.cursor()) {
                assertTrue(cursor.find(1));
                assertEquals(1, cursor.document().bytes("blob").byteSize());
                assertTrue(cursor.find(2));
                assertEquals(-1, large.mismatch(cursor.document().bytes("blob")));
                assertTrue(cursor.find(3));
                assertEquals(50 << 20, large.mismatch(cursor.document().bytes("blob")));
            }
        }
    }

    @Test
    @DisplayName("C13 10,000 documents of 1 MB that are queued stay within the bytes of the ring, and whoever has no"
            + " patience is told")
    void queuedDocumentsStayWithinTheirBytes() throws Exception {
        Path place = directory.resolve("store");
        try (Store store = open()) {
            DocumentCollection documents = store.documents("d", SCHEMA, OPTIONS);
            String body = "x".repeat(1 << 20);
            AtomicInteger queued = new AtomicInteger();
            AtomicBoolean stop = new AtomicBoolean();
            Worker[] worker = new Worker[1];
            Worker[] impatient = new Worker[1];
            TestEngines.whileNobodyAppends(store, () -> {
                worker[0] = Worker.start("adds", () -> {
                    for (int i = 0; i < 10_000 && !stop.get(); i++) {
                        var ignored = documents.addAsync(
                                documents.document().set(document("k" + i, body)), Durability.APPENDED);
                        queued.incrementAndGet();
                    }
                });
                int before = -1;
                for (int now = queued.get();
                        now != before || worker[0].thread().getState() != Thread.State.TIMED_WAITING;
                        now = queued.get()) {
                    before = now;
                    sleep(100);
                }
                assertTrue(queued.get() > 10 && queued.get() <= 33, () -> queued + " documents of 1 MB in 32 MB");
                impatient[0] = Worker.start("tries", () -> {
                    DocumentBuilder document = documents.document().set(document("impatient", body));
                    long lsn = documents.tryAdd(document, Duration.ofMillis(20), Durability.APPENDED);
                    assertEquals(Keyspace.NOT_WRITTEN, lsn);
                });
                joinQuietly(impatient[0]);
                stop.set(true);
            });
            worker[0].join(Duration.ofSeconds(60));
            documents.commit();
            assertEquals(queued.get(), committed(documents).size());
            assertEquals(DocumentStatus.ABSENT, documents.status("impatient"));
        }
        assertTrue(files(place).size() > 0);
    }

    private static void joinQuietly(Worker worker) {
        try {
            worker.join(Duration.ofSeconds(60));
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private static void sleep(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    // ------------------------------------------------------------------------------------------------ interrupts

    private static Storage storage(Path place, boolean nativeAccess) {
        String former = System.getProperty(Storages.PROPERTY);
        try {
            if (!nativeAccess) {
                System.setProperty(Storages.PROPERTY, "channel");
            }
            return Storages.open(place, true);
        } finally {
            if (former == null) {
                System.clearProperty(Storages.PROPERTY);
            } else {
                System.setProperty(Storages.PROPERTY, former);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    @DisplayName("C18 an interrupt on the thread that commits, builds, merges or reads: it goes on, and the thread is"
            + " interrupted afterwards")
    void anInterrupt(boolean nativeAccess) throws Exception {
        Path place = directory.resolve("store");
        Map<String, String> all = new TreeMap<>();
        try (Store store = TestEngines.open(place, storage(place, nativeAccess), SMALL)) {
            DocumentCollection documents = documents(store);
            for (int round = 0; round < 6; round++) {
                all.putAll(add(documents, 10 * round, 10 * round + 10, 300));
                Thread.currentThread().interrupt();
                switch (round) {
                    case 0, 1 -> documents.commit();
                    case 2 -> {
                        documents.flush();
                        documents.commit();
                    }
                    case 3 -> documents.prepareCommit().commit();
                    default -> {
                        documents.commit();
                        documents.forceMerge(1);
                        documents.waitForMerges();
                    }
                }
                Document read = documents.get("k3");
                assertTrue(Thread.interrupted(), "the interrupt is lost");
                assertEquals(all.get("k3"), read.string("body"));
                assertEquals(all, committed(documents));
            }
            // One that comes while it waits.
            documents.add(document("last", "1"));
            all.put("last", "1");
            CountDownLatch slow = new CountDownLatch(1);
            Compressors.before(store, number -> awaitQuietly(slow));
            Worker worker = Worker.start("commits", () -> {
                documents.commit();
                assertTrue(Thread.interrupted(), "the interrupt is lost");
            });
            Thread.sleep(20);
            worker.thread().interrupt();
            Thread.sleep(20);
            slow.countDown();
            worker.join(Duration.ofSeconds(60));
            assertEquals(all, committed(documents));
        }
        assertHolds(place, all, NONE);
    }

    @Test
    @DisplayName("C13, C4 options without bounds that make sense, and documents of another collection, are refused")
    void whatMakesNoSense() {
        try (Store store = open()) {
            DocumentCollection documents = documents(store);
            DocumentSchema other =
                    DocumentSchema.builder().field(DocumentField.text("t")).build();
            DocumentBuilder foreign = store.documents("o", other, DocumentOptions.DEFAULT)
                    .document()
                    .set("t", "x");
            assertThrows(IllegalArgumentException.class, () -> documents.add(foreign));
            assertThrows(IllegalArgumentException.class, () -> documents.forceMerge(0));
            assertThrows(IllegalStateException.class, () -> documents.delete(5L));
            assertThrows(NullPointerException.class, () -> documents.commit((Durability) null));
            assertThrows(NullPointerException.class, () -> documents.prepareCommit(null));
            assertEquals(0, documents.stats().pending());
        }
    }
}
