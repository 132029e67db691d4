package dev.ashlar.cli;

import dev.ashlar.Cursor;
import dev.ashlar.Durability;
import dev.ashlar.Keyspace;
import dev.ashlar.Store;
import dev.ashlar.WriteBatch;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/**
 * Telemetry: small records under long keys, whose fields are read where they lie in mapped memory, by cursor and by view;
 * and one long array of doubles, read in place too.
 *
 * <pre>
 * 0 i64 time │ 8 i32 sensor │ 12 i32 status │ 16 f64 value │ 24 zeros up to 64
 * </pre>
 */
final class TypedReadsStep {
    private static final String SAMPLES = QuickstartDirectory.PREFIX + "telemetry";
    private static final String SERIES = QuickstartDirectory.PREFIX + "series";
    private static final int RECORDS = 200_000;
    private static final int BATCH = 1_000;
    /** So often everything is read, because the first times measure the compiler more than anything else. */
    private static final int ROUNDS = 10;

    private static final int RECORD_BYTES = 64;
    private static final int SENSOR_OFFSET = 8;
    private static final int STATUS_OFFSET = 12;
    private static final int VALUE_OFFSET = 16;
    private static final int SERIES_DOUBLES = 2 << 20;

    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfDouble DOUBLE = ValueLayout.JAVA_DOUBLE.withOrder(ByteOrder.LITTLE_ENDIAN);

    private TypedReadsStep() {}

    /** What all records add up to: computed twice, once from what was written and once from what was read. */
    private record Sums(long times, long sensors, long statuses, double values) {}

    static void run(Store store, QuickstartReport report) throws IOException {
        report.tell("writing telemetry, and reading longs, ints and doubles of it in place");
        Keyspace samples = store.keyspace(SAMPLES);
        Sums expected = write(store, samples, report);
        long start = System.nanoTime();
        for (int round = 0; round < ROUNDS; round++) {
            require(expected, readByCursor(samples), "cursor");
        }
        report.measured("typed reads, by cursor", ROUNDS * RECORDS, ROUNDS * bytes(), since(start), null);
        start = System.nanoTime();
        for (int round = 0; round < ROUNDS; round++) {
            require(expected, readByView(samples), "view");
        }
        report.measured("typed reads, by view", ROUNDS * RECORDS, ROUNDS * bytes(), since(start), null);
        report.found(Units.count(RECORDS)
                + " telemetry records read in place, again and again: every field is what was "
                + "written, every view is aligned to " + samples.options().alignment() + " bytes");
        sumSeries(store.keyspace(SERIES), report);
    }

    private static Sums write(Store store, Keyspace samples, QuickstartReport report) {
        long start = System.nanoTime();
        long times = 0;
        long sensors = 0;
        long statuses = 0;
        double values = 0;
        byte[] value = new byte[RECORD_BYTES];
        ByteBuffer fields = ByteBuffer.wrap(value).order(ByteOrder.LITTLE_ENDIAN);
        try (WriteBatch batch = store.batch()) {
            for (int i = 0; i < RECORDS; i++) {
                long random = Mix.of(i);
                long time = 1_000_000L * i + (random & 0xffff);
                int sensor = (int) (random >>> 16) & 0xff;
                int status = (int) (random >>> 24);
                double measured = random * 0x1p-40;
                fields.putLong(0, time).putInt(SENSOR_OFFSET, sensor);
                fields.putInt(STATUS_OFFSET, status).putDouble(VALUE_OFFSET, measured);
                batch.put(samples, i, value);
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
        report.measured("put telemetry, batches of " + Units.count(BATCH), RECORDS, bytes(), since(start), null);
        return new Sums(times, sensors, statuses, values);
    }

    private static Sums readByCursor(Keyspace samples) {
        long times = 0;
        long sensors = 0;
        long statuses = 0;
        double values = 0;
        Cursor cursor = samples.cursor();
        for (int i = 0; i < RECORDS; i++) {
            if (!cursor.find(i)) {
                throw missing(i);
            }
            times += cursor.getLong(0);
            sensors += cursor.getInt(SENSOR_OFFSET);
            statuses += cursor.getInt(STATUS_OFFSET);
            values += cursor.getDouble(VALUE_OFFSET);
        }
        return new Sums(times, sensors, statuses, values);
    }

    private static Sums readByView(Keyspace samples) {
        long times = 0;
        long sensors = 0;
        long statuses = 0;
        double values = 0;
        for (int i = 0; i < RECORDS; i++) {
            MemorySegment view = samples.get(i);
            if (view == null) {
                throw missing(i);
            }
            requireAligned(view, samples);
            times += view.get(LONG, 0);
            sensors += view.get(INT, SENSOR_OFFSET);
            statuses += view.get(INT, STATUS_OFFSET);
            values += view.get(DOUBLE, VALUE_OFFSET);
        }
        return new Sums(times, sensors, statuses, values);
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

    private static long bytes() {
        return (long) RECORDS * RECORD_BYTES;
    }

    private static Duration since(long start) {
        return Duration.ofNanos(System.nanoTime() - start);
    }
}
