package dev.ashlar.document;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import dev.ashlar.io.Storage;
import dev.ashlar.io.StorageFile;
import dev.ashlar.io.StorageIo;
import dev.ashlar.sim.SimDisk;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** What tests of segments share: a store's files, and segments of given documents. */
final class TestSegments {
    static final UUID STORE = UUID.fromString("00112233-4455-6677-8899-aabbccddeeff");
    static final int SPACE = 7;

    final Storage storage;
    final Dictionaries dictionaries;
    private long lastId;

    TestSegments(Storage storage) {
        this.storage = storage;
        this.dictionaries = new Dictionaries(storage, STORE, SPACE);
        storage.createDirectory(DocumentFiles.DIRECTORY);
    }

    /** In memory. */
    static TestSegments simulated() {
        return new TestSegments(new SimDisk().storage());
    }

    /** A document; its key is null if it has none. */
    record Doc(byte[] bytes, byte @Nullable [] key) {}

    static MemorySegment memory(byte[] bytes) {
        MemorySegment memory =
                Arena.ofAuto().allocate(Math.max(1, bytes.length)).asSlice(0, bytes.length);
        MemorySegment.copy(bytes, 0, memory, ValueLayout.JAVA_BYTE, 0, bytes.length);
        return memory;
    }

    static byte[] bytes(MemorySegment memory, long at, long length) {
        return memory.asSlice(at, length).toArray(ValueLayout.JAVA_BYTE);
    }

    /** Bytes that compress to about a third. */
    static byte[] text(Random random, int length) {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++) {
            bytes[i] = random.nextInt(8) == 0 || i < 40 ? (byte) random.nextInt(256) : bytes[i - 40];
        }
        return bytes;
    }

    static byte[] noise(Random random, int length) {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        return bytes;
    }

    long nextId() {
        return ++lastId;
    }

    SegmentWriter writer(long id, BlockOptions options, BlockCompressor compressor) {
        return new SegmentWriter(storage, STORE, id, SPACE, options, compressor, bytes -> {});
    }

    SegmentFile open(long id) {
        return SegmentFile.open(storage, STORE, SPACE, id, dictionaries);
    }

    static void add(SegmentWriter writer, List<Doc> docs) {
        for (Doc doc : docs) {
            MemorySegment key = doc.key == null ? null : memory(doc.key);
            int ordinal = writer.documents();
            assertEquals(
                    ordinal,
                    writer.add(memory(doc.bytes), 0, doc.bytes.length, key, 0, doc.key == null ? 0 : doc.key.length));
        }
    }

    /** Writes a segment and opens it. */
    SegmentFile segment(BlockOptions options, @Nullable Dictionary dictionary, List<Doc> docs, List<byte[]> kills) {
        long id = nextId();
        try (ZstdCompressor compressor = new ZstdCompressor(options.level(), dictionary);
                SegmentWriter writer = writer(id, options, compressor)) {
            add(writer, docs);
            kills.forEach(key -> writer.kill(memory(key), 0, key.length));
            SegmentInfo info = writer.finish();
            assertEquals(docs.size(), info.documents());
        }
        return open(id);
    }

    /** Everything that a segment says, against what was put in. The last document with a key is the one that is found. */
    static void check(SegmentFile file, List<Doc> docs, List<byte[]> kills) {
        assertEquals(docs.size(), file.documents());
        int ordinal = 0;
        try (BlockBuffer buffer = new BlockBuffer()) {
            for (int block = 0; block < file.blocks(); block++) {
                assertEquals(ordinal, file.firstOrdinalOf(block));
                buffer.read(file, block);
                for (int i = 0; i < buffer.documents(); i++, ordinal++) {
                    assertEquals(block, file.blockOf(ordinal));
                    assertArrayEquals(docs.get(ordinal).bytes, bytes(buffer.memory(), buffer.at(i), buffer.length(i)));
                }
            }
        }
        assertEquals(docs.size(), ordinal);
        for (int i = 0; i < docs.size(); i++) {
            byte[] key = docs.get(i).key;
            MemorySegment found = file.key(i);
            if (key == null) {
                assertNull(found);
            } else {
                assertArrayEquals(key, found.toArray(ValueLayout.JAVA_BYTE));
                int last = i;
                for (int later = i + 1; later < docs.size(); later++) {
                    if (java.util.Arrays.equals(docs.get(later).key, key)) {
                        last = later;
                    }
                }
                assertEquals(last, file.find(memory(key), 0, key.length));
            }
        }
        List<byte[]> told = new ArrayList<>();
        file.forEachKill((memory, at, length) -> told.add(bytes(memory, at, length)));
        assertEquals(kills.size(), told.size());
        for (int i = 0; i < told.size(); i++) {
            assertArrayEquals(kills.get(i), told.get(i));
        }
    }

    byte[] content(String name) {
        try (StorageFile file = storage.open(name)) {
            MemorySegment all = memory(new byte[(int) file.size()]);
            StorageIo.readFully(file, all, 0, all.byteSize(), 0);
            return all.toArray(ValueLayout.JAVA_BYTE);
        }
    }

    /** Writes over a byte of a file. */
    void overwrite(String name, long at, int value) {
        try (StorageFile file = storage.openForWriting(name)) {
            StorageIo.writeFully(file, memory(new byte[] {(byte) value}), 0, 1, at);
        }
    }
}
