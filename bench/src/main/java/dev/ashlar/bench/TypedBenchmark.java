package dev.ashlar.bench;

import dev.ashlar.Cursor;
import dev.ashlar.FieldOrder;
import dev.ashlar.Keyspace;
import dev.ashlar.Store;
import dev.ashlar.TypedCursor;
import dev.ashlar.TypedKeyspace;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
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

/**
 * Values with four fields, read and written by hand from and to segments, through flyweights, and as records. There are
 * so few of them that they stay in the first cache: what is measured is instructions.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 3, time = 1)
public class TypedBenchmark {
    private static final int VALUES = 128;

    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfDouble DOUBLE = ValueLayout.JAVA_DOUBLE.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final int BID = 8;
    private static final int ASK = 16;
    private static final int SIZE = 24;
    private static final int BYTES = 32;

    /** As a record: reads make a new one. */
    public record Quote(long time, double bid, double ask, int size) {}

    /** As a flyweight. */
    @FieldOrder({"time", "bid", "ask", "size"})
    public interface QuoteView {
        long time();

        double bid();

        double ask();

        int size();

        QuoteView time(long time);

        QuoteView bid(double bid);

        QuoteView ask(double ask);

        QuoteView size(int size);
    }

    /** One way to do it. Sums are of all fields, so that all of them are read. */
    abstract static class Access {
        abstract double held(int i);

        abstract double find(byte[] key);

        abstract double get(byte[] key);

        abstract long put(byte[] key, int i);
    }

    private static double sum(long time, double bid, double ask, int size) {
        return time + bid + ask + size;
    }

    private static double sum(MemorySegment value) {
        return sum(value.get(LONG, 0), value.get(DOUBLE, BID), value.get(DOUBLE, ASK), value.get(INT, SIZE));
    }

    private static final class ByHand extends Access {
        private final Keyspace keyspace;
        private final Cursor cursor;
        private final MemorySegment[] held = new MemorySegment[VALUES];
        private final MemorySegment draft = Arena.ofAuto().allocate(BYTES, 8);

        ByHand(Keyspace keyspace, byte[][] keys) {
            this.keyspace = keyspace;
            this.cursor = keyspace.cursor();
            for (int i = 0; i < VALUES; i++) {
                held[i] = keyspace.get(keys[i]);
            }
        }

        @Override
        double held(int i) {
            return sum(held[i]);
        }

        @Override
        double find(byte[] key) {
            Cursor at = cursor;
            at.find(key);
            return sum(at.getLong(0), at.getDouble(BID), at.getDouble(ASK), at.getInt(SIZE));
        }

        @Override
        double get(byte[] key) {
            return sum(keyspace.get(key));
        }

        @Override
        long put(byte[] key, int i) {
            draft.set(LONG, 0, i);
            draft.set(DOUBLE, BID, i);
            draft.set(DOUBLE, ASK, i);
            draft.set(INT, SIZE, i);
            return keyspace.put(key, draft);
        }
    }

    private static final class Flyweight extends Access {
        private final TypedKeyspace<QuoteView> typed;
        private final TypedCursor<QuoteView> cursor;
        private final QuoteView[] held = new QuoteView[VALUES];
        private final QuoteView draft;

        Flyweight(Keyspace keyspace, byte[][] keys) {
            typed = keyspace.typed(QuoteView.class);
            cursor = typed.cursor();
            draft = typed.draft();
            for (int i = 0; i < VALUES; i++) {
                held[i] = typed.get(keys[i]);
            }
        }

        private static double sum(QuoteView value) {
            return TypedBenchmark.sum(value.time(), value.bid(), value.ask(), value.size());
        }

        @Override
        double held(int i) {
            return sum(held[i]);
        }

        @Override
        double find(byte[] key) {
            cursor.find(key);
            return sum(cursor.value());
        }

        @Override
        double get(byte[] key) {
            return sum(typed.get(key));
        }

        @Override
        long put(byte[] key, int i) {
            return typed.put(key, draft.time(i).bid(i).ask(i).size(i));
        }
    }

    private static final class Records extends Access {
        private final TypedKeyspace<Quote> typed;
        private final TypedCursor<Quote> cursor;
        private final Quote[] held = new Quote[VALUES];

        Records(Keyspace keyspace, byte[][] keys) {
            typed = keyspace.typed(Quote.class);
            cursor = typed.cursor();
            for (int i = 0; i < VALUES; i++) {
                held[i] = typed.get(keys[i]);
            }
        }

        private static double sum(Quote value) {
            return TypedBenchmark.sum(value.time(), value.bid(), value.ask(), value.size());
        }

        @Override
        double held(int i) {
            return sum(held[i]);
        }

        @Override
        double find(byte[] key) {
            cursor.find(key);
            return sum(cursor.value());
        }

        @Override
        double get(byte[] key) {
            return sum(typed.get(key));
        }

        @Override
        long put(byte[] key, int i) {
            return typed.put(key, new Quote(i, i, i, i));
        }
    }

    /** An open store with the values. */
    @State(Scope.Thread)
    public static class Opened {
        @Param({"hand", "flyweight", "record"})
        public String subject;

        private Store store;
        private Access access;
        private final byte[][] keys = new byte[VALUES][16];

        @Setup(Level.Trial)
        public void open() {
            store = Store.open(Directories.fresh("typed-" + subject));
            Keyspace keyspace = store.keyspace("quotes");
            TypedKeyspace<Quote> typed = keyspace.typed(Quote.class);
            double expected = 0;
            for (int i = 0; i < VALUES; i++) {
                Stores.key(i, keys[i]);
                typed.put(keys[i], new Quote(i, i + 0.25, i + 0.5, 7));
                expected += sum(i, i + 0.25, i + 0.5, 7);
            }
            access = switch (subject) {
                case "hand" -> new ByHand(keyspace, keys);
                case "flyweight" -> new Flyweight(keyspace, keys);
                default -> new Records(keyspace, keys);
            };
            double held = 0;
            double found = 0;
            double got = 0;
            for (int i = 0; i < VALUES; i++) {
                held += access.held(i);
                found += access.find(keys[i]);
                got += access.get(keys[i]);
            }
            if (held != expected || found != expected || got != expected) {
                throw new IllegalStateException(subject + " does not return what was put");
            }
        }

        @TearDown(Level.Trial)
        public void close() {
            store.close();
            Directories.delete(Directories.data().resolve("typed-" + subject));
        }
    }

    /** Four fields of a value that is held: a segment, a flyweight, a record on the heap. */
    @Benchmark
    @OperationsPerInvocation(VALUES)
    public double typedHeld(Opened opened, ReadBenchmark.Processor processor) {
        Access access = opened.access;
        double sum = 0;
        for (int i = 0; i < VALUES; i++) {
            sum += access.held(i);
        }
        processor.count(VALUES);
        return sum;
    }

    /** A cursor finds a key, and four fields of its value are read. */
    @Benchmark
    @OperationsPerInvocation(VALUES)
    public double typedFind(Opened opened, ReadBenchmark.Processor processor) {
        Access access = opened.access;
        double sum = 0;
        for (byte[] key : opened.keys) {
            sum += access.find(key);
        }
        processor.count(VALUES);
        return sum;
    }

    /** A get, and four fields of the value. */
    @Benchmark
    @OperationsPerInvocation(VALUES)
    public double typedGet(Opened opened, ReadBenchmark.Processor processor) {
        Access access = opened.access;
        double sum = 0;
        for (byte[] key : opened.keys) {
            sum += access.get(key);
        }
        processor.count(VALUES);
        return sum;
    }

    /** Four fields are set and the value is put. */
    @Benchmark
    @OperationsPerInvocation(VALUES)
    public long typedPut(Opened opened) {
        Access access = opened.access;
        long last = 0;
        for (int i = 0; i < VALUES; i++) {
            last = access.put(opened.keys[i], i);
        }
        return last;
    }
}
