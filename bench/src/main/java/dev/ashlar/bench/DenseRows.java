package dev.ashlar.bench;

import dev.ashlar.AshlarException;
import dev.ashlar.Durability;
import dev.ashlar.VectorCollection;
import dev.ashlar.WriteCallback;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** The rows of the benchmarks: random unit vectors of float32, the same each time, with ids from 0 on. */
record DenseRows(int count, int dimension) {
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final int PIECE_ROWS = 256;

    int rowBytes() {
        return dimension * Float.BYTES;
    }

    long bytes() {
        return (long) count * rowBytes();
    }

    /** Computes a row; those beyond the last one are queries. */
    void fill(long id, float[] row) {
        double squares = 0;
        for (int i = 0; i < dimension; i++) {
            row[i] = (int) Stores.mix(id * dimension + i) * 0x1p-31f;
            squares += row[i] * row[i];
        }
        float length = (float) Math.sqrt(squares);
        for (int i = 0; i < dimension; i++) {
            row[i] /= length;
        }
    }

    MemorySegment query(int number) {
        float[] row = new float[dimension];
        fill(count + number, row);
        MemorySegment query = Arena.global().allocate(rowBytes(), 64);
        MemorySegment.copy(row, 0, query, FLOAT, 0, dimension);
        return query;
    }

    /** One row behind the other, index is id, on huge pages where there are such. */
    MemorySegment inMemory() {
        MemorySegment all = MemorySegment.ofAddress(Posix.hugeMemory(bytes())).reinterpret(bytes());
        float[] row = new float[dimension];
        for (int id = 0; id < count; id++) {
            fill(id, row);
            MemorySegment.copy(row, 0, all, FLOAT, (long) id * rowBytes(), dimension);
        }
        return all;
    }

    /** The same in a file that is mapped, as a store's files are. */
    static MemorySegment mapped(MemorySegment rows, Path path) {
        try (FileChannel file =
                FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            for (long at = 0; at < rows.byteSize(); ) {
                at += file.write(
                        rows.asSlice(at, Math.min(1 << 20, rows.byteSize() - at))
                                .asByteBuffer(),
                        at);
            }
            file.force(false);
            MemorySegment mapped = file.map(FileChannel.MapMode.READ_ONLY, 0, rows.byteSize(), Arena.global());
            mapped.load();
            // As other memory is, so that loops over both are compiled for one class of segments.
            return MemorySegment.ofAddress(mapped.address()).reinterpret(rows.byteSize());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Puts all rows, each with a callback, and has segments built of them. */
    void load(VectorCollection collection) {
        float[] row = new float[dimension];
        Told told = new Told();
        for (int id = 0; id < count; id++) {
            if (id % PIECE_ROWS == 0) {
                told.check();
            }
            fill(id, row);
            collection.put(id, row, Durability.APPENDED, told, id);
        }
        collection.flush();
        told.check();
        if (collection.size() != count || collection.stats().pendingRows() != 0) {
            throw new IllegalStateException("of " + count + " rows: " + collection.stats());
        }
    }

    /** Remembers a failure. */
    private static final class Told implements WriteCallback {
        private volatile AshlarException failure;

        @Override
        public void completed(long tag, long lsn) {}

        @Override
        public void failed(long tag, AshlarException e) {
            failure = e;
        }

        void check() {
            if (failure != null) {
                throw new IllegalStateException("a put failed", failure);
            }
        }
    }
}
