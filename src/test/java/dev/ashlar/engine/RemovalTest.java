package dev.ashlar.engine;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.ashlar.Cursor;
import dev.ashlar.Durability;
import dev.ashlar.Keyspace;
import dev.ashlar.KeyspaceOptions;
import dev.ashlar.KeyspaceReader;
import dev.ashlar.Scan;
import dev.ashlar.Snapshot;
import dev.ashlar.Store;
import dev.ashlar.StoreOptions;
import dev.ashlar.WriteBatch;
import dev.ashlar.io.Storages;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Keyspaces that are cleared, and that are dropped. */
@Tag("nio")
class RemovalTest {
    private static final int MOST_INLINE = 32 << 10;

    @TempDir
    Path directory;

    private Path path;
    private Store store;
    private Keyspace space;
    private Keyspace other;
    private int copies;
    private @Nullable String damageDefinition;

    /** Ways to come to the next life of a store. */
    private enum Next {
        CLOSED,
        KILLED,
        CLOSED_WITHOUT_CHECKPOINT,
        KILLED_WITHOUT_CHECKPOINT;

        boolean closes() {
            return this == CLOSED || this == CLOSED_WITHOUT_CHECKPOINT;
        }

        boolean hasCheckpoint() {
            return this == CLOSED || this == KILLED;
        }
    }

    @BeforeEach
    void open() {
        path = directory.resolve("store");
        openPath();
    }

    private void openPath() {
        store = TestEngines.small(
                path,
                Storages.open(path, true),
                StoreOptions.DEFAULT.withAutoCompaction(false).withSyncInterval(Duration.ZERO),
                true,
                16 << 10,
                MOST_INLINE);
        space = store.keyspace("k");
        other = store.keyspace("l", KeyspaceOptions.DEFAULT.withAlignment(8));
    }

    @AfterEach
    void close() {
        store.close();
    }

    /** The store as it is after it was closed, or after its process was killed. */
    private void go(Next next) throws IOException {
        if (next.closes()) {
            store.close();
        } else {
            TestEngines.tick(store); // or the copy would be of many moments
        }
        Path after = directory.resolve("copy-" + ++copies);
        copy(path, after);
        if (!next.closes()) {
            store.close();
        }
        if (!next.hasCheckpoint()) {
            try (var files = Files.list(after.resolve("index"))) {
                for (Path file : files.toList()) {
                    Files.delete(file);
                }
            }
        }
        if (damageDefinition != null) {
            damageDefinition(after, damageDefinition);
        }
        path = after;
        openPath();
    }

    /** The store is open: the file of a value that was removed durably may go meanwhile. */
    private static void copy(Path from, Path to) throws IOException {
        List<Path> all;
        try (var files = Files.walk(from)) {
            all = files.toList();
        } catch (UncheckedIOException e) {
            copy(from, to); // a file went while the directories were walked
            return;
        }
        for (Path file : all) {
            Path target = to.resolve(from.relativize(file).toString());
            if (Files.isDirectory(file)) {
                Files.createDirectories(target);
                continue;
            }
            try {
                Files.copy(file, target);
            } catch (NoSuchFileException e) {
                assertTrue(file.getParent().endsWith("values"), e.toString());
            }
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(UTF_8);
    }

    private static byte[] random(int length) {
        byte[] value = new byte[length];
        new Random(length).nextBytes(value);
        return value;
    }

    private static void assertValue(byte[] expected, KeyspaceReader space, String key) {
        MemorySegment found = space.get(key);
        assertNotNull(found, key);
        assertArrayEquals(expected, found.toArray(ValueLayout.JAVA_BYTE), key);
    }

    private static int scanned(KeyspaceReader space) {
        int count = 0;
        try (Scan scan = space.scan()) {
            while (scan.next()) {
                count++;
            }
        }
        return count;
    }

    private void fill(Keyspace keyspace, int keys) {
        for (int i = 0; i < keys; i++) {
            keyspace.put("key-" + i, random(100 + i % 50));
        }
    }

    /** Until nothing is left to move; a checkpoint before, so that chunks may go. */
    private void compact() {
        store.checkpoint();
        store.compact();
    }

    private void assertEmpty(Keyspace keyspace) {
        assertEquals(0, keyspace.size());
        assertEquals(0, scanned(keyspace));
        for (int i = 0; i < 300; i++) {
            assertNull(keyspace.get("key-" + i));
        }
    }

    // ------------------------------------------------------------------------------------------------------- clearing

    @ParameterizedTest
    @EnumSource
    @DisplayName("What was cleared is gone in every next life, and what was written since is there")
    void clearedIsGone(Next next) throws Exception {
        fill(space, 300);
        fill(other, 50);
        space.put("large", random(MOST_INLINE + 1));
        MemorySegment view = space.get("key-7");
        store.checkpoint();
        assertTrue(space.clear(Durability.DURABLE) > 0);
        assertEmpty(space);
        assertEquals(Keyspace.NOT_WRITTEN, space.clear());
        assertNotNull(view);
        assertArrayEquals(random(107), view.toArray(ValueLayout.JAVA_BYTE));
        go(next);
        assertEmpty(space);
        assertNull(space.get("large"));
        space.put("key-3", bytes("new"));
        for (int life = 0; life < 3; life++) {
            assertEquals(1, space.size());
            assertEquals(1, scanned(space));
            assertValue(bytes("new"), space, "key-3");
            assertEquals(50, other.size());
            assertEquals(0, store.stats().valueFiles());
            assertTrue(
                    store.recovery().damaged().stream().allMatch(d -> d.file().startsWith("index")));
            compact();
            go(next);
        }
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("A clear is moved by compaction for as long as what it removed may be in an older chunk")
    void clearsAreCarried(Next next) throws Exception {
        fill(space, 20);
        fill(other, 200); // stays, and keeps the chunk of the first keys in the log
        space.put("kept", bytes("1"));
        space.clear();
        space.put("kept", bytes("2"));
        for (int i = 0; i < 100; i++) {
            space.put("garbage", random(1_000));
        }
        for (int life = 0; life < 3; life++) {
            compact();
            go(next);
            assertEquals(2, space.size());
            assertValue(bytes("2"), space, "kept");
            assertEquals(200, other.size());
            for (int i = 0; i < 100; i++) {
                space.put("garbage", random(1_000));
            }
        }
        other.clear();
        compact();
        go(next);
        assertEquals(2, space.size());
        assertEquals(0, other.size());
    }

    @Test
    @DisplayName("In a batch a clear removes what comes before it and not what comes after")
    void clearsInBatches() throws Exception {
        fill(space, 10);
        try (WriteBatch batch = store.batch()) {
            batch.put(space, "before", bytes("1")).clear(space).put(space, "after", bytes("2"));
            batch.delete(space, "key-1").put(other, "x", bytes("3"));
            assertTrue(batch.commit() > 0);
            batch.requireVersion(space, bytes("after"), 1).clear(space);
            assertEquals(Keyspace.NOT_WRITTEN, batch.commit());
        }
        for (Next next : Next.values()) {
            assertEquals(1, space.size());
            assertValue(bytes("2"), space, "after");
            assertValue(bytes("3"), other, "x");
            go(next);
        }
    }

    @Test
    @DisplayName("Snapshots show what was cleared or dropped since, and let go of it when they are closed")
    void snapshotsShowWhatWasRemoved() throws Exception {
        fill(space, 300);
        fill(other, 100);
        space.put("large", random(MOST_INLINE + 1));
        Snapshot snapshot = store.snapshot();
        space.clear();
        assertTrue(store.dropKeyspace("l"));
        for (int round = 0; round < 2; round++) {
            KeyspaceReader shown = snapshot.keyspace("k");
            assertEquals(301, shown.size());
            assertEquals(301, scanned(shown));
            assertValue(random(107), shown, "key-7");
            assertValue(random(MOST_INLINE + 1), shown, "large");
            KeyspaceReader dropped = snapshot.keyspace("l");
            assertEquals(100, dropped.size());
            assertEquals(100, scanned(dropped));
            assertValue(random(107), dropped, "key-7");
            assertTrue(dropped.cursor().find(bytes("key-8")));
            assertFalse(dropped.cursor().find(bytes("absent")));
            fill(store.keyspace("l"), 5);
            compact();
        }
        assertTrue(store.stats().snapshotBytes() > 0);
        snapshot.close();
        assertEquals(0, store.stats().snapshotBytes());
        store.sync();
        TestEngines.tick(store);
        try (var files = Files.list(path.resolve("values"))) {
            assertEquals(0, files.count());
        }
        store.dropKeyspace("l");
        long before = store.stats().chunks();
        compact();
        assertTrue(store.stats().chunks() < before);
    }

    @Test
    @DisplayName(
            "Checkpoints that are made while keyspaces are cleared succeed, and the next opening finds what there is")
    void checkpointsWhileClearing() throws Exception {
        Next next = Next.KILLED;
        for (int round = 0; round < 3; round++) {
            AtomicBoolean stop = new AtomicBoolean();
            AtomicInteger clears = new AtomicInteger();
            CompletableFuture<Void> clearing = CompletableFuture.runAsync(() -> {
                for (int i = 0; !stop.get(); i++) {
                    for (int k = 0; k < 4_000; k++) {
                        space.put(k, bytes("" + i));
                    }
                    space.clear();
                    space.put("last", bytes("" + i));
                    clears.incrementAndGet();
                }
            });
            for (int i = 0; i < 10 || clears.get() == 0 && !clearing.isDone(); i++) {
                store.checkpoint();
            }
            stop.set(true);
            clearing.join();
            MemorySegment last = space.get("last");
            assertNotNull(last);
            byte[] expected = last.toArray(ValueLayout.JAVA_BYTE);
            assertEquals(1, space.size());
            go(next);
            assertEquals(1, space.size());
            assertValue(expected, space, "last");
        }
    }

    @Test
    @DisplayName("Readers of a key that is there again after each clear find it, or nothing, and never another value")
    void readersWhileClearing() throws Exception {
        AtomicBoolean stop = new AtomicBoolean();
        CompletableFuture<Void> reading = CompletableFuture.runAsync(() -> {
            Cursor cursor = space.cursor();
            while (!stop.get()) {
                for (int k = 0; k < 2_000; k += 7) {
                    MemorySegment value = space.get(k);
                    assertTrue(value == null || value.get(ValueLayout.JAVA_LONG_UNALIGNED, 0) == k);
                    assertTrue(!cursor.find(k) || cursor.getLong(0) == k);
                }
            }
        });
        for (int round = 0; round < 15; round++) {
            for (int k = 0; k < 2_000; k++) {
                space.put(k, MemorySegment.ofArray(new long[] {k}));
            }
            if (round % 3 == 0) {
                store.dropKeyspace("m");
                fill(store.keyspace("m"), 1_500); // takes the tables that were given back
            }
            space.clear();
        }
        stop.set(true);
        reading.join();
    }

    @Test
    @DisplayName("Memory of the index is given back")
    void memoryIsGivenBack() {
        long before = store.stats().indexBytes();
        for (int i = 0; i < 20_000; i++) {
            space.put(i, new byte[0]);
        }
        assertTrue(store.stats().indexBytes() > before + 100_000);
        space.clear();
        assertTrue(store.stats().indexBytes() <= before);
        Keyspace dropped = store.keyspace("dropped");
        for (int i = 0; i < 20_000; i++) {
            dropped.put(i, new byte[0]);
        }
        store.dropKeyspace("dropped");
        assertTrue(store.stats().indexBytes() <= before);
    }

    // ------------------------------------------------------------------------------------------------------- dropping

    @ParameterizedTest
    @EnumSource
    @DisplayName("A keyspace that was dropped is gone in every next life; its name can have other options")
    void droppedIsGone(Next next) throws Exception {
        fill(space, 300);
        Keyspace dropped = store.keyspace("d");
        fill(dropped, 200);
        dropped.put("large", random(MOST_INLINE + 1));
        store.checkpoint();
        dropped.delete("key-1");
        assertFalse(store.dropKeyspace("absent"));
        assertTrue(store.dropKeyspace("d"));
        assertFalse(store.dropKeyspace("d"));
        assertEquals(List.of("k", "l"), store.keyspaces());
        for (int life = 0; life < 4; life++) {
            go(next);
            assertEquals(List.of("k", "l"), store.keyspaces(), "life " + life);
            assertEquals(300, space.size());
            assertEquals(0, store.stats().valueFiles());
            assertTrue(
                    store.recovery().damaged().stream().allMatch(d -> d.file().startsWith("index")));
            fill(space, 300);
            compact();
        }
        Keyspace again = store.keyspace("d", KeyspaceOptions.DEFAULT.withAlignment(256));
        assertEquals(0, again.size());
        again.put("a", bytes("1"));
        go(next);
        assertEquals(
                256,
                store.keyspace("d", KeyspaceOptions.DEFAULT.withAlignment(256))
                        .options()
                        .alignment());
        assertValue(bytes("1"), store.keyspace("d", KeyspaceOptions.DEFAULT.withAlignment(256)), "a");
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("A number that a keyspace had is not given again, whatever became of what speaks of it")
    void idsAreFresh(Next next) throws Exception {
        Keyspace first = store.keyspace("d");
        fill(first, 100);
        int id = ((KeyspaceHandle) first).space().id();
        for (int life = 0; life < 4; life++) {
            store.dropKeyspace("d");
            compact();
            go(next);
            Keyspace again = store.keyspace("d");
            assertTrue(((KeyspaceHandle) again).space().id() > id, "life " + life);
            id = ((KeyspaceHandle) again).space().id();
            assertEquals(0, again.size());
            fill(again, 100);
        }
    }

    @Test
    @DisplayName("Every handle of a keyspace that was dropped says so; another of its name is not its business")
    void handlesOfDroppedKeyspaces() {
        Keyspace dropped = store.keyspace("d");
        dropped.put("a", bytes("1"));
        MemorySegment view = dropped.get("a");
        Cursor cursor = dropped.cursor();
        store.dropKeyspace("d");
        Keyspace again = store.keyspace("d");
        again.put("a", bytes("2"));
        for (Runnable use : List.<Runnable>of(
                () -> dropped.get("a"),
                () -> dropped.get(MemorySegment.ofArray(bytes("a"))),
                () -> dropped.contains("a"),
                dropped::size,
                dropped::cursor,
                dropped::scan,
                dropped::scanBackward,
                () -> cursor.find(bytes("a")),
                () -> dropped.getAll(List.of(bytes("a"), bytes("b"))),
                () -> dropped.put("a", bytes("3")),
                () -> dropped.put("a", random(MOST_INLINE + 1)),
                () -> dropped.tryPut(bytes("a"), bytes("3")),
                () -> dropped.putAsync(bytes("a"), bytes("3"), Durability.APPENDED),
                () -> dropped.delete("a"),
                dropped::clear,
                () -> dropped.rename("a", "b"),
                () -> again.copy(bytes("a"), dropped, bytes("a")),
                () -> store.batch().put(dropped, "a", bytes("3")))) {
            IllegalStateException e = assertThrows(IllegalStateException.class, use::run);
            assertTrue(String.valueOf(e.getMessage()).contains("keyspace d was dropped"), e.getMessage());
        }
        assertEquals("d", dropped.name());
        assertTrue(dropped.toString().contains("d"));
        assertNotNull(view);
        assertArrayEquals(bytes("1"), view.toArray(ValueLayout.JAVA_BYTE));
        assertValue(bytes("2"), again, "a");
        assertEquals(1, again.size());
        space.put("b", bytes("4"));
        assertValue(bytes("4"), space, "b");
    }

    @Test
    @DisplayName("Writes that were in the ring when their keyspace was dropped are refused, each for itself")
    void writesUnderWay() throws Exception {
        for (int round = 0; round < 20; round++) {
            Keyspace dropped = store.keyspace("d");
            CompletableFuture<Boolean> writing = CompletableFuture.supplyAsync(() -> {
                CompletableFuture<Long> last = CompletableFuture.completedFuture(0L);
                try {
                    while (true) {
                        for (int i = 0; i < 50; i++) {
                            last = dropped.putAsync(bytes("a" + i), random(MOST_INLINE / 100), Durability.APPENDED);
                        }
                        try (WriteBatch batch = store.batch()) {
                            long ignored = batch.put(dropped, "x", bytes("1"))
                                    .put(space, "x", bytes("1"))
                                    .commit();
                        }
                        dropped.put("large", random(MOST_INLINE + 1));
                    }
                } catch (IllegalStateException e) {
                    try {
                        long ignored = last.join();
                    } catch (CompletionException refused) {
                        assertTrue(refused.getCause() instanceof IllegalStateException, refused.toString());
                    }
                    return String.valueOf(e.getMessage()).contains("keyspace d was dropped");
                }
            });
            while (dropped.size() < 10) {
                Thread.onSpinWait();
            }
            assertTrue(store.dropKeyspace("d"));
            assertTrue(writing.join());
            space.put("y", bytes("2"));
        }
        store.sync();
        TestEngines.tick(store);
        try (var files = Files.list(path.resolve("values"))) {
            assertEquals(0, files.count());
        }
        go(Next.KILLED_WITHOUT_CHECKPOINT);
        assertEquals(List.of("k", "l"), store.keyspaces());
    }

    @Test
    @DisplayName("A keyspace whose definition was lost can be dropped as well")
    void recoveredKeyspaces() throws Exception {
        Keyspace lost = store.keyspace("lost");
        fill(lost, 20);
        store.sync();
        damageDefinition = "lost";
        go(Next.KILLED_WITHOUT_CHECKPOINT);
        damageDefinition = null;
        String name = store.keyspaces().get(2);
        assertTrue(name.startsWith("recovered keyspace"), store.keyspaces().toString());
        assertEquals(20, store.keyspace(name).size());
        assertTrue(store.dropKeyspace(name));
        assertEquals(List.of("k", "l"), store.keyspaces());
        for (Next next : Next.values()) {
            go(next);
            assertEquals(List.of("k", "l"), store.keyspaces());
        }
    }

    /** Flips a bit in the header of the record that defines a keyspace. */
    private static void damageDefinition(Path store, String name) throws IOException {
        try (var files = Files.list(store.resolve("log"))) {
            for (Path file : files.toList()) {
                byte[] content = Files.readAllBytes(file);
                int at = new String(content, java.nio.charset.StandardCharsets.ISO_8859_1)
                        .indexOf("\u0001\u0006\u0004\0" + name);
                if (at >= 0) {
                    content[at - 48] ^= 1; // the value begins 48 bytes behind the header, at a multiple of 8
                    Files.write(file, content);
                    return;
                }
            }
        }
        throw new AssertionError("no definition of " + name);
    }
}
