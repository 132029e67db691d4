package dev.ashlar.engine;

import dev.ashlar.AshlarException;
import dev.ashlar.CompactionEstimate;
import dev.ashlar.CompactionReport;
import dev.ashlar.StorageException;
import dev.ashlar.StoreClosedException;
import dev.ashlar.StoreFullException;
import dev.ashlar.StoreOptions;
import dev.ashlar.WriteTimeoutException;
import dev.ashlar.io.Storage;
import dev.ashlar.io.StorageIo;
import dev.ashlar.keyspace.Space;
import dev.ashlar.log.CheckpointFile;
import dev.ashlar.log.Chunk;
import dev.ashlar.log.ChunkFiles;
import dev.ashlar.log.ChunkLayout;
import dev.ashlar.log.Chunks;
import dev.ashlar.log.LogWriter;
import dev.ashlar.log.ValueFiles;
import dev.ashlar.log.View;
import dev.ashlar.vector.Rows;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * Everything that changes what the store consists of, one thing at a time, on one thread: preparing chunks, publishing
 * the manifest, checkpoints, compaction, retiring chunks, removing files. Nothing else publishes a manifest or removes a
 * file of an open store.
 */
final class Maintenance {
    /** The n-th part of the time is what looking for expired records may take. */
    private static final int SWEEPING_SHARE = 16;

    /** Chunks that are made ahead at the most: 64 GiB of log. */
    private static final long MOST_RESERVED = 1024;

    private final Storage storage;
    private final StoreOptions options;
    private final Chunks chunks;
    private final ChunkFiles files;
    private final LogWriter log;
    private final Views views;
    private final ValueFiles valueFiles;
    private final Appender appender;
    private final Syncer syncer;
    private final Health health;
    private final ManifestFiles manifests;
    private final Retired retired;
    private final Compactor compactor;
    private final Sweeper sweeper;
    private final SegmentUpkeep segments;
    private final @Nullable ScheduledExecutorService executor;
    private final AtomicBoolean tickScheduled = new AtomicBoolean();
    private final AtomicBoolean announcing = new AtomicBoolean();

    private Manifest manifest;

    /** Live bytes of each chunk when the present checkpoint began: what replay starts to count from. */
    private final Map<Long, Long> liveAtCheckpoint = new HashMap<>();

    private boolean checkpointLost;
    private volatile long checkpointBegin;

    /** What the manifest says the log may hold, in both copies. */
    private volatile int features;

    private long checkpointBytes;
    private int publishedChunks;

    Maintenance(
            Storage storage,
            StoreOptions options,
            Chunks chunks,
            ChunkFiles files,
            LogWriter log,
            Views views,
            ValueFiles valueFiles,
            Appender appender,
            Syncer syncer,
            Health health,
            ManifestFiles manifests,
            Manifest manifest,
            Compactor compactor,
            Sweeper sweeper,
            SegmentUpkeep segments,
            boolean threaded) {
        this.storage = storage;
        this.options = options;
        this.chunks = chunks;
        this.files = files;
        this.log = log;
        this.views = views;
        this.valueFiles = valueFiles;
        this.appender = appender;
        this.syncer = syncer;
        this.health = health;
        this.manifests = manifests;
        this.manifest = manifest;
        this.compactor = compactor;
        this.sweeper = sweeper;
        this.segments = segments;
        this.retired = new Retired();
        this.checkpointBegin = manifest.checkpointBegin();
        this.features = manifest.features();
        manifest.chunks().forEach(chunk -> liveAtCheckpoint.put(chunk.base(), chunk.liveBytes()));
        this.executor = threaded
                ? Executors.newSingleThreadScheduledExecutor(
                        Thread.ofPlatform().name("ashlar-maintenance").daemon().factory())
                : null;
        if (announces(Feature.EXPIRY)) {
            scheduleSweeps();
        }
    }

    /** The checkpoint that the manifest names cannot be read: another one is due. Before anything else. */
    void checkpointIsLost() {
        checkpointLost = true;
    }

    long checkpointBegin() {
        return checkpointBegin;
    }

    long retiredBytes() {
        return retired.bytes();
    }

    // ------------------------------------------------------------------------------------------------- what is due

    /** Runs {@link #tick} soon. Cheap; called by the appender. */
    void wake() {
        if (executor != null && tickScheduled.compareAndSet(false, true)) {
            try {
                executor.execute(this::tickQuietly);
            } catch (RejectedExecutionException e) {
                // The store is being closed, which does all that matters.
                tickScheduled.set(false);
            }
        }
    }

    private void tickQuietly() {
        tickScheduled.set(false);
        quietly(this::tick);
    }

    private void quietly(Runnable action) {
        try {
            action.run();
        } catch (StoreClosedException e) {
            // The store is being closed, which does all that matters.
        } catch (StorageException | WriteTimeoutException e) {
            // Nothing is lost, and the next tick tries again. Writers are told when they need room; sync() tells the
            // rest.
            if (!(e instanceof StoreFullException)) {
                appender.report(e);
            }
        } catch (Throwable e) {
            health.fail(e);
            syncer.failPending();
        }
    }

    /** Does what is due. */
    void tick() {
        if (health.failed()) {
            return;
        }
        Chunk current = log.chunk();
        boolean halfFull = appender.appended() - current.base() > current.capacity() / 2;
        // One is the reserve; a second one, when the present chunk fills up, is what the log goes on in.
        int wanted = halfFull ? 2 : 1;
        valueFiles.removeSuperseded(syncer.durable());
        boolean full = !prepare(wanted);
        if (chunks.size() != publishedChunks) {
            publish(false);
        }
        if (segments.go(this::wake, appender::report)
                || segments.hasChanged()
                || checkpointLost
                || log.next() - checkpointBegin > options.checkpointBytes() + checkpointBytes) {
            checkpointNow();
            retireEmpty();
        }
        if (options.autoCompaction()) {
            compactNow(false);
        }
        if (full) {
            files.prepare(wanted);
        }
    }

    /** False if there is no room now; compaction may make it. */
    private boolean prepare(int wanted) {
        try {
            files.prepare(wanted);
            return true;
        } catch (StoreFullException e) {
            return false;
        }
    }

    /** Runs something on the maintenance thread and waits for it. */
    <T> T call(Callable<T> action) {
        appender.checkNotOwner();
        if (executor == null) {
            return run(action);
        }
        try {
            return executor.submit(() -> run(action)).get();
        } catch (RejectedExecutionException e) {
            throw health.refusal(false);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AshlarException("interrupted while waiting for maintenance, which goes on", e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof AshlarException failure) {
                throw Failures.copy(failure);
            }
            throw new IllegalStateException("maintenance failed", e.getCause());
        }
    }

    private static <T> T run(Callable<T> action) {
        try {
            return action.call();
        } catch (RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    // -------------------------------------------------------------------------------------------------- the manifest

    /** Publishes what the store consists of now. */
    void publish(boolean clean) {
        publish(clean, Set.of(), manifest.checkpoint(), checkpointBegin, manifest.segments());
    }

    private void publish(boolean clean, Set<Chunk> without, long checkpoint, long begin, Manifest.Segments segments) {
        publish(clean, features, without, checkpoint, begin, segments);
    }

    /** Whether the manifest announces a feature, in both copies. */
    boolean announces(Feature feature) {
        return (features & feature.bit()) != 0;
    }

    /** Sees to it that the manifest announces a feature, durably, before anything is written that needs it. Any thread. */
    void require(Feature feature) {
        if (!announces(feature)) {
            call(() -> announce(feature));
        }
    }

    /**
     * Whether the manifest announces a feature, for who may not wait; if it does not yet, it will soon. Where there is no
     * maintenance thread it is announced at once.
     */
    boolean announcesOrWill(Feature feature) {
        if (announces(feature)) {
            return true;
        }
        if (executor == null) {
            require(feature);
            return true;
        }
        if (announcing.compareAndSet(false, true)) {
            try {
                executor.execute(() -> {
                    announcing.set(false);
                    quietly(() -> announce(feature));
                });
            } catch (RejectedExecutionException e) {
                throw health.refusal(false);
            }
        }
        return false;
    }

    private boolean announce(Feature feature) {
        if (announces(feature)) {
            return false; // somebody else was faster
        }
        int wanted = features | feature.bit();
        publish(false, wanted, Set.of(), manifest.checkpoint(), checkpointBegin, manifest.segments());
        features = wanted;
        if (feature == Feature.EXPIRY) {
            scheduleSweeps();
        }
        return true;
    }

    private void scheduleSweeps() {
        long interval = options.sweepInterval().toNanos();
        if (executor != null && interval > 0) {
            try {
                ScheduledFuture<?> ignored = executor.scheduleWithFixedDelay(
                        () -> quietly(() -> sweep(interval / SWEEPING_SHARE)),
                        interval,
                        interval,
                        TimeUnit.NANOSECONDS);
            } catch (RejectedExecutionException e) {
                // The store is being closed: the next one that opens it sweeps.
            }
        }
    }

    private void sweep(long nanos) {
        if (!health.failed()) {
            sweeper.sweepFor(nanos);
        }
    }

    private void publish(
            boolean clean, int features, Set<Chunk> without, long checkpoint, long begin, Manifest.Segments segments) {
        long durable = syncer.durable();
        Manifest next = appender.exclusively(() -> {
            Chunk current = log.chunk();
            List<Manifest.ChunkEntry> entries = new ArrayList<>();
            for (Chunk chunk : chunks.all()) {
                if (!without.contains(chunk)) {
                    entries.add(new Manifest.ChunkEntry(
                            chunk.base(),
                            chunk.capacity(),
                            chunk == current ? 0 : chunk.end(),
                            liveAtCheckpoint.getOrDefault(chunk.base(), 0L),
                            chunk.slot(),
                            sweeper.earliestExpiry(chunk, durable)));
                }
            }
            // Prepared chunks are newer than the manifest until they are part of the log.
            long nextBase = clean ? files.nextBase() : current.limit();
            return new Manifest(
                    manifest.store(),
                    features,
                    0,
                    clean,
                    durable,
                    nextBase,
                    manifest.seed(),
                    checkpoint,
                    begin,
                    valueFiles.nextId(),
                    manifest.nextCheckpoint(),
                    entries,
                    segments);
        });
        manifests.publish(next);
        manifest = next;
        publishedChunks = next.chunks().size();
    }

    // --------------------------------------------------------------------------------------------------- checkpoints

    void checkpointNow() {
        Map<Long, Long> live = new HashMap<>();
        long begin = appender.exclusively(() -> {
            chunks.all().forEach(chunk -> live.put(chunk.base(), chunk.liveBytes()));
            return log.next();
        });
        // The index goes over from one segment to another on this thread only, so the image refers to these.
        Manifest.Segments present = segments.entries();
        long id = manifest.nextCheckpoint();
        manifest = withNextCheckpoint(id + 1);
        boolean complete = false;
        try (CheckpointFile.Writer out = new CheckpointFile.Writer(storage, manifest.store(), id, begin)) {
            for (View view : views.all()) {
                view.checkpoint(out);
            }
            segments.writeDeaths(id);
            // The image, and what says which rows are dead, may show anything up to here: not to count before that is
            // durable.
            long end = applied();
            checkpointBytes = out.finish();
            syncer.awaitDurable(end);
            complete = true;
        } finally {
            if (!complete) {
                segments.discardDeaths(id);
            }
        }
        long former = manifest.checkpoint();
        liveAtCheckpoint.clear();
        liveAtCheckpoint.putAll(live);
        publish(false, Set.of(), id, begin, present);
        checkpointBegin = begin;
        checkpointLost = false;
        segments.published();
        if (former != 0) {
            StorageIo.removeIfPresent(storage, CheckpointFile.fileName(former));
            StorageIo.removeIfPresent(storage, DeathsFile.fileName(former));
        }
    }

    private Manifest withNextCheckpoint(long next) {
        Manifest m = manifest;
        return new Manifest(
                m.store(),
                m.features(),
                m.generation(),
                m.clean(),
                m.durable(),
                m.nextBase(),
                m.seed(),
                m.checkpoint(),
                m.checkpointBegin(),
                m.nextValueFile(),
                next,
                m.chunks(),
                m.segments());
    }

    // ---------------------------------------------------------------------------------------------------- compaction

    /**
     * Relocates what is live in sparse chunks, and retires them.
     *
     * @param all everything that is worth it, not only when it is much
     */
    CompactionReport compactNow(boolean all) {
        long start = System.nanoTime();
        int retiredChunks = 0;
        long freed = 0;
        Compactor.Progress progress = new Compactor.Progress();
        Set<Chunk> tried = new HashSet<>();
        Chunk last = current(); // what is moved goes behind it, and is not for this time
        while (true) {
            List<Chunk> round = compactor.choose(last, all, tried);
            if (round.isEmpty()) {
                break;
            }
            tried.addAll(round);
            for (Chunk chunk : round) {
                relocate(chunk, progress);
            }
            Set<Chunk> empty = new HashSet<>();
            for (Chunk chunk : round) {
                if (isEmpty(chunk)) {
                    empty.add(chunk);
                    freed += chunk.capacity();
                }
            }
            retiredChunks += empty.size();
            retire(empty);
        }
        return new CompactionReport(
                retiredChunks,
                progress.records,
                progress.bytes,
                freed,
                java.time.Duration.ofNanos(System.nanoTime() - start));
    }

    /**
     * Only what is durable is moved: a record that was moved stands for itself, and would outlive a loss of power that takes
     * the rest of its batch.
     */
    private void relocate(Chunk chunk, Compactor.Progress progress) {
        syncer.awaitDurable(chunk.end());
        compactor.relocate(chunk, progress);
    }

    /** The chunk that the log goes on in, and not one that a group has begun which may be taken back. */
    private Chunk current() {
        return appender.exclusively(log::chunk);
    }

    /** The end of what the index may show: a group that is being applied is in it already, and is waited for. */
    private long applied() {
        return appender.exclusively(appender::appended);
    }

    /** Whether nothing refers to what is in a chunk, and nobody will. */
    private boolean isEmpty(Chunk chunk) {
        return chunk.liveRecords() == 0
                && !chunk.isShown()
                && !chunk.damaged()
                && !chunk.isPinned()
                && segments.release(chunk);
    }

    /** Takes out chunks whose rows have all gone to segments, as the checkpoint knows. */
    private void retireEmpty() {
        Chunk current = current();
        Set<Chunk> empty = new HashSet<>();
        Compactor.Progress ignored = new Compactor.Progress();
        for (Chunk chunk : chunks.all()) {
            if (chunk.base() < current.base() && chunk.hasRows() && isEmpty(chunk)) {
                relocate(chunk, ignored); // deletions that older chunks need
                empty.add(chunk);
            }
        }
        retire(empty);
    }

    /** Prepares chunks for so many bytes of log, as many as can be prepared at once. */
    boolean reserve(long bytes) {
        long wanted = 1 + (bytes + ChunkLayout.MAX_CAPACITY - 1) / ChunkLayout.MAX_CAPACITY;
        files.prepare((int) Math.min(wanted, MOST_RESERVED));
        return true;
    }

    /** Builds segments of all rows of a collection that are in none. */
    boolean flush(Rows rows) {
        boolean adopted = segments.buildNow(rows);
        if (adopted || segments.hasChanged()) {
            checkpointNow();
            retireEmpty();
        }
        return adopted;
    }

    /** A vector collection was removed, durably: if its segments cannot be taken out now, it is removed nevertheless. */
    boolean removed(Space space) {
        quietly(() -> {
            segments.removed(space);
            checkpointNow();
            retireEmpty();
        });
        return true;
    }

    /** Merges the segments that are worth it, and compacts the log, which that makes emptier. */
    CompactionReport compactAll() {
        if (segments.mergeSparse() || segments.hasChanged()) {
            checkpointNow();
            retireEmpty();
        }
        return compactNow(true);
    }

    CompactionEstimate estimateCompaction() {
        return compactor.estimate(current());
    }

    /** Takes chunks that no index slot points into out of the store, under the rules of docs/DURABILITY.md. */
    private void retire(Set<Chunk> empty) {
        if (empty.isEmpty()) {
            return;
        }
        // (ii) what superseded, deleted or relocated something out of them is durable.
        syncer.awaitDurable(applied());
        // (iii) replay starts behind them, and behind what superseded values in files that their records named.
        long last = 0;
        for (Chunk chunk : empty) {
            last = Math.max(last, chunk.replayBeginsBehind());
        }
        if (checkpointBegin < last) {
            checkpointNow();
        }
        publish(false, empty, manifest.checkpoint(), checkpointBegin, manifest.segments());
        for (Chunk chunk : empty) {
            retired.add(chunk);
            chunks.retire(chunk);
            StorageIo.removeIfPresent(storage, chunk.file());
        }
        publishedChunks = chunks.size();
    }

    // -------------------------------------------------------------------------------------------------------- ending

    /** Waits for what runs and refuses what comes. */
    void stop() {
        sweeper.stop();
        segments.halt();
        if (executor != null) {
            executor.shutdown();
            awaitEnd(executor);
        }
        segments.stop();
    }

    /** An interrupt does not shorten the wait: what maintenance does must not overlap with what closing does. */
    private void awaitEnd(ScheduledExecutorService running) {
        long end = System.nanoTime() + TimeUnit.MINUTES.toNanos(10);
        boolean interrupted = false;
        try {
            while (System.nanoTime() < end) {
                try {
                    if (running.awaitTermination(Syncer.SERVES_EVERY_NANOS, TimeUnit.NANOSECONDS)) {
                        return;
                    }
                    syncer.serve();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
            throw new StorageException(
                    "close", storage.describe(), StorageException.UNKNOWN_ERRNO, "maintenance does not end");
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Leaves everything so that the next opening has nothing to replay. No thread writes any more. */
    void finish() {
        files.close();
        valueFiles.removeSuperseded(syncer.durable());
        if (checkpointBegin != log.next() || manifest.checkpoint() == 0 || checkpointLost || segments.hasChanged()) {
            checkpointNow();
        }
        publish(true);
    }
}
