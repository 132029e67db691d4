package dev.ashlar.interchange;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.ashlar.AshlarException;
import dev.ashlar.Durability;
import dev.ashlar.StorageException;
import dev.ashlar.VectorOptions;
import dev.ashlar.VectorType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class VectorFilesTest {
    private static final VectorOptions FLOATS = VectorOptions.of(3);
    private static final VectorOptions BYTES = VectorOptions.of(3).type(VectorType.INT8);
    private static final VectorOptions BITS = VectorOptions.of(11).type(VectorType.BIT);

    @TempDir
    private Path directory;

    /**
     * A file, and the rows that it becomes, in hexadecimal digits.
     *
     * @param exported whether an export of the rows is the same file
     */
    @SuppressWarnings("ArrayRecordComponent") // Cases are not compared.
    record Golden(String name, byte[] file, VectorOptions options, boolean shift, boolean exported, List<String> rows) {
        @Override
        public String toString() {
            return name + " as " + options.type();
        }
    }

    static Stream<Golden> goldens() {
        List<String> floats = List.of("0000c03f000000c00000803e", "000040400000804000000080");
        byte[] numbers = new VectorBytes().floats(1.5f, -2, 0.25f, 3, 4, -0.0f).toArray();
        byte[] fvecs = new VectorBytes()
                .bytes(3, 0, 0, 0, 0, 0, 0xc0, 0x3f, 0, 0, 0, 0xc0, 0, 0, 0x80, 0x3e)
                .bytes(3, 0, 0, 0, 0, 0, 0x40, 0x40, 0, 0, 0x80, 0x40, 0, 0, 0, 0x80)
                .toArray();
        byte[] ivecs = new VectorBytes().ints(3, 1, -2, 127, 3, 0, 16, -128).toArray();
        byte[] bvecs = new VectorBytes()
                .bytes(3, 0, 0, 0, 1, 2, 127, 3, 0, 0, 0, 0, 16, 5)
                .toArray();
        byte[] large = new VectorBytes().ints(3).bytes(0, 128, 255).toArray();
        byte[] packed = new VectorBytes().ints(2).bytes(0x81, 5).toArray();
        List<String> ofIvecs = List.of("0000803f000000c00000fe42", "0000000000008041000000c3");
        List<String> ofBvecs = List.of("0000803f000000400000fe42", "00000000000080410000a040");
        return Stream.of(
                new Golden("a.fvecs", fvecs, FLOATS, false, true, floats),
                new Golden("a.ivecs", ivecs, FLOATS, false, true, ofIvecs),
                new Golden("a.ivecs", ivecs, BYTES, false, true, List.of("01fe7f", "001080")),
                new Golden("a.bvecs", bvecs, FLOATS, false, true, ofBvecs),
                new Golden("a.bvecs", bvecs, BYTES, false, true, List.of("01027f", "001005")),
                new Golden("a.bvecs", large, BYTES, true, true, List.of("80007f")),
                new Golden("a.bvecs", packed, BITS, false, true, List.of("8105")),
                new Golden(
                        "a.npy", VectorBytes.npy("<f4", "(2, 3)").raw(numbers).toArray(), FLOATS, false, true, floats),
                new Golden(
                        "version2.npy",
                        VectorBytes.npy(2, "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }")
                                .raw(numbers)
                                .toArray(),
                        FLOATS,
                        false,
                        false,
                        floats),
                new Golden(
                        "version3.npy",
                        VectorBytes.npy(3, "{ \"shape\":(2,3,) , 'fortran_order' :False,\n'descr':'<f4'}")
                                .raw(numbers)
                                .toArray(),
                        FLOATS,
                        false,
                        false,
                        floats),
                new Golden(
                        "unpadded.npy",
                        VectorBytes.npy(1, 59, "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }")
                                .raw(numbers)
                                .toArray(),
                        FLOATS,
                        false,
                        false,
                        floats),
                new Golden(
                        "doubles.npy",
                        VectorBytes.npy("<f8", "(1, 3)")
                                .doubles(1.5, 0.1, 1e-60)
                                .toArray(),
                        FLOATS,
                        false,
                        false,
                        List.of("0000c03fcdcccc3d00000000")),
                new Golden(
                        "a.npy",
                        VectorBytes.npy("|i1", "(2, 3)")
                                .bytes(1, 255, 128, 4, 5, 6)
                                .toArray(),
                        BYTES,
                        false,
                        true,
                        List.of("01ff80", "040506")),
                new Golden(
                        "a.npy",
                        VectorBytes.npy("|i1", "(1, 3)").bytes(1, 255, 128).toArray(),
                        FLOATS,
                        false,
                        false,
                        List.of("0000803f000080bf000000c3")),
                new Golden(
                        "a.npy",
                        VectorBytes.npy("|u1", "(1, 3)").bytes(1, 255, 128).toArray(),
                        FLOATS,
                        false,
                        false,
                        List.of("0000803f00007f4300000043")),
                new Golden(
                        "a.npy",
                        VectorBytes.npy("|u1", "(1, 3)").bytes(1, 255, 128).toArray(),
                        BYTES,
                        true,
                        false,
                        List.of("817f00")),
                new Golden(
                        "a.npy",
                        VectorBytes.npy("|u1", "(2, 2)").bytes(0xff, 7, 0, 4).toArray(),
                        BITS,
                        false,
                        true,
                        List.of("ff07", "0004")),
                new Golden("a.fvecs", new byte[0], FLOATS, false, true, List.of()),
                new Golden("a.npy", VectorBytes.npy("<f4", "(0, 3)").toArray(), FLOATS, false, true, List.of()));
    }

    @ParameterizedTest
    @MethodSource("goldens")
    void everyFormatIsReadAndWrittenByteForByte(Golden golden) throws IOException {
        Path file = Files.write(directory.resolve(golden.name()), golden.file());
        FakeVectors target = new FakeVectors(golden.options());
        VectorImportOptions options =
                VectorImportOptions.DEFAULT.withFirstId(-1).withShiftBytes(golden.shift());
        VectorImportReport report = VectorFiles.importFile(file, target, options);
        assertEquals(golden.rows().size(), report.rows());
        assertEquals(golden.file().length, report.fileBytes());
        assertEquals(golden.rows(), List.copyOf(target.content().values()));
        for (int i = 0; i < golden.rows().size(); i++) {
            assertEquals(golden.rows().get(i), target.content().get(i - 1L));
        }
        VectorImportReport examined = VectorFiles.examine(file, golden.options(), options);
        assertEquals(report.rows(), examined.rows());
        assertEquals(report.components(), examined.components());
        if (golden.exported()) {
            Path copy = directory.resolve("copy-" + golden.name());
            VectorExportReport exported =
                    export(target, copy, VectorExportOptions.DEFAULT.withShiftBytes(golden.shift()));
            assertArrayEquals(golden.file(), Files.readAllBytes(copy));
            assertEquals(golden.file().length, exported.fileBytes());
            assertEquals(report.components(), exported.components());
            assertEquals(report.rows(), exported.rows());
        }
    }

    private static VectorExportReport export(FakeVectors source, Path target, VectorExportOptions options) {
        return VectorFiles.exportRows(source, target, options, SortedIds.PER_PASS);
    }

    @Test
    void aFileSaysWhatItIs() throws IOException {
        Path file = Files.write(
                directory.resolve("a.fvecs"),
                new VectorBytes().ints(2).floats(1, 2).ints(2).floats(1, 2).toArray());
        assertEquals(
                new VectorFileInfo(VectorFileFormat.FVECS, "float32", 2, 2, 24),
                VectorFiles.describe(file, VectorFileFormat.of(file)));
    }

    @Test
    void theEndingOfTheNameSaysTheFormat() {
        assertEquals(VectorFileFormat.NPY, VectorFileFormat.of(Path.of("x.fvecs", "a.NPY")));
        assertEquals(VectorFileFormat.IVECS, VectorFileFormat.of(Path.of(".ivecs")));
        for (String name : List.of("fvecs", "a.npz", "a.fvecs.gz", "")) {
            String message = assertThrows(IllegalArgumentException.class, () -> VectorFileFormat.of(Path.of(name)))
                    .getMessage();
            assertTrue(message.contains("Name the format"), message);
        }
    }

    @Test
    void aNamedFormatCountsAndNotTheName() throws IOException {
        Path file = Files.write(
                directory.resolve("a.fvecs"), new VectorBytes().ints(3, 1, 2, 3).toArray());
        FakeVectors target = new FakeVectors(FLOATS);
        VectorFiles.importFile(file, target, VectorImportOptions.DEFAULT.withFormat(VectorFileFormat.IVECS));
        assertEquals(Map.of(0L, "0000803f0000004000004040"), target.content());
    }

    @ParameterizedTest
    @ValueSource(strings = {"a.ids", "ids.npy", "IDS.NPY"})
    void idsAreInAFileOfTheirOwn(String name) throws IOException {
        FakeVectors source = new FakeVectors(BYTES);
        for (long id : new long[] {Long.MAX_VALUE, 7, -3, Long.MIN_VALUE, 0}) {
            source.with(id, new byte[] {(byte) id, (byte) (id >> 8), 1});
        }
        Path file = directory.resolve("a.npy");
        Path ids = directory.resolve(name);
        export(source, file, VectorExportOptions.DEFAULT.withIds(ids));
        byte[] expected = new VectorBytes()
                .longs(Long.MIN_VALUE, -3, 0, 7, Long.MAX_VALUE)
                .toArray();
        if (IdInput.isArray(ids)) {
            expected = VectorBytes.npy("<i8", "(5,)").raw(expected).toArray();
        }
        assertArrayEquals(expected, Files.readAllBytes(ids));
        FakeVectors target = new FakeVectors(BYTES);
        VectorFiles.importFile(file, target, VectorImportOptions.DEFAULT.withIds(ids));
        assertEquals(source.content(), target.content());
    }

    @Test
    void ofRowsWithOneIdTheLastIsStored() throws IOException {
        Path file = Files.write(
                directory.resolve("a.bvecs"),
                new VectorBytes().ints(3).bytes(1, 1, 1).ints(3).bytes(2, 2, 2).toArray());
        Path ids = Files.write(
                directory.resolve("ids"), new VectorBytes().longs(4, 4).toArray());
        FakeVectors target = new FakeVectors(BYTES);
        assertEquals(
                2,
                VectorFiles.importFile(file, target, VectorImportOptions.DEFAULT.withIds(ids))
                        .rows());
        assertEquals(Map.of(4L, "020202"), target.content());
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 7, 600, 4096})
    void rowsAreWrittenInTheOrderOfTheirIdsHoweverManyPassesItTakes(int perPass) throws IOException {
        FakeVectors source = new FakeVectors(BYTES);
        Random random = new Random(5);
        for (int i = 0; i < 1200; i++) {
            source.with(random.nextInt(4000) - 2000, new byte[] {(byte) i, 1, 2});
        }
        source.with(Long.MAX_VALUE, new byte[3]).with(Long.MIN_VALUE, new byte[3]);
        Path file = directory.resolve("a.npy");
        Path ids = directory.resolve("a.ids");
        VectorFiles.exportRows(source, file, VectorExportOptions.DEFAULT.withIds(ids), perPass);
        byte[] expected = new VectorBytes()
                .longs(source.content().keySet().stream()
                        .mapToLong(Long::longValue)
                        .toArray())
                .toArray();
        assertArrayEquals(expected, Files.readAllBytes(ids));
    }

    @Test
    void largeFilesAreStoredInBatchesOfAboutAMegabyteTheLastOneDurably() throws IOException {
        int dimension = 1000;
        int rows = 2 * 262 + 1;
        VectorBytes bytes = new VectorBytes();
        float[] row = new float[dimension];
        for (int i = 0; i < rows; i++) {
            row[i] = i;
            bytes.ints(dimension).floats(row);
        }
        Path file = Files.write(directory.resolve("a.fvecs"), bytes.toArray());
        FakeVectors target = new FakeVectors(VectorOptions.of(dimension));
        List<Long> progress = new ArrayList<>();
        VectorFiles.importFile(file, target, VectorImportOptions.DEFAULT.withProgress(progress::add));
        assertEquals(
                List.of(
                        new FakeVectors.Batch(262, Durability.APPENDED),
                        new FakeVectors.Batch(262, Durability.APPENDED),
                        new FakeVectors.Batch(1, Durability.DURABLE)),
                target.batches());
        assertEquals(progress.stream().sorted().toList(), progress);
        assertEquals(2 * Files.size(file), progress.getLast());
        Path copy = directory.resolve("copy.fvecs");
        progress.clear();
        export(target, copy, VectorExportOptions.DEFAULT.withProgress(progress::add));
        assertEquals(-1, Files.mismatch(file, copy));
        assertEquals(Files.size(file), progress.getLast());
    }

    @Test
    void aBatchThatIsFullIsKeptBackToBeDurable() throws IOException {
        Path file = Files.write(
                directory.resolve("a.npy"),
                VectorBytes.npy("|i1", "(16384, 3)").raw(new byte[3 * 16384]).toArray());
        FakeVectors target = new FakeVectors(BYTES);
        VectorFiles.importFile(file, target, VectorImportOptions.DEFAULT);
        assertEquals(
                List.of(
                        new FakeVectors.Batch(8192, Durability.APPENDED),
                        new FakeVectors.Batch(8192, Durability.DURABLE)),
                target.batches());
    }

    @Test
    void whatTheStoreThrowsIsPassedOn() throws IOException {
        Path file = Files.write(
                directory.resolve("a.npy"),
                VectorBytes.npy("|i1", "(40000, 3)").raw(new byte[3 * 40000]).toArray());
        for (int batches = 0; batches < 5; batches++) {
            FakeVectors target = new FakeVectors(BYTES);
            target.failAfter(batches);
            AshlarException thrown = assertThrows(
                    AshlarException.class, () -> VectorFiles.importFile(file, target, VectorImportOptions.DEFAULT));
            assertEquals("full", thrown.getMessage());
            assertEquals(batches, target.batches().size());
        }
    }

    @Test
    void aFileThatIsChangedBetweenTheChecksAndTheWritesIsSaidToBeSo() throws IOException {
        byte[] bytes =
                VectorBytes.npy("|u1", "(900000, 3)").raw(new byte[2_700_000]).toArray();
        Path file = Files.write(directory.resolve("a.npy"), bytes);
        FakeVectors target = new FakeVectors(BYTES);
        target.beforeBatch(() -> {
            try {
                bytes[bytes.length - 1] = -1;
                Files.write(file, bytes);
            } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        });
        String message = assertThrows(
                        StorageException.class, () -> VectorFiles.importFile(file, target, VectorImportOptions.DEFAULT))
                .getMessage();
        assertTrue(message.contains("something writes to the file meanwhile"), message);
        assertFalse(message.contains("Nothing was stored"), message);
    }
}
