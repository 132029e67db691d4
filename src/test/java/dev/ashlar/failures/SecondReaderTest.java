package dev.ashlar.failures;

import dev.ashlar.CorruptionException;
import dev.ashlar.Durability;
import dev.ashlar.Keyspace;
import dev.ashlar.KeyspaceOptions;
import dev.ashlar.Store;
import dev.ashlar.WriteBatch;
import dev.ashlar.engine.TestEngine;
import dev.ashlar.failures.StoreFiles.Frame;
import dev.ashlar.io.Storages;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * The reader in C, which was written from docs/FORMAT.md alone, and the engine find the same in every store. Where they
 * do not, the specification is wrong or silent.
 */
class SecondReaderTest extends FailureTest {
    private static final int SECTOR = 512;

    private ReaderComparison comparison;

    @BeforeEach
    void build() {
        comparison = new ReaderComparison(this);
    }

    @AfterEach
    void compareTheRest() {
        comparison.compareAll();
        System.out.println("SUMMARY " + comparison.summary());
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

    // ---------------------------------------------------------------------------------------------------- intact

    @Test
    void emptyStoresAreReadAlike() {
        addAll("nothing", images("nothing", store -> {}));
        addAll("an empty keyspace", images("space", store -> store.keyspace("a")));
        addAll("a deleted key", images("deleted", store -> {
            store.keyspace("a").put("key", bytes("value"));
            store.keyspace("a").delete("key");
        }));
    }

    private static void fillAlignments(Store store) {
        int[] lengths = {0, 1, 7, 8, 9, 63, 64, 65, 127, 240, 241, 1023, 1025, 4095, 4096, 4097, 70_000};
        int[] keys = {0, 1, 3, 4, 8, 9, 16, 17, 24, 64, 129, 255, 300, 5_000, 65_535};
        for (int bits = 3; bits <= 12; bits++) {
            Keyspace space = store.keyspace("aligned " + bits + " ä€😀\"\\", KeyspaceOptions.DEFAULT.withAlignment(1 << bits));
            for (int i = 0; i < lengths.length; i++) {
                space.put(pattern(keys[(i + bits) % keys.length], i * 31 + bits), pattern(lengths[i], i));
            }
        }
    }

    @Test
    void allAlignmentsKeysAndLengthsAreReadAlike() {
        addAll("all alignments", images("alignments", SecondReaderTest::fillAlignments));
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

    @Test
    void batchesAndDeletionsAreReadAlike() {
        addAll("batches", images("batches", SecondReaderTest::fillBatches));
    }

    /** Takes an image before every n-th change of the storage. */
    private static final class Photographer extends HookedStorage {
        private final Path directory;
        private final int every;
        private final List<StoreFiles> images = new ArrayList<>();
        private int steps;

        Photographer(Path directory, int every) {
            super(Storages.open(directory, true), false);
            this.directory = directory;
            this.every = every;
        }

        @Override
        void before(Step step, String name) {
            if (++steps % every == 0) {
                images.add(StoreFiles.of(directory));
            }
        }
    }

    @Test
    void everyStageOfAStoreThatGrowsAndIsCompactedIsReadAlike() {
        Path directory = path("script");
        Photographer storage = new Photographer(directory, 5);
        try (Store store = TestEngine.open(directory, storage, STILL)) {
            new Script(false).run(store);
        }
        storage.images.add(StoreFiles.of(directory));
        System.out.println("STAGES " + storage.images.size() + " of " + storage.steps);
        for (int i = 0; i < storage.images.size(); i++) {
            StoreFiles image = storage.images.get(i);
            if (image.names().contains(StoreFiles.MANIFEST_A) || image.names().contains(StoreFiles.MANIFEST_B)) {
                comparison.addWithoutCheckpoints("stage " + i + " of the script", image);
                comparison.add("stage " + i + " of the script, with checkpoints", image);
            }
        }
    }

    // ---------------------------------------------------------------------------------------------------- torn

    /** Everything from a byte on, or a stretch, is what had been there before: zeros, or 0xFF, or garbage. */
    private static StoreFiles torn(StoreFiles files, String file, int from, int to, int with) {
        StoreFiles image = files.copy();
        byte[] bytes = image.bytes(file);
        for (int i = from; i < Math.min(to, bytes.length); i++) {
            bytes[i] = (byte) (with == 0 ? 0 : with == 1 ? 0xFF : i * 31 + 7);
        }
        return image;
    }

    /** Some records durable, a watermark behind, then some more, among them a batch that may reach over two chunks. */
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

    @Test
    void tornTailsAreReadAlike() {
        StoreFiles files = images("tail", SecondReaderTest::fillTail).getFirst();
        Random random = new Random(1);
        List<Frame> frames = files.frames();
        for (Frame frame : frames.subList(frames.size() - 16, frames.size())) {
            for (int at : new int[] {0, 4, 30, 41, frame.end() - frame.offset() - 1}) {
                int from = frame.offset() + (at == 30 ? random.nextInt(frame.end() - frame.offset()) : at);
                comparison.addWithoutCheckpoints("torn from " + from + " of " + frame.file(), torn(files, frame.file(), from, Integer.MAX_VALUE, at % 3));
                comparison.addWithoutCheckpoints("a sector lost at " + from + " of " + frame.file(), torn(files, frame.file(), from, from + SECTOR, from % 3));
            }
        }
    }

    @Test
    void gapsAboveTheWatermarkAreReadAlike() {
        StoreFiles files = images("gaps", SecondReaderTest::fillTail).getFirst();
        Random random = new Random(2);
        List<String> chunks = files.chunks();
        for (int i = 0; i < 60; i++) {
            StoreFiles image = files;
            for (int gap = 0; gap <= i % 4; gap++) {
                String chunk = chunks.get(random.nextInt(chunks.size()));
                List<Frame> frames = files.frames(chunk);
                int end = frames.getLast().end();
                int from = random.nextInt(end) / SECTOR * SECTOR;
                image = torn(image, chunk, from, from + SECTOR * (1 + random.nextInt(4)), random.nextInt(3));
            }
            comparison.addWithoutCheckpoints("gaps, image " + i, image);
        }
    }

    @Test
    void severalCrashesInARowAreReadAlike() {
        for (int seed = 0; seed < 4; seed++) {
            Random random = new Random(seed);
            Path directory = path("crashes-" + seed);
            for (int crash = 0; crash < 8; crash++) {
                StoreFiles image;
                try (Store store = quick(directory)) {
                    Keyspace space = store.keyspace("k");
                    for (int i = 0; i < 6; i++) {
                        space.put("key-" + random.nextInt(12), pattern(random.nextInt(random.nextBoolean() ? 300 : 90_000), crash * 10 + i));
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
                    image = StoreFiles.of(directory);
                }
                String chunk = image.chunks().getLast();
                int end = image.frames(chunk).getLast().end();
                int from = random.nextInt(end);
                image = torn(image, chunk, from, random.nextBoolean() ? Integer.MAX_VALUE : from + SECTOR, random.nextInt(3));
                comparison.addWithoutCheckpoints("seed " + seed + ", crash " + crash, image);
                comparison.add("seed " + seed + ", crash " + crash + ", with checkpoints", image);
                image.writeTo(directory);
            }
        }
    }

    // ---------------------------------------------------------------------------------------------------- damaged

    @Test
    void flippedBitsAreReadAlike() {
        List<StoreFiles> images = new ArrayList<>(images("batches", SecondReaderTest::fillBatches));
        images.addAll(images("tail", SecondReaderTest::fillTail));
        Random random = new Random(3);
        for (int i = 0; i < 120; i++) {
            StoreFiles image = images.get(i % images.size()).copy();
            List<Frame> frames = image.frames();
            List<String> where = new ArrayList<>();
            for (int flips = 0; flips <= i % 3; flips++) {
                Frame frame = frames.get(random.nextInt(frames.size()));
                int length = random.nextBoolean() ? 48 : frame.end() - frame.offset();
                int at = frame.offset() + random.nextInt(length);
                image.flip(frame.file(), at * 8L + random.nextInt(8));
                where.add(frame.file() + " at " + at + " in the frame at " + frame.offset());
            }
            comparison.addWithoutCheckpoints("flips, image " + i + ": " + where, image);
            comparison.add("flips, image " + i + ", with checkpoints: " + where, image);
        }
    }

    @Test
    void damagedManifestsAndChunkHeadersAreReadAlike() {
        List<StoreFiles> images = images("tail", SecondReaderTest::fillTail);
        Random random = new Random(4);
        for (StoreFiles files : images) {
            for (int i = 0; i < 12; i++) {
                for (List<String> copies : List.of(List.of(StoreFiles.MANIFEST_A), List.of(StoreFiles.MANIFEST_B), List.of(StoreFiles.MANIFEST_A, StoreFiles.MANIFEST_B))) {
                    StoreFiles image = files.copy();
                    for (String copy : copies) {
                        if (i == 0 && copies.size() == 1) {
                            image.remove(copy);
                        } else if (i < 4) {
                            image.truncate(copy, random.nextInt(image.bytes(copy).length));
                        } else {
                            image.flip(copy, random.nextLong(8L * image.bytes(copy).length));
                        }
                    }
                    comparison.addWithoutCheckpoints("manifest damage " + i + " of " + copies, image);
                }
            }
            for (String chunk : files.chunks()) {
                for (int i = 0; i < 4; i++) {
                    StoreFiles image = files.copy();
                    image.flip(chunk, 8 * random.nextInt(64));
                    comparison.addWithoutCheckpoints("header damage " + i + " of " + chunk, image);
                }
            }
        }
    }

    @Test
    void missingAndShortChunksAreReadAlike() {
        List<StoreFiles> images = images("tail", SecondReaderTest::fillTail);
        for (StoreFiles files : images) {
            for (String chunk : files.chunks()) {
                for (int length : new int[] {-1, 0, 1, 100, 128, 130, 192, 4096, 5000, 100_000, 500_000}) {
                    StoreFiles image = files.copy();
                    if (length < 0) {
                        image.remove(chunk);
                    } else {
                        image.truncate(chunk, length);
                    }
                    comparison.addWithoutCheckpoints(chunk + " cut to " + length + (files == images.getFirst() ? "" : ", closed"), image);
                }
            }
        }
    }
}
