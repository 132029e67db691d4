package dev.ashlar.failures;

import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.ashlar.CorruptionException;
import dev.ashlar.Durability;
import dev.ashlar.Keyspace;
import dev.ashlar.KeyspaceOptions;
import dev.ashlar.Store;
import dev.ashlar.StoreFailedException;
import dev.ashlar.WriteBatch;
import dev.ashlar.engine.TestEngine;
import dev.ashlar.engine.TestEngines;
import dev.ashlar.failures.StoreFiles.Frame;
import dev.ashlar.io.FaultyStorage;
import dev.ashlar.io.FaultyStorage.Extent;
import dev.ashlar.io.FaultyStorage.Kind;
import dev.ashlar.io.FaultyStorage.Operation;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * The reader in C, which was written from docs/FORMAT.md alone, and the engine find the same in every store. Where they
 * do not, the specification is wrong or silent: it is mended first.
 */
class SecondReaderTest extends FailureTest {
    private static final int SECTOR = 512;

    private ReaderComparison comparison;

    @BeforeEach
    void build() {
        comparison = new ReaderComparison(this);
    }

    /** The images that an action leaves: of a killed process and of a closed store. */
    private List<StoreFiles> images(String name, Consumer<Store> action) {
        Path directory = path(name);
        StoreFiles crashed = crashAfter(directory, action);
        return List.of(crashed, StoreFiles.of(directory));
    }

    private void addAll(String context, List<StoreFiles> images) {
        for (StoreFiles image : images) {
            comparison.add(context, image);
            comparison.addWithoutCheckpoints(context + ", without checkpoints", image);
        }
    }

    // ---------------------------------------------------------------------------------------------------- contents

    private static void fillAlignments(Store store) {
        int[] lengths = {0, 1, 7, 8, 9, 63, 64, 65, 127, 240, 241, 1023, 1025, 4095, 4096, 4097, 70_000};
        int[] keys = {0, 1, 3, 4, 8, 9, 16, 17, 24, 64, 129, 255, 300, 5_000, Keyspace.MAX_KEY_BYTES};
        for (int bits = 3; bits <= 12; bits++) {
            String name = "aligned \"" + bits + "\" \\ ä€😀";
            Keyspace space = store.keyspace(name, KeyspaceOptions.DEFAULT.withAlignment(1 << bits));
            for (int i = 0; i < lengths.length; i++) {
                space.put(pattern(keys[(i + bits) % keys.length], i * 31 + bits), pattern(lengths[i], i));
            }
        }
    }

    private static void fillBatches(Store store) {
        Keyspace a = store.keyspace("a");
        Keyspace b = store.keyspace("b", KeyspaceOptions.DEFAULT.withAlignment(8));
        for (int i = 0; i < 40; i++) {
            a.put("key-" + i, pattern(37 * i, i));
        }
        for (int round = 0; round < 4; round++) {
            try (WriteBatch batch = store.batch()) {
                for (int i = 0; i < 12; i++) {
                    batch.put(i % 2 == 0 ? a : b, bytes("key-" + (i * 3 + round)), pattern(1000 * round * i, i));
                    batch.delete(a, "key-" + (i * 2 + round));
                }
                batch.commit(round == 1 ? Durability.DURABLE : Durability.APPENDED);
            }
        }
        for (int i = 0; i < 40; i += 5) {
            a.delete("key-" + i);
        }
        a.put("last", bytes("value"));
    }

    /** Chunks that compaction has emptied: definitions, records and deletions stand behind where they were written. */
    private static void fillCompacted(Store store) {
        Keyspace a = store.keyspace("a");
        Keyspace b = store.keyspace("b", KeyspaceOptions.DEFAULT.withAlignment(4096));
        for (int i = 0; i < 60; i++) {
            a.put("key-" + i % 20, pattern(20_000, i));
            b.put("key-" + i, pattern(100, i));
            b.delete("key-" + (i - 10));
        }
        store.compact();
        for (int i = 0; i < 10; i++) {
            a.put("key-" + i, pattern(300, i));
        }
        a.delete("key-15");
    }

    /** Some records that are durable, then some that are not, among them a batch that reaches over two chunks. */
    private static void fillTail(Store store) {
        Keyspace space = store.keyspace("k");
        for (int i = 0; i < 20; i++) {
            space.put("before-" + i, pattern(50 * i, i));
        }
        store.sync();
        for (int i = 0; i < 6; i++) {
            space.put("after-" + i, pattern(400 * i, i));
        }
        space.delete("before-3");
        try (WriteBatch batch = store.batch()) {
            for (int i = 0; i < 5; i++) {
                batch.put(space, bytes("batch-" + i), pattern(130_000, i));
            }
            batch.delete(space, "before-4");
            batch.commit();
        }
        space.put("last", bytes("value"));
    }

    /** With and without a time to live, under and above each other, moved, and in files of their own. */
    private static void fillExpiring(Store store) {
        Keyspace a = store.keyspace("a");
        Keyspace b = store.keyspace("b", KeyspaceOptions.DEFAULT.withAlignment(4096));
        for (int i = 0; i < 60; i++) {
            a.put("key-" + i % 20, pattern(20_000, i), Duration.ofDays(9_000 + i));
            b.put("key-" + i, pattern(100 + i, i));
            b.put("key-" + i % 7, pattern(100, i), Duration.ofDays(9_000));
        }
        store.compact();
        for (int i = 0; i < 10; i++) {
            a.put("key-" + i, pattern(300, i));
            b.expire("key-" + i, Duration.ofDays(8_000));
        }
        b.put(bytes("large"), pattern((8 << 20) + 1, 1), Duration.ofDays(8_500));
        a.delete("key-15");
    }

    // ---------------------------------------------------------------------------------------------------- intact

    @Test
    void intactStoresAreReadAlike() {
        addAll("nothing", images("nothing", store -> {}));
        addAll("an empty keyspace", images("space", store -> store.keyspace("a")));
        addAll("a deleted key", images("deleted", store -> {
            store.keyspace("a").put("key", bytes("value"));
            store.keyspace("a").delete("key");
        }));
        addAll("all alignments, keys and lengths", images("alignments", SecondReaderTest::fillAlignments));
        addAll("batches and deletions", images("batches", SecondReaderTest::fillBatches));
        addAll("compacted", images("compacted", SecondReaderTest::fillCompacted));
        addAll("expiring", images("expiring", SecondReaderTest::fillExpiring));
        comparison.finish();
    }

    private void compareStages(int every) {
        Path directory = path("stages");
        FaultyStorage storage = FaultyStorage.withoutDevice(directory);
        List<StoreFiles> images = new ArrayList<>();
        int[] steps = {0};
        storage.hook(call -> {
            if (++steps[0] % every == 0) {
                images.add(StoreFiles.of(directory));
            }
        });
        try (Store store = TestEngine.open(directory, storage, STILL)) {
            new Script(false).run(store);
        }
        for (int i = 0; i < images.size(); i++) {
            StoreFiles image = images.get(i);
            if (image.names().contains(StoreFiles.MANIFEST_A) || image.names().contains(StoreFiles.MANIFEST_B)) {
                addAll("stage " + i, List.of(image));
            }
        }
        comparison.finish();
    }

    @Test
    void everyStageOfAStoreThatGrowsAndIsCompactedIsReadAlike() {
        compareStages(5);
    }

    @Test
    @Tag("long")
    void everyStepOfAStoreThatGrowsAndIsCompactedIsReadAlike() {
        compareStages(1);
    }

    @Test
    void whatAFailedWriteLeavesIsReadAlike() {
        for (Extent extent : Extent.values()) {
            for (int n = 4; n < 40; n += 9) {
                compareFailure("failed-" + n + "-" + extent, n, extent);
            }
        }
        comparison.finish();
    }

    /** Lets a write fail, and takes images some operations later, and when the store is closed. */
    private void compareFailure(String name, int n, Extent extent) {
        Path directory = path(name);
        FaultyStorage storage = FaultyStorage.withoutDevice(directory);
        List<StoreFiles> images = new ArrayList<>();
        int[] since = {0};
        try (Store store = TestEngines.inline(directory, storage, STILL, -1L)) {
            storage.failAt(EnumSet.of(Operation.WRITE), n, Kind.ENOSPC, extent);
            storage.hook(call -> {
                if (storage.fired() > 0 && List.of(1, 3, 9).contains(++since[0])) {
                    images.add(StoreFiles.of(directory));
                }
            });
            Script script = new Script(false);
            script.run(store);
            assertFalse(script.failures().isEmpty(), name);
        } catch (StoreFailedException e) {
            // It cannot be closed cleanly: what it leaves is compared all the same.
        }
        images.add(StoreFiles.of(directory));
        images.forEach(image -> comparison.addWithoutCheckpoints(name, image));
    }

    // ---------------------------------------------------------------------------------------------------- torn

    /** A stretch is what had been there before: zeros, or 0xFF, or garbage. */
    private static StoreFiles torn(StoreFiles files, String file, int from, int to, int with) {
        StoreFiles image = files.copy();
        byte[] bytes = image.bytes(file);
        for (int i = from; i < Math.min(to, bytes.length); i++) {
            bytes[i] = (byte) (with == 0 ? 0 : with == 1 ? 0xFF : i * 31 + 7);
        }
        return image;
    }

    @Test
    void tornTailsAreReadAlike() {
        StoreFiles files = images("torn", SecondReaderTest::fillTail).getFirst();
        Random random = new Random(1);
        List<Frame> frames = files.frames();
        for (Frame frame : frames.subList(frames.size() - 15, frames.size())) {
            int length = frame.end() - frame.offset();
            for (int at : new int[] {0, 1 + random.nextInt(40), random.nextInt(length), length - 1}) {
                int from = frame.offset() + at;
                int with = random.nextInt(3);
                String where = frame.file() + " at " + from + ", with " + with;
                comparison.addWithoutCheckpoints(
                        "torn: " + where, torn(files, frame.file(), from, Integer.MAX_VALUE, with));
                comparison.addWithoutCheckpoints(
                        "a sector lost: " + where, torn(files, frame.file(), from, from + SECTOR, with));
            }
        }
        comparison.finish();
    }

    private void compareGaps(int count) {
        StoreFiles files = images("gaps", SecondReaderTest::fillTail).getFirst();
        List<String> chunks = files.chunks();
        for (int seed = 0; seed < count; seed++) {
            Random random = new Random(seed);
            StoreFiles image = files;
            for (int gap = 0; gap <= seed % 4; gap++) {
                String chunk = chunks.get(random.nextInt(chunks.size()));
                int end = files.frames(chunk).getLast().end();
                int from = random.nextInt(end) / SECTOR * SECTOR;
                int to = from + SECTOR * (1 + random.nextInt(4));
                image = torn(image, chunk, from, to, random.nextInt(3));
            }
            comparison.addWithoutCheckpoints("gaps, seed " + seed, image);
        }
        comparison.finish();
    }

    @Test
    void gapsAreReadAlike() {
        compareGaps(40);
    }

    @Test
    @Tag("long")
    void manyGapsAreReadAlike() {
        compareGaps(2_000);
    }

    private void compareCrashes(int seeds) {
        for (int seed = 0; seed < seeds; seed++) {
            Random random = new Random(seed);
            Path directory = path("crashes-" + seed);
            for (int crash = 0; crash < 8; crash++) {
                StoreFiles image;
                try (Store store = quick(directory)) {
                    writeSome(store, random);
                    image = StoreFiles.of(directory);
                }
                String chunk = image.chunks().getLast();
                int from = random.nextInt(image.frames(chunk).getLast().end());
                int to = random.nextBoolean() ? Integer.MAX_VALUE : from + SECTOR;
                image = torn(image, chunk, from, to, random.nextInt(3));
                addAll("seed " + seed + ", crash " + crash, List.of(image));
                image.writeTo(directory);
            }
        }
        comparison.finish();
    }

    private static void writeSome(Store store, Random random) {
        Keyspace space = store.keyspace("k");
        for (int i = 0; i < 6; i++) {
            int length = random.nextInt(random.nextBoolean() ? 300 : 90_000);
            space.put("key-" + random.nextInt(12), pattern(length, random.nextInt()));
            if (random.nextInt(4) == 0) {
                store.sync();
            }
        }
        try {
            space.delete("key-" + random.nextInt(12));
        } catch (CorruptionException e) {
            // What a deletion removes has to be known.
        }
        if (random.nextInt(3) == 0) {
            store.compact();
        }
    }

    @Test
    void severalCrashesInARowAreReadAlike() {
        compareCrashes(3);
    }

    @Test
    @Tag("long")
    void manyCrashesInARowAreReadAlike() {
        compareCrashes(100);
    }

    // ---------------------------------------------------------------------------------------------------- damaged

    private void compareFlips(int count) {
        List<StoreFiles> images = new ArrayList<>(images("batches", SecondReaderTest::fillBatches));
        images.addAll(images("tail", SecondReaderTest::fillTail));
        images.addAll(images("compacted", SecondReaderTest::fillCompacted));
        for (int seed = 0; seed < count; seed++) {
            Random random = new Random(seed);
            StoreFiles image = images.get(seed % images.size()).copy();
            List<Frame> frames = image.frames();
            List<String> where = new ArrayList<>();
            for (int flips = 0; flips <= random.nextInt(3); flips++) {
                Frame frame = frames.get(random.nextInt(frames.size()));
                int length = random.nextBoolean() ? 48 : frame.end() - frame.offset();
                int at = frame.offset() + random.nextInt(length);
                image.flip(frame.file(), at * 8L + random.nextInt(8));
                where.add(frame.file() + " at " + at + ", in the frame at " + frame.offset());
            }
            addAll("flips, seed " + seed + ": " + where, List.of(image));
        }
        comparison.finish();
    }

    @Test
    void flippedBitsAreReadAlike() {
        compareFlips(48);
    }

    @Test
    @Tag("long")
    void manyFlippedBitsAreReadAlike() {
        compareFlips(3_000);
    }

    @Test
    void damagedManifestsAreReadAlike() {
        List<List<String>> choices = List.of(
                List.of(StoreFiles.MANIFEST_A),
                List.of(StoreFiles.MANIFEST_B),
                List.of(StoreFiles.MANIFEST_A, StoreFiles.MANIFEST_B));
        Random random = new Random(4);
        for (StoreFiles files : images("manifests", SecondReaderTest::fillTail)) {
            for (List<String> copies : choices) {
                for (int i = 0; i < 7; i++) {
                    StoreFiles image = files.copy();
                    for (String copy : copies) {
                        damage(image, copy, i, random);
                    }
                    if (!image.startingWith("MANIFEST").isEmpty()) {
                        comparison.addWithoutCheckpoints("damage " + i + " of " + copies, image);
                    }
                }
            }
        }
        comparison.finish();
    }

    @Test
    void theNewerCopyOfTheManifestCountsInBoth() {
        List<StoreFiles> older = images("copies", SecondReaderTest::fillCompacted);
        List<StoreFiles> newer = images("copies", SecondReaderTest::fillCompacted);
        for (StoreFiles before : older) {
            for (StoreFiles after : newer) {
                for (String copy : List.of(StoreFiles.MANIFEST_A, StoreFiles.MANIFEST_B)) {
                    StoreFiles image = after.copy();
                    image.put(copy, before.bytes(copy));
                    addAll("an older " + copy, List.of(image));
                }
            }
        }
        comparison.finish();
    }

    @Test
    void aManifestOfAnotherStoreIsRefusedByBoth() {
        for (StoreFiles other : images("other", SecondReaderTest::fillCompacted)) {
            for (StoreFiles files : images("own", SecondReaderTest::fillTail)) {
                for (String copy : List.of(StoreFiles.MANIFEST_A, StoreFiles.MANIFEST_B)) {
                    StoreFiles image = files.copy();
                    image.put(copy, other.bytes(copy));
                    addAll("another " + copy, List.of(image));
                }
            }
        }
        comparison.finish();
    }

    @Test
    void newChunksThatWereExtendedOverTheNextOneAreReadAlike() {
        StoreFiles files = images("extended", SecondReaderTest::fillTail).getFirst();
        for (String chunk : files.chunks()) {
            StoreFiles image = files.copy();
            image.truncate(chunk, image.bytes(chunk).length + (4 << 20));
            comparison.addWithoutCheckpoints(chunk + " is longer", image);
            StoreFiles withoutHeader = image.copy();
            withoutHeader.flip(chunk, 8L * 40);
            comparison.addWithoutCheckpoints(chunk + " is longer and has a damaged header", withoutHeader);
        }
        comparison.finish();
    }

    private static void damage(StoreFiles image, String file, int kind, Random random) {
        int length = image.bytes(file).length;
        switch (kind) {
            case 0 -> image.remove(file);
            case 1, 2 -> image.truncate(file, random.nextInt(length));
            case 3 -> image.truncate(file, length + 1000);
            default -> image.flip(file, random.nextLong(8L * length));
        }
    }

    @Test
    void damagedMissingAndShortChunksAreReadAlike() {
        for (StoreFiles files : images("chunks", SecondReaderTest::fillTail)) {
            for (String chunk : files.chunks()) {
                StoreFiles missing = files.copy();
                missing.remove(chunk);
                comparison.addWithoutCheckpoints(chunk + " missing", missing);
                for (int length : new int[] {0, 1, 100, 128, 130, 192, 4096, 5000, 100_000, 500_000}) {
                    StoreFiles image = files.copy();
                    image.truncate(chunk, length);
                    comparison.addWithoutCheckpoints(chunk + " cut to " + length, image);
                }
                for (int at : new int[] {0, 8, 25, 40, 50, 56, 63, 64, 127}) {
                    StoreFiles image = files.copy();
                    image.flip(chunk, 8L * at);
                    comparison.addWithoutCheckpoints(chunk + " damaged at " + at, image);
                }
                for (int at : new int[] {8, 12, 24, 41, 48, 54}) {
                    StoreFiles image = files.copy();
                    image.flip(chunk, 8L * at + 4);
                    image.reseal(chunk, 56);
                    comparison.addWithoutCheckpoints(chunk + " with another header at " + at, image);
                }
            }
        }
        comparison.finish();
    }

    @Test
    void filesThatAreNoChunksAreReadAlike() {
        for (StoreFiles files : images("others", SecondReaderTest::fillTail)) {
            byte[] chunk = files.bytes(files.chunks().getLast());
            for (String name : List.of(
                    "log/0000000000000000.log",
                    "log/0000000000002000.log",
                    "log/0000000000101000.log",
                    "log/0000000000900000.log",
                    "log/0000000000900008.log",
                    "log/00000000009000AB.log",
                    "log/4000000000000000.log",
                    "log/ffffffffffffff00.log",
                    "log/0000000000900000.log.new",
                    "log/900000.log")) {
                StoreFiles copied = files.copy();
                copied.put(name, chunk.clone());
                comparison.addWithoutCheckpoints("a copy of a chunk as " + name, copied);
            }
        }
        comparison.finish();
    }

    @Test
    void valueFilesAreReadAlike() {
        int large = (8 << 20) + 1;
        List<StoreFiles> images = images("values", store -> {
            Keyspace space = store.keyspace("k");
            space.put("before", bytes("value"));
            space.put("large", pattern(large, 1));
            space.put("after", bytes("value"));
        });
        addAll("a value file", images);
        StoreFiles files = images.getLast();
        String value = files.startingWith("values/").getFirst();
        StoreFiles missing = files.copy();
        missing.remove(value);
        comparison.addWithoutCheckpoints("a value file is missing", missing);
        for (int size : new int[] {0, 71, 72, 4096, large + 4095, large + 4097}) {
            StoreFiles image = files.copy();
            image.truncate(value, size);
            comparison.addWithoutCheckpoints("a value file of " + size + " bytes", image);
        }
        for (int at : new int[] {0, 8, 48, 64, 72, 4096, large + 4095}) {
            StoreFiles image = files.copy();
            image.flip(value, 8L * at);
            comparison.addWithoutCheckpoints("a value file damaged at " + at, image);
        }
        for (int at : new int[] {8, 12, 20, 24, 39, 40, 48, 56}) {
            StoreFiles image = files.copy();
            image.flip(value, 8L * at);
            image.reseal(value, 64);
            comparison.addWithoutCheckpoints("a value file with another header at " + at, image);
        }
        comparison.finish();
    }
}
