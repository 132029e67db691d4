package dev.ashlar.fuzz;

import dev.ashlar.AshlarException;
import dev.ashlar.Durability;
import dev.ashlar.Store;
import dev.ashlar.engine.TestEngines;
import dev.ashlar.io.Storage;
import dev.ashlar.io.Storages;
import dev.ashlar.log.ChunkLayout;
import dev.ashlar.sim.SimDisk;
import java.lang.foreign.MemorySegment;
import java.lang.reflect.Method;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** Opens a mutant, reads all of it, closes it, and has the oracle judge; within bounds of time and memory. */
final class Attempt {
    /** Of the processor, not of the clock: others may want it too. */
    private static final long NANOS = 5_000_000_000L;

    private static final ScheduledThreadPoolExecutor WATCH = new ScheduledThreadPoolExecutor(
            1, Thread.ofPlatform().daemon().name("watch").factory());

    private static final Object THREADS;
    private static final Method CPU_TIME;

    static {
        WATCH.setRemoveOnCancelPolicy(true);
        try {
            // By reflection, because the module that is tested does not read the one that counts.
            THREADS = Class.forName("java.lang.management.ManagementFactory")
                    .getMethod("getThreadMXBean")
                    .invoke(null);
            CPU_TIME = Class.forName("java.lang.management.ThreadMXBean").getMethod("getCurrentThreadCpuTime");
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /** Each file is read a few times: at opening, to verify, through checkpoints. */
    private static final long TIMES_READ = 16;

    private static final long SLACK = 4L << 20;
    private static final String PROBE = "probe";

    private final Mutation mutation;

    Attempt(Mutation mutation) {
        this.mutation = mutation;
    }

    /** Tries the mutation on a simulated disk. A failure says how to repeat it. */
    void run(boolean withWrites) {
        Future<?> watch = watch();
        try {
            Mutation.Mutant mutant = mutation.apply();
            SimDisk disk = mutant.image().toDisk();
            judge(mutant, disk, withWrites);
        } catch (AssertionError | Exception | OutOfMemoryError | StackOverflowError | InternalError e) {
            throw failure(e);
        } finally {
            watch.cancel(false);
        }
    }

    /** Says which mutation it is that does not come to an end: the test's time limit would not know. */
    private Future<?> watch() {
        Thread thread = Thread.currentThread();
        return WATCH.schedule(
                () -> {
                    StringBuilder text = new StringBuilder("for a minute now: " + mutation);
                    for (StackTraceElement each : thread.getStackTrace()) {
                        text.append("\n\tat ").append(each);
                    }
                    System.err.println(text);
                },
                1,
                TimeUnit.MINUTES);
    }

    /** Tries the mutation on files, in a directory that is new. */
    void runOnFiles(Path directory) {
        Future<?> watch = watch();
        try {
            Mutation.Mutant mutant = mutation.apply();
            mutant.image().writeTo(directory);
            Specimen specimen = Specimens.named(mutation.specimen());
            Oracle oracle = new Oracle(specimen, mutant);
            MeteredStorage storage = new MeteredStorage(Storages.open(directory, true));
            Reading reading = read(storage, specimen.history().keySet(), mutant.seal() == Seal.NONE);
            oracle.check(reading);
            oracle.checkFiles(reading, StoreImage.of(directory));
            checkMeter(mutant.image(), storage);
        } catch (AssertionError | Exception | OutOfMemoryError | StackOverflowError | InternalError e) {
            throw failure(e);
        } finally {
            watch.cancel(false);
        }
    }

    private static long cpuTime() {
        try {
            return (long) CPU_TIME.invoke(THREADS);
        } catch (ReflectiveOperationException e) {
            throw new AssertionError(e);
        }
    }

    private AssertionError failure(Throwable e) {
        return new AssertionError(
                "mvn -B -ntp test -Dtest=FormatFuzzTest '-Dashlar.fuzz.mutation=" + mutation + "'\n" + e, e);
    }

    private void judge(Mutation.Mutant mutant, SimDisk disk, boolean withWrites) {
        Specimen specimen = Specimens.named(mutation.specimen());
        Oracle oracle = new Oracle(specimen, mutant);
        long start = cpuTime();
        MeteredStorage storage = new MeteredStorage(disk.storage());
        boolean strict = mutant.seal() == Seal.NONE;
        Reading reading = read(storage, specimen.history().keySet(), strict);
        long took = cpuTime() - start;
        oracle.check(reading);
        oracle.checkFiles(reading, StoreImage.of(disk));
        require(took < NANOS, "took " + took / 1_000_000 + " ms");
        checkMeter(mutant.image(), storage);
        if (withWrites && reading.refusal() == null) {
            write(disk);
            Set<String> paths = new TreeSet<>(specimen.history().keySet());
            Reading again = read(disk.storage(), paths, strict);
            if (strict) {
                compare(reading, again);
            }
        }
    }

    static Store open(Storage storage) {
        return TestEngines.inline(Path.of("simulated"), storage, Author.STILL, new UUID(0, 0), Author.CHUNK);
    }

    static Reading read(Storage storage, Set<String> paths, boolean strict) {
        Store store;
        try {
            store = open(storage);
        } catch (AshlarException e) {
            return Reading.refused(e);
        }
        try (store) {
            return Reading.of(store, paths, strict);
        }
    }

    private static void checkMeter(StoreImage image, MeteredStorage storage) {
        // A capacity that was forged makes the next chunk as large, as far as chunks go.
        long most = TIMES_READ * image.totalBytes() + ChunkLayout.MAX_CAPACITY + SLACK;
        require(storage.read() <= most, storage.read() + " bytes were read of " + image.totalBytes());
        require(storage.mapped() <= most, storage.mapped() + " bytes were mapped of " + image.totalBytes());
    }

    /** A store that was opened takes writes, and keeps them; or says why not. */
    private static void write(SimDisk disk) {
        try (Store store = open(disk.storage())) {
            store.keyspace(PROBE).put(PROBE, Bytes.bytes(PROBE), Durability.DURABLE);
        } catch (AshlarException e) {
            return;
        }
        try (Store store = open(disk.storage())) {
            MemorySegment found = store.keyspace(PROBE).get(PROBE);
            require(found != null && found.byteSize() == PROBE.length(), "a write is lost that was acknowledged");
        }
    }

    /** What the second opening gives is what the first one gave. */
    private static void compare(Reading first, Reading second) {
        require(second.refusal() == null, "opened once, and then refused: " + second.refusal());
        first.found().forEach((path, value) -> {
            String then = second.found().get(path);
            require(value.equals(then), path + " was " + Reading.describe(value) + ", then " + Reading.describe(then));
        });
        second.found().keySet().removeAll(first.found().keySet());
        second.found().keySet().removeIf(path -> path.startsWith(PROBE));
        require(second.found().isEmpty(), "came back: " + second.found().keySet());
    }

    private static void require(boolean holds, String otherwise) {
        if (!holds) {
            throw new AssertionError(otherwise);
        }
    }
}
