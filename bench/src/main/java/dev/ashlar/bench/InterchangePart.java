package dev.ashlar.bench;

import dev.ashlar.Keyspace;
import dev.ashlar.Snapshot;
import dev.ashlar.Store;
import dev.ashlar.interchange.ExportOptions;
import dev.ashlar.interchange.ExportReport;
import dev.ashlar.interchange.ImportOptions;
import dev.ashlar.interchange.ImportReport;
import dev.ashlar.interchange.SimdRDrive;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/**
 * Exports a keyspace to a file of simd-r-drive, and imports that into a new store, until it is on the device. Both verify
 * every value. The floor copies the file: read, write and sync.
 */
final class InterchangePart implements KeyspaceBench.Part {
    private static final int ENTRIES = 300_000;
    private static final int VALUE_BYTES = 1_000;

    private final Path directory;
    private final Store store;

    InterchangePart(Path directory) {
        this.directory = directory;
        store = Store.open(directory.resolve("store"));
        Stores.fill(store, store.keyspace("bench"), 0, ENTRIES, Dataset.KEY_BYTES, VALUE_BYTES);
    }

    @Override
    public Map<String, Object> setting() {
        return Map.of("entries", ENTRIES, "keyBytes", Dataset.KEY_BYTES, "valueBytes", VALUE_BYTES);
    }

    @Override
    public Map<String, Object> round() {
        Path file = directory.resolve("exported.bin");
        Path into = Directories.fresh("keyspaces-interchange-import");
        try (Snapshot now = store.snapshot()) {
            ExportReport exported = SimdRDrive.exportFile(now, "bench", file, ExportOptions.DEFAULT);
            double seconds;
            try (Store fresh = Store.open(into)) {
                Keyspace target = fresh.keyspace("bench");
                long start = System.nanoTime();
                ImportReport imported = SimdRDrive.importFile(file, fresh, target, ImportOptions.DEFAULT);
                fresh.sync();
                seconds = (System.nanoTime() - start) / 1e9;
                if (!imported.intact() || target.size() != ENTRIES) {
                    throw new IllegalStateException("import: " + imported);
                }
            }
            long bytes = Files.size(file);
            Files.delete(file);
            return Map.of(
                    "bytes",
                    bytes,
                    "secondsExport",
                    exported.elapsed().toNanos() / 1e9,
                    "secondsImport",
                    seconds,
                    "secondsBare",
                    BareCopy.seconds(directory, bytes));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            Directories.delete(into);
        }
    }

    @Override
    public void close() {
        store.close();
    }
}
