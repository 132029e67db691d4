package dev.ashlar.engine;

import dev.ashlar.AshlarException;
import dev.ashlar.CompactionEstimate;
import dev.ashlar.CompactionReport;
import dev.ashlar.CorruptionException;
import dev.ashlar.Damage;
import dev.ashlar.DocumentCollection;
import dev.ashlar.DocumentField;
import dev.ashlar.DocumentOptions;
import dev.ashlar.DocumentSchema;
import dev.ashlar.Keyspace;
import dev.ashlar.KeyspaceOptions;
import dev.ashlar.RecoveryReport;
import dev.ashlar.SalvageOptions;
import dev.ashlar.SalvageReport;
import dev.ashlar.Snapshot;
import dev.ashlar.Store;
import dev.ashlar.StoreClosedException;
import dev.ashlar.StoreLockedException;
import dev.ashlar.StoreOptions;
import dev.ashlar.StoreStats;
import dev.ashlar.UnsupportedFormatException;
import dev.ashlar.VectorCollection;
import dev.ashlar.VectorOptions;
import dev.ashlar.VerificationReport;
import dev.ashlar.VerifyOptions;
import dev.ashlar.io.Advice;
import dev.ashlar.io.OffHeap;
import dev.ashlar.io.Storage;
import dev.ashlar.io.StorageFile;
import dev.ashlar.io.Storages;
import dev.ashlar.keyspace.KeyspaceView;
import dev.ashlar.keyspace.Records;
import dev.ashlar.keyspace.Space;
import dev.ashlar.keyspace.SpaceKind;
import dev.ashlar.log.Chunk;
import dev.ashlar.log.ChunkFiles;
import dev.ashlar.log.Chunks;
import dev.ashlar.log.FrameLayout;
import dev.ashlar.log.LogWriter;
import dev.ashlar.log.ValueFiles;
import dev.ashlar.simd.SimdSupport;
import dev.ashlar.vector.Rows;
import dev.ashlar.vector.Segment;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A store that is open: puts the parts together, and takes them down again.
 *
 * <pre>
 *   handles ─► {@link Writes} ─► {@link WriteRing} ─► {@link Appender} ─► log, views
 *      │                                                  └─► {@link Syncer} ─► durable
 *      └─reads──► views ◄── log chunks                    └─► {@link Maintenance}: chunks, manifest, checkpoints,
 *                                                              compaction
 * </pre>
 */
public final class Engine implements Store {
    /** Bytes of log that are mapped with one call: much less than readers come to meanwhile. */
    private static final long POPULATED_AT_ONCE = 256 << 10;

    private final Path directory;
    private final Storage storage;
    private final Storage.StorageLock lock;
    private final UUID id;
    private final RecoveryReport report;
    private final Health health;
    private final Chunks chunks;
    private final ChunkFiles files;
    private final LogWriter log;
    private final KeyspaceView keyspaces;
    private final ValueFiles valueFiles;
    private final Catalog catalog;
    private final Vectors vectors;
    private final Documents documents;
    private final SpaceProperties properties;
    private final Framer framer;
    private final Appender appender;
    private final Syncer syncer;
    private final Writes writes;
    private final Streams streams;
    private final Snapshots snapshots;
    private final Sweeper sweeper;
    private final Maintenance maintenance;
    private final List<Thread> threads;
    private final boolean threaded;

    /** LSN behind the last mark, so that an idle log gets one and not many. */
    private volatile long markedUpTo;

    private long preparedFor = -1;

    /** The log below is mapped for the readers, as far as it was written by this engine. */
    private long populated;

    private Engine(
            Path directory,
            Storage storage,
            Storage.StorageLock lock,
            Opening.Opened opened,
            StoreOptions options,
            EngineConfig config) {
        this.directory = directory;
        this.storage = storage;
        this.lock = lock;
        this.id = opened.manifest().store();
        this.health = new Health(storage.describe());
        this.chunks = opened.chunks();
        this.files = opened.files();
        this.keyspaces = opened.keyspaces();
        this.valueFiles = opened.valueFiles();
        this.threaded = config.threaded();
        this.log = openLog(opened);
        Views views = new Views(List.of(keyspaces));
        WriteRing ring = new WriteRing(options.ringSlots());
        BufferPool pool = new BufferPool(options.bufferBytes());
        boolean callersWrite = !threaded || storage.survivesInterrupts();
        this.framer = new Framer(ring, log, chunks, views, valueFiles);
        this.appender = new Appender(
                ring, pool, log, framer, health, callersWrite, options.spin().toNanos());
        this.syncer = new Syncer(
                log,
                appender::appended,
                opened.end(),
                health,
                callersWrite,
                options.syncInterval().toNanos());
        appender.syncer(syncer);
        syncer.callbackThrew(appender::reportCallback);
        this.writes = new Writes(
                ring,
                pool,
                appender,
                syncer,
                health,
                valueFiles,
                config.mostInlineBytes(),
                callersWrite,
                options.writeTimeout().toNanos());
        this.streams = new Streams(writes, valueFiles, config.mostInlineBytes());
        this.snapshots = new Snapshots(appender, keyspaces.superseded());
        this.vectors = new Vectors(keyspaces, snapshots, threaded);
        vectors.open(opened.segments());
        SegmentUpkeep segments = new SegmentUpkeep(
                storage,
                id,
                keyspaces.records(),
                vectors,
                snapshots,
                appender,
                log,
                opened.manifest().segments().next(),
                config.mostSegmentBytes(),
                threaded);
        Compactor compactor = new Compactor(
                options,
                storage,
                keyspaces.records(),
                views,
                writes,
                snapshots::newest,
                new Pace(appender::writes, threaded));
        this.sweeper = new Sweeper(keyspaces.records(), appender, syncer::durable, compactor, framer::expired);
        this.maintenance = new Maintenance(
                storage,
                options,
                chunks,
                files,
                log,
                views,
                valueFiles,
                appender,
                syncer,
                health,
                opened.manifests(),
                opened.manifest(),
                compactor,
                sweeper,
                segments,
                threaded);
        this.catalog = new Catalog(keyspaces, syncer, vectors::created);
        this.properties =
                new SpaceProperties(new KeyspaceHandle(this, keyspaces.system(), writes, health), maintenance);
        this.documents = new Documents(storage, id, keyspaces.records(), snapshots, appender, syncer, health, threaded);
        documents.batches(() -> Batch.small(this, writes));
        this.report = openDocuments(opened.report());
        vectors.whenAdded(rows -> segments.watch(rows, maintenance::wake));
        snapshots.whenClosed(() -> {
            if (segments.hasRetiring()) {
                maintenance.wake();
            }
        });
        writes.beforeExpiring(
                () -> maintenance.require(Feature.EXPIRY), () -> maintenance.announcesOrWill(Feature.EXPIRY));
        appender.afterGroup(this::afterGroup);
        appender.whenRefused(maintenance::wake);
        syncer.afterSync(this::removeValueFiles);
        syncer.whenIdle(this::mark);
        this.markedUpTo = log.next();
        this.populated = log.next();
        this.threads = threaded ? startThreads() : List.of();
        if (opened.report().rebuiltIndex() && !opened.segments().isEmpty()) {
            maintenance.checkpointIsLost();
        }
        maintenance.wake();
    }

    /**
     * The first that reads and writes when the log is open: if it fails, nobody else closes that.
     *
     * @return the report, with what is missing of documents, and what was swept
     */
    private RecoveryReport openDocuments(RecoveryReport found) {
        List<Damage> damaged = new ArrayList<>(found.damaged());
        List<String> swept = new ArrayList<>(found.sweptFiles());
        boolean opened = false;
        try {
            swept.addAll(documents.open(
                    existingDocuments(), id -> keyspaces.space(id) != null, !damaged.isEmpty(), damaged));
            opened = true;
        } finally {
            if (!opened) {
                documents.stop();
                maintenance.stop();
                documents.close();
                log.close();
                files.release();
            }
        }
        return new RecoveryReport(
                found.clean(),
                found.replayedRecords(),
                found.replayedBytes(),
                damaged,
                found.dropped(),
                swept,
                found.rebuiltIndex(),
                found.elapsed());
    }

    private List<Thread> startThreads() {
        Thread append = Thread.ofPlatform().name("ashlar-appender").daemon().unstarted(appender::run);
        Thread sync = Thread.ofPlatform().name("ashlar-sync").daemon().unstarted(syncer::run);
        appender.runsOn(append);
        syncer.runsOn(sync);
        Thread load = Thread.ofPlatform().name("ashlar-loader").daemon().unstarted(this::loadRest);
        append.start();
        sync.start();
        load.start();
        return List.of(append, sync, load);
    }

    private void loadRest() {
        try {
            keyspaces.loadRest();
        } catch (StoreClosedException e) {
            // Nobody needs it any more.
        } catch (AshlarException e) {
            // Who needs what is missing tries again, and is told; sync() tells the rest.
            appender.report(e);
        }
    }

    private LogWriter openLog(Opening.Opened opened) {
        long salt = keyspaces.records().salt();
        Chunk present = opened.appendTo();
        if (present == null) {
            return LogWriter.inNewChunk(files, chunks, salt, opened.predecessor(), opened.end());
        }
        StorageFile file = storage.openForWriting(present.file());
        return new LogWriter(files, chunks, salt, present, file, opened.end());
    }

    /** See {@link Store#open(Path, StoreOptions)}. */
    public static Store open(Path directory, StoreOptions options) {
        Storage storage = Storages.open(directory, options.create());
        try {
            if (storage.exists(Opening.UNFINISHED)) {
                throw new UnsupportedFormatException(storage.describe() + " holds what a salvage has left that was"
                        + " interrupted: it has a file " + Opening.UNFINISHED + ". Remove the directory and salvage"
                        + " again; nothing was changed.");
            }
            return open(directory, storage, options, EngineConfig.DEFAULT);
        } catch (RuntimeException | Error e) {
            storage.close();
            throw e;
        }
    }

    /** See {@link Store#salvage(Path, Path, SalvageOptions)}. */
    public static SalvageReport salvage(Path damaged, Path target, SalvageOptions options) {
        return Salvage.run(damaged, target, options);
    }

    /** Opens a store on any storage. */
    static Engine open(Path directory, Storage storage, StoreOptions options, EngineConfig config) {
        boolean exists = Opening.holdsStore(storage);
        if (!exists && !options.create()) {
            throw new UnsupportedFormatException(
                    "there is no store in " + storage.describe() + ", and StoreOptions.create is off");
        }
        if (exists && !storage.exists(Opening.LOCK)) {
            // Nobody has it open. If it is not a store at all, the file to lock is not created in it either.
            Manifest ignored = new ManifestFiles(storage).load();
        }
        Storage.StorageLock lock = storage.tryLock(Opening.LOCK);
        if (lock == null) {
            throw new StoreLockedException("the store " + storage.describe()
                    + " is open already, in this process or another. Close it there first; nothing was changed.");
        }
        Opening opening = new Opening(storage, config, options.clock());
        try {
            if (!Opening.holdsStore(storage)) {
                opening.create();
            }
            Opening.Opened opened = opening.recover();
            return new Engine(directory, storage, lock, opened, options, config);
        } catch (RuntimeException | Error e) {
            opening.abandon();
            lock.close();
            throw e;
        }
    }

    // ---------------------------------------------------------------------------------------------------- the parts

    Records records() {
        return keyspaces.records();
    }

    Health health() {
        return health;
    }

    void checkReadable() {
        health.checkReadable();
    }

    /** Goes through the records of a space, as they are or as a snapshot shows them. */
    LogScan scan(Space space, @Nullable StoreSnapshot snapshot, LogScan.Range range, Runnable whenClosed) {
        health.checkReadable();
        if (snapshot != null) {
            snapshot.checkOpen();
        }
        return new LogScan(this, space, snapshot, range, whenClosed);
    }

    /** The record at an offset of the bytes that a chunk has lent; it was checked. */
    LogEntry entry(Chunk chunk, MemorySegment bytes, long at, MemorySegment value) {
        return new LogEntry(directory, keyspaces.records().salt(), chunk.base(), bytes, at, value);
    }

    StoreSnapshot takeSnapshot() {
        health.checkReadable();
        appender.checkNotOwner();
        // Outside the appender's role the catalog waits for writes of its own.
        return catalog.alone(() -> snapshots.open(() -> new StoreSnapshot(this, snapshots, catalog)));
    }

    Streams streams() {
        return streams;
    }

    SpaceProperties properties() {
        return properties;
    }

    Maintenance maintenance() {
        return maintenance;
    }

    Appender appender() {
        return appender;
    }

    /** A value that expires; see {@link #expiry}. */
    Writes.Value expiring(Writes.Value value, Duration timeToLive) {
        return value.expiringAt(expiry(timeToLive));
    }

    /**
     * When something expires that is written now, in milliseconds since 1970.
     *
     * @throws IllegalArgumentException if the time to live is not above zero, or ends beyond what can be stored
     */
    long expiry(Duration timeToLive) {
        return Expiry.after(records().clock().millis(), timeToLive);
    }

    /** The space behind a handle of this store. */
    Space spaceOf(Keyspace keyspace) {
        if (keyspace instanceof KeyspaceHandle handle && handle.engine() == this) {
            return handle.space();
        }
        throw new IllegalArgumentException("keyspace " + keyspace.name() + " is not one of this store");
    }

    Space spaceOf(VectorCollection collection) {
        if (collection instanceof VectorHandle handle && handle.engine() == this) {
            return handle.space();
        }
        throw new IllegalArgumentException("vector collection " + collection.name() + " is not one of this store");
    }

    Vectors vectors() {
        return vectors;
    }

    Documents documents() {
        return documents;
    }

    /** Run by whoever has the appender's role, between groups. */
    private void afterGroup() {
        Chunk current = log.chunk();
        boolean halfFull = log.next() - current.base() > current.capacity() / 2;
        if (halfFull && preparedFor != current.base()) {
            preparedFor = current.base();
            maintenance.wake();
        }
        if (log.next() - populated >= POPULATED_AT_ONCE) {
            populate(current);
        }
    }

    /**
     * What was written is in the page cache, but in no reader's page table. Many pages at once are mapped in a few
     * microseconds; a reader's own fault takes as long for a few of them.
     */
    private void populate(Chunk current) {
        long from = Math.max(populated, current.base());
        if (keyspaces.records().chunks().memory().isOneSegment()) {
            OffHeap.advise(current.segment(), from - current.base(), log.next() - from, Advice.POPULATE);
        }
        populated = log.next();
    }

    /**
     * Files of values that were overwritten go as soon as that is durable, however little the log grows meanwhile; so do
     * those of streams that were forgotten.
     */
    private void removeValueFiles() {
        streams.dropForgotten();
        if (valueFiles.hasRemovable(syncer.durable())) {
            maintenance.wake();
        }
    }

    /** Tells the disk how far the log is durable, once, when nothing happens any more. */
    private void mark() {
        removeValueFiles();
        if (log.next() == markedUpTo || syncer.durable() != appender.appended()) {
            return;
        }
        appender.tryAppendMark(() -> {
            markedUpTo = log.next();
        });
    }

    /** Whether an idle log has its mark, so that nothing is appended before somebody writes. */
    boolean isMarked() {
        return appender.appended() == markedUpTo;
    }

    // --------------------------------------------------------------------------------------------------------- Store

    @Override
    public Path directory() {
        return directory;
    }

    @Override
    public UUID id() {
        return id;
    }

    @Override
    public KeyspaceHandle keyspace(String name) {
        Space present = catalog.find(SpaceKind.KEYSPACE, name);
        if (present != null) {
            health.checkReadable();
            return new KeyspaceHandle(this, present, writes, health);
        }
        return keyspace(name, KeyspaceOptions.DEFAULT);
    }

    @Override
    public KeyspaceHandle keyspace(String name, KeyspaceOptions options) {
        health.checkReadable();
        return new KeyspaceHandle(this, catalog.open(name, options, writes), writes, health);
    }

    @Override
    public boolean dropKeyspace(String name) {
        return drop(name, catalog.find(SpaceKind.KEYSPACE, name));
    }

    private boolean drop(String name, @Nullable Space space) {
        writes.checkMayWrite();
        if (space == null) {
            return false;
        }
        maintenance.require(Feature.REMOVAL);
        try (Batch batch = Batch.small(this, writes)) {
            return catalog.drop(name, space, batch, id -> appender.exclusively(() -> keyspaces.catalogKeys(id)));
        }
    }

    @Override
    public List<String> keyspaces() {
        return catalog.names(SpaceKind.KEYSPACE);
    }

    @Override
    public VectorCollection vectors(String name) {
        health.checkReadable();
        Space present = catalog.find(SpaceKind.VECTORS, name);
        if (present == null) {
            throw new IllegalArgumentException("there is no vector collection " + name
                    + "; create it with Store.vectors(name, options). There are: " + vectorCollections());
        }
        return new VectorHandle(this, present, writes);
    }

    @Override
    public VectorCollection vectors(String name, VectorOptions options) {
        health.checkReadable();
        Space space = catalog.openVectors(name, options, writes, () -> maintenance.require(Feature.VECTORS));
        return new VectorHandle(this, space, writes);
    }

    @Override
    public List<String> vectorCollections() {
        return catalog.names(SpaceKind.VECTORS);
    }

    @Override
    public boolean dropVectors(String name) {
        Space space = catalog.find(SpaceKind.VECTORS, name);
        boolean dropped = drop(name, space);
        if (dropped && space != null) {
            boolean ignored = maintenance.call(() -> maintenance.removed(space));
        }
        return dropped;
    }

    @Override
    public DocumentCollection documents(String name) {
        health.checkReadable();
        DocumentSpace found = find(name);
        if (found == null) {
            throw new IllegalArgumentException("there is no document collection " + name
                    + "; create it with Store.documents(name, schema). There are: " + documentCollections());
        }
        return new DocumentHandle(this, found, writes);
    }

    @Override
    public DocumentCollection documents(String name, DocumentSchema schema, DocumentOptions options) {
        health.checkReadable();
        Objects.requireNonNull(schema, "schema");
        Objects.requireNonNull(options, "options");
        DocumentSpace found = find(name);
        if (found == null) {
            // Not before it has to: a callback that looks a collection up must not wait for who creates another.
            writes.checkMayWrite();
            found = documents.alone(() -> {
                DocumentSpace present = find(name);
                return present == null ? create(name, schema, options) : present;
            });
        }
        if (found.schema().differenceFrom(schema) != null) {
            String difference = schema.differenceFrom(found.schema());
            throw new IllegalArgumentException("document collection " + name + " has another schema: "
                    + (difference == null ? "fewer fields than " + schema : difference)
                    + ". Open it with the one that it has, and add fields with DocumentCollection.addFields.");
        }
        found.options(options);
        return new DocumentHandle(this, found, writes);
    }

    /** The collection of that name, unless it is being created or dropped. */
    private @Nullable DocumentSpace find(String name) {
        Space present = catalog.find(SpaceKind.DOCUMENTS, name);
        documents.checkNotLost(name);
        return present == null ? null : documents.of(present);
    }

    /** A crash in between leaves a collection without a schema: it gets this one, for there is nothing in it. */
    private DocumentSpace create(String name, DocumentSchema schema, DocumentOptions options) {
        Space space = catalog.openDocuments(name, writes, () -> {
            maintenance.require(Feature.DOCUMENTS);
            maintenance.require(Feature.REMOVAL);
            maintenance.require(Feature.PROPERTIES);
        });
        properties.putSchema(space, schema);
        DocumentSpace created = documents(space, schema, options);
        documents.created(created);
        return created;
    }

    /** Collections that are complete: one without a schema was being created when the store crashed. */
    private List<DocumentSpace> existingDocuments() {
        List<DocumentSpace> all = new ArrayList<>();
        for (Space space : catalog.spaces(SpaceKind.DOCUMENTS)) {
            try {
                DocumentSchema schema = properties.schema(space);
                if (schema != null) {
                    all.add(documents(space, schema, DocumentOptions.DEFAULT));
                } else if (space.size() > 0) {
                    documents.lost(
                            space,
                            new CorruptionException(
                                    "the log",
                                    0,
                                    "the schema of document collection " + space.name() + ", which has records",
                                    "none",
                                    "Restore the store from a backup, or salvage it."));
                }
            } catch (CorruptionException e) {
                documents.lost(space, e);
            }
        }
        return all;
    }

    private DocumentSpace documents(Space space, DocumentSchema schema, DocumentOptions options) {
        return new DocumentSpace(space, new KeyspaceHandle(this, space, writes, health), documents, schema, options);
    }

    DocumentSchema addFields(DocumentSpace collection, DocumentField... fields) {
        writes.checkMayWrite();
        return documents.alone(() -> {
            collection.checkPresent(); // or the schema of what is not there would stay
            DocumentSchema wider = collection.schema().with(fields);
            properties.putSchema(collection.space(), wider);
            collection.schema(wider);
            return wider;
        });
    }

    @Override
    public List<String> documentCollections() {
        // One without a schema was being created when the store crashed.
        return catalog.spaces(SpaceKind.DOCUMENTS).stream()
                .filter(space -> documents.of(space) != null || documents.isLost(space))
                .map(Space::name)
                .toList();
    }

    @Override
    public boolean dropDocuments(String name) {
        writes.checkMayWrite();
        // One that is being created has its schema then.
        Space space = documents.alone(() -> catalog.find(SpaceKind.DOCUMENTS, name));
        DocumentSpace collection = space == null ? null : documents.of(space);
        if (space == null || collection == null || collection.isUnreadable()) {
            // Its schema or its commit record is lost, or was never written: opening the store again finds out which
            // files it has.
            return dropDocuments(name, space);
        }
        try {
            collection.take(collection.options().commitTimeout());
        } catch (IllegalStateException e) {
            if (space.isRemoved()) {
                return false; // somebody else was faster
            }
            throw e;
        }
        try {
            // Who adds a field has added it, or finds that the collection is gone.
            return documents.alone(() -> dropDocuments(name, space));
        } finally {
            collection.giveBack();
        }
    }

    private boolean dropDocuments(String name, @Nullable Space space) {
        boolean dropped = drop(name, space);
        if (dropped && space != null) {
            documents.dropped(space, appender.appended() - 1);
        }
        return dropped;
    }

    /** Makes chunks ready for so many rows. */
    void reserve(Space space, long rows) {
        if (rows < 0) {
            throw new IllegalArgumentException("rows is " + rows + "; it must not be negative");
        }
        health.checkWritable();
        long row = FrameLayout.MIN_FRAME + space.payloadBytes(1);
        long bytes = rows > Long.MAX_VALUE / 2 / row ? Long.MAX_VALUE / 2 : rows * row;
        boolean ignored = maintenance.call(() -> maintenance.reserve(bytes));
    }

    /** Builds segments of all rows of a collection that are in none, and merges what is worth it. */
    void flush(Space space) {
        health.checkWritable();
        Rows rows = vectors.of(space).rows();
        boolean ignored = maintenance.call(() -> maintenance.flush(rows));
    }

    @Override
    public Batch batch() {
        health.checkWritable();
        return new Batch(this, writes);
    }

    @Override
    public Snapshot snapshot() {
        return takeSnapshot();
    }

    @Override
    public long sync() {
        health.checkWritable();
        appender.checkNotOwner();
        long end = appender.exclusively(appender::appended);
        syncer.awaitDurable(end);
        Throwable unreported = appender.takeUnreported();
        if (unreported instanceof AshlarException failure) {
            throw Failures.copy(failure);
        }
        if (unreported instanceof RemovedSpaceException) {
            throw new IllegalStateException(unreported.getMessage(), unreported);
        }
        return syncer.durable();
    }

    @Override
    public long appendedLsn() {
        return appender.appended();
    }

    @Override
    public long durableLsn() {
        return syncer.durable();
    }

    @Override
    public void awaitDurable(long lsn) {
        if (lsn > appender.appended()) {
            throw new IllegalArgumentException("LSN " + lsn + " is above the end of the log, " + appender.appended());
        }
        if (syncer.durable() < lsn) {
            health.checkWritable();
            appender.checkNotOwner();
            syncer.awaitDurable(lsn);
        }
    }

    @Override
    public void checkpoint() {
        health.checkWritable();
        maintenance.call(() -> {
            maintenance.checkpointNow();
            return true;
        });
    }

    @Override
    public CompactionReport compact() {
        health.checkWritable();
        return maintenance.call(maintenance::compactAll);
    }

    @Override
    public CompactionEstimate estimateCompaction() {
        health.checkReadable();
        return maintenance.call(maintenance::estimateCompaction);
    }

    @Override
    public long removeExpired() {
        health.checkWritable();
        return maintenance.call(sweeper::sweepAll);
    }

    @Override
    public VerificationReport verify(VerifyOptions options) {
        health.checkReadable();
        appender.checkNotOwner();
        ReadRate pace = new ReadRate(options.bytesPerSecond(), health::checkReadable);
        return new Verifier(
                        storage,
                        id,
                        keyspaces.records(),
                        vectors,
                        documents,
                        appender.appended(),
                        pace,
                        options.progress())
                .run();
    }

    @Override
    public RecoveryReport recovery() {
        return report;
    }

    @Override
    public StoreStats stats() {
        health.checkReadable();
        long records = 0;
        for (Space space : keyspaces.all()) {
            if (space.id() != KeyspaceView.SYSTEM && space.kind() != SpaceKind.DOCUMENTS) {
                records += space.size();
            }
        }
        int documentSegments = 0;
        long documentSegmentBytes = 0;
        for (DocumentSpace collection : documents.all()) {
            DocumentState state = collection.state();
            records += collection.pending() + state.documents();
            documentSegments += state.published().size() + state.unpublished().size();
            documentSegmentBytes += state.members()
                    .mapToLong(member -> member.entry().fileBytes())
                    .sum();
        }
        long live = 0;
        for (Chunk chunk : chunks.all()) {
            live += chunk.liveBytes();
        }
        List<Segment> segments = vectors.segments();
        return new StoreStats(
                records,
                chunks.size(),
                chunks.totalCapacity(),
                live,
                valueFiles.count(),
                valueFiles.bytes(),
                segments.size(),
                segments.stream().mapToLong(Segment::bytes).sum(),
                documentSegments,
                documentSegmentBytes,
                keyspaces.indexBytes(),
                maintenance.retiredBytes(),
                snapshots.count(),
                keyspaces.superseded().bytes(),
                shownBytes(),
                framer.expired(),
                appender.appended(),
                syncer.durable(),
                maintenance.checkpointBegin(),
                appender.writes(),
                appender.groups(),
                syncer.syncs(),
                storage.getClass().getSimpleName(),
                SimdSupport.describe());
    }

    /** Size of the chunks that are not compacted because snapshots are open. */
    private long shownBytes() {
        long newest = snapshots.newest();
        long bytes = 0;
        for (Chunk chunk : chunks.all()) {
            bytes += chunk.base() < newest ? chunk.capacity() : 0;
        }
        return bytes;
    }

    // -------------------------------------------------------------------------------------------------------- ending

    @Override
    public void close() {
        appender.checkNotOwner();
        if (!health.beginClosing()) {
            return;
        }
        // It would close files of plain NIO under the thread; whoever waits for it hears of it afterwards.
        boolean interrupted = Thread.interrupted();
        try {
            boolean failedBefore = health.failed();
            documents.stop();
            maintenance.stop();
            vectors.close();
            appender.end();
            if (health.failed() && !failedBefore) {
                throw health.refusal(true);
            }
            if (!health.failed()) {
                syncer.awaitDurable(appender.appended());
                maintenance.finish();
                documents.removeRetired(syncer.durable());
            }
        } catch (AshlarException e) {
            health.fail(e);
            throw e;
        } finally {
            release();
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private void release() {
        health.closed();
        documents.close();
        documents.files().close();
        appender.stop();
        syncer.stop();
        keyspaces.stopLoading();
        boolean interrupted = false;
        for (Thread thread : threads) {
            // A callback of a durable write may close the store on the sync thread, which ends when it returns.
            while (thread != Thread.currentThread() && thread.isAlive()) {
                try {
                    thread.join();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        }
        try {
            documents.close();
            valueFiles.endWriting();
            log.close();
            files.release();
            chunks.close();
        } finally {
            lock.close();
            storage.close();
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    @Override
    public String toString() {
        return "store " + storage.describe();
    }
}
