package dev.ashlar.failures;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.ashlar.Durability;
import dev.ashlar.Keyspace;
import dev.ashlar.KeyspaceOptions;
import dev.ashlar.Store;
import dev.ashlar.WriteBatch;
import dev.ashlar.engine.TestEngines;
import dev.ashlar.io.FaultyStorage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is put: sources that fail, keys that collide, names and lengths at their limits, memory that goes away. */
class ValuesAndKeysTest extends FailureFixture {
    private Path path() {
        return directory.resolve("store");
    }

    private long filesIn(String sub) throws IOException {
        try (Stream<Path> files = Files.list(path().resolve(sub))) {
            return files.count();
        }
    }

    // ------------------------------------------------------------------------------------------------------ streams

    /** Yields bytes a few at a time, then throws or ends. */
    private static final class Dripping extends InputStream {
        private final byte[] content;
        private final IOException end;
        private final Random random = new Random(7);
        private int at;

        Dripping(byte[] content, IOException end) {
            this.content = content;
            this.end = end;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
        }

        @Override
        public int read(byte[] target, int offset, int length) throws IOException {
            if (at == content.length) {
                if (end != null) {
                    throw end;
                }
                return -1;
            }
            int count = Math.min(Math.min(length, content.length - at), 1 + random.nextInt(20_000));
            System.arraycopy(content, at, target, offset, count);
            at += count;
            return count;
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 65_535, 65_536, 1_000_000, 8 << 20, (8 << 20) + 1, 9_000_000})
    @DisplayName("A10: a stream source that throws leaves nothing; one with short reads is stored whole")
    void aStreamThatThrowsLeavesNothing(int length) throws IOException {
        byte[] content = random(length, 3);
        try (Store store = Store.open(path(), SMALL)) {
            Keyspace space = store.keyspace("k");
            space.put("there", bytes("old"));
            for (IOException failure :
                    List.of(new IOException("source broke"), new InterruptedIOException("interrupted"))) {
                for (String key : List.of("there", "new")) {
                    UncheckedIOException e = assertThrows(
                            UncheckedIOException.class,
                            () -> space.putStream(bytes(key), new Dripping(content, failure), Durability.DURABLE));
                    assertSame(failure, e.getCause());
                }
            }
            assertHolds(Map.of("there", bytes("old")), space);
            assertEquals(0, filesIn("values"));
            space.putStream(bytes("new"), new Dripping(content, null), Durability.APPENDED);
            assertHolds(Map.of("there", bytes("old"), "new", content), space);
        }
        assertReopens(Map.of("there", bytes("old"), "new", content), path(), "k");
    }

    @Test
    @DisplayName("A10: a stream that throws an unchecked exception leaves nothing, and passes it on")
    void aStreamThatThrowsUncheckedLeavesNothing() throws IOException {
        try (Store store = Store.open(path(), SMALL)) {
            Keyspace space = store.keyspace("k");
            InputStream source = new ByteArrayInputStream(random(9_000_000, 1)) {
                @Override
                public synchronized int read(byte[] target, int offset, int length) {
                    if (pos > 8_500_000) {
                        throw new IllegalArgumentException("source broke");
                    }
                    return super.read(target, offset, length);
                }
            };
            assertThrows(
                    IllegalArgumentException.class, () -> space.putStream(bytes("k"), source, Durability.APPENDED));
            assertNull(space.get("k"));
            assertEquals(0, filesIn("values"));
        }
        assertReopens(Map.of(), path(), "k");
    }

    @Test
    @DisplayName("A10: a slow stream keeps nobody waiting")
    void aSlowStreamKeepsNobodyWaiting() throws Exception {
        try (Store store = Store.open(path(), SMALL)) {
            Keyspace space = store.keyspace("k");
            var release = new java.util.concurrent.CountDownLatch(1);
            byte[] content = random(9_000_000, 5);
            InputStream slow = new ByteArrayInputStream(content) {
                @Override
                public synchronized int read(byte[] target, int offset, int length) {
                    if (pos > 8_600_000) {
                        try {
                            release.await();
                        } catch (InterruptedException e) {
                            throw new IllegalStateException(e);
                        }
                    }
                    return super.read(target, offset, length);
                }
            };
            Worker streamer = Worker.start("streamer", () -> space.putStream(bytes("slow"), slow, Durability.DURABLE));
            for (int i = 0; i < 100; i++) {
                space.put("k" + i, bytes("v"));
            }
            space.put(bytes("d"), bytes("v"), Durability.DURABLE);
            store.checkpoint();
            assertNull(space.get("slow"));
            release.countDown();
            streamer.join(Duration.ofSeconds(60));
            assertArrayEquals(content, value(space.get("slow")));
        }
    }

    // --------------------------------------------------------------------------------------------- deletes, batches

    @Test
    @DisplayName("A15: delete 7 of 10, reopen: 3; deleting an absent key writes nothing")
    void deletedKeysStayDeleted() {
        TreeMap<String, byte[]> model = new TreeMap<>();
        try (Store store = Store.open(path(), SMALL)) {
            Keyspace space = store.keyspace("k");
            for (int i = 0; i < 10; i++) {
                space.put("k" + i, bytes("v" + i));
                model.put("k" + i, bytes("v" + i));
            }
            for (int i = 0; i < 7; i++) {
                assertTrue(space.delete("k" + i) > 0);
                model.remove("k" + i);
            }
            assertEquals(3, space.size());
            long end = TestEngines.idleEnd(store);
            assertEquals(Keyspace.NOT_WRITTEN, space.delete("never"));
            assertEquals(Keyspace.NOT_WRITTEN, space.delete("k0"));
            assertEquals(
                    Keyspace.NOT_WRITTEN,
                    space.deleteAsync(bytes("k1"), Durability.DURABLE).join());
            try (WriteBatch batch = store.batch()) {
                batch.delete(space, "k2").delete(space, "never");
                assertEquals(Keyspace.NOT_WRITTEN, batch.commit(Durability.DURABLE));
            }
            assertEquals(end, store.appendedLsn());
            assertHolds(model, space);
        }
        assertReopens(model, path(), "k");
        try (Store store = Store.open(path(), SMALL)) {
            store.compact();
            assertHolds(model, store.keyspace("k"));
        }
        assertReopens(model, path(), "k");
    }

    @Test
    @DisplayName("A15: deleting keys that are absent writes nothing, also in a batch of thousands")
    void deletingAbsentKeysInALargeBatchWritesNothing() {
        try (Store store = Store.open(path(), SMALL)) {
            Keyspace space = store.keyspace("k");
            try (WriteBatch batch = store.batch()) {
                for (int i = 0; i < 10_000; i++) {
                    batch.delete(space, "absent-" + i);
                }
                long end = TestEngines.idleEnd(store);
                assertEquals(Keyspace.NOT_WRITTEN, batch.commit());
                assertEquals(end, store.appendedLsn());
            }
        }
    }

    @Test
    @DisplayName("A17: the same key several times in one batch: the last one wins, live and after reopening")
    void theLastWriteOfABatchWins() {
        TreeMap<String, byte[]> model = new TreeMap<>();
        Random random = new Random(17);
        try (Store store = Store.open(path(), SMALL)) {
            Keyspace space = store.keyspace("k");
            for (int round = 0; round < 60; round++) {
                try (WriteBatch batch = store.batch()) {
                    int ops = round % 10 == 9 ? 6_000 : 1 + random.nextInt(40);
                    for (int i = 0; i < ops; i++) {
                        String key = "k" + random.nextInt(8);
                        if (random.nextInt(3) == 0) {
                            batch.delete(space, key);
                            model.remove(key);
                        } else {
                            byte[] value = random(random.nextInt(200), random.nextInt());
                            batch.put(space, key, value);
                            model.put(key, value);
                        }
                    }
                    batch.commit();
                }
                assertHolds(model, space);
            }
            assertReopens(model, crash(store, "killed"), "k");
        }
        assertReopens(model, path(), "k");
    }

    // --------------------------------------------------------------------------------------------------- collisions

    @ParameterizedTest
    @ValueSource(longs = {0, 1, 0x8000_0000_0000_0000L, 0xF})
    @DisplayName("A16: keys with the same hash are told apart: live, deleted, compacted, reopened")
    void collidingKeysAreToldApart(long mask) {
        TreeMap<String, byte[]> model = new TreeMap<>();
        int keys = mask == 0 ? 40 : 60;
        try (Store store = TestEngines.withHashMask(path(), FaultyStorage.over(path()), SMALL, mask)) {
            Keyspace space = store.keyspace("k");
            Keyspace other = store.keyspace("other");
            for (int i = 0; i < keys; i++) {
                put(space, model, "key" + i, i);
                other.put("key" + i, bytes("other"));
            }
            assertHolds(model, space);
            for (int i = 0; i < keys; i += 3) {
                assertTrue(space.delete("key" + i) > 0);
                model.remove("key" + i);
                assertEquals(Keyspace.NOT_WRITTEN, space.delete("key" + i));
            }
            for (int i = 1; i < keys; i += 3) {
                put(space, model, "key" + i, 100 + i);
                assertEquals(Keyspace.NOT_WRITTEN, space.putIfAbsent(bytes("key" + i), bytes("x")));
            }
            assertHolds(model, space);
            // One of many with its hash, in one batch and in one group.
            try (WriteBatch batch = store.batch()) {
                batch.put(space, "b1", bytes("1")).put(space, "b2", bytes("2")).delete(space, "b1");
                batch.commit();
            }
            model.put("b2", bytes("2"));
            for (int i = 0; i < 30; i++) {
                space.put("garbage", random(30_000, i));
            }
            space.delete("garbage");
            assertTrue(store.compact().chunks() > 0);
            assertHolds(model, space);
            assertEquals(keys, other.size());
        }
        try (Store store = TestEngines.withHashMask(path(), FaultyStorage.over(path()), SMALL, mask)) {
            assertHolds(model, store.keyspace("k"));
            assertEquals(keys, store.keyspace("other").size());
            assertIntact(store);
        }
    }

    private static void put(Keyspace space, Map<String, byte[]> model, String key, int seed) {
        byte[] value = random(900, seed);
        space.put(key, value);
        model.put(key, value);
    }

    // -------------------------------------------------------------------------------------------- names and lengths

    @ParameterizedTest
    @ValueSource(strings = {"a", "/", "..", "../..", "a/b", "a\\b", " ", ".", "LOCK", "é€𝄞", "CON", "log/0000.log"})
    @DisplayName("A30: any name without controls is a keyspace, and no path")
    void anyNameIsAKeyspace(String name) throws IOException {
        try (Store store = Store.open(path(), SMALL)) {
            store.keyspace(name).put("k", bytes(name));
        }
        try (Store store = Store.open(path(), SMALL)) {
            assertEquals(List.of(name), store.keyspaces());
            assertHolds(Map.of("k", bytes(name)), store.keyspace(name));
        }
        try (Stream<Path> around = Files.list(directory)) {
            assertEquals(List.of(path()), around.toList());
        }
    }

    @Test
    @DisplayName("A30: names of 1 to 255 bytes; others are refused, and nothing is created")
    void namesHaveLimits() {
        try (Store store = Store.open(path(), SMALL)) {
            String longest = "n".repeat(255);
            store.keyspace(longest).put("k", bytes("v"));
            store.keyspace("é".repeat(127)).put("k", bytes("v"));
            for (String bad :
                    List.of("", "n".repeat(256), "é".repeat(128), "n".repeat(1 << 20), "a\0b", "a\nb", "\u007f")) {
                IllegalArgumentException e =
                        assertThrows(IllegalArgumentException.class, () -> store.keyspace(bad), () -> bad);
                assertTrue(e.getMessage().length() < 1_000);
            }
            assertEquals(2, store.keyspaces().size());
        }
    }

    @Test
    @DisplayName("A30: a name with half a surrogate pair is refused or kept apart from others")
    void halfACharacterIsNotAnotherName() {
        try (Store store = Store.open(path(), SMALL)) {
            store.keyspace("?").put("k", bytes("question mark"));
            try {
                store.keyspace("\ud800").put("k", bytes("half"));
            } catch (IllegalArgumentException e) {
                assertTrue(e.getMessage().contains("UTF-8"), e.getMessage());
            }
            assertHolds(Map.of("k", bytes("question mark")), store.keyspace("?"));
        }
        try (Store store = Store.open(path(), SMALL)) {
            assertHolds(Map.of("k", bytes("question mark")), store.keyspace("?"));
        }
    }

    @Test
    @DisplayName("A30: keys of 0 to 65,535 bytes; a longer one is a clear error everywhere")
    void keysHaveLimits() {
        byte[] longest = new byte[Keyspace.MAX_KEY_BYTES];
        byte[] tooLong = new byte[Keyspace.MAX_KEY_BYTES + 1];
        try (Store store = Store.open(path(), SMALL);
                WriteBatch batch = store.batch();
                Arena arena = Arena.ofConfined()) {
            Keyspace space = store.keyspace("k");
            space.put(new byte[0], bytes("empty"));
            space.put(longest, bytes("longest"));
            MemorySegment tooLongNative = arena.allocate(tooLong.length);
            List<org.junit.jupiter.api.function.Executable> calls = List.of(
                    () -> space.put(tooLong, bytes("v")),
                    () -> space.put(tooLongNative, MemorySegment.ofArray(new byte[1])),
                    () -> space.put(MemorySegment.ofArray(tooLong), MemorySegment.ofArray(new byte[1])),
                    () -> space.putAsync(tooLong, bytes("v"), Durability.APPENDED),
                    () -> space.tryPut(tooLong, bytes("v")),
                    () -> space.putIfAbsent(tooLong, bytes("v")),
                    () -> space.replace(tooLong, bytes("v"), 1),
                    () -> space.delete(tooLong),
                    () -> space.putStream(tooLong, InputStream.nullInputStream(), Durability.APPENDED),
                    () -> batch.put(space, tooLong, bytes("v")),
                    () -> batch.delete(space, tooLong),
                    () -> space.cursor().find(tooLong),
                    () -> space.cursor().find(tooLongNative));
            for (int i = 0; i < calls.size(); i++) {
                int call = i;
                IllegalArgumentException e =
                        assertThrows(IllegalArgumentException.class, calls.get(i), () -> "call " + call);
                assertTrue(e.getMessage().contains("65535") && e.getMessage().contains("65536"), e.getMessage());
            }
            assertFalse(space.contains(tooLong));
            assertNull(space.get(tooLong));
            assertEquals(2, space.size());
        }
        try (Store store = Store.open(path(), SMALL)) {
            Keyspace space = store.keyspace("k");
            assertArrayEquals(bytes("empty"), value(space.get(new byte[0])));
            assertArrayEquals(bytes("longest"), value(space.get(longest)));
            assertEquals(2, space.size());
        }
    }

    @Test
    @DisplayName("A30: alignments from 8 to 4,096; an existing keyspace keeps its own")
    void alignmentsHaveLimits() {
        try (Store store = Store.open(path(), SMALL)) {
            for (int alignment = 8; alignment <= 4096; alignment *= 2) {
                Keyspace space = store.keyspace("a" + alignment, KeyspaceOptions.DEFAULT.withAlignment(alignment));
                for (int i = 0; i < 5; i++) {
                    space.put("k" + i, random(i * 333, i));
                    long address = space.get("k" + i).address();
                    assertTrue(i == 0 || address % alignment == 0, "a value at " + address); // nothing has no place
                }
                for (int bad : new int[] {0, -8, 4, 7, 24, 8192}) {
                    assertThrows(IllegalArgumentException.class, () -> KeyspaceOptions.DEFAULT.withAlignment(bad));
                }
                KeyspaceOptions other = KeyspaceOptions.DEFAULT.withAlignment(alignment == 8 ? 16 : 8);
                assertThrows(IllegalArgumentException.class, () -> store.keyspace(space.name(), other));
            }
        }
    }

    // ------------------------------------------------------------------------------------------- memory of callers

    @Test
    @DisplayName("A33: a value from a confined arena, closed at once after the call; from a foreign thread: refused")
    void confinedMemoryIsCopiedInTheCall() throws Exception {
        TreeMap<String, byte[]> model = new TreeMap<>();
        try (Store store = Store.open(path(), SMALL)) {
            Keyspace space = store.keyspace("k");
            for (int length : new int[] {0, 1, 100, 5_000, 300_000, 9_000_000}) {
                byte[] content = random(length, 1);
                var future = new java.util.concurrent.CompletableFuture<Long>();
                try (Arena arena = Arena.ofConfined()) {
                    MemorySegment memory = arena.allocate(Math.max(1, length)).asSlice(0, length);
                    memory.copyFrom(MemorySegment.ofArray(content));
                    space.put("sync" + length, memory);
                    space.putAsync(bytes("async" + length), memory, Durability.DURABLE)
                            .thenAccept(future::complete);
                    if (length > 0) {
                        Worker.start("foreign", () -> {
                                    assertThrows(WrongThreadException.class, () -> space.put("foreign", memory));
                                })
                                .join(Duration.ofSeconds(60));
                    }
                    memory.fill((byte) 0xEE);
                }
                future.get(60, java.util.concurrent.TimeUnit.SECONDS);
                model.put("sync" + length, content);
                model.put("async" + length, content);
            }
            MemorySegment closed;
            try (Arena arena = Arena.ofConfined()) {
                closed = arena.allocate(2_000);
            }
            assertThrows(IllegalStateException.class, () -> space.put("closed", closed));
            assertThrows(IllegalStateException.class, () -> space.put("closed", closed.asSlice(0, 10)));
            try (WriteBatch batch = store.batch()) {
                assertThrows(IllegalStateException.class, () -> batch.put(space, bytes("closed"), closed));
                batch.put(space, "batch", bytes("goes on"));
                batch.commit();
                model.put("batch", bytes("goes on"));
            }
            assertHolds(model, space);
        }
        assertReopens(model, path(), "k");
    }

    @Test
    @DisplayName("A33: a value from memory that changes or is closed meanwhile: what is stored verifies")
    void changingMemoryIsStoredAsItWasCopied() throws Exception {
        try (Store store = Store.open(path(), SMALL)) {
            Keyspace space = store.keyspace("k");
            Arena shared = Arena.ofShared();
            MemorySegment memory = shared.allocate(200_000);
            AtomicBoolean stop = new AtomicBoolean();
            Worker changer = Worker.start("changer", () -> {
                byte fill = 0;
                while (!stop.get()) {
                    memory.fill(fill++);
                }
            });
            for (int i = 0; i < 200; i++) {
                space.put("k" + i % 20, memory.asSlice(0, i % 2 == 0 ? 200_000 : 777));
            }
            stop.set(true);
            changer.join(Duration.ofSeconds(60));
            assertIntact(store);
            AtomicBoolean closed = new AtomicBoolean();
            Worker closer = Worker.start("closer", () -> {
                Thread.sleep(5);
                while (!closed.get()) {
                    try {
                        shared.close();
                        closed.set(true);
                    } catch (IllegalStateException e) {
                        Thread.onSpinWait(); // in use by a copy at this moment
                    }
                }
            });
            assertThrows(IllegalStateException.class, () -> {
                while (true) {
                    space.put("closing", memory);
                }
            });
            closer.join(Duration.ofSeconds(60));
            // The JVM interrupts a thread whose memory is closed while it reads it.
            boolean ignored = Thread.interrupted();
            space.put("after", bytes("after"));
            assertIntact(store);
        }
        try (Store store = Store.open(path(), SMALL)) {
            assertTrue(store.recovery().damaged().isEmpty());
            assertIntact(store);
            assertEquals("after", new String(value(store.keyspace("k").get("after"))));
        }
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    @DisplayName(
            "A33: a value from a mapped file that is cut short: the call fails or what is stored verifies; no crash")
    void aMappedFileThatIsCutShortIsSurvived() throws Exception {
        Path source = directory.resolve("source");
        Files.write(source, random(1 << 20, 1));
        try (Store store = Store.open(path(), SMALL);
                FileChannel channel = FileChannel.open(source, StandardOpenOption.READ);
                Arena arena = Arena.ofShared()) {
            Keyspace space = store.keyspace("k");
            MemorySegment mapped = channel.map(FileChannel.MapMode.READ_ONLY, 0, 1 << 20, arena);
            space.put("whole", mapped);
            try (RandomAccessFile file = new RandomAccessFile(source.toFile(), "rw")) {
                file.setLength(100_000);
            }
            List<Throwable> refused = new ArrayList<>();
            for (int length : new int[] {500, 50_000, 200_000, 1 << 20}) {
                try {
                    space.put("cut-" + length, mapped.asSlice((1 << 20) - length, length));
                } catch (InternalError e) {
                    refused.add(e);
                }
                try (WriteBatch batch = store.batch()) {
                    batch.put(space, bytes("batch-" + length), mapped.asSlice((1 << 20) - length, length));
                    batch.commit();
                } catch (InternalError e) {
                    refused.add(e);
                }
                try {
                    space.put(mapped.asSlice((1 << 20) - 100, 100), MemorySegment.ofArray(new byte[10]));
                } catch (InternalError e) {
                    refused.add(e);
                }
            }
            assertFalse(refused.isEmpty(), "the file was not cut short");
            space.put("after", bytes("after"));
            assertArrayEquals(random(1 << 20, 1), value(space.get("whole")));
            assertIntact(store);
        }
        try (Store store = Store.open(path(), SMALL)) {
            assertTrue(store.recovery().damaged().isEmpty());
            assertEquals("after", new String(value(store.keyspace("k").get("after"))));
            assertIntact(store);
        }
    }

    @Test
    @DisplayName("A33: a value that is a view of the store itself, and a key too")
    void aViewOfTheStoreCanBePutAgain() {
        try (Store store = Store.open(path(), SMALL)) {
            Keyspace space = store.keyspace("k");
            TreeMap<String, byte[]> model = new TreeMap<>();
            put(space, model, "a", 1);
            for (int i = 0; i < 100; i++) {
                space.put("copy" + i, space.get(i == 0 ? "a" : "copy" + (i - 1)));
                model.put("copy" + i, model.get("a"));
            }
            assertHolds(model, space);
            assertEquals(900, space.get("copy99").toArray(ValueLayout.JAVA_BYTE).length);
        }
    }
}
