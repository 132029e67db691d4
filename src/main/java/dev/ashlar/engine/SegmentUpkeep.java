package dev.ashlar.engine;

import dev.ashlar.AshlarException;
import dev.ashlar.StorageException;
import dev.ashlar.StoreClosedException;
import dev.ashlar.StoreFullException;
import dev.ashlar.io.Storage;
import dev.ashlar.io.StorageIo;
import dev.ashlar.keyspace.Records;
import dev.ashlar.keyspace.Space;
import dev.ashlar.log.Chunk;
import dev.ashlar.log.Chunks;
import dev.ashlar.log.LogWriter;
import dev.ashlar.log.SegmentFiles;
import dev.ashlar.vector.RowList;
import dev.ashlar.vector.Rows;
import dev.ashlar.vector.Segment;
import dev.ashlar.vector.SegmentBuild;
import dev.ashlar.vector.SegmentBuilder;
import dev.ashlar.vector.SegmentPlan;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Builds the segments of vector collections, and takes them out again. Workers write files; everything that changes what
 * the store consists of happens on the maintenance thread, as for the log's chunks.
 *
 * <pre>
 *   due ─► plan ─► workers: files, durable ─► adopt: the index goes over ─► checkpoint, with it the manifest ─► sources go
 * </pre>
 *
 * <p>Nothing of this is in the log. A checkpoint and the manifest that names it are the one step: before it, opening finds an image that
 * refers to the sources, which are all there, and removes the new files; after it, an image that refers to the new ones.
 */
final class SegmentUpkeep {
    /** Rows in the log become worth a segment of their own. */
    private static final long DUE_BYTES = 32L << 20;

    private record Running(SegmentBuild build, Future<?> future) {}

    private final Storage storage;
    private final UUID store;
    private final Chunks chunks;
    private final Vectors vectors;
    private final Snapshots snapshots;
    private final Appender appender;
    private final LogWriter log;
    private final long mostBytes;
    private final SegmentBuilder builder;
    private final AtomicLong nextNumber;
    private final @Nullable ExecutorService workers;
    private final Map<Rows, Running> running = new HashMap<>();

    /** Segments that are read no more, and are in the last manifest. */
    private final List<Segment> left = new ArrayList<>();

    /** Segments whose files are gone, and that somebody may still read. */
    private final List<Segment> retiring = new ArrayList<>();

    private volatile boolean hasRetiring;

    private boolean changed;
    private volatile boolean directoryDurable;
    private volatile boolean stopped;

    SegmentUpkeep(
            Storage storage,
            UUID store,
            Records records,
            Vectors vectors,
            Snapshots snapshots,
            Appender appender,
            LogWriter log,
            long nextNumber,
            long mostBytes,
            boolean threaded) {
        this.storage = storage;
        this.store = store;
        this.chunks = records.chunks();
        this.vectors = vectors;
        this.snapshots = snapshots;
        this.appender = appender;
        this.log = log;
        this.mostBytes = mostBytes;
        this.nextNumber = new AtomicLong(nextNumber);
        this.builder = new SegmentBuilder(storage, records, store, () -> !stopped);
        this.workers = threaded
                ? Executors.newFixedThreadPool(
                        Math.max(1, Runtime.getRuntime().availableProcessors() / 2),
                        Thread.ofPlatform().name("ashlar-segments-", 0).daemon().factory())
                : null;
    }

    /** Sees to it that somebody looks when a collection's rows have become worth a segment. */
    void watch(Rows rows, Runnable wake) {
        long stride = rows.options().stride();
        rows.whenDue(Math.max(1, Math.min(DUE_BYTES, mostBytes / 2) / stride), wake);
    }

    /** Segments as the index refers to them now, for the manifest. */
    Manifest.Segments entries() {
        List<Manifest.SegmentEntry> entries = new ArrayList<>();
        for (Vectors.Members members : vectors.all()) {
            for (Segment segment : members.rows().segments()) {
                entries.add(new Manifest.SegmentEntry(
                        segment.number(),
                        segment.chunk().capacity(),
                        segment.chunk().slot(),
                        segment.space(),
                        segment.rows()));
            }
        }
        return new Manifest.Segments(nextNumber.get(), entries);
    }

    /** Says beside a checkpoint which rows are dead. */
    void writeDeaths(long checkpoint) {
        List<Segment> present = vectors.segments();
        if (!present.isEmpty()) {
            DeathsFile.write(storage, store, checkpoint, present);
        }
    }

    /** The checkpoint has come to nothing. What cannot be removed now is when the store is opened again. */
    void discardDeaths(long checkpoint) {
        try {
            boolean ignored = StorageIo.removeIfPresent(storage, DeathsFile.fileName(checkpoint));
        } catch (StorageException e) {
            // Whoever made the checkpoint is told why it failed.
        }
    }

    /** Whether the last manifest does not say what {@link #entries} does. */
    boolean hasChanged() {
        return changed;
    }

    // ------------------------------------------------------------------------------------------------- on maintenance

    /**
     * Starts what is due, and takes up what is finished.
     *
     * @param whenWritten run by a worker when files are ready to be taken up
     * @param report told of a segment that could not be built because rows of another one are damaged; those stay where they are
     * @return whether something was taken up, so that there has to be a checkpoint
     */
    boolean go(Runnable whenWritten, Consumer<Throwable> report) {
        Set<Rows> failed = new HashSet<>();
        boolean adopted = adoptFinished(report, failed);
        for (Vectors.Members members : vectors.all()) {
            Rows rows = members.rows();
            // What has just failed is not tried again before something else happens: the disk may be full.
            if (!running.containsKey(rows) && !failed.contains(rows) && rows.isDue()) {
                adopted |= start(rows, whenWritten);
            }
        }
        retireUnread();
        return adopted;
    }

    private boolean start(Rows rows, Runnable whenWritten) {
        SegmentBuild build = new SegmentBuild(plan(rows, false));
        if (workers == null) {
            write(build);
            adopt(build);
            return true;
        }
        pin(build, true);
        try {
            CompletableFuture<Void> written = CompletableFuture.runAsync(() -> write(build), workers);
            running.put(rows, new Running(build, written));
            // Only when it is done for everybody: who looks before finds nothing to take up, and is not told again.
            CompletableFuture<Void> ignored = written.whenComplete((nothing, failure) -> whenWritten.run());
        } catch (RejectedExecutionException e) {
            pin(build, false); // the store is being closed
            build.discard(storage);
        }
        return false;
    }

    private SegmentPlan plan(Rows rows, boolean all) {
        RowList list = appender.exclusively(rows::list);
        return SegmentPlan.of(rows, list, mostBytes, all);
    }

    private void write(SegmentBuild build) {
        if (!directoryDurable) {
            // Also if it is there: whoever made it may not have come so far as to sync it.
            if (!storage.exists(SegmentFiles.DIRECTORY)) {
                storage.createDirectory(SegmentFiles.DIRECTORY);
            }
            storage.syncDirectory("");
            directoryDurable = true;
        }
        build.write(builder, storage, nextNumber::getAndIncrement);
    }

    private static void pin(SegmentBuild build, boolean pinned) {
        for (Chunk chunk : build.plan().chunks()) {
            chunk.pin(pinned);
        }
    }

    private boolean adoptFinished(Consumer<Throwable> report, Set<Rows> failed) {
        boolean adopted = false;
        for (Running each : List.copyOf(running.values())) {
            if (each.future.isDone()) {
                running.remove(each.build.plan().rows());
                pin(each.build, false);
                try {
                    await(each.future);
                } catch (AshlarException e) {
                    failed.add(each.build.plan().rows());
                    if (!(e instanceof StoreClosedException) && !(e instanceof StoreFullException)) {
                        report.accept(e);
                    }
                    continue;
                }
                adopt(each.build);
                adopted = true;
            }
        }
        return adopted;
    }

    /**
     * Waits until files are written. An interrupt does not shorten the wait: nobody may write when this has returned.
     *
     * @throws AshlarException what writing them has thrown; no row is lost by it
     */
    private static void await(Future<?> future) {
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    future.get();
                    return;
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        } catch (ExecutionException e) {
            if (e.getCause() instanceof AshlarException failure) {
                throw Failures.copy(failure);
            }
            throw new AshlarException(
                    "a segment could not be built; no row is lost, and it is tried again", e.getCause());
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private void adopt(SegmentBuild build) {
        build.adopt(
                storage,
                chunks,
                step -> {
                    boolean ignored = appender.exclusively(() -> {
                        step.run();
                        return true;
                    });
                },
                log::next);
        for (Segment segment : build.plan().merged()) {
            left.add(segment);
        }
        changed = true;
    }

    /**
     * Builds segments of all that is pending in a collection, and merges what is small or sparse.
     *
     * @return whether there was anything to do, so that there has to be a checkpoint
     */
    boolean buildNow(Rows rows) {
        if (!vectors.has(rows) || rows.space().isRemoved()) {
            return false; // the collection was dropped meanwhile
        }
        Running present = running.remove(rows);
        boolean adopted = false;
        if (present != null) {
            try {
                await(present.future);
            } finally {
                pin(present.build, false);
            }
            adopt(present.build);
            adopted = true;
        }
        SegmentPlan plan = plan(rows, true);
        if (plan.isEmpty()) {
            plan.close();
            return adopted;
        }
        SegmentBuild build = new SegmentBuild(plan);
        write(build);
        adopt(build);
        return true;
    }

    /** Merges what is sparse, in all collections. */
    boolean mergeSparse() {
        boolean merged = false;
        for (Vectors.Members members : vectors.all()) {
            if (members.rows().hasSparseSegment()) {
                merged |= buildNow(members.rows());
            }
        }
        return merged;
    }

    /** The manifest says what {@link #entries} has said, and both copies are durable. */
    void published() {
        changed = false;
        while (!left.isEmpty()) {
            boolean ignored =
                    StorageIo.removeIfPresent(storage, left.getLast().chunk().file());
            retiring.add(left.removeLast());
        }
        retireUnread();
    }

    private void retireUnread() {
        long oldest = snapshots.oldest();
        retiring.removeIf(segment -> {
            boolean unread = oldest > segment.chunk().rowsMovedAt();
            if (unread) {
                chunks.retire(segment.chunk());
            }
            return unread;
        });
        hasRetiring = !retiring.isEmpty();
    }

    /** Whether segments wait for snapshots to be closed. */
    boolean hasRetiring() {
        return hasRetiring;
    }

    /** A collection was removed: so are its segments. */
    void removed(Space space) {
        Rows rows = vectors.remove(space);
        if (rows == null) {
            return;
        }
        Running present = running.remove(rows);
        if (present != null) {
            pin(present.build, false);
            try {
                await(present.future);
                present.build.discard(storage);
            } catch (AshlarException e) {
                // It has failed, and left nothing, or what the next opening removes.
            }
        }
        long end = appender.exclusively(() -> {
            rows.leave(log.next());
            return log.next();
        });
        for (Segment segment : rows.segments()) {
            segment.chunk().rowsMoved(end);
            left.add(segment);
        }
        changed = true;
    }

    /**
     * Makes sure that nobody looks for a row in a chunk whose rows are all dead or gone.
     *
     * @return whether the chunk may go now
     */
    boolean release(Chunk chunk) {
        if (chunk.hasRows()) {
            boolean forgotten = appender.exclusively(() -> {
                if (chunk.liveRecords() > 0 || chunk.isShown()) {
                    return false; // something came into it meanwhile
                }
                for (Vectors.Members members : vectors.all()) {
                    members.rows().forget(chunk, log.next());
                }
                return true;
            });
            if (!forgotten) {
                return false;
            }
        }
        return snapshots.oldest() > chunk.rowsMovedAt();
    }

    /** What is being built is given up, soon. Any thread. */
    void halt() {
        stopped = true;
    }

    /** Ends the workers; what they had begun is removed. */
    void stop() {
        stopped = true;
        if (workers != null) {
            workers.shutdown();
        }
        for (Running each : running.values()) {
            pin(each.build, false);
            try {
                await(each.future);
                each.build.discard(storage);
            } catch (AshlarException e) {
                // The next opening removes what is left of it.
            }
        }
        running.clear();
    }
}
