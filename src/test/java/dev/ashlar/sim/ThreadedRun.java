package dev.ashlar.sim;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.ashlar.AshlarException;
import dev.ashlar.Durability;
import dev.ashlar.Keyspace;
import dev.ashlar.Store;
import dev.ashlar.StoreOptions;
import dev.ashlar.WriteBatch;
import dev.ashlar.WriteCallback;
import dev.ashlar.engine.TestEngines;
import dev.ashlar.sim.Recording.Durable;
import dev.ashlar.sim.Recording.Write;
import java.io.ByteArrayInputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;

/**
 * Several threads write to an engine that has all of its own: appender, sync, maintenance with checkpoints and
 * compaction. The seed says what each thread does; how they meet is left to chance.
 */
final class ThreadedRun {
    private static final int THREADS = 4;
    private static final int WRITES = 40;

    private static final StoreOptions OPTIONS = StoreOptions.DEFAULT
            .withRingSlots(8)
            .withBufferBytes(32L << 20)
            .withWriteTimeout(Duration.ofSeconds(20))
            .withSyncInterval(Duration.ofMillis(2))
            .withCheckpointBytes(1L << 20)
            .withAutoCompaction(true);

    private final SimDisk disk = new SimDisk();
    private final List<Write> writes = Collections.synchronizedList(new ArrayList<>());
    private final List<Durable> durable = Collections.synchronizedList(new ArrayList<>());
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
        store = TestEngines.small(Path.of("simulated"), disk.storage(), OPTIONS, true, Life.CHUNK, Life.MOST_INLINE);
        int openedAt = position();
        spaces = List.of(Life.space(store, 0), Life.space(store, 1));
        AtomicReference<Throwable> failure = new AtomicReference<>();
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < THREADS; i++) {
            Random random = new Random(seed * 31 + i);
            int number = i;
            threads.add(Thread.ofPlatform().daemon().start(() -> {
                try {
                    for (int w = 0; w < WRITES; w++) {
                        step(random, number * 100_000L + w);
                    }
                } catch (Throwable e) {
                    failure.compareAndSet(null, e);
                }
            }));
        }
        for (Thread thread : threads) {
            thread.join(TimeUnit.SECONDS.toMillis(60));
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
        return new Recording(changes, openedAt, new ArrayList<>(writes), new ArrayList<>(durable));
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
        switch (random.nextInt(14)) {
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
                switch (random.nextInt(4)) {
                    case 0 -> store.compact();
                    case 1 -> store.checkpoint();
                    default -> store.sync();
                }
                observe();
            }
            case 7 -> write(level, Map.of(path, value), () -> putWithCallback(target, bytes, value, level));
            case 8 -> write(level, Map.of(path, value), () -> target.putStream(bytes, out -> out.write(value), level));
            default -> write(level, Map.of(path, value), () -> target.put(bytes, value, level));
        }
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
