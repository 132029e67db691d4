package dev.ashlar.vector;

import dev.ashlar.io.Storage;
import dev.ashlar.io.StorageFile;
import dev.ashlar.io.StorageIo;
import dev.ashlar.log.Chunk;
import dev.ashlar.log.ChunkFiles;
import dev.ashlar.log.Chunks;
import dev.ashlar.log.SegmentFiles;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * Carries a plan out. First the files are written, by a worker; then, by the maintenance thread, the index goes over to them in small steps,
 * between which others append.
 */
public final class SegmentBuild {
    /** Rows that go over while nobody appends: some tens of microseconds. */
    private static final int STEP = 512;

    private final SegmentPlan plan;
    private final List<SegmentLayout.Header> headers = new ArrayList<>();
    private final List<Long> damaged = new ArrayList<>();

    public SegmentBuild(SegmentPlan plan) {
        this.plan = plan;
    }

    public SegmentPlan plan() {
        return plan;
    }

    /**
     * Writes the files. If it fails, none is left.
     *
     * @param nextNumber gives each a number
     */
    public void write(SegmentBuilder builder, Storage storage, LongSupplier nextNumber) {
        boolean written = false;
        try {
            for (int i = 0; i < plan.count(); i++) {
                headers.add(builder.build(
                        nextNumber.getAsLong(),
                        plan.rows().space().id(),
                        plan.rows().options(),
                        plan.sources(i),
                        damaged));
            }
            written = true;
        } finally {
            if (!written) {
                discard(storage);
            }
        }
    }

    /** Removes the files: they are not going to be used. */
    public void discard(Storage storage) {
        try {
            for (SegmentLayout.Header header : headers) {
                boolean ignored = StorageIo.removeIfPresent(storage, SegmentFiles.fileName(header.number()));
            }
        } finally {
            headers.clear();
            plan.close();
        }
    }

    /**
     * Lets the rows be read in the new segments. It must go on to its end once it has begun, and does: it allocates little and
     * writes nothing.
     *
     * @param exclusively runs something while nobody appends
     * @param end of the log; asked while nobody appends
     */
    public void adopt(Storage storage, Chunks chunks, Consumer<Runnable> exclusively, LongSupplier end) {
        Rows rows = plan.rows();
        List<Segment> built = new ArrayList<>();
        try {
            for (int i = 0; i < headers.size(); i++) {
                built.add(map(storage, chunks, headers.get(i), plan.sources(i)));
            }
        } catch (RuntimeException | Error e) {
            built.forEach(segment -> chunks.retire(segment.chunk()));
            discard(storage);
            throw e;
        }
        for (Segment segment : built) {
            exclusively.accept(() -> rows.begin(segment));
            for (int from = 0; from < segment.rows(); from += STEP) {
                int first = from;
                int to = Math.min(segment.rows(), from + STEP);
                exclusively.accept(() -> rows.replace(segment, first, to));
            }
        }
        exclusively.accept(() -> rows.finish(built, plan.merged(), plan.pendingTo(), damaged, end.getAsLong()));
        plan.close();
    }

    private Segment map(Storage storage, Chunks chunks, SegmentLayout.Header header, MemorySegment sources) {
        String name = SegmentFiles.fileName(header.number());
        try (StorageFile file = storage.open(name)) {
            Chunk chunk = ChunkFiles.openSegment(
                    chunks, name, file, SegmentFiles.baseOf(header.number()), header.size(), -1, true);
            Segment segment = new Segment(chunk, header.space(), header.rows(), header.stride());
            segment.sources(sources);
            return segment;
        }
    }
}
