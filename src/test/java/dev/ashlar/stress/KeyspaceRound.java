package dev.ashlar.stress;

import static dev.ashlar.stress.KeyspaceReaders.KEYS;
import static dev.ashlar.stress.KeyspaceReaders.UNTOUCHED;
import static dev.ashlar.stress.KeyspaceReaders.key;
import static dev.ashlar.stress.KeyspaceReaders.untouched;

import dev.ashlar.Cursor;
import dev.ashlar.Durability;
import dev.ashlar.Keyspace;
import dev.ashlar.Store;
import dev.ashlar.StoreOptions;
import dev.ashlar.engine.StressStores;
import dev.ashlar.stress.Register.Kind;
import dev.ashlar.stress.Register.Operation;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/**
 * A store of its own, and threads that do everything to it at once: overwrite, delete, clear and write on condition a few keys,
 * read them as views, through cursors and by scanning, let the index grow, and compact without a pause. The chunks are
 * so small that they retire all the time. Afterwards each key's history must be linearizable, and what is there when
 * the store is opened again must be its last state.
 */
final class KeyspaceRound {
    private static final int CHUNK = 16 << 10;

    private static final int BETWEEN_COMPACTIONS = 1 << 20;

    private static final int GROWTH = 3_000;
    private static final int MOST_OPERATIONS = 40_000;

    private static final StoreOptions OPTIONS = StoreOptions.DEFAULT
            .withRingSlots(64)
            .withBufferBytes(32 << 20)
            .withCheckpointBytes(1 << 20)
            .withAutoCompaction(false);

    private final SplittableRandom random;
    private final Path directory;
    private final long hashMask;

    /** A view keeps the bytes of its chunk until it is collected. Without views they go as soon as the chunk retires. */
    private final boolean hasViews;

    private final AtomicLong nextWrite = new AtomicLong();
    private final List<KeyHistory> histories = new ArrayList<>();
    private final ClearedKeyspace cleared = new ClearedKeyspace(nextWrite);
    private final Threads threads = new Threads();

    private Store store;
    private Keyspace space;
    private int retired;
    private int grown;

    /** Where the log may end before the next compaction: chunks are as large as the log, and large ones retire seldom. */
    private volatile long limit = Long.MAX_VALUE;

    KeyspaceRound(long seed, Path directory) {
        this.random = new SplittableRandom(seed);
        this.directory = directory;
        // Now and then all keys have one of four hashes, so that only their records tell them apart.
        this.hashMask = random.nextInt(4) == 0 ? 3L << 20 : -1L;
        this.hasViews = random.nextBoolean();
    }

    /** How many chunks were retired, and how many operations were checked. */
    record Result(int retired, int operations) {}

    Result run(long millis) throws InterruptedException {
        KeyHistory beginning = history();
        try (Store opened = StressStores.open(directory, OPTIONS, hashMask, CHUNK)) {
            store = opened;
            space = opened.keyspace("k");
            for (int i = 0; i < UNTOUCHED; i++) {
                space.put(untouched(i), StressValue.of(KEYS + i, i));
            }
            for (int key = 0; key < KEYS; key++) {
                put(beginning, key, Durability.APPENDED);
            }
            start();
            threads.runFor(millis);
            read(beginning);
            cleared.readAll(opened.keyspace("cleared"));
        }
        try (Store opened = StressStores.open(directory, OPTIONS, hashMask, CHUNK)) {
            space = opened.keyspace("k");
            read(beginning);
            cleared.readAll(opened.keyspace("cleared"));
        }
        int operations = cleared.check();
        for (int key = 0; key < KEYS; key++) {
            List<Operation> history = KeyHistory.of(key, histories);
            String fault = Register.findFault(history);
            if (fault != null) {
                throw new AssertionError("the history of key " + key + " is not linearizable: " + fault);
            }
            operations += history.size();
        }
        return new Result(retired, operations);
    }

    private KeyHistory history() {
        KeyHistory history = new KeyHistory(KEYS);
        histories.add(history);
        return history;
    }

    private void start() {
        for (int i = 0; i < 2; i++) {
            KeyHistory history = history();
            SplittableRandom writers = random.split();
            threads.start("writer", () -> write(history, writers));
            Keyspace emptied = store.keyspace("cleared");
            KeyHistory ofCleared = cleared.history();
            SplittableRandom clearers = random.split();
            threads.start("clearer", () -> {
                if (!waits() && ofCleared.count() < MOST_OPERATIONS) {
                    cleared.write(emptied, ofCleared, clearers);
                } else {
                    LockSupport.parkNanos(100_000);
                }
            });
        }
        for (KeyspaceReaders.Reader reader : hasViews
                ? List.of(
                        new KeyspaceReaders.Views(space),
                        new KeyspaceReaders.Cursors(space),
                        new KeyspaceReaders.Scans(space))
                : List.<KeyspaceReaders.Reader>of(
                        new KeyspaceReaders.Cursors(space), new KeyspaceReaders.Cursors(space))) {
            KeyHistory history = history();
            SplittableRandom readers = random.split();
            threads.start(reader.getClass().getSimpleName(), () -> {
                if (history.count() < MOST_OPERATIONS) {
                    reader.read(history, readers);
                } else {
                    LockSupport.parkNanos(1_000_000);
                }
            });
        }
        StandingCursors standing = new StandingCursors(
                space,
                keys(UNTOUCHED, i -> untouched(i).getBytes(StandardCharsets.UTF_8)),
                keys(KEYS, KeyspaceReaders::key),
                hasViews);
        SplittableRandom own = random.split();
        threads.start("standing cursors", () -> {
            standing.read(own);
            LockSupport.parkNanos(20_000);
        });
        threads.start("compactor", this::compact);
        if (hashMask == -1) {
            threads.start("grower", this::grow);
        }
        if (hasViews) {
            threads.start("collector", KeyspaceRound::collect);
        }
    }

    private void compact() {
        limit = store.appendedLsn() + BETWEEN_COMPACTIONS;
        retired += store.compact().chunks();
    }

    private static void collect() {
        System.gc();
        LockSupport.parkNanos(100_000_000);
    }

    /** Lets compaction go first; true if it has to. */
    private boolean waits() {
        if (store.appendedLsn() < limit) {
            return false;
        }
        LockSupport.parkNanos(20_000);
        return true;
    }

    private static byte[][] keys(int count, IntFunction<byte[]> key) {
        return IntStream.range(0, count).mapToObj(key).toArray(byte[][]::new);
    }

    // ------------------------------------------------------------------------------------------------------ writing

    private void write(KeyHistory history, SplittableRandom own) {
        if (waits()) {
            return;
        }
        int key = own.nextInt(KEYS);
        switch (own.nextInt(key < KEYS / 2 ? 6 : 8)) {
            case 0 -> putIfAbsent(history, key);
            case 1, 2 -> replace(history, key, own);
            case 6, 7 -> delete(history, key);
            default -> put(history, key, own.nextInt(200) == 0 ? Durability.DURABLE : Durability.APPENDED);
        }
    }

    private void put(KeyHistory history, int key, Durability durability) {
        long write = nextWrite.incrementAndGet();
        long start = System.nanoTime();
        long lsn = space.put(key(key), StressValue.of(key, write), durability);
        history.add(key, new Operation(Kind.PUT, start, System.nanoTime(), write, lsn, -1));
    }

    private void putIfAbsent(KeyHistory history, int key) {
        long write = nextWrite.incrementAndGet();
        long start = System.nanoTime();
        long lsn = space.putIfAbsent(key(key), StressValue.of(key, write));
        Kind kind = lsn == Keyspace.NOT_WRITTEN ? Kind.PRESENT : Kind.PUT_IF_ABSENT;
        history.add(key, new Operation(kind, start, System.nanoTime(), write, lsn, -1));
    }

    private void replace(KeyHistory history, int key, SplittableRandom own) {
        Cursor cursor = space.cursor();
        if (!cursor.find(key(key))) {
            return;
        }
        long version = cursor.version();
        if (own.nextInt(4) == 0) {
            Thread.yield();
        }
        long write = nextWrite.incrementAndGet();
        long start = System.nanoTime();
        long lsn = space.replace(key(key), StressValue.of(key, write), version, Durability.APPENDED);
        Kind kind = lsn == Keyspace.NOT_WRITTEN ? Kind.NOT_VERSION : Kind.REPLACE;
        history.add(key, new Operation(kind, start, System.nanoTime(), write, lsn, version));
    }

    private void delete(KeyHistory history, int key) {
        long start = System.nanoTime();
        long lsn = space.delete(key(key), Durability.APPENDED);
        Kind kind = lsn == Keyspace.NOT_WRITTEN ? Kind.ABSENT : Kind.DELETE;
        history.add(key, new Operation(kind, start, System.nanoTime(), -1, lsn, -1));
    }

    /**
     * Fills another keyspace, and then the next one. Their indexes take tables from the same memory, those first that
     * others have just given back.
     */
    private void grow() {
        if (waits()) {
            return;
        }
        Keyspace growing = store.keyspace("growth " + grown / GROWTH % 4);
        for (int i = 0; i < 100; i++, grown++) {
            byte[] key = ("key " + grown).getBytes(StandardCharsets.UTF_8);
            while (!growing.tryPut(key, new byte[0])) {
                Thread.onSpinWait();
            }
        }
    }

    // ------------------------------------------------------------------------------------------------------ reading

    private void read(KeyHistory history) {
        KeyspaceReaders.Views views = new KeyspaceReaders.Views(space);
        for (int key = 0; key < KEYS; key++) {
            views.read(history, key);
        }
        new KeyspaceReaders.Scans(space).read(history, random);
    }
}
