package dev.ashlar.engine;

import dev.ashlar.AshlarException;
import dev.ashlar.CorruptionException;
import dev.ashlar.Cursor;
import dev.ashlar.DocumentOptions;
import dev.ashlar.DocumentSchema;
import dev.ashlar.DocumentStats;
import dev.ashlar.DocumentStatus;
import dev.ashlar.Durability;
import dev.ashlar.Keyspace;
import dev.ashlar.StorageException;
import dev.ashlar.WriteTimeoutException;
import dev.ashlar.document.BlockCache;
import dev.ashlar.document.BlockCacheStats;
import dev.ashlar.document.CommitRecord;
import dev.ashlar.document.Dictionaries;
import dev.ashlar.document.DocumentFiles;
import dev.ashlar.document.SchemaShape;
import dev.ashlar.document.Zones;
import dev.ashlar.keyspace.RowListener;
import dev.ashlar.keyspace.Space;
import dev.ashlar.log.Chunk;
import dev.ashlar.log.FrameLayout;
import dev.ashlar.log.FrameRef;
import dev.ashlar.log.Position;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * One document collection of an open store: a space of the log, whose records are pending operations, and one record that
 * names the segments.
 *
 * <pre>
 *   key 0 ‖ number       a document without a primary key               value: ADD ‖ document
 *   key 1 ‖ primary key  the last operation on that key                 value: ADD or UPSERT ‖ document, or DELETE
 *   key 2                the commit record ({@link CommitRecord})
 * </pre>
 *
 * <p>Whoever writes the commit record holds the {@linkplain #take token}: a commit from its preparation to its end, an early build, a merge
 * when it takes effect. Everybody else reads {@link #state}, which changes at the moment at which the record is applied.
 */
final class DocumentSpace implements RowListener {
    /** First bytes of keys. */
    static final byte UNKEYED = 0;

    static final byte KEYED = 1;
    static final int UNKEYED_KEY = 1 + Long.BYTES;
    private static final ValueLayout.OfLong NUMBER = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    static final byte[] COMMIT_RECORD = {2};

    /** First bytes of pending values. */
    static final byte ADD = 1;

    static final byte UPSERT = 2;
    static final byte DELETE = 3;

    /**
     * What there is under a primary key.
     *
     * @param cleared what the answer is as of: if the space is cleared above that, it may be another
     * @param version of the pending record of the key; 0 if there is none
     */
    record Found(DocumentStatus status, long cleared, long version) {}

    /** The LSN of a record that is not durable as long as the store is open. */
    private static final long NEVER = Long.MAX_VALUE - 1;

    /**
     * Segments are built early when so small a part of a worker's memory would do. A worker compresses slower than one thread
     * adds: when it begins only with all of its share, most of its work is left for the commit to wait for.
     */
    private static final int EARLY_PARTS = 2;

    private final Space space;
    private final KeyspaceHandle records;
    private final Documents documents;
    private final Semaphore token = new Semaphore(1);
    private final AtomicLong pending = new AtomicLong();
    private final AtomicLong pendingBytes = new AtomicLong();
    private final AtomicBoolean flushing = new AtomicBoolean();

    /** Pending bytes below which no segments are built early: more than there were when that failed. */
    private volatile long flushesFrom;

    /** Bytes of documents below which no dictionary is trained: more than the last ones, which made no good one. */
    private volatile long trainsFrom = 1 << 20;

    private final DocumentMerges merges = new DocumentMerges(this);
    private volatile SchemaShape shape;
    private volatile DocumentOptions options;
    private volatile DocumentState state = DocumentState.EMPTY;

    /** What the state becomes when its record is applied. Of who has the token. */
    private volatile @Nullable DocumentState next;

    private volatile @Nullable PreparedDocuments prepared;
    private volatile @Nullable CorruptionException unreadable;
    private volatile boolean removed;
    private volatile boolean closed;
    private final Dictionaries dictionaries;
    private volatile @Nullable BlockCache cache;

    DocumentSpace(
            Space space, KeyspaceHandle records, Documents documents, DocumentSchema schema, DocumentOptions options) {
        this.space = space;
        this.records = records;
        this.documents = documents;
        this.shape = new SchemaShape(schema);
        this.options = options;
        this.dictionaries = new Dictionaries(documents.storage(), documents.store(), space.id());
    }

    Space space() {
        return space;
    }

    Documents documents() {
        return documents;
    }

    DocumentSchema schema() {
        return shape.schema();
    }

    SchemaShape shape() {
        return shape;
    }

    void schema(DocumentSchema schema) {
        shape = new SchemaShape(schema);
    }

    DocumentOptions options() {
        return options;
    }

    void options(DocumentOptions options) {
        this.options = options;
    }

    /** As large as the options said when something was read first. */
    BlockCache cache() {
        BlockCache present = cache;
        return present != null ? present : firstCache();
    }

    private synchronized BlockCache firstCache() {
        BlockCache present = cache;
        if (present == null) {
            present = new BlockCache(options.cacheBytes());
            cache = present;
        }
        return present;
    }

    /** The records of the space as keys and values. */
    KeyspaceHandle records() {
        return records;
    }

    Dictionaries dictionaries() {
        return dictionaries;
    }

    /** Which segments there are is not known. */
    void unreadable(CorruptionException e) {
        unreadable = e;
    }

    boolean isUnreadable() {
        return unreadable != null;
    }

    /** @throws CorruptionException if which segments there are is not known */
    void checkReadable() {
        CorruptionException lost = unreadable;
        if (lost != null) {
            throw lost;
        }
    }

    DocumentState state() {
        return state;
    }

    /** The present state, whose published segments stay until it is released. */
    DocumentState retainState() {
        while (true) {
            DocumentState present = state;
            if (present.retain()) {
                return present;
            }
            documents.checkOpen(); // another one took its place meanwhile
        }
    }

    long pending() {
        return pending.get();
    }

    long pendingBytes() {
        return pendingBytes.get();
    }

    @Nullable
    PreparedDocuments prepared() {
        return prepared;
    }

    // ------------------------------------------------------------------------------------------------------- opening

    /** The commit record, or an empty one. */
    CommitRecord readRecord() {
        MemorySegment value = records.get(COMMIT_RECORD);
        return value == null ? CommitRecord.EMPTY : CommitRecord.decode(value, "log", 0);
    }

    /** Takes up what opening has found. Nobody writes yet. */
    void restore(DocumentState found) {
        Cursor cursor = records.cursor();
        state = cursor.find(COMMIT_RECORD) ? found.at(cursor.version()) : found;
        space.forEachPosition(position -> {
            Chunk chunk = space.chunkAt(position);
            if (chunk != null) {
                long at = Position.offset(position);
                count(chunk, at, 1);
                documents.numbersBegin(numberAt(chunk.segment(), at) + 1);
            }
        });
        space.rows(this);
    }

    // ------------------------------------------------------------------------------- told by whoever applies records

    @Override
    public void added(FrameRef frame) {
        if (isCommitRecord(frame.keyBytes, frame.keyAt, frame.keyLength)) {
            DocumentState becomes = next;
            if (becomes != null && frame.version == frame.lsn) { // not one that compaction moves
                state = becomes.at(frame.lsn);
            }
            return;
        }
        pending.incrementAndGet();
        pendingBytes.addAndGet(frame.size + frame.valueFileLength);
    }

    @Override
    public void dropped(Chunk chunk, long at, FrameRef frame) {
        count(chunk, at, -1);
    }

    private void count(Chunk chunk, long at, int sign) {
        MemorySegment s = chunk.segment();
        if (at + FrameLayout.MIN_FRAME <= s.byteSize()
                && !isCommitRecord(s, FrameLayout.keyOffset(s, at), FrameLayout.keyLength(s, at))) {
            long bytes = FrameLayout.end(s, at)
                    - at
                    + (FrameLayout.hasValueFile(s, at) ? FrameLayout.valueFileLength(s, at) : 0);
            pending.addAndGet(sign);
            pendingBytes.addAndGet(sign * bytes);
        }
    }

    /** The number of a pending document without a primary key; of other records -1. */
    private static long numberAt(MemorySegment s, long at) {
        if (at + FrameLayout.MIN_FRAME > s.byteSize() || FrameLayout.keyLength(s, at) != UNKEYED_KEY) {
            return -1;
        }
        return number(s, FrameLayout.keyOffset(s, at));
    }

    /** The number in a key of 9 bytes; -1 if it is no number of a document. */
    static long number(MemorySegment s, long keyAt) {
        return s.get(ValueLayout.JAVA_BYTE, keyAt) == UNKEYED ? s.get(NUMBER, keyAt + 1) : -1;
    }

    /** The key of a record of a document without a primary key. */
    static byte[] recordKey(long number) {
        return ByteBuffer.allocate(UNKEYED_KEY).put(UNKEYED).putLong(number).array();
    }

    /** Whether a key is that of the commit record. */
    static boolean isCommitRecord(MemorySegment s, long keyAt, int keyLength) {
        return keyLength == 1 && s.get(ValueLayout.JAVA_BYTE, keyAt) == COMMIT_RECORD[0];
    }

    // ---------------------------------------------------------------------------------------------------- looking up

    static byte[] recordKey(byte[] primaryKey) {
        byte[] key = new byte[primaryKey.length + 1];
        key[0] = KEYED;
        System.arraycopy(primaryKey, 0, key, 1, primaryKey.length);
        return key;
    }

    /** The last word on a primary key. */
    Found find(byte[] primaryKey) {
        byte[] key = recordKey(primaryKey);
        while (true) {
            // In this order: the commit record is applied before what it covers is cleared.
            long cleared = space.clearedAt();
            long version = 0;
            boolean deleted = false;
            if (records.contains(key)) {
                Cursor cursor = records.cursor();
                if (!cursor.find(key)) {
                    continue;
                }
                version = cursor.version();
                deleted = cursor.getByte(0) == DELETE;
                if (!deleted) {
                    return new Found(DocumentStatus.PENDING, cleared, version);
                }
            }
            DocumentState present = state;
            DocumentStatus status;
            try {
                status = inSegments(present, primaryKey);
            } catch (IllegalStateException | StorageException e) {
                checkNotClosed();
                if (present == state) {
                    throw e;
                }
                continue; // a segment was closed: there are others now
            }
            checkNotClosed();
            if (space.clearedAt() == cleared) {
                boolean shown = status == DocumentStatus.COMMITTED || status == DocumentStatus.DELETION_PENDING;
                return new Found(
                        !deleted ? status : shown ? DocumentStatus.DELETION_PENDING : DocumentStatus.ABSENT,
                        cleared,
                        version);
            }
        }
    }

    /** The state of a collection that is closed is an empty one, which says nothing. */
    private void checkNotClosed() {
        if (closed) {
            documents.checkOpen();
        }
    }

    private static DocumentStatus inSegments(DocumentState present, byte[] primaryKey) {
        DocumentKey key = DocumentKey.of(primaryKey);
        for (DocumentState.Member member : present.unpublished().reversed()) {
            int ordinal = key.findIn(member.segment().file());
            if (ordinal >= 0 && member.next().isLive(ordinal)) {
                return DocumentStatus.PENDING;
            }
        }
        for (DocumentState.Member member : present.published().reversed()) {
            int ordinal = key.findIn(member.segment().file());
            if (ordinal >= 0 && member.now().isLive(ordinal)) {
                return member.next().isLive(ordinal) ? DocumentStatus.COMMITTED : DocumentStatus.DELETION_PENDING;
            }
        }
        return DocumentStatus.ABSENT;
    }

    // ---------------------------------------------------------------------------------------------------- publishing

    /**
     * Waits for being the one who writes the commit record.
     *
     * @throws IllegalStateException if a commit is prepared
     * @throws WriteTimeoutException if somebody else is at it for so long
     */
    void take(Duration patience) {
        long deadline = System.nanoTime() + Documents.nanos(patience);
        boolean interrupted = false;
        try {
            while (true) {
                checkNothingPrepared();
                checkPresent();
                try {
                    long left = Math.min(deadline - System.nanoTime(), TimeUnit.MILLISECONDS.toNanos(50));
                    if (token.tryAcquire(Math.max(left, 0), TimeUnit.NANOSECONDS)) {
                        return;
                    }
                } catch (InterruptedException e) {
                    interrupted = true;
                }
                documents.checkOpen();
                if (System.nanoTime() - deadline >= 0) {
                    throw new WriteTimeoutException("document collection " + space.name()
                            + " is busy with a commit or merge; nothing was changed, try again");
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** @throws IllegalStateException if a commit is prepared, and somebody has it */
    void checkNothingPrepared() {
        PreparedDocuments present = prepared;
        if (present != null && present.isHeld()) {
            throw new IllegalStateException("a commit of document collection " + space.name()
                    + " is prepared; commit, abort or release it first");
        }
    }

    /** False if somebody else has it. */
    boolean tryTake() {
        return token.tryAcquire();
    }

    void giveBack() {
        prepared = null;
        token.release();
        if (!removed && documents.isOpen()) {
            merges.look();
        }
    }

    long trainsFrom() {
        return trainsFrom;
    }

    /** A dictionary of so many bytes of documents was not worth it. */
    void trainsFrom(long bytes) {
        trainsFrom = bytes;
    }

    boolean isRemoved() {
        return removed;
    }

    /** The least and greatest values of documents of several segments. */
    byte[] mergedZones(List<byte[]> all) {
        SchemaShape present = shape; // the same for all of them
        Zones merged = new Zones(present);
        for (byte[] each : all) {
            merged.merge(Zones.read(present, MemorySegment.ofArray(each), 0, each.length, "zones", 0));
        }
        return merged.toBytes();
    }

    /** Of the dictionaries of a state those that segments need, and the last one. */
    static List<Long> neededDictionaries(List<DocumentState.Member> published, DocumentState state) {
        List<Long> all = state.record().dictionaries();
        Set<Long> used = new HashSet<>(all.subList(Math.max(0, all.size() - 1), all.size()));
        for (List<DocumentState.Member> members : List.of(published, state.unpublished())) {
            for (DocumentState.Member member : members) {
                if (member.segment().failure() != null) {
                    return all;
                }
                used.addAll(member.segment().dictionaries());
            }
        }
        return all.stream().filter(used::contains).toList();
    }

    void checkPresent() {
        space.checkPresent();
        checkReadable();
        if (removed) {
            throw new IllegalStateException("document collection " + space.name() + " was dropped");
        }
    }

    /** Whether a state has become the present one, and no other since. */
    @SuppressWarnings("ReferenceEquality")
    boolean isAt(@Nullable DocumentState to) {
        return to != null && state.record() == to.record();
    }

    /** Adds what makes a state the present one to a batch. */
    void stage(Batch batch, DocumentState to, long clearBelow) {
        if (to.published().size() + to.unpublished().size() > CommitRecord.MAX_SEGMENTS) {
            throw new AshlarException("document collection " + space.name() + " would have more than "
                    + CommitRecord.MAX_SEGMENTS + " segments; merge them first");
        }
        batch.put(space, COMMIT_RECORD, MemorySegment.ofArray(to.record().encode()));
        if (clearBelow > 0) {
            batch.clearBelow(space, clearBelow);
        }
    }

    /** To be called around the commit of a batch that has a state staged: it is the present one when the batch is applied. */
    void becomes(@Nullable DocumentState to) {
        next = to;
    }

    /**
     * Makes a state the present one. The caller has the token.
     *
     * @param clearBelow pending operations with versions below go with it; 0: none
     */
    long publish(DocumentState to, long clearBelow, Durability durability) {
        DocumentState former = state;
        long lsn;
        try (Batch batch = documents.newBatch()) {
            stage(batch, to, clearBelow);
            becomes(to);
            lsn = batch.commit(durability);
        } catch (AshlarException e) {
            publishingFailed(former, to);
            throw e;
        } finally {
            becomes(null);
        }
        retireReplaced(former, to, lsn); // the state may be an empty one by now, if the store is being closed
        return lsn;
    }

    /** The store has failed, perhaps behind the moment at which a state became the present one: files stay as they are. */
    void publishingFailed(DocumentState former, DocumentState to) {
        if (isAt(to)) {
            retireReplaced(former, to, NEVER);
        }
    }

    /** Files that a former state named and the present one does not go when the record at an LSN is durable. */
    void retireReplaced(DocumentState former, DocumentState present, long lsn) {
        Set<Long> kept = present.record().files();
        Set<Long> segments = new HashSet<>();
        former.members().forEach(member -> {
            OpenSegment segment = member.segment();
            if (segments.add(segment.id()) && !kept.contains(segment.id())) {
                segment.release();
                documents.files().retire(DocumentFiles.segment(segment.id()), lsn + 1, segment::isUnread);
            }
        });
        for (long file : former.record().files()) {
            if (kept.contains(file) || segments.contains(file)) {
                continue;
            }
            boolean dictionary = former.record().dictionaries().contains(file);
            String name = dictionary ? DocumentFiles.dictionary(file) : DocumentFiles.live(file);
            documents.files().retire(name, lsn + 1, () -> true);
        }
        documents.wake();
    }

    /** The collection was dropped, at an LSN: its files go. */
    void remove(long lsn) {
        removed = true;
        DocumentState former = state;
        state = DocumentState.EMPTY;
        retireReplaced(former, DocumentState.EMPTY, lsn);
    }

    /** The store is being closed: what is under way ends soon. */
    void stop() {
        PreparedDocuments open = prepared;
        if (open != null) {
            open.storeCloses();
        }
    }

    /** Nothing of it is read any more, but by snapshots that are open. */
    void close() {
        closed = true; // before: who finds nothing then learns why
        state.members().map(DocumentState.Member::segment).distinct().forEach(OpenSegment::release);
        state = DocumentState.EMPTY;
        BlockCache blocks = cache;
        if (blocks != null) {
            blocks.close();
        }
    }

    // --------------------------------------------------------------------------------------------------- early builds

    /** Builds segments early if enough is pending to keep a worker busy. Cheap; after each write. */
    void flushIfDue() {
        long bytes = pendingBytes.get();
        long enough = options.workerBytes() / EARLY_PARTS;
        if (bytes >= enough && bytes >= flushesFrom && flushing.compareAndSet(false, true)) {
            documents.runQuietly(() -> {
                boolean built = false;
                try {
                    if (prepared == null && tryTake()) {
                        flushesFrom = bytes + enough; // if it fails, which it may do many times
                        flushTaken(begin());
                        flushesFrom = 0;
                        built = true;
                    }
                } finally {
                    flushing.set(false);
                }
                if (built) {
                    flushIfDue(); // who added meanwhile found that this was under way
                }
            });
        }
    }

    /** Builds segments of all that is pending. */
    void flush() {
        take(options.commitTimeout());
        DocumentBuild build = begin();
        CompletableFuture<Boolean> job;
        try {
            job = documents.start(() -> {
                flushTaken(build);
                return true;
            });
        } catch (RuntimeException | Error e) {
            giveUp(build);
            throw e;
        }
        boolean ignored = documents.await(job, Documents.FOREVER);
    }

    /**
     * The first phase of a commit.
     *
     * @param held whether somebody is going to have it; else it is committed or given up at once
     * @throws IllegalStateException if one is prepared
     * @throws WriteTimeoutException if it takes longer than that; what it has begun ends soon, and counts for nothing
     */
    PreparedDocuments prepare(Duration patience, boolean held) {
        long deadline = System.nanoTime() + Documents.nanos(patience);
        take(patience);
        DocumentBuild build = begin();
        CompletableFuture<PreparedDocuments> job;
        try {
            job = documents.start(() -> prepare(build, held));
        } catch (RuntimeException | Error e) {
            giveUp(build);
            throw e;
        }
        try {
            return documents.await(job, Duration.ofNanos(Math.max(0, deadline - System.nanoTime())));
        } catch (WriteTimeoutException e) {
            build.cancel();
            CompletableFuture<PreparedDocuments> ignored = job.whenComplete((late, failure) -> {
                if (late != null) {
                    late.release();
                }
            });
            throw e;
        }
    }

    private PreparedDocuments prepare(DocumentBuild build, boolean held) {
        boolean done = false;
        try {
            PreparedDocuments commit = new PreparedDocuments(this, build, build.run(true), held);
            prepared = commit;
            done = true;
            return commit;
        } finally {
            if (!done) {
                giveUp(build);
            }
        }
    }

    /** Draws the line for a build; gives the token back if it cannot. */
    private DocumentBuild begin() {
        boolean begun = false;
        try {
            DocumentBuild build = new DocumentBuild(this);
            begun = true;
            return build;
        } finally {
            if (!begun) {
                giveBack();
            }
        }
    }

    private void giveUp(DocumentBuild build) {
        try {
            build.close();
        } finally {
            giveBack();
        }
    }

    private void flushTaken(DocumentBuild build) {
        try (build) {
            DocumentState to = build.run(false);
            if (to != null) {
                publishBuilt(build, to);
            }
        } finally {
            giveBack();
        }
    }

    private void publishBuilt(DocumentBuild build, DocumentState to) {
        try {
            long ignored = publish(to, build.barrier(), Durability.APPENDED);
            build.keep();
        } catch (RuntimeException | Error e) {
            build.failed(e, to);
            throw e;
        }
    }

    /** Drops all that is pending. */
    long discardPending() {
        take(options.commitTimeout());
        try {
            DocumentState present = state;
            long barrier = documents.appended();
            if (pending.get() == 0 && !present.hasUnpublished()) {
                return Keyspace.NOT_WRITTEN;
            }
            return publish(withoutPending(present), barrier, Durability.DURABLE);
        } finally {
            giveBack();
        }
    }

    DocumentState withoutPending(DocumentState present) {
        return DocumentState.after(
                present,
                present.published().stream().map(DocumentState.Member::reverted).toList(),
                List.of(),
                present.record().dictionaries(),
                documents.files().nextId());
    }

    DocumentMerges merges() {
        return merges;
    }

    DocumentStats stats() {
        DocumentState present = state;
        BlockCache blocks = cache;
        BlockCacheStats cached = blocks == null ? new BlockCacheStats(0, 0, 0, 0, 0, 0, 0) : blocks.stats();
        long rawBytes = 0;
        long fileBytes = 0;
        long dead = 0;
        for (DocumentState.Member member : present.published()) {
            rawBytes += member.entry().documentBytes();
            fileBytes += member.entry().fileBytes();
            dead += member.now().dead();
        }
        return new DocumentStats(
                present.documents(),
                pending.get(),
                pendingBytes.get(),
                present.unpublished().stream()
                        .mapToLong(member -> member.next().live())
                        .sum(),
                present.published().size(),
                dead,
                rawBytes,
                fileBytes,
                dictionaries.size(),
                present.record().generation(),
                prepared != null,
                merges.isRunning(),
                cached.hits(),
                cached.misses(),
                cached.bytes());
    }

    @Override
    public String toString() {
        return "document collection " + space.name();
    }
}
