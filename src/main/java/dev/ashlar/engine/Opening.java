package dev.ashlar.engine;

import dev.ashlar.AshlarException;
import dev.ashlar.CorruptionException;
import dev.ashlar.Damage;
import dev.ashlar.RecoveryReport;
import dev.ashlar.StorageException;
import dev.ashlar.UnsupportedFormatException;
import dev.ashlar.VectorOptions;
import dev.ashlar.io.Causes;
import dev.ashlar.io.Storage;
import dev.ashlar.io.StorageFile;
import dev.ashlar.io.StorageIo;
import dev.ashlar.keyspace.KeyspaceView;
import dev.ashlar.keyspace.Records;
import dev.ashlar.keyspace.Space;
import dev.ashlar.keyspace.SpaceDefinition;
import dev.ashlar.keyspace.SpaceProperty;
import dev.ashlar.log.CheckpointBodies;
import dev.ashlar.log.CheckpointFile;
import dev.ashlar.log.Chunk;
import dev.ashlar.log.ChunkFiles;
import dev.ashlar.log.ChunkLayout;
import dev.ashlar.log.Chunks;
import dev.ashlar.log.FrameLayout;
import dev.ashlar.log.FrameRef;
import dev.ashlar.log.LogRecovery;
import dev.ashlar.log.SegmentFiles;
import dev.ashlar.log.ValueFiles;
import dev.ashlar.log.View;
import dev.ashlar.vector.Segment;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.NavigableSet;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Brings a directory to the state from which writing can go on: manifest, chunks, checkpoint, replay, sealing. Nothing
 * is changed on disk before it is clear that the store can be opened, and everything is in an order in which a crash at
 * any point only means that the next opening does the same again.
 */
final class Opening {
    static final String LOCK = "LOCK";

    /** Each opening that writes nothing leaves a gap as long as a chunk, so they are left behind long before they add up. */
    private static final long FAR = 1L << 30;

    /** In a directory that is being salvaged into: what is there is not a whole store yet. */
    static final String UNFINISHED = "SALVAGE-UNFINISHED";

    private static final Set<String> OURS = Set.of(
            LOCK,
            UNFINISHED,
            ManifestFiles.A + ManifestFiles.NEW,
            ManifestFiles.B + ManifestFiles.NEW,
            ChunkLayout.DIRECTORY,
            ValueFiles.DIRECTORY,
            CheckpointFile.DIRECTORY,
            SegmentFiles.DIRECTORY);

    private final Storage storage;
    private final EngineConfig config;
    private final InstantSource clock;
    private final ManifestFiles manifests;
    /** Known once the manifest is: it says how many there are. */
    private Chunks chunks;

    private final List<String> leftovers = new ArrayList<>();
    private final List<Damage> damaged = new ArrayList<>();
    private final List<Damage> dropped = new ArrayList<>();
    private final long startedAt = System.nanoTime();

    private long replayedRecords;
    private long replayedBytes;
    private boolean rebuilt;

    /** What the view reads its tables from when it needs them; it closes it when it has all. */
    private @Nullable CheckpointBodies later;

    /** What an opening leaves behind for the engine to go on with. */
    record Opened(
            Manifest manifest,
            ManifestFiles manifests,
            Chunks chunks,
            KeyspaceView keyspaces,
            ValueFiles valueFiles,
            ChunkFiles files,
            List<Segment> segments,
            @Nullable Chunk appendTo,
            long predecessor,
            long end,
            RecoveryReport report) {}

    /** Counts the live records of the chunks while a checkpoint is loaded. */
    private static final class LiveCounts implements View.LiveRecords {
        private final boolean[] present;
        private final long[] counts;

        LiveCounts(Chunks chunks) {
            int slots = 0;
            List<Chunk> all = withSegments(chunks);
            for (Chunk chunk : all) {
                slots = Math.max(slots, chunk.slot() + 1);
            }
            present = new boolean[slots];
            counts = new long[slots];
            for (Chunk chunk : all) {
                present[chunk.slot()] = true;
            }
        }

        private static List<Chunk> withSegments(Chunks chunks) {
            List<Chunk> all = new ArrayList<>(chunks.all());
            all.addAll(chunks.segments());
            return all;
        }

        @Override
        public boolean isPresent(int chunkSlot) {
            return chunkSlot >= 0 && chunkSlot < present.length && present[chunkSlot];
        }

        @Override
        public void add(int chunkSlot, long records) {
            counts[chunkSlot] += records;
        }

        void addTo(Chunks chunks) {
            for (Chunk chunk : withSegments(chunks)) {
                chunk.addLive(counts[chunk.slot()], 0);
            }
        }
    }

    @SuppressWarnings("NullAway.Init")
    Opening(Storage storage, EngineConfig config, InstantSource clock) {
        this.storage = storage;
        this.config = config;
        this.clock = clock;
        this.manifests = new ManifestFiles(storage);
    }

    // -------------------------------------------------------------------------------------------------- is it ours

    /**
     * Whether the directory holds a store; false if it is empty, or holds what an interrupted creation left.
     *
     * @throws UnsupportedFormatException if it holds something else
     */
    static boolean holdsStore(Storage storage) {
        if (ManifestFiles.present(storage)) {
            return true;
        }
        for (String entry : storage.list("")) {
            if (!OURS.contains(entry)) {
                throw new UnsupportedFormatException(storage.describe() + " is not an Ashlar store: it has no manifest,"
                        + " and " + entry + " is not ours. Give the path of a store, or of an empty or new directory;"
                        + " nothing was changed.");
            }
        }
        for (String directory : List.of(ValueFiles.DIRECTORY, CheckpointFile.DIRECTORY)) {
            for (String entry : storage.exists(directory) ? storage.list(directory) : List.<String>of()) {
                throw new UnsupportedFormatException(storage.describe() + " is not an Ashlar store: it has no manifest,"
                        + " and " + directory + " holds " + entry + ". Give the path of a store, or of an empty or new"
                        + " directory; nothing was changed.");
            }
        }
        for (String entry :
                storage.exists(ChunkLayout.DIRECTORY) ? storage.list(ChunkLayout.DIRECTORY) : List.<String>of()) {
            throw new CorruptionException(
                    ManifestFiles.A + " and " + ManifestFiles.B,
                    0,
                    "a manifest, since there is a log (" + entry + ")",
                    "none",
                    "Nothing was changed. Restore the manifest or the store from a backup.");
        }
        return false;
    }

    /** Makes an empty store. The manifest comes last: without it there is none. */
    void create() {
        storage.createDirectory(ChunkLayout.DIRECTORY);
        storage.createDirectory(ValueFiles.DIRECTORY);
        storage.createDirectory(CheckpointFile.DIRECTORY);
        storage.syncDirectory("");
        SecureRandom random = new SecureRandom();
        manifests.publish(new Manifest(
                config.newStoreId().get(),
                0,
                0,
                true,
                ChunkLayout.UNIT,
                ChunkLayout.UNIT,
                config.seed() != 0 ? config.seed() : random.nextLong(),
                0,
                0,
                1,
                1,
                List.of(),
                Manifest.Segments.NONE));
    }

    // ----------------------------------------------------------------------------------------------------- recovery

    Opened recover() {
        Manifest found = manifests.load();
        UUID store = found.store();
        long salt = ChunkLayout.salt(store);
        for (String directory : List.of(ChunkLayout.DIRECTORY, ValueFiles.DIRECTORY, CheckpointFile.DIRECTORY)) {
            if (!storage.exists(directory)) {
                damaged.add(new Damage(directory, 0, 0, "the directory is missing; an empty one was made"));
                storage.createDirectory(directory);
                storage.syncDirectory("");
            }
        }
        int highestSlot = IntStream.concat(
                        found.chunks().stream().mapToInt(Manifest.ChunkEntry::slot),
                        found.segments().entries().stream().mapToInt(Manifest.SegmentEntry::slot))
                .max()
                .orElse(-1);
        chunks = new Chunks(
                storage, found.chunks().size() + found.segments().entries().size(), highestSlot);
        // Before chunks that the manifest does not know, which get slots that nobody has.
        List<Segment> segments = openSegments(found);
        long nextBase = openChunks(found);
        ValueFiles valueFiles =
                new ValueFiles(storage, store, Math.max(found.nextValueFile(), ValueFiles.highestId(storage) + 1));
        Records records = new Records(chunks, valueFiles, salt, found.seed(), config.hashMask(), clock);
        KeyspaceView view = new KeyspaceView(records);
        long from = restore(found, view);

        if (rebuilt) {
            damaged.addAll(SegmentOpening.index(storage, found, segments, view));
        }
        Chunk last = chunks.size() == 0 ? null : chunks.all().getLast();
        long end = found.durable();
        if (!found.clean() || rebuilt) {
            LogRecovery recovery = new LogRecovery(storage, chunks, salt, sealedBelow(found));
            LogRecovery.Result result = recovery.run(from, found.durable(), replayInto(view, found.features()));
            damaged.addAll(result.damaged());
            for (Space space : view.nameProvisional()) {
                damaged.add(new Damage(
                        ChunkLayout.DIRECTORY,
                        0,
                        0,
                        space.vectors() == null
                                ? "the definition of a keyspace is lost; its records are in \"" + space.name() + "\""
                                : "the definition of a vector collection is lost; its rows are in \"" + space.name()
                                        + "\""));
            }
            dropped.addAll(result.dropped());
            replayedRecords = result.records();
            replayedBytes = result.bytes();
            last = result.lastChunk();
            end = result.end();
            recovery.rewriteTail(result);
            dropUnvisited(found, result);
            if (last != null && chunks.holding(last.base()) == null) {
                last = null;
            }
        }
        segments = withSpace(segments, view);
        // Also above what a chunk held that is missing.
        nextBase = Math.max(nextBase, FrameLayout.alignUp(Math.max(found.durable(), end), ChunkLayout.UNIT));
        if (nextBase > Manifest.ADDRESSES - ChunkLayout.MAX_CAPACITY) {
            throw new CorruptionException(
                    ChunkLayout.DIRECTORY,
                    0,
                    "chunks whose addresses leave room for more",
                    "a next base of " + nextBase,
                    "A file in it that is not of this store uses them up: move it away. Nothing was changed.");
        }
        boolean goOn = found.clean() && !rebuilt && last != null && canAppendTo(last, end, nextBase);
        // A chunk that is gone on with has no end yet: what comes behind the present one must be found after a crash.
        Manifest next = manifestAfter(found, last, goOn ? 0 : end, end, nextBase, segments);
        manifests.publish(next);
        List<String> swept = sweep(next, valueFiles);
        RecoveryReport report = new RecoveryReport(
                found.clean() && !rebuilt,
                replayedRecords,
                replayedBytes,
                damaged,
                dropped,
                swept,
                rebuilt,
                Duration.ofNanos(System.nanoTime() - startedAt));
        ChunkFiles files =
                new ChunkFiles(storage, chunks, store, nextBase, config.leastChunkBytes(), config.mostChunkBytes());
        return new Opened(
                next,
                manifests,
                chunks,
                view,
                valueFiles,
                files,
                segments,
                goOn ? last : null,
                last == null ? 0 : last.base(),
                end,
                report);
    }

    /** Maps the segments of the manifest. */
    private List<Segment> openSegments(Manifest found) {
        List<Segment> segments = new ArrayList<>();
        for (Manifest.SegmentEntry entry : found.segments().entries()) {
            segments.add(SegmentOpening.open(storage, chunks, found.store(), entry, damaged));
        }
        return segments;
    }

    /** Those whose collection is there: another one was removed, and its segments go with it. */
    private List<Segment> withSpace(List<Segment> segments, KeyspaceView view) {
        List<Segment> present = new ArrayList<>();
        for (Segment segment : segments) {
            Space space = view.space(segment.space());
            VectorOptions options = space == null ? null : space.vectors();
            if (options != null && segment.fits(options)) {
                present.add(segment.withStride(options.stride()));
            } else {
                chunks.retire(segment.chunk());
            }
        }
        return present;
    }

    /**
     * After a clean close nothing was ever written behind the end, so the chunk can be gone on with. Not if it has become far from
     * there to the next one: a batch has to be able to go over, see {@link FrameLayout#MOST_OF_A_BATCH}.
     */
    private boolean canAppendTo(Chunk last, long end, long nextBase) {
        return nextBase - last.limit() < FAR
                && last.contains(end)
                && storage.exists(last.file())
                && fileLength(last.file()) == last.capacity();
    }

    private long fileLength(String name) {
        try (StorageFile file = storage.open(name)) {
            return file.size();
        }
    }

    /**
     * Maps the chunks of the manifest, and those that are newer.
     *
     * @return above every LSN that any chunk present could hold
     */
    private long openChunks(Manifest found) {
        Set<String> known = new HashSet<>();
        long nextBase = found.nextBase();
        for (Manifest.ChunkEntry entry : found.chunks()) {
            long end = entry.end() != 0 ? entry.end() : entry.base() + ChunkLayout.HEADER;
            if (found.clean() && entry.end() == 0) {
                end = Math.clamp(found.durable(), end, entry.base() + entry.capacity());
            }
            Chunk chunk = ChunkFiles.openExisting(storage, chunks, entry.base(), entry.capacity(), entry.slot(), end);
            // Also if the log is replayed, which says the same again of what is behind the checkpoint.
            chunk.expires(entry.earliestExpiry());
            known.add(chunk.file());
            nextBase = Math.max(nextBase, chunk.limit());
            checkFile(chunk, found.store());
        }
        NavigableSet<Long> bases = new TreeSet<>();
        for (String entry : storage.list(ChunkLayout.DIRECTORY)) {
            bases.add(ChunkLayout.baseOf(entry));
        }
        for (long base : bases) {
            if (base < 0) {
                continue; // what is not ours
            }
            String name = ChunkLayout.fileName(base);
            if (known.contains(name)) {
                continue;
            }
            long length = fileLength(name);
            long stated = statedCapacity(name, found.store(), base);
            if (base >= found.nextBase() && !found.clean() && (stated > 0 || ChunkLayout.isCapacity(length))) {
                // Chunks do not overlap: a file that does, and does not say how large it should be, was extended.
                Long behind = bases.higher(base);
                long capacity = stated > 0 ? stated : behind == null ? length : Math.min(length, behind - base);
                Chunk chunk = ChunkFiles.openExisting(storage, chunks, base, capacity, -1, base + ChunkLayout.HEADER);
                if (stated > 0) {
                    checkFile(chunk, found.store());
                }
                nextBase = Math.max(nextBase, chunk.limit());
            } else {
                leftovers.add(name);
                nextBase = Math.max(nextBase, base + FrameLayout.alignUp(Math.max(length, 1), ChunkLayout.UNIT));
            }
        }
        return nextBase;
    }

    /** The capacity that the header of a chunk which no manifest lists says; 0 if it is damaged, or never was written. */
    private long statedCapacity(String name, UUID store, long base) {
        try (StorageFile file = storage.open(name);
                Arena arena = Arena.ofConfined()) {
            if (file.size() < ChunkLayout.HEADER) {
                return 0;
            }
            MemorySegment s = arena.allocate(ChunkLayout.HEADER, 8);
            StorageIo.readFully(file, s, 0, ChunkLayout.HEADER, 0);
            long capacity = ChunkLayout.capacity(s);
            return ChunkLayout.verifies(s, name, store, base, capacity) && ChunkLayout.isCapacity(capacity)
                    ? capacity
                    : 0;
        }
    }

    /** Reports a chunk file that is missing, short, or has a damaged header; its other records stay readable. */
    private void checkFile(Chunk chunk, UUID store) {
        if (!storage.exists(chunk.file())) {
            damaged.add(
                    new Damage(chunk.file(), 0, chunk.capacity(), "the chunk file is missing; its records are lost"));
            return;
        }
        long length = fileLength(chunk.file());
        if (length < chunk.capacity()) {
            damaged.add(new Damage(
                    chunk.file(),
                    length,
                    chunk.capacity() - length,
                    "the chunk file has " + length + " bytes instead of " + chunk.capacity()));
        }
        MemorySegment s = chunk.segment();
        if (s.byteSize() >= ChunkLayout.HEADER
                && !ChunkLayout.verifies(s, chunk.file(), store, chunk.base(), chunk.capacity())) {
            damaged.add(new Damage(
                    chunk.file(), 0, ChunkLayout.HEADER, "the header of the chunk does not verify; no record is lost"));
        }
    }

    /** Chunks with a lower base have an end that the manifest says. */
    static long sealedBelow(Manifest found) {
        long sealed = 0;
        for (Manifest.ChunkEntry entry : found.chunks()) {
            if (entry.end() == 0 && !found.clean()) {
                return entry.base();
            }
            sealed = entry.base() + 1;
        }
        return sealed;
    }

    /** Loads the checkpoint; returns where replay begins. */
    private long restore(Manifest found, KeyspaceView view) {
        Chunk first = chunks.first();
        if (found.checkpoint() != 0) {
            try (CheckpointFile.Reader in = new CheckpointFile.Reader(storage, found.store(), found.checkpoint())) {
                if (in.begin() != found.checkpointBegin()) {
                    throw in.damaged("a checkpoint that begins at " + found.checkpointBegin());
                }
                LiveCounts counts = new LiveCounts(chunks);
                if (found.clean() && config.threaded() && storage.survivesInterrupts()) {
                    later = new CheckpointBodies(storage, found.checkpoint());
                }
                view.restore(in, counts, later);
                counts.addTo(chunks);
                for (Manifest.ChunkEntry entry : found.chunks()) {
                    Chunk chunk = chunks.holding(entry.base());
                    if (chunk != null) {
                        chunk.addLive(0, entry.liveBytes());
                    }
                }
                return found.checkpointBegin();
            } catch (UnsupportedFormatException e) {
                throw e;
            } catch (AshlarException e) {
                if (e instanceof StorageException failure && Causes.isShortage(failure)) {
                    throw e; // the checkpoint is as good as ever
                }
                damaged.add(new Damage(
                        CheckpointFile.fileName(found.checkpoint()),
                        0,
                        0,
                        "the indexes are rebuilt from the log, because: " + e.getMessage()));
                view.reset();
                closeBodies();
                chunks.all().forEach(Chunk::clearLive);
                chunks.segments().forEach(Chunk::clearLive);
                rebuilt = true;
            }
        }
        return first == null ? found.durable() : first.base();
    }

    private LogRecovery.Replay replayInto(KeyspaceView view, int features) {
        boolean properties = (features & Feature.PROPERTIES.bit()) != 0;
        FrameRef ref = new FrameRef();
        return (chunk, lsn, s, at) -> {
            ref.read(chunk, lsn, s, at);
            ref.keyHash = view.records().hash(ref.keyBytes, ref.keyAt, ref.keyLength);
            if (ref.space == KeyspaceView.SYSTEM && ref.type == FrameLayout.PUT && FrameLayout.payloadVerifies(s, at)) {
                if (properties && ref.keyLength == SpaceProperty.KEY_BYTES) {
                    boolean documents = (features & Feature.DOCUMENTS.bit()) != 0;
                    SpaceProperty.check(s, ref.keyAt, FrameLayout.payloadLength(s, at), documents);
                } else {
                    view.define(SpaceDefinition.read(
                            s,
                            ref.keyAt,
                            ref.keyLength,
                            FrameLayout.payloadOffset(s, at),
                            FrameLayout.payloadLength(s, at)));
                }
            }
            if (!view.owns(ref.space)) {
                if (ref.type == FrameLayout.CLEAR) {
                    return; // there is nothing of that space before it, or the space was removed
                }
                view.defineProvisionally(ref.space);
            }
            view.apply(ref);
        };
    }

    /**
     * Chunks that the log did not reach are not part of it; their files go when the manifest says so. Neither are chunks
     * that no manifest lists and in which the log got to no frame: they were being made when the store crashed, so their
     * name, length and header may exist in a page cache only, and the next opening would miss them.
     */
    private void dropUnvisited(Manifest found, LogRecovery.Result result) {
        Set<Long> keep = new HashSet<>();
        result.visited().stream()
                .filter(chunk -> chunk.end() > chunk.base() + ChunkLayout.HEADER)
                .forEach(chunk -> keep.add(chunk.base()));
        long lastBase = result.lastChunk() == null ? 0 : result.lastChunk().base();
        found.chunks().stream().filter(entry -> entry.base() <= lastBase).forEach(entry -> keep.add(entry.base()));
        for (Chunk chunk : chunks.all()) {
            if (!keep.contains(chunk.base())) {
                chunks.retire(chunk);
                leftovers.add(chunk.file());
            }
        }
    }

    /** @param sealedAt where the last chunk ends for good, or 0 if the log goes on in it */
    private Manifest manifestAfter(
            Manifest found, @Nullable Chunk last, long sealedAt, long end, long nextBase, List<Segment> segments) {
        List<Manifest.SegmentEntry> present = found.segments().entries().stream()
                .filter(entry -> segments.stream().anyMatch(segment -> segment.number() == entry.number()))
                .toList();
        // Segments, and the file that says which of their rows are dead, go with a checkpoint. Without it they are
        // needed as they are until there is another one, so it is still named.
        boolean forget = rebuilt && present.isEmpty();
        List<Manifest.ChunkEntry> entries = new ArrayList<>();
        for (Chunk chunk : chunks.all()) {
            long liveBytes = found.chunks().stream()
                    .filter(entry -> entry.base() == chunk.base())
                    .mapToLong(Manifest.ChunkEntry::liveBytes)
                    .findFirst()
                    .orElse(0);
            entries.add(new Manifest.ChunkEntry(
                    chunk.base(),
                    chunk.capacity(),
                    chunk == last ? sealedAt : chunk.end(),
                    liveBytes,
                    chunk.slot(),
                    chunk.earliestExpiry()));
        }
        return new Manifest(
                found.store(),
                found.features(),
                0,
                false,
                Math.max(found.durable(), end),
                nextBase,
                found.seed(),
                forget ? 0 : found.checkpoint(),
                forget ? 0 : found.checkpointBegin(),
                Math.max(found.nextValueFile(), ValueFiles.highestId(storage) + 1),
                Math.max(found.nextCheckpoint(), highestCheckpoint() + 1),
                entries,
                new Manifest.Segments(Math.max(found.segments().next(), highestSegment() + 1), present));
    }

    private long highestSegment() {
        long highest = 0;
        for (String entry : segmentFiles()) {
            highest = Math.max(highest, SegmentFiles.numberOf(entry));
        }
        return highest;
    }

    private List<String> segmentFiles() {
        return storage.exists(SegmentFiles.DIRECTORY) ? storage.list(SegmentFiles.DIRECTORY) : List.of();
    }

    private long highestCheckpoint() {
        long highest = 0;
        for (String entry : storage.list(CheckpointFile.DIRECTORY)) {
            highest = Math.max(highest, CheckpointFile.idOf(entry));
        }
        for (String entry : segmentFiles()) {
            highest = Math.max(highest, DeathsFile.checkpointOf(entry));
        }
        return highest;
    }

    // ------------------------------------------------------------------------------------------------------ sweeping

    /** Removes what a crash left and the manifest, which is durable, does not name. Files that are not ours stay. */
    private List<String> sweep(Manifest valid, ValueFiles valueFiles) {
        List<String> swept = new ArrayList<>();
        for (String name : leftovers) {
            if (StorageIo.removeIfPresent(storage, name)) {
                swept.add(name);
            }
        }
        for (String entry : storage.list(CheckpointFile.DIRECTORY)) {
            long id = CheckpointFile.idOf(entry);
            if (id >= 0 && id != valid.checkpoint()) {
                String name = CheckpointFile.DIRECTORY + "/" + entry;
                storage.unlink(name);
                swept.add(name);
            }
        }
        for (String entry : segmentFiles()) {
            long deathsOf = DeathsFile.checkpointOf(entry);
            if (deathsOf >= 0 && deathsOf != valid.checkpoint()) {
                storage.unlink(DeathsFile.fileName(deathsOf));
                swept.add(DeathsFile.fileName(deathsOf));
            }
            long number = SegmentFiles.numberOf(entry);
            if (number >= 0 && valid.segments().entries().stream().noneMatch(segment -> segment.number() == number)) {
                String name = SegmentFiles.fileName(number);
                storage.unlink(name);
                swept.add(name);
            }
        }
        swept.addAll(valueFiles.sweep());
        return swept;
    }

    private void closeBodies() {
        if (later != null) {
            later.close();
        }
    }

    /** Unmaps what was mapped; opening failed. */
    void abandon() {
        closeBodies();
        if (chunks != null) {
            chunks.close();
        }
    }
}
