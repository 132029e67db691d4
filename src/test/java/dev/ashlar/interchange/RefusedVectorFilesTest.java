package dev.ashlar.interchange;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.ashlar.StorageException;
import dev.ashlar.VectorOptions;
import dev.ashlar.VectorOptions.NonFinite;
import dev.ashlar.VectorType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Whatever is wrong with a file is said, with where it is; and nothing of it is stored. */
class RefusedVectorFilesTest {
    private static final VectorOptions FLOATS = VectorOptions.of(2);
    private static final VectorOptions BYTES = VectorOptions.of(2).type(VectorType.INT8);
    private static final VectorOptions BITS = VectorOptions.of(11).type(VectorType.BIT);

    @TempDir
    private Path directory;

    /** A file, and what is said about it. */
    @SuppressWarnings("ArrayRecordComponent") // Cases are not compared.
    record Bad(String what, String name, byte[] file, VectorOptions options, long position, List<String> says) {
        @Override
        public String toString() {
            return what;
        }
    }

    private static Bad bad(
            String what, String name, VectorBytes file, VectorOptions options, long position, String... says) {
        return new Bad(what, name, file.toArray(), options, position, List.of(says));
    }

    private static VectorBytes bytes() {
        return new VectorBytes();
    }

    static Stream<Bad> bad() {
        VectorBytes row = bytes().ints(2).floats(1, 2);
        return Stream.concat(
                Stream.of(
                        bad("3 bytes", "a.fvecs", bytes().bytes(2, 0, 0), FLOATS, 0, "3 bytes before the end"),
                        bad("dimension alone", "a.fvecs", bytes().ints(2), FLOATS, 0, "12 bytes", "4 bytes before"),
                        bad(
                                "half a row",
                                "a.fvecs",
                                bytes().raw(row.toArray()).ints(2).floats(1),
                                FLOATS,
                                12,
                                "8 bytes before the end",
                                "was cut"),
                        bad(
                                "trailing bytes",
                                "a.fvecs",
                                bytes().raw(row.toArray()).bytes(2, 0, 0),
                                FLOATS,
                                12,
                                "3 bytes before the end"),
                        bad(
                                "another dimension at the end",
                                "a.fvecs",
                                bytes().raw(row.toArray()).ints(1).floats(1),
                                FLOATS,
                                12,
                                "the dimension of the first row, 2",
                                "found 1"),
                        bad(
                                "another dimension in the middle",
                                "a.fvecs",
                                bytes().raw(row.toArray())
                                        .ints(3)
                                        .floats(1, 2)
                                        .ints(2)
                                        .floats(1, 2),
                                FLOATS,
                                12,
                                "found 3"),
                        bad("dimension 0", "a.fvecs", bytes().ints(0, 0), FLOATS, 0, "1 to 65536", "found 0"),
                        bad("dimension -1", "a.bvecs", bytes().ints(-1, 0), BYTES, 0, "found -1"),
                        bad("65537", "a.bvecs", bytes().ints(65537).raw(new byte[65537]), BYTES, 0, "found 65537"),
                        bad("huge", "a.ivecs", bytes().ints(Integer.MAX_VALUE, 1), FLOATS, 0, "found 2147483647"),
                        bad("not 2", "a.fvecs", bytes().ints(1).floats(1), FLOATS, 0, "expected 2", "found 1"),
                        bad("not 2 bytes", "a.bvecs", bytes().ints(11).raw(new byte[11]), BITS, 0, "2 components"),
                        bad("NaN", "a.fvecs", bytes().ints(2).floats(1, Float.NaN), FLOATS, 8, "finite", "NaN as"),
                        bad(
                                "infinity",
                                "a.fvecs",
                                bytes().raw(row.toArray()).ints(2).floats(Float.NEGATIVE_INFINITY, 1),
                                FLOATS,
                                16,
                                "-Infinity as component 0"),
                        bad("inexact", "a.ivecs", bytes().ints(2, 0, (1 << 24) + 1), FLOATS, 8, "16777217", "exactly"),
                        bad("inexact", "a.ivecs", bytes().ints(2, Integer.MAX_VALUE, 0), FLOATS, 4, "2147483647"),
                        bad("no int8", "a.ivecs", bytes().ints(2, 127, 128), BYTES, 8, "-128 to 127", "128"),
                        bad("no int8", "a.bvecs", bytes().ints(2).bytes(127, 128), BYTES, 5, "128", "shifted by 128"),
                        bad("floats", "a.fvecs", row, BYTES, 0, "INT8", "float32"),
                        bad("floats", "a.fvecs", row, BITS, 0, "BIT", "float32"),
                        bad("ints", "a.ivecs", bytes().ints(2, 0, 0), BITS, 0, "BIT", "int32"),
                        bad("bits too many", "a.bvecs", bytes().ints(2).bytes(255, 8), BITS, 5, "0x8", "packbits")),
                badArrays());
    }

    private static Bad npy(String what, VectorBytes file, VectorOptions options, long position, String... says) {
        return bad(what, "a.npy", file, options, position, says);
    }

    private static VectorBytes head(String text) {
        return VectorBytes.npy(1, text).floats(1, 2);
    }

    private static Stream<Bad> badArrays() {
        String descr = "{'descr': '<f4', 'fortran_order': False, 'shape': ";
        return Stream.of(
                npy("empty", bytes(), FLOATS, 0, "NumPy", "the end of the file"),
                npy("no array", bytes().ints(2).floats(1, 2), FLOATS, 0, "0x93 and NUMPY", "0x02"),
                npy("version 4", VectorBytes.npy(4, descr + "(1, 2), }").floats(1, 2), FLOATS, 6, "found 4.0"),
                npy("cut head", VectorBytes.npy(1, 500, "{}"), FLOATS, 12, "a header of 500 bytes"),
                npy("cut head", bytes().raw(Arrays.copyOf(VectorBytes.npy(2, "").toArray(), 11)), FLOATS, 11, "12"),
                npy("huge head", VectorBytes.npy(2, Integer.MAX_VALUE, "{}"), FLOATS, 8, "found 2147483647"),
                npy("negative head", VectorBytes.npy(3, -1, "{}"), FLOATS, 8, "found 4294967295"),
                npy("no head", VectorBytes.npy(1, 0, ""), FLOATS, 10, "the end of the header"),
                npy("big-endian", VectorBytes.npy(">f4", "(1, 2)").floats(1, 2), FLOATS, 20, "'>f4'", "astype"),
                npy("halves", VectorBytes.npy("<f2", "(1, 2)").floats(1), FLOATS, 20, "'<f2'", "astype"),
                npy("longs", VectorBytes.npy("<i8", "(1, 2)").longs(1, 2), FLOATS, 0, "one of 2 of <i8"),
                npy(
                        "Fortran",
                        head("{'descr': '<f4', 'fortran_order': True, 'shape': (1, 2), }"),
                        FLOATS,
                        44,
                        "Fortran",
                        "ascontiguousarray"),
                npy("maybe", head("{'descr': '<f4', 'fortran_order': None, 'shape': (1, 2), }"), FLOATS, 44, "'None"),
                npy(
                        "structure",
                        head("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1, 2)}"),
                        FLOATS,
                        20,
                        "the name of a type"),
                npy("no shape", head("{'descr': '<f4', 'fortran_order': False}"), FLOATS, 10, "no shape"),
                npy("no order", head("{'descr': '<f4', 'shape': (1, 2)}"), FLOATS, 10, "no fortran_order"),
                npy("no type", head("{'fortran_order': False, 'shape': (1, 2)}"), FLOATS, 10, "no descr"),
                npy("twice", head("{'shape': (1, 2), 'shape': (1, 2)}"), FLOATS, 28, "once"),
                npy("more", head("{'shape': (1, 2), 'order': 'C'}"), FLOATS, 28, "'order'"),
                npy("text behind", head(descr + "(1, 2), } 'x'"), FLOATS, 70, "nothing behind"),
                npy("not closed", head(descr + "(1, 2), "), FLOATS, 128, "the end of the header"),
                npy("no quote", head("{'descr"), FLOATS, 11, "closing quote"),
                npy("one dimension", VectorBytes.npy("<f4", "(2,)").floats(1, 2), FLOATS, 0, "one of 1"),
                npy("three", VectorBytes.npy("<f4", "(1, 2, 1)").floats(1, 2), FLOATS, 0, "one of 3"),
                npy("no tuple", head(descr + "(2), }"), FLOATS, 62, "a comma"),
                npy("none", head(descr + "()}"), FLOATS, 0, "one of 0"),
                npy("negative", head(descr + "(-1, 2)}"), FLOATS, 61, "a length, 0 or more"),
                npy("long", head(descr + "(1, 1000000000000000000)}"), FLOATS, 64, "19 digits"),
                npy("many", head(descr + "(" + "1,".repeat(33) + ")}"), FLOATS, 125, "at most 32"),
                npy("width 0", head(descr + "(2, 0)}"), FLOATS, 0, "found 0"),
                npy("width 65537", head(descr + "(2, 65537)}"), FLOATS, 0, "found 65537"),
                npy("controls", head("{'\u001b[31m': 1}"), FLOATS, 11, "'?[31m'"),
                npy(
                        "cut",
                        VectorBytes.npy("<f4", "(2, 2)").floats(1, 2, 3),
                        FLOATS,
                        140,
                        "2 rows of 8",
                        "12 bytes",
                        "was cut"),
                npy(
                        "overflow",
                        VectorBytes.npy("<f4", "(999999999999999999, 2)").floats(1, 2),
                        FLOATS,
                        136,
                        "999999999999999999 rows"),
                npy(
                        "trailing",
                        VectorBytes.npy("<f4", "(1, 2)").floats(1, 2).bytes(0),
                        FLOATS,
                        136,
                        "9 bytes",
                        "more in the file"),
                npy("trailing row", VectorBytes.npy("<f4", "(1, 2)").floats(1, 2, 3, 4), FLOATS, 136, "16 bytes"),
                npy("not 2", VectorBytes.npy("<f4", "(1, 3)").floats(1, 2, 3), FLOATS, 0, "found 3"),
                npy("NaN", VectorBytes.npy("<f4", "(1, 2)").floats(1, Float.NaN), FLOATS, 132, "NaN"),
                npy("NaN", VectorBytes.npy("<f8", "(1, 2)").doubles(1, Double.NaN), FLOATS, 136, "NaN"),
                npy("too large", VectorBytes.npy("<f8", "(1, 2)").doubles(1e39, 1), FLOATS, 128, "1.0E39", "range"),
                npy("signed bits", VectorBytes.npy("|i1", "(1, 2)").bytes(1, 1), BITS, 0, "int8"),
                npy("floats", VectorBytes.npy("<f4", "(1, 2)").floats(1, 1), BYTES, 0, "float32"),
                npy("no int8", VectorBytes.npy("|u1", "(1, 2)").bytes(200, 1), BYTES, 128, "200"));
    }

    @ParameterizedTest
    @MethodSource("bad")
    void badFilesAreRefusedWithWhereAndWhy(Bad bad) throws IOException {
        Path file = Files.write(directory.resolve(bad.name()), bad.file());
        refused(file, bad.options(), VectorImportOptions.DEFAULT, file, bad.position(), bad.says());
    }

    private static void refused(
            Path file, VectorOptions into, VectorImportOptions options, Path blamed, long position, List<String> says) {
        FakeVectors target = new FakeVectors(into);
        InterchangeException thrown =
                assertThrows(InterchangeException.class, () -> VectorFiles.importFile(file, target, options));
        String message = String.valueOf(thrown.getMessage());
        for (String part : says) {
            assertTrue(message.contains(part), message);
        }
        assertTrue(message.contains("Nothing was stored"), message);
        assertEquals(blamed.toString(), thrown.file());
        assertEquals(position, thrown.position(), message);
        assertEquals(List.of(), target.batches());
        assertThrows(InterchangeException.class, () -> VectorFiles.examine(file, into, options));
    }

    @Test
    void aBadRowBehindManyGoodOnesKeepsAllOfThemOut() throws IOException {
        int rows = 1_000_000;
        byte[] bytes = VectorBytes.npy("|u1", "(" + rows + ", 2)")
                .raw(new byte[2 * rows])
                .toArray();
        bytes[bytes.length - 1] = -1;
        Path file = Files.write(directory.resolve("a.npy"), bytes);
        refused(file, BYTES, VectorImportOptions.DEFAULT, file, bytes.length - 1, List.of("found 255"));
    }

    @Test
    void numbersThatAreNotFiniteAreStoredBitForBitWhereTheyAreAllowed() throws IOException {
        VectorOptions allowing = FLOATS.nonFinite(NonFinite.ALLOW);
        Path file = Files.write(
                directory.resolve("a.fvecs"),
                bytes().ints(2, 0x7f812345, 0xff800000).toArray());
        FakeVectors target = new FakeVectors(allowing);
        VectorFiles.importFile(file, target, VectorImportOptions.DEFAULT);
        assertEquals(Map.of(0L, "4523817f000080ff"), target.content());
        Path copy = directory.resolve("copy.fvecs");
        VectorFiles.exportRows(target, copy, VectorExportOptions.DEFAULT, 8);
        assertEquals(-1, Files.mismatch(file, copy));
        Path doubles = Files.write(
                directory.resolve("a.npy"),
                VectorBytes.npy("<f8", "(1, 2)")
                        .doubles(Double.POSITIVE_INFINITY, Double.NaN)
                        .toArray());
        VectorFiles.importFile(doubles, target, VectorImportOptions.DEFAULT);
        assertEquals(Map.of(0L, "0000807f0000c07f"), target.content());
        Files.write(doubles, VectorBytes.npy("<f8", "(1, 2)").doubles(1, 1e300).toArray());
        refused(doubles, allowing, VectorImportOptions.DEFAULT, doubles, 136, List.of("1.0E300"));
    }

    @Test
    void aShiftIsForUnsignedBytesThatBecomeInt8() throws IOException {
        VectorImportOptions shift = VectorImportOptions.DEFAULT.withShiftBytes(true);
        Path file = Files.write(
                directory.resolve("a.bvecs"), bytes().ints(2).bytes(1, 2).toArray());
        refused(file, FLOATS, shift, file, 0, List.of("shift"));
        refused(file, BITS, shift, file, 0, List.of("shift"));
        Path signed = Files.write(
                directory.resolve("a.npy"),
                VectorBytes.npy("|i1", "(1, 2)").bytes(1, 2).toArray());
        refused(signed, BYTES, shift, signed, 0, List.of("shift"));
    }

    @Test
    void thereMustBeAnIdForEveryRow() throws IOException {
        Path file = Files.write(
                directory.resolve("a.bvecs"), bytes().ints(2).bytes(1, 2).toArray());
        Path ids = directory.resolve("a.ids");
        Path array = directory.resolve("ids.npy");
        VectorImportOptions options = VectorImportOptions.DEFAULT.withIds(ids);
        VectorImportOptions ofArray = VectorImportOptions.DEFAULT.withIds(array);
        Files.write(ids, new byte[0]);
        refused(file, BYTES, options, ids, 0, List.of("1 rows", "0 ids"));
        Files.write(ids, bytes().longs(1, 2).toArray());
        refused(file, BYTES, options, ids, 0, List.of("2 ids"));
        Files.write(ids, bytes().longs(1).bytes(1).toArray());
        refused(file, BYTES, options, ids, 8, List.of("8 bytes", "1 bytes before the end"));
        Files.write(array, VectorBytes.npy("<i8", "(2,)").longs(1, 2).toArray());
        refused(file, BYTES, ofArray, array, 0, List.of("2 ids"));
        Files.write(array, VectorBytes.npy("<i8", "(1,)").longs(1, 2).toArray());
        refused(file, BYTES, ofArray, array, 136, List.of("1 rows of 8 bytes"));
        Files.write(array, VectorBytes.npy("<i8", "(1, 1)").longs(1).toArray());
        refused(file, BYTES, ofArray, array, 0, List.of("one dimension", "one of 2"));
        Files.write(array, VectorBytes.npy("<f8", "(1,)").longs(1).toArray());
        refused(file, BYTES, ofArray, array, 0, List.of("<i8"));
        Files.delete(ids);
        assertThrows(StorageException.class, () -> VectorFiles.importFile(file, new FakeVectors(BYTES), options));
    }

    @Test
    void idsDoNotPassTheHighestOne() throws IOException {
        Path file = Files.write(
                directory.resolve("a.bvecs"),
                bytes().ints(2).bytes(1, 2).ints(2).bytes(3, 4).toArray());
        FakeVectors target = new FakeVectors(BYTES);
        InterchangeException thrown = assertThrows(
                InterchangeException.class,
                () -> VectorFiles.importFile(file, target, VectorImportOptions.DEFAULT.withFirstId(Long.MAX_VALUE)));
        assertNull(thrown.file());
        assertEquals(-1, thrown.position());
        assertEquals(Map.of(), target.content());
        VectorFiles.importFile(file, target, VectorImportOptions.DEFAULT.withFirstId(Long.MAX_VALUE - 1));
        assertEquals(Map.of(Long.MAX_VALUE - 1, "0102", Long.MAX_VALUE, "0304"), target.content());
    }

    @Test
    void whatAFormatCannotHoldIsNotWritten() throws IOException {
        FakeVectors floats =
                new FakeVectors(FLOATS).with(5, bytes().floats(1, 0.5f).toArray());
        notWritten(floats, "a.ivecs", false, "row 5", "component 1", "0.5");
        notWritten(floats, "a.bvecs", false, "row 5", "0.5");
        notWritten(floats, "a.npy", true, "shift");
        for (float value : new float[] {256, -1, 2147483648f, Float.NaN}) {
            notWritten(
                    new FakeVectors(FLOATS).with(1, bytes().floats(value, 0).toArray()),
                    "a.bvecs",
                    false,
                    "component 0",
                    Float.toString(value));
        }
        FakeVectors bytes = new FakeVectors(BYTES).with(-1, new byte[] {0, -1});
        notWritten(bytes, "a.bvecs", false, "row -1", "component 1", "-1");
        notWritten(bytes, "a.fvecs", false, "INT8", "npy");
        FakeVectors bits = new FakeVectors(BITS).with(0, new byte[2]);
        notWritten(bits, "a.fvecs", false, "BIT");
        notWritten(bits, "a.ivecs", false, "BIT");
        notWritten(bits, "a.bvecs", true, "shift");
    }

    private void notWritten(FakeVectors source, String name, boolean shift, String... says) throws IOException {
        Path file = directory.resolve(name);
        Path ids = directory.resolve("ids");
        VectorExportOptions options = VectorExportOptions.DEFAULT.withIds(ids).withShiftBytes(shift);
        String message = String.valueOf(
                assertThrows(InterchangeException.class, () -> VectorFiles.exportRows(source, file, options, 8))
                        .getMessage());
        for (String part : says) {
            assertTrue(message.contains(part), message);
        }
        try (Stream<Path> left = Files.list(directory)) {
            assertEquals(List.of(), left.toList());
        }
    }

    @Test
    void noFileIsReplacedUnlessThatIsAskedFor() throws IOException {
        FakeVectors source = new FakeVectors(BYTES).with(1, new byte[] {1, 2});
        Path file = directory.resolve("a.npy");
        Path ids = directory.resolve("a.ids");
        VectorExportOptions options = VectorExportOptions.DEFAULT.withIds(ids);
        Files.writeString(ids, "x");
        assertThrows(StorageException.class, () -> VectorFiles.exportRows(source, file, options, 8));
        assertEquals("x", Files.readString(ids));
        assertFalse(Files.exists(file));
        Files.writeString(file, "y");
        assertThrows(
                StorageException.class, () -> VectorFiles.exportRows(source, file, VectorExportOptions.DEFAULT, 8));
        VectorFiles.exportRows(source, file, options.withReplace(true), 8);
        assertEquals(8, Files.size(ids));
        assertEquals(130, Files.size(file));
        Files.writeString(directory.resolve("b.npy.new"), "under way");
        assertThrows(
                StorageException.class,
                () -> VectorFiles.exportRows(source, directory.resolve("b.npy"), VectorExportOptions.DEFAULT, 8));
        assertThrows(
                StorageException.class,
                () -> VectorFiles.exportRows(source, directory, options.withFormat(VectorFileFormat.NPY), 8));
        assertThrows(
                InterchangeException.class,
                () -> VectorFiles.exportRows(
                        source,
                        directory.resolve("same.npy"),
                        VectorExportOptions.DEFAULT.withIds(
                                directory.resolve(".").resolve("same.npy")),
                        8));
        try (Stream<Path> left = Files.list(directory)) {
            assertEquals(3, left.count());
        }
    }

    @Test
    void whatIsNoFileIsRefused() {
        for (Path path : List.of(directory, directory.resolve("absent"))) {
            assertThrows(
                    StorageException.class,
                    () -> VectorFiles.importFile(
                            path,
                            new FakeVectors(BYTES),
                            VectorImportOptions.DEFAULT.withFormat(VectorFileFormat.NPY)));
        }
    }
}
