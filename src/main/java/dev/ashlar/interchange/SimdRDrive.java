package dev.ashlar.interchange;

import dev.ashlar.CorruptionException;
import dev.ashlar.Keyspace;
import dev.ashlar.KeyspaceReader;
import dev.ashlar.Snapshot;
import dev.ashlar.StorageException;
import dev.ashlar.Store;
import dev.ashlar.WriteBatch;
import dev.ashlar.simd.Xxh3;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Files of simd-r-drive, an append-only store of one file: imported into a keyspace, exported from one.
 *
 * <p>Such a file holds hashes and not keys: a key is known by its XXH3-64 ({@link #keyHash}) alone. So an entry becomes a
 * {@code long} key, the hash, or finds its key among {@link KnownKeys}. The hash is not covered by a checksum there; if it
 * is damaged, nobody can tell. Values are.
 *
 * <p>Any number of threads may import and export at the same time. All methods throw {@link StorageException} where a file
 * cannot be read or written, and pass on what the keyspace throws.
 */
public final class SimdRDrive {
    private SimdRDrive() {}

    /** The hash by which simd-r-drive knows a key: XXH3-64 with seed 0. */
    public static long keyHash(byte[] key) {
        return Xxh3.hash(key, 0, key.length, 0);
    }

    /**
     * Reads a file and says what {@link #importFile} with {@link ImportOptions#salvage()} would store; stores nothing.
     *
     * @param progress as in {@link ImportOptions}
     * @throws dev.ashlar.UnsupportedFormatException if there is not a single entry in it, and it is not empty
     */
    public static ImportReport examine(Path source, LongConsumer progress) {
        return read(source, null, ImportOptions.DEFAULT.withSalvage(true).withProgress(progress));
    }

    /**
     * Does to a keyspace all that was done to a file, in that order: entries are put, also over what is there, deletions
     * delete. The file is verified first, from its end to its beginning: every checksum, every link, every pad. It is
     * only ever read, in pieces, so memory use does not grow with it.
     *
     * <p>What was imported is durable when this returns. It is written in batches of about a megabyte; if it fails on the
     * way (the store is full, the file is cut meanwhile), those that were written stay, and importing again does the same
     * again.
     *
     * @param store the store that {@code target} is part of
     * @throws IllegalArgumentException if it is of another store
     * @throws CorruptionException if the file is damaged and {@link ImportOptions#salvage()} does not ask for the rest of
     *     it. Nothing was changed
     * @throws dev.ashlar.UnsupportedFormatException if there is not a single entry in it, and it is not empty. Nothing was
     *     changed
     */
    public static ImportReport importFile(Path source, Store store, Keyspace target, ImportOptions options) {
        Objects.requireNonNull(target, "target");
        try (WriteBatch batch = store.batch()) {
            return read(source, new Importer.Target(store, target, batch), options);
        }
    }

    private static ImportReport read(Path source, Importer.@Nullable Target target, ImportOptions options) {
        long start = System.nanoTime();
        Meter meter = new Meter(options.progress());
        try (DriveFile file = DriveFile.open(source, meter)) {
            Chain.Break broken = file.broken();
            if (broken != null && !options.salvage()) {
                throw new CorruptionException(
                        file.file().name(),
                        broken.position(),
                        broken.expected(),
                        broken.found(),
                        "Nothing was imported. To import what is whole, and have a report of what is not, ask for"
                                + " salvage.");
            }
            Losses losses = new Losses(file.file().name());
            Importer importer = new Importer(file.file(), target, options.keys(), meter);
            file.forEach(importer, losses);
            importer.finish();
            meter.finish(2 * file.file().size());
            return new ImportReport(
                    file.file().size(),
                    file.alignment(),
                    broken == null,
                    importer.puts(),
                    importer.deletions(),
                    importer.bytes(),
                    importer.unmatched(),
                    importer.unmatchedHashes(),
                    losses.count(),
                    losses.bytes(),
                    losses.listed(),
                    Duration.ofNanos(System.nanoTime() - start));
        }
    }

    /**
     * Writes a keyspace, as a snapshot shows it, to a new file: the bytes that simd-r-drive (0.15 and later) writes if the
     * same entries are put in the order of the log. The file is durable when this returns. It is written under its name
     * with {@code .new} behind it and renamed at last, so it is there whole or not at all. It lacks what had expired when
     * the snapshot was taken, and does not hold when the rest expires.
     *
     * <p>The keyspace is read twice before, to find out whether the file can hold it; more often if it has more than four
     * million keys.
     *
     * @param target the file; its directory must be there
     * @throws IllegalArgumentException if the snapshot has no keyspace of that name
     * @throws InterchangeException if a value is empty or a single 0x00, if two keys have the same hash, or if a key is no
     *     {@code long} key and is to be one. Nothing was written
     * @throws StorageException if the file is there and is not to be replaced, or cannot be written
     * @throws CorruptionException if a value of the store is damaged
     */
    public static ExportReport exportFile(Snapshot snapshot, String keyspace, Path target, ExportOptions options) {
        long start = System.nanoTime();
        KeyspaceReader source = snapshot.keyspace(keyspace);
        try (NewFile file = NewFile.at(target, options.replace())) {
            Exporter exporter = new Exporter(source, options);
            exporter.check();
            exporter.write(file);
            return new ExportReport(
                    exporter.entries(),
                    exporter.bytes(),
                    exporter.fileBytes(),
                    exporter.zeroValues(),
                    exporter.zeroValueKeys(),
                    Duration.ofNanos(System.nanoTime() - start));
        }
    }
}
