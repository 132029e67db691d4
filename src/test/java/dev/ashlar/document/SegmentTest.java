package dev.ashlar.document;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import dev.ashlar.CorruptionException;
import dev.ashlar.StorageException;
import dev.ashlar.UnsupportedFormatException;
import dev.ashlar.document.TestSegments.Doc;
import dev.ashlar.io.FaultyStorage;
import dev.ashlar.io.Storage;
import dev.ashlar.io.Storages;
import dev.ashlar.simd.Xxh3;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SegmentTest {
    private static final BlockOptions SMALL = new BlockOptions(4096, 1);

    private static byte[] key(int number) {
        return ("key-" + number).getBytes(StandardCharsets.UTF_8);
    }

    /** Documents of all sizes, most of them small; half of the sets have keys, some only some of them. */
    static List<Doc> docs(Random random, int count, int largest) {
        List<Doc> docs = new ArrayList<>();
        int keyed = random.nextInt(3);
        for (int i = 0; i < count; i++) {
            int length = random.nextInt(8) == 0 ? random.nextInt(largest + 1) : random.nextInt(300);
            byte[] bytes = random.nextBoolean()
                    ? TestSegments.text(random, length)
                    : TestSegments.noise(random, random.nextInt(4) == 0 ? 0 : length);
            boolean hasKey = keyed == 1 || keyed == 2 && random.nextBoolean();
            byte[] key = random.nextInt(50) == 0
                    ? TestSegments.noise(random, random.nextInt(3) == 0 ? 65_100 : random.nextInt(3))
                    : key(random.nextInt(2 * count));
            docs.add(new Doc(bytes, hasKey ? key : null));
        }
        return docs;
    }

    @Property(tries = 40)
    void whatWasAddedIsRead(
            @ForAll long seed, @ForAll @IntRange(max = 400) int count, @ForAll @IntRange(min = -5, max = 9) int level) {
        Random random = new Random(seed);
        BlockOptions options = new BlockOptions(4096 << random.nextInt(5), level);
        List<Doc> docs = docs(random, count, random.nextBoolean() ? 1000 : 200_000);
        List<byte[]> kills = new ArrayList<>();
        for (int i = random.nextInt(20); i > 0; i--) {
            kills.add(key(random.nextInt()));
        }
        TestSegments segments = TestSegments.simulated();
        try (SegmentFile file = segments.segment(options, null, docs, kills)) {
            TestSegments.check(file, docs, kills);
            for (int i = 0; i < 100; i++) {
                byte[] absent = ("absent-" + random.nextInt()).getBytes(StandardCharsets.UTF_8);
                assertEquals(-1, file.find(TestSegments.memory(absent), 0, absent.length));
            }
            SegmentInfo info = file.statistics();
            assertEquals(docs.stream().mapToLong(d -> d.bytes().length).sum(), info.documentBytes());
            assertEquals(docs.stream().filter(d -> d.key() != null).count(), info.keys());
            assertEquals(kills.size(), info.kills());
            List<CorruptionException> damage = new ArrayList<>();
            long[] progress = new long[1];
            file.verify(bytes -> progress[0] += bytes, damage::add);
            assertEquals(List.of(), damage);
            assertEquals(info.fileBytes(), progress[0]);
        }
    }

    @Test
    void theSameContentHasTheSameBytes() {
        TestSegments segments = TestSegments.simulated();
        List<Doc> docs = docs(new Random(3), 300, 5000);
        byte[][] content = new byte[2][];
        for (int i = 0; i < 2; i++) {
            try (SegmentFile file = segments.segment(BlockOptions.DEFAULT, null, docs, List.of(key(1)))) {
                content[i] = segments.content(file.name());
            }
            // The header has the id, and a checksum of it.
            java.util.Arrays.fill(content[i], 40, 64, (byte) 0);
        }
        assertArrayEquals(content[0], content[1]);
    }

    @Test
    void nothingButKillsIsASegmentToo() {
        TestSegments segments = TestSegments.simulated();
        List<byte[]> kills = List.of(key(1), new byte[0], key(2));
        try (SegmentFile file = segments.segment(SMALL, null, List.of(), kills)) {
            assertEquals(0, file.blocks());
            TestSegments.check(file, List.of(), kills);
        }
    }

    @Test
    void zonesAreKeptAsTheyAre() {
        TestSegments segments = TestSegments.simulated();
        byte[] zones = TestSegments.noise(new Random(1), 300_000);
        try (ZstdCompressor compressor = new ZstdCompressor(1, null);
                SegmentWriter writer = segments.writer(1, SMALL, compressor)) {
            writer.zones(zones);
            SegmentInfo written = writer.finish();
            try (SegmentFile file = segments.open(1)) {
                assertArrayEquals(zones, file.zones());
                assertEquals(written, file.statistics());
            }
        }
    }

    @Test
    void emptyKeyAndNoKeyAreNotTheSame() {
        TestSegments segments = TestSegments.simulated();
        List<Doc> docs = List.of(new Doc(key(1), null), new Doc(key(2), new byte[0]), new Doc(key(3), null));
        try (SegmentFile file = segments.segment(SMALL, null, docs, List.of())) {
            TestSegments.check(file, docs, List.of());
            assertEquals(1, file.find(MemorySegment.NULL, 0, 0));
        }
    }

    @Test
    void badInputIsRefusedAndChangesNothing() {
        TestSegments segments = TestSegments.simulated();
        MemorySegment memory = TestSegments.memory(new byte[100_000]);
        try (ZstdCompressor compressor = new ZstdCompressor(1, null);
                SegmentWriter writer = segments.writer(1, SMALL, compressor)) {
            assertThrows(IllegalArgumentException.class, () -> writer.add(memory, 0, -1));
            assertThrows(IllegalArgumentException.class, () -> writer.add(memory, 0, (1L << 30) + 1));
            assertThrows(IndexOutOfBoundsException.class, () -> writer.add(memory, 99_999, 2));
            assertThrows(IllegalArgumentException.class, () -> writer.add(memory, 0, 1, memory, 0, 65_101));
            assertThrows(IndexOutOfBoundsException.class, () -> writer.add(memory, 0, 1, memory, 99_999, 2));
            assertThrows(IllegalArgumentException.class, () -> writer.kill(memory, 0, -1));
            assertEquals(0, writer.documents());
            assertEquals(0, writer.add(memory, 0, 5));
            assertEquals(1, writer.finish().documents());
            assertThrows(IllegalStateException.class, () -> writer.add(memory, 0, 1));
        }
        assertThrows(IllegalArgumentException.class, () -> new BlockOptions(4095, 1));
        assertThrows(IllegalArgumentException.class, () -> new BlockOptions((1 << 20) + 1, 1));
        assertThrows(IllegalArgumentException.class, () -> new BlockOptions(4096, 20));
        assertThrows(IllegalArgumentException.class, () -> new BlockOptions(4096, -6));
    }

    /** C13: the smallest and the largest, and writing the latter takes no more memory than writing a few megabytes. */
    @Test
    void documentsOfOneByteAndOfAHundredMegabytes(@TempDir Path directory) {
        int length = 100_000_000;
        try (Arena arena = Arena.ofShared();
                Storage storage = Storages.open(directory, true)) {
            MemorySegment large = arena.allocate(length, 8);
            MemorySegment unit = TestSegments.memory(TestSegments.text(new Random(5), 1 << 20));
            for (long at = 0; at < length; at += 1 << 20) {
                MemorySegment.copy(unit, 0, large, at, Math.min(1 << 20, length - at));
                large.set(ValueLayout.JAVA_LONG_UNALIGNED, at, at);
            }
            MemorySegment noise = TestSegments.memory(TestSegments.noise(new Random(6), 3_000_000));
            TestSegments segments = new TestSegments(storage);
            try (ZstdCompressor compressor = new ZstdCompressor(-3, null);
                    SegmentWriter writer = segments.writer(1, BlockOptions.DEFAULT, compressor)) {
                writer.add(large, 0, 1);
                writer.add(large, 0, length);
                writer.add(large, 1, 1);
                writer.add(noise, 0, noise.byteSize());
                writer.add(noise, 0, 1 << 20);
                assertTrue(writer.memoryBytes() < 4 << 20, () -> writer.memoryBytes() + " bytes");
                assertTrue(writer.finish().fileBytes() < length * 2L / 3);
            }
            try (SegmentFile file = segments.open(1);
                    BlockCache cache = new BlockCache(64 << 20)) {
                BlockCache.Blocks blocks = cache.of(file);
                CachedBlock block = blocks.pin(file.blockOf(1));
                assertEquals(length, block.length(0));
                assertEquals(-1, MemorySegment.mismatch(block.memory(), 8, 8L + length, large, 0, length));
                assertTrue(cache.stats().outsideBytes() >= length);
                block.unpin();
                assertEquals(0, cache.stats().outsideBytes());
                CachedBlock small = blocks.pin(file.blockOf(2));
                assertEquals(
                        large.get(ValueLayout.JAVA_BYTE, 1), small.memory().get(ValueLayout.JAVA_BYTE, small.at(0)));
                small.unpin();
                for (int ordinal = 3; ordinal < 5; ordinal++) {
                    CachedBlock stored = blocks.pin(file.blockOf(ordinal));
                    long end = stored.length(0);
                    assertEquals(ordinal == 3 ? noise.byteSize() : 1 << 20, end);
                    assertEquals(-1, MemorySegment.mismatch(stored.memory(), 8, 8 + end, noise, 0, end));
                    stored.unpin();
                }
                blocks.close();
            }
        }
    }

    /** Fails at a block. */
    private static final class Failing implements BlockCompressor {
        private final BlockCompressor real = new ZstdCompressor(1, null);
        private int left;

        Failing(int at) {
            left = at;
        }

        private void count() {
            if (left-- == 0) {
                throw new IllegalStateException("as the test wants it");
            }
        }

        @Override
        public long dictionaryId() {
            return 0;
        }

        @Override
        public int compress(ByteBuffer source, int at, int length, ByteBuffer target) {
            count();
            return real.compress(source, at, length, target);
        }

        @Override
        public void begin(long length) {
            real.begin(length);
        }

        @Override
        public boolean compress(ByteBuffer source, ByteBuffer target, boolean last) {
            count();
            return real.compress(source, target, last);
        }

        @Override
        public void close() {
            real.close();
        }
    }

    /** C1. */
    @Test
    void aCompressorThatFailsLeavesNothingThatCanBeUsed() {
        List<Doc> docs = docs(new Random(9), 200, 4000);
        docs.add(100, new Doc(TestSegments.text(new Random(1), 3 << 20), null));
        int blocks = 0;
        for (boolean failed = true; failed; blocks++) {
            TestSegments segments = TestSegments.simulated();
            try (Failing compressor = new Failing(blocks);
                    SegmentWriter writer = segments.writer(1, SMALL, compressor)) {
                try {
                    TestSegments.add(writer, docs);
                    writer.finish();
                    failed = false;
                } catch (IllegalStateException e) {
                    assertEquals("as the test wants it", e.getMessage());
                    assertThrows(IllegalStateException.class, () -> writer.add(MemorySegment.NULL, 0, 0));
                    assertThrows(IllegalStateException.class, writer::finish);
                    assertThrows(CorruptionException.class, () -> segments.open(1));
                }
            }
        }
        assertTrue(blocks > 10, "it failed at " + blocks + " blocks");
    }

    @Test
    void aWriteThatFailsLeavesNothingThatCanBeUsed(@TempDir Path directory) {
        List<Doc> docs = docs(new Random(2), 200, 40_000);
        FaultyStorage faulty = FaultyStorage.withoutDevice(directory);
        TestSegments segments = new TestSegments(faulty);
        int failures = 0;
        for (boolean failed = true; failed; ) {
            long id = segments.nextId();
            faulty.failAt(
                    EnumSet.of(FaultyStorage.Operation.WRITE, FaultyStorage.Operation.SYNC),
                    failures + 1,
                    FaultyStorage.Kind.ENOSPC,
                    FaultyStorage.Extent.HALF);
            try (ZstdCompressor compressor = new ZstdCompressor(1, null);
                    SegmentWriter writer = segments.writer(id, SMALL, compressor)) {
                try {
                    TestSegments.add(writer, docs);
                    writer.finish();
                    failed = false;
                } catch (StorageException e) {
                    failures++;
                    assertThrows(IllegalStateException.class, writer::finish);
                    if (!faulty.firstFailure().startsWith("SYNC")) {
                        assertThrows(CorruptionException.class, () -> segments.open(id));
                    }
                }
            }
        }
        assertTrue(failures >= 2, failures + " failures");
        faulty.close();
    }

    @Test
    void shortAndInterruptedWritesDoNoHarm(@TempDir Path directory) {
        List<Doc> docs = docs(new Random(4), 100, 20_000);
        try (FaultyStorage faulty = FaultyStorage.withoutDevice(directory)) {
            faulty.shortAndInterruptedWrites();
            TestSegments segments = new TestSegments(faulty);
            try (SegmentFile file = segments.segment(SMALL, null, docs, List.of())) {
                TestSegments.check(file, docs, List.of());
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"posix", "channel"})
    void aReaderThatIsInterruptedHarmsNobody(String kind, @TempDir Path directory) {
        List<Doc> docs = docs(new Random(8), 50, 20_000);
        try (Storage storage = dev.ashlar.io.TestStorages.open(kind, directory)) {
            TestSegments segments = new TestSegments(storage);
            try (SegmentFile file = segments.segment(SMALL, null, docs, List.of())) {
                Thread.currentThread().interrupt();
                TestSegments.check(file, docs, List.of());
                assertTrue(Thread.interrupted());
                TestSegments.check(file, docs, List.of());
            }
        }
    }

    @Test
    void aSegmentOfSomethingElseIsRefused() {
        TestSegments segments = TestSegments.simulated();
        segments.segment(SMALL, null, docs(new Random(1), 3, 10), List.of()).close();
        UUID other = new UUID(1, 2);
        Storage storage = segments.storage;
        Dictionaries none = segments.dictionaries;
        assertThrows(CorruptionException.class, () -> SegmentFile.open(storage, other, TestSegments.SPACE, 1, none));
        assertThrows(CorruptionException.class, () -> SegmentFile.open(storage, TestSegments.STORE, 8, 1, none));
        storage.rename(DocumentFiles.segment(1), DocumentFiles.segment(2));
        CorruptionException e = assertThrows(CorruptionException.class, () -> segments.open(2));
        assertTrue(e.getMessage().contains("id 0x2"), e.getMessage());
        assertThrows(StorageException.class, () -> segments.open(1));
    }

    /** The header of a newer version, with its checksum. */
    @Test
    void aNewerFormatIsNotDamage() {
        TestSegments segments = TestSegments.simulated();
        segments.segment(SMALL, null, docs(new Random(1), 3, 10), List.of()).close();
        byte[] header = java.util.Arrays.copyOf(segments.content(DocumentFiles.segment(1)), 56);
        header[8] = 2;
        segments.overwrite(DocumentFiles.segment(1), 8, 2);
        long checksum = Xxh3.hash(header, 0, 56, 0);
        for (int i = 0; i < 8; i++) {
            segments.overwrite(DocumentFiles.segment(1), 56 + i, (int) (checksum >>> 8 * i));
        }
        assertThrows(UnsupportedFormatException.class, () -> segments.open(1));
    }

    /** Changes the kind of the zones, and keeps the footer's checksum right. */
    @Test
    void anUnknownPartIsPassedOverUnlessItIsRequired() {
        for (int flags = 0; flags < 2; flags++) {
            TestSegments segments = TestSegments.simulated();
            List<Doc> docs = docs(new Random(1), 3, 10);
            try (ZstdCompressor compressor = new ZstdCompressor(1, null);
                    SegmentWriter writer = segments.writer(1, SMALL, compressor)) {
                TestSegments.add(writer, docs);
                writer.zones(new byte[10]);
                writer.finish();
            }
            String name = DocumentFiles.segment(1);
            byte[] content = segments.content(name);
            int trailer = content.length - SegmentFormat.TRAILER;
            int zones = trailer - SegmentFormat.PART_ENTRY; // the last one
            assertEquals(SegmentFormat.ZONES, content[zones]);
            content[zones] = 99;
            content[zones + 4] = (byte) flags;
            int footer = trailer
                    - (Byte.toUnsignedInt(content[trailer + 8]) + 256 * Byte.toUnsignedInt(content[trailer + 9]));
            long checksum = Xxh3.hash(content, footer, trailer + 16 - footer, 0);
            segments.overwrite(name, zones, 99);
            segments.overwrite(name, zones + 4, flags);
            for (int i = 0; i < 8; i++) {
                segments.overwrite(name, trailer + 16 + i, (int) (checksum >>> 8 * i));
            }
            if (flags == 0) {
                try (SegmentFile file = segments.open(1)) {
                    TestSegments.check(file, docs, List.of());
                    assertEquals(0, file.zones().length);
                }
            } else {
                assertThrows(UnsupportedFormatException.class, () -> segments.open(1));
            }
        }
    }

    @Test
    void aSegmentIsReadableAsLongAsItIsRetained() {
        TestSegments segments = TestSegments.simulated();
        List<Doc> docs = docs(new Random(1), 20, 1000);
        SegmentFile file = segments.segment(SMALL, null, docs, List.of());
        assertTrue(file.tryRetain());
        file.close();
        file.close();
        TestSegments.check(file, docs, List.of());
        file.release();
        assertFalse(file.tryRetain());
        assertThrows(IllegalStateException.class, () -> file.rawLengthOf(0));
    }

    /** The bytes of docs/FORMAT.md, written again and read. Noise is not compressed, so no version of Zstandard matters. */
    @Test
    void aKnownSegmentHasKnownBytes() throws java.io.IOException {
        TestSegments segments = TestSegments.simulated();
        Random random = new Random(42);
        List<Doc> docs = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            docs.add(new Doc(TestSegments.noise(random, 5 * i), key(i)));
        }
        List<byte[]> kills = List.of(key(0), key(9));
        try (SegmentFile file = segments.segment(SMALL, null, docs, kills)) {
            HexFormat hex = HexFormat.of();
            StringBuilder lines = new StringBuilder();
            byte[] content = segments.content(file.name());
            for (int i = 0; i < content.length; i += 32) {
                lines.append(hex.formatHex(content, i, Math.min(content.length, i + 32)))
                        .append('\n');
            }
            try (var in = SegmentTest.class.getResourceAsStream("/document/segment.hex")) {
                if (in == null) {
                    fail("no golden file; it would be:\n" + lines);
                }
                assertEquals(new String(in.readAllBytes(), StandardCharsets.UTF_8), lines.toString());
            }
            TestSegments.check(file, docs, kills);
        }
    }
}
