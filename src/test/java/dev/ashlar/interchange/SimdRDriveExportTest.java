package dev.ashlar.interchange;

import static dev.ashlar.interchange.DriveBytes.utf8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.ashlar.Keyspace;
import dev.ashlar.Snapshot;
import dev.ashlar.StorageException;
import dev.ashlar.Store;
import dev.ashlar.io.Storage;
import dev.ashlar.io.StorageFile;
import dev.ashlar.io.Storages;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SimdRDriveExportTest {
    @TempDir
    private Path directory;

    private Path file;
    private Store store;
    private Keyspace source;

    @BeforeEach
    void open() throws IOException {
        Files.createDirectory(directory.resolve("out"));
        file = directory.resolve("out/drive");
        store = Store.open(directory.resolve("store"));
        source = store.keyspace("source");
    }

    @AfterEach
    void close() {
        store.close();
    }

    private ExportReport export(ExportOptions options) {
        try (Snapshot snapshot = store.snapshot()) {
            return SimdRDrive.exportFile(snapshot, "source", file, options);
        }
    }

    private void assertNothingIsLeft() throws IOException {
        try (Stream<Path> left = Files.list(directory.resolve("out"))) {
            assertEquals(List.of(), left.toList());
        }
    }

    /** {@code buffer} small: entries that do not fit it go another way. */
    @ParameterizedTest
    @ValueSource(ints = {64, 65, 100, 4096})
    void theExampleIsWrittenByteByByte(int bufferBytes) throws IOException {
        try (Storage storage = Storages.open(directory.resolve("out"));
                StorageFile written = storage.create("drive");
                Arena arena = Arena.ofConfined()) {
            EntryWriter writer = new EntryWriter(written, arena.allocate(bufferBytes));
            put(writer, arena, "key1", utf8("value1"));
            put(writer, arena, "bob", utf8("Hello, world!"));
            writer.delete(SimdRDrive.keyHash(utf8("key1")));
            put(writer, arena, "alice", utf8("A"));
            byte[] sevens = new byte[70];
            Arrays.fill(sevens, (byte) 7);
            put(writer, arena, "carol", sevens);
            put(writer, arena, "test_key", utf8("stream"));
            writer.flush();
        }
        assertArrayEquals(DriveBytes.example(), Files.readAllBytes(file));
    }

    private static void put(EntryWriter writer, Arena arena, String key, byte[] payload) {
        MemorySegment memory = arena.allocate(payload.length);
        memory.copyFrom(MemorySegment.ofArray(payload));
        writer.put(SimdRDrive.keyHash(utf8(key)), memory);
    }

    @Test
    void theFileIsTheOneThatTheSamePutsMake() throws IOException {
        DriveBytes expected = new DriveBytes(64);
        Random random = new Random(1);
        for (int i = 0; i < 500; i++) {
            byte[] value = new byte[1 + random.nextInt(i == 77 ? 3 << 20 : 300)];
            random.nextBytes(value);
            value[0] = 1;
            source.put("key" + i, value);
            expected.put(SimdRDrive.keyHash(utf8("key" + i)), value);
        }
        source.put("gone", utf8("x"));
        source.delete("gone");
        ExportReport report = export(ExportOptions.DEFAULT);
        assertArrayEquals(expected.toBytes(), Files.readAllBytes(file));
        assertEquals(500, report.entries());
        assertEquals(expected.size(), report.fileBytes());
        assertEquals(0, report.zeroValues());
        assertEquals(1, Files.list(directory.resolve("out")).count());
    }

    @Test
    void largeValuesAndThoseOfFilesOfTheirOwnAreWritten() throws IOException {
        byte[] large = new byte[(8 << 20) + 12_345];
        new Random(2).nextBytes(large);
        source.put("large", large);
        source.put("small", utf8("s"));
        export(ExportOptions.DEFAULT);
        byte[] expected = new DriveBytes(64)
                .put(SimdRDrive.keyHash(utf8("large")), large)
                .put("small", "s")
                .toBytes();
        assertArrayEquals(expected, Files.readAllBytes(file));
    }

    @Test
    void anEmptyKeyspaceIsAnEmptyFile() throws IOException {
        assertEquals(0, export(ExportOptions.DEFAULT).fileBytes());
        assertEquals(0, Files.size(file));
    }

    @Test
    void longKeysAreTheHashesWhereThatIsAskedFor() throws IOException {
        source.put(5L, utf8("five"));
        source.put(-1L, utf8("minus one"));
        source.put(Long.MIN_VALUE, utf8("least"));
        export(ExportOptions.DEFAULT.withLongKeysAsHashes(true));
        byte[] expected = new DriveBytes(64)
                .put(5, utf8("five"))
                .put(-1, utf8("minus one"))
                .put(Long.MIN_VALUE, utf8("least"))
                .toBytes();
        assertArrayEquals(expected, Files.readAllBytes(file));
    }

    @Test
    void keysThatAreNoLongKeysAreRefusedWhereTheyMustBe() throws IOException {
        source.put(5L, utf8("five"));
        source.put("text", utf8("x"));
        InterchangeException refused = assertThrows(
                InterchangeException.class, () -> export(ExportOptions.DEFAULT.withLongKeysAsHashes(true)));
        assertTrue(refused.getMessage().contains("\"text\""), refused.getMessage());
        assertNothingIsLeft();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void valuesThatTheFormatCannotHoldAreRefusedAndNothingIsWritten(int length) throws IOException {
        source.put("before", utf8("x"));
        source.put("culprit", new byte[length]);
        source.put("after", utf8("x"));
        InterchangeException refused =
                assertThrows(InterchangeException.class, () -> export(ExportOptions.DEFAULT.withReplace(true)));
        assertTrue(refused.getMessage().contains("\"culprit\""), refused.getMessage());
        assertNothingIsLeft();
        // What was there stays, too.
        Files.writeString(file, "precious");
        assertThrows(InterchangeException.class, () -> export(ExportOptions.DEFAULT.withReplace(true)));
        assertEquals("precious", Files.readString(file));
    }

    @Test
    void valuesOfNothingButZerosAreWarnedOf() {
        source.put("zeros", new byte[2]);
        source.put("more zeros", new byte[1000]);
        source.put("almost", new byte[] {0, 0, 1});
        ExportReport report = export(ExportOptions.DEFAULT);
        assertEquals(2, report.zeroValues());
        assertArrayEquals(utf8("zeros"), report.zeroValueKeys().getFirst());
        assertEquals(3, report.entries());
    }

    @Test
    void keysOfOneHashAreRefused() {
        for (int i = 0; i < 1000; i++) {
            source.put("key" + i, utf8("x"));
        }
        try (Snapshot snapshot = store.snapshot()) {
            for (long perPass : new long[] {7, 100, 1 << 20}) {
                Collisions.check(
                        snapshot.keyspace("source"),
                        perPass,
                        key -> key.byteSize() * 1_000_003 + SimdRDrive.keyHash(key.toArray(ValueLayout.JAVA_BYTE)));
                InterchangeException refused = assertThrows(
                        InterchangeException.class,
                        () -> Collisions.check(
                                snapshot.keyspace("source"),
                                perPass,
                                key -> SimdRDrive.keyHash(key.toArray(ValueLayout.JAVA_BYTE)) % 10_000));
                assertTrue(refused.getMessage().contains("\"key"), refused.getMessage());
            }
        }
    }

    @Test
    void aFileThatIsThereIsReplacedOnlyWhereThatIsAskedFor() throws IOException {
        source.put("key", utf8("value"));
        Files.writeString(file, "precious");
        StorageException refused = assertThrows(StorageException.class, () -> export(ExportOptions.DEFAULT));
        assertTrue(refused.getMessage().contains("exists already"), refused.getMessage());
        assertEquals("precious", Files.readString(file));
        export(ExportOptions.DEFAULT.withReplace(true));
        assertArrayEquals(new DriveBytes(64).put("key", "value").toBytes(), Files.readAllBytes(file));
    }

    @Test
    void placesThatCannotTakeAFileAreRefused() throws IOException {
        source.put("key", utf8("value"));
        try (Snapshot snapshot = store.snapshot()) {
            for (Path bad : List.of(directory, directory.resolve("absent/file"), Path.of("/"))) {
                assertThrows(
                        StorageException.class,
                        () -> SimdRDrive.exportFile(snapshot, "source", bad, ExportOptions.DEFAULT),
                        bad.toString());
            }
            assertThrows(
                    IllegalArgumentException.class,
                    () -> SimdRDrive.exportFile(snapshot, "absent", file, ExportOptions.DEFAULT));
        }
        assertNothingIsLeft();
        Files.writeString(directory.resolve("out/drive.new"), "of another");
        StorageException refused = assertThrows(StorageException.class, () -> export(ExportOptions.DEFAULT));
        assertTrue(refused.getMessage().contains("drive.new"), refused.getMessage());
        assertEquals("of another", Files.readString(directory.resolve("out/drive.new")));
        assertFalse(Files.exists(file));
    }

    @Test
    void aFailureOnTheWayLeavesNothing() throws IOException {
        for (int i = 0; i < 100; i++) {
            source.put("key" + i, new byte[] {1, 2, 3});
        }
        source.put("large", largeValue());
        source.put("last", utf8("x"));
        ExportOptions failing = ExportOptions.DEFAULT.withProgress(_ -> {
            throw new IllegalStateException("of the caller");
        });
        assertThrows(IllegalStateException.class, () -> export(failing));
        assertNothingIsLeft();
    }

    private static byte[] largeValue() {
        byte[] large = new byte[3 << 20];
        Arrays.fill(large, (byte) 1);
        return large;
    }

    @Test
    void theProgressEndsAtTheBytesOfAllValues() {
        source.put("large", largeValue());
        source.put("last", utf8("x"));
        List<Long> told = new ArrayList<>();
        ExportReport report = export(ExportOptions.DEFAULT.withProgress(told::add));
        assertEquals(report.bytes(), told.getLast());
        assertTrue(told.size() >= 2, told.toString());
    }
}
