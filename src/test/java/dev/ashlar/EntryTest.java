package dev.ashlar;

import static dev.ashlar.StoreTest.bytes;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.ashlar.simd.Xxh3;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.ReadOnlyBufferException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.channels.NonWritableChannelException;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What an entry says of a key and its value, in all the forms it has, and for how long. */
@Tag("nio")
class EntryTest {
    private static final StoreOptions BY_HAND = StoreOptions.DEFAULT.withAutoCompaction(false);
    private static final int LARGE = (9 << 20) + 5;

    @TempDir
    Path directory;

    private static byte[] value(int size, int seed) {
        byte[] value = new byte[size];
        new Random(seed).nextBytes(value);
        return value;
    }

    private static Entry present(@Nullable Entry entry) {
        assertNotNull(entry);
        return entry;
    }

    /** Writes garbage until the log goes on in another chunk, and compacts all that came before. */
    private static void compactAway(Store store, Keyspace space) {
        int chunks = store.stats().chunks();
        for (int i = 0; store.stats().chunks() == chunks; i++) {
            space.put("garbage", value(256 << 10, i));
        }
        assertTrue(store.compact().chunks() > 0, "no chunk was retired");
    }

    private static byte[] inFile(Entry entry) throws IOException {
        try (FileChannel file = FileChannel.open(entry.file())) {
            ByteBuffer read = ByteBuffer.allocate((int) entry.size());
            while (read.hasRemaining() && file.read(read, entry.filePosition() + read.position()) > 0) {
                // until all is there
            }
            return read.array();
        }
    }

    @Test
    void anEntrySaysWhatThereIsToKnowOfAKeyAndItsValue() throws IOException {
        try (Store store = Store.open(directory, BY_HAND)) {
            Keyspace space = store.keyspace("k");
            for (int size : new int[] {0, 1, 8, 63, 64, 65, 5_000, 1 << 20}) {
                byte[] key = value(size % 100, size);
                byte[] value = value(size, size + 1);
                long lsn = space.put(key, value);
                Entry entry = present(space.entry(key));
                assertArrayEquals(key, entry.keyBytes());
                assertEquals(-1, entry.key().mismatch(MemorySegment.ofArray(key)));
                assertTrue(entry.key().isReadOnly() && entry.value().isReadOnly());
                assertEquals(size, entry.size());
                assertArrayEquals(value, StoreTest.value(entry.value()));
                assertArrayEquals(value, entry.toByteArray());
                assertEquals(lsn, entry.version());
                assertEquals(lsn, entry.lsn());
                assertEquals(Xxh3.hash(value, 0, size, 0), entry.checksum());
                assertTrue(entry.verify());
                assertTrue(entry.sizeOnDisk() >= 40 + key.length + size && entry.sizeOnDisk() < 64 + 40 + 164 + size);
                assertEquals(entry.value().address(), entry.address());
                assertTrue(entry.contentEquals(value));
                assertTrue(entry.contentEquals(MemorySegment.ofArray(value)));
                assertFalse(entry.contentEquals(new byte[size + 1]));
                assertEquals(size == 0, entry.contentEquals(new byte[size]));
                assertArrayEquals(value, inFile(entry));
                Cursor cursor = space.cursor();
                assertTrue(cursor.find(key));
                assertEquals(entry.checksum(), cursor.checksum());
                assertEquals(entry.sizeOnDisk(), cursor.sizeOnDisk());
            }
            assertNull(space.entry("absent"));
            assertNull(space.entry(new byte[Keyspace.MAX_KEY_BYTES + 1]));
            assertNull(space.entry(5));
        }
    }

    @Test
    void keysMayBeGivenInAnyForm() {
        try (Store store = Store.open(directory)) {
            Keyspace space = store.keyspace("k");
            space.put("key", bytes("1"));
            for (long number : new long[] {0, 1, -1, 77, Long.MIN_VALUE, Long.MAX_VALUE}) {
                space.put(number, bytes("2"));
                assertEquals(number, present(space.entry(number)).longKey());
            }
            assertTrue(present(space.entry("key")).contentEquals(bytes("1")));
            assertTrue(present(space.entry(MemorySegment.ofArray(bytes("key")))).contentEquals(bytes("1")));
            Entry named = present(space.entry("key"));
            assertThrows(IllegalStateException.class, named::longKey);
        }
    }

    @Test
    void anEntryStaysAsItWasWhateverBecomesOfTheKeyAndTheStore() {
        List<Entry> entries = new ArrayList<>();
        byte[] large = value(LARGE, 100);
        Entry inFile;
        long[] versions = new long[6];
        try (Store store = Store.open(directory, BY_HAND)) {
            Keyspace space = store.keyspace("k");
            space.put("large", large);
            inFile = present(space.entry("large"));
            for (int i = 0; i < 6; i++) {
                versions[i] = space.put("key", value(1_000, i));
                if (i == 3) {
                    compactAway(store, space);
                }
                entries.add(present(space.entry("key")));
                switch (i % 3) {
                    case 0 -> space.delete("key");
                    case 1 -> compactAway(store, space);
                    default -> space.put("key", bytes("another"));
                }
            }
            space.delete("large");
            store.sync();
            compactAway(store, space);
            assertNull(space.entry("large"));
        }
        for (int i = 0; i < 6; i++) {
            Entry entry = entries.get(i);
            assertArrayEquals(bytes("key"), entry.keyBytes());
            assertTrue(entry.contentEquals(value(1_000, i)), "entry " + i);
            assertEquals(versions[i], entry.version());
            assertEquals(i == 3, entry.lsn() > entry.version(), "entry " + i);
            assertTrue(entry.verify());
        }
        assertTrue(inFile.contentEquals(large));
        assertTrue(inFile.verify());
    }

    @Test
    void aValueInAFileOfItsOwnIsAnEntryLikeOthers() throws IOException {
        byte[] large = value(LARGE, 7);
        try (Store store = Store.open(directory, BY_HAND)) {
            Keyspace space = store.keyspace("k");
            long version = space.put("large", large);
            Entry entry = present(space.entry("large"));
            assertEquals(LARGE, entry.size());
            assertEquals(version, entry.version());
            assertEquals(Xxh3.hash(large, 0, LARGE, 0), entry.checksum());
            assertTrue(entry.sizeOnDisk() >= 4_096 + LARGE + 64);
            assertTrue(entry.sizeOnDisk() < 4_096 + LARGE + 128);
            assertTrue(entry.file().startsWith(directory.resolve("values")));
            assertArrayEquals(large, inFile(entry));
            assertTrue(entry.verify());
            try (InputStream in = entry.inputStream()) {
                assertArrayEquals(large, in.readAllBytes());
            }
            assertThrows(IllegalArgumentException.class, entry::asIntBuffer);
            Cursor cursor = space.cursor();
            assertTrue(cursor.find(bytes("large")));
            compactAway(store, space);
            assertEquals(entry.checksum(), cursor.checksum());
            assertTrue(cursor.sizeOnDisk() > 4_096 + LARGE);
            Entry moved = present(space.entry("large"));
            assertTrue(moved.lsn() > version);
            assertEquals(entry.file(), moved.file());
            assertEquals(entry, moved);
            try (FileChannel file = FileChannel.open(entry.file(), StandardOpenOption.WRITE)) {
                file.write(ByteBuffer.wrap(new byte[] {(byte) ~large[4_000_000]}), 4_096 + 4_000_000);
                assertFalse(entry.verify());
                file.write(ByteBuffer.wrap(new byte[] {large[4_000_000]}), 4_096 + 4_000_000);
            }
            assertTrue(entry.verify());
        }
    }

    @Test
    void verifySaysWhetherKeyHeaderAndValueAreWhatWasWritten() throws IOException {
        try (Store store = Store.open(directory, BY_HAND)) {
            Keyspace space = store.keyspace("k");
            byte[] value = value(100, 1);
            space.put("some key", value);
            Entry entry = present(space.entry("some key"));
            long key = entry.key().address() - entry.address() + entry.filePosition();
            try (FileChannel file = FileChannel.open(entry.file(), StandardOpenOption.READ, StandardOpenOption.WRITE)) {
                for (long at :
                        new long[] {key - 40, key - 36, key, key + 7, entry.filePosition(), entry.filePosition() + 99
                        }) {
                    ByteBuffer former = ByteBuffer.allocate(1);
                    file.read(former, at);
                    byte right = former.get(0);
                    assertTrue(entry.verify());
                    file.write(ByteBuffer.wrap(new byte[] {(byte) (right ^ 1)}), at);
                    assertFalse(entry.verify(), "byte " + at);
                    file.write(ByteBuffer.wrap(new byte[] {right}), at);
                }
            }
            assertTrue(entry.verify());
        }
    }

    @Test
    void aDamagedValueIsNoEntry() throws IOException {
        Path file;
        long at;
        try (Store store = Store.open(directory)) {
            Keyspace space = store.keyspace("k");
            space.put("key", value(100, 1));
            Entry entry = present(space.entry("key"));
            file = entry.file();
            at = entry.filePosition() + 50;
        }
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            ByteBuffer one = ByteBuffer.allocate(1);
            channel.read(one, at);
            channel.write(ByteBuffer.wrap(new byte[] {(byte) ~one.get(0)}), at);
        }
        try (Store store = Store.open(directory)) {
            Keyspace space = store.keyspace("k");
            assertThrows(CorruptionException.class, () -> space.entry("key"));
            assertThrows(CorruptionException.class, space::firstEntry);
            assertThrows(CorruptionException.class, space::lastEntry);
            assertThrows(CorruptionException.class, () -> space.forEach(entry -> {}));
            assertEquals(0, store.stats().snapshots());
            try (Scan scan = space.scan()) {
                assertTrue(scan.next());
                assertEquals(100, scan.size());
                assertThrows(CorruptionException.class, scan::entry);
                assertThrows(CorruptionException.class, () -> scan.getByte(0));
                assertFalse(scan.next());
            }
        }
    }

    @Test
    void numbersAreReadLittleEndianAtAnyOffsetInsideTheValue() {
        byte[] value = value(67, 3);
        ByteBuffer expected = ByteBuffer.wrap(value).order(ByteOrder.LITTLE_ENDIAN);
        try (Store store = Store.open(directory)) {
            Keyspace space = store.keyspace("k");
            space.put("key", value);
            Entry entry = present(space.entry("key"));
            Cursor cursor = space.cursor();
            assertTrue(cursor.find(bytes("key")));
            for (int i = 0; i + 8 <= value.length; i++) {
                assertEquals(expected.get(i), entry.getByte(i));
                assertEquals(expected.getShort(i), entry.getShort(i));
                assertEquals(expected.getChar(i), entry.getChar(i));
                assertEquals(expected.getInt(i), entry.getInt(i));
                assertEquals(expected.getLong(i), entry.getLong(i));
                assertEquals(Float.floatToRawIntBits(expected.getFloat(i)), Float.floatToRawIntBits(entry.getFloat(i)));
                assertEquals(
                        Double.doubleToRawLongBits(expected.getDouble(i)),
                        Double.doubleToRawLongBits(entry.getDouble(i)));
                assertEquals(expected.getShort(i), cursor.getShort(i));
                assertEquals(expected.getChar(i), cursor.getChar(i));
            }
            for (long wrong : new long[] {-1, 67, Long.MAX_VALUE, Long.MIN_VALUE}) {
                assertThrows(IndexOutOfBoundsException.class, () -> entry.getByte(wrong));
            }
            for (long wrong : new long[] {-1, 66, Long.MAX_VALUE, Long.MIN_VALUE}) {
                assertThrows(IndexOutOfBoundsException.class, () -> entry.getShort(wrong));
                assertThrows(IndexOutOfBoundsException.class, () -> entry.getChar(wrong));
                assertThrows(IndexOutOfBoundsException.class, () -> entry.getInt(wrong));
                assertThrows(IndexOutOfBoundsException.class, () -> entry.getFloat(wrong));
                assertThrows(IndexOutOfBoundsException.class, () -> entry.getLong(wrong));
                assertThrows(IndexOutOfBoundsException.class, () -> entry.getDouble(wrong));
                assertThrows(IndexOutOfBoundsException.class, () -> cursor.getShort(wrong));
                assertThrows(IndexOutOfBoundsException.class, () -> cursor.getChar(wrong));
            }
        }
    }

    @Test
    void wholeValuesAreReadAsBuffersAndArraysOfTheirElements() {
        byte[] value = value(1_024, 4);
        ByteBuffer expected = ByteBuffer.wrap(value).order(ByteOrder.LITTLE_ENDIAN);
        try (Store store = Store.open(directory)) {
            Keyspace space = store.keyspace("k");
            space.put("key", value);
            space.put("empty", new byte[0]);
            Entry entry = present(space.entry("key"));
            assertEquals(expected, entry.asByteBuffer());
            assertEquals(ByteOrder.LITTLE_ENDIAN, entry.asByteBuffer().order());
            assertThrows(
                    ReadOnlyBufferException.class, () -> entry.asByteBuffer().put(0, (byte) 1));
            assertEquals(expected.asIntBuffer(), entry.asIntBuffer());
            assertEquals(expected.asLongBuffer(), entry.asLongBuffer());
            for (int i = 0; i < 128; i++) {
                assertEquals(expected.getInt(4 * i), entry.toIntArray()[i]);
                assertEquals(expected.getLong(8 * i), entry.toLongArray()[i]);
                assertEquals(expected.getFloat(4 * i), entry.toFloatArray()[i]);
                assertEquals(expected.getDouble(8 * i), entry.toDoubleArray()[i]);
                assertEquals(expected.getFloat(4 * i), entry.asFloatBuffer().get(i));
                assertEquals(expected.getDouble(8 * i), entry.asDoubleBuffer().get(i));
            }
            assertEquals(256, entry.toIntArray().length);
            assertEquals(128, entry.toDoubleArray().length);
            Entry empty = present(space.entry("empty"));
            assertEquals(0, empty.asByteBuffer().remaining());
            assertEquals(0, empty.asDoubleBuffer().remaining());
            assertEquals(0, empty.toFloatArray().length);
        }
    }

    @Test
    void valuesThatDoNotDivideIntoElementsAreRefused() {
        try (Store store = Store.open(directory)) {
            Keyspace space = store.keyspace("k");
            space.put("key", new byte[12]);
            space.put("odd", new byte[13]);
            Entry entry = present(space.entry("key"));
            assertEquals(3, entry.asFloatBuffer().remaining());
            assertThrows(IllegalArgumentException.class, entry::asLongBuffer);
            assertThrows(IllegalArgumentException.class, entry::asDoubleBuffer);
            assertThrows(IllegalArgumentException.class, entry::toLongArray);
            String message = assertThrows(IllegalArgumentException.class, entry::toDoubleArray)
                    .getMessage();
            assertTrue(message.contains("12") && message.contains("8"), message);
            Entry odd = present(space.entry("odd"));
            assertThrows(IllegalArgumentException.class, odd::asIntBuffer);
            assertThrows(IllegalArgumentException.class, odd::asFloatBuffer);
            assertThrows(IllegalArgumentException.class, odd::toIntArray);
            assertThrows(IllegalArgumentException.class, odd::toFloatArray);
        }
    }

    @Test
    void anInputStreamReadsTheValueInAnySteps() throws IOException {
        byte[] value = value(10_000, 5);
        try (Store store = Store.open(directory)) {
            Keyspace space = store.keyspace("k");
            space.put("key", value);
            Entry entry = present(space.entry("key"));
            Random random = new Random(6);
            for (int round = 0; round < 50; round++) {
                InputStream in = entry.inputStream();
                int at = 0;
                while (true) {
                    assertEquals(value.length - at, in.available());
                    int step = random.nextInt(2_000);
                    switch (random.nextInt(4)) {
                        case 0 -> assertEquals(at < value.length ? value[at++] & 0xFF : -1, in.read());
                        case 1 -> {
                            long skipped = in.skip(step - 10);
                            assertEquals(Math.max(0, Math.min(step - 10, value.length - at)), skipped);
                            at += (int) skipped;
                        }
                        case 2 -> {
                            in.mark(0);
                            byte[] ahead = in.readNBytes(step);
                            in.reset();
                            assertArrayEquals(Arrays.copyOfRange(value, at, at + ahead.length), ahead);
                        }
                        default -> {
                            byte[] target = new byte[step + 7];
                            int count = in.read(target, 5, step);
                            if (count > 0) {
                                assertTrue(Arrays.equals(value, at, at + count, target, 5, 5 + count));
                                at += count;
                            }
                            assertEquals(step == 0 ? 0 : at == value.length && count < 0 ? -1 : count, count);
                        }
                    }
                    if (at == value.length) {
                        assertEquals(-1, in.read());
                        break;
                    }
                }
            }
            assertThrows(
                    IndexOutOfBoundsException.class, () -> entry.inputStream().read(new byte[2], 1, 2));
        }
    }

    @Test
    void aChannelReadsTheValueFromAnyPosition() throws IOException {
        byte[] value = value(1_000, 8);
        try (Store store = Store.open(directory)) {
            Keyspace space = store.keyspace("k");
            space.put("key", value);
            SeekableByteChannel channel = present(space.entry("key")).channel();
            assertEquals(1_000, channel.size());
            ByteBuffer all = ByteBuffer.allocate(1_500);
            assertEquals(1_000, channel.read(all));
            assertEquals(-1, channel.read(all));
            assertArrayEquals(value, Arrays.copyOf(all.array(), 1_000));
            ByteBuffer some = ByteBuffer.allocateDirect(10);
            assertEquals(10, channel.position(500).read(some));
            assertEquals(510, channel.position());
            for (int i = 0; i < 10; i++) {
                assertEquals(value[500 + i], some.get(i));
            }
            assertEquals(0, channel.read(ByteBuffer.allocate(0)));
            assertEquals(-1, channel.position(Long.MAX_VALUE).read(all));
            assertThrows(IllegalArgumentException.class, () -> channel.position(-1));
            assertThrows(NonWritableChannelException.class, () -> channel.write(some));
            assertThrows(NonWritableChannelException.class, () -> channel.truncate(1));
            assertTrue(channel.isOpen());
            channel.close();
            assertFalse(channel.isOpen());
            assertThrows(ClosedChannelException.class, () -> channel.read(all));
        }
    }

    @Test
    void entriesAreEqualIfTheyAreTheSameWrite() {
        try (Store store = Store.open(directory, BY_HAND)) {
            Keyspace space = store.keyspace("k");
            space.put("key", bytes("value"));
            Entry first = present(space.entry("key"));
            compactAway(store, space);
            Entry moved = present(space.entry("key"));
            assertNotEquals(first.lsn(), moved.lsn());
            assertEquals(first, moved);
            assertEquals(first.hashCode(), moved.hashCode());
            space.put("key", bytes("value"));
            Entry again = present(space.entry("key"));
            assertNotEquals(first, again);
            assertTrue(again.contentEquals(first.value()));
            assertNotEquals(null, first);
            assertTrue(first.toString().contains("version " + first.version()), first.toString());
        }
    }

    @Test
    void aSnapshotShowsTheEntriesOfItsMoment() {
        try (Store store = Store.open(directory, BY_HAND)) {
            Keyspace space = store.keyspace("k");
            long version = space.put("key", bytes("older"));
            space.put("deleted", bytes("x"));
            Snapshot snapshot = store.snapshot();
            space.put("key", bytes("newer"));
            space.delete("deleted");
            space.put("later", bytes("y"));
            KeyspaceReader then = snapshot.keyspace("k");
            Entry entry = present(then.entry("key"));
            assertTrue(entry.contentEquals(bytes("older")));
            assertEquals(version, entry.version());
            assertNotNull(then.entry("deleted"));
            assertNull(then.entry("later"));
            assertTrue(present(space.entry("key")).contentEquals(bytes("newer")));
            assertArrayEquals(bytes("deleted"), present(then.lastEntry()).keyBytes());
            assertArrayEquals(bytes("key"), present(then.firstEntry()).keyBytes());
            snapshot.close();
            assertTrue(entry.verify());
            assertThrows(IllegalStateException.class, () -> then.entry("key"));
            assertThrows(IllegalStateException.class, () -> then.entry("absent"));
            assertThrows(IllegalStateException.class, then::lastEntry);
            assertThrows(IllegalStateException.class, then::stream);
        }
    }

    @Test
    void aClosedStoreHasNoEntries() {
        Store store = Store.open(directory);
        Keyspace space = store.keyspace("k");
        space.put("key", bytes("1"));
        store.close();
        assertThrows(StoreClosedException.class, () -> space.entry("key"));
        assertThrows(StoreClosedException.class, () -> space.entry("absent"));
        assertThrows(StoreClosedException.class, space::firstEntry);
        assertThrows(StoreClosedException.class, space::lastEntry);
        assertThrows(StoreClosedException.class, space::stream);
        assertThrows(StoreClosedException.class, () -> space.scan("k"));
    }
}
