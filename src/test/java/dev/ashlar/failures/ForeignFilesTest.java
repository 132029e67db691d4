package dev.ashlar.failures;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.ashlar.AshlarException;
import dev.ashlar.CorruptionException;
import dev.ashlar.Store;
import dev.ashlar.UnsupportedFormatException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What is not a store, is one of a newer format, or lies about its sizes. */
class ForeignFilesTest extends FailureTest {
    private static Map<String, byte[]> foreign() {
        byte[] png = Arrays.copyOf(new byte[] {(byte) 0x89, 'P', 'N', 'G', 13, 10, 26, 10}, 4000);
        byte[] elf = Arrays.copyOf(new byte[] {0x7F, 'E', 'L', 'F', 2, 1, 1}, 100_000);
        Map<String, byte[]> all = new LinkedHashMap<>();
        all.put("notes.txt", bytes("Buy milk.\n"));
        all.put("picture.png", png);
        all.put("twenty", pattern(20, 6));
        all.put("program", elf);
        all.put("nothing", new byte[0]);
        return all;
    }

    /** Opening is refused with a typed error, and changes nothing: no byte, no name. */
    private static AshlarException refused(Path opened, Path tree) {
        StoreFiles before = StoreFiles.of(tree);
        AshlarException e =
                assertThrows(AshlarException.class, () -> Store.open(opened).close(), opened.toString());
        assertEquals(List.of(), before.differences(StoreFiles.of(tree)), e.getMessage());
        assertTrue(String.valueOf(e.getMessage()).length() > 40, e.getMessage());
        return e;
    }

    @Test
    @DisplayName("A6 opening a text file, a PNG, a 20-byte file, an ELF binary: refused, the file as it was")
    void files() throws IOException {
        Path tree = path("tree");
        Files.createDirectory(tree);
        for (Map.Entry<String, byte[]> each : foreign().entrySet()) {
            Files.write(tree.resolve(each.getKey()), each.getValue());
        }
        for (String name : foreign().keySet()) {
            refused(tree.resolve(name), tree);
        }
    }

    @Test
    @DisplayName("A6 opening a directory that is not a store: refused, nothing in it changed or added")
    void directories() throws IOException {
        for (String place : List.of("", "log/", "values/", "index/", "data/")) {
            for (Map.Entry<String, byte[]> each : foreign().entrySet()) {
                Path tree = path("tree-" + place.replace("/", "") + "-" + each.getKey());
                Files.createDirectories(tree.resolve(place));
                Files.write(tree.resolve(place + each.getKey()), each.getValue());
                refused(tree, tree);
            }
        }
    }

    @Test
    @DisplayName("A6 a directory whose files have our names and not our content: refused, nothing changed or added")
    void ourNames() throws IOException {
        for (Map.Entry<String, byte[]> each : foreign().entrySet()) {
            for (String name : List.of("MANIFEST-a", "MANIFEST-b", "log/0000000000001000.log")) {
                Path tree = path("tree-" + each.getKey() + "-" + name.replace("/", "-"));
                Files.createDirectories(tree.resolve(name).getParent());
                Files.write(tree.resolve(name), each.getValue());
                refused(tree, tree);
            }
        }
    }

    @Test
    @DisplayName("A6 files of others inside a store stay as they are")
    void foreignFilesInAStore() throws IOException {
        Path directory = path("store");
        crashAfter(directory, store -> store.keyspace("k").put("key", bytes("value")))
                .writeTo(directory);
        Map<String, byte[]> others = new TreeMap<>();
        for (String place : List.of("", "log/", "values/", "index/")) {
            foreign().forEach((name, content) -> others.put(place + name, content));
            others.put(place + "0000000000001000.txt", bytes("almost ours"));
            others.put(place + "000000000000100.ckp", bytes("almost ours"));
        }
        for (Map.Entry<String, byte[]> each : others.entrySet()) {
            Files.write(directory.resolve(each.getKey()), each.getValue());
        }
        for (int opening = 0; opening < 2; opening++) {
            try (Store store = Store.open(directory)) {
                assertArrayEquals(bytes("value"), value(store.keyspace("k").get("key")));
                store.compact();
            }
            for (Map.Entry<String, byte[]> each : others.entrySet()) {
                assertArrayEquals(each.getValue(), Files.readAllBytes(directory.resolve(each.getKey())), each.getKey());
            }
        }
    }

    // -------------------------------------------------------------------------------------------------------- A7

    private void newer(String what, StoreFiles files, Consumer<StoreFiles> change) {
        Path directory = path(what.replace(' ', '-'));
        StoreFiles image = files.copy();
        change.accept(image);
        image.writeTo(directory);
        AshlarException e = refused(directory, directory);
        assertTrue(e instanceof UnsupportedFormatException, what + ": " + e);
    }

    @Test
    @DisplayName("A7 a file of a newer format version, or with an unknown feature: refused, untouched")
    void newerVersions() {
        Path directory = path("store");
        try (Store store = quick(directory)) {
            store.keyspace("k").put("key", bytes("value"));
            store.keyspace("k").put("large", pattern((8 << 20) + 5, 7));
        }
        StoreFiles files = StoreFiles.of(directory);
        Map<String, Consumer<ByteBuffer>> changes = new LinkedHashMap<>();
        changes.put("version 2", header -> header.putInt(8, 2));
        changes.put("version 2147483648", header -> header.putInt(8, Integer.MIN_VALUE));
        changes.put("an incompatible feature", header -> header.putInt(12, 1 << 31));
        changes.put("a feature for readers only", header -> header.putInt(16, 4)); // opening writes
        changes.forEach((what, change) -> {
            newer(what + " in the manifests", files, image -> image.changeManifests(change));
            newer(what + " in a chunk", files, image -> {
                String chunk = image.chunks().getFirst();
                change.accept(StoreFiles.little(image.bytes(chunk)));
                image.reseal(chunk, 56);
            });
            newer(what + " in a checkpoint", files, image -> {
                String checkpoint = image.checkpoints().getFirst();
                change.accept(StoreFiles.little(image.bytes(checkpoint)));
                image.reseal(checkpoint, 56);
            });
        });
    }

    @Test
    @DisplayName("A7 one copy of the manifest is of a newer version: refused, untouched")
    void oneNewerManifest() {
        Path directory = path("store");
        try (Store store = quick(directory)) {
            store.keyspace("k").put("key", bytes("value"));
        }
        StoreFiles files = StoreFiles.of(directory);
        for (String name : List.of(StoreFiles.MANIFEST_A, StoreFiles.MANIFEST_B)) {
            newer("a newer " + name, files, image -> {
                byte[] other = image.bytes(name).clone();
                image.changeManifests(manifest -> manifest.putInt(8, 2));
                String same = name.equals(StoreFiles.MANIFEST_A) ? StoreFiles.MANIFEST_B : StoreFiles.MANIFEST_A;
                image.put(same, other);
            });
        }
    }

    // ------------------------------------------------------------------------------------------------------- A29

    @Test
    @DisplayName("A29 files that claim sizes they do not have: refused or reported, quickly, without allocating them")
    void liesAboutSizes() {
        Path directory = path("store");
        Map<String, byte[]> model = new TreeMap<>();
        try (Store store = quick(directory)) {
            model.put("key", bytes("value"));
            store.keyspace("k").put("key", bytes("value"));
        }
        StoreFiles files = StoreFiles.of(directory);
        String chunk = files.chunks().getFirst();
        String checkpoint = files.checkpoints().getFirst();
        Map<String, Consumer<StoreFiles>> lies = new LinkedHashMap<>();
        lies.put("manifests of 53 bytes that claim 4 GiB", image -> {
            for (String name : List.of(StoreFiles.MANIFEST_A, StoreFiles.MANIFEST_B)) {
                StoreFiles.little(image.bytes(name)).putInt(52, -1);
                image.truncate(name, 53);
            }
        });
        lies.put("manifests that claim 4 GiB", image -> {
            for (String name : List.of(StoreFiles.MANIFEST_A, StoreFiles.MANIFEST_B)) {
                StoreFiles.little(image.bytes(name)).putInt(52, -1);
            }
        });
        lies.put("manifests with 100,000,000 chunks", image -> image.changeManifests(m -> m.putInt(48, 100_000_000)));
        lies.put("a chunk of 2^40 bytes", image -> image.changeManifests(m -> m.putLong(112 + 8, 1L << 40)));
        lies.put("a chunk in slot 2^31-1", image -> image.changeManifests(m -> m.putInt(112 + 32, -1 >>> 1)));
        lies.put("a chunk of 53 bytes", image -> image.truncate(chunk, 53));
        lies.put("a checkpoint of 53 bytes", image -> image.truncate(checkpoint, 53));
        lies.put(
                "a checkpoint whose block claims 2^40 bytes",
                image -> StoreFiles.little(image.bytes(checkpoint)).putLong(64 + 24, 1L << 40));
        lies.put(
                "a checkpoint whose block claims -1 bytes",
                image -> StoreFiles.little(image.bytes(checkpoint)).putLong(64 + 24, -1));
        lies.put(
                "a record of 4 GiB",
                image -> StoreFiles.little(image.bytes(chunk))
                        .putInt(image.put("key").offset() + 12, -1));
        lies.put("a record of 4 GiB in a log that is replayed", image -> {
            StoreFiles.little(image.bytes(chunk)).putInt(image.put("key").offset() + 12, -1);
            image.remove(checkpoint);
        });
        lies.forEach((what, lie) -> {
            StoreFiles image = files.copy();
            lie.accept(image);
            image.writeTo(directory);
            long start = System.nanoTime();
            try (Store store = quick(directory)) {
                if (store.keyspaces().contains("k")) {
                    assertTrue(damagedIn(what.contains("replayed") ? Map.of() : model, store.keyspace("k"), what) <= 1);
                } else {
                    assertTrue(!store.recovery().damaged().isEmpty(), what);
                }
            } catch (CorruptionException e) {
                assertTrue(what.contains("manifest") || what.startsWith("a chunk"), what + ": " + e.getMessage());
                assertEquals(List.of(), image.differences(StoreFiles.of(directory)), what);
            }
            long took = System.nanoTime() - start;
            assertTrue(took < 30_000_000_000L, what + " took " + took / 1_000_000 + " ms");
        });
    }
}
