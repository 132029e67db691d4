package dev.ashlar.interchange;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.ashlar.Snapshot;
import dev.ashlar.Store;
import dev.ashlar.StoreClosedException;
import dev.ashlar.VectorCollection;
import dev.ashlar.VectorOptions;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files of vectors and a real store. */
class VectorFilesStoreTest {
    private static final int ROWS = 9_000;
    private static final VectorOptions OPTIONS = VectorOptions.of(48);

    @TempDir
    private Path directory;

    private Path file(String name) {
        return directory.resolve(name);
    }

    private Path random(String name) throws IOException {
        Random random = new Random(3);
        VectorBytes bytes = VectorBytes.npy("<f4", "(" + ROWS + ", 48)");
        float[] row = new float[48];
        for (int i = 0; i < ROWS; i++) {
            for (int j = 0; j < row.length; j++) {
                row[j] = random.nextFloat() - 0.5f;
            }
            bytes.floats(row);
        }
        return Files.write(file(name), bytes.toArray());
    }

    @Test
    void whatWasImportedIsThereAfterReopeningAndIsExportedAgain() throws IOException {
        Path source = random("source.npy");
        try (Store store = Store.open(file("store"))) {
            VectorCollection vectors = store.vectors("v", OPTIONS);
            VectorFiles.importFile(source, vectors, VectorImportOptions.DEFAULT);
            assertTrue(store.durableLsn() > vectors.version(ROWS - 1));
        }
        try (Store store = Store.open(file("store"));
                Snapshot snapshot = store.snapshot()) {
            assertEquals(ROWS, snapshot.vectors("v").size());
            VectorFiles.exportFile(snapshot, "v", file("copy.npy"), VectorExportOptions.DEFAULT);
            assertEquals(-1, Files.mismatch(source, file("copy.npy")));
            assertThrows(
                    IllegalArgumentException.class,
                    () -> VectorFiles.exportFile(snapshot, "w", file("w.npy"), VectorExportOptions.DEFAULT));
        }
    }

    @Test
    void anExportShowsTheMomentOfItsSnapshot() throws IOException {
        Path source = random("source.npy");
        try (Store store = Store.open(file("store"))) {
            VectorCollection vectors = store.vectors("v", OPTIONS);
            VectorFiles.importFile(source, vectors, VectorImportOptions.DEFAULT);
            try (Snapshot snapshot = store.snapshot()) {
                vectors.put(3, new float[48]);
                vectors.put(ROWS, new float[48]);
                vectors.delete(4);
                vectors.flush();
                VectorFiles.exportFile(snapshot, "v", file("copy.npy"), VectorExportOptions.DEFAULT);
            }
            assertEquals(-1, Files.mismatch(source, file("copy.npy")));
        }
    }

    @Test
    void aLoaderMakesItsRowsDurableAndCanGoOn() {
        MemorySegment rows = MemorySegment.ofArray(new byte[2 * OPTIONS.rowBytes()]);
        rows.set(ValueLayout.JAVA_BYTE, OPTIONS.rowBytes(), (byte) 1);
        try (Store store = Store.open(file("store"))) {
            VectorCollection vectors = store.vectors("v", OPTIONS);
            VectorLoader loader = new VectorLoader(vectors);
            for (int i = 0; i < 20_000; i++) {
                loader.put(i, rows, OPTIONS.rowBytes());
            }
            loader.finish();
            assertTrue(store.durableLsn() > vectors.version(19_999));
            loader.put(-1, rows, 0);
            assertThrows(IndexOutOfBoundsException.class, () -> loader.put(-2, rows, OPTIONS.rowBytes() + 1L));
            loader.finish();
            loader.finish();
            assertEquals(20_001, vectors.size());
            assertArrayEquals(
                    rows.asSlice(OPTIONS.rowBytes()).toArray(ValueLayout.JAVA_BYTE),
                    vectors.get(19_999).toArray(ValueLayout.JAVA_BYTE));
        }
    }

    @Test
    void aStoreThatIsClosedMeanwhileIsSaidToBeSo() {
        MemorySegment row = MemorySegment.ofArray(new byte[OPTIONS.rowBytes()]);
        VectorLoader loader;
        try (Store store = Store.open(file("store"))) {
            loader = new VectorLoader(store.vectors("v", OPTIONS));
            loader.put(1, row, 0);
        }
        assertThrows(StoreClosedException.class, loader::finish);
    }
}
