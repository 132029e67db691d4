package dev.ashlar.failures;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.ashlar.CorruptionException;
import dev.ashlar.Document;
import dev.ashlar.DocumentAddress;
import dev.ashlar.DocumentCollection;
import dev.ashlar.DocumentSnapshot;
import dev.ashlar.DocumentStats;
import dev.ashlar.Durability;
import dev.ashlar.MergePolicy;
import dev.ashlar.Snapshot;
import dev.ashlar.StorageException;
import dev.ashlar.Store;
import dev.ashlar.engine.PendingDocuments;
import dev.ashlar.io.FaultyStorage.Operation;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What document collections have to survive while segments are merged, removed, and read. */
class DocumentMergeFailuresTest extends DocumentFixture {
    private static final Map<String, String> NONE = Map.of();

    // -------------------------------------------------------------------------------------------------- sweeping

    @Test
    @DisplayName("C8 files are swept every millisecond while documents are added, committed, aborted, merged and read:"
            + " nothing is removed that a record names, and no reader misses anything")
    void sweepingAllTheTime() throws Exception {
        Path place = directory.resolve("store");
        long seed = System.nanoTime();
        TreeMap<String, String> model = new TreeMap<>();
        try (Store store = open()) {
            DocumentCollection documents =
                    store.documents("d", SCHEMA, OPTIONS.withMerging(MergePolicy.DEFAULT.perTier(3)));
            ConcurrentLinkedQueue<String> wrong = new ConcurrentLinkedQueue<>();
            AtomicInteger removed = new AtomicInteger();
            storage.hook(call -> {
                if (call.operation() == Operation.UNLINK && call.file().startsWith("documents/")) {
                    removed.incrementAndGet();
                    if (PendingDocuments.filesNamed(store).contains(call.file())) {
                        wrong.add(call.file());
                    }
                }
            });
            AtomicBoolean stop = new AtomicBoolean();
            Worker sweeper = Worker.start("sweeps", () -> {
                while (!stop.get()) {
                    PendingDocuments.wake(store);
                    Thread.sleep(1);
                }
            });
            Worker reader = Worker.start("reads", () -> {
                while (!stop.get()) {
                    try (Snapshot snapshot = store.snapshot();
                            DocumentSnapshot shown = snapshot.documents("d")) {
                        TreeMap<String, String> before = committed(shown);
                        Thread.sleep(3);
                        assertEquals(before, committed(shown), "a snapshot has changed");
                    }
                }
            });
            Random random = new Random(seed);
            for (int round = 0; round < 120; round++) {
                for (int i = 0; i < 5; i++) {
                    String key = "k" + random.nextInt(60);
                    String body = body(200, round * 5L + i);
                    documents.upsert(document(key, body));
                    model.put(key, body);
                }
                if (round % 10 == 7) {
                    documents.flush();
                }
                if (round % 10 == 9) {
                    documents.commit();
                    documents.upsert(document("aborted", "x"));
                    documents.prepareCommit().abort();
                } else {
                    documents.commit(Durability.APPENDED);
                }
            }
            documents.waitForMerges();
            store.sync();
            eventually(Duration.ofSeconds(60), () -> removed.get() > 100, "100 files are removed, seed " + seed);
            stop.set(true);
            sweeper.join(Duration.ofSeconds(60));
            reader.join(Duration.ofSeconds(60));
            assertEquals(List.of(), List.copyOf(wrong), "seed " + seed);
            assertEquals(model, committed(documents), "seed " + seed);
        }
        assertHolds(place, model, NONE);
    }

    // -------------------------------------------------------------------------------------------- merges that fail

    @Test
    @DisplayName(
            "C9 a merge that fails at each of its steps: partial output is gone, the sources live, and the next one"
                    + " succeeds")
    void aMergeThatFailsAtEachStep() {
        int n = 1;
        boolean fired = true;
        for (; fired; n++) {
            Path place = directory.resolve("store" + n);
            TreeMap<String, String> model = new TreeMap<>();
            try (Store store = open(place)) {
                DocumentCollection documents = documents(store);
                for (int i = 0; i < 4; i++) {
                    model.putAll(add(documents, 10 * i, 10 * i + 10, 400));
                    documents.commit();
                }
                documents.delete("k3");
                model.remove("k3");
                documents.commit();
                List<String> before = files(place);
                AtomicInteger calls = new AtomicInteger();
                AtomicBoolean failed = new AtomicBoolean();
                int failing = n;
                storage.hook(call -> {
                    boolean ours = call.file().startsWith("documents") && call.operation() != Operation.UNLINK;
                    if (ours && calls.incrementAndGet() == failing) {
                        failed.set(true);
                        throw noSpace(call.file());
                    }
                });
                if (n > 1 || calls.get() > 0 || !failed.get()) {
                    try {
                        documents.forceMerge(1);
                    } catch (StorageException e) {
                        assertEquals(28, e.errno());
                    }
                }
                fired = failed.get();
                storage.hook(call -> {});
                if (fired) {
                    assertEquals(before, files(place), "after call " + n);
                    assertEquals(4, documents.stats().segments());
                    assertEquals(model, committed(documents));
                    documents.forceMerge(1);
                }
                assertEquals(1, documents.stats().segments());
                assertEquals(0, documents.stats().deadDocuments());
                assertEquals(model, committed(documents));
            }
            assertHolds(place, model, NONE);
        }
        assertTrue(n > 4, n + " calls");
    }

    @Test
    @DisplayName(
            "C9 merges that always fail in the background: no hot loop, their space is back, and when there is room"
                    + " again the next commit sets them going")
    void mergesThatAlwaysFail() throws Exception {
        Path place = directory.resolve("store");
        TreeMap<String, String> model = new TreeMap<>();
        try (Store store = open()) {
            DocumentCollection documents =
                    store.documents("d", SCHEMA, OPTIONS.withMerging(MergePolicy.DEFAULT.perTier(4)));
            AtomicInteger merges = new AtomicInteger();
            AtomicBoolean full = new AtomicBoolean(true);
            AtomicInteger committing = new AtomicInteger();
            storage.hook(call -> {
                if (call.operation() == Operation.WRITE
                        && call.file().endsWith(".seg")
                        && committing.get() == 0
                        && full.get()) {
                    merges.incrementAndGet();
                    throw noSpace(call.file());
                }
            });
            for (int i = 0; i < 4; i++) {
                model.putAll(add(documents, 10 * i, 10 * i + 10, 100));
                committing.set(1);
                var prepared = documents.prepareCommit();
                committing.set(0);
                prepared.commit();
            }
            eventually(Duration.ofSeconds(60), () -> merges.get() > 0, "a merge was tried");
            Thread.sleep(300);
            assertTrue(merges.get() <= 3, () -> merges + " merges in 300 ms");
            eventually(Duration.ofSeconds(60), () -> !documents.stats().mergesRunning(), "it has ended");
            assertEquals(4, files(place).size());
            assertEquals(model, committed(documents));
            full.set(false);
            model.putAll(add(documents, 100, 101, 100));
            committing.set(1);
            documents.commit();
            eventually(Duration.ofSeconds(60), () -> documents.stats().segments() == 1, "they are merged");
            eventually(Duration.ofSeconds(60), () -> files(place).size() == 1, "their space is back");
            eventually(Duration.ofSeconds(60), () -> isToldAFailure(store), "what failed in the background is told");
            store.sync(); // once
        }
        assertHolds(place, model, NONE);
    }

    private static boolean isToldAFailure(Store store) {
        try {
            store.sync();
            return false;
        } catch (StorageException e) {
            return true;
        }
    }

    @Test
    @DisplayName("C9 merges that are aborted leave nothing, and waiting for them does them")
    void abortedMerges() {
        Path place = directory.resolve("store");
        TreeMap<String, String> model = new TreeMap<>();
        try (Store store = open()) {
            DocumentCollection documents =
                    store.documents("d", SCHEMA, OPTIONS.withMerging(MergePolicy.DEFAULT.perTier(3)));
            CountDownLatch begun = new CountDownLatch(1);
            CountDownLatch go = new CountDownLatch(1);
            AtomicInteger segments = new AtomicInteger();
            storage.hook(call -> {
                if (call.operation() == Operation.CREATE
                        && call.file().endsWith(".seg")
                        && segments.incrementAndGet() == 4) {
                    begun.countDown();
                    DocumentFailuresTest.awaitQuietly(go);
                }
            });
            for (int i = 0; i < 3; i++) {
                model.putAll(add(documents, 10 * i, 10 * i + 10, 100));
                documents.commit();
            }
            DocumentFailuresTest.awaitQuietly(begun);
            Worker aborts = Worker.start("aborts", documents::abortMerges);
            eventually(
                    Duration.ofSeconds(60),
                    () -> aborts.thread().getState() == Thread.State.TIMED_WAITING,
                    "who aborts waits for the end");
            go.countDown();
            joinQuietly(aborts);
            assertEquals(3, documents.stats().segments());
            assertEquals(3, files(place).size());
            documents.waitForMerges();
            assertEquals(1, documents.stats().segments());
            assertEquals(model, committed(documents));
        }
        assertHolds(place, model, NONE);
    }

    static void joinQuietly(Worker worker) {
        try {
            worker.join(Duration.ofSeconds(60));
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    @DisplayName(
            "C10 commits during a merge, in which documents of its sources die and whole sources go: no document is"
                    + " lost, none is there twice")
    void commitsDuringAMerge() {
        for (boolean stale : new boolean[] {false, true}) {
            Path place = directory.resolve("store-" + stale);
            TreeMap<String, String> model = new TreeMap<>();
            TreeMap<String, String> pending = new TreeMap<>();
            try (Store store = open(place)) {
                DocumentCollection documents = documents(store);
                for (int i = 0; i < 4; i++) {
                    model.putAll(add(documents, 10 * i, 10 * i + 10, 300));
                    documents.commit();
                }
                CountDownLatch begun = new CountDownLatch(1);
                CountDownLatch go = new CountDownLatch(1);
                AtomicInteger created = new AtomicInteger();
                storage.hook(call -> {
                    if (call.operation() == Operation.SYNC
                            && call.file().endsWith(".seg")
                            && created.incrementAndGet() == 1) {
                        begun.countDown(); // everything is copied
                        DocumentFailuresTest.awaitQuietly(go);
                    }
                });
                Worker merges = Worker.start("merges", () -> documents.forceMerge(1));
                DocumentFailuresTest.awaitQuietly(begun);
                for (int i = 0; i < 10; i += 3) {
                    documents.delete("k" + i);
                    model.remove("k" + i);
                    documents.upsert(document("k" + (20 + i), "new"));
                    model.put("k" + (20 + i), "new");
                }
                if (stale) {
                    for (int i = 10; i < 20; i++) {
                        documents.delete("k" + i);
                        model.remove("k" + i);
                    }
                }
                documents.add(document("between", "1"));
                model.put("between", "1");
                documents.commit();
                documents.upsert(document("k30", "later"));
                documents.delete("k31");
                documents.flush(); // dead next, alive now
                pending.put("k30", "later");
                pending.put("k31", DELETED);
                assertEquals(model, committed(documents));
                go.countDown();
                joinQuietly(merges);
                storage.hook(call -> {});
                assertEquals(model, committed(documents), "stale " + stale);
                assertEquals(pending, pending(store));
                documents.forceMerge(1);
                assertEquals(1, documents.stats().segments());
                assertEquals(model, committed(documents));
                assertEquals(pending, pending(store));
            }
            assertHolds(place, model, pending);
            try (Store store = open(place)) {
                documents(store).commit();
                model.put("k30", "later");
                model.remove("k31");
                assertEquals(model, committed(documents(store)));
            }
        }
    }

    // --------------------------------------------------------------------------------------------------- readers

    @Test
    @DisplayName(
            "C11 a reader holds a snapshot while everything is merged, replaced, deleted, and dropped: it reads the"
                    + " same bytes, and the space is back when it closes")
    void aReaderHoldsASnapshot() {
        Path place = directory.resolve("store");
        try (Store store = open()) {
            DocumentCollection documents = documents(store);
            TreeMap<String, String> model = new TreeMap<>();
            for (int i = 0; i < 3; i++) {
                model.putAll(add(documents, 20 * i, 20 * i + 20, 500));
                documents.commit();
            }
            List<String> held = files(place);
            DocumentSnapshot own = documents.snapshot();
            Snapshot whole = store.snapshot();
            DocumentSnapshot part = whole.documents("d");
            List<DocumentAddress> addresses =
                    model.keySet().stream().map(own::find).toList();
            documents.forceMerge(1);
            for (int i = 0; i < 60; i++) {
                if (i % 2 == 0) {
                    documents.delete("k" + i);
                } else {
                    documents.upsert(document("k" + i, "new"));
                }
            }
            documents.commit();
            documents.forceMerge(1);
            store.sync();
            PendingDocuments.wake(store);
            assertTrue(files(place).containsAll(held), () -> files(place) + " without " + held);
            for (DocumentSnapshot each : List.of(own, part)) {
                assertEquals(model, committed(each));
                List<Document> all = each.getAll(addresses);
                int i = 0;
                for (Map.Entry<String, String> entry : model.entrySet()) {
                    assertEquals(entry.getValue(), all.get(i++).string("body"));
                }
            }
            assertTrue(store.dropDocuments("d"));
            assertEquals(model, committed(own), "it was dropped meanwhile");
            own.close();
            assertThrows(IllegalStateException.class, () -> own.get("k1"));
            assertEquals(model, committed(part), "another one was closed");
            whole.close();
            assertThrows(IllegalStateException.class, () -> part.get("k1"));
            waitQuietly(() -> files(place).isEmpty());
            assertEquals(List.of(), files(place), "the space is not back");
        }
    }

    @Test
    @DisplayName(
            "C17 two readers miss the same block: it is decompressed once; the cache stays within its bytes and gets"
                    + " hits")
    void readersMissTheSameBlock() throws Exception {
        Path place = directory.resolve("store");
        TreeMap<String, String> model = new TreeMap<>();
        try (Store store = open()) {
            model.putAll(add(documents(store), 0, 2_000, 1_200));
            documents(store).commit();
        }
        try (Store store = open(place)) {
            DocumentCollection documents = documents(store);
            CountDownLatch go = new CountDownLatch(1);
            List<Worker> workers = new ArrayList<>();
            for (int t = 0; t < 8; t++) {
                workers.add(Worker.start("reads " + t, () -> {
                    go.await();
                    assertEquals(model.get("k0"), documents.get("k0").string("body"));
                }));
            }
            go.countDown();
            for (Worker each : workers) {
                each.join(Duration.ofSeconds(60));
            }
            DocumentStats one = documents.stats();
            assertEquals(1, one.cacheMisses(), one.toString());
            Random random = new Random(1);
            for (int i = 0; i < 4_000; i++) {
                String key = "k" + random.nextInt(i % 2 == 0 ? 2_000 : 40);
                assertEquals(model.get(key), documents.get(key).string("body"));
                assertTrue(
                        documents.stats().cacheBytes() <= 1 << 20,
                        () -> documents.stats().toString());
            }
            DocumentStats all = documents.stats();
            assertTrue(all.cacheHits() > 1_500 && all.cacheMisses() > 500, all.toString());
        }
    }

    private static void waitQuietly(BooleanSupplier condition) {
        long end = System.nanoTime() + 60_000_000_000L;
        while (!condition.getAsBoolean() && System.nanoTime() < end) {
            Thread.onSpinWait();
        }
    }

    // ------------------------------------------------------------------------------------------------- many commits

    private void manyCommits(int commits) {
        Path many = directory.resolve("many");
        Path bulk = directory.resolve("bulk");
        TreeMap<String, String> model = new TreeMap<>();
        try (Store store = open(many)) {
            DocumentCollection documents = store.documents("d", SCHEMA, OPTIONS.withMerging(MergePolicy.DEFAULT));
            for (int i = 0; i < commits; i++) {
                String body = body(150, i % 100_000);
                documents.add(document("k" + i, body));
                if (model.size() < 100_000) {
                    model.put("k" + i, body);
                }
                documents.commit(Durability.APPENDED);
            }
            documents.waitForMerges();
            assertTrue(
                    documents.stats().segments() < 60, () -> documents.stats().toString());
            documents.forceMerge(1);
            assertEquals(commits, documents.stats().documents());
            store.sync();
            PendingDocuments.wake(store);
            eventually(Duration.ofSeconds(60), () -> files(many).size() == 1, "what was merged has gone");
        }
        try (Store store = open(bulk)) {
            DocumentCollection documents = documents(store);
            for (int i = 0; i < commits; i++) {
                documents.add(document("k" + i, body(150, i % 100_000)));
            }
            documents.commit();
            documents.forceMerge(1);
        }
        double ratio = (double) bytes(many) / bytes(bulk);
        assertTrue(ratio <= 1.1, () -> commits + " commits take " + ratio + " times as much as one: " + bytes(many));
        try (Store store = open(many)) {
            DocumentCollection documents = documents(store);
            model.forEach((key, body) -> assertEquals(body, documents.get(key).string("body")));
        }
    }

    @Test
    @Timeout(600)
    @DisplayName("C14 ten thousand commits of one document each, merged: at most 1.1 times the size of one bulk load")
    void manyCommits() {
        manyCommits(10_000);
    }

    @Test
    @Tag("long")
    @Timeout(value = 120, unit = java.util.concurrent.TimeUnit.MINUTES)
    @DisplayName("C14 a million commits of one document each, merged: at most 1.1 times the size of one bulk load")
    void aMillionCommits() {
        manyCommits(1_000_000);
    }

    // ---------------------------------------------------------------------------------------------------- damage

    @Test
    @DisplayName("C15 bytes of segments, masks and dictionaries flipped anywhere: an error that names the file, or the"
            + " right document, never another one; everything else goes on")
    void flippedBytes() throws IOException {
        Path place = directory.resolve("store");
        TreeMap<String, String> model = new TreeMap<>();
        try (Store store = open()) {
            DocumentCollection documents = documents(store);
            model.putAll(add(documents, 0, 30, 300));
            documents.commit();
            documents.upsert(document("k3", "new"));
            model.put("k3", "new");
            documents.delete("k4");
            model.remove("k4");
            documents.commit();
        }
        int refused = 0;
        int unopened = 0;
        for (String name : files(place)) {
            Path file = place.resolve("documents").resolve(name);
            byte[] whole = Files.readAllBytes(file);
            int step = Math.max(1, whole.length / 60);
            for (int at = 0; at < whole.length; at += step) {
                overwrite(file, at, (byte) (whole[at] ^ 1 << at % 8));
                try (Store store = open(place)) {
                    DocumentCollection documents = documents(store);
                    boolean all = true;
                    for (int i = 0; i < 30; i++) {
                        String key = "k" + i;
                        try {
                            Document found = documents.get(key);
                            String body = found == null ? null : found.string("body");
                            assertEquals(model.get(key), body, name + " at " + at);
                        } catch (CorruptionException e) {
                            assertTrue(e.getMessage().contains("documents/" + name), e.getMessage());
                            all = false;
                        }
                    }
                    refused += all ? 0 : 1;
                    store.keyspace("k").put("key", new byte[] {1});
                    store.documents("others", SCHEMA).upsert(document("x", "1"));
                } catch (CorruptionException e) {
                    assertTrue(e.getMessage().contains("documents/" + name), e.getMessage());
                    unopened++;
                }
                overwrite(file, at, whole[at]);
            }
        }
        assertEquals(0, unopened, "a damaged segment keeps the rest of the store from being opened");
        assertTrue(refused > 50, refused + " flips were noticed");
        assertHolds(place, model, NONE);
        assertFalse(model.isEmpty());
    }

    private static void overwrite(Path file, long at, byte value) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            int ignored = channel.write(ByteBuffer.wrap(new byte[] {value}), at);
        }
    }
}
