package dev.ashlar.failures;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.fasterxml.jackson.databind.JsonNode;
import dev.ashlar.CorruptionException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * The reader in C and the engine treat what no engine writes alike: fields at and beyond their limits, under checksums
 * that hold.
 */
class SecondReaderLimitsTest extends FailureTest {
    private static final byte[] NAME = bytes("name");

    private ReaderComparison comparison;
    private StoreFiles crashed;
    private StoreFiles closed;

    @BeforeEach
    void build() {
        comparison = new ReaderComparison(this);
        crashed = crashAfter(path("store"), store -> {
            store.keyspace("k").put("key", bytes("value"));
            store.keyspace("k").put("x", bytes("old"));
        });
        closed = StoreFiles.of(path("store"));
    }

    /** A frame behind the end of a log, once above the watermark and once below it, and an ordinary one behind. */
    private void add(String what, UnaryOperator<FrameWriter> frame) {
        StoreFiles above = crashed.copy();
        frame.apply(new FrameWriter(above)).write().key(bytes("behind")).write();
        comparison.addWithoutCheckpoints(what + ", above the watermark", above);
        StoreFiles below = crashed.copy();
        frame.apply(new FrameWriter(below))
                .write()
                .key(bytes("behind"))
                .watermarkDistance(0)
                .write();
        comparison.addWithoutCheckpoints(what + ", below the watermark", below);
    }

    @Test
    void typesFlagsAndAlignmentsAreReadAlike() {
        add("an ordinary frame", frame -> frame);
        for (int type : new int[] {0, 5, 255}) {
            add("type " + type, frame -> frame.type(type));
        }
        for (int bits : new int[] {4, 12, 13, 18}) {
            add("alignment 2^" + bits, frame -> frame.alignmentBits(bits));
        }
        for (int type = 1; type <= 4; type++) {
            for (int flags = 0; flags <= 15; flags++) {
                addType(type, flags);
            }
        }
        comparison.finish();
    }

    private void addType(int type, int flags) {
        String what = "type " + type + " with flags " + flags;
        add(what + " and no payload", frame -> frame.type(type).flags(flags).payload());
        if (type == 1 || flags == 1) {
            add(what, frame -> frame.type(type).flags(flags));
            add(
                    what + " and no key",
                    frame -> frame.type(type).flags(flags).key().payload(new byte[16]));
        }
    }

    @Test
    void numbersOfFramesAreReadAlike() {
        for (int space : new int[] {2, 65_535, 65_536, -1}) {
            add("a put in space " + space, frame -> frame.space(space));
            add(
                    "a deletion in space " + space,
                    frame -> frame.space(space).type(3).payload());
            add(
                    "a mark in space " + space,
                    frame -> frame.space(space).type(4).payload().key());
        }
        for (int distance : new int[] {1, 8, 72, 1 << 20, -1}) {
            add("batch distance " + distance, frame -> frame.batchDistance(distance));
            add(
                    "batch distance " + distance + " without an end",
                    frame -> frame.batchDistance(distance).flags(0));
        }
        for (int distance : new int[] {0, 1, 3, 8, 72, 100_000, -2}) {
            add("watermark distance " + distance, frame -> frame.watermarkDistance(distance));
        }
        for (long version : new long[] {0, 1, 1L << 40, -1}) {
            add("version " + version, frame -> frame.flags(3).version(version));
        }
        for (long expiry : new long[] {0, 1, 1L << 40, Long.MAX_VALUE, Long.MIN_VALUE, -1}) {
            add("expiry " + expiry, frame -> frame.flags(9).expiry(expiry));
            add(
                    "expiry " + expiry + " of a record that was moved, in a file",
                    frame -> frame.flags(15).payload().expiry(expiry));
            add(
                    "expiry " + expiry + " of a deletion",
                    frame -> frame.type(3).flags(9).payload().expiry(expiry));
            add(
                    "expiry " + expiry + " in space 0",
                    frame -> frame.space(0).flags(9).expiry(expiry));
        }
        for (int length : new int[] {2, 1 << 20, 8 << 20, (8 << 20) + 1, -1}) {
            add("payload length " + length, frame -> frame.payload().payloadLength(length));
        }
        for (int type = 2; type <= 4; type++) {
            int each = type;
            add(
                    "a wrong payload checksum, type " + type,
                    frame -> frame.type(each).payloadChecksum(1));
        }
        for (long length : new long[] {0, 1, 1L << 40, Long.MAX_VALUE, -1}) {
            add(
                    "a value file of " + length + " bytes",
                    frame -> frame.flags(5).payload().valueFile(length & 1, length));
        }
        comparison.finish();
    }

    private static byte[] definition(int kind, int bits, int length, byte[] name) {
        byte[] payload = new byte[4 + name.length];
        StoreFiles.little(payload)
                .put(0, (byte) kind)
                .put(1, (byte) bits)
                .putShort(2, (short) length)
                .put(4, name);
        return payload;
    }

    private static byte[] id(int id) {
        return ByteBuffer.allocate(4).putInt(id).array();
    }

    private void addDefinition(String what, int id, byte[] payload) {
        add("a definition " + what, frame -> frame.space(0).key(id(id)).payload(payload));
    }

    @Test
    void definitionsOfKeyspacesAreReadAlike() {
        addDefinition("as it should be", 2, definition(1, 3, 4, NAME));
        addDefinition("of kind 2", 2, definition(2, 3, 4, NAME));
        addDefinition("with alignment 4", 2, definition(1, 2, 4, NAME));
        addDefinition("with alignment 8192", 2, definition(1, 13, 4, NAME));
        addDefinition("with a longer name", 2, definition(1, 3, 5, NAME));
        addDefinition("with a shorter name", 2, definition(1, 3, 3, NAME));
        addDefinition("without a name", 2, definition(1, 3, 0, bytes("")));
        addDefinition("with a name of 255 bytes", 2, definition(1, 3, 255, bytes("n".repeat(255))));
        addDefinition("with a name of 256 bytes", 2, definition(1, 3, 256, bytes("n".repeat(256))));
        addDefinition("with a control character", 2, definition(1, 3, 4, bytes("na\n\u0001")));
        addDefinition("with a name that is not UTF-8", 2, definition(1, 3, 2, new byte[] {(byte) 0xC0, (byte) 0x80}));
        addDefinition("with a half character", 2, definition(1, 3, 2, new byte[] {'n', (byte) 0xE2}));
        addDefinition("that is another", 1, definition(1, 3, 4, NAME));
        addDefinition("again", 1, definition(1, 6, 1, bytes("k")));
        addDefinition("of space 0", 0, definition(1, 3, 4, NAME));
        addDefinition("of space 65536", 65_536, definition(1, 3, 4, NAME));
        addDefinition("without payload", 2, new byte[0]);
        add(
                "a definition with a key of 5 bytes",
                frame -> frame.space(0).key(new byte[5]).payload(definition(1, 3, 4, NAME)));
        add(
                "a definition with a wrong checksum",
                frame -> frame.space(0)
                        .key(id(2))
                        .payload(definition(1, 3, 4, NAME))
                        .payloadChecksum(1));
        add(
                "a definition that is removed",
                frame -> frame.space(0).key(id(1)).type(3).payload());
        comparison.finish();
    }

    private void addProperty(String what, int id, int number, int length) {
        byte[] key = ByteBuffer.allocate(5).putInt(id).put((byte) number).array();
        add("a property " + what, frame -> frame.space(0).key(key).payload(new byte[length]));
    }

    @Test
    void propertiesOfSpacesAreReadAlike() {
        addProperty("without the feature", 1, 1, 3);
        for (StoreFiles files : List.of(crashed, closed)) {
            files.changeManifests(manifest -> manifest.putInt(12, 4));
        }
        addProperty("as it should be", 1, 1, 3);
        addProperty("of a space without a definition", 2, 1, 3);
        addProperty("of the last space", 65_535, 1, 3);
        addProperty("of space 0", 0, 1, 3);
        addProperty("of space 65536", 65_536, 1, 3);
        addProperty("of space -1", -1, 1, 3);
        for (int number : new int[] {0, 2, 127, 128, 255}) {
            addProperty("with number " + number, 1, number, 3);
        }
        addProperty("of no bytes", 1, 1, 0);
        addProperty("of 65535 bytes", 1, 1, 65_535);
        addProperty("of 65536 bytes", 1, 1, 65_536);
        byte[] key = {0, 0, 0, 1, 1};
        add(
                "a property in a file",
                frame -> frame.space(0).key(key).flags(5).payload().valueFile(1, 10));
        add("a property with a wrong checksum", frame -> frame.space(0).key(key).payloadChecksum(1));
        add(
                "a property that is removed",
                frame -> frame.space(0).key(key).type(3).payload());
        add(
                "a record of the catalog with a key of 6 bytes",
                frame -> frame.space(0).key(new byte[6]));
        add("a definition beside properties", frame -> frame.space(0).key(id(2)).payload(definition(1, 3, 4, NAME)));
        comparison.finish();
    }

    private void addManifest(String what, Consumer<ByteBuffer> change) {
        for (StoreFiles files : List.of(crashed, closed)) {
            StoreFiles image = files.copy();
            image.changeManifests(change);
            comparison.addWithoutCheckpoints(what + (files == closed ? ", closed" : ""), image);
        }
    }

    @Test
    void numbersOfManifestsAreReadAlike() {
        for (int at : new int[] {8, 12, 20}) {
            addManifest("the manifest has 2 at " + at, manifest -> manifest.putInt(at, 2));
        }
        for (int at : new int[] {40, 56, 64, 88}) {
            for (long value : new long[] {0, 1, 4096, 1L << 40, 1L << 62, -1}) {
                addManifest("the manifest has " + value + " at " + at, manifest -> manifest.putLong(at, value));
            }
        }
        for (int count : new int[] {0, 2, -1}) {
            addManifest("the manifest has " + count + " chunks", manifest -> manifest.putInt(48, count));
        }
        for (int at : new int[] {0, 8, 16}) {
            for (long value : new long[] {0, 1, 128, 4096, 4224, 1L << 20, 64 << 20, 65 << 20, 1L << 62, -1}) {
                addManifest("the entry of a chunk has " + value + " at " + at, manifest -> {
                    if (manifest.getInt(48) > 0) {
                        manifest.putLong(112 + at, value);
                    }
                });
            }
        }
        comparison.finish();
    }

    /** The engine has to add chunks, the reader does not. */
    @Test
    void whereNoAddressIsLeftTheEngineRefusesAndChangesNothing() {
        StoreFiles image = closed.copy();
        image.put("log/3ffffffffffff000.log", new byte[4096]);
        Path directory = path("full");
        image.writeTo(directory);
        assertThrows(CorruptionException.class, () -> quick(directory).close());
        assertEquals(List.of(), image.differences(StoreFiles.of(directory)));
        JsonNode read = NativeReader.get()
                .json(List.of("list", "--json"), List.of(directory))
                .getFirst();
        assertEquals(2, read.get("records").size());
    }
}
