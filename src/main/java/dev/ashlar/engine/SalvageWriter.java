package dev.ashlar.engine;

import dev.ashlar.AshlarException;
import dev.ashlar.CorruptionException;
import dev.ashlar.Damage;
import dev.ashlar.DocumentCollection;
import dev.ashlar.DocumentSchema;
import dev.ashlar.Durability;
import dev.ashlar.Keyspace;
import dev.ashlar.SalvageReport.LostValue;
import dev.ashlar.StorageException;
import dev.ashlar.UnsupportedFormatException;
import dev.ashlar.VectorCollection;
import dev.ashlar.VectorOptions;
import dev.ashlar.WriteBatch;
import dev.ashlar.io.Causes;
import dev.ashlar.keyspace.KeyspaceView;
import dev.ashlar.keyspace.SpaceKind;
import dev.ashlar.log.Chunk;
import dev.ashlar.log.ChunkImage;
import dev.ashlar.log.FrameLayout;
import dev.ashlar.log.SegmentFiles;
import dev.ashlar.log.ValueFiles;
import dev.ashlar.vector.SegmentLayout;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Writes the records of a damaged log to a new store, in the order of the log, as ordinary writes. Values in files are
 * left for the end, when it is known which of them count.
 */
final class SalvageWriter implements AutoCloseable {
    private static final int MOST_OPS = 1024;
    private static final long MOST_BYTES = 4 << 20;

    /** A key of the damaged store. */
    private static final class Key {
        final int space;
        final byte[] bytes;

        Key(int space, byte[] bytes) {
            this.space = space;
            this.bytes = bytes;
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Key key && space == key.space && Arrays.equals(bytes, key.bytes);
        }

        @Override
        public int hashCode() {
            return 31 * Arrays.hashCode(bytes) + space;
        }
    }

    /** A value that is not in the log, or not any more. File 0: it is damaged in the log itself. */
    private record Candidate(Damage frame, long file, long length, long hash, long expiry) {}

    private final SalvageSource source;
    private final SalvagePlan plan;
    private final SalvageReads reads;
    private final SalvageRows rows;
    private final SalvageDocuments gathered;
    private final boolean stale;
    private final Batch batch;
    private final ValueFiles valueFiles;
    private final Map<Integer, KeyspaceHandle> keyspaces = new HashMap<>();
    private final Map<Integer, VectorCollection> collections = new HashMap<>();

    /** Document collections; what is pending in them is among {@link #keyspaces}. */
    private final Map<Integer, SalvageCollection> documents = new TreeMap<>();

    /** Rows of the log that are the newest of their ids and do not verify. */
    private final Map<Key, Damage> lostRows = new LinkedHashMap<>();

    /** Keys whose present value is in a file or damaged: what it may be, the newest first. */
    private final Map<Key, Deque<Candidate>> pending = new LinkedHashMap<>();

    private @Nullable ChunkImage earlier;

    private final List<LostValue> lost = new ArrayList<>();
    private final List<Damage> harmless = new ArrayList<>();
    private final List<Damage> doubtful = new ArrayList<>();
    private long values;

    SalvageWriter(
            SalvageSource source,
            SalvagePlan plan,
            SalvageReads reads,
            SalvageRows rows,
            SalvageDocuments gathered,
            boolean stale,
            Engine target) {
        this.source = source;
        this.plan = plan;
        this.reads = reads;
        this.rows = rows;
        this.gathered = gathered;
        this.stale = stale;
        this.batch = target.batch();
        this.valueFiles = new ValueFiles(source.storage(), source.store(), 1);
        plan.catalog().definitions().forEach((space, definition) -> {
            VectorOptions vectors = definition.vectors();
            if (vectors != null) {
                collections.put(space, target.vectors(definition.name(), vectors));
                return;
            }
            DocumentSchema schema = plan.catalog().schema(space);
            if (definition.kind() == SpaceKind.DOCUMENTS && schema != null) {
                addDocuments(space, target.documents(definition.name(), schema));
                return;
            }
            KeyspaceHandle keyspace = target.keyspace(definition.name(), definition.options());
            keyspaces.put(space, keyspace);
            byte[] layout = plan.catalog().layout(space);
            if (layout != null) {
                target.properties().putLayout(keyspace.space(), layout);
            }
        });
    }

    private void addDocuments(int space, DocumentCollection target) {
        DocumentHandle handle = (DocumentHandle) target;
        SalvageCollection.Records records = new SalvageCollection.Records() {
            @Override
            public void put(KeyspaceHandle into, byte[] key, MemorySegment value) {
                makeRoom(value.byteSize());
                WriteBatch ignored = batch.put(into, key, value);
            }

            @Override
            public void flush() {
                SalvageWriter.this.flush();
            }
        };
        SalvageCollection collection = new SalvageCollection(
                source,
                space,
                gathered.contents(space, handle.name(), plan),
                gathered.nextNumber(space),
                handle,
                reads,
                records,
                (key, where, older) -> lost.add(
                        new LostValue(handle.name(), MemorySegment.ofArray(key).asReadOnly(), where, older)));
        documents.put(space, collection);
        keyspaces.put(space, collection.records());
        reads.expect(collection.bytes());
    }

    /** Writes everything. */
    void run() {
        // What is pending in the log comes behind what is in segments.
        documents.values().forEach(SalvageCollection::run);
        var ignored = plan.newRecovery().readAll(source.durable(), this::apply);
        flush();
        for (Map.Entry<Key, Deque<Candidate>> each : pending.entrySet()) {
            settle(each.getKey(), each.getValue());
        }
        writeRows();
    }

    List<LostValue> lost() {
        return lost;
    }

    List<Damage> damaged() {
        return all(List.of(), SalvageCollection::damaged);
    }

    List<Damage> harmless() {
        return all(harmless, SalvageCollection::harmless);
    }

    List<Damage> doubtful() {
        return all(doubtful, SalvageCollection::doubtful);
    }

    private List<Damage> all(List<Damage> own, Function<SalvageCollection, List<Damage>> others) {
        List<Damage> all = new ArrayList<>(own);
        documents.values().forEach(each -> all.addAll(others.apply(each)));
        return all;
    }

    /** Values that were found intact. */
    long values() {
        return values;
    }

    @Override
    public void close() {
        batch.close();
    }

    // ----------------------------------------------------------------------------------------------- record by record

    private void apply(Chunk chunk, long lsn, MemorySegment s, long at) {
        int space = FrameLayout.space(s, at);
        byte type = FrameLayout.type(s, at);
        if (space == KeyspaceView.SYSTEM && type == FrameLayout.PUT) {
            return;
        }
        if (!plan.counts(FrameLayout.batchStart(s, at, lsn))) {
            doubtful.add(damage(
                    chunk,
                    at,
                    s,
                    "a record of a batch that is not whole, and that nothing says was durable:"
                            + " it does not count"));
            return;
        }
        if (space == KeyspaceView.SYSTEM || type == FrameLayout.CLEAR) {
            return; // the plan has it
        }
        if (plan.catalog().isCleared(space, FrameLayout.version(s, at, lsn))) {
            leaveOut(chunk, s, at);
            return;
        }
        long keyAt = FrameLayout.keyOffset(s, at);
        MemorySegment key = s.asSlice(keyAt, FrameLayout.keyLength(s, at));
        VectorCollection collection = collections.get(space);
        if (collection != null) {
            applyRow(collection, space, key, chunk, lsn, s, at);
            return;
        }
        SalvageCollection pendingDocuments = documents.get(space);
        if (pendingDocuments != null && !pendingDocuments.isKey(key)) {
            if (!DocumentSpace.isCommitRecord(s, keyAt, FrameLayout.keyLength(s, at))) {
                doubtful.add(damage(chunk, at, s, "a record of a document collection that is no operation on it"));
            }
            return;
        }
        Keyspace keyspace = keyspace(space);
        if (type == FrameLayout.DELETE) {
            superseded(space, key);
            makeRoom(0);
            batch.delete(keyspace, key.toArray(ValueLayout.JAVA_BYTE));
        } else if (FrameLayout.hasValueFile(s, at)) {
            postpone(
                    space,
                    key,
                    new Candidate(
                            damage(chunk, at, s, ""),
                            FrameLayout.valueFile(s, at),
                            FrameLayout.valueFileLength(s, at),
                            FrameLayout.payloadHash(s, at),
                            expiry(s, at)));
        } else if (FrameLayout.payloadVerifies(s, at)) {
            put(space, key, s, at, chunk.file());
        } else if (putOriginal(space, key, lsn, s, at)) {
            harmless.add(damage(chunk, at, s, "a value that was moved here does not verify; it is still where it was"));
        } else {
            postpone(
                    space,
                    key,
                    new Candidate(damage(chunk, at, s, "the value of a record does not verify"), 0, 0, 0, 0));
        }
    }

    // ------------------------------------------------------------------------------------------------------------ rows

    /** A row of a segment counts unless the log has something newer under its id. */
    private void applyRow(
            VectorCollection collection,
            int space,
            MemorySegment key,
            Chunk chunk,
            long lsn,
            MemorySegment s,
            long at) {
        long stride = collection.options().stride();
        boolean isPut = FrameLayout.type(s, at) == FrameLayout.PUT;
        if (key.byteSize() != Long.BYTES || isPut && FrameLayout.payloadLength(s, at) != stride) {
            doubtful.add(damage(chunk, at, s, "a record of a vector collection that is not a row of it"));
            return;
        }
        long id = SegmentLayout.idAt(key, 0);
        long version = FrameLayout.version(s, at, lsn);
        boolean intact = isPut && FrameLayout.payloadVerifies(s, at);
        values += intact ? 1 : 0;
        SalvageRows.Row gathered = rows.find(space, id);
        if (gathered != null) {
            boolean same = gathered.version() == version;
            if (gathered.version() > version || same && (gathered.damage() == null || !intact)) {
                if (isPut && !intact) {
                    harmless.add(damage(chunk, at, s, "a row does not verify; it is in a segment, or was superseded"));
                }
                return;
            }
            if (gathered.damage() != null) {
                harmless.add(gathered.damage());
            }
            rows.take(space, id);
        }
        Key of = new Key(space, key.toArray(ValueLayout.JAVA_BYTE));
        Damage former = lostRows.remove(of);
        if (former != null) {
            harmless.add(former);
        }
        makeRoom(stride);
        if (intact) {
            long rowBytes = collection.options().rowBytes();
            batch.put(collection, id, s.asSlice(FrameLayout.payloadOffset(s, at), rowBytes));
        } else {
            batch.delete(collection, id); // also of a row that is damaged: an older one is not it
            if (isPut) {
                lostRows.put(of, damage(chunk, at, s, "a row does not verify"));
            }
        }
    }

    /** Writes the rows of segments that count. */
    private void writeRows() {
        rows.collections().forEach((space, found) -> {
            VectorCollection collection = collections.get(space);
            if (collection != null) {
                rows.forEachLost(space, (id, row) -> {
                    if (!plan.catalog().isCleared(space, row.version())) {
                        lost.add(new LostValue(
                                collection.name(),
                                MemorySegment.ofArray(Keyspace.longKey(id)).asReadOnly(),
                                Objects.requireNonNull(row.damage()),
                                false));
                    }
                });
            } else if (found.options() == null) {
                doubtful.add(new Damage(
                        SegmentFiles.DIRECTORY,
                        0,
                        0,
                        "segments have rows of space " + space
                                + ", and neither they nor the log say what a row of it is: they are left out"));
            }
        });
        rows.forEachLeft((space, id, row, version) -> {
            VectorCollection collection = collections.get(space);
            if (collection != null
                    && collection.options().stride() == row.byteSize()
                    && !plan.catalog().isCleared(space, version)) {
                makeRoom(row.byteSize());
                batch.put(collection, id, row.asSlice(0, collection.options().rowBytes()));
            }
        });
        flush();
        values += rows.intact();
        lostRows.forEach((key, where) -> lost.add(
                new LostValue(Objects.requireNonNull(collections.get(key.space)).name(), readOnly(key), where, false)));
    }

    /** Of what was cleared or removed later, damage is of no consequence. */
    private void leaveOut(Chunk chunk, MemorySegment s, long at) {
        if (FrameLayout.type(s, at) != FrameLayout.PUT || FrameLayout.hasValueFile(s, at)) {
            return;
        }
        if (FrameLayout.payloadVerifies(s, at)) {
            values++;
        } else {
            harmless.add(damage(
                    chunk, at, s, "the value of a record does not verify; its keyspace was cleared or removed later"));
        }
    }

    private KeyspaceHandle keyspace(int space) {
        KeyspaceHandle keyspace = keyspaces.get(space);
        if (keyspace == null) {
            throw new AshlarException("the log of the damaged store is not what it was when it was read for the first"
                    + " time: something has written to it. Salvage again when nothing does.");
        }
        return keyspace;
    }

    private static Damage damage(Chunk chunk, long at, MemorySegment s, String what) {
        return new Damage(chunk.file(), at, FrameLayout.end(s, at) - at, what);
    }

    private void put(int space, MemorySegment key, MemorySegment s, long at, String file) {
        superseded(space, key);
        long length = FrameLayout.payloadLength(s, at);
        makeRoom(length);
        SalvageCollection collection = documents.get(space);
        if (collection != null) {
            MemorySegment operation = collection.operation(key, s, FrameLayout.payloadOffset(s, at), length, file, at);
            if (operation == null) {
                lost.add(lost(
                        new Key(space, key.toArray(ValueLayout.JAVA_BYTE)),
                        new Damage(
                                file,
                                at,
                                FrameLayout.end(s, at) - at,
                                "a pending operation that does not fit the schema of the collection"),
                        false));
                WriteBatch ignored = batch.delete(keyspace(space), key.toArray(ValueLayout.JAVA_BYTE));
                return;
            }
            WriteBatch ignored = batch.put(keyspace(space), key, operation);
            return;
        }
        batch.put(keyspace(space), key, s.asSlice(FrameLayout.payloadOffset(s, at), length), expiry(s, at));
        values++;
    }

    /** A value that has expired is kept: it hides older ones, and the new store removes it some time. 0: it stays. */
    private static long expiry(MemorySegment s, long at) {
        return FrameLayout.expires(FrameLayout.head(s, at)) ? FrameLayout.expiry(s, at) : 0;
    }

    /** A record that was moved and is damaged may still stand where it was moved from: the same value, not an older one. */
    private boolean putOriginal(int space, MemorySegment key, long lsn, MemorySegment s, long at) {
        if ((FrameLayout.flags(s, at) & FrameLayout.RELOCATED) == 0) {
            return false;
        }
        long version = FrameLayout.version(s, at, lsn);
        for (long each : new long[] {FrameLayout.previous(s, at), version}) {
            Chunk chunk = source.chunks().holding(each);
            if (chunk == null || each >= lsn || each % FrameLayout.GRANULE != 0) {
                continue;
            }
            ChunkImage image = earlierImage();
            if (!image.holds(chunk)) {
                image.load(chunk, chunk.limit());
            }
            if (!image.headerVerifies(each, chunk.limit()) || !image.payloadVerifies(each)) {
                continue;
            }
            MemorySegment found = image.bytes();
            long foundAt = image.at(each);
            MemorySegment foundKey =
                    found.asSlice(FrameLayout.keyOffset(found, foundAt), FrameLayout.keyLength(found, foundAt));
            if (FrameLayout.type(found, foundAt) == FrameLayout.PUT
                    && !FrameLayout.hasValueFile(found, foundAt)
                    && FrameLayout.space(found, foundAt) == space
                    && FrameLayout.version(found, foundAt, each) == version
                    && key.mismatch(foundKey) < 0) {
                put(space, key, found, foundAt, chunk.file());
                return true;
            }
        }
        return false;
    }

    private ChunkImage earlierImage() {
        ChunkImage present = earlier;
        if (present == null) {
            present = new ChunkImage(source.storage(), source.salt(), reads);
            earlier = present;
        }
        return present;
    }

    private void postpone(int space, MemorySegment key, Candidate candidate) {
        Deque<Candidate> candidates =
                pending.computeIfAbsent(new Key(space, key.toArray(ValueLayout.JAVA_BYTE)), _ -> new ArrayDeque<>());
        if (!stale) {
            forget(candidates);
            candidates.clear();
        }
        candidates.addFirst(candidate);
    }

    /** The key has a newer record, so what was wrong with the former ones is of no consequence. */
    private void superseded(int space, MemorySegment key) {
        if (!pending.isEmpty()) {
            Deque<Candidate> former = pending.remove(new Key(space, key.toArray(ValueLayout.JAVA_BYTE)));
            if (former != null) {
                forget(former);
            }
        }
    }

    private void forget(Iterable<Candidate> candidates) {
        for (Candidate each : candidates) {
            if (each.file == 0) {
                costNothing(each.frame);
            }
        }
    }

    private void costNothing(Damage where) {
        harmless.add(
                new Damage(where.file(), where.position(), where.length(), where.what() + "; it was superseded later"));
    }

    private void makeRoom(long length) {
        if (batch.size() >= MOST_OPS || batch.size() > 0 && batch.bytes() + length > MOST_BYTES) {
            flush();
        }
    }

    private void flush() {
        long ignored = batch.commit(Durability.APPENDED);
    }

    // -------------------------------------------------------------------------------------------------------- the rest

    private void settle(Key key, Deque<Candidate> candidates) {
        KeyspaceHandle keyspace = keyspace(key.space);
        Damage newest = null;
        while (!candidates.isEmpty()) {
            Candidate each = candidates.removeFirst();
            Damage trouble = each.file == 0 ? each.frame : copy(keyspace, key, each);
            if (trouble == null) {
                values += documents.containsKey(key.space) ? 0 : 1;
                if (newest != null) {
                    lost.add(lost(key, newest, true));
                }
                forget(candidates);
                return;
            }
            if (newest == null) {
                newest = trouble;
            } else {
                costNothing(trouble); // the key is among the lost: this value would only have taken its place
            }
        }
        if (newest == null) {
            throw new IllegalStateException("a key without a record");
        }
        boolean older = stale && keyspace.contains(key.bytes);
        if (!older) {
            long ignored = keyspace.delete(key.bytes, Durability.APPENDED);
        }
        lost.add(lost(key, newest, older));
    }

    /** Of an operation on a document, the key is that of the document, or its number. */
    private LostValue lost(Key key, Damage where, boolean older) {
        byte[] bytes =
                documents.containsKey(key.space) ? Arrays.copyOfRange(key.bytes, 1, key.bytes.length) : key.bytes;
        return new LostValue(
                keyspace(key.space).name(), MemorySegment.ofArray(bytes).asReadOnly(), where, older);
    }

    private static MemorySegment readOnly(Key key) {
        return MemorySegment.ofArray(key.bytes).asReadOnly();
    }

    /** Copies a value file; null if it is what the record says, else what is wrong with it. */
    private @Nullable Damage copy(KeyspaceHandle keyspace, Key key, Candidate from) {
        String name = ValueFiles.fileName(from.file);
        try {
            valueFiles.verify(from.file, from.length, from.hash);
        } catch (CorruptionException e) {
            return new Damage(e.file(), e.position(), 0, e.getMessage() + record(from));
        } catch (UnsupportedFormatException e) {
            return new Damage(name, 0, 0, e.getMessage() + record(from));
        } catch (StorageException e) {
            if (!Causes.isUnreadable(e)) {
                throw e;
            }
            return new Damage(name, 0, from.length, e.getMessage() + record(from));
        }
        boolean keyed = documents.containsKey(key.space) && key.bytes[0] == DocumentSpace.KEYED;
        // A document that is added is written as one that replaces: see SalvageCollection.
        int skipped = keyed && from.length > 0 ? 1 : 0;
        try (FileStream file = new FileStream(
                        source.storage(), name, ValueFiles.HEADER + skipped, from.length - skipped, reads::count);
                InputStream in = skipped == 0
                        ? file
                        : new SequenceInputStream(new ByteArrayInputStream(new byte[] {DocumentSpace.UPSERT}), file)) {
            long ignored = keyspace.putStream(key.bytes, in, from.expiry, Durability.APPENDED);
        } catch (IOException e) {
            throw new StorageException("read", name, StorageException.UNKNOWN_ERRNO, String.valueOf(e.getMessage()), e);
        }
        return null;
    }

    private static String record(Candidate from) {
        return " (the record is in " + from.frame.file() + " at byte " + from.frame.position() + ")";
    }
}
