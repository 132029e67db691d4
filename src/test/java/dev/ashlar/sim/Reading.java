package dev.ashlar.sim;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** What typed writes of the rig write. Its layout is worked out here a second time, by hand. */
record Reading(long time, double value, int count, short unit) {
    /** Behind the name of a keyspace, for the layout that is stored with it. */
    static final String LAYOUT = "#layout";

    static final String DESCRIPTION = """
            layout 1
            size 24
            alignment 8
            time i64 0 8
            value f64 8 8
            count i32 16 4
            unit i16 20 2
            """;

    static final int BYTES = 24;

    /** As a reading, but for one field. */
    record Other(long time, double value, long count, short unit) {}

    static Reading of(long seed) {
        return new Reading(seed, seed / 3.0, (int) (seed * 31), (short) seed);
    }

    byte[] bytes() {
        return ByteBuffer.allocate(BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(time)
                .putDouble(value)
                .putInt(count)
                .putShort(unit)
                .array();
    }

    static Reading parse(byte[] bytes) {
        ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        return new Reading(buffer.getLong(), buffer.getDouble(), buffer.getInt(), buffer.getShort());
    }
}
