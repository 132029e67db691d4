package dev.ashlar.engine;

import dev.ashlar.AshlarException;
import dev.ashlar.CorruptionException;
import dev.ashlar.Damage;
import dev.ashlar.StorageException;
import dev.ashlar.StoreClosedException;
import dev.ashlar.StoreFullException;
import dev.ashlar.WriteTimeoutException;
import dev.ashlar.document.BlockCompressor;
import dev.ashlar.document.CommitRecord;
import dev.ashlar.document.Dictionary;
import dev.ashlar.document.DocumentFiles;
import dev.ashlar.document.LiveDocs;
import dev.ashlar.document.LiveFile;
import dev.ashlar.document.SegmentFile;
import dev.ashlar.document.ZstdCompressor;
import dev.ashlar.io.Causes;
import dev.ashlar.io.Storage;
import dev.ashlar.keyspace.Records;
import dev.ashlar.keyspace.Space;
import dev.ashlar.log.Chunks;
import java.lang.ref.PhantomReference;
import java.lang.ref.Reference;
import java.lang.ref.ReferenceQueue;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BiFunction;
import java.util.function.IntPredicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The document collections of an open store, their files, and the threads that work for them. Where the store has no threads
 * everything runs on the calling one.
 */
final class Documents {
    /** Longer than anybody waits. */
    static final Duration FOREVER = Duration.ofDays(36_500);

    private static final int CLOSING_MINUTES = 10;
    private static final long LOOKS_AGAIN_MILLIS = 100;
    private static final int MOST_IDLE = 4;

    private final Storage storage;
    private final UUID store;
    private final Records records;
    private final Snapshots snapshots;
    private final Appender appender;
    private final Syncer syncer;
    private final ReentrantLock lock = new ReentrantLock();
    private final Health health;
    private final DocumentFileKeeper files;
    private final Map<Integer, DocumentSpace> bySpace = new ConcurrentHashMap<>();

    /** Collections that were dropped, which snapshots may show still. */
    private final Queue<DocumentSpace> gone = new ConcurrentLinkedQueue<>();

    private final Map<String, CorruptionException> lost = new ConcurrentHashMap<>();
    private final ReferenceQueue<PreparedDocuments.Handle> forgotten = new ReferenceQueue<>();
    private final Set<Prepared> prepared = ConcurrentHashMap.newKeySet();

    /** Where there are no threads: what callbacks have started. */
    private final Queue<Runnable> later = new ConcurrentLinkedQueue<>();

    private final @Nullable ExecutorService jobs;
    private final @Nullable ScheduledExecutorService timer;
    private final AtomicBoolean scheduled = new AtomicBoolean();
    private final Queue<Runnable> waiting = new ConcurrentLinkedQueue<>();
    private final AtomicBoolean working = new AtomicBoolean();
    private volatile boolean closing;
    private final AtomicLong numbers = new AtomicLong();
    private final Deque<Lease> idle = new ArrayDeque<>();
    private Supplier<Batch> batches = () -> {
        throw new IllegalStateException("not open yet");
    };

    /** Makes what compresses blocks at a level, with a dictionary or none. Tests replace it. */
    private volatile BiFunction<Integer, @Nullable Dictionary, BlockCompressor> compressors = ZstdCompressor::new;

    /** A commit that is prepared, as long as somebody has it. */
    private static final class Prepared extends PhantomReference<PreparedDocuments.Handle> {
        private final PreparedDocuments commit;

        Prepared(
                PreparedDocuments.Handle handle,
                PreparedDocuments commit,
                ReferenceQueue<PreparedDocuments.Handle> queue) {
            super(handle, queue);
            this.commit = commit;
        }
    }

    Documents(
            Storage storage,
            UUID store,
            Records records,
            Snapshots snapshots,
            Appender appender,
            Syncer syncer,
            Health health,
            boolean threaded) {
        this.storage = storage;
        this.store = store;
        this.records = records;
        this.snapshots = snapshots;
        this.appender = appender;
        this.syncer = syncer;
        this.health = health;
        this.files = new DocumentFileKeeper(storage);
        this.jobs = threaded
                ? Executors.newCachedThreadPool(Thread.ofPlatform()
                        .name("ashlar-documents-", 0)
                        .daemon()
                        .factory())
                : null;
        this.timer = threaded
                ? Executors.newSingleThreadScheduledExecutor(Thread.ofPlatform()
                        .name("ashlar-document-files")
                        .daemon()
                        .factory())
                : null;
    }

    // --------------------------------------------------------------------------------------------------------- opening

    /** What batches are made by. Before anything is written. */
    void batches(Supplier<Batch> batches) {
        this.batches = batches;
    }

    /** Numbers of documents without a key begin here, or above: no document that is pending has one of them. */
    void numbersBegin(long number) {
        numbers.accumulateAndGet(number, Math::max);
    }

    long newNumber() {
        return numbers.getAndIncrement();
    }

    /** Whether it is known of a collection that its schema is lost. */
    boolean isLost(Space space) {
        return lost.containsKey(space.name());
    }

    /** A collection of which the schema is lost: it can be dropped, and nothing else. */
    void lost(Space space, CorruptionException why) {
        lost.put(space.name(), why);
    }

    /** @throws CorruptionException if there is a collection there that cannot be read */
    void checkNotLost(String name) {
        CorruptionException why = lost.get(name);
        if (why != null) {
            throw why;
        }
    }

    /**
     * Takes up the collections that there are, and removes the files that no record of theirs names. Nobody writes yet, and all
     * that is there is durable.
     *
     * @param exists whether there is a space. Files of one that is none of these collections stay: its definition is lost
     * @param logDamaged the log has lost something, perhaps a record that names files: so none is removed, nor when the store is
     *     opened again
     * @param damaged gets what is missing or damaged
     * @return files that were removed
     */
    List<String> open(Collection<DocumentSpace> spaces, IntPredicate exists, boolean logDamaged, List<Damage> damaged) {
        Set<Long> named = new HashSet<>();
        Map<DocumentSpace, CommitRecord> records = new HashMap<>();
        boolean readable = !logDamaged && lost.isEmpty();
        lost.values().forEach(why -> damaged.add(damage(why)));
        for (DocumentSpace space : spaces) {
            bySpace.put(space.space().id(), space);
            try {
                CommitRecord record = space.readRecord();
                records.put(space, record);
                named.addAll(record.files());
                files.idsBegin(record.nextFile());
            } catch (CorruptionException e) {
                readable = false; // its files are not known, so none is removed
                space.unreadable(e);
                damaged.add(damage(e));
            }
        }
        if (logDamaged) {
            files.keepAll();
        }
        List<String> swept = readable && !files.keepsAll()
                ? files.sweep(named, store, id -> !bySpace.containsKey(id) && exists.test(id))
                : files.noteIds();
        records.forEach((space, record) -> {
            DocumentState state = stateOf(space, record);
            space.restore(state);
            report(space, state, damaged);
        });
        return swept;
    }

    private static void report(DocumentSpace space, DocumentState state, List<Damage> damaged) {
        state.members().forEach(member -> {
            AshlarException failure = member.segment().failure();
            if (failure instanceof StorageException e && !Causes.isAbsence(e) && !Causes.isUnreadable(e)) {
                throw failure; // that says nothing about the file
            }
            if (failure != null) {
                String file = failure instanceof CorruptionException e
                        ? e.file()
                        : failure instanceof StorageException e
                                ? e.file()
                                : DocumentFiles.segment(member.segment().id());
                damaged.add(new Damage(
                        file,
                        failure instanceof CorruptionException e ? e.position() : 0,
                        0,
                        "the " + member.entry().documents() + " documents of " + space + " in segment "
                                + member.segment().id() + " cannot be read: " + failure.getMessage()));
            }
        });
        for (long id : state.record().dictionaries()) {
            Dictionary dictionary = space.dictionaries().tryAcquire(id);
            if (dictionary != null) {
                space.dictionaries().release(dictionary);
            } else {
                damaged.add(new Damage(
                        DocumentFiles.dictionary(id),
                        0,
                        0,
                        "a dictionary of " + space + " is missing or damaged: blocks that need it cannot be read"));
            }
        }
    }

    static Damage damage(CorruptionException e) {
        return new Damage(e.file(), e.position(), 0, String.valueOf(e.getMessage()));
    }

    private DocumentState stateOf(DocumentSpace space, CommitRecord record) {
        Map<Long, Map<Long, LiveDocs>> masks = new HashMap<>();
        List<DocumentState.Member> published = new ArrayList<>();
        List<DocumentState.Member> unpublished = new ArrayList<>();
        record.published().forEach(entry -> published.add(member(space, entry, masks)));
        record.unpublished().forEach(entry -> unpublished.add(member(space, entry, masks)));
        return new DocumentState(0, record, List.copyOf(published), List.copyOf(unpublished));
    }

    /** A segment of which a mask is lost is one that cannot be read: which of its documents count is not known. */
    private DocumentState.Member member(
            DocumentSpace space, CommitRecord.Entry entry, Map<Long, Map<Long, LiveDocs>> masks) {
        LiveDocs[] live = {LiveDocs.all(entry.documents()), LiveDocs.all(entry.documents())};
        OpenSegment segment = OpenSegment.of(entry.segment(), () -> {
            live[0] = mask(space, entry, entry.now(), masks);
            live[1] = mask(space, entry, entry.next(), masks);
            SegmentFile file = open(space, entry.segment());
            if (file.documents() != entry.documents()) {
                int found = file.documents();
                file.close();
                throw damaged(file.name(), "a segment of " + entry.documents() + " documents", found + " documents");
            }
            return file;
        });
        return new DocumentState.Member(entry, segment, live[0], live[1]);
    }

    private LiveDocs mask(
            DocumentSpace space,
            CommitRecord.Entry entry,
            CommitRecord.Mask mask,
            Map<Long, Map<Long, LiveDocs>> masks) {
        if (mask.file() == 0) {
            return LiveDocs.all(entry.documents());
        }
        Map<Long, LiveDocs> all = masks.computeIfAbsent(
                mask.file(), id -> LiveFile.read(storage, store, space.space().id(), id));
        LiveDocs live = all.get(entry.segment());
        String difference = difference(live, entry, mask);
        if (live == null || difference != null) {
            throw damaged(DocumentFiles.live(mask.file()), "what the commit record says", String.valueOf(difference));
        }
        return live;
    }

    /** What keeps a mask from being the one that a commit record means; null if it is. */
    static @Nullable String difference(@Nullable LiveDocs live, CommitRecord.Entry entry, CommitRecord.Mask mask) {
        return live != null && live.documents() == entry.documents() && live.dead() == mask.dead()
                ? null
                : "a mask of segment " + entry.segment() + " with " + mask.dead() + " of " + entry.documents()
                        + " documents dead was expected, found " + (live == null ? "none" : live.toString());
    }

    private static CorruptionException damaged(String file, String expected, String found) {
        return new CorruptionException(
                file, 0, expected, found, "Restore the file from a backup; what is in other files is not affected.");
    }

    /** Opens a segment of a collection. */
    SegmentFile open(DocumentSpace space, long id) {
        return SegmentFile.open(storage, store, space.space().id(), id, space.dictionaries());
    }

    /** A collection was created; nobody has written to it. */
    void created(DocumentSpace space) {
        space.restore(DocumentState.EMPTY); // whoever finds it may write to it at once
        bySpace.put(space.space().id(), space);
    }

    /** Does something while nobody creates or drops a collection, or changes a schema. */
    <T> T alone(Supplier<T> action) {
        return syncer.alone(lock, action);
    }

    @Nullable
    DocumentSpace of(Space space) {
        return bySpace.get(space.id());
    }

    Collection<DocumentSpace> all() {
        return bySpace.values();
    }

    /** A collection was dropped, with records at or below an LSN. */
    void dropped(Space space, long lsn) {
        lost.remove(space.name());
        DocumentSpace former = bySpace.remove(space.id());
        if (former != null) {
            former.remove(lsn);
            gone.add(former);
        }
    }

    // -------------------------------------------------------------------------------------------------------- the
    // parts

    Storage storage() {
        return storage;
    }

    UUID store() {
        return store;
    }

    Chunks chunks() {
        return records.chunks();
    }

    long salt() {
        return records.salt();
    }

    Snapshots snapshots() {
        return snapshots;
    }

    DocumentFileKeeper files() {
        return files;
    }

    Batch newBatch() {
        return batches.get();
    }

    long appended() {
        return appender.exclusively(appender::appended);
    }

    /** A compressor that nobody else uses meanwhile. */
    final class Lease implements AutoCloseable {
        private final Kind kind;
        private final BlockCompressor compressor;

        private Lease(Kind kind, BlockCompressor compressor) {
            this.kind = kind;
            this.compressor = compressor;
        }

        BlockCompressor compressor() {
            return compressor;
        }

        @Override
        public void close() {
            synchronized (idle) {
                if (!closing && idle.size() < MOST_IDLE) {
                    idle.add(this);
                    return;
                }
            }
            compressor.close();
        }
    }

    private record Kind(
            BiFunction<Integer, @Nullable Dictionary, BlockCompressor> factory, int level, long dictionary) {}

    /**
     * A compressor of a level, with the last of some dictionaries. They are kept for a while, because making one takes longer
     * than compressing a small commit.
     */
    Lease lease(DocumentSpace space, int level, List<Long> ids) {
        long id = ids.isEmpty() ? 0 : ids.getLast();
        Kind kind = new Kind(compressors, level, id);
        synchronized (idle) {
            for (Lease each : idle) {
                if (each.kind.equals(kind)) {
                    idle.remove(each);
                    return each;
                }
            }
        }
        if (id == 0) {
            return new Lease(kind, compressors.apply(level, null));
        }
        Dictionary dictionary = space.dictionaries().tryAcquire(id);
        if (dictionary == null) {
            return lease(space, level, List.of()); // it is lost: what is written from now on does not need it
        }
        try {
            return new Lease(kind, compressors.apply(level, dictionary));
        } finally {
            space.dictionaries().release(dictionary);
        }
    }

    void compressors(BiFunction<Integer, @Nullable Dictionary, BlockCompressor> factory) {
        compressors = factory;
    }

    /** @throws StoreClosedException if the store is being closed: what is under way is given up */
    void checkOpen() {
        if (closing) {
            throw new StoreClosedException("the store is closed");
        }
        health.checkReadable();
    }

    boolean isOpen() {
        return !closing;
    }

    boolean hasThreads() {
        return jobs != null;
    }

    // ----------------------------------------------------------------------------------------------------------
    // threads

    /** Runs something on a thread of the engine, which nobody interrupts, and waits for it, whoever interrupts meanwhile. */
    <T> T run(Callable<T> job) {
        return await(start(job), FOREVER);
    }

    /** Starts something on a thread of the engine; where there is none it has ended when this returns. */
    <T> CompletableFuture<T> start(Callable<T> job) {
        CompletableFuture<T> future = new CompletableFuture<>();
        Runnable task = () -> {
            try {
                future.complete(job.call());
            } catch (Throwable e) {
                future.completeExceptionally(e);
            }
        };
        if (jobs == null) {
            task.run();
            return future;
        }
        try {
            jobs.execute(task);
        } catch (RejectedExecutionException e) {
            throw new StoreClosedException("the store is closed");
        }
        return future;
    }

    /** Does something that may wait, which a thread asks for that must not. */
    <T> CompletableFuture<T> elsewhere(Supplier<CompletableFuture<T>> action) {
        ExecutorService threads = jobs;
        if (threads == null) {
            return action.get();
        }
        CompletableFuture<T> result = new CompletableFuture<>();
        try {
            inTurn(() -> tell(action, result), threads);
        } catch (RejectedExecutionException e) {
            result.completeExceptionally(new StoreClosedException("the store is closed"));
        }
        return result;
    }

    private static <T> void tell(Supplier<CompletableFuture<T>> action, CompletableFuture<T> result) {
        try {
            CompletableFuture<T> ignored = action.get().whenComplete((value, failure) -> {
                if (failure == null) {
                    result.complete(value);
                } else {
                    result.completeExceptionally(failure instanceof CompletionException e ? e.getCause() : failure);
                }
            });
        } catch (RuntimeException | Error e) {
            result.completeExceptionally(e);
        }
    }

    /** On one thread: a commit makes all additions begin anew that are under way. */
    private void inTurn(Runnable task, ExecutorService threads) {
        waiting.add(task);
        if (working.compareAndSet(false, true)) {
            boolean begun = false;
            try {
                threads.execute(this::workInTurn);
                begun = true;
            } finally {
                if (!begun) {
                    waiting.remove(task);
                    workInTurn(); // the store is being closed: those who came meanwhile are told so
                }
            }
        }
    }

    private void workInTurn() {
        do {
            for (Runnable task = waiting.poll(); task != null; task = waiting.poll()) {
                task.run();
            }
            working.set(false);
        } while (!waiting.isEmpty() && working.compareAndSet(false, true));
    }

    /**
     * Waits for something that was started. An interrupt does not shorten the wait, and is there afterwards.
     *
     * @throws WriteTimeoutException if it takes longer; it goes on
     */
    <T> T await(CompletableFuture<T> future, Duration patience) {
        appender.checkNotOwner();
        long deadline = System.nanoTime() + nanos(patience);
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return future.get(Math.max(0, deadline - System.nanoTime()), TimeUnit.NANOSECONDS);
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        } catch (TimeoutException e) {
            throw new WriteTimeoutException("segments were not built within " + patience
                    + "; everything is pending as before, and another commit can be tried");
        } catch (ExecutionException e) {
            throw failure(e.getCause());
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** A patience in nanoseconds, which a duration can be too long for. */
    static long nanos(Duration patience) {
        return patience.isNegative() ? 0 : (patience.compareTo(FOREVER) > 0 ? FOREVER : patience).toNanos();
    }

    private static RuntimeException failure(@Nullable Throwable cause) {
        if (cause instanceof AshlarException e) {
            return Failures.copy(e);
        }
        return new AshlarException(
                "segments of documents could not be built: " + cause + "; everything is pending as before", cause);
    }

    /** Does what was put off, where there are no threads. */
    private void catchUp() {
        for (Runnable job = later.poll(); job != null; job = later.poll()) {
            job.run();
        }
    }

    /** Starts something that nobody waits for. What goes wrong in it is told by {@code Store.sync()}. */
    void runQuietly(Runnable job) {
        Runnable quiet = () -> {
            try {
                job.run();
            } catch (StoreClosedException | WriteTimeoutException | StoreFullException e) {
                // Nothing is lost; whoever needs it done is told.
            } catch (AshlarException e) {
                appender.report(e);
            }
        };
        if (jobs == null) {
            if (appender.isOwner()) {
                later.add(quiet); // a callback: what is started in it must not write
                return;
            }
            quiet.run();
            return;
        }
        try {
            jobs.execute(quiet);
        } catch (RejectedExecutionException e) {
            // The store is being closed.
        }
    }

    /**
     * Runs tasks, so many at once, and returns what they return, in their order. All have ended when this returns or throws.
     *
     * @param whenFailed makes the others end soon
     */
    <T> List<T> runAll(int threads, List<Callable<T>> tasks, Runnable whenFailed) {
        AtomicInteger nextTask = new AtomicInteger();
        List<CompletableFuture<T>> results =
                tasks.stream().map(_ -> new CompletableFuture<T>()).toList();
        Runnable worker = () -> {
            for (int i = nextTask.getAndIncrement(); i < tasks.size(); i = nextTask.getAndIncrement()) {
                try {
                    results.get(i).complete(tasks.get(i).call());
                } catch (Throwable e) {
                    whenFailed.run();
                    results.get(i).completeExceptionally(e);
                }
            }
        };
        for (int i = 1; i < Math.min(threads, tasks.size()) && jobs != null; i++) {
            try {
                jobs.execute(worker);
            } catch (RejectedExecutionException e) {
                break; // the store is being closed: the calling thread does it, and is told soon
            }
        }
        worker.run();
        List<T> all = new ArrayList<>();
        Throwable first = null;
        for (CompletableFuture<T> each : results) {
            try {
                all.add(each.join());
            } catch (CompletionException e) {
                Throwable cause = e.getCause();
                // Those that were made to end say no more than that.
                if (first == null || first instanceof WriteTimeoutException) {
                    first = cause;
                }
            }
        }
        if (first != null) {
            throw failure(first);
        }
        return all;
    }

    // ----------------------------------------------------------------------------------------------------- upkeep

    /** Sees to it that files go that wait for it. */
    void wake() {
        if (closing) {
            return; // what can go goes when the store is closed, and nothing afterwards: it may be open elsewhere by
            // then
        }
        if (timer == null) {
            if (!appender.isOwner()) {
                files.removeRetired(syncer.durable());
                dropForgotten();
                catchUp();
            }
            return;
        }
        schedule(0);
    }

    /** Somebody reads no more: files that waited for that may go. */
    void readersLeft() {
        if (files.hasRetired()) {
            wake();
        }
    }

    private void schedule(long millis) {
        if (timer == null || !scheduled.compareAndSet(false, true)) {
            return;
        }
        try {
            Future<?> ignored = timer.schedule(this::look, millis, TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException e) {
            scheduled.set(false); // the store is being closed
        }
    }

    private void look() {
        scheduled.set(false);
        try {
            dropForgotten();
            files.removeRetired(syncer.durable());
        } catch (AshlarException e) {
            appender.report(e);
        }
        if (files.hasRetired() || !prepared.isEmpty()) {
            schedule(LOOKS_AGAIN_MILLIS);
        }
    }

    /** A commit is prepared: whoever has it may forget it. */
    PreparedDocuments.Handle watch(PreparedDocuments commit) {
        PreparedDocuments.Handle handle = new PreparedDocuments.Handle(commit);
        prepared.add(new Prepared(handle, commit, forgotten));
        if (timer != null) {
            schedule(LOOKS_AGAIN_MILLIS);
        }
        return handle;
    }

    private void dropForgotten() {
        prepared.removeIf(each -> each.commit.hasEnded());
        for (Reference<?> each = forgotten.poll(); each != null; each = forgotten.poll()) {
            Prepared entry = (Prepared) each;
            prepared.remove(entry);
            runQuietly(entry.commit::forgotten);
        }
    }

    // ---------------------------------------------------------------------------------------------------------- ending

    /** Ends what is under way; commits that are prepared are released. While the log can be written still. */
    void stop() {
        closing = true;
        all().forEach(DocumentSpace::stop);
        if (jobs != null && timer != null) {
            jobs.shutdown();
            timer.shutdown();
            awaitEnd(jobs);
            awaitEnd(timer);
            all().forEach(DocumentSpace::stop); // what was just being prepared
        }
    }

    private void awaitEnd(ExecutorService running) {
        long end = System.nanoTime() + TimeUnit.MINUTES.toNanos(CLOSING_MINUTES);
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
                    "close", storage.describe(), StorageException.UNKNOWN_ERRNO, "building segments does not end");
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Everything is durable that will be: files go that nobody needs. */
    void removeRetired(long durableLsn) {
        all().forEach(DocumentSpace::close);
        files.removeRetired(durableLsn);
    }

    /** Gives back files and memory, also of a store that has failed, but for what snapshots have that are open. */
    void close() {
        closing = true;
        all().forEach(DocumentSpace::close);
        gone.forEach(DocumentSpace::close);
        synchronized (idle) {
            idle.forEach(each -> each.compressor.close());
            idle.clear();
        }
    }
}
