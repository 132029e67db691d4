package dev.ashlar.failures;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.ashlar.Durability;
import dev.ashlar.Keyspace;
import dev.ashlar.Store;
import dev.ashlar.failures.StoreFiles.Frame;
import dev.ashlar.log.ChunkLayout;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a crash leaves at the end of the log. */
class TornTailTest extends FailureTest {
    private static final int VALUE = 4096;

    /** What a torn value consists of; some of it looks like what recovery searches for. */
    enum Payload {
        RANDOM,
        ZEROS,
        TEXT,
        NESTED_STORE,
        OWN_FRAMES,
        COUNTERS
    }

    private byte[] payload(Payload kind, StoreFiles own) {
        byte[] value = new byte[VALUE];
        switch (kind) {
            case RANDOM -> new Random(17).nextBytes(value);
            case ZEROS -> {}
            case TEXT -> {
                byte[] words = bytes("All animals are equal, but some animals are more equal than others. ");
                for (int i = 0; i < VALUE; i++) {
                    value[i] = words[i % words.length];
                }
            }
            case NESTED_STORE -> {
                StoreFiles other = crashAfter(path("nested"), store -> {
                    for (int i = 0; i < 30; i++) {
                        store.keyspace("k").put("torn", pattern(100, i));
                    }
                });
                value = Arrays.copyOf(other.bytes(other.chunks().getFirst()), VALUE);
            }
            case OWN_FRAMES -> {
                byte[] chunk = own.bytes(own.chunks().getFirst());
                System.arraycopy(chunk, ChunkLayout.HEADER, value, 0, VALUE);
            }
            case COUNTERS -> {
                for (int i = 0; i < VALUE; i += 8) {
                    StoreFiles.little(value).putLong(i, i / 8);
                }
            }
        }
        return value;
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("A2 an append torn at many bytes, from every alignment of the tail: everything before it intact")
    void aTornAppend(Payload kind) {
        tear(kind, false);
    }

    @ParameterizedTest
    @EnumSource
    @Tag("long")
    @DisplayName("A2 an append torn at every byte, from every alignment of the tail: everything before it intact")
    void anAppendTornAtEveryByte(Payload kind) {
        tear(kind, true);
    }

    private void tear(Payload kind, boolean everyByte) {
        Random random = new Random(kind.ordinal());
        Set<Integer> alignments = new LinkedHashSet<>();
        for (int fill = 0; fill < 64; fill += 8) {
            Path directory = path("store-" + fill);
            Map<String, byte[]> model = new TreeMap<>();
            int length = 64 + fill;
            byte[][] value = new byte[1][];
            StoreFiles files = crashAfter(directory, store -> {
                Keyspace space = store.keyspace("k");
                for (int i = 0; i < 30; i++) {
                    model.put("before-" + i, pattern(100 + i, i));
                    space.put("before-" + i, model.get("before-" + i));
                }
                model.put("before-30", pattern(length, 1000 + length));
                space.put(bytes("before-30"), model.get("before-30"), Durability.DURABLE);
                value[0] = payload(kind, StoreFiles.of(directory));
                space.put("torn", value[0]);
            });
            byte[] torn = value[0];
            Frame frame = files.put("torn");
            alignments.add(frame.offset() % 64);
            for (int at : everyByte ? allBytes(frame) : someBytes(frame, random)) {
                tearAt(directory, files, frame, at, random.nextInt(3), model, torn);
            }
        }
        assertEquals(Set.of(0, 8, 16, 24, 32, 40, 48, 56), alignments);
    }

    private static Iterable<Integer> allBytes(Frame frame) {
        return () ->
                java.util.stream.IntStream.range(frame.offset(), frame.end()).iterator();
    }

    private static Set<Integer> someBytes(Frame frame, Random random) {
        Set<Integer> some = new LinkedHashSet<>();
        for (int i = 0; i < 8; i++) {
            some.add(frame.offset() + random.nextInt(frame.payload() - frame.offset()));
            some.add(frame.offset() + random.nextInt(frame.end() - frame.offset()));
        }
        some.add(frame.offset());
        some.add(frame.payload());
        some.add(frame.end() - 1);
        for (int sector = frame.offset() / 512 * 512 + 512; sector < frame.end(); sector += 1024) {
            some.add(sector);
        }
        return some;
    }

    /** Lets everything from a byte on be what had been there before: zeros, or 0xFF, or garbage. */
    private static void tearAt(
            Path directory, StoreFiles files, Frame frame, int at, int with, Map<String, byte[]> model, byte[] torn) {
        String context = "torn at byte " + (at - frame.offset()) + " of " + (frame.end() - frame.offset()) + ", tail "
                + frame.offset() % 64 + ", filled with " + with;
        StoreFiles image = files.copy();
        byte[] chunk = image.bytes(frame.file());
        for (int i = at; i < frame.end(); i++) {
            chunk[i] = (byte) (with == 0 ? 0 : with == 1 ? 0xFF : i * 31 + 7);
        }
        boolean whole = files.sameRecords(image, java.util.List.of(frame));
        image.writeTo(directory);
        try (Store store = quick(directory)) {
            Keyspace space = store.keyspace("k");
            assertEquals(0, damagedIn(model, space, context), context);
            assertEquals(0, store.recovery().damaged().size(), context);
            byte[] found = value(space.get("torn"));
            if (whole) {
                assertArrayEquals(torn, found, context);
            } else {
                assertNull(found, context);
                assertEquals(model.size(), space.size(), context);
            }
        }
    }

    // -------------------------------------------------------------------------------------------------------- A3

    /** A store with a durable tail that is not closed. */
    private StoreFiles unclosed(Path directory, Map<String, byte[]> model) {
        return crashAfter(directory, store -> {
            Keyspace space = store.keyspace("k");
            for (int i = 0; i < 20; i++) {
                model.put("key-" + i, pattern(10 * i, i));
                space.put("key-" + i, model.get("key-" + i));
            }
            store.sync();
        });
    }

    /** Opens an image, finds everything, writes more, crashes, and finds everything again. */
    private static void survives(Path directory, StoreFiles image, Map<String, byte[]> before, String context) {
        survives(directory, image, before, context, 0);
    }

    private static void survives(
            Path directory, StoreFiles image, Map<String, byte[]> before, String context, int damages) {
        Map<String, byte[]> model = new TreeMap<>(before);
        image.writeTo(directory);
        StoreFiles crashed;
        try (Store store = quick(directory)) {
            assertEquals(damages, store.recovery().damaged().size(), context + store.recovery());
            Keyspace space = store.keyspace("k");
            assertHolds(model, space, context);
            model.put("later", bytes(context));
            space.put("later", bytes(context));
            crashed = StoreFiles.of(directory);
        }
        crashed.writeTo(directory);
        try (Store store = quick(directory)) {
            assertHolds(model, store.keyspace("k"), context + ", after the next crash");
            assertTrue(store.verify(bytes -> {}).intact(), context);
        }
    }

    @Test
    @DisplayName("A3 a tail of zeros of 1 to 8,192 bytes, then garbage or the end of the file")
    void aTailOfZeros() {
        Path directory = path("store");
        Map<String, byte[]> model = new TreeMap<>();
        StoreFiles files = unclosed(directory, model);
        String chunk = files.chunks().getFirst();
        int end = files.frames(chunk).getLast().end();
        Random random = new Random(3);
        Set<Integer> lengths = new LinkedHashSet<>(java.util.List.of(1, 7, 8, 63, 64, 65, 511, 512, 4095, 4096, 8192));
        for (int i = 0; i < 30; i++) {
            lengths.add(1 + random.nextInt(8192));
        }
        for (int zeros : lengths) {
            StoreFiles behind = files.copy();
            byte[] bytes = behind.bytes(chunk);
            Arrays.fill(bytes, end + zeros, bytes.length, (byte) 0xA5);
            survives(directory, behind, model, zeros + " zeros, then garbage");
            StoreFiles cut = files.copy();
            cut.truncate(chunk, end + zeros);
            survives(directory, cut, model, zeros + " zeros, then the end of the file", 1);
        }
    }

    @Test
    @DisplayName("A3 a tail of 0xFF")
    void aTailOfOnes() {
        Path directory = path("store");
        Map<String, byte[]> model = new TreeMap<>();
        StoreFiles files = unclosed(directory, model);
        String chunk = files.chunks().getFirst();
        int end = files.frames(chunk).getLast().end();
        for (int length : new int[] {1, 8, 100, 512, 8192, Integer.MAX_VALUE}) {
            StoreFiles image = files.copy();
            byte[] bytes = image.bytes(chunk);
            Arrays.fill(bytes, end, (int) Math.min(bytes.length, end + (long) length), (byte) 0xFF);
            survives(directory, image, model, length + " bytes of 0xFF");
        }
    }

    @Test
    @DisplayName("A3 a tail of old frames of the same store")
    void aTailOfOldFrames() {
        Path directory = path("store");
        Map<String, byte[]> model = new TreeMap<>();
        StoreFiles files = unclosed(directory, model);
        String chunk = files.chunks().getFirst();
        int end = files.frames(chunk).getLast().end();
        for (Frame old : files.frames(chunk)) {
            for (int gap : new int[] {0, 8, 64, 4096}) {
                StoreFiles image = files.copy();
                byte[] bytes = image.bytes(chunk);
                System.arraycopy(bytes, old.offset(), bytes, end + gap, end - old.offset());
                survives(directory, image, model, "frames from " + old.offset() + " on again, " + gap + " bytes on");
            }
        }
    }

    @Test
    @DisplayName("A3 a tail that is itself a valid store, of another id or a copy of this one")
    void aTailThatIsAStore() {
        Path directory = path("store");
        Map<String, byte[]> model = new TreeMap<>();
        StoreFiles files = unclosed(directory, model);
        String chunk = files.chunks().getFirst();
        int end = files.frames(chunk).getLast().end();
        Map<String, byte[]> others = new HashMap<>();
        StoreFiles other = unclosed(path("other"), others);
        for (StoreFiles nested : java.util.List.of(other, files)) {
            for (int skip : new int[] {0, ChunkLayout.HEADER}) {
                byte[] store = Arrays.copyOfRange(nested.bytes(nested.chunks().getFirst()), skip, 64 << 10);
                StoreFiles image = files.copy();
                System.arraycopy(store, 0, image.bytes(chunk), end, store.length);
                survives(directory, image, model, "a store from byte " + skip + " on");
            }
        }
    }

    // ------------------------------------------------------------------------------------------------------- A21

    @Test
    @DisplayName("A21 a batch torn anywhere: all or nothing")
    void aBatchTornAnywhere() {
        Path directory = path("store");
        Map<String, byte[]> before = new TreeMap<>();
        Map<String, byte[]> after = new TreeMap<>();
        StoreFiles files = crashAfter(directory, store -> {
            Keyspace a = store.keyspace("a");
            Keyspace b = store.keyspace("b");
            a.put("deleted", bytes("old"));
            a.put("changed", bytes("old"));
            b.put("other", bytes("old"));
            before.putAll(Map.of("deleted", bytes("old"), "changed", bytes("old")));
            try (dev.ashlar.WriteBatch batch = store.batch()) {
                batch.put(a, bytes("changed"), bytes("new"))
                        .delete(a, "deleted")
                        .put(b, "other", bytes("new"))
                        .put(a, "added", pattern(70, 1))
                        .put(a, "empty", new byte[0])
                        .put(a, "changed", bytes("newest"));
                batch.commit(Durability.APPENDED);
            }
            after.putAll(Map.of("changed", bytes("newest"), "added", pattern(70, 1), "empty", new byte[0]));
        });
        java.util.List<Frame> frames = files.frames();
        Frame first =
                frames.stream().filter(frame -> frame.isPut("changed")).toList().get(1);
        int end = frames.getLast().end();
        for (int at = first.offset(); at <= end; at += 3) {
            for (int with = at % 2; with < 4; with += 2) {
                StoreFiles image = files.copy();
                byte[] chunk = image.bytes(first.file());
                // Either everything from here on is lost, or one sector's worth while what follows was written.
                int to = with < 2 ? end : Math.min(end, at + 48);
                for (int i = at; i < to; i++) {
                    chunk[i] = (byte) (with % 2 == 0 ? 0 : i * 31 + 7);
                }
                boolean whole = files.sameRecords(image, frames);
                String context = "bytes " + at + " to " + to + " of the batch at " + first.offset() + " to " + end;
                image.writeTo(directory);
                try (Store store = quick(directory)) {
                    assertHolds(whole ? after : before, store.keyspace("a"), context);
                    assertArrayEquals(
                            bytes(whole ? "new" : "old"),
                            value(store.keyspace("b").get("other")),
                            context);
                }
            }
        }
    }

    @Test
    @DisplayName("A21 a batch over several chunks, any of which is lost or torn: all or nothing")
    void aBatchOverChunks() {
        Path directory = path("store");
        Map<String, byte[]> before = new TreeMap<>();
        Map<String, byte[]> after = new TreeMap<>();
        StoreFiles files = crashAfter(directory, store -> {
            Keyspace space = store.keyspace("k");
            before.put("a", bytes("old"));
            space.put("a", bytes("old"));
            try (dev.ashlar.WriteBatch batch = store.batch()) {
                for (int i = 0; i < 30; i++) {
                    after.put("key-" + i, pattern(50_000, i));
                    batch.put(space, "key-" + i, after.get("key-" + i));
                }
                after.put("a", bytes("new"));
                batch.put(space, "a", bytes("new"));
                batch.commit(Durability.APPENDED);
            }
        });
        assertTrue(files.chunks().size() >= 3, files.names().toString());
        files.writeTo(directory);
        try (Store store = quick(directory)) {
            assertHolds(after, store.keyspace("k"), "the whole batch");
        }
        Random random = new Random(21);
        for (String chunk : files.chunks()) {
            java.util.List<Frame> frames = files.frames(chunk);
            for (int round = 0; round < 8 && !frames.isEmpty(); round++) {
                StoreFiles image = files.copy();
                Frame hit = frames.get(random.nextInt(frames.size()));
                if (hit.isPut("a") && chunk.equals(files.chunks().getFirst())
                        || hit.space() == 0 && hit.key().length > 0) {
                    continue; // not of the batch
                }
                if (round == 0) {
                    Arrays.fill(image.bytes(chunk), hit.offset(), image.bytes(chunk).length, (byte) 0);
                } else {
                    image.bytes(chunk)[hit.payload() + random.nextInt(hit.length())] ^= 64;
                }
                String context = "seed 21, round " + round + ", hit " + hit.offset() + " in " + chunk;
                image.writeTo(directory);
                try (Store store = quick(directory)) {
                    assertHolds(before, store.keyspace("k"), context);
                }
            }
        }
        StoreFiles image = files.copy();
        image.remove(files.chunks().getLast());
        image.writeTo(directory);
        try (Store store = quick(directory)) {
            assertHolds(before, store.keyspace("k"), "without the last chunk");
        }
    }

    // -------------------------------------------------------------------------------------------------- A22, A23

    @Test
    @DisplayName(
            "A22 a hundred rounds of crashes, some before anything was written, some with a torn tail: nothing lost")
    void crashAfterCrash() {
        crashes(22, 100);
    }

    @Test
    @Tag("long")
    @DisplayName("A22 ten thousand crashes: nothing lost")
    void manyCrashes() {
        for (int seed = 0; seed < 100; seed++) {
            crashes(seed, 100);
        }
    }

    private void crashes(long seed, int rounds) {
        Path directory = path("store-" + seed);
        Random random = new Random(seed);
        Map<String, byte[]> model = new TreeMap<>();
        for (int round = 0; round < rounds; round++) {
            String context = "seed " + seed + ", round " + round;
            StoreFiles image;
            Frame torn = null;
            try (Store store = quick(directory)) {
                assertEquals(0, store.recovery().damaged().size(), context + store.recovery());
                Keyspace space = store.keyspace("k");
                assertHolds(model, space, context);
                int writes = random.nextInt(4) == 0 ? 0 : random.nextInt(20);
                for (int i = 0; i < writes; i++) {
                    String key = "key-" + random.nextInt(30);
                    if (random.nextInt(4) == 0) {
                        space.delete(key);
                        model.remove(key);
                    } else {
                        byte[] value = pattern(random.nextInt(3000), round * 1000 + i);
                        space.put(key, value);
                        model.put(key, value);
                    }
                }
                switch (random.nextInt(12)) {
                    case 0, 1 -> store.sync();
                    case 2 -> store.checkpoint();
                    case 3 -> store.compact();
                    default -> {}
                }
                boolean tear = random.nextInt(3) == 0;
                if (tear) {
                    space.put("torn-" + round, pattern(500, round));
                }
                image = StoreFiles.of(directory);
                torn = tear ? image.put("torn-" + round) : null;
                if (random.nextInt(10) == 0 && !tear) {
                    image = null; // this time it is closed
                }
            }
            if (image != null) {
                if (torn != null) {
                    byte[] chunk = image.bytes(torn.file());
                    int from = torn.payload() + random.nextInt(torn.length() - 1);
                    from = random.nextBoolean() ? torn.offset() : from;
                    chunk[from] ^= 1;
                    Arrays.fill(chunk, from + 1, torn.end(), (byte) (random.nextBoolean() ? 0 : 0xFF));
                }
                image.writeTo(directory);
            }
        }
        assertFalse(model.isEmpty());
    }

    @Test
    @DisplayName("A22 closed, opened again, written to, a crash: what was written since is there")
    void aCrashAfterACleanOpening() {
        Path directory = path("store");
        try (Store store = quick(directory)) {
            store.keyspace("k").put("first", bytes("value"));
        }
        StoreFiles image = crashAfter(directory, store -> {
            assertTrue(store.recovery().clean());
            store.keyspace("k").put("second", bytes("value"));
            store.sync();
        });
        image.writeTo(directory);
        try (Store store = quick(directory)) {
            assertHolds(Map.of("first", bytes("value"), "second", bytes("value")), store.keyspace("k"), "crashed");
        }
    }

    @Test
    @DisplayName("A22 opened after a crash and closed without a write, again and again: nothing lost, nothing damaged")
    void openedAndClosedAfterACrash() {
        Path directory = path("store");
        Map<String, byte[]> model = new TreeMap<>();
        for (int round = 0; round < 6; round++) {
            byte[] value = bytes("value-" + round);
            model.put("key-" + round, value);
            String key = "key-" + round;
            StoreFiles image =
                    crashAfter(directory, store -> store.keyspace("k").put(key, value));
            image.writeTo(directory);
            for (int opening = 0; opening < 3; opening++) {
                try (Store store = quick(directory)) {
                    assertEquals(java.util.List.of(), store.recovery().damaged());
                    assertHolds(model, store.keyspace("k"), "round " + round + ", opening " + opening);
                    assertTrue(store.verify(bytes -> {}).intact());
                }
            }
        }
    }

    @Test
    @DisplayName("A22 crashing and reopening forty times does not make a small store large")
    void crashesDoNotMakeAStoreLarge() {
        Path directory = path("store");
        StoreFiles image = null;
        for (int round = 0; round < 40; round++) {
            int key = round;
            image = crashAfter(directory, store -> store.keyspace("k").put(key, bytes("value")));
            image.writeTo(directory);
            long size = 0;
            for (String name : image.names()) {
                size += image.bytes(name).length;
            }
            assertTrue(size <= (2L + round) << 20, size + " bytes after " + round + " crashes");
        }
    }

    @Test
    @DisplayName("A22 large values replaced while a checkpoint was made: their files stay through crash and close")
    void valueFilesUnderAFuzzyCheckpoint() {
        Path directory = path("store");
        byte[] newest = pattern((8 << 20) + 1, 3);
        StoreFiles image = crashAfter(directory, store -> {
            Keyspace space = store.keyspace("k");
            space.put("other", bytes("value"));
            store.checkpoint();
            space.put("key", pattern((8 << 20) + 1, 1));
            space.delete("key");
            space.put("key", newest);
            store.checkpoint();
        });
        // The image of an index may show anything up to its end: as if the last checkpoint had begun before the puts.
        Frame start = image.put("other");
        long base = ChunkLayout.baseOf(start.file().substring(4));
        String checkpoint = image.checkpoints().getLast();
        StoreFiles.little(image.bytes(checkpoint)).putLong(48, base + start.end());
        image.reseal(checkpoint, 56);
        image.changeManifests(manifest -> manifest.putLong(88, base + start.end()));
        image.writeTo(directory);
        for (int round = 0; round < 3; round++) {
            try (Store store = quick(directory)) {
                assertEquals(
                        0, store.recovery().damaged().size(), store.recovery().toString());
                assertArrayEquals(newest, value(store.keyspace("k").get("key")), "opening " + round);
                assertEquals(1, store.stats().valueFiles());
            }
        }
    }

    @Test
    @DisplayName("A23 a first record torn in an otherwise empty log, then 100 durable puts, a crash: 100 are there")
    void aTornFirstRecord() {
        Path directory = path("store");
        StoreFiles fresh = crashAfter(directory, store -> store.keyspace("k").put("first", bytes("value")));
        fresh.remove(StoreFiles.MANIFEST_B); // one is enough
        for (Frame frame : fresh.frames()) {
            for (int at = frame.offset(); at < frame.end(); at += 13) {
                StoreFiles image = fresh.copy();
                ByteBuffer chunk = ByteBuffer.wrap(image.bytes(frame.file()));
                chunk.put(at, (byte) (chunk.get(at) ^ 0x55));
                chunk.put(at + 1, new byte[chunk.capacity() - at - 1]);
                image.writeTo(directory);
                StoreFiles crashed = crashAfter(directory, store -> {
                    Keyspace space = store.keyspace("k");
                    for (int i = 0; i < 100; i++) {
                        space.put(Keyspace.longKey(i), bytes("value-" + i), Durability.DURABLE);
                    }
                });
                crashed.writeTo(directory);
                try (Store store = quick(directory)) {
                    Keyspace space = store.keyspace("k");
                    for (int i = 0; i < 100; i++) {
                        assertArrayEquals(bytes("value-" + i), value(space.get(i)), "torn at " + at);
                    }
                    assertTrue(space.size() <= 101, "torn at " + at);
                }
            }
        }
    }
}
