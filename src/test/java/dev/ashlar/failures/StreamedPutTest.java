package dev.ashlar.failures;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.ashlar.AshlarException;
import dev.ashlar.CompactionEstimate;
import dev.ashlar.Durability;
import dev.ashlar.Keyspace;
import dev.ashlar.StorageException;
import dev.ashlar.Store;
import dev.ashlar.StoreClosedException;
import dev.ashlar.StoreFailedException;
import dev.ashlar.StoreFullException;
import dev.ashlar.StoreStats;
import dev.ashlar.ValueOutputStream;
import dev.ashlar.engine.TestEngines;
import dev.ashlar.io.FaultyStorage;
import dev.ashlar.io.FaultyStorage.Extent;
import dev.ashlar.io.FaultyStorage.Kind;
import dev.ashlar.io.FaultyStorage.Operation;
import dev.ashlar.io.TestStorages;
import java.io.ByteArrayInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.Pipe;
import java.nio.channels.ReadableByteChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Values that come in pieces, from every kind of source, and what is left when one breaks off. */
class StreamedPutTest extends FailureFixture {
    private static final int PIECE = 64 << 10;

    /** Values above this have a file; small, so that all sizes around it are tried. */
    private static final int MOST_INLINE = 4 * PIECE;

    private static final int[] SIZES = {
        0,
        1,
        4_095,
        4_096,
        4_097,
        PIECE - 1,
        PIECE,
        PIECE + 1,
        3 * PIECE,
        MOST_INLINE - 1,
        MOST_INLINE,
        MOST_INLINE + 1,
        MOST_INLINE + PIECE,
        MOST_INLINE + PIECE + 1,
        3 * MOST_INLINE + 17
    };

    private Path path;
    private FaultyStorage storage;

    @BeforeEach
    void prepare() {
        path = directory.resolve("store");
        storage = FaultyStorage.withoutDevice(path);
    }

    private Store open() {
        return TestEngines.small(path, storage, SMALL, true, 512 << 10, MOST_INLINE);
    }

    private List<String> valueFiles() {
        try (Stream<Path> files = Files.list(path.resolve("values"))) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A source that breaks off after some bytes. */
    private static InputStream broken(byte[] content, int after, Exception failure) {
        return new FilterInputStream(new ByteArrayInputStream(content)) {
            private int given;

            @Override
            public int read(byte[] target, int offset, int count) throws IOException {
                if (given == after) {
                    if (failure instanceof RuntimeException e) {
                        throw e;
                    }
                    throw (IOException) failure;
                }
                int read = super.read(target, offset, Math.min(count, after - given));
                given += Math.max(0, read);
                return read;
            }
        };
    }

    /** The ways to put a value in pieces. */
    enum Way {
        STREAM {
            @Override
            long put(Keyspace space, String key, byte[] value, Path scratch) {
                return space.putStream(key, new ByteArrayInputStream(value), Durability.APPENDED);
            }
        },
        DRIPPING_STREAM {
            @Override
            long put(Keyspace space, String key, byte[] value, Path scratch) {
                Random random = new Random(value.length);
                InputStream dripping = new ByteArrayInputStream(value) {
                    @Override
                    public synchronized int read(byte[] target, int offset, int count) {
                        return super.read(target, offset, Math.min(count, 1 + random.nextInt(9_000)));
                    }
                };
                return space.putStream(key, dripping, Durability.DURABLE);
            }
        },
        CHANNEL {
            @Override
            long put(Keyspace space, String key, byte[] value, Path scratch) {
                ReadableByteChannel source = Channels.newChannel(new ByteArrayInputStream(value));
                return space.putStream(key, source, Durability.APPENDED);
            }
        },
        FILE_CHANNEL {
            @Override
            long put(Keyspace space, String key, byte[] value, Path scratch) throws IOException {
                Files.write(scratch, value);
                try (FileChannel source = FileChannel.open(scratch)) {
                    return space.putStream(key, source, Durability.APPENDED);
                }
            }
        },
        FILE {
            @Override
            long put(Keyspace space, String key, byte[] value, Path scratch) throws IOException {
                Files.write(scratch, value);
                return space.putFile(key, scratch, Durability.APPENDED);
            }
        },
        SEGMENT {
            @Override
            long put(Keyspace space, String key, byte[] value, Path scratch) {
                try (Arena arena = Arena.ofConfined()) {
                    MemorySegment native_ =
                            arena.allocate(Math.max(1, value.length)).asSlice(0, value.length);
                    return space.put(bytes(key), native_.copyFrom(MemorySegment.ofArray(value)), Durability.APPENDED);
                }
            }
        },
        OUTPUT_BYTES {
            @Override
            long put(Keyspace space, String key, byte[] value, Path scratch) {
                ValueOutputStream out = space.outputStream(key, Durability.APPENDED);
                try (out) {
                    out.write(value);
                    out.flush();
                    assertEquals(value.length, out.length());
                }
                return out.version();
            }
        },
        OUTPUT_MIXED {
            @Override
            long put(Keyspace space, String key, byte[] value, Path scratch) {
                return space.putStream(
                        key,
                        out -> {
                            Random random = new Random(value.length);
                            for (int at = 0; at < value.length; ) {
                                int count = Math.min(value.length - at, 1 + random.nextInt(30_000));
                                switch (random.nextInt(5)) {
                                    case 0 -> {
                                        count = 1;
                                        out.write(value[at]);
                                    }
                                    case 1 -> out.write(value, at, count);
                                    case 2 -> assertEquals(count, out.write(ByteBuffer.wrap(value, at, count)));
                                    case 3 ->
                                        out.write(MemorySegment.ofArray(value).asSlice(at, count));
                                    default -> {
                                        ByteBuffer direct = ByteBuffer.allocateDirect(count);
                                        direct.put(value, at, count).flip();
                                        out.write(direct);
                                    }
                                }
                                at += count;
                            }
                        },
                        Durability.DURABLE);
            }
        };

        abstract long put(Keyspace space, String key, byte[] value, Path scratch) throws IOException;
    }

    @ParameterizedTest
    @EnumSource(Way.class)
    @DisplayName("A8: every way to put a value in pieces stores it whole, around every limit on the way")
    void everyWayStoresTheWholeValue(Way way) throws IOException {
        TreeMap<String, byte[]> model = new TreeMap<>();
        try (Store store = open()) {
            Keyspace space = store.keyspace("k");
            for (int size : SIZES) {
                byte[] value = random(size, way.ordinal());
                long lsn = way.put(space, "key-" + size, value, directory.resolve("scratch"));
                assertEquals(lsn, version(space, "key-" + size));
                model.put("key-" + size, value);
            }
            assertHolds(model, space);
            assertIntact(store);
            long large = Arrays.stream(SIZES).filter(size -> size > MOST_INLINE).count();
            assertEquals(large, store.stats().valueFiles());
            assertEquals(large, valueFiles().size());
        }
        assertReopens(model, path, "k");
    }

    private static long version(Keyspace space, String key) {
        var cursor = space.cursor();
        assertTrue(cursor.find(bytes(key)));
        return cursor.version();
    }

    @ParameterizedTest
    @ValueSource(ints = {(8 << 20) - 1, 8 << 20, (8 << 20) + 1})
    @DisplayName("Values around 8 MiB, as users have them, are whole, and have a file only above")
    void valuesAround8MiB(int size) throws IOException {
        TreeMap<String, byte[]> model = new TreeMap<>();
        try (Store store = Store.open(path, SMALL)) {
            Keyspace space = store.keyspace("k");
            for (Way way : List.of(Way.STREAM, Way.FILE, Way.OUTPUT_BYTES, Way.SEGMENT)) {
                byte[] value = random(size, way.ordinal());
                way.put(space, way.name(), value, directory.resolve("scratch"));
                model.put(way.name(), value);
            }
            assertHolds(model, space);
            assertEquals(size > 8 << 20 ? 4 : 0, valueFiles().size());
        }
        assertReopens(model, path, "k");
    }

    // --------------------------------------------------------------------------------------------- sources that break

    @Test
    @DisplayName("A10: a source that breaks off at any limit on the way leaves nothing, and its exception comes out")
    void aSourceThatBreaksLeavesNothing() throws IOException {
        byte[] content = random(3 * MOST_INLINE, 1);
        try (Store store = open()) {
            Keyspace space = store.keyspace("k");
            space.put("there", bytes("old"));
            StoreStats before = store.stats();
            IOException failure = new IOException("source broke");
            IllegalStateException unchecked = new IllegalStateException("source broke");
            for (int after : SIZES) {
                if (after >= content.length) {
                    continue;
                }
                for (String key : List.of("there", "new")) {
                    assertSame(
                            failure,
                            assertThrows(
                                            UncheckedIOException.class,
                                            () -> space.putStream(
                                                    key, broken(content, after, failure), Durability.DURABLE))
                                    .getCause());
                    ReadableByteChannel channel = Channels.newChannel(broken(content, after, failure));
                    assertSame(
                            failure,
                            assertThrows(
                                            UncheckedIOException.class,
                                            () -> space.putStream(key, channel, Durability.DURABLE))
                                    .getCause());
                    assertSame(
                            unchecked,
                            assertThrows(
                                    IllegalStateException.class,
                                    () -> space.putStream(key, broken(content, after, unchecked), Durability.DURABLE)));
                    assertSame(
                            failure,
                            assertThrows(
                                    IOException.class,
                                    () -> space.putStream(
                                            key,
                                            out -> {
                                                out.write(content, 0, after);
                                                throw failure;
                                            },
                                            Durability.DURABLE)));
                }
                assertEquals(List.of(), valueFiles(), "after " + after);
            }
            assertHolds(Map.of("there", bytes("old")), space);
            assertEquals(before.writes(), store.stats().writes(), "nothing was written to the log");
            assertEquals(0, store.stats().valueFiles());
            assertEquals(0, store.stats().valueFileBytes());
        }
        assertReopens(Map.of("there", bytes("old")), path, "k");
    }

    @Test
    @DisplayName("A10: a source that says it gave more than it was asked for is refused")
    void aSourceThatLiesIsRefused() {
        try (Store store = open()) {
            Keyspace space = store.keyspace("k");
            InputStream lying = new InputStream() {
                @Override
                public int read() {
                    return 1;
                }

                @Override
                public int read(byte[] target, int offset, int count) {
                    return count + 1;
                }
            };
            UncheckedIOException e =
                    assertThrows(UncheckedIOException.class, () -> space.putStream("k", lying, Durability.APPENDED));
            assertTrue(
                    e.getCause().getMessage().contains("asked for"),
                    e.getCause().getMessage());
            assertNull(space.get("k"));
        }
    }

    @Test
    @DisplayName("Bad arguments are refused before anything is read, and change nothing")
    void badArgumentsAreRefused() throws IOException {
        try (Store store = open()) {
            Keyspace space = store.keyspace("k");
            byte[] tooLong = new byte[Keyspace.MAX_KEY_BYTES + 1];
            InputStream untouched = new InputStream() {
                @Override
                public int read() {
                    throw new AssertionError("was read");
                }
            };
            Durability level = Durability.APPENDED;
            Path absent = directory.resolve("absent");
            assertThrows(IllegalArgumentException.class, () -> space.putStream(tooLong, untouched, level));
            assertThrows(IllegalArgumentException.class, () -> space.putFile(tooLong, absent, level));
            assertThrows(IllegalArgumentException.class, () -> space.outputStream(tooLong, level));
            assertThrows(IllegalArgumentException.class, () -> space.putFile("k", directory, level));
            assertInstanceOf(
                    NoSuchFileException.class,
                    assertThrows(UncheckedIOException.class, () -> space.putFile("k", absent, level))
                            .getCause());
            assertThrows(NullPointerException.class, () -> space.putStream(bytes("k"), (InputStream) null, level));
            assertThrows(NullPointerException.class, () -> space.putFile(bytes("k"), null, level));
            assertThrows(NullPointerException.class, () -> space.putStream(bytes("k"), untouched, null));
            assertThrows(NullPointerException.class, () -> space.outputStream(bytes("k"), null));
            assertThrows(NullPointerException.class, () -> space.outputStream((byte[]) null, level));
            assertThrows(NullPointerException.class, () -> space.put((byte[]) null, bytes("v"), level));
            assertThrows(NullPointerException.class, () -> space.put(bytes("k"), (byte[]) null, level));
            assertThrows(NullPointerException.class, () -> space.put(bytes("k"), bytes("v"), (Durability) null));
            Pipe pipe = Pipe.open();
            try (Pipe.SourceChannel source = pipe.source();
                    Pipe.SinkChannel sink = pipe.sink()) {
                source.configureBlocking(false);
                assertThrows(IllegalArgumentException.class, () -> space.putStream("k", source, level));
                assertTrue(sink.isOpen());
            }
            try (ValueOutputStream out = space.outputStream("out", level)) {
                out.write(bytes("ab"));
                assertThrows(IndexOutOfBoundsException.class, () -> out.write(bytes("ab"), 1, 2));
                assertThrows(NullPointerException.class, () -> out.write((MemorySegment) null));
                assertThrows(NullPointerException.class, () -> out.write((ByteBuffer) null));
                out.write(bytes("c"));
            }
            assertHolds(Map.of("out", bytes("abc")), space);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    @DisplayName("A33: a file that is cut or extended while it is read: what was read is stored, and verifies")
    void aFileThatChangesWhileItIsRead(boolean cut) throws IOException {
        byte[] content = random(3 * MOST_INLINE, 1);
        Path source = directory.resolve("source");
        Files.write(source, content);
        byte[] more = random(100_000, 2);
        storage.hook(call -> {
            if (call.operation() == Operation.CREATE && call.file().startsWith("values/")) {
                try (FileChannel channel = FileChannel.open(source, StandardOpenOption.WRITE)) {
                    if (cut) {
                        channel.truncate(MOST_INLINE / 2);
                    } else {
                        channel.write(ByteBuffer.wrap(more), content.length);
                    }
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }
        });
        byte[] found;
        try (Store store = open()) {
            Keyspace space = store.keyspace("k");
            space.putFile("k", source, Durability.DURABLE);
            found = value(space.get("k"));
            assertNotNull(found);
            assertIntact(store);
        }
        if (cut) {
            assertTrue(found.length >= MOST_INLINE && found.length < content.length, found.length + " bytes");
            assertArrayEquals(Arrays.copyOf(content, found.length), found);
        } else {
            assertEquals(content.length + more.length, found.length);
            assertArrayEquals(content, Arrays.copyOf(found, content.length));
            assertArrayEquals(more, Arrays.copyOfRange(found, content.length, found.length));
        }
        assertReopens(Map.of("k", found), path, "k");
    }

    // ------------------------------------------------------------------------------------------------ output streams

    @Test
    @DisplayName("An output stream shows nothing before it is closed, and nothing if it was abandoned")
    void anAbandonedStreamLeavesNothing() throws IOException {
        try (Store store = open()) {
            Keyspace space = store.keyspace("k");
            StoreStats before = store.stats();
            for (int size : SIZES) {
                ValueOutputStream out = space.outputStream("k", Durability.DURABLE);
                out.write(random(size, 1));
                assertTrue(out.isOpen());
                assertNull(space.get("k"));
                assertThrows(IllegalStateException.class, out::version);
                out.abandon();
                out.abandon();
                out.close();
                assertTrue(out.isAbandoned());
                assertFalse(out.isOpen());
                assertEquals(size, out.length());
                assertThrows(IllegalStateException.class, () -> out.write(1));
                assertThrows(IllegalStateException.class, out::version);
                assertEquals(List.of(), valueFiles());
            }
            assertEquals(Keyspace.NOT_WRITTEN, space.putStream("k", ValueOutputStream::abandon, Durability.APPENDED));
            assertNull(space.get("k"));
            assertEquals(before.writes(), store.stats().writes());
            assertEquals(0, store.stats().valueFiles());
        }
        assertReopens(Map.of(), path, "k");
        assertEquals(List.of(), valueFiles());
    }

    @Test
    @DisplayName("An output stream that is closed twice stores once, and takes nothing more")
    void aStreamThatIsClosedTwiceStoresOnce() {
        try (Store store = open()) {
            Keyspace space = store.keyspace("k");
            byte[] key = bytes("k");
            ValueOutputStream out = space.outputStream(key, Durability.DURABLE);
            key[0] = 'x';
            out.write(bytes("value"));
            out.close();
            long writes = store.stats().writes();
            out.close();
            out.abandon();
            assertFalse(out.isAbandoned());
            assertEquals(writes, store.stats().writes());
            assertTrue(store.durableLsn() > out.version());
            assertThrows(IllegalStateException.class, () -> out.write(1));
            assertThrows(IllegalStateException.class, () -> out.write(ByteBuffer.allocate(1)));
            assertHolds(Map.of("k", bytes("value")), space);
        }
    }

    @Test
    @DisplayName("The documented pattern keeps half a value out; the plain one does not, as documented")
    void thePatternKeepsHalfAValueOut() {
        try (Store store = open()) {
            Keyspace space = store.keyspace("k");
            IllegalStateException broken = new IllegalStateException("encoder");
            assertSame(broken, assertThrows(IllegalStateException.class, () -> {
                try (ValueOutputStream out = space.outputStream("pattern", Durability.APPENDED)) {
                    try {
                        out.write(bytes("half"));
                        throw broken;
                    } catch (Throwable e) {
                        out.abandon();
                        throw e;
                    }
                }
            }));
            assertEquals(0, broken.getSuppressed().length);
            assertThrows(IllegalStateException.class, () -> {
                try (ValueOutputStream out = space.outputStream("plain", Durability.APPENDED)) {
                    out.write(bytes("half"));
                    throw broken;
                }
            });
            assertHolds(Map.of("plain", bytes("half")), space);
        }
    }

    @Test
    @DisplayName("Hundreds of output streams at once, and other writers, keep each other waiting for nothing")
    void manyStreamsAtOnce() {
        TreeMap<String, byte[]> model = new TreeMap<>();
        try (Store store = open()) {
            Keyspace space = store.keyspace("k");
            List<ValueOutputStream> streams = new ArrayList<>();
            List<byte[]> values = new ArrayList<>();
            for (int i = 0; i < 300; i++) {
                values.add(random(SIZES[i % SIZES.length], i));
                streams.add(space.outputStream("stream-" + i, Durability.APPENDED));
            }
            for (int from = 0; from < 3 * MOST_INLINE + 17; from += 50_000) {
                for (int i = 0; i < streams.size(); i++) {
                    byte[] value = values.get(i);
                    if (from < value.length) {
                        streams.get(i).write(value, from, Math.min(50_000, value.length - from));
                    }
                }
                space.put("other-" + from, bytes("v"), Durability.DURABLE);
                model.put("other-" + from, bytes("v"));
            }
            for (int i = 0; i < streams.size(); i++) {
                streams.get(i).close();
                model.put("stream-" + i, values.get(i));
            }
            assertHolds(model, space);
        }
        assertReopens(model, path, "k");
    }

    @Test
    @DisplayName("The file of a stream that was forgotten goes while the store is open, and stats never show it")
    void aForgottenStreamLeavesNothing() {
        try (Store store = open()) {
            Keyspace space = store.keyspace("k");
            space.put("k", bytes("v"));
            forget(space);
            assertEquals(0, store.stats().valueFiles());
            assertEquals(0, store.stats().valueFileBytes());
            eventually(
                    Duration.ofSeconds(60),
                    () -> {
                        System.gc();
                        return valueFiles().isEmpty();
                    },
                    "the file of a forgotten stream is gone");
            assertHolds(Map.of("k", bytes("v")), space);
        }
        assertReopens(Map.of("k", bytes("v")), path, "k");
    }

    private void forget(Keyspace space) {
        ValueOutputStream out = space.outputStream("forgotten", Durability.APPENDED);
        out.write(new byte[2 * MOST_INLINE]);
        assertEquals(1, valueFiles().size());
        Reference.reachabilityFence(out);
    }

    @Test
    @DisplayName("A1: the file of a stream that is open when the process is killed is swept at opening")
    void aStreamThatIsOpenAtAKillIsSwept() throws IOException {
        Path after;
        try (Store store = open()) {
            Keyspace space = store.keyspace("k");
            space.put("k", bytes("v"));
            ValueOutputStream out = space.outputStream("open", Durability.APPENDED);
            out.write(new byte[2 * MOST_INLINE]);
            after = crash(store, "killed");
            try (Stream<Path> files = Files.list(after.resolve("values"))) {
                assertEquals(1, files.count());
            }
            out.abandon();
        }
        try (Store store = Store.open(after, SMALL)) {
            assertEquals(
                    1,
                    store.recovery().sweptFiles().stream()
                            .filter(name -> name.startsWith("values/"))
                            .count());
            assertHolds(Map.of("k", bytes("v")), store.keyspace("k"));
        }
        try (Stream<Path> files = Files.list(after.resolve("values"))) {
            assertEquals(0, files.count());
        }
    }

    // ------------------------------------------------------------------------ closed, failed, full, interrupted midway

    @ParameterizedTest
    @ValueSource(ints = {10, PIECE + 10, MOST_INLINE + PIECE + 10})
    @DisplayName("A store that is closed under an output stream removes its file, and the stream says so")
    void aStoreThatIsClosedUnderAStream(int size) {
        Store store = open();
        Keyspace space = store.keyspace("k");
        ValueOutputStream out = space.outputStream("k", Durability.APPENDED);
        out.write(random(size, 1));
        store.close();
        assertEquals(List.of(), valueFiles());
        assertThrows(StoreClosedException.class, () -> {
            out.write(random(2 * MOST_INLINE, 2));
            out.close();
        });
        assertThrows(StoreClosedException.class, out::close);
        assertThrows(StoreClosedException.class, () -> space.outputStream("k", Durability.APPENDED));
        assertThrows(IllegalStateException.class, out::version);
        assertReopens(Map.of(), path, "k");
    }

    @Test
    @DisplayName("A stream of a store that was closed removes nothing of whoever has opened the directory since")
    void aLateStreamHarmsNobody() {
        Store store = open();
        ValueOutputStream out = store.keyspace("k").outputStream("k", Durability.APPENDED);
        out.write(random(2 * MOST_INLINE, 1));
        String file = valueFiles().getFirst();
        store.close();
        try (Store next =
                TestEngines.small(path, FaultyStorage.withoutDevice(path), SMALL, true, 512 << 10, MOST_INLINE)) {
            Keyspace space = next.keyspace("k");
            byte[] value = random(2 * MOST_INLINE, 2);
            TreeMap<String, byte[]> model = new TreeMap<>();
            do {
                String key = "n" + model.size();
                space.put(key, value);
                model.put(key, value);
            } while (valueFiles().getLast().compareTo(file) < 0);
            List<String> before = valueFiles();
            out.abandon();
            assertEquals(before, valueFiles());
            assertHolds(model, space);
        }
    }

    @Test
    @DisplayName("A stream whose source is slow when the store is closed gets a typed error and leaves nothing")
    void aSlowSourceUnderAClose() throws Exception {
        byte[] content = random(3 * MOST_INLINE, 1);
        Store store = open();
        Keyspace space = store.keyspace("k");
        Worker[] closer = new Worker[1];
        InputStream closing = new FilterInputStream(new ByteArrayInputStream(content)) {
            private int given;

            @Override
            public int read(byte[] target, int offset, int count) throws IOException {
                if (given >= 2 * MOST_INLINE && closer[0] == null) {
                    closer[0] = Worker.start("closer", store::close);
                    closer[0].thread().interrupt();
                    eventually(Duration.ofSeconds(60), () -> valueFiles().isEmpty(), "the store is closed");
                }
                int read = super.read(target, offset, count);
                given += Math.max(0, read);
                return read;
            }
        };
        assertThrows(StoreClosedException.class, () -> space.putStream("k", closing, Durability.APPENDED));
        closer[0].join(Duration.ofSeconds(60));
        assertEquals(List.of(), valueFiles());
        assertReopens(Map.of(), path, "k");
    }

    @Test
    @DisplayName(
            "A9: a disk that is full at any step of a stream: StoreFullException, nothing left, the next one is stored")
    void aFullDiskAtAnyStep() {
        EnumSet<Operation> steps = EnumSet.of(Operation.WRITE, Operation.CREATE, Operation.ALLOCATE);
        byte[] value = random(2 * MOST_INLINE + 100, 1);
        // Without syncs in the background nobody else writes, and meets the error instead.
        try (Store store =
                TestEngines.small(path, storage, SMALL.withSyncInterval(Duration.ZERO), true, 512 << 10, MOST_INLINE)) {
            Keyspace space = store.keyspace("k");
            space.put("there", bytes("v"));
            TestEngines.tick(store);
            int n = 1;
            while (true) {
                storage.failAt(steps, n, Kind.ENOSPC, Extent.HALF);
                ValueOutputStream out = space.outputStream("k", Durability.DURABLE);
                boolean full = false;
                try {
                    for (int from = 0; from < value.length; from += 10_000) {
                        out.write(value, from, Math.min(10_000, value.length - from));
                    }
                    out.close();
                } catch (StoreFullException e) {
                    full = true;
                    StoreFullException again = assertThrows(StoreFullException.class, out::close);
                    assertTrue(again != e, "it can be added to the first as suppressed");
                    assertFalse(out.isOpen());
                }
                storage.heal();
                if (!full) {
                    assertEquals(0, storage.fired(), "the device was full and nobody was told");
                    break;
                }
                assertNull(space.get("k"));
                eventually(Duration.ofSeconds(60), () -> valueFiles().isEmpty(), "no file is left");
                n++;
            }
            assertTrue(n > 5, n + " steps");
            assertHolds(Map.of("there", bytes("v"), "k", value), space);
        }
        assertReopens(Map.of("there", bytes("v"), "k", value), path, "k");
    }

    @Test
    @DisplayName("A25: a store that fails under an output stream says so at the next piece, and the file goes")
    void aStoreThatFailsUnderAStream() {
        try (Store store = open()) {
            Keyspace space = store.keyspace("k");
            ValueOutputStream small = space.outputStream("small", Durability.APPENDED);
            small.write(bytes("v"));
            ValueOutputStream large = space.outputStream("large", Durability.APPENDED);
            large.write(random(2 * MOST_INLINE, 1));
            CompactionEstimate ignored = store.estimateCompaction(); // behind what maintenance was about to sync
            storage.failAt(EnumSet.of(Operation.SYNC), 1, Kind.EIO, Extent.NOTHING);
            assertThrows(StoreFailedException.class, () -> space.put(bytes("x"), bytes("v"), Durability.DURABLE));
            assertThrows(StoreFailedException.class, small::close);
            assertThrows(StoreFailedException.class, () -> large.write(random(PIECE + 1, 2)));
            assertFalse(large.isOpen());
            AshlarException e = assertThrows(StoreFailedException.class, large::close);
            assertNotNull(e.getMessage());
            assertEquals(List.of(), valueFiles());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"posix", "channel"})
    @DisplayName("A27: streams on an interrupted thread are stored or leave nothing, and harm nobody")
    void interruptedStreams(String kind) throws Exception {
        Files.createDirectories(path);
        byte[] content = random(2 * MOST_INLINE, 1);
        Path source = directory.resolve("source");
        Files.write(source, content);
        TreeMap<String, byte[]> model = new TreeMap<>();
        try (Store store =
                TestEngines.small(path, TestStorages.open(kind, path), SMALL, true, 512 << 10, MOST_INLINE)) {
            Keyspace space = store.keyspace("k");
            for (int size : SIZES) {
                String key = "k" + size;
                byte[] value = random(size, 2);
                Worker worker = Worker.start("interrupted", () -> {
                    Thread.currentThread().interrupt();
                    try (ValueOutputStream out = space.outputStream(key, Durability.DURABLE)) {
                        out.write(value);
                    } catch (AshlarException e) {
                        assertFalse(space.contains(key), () -> key + " failed and is there: " + e);
                    }
                    assertTrue(Thread.currentThread().isInterrupted());
                    try {
                        space.putFile("file", source, Durability.APPENDED);
                    } catch (StorageException | UncheckedIOException e) {
                        assertEquals("channel", kind, e.toString());
                    }
                });
                worker.join(Duration.ofSeconds(60));
                if (space.contains(key)) {
                    model.put(key, value);
                }
                space.put(bytes("after"), bytes("v" + size), Durability.DURABLE);
                model.put("after", bytes("v" + size));
                if (space.contains("file")) {
                    model.put("file", content);
                }
            }
            assertTrue(
                    kind.equals("channel") || model.size() == SIZES.length + 2,
                    model.keySet().toString());
            assertHolds(model, space);
            eventually(
                    Duration.ofSeconds(60),
                    () -> valueFiles().size() == store.stats().valueFiles(),
                    "files that no record names are gone");
        }
        assertReopens(model, path, "k");
    }
}
