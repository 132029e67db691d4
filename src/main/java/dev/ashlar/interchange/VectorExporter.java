package dev.ashlar.interchange;

import dev.ashlar.VectorReader;
import dev.ashlar.io.StorageFile;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Writes a collection, which must not change meanwhile, to a file, in the order of the ids. For one thread. */
final class VectorExporter {
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final VectorReader source;
    private final VectorFileFormat format;
    private final VectorExportOptions options;
    private final RowWriting rows;
    private final Meter meter;
    private final int perPass;
    private long count;
    private long fileBytes;

    VectorExporter(VectorReader source, VectorFileFormat format, VectorExportOptions options, int perPass) {
        this.source = source;
        this.format = format;
        this.options = options;
        this.rows = new RowWriting(source.name(), format, source.options(), options.shiftBytes());
        this.meter = new Meter(options.progress());
        this.perPass = perPass;
    }

    /** Writes the vectors, and the ids where they are wanted: durably, and if that fails neither. */
    void write(Path target) {
        Path idPath = options.ids();
        if (idPath == null) {
            try (NewFile vectors = NewFile.at(target, options.replace())) {
                write(vectors.create(), null, false);
                vectors.publish();
            }
            return;
        }
        try (NewFile vectors = NewFile.at(target, options.replace());
                NewFile ids = NewFile.at(idPath, options.replace())) {
            if (vectors.path().equals(ids.path())) {
                throw new InterchangeException(
                        "vectors and ids cannot both be written to " + ids.path() + ". Name two files.");
            }
            write(vectors.create(), ids.create(), IdInput.isArray(idPath));
            // The vectors last: where they are, their ids are.
            ids.publish();
            vectors.publish();
        }
    }

    private void write(StorageFile vectorFile, @Nullable StorageFile idFile, boolean idArray) {
        try (VectorOutput vectors = new VectorOutput(vectorFile);
                VectorOutput ids = idFile == null ? null : new VectorOutput(idFile)) {
            if (format == VectorFileFormat.NPY) {
                vectors.next(NpyHeader.WRITTEN_BYTES);
            }
            if (ids != null && idArray) {
                ids.next(NpyHeader.WRITTEN_BYTES);
            }
            writeRows(vectors, ids);
            vectors.flush();
            fileBytes = vectors.length();
            meter.finish(fileBytes);
            // The heads last, when it is known how many rows there are.
            if (format == VectorFileFormat.NPY) {
                vectors.overwrite(NpyHeader.write(rows.components(), count, rows.width()));
            }
            if (ids != null) {
                ids.flush();
                if (idArray) {
                    ids.overwrite(NpyHeader.write(Component.INT64, count, 0));
                }
            }
        }
    }

    private void writeRows(VectorOutput vectors, @Nullable VectorOutput ids) {
        SortedIds sorted = new SortedIds(source, perPass);
        for (long[] next = sorted.next(); next.length > 0; next = sorted.next()) {
            for (long id : next) {
                MemorySegment row = source.get(id);
                if (row == null) {
                    throw new InterchangeException("row " + id + " of collection " + source.name()
                            + " has gone while it was exported. Export a snapshot. Nothing was written.");
                }
                rows.convert(id, row, vectors.buffer(), vectors.next(rows.stride()));
                if (ids != null) {
                    ids.buffer().set(LONG, ids.next(Long.BYTES), id);
                }
                count++;
                meter.at(vectors.length());
            }
        }
    }

    VectorExportReport report(long elapsedNanos) {
        return new VectorExportReport(
                format, rows.components().toString(), count, fileBytes, java.time.Duration.ofNanos(elapsedNanos));
    }
}
