package dev.ashlar;

import static dev.ashlar.StoreTest.bytes;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.ConcurrentModificationException;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What readers see of chunks that compaction takes away, and of a store that is closed under them. */
@Tag("nio")
class RetiredChunkTest {
    private static final StoreOptions BY_HAND = StoreOptions.DEFAULT.withAutoCompaction(false);

    @TempDir
    Path directory;

    private static byte[] value(int size, int seed) {
        byte[] value = new byte[size];
        for (int i = 0; i < size; i++) {
            value[i] = (byte) (seed + i);
        }
        return value;
    }

    /** Writes garbage until the log goes on in another chunk, and compacts all that came before. */
    private static void compactAway(Store store, Keyspace space) {
        int chunks = store.stats().chunks();
        for (int i = 0; store.stats().chunks() == chunks; i++) {
            space.put("garbage", value(256 << 10, i));
        }
        assertTrue(store.compact().chunks() > 0, "no chunk was retired");
    }

    @Test
    void aCursorGoesOnReadingAValueThatIsMovedTwice() {
        try (Store store = Store.open(directory, BY_HAND)) {
            Keyspace space = store.keyspace("k");
            byte[] value = value(10_000, 3);
            long lsn = space.put("key-of-sixteen-b", value);
            Cursor cursor = space.cursor();
            assertTrue(cursor.find(bytes("key-of-sixteen-b")));
            for (int round = 0; round < 3; round++) {
                compactAway(store, space);
                assertEquals(value[round * 100], cursor.getByte(round * 100L));
                if (round == 1) {
                    continue; // not looked at between two moves
                }
                byte[] copy = new byte[10_000];
                cursor.copyTo(0, MemorySegment.ofArray(copy), 0, copy.length);
                assertArrayEquals(value, copy);
                assertEquals(lsn, cursor.version());
                assertArrayEquals(value, StoreTest.value(cursor.value()));
            }
        }
    }

    @Test
    void aCursorOnAValueThatIsGoneSaysSoAndFindsTheNext() {
        try (Store store = Store.open(directory, BY_HAND)) {
            Keyspace space = store.keyspace("k");
            space.put("overwritten", value(100, 1));
            space.put("deleted", value(100, 2));
            Cursor overwritten = space.cursor();
            Cursor deleted = space.cursor();
            assertTrue(overwritten.find(bytes("overwritten")));
            assertTrue(deleted.find(bytes("deleted")));
            space.put("overwritten", value(100, 3));
            space.delete("deleted");
            // Nothing is changed in place: as long as the chunk is there the cursors go on.
            assertEquals(1, overwritten.getByte(0));
            assertEquals(2, deleted.getByte(0));
            compactAway(store, space);
            assertThrows(ConcurrentModificationException.class, () -> overwritten.getByte(0));
            assertThrows(ConcurrentModificationException.class, () -> deleted.getInt(0));
            assertTrue(overwritten.find(bytes("overwritten")));
            assertEquals(3, overwritten.getByte(0));
            assertFalse(deleted.find(bytes("deleted")));
        }
    }

    @Test
    void viewsKeepTheirBytesWhenTheirChunksRetireAndTheStoreCloses() {
        List<MemorySegment> views = new ArrayList<>();
        try (Store store = Store.open(directory, BY_HAND)) {
            Keyspace space = store.keyspace("k");
            for (int i = 0; i < 5; i++) {
                space.put("key", value(1000, i));
                views.add(space.get("key"));
                compactAway(store, space);
            }
            assertTrue(store.stats().retiredBytes() > 0);
        }
        for (int i = 0; i < views.size(); i++) {
            assertArrayEquals(value(1000, i), StoreTest.value(views.get(i)), "view " + i);
        }
    }

    @Test
    void spaceThatViewsPinnedReturnsWhenTheyHaveGone() {
        try (Store store = Store.open(directory, BY_HAND)) {
            Keyspace space = store.keyspace("k");
            space.put("key", value(1000, 1));
            MemorySegment[] view = {space.get("key")};
            compactAway(store, space);
            assertTrue(store.stats().retiredBytes() > 0);
            assertEquals(1000, view[0].byteSize());
            view[0] = null;
            long deadline = System.nanoTime() + 60_000_000_000L;
            while (store.stats().retiredBytes() > 0 && System.nanoTime() < deadline) {
                System.gc();
                Thread.onSpinWait();
            }
            assertEquals(0, store.stats().retiredBytes());
        }
    }

    /** A retired chunk reads as zeros, and so might be taken for a key of zeros. */
    @Test
    void keysOfZerosAreNotFoundInWhatWasTakenAway() throws InterruptedException {
        byte[] zeros = new byte[16];
        byte[] ones = value(16, 1);
        try (Store store = Store.open(directory, BY_HAND)) {
            Keyspace space = store.keyspace("k");
            space.put(ones, value(100, 1));
            AtomicBoolean stop = new AtomicBoolean();
            AtomicReference<Throwable> failure = new AtomicReference<>();
            Thread reader = Thread.ofPlatform().start(() -> {
                Cursor cursor = space.cursor();
                try {
                    while (!stop.get()) {
                        assertNull(space.get(zeros));
                        assertFalse(cursor.find(zeros));
                        assertTrue(space.contains(ones));
                        assertTrue(cursor.find(ones));
                        assertEquals(100, cursor.size());
                        assertArrayEquals(value(100, 1), StoreTest.value(space.get(ones)));
                    }
                } catch (Throwable e) {
                    failure.set(e);
                }
            });
            for (int i = 0; i < 20 && failure.get() == null; i++) {
                compactAway(store, space);
            }
            stop.set(true);
            reader.join(20_000);
            assertNull(failure.get(), () -> String.valueOf(failure.get()));
        }
    }

    @Test
    void readersOfAStoreThatWasClosedAreToldSo() {
        Store store = Store.open(directory, BY_HAND);
        Keyspace space = store.keyspace("k");
        space.put("key-of-sixteen-b", value(100, 1));
        Cursor cursor = space.cursor();
        assertTrue(cursor.find(bytes("key-of-sixteen-b")));
        MemorySegment view = space.get("key-of-sixteen-b");
        store.close();
        assertThrows(StoreClosedException.class, () -> cursor.getByte(0));
        assertThrows(StoreClosedException.class, () -> cursor.find(bytes("key-of-sixteen-b")));
        assertThrows(StoreClosedException.class, () -> cursor.find(bytes("short")));
        assertThrows(StoreClosedException.class, () -> space.get("key-of-sixteen-b"));
        assertThrows(StoreClosedException.class, () -> space.get("absent"));
        assertThrows(StoreClosedException.class, () -> space.contains("key-of-sixteen-b"));
        assertArrayEquals(value(100, 1), StoreTest.value(view));
    }

    /** None of them sees zeros, or anything but the value or a closed store. */
    @Test
    void readersWhileTheStoreIsClosedSeeTheValueOrThatItIsClosed() throws InterruptedException {
        for (int round = 0; round < 30; round++) {
            Store store = Store.open(directory, BY_HAND);
            Keyspace space = store.keyspace("k");
            byte[] key = bytes("key-of-sixteen-b");
            space.put(key, value(100, 1));
            AtomicReference<Throwable> failure = new AtomicReference<>();
            Thread reader = Thread.ofPlatform().start(() -> {
                Cursor cursor = space.cursor();
                try {
                    while (true) {
                        assertTrue(cursor.find(key));
                        assertEquals(100, cursor.size());
                        assertEquals(1, cursor.getByte(0));
                        assertArrayEquals(value(100, 1), StoreTest.value(space.get(key)));
                    }
                } catch (StoreClosedException e) {
                    // as it should
                } catch (Throwable e) {
                    failure.set(e);
                }
            });
            for (int i = 0; i < round * 20_000; i++) {
                Thread.onSpinWait();
            }
            store.close();
            reader.join(20_000);
            assertNull(failure.get(), () -> String.valueOf(failure.get()));
        }
    }

    @Test
    void aCursorOnAValueInAFileKeepsItWhenItIsOverwritten() {
        try (Store store = Store.open(directory, BY_HAND)) {
            Keyspace space = store.keyspace("k");
            space.put("key", value(9 << 20, 5));
            Cursor cursor = space.cursor();
            assertTrue(cursor.find(bytes("key")));
            space.put("key", value(8, 1));
            store.sync();
            assertEquals(9 << 20, cursor.value().byteSize());
            assertEquals(5, cursor.value().get(java.lang.foreign.ValueLayout.JAVA_BYTE, 0));
            assertEquals(5, cursor.getByte(0));
            assertTrue(cursor.find(bytes("key")));
            assertEquals(1, cursor.getByte(0));
        }
    }

    @Test
    void keysThatAreTooLongAreNotTakenForShorterOnes() {
        try (Store store = Store.open(directory, BY_HAND)) {
            Keyspace space = store.keyspace("k");
            byte[] key = new byte[65_536 + 5];
            space.put(new byte[5], value(10, 1));
            assertNull(space.get(key));
            assertFalse(space.contains(key));
            assertThrows(IllegalArgumentException.class, () -> space.cursor().find(key));
        }
    }

    private static boolean maintenanceRuns() {
        return Thread.getAllStackTraces().keySet().stream()
                .anyMatch(thread -> thread.getName().equals("ashlar-maintenance"));
    }

    /** Closing waits for maintenance whatever interrupts it: nothing may publish or map any more afterwards. */
    @Test
    void aCloseThatIsInterruptedLeavesNothingRunning() throws InterruptedException {
        for (int round = 0; round < 10; round++) {
            Store store = Store.open(directory, BY_HAND);
            Keyspace space = store.keyspace("k");
            for (int i = 0; i < 2_000; i++) {
                space.put(i, value(100, i));
            }
            Thread busy = Thread.ofPlatform().start(() -> {
                try {
                    while (true) {
                        store.compact();
                        space.put("garbage", value(64 << 10, 1));
                    }
                } catch (AshlarException e) {
                    // closed, as it should be
                }
            });
            Thread.currentThread().interrupt();
            store.close();
            assertTrue(Thread.interrupted());
            busy.join(60_000);
            // An executor says that it has ended just before its thread does.
            long deadline = System.nanoTime() + 60_000_000_000L;
            while (maintenanceRuns() && System.nanoTime() < deadline) {
                Thread.sleep(1);
            }
            assertFalse(maintenanceRuns(), "maintenance goes on after close, round " + round);
            try (Store again = Store.open(directory, BY_HAND)) {
                assertTrue(again.recovery().clean(), "round " + round);
                assertTrue(again.recovery().damaged().isEmpty());
            }
        }
    }
}
