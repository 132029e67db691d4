package dev.ashlar.bench;

import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
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
import org.openjdk.jmh.infra.BenchmarkParams;

/**
 * Overwrites of 1 M keys of 16 bytes with values of 100 bytes, in random order, by one thread. Each trial starts with a
 * new store that holds all keys. The stores do in the background what they always do: Ashlar compacts and checkpoints,
 * RocksDB flushes and compacts.
 */
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 2, time = 1)
@Measurement(iterations = 3, time = 1)
public class WriteBenchmark {
    static final int ENTRIES = 1_000_000;
    static final int VALUE_BYTES = 100;
    static final int BATCH = 1024;

    /** The store and its writer. */
    @State(Scope.Benchmark)
    public static class Opened {
        @Param({"bare", "ashlar", "ashlar-tryput", "ashlar-callback", "lmdb", "rocksdb", "chronicle", "mvstore"})
        public String subject;

        private Path directory;
        private Subject opened;
        Subject.Writer writer;
        byte[][] keys;
        int at;
        final byte[] value = new byte[VALUE_BYTES];
        private long written;

        @Setup(Level.Trial)
        public void open(BenchmarkParams params) {
            directory = Directories.fresh("write-" + subject);
            boolean durable = params.getBenchmark().endsWith("durablePut");
            Dataset data = new Dataset(ENTRIES, VALUE_BYTES);
            keys = data.shuffledKeys();
            opened = Subject.open(subject, new Subject.Setup(directory, ENTRIES, VALUE_BYTES, durable));
            opened.load(data);
            writer = opened.writer();
            data.value(0, value);
        }

        /** Index of the first of so many keys to write now; the value is a new one. */
        int next(int count) {
            int from = at + count <= keys.length ? at : 0;
            at = from + count;
            Dataset.setLong(value, 0, ++written);
            return from;
        }

        @TearDown(Level.Iteration)
        public void settle() {
            writer.settle();
        }

        @TearDown(Level.Trial)
        public void close() {
            writer.close();
            opened.close();
            Directories.delete(directory);
        }
    }

    /** Survives a killed process when the call returns. */
    @Benchmark
    @BenchmarkMode(Mode.SampleTime)
    public void put(Opened opened) {
        opened.writer.put(opened.keys[opened.next(1)], opened.value);
    }

    /** Handed over; only the room for what is under way is waited for. */
    @Benchmark
    @BenchmarkMode(Mode.AverageTime)
    @OperationsPerInvocation(BATCH)
    public void asynchronousPut(Opened opened) {
        int from = opened.next(BATCH);
        for (int i = from; i < from + BATCH; i++) {
            opened.writer.putLater(opened.keys[i], opened.value);
        }
    }

    /** 1,024 at once; survive a killed process when the call returns. */
    @Benchmark
    @BenchmarkMode(Mode.AverageTime)
    @OperationsPerInvocation(BATCH)
    public void batchPut(Opened opened) {
        opened.writer.putAll(opened.keys, opened.next(BATCH), BATCH, opened.value);
    }

    /** Survives a loss of power when the call returns. */
    @Benchmark
    @BenchmarkMode(Mode.SampleTime)
    public void durablePut(Opened opened) {
        opened.writer.putDurably(opened.keys[opened.next(1)], opened.value);
    }
}
