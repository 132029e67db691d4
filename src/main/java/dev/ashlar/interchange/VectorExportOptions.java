package dev.ashlar.interchange;

import java.nio.file.Path;
import java.util.Objects;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * How a vector collection is exported.
 *
 * @param format what is written; null: what the ending of the file's name says, see {@link VectorFileFormat#of}
 * @param ids a file for the ids, one for each row and in the same order, as {@link VectorImportOptions} reads it: a NumPy
 *     array if its name ends with {@code .npy}, else nothing but int64, little-endian. Null: none is written
 * @param shiftBytes whether 128 is added to every int8 that becomes an unsigned byte. False: a negative one is refused
 * @param replace whether files that are there are replaced; otherwise they are refused
 * @param progress told from time to time how many bytes of vectors are written
 */
public record VectorExportOptions(
        @Nullable VectorFileFormat format,
        @Nullable Path ids,
        boolean shiftBytes,
        boolean replace,
        LongConsumer progress) {
    /** The format that the name says, no ids, no shift; no file is replaced. */
    public static final VectorExportOptions DEFAULT = new VectorExportOptions(null, null, false, false, _ -> {});

    public VectorExportOptions {
        Objects.requireNonNull(progress, "progress");
    }

    public VectorExportOptions withFormat(VectorFileFormat format) {
        return new VectorExportOptions(Objects.requireNonNull(format, "format"), ids, shiftBytes, replace, progress);
    }

    public VectorExportOptions withIds(Path ids) {
        return new VectorExportOptions(format, Objects.requireNonNull(ids, "ids"), shiftBytes, replace, progress);
    }

    public VectorExportOptions withShiftBytes(boolean shiftBytes) {
        return new VectorExportOptions(format, ids, shiftBytes, replace, progress);
    }

    public VectorExportOptions withReplace(boolean replace) {
        return new VectorExportOptions(format, ids, shiftBytes, replace, progress);
    }

    public VectorExportOptions withProgress(LongConsumer progress) {
        return new VectorExportOptions(format, ids, shiftBytes, replace, progress);
    }

    VectorFileFormat formatOf(Path file) {
        return format == null ? VectorFileFormat.of(file) : format;
    }
}
