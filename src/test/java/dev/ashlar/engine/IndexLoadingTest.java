package dev.ashlar.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.ashlar.AshlarException;
import dev.ashlar.CorruptionException;
import dev.ashlar.Keyspace;
import dev.ashlar.StorageException;
import dev.ashlar.Store;
import dev.ashlar.StoreOptions;
import dev.ashlar.WriteBatch;
import dev.ashlar.io.Storage;
import dev.ashlar.io.StorageFile;
import dev.ashlar.io.Storages;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a store does between its opening and the moment when its whole index is in memory. */
@Timeout(300)
class IndexLoadingTest {
    private static final int KEYS = 21_000;
    private static final int BLOCK = 40 + 8192;

    @TempDir
    Path directory;

    /** The loader stands still in its first read until this is down. */
    private final CountDownLatch mayLoad = new CountDownLatch(1);

    /** The reads of the loader fail: all is left to those who need it. */
    private volatile boolean loaderFails;

    private final AtomicInteger loaderReads = new AtomicInteger();

    /** How often a file of a checkpoint was closed. */
    private final AtomicInteger closes = new AtomicInteger();

    @BeforeEach
    void fill() {
        assumeTrue(Storages.open(directory).survivesInterrupts(), "elsewhere opening reads the whole index");
        try (Store store = Store.open(directory);
                WriteBatch batch = store.batch()) {
            for (int i = 0; i < KEYS; i++) {
                batch.put(store.keyspace("k"), key(i), new byte[] {(byte) i});
            }
            batch.commit();
        }
    }

    @AfterEach
    void letLoad() {
        mayLoad.countDown();
    }

    @Test
    void readingAndWritingDoNotWaitForTheLoader() {
        loaderFails = true;
        try (Store store = open()) {
            Keyspace keys = store.keyspace("k");
            assertEquals(KEYS, keys.size());
            for (int i = 0; i < KEYS; i += 3) {
                keys.put(key(i), new byte[] {1, 2});
            }
            for (int i = 1; i < KEYS; i += 3) {
                keys.delete(key(i));
            }
            assertNull(keys.get("absent"));
            check(keys);
        }
        try (Store store = Store.open(directory)) {
            assertTrue(store.recovery().clean());
            check(store.keyspace("k"));
        }
    }

    @Test
    void aCheckpointHasTheTablesThatWereNotLoaded() {
        loaderFails = true;
        try (Store store = open()) {
            store.keyspace("k").put("one more", new byte[1]);
            store.checkpoint();
        }
        try (Store store = Store.open(directory)) {
            assertTrue(store.recovery().clean());
            assertEquals(KEYS + 1, store.keyspace("k").size());
            for (int i = 0; i < KEYS; i++) {
                assertNotNull(store.keyspace("k").get(key(i)));
            }
        }
    }

    @Test
    void closingDoesNotWaitUntilAllIsLoaded() throws InterruptedException {
        Store store = open();
        int closed = closes.get();
        Thread closing = Thread.ofPlatform().start(store::close);
        while (closes.get() == closed) {
            Thread.sleep(1); // until the loader's file is closed
        }
        mayLoad.countDown();
        closing.join();
        assertTrue(loaderReads.get() <= 1, "the loader went on");
        try (Store again = Store.open(directory)) {
            assertTrue(again.recovery().clean());
            assertFalse(again.recovery().rebuiltIndex());
        }
    }

    @Test
    void damageAfterTheOpeningIsReportedAndTheNextOneRebuilds() throws IOException, InterruptedException {
        try (Store store = open()) {
            damageATable();
            mayLoad.countDown();
            AshlarException reported = null;
            while (reported == null) {
                Thread.sleep(1);
                try {
                    store.sync();
                } catch (AshlarException e) {
                    reported = e;
                }
            }
            assertTrue(reported instanceof CorruptionException, reported::toString);
            Keyspace keys = store.keyspace("k");
            assertThrows(CorruptionException.class, () -> {
                for (int i = 0; i < KEYS; i++) {
                    assertNotNull(keys.get(key(i)));
                }
            });
        }
        try (Store store = Store.open(directory)) {
            assertTrue(store.recovery().rebuiltIndex());
            for (int i = 0; i < KEYS; i++) {
                assertNotNull(store.keyspace("k").get(key(i)));
            }
        }
    }

    private static void check(Keyspace keys) {
        for (int i = 0; i < KEYS; i++) {
            MemorySegment value = keys.get(key(i));
            switch (i % 3) {
                case 0 -> assertEquals(2, value.byteSize());
                case 1 -> assertNull(value);
                default -> assertEquals((byte) i, value.get(ValueLayout.JAVA_BYTE, 0));
            }
        }
        assertEquals(KEYS - KEYS / 3, keys.size());
    }

    private static String key(int i) {
        return "key " + i;
    }

    private void damageATable() throws IOException {
        try (var files = Files.list(directory.resolve("index"))) {
            Path file = files.findFirst().orElseThrow();
            byte[] bytes = Files.readAllBytes(file);
            // Header, name of the system space, its table, name of the space, its first table.
            bytes[64 + 40 + BLOCK + 48 + 40 + 4096] ^= 1;
            Files.write(file, bytes);
        }
    }

    private Store open() {
        return TestEngines.open(directory, slow(Storages.open(directory)), StoreOptions.DEFAULT);
    }

    private Storage slow(Storage storage) {
        return proxy(Storage.class, storage, (method, result) -> {
            boolean opened = method.getName().equals("open")
                    && ((StorageFile) result).name().endsWith(".ckp");
            return opened ? slow((StorageFile) result) : result;
        });
    }

    private StorageFile slow(StorageFile file) {
        return proxy(StorageFile.class, file, (_, result) -> result);
    }

    private interface Result {
        Object of(Method method, Object result);
    }

    private <T> T proxy(Class<T> type, T target, Result result) {
        return type.cast(Proxy.newProxyInstance(
                type.getClassLoader(), new Class<?>[] {type}, (_, method, arguments) -> {
                    if (method.getName().equals("read")
                            && Thread.currentThread().getName().equals("ashlar-loader")) {
                        loaderReads.incrementAndGet();
                        if (loaderFails) {
                            throw new StorageException(
                                    "read", "a checkpoint", StorageException.UNKNOWN_ERRNO, "out of order");
                        }
                        mayLoad.await();
                    }
                    if (method.getName().equals("close") && type == StorageFile.class) {
                        closes.incrementAndGet();
                    }
                    try {
                        return result.of(method, method.invoke(target, arguments));
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                }));
    }
}
