package dev.ashlar.interchange;

import dev.ashlar.AshlarException;
import dev.ashlar.Durability;
import dev.ashlar.VectorCollection;
import dev.ashlar.WriteBatch;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Puts many rows into a vector collection, fast and in little memory: in batches of about a megabyte, at most four of which
 * are under way at a time. Each batch is atomic, and they are written in the order of the calls: if this fails or the
 * process ends on the way, what is there is all rows up to some batch.
 *
 * <p>For one thread. A loader that is not finished forgets the rows of its last batch.
 */
public final class VectorLoader {
    private static final int BATCH_BYTES = 1 << 20;

    /** Of small rows: in the log each takes at least a frame. */
    private static final int BATCH_ROWS = 1 << 13;

    private static final int MAX_UNDER_WAY = 4;

    private final VectorCollection target;
    private final int rowBytes;
    private final long[] ids;
    private final MemorySegment rows;
    private final Semaphore underWay = new Semaphore(MAX_UNDER_WAY);
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    private int gathered;

    public VectorLoader(VectorCollection target) {
        this.target = target;
        this.rowBytes = target.options().rowBytes();
        int most = Math.clamp(BATCH_BYTES / rowBytes, 1, BATCH_ROWS);
        this.ids = new long[most];
        this.rows = MemorySegment.ofArray(new byte[most * rowBytes]);
    }

    /**
     * Adds a row, which is copied. It is written when its batch is full, so what the collection refuses may be refused later, and
     * with it its batch. Waits while four batches are under way.
     *
     * @param source what has the row: {@link dev.ashlar.VectorOptions#rowBytes()} bytes
     * @param offset where the row begins in it
     * @throws IndexOutOfBoundsException if it ends before the row does; the row was not added
     * @throws AshlarException if a batch before could not be written; see {@link WriteBatch#commit}
     */
    public void put(long id, MemorySegment source, long offset) {
        if (gathered == ids.length) {
            write(Durability.APPENDED);
        }
        MemorySegment.copy(source, offset, rows, (long) gathered * rowBytes, rowBytes);
        ids[gathered++] = id;
    }

    /**
     * Writes the last batch and waits until all rows are durable. More may be added afterwards.
     *
     * @throws AshlarException if a batch could not be written
     */
    public void finish() {
        // The last one makes all before it durable: there is one log. One that is full is kept back for that.
        if (gathered > 0) {
            write(Durability.DURABLE);
        }
        underWay.acquireUninterruptibly(MAX_UNDER_WAY);
        underWay.release(MAX_UNDER_WAY);
        requireNoFailure();
    }

    private void write(Durability durability) {
        underWay.acquireUninterruptibly();
        boolean handedOver = false;
        try {
            requireNoFailure();
            var _ = target.putAllAsync(
                            Arrays.copyOf(ids, gathered), rows.asSlice(0, (long) gathered * rowBytes), durability)
                    .whenComplete((_, problem) -> {
                        if (problem != null) {
                            failure.compareAndSet(null, problem);
                        }
                        underWay.release();
                    });
            handedOver = true;
        } finally {
            if (!handedOver) {
                underWay.release();
            }
        }
        gathered = 0;
    }

    private void requireNoFailure() {
        Throwable problem = failure.get();
        if (problem instanceof CompletionException wrapper && wrapper.getCause() != null) {
            problem = wrapper.getCause();
        }
        switch (problem) {
            case null -> {}
            case RuntimeException known -> throw known;
            default -> throw new AshlarException("a batch of vectors was not written", problem);
        }
    }
}
