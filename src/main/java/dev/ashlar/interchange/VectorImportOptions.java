package dev.ashlar.interchange;

import java.nio.file.Path;
import java.util.Objects;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * How a file of vectors is imported.
 *
 * @param format what the file is; null: what the ending of its name says, see {@link VectorFileFormat#of}
 * @param firstId the id of the first row; the next ones follow. Not used where there are {@code ids}
 * @param ids a file with an id for each row: a NumPy array of {@code <i8} in one dimension if its name ends with {@code
 *     .npy}, else nothing but int64, little-endian. Of rows with equal ids the last one is stored. Null: rows are counted
 *     from {@code firstId}
 * @param shiftBytes whether 128 is taken from every unsigned byte that becomes an int8, so that 0 to 255 become -128 to
 *     127. Distances stay what they are, cosines and dot products do not. False: a byte above 127 is refused
 * @param progress told from time to time how much is done: up to the length of the file while it is checked, up to twice that
 *     while it is stored
 */
public record VectorImportOptions(
        @Nullable VectorFileFormat format,
        long firstId,
        @Nullable Path ids,
        boolean shiftBytes,
        LongConsumer progress) {
    /** The format that the name says, ids from 0, no shift. */
    public static final VectorImportOptions DEFAULT = new VectorImportOptions(null, 0, null, false, _ -> {});

    public VectorImportOptions {
        Objects.requireNonNull(progress, "progress");
    }

    public VectorImportOptions withFormat(VectorFileFormat format) {
        return new VectorImportOptions(Objects.requireNonNull(format, "format"), firstId, ids, shiftBytes, progress);
    }

    public VectorImportOptions withFirstId(long firstId) {
        return new VectorImportOptions(format, firstId, ids, shiftBytes, progress);
    }

    public VectorImportOptions withIds(Path ids) {
        return new VectorImportOptions(format, firstId, Objects.requireNonNull(ids, "ids"), shiftBytes, progress);
    }

    public VectorImportOptions withShiftBytes(boolean shiftBytes) {
        return new VectorImportOptions(format, firstId, ids, shiftBytes, progress);
    }

    public VectorImportOptions withProgress(LongConsumer progress) {
        return new VectorImportOptions(format, firstId, ids, shiftBytes, progress);
    }

    VectorFileFormat formatOf(Path file) {
        return format == null ? VectorFileFormat.of(file) : format;
    }
}
