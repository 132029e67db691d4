package dev.ashlar.interchange;

import dev.ashlar.io.InputFile;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** The ids of rows: of a file, or counted. For one thread. */
final class IdInput implements AutoCloseable {
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final @Nullable InputFile file;
    private final long start;
    private final long first;

    private IdInput(@Nullable InputFile file, long start, long first) {
        this.file = file;
        this.start = start;
        this.first = first;
    }

    /** Whether a file of ids of that name is an array of NumPy. */
    static boolean isArray(Path path) {
        return path.toString().regionMatches(true, path.toString().length() - 4, ".npy", 0, 4);
    }

    /** @throws InterchangeException if there are not as many ids as rows */
    static IdInput open(VectorImportOptions options, long rows) {
        Path path = options.ids();
        if (path == null) {
            requireRoom(options.firstId(), rows);
            return new IdInput(null, 0, options.firstId());
        }
        InputFile file = InputFile.open(path);
        try {
            return new IdInput(file, start(file, isArray(path), rows), 0);
        } catch (RuntimeException | Error e) {
            file.close();
            throw e;
        }
    }

    private static void requireRoom(long first, long rows) {
        if (rows > 0 && first > Long.MAX_VALUE - (rows - 1)) {
            throw new InterchangeException("the ids of " + rows + " rows, counted from " + first
                    + " on, would pass the highest one, " + Long.MAX_VALUE + ". Begin with a lower id. "
                    + VectorRows.NOTHING_STORED);
        }
    }

    private static long start(InputFile file, boolean array, long rows) {
        if (!array) {
            if (file.size() % Long.BYTES != 0) {
                throw NpyHeader.refused(
                        file,
                        file.size() / Long.BYTES * Long.BYTES,
                        "ids of 8 bytes",
                        file.size() % Long.BYTES + " bytes before the end");
            }
            requireCount(file, file.size() / Long.BYTES, rows);
            return 0;
        }
        NpyHeader header = NpyHeader.read(file);
        if (header.shape().length != 1 || header.component() != Component.INT64) {
            throw NpyHeader.refused(
                    file,
                    0,
                    "an array of one dimension of <i8, the ids",
                    "one of " + header.shape().length + " of "
                            + header.component().descr());
        }
        VectorRows.requireLength(file, header, Long.BYTES);
        requireCount(file, header.shape()[0], rows);
        return header.bytes();
    }

    private static void requireCount(InputFile file, long found, long rows) {
        if (found != rows) {
            throw NpyHeader.refused(file, 0, "an id for each of " + rows + " rows", found + " ids");
        }
    }

    /** The ids of rows that follow each other. */
    long[] ids(long row, int count) {
        long[] ids = new long[count];
        if (file == null) {
            for (int i = 0; i < count; i++) {
                ids[i] = first + row + i;
            }
        } else {
            MemorySegment bytes = MemorySegment.ofArray(new byte[count * Long.BYTES]);
            file.read(start + row * Long.BYTES, bytes, 0, count * Long.BYTES);
            MemorySegment.copy(bytes, LONG, 0, ids, 0, count);
        }
        return ids;
    }

    @Override
    public void close() {
        if (file != null) {
            file.close();
        }
    }
}
