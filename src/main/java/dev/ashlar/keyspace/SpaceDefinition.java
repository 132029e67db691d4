package dev.ashlar.keyspace;

import dev.ashlar.KeyspaceOptions;
import dev.ashlar.Metric;
import dev.ashlar.UnsupportedFormatException;
import dev.ashlar.VectorOptions;
import dev.ashlar.VectorType;
import dev.ashlar.Verification;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A space as the catalog knows it: a record of the system space, with the id in four bytes, big-endian, as its key.
 *
 * <pre>
 *   value:  0 u8 kind   1 u8 log2(alignment)   2 u16 length of the name
 *           kind 1, a keyspace:            4 name, UTF-8
 *           kind 2, a vector collection:   4 u64 options, see {@link #vectorBits}   12 name, UTF-8
 *           kind 3, a document collection: 4 name, UTF-8
 * </pre>
 *
 * @param vectors what a vector collection was created with; null for other kinds
 */
public record SpaceDefinition(
        int id,
        String name,
        KeyspaceOptions options,
        @Nullable VectorOptions vectors,
        SpaceKind kind) {
    static final SpaceDefinition SYSTEM_SPACE =
            new SpaceDefinition(KeyspaceView.SYSTEM, "", KeyspaceOptions.DEFAULT.withAlignment(8));

    public static final int MAX_NAME_BYTES = 255;

    private static final int HEADER = 4;
    private static final int NON_FINITE = 1;

    /** Types and metrics by the numbers that are stored: never to be reordered. */
    private static final List<VectorType> TYPES = List.of(VectorType.FLOAT32, VectorType.INT8, VectorType.BIT);

    private static final List<Metric> METRICS =
            List.of(Metric.COSINE, Metric.DOT_PRODUCT, Metric.SQUARED_EUCLIDEAN, Metric.HAMMING, Metric.JACCARD);
    private static final ValueLayout.OfInt BIG_ENDIAN = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    /** A keyspace. */
    public SpaceDefinition(int id, String name, KeyspaceOptions options) {
        this(id, name, options, null, SpaceKind.KEYSPACE);
    }

    /** A document collection. Nobody reads its records in place as anything that would have to be aligned. */
    public static SpaceDefinition ofDocuments(int id, String name) {
        return new SpaceDefinition(id, name, KeyspaceOptions.DEFAULT.withAlignment(8), null, SpaceKind.DOCUMENTS);
    }

    /** The same space under another id or name. */
    public SpaceDefinition as(int id, String name) {
        return new SpaceDefinition(id, name, options, vectors, kind);
    }

    /** A space of that kind of which nothing is known but where its records are. */
    static SpaceDefinition unnamed(int id, @Nullable VectorOptions vectors) {
        return vectors == null ? new SpaceDefinition(id, "", KeyspaceOptions.DEFAULT) : ofVectors(id, "", vectors);
    }

    /** A vector collection. Rows begin at multiples of 64. */
    public static SpaceDefinition ofVectors(int id, String name, VectorOptions vectors) {
        return new SpaceDefinition(id, name, rowOptions(vectors), vectors, SpaceKind.VECTORS);
    }

    private static KeyspaceOptions rowOptions(VectorOptions vectors) {
        return new KeyspaceOptions(64, vectors.verification());
    }

    /**
     * The options of a vector collection as they are stored: dimension in the low 32 bits, then type, metric, flags (1: components
     * may be NaN or infinite) and a zero, a byte each. Types: 0 float32, 1 int8, 2 bit. Metrics: 0 cosine, 1 dot product, 2 squared Euclidean, 3 Hamming, 4 Jaccard.
     */
    public static long vectorBits(VectorOptions vectors) {
        long flags = vectors.nonFinite() == VectorOptions.NonFinite.ALLOW ? NON_FINITE : 0;
        return vectors.dimension()
                | (long) TYPES.indexOf(vectors.type()) << 32
                | (long) METRICS.indexOf(vectors.metric()) << 40
                | flags << 48;
    }

    /** The options that such a number says; null if it is none. */
    public static @Nullable VectorOptions vectorOptions(long bits) {
        long dimension = bits & 0xFFFF_FFFFL;
        int type = (int) (bits >>> 32 & 0xFF);
        int metric = (int) (bits >>> 40 & 0xFF);
        long flags = bits >>> 48;
        if (dimension < 1
                || dimension > VectorOptions.MAX_DIMENSION
                || type >= TYPES.size()
                || metric >= METRICS.size()
                || flags > NON_FINITE
                || !METRICS.get(metric).suits(TYPES.get(type))) {
            return null;
        }
        return new VectorOptions(
                (int) dimension,
                TYPES.get(type),
                METRICS.get(metric),
                flags == 0 ? VectorOptions.NonFinite.REJECT : VectorOptions.NonFinite.ALLOW,
                Verification.ONCE);
    }

    public byte[] key() {
        return ByteBuffer.allocate(4).putInt(id).array();
    }

    public byte[] value() {
        byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
        VectorOptions rows = vectors;
        int header = rows == null ? HEADER : HEADER + Long.BYTES;
        ByteBuffer value = ByteBuffer.allocate(header + bytes.length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .put(kind.number())
                .put((byte) Integer.numberOfTrailingZeros(options.alignment()))
                .putShort((short) bytes.length);
        if (rows != null) {
            value.putLong(vectorBits(rows));
        }
        return value.put(bytes).array();
    }

    /**
     * Reads a definition back.
     *
     * @throws UnsupportedFormatException if it is not one: the record verified, so a newer version must have written it
     */
    public static SpaceDefinition read(MemorySegment s, long keyAt, int keyLength, long valueAt, long valueLength) {
        if (keyLength != 4 || valueLength < HEADER) {
            throw unknown();
        }
        SpaceKind kind = SpaceKind.ofNumber(s.get(ValueLayout.JAVA_BYTE, valueAt));
        int header = kind == SpaceKind.VECTORS ? HEADER + Long.BYTES : HEADER;
        int id = idOf(s, keyAt);
        int shift = s.get(ValueLayout.JAVA_BYTE, valueAt + 1);
        int length = s.get(SHORT, valueAt + 2) & 0xFFFF;
        if (kind == null
                || shift < 3
                || shift > 12
                || header + length != valueLength
                || id <= 0
                || id >= KeyspaceView.MAX_SPACES) {
            throw unknown();
        }
        byte[] bytes = s.asSlice(valueAt + header, length).toArray(ValueLayout.JAVA_BYTE);
        String name = new String(bytes, StandardCharsets.UTF_8);
        if (!isName(name) || !Arrays.equals(bytes, name.getBytes(StandardCharsets.UTF_8))) {
            throw unknown();
        }
        if (kind == SpaceKind.DOCUMENTS && shift == 3) {
            return ofDocuments(id, name);
        }
        if (kind == SpaceKind.KEYSPACE) {
            return new SpaceDefinition(id, name, KeyspaceOptions.DEFAULT.withAlignment(1 << shift));
        }
        VectorOptions vectors = kind == SpaceKind.VECTORS ? vectorOptions(s.get(LONG, valueAt + HEADER)) : null;
        if (vectors == null || shift != 6) {
            throw unknown();
        }
        return ofVectors(id, name, vectors);
    }

    /** The id that a key of the catalog begins with. */
    static int idOf(MemorySegment s, long keyAt) {
        return s.get(BIG_ENDIAN, keyAt);
    }

    static int idOf(byte[] key) {
        return ByteBuffer.wrap(key).getInt();
    }

    private static boolean isName(String name) {
        int length = name.getBytes(StandardCharsets.UTF_8).length;
        return length > 0 && length <= MAX_NAME_BYTES && name.chars().noneMatch(Character::isISOControl);
    }

    static UnsupportedFormatException unknown() {
        return new UnsupportedFormatException("the catalog has a record that this version does not understand;"
                + " open the store with the version of Ashlar that wrote it");
    }
}
