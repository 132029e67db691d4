package dev.ashlar.interchange;

import dev.ashlar.VectorOptions;
import dev.ashlar.io.InputFile;
import dev.ashlar.io.OffHeap;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;

/** A file of vectors, read row by row through buffers of about a megabyte. For one thread. */
final class VectorInput implements AutoCloseable {
    private static final int PIECE_BYTES = 1 << 20;
    private static final int PIECE_ROWS = 1 << 13;

    private final InputFile file;
    private final VectorRows rows;

    private VectorInput(InputFile file, VectorRows rows) {
        this.file = file;
        this.rows = rows;
    }

    /** @throws InterchangeException if it is no such file */
    static VectorInput open(Path path, VectorFileFormat format) {
        InputFile file = InputFile.open(path);
        try {
            return new VectorInput(file, VectorRows.of(file, format));
        } catch (RuntimeException | Error e) {
            file.close();
            throw e;
        }
    }

    /** Told of rows that follow each other, as they are stored, one behind the other without padding. */
    @FunctionalInterface
    interface Sink {
        /** @param rows valid up to the return */
        void rows(long first, int count, MemorySegment rows);
    }

    InputFile file() {
        return file;
    }

    VectorRows rows() {
        return rows;
    }

    /**
     * Visits all rows.
     *
     * @param told how many bytes of the file were done before
     * @throws InterchangeException if there is anything else in the file, or something that cannot be stored
     */
    void forEach(VectorOptions into, boolean shift, Sink sink, Meter meter, long told) {
        RowReading reading = new RowReading(file.name(), rows, into, shift);
        int most = Math.clamp(PIECE_BYTES / Math.max(rows.stride(), into.rowBytes()), 1, PIECE_ROWS);
        int piece = (int) Math.min(most, Math.max(rows.rows(), 1));
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment source = OffHeap.allocate(piece * (long) Math.max(rows.stride(), 1), 64, arena);
            MemorySegment target = OffHeap.allocate(piece * (long) into.rowBytes(), 64, arena);
            for (long row = 0; row < rows.rows(); row += piece) {
                int count = (int) Math.min(piece, rows.rows() - row);
                long position = rows.start() + row * rows.stride();
                file.read(position, source, 0, count * rows.stride());
                for (int i = 0; i < count; i++) {
                    long at = (long) i * rows.stride();
                    requireWidth(source, at, position + at);
                    at += rows.prefixBytes();
                    reading.convert(source, at, target, (long) i * into.rowBytes(), position + at);
                }
                sink.rows(row, count, target.asSlice(0, (long) count * into.rowBytes()));
                meter.at(told + position + (long) count * rows.stride());
            }
            requireEnd();
        }
    }

    private void requireWidth(MemorySegment source, long at, long position) {
        if (rows.prefixBytes() > 0) {
            requireWidth(source.get(VectorRows.INT, at), position);
        }
    }

    private void requireWidth(int found, long position) {
        if (found != rows.width()) {
            throw new InterchangeException(
                    file.name(),
                    position,
                    "the dimension of the first row, " + rows.width(),
                    Integer.toString(found),
                    "All rows must have the same. " + VectorRows.NOTHING_STORED);
        }
    }

    /** What is left behind the last whole row is part of one, or none at all. */
    private void requireEnd() {
        long end = rows.start() + rows.rows() * rows.stride();
        int left = (int) (file.size() - end);
        if (left == 0) {
            return;
        }
        if (left >= rows.prefixBytes()) {
            byte[] prefix = new byte[Integer.BYTES];
            MemorySegment memory = MemorySegment.ofArray(prefix);
            file.read(end, memory, 0, prefix.length);
            requireWidth(memory.get(VectorRows.INT, 0), end);
        }
        throw new InterchangeException(
                file.name(),
                end,
                "a row of " + rows.stride() + " bytes",
                left + " bytes before the end",
                VectorRows.TRUNCATED);
    }

    @Override
    public void close() {
        file.close();
    }
}
