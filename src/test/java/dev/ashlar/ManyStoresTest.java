package dev.ashlar;

import static dev.ashlar.StoreTest.bytes;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Stores take address space by the terabyte; a process that opens many must not run out of it. */
class ManyStoresTest {
    private static final byte[] KEY = bytes("key");

    @TempDir
    Path directory;

    @Test
    void aStoreIsOpenedAndClosedMoreOftenThanThereIsAddressSpaceFor() {
        for (int i = 0; i < 300; i++) {
            try (Store store = Store.open(directory.resolve("store"))) {
                Keyspace space = store.keyspace("k");
                assertEquals(i > 0, space.contains(KEY));
                space.put(KEY, bytes("value " + i));
            }
        }
    }

    @Test
    void viewsOfClosedStoresKeepTheirBytesWhileOthersAreOpened() {
        List<MemorySegment> views = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            try (Store store = Store.open(directory.resolve("store-" + i % 4))) {
                Keyspace space = store.keyspace("k");
                space.put(KEY, bytes("value " + i));
                views.add(space.get(KEY));
            }
        }
        for (int i = 0; i < views.size(); i++) {
            assertArrayEquals(bytes("value " + i), StoreTest.value(views.get(i)));
        }
    }

    @Test
    void manyStoresAreOpenAtOnce() {
        List<Store> stores = new ArrayList<>();
        try {
            for (int i = 0; i < 100; i++) {
                Store store = Store.open(directory.resolve("store-" + i));
                stores.add(store);
                store.keyspace("k").put(KEY, bytes("value " + i));
            }
            for (int i = 0; i < 100; i++) {
                Keyspace space = stores.get(i).keyspace("k");
                assertArrayEquals(bytes("value " + i), StoreTest.value(space.get(KEY)));
                Cursor cursor = space.cursor();
                assertEquals(true, cursor.find(KEY));
                assertEquals(('v'), cursor.getByte(0));
            }
        } finally {
            stores.forEach(Store::close);
        }
    }
}
