package dev.ashlar.cli;

import dev.ashlar.Cursor;
import dev.ashlar.Durability;
import dev.ashlar.FieldOrder;
import dev.ashlar.Keyspace;
import dev.ashlar.Store;
import dev.ashlar.TypedCursor;
import dev.ashlar.TypedKeyspace;
import dev.ashlar.WriteBatch;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/**
 * Telemetry: small records under long keys, written through a draft of their type and read by cursor: by hand, which is
 * the measure, and by type, which is meant to cost the same; then as views that can be kept. And one long array of
 * doubles, read in place too.
 */
final class TypedReadsStep {
    private static final String SAMPLES = QuickstartDirectory.PREFIX + "telemetry";
    private static final String SERIES = QuickstartDirectory.PREFIX + "series";
    private static final int RECORDS = 200_000;
    private static final int BATCH = 1_000;

    /** Rounds that are not measured: in the first ones the compiler is still at work. */
    private static final int WARM_UP = 5;

    /** The ways of reading take turns, so that none of them has the quieter machine. */
    private static final int ROUNDS = 10;

    private static final int SERIES_DOUBLES = 2 << 20;

    private static final ValueLayout.OfDouble DOUBLE = ValueLayout.JAVA_DOUBLE.withOrder(ByteOrder.LITTLE_ENDIAN);

    // Where the fields of a sample lie, for who reads them by hand: as TypedKeyspace.layout() says.
    private static final int TIME_OFFSET = 0;
    private static final int SENSOR_OFFSET = 8;
    private static final int STATUS_OFFSET = 12;
    private static final int VALUE_OFFSET = 16;

    private TypedReadsStep() {}

    /** A measurement. */
    @FieldOrder({"time", "sensor", "status", "value"})
    interface Sample {
        long time();

        int sensor();

        int status();

        double value();

        Sample time(long time);

        Sample sensor(int sensor);

        Sample status(int status);

        Sample value(double value);
    }

    /** What all records add up to: computed from what was written, and from what was read. */
    private record Sums(long times, long sensors, long statuses, double values) {}

    static void run(Store store, QuickstartReport report) throws IOException {
        report.tell("writing telemetry, and reading longs, ints and doubles of it in place");
        // This package is not exported, hence the lookup.
        TypedKeyspace<Sample> samples = store.keyspace(SAMPLES).typed(Sample.class, MethodHandles.lookup());
        Sums expected = write(store, samples, report);
        requireAligned(samples.keyspace());
        long byHand = 0;
        long byCursor = 0;
        long byGet = 0;
        for (int round = -WARM_UP; round < ROUNDS; round++) {
            if (round == 0) {
                byHand = 0;
                byCursor = 0;
                byGet = 0;
            }
            long start = System.nanoTime();
            require(expected, readByHand(samples.keyspace()), "cursor, by hand");
            long handRead = System.nanoTime();
            require(expected, readByCursor(samples), "typed cursor");
            long cursorRead = System.nanoTime();
            require(expected, readByGet(samples), "typed get");
            byGet += System.nanoTime() - cursorRead;
            byCursor += cursorRead - handRead;
            byHand += handRead - start;
        }
        long read = (long) ROUNDS * bytes(samples);
        report.measured("read fields by hand, cursor", ROUNDS * RECORDS, read, Duration.ofNanos(byHand), null);
        report.measured("typed reads, cursor", ROUNDS * RECORDS, read, Duration.ofNanos(byCursor), null);
        report.measured("typed reads, get", ROUNDS * RECORDS, read, Duration.ofNanos(byGet), null);
        report.found(Units.count(RECORDS)
                + " telemetry records read in place, by hand and by type, again and again: every field is what was "
                + "written, every view is aligned to "
                + samples.keyspace().options().alignment() + " bytes");
        sumSeries(store.keyspace(SERIES), report);
    }

    private static Sums write(Store store, TypedKeyspace<Sample> samples, QuickstartReport report) {
        long start = System.nanoTime();
        long times = 0;
        long sensors = 0;
        long statuses = 0;
        double values = 0;
        Sample draft = samples.draft();
        try (WriteBatch batch = store.batch()) {
            for (int i = 0; i < RECORDS; i++) {
                long random = Mix.of(i);
                long time = 1_000_000L * i + (random & 0xffff);
                int sensor = (int) (random >>> 16) & 0xff;
                int status = (int) (random >>> 24);
                double measured = random * 0x1p-40;
                samples.put(
                        batch, i, draft.time(time).sensor(sensor).status(status).value(measured));
                times += time;
                sensors += sensor;
                statuses += status;
                values += measured;
                if (batch.size() == BATCH) {
                    batch.commit();
                }
            }
            batch.commit(Durability.DURABLE);
        }
        report.measured("put telemetry, batches of " + Units.count(BATCH), RECORDS, bytes(samples), since(start), null);
        return new Sums(times, sensors, statuses, values);
    }

    private static Sums readByHand(Keyspace samples) {
        long times = 0;
        long sensors = 0;
        long statuses = 0;
        double values = 0;
        Cursor cursor = samples.cursor();
        for (int i = 0; i < RECORDS; i++) {
            if (!cursor.find(i)) {
                throw missing(i);
            }
            times += cursor.getLong(TIME_OFFSET);
            sensors += cursor.getInt(SENSOR_OFFSET);
            statuses += cursor.getInt(STATUS_OFFSET);
            values += cursor.getDouble(VALUE_OFFSET);
        }
        return new Sums(times, sensors, statuses, values);
    }

    private static Sums readByCursor(TypedKeyspace<Sample> samples) {
        long times = 0;
        long sensors = 0;
        long statuses = 0;
        double values = 0;
        TypedCursor<Sample> cursor = samples.cursor();
        for (int i = 0; i < RECORDS; i++) {
            if (!cursor.find(i)) {
                throw missing(i);
            }
            Sample sample = cursor.value();
            times += sample.time();
            sensors += sample.sensor();
            statuses += sample.status();
            values += sample.value();
        }
        return new Sums(times, sensors, statuses, values);
    }

    private static Sums readByGet(TypedKeyspace<Sample> samples) {
        long times = 0;
        long sensors = 0;
        long statuses = 0;
        double values = 0;
        for (int i = 0; i < RECORDS; i++) {
            Sample sample = samples.get(i);
            if (sample == null) {
                throw missing(i);
            }
            times += sample.time();
            sensors += sample.sensor();
            statuses += sample.status();
            values += sample.value();
        }
        return new Sums(times, sensors, statuses, values);
    }

    private static void requireAligned(Keyspace samples) {
        for (int i = 0; i < RECORDS; i++) {
            MemorySegment view = samples.get(i);
            if (view == null) {
                throw missing(i);
            }
            requireAligned(view, samples);
        }
    }

    private static void sumSeries(Keyspace series, QuickstartReport report) {
        byte[] key = "doubles".getBytes(StandardCharsets.UTF_8);
        long size = (long) SERIES_DOUBLES * Double.BYTES;
        double expected = 0;
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment array = arena.allocate(size, Double.BYTES);
            for (int i = 0; i < SERIES_DOUBLES; i++) {
                double next = Mix.of(i) * 0x1p-40;
                array.set(DOUBLE, (long) i * Double.BYTES, next);
                expected += next;
            }
            long start = System.nanoTime();
            series.put(key, array, Durability.DURABLE);
            report.measured("put one array of doubles, durably", 1, size, since(start), null);
        }
        long start = System.nanoTime();
        MemorySegment view = series.get(key);
        if (view == null || view.byteSize() != size) {
            throw Failure.refused("an array of " + size + " bytes was stored and is not there");
        }
        requireAligned(view, series);
        for (int round = 0; round < ROUNDS; round++) {
            double sum = sum(view);
            if (sum != expected) {
                throw Failure.refused("an array of doubles adds up to " + sum + " and not to " + expected);
            }
        }
        report.measured("sum it up in place", ROUNDS, ROUNDS * size, since(start), null);
    }

    private static double sum(MemorySegment doubles) {
        double sum = 0;
        for (int i = 0; i < SERIES_DOUBLES; i++) {
            sum += doubles.get(DOUBLE, (long) i * Double.BYTES);
        }
        return sum;
    }

    private static void requireAligned(MemorySegment view, Keyspace keyspace) {
        if (view.address() % keyspace.options().alignment() != 0) {
            throw Failure.refused("a view lies at address " + view.address() + ", which is no multiple of "
                    + keyspace.options().alignment());
        }
    }

    private static void require(Sums expected, Sums found, String how) {
        if (!found.equals(expected)) {
            throw Failure.refused("telemetry read by " + how + " adds up to " + found + " and not to " + expected);
        }
    }

    private static Failure missing(int key) {
        return Failure.refused("telemetry record " + key + " was stored and is not there");
    }

    private static long bytes(TypedKeyspace<Sample> samples) {
        return (long) RECORDS * samples.valueBytes();
    }

    private static Duration since(long start) {
        return Duration.ofNanos(System.nanoTime() - start);
    }
}
