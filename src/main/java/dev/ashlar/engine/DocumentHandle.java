package dev.ashlar.engine;

import dev.ashlar.AddResult;
import dev.ashlar.Document;
import dev.ashlar.DocumentBuilder;
import dev.ashlar.DocumentCollection;
import dev.ashlar.DocumentField;
import dev.ashlar.DocumentOptions;
import dev.ashlar.DocumentSchema;
import dev.ashlar.DocumentSnapshot;
import dev.ashlar.DocumentStats;
import dev.ashlar.DocumentStatus;
import dev.ashlar.DuplicateKeyException;
import dev.ashlar.Durability;
import dev.ashlar.FieldType;
import dev.ashlar.InvalidDocumentException;
import dev.ashlar.Keyspace;
import dev.ashlar.PreparedCommit;
import dev.ashlar.document.DocumentEncoder;
import dev.ashlar.keyspace.Space;
import dev.ashlar.log.FrameLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Future;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** A document collection of an open store. */
final class DocumentHandle implements DocumentCollection {
    /** How often whoever has patience looks whether there is room. */
    private static final long LOOK_NANOS = 50_000;

    private final Engine engine;
    private final DocumentSpace documents;
    private final Space space;
    private final Writes writes;

    DocumentHandle(Engine engine, DocumentSpace documents, Writes writes) {
        this.engine = engine;
        this.documents = documents;
        this.space = documents.space();
        this.writes = writes;
    }

    Engine engine() {
        return engine;
    }

    DocumentSpace documents() {
        return documents;
    }

    private void check() {
        engine.checkReadable();
        documents.checkPresent();
    }

    @Override
    public String name() {
        return space.name();
    }

    @Override
    public DocumentSchema schema() {
        check();
        return documents.schema();
    }

    @Override
    public DocumentOptions options() {
        return documents.options();
    }

    @Override
    public DocumentSchema addFields(DocumentField... fields) {
        check();
        return engine.addFields(documents, fields);
    }

    @Override
    public DocumentBuilder document() {
        return new DocumentEncoder(documents.shape());
    }

    // ------------------------------------------------------------------------------------------------------- adding

    /**
     * A write that is ready for the ring.
     *
     * @param key of the record, in the log
     * @param primaryKey null if there is none
     * @param value with room for the kind of operation in front
     */
    record Write(byte[] key, byte @Nullable [] primaryKey, MemorySegment value) {
        void kind(byte kind) {
            value.set(ValueLayout.JAVA_BYTE, 0, kind);
        }
    }

    /** Checks a document and encodes it. The value is the builder's memory. */
    Write encode(DocumentBuilder document) {
        Objects.requireNonNull(document, "document");
        if (!(document instanceof DocumentEncoder encoder)
                || documents.schema().differenceFrom(encoder.schema()) != null) {
            throw new IllegalArgumentException(
                    "the document was not made by DocumentCollection.document() of " + name());
        }
        MemorySegment value = encoder.encode(1);
        byte[] primaryKey = encoder.key();
        byte[] key = primaryKey == null
                ? ByteBuffer.allocate(DocumentSpace.UNKEYED_KEY)
                        .put(DocumentSpace.UNKEYED)
                        .putLong(documents.documents().newNumber())
                        .array()
                : DocumentSpace.recordKey(primaryKey);
        return new Write(key, primaryKey, value);
    }

    /** Under which condition a document can be added, as of now. */
    private record Addition(byte kind, byte condition, long argument) {
        static final Addition UNKEYED = new Addition(DocumentSpace.ADD, Op.ALWAYS, 0);
    }

    /** @throws DuplicateKeyException if its key is taken */
    private Addition addition(Write write) {
        byte[] primaryKey = write.primaryKey;
        if (primaryKey == null) {
            return Addition.UNKEYED;
        }
        DocumentSpace.Found found = documents.find(primaryKey);
        if (found.status() == DocumentStatus.PENDING || found.status() == DocumentStatus.COMMITTED) {
            throw new DuplicateKeyException("document collection " + name() + " has a document with the key "
                    + shown(primaryKey) + " already, "
                    + (found.status() == DocumentStatus.PENDING ? "not committed yet" : "committed")
                    + "; upsert replaces it");
        }
        if (found.version() != 0) {
            return new Addition(DocumentSpace.UPSERT, Op.IF_VERSION, found.version());
        }
        // A deletion that is built already can still be dropped; then this one takes the place of the document.
        byte kind = found.status() == DocumentStatus.DELETION_PENDING ? DocumentSpace.UPSERT : DocumentSpace.ADD;
        return new Addition(kind, Op.IF_ABSENT, found.cleared() + 1);
    }

    private String shown(byte[] primaryKey) {
        DocumentField field = documents.schema().primaryKey();
        if (field != null && field.type() == FieldType.I64) {
            return Long.toString(ByteBuffer.wrap(primaryKey).getLong() ^ Long.MIN_VALUE);
        }
        String text = new String(primaryKey, StandardCharsets.UTF_8);
        return text.length() <= 60 ? text : text.substring(0, 60) + "...";
    }

    @Override
    public long add(DocumentBuilder document, Durability durability) {
        check();
        long lsn = add(encode(document), durability);
        documents.flushIfDue();
        return lsn;
    }

    private long add(Write write, Durability durability) {
        while (true) {
            Addition addition = addition(write);
            write.kind(addition.kind);
            long lsn = writes.write(
                    space,
                    FrameLayout.PUT,
                    addition.condition,
                    addition.argument,
                    Writes.Key.of(write.key),
                    Writes.Value.of(write.value),
                    durability);
            if (lsn != Keyspace.NOT_WRITTEN) {
                return lsn;
            }
        }
    }

    @Override
    public CompletableFuture<Long> addAsync(DocumentBuilder document, Durability durability) {
        check();
        CompletableFuture<Long> future = addAsync(encode(document), durability);
        documents.flushIfDue();
        return future;
    }

    /** What came too late, because of another write to the key or of a commit, is tried again. */
    private CompletableFuture<Long> addAsync(Write write, Durability durability) {
        CompletableFuture<Long> handedOver = handOver(write, durability);
        while (write.primaryKey != null && isRefused(handedOver)) {
            handedOver = handOver(write, durability);
        }
        if (write.primaryKey == null || handedOver.isDone()) {
            return handedOver;
        }
        // The value is the builder's, who may go on: what has to be tried again needs a copy.
        Write copy = new Write(
                write.key, write.primaryKey, MemorySegment.ofArray(write.value.toArray(ValueLayout.JAVA_BYTE)));
        // Not on the thread that completes the future: it appends, and must not wait for room in the ring.
        return handedOver.thenCompose(lsn -> lsn != Keyspace.NOT_WRITTEN
                ? CompletableFuture.completedFuture(lsn)
                : documents.documents().elsewhere(() -> addAsync(copy, durability)));
    }

    private static boolean isRefused(CompletableFuture<Long> write) {
        return write.state() == Future.State.SUCCESS && write.resultNow() == Keyspace.NOT_WRITTEN;
    }

    private CompletableFuture<Long> handOver(Write write, Durability durability) {
        Addition addition = addition(write);
        write.kind(addition.kind);
        return writes.writeAsync(
                space,
                FrameLayout.PUT,
                addition.condition,
                addition.argument,
                Writes.Key.of(write.key),
                Writes.Value.of(write.value),
                durability);
    }

    @Override
    public long tryAdd(DocumentBuilder document, Duration patience, Durability durability) {
        check();
        Write write = encode(document);
        long deadline = System.nanoTime() + Documents.nanos(patience);
        while (true) {
            Addition addition = addition(write);
            write.kind(addition.kind);
            long lsn = writes.tryWrite(
                    space,
                    FrameLayout.PUT,
                    addition.condition,
                    addition.argument,
                    Writes.Key.of(write.key),
                    Writes.Value.of(write.value),
                    durability);
            if (lsn != Writes.NO_ROOM && lsn != Keyspace.NOT_WRITTEN) {
                documents.flushIfDue();
                return lsn;
            }
            if (lsn == Writes.NO_ROOM) {
                if (System.nanoTime() - deadline >= 0) {
                    return Keyspace.NOT_WRITTEN;
                }
                LockSupport.parkNanos(this, LOOK_NANOS);
            }
        }
    }

    @Override
    public List<AddResult> addAll(Iterable<?> all, Durability durability) {
        check();
        List<AddResult> results = new ArrayList<>();
        List<Object> pending = new ArrayList<>(); // a future, or a refusal
        DocumentBuilder own = document();
        long last = 0;
        for (Object each : all) {
            try {
                pending.add(addAsync(encode(builder(each, own)), Durability.APPENDED));
            } catch (InvalidDocumentException | DuplicateKeyException e) {
                pending.add(e);
            }
            documents.flushIfDue();
        }
        for (Object each : pending) {
            AddResult result = result(each);
            last = Math.max(last, result.lsn());
            results.add(result);
        }
        if (durability == Durability.DURABLE && last > 0) {
            engine.awaitDurable(last + 1);
        }
        return results;
    }

    private static DocumentBuilder builder(Object document, DocumentBuilder own) {
        return switch (document) {
            case DocumentBuilder given -> given;
            case Map<?, ?> map -> own.clear().set(byName(map));
            case Record fields -> own.clear().set(fields);
            default ->
                throw new IllegalArgumentException("documents are added as builders, maps or records, not as "
                        + document.getClass().getName());
        };
    }

    @SuppressWarnings("unchecked")
    private static Map<String, ?> byName(Map<?, ?> map) {
        for (Object name : map.keySet()) {
            if (!(name instanceof String)) {
                throw new InvalidDocumentException(null, "names of fields as keys of the map", String.valueOf(name));
            }
        }
        return (Map<String, ?>) map;
    }

    private static AddResult result(Object pending) {
        if (pending instanceof RuntimeException refusal) {
            return new AddResult(Keyspace.NOT_WRITTEN, refusal);
        }
        try {
            return new AddResult((Long) Objects.requireNonNull(((CompletableFuture<?>) pending).join()), null);
        } catch (CompletionException e) {
            Throwable cause = e.getCause();
            while (cause instanceof CompletionException && cause.getCause() != null) {
                cause = cause.getCause();
            }
            if (cause instanceof DuplicateKeyException refusal) {
                return new AddResult(Keyspace.NOT_WRITTEN, refusal);
            }
            if (cause instanceof RuntimeException failure) {
                throw failure;
            }
            throw e;
        }
    }

    @Override
    public long upsert(DocumentBuilder document, Durability durability) {
        Write write = replacement(document);
        long lsn = writes.write(space, Writes.Key.of(write.key), Writes.Value.of(write.value), durability);
        documents.flushIfDue();
        return lsn;
    }

    /** A document that replaces what has its key. */
    Write replacement(DocumentBuilder document) {
        check();
        requireKeyed();
        Write write = encode(document);
        write.kind(DocumentSpace.UPSERT);
        return write;
    }

    private DocumentField requireKeyed() {
        DocumentField field = documents.schema().primaryKey();
        if (field == null) {
            throw new IllegalStateException("document collection " + name() + " has no primary key");
        }
        return field;
    }

    @Override
    public CompletableFuture<Long> upsertAsync(DocumentBuilder document, Durability durability) {
        Write write = replacement(document);
        CompletableFuture<Long> future = writes.writeAsync(
                space,
                FrameLayout.PUT,
                Op.ALWAYS,
                0,
                Writes.Key.of(write.key),
                Writes.Value.of(write.value),
                durability);
        documents.flushIfDue();
        return future;
    }

    // ------------------------------------------------------------------------------------------------------ deleting

    @Override
    public long delete(String key, Durability durability) {
        return delete(primaryKey(key), durability);
    }

    @Override
    public long delete(long key, Durability durability) {
        return delete(primaryKey(key), durability);
    }

    private long delete(byte[] primaryKey, Durability durability) {
        if (!isThere(primaryKey)) {
            return Keyspace.NOT_WRITTEN;
        }
        return writes.write(
                space,
                Writes.Key.of(DocumentSpace.recordKey(primaryKey)),
                Writes.Value.of(new byte[] {DocumentSpace.DELETE}),
                durability);
    }

    /** Whether there is a document that could be deleted. */
    boolean isThere(byte[] primaryKey) {
        DocumentStatus status = documents.find(primaryKey).status();
        return status == DocumentStatus.PENDING || status == DocumentStatus.COMMITTED;
    }

    /** A primary key as bytes. */
    byte[] primaryKey(String key) {
        check();
        return DocumentReads.primaryKey(documents.schema(), name(), key);
    }

    byte[] primaryKey(long key) {
        check();
        return DocumentReads.primaryKey(documents.schema(), name(), key);
    }

    @Override
    public DocumentStatus status(String key) {
        return documents.find(primaryKey(key)).status();
    }

    @Override
    public DocumentStatus status(long key) {
        return documents.find(primaryKey(key)).status();
    }

    // ---------------------------------------------------------------------------------------------------- in batches

    void addTo(Batch batch, DocumentBuilder document) {
        check();
        Write write = encode(document);
        byte[] primaryKey = write.primaryKey;
        Boolean there = primaryKey == null ? null : batch.leaves(documents, primaryKey);
        if (primaryKey != null && Boolean.TRUE.equals(there)) {
            throw new DuplicateKeyException("the batch has a document with the key " + shown(primaryKey)
                    + " for document collection " + name() + " already; upsert replaces it");
        }
        if (there != null) {
            write.kind(DocumentSpace.UPSERT); // the batch has deleted what had the key
        } else {
            Addition addition = addition(write);
            write.kind(addition.kind);
            if (addition.condition != Op.ALWAYS) {
                batch.require(space, write.key, addition.condition, addition.argument);
            }
        }
        batch.put(space, write.key, write.value);
        if (primaryKey != null) {
            batch.leaves(documents, primaryKey, true);
        }
    }

    void upsertIn(Batch batch, DocumentBuilder document) {
        Write write = replacement(document);
        batch.put(space, write.key, write.value);
        batch.leaves(documents, Objects.requireNonNull(write.primaryKey), true);
    }

    void deleteIn(Batch batch, byte[] primaryKey) {
        Boolean there = batch.leaves(documents, primaryKey);
        if (there != null ? there : isThere(primaryKey)) {
            batch.put(space, DocumentSpace.recordKey(primaryKey), MemorySegment.ofArray(new byte[] {DocumentSpace.DELETE
            }));
            batch.leaves(documents, primaryKey, false);
        }
    }

    // --------------------------------------------------------------------------------------------------- committing

    @Override
    public long commit(Durability durability) {
        Objects.requireNonNull(durability, "durability");
        PreparedDocuments prepared = prepare(documents.options().commitTimeout(), false);
        try {
            return prepared.commit(durability);
        } finally {
            prepared.release();
        }
    }

    @Override
    public PreparedCommit prepareCommit() {
        return prepareCommit(documents.options().commitTimeout());
    }

    @Override
    public PreparedCommit prepareCommit(Duration patience) {
        return documents.documents().watch(prepare(Objects.requireNonNull(patience, "patience"), true));
    }

    private PreparedDocuments prepare(Duration patience, boolean held) {
        writes.checkMayWrite();
        return documents.prepare(patience, held);
    }

    @Override
    public long discardPending() {
        writes.checkMayWrite();
        return documents.discardPending();
    }

    @Override
    public void flush() {
        writes.checkMayWrite();
        documents.flush();
    }

    // ------------------------------------------------------------------------------------------------------ reading

    @Override
    public DocumentSnapshot snapshot() {
        check();
        return DocumentReads.of(documents);
    }

    @Override
    public @Nullable Document get(String key) {
        try (DocumentSnapshot snapshot = snapshot()) {
            return snapshot.get(key);
        }
    }

    @Override
    public @Nullable Document get(long key) {
        try (DocumentSnapshot snapshot = snapshot()) {
            return snapshot.get(key);
        }
    }

    // ------------------------------------------------------------------------------------------------------ merging

    @Override
    public void waitForMerges() {
        writes.checkMayWrite();
        documents.merges().await();
    }

    @Override
    public void abortMerges() {
        writes.checkMayWrite();
        documents.merges().abort();
    }

    @Override
    public void forceMerge(int segments) {
        if (segments < 1) {
            throw new IllegalArgumentException("segments is " + segments + "; it must be at least 1");
        }
        writes.checkMayWrite();
        documents.merges().force(segments);
    }

    @Override
    public DocumentStats stats() {
        check();
        return documents.stats();
    }

    @Override
    public String toString() {
        return "document collection " + name() + " of " + engine;
    }
}
