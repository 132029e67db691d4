package dev.ashlar.sim;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.ashlar.AshlarException;
import dev.ashlar.Cursor;
import dev.ashlar.Durability;
import dev.ashlar.Keyspace;
import dev.ashlar.Store;
import dev.ashlar.StoreOptions;
import dev.ashlar.WriteBatch;
import dev.ashlar.WriteCallback;
import dev.ashlar.engine.HandClock;
import dev.ashlar.engine.TestEngines;
import dev.ashlar.sim.Recording.Durable;
import dev.ashlar.sim.Recording.Tick;
import dev.ashlar.sim.Recording.Write;
import java.io.ByteArrayInputStream;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Phaser;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;

/**
 * Several threads write to an engine that has all of its own: appender, sync, maintenance with checkpoints and
 * compaction, and the removal of what has expired. The seed says what each thread does; how they meet is left to chance.
 */
final class ThreadedRun {
    private static final int THREADS = 4;

    /** Between two of them nobody writes, and the clock goes on: so it is known what expires when. */
    private static final int PHASES = 4;

    private static final int WRITES_OF_A_PHASE = 12;
    private static final long PHASE_MILLIS = 300;

    private static final StoreOptions OPTIONS = StoreOptions.DEFAULT
            .withRingSlots(8)
            .withBufferBytes(32L << 20)
            .withWriteTimeout(Duration.ofSeconds(60))
            .withSyncInterval(Duration.ofMillis(2))
            .withCheckpointBytes(1L << 20)
            .withSweepInterval(Duration.ofMillis(10))
            .withAutoCompaction(true);

    /** A value that was taken, of which it is known between which two others its deletion is. */
    private record Taken(int space, String key, byte[] value, int submittedAt, int appendedAt) {}

    private final SimDisk disk = new SimDisk();
    private final List<Write> writes = Collections.synchronizedList(new ArrayList<>());
    private final List<Durable> durable = Collections.synchronizedList(new ArrayList<>());
    private final List<Taken> taken = Collections.synchronizedList(new ArrayList<>());
    private final ArrayList<Tick> ticks = new ArrayList<>();
    private final HandClock clock = new HandClock(1_000_000);
    private final Phaser phases = new Phaser(THREADS) {
        @Override
        protected boolean onAdvance(int phase, int parties) {
            tick(PHASE_MILLIS);
            return super.onAdvance(phase, parties);
        }
    };
    private final long seed;
    private Store store;
    private List<Keyspace> spaces;

    private ThreadedRun(long seed) {
        this.seed = seed;
    }

    /** Runs, compares what is there at the end, closes, and returns what happened. */
    static Recording of(long seed) throws InterruptedException {
        return new ThreadedRun(seed).run();
    }

    private Recording run() throws InterruptedException {
        tick(0);
        store = TestEngines.small(
                Path.of("simulated"), disk.storage(), OPTIONS.withClock(clock), true, Life.CHUNK, Life.MOST_INLINE);
        int openedAt = position();
        spaces = List.of(Life.space(store, 0), Life.space(store, 1));
        AtomicReference<Throwable> failure = new AtomicReference<>();
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < THREADS; i++) {
            Random random = new Random(seed * 31 + i);
            int number = i;
            threads.add(Thread.ofPlatform().daemon().start(() -> {
                try {
                    for (int w = 0; w < PHASES * WRITES_OF_A_PHASE; w++) {
                        if (w > 0 && w % WRITES_OF_A_PHASE == 0) {
                            phases.arriveAndAwaitAdvance();
                        }
                        step(random, number * 100_000L + w);
                    }
                } catch (Throwable e) {
                    failure.compareAndSet(null, e);
                } finally {
                    phases.arriveAndDeregister();
                }
            }));
        }
        for (Thread thread : threads) {
            thread.join(TimeUnit.SECONDS.toMillis(120));
            StoreReader.require(!thread.isAlive(), () -> "a writer hangs");
        }
        if (failure.get() != null) {
            throw new AssertionError("a writer failed", failure.get());
        }
        store.close();
        durable.add(new Durable(Long.MAX_VALUE, position()));
        StoreReader.require(
                disk.held().equals("0 files, 0 mappings, 0 locks"), () -> disk.held() + " are left after closing");
        ArrayList<DiskChange> changes = new ArrayList<>();
        for (int i = 0; i < position(); i++) {
            changes.add(disk.history().change(i));
        }
        addTaken(changes);
        return new Recording(changes, openedAt, new ArrayList<>(writes), new ArrayList<>(durable), ticks);
    }

    /** Said before it does: what the engine does because of it comes later. */
    private void tick(long by) {
        ticks.add(new Tick(position(), clock.millis() + by));
        clock.advance(Duration.ofMillis(by));
    }

    /** What was taken was there, so its deletion is the first behind the write of the value. */
    private void addTaken(List<DiskChange> changes) {
        LoggedDeletions deletions = new LoggedDeletions(changes, TestEngines.SMALL_STORE);
        for (Taken each : taken) {
            String path = Life.SPACES.get(each.space) + "/" + each.key;
            long written = writes.stream()
                    .filter(write -> Arrays.equals(each.value, write.effects().get(path)))
                    .mapToLong(Write::lsn)
                    .findFirst()
                    .orElseThrow(() -> new AssertionError("what was taken from " + path + " was never written"));
            long lsn = deletions.after(each.space, each.key, written);
            StoreReader.require(
                    lsn >= 0 && writes.stream().noneMatch(write -> write.lsn() == lsn),
                    () -> "what was written at " + written + " was taken from " + path
                            + ", and the deletion is missing, or another's: " + lsn);
            LinkedHashMap<String, byte[]> effects = new LinkedHashMap<>();
            effects.put(path, null);
            writes.add(new Write(effects, each.submittedAt, lsn, each.appendedAt));
        }
    }

    private int position() {
        return disk.history().position();
    }

    private void step(Random random, long unique) {
        int space = random.nextInt(spaces.size());
        Keyspace target = spaces.get(space);
        String key = Life.key(random.nextInt(Life.KEYS));
        String path = Life.SPACES.get(space) + "/" + key;
        byte[] bytes = key.getBytes(UTF_8);
        Durability level = random.nextInt(5) == 0 ? Durability.DURABLE : Durability.APPENDED;
        byte[] value = value(random.nextInt(12) == 0 ? 33_000 : random.nextInt(3_000), unique);
        switch (random.nextInt(20)) {
            case 0 -> write(level, Collections.singletonMap(path, null), () -> target.delete(bytes, level));
            case 1 -> write(level, Map.of(path, value), () -> target.putIfAbsent(bytes, value, level));
            case 2, 3 -> batch(random, level, unique);
            case 4 ->
                write(
                        level,
                        Map.of(path, value),
                        () -> target.putAsync(bytes, value, level).join());
            case 5 ->
                write(
                        level,
                        Map.of(path, value),
                        () -> target.putStream(bytes, new ByteArrayInputStream(value), level));
            case 6 -> {
                switch (random.nextInt(5)) {
                    case 0 -> store.compact();
                    case 1 -> store.checkpoint();
                    case 2 -> store.removeExpired();
                    default -> store.sync();
                }
                observe();
            }
            case 7 -> write(level, Map.of(path, value), () -> putWithCallback(target, bytes, value, level));
            case 8 -> write(level, Map.of(path, value), () -> target.putStream(bytes, out -> out.write(value), level));
            case 9, 10, 11 -> {
                Duration timeToLive = Duration.ofMillis(1 + random.nextInt(3 * (int) PHASE_MILLIS));
                byte[] expiry = Model.expiry(clock.millis() + timeToLive.toMillis());
                boolean ifAbsent = random.nextInt(3) == 0;
                write(
                        level,
                        Map.of(path, value, path + Model.EXPIRY, expiry),
                        () -> ifAbsent
                                ? target.putIfAbsent(bytes, value, timeToLive, level)
                                : target.put(bytes, value, timeToLive, level));
            }
            case 12 -> {
                Cursor found = target.cursor();
                long version = found.find(bytes) ? found.version() : 1;
                if (random.nextBoolean()) {
                    write(level, Collections.singletonMap(path, null), () -> target.delete(bytes, version, level));
                } else {
                    write(level, Map.of(path, value), () -> target.replace(bytes, value, version, level));
                }
            }
            case 13, 14 -> take(space, key, level);
            case 15 -> {
                if (random.nextInt(3) == 0) {
                    String all = Life.SPACES.get(space) + "/" + Model.ALL;
                    write(level, Collections.singletonMap(all, null), () -> target.clear(level));
                }
            }
            default -> write(level, Map.of(path, value), () -> target.put(bytes, value, level));
        }
    }

    private void take(int space, String key, Durability level) {
        int submittedAt = position();
        MemorySegment value = spaces.get(space).getAndDelete(key.getBytes(UTF_8), level);
        int appendedAt = position();
        if (value != null) {
            taken.add(new Taken(space, key, value.toArray(JAVA_BYTE), submittedAt, appendedAt));
        }
        observe();
    }

    private static long putWithCallback(Keyspace target, byte[] key, byte[] value, Durability level) {
        CompletableFuture<Long> told = new CompletableFuture<>();
        target.put(
                key,
                value,
                level,
                new WriteCallback() {
                    @Override
                    public void completed(long tag, long lsn) {
                        told.complete(lsn);
                    }

                    @Override
                    public void failed(long tag, AshlarException failure) {
                        told.completeExceptionally(failure);
                    }
                },
                0);
        return told.join();
    }

    /** No two are the same, so that it can be told which write a value is of. */
    private static byte[] value(int size, long unique) {
        byte[] value = Values.of(Math.max(8, size), unique);
        for (int i = 0; i < 8; i++) {
            value[i] = (byte) (unique >>> 8 * i);
        }
        return value;
    }

    private void batch(Random random, Durability level, long unique) {
        Map<String, byte[]> effects = new LinkedHashMap<>();
        int count = 2 + random.nextInt(3);
        try (WriteBatch batch = store.batch()) {
            for (int i = 0; i < count; i++) {
                int space = random.nextInt(spaces.size());
                String key = Life.key(random.nextInt(Life.KEYS));
                byte[] value = value(random.nextInt(2_500), unique + 1_000L * (i + 1));
                if (i == 2) {
                    batch.delete(spaces.get(space), key);
                    effects.put(Life.SPACES.get(space) + "/" + key, null);
                } else {
                    batch.put(spaces.get(space), key, value);
                    effects.put(Life.SPACES.get(space) + "/" + key, value);
                }
            }
            write(level, effects, () -> batch.commit(level));
        }
    }

    private void write(Durability level, Map<String, byte[]> effects, LongSupplier call) {
        int submittedAt = position();
        long lsn = call.getAsLong();
        int appendedAt = position();
        if (lsn != Keyspace.NOT_WRITTEN) {
            writes.add(new Write(new LinkedHashMap<>(effects), submittedAt, lsn, appendedAt));
            StoreReader.require(
                    level == Durability.APPENDED || store.durableLsn() > lsn,
                    () -> "acknowledged as durable at " + lsn + ", and durable is " + store.durableLsn());
        }
        observe();
    }

    private void observe() {
        long lsn = store.durableLsn();
        durable.add(new Durable(lsn, position()));
    }
}
