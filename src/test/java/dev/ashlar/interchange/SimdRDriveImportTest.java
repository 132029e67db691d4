package dev.ashlar.interchange;

import static dev.ashlar.interchange.DriveBytes.utf8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.ashlar.CorruptionException;
import dev.ashlar.Keyspace;
import dev.ashlar.StorageException;
import dev.ashlar.Store;
import dev.ashlar.UnsupportedFormatException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SimdRDriveImportTest {
    private static final ImportOptions DEFAULT = ImportOptions.DEFAULT;
    private static final ImportOptions SALVAGE = DEFAULT.withSalvage(true);

    @TempDir
    private Path directory;

    private Path file;
    private Store store;
    private Keyspace target;

    @BeforeEach
    void open() {
        file = directory.resolve("drive");
        store = Store.open(directory.resolve("store"));
        target = store.keyspace("imported");
    }

    @AfterEach
    void close() {
        store.close();
    }

    private ImportReport imported(byte[] bytes, ImportOptions options) throws IOException {
        Files.write(file, bytes);
        ImportReport report = SimdRDrive.importFile(file, store, target, options);
        assertArrayEquals(bytes, Files.readAllBytes(file), "the source was changed");
        return report;
    }

    private static KnownKeys keys(String... keys) {
        return KnownKeys.of(Stream.of(keys).map(DriveBytes::utf8).toList());
    }

    private void expect(String key, String value) {
        MemorySegment found = target.get(key);
        assertEquals(
                value, found == null ? null : new String(found.toArray(ValueLayout.JAVA_BYTE), StandardCharsets.UTF_8));
    }

    private long size() {
        return target.size();
    }

    @Test
    void entriesAreStoredUnderTheHashesOfTheirKeys() throws IOException {
        ImportReport report = imported(DriveBytes.example(), DEFAULT);
        assertEquals(4, size());
        for (String key : List.of("bob", "alice", "carol", "test_key")) {
            assertTrue(target.contains(SimdRDrive.keyHash(utf8(key))), key);
        }
        assertFalse(target.contains(SimdRDrive.keyHash(utf8("key1"))));
        MemorySegment bob = target.get(0x1403c0c40f49b8e5L);
        assertArrayEquals(utf8("Hello, world!"), bob == null ? null : bob.toArray(ValueLayout.JAVA_BYTE));
        assertTrue(report.intact());
        assertEquals(
                List.of(346L, 64L, 5L, 1L, 96L, 0L, 0L, 0L),
                List.of(
                        report.fileBytes(),
                        (long) report.alignment(),
                        report.puts(),
                        report.deletions(),
                        report.bytes(),
                        report.unmatched(),
                        report.lost(),
                        report.lostBytes()));
    }

    @Test
    void entriesAreStoredUnderKnownKeysAndTheOthersAreReported() throws IOException {
        ImportReport report =
                imported(DriveBytes.example(), DEFAULT.withKeys(keys("bob", "key1", "test_key", "nobody", "bob")));
        assertEquals(2, size());
        expect("bob", "Hello, world!");
        expect("test_key", "stream");
        expect("key1", null);
        assertEquals(2, report.unmatched());
        assertEquals(List.of(0x4da10dd61a0116b0L, 0xe2fdb994ad3fcba4L), report.unmatchedHashes());
        assertEquals(3, report.puts());
        assertEquals(1, report.deletions());
    }

    @Test
    void whatIsThereIsReplacedAndDeletedAsTheFileSays() throws IOException {
        target.put("bob", utf8("old"));
        target.put("key1", utf8("old"));
        target.put("mine", utf8("stays"));
        imported(DriveBytes.example(), DEFAULT.withKeys(keys("bob", "key1")));
        expect("bob", "Hello, world!");
        expect("key1", null);
        expect("mine", "stays");
        assertEquals(2, size());
    }

    @ParameterizedTest
    @ValueSource(ints = {64, 16, 1})
    void laterEntriesWinInAllLayouts(int alignment) throws IOException {
        byte[] bytes = new DriveBytes(alignment)
                .put("a", "first")
                .put("b", "b")
                .delete(SimdRDrive.keyHash(utf8("b")))
                .delete(SimdRDrive.keyHash(utf8("a")))
                .put("a", "second")
                .put("c", "before")
                .put("c", "after")
                .put("b", "back")
                .toBytes();
        ImportReport report = imported(bytes, DEFAULT.withKeys(keys("a", "b", "c")));
        assertEquals(alignment, report.alignment());
        expect("a", "second");
        expect("b", "back");
        expect("c", "after");
    }

    @Test
    void valuesOfAnyLengthAndAllZerosComeAsTheyAre() throws IOException {
        DriveBytes bytes = new DriveBytes(64);
        Random random = new Random(1);
        List<byte[]> payloads = new ArrayList<>();
        for (int length : new int[] {
            1, 2, 63, 64, 65, 4096, (256 << 10) - 21, (256 << 10) - 20, (256 << 10) - 19, 256 << 10, 1 << 20, 9 << 20
        }) {
            byte[] payload = new byte[length];
            random.nextBytes(payload);
            payload[0] = 1;
            payloads.add(payload);
        }
        payloads.add(new byte[2]);
        payloads.add(new byte[5000]);
        for (int i = 0; i < payloads.size(); i++) {
            bytes.put(i, payloads.get(i));
        }
        ImportReport report = imported(bytes.toBytes(), DEFAULT);
        assertTrue(report.intact());
        for (int i = 0; i < payloads.size(); i++) {
            MemorySegment value = target.get((long) i);
            assertArrayEquals(payloads.get(i), value == null ? null : value.toArray(ValueLayout.JAVA_BYTE), "" + i);
        }
    }

    @Test
    void theKeyspaceOfAnotherStoreIsRefused() throws IOException {
        Files.write(file, DriveBytes.example());
        try (Store other = Store.open(directory.resolve("other"))) {
            assertThrows(IllegalArgumentException.class, () -> SimdRDrive.importFile(file, other, target, DEFAULT));
        }
        assertEquals(0, size());
    }

    @Test
    void whatIsImportedIsDurable() throws IOException {
        imported(DriveBytes.example(), DEFAULT);
        // An idle log may have got its mark, which takes 64 bytes and needs no sync.
        assertTrue(store.appendedLsn() - store.durableLsn() <= 64);
    }

    @Test
    void nothingIsImportedOfNothing() throws IOException {
        ImportReport report = imported(new byte[0], DEFAULT);
        assertTrue(report.intact());
        assertEquals(0, report.puts() + size());
    }

    @Test
    void aDamagedFileIsRefusedBeforeAnythingIsStored() throws IOException {
        byte[] bytes = DriveBytes.example();
        bytes[0x42] ^= 1;
        CorruptionException refused = assertThrows(CorruptionException.class, () -> imported(bytes, DEFAULT));
        assertEquals(file.toString(), refused.file());
        assertEquals(0x40, refused.position());
        assertTrue(refused.getMessage().contains("CRC-32 ebe6c6e6"), refused.getMessage());
        assertTrue(refused.getMessage().contains("salvage"), refused.getMessage());
        assertEquals(0, size());
    }

    @Test
    void theRestOfADamagedFileIsImportedWhereThatIsAskedFor() throws IOException {
        byte[] bytes = DriveBytes.example();
        bytes[0x42] ^= 1;
        Files.write(file, bytes);
        ImportReport examined = SimdRDrive.examine(file, _ -> {});
        assertEquals(0, size());
        ImportReport report = imported(bytes, SALVAGE.withKeys(keys("bob", "alice", "carol", "test_key", "key1")));
        assertFalse(report.intact());
        assertEquals(3, size());
        expect("bob", null);
        assertEquals(1, report.lost());
        assertEquals(0x61 - 0x1a, report.lostBytes());
        assertEquals(0x1a, report.damaged().getFirst().position());
        assertEquals(0x61 - 0x1a, report.damaged().getFirst().length());
        assertEquals(report.damaged(), examined.damaged());
        assertEquals(report.puts(), examined.puts());
        assertEquals(report.bytes(), examined.bytes());
    }

    @Test
    void paddingThatIsNotZeroIsReportedAndCostsNothing() throws IOException {
        byte[] bytes = DriveBytes.example();
        bytes[0x30] = 1;
        assertThrows(CorruptionException.class, () -> imported(bytes, DEFAULT));
        ImportReport report = imported(bytes, SALVAGE.withKeys(keys("bob", "alice", "carol", "test_key")));
        assertEquals(4, size());
        assertEquals(1, report.lost());
        assertTrue(
                report.damaged().getFirst().what().contains("padding"),
                report.damaged().toString());
    }

    @Test
    void whatIsNoSuchFileIsRefused() throws IOException {
        byte[] bytes = new byte[10_000];
        new Random(2).nextBytes(bytes);
        for (ImportOptions options : List.of(DEFAULT, SALVAGE)) {
            assertThrows(UnsupportedFormatException.class, () -> imported(bytes, options));
        }
        assertThrows(UnsupportedFormatException.class, () -> SimdRDrive.examine(file, _ -> {}));
        assertEquals(0, size());
    }

    @Test
    void whatCannotBeReadIsRefused() throws IOException {
        StorageException absent = assertThrows(
                StorageException.class,
                () -> SimdRDrive.importFile(directory.resolve("absent"), store, target, SALVAGE));
        assertTrue(absent.getMessage().contains("absent"), absent.getMessage());
        StorageException noFile =
                assertThrows(StorageException.class, () -> SimdRDrive.importFile(directory, store, target, SALVAGE));
        assertTrue(noFile.getMessage().contains("found a directory"), noFile.getMessage());
        Path device = Path.of("/dev/zero");
        if (Files.exists(device)) {
            assertThrows(StorageException.class, () -> SimdRDrive.importFile(device, store, target, SALVAGE));
        }
        Files.write(file, DriveBytes.example());
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("---------"));
        if (!Files.isReadable(file)) {
            StorageException secret =
                    assertThrows(StorageException.class, () -> SimdRDrive.importFile(file, store, target, SALVAGE));
            assertTrue(secret.getMessage().contains("permission"), secret.getMessage());
        }
        assertEquals(0, size());
    }

    @Test
    void twoKeysOfOneHashAreRefused() {
        byte[] one = HexFormat.of().parseHex("00");
        assertEquals(1, KnownKeys.of(List.of(one, one.clone())).size());
        assertThrows(IllegalArgumentException.class, () -> KnownKeys.of(List.of(new byte[65_536])));
        InterchangeException refused = InterchangeException.collision(one, utf8("text"), 5);
        assertTrue(refused.getMessage().contains("0x00"), refused.getMessage());
        assertTrue(refused.getMessage().contains("\"text\""), refused.getMessage());
    }

    @Test
    void progressGoesUpToTwiceTheLength() throws IOException {
        DriveBytes bytes = new DriveBytes(64);
        byte[] payload = new byte[200_000];
        payload[0] = 1;
        for (int i = 0; i < 40; i++) {
            bytes.put(i, payload);
        }
        List<Long> told = new ArrayList<>();
        imported(bytes.toBytes(), DEFAULT.withProgress(told::add));
        assertEquals(told.stream().sorted().toList(), told);
        assertEquals(2L * bytes.size(), told.getLast());
        assertTrue(told.size() >= 10, told.toString());
        assertTrue(told.stream().anyMatch(bytesDone -> bytesDone < bytes.size()), told.toString());
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aFileThatChangesMeanwhileIsAnErrorAndNoWrongValue(boolean cut) throws IOException {
        DriveBytes bytes = new DriveBytes(64);
        byte[] payload = new byte[300_000];
        Arrays.fill(payload, (byte) 1);
        for (int i = 0; i < 20; i++) {
            bytes.put(i, payload);
        }
        Files.write(file, bytes.toBytes());
        boolean[] done = new boolean[1];
        ImportOptions options = DEFAULT.withProgress(position -> {
            if (position > bytes.size() && !done[0]) {
                done[0] = true;
                change(bytes.size() / 2, cut);
            }
        });
        StorageException failed =
                assertThrows(StorageException.class, () -> SimdRDrive.importFile(file, store, target, options));
        assertTrue(failed.getMessage().contains("meanwhile"), failed.getMessage());
        for (int i = 0; i < 20; i++) {
            MemorySegment value = target.get((long) i);
            assertTrue(value == null || Arrays.equals(payload, value.toArray(ValueLayout.JAVA_BYTE)), "" + i);
        }
        assertNull(target.get(19L));
    }

    private void change(long position, boolean cut) {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            if (cut) {
                channel.truncate(position);
            } else {
                channel.write(ByteBuffer.allocate(100), position);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
