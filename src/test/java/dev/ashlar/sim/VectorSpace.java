package dev.ashlar.sim;

import dev.ashlar.Metric;
import dev.ashlar.VectorOptions;
import dev.ashlar.VectorType;
import dev.ashlar.Verification;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/**
 * A vector collection of the rig. In a {@link Model} its rows stand beside the keys, under the number of the id, as the
 * bytes that are stored.
 */
record VectorSpace(String name, VectorOptions options) {
    /** Ids of both signs, the least and the largest among them. */
    static final int IDS = 40;

    /** They differ in type, in how many rows a segment has, and in verification; created when a step needs them. */
    static final List<VectorSpace> ALL = List.of(
            new VectorSpace(
                    "v",
                    new VectorOptions(
                            1_000,
                            VectorType.INT8,
                            Metric.SQUARED_EUCLIDEAN,
                            VectorOptions.NonFinite.REJECT,
                            Verification.ONCE)),
            new VectorSpace(
                    "w",
                    new VectorOptions(
                            60,
                            VectorType.FLOAT32,
                            Metric.SQUARED_EUCLIDEAN,
                            VectorOptions.NonFinite.REJECT,
                            Verification.ALWAYS)));

    static VectorSpace named(String name) {
        return ALL.stream()
                .filter(space -> space.name.equals(name))
                .findFirst()
                .orElseThrow(() -> new AssertionError("a vector collection " + name + ", which nobody has made"));
    }

    static long id(int number) {
        return switch (number) {
            case 0 -> 0;
            case 1 -> Long.MAX_VALUE;
            case 2 -> Long.MIN_VALUE;
            default -> (number % 2 == 0 ? 1L : -1L) * number * 1_000_003L * 1_000_003L;
        };
    }

    static int numberOf(long id) {
        for (int i = 0; i < IDS; i++) {
            if (id(i) == id) {
                return i;
            }
        }
        throw new AssertionError("id " + id + ", which nobody has written");
    }

    String path(int number) {
        return name + "/" + number;
    }

    /** A vector as it is stored: mostly such that no two are the same. */
    byte[] row(long seed) {
        byte[] row = Values.of(options.rowBytes(), seed);
        if (options.type() == VectorType.FLOAT32) {
            ByteBuffer floats = ByteBuffer.wrap(row).order(ByteOrder.LITTLE_ENDIAN);
            for (int at = 0; at < row.length; at += Float.BYTES) {
                floats.putFloat(at, floats.getInt(at) >> 12);
            }
        }
        return row;
    }

    /** The same as a segment, or as an array that {@link #row} could have been made of. */
    static MemorySegment segment(byte[] row) {
        return MemorySegment.ofArray(row);
    }

    static float[] floats(byte[] row) {
        float[] floats = new float[row.length / Float.BYTES];
        ByteBuffer.wrap(row).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(floats);
        return floats;
    }

    /** Squared distance, in the way that needs no thought. */
    double distance(byte[] one, byte[] other) {
        double sum = 0;
        if (options.type() == VectorType.INT8) {
            for (int i = 0; i < one.length; i++) {
                double difference = one[i] - other[i];
                sum += difference * difference;
            }
            return sum;
        }
        float[] a = floats(one);
        float[] b = floats(other);
        for (int i = 0; i < a.length; i++) {
            double difference = (double) a[i] - b[i];
            sum += difference * difference;
        }
        return sum;
    }
}
