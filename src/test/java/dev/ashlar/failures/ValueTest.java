package dev.ashlar.failures;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.ashlar.Cursor;
import dev.ashlar.Durability;
import dev.ashlar.Keyspace;
import dev.ashlar.KeyspaceOptions;
import dev.ashlar.Store;
import dev.ashlar.WriteBatch;
import java.io.ByteArrayInputStream;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Values that other systems took for the end of something. */
class ValueTest extends FailureTest {
    @ParameterizedTest(name = "alignment {0}")
    @ValueSource(ints = {8, 64, 4096})
    @DisplayName("A8 no byte, one zero byte, 100,000 zero bytes: legal everywhere, and after crash and compaction")
    void emptyAndZeros(int alignment) {
        Path directory = path("store");
        Map<String, byte[]> model = new TreeMap<>();
        List<StoreFiles> images = new ArrayList<>();
        try (Store store = quick(directory)) {
            Keyspace space = store.keyspace("k", KeyspaceOptions.DEFAULT.withAlignment(alignment));
            for (int length : new int[] {0, 1, 100_000}) {
                writeInEveryWay(store, space, new byte[length], model);
            }
            checkAll(model, space, "live");
            images.add(StoreFiles.of(directory));
            for (int i = 0; i < 60; i++) {
                space.put("garbage", new byte[100_000]);
            }
            space.delete("garbage");
            for (String key : List.copyOf(model.keySet())) {
                if (model.get(key).length > 1) {
                    space.put(key, new byte[100_000]); // so that the chunks with the small ones are worth compacting
                }
            }
            assertTrue(store.compact().records() > 0);
            checkAll(model, space, "compacted");
            images.add(StoreFiles.of(directory));
        }
        images.add(StoreFiles.of(directory));
        StoreFiles rebuilt = StoreFiles.of(directory);
        rebuilt.checkpoints().forEach(rebuilt::remove);
        images.add(rebuilt);
        for (int i = 0; i < images.size(); i++) {
            images.get(i).writeTo(directory);
            try (Store store = quick(directory)) {
                checkAll(model, store.keyspace("k"), "image " + i);
                assertTrue(store.verify(bytes -> {}).intact(), "image " + i);
            }
        }
    }

    private static void writeInEveryWay(Store store, Keyspace space, byte[] value, Map<String, byte[]> model) {
        String with = " with " + value.length;
        space.put("put" + with, value);
        space.put("put memory" + with, MemorySegment.ofArray(value));
        space.put(bytes("put durable" + with), value, Durability.DURABLE);
        CompletableFuture<Long> future = space.putAsync(bytes("put async" + with), value, Durability.DURABLE);
        store.sync(); // without threads, nobody else does
        assertTrue(future.join() > 0);
        assertTrue(space.tryPut(bytes("tried" + with), value));
        assertTrue(space.putIfAbsent(bytes("if absent" + with), value) > 0);
        long version = space.put("replaced" + with, bytes("former"));
        assertTrue(space.replace(bytes("replaced" + with), value, version) > 0);
        space.putStream(bytes("streamed" + with), new ByteArrayInputStream(value), Durability.APPENDED);
        try (WriteBatch batch = store.batch()) {
            batch.put(space, "batch 1" + with, value).put(space, "batch 2" + with, value);
            batch.commit();
        }
        for (String key : List.of(
                "put", "put memory", "put durable", "put async", "tried", "if absent", "replaced", "streamed")) {
            model.put(key + with, value);
        }
        model.put("batch 1" + with, value);
        model.put("batch 2" + with, value);
        store.sync(); // what was tried is there then
    }

    private static void checkAll(Map<String, byte[]> model, Keyspace space, String context) {
        assertHolds(model, space, context);
        Cursor cursor = space.cursor();
        model.forEach((key, value) -> {
            assertTrue(space.contains(key), context);
            assertTrue(cursor.find(bytes(key)), context);
            assertEquals(value.length, cursor.size(), context);
            assertEquals(value.length, cursor.value().byteSize(), context);
            MemorySegment view = space.get(key);
            assertNotNull(view, context);
            if (value.length > 0) {
                assertEquals(0, view.address() % space.options().alignment(), context);
            }
        });
    }
}
