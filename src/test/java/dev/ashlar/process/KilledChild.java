package dev.ashlar.process;

import dev.ashlar.Cursor;
import dev.ashlar.Durability;
import dev.ashlar.Keyspace;
import dev.ashlar.Store;
import dev.ashlar.StoreOptions;
import dev.ashlar.VectorCollection;
import dev.ashlar.WriteBatch;
import dev.ashlar.engine.TestEngines;
import dev.ashlar.io.Storages;
import dev.ashlar.process.KillPoint.Phase;
import dev.ashlar.process.Workload.Change;
import dev.ashlar.process.Workload.Operation;
import dev.ashlar.sim.StoreReader;
import java.io.ByteArrayInputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/**
 * The process that is killed: writers put, delete, clear and commit as the {@link Workload} says, while the main thread makes
 * checkpoints and compacts. Without a kill point it closes and opens the store again and again until somebody kills it.
 */
final class KilledChild {
    /** Exit code: the kill point was not come by often enough. */
    static final int NOT_REACHED = 3;

    /** Chunks are as large as the log: it has to become small for a process to see many of them. */
    static final long LEAST_CHUNK = 16 << 10;

    /** It ends by itself if nobody kills it, and long after it should have come by its point. */
    private static final Duration BOUND = Duration.ofMinutes(2);

    private static final StoreOptions OPTIONS = StoreOptions.DEFAULT
            .withRingSlots(64)
            .withBufferBytes(32L << 20)
            .withSyncInterval(Duration.ofMillis(5))
            .withSweepInterval(Duration.ofMillis(20));

    private final Path directory;
    private final Ledger ledger;
    private final Workload workload;
    private final @Nullable KillPoint point;
    private final int times;
    private final boolean slow;
    private final StoreOptions options;
    private final SplittableRandom random;
    private volatile boolean stopped;

    private KilledChild(
            Path directory, Ledger ledger, long seed, @Nullable KillPoint point, int times, int round, boolean slow) {
        this.directory = directory;
        this.ledger = ledger;
        this.workload = new Workload(seed, withFiles(point));
        this.point = point;
        this.times = times;
        this.slow = slow;
        this.options = OPTIONS.withClock(InstantSource.fixed(Workload.time(round)));
        this.random = new SplittableRandom(seed);
    }

    /** Whether a process that is killed at a point, or at a random moment, writes values that have files of their own. */
    static boolean withFiles(@Nullable KillPoint point) {
        return point == null || point.isOfValueFiles();
    }

    public static void main(String[] arguments) throws Exception {
        Thread.setDefaultUncaughtExceptionHandler((thread, e) -> {
            e.printStackTrace();
            Runtime.getRuntime().halt(2);
        });
        KillPoint point = arguments[3].equals("-") ? null : KillPoint.valueOf(arguments[3]);
        Ledger ledger = new Ledger(Path.of(arguments[1]));
        ledger.started();
        new KilledChild(
                        Path.of(arguments[0]),
                        ledger,
                        Long.parseLong(arguments[2]),
                        point,
                        Integer.parseInt(arguments[4]),
                        Integer.parseInt(arguments[5]),
                        Boolean.parseBoolean(arguments[6]))
                .run();
        System.exit(NOT_REACHED);
    }

    private void run() throws Exception {
        long end = System.nanoTime() + BOUND.toNanos();
        do {
            Phase first = point != null && point.phase() == Phase.CREATING ? Phase.CREATING : Phase.OPENING;
            KillingStorage storage =
                    new KillingStorage(Storages.open(directory, true), ledger, first, point, times, slow);
            Store store = TestEngines.open(directory, storage, options, LEAST_CHUNK);
            storage.phase(Phase.RUNNING);
            ledger.opened();
            stopped = false;
            List<Thread> writers = new ArrayList<>();
            for (int i = 0; i < Workload.WRITERS; i++) {
                int writer = i;
                writers.add(Thread.ofPlatform().start(() -> write(store, writer)));
            }
            boolean closesSoon = point == null || point.phase() == Phase.CLOSING;
            long until = closesSoon ? System.nanoTime() + random.nextLong(200_000_000) : end;
            while (System.nanoTime() < until) {
                lookAfter(store, storage);
            }
            if (point != null && point.phase() == Phase.CLOSING) {
                awaitWrite(store);
            }
            stopped = true;
            for (Thread writer : writers) {
                writer.join();
            }
            if (point == KillPoint.PREPARED_CHUNK_REMOVED) {
                TestEngines.tick(store); // now there is one, which closing removes
            }
            storage.phase(Phase.CLOSING);
            store.close();
        } while (point == null && System.nanoTime() < end);
    }

    /** Something is in no checkpoint yet then: without it closing makes none, and publishes one manifest, not two. */
    private static void awaitWrite(Store store) throws InterruptedException {
        long end = store.appendedLsn();
        while (store.appendedLsn() == end) {
            Thread.sleep(1);
        }
    }

    private void lookAfter(Store store, KillingStorage storage) throws InterruptedException {
        switch (random.nextInt(9)) {
            case 0 -> store.checkpoint();
            case 1, 2 -> {
                storage.phase(Phase.COMPACTING);
                store.compact();
                storage.phase(Phase.RUNNING);
            }
            case 3 -> store.sync();
            case 4 -> store.removeExpired();
            case 5, 6 -> StoreReader.vectors(store).flush();
            default -> Thread.sleep(random.nextInt(5));
        }
    }

    // ------------------------------------------------------------------------------------------------- one writer

    private void write(Store store, int writer) {
        ArrayDeque<Future<Long>> pending = new ArrayDeque<>();
        long n = ledger.submitted(writer);
        while (!stopped) {
            Operation operation = workload.operation(writer, n);
            ledger.submitted(writer, ++n);
            boolean waits = submit(store, operation, pending);
            if (waits) {
                awaitAll(pending);
                ledger.acknowledged(writer, n);
                pause(n);
            }
        }
        awaitAll(pending);
        ledger.acknowledged(writer, n);
    }

    /** Who is killed at a random moment lives long, and would make the log large: see {@link KillChain}. */
    private void pause(long n) {
        if (point == null && n % 4 == 0) {
            try {
                Thread.sleep(1);
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        }
    }

    private static void awaitAll(ArrayDeque<Future<Long>> pending) {
        while (!pending.isEmpty()) {
            try {
                long ignored = pending.removeFirst().get();
            } catch (Exception e) {
                throw new AssertionError(e);
            }
        }
    }

    /** False if it was only begun. */
    private static boolean submit(Store store, Operation operation, ArrayDeque<Future<Long>> pending) {
        Change change = operation.changes().getFirst();
        if (operation.kind() == Workload.Kind.ROW || operation.kind() == Workload.Kind.DELETE_ROW) {
            writeRow(StoreReader.vectors(store), change);
            return true;
        } else if (operation.kind() == Workload.Kind.ROWS) {
            commit(store, operation);
            return true;
        }
        Keyspace space = store.keyspace(change.keyspace());
        byte[] key = change.key().getBytes(StandardCharsets.UTF_8);
        byte[] value = change.value() == null ? new byte[0] : change.value().bytes();
        Duration timeToLive = change.timeToLive();
        switch (operation.kind()) {
            case PUT -> {
                if (timeToLive == null) {
                    space.put(key, value);
                } else {
                    space.put(key, value, timeToLive);
                }
            }
            case PUT_DURABLE -> space.put(key, value, Durability.DURABLE);
            case PUT_ASYNC -> pending.add(space.putAsync(key, value, Durability.APPENDED));
            case PUT_IF_ABSENT -> {
                if (timeToLive == null) {
                    space.putIfAbsent(key, value);
                } else {
                    space.putIfAbsent(key, value, timeToLive, Durability.APPENDED);
                }
            }
            case STREAM -> space.putStream(key, new ByteArrayInputStream(value), Durability.APPENDED);
            case DELETE -> space.delete(key);
            case DELETE_VERSION -> {
                awaitAll(pending); // what is found has to be the newest
                Cursor found = space.cursor();
                if (found.find(key) && space.delete(key, found.version(), Durability.APPENDED) < 0) {
                    throw new AssertionError(change.key() + " has another version, and nobody else writes to it");
                }
            }
            case TAKE -> {
                awaitAll(pending);
                MemorySegment taken = space.getAndDelete(key);
                if (taken != null) {
                    byte[] bytes = taken.toArray(ValueLayout.JAVA_BYTE);
                    Workload.Written written = Workload.Written.of(bytes);
                    if (written == null || !Arrays.equals(written.bytes(), bytes)) {
                        throw new AssertionError(change.key() + " had bytes that nobody wrote: " + written);
                    }
                }
            }
            case CLEAR -> space.clear();
            default -> commit(store, operation);
        }
        return operation.kind() != Workload.Kind.PUT_ASYNC;
    }

    private static void writeRow(VectorCollection vectors, Change change) {
        long id = StoreReader.rowId(Workload.row(change.key()));
        Workload.Written row = change.value();
        if (row == null) {
            long ignored = vectors.delete(id);
        } else {
            long ignored = vectors.put(id, row.bytes());
        }
    }

    private static void addRow(WriteBatch batch, VectorCollection vectors, Change change) {
        long id = StoreReader.rowId(Workload.row(change.key()));
        Workload.Written row = change.value();
        WriteBatch ignored = row == null ? batch.delete(vectors, id) : batch.put(vectors, id, row.bytes());
    }

    private static void commit(Store store, Operation operation) {
        try (WriteBatch batch = store.batch()) {
            for (Change change : operation.changes()) {
                if (change.keyspace().equals(StoreReader.ROWS)) {
                    addRow(batch, StoreReader.vectors(store), change);
                    continue;
                }
                Keyspace space = store.keyspace(change.keyspace());
                byte[] key = change.key().getBytes(StandardCharsets.UTF_8);
                Workload.Written value = change.value();
                Duration timeToLive = change.timeToLive();
                if (change.key().isEmpty()) {
                    batch.clear(space);
                } else if (value == null) {
                    batch.delete(space, key);
                } else if (timeToLive == null) {
                    batch.put(space, key, value.bytes());
                } else {
                    batch.put(space, key, value.bytes(), timeToLive);
                }
            }
            batch.commit(Durability.APPENDED);
        }
    }
}
