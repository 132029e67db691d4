package dev.ashlar.interchange;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.ashlar.VectorOptions;
import dev.ashlar.VectorOptions.NonFinite;
import dev.ashlar.VectorType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import net.jqwik.api.Assume;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.lifecycle.AfterProperty;
import net.jqwik.api.lifecycle.BeforeProperty;
import org.jspecify.annotations.Nullable;

/** Files that were changed or cut somewhere: what is stored is what they say, or nothing. */
class VectorFilesPropertyTest {
    private static final Pattern SHAPE = Pattern.compile("\\(\\s*(\\d+)\\s*,\\s*(\\d+)\\s*,?\\s*\\)");

    private Path directory = Path.of("");

    @BeforeProperty
    void create() throws IOException {
        directory = Files.createTempDirectory("vectors");
    }

    @AfterProperty
    void remove() throws IOException {
        try (var files = Files.list(directory)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
        Files.delete(directory);
    }

    private static VectorOptions options(VectorType type, int dimension) {
        return VectorOptions.of(dimension).type(type).nonFinite(NonFinite.ALLOW);
    }

    /** Rows whose components are small integers, or anything at all. */
    private static FakeVectors rows(VectorOptions options, int count, boolean small, Random random) {
        FakeVectors rows = new FakeVectors(options);
        for (int i = 0; i < count; i++) {
            byte[] row = new byte[options.rowBytes()];
            random.nextBytes(row);
            ByteBuffer buffer = ByteBuffer.wrap(row).order(ByteOrder.LITTLE_ENDIAN);
            for (int j = 0; small && options.type() == VectorType.FLOAT32 && j < options.dimension(); j++) {
                buffer.putFloat(4 * j, random.nextInt(256));
            }
            for (int j = 0; small && options.type() == VectorType.INT8 && j < options.dimension(); j++) {
                buffer.put(j, (byte) random.nextInt(128));
            }
            if (options.type() == VectorType.BIT && options.dimension() % 8 != 0) {
                row[row.length - 1] &= (byte) ((1 << options.dimension() % 8) - 1);
            }
            rows.with(random.nextLong(), row);
        }
        return rows;
    }

    private static boolean suits(VectorType type, VectorFileFormat format) {
        return switch (format) {
            case FVECS -> type == VectorType.FLOAT32;
            case IVECS -> type != VectorType.BIT;
            case BVECS, NPY -> true;
        };
    }

    @Property(tries = 60)
    void whatIsExportedAndImportedIsTheSame(
            @ForAll VectorType type,
            @ForAll VectorFileFormat format,
            @ForAll @IntRange(min = 1, max = 70) int dimension,
            @ForAll @IntRange(max = 40) int count,
            @ForAll @IntRange(min = 1, max = 50) int perPass,
            @ForAll long seed)
            throws IOException {
        Assume.that(suits(type, format));
        VectorOptions options = options(type, dimension);
        boolean exact = format == VectorFileFormat.FVECS || format == VectorFileFormat.NPY;
        FakeVectors source = rows(options, count, !exact, new Random(seed));
        Path file = directory.resolve("file");
        Path ids = directory.resolve("ids");
        VectorFiles.exportRows(
                source,
                file,
                VectorExportOptions.DEFAULT.withFormat(format).withIds(ids).withReplace(true),
                perPass);
        FakeVectors target = new FakeVectors(options);
        VectorFiles.importFile(
                file, target, VectorImportOptions.DEFAULT.withFormat(format).withIds(ids));
        assertEquals(source.content(), target.content());
    }

    @Property(tries = 600)
    void aFileThatWasChangedIsReadAsWhatItIsOrRefused(
            @ForAll VectorType type,
            @ForAll VectorFileFormat format,
            @ForAll @IntRange(min = 1, max = 20) int dimension,
            @ForAll @IntRange(max = 8) int count,
            @ForAll long seed)
            throws IOException {
        Assume.that(suits(type, format));
        VectorOptions options = options(type, dimension);
        Random random = new Random(seed);
        byte[] bytes = mutate(file(rows(options, count, true, random), format), random);
        Path file = Files.write(directory.resolve("mutant"), bytes);
        @Nullable Map<Long, String> expected = read(bytes, format, options);
        FakeVectors target = new FakeVectors(options);
        try {
            VectorFiles.importFile(file, target, VectorImportOptions.DEFAULT.withFormat(format));
        } catch (InterchangeException e) {
            assertTrue(String.valueOf(e.getMessage()).contains("Nothing was stored"), e.getMessage());
            assertTrue(e.position() >= 0 && e.position() <= bytes.length, e.getMessage());
            assertEquals(0, target.batches().size());
            // What the header of an array may look like is not modelled.
            assertTrue(expected == null || format == VectorFileFormat.NPY, e.getMessage());
            return;
        }
        assertEquals(expected, target.content());
    }

    /** The file of these rows, without the disk. */
    private static byte[] file(FakeVectors rows, VectorFileFormat format) {
        VectorOptions options = rows.options();
        int width = options.type() == VectorType.BIT ? options.rowBytes() : options.dimension();
        RowWriting writing = new RowWriting("fake", format, options, false);
        VectorBytes file = format == VectorFileFormat.NPY
                ? new VectorBytes().raw(NpyHeader.write(writing.components(), rows.size(), width))
                : new VectorBytes();
        rows.content().forEach((id, row) -> {
            byte[] target = new byte[writing.stride()];
            writing.convert(
                    id,
                    java.lang.foreign.MemorySegment.ofArray(HexFormat.of().parseHex(row)),
                    java.lang.foreign.MemorySegment.ofArray(target),
                    0);
            file.raw(target);
        });
        return file.toArray();
    }

    private static byte[] mutate(byte[] file, Random random) {
        byte[] bytes = file;
        int changes = random.nextInt(4);
        for (int i = 0; i < changes; i++) {
            int at = bytes.length == 0 ? 0 : random.nextInt(bytes.length);
            // What comes first decides how the rest is read.
            at = random.nextBoolean() ? Math.min(at, random.nextInt(80)) : at;
            switch (random.nextInt(5)) {
                case 0 -> bytes = Arrays.copyOf(bytes, at);
                case 1 -> bytes = Arrays.copyOf(bytes, bytes.length + 1 + random.nextInt(40));
                case 2 -> {
                    byte[] with = new byte[bytes.length + 1];
                    System.arraycopy(bytes, 0, with, 0, at);
                    with[at] = (byte) ("0123456789,()'".charAt(random.nextInt(14)));
                    System.arraycopy(bytes, at, with, at + 1, bytes.length - at);
                    bytes = with;
                }
                default -> {
                    if (bytes.length > 0) {
                        bytes = bytes.clone();
                        bytes[at] = random.nextBoolean()
                                ? (byte) (bytes[at] ^ 1 << random.nextInt(8))
                                : (byte) random.nextInt(256);
                    }
                }
            }
        }
        return bytes;
    }

    /** What a file holds, read in the simplest way; null if it is wrong. */
    private static @Nullable Map<Long, String> read(byte[] bytes, VectorFileFormat format, VectorOptions options) {
        ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        int width = options.type() == VectorType.BIT ? options.rowBytes() : options.dimension();
        long rows = Long.MAX_VALUE;
        Component component;
        if (format == VectorFileFormat.NPY) {
            int length = bytes.length < 12 ? -1 : bytes[6] == 1 ? buffer.getShort(8) & 0xffff : buffer.getInt(8);
            int start = (bytes.length > 6 && bytes[6] == 1 ? 10 : 12) + length;
            if (length < 0 || start < 0 || start > bytes.length) {
                return null;
            }
            String text = new String(bytes, 0, start, StandardCharsets.ISO_8859_1);
            Matcher shape = SHAPE.matcher(text);
            if (!shape.find() || shape.group(1).length() > 18 || !shape.group(2).matches("0*" + width)) {
                return null;
            }
            rows = Long.parseLong(shape.group(1));
            component = Component.FLOAT64;
            for (Component each : Component.values()) {
                if (each.descr() != null && text.contains("'" + each.descr() + "'")) {
                    component = each;
                }
            }
            buffer.position(start);
        } else {
            component = Component.of(format);
        }
        Map<Long, String> content = new TreeMap<>();
        for (long row = 0; row < rows && buffer.hasRemaining(); row++) {
            int prefix = format == VectorFileFormat.NPY ? 0 : 4;
            if (buffer.remaining() < prefix + width * component.bytes() || prefix > 0 && buffer.getInt() != width) {
                return null;
            }
            byte[] converted = row(buffer, component, options, width);
            if (converted == null) {
                return null;
            }
            content.put(row, HexFormat.of().formatHex(converted));
        }
        return buffer.hasRemaining() || rows != Long.MAX_VALUE && content.size() != rows ? null : content;
    }

    private static byte @Nullable [] row(ByteBuffer buffer, Component component, VectorOptions options, int width) {
        ByteBuffer row = ByteBuffer.allocate(options.rowBytes()).order(ByteOrder.LITTLE_ENDIAN);
        boolean exact = true;
        for (int i = 0; i < width; i++) {
            if (component == Component.FLOAT32 && options.type() == VectorType.FLOAT32) {
                row.putInt(buffer.getInt());
                continue;
            }
            double value = switch (component) {
                case FLOAT32 -> buffer.getFloat();
                case FLOAT64 -> buffer.getDouble();
                case INT32 -> buffer.getInt();
                case INT8 -> buffer.get();
                case UINT8 -> buffer.get() & 0xff;
                case INT64 -> buffer.getLong();
            };
            switch (options.type()) {
                case FLOAT32 -> {
                    exact &= component == Component.FLOAT64
                            ? Float.isInfinite((float) value) == Double.isInfinite(value)
                            : (float) value == value;
                    row.putFloat((float) value);
                }
                case INT8 -> {
                    exact &= (byte) value == value;
                    row.put((byte) value);
                }
                case BIT -> row.put((byte) value);
            }
        }
        int used = options.dimension() % 8;
        if (options.type() == VectorType.BIT) {
            exact &= component == Component.UINT8 && (used == 0 || (row.get(width - 1) & 0xff) >> used == 0);
        }
        exact &= options.type() != VectorType.INT8 || component != Component.FLOAT32 && component != Component.FLOAT64;
        return exact && component != Component.INT64 ? row.array() : null;
    }
}
