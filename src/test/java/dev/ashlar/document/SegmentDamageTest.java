package dev.ashlar.document;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.ashlar.AshlarException;
import dev.ashlar.CorruptionException;
import dev.ashlar.StorageException;
import dev.ashlar.document.TestSegments.Doc;
import dev.ashlar.io.StorageFile;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** C15: whatever is wrong with a file, what is read is right or an exception. */
class SegmentDamageTest {
    private static final String NAME = DocumentFiles.segment(1);

    private static List<Doc> docs() {
        Random random = new Random(11);
        List<Doc> docs = new ArrayList<>();
        for (int i = 0; i < 12; i++) {
            byte[] bytes = i == 5 ? TestSegments.noise(random, 70) : new byte[900];
            for (int j = 0; j < bytes.length && i != 5; j++) {
                bytes[j] = (byte) (i + j % 7);
            }
            docs.add(new Doc(bytes, ("key" + i).getBytes(StandardCharsets.UTF_8)));
        }
        return docs;
    }

    private static final List<byte[]> KILLS = List.of(new byte[] {1, 2, 3}, new byte[0]);

    private static TestSegments written(List<Doc> docs) {
        TestSegments segments = TestSegments.simulated();
        segments.segment(new BlockOptions(4096, 3), null, docs, KILLS).close();
        return segments;
    }

    /** Reads everything, each thing on its own, and returns how many were refused. */
    private static int readAll(TestSegments segments, List<Doc> docs, int at) {
        int refused = 0;
        SegmentFile file;
        try {
            file = segments.open(1);
        } catch (AshlarException e) {
            return 1;
        }
        try (file;
                BlockBuffer buffer = new BlockBuffer()) {
            assertEquals(docs.size(), file.documents());
            for (int block = 0; block < file.blocks(); block++) {
                try {
                    buffer.read(file, block);
                    for (int i = 0; i < buffer.documents(); i++) {
                        assertArrayEquals(
                                docs.get(file.firstOrdinalOf(block) + i).bytes(),
                                TestSegments.bytes(buffer.memory(), buffer.at(i), buffer.length(i)),
                                () -> "byte " + at);
                    }
                } catch (CorruptionException e) {
                    refused++;
                }
            }
            for (int i = 0; i < docs.size(); i++) {
                byte[] key = docs.get(i).key();
                try {
                    assertEquals(i, file.find(TestSegments.memory(key), 0, key.length), "byte " + at);
                    MemorySegment found = file.key(i);
                    assertArrayEquals(key, found == null ? null : found.toArray(ValueLayout.JAVA_BYTE));
                } catch (CorruptionException e) {
                    refused++;
                }
            }
            List<byte[]> kills = new ArrayList<>();
            file.forEachKill((memory, from, length) -> kills.add(TestSegments.bytes(memory, from, length)));
            assertEquals(KILLS.size(), kills.size());
            assertArrayEquals(KILLS.getFirst(), kills.getFirst());
            if (refused > 0) {
                List<CorruptionException> damage = new ArrayList<>();
                file.verify(bytes -> {}, damage::add);
                assertTrue(!damage.isEmpty(), () -> "verify finds nothing, byte " + at);
            }
        }
        return refused;
    }

    @Test
    void everyByteFlipped() {
        List<Doc> docs = docs();
        TestSegments segments = written(docs);
        byte[] content = segments.content(NAME);
        int harmless = 0;
        for (int at = 0; at < content.length; at++) {
            segments.overwrite(NAME, at, content[at] ^ 1 << at % 8);
            harmless += readAll(segments, docs, at) == 0 ? 1 : 0;
            segments.overwrite(NAME, at, content[at]);
        }
        assertEquals(0, readAll(segments, docs, -1));
        // What stands between parts and blocks to align them.
        assertTrue(harmless < 6 * 64 + 8 * 8, harmless + " of " + content.length + " flips were not noticed");
    }

    @Test
    void cutShortAnywhere() {
        List<Doc> docs = docs();
        TestSegments segments = written(docs);
        for (int size = segments.content(NAME).length - 1; size >= 0; size -= size > 200 ? 13 : 1) {
            try (StorageFile file = segments.storage.openForWriting(NAME)) {
                file.truncate(size);
            }
            assertThrows(CorruptionException.class, () -> segments.open(1));
        }
    }

    @Test
    void aBlockInThePlaceOfAnotherIsNoticed() {
        Random random = new Random(1);
        List<Doc> docs = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            docs.add(new Doc(TestSegments.noise(random, 4000), null));
        }
        TestSegments segments = TestSegments.simulated();
        segments.segment(new BlockOptions(4096, 1), null, docs, List.of()).close();
        byte[] content = segments.content(NAME);
        int stride = (int) SegmentFormat.align(4008, 8);
        for (int i = 0; i < 4008; i++) {
            segments.overwrite(NAME, 64 + stride + i, content[64 + i]);
        }
        try (SegmentFile file = segments.open(1);
                BlockBuffer buffer = new BlockBuffer()) {
            buffer.read(file, 0);
            CorruptionException e = assertThrows(CorruptionException.class, () -> buffer.read(file, 1));
            assertEquals(NAME, e.file());
            assertEquals(64 + stride, e.position());
            assertEquals(0, buffer.documents());
        }
    }

    @Test
    void anErrorOfTheDeviceIsAnException() {
        List<Doc> docs = docs();
        TestSegments good = written(docs);
        ReadErrors errors = new ReadErrors(good.storage);
        SegmentFile file = SegmentFile.open(errors, TestSegments.STORE, TestSegments.SPACE, 1, good.dictionaries);
        try (file;
                BlockBuffer buffer = new BlockBuffer();
                BlockCache cache = new BlockCache(1 << 20);
                BlockCache.Blocks blocks = cache.of(file)) {
            errors.failing = true;
            assertThrows(StorageException.class, () -> buffer.read(file, 0));
            assertThrows(StorageException.class, () -> blocks.pin(0));
            assertThrows(StorageException.class, () -> file.key(0));
            errors.failing = false;
            TestSegments.check(file, docs, KILLS);
            blocks.pin(0).unpin();
        }
        errors.failing = true;
        assertThrows(
                StorageException.class,
                () -> SegmentFile.open(errors, TestSegments.STORE, TestSegments.SPACE, 1, good.dictionaries));
    }
}
