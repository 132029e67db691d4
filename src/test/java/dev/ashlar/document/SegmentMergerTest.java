package dev.ashlar.document;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.ashlar.CorruptionException;
import dev.ashlar.document.TestSegments.Doc;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class SegmentMergerTest {
    private static final BlockOptions OPTIONS = new BlockOptions(4096, 1);

    private static SegmentMerger.Merged merge(
            TestSegments segments,
            long id,
            List<SegmentMerger.Source> sources,
            boolean keepKills,
            @Nullable Dictionary dictionary,
            BooleanSupplier goOn) {
        try (ZstdCompressor compressor = new ZstdCompressor(OPTIONS.level(), dictionary);
                SegmentWriter writer = segments.writer(id, OPTIONS, compressor)) {
            return SegmentMerger.merge(
                    sources, writer, OPTIONS, keepKills, zones -> new byte[] {(byte) zones.size()}, goOn);
        }
    }

    private static byte[] text(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Property(tries = 40)
    void whatCountsIsThereAndNothingElse(@ForAll long seed, @ForAll boolean keepKills) {
        Random random = new Random(seed);
        TestSegments segments = TestSegments.simulated();
        Dictionary dictionary = new Dictionary(1000, TestSegments.text(new Random(1), 2000));
        dictionary.write(segments.storage, TestSegments.STORE, TestSegments.SPACE);
        List<SegmentMerger.Source> sources = new ArrayList<>();
        List<Doc> expected = new ArrayList<>();
        Map<String, byte[]> kills = new LinkedHashMap<>();
        List<int[]> moved = new ArrayList<>();
        int number = 0;
        for (int i = random.nextInt(5); i >= 0; i--) {
            List<Doc> docs = SegmentTest.docs(random, random.nextInt(random.nextBoolean() ? 4 : 200), 9000);
            List<byte[]> killed = new ArrayList<>();
            for (int j = random.nextInt(5); j > 0; j--) {
                killed.add(text("kill" + random.nextInt(10)));
            }
            SegmentFile file = segments.segment(OPTIONS, random.nextBoolean() ? dictionary : null, docs, killed);
            LiveDocs live = LiveDocs.all(docs.size());
            if (random.nextBoolean() && !docs.isEmpty()) {
                int from = random.nextInt(docs.size());
                live = live.without(
                        random.ints(random.nextInt(20), from, docs.size()).toArray());
            }
            sources.add(new SegmentMerger.Source(file, live));
            int[] ordinals = new int[docs.size()];
            for (int j = 0; j < docs.size(); j++) {
                ordinals[j] = live.isLive(j) ? number++ : -1;
                if (live.isLive(j)) {
                    expected.add(docs.get(j));
                }
            }
            moved.add(ordinals);
            killed.forEach(key -> kills.putIfAbsent(new String(key, StandardCharsets.UTF_8), key));
        }
        if (sources.size() == 1) {
            // Nothing is to be united then.
            kills.clear();
            keepKills = false;
        }
        SegmentMerger.Merged merged =
                merge(segments, 500, sources, keepKills, random.nextBoolean() ? dictionary : null, () -> true);
        assertEquals(expected.size(), merged.info().documents());
        for (int i = 0; i < moved.size(); i++) {
            for (int j = 0; j < moved.get(i).length; j++) {
                assertEquals(moved.get(i)[j], merged.ordinal(i, j));
            }
            sources.get(i).file().close();
        }
        try (SegmentFile file = segments.open(500)) {
            TestSegments.check(file, expected, keepKills ? List.copyOf(kills.values()) : List.of());
            assertArrayEquals(new byte[] {(byte) sources.size()}, file.zones());
            file.verify(bytes -> {}, e -> {
                throw e;
            });
        }
        assertEquals(0, segments.dictionaries.size());
        dictionary.close();
    }

    @Test
    void fullBlocksAreCopiedAsTheyAreAndSmallOnesComeTogether() {
        TestSegments segments = TestSegments.simulated();
        Random random = new Random(4);
        List<Doc> many = new ArrayList<>();
        for (int i = 0; i < 400; i++) {
            many.add(new Doc(TestSegments.text(random, 100), text("a" + i)));
        }
        List<SegmentMerger.Source> sources = new ArrayList<>();
        List<Doc> expected = new ArrayList<>(many);
        SegmentFile large = segments.segment(OPTIONS, null, many, List.of());
        sources.add(new SegmentMerger.Source(large, LiveDocs.all(400)));
        for (int i = 0; i < 100; i++) {
            List<Doc> one = List.of(new Doc(TestSegments.text(random, 100), text("b" + i)));
            expected.addAll(one);
            sources.add(new SegmentMerger.Source(segments.segment(OPTIONS, null, one, List.of()), LiveDocs.all(1)));
        }
        SegmentMerger.Merged merged = merge(segments, 900, sources, false, null, () -> true);
        assertEquals(large.blocks() - (large.rawLengthOf(large.blocks() - 1) < 2048 ? 1 : 0), merged.copiedBlocks());
        assertTrue(merged.rewrittenDocuments() < 140, merged::toString);
        assertTrue(merged.info().blocks() <= large.blocks() + 100 * 104 / 4000 + 1, merged::toString);
        try (SegmentFile file = segments.open(900)) {
            TestSegments.check(file, expected, List.of());
            for (int block = 0; block < merged.copiedBlocks(); block++) {
                assertEquals(large.checksumOf(block), file.checksumOf(block));
                assertEquals(large.storedLengthOf(block), file.storedLengthOf(block));
            }
        }
        sources.forEach(source -> source.file().close());
    }

    @Test
    void itStopsWhenItIsTold() {
        TestSegments segments = TestSegments.simulated();
        List<Doc> docs = SegmentTest.docs(new Random(3), 300, 1000);
        try (SegmentFile file = segments.segment(OPTIONS, null, docs, List.of())) {
            AtomicInteger left = new AtomicInteger(2);
            // In the first block and in the middle, so that it is asked in between.
            LiveDocs live = LiveDocs.all(300).without(0, 150);
            List<SegmentMerger.Source> sources = List.of(new SegmentMerger.Source(file, live));
            assertThrows(
                    CancellationException.class,
                    () -> merge(segments, 50, sources, true, null, () -> left.getAndDecrement() > 0));
            assertThrows(CorruptionException.class, () -> segments.open(50));
            TestSegments.check(file, docs, List.of());
        }
    }

    @Test
    void damageInASourceEndsIt() {
        TestSegments segments = TestSegments.simulated();
        List<Doc> docs = SegmentTest.docs(new Random(3), 300, 1000);
        SegmentFile file = segments.segment(OPTIONS, null, docs, List.of());
        byte[] content = segments.content(file.name());
        segments.overwrite(file.name(), 100, content[100] ^ 1);
        List<SegmentMerger.Source> whole = List.of(new SegmentMerger.Source(file, LiveDocs.all(300)));
        assertThrows(CorruptionException.class, () -> merge(segments, 50, whole, true, null, () -> true));
        List<SegmentMerger.Source> part =
                List.of(new SegmentMerger.Source(file, LiveDocs.all(300).without(0)));
        assertThrows(CorruptionException.class, () -> merge(segments, 51, part, true, null, () -> true));
        file.close();
    }

    @Test
    void aMaskOfAnotherSegmentIsRefused() {
        TestSegments segments = TestSegments.simulated();
        try (SegmentFile file = segments.segment(OPTIONS, null, List.of(new Doc(text("a"), null)), List.of())) {
            assertThrows(IllegalArgumentException.class, () -> new SegmentMerger.Source(file, LiveDocs.all(2)));
        }
    }
}
