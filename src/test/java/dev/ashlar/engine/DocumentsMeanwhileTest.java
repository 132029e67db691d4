package dev.ashlar.engine;

import static dev.ashlar.engine.MeanwhileTest.await;
import static dev.ashlar.engine.MeanwhileTest.bytes;
import static dev.ashlar.engine.MeanwhileTest.end;
import static dev.ashlar.engine.MeanwhileTest.start;
import static dev.ashlar.engine.MeanwhileTest.then;
import static dev.ashlar.engine.MeanwhileTest.until;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.ashlar.DocumentCollection;
import dev.ashlar.DocumentField;
import dev.ashlar.DocumentOptions;
import dev.ashlar.DocumentSchema;
import dev.ashlar.DocumentStatus;
import dev.ashlar.Durability;
import dev.ashlar.Keyspace;
import dev.ashlar.MergePolicy;
import dev.ashlar.PreparedCommit;
import dev.ashlar.StorageException;
import dev.ashlar.Store;
import dev.ashlar.StoreClosedException;
import dev.ashlar.StoreOptions;
import dev.ashlar.document.ZstdCompressor;
import dev.ashlar.failures.HookedStorage;
import dev.ashlar.io.Storages;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** As {@link MeanwhileTest}, of document collections. */
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class DocumentsMeanwhileTest {
    private static final StoreOptions QUIET =
            StoreOptions.DEFAULT.withAutoCompaction(false).withSyncInterval(Duration.ZERO);
    private static final DocumentSchema SCHEMA = DocumentSchema.builder()
            .field(DocumentField.keyword("id"))
            .field(DocumentField.text("body"))
            .primaryKey("id")
            .build();
    private static final DocumentOptions OPTIONS =
            DocumentOptions.DEFAULT.withDictionaries(false).withMerging(MergePolicy.DEFAULT.onRequest());
    private static final long SECONDS = 120;

    @TempDir
    private Path directory;

    @Test
    @DisplayName("C1: a callback closes the store while a commit waits for the device: what that commits is there")
    void aCallbackClosesWhileACommitWaits() throws Exception {
        Store store = Store.open(directory, QUIET);
        DocumentCollection documents = store.documents("d", SCHEMA, OPTIONS);
        Keyspace space = store.keyspace("k");
        documents.add(Map.of("id", "a", "body", "text"));
        CountDownLatch blocked = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        space.put(
                bytes("first"),
                bytes("value"),
                Durability.DURABLE,
                then(() -> {
                    blocked.countDown();
                    await(goOn);
                }),
                1);
        await(blocked); // so the commit syncs for itself, and for who waits before it
        CompletableFuture<Void> closed = space.putAsync(bytes("second"), bytes("value"), Durability.DURABLE)
                .thenRun(() -> {
                    goOn.countDown();
                    store.close();
                });
        long lsn = documents.commit(Durability.DURABLE);
        assertTrue(lsn > 0);
        goOn.countDown();
        assertEquals(null, end(closed));
        try (Store again = Store.open(directory)) {
            assertEquals(List.of(), again.recovery().damaged());
            assertEquals(List.of(), again.recovery().sweptFiles());
            DocumentCollection found = again.documents("d");
            assertNotNull(found.get("a"));
            assertEquals(1, found.stats().documents());
        }
    }

    @Test
    @DisplayName(
            "C5: fields are added while segments are built: the commit goes through, with documents of both shapes")
    void fieldsAreAddedWhileSegmentsAreBuilt() {
        try (Store store = Store.open(directory, QUIET)) {
            DocumentCollection documents = store.documents("d", SCHEMA, OPTIONS);
            documents.add(Map.of("id", "a", "body", "text"));
            AtomicBoolean added = new AtomicBoolean();
            PendingDocuments.compressWith(store, (level, dictionary) -> {
                if (added.compareAndSet(false, true)) {
                    DocumentSchema wider = documents.addFields(DocumentField.text("more"));
                    assertFalse(wider.equals(SCHEMA));
                    documents.add(Map.of("id", "b", "body", "text", "more", "and more"));
                }
                return new ZstdCompressor(level, dictionary);
            });
            documents.commit();
            assertTrue(added.get(), "nothing was compressed");
            documents.commit();
            assertEquals("text", documents.get("a").string("body"));
            assertEquals("and more", documents.get("b").string("more"));
        }
    }

    @Test
    @DisplayName(
            "C5: a callback that looks a collection up does not wait for who adds fields to it, who waits for the callback")
    void aCallbackLooksACollectionUp() throws Exception {
        Store store = Store.open(directory, QUIET);
        try {
            DocumentCollection documents = store.documents("d", SCHEMA, OPTIONS);
            Keyspace space = store.keyspace("k");
            CountDownLatch inCallback = new CountDownLatch(1);
            CompletableFuture<String> found = new CompletableFuture<>();
            AtomicReference<Thread> adding = new AtomicReference<>();
            CompletableFuture<DocumentSchema> added = start(() -> {
                adding.set(Thread.currentThread());
                await(inCallback);
                return documents.addFields(DocumentField.text("more"));
            });
            CompletableFuture<Boolean> put = start(() -> {
                space.put(
                        bytes("key"),
                        bytes("value"),
                        Durability.APPENDED,
                        then(() -> {
                            inCallback.countDown();
                            until(
                                    () -> adding.get() != null
                                            && List.of(adding.get().getStackTrace()).stream()
                                                    .anyMatch(each ->
                                                            each.getMethodName().equals("putSchema")),
                                    "somebody adds a field");
                            found.complete(store.documents("d", SCHEMA, OPTIONS).name());
                        }),
                        1);
                return true;
            });
            assertEquals("d", end(found));
            assertTrue(end(put));
            assertNotNull(end(added));
        } finally {
            CompletableFuture<Boolean> closed = start(() -> {
                store.close();
                return true;
            });
            assertTrue(end(closed));
        }
    }

    @Test
    @DisplayName("C6: a commit that somebody closes while it is under way, and that then fails, is released")
    void aCommitThatFailsIsClosedMeanwhile() throws Exception {
        AtomicReference<Runnable> whenWritten = new AtomicReference<>(() -> {});
        Thread committing = Thread.currentThread();
        HookedStorage storage = new HookedStorage(Storages.open(directory, true), true) {
            @Override
            protected void before(Step step, String name) {
                if (step == Step.WRITE && name.startsWith("log/") && Thread.currentThread() == committing) {
                    whenWritten.getAndSet(() -> {}).run();
                }
            }
        };
        try (Store store = TestEngines.open(directory, storage, QUIET)) {
            DocumentCollection documents = store.documents("d", SCHEMA, OPTIONS);
            documents.add(Map.of("id", "a", "body", "text"));
            PreparedCommit prepared = documents.prepareCommit();
            whenWritten.set(() -> {
                CompletableFuture<Boolean> closed = start(() -> {
                    prepared.close();
                    return true;
                });
                assertTrue(closed.orTimeout(SECONDS, TimeUnit.SECONDS).join());
                throw new StorageException("write", "log", 5, "no");
            });
            assertThrows(StorageException.class, prepared::commit);
            assertTrue(prepared.hasEnded());
            assertEquals(1, documents.stats().pending());
            documents.commit();
            assertEquals(1, documents.stats().documents());
        }
    }

    @Test
    @DisplayName(
            "C1: a commit that comes to nothing because the store has been closed removes no file: it may be open elsewhere")
    void aCommitComesLaterThanTheClose() {
        AtomicBoolean closed = new AtomicBoolean();
        List<String> removed = new CopyOnWriteArrayList<>();
        HookedStorage storage = new HookedStorage(Storages.open(directory, true), true) {
            @Override
            protected void before(Step step, String name) {
                if (step == Step.UNLINK && closed.get()) {
                    removed.add(name);
                }
            }
        };
        Engine store = (Engine) TestEngines.open(directory, storage, QUIET);
        DocumentCollection documents = store.documents("d", SCHEMA, OPTIONS);
        documents.add(Map.of("id", "a", "body", "text"));
        PreparedCommit prepared = documents.prepareCommit();
        Batch batch = store.documents().newBatch();
        store.documents().batches(() -> {
            CompletableFuture<Boolean> other = start(() -> {
                store.close();
                closed.set(true);
                return true;
            });
            assertTrue(other.orTimeout(SECONDS, TimeUnit.SECONDS).join());
            return batch;
        });
        assertThrows(StoreClosedException.class, prepared::commit);
        assertTrue(prepared.hasEnded());
        prepared.close();
        assertEquals(List.of(), removed);
        try (Store again = Store.open(directory)) {
            assertEquals(1, again.documents("d").stats().pending());
        }
    }

    @Test
    @DisplayName("C1: while a store is closed nobody is told that a document is absent which is there")
    void theStoreIsClosedWhileSomebodyAsks() throws Exception {
        AtomicReference<Runnable> whenRemoved = new AtomicReference<>(() -> {});
        HookedStorage storage = new HookedStorage(Storages.open(directory, true), true) {
            @Override
            protected void before(Step step, String name) {
                if (step == Step.UNLINK && name.startsWith("documents/")) {
                    whenRemoved.getAndSet(() -> {}).run();
                }
            }
        };
        Store store = TestEngines.open(directory, storage, QUIET);
        DocumentCollection documents = store.documents("d", SCHEMA, OPTIONS);
        for (String id : List.of("a", "b")) {
            documents.add(Map.of("id", id, "body", "text"));
            documents.commit();
        }
        documents.delete("a");
        documents.commit();
        documents.delete("b");
        documents.add(Map.of("id", "c", "body", "text"));
        documents.commit(Durability.APPENDED); // what it replaces goes when that is durable: as the store is closed
        AtomicReference<Object> answer = new AtomicReference<>();
        whenRemoved.set(() -> {
            CompletableFuture<DocumentStatus> asked = start(() -> documents.status("c"));
            try {
                answer.set(end(asked));
            } catch (Exception e) {
                answer.set(e.getCause());
            }
        });
        store.close();
        assertInstanceOf(StoreClosedException.class, answer.get());
    }
}
