package dev.ashlar.failures;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.ashlar.CorruptionException;
import dev.ashlar.Keyspace;
import dev.ashlar.Store;
import dev.ashlar.failures.StoreFiles.Frame;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Bytes that changed after they were durable. */
class DamagedRecordTest extends FailureTest {
    /** Closes a store; returns its files. */
    private static StoreFiles closed(Path directory, java.util.function.Consumer<Store> action) {
        try (Store store = quick(directory)) {
            action.accept(store);
        }
        return StoreFiles.of(directory);
    }

    // -------------------------------------------------------------------------------------------------------- A4

    @Test
    @DisplayName("A4 one bit flipped in a small, cleanly closed store (some thousands of all bits)")
    void aBitFlipped() {
        flipBits(11, 201);
    }

    @Test
    @Tag("long")
    @DisplayName("A4 one bit flipped anywhere in a small, cleanly closed store")
    void everyBitFlipped() {
        flipBits(1, 1);
    }

    /** Flips every n-th bit of the chunk, both manifests and the lock, and every m-th of the checkpoint. */
    private void flipBits(int step, int checkpointStep) {
        Path directory = path("store");
        Map<String, byte[]> model = new TreeMap<>();
        StoreFiles files = closed(directory, store -> {
            Keyspace space = store.keyspace("k");
            space.put("overwritten", bytes("older"));
            space.put("deleted", bytes("deleted"));
            model.put("overwritten", bytes("newer"));
            model.put("empty", new byte[0]);
            model.put("zero", new byte[1]);
            model.put("long", pattern(200, 4));
            model.forEach(space::put);
            space.delete("deleted");
        });
        for (String name : files.names()) {
            int used = name.startsWith("log/") ? files.frames(name).getLast().end() + 64 : files.bytes(name).length;
            long bits = 8L * used;
            long every = name.startsWith("index/") ? checkpointStep : step;
            for (long bit = 0; bit < bits; bit += every) {
                StoreFiles image = files.copy();
                image.flip(name, bit);
                image.writeTo(directory);
                checkAfterFlip(directory, image, model, "bit " + bit % 8 + " of byte " + bit / 8 + " of " + name);
            }
        }
    }

    private static void checkAfterFlip(Path directory, StoreFiles image, Map<String, byte[]> model, String context) {
        try (Store store = quick(directory)) {
            assertEquals(List.of("k"), store.keyspaces(), context);
            Keyspace space = store.keyspace("k");
            int damaged = damagedIn(model, space, context);
            assertTrue(damaged <= 1, context + ": " + damaged + " records are damaged");
            assertNull(space.get("deleted"), context);
            assertEquals(model.size(), space.size(), context);
            assertEquals(damaged > 0, !store.verify(bytes -> {}).intact() && damaged > 0, context);
        } catch (CorruptionException e) {
            throw new AssertionError(context, e);
        }
        StoreFiles after = StoreFiles.of(directory);
        for (String chunk : image.chunks()) {
            assertArrayEquals(image.bytes(chunk), after.bytes(chunk), context + ": the damaged file was changed");
        }
    }

    @Test
    @DisplayName("A4 an image of the index is damaged after a compaction: rebuilt from the log, nothing lost")
    void anIndexImageDamagedAfterCompaction() {
        Path directory = path("store");
        Map<String, byte[]> model = new TreeMap<>();
        StoreFiles files = closed(directory, store -> {
            Keyspace space = store.keyspace("k");
            // The definition of the keyspace and garbage, then records that stay where they are.
            for (int i = 0; i < 6; i++) {
                space.put("garbage", pattern(80_000, i));
            }
            for (int i = 0; i < 12; i++) {
                model.put("key-" + i, pattern(80_000, i));
                space.put("key-" + i, model.get("key-" + i));
            }
            space.delete("garbage");
            assertTrue(store.compact().chunks() > 0);
        });
        String checkpoint = files.checkpoints().getFirst();
        files.flip(checkpoint, 1000);
        files.writeTo(directory);
        for (int opening = 0; opening < 3; opening++) {
            try (Store store = quick(directory)) {
                assertEquals(opening == 0, store.recovery().rebuiltIndex());
                assertEquals(
                        opening == 0 ? 1 : 0,
                        store.recovery().damaged().size(),
                        store.recovery().toString());
                assertEquals(List.of("k"), store.keyspaces());
                assertHolds(model, store.keyspace("k"), "opening " + opening);
            }
        }
    }

    // -------------------------------------------------------------------------------------------------------- A5

    @Test
    @DisplayName("A5 one corrupt byte in the first of 64,000 records: linear time, the rest intact")
    void oneOfMany() {
        Path directory = path("store");
        int records = 64_000;
        List<StoreFiles> images = new ArrayList<>();
        StoreFiles closed = closed(directory, store -> {
            Keyspace space = store.keyspace("k");
            for (int i = 0; i < records; i++) {
                space.put(Keyspace.longKey(i), Keyspace.longKey(-i));
            }
            store.sync();
            space.put("last", bytes("carries the watermark"));
            images.add(StoreFiles.of(directory));
        });
        images.add(closed);
        for (StoreFiles image : images) {
            Frame first = image.frames(image.chunks().getFirst()).stream()
                    .filter(frame -> frame.space() != 0 && frame.key().length == 8)
                    .findFirst()
                    .orElseThrow();
            long intact = timeToRead(image, directory, records, -1);
            for (int at : new int[] {0, 5, 6, 13, 41, first.payload() - first.offset()}) {
                StoreFiles damaged = image.copy();
                damaged.bytes(first.file())[first.offset() + at] ^= 0x41;
                long took = timeToRead(damaged, directory, records, 0);
                assertTrue(
                        took < 10 * intact + 20_000_000_000L,
                        "byte " + at + ": " + took / 1_000_000 + " ms instead of " + intact / 1_000_000);
            }
        }
    }

    private static long timeToRead(StoreFiles image, Path directory, int records, int damaged) {
        image.writeTo(directory);
        long start = System.nanoTime();
        try (Store store = quick(directory)) {
            Keyspace space = store.keyspace("k");
            for (int i = 0; i < records; i++) {
                try {
                    byte[] found = value(space.get(i));
                    if (i != damaged || found != null) {
                        assertArrayEquals(Keyspace.longKey(-i), found, "record " + i);
                    }
                } catch (CorruptionException e) {
                    assertEquals(damaged, i, e.getMessage());
                }
            }
            return System.nanoTime() - start;
        }
    }

    // ------------------------------------------------------------------------------------------------------- A24

    /** What is flipped in a frame: offsets within it, or in its payload where negative. */
    private static final Map<String, int[]> FIELDS = Map.of(
            "the checksum", new int[] {0, 3},
            "the type", new int[] {4},
            "flags and alignment", new int[] {5},
            "the key's length", new int[] {6, 7},
            "the space", new int[] {8, 11},
            "the payload's length", new int[] {12, 13, 14, 15},
            "the payload's hash", new int[] {16, 23},
            "previous, batch and watermark", new int[] {24, 32, 35, 36, 39},
            "the key", new int[] {40, 42},
            "the payload", new int[] {-1, -50});

    private static void eachFlip(StoreFiles files, String key, BiConsumer<StoreFiles, String> check) {
        Frame frame = files.put(key);
        FIELDS.forEach((field, offsets) -> {
            for (int offset : offsets) {
                for (int bit = 0; bit < 8; bit++) {
                    StoreFiles image = files.copy();
                    int at = offset < 0 ? frame.payload() - offset - 1 : frame.offset() + offset;
                    image.bytes(frame.file())[at] ^= (byte) (1 << bit);
                    check.accept(image, "bit " + bit + " of byte " + offset + ", " + field);
                }
            }
        });
    }

    private static void fill(Store store, Map<String, byte[]> model) {
        Keyspace space = store.keyspace("k");
        for (int i = 0; i < 12; i++) {
            model.put("key-" + i, pattern(100, i));
            space.put("key-" + i, model.get("key-" + i));
        }
    }

    @Test
    @DisplayName(
            "A24 a length, opcode, key or payload flipped in a closed store: that record is reported, the rest kept")
    void aFlipInAClosedStore() {
        Path directory = path("store");
        Map<String, byte[]> model = new TreeMap<>();
        StoreFiles files = closed(directory, store -> {
            store.keyspace("k").put("key-5", bytes("older"));
            fill(store, model);
        });
        eachFlip(files, "key-5", (image, context) -> {
            image.writeTo(directory);
            try (Store store = quick(directory)) {
                Keyspace space = store.keyspace("k");
                assertThrows(CorruptionException.class, () -> space.get("key-5"), context);
                assertThrows(CorruptionException.class, () -> space.cursor().find(bytes("key-5")), context);
                assertEquals(1, damagedIn(model, space, context), context);
                assertEquals(1, store.verify(bytes -> {}).damaged().size(), context);
            }
        });
    }

    @Test
    @DisplayName("A24 the same in a store that was synced and not closed: the log is read past it")
    void aFlipInASyncedStore() {
        Path directory = path("store");
        Map<String, byte[]> model = new TreeMap<>();
        StoreFiles files = crashAfter(directory, store -> {
            fill(store, model);
            store.sync();
            model.put("last", bytes("carries the watermark"));
            store.keyspace("k").put("last", bytes("carries the watermark"));
        });
        eachFlip(files, "key-5", (image, context) -> {
            image.writeTo(directory);
            try (Store store = quick(directory)) {
                Keyspace space = store.keyspace("k");
                byte[] found = null;
                boolean reported = store.recovery().damaged().size() == 1;
                try {
                    found = value(space.get("key-5"));
                } catch (CorruptionException e) {
                    reported = true;
                }
                assertNull(found, context);
                assertTrue(reported, context);
                assertEquals(List.of(), store.recovery().dropped(), context);
                Map<String, byte[]> others = new TreeMap<>(model);
                others.remove("key-5");
                assertEquals(0, damagedIn(others, space, context), context);
            }
        });
    }

    @Test
    @DisplayName("A24 the definition of a keyspace flipped in a store that was not closed: its records stay")
    void aFlipInADefinition() {
        Path directory = path("store");
        Map<String, byte[]> model = new TreeMap<>();
        StoreFiles files = crashAfter(directory, store -> {
            store.keyspace("first");
            fill(store, model);
            store.sync();
            store.keyspace("k").put("key-0", model.get("key-0"));
        });
        Frame definition = files.frames().stream()
                .filter(frame -> frame.space() == 0 && frame.type() == dev.ashlar.log.FrameLayout.PUT)
                .toList()
                .get(1);
        for (int at : new int[] {0, 20, definition.payload() - definition.offset()}) {
            StoreFiles image = files.copy();
            image.bytes(definition.file())[definition.offset() + at] ^= 1;
            image.writeTo(directory);
            try (Store store = quick(directory)) {
                assertFalse(store.recovery().damaged().isEmpty());
                // The name may be lost, the records must not be: they are found under a name that says so.
                assertEquals(2, store.keyspaces().size(), store.keyspaces() + " " + store.recovery());
                String name = store.keyspaces().stream()
                        .filter(each -> !each.equals("first"))
                        .findFirst()
                        .orElseThrow();
                assertEquals(0, damagedIn(model, store.keyspace(name), "byte " + at));
                assertEquals(model.size(), store.keyspace(name).size());
            }
        }
    }

    @Test
    @DisplayName("A24 writes that meet a damaged record: an error or a new value, and the store goes on")
    void writesToADamagedKey() {
        Path directory = path("store");
        Map<String, byte[]> model = new TreeMap<>();
        StoreFiles files = closed(directory, store -> fill(store, model));
        eachFlip(files, "key-5", (image, context) -> {
            image.writeTo(directory);
            try (Store store = quick(directory)) {
                Keyspace space = store.keyspace("k");
                byte[] key = bytes("key-5");
                refusedOrDone(() -> space.putIfAbsent(key, bytes("new")), context);
                refusedOrDone(() -> space.replace(key, bytes("new"), 5000), context);
                refusedOrDone(() -> space.delete(key), context);
                refusedOrDone(
                        () -> {
                            try (dev.ashlar.WriteBatch batch = store.batch()) {
                                batch.delete(space, key).put(space, "in batch", bytes("value"));
                                batch.commit();
                            }
                        },
                        context);
                space.put("other", bytes("value"));
                assertArrayEquals(bytes("value"), value(space.get("other")), context);
                space.put(key, bytes("newest"));
                assertArrayEquals(bytes("newest"), value(space.get(key)), context);
                store.compact();
                store.checkpoint();
            }
            try (Store store = quick(directory)) {
                assertArrayEquals(bytes("newest"), value(store.keyspace("k").get("key-5")), context);
                Map<String, byte[]> others = new TreeMap<>(model);
                others.remove("key-5");
                assertEquals(0, damagedIn(others, store.keyspace("k"), context), context);
            }
        });
    }

    private static void refusedOrDone(Runnable write, String context) {
        try {
            write.run();
        } catch (CorruptionException e) {
            assertTrue(e.getMessage().contains(e.file()), context);
        }
    }
}
