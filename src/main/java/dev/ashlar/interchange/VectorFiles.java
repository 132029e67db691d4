package dev.ashlar.interchange;

import dev.ashlar.CorruptionException;
import dev.ashlar.Snapshot;
import dev.ashlar.StorageException;
import dev.ashlar.VectorCollection;
import dev.ashlar.VectorOptions;
import dev.ashlar.VectorReader;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Files of vectors, imported into a collection and exported from one: {@code .fvecs}, {@code .bvecs}, {@code .ivecs} and
 * arrays of NumPy ({@link VectorFileFormat}). They are read and written in pieces, so memory use does not grow with them.
 *
 * <p>Rows in a file have no ids. They get ids that are counted from a first one, or have them in a file beside it, which an
 * export writes as well.
 *
 * <p>What becomes of what; everything else is refused, and so is a component that would not be exactly the same:
 *
 * <table>
 * <caption>types of collections and components of files</caption>
 * <tr><th>collection</th><th>imported from</th><th>exported to</th></tr>
 * <tr><td>FLOAT32</td><td>fvecs, npy {@code <f4}; npy {@code <f8}, rounded to the nearest float32; ivecs, bvecs, npy
 *     {@code |i1} and {@code |u1}, whose integers a float32 holds</td><td>fvecs, npy {@code <f4}; ivecs and bvecs if all
 *     components are such integers</td></tr>
 * <tr><td>INT8</td><td>npy {@code |i1}; bvecs and npy {@code |u1}, up to 127 or shifted by 128; ivecs from -128 to 127</td>
 *     <td>npy {@code |i1}; bvecs, if nothing is negative or shifted by 128; ivecs</td></tr>
 * <tr><td>BIT</td><td>npy {@code |u1} and bvecs, eight bits in a byte, the lowest first: {@code numpy.packbits(a, axis=1,
 *     bitorder='little')}</td><td>npy {@code |u1}, bvecs</td></tr>
 * </table>
 *
 * <p>Any number of threads may import and export at the same time. All methods throw {@link StorageException} where a file
 * cannot be read or written, {@link IllegalArgumentException} where no format is named and the file's name does not say it,
 * and pass on what the collection throws.
 */
public final class VectorFiles {
    private VectorFiles() {}

    /**
     * What a file says of itself: enough to choose the options of a collection for it. Only its head is read.
     *
     * @throws InterchangeException if it is no such file
     */
    public static VectorFileInfo describe(Path source, VectorFileFormat format) {
        try (VectorInput input = VectorInput.open(source, format)) {
            VectorRows rows = input.rows();
            return new VectorFileInfo(
                    format,
                    rows.component().toString(),
                    rows.width(),
                    rows.rows(),
                    input.file().size());
        }
    }

    /**
     * Reads a file and says what {@link #importFile} into a collection with these options would store; stores nothing.
     *
     * @throws InterchangeException as it does
     */
    public static VectorImportReport examine(Path source, VectorOptions into, VectorImportOptions options) {
        Objects.requireNonNull(into, "into");
        return read(source, into, null, options);
    }

    /**
     * Puts every row of a file into a collection, also over what is there. The whole file is checked first: lengths,
     * dimensions, whether every component can be stored, and that there are as many ids as rows. If anything is wrong with it,
     * nothing is stored.
     *
     * <p>What was imported is durable when this returns. Rows are written in atomic batches, as {@link VectorLoader} does it,
     * in the order of the file; if this fails on the way (the store is full, the file is changed meanwhile), the batches before
     * stay, and importing again does the same again.
     *
     * @throws InterchangeException if the file is not what it should be, or has anything that such a collection cannot store
     */
    public static VectorImportReport importFile(Path source, VectorCollection target, VectorImportOptions options) {
        return read(source, target.options(), target, options);
    }

    private static VectorImportReport read(
            Path source, VectorOptions into, @Nullable VectorCollection target, VectorImportOptions options) {
        long start = System.nanoTime();
        Meter meter = new Meter(options.progress());
        try (VectorInput input = VectorInput.open(source, options.formatOf(source));
                IdInput ids = IdInput.open(options, input.rows().rows())) {
            long size = input.file().size();
            input.forEach(into, options.shiftBytes(), (_, _, _) -> {}, meter, 0);
            meter.finish(size);
            if (target != null) {
                store(input, ids, target, options.shiftBytes(), meter);
                meter.finish(2 * size);
            }
            VectorRows rows = input.rows();
            return new VectorImportReport(
                    rows.format(),
                    rows.component().toString(),
                    rows.rows(),
                    size,
                    Duration.ofNanos(System.nanoTime() - start));
        }
    }

    private static void store(VectorInput input, IdInput ids, VectorCollection target, boolean shift, Meter meter) {
        int rowBytes = target.options().rowBytes();
        VectorLoader loader = new VectorLoader(target);
        VectorInput.Sink sink = (first, count, rows) -> {
            long[] numbers = ids.ids(first, count);
            for (int i = 0; i < count; i++) {
                loader.put(numbers[i], rows, (long) i * rowBytes);
            }
        };
        try {
            input.forEach(target.options(), shift, sink, meter, input.file().size());
        } catch (InterchangeException e) {
            throw new StorageException(
                    "read",
                    input.file().name(),
                    StorageException.UNKNOWN_ERRNO,
                    "the bytes around " + e.position() + " are not those that were checked before: something writes to"
                            + " the file meanwhile. Some of its rows may have been stored. Copy it when nobody writes to"
                            + " it, and import the copy.",
                    e);
        }
        loader.finish();
    }

    /**
     * Writes a collection, as a snapshot shows it, to a new file, in ascending order of the ids. What was written is durable
     * when this returns. Files are written under their names with {@code .new} behind them and renamed at last, so they are
     * there whole or not at all; that with the ids is renamed first.
     *
     * @throws IllegalArgumentException if the snapshot has no collection of that name
     * @throws InterchangeException if the format has no place for its type of vectors, or for a component. Nothing was written
     * @throws StorageException if a file is there and is not to be replaced, or cannot be written
     * @throws CorruptionException if a row is damaged
     */
    public static VectorExportReport exportFile(
            Snapshot snapshot, String collection, Path target, VectorExportOptions options) {
        return exportRows(snapshot.vectors(collection), target, options, SortedIds.PER_PASS);
    }

    /** Writes a collection, which must not change meanwhile, in passes of so many rows. */
    static VectorExportReport exportRows(VectorReader source, Path target, VectorExportOptions options, int perPass) {
        long start = System.nanoTime();
        VectorExporter exporter = new VectorExporter(source, options.formatOf(target), options, perPass);
        exporter.write(target);
        return exporter.report(System.nanoTime() - start);
    }
}
