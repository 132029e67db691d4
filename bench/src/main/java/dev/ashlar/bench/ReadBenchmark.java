package dev.ashlar.bench;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.infra.ThreadParams;

/**
 * Random gets and scans of 1 M keys of 16 bytes with values of 2 KiB, everything in the page cache. The stores are
 * filled once and used again by later runs.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 2, time = 1)
@Measurement(iterations = 3, time = 1)
public class ReadBenchmark {
    static final int ENTRIES = 1_000_000;
    static final int VALUE_BYTES = 2048;
    private static final int LOOP = 1024;

    /** The open store. */
    @State(Scope.Benchmark)
    public static class Opened {
        @Param({"floor", "ashlar", "ashlar-view", "lmdb", "rocksdb", "chronicle", "mvstore"})
        public String subject;

        Subject opened;
        byte[][] keys;

        @Setup(Level.Trial)
        public void open() throws IOException {
            Dataset data = new Dataset(ENTRIES, VALUE_BYTES);
            Path directory = fill(subject, data);
            opened = Subject.open(subject, setup(directory));
            keys = data.shuffledKeys();
            // Every page is mapped and every record verified before anything is measured; and who reads other bytes
            // than
            // were written is not measured at all.
            try (Subject.Reader reader = opened.reader()) {
                long sum = 0;
                for (byte[] key : keys) {
                    sum += reader.first(key);
                }
                boolean right = sum == data.sumOfFirsts();
                for (int i = 0; i < ENTRIES; i += 1000) {
                    byte[] key = data.key(i);
                    reader.follow(key);
                    right &= Arrays.equals(key, data.next(i));
                }
                if (!right) {
                    throw new IllegalStateException(subject + " does not return what was put");
                }
            }
        }

        static Path directory(String subject) {
            return Directories.data().resolve("read-" + Subject.family(subject));
        }

        private static Subject.Setup setup(Path directory) {
            return new Subject.Setup(directory, ENTRIES, VALUE_BYTES, false);
        }

        private static Path fill(String subject, Dataset data) throws IOException {
            Path directory = directory(subject);
            Path complete = directory.resolveSibling(directory.getFileName() + ".complete");
            if (!Files.exists(complete)) {
                Directories.fresh(directory.getFileName().toString());
                try (Subject empty = Subject.open(Subject.family(subject), setup(directory))) {
                    empty.load(data);
                }
                Files.createFile(complete);
            }
            return directory;
        }

        /** Removes the files of a subject. */
        static void forget(String subject) throws IOException {
            Path directory = directory(subject);
            Files.deleteIfExists(directory.resolveSibling(directory.getFileName() + ".complete"));
            Directories.delete(directory);
        }

        @TearDown(Level.Trial)
        public void close() {
            opened.close();
        }
    }

    /** One thread's reader. */
    @State(Scope.Thread)
    public static class Reading {
        Subject.Reader reader;
        byte[][] keys;
        int at;
        byte[] key;

        @Setup(Level.Trial)
        public void open(Opened opened, ThreadParams threads) {
            reader = opened.opened.reader();
            keys = opened.keys;
            at = (int) ((long) keys.length * threads.getThreadIndex() / threads.getThreadCount());
            key = keys[at].clone();
        }

        @TearDown(Level.Trial)
        public void close() {
            reader.close();
        }
    }

    /**
     * Time on the processor: what a get takes if nobody else wants the core, also where somebody does. Gets and scans
     * neither wait nor call the kernel, so on a quiet machine it is the elapsed time.
     */
    @State(Scope.Thread)
    @AuxCounters(AuxCounters.Type.EVENTS)
    public static class Processor {
        private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

        public long cpuNanos;
        public long gets;
        private long start;

        @Setup(Level.Iteration)
        public void start() {
            start = THREADS.getCurrentThreadCpuTime();
        }

        void count(int more) {
            gets += more;
            cpuNanos = THREADS.getCurrentThreadCpuTime() - start;
        }
    }

    /** Each key comes from the value before it. */
    @Benchmark
    @OperationsPerInvocation(LOOP)
    public byte[] dependentGet(Reading reading, Processor processor) {
        Subject.Reader reader = reading.reader;
        byte[] key = reading.key;
        for (int i = 0; i < LOOP; i++) {
            reader.follow(key);
        }
        processor.count(LOOP);
        return key;
    }

    /** The keys are known beforehand, so that gets can overlap in the processor. */
    @Benchmark
    @OperationsPerInvocation(LOOP)
    public long independentGet(Reading reading, Processor processor) {
        Subject.Reader reader = reading.reader;
        byte[][] keys = reading.keys;
        int at = reading.at + LOOP <= keys.length ? reading.at : 0;
        long sum = 0;
        for (int i = at; i < at + LOOP; i++) {
            sum += reader.first(keys[i]);
        }
        reading.at = at + LOOP;
        processor.count(LOOP);
        return sum;
    }

    /** Entry after entry, in the store's own order. */
    @Benchmark
    @OperationsPerInvocation(LOOP)
    public long scan(Reading reading, Processor processor) {
        long sum = reading.reader.scan(LOOP);
        processor.count(LOOP);
        return sum;
    }
}
