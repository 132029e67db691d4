package dev.ashlar.document;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.ashlar.AshlarException;
import dev.ashlar.CorruptionException;
import dev.ashlar.document.TestSegments.Doc;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class DictionaryTest {
    private static final BlockOptions SMALL = new BlockOptions(4096, 3);

    static byte[] json(Random random) {
        StringBuilder text = new StringBuilder("{\"identifier\":" + random.nextInt(1 << 20));
        for (String field : List.of("customer", "warehouse", "description", "quantity", "preferredCurrency")) {
            text.append(",\"")
                    .append(field)
                    .append("\":\"")
                    .append(Integer.toString(random.nextInt(), 36))
                    .append("\"");
        }
        return text.append(",\"status\":\"delivered to the customer\"}")
                .toString()
                .getBytes(StandardCharsets.UTF_8);
    }

    private static DictionaryTrainer.Outcome train(boolean alike, long expectedBytes) {
        Random random = new Random(1);
        try (DictionaryTrainer trainer = new DictionaryTrainer(1 << 20)) {
            for (int i = 0; i < 2000; i++) {
                MemorySegment sample = TestSegments.memory(alike ? json(random) : TestSegments.noise(random, 200));
                assertTrue(trainer.add(sample, 0, sample.byteSize()));
            }
            assertEquals(2000, trainer.samples());
            return trainer.train(8192, SMALL, expectedBytes);
        }
    }

    @Test
    void itWinsWithDocumentsThatAreAlikeAndWithNoOthers() {
        DictionaryTrainer.Outcome alike = train(true, 1 << 30);
        assertNotNull(alike.dictionary());
        assertTrue(alike.with() < 0.95 * alike.without(), alike::toString);
        assertNull(train(false, 1 << 30).dictionary());
        // The same, used for so little that its own bytes weigh more than what it saves.
        DictionaryTrainer.Outcome little = train(true, 1);
        assertNull(little.dictionary());
        assertTrue(little.with() > alike.with(), little::toString);
    }

    @Test
    void fewSamplesMakeNone() {
        try (DictionaryTrainer trainer = new DictionaryTrainer(64 << 10)) {
            for (int i = 0; i < 63; i++) {
                trainer.add(TestSegments.memory(json(new Random(i))), 0, 100);
            }
            assertNull(trainer.train(1024, SMALL, 1 << 30).dictionary());
            MemorySegment large = TestSegments.memory(new byte[100_000]);
            assertFalse(trainer.add(large, 0, large.byteSize()));
        }
    }

    private static Dictionary written(TestSegments segments, long id) {
        Dictionary dictionary = new Dictionary(id, train(true, 1 << 30).dictionary());
        dictionary.write(segments.storage, TestSegments.STORE, TestSegments.SPACE);
        return dictionary;
    }

    @Test
    void blocksAreReadWithTheDictionaryThatTheyWereWrittenWith() {
        TestSegments segments = TestSegments.simulated();
        Random random = new Random(2);
        List<Doc> docs = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
            docs.add(new Doc(json(random), null));
        }
        docs.add(new Doc(TestSegments.text(random, 3 << 20), null)); // in pieces
        long plain;
        try (SegmentFile file = segments.segment(SMALL, null, docs, List.of())) {
            plain = file.statistics().storedBytes();
        }
        SegmentFile file;
        try (Dictionary dictionary = written(segments, 77)) {
            file = segments.segment(SMALL, dictionary, docs, List.of());
        }
        assertEquals(1, segments.dictionaries.size());
        try (file) {
            assertEquals(77, file.dictionaryOf(0));
            assertTrue(file.statistics().storedBytes() < plain);
            TestSegments.check(file, docs, List.of());
            // By turns with one that needs none, through the same contexts.
            try (SegmentFile other = segments.segment(SMALL, null, docs, List.of())) {
                for (int i = 0; i < 3; i++) {
                    TestSegments.check(other, docs, List.of());
                    TestSegments.check(file, docs, List.of());
                }
            }
            Dictionary used = segments.dictionaries.acquire(77);
            assertSame(used, segments.dictionaries.acquire(77));
            segments.dictionaries.release(used);
            segments.dictionaries.release(used);
        }
        assertEquals(0, segments.dictionaries.size());
        TestSegments.check(segments.open(2), docs, List.of());

        segments.storage.unlink(DocumentFiles.dictionary(77));
        assertEquals(1, segments.dictionaries.size());
        Dictionaries others = new Dictionaries(segments.storage, TestSegments.STORE, TestSegments.SPACE);
        try (SegmentFile without =
                SegmentFile.open(segments.storage, TestSegments.STORE, TestSegments.SPACE, 2, others)) {
            AshlarException e = assertThrows(AshlarException.class, () -> TestSegments.check(without, docs, List.of()));
            assertTrue(e.getMessage().contains("dictionary"), e.getMessage());
        }
    }

    @Test
    void everyByteFlippedIsNoticed() {
        TestSegments segments = TestSegments.simulated();
        byte[] bytes = TestSegments.noise(new Random(5), 100);
        try (Dictionary dictionary = new Dictionary(3, bytes)) {
            dictionary.write(segments.storage, TestSegments.STORE, TestSegments.SPACE);
        }
        String name = DocumentFiles.dictionary(3);
        byte[] content = segments.content(name);
        for (int at = 0; at < content.length; at++) {
            segments.overwrite(name, at, content[at] ^ 32);
            assertThrows(CorruptionException.class, () -> segments.dictionaries.acquire(3));
            segments.overwrite(name, at, content[at]);
        }
        Dictionary read = segments.dictionaries.acquire(3);
        assertArrayEquals(bytes, read.bytes());
        segments.dictionaries.release(read);
        assertThrows(IllegalStateException.class, () -> segments.dictionaries.release(read));
    }
}
