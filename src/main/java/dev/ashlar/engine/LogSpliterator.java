package dev.ashlar.engine;

import dev.ashlar.Entry;
import dev.ashlar.keyspace.Space;
import dev.ashlar.log.Chunk;
import java.util.List;
import java.util.Spliterator;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/**
 * The entries that a snapshot shows, for a stream. It splits between chunks, where about half of the live records are on
 * either side; each part is a scan of its chunks. Nothing is read ahead.
 *
 * <pre>
 *   chunks    ├─ 0 ─┼─ 1 ─┼─── 2 ───┼─────── 3 ───────┤      bases[i], and how many records are live below: before[i]
 *             └───── the part that splits off ──┘ └─ what is left
 * </pre>
 */
final class LogSpliterator implements Spliterator<Entry> {
    /** A snapshot's records do not change, and no two have one key. */
    private static final int CHARACTERISTICS = ORDERED | DISTINCT | NONNULL | IMMUTABLE;

    /** What all parts share. */
    private static final class Whole {
        final Engine engine;
        final Space space;
        final StoreSnapshot snapshot;
        final LogScan.Range range;
        final Runnable whenDone;
        final long[] bases;
        final long[] before;
        final AtomicInteger parts = new AtomicInteger(1);

        Whole(Engine engine, Space space, StoreSnapshot snapshot, LogScan.Range range, Runnable whenDone) {
            this.engine = engine;
            this.space = space;
            this.snapshot = snapshot;
            this.range = range;
            this.whenDone = whenDone;
            List<Chunk> chunks = engine.records().chunks().all().stream()
                    .filter(chunk -> chunk.base() < snapshot.lsn())
                    .toList();
            bases = new long[chunks.size() + 1];
            before = new long[chunks.size() + 1];
            for (int i = 0; i < chunks.size(); i++) {
                bases[i] = chunks.get(i).base();
                before[i + 1] = before[i] + Math.max(0, chunks.get(i).liveRecords());
            }
            bases[chunks.size()] = snapshot.lsn();
        }

        void partIsDone() {
            if (parts.decrementAndGet() == 0) {
                whenDone.run();
            }
        }
    }

    private final Whole whole;
    private int from;
    private final int to;
    private @Nullable LogScan scan;
    private boolean done;

    private LogSpliterator(Whole whole, int from, int to) {
        this.whole = whole;
        this.from = from;
        this.to = to;
    }

    /**
     * @param whenDone run when all entries were met, and when the stream is closed
     */
    static Stream<Entry> stream(
            Engine engine, Space space, StoreSnapshot snapshot, LogScan.Range range, Runnable whenDone) {
        Whole whole = new Whole(engine, space, snapshot, range, whenDone);
        LogSpliterator all = new LogSpliterator(whole, 0, whole.bases.length - 1);
        return StreamSupport.stream(all, false).onClose(whenDone);
    }

    @Override
    public @Nullable Spliterator<Entry> trySplit() {
        if (scan != null || done || to - from < 2) {
            return null;
        }
        long half = (whole.before[from] + whole.before[to] + 1) / 2;
        int middle = from + 1;
        while (middle < to - 1 && whole.before[middle] < half) {
            middle++;
        }
        if (middle > from + 1 && half - whole.before[middle - 1] < whole.before[middle] - half) {
            middle--;
        }
        LogSpliterator split = new LogSpliterator(whole, from, middle);
        whole.parts.incrementAndGet();
        from = middle;
        return split;
    }

    @Override
    public long estimateSize() {
        return whole.before[to] - whole.before[from];
    }

    @Override
    public int characteristics() {
        return CHARACTERISTICS;
    }

    @Override
    public boolean tryAdvance(Consumer<? super Entry> action) {
        LogScan present = begun();
        if (present == null || !present.next()) {
            end();
            return false;
        }
        action.accept(present.entry());
        return true;
    }

    @Override
    public void forEachRemaining(Consumer<? super Entry> action) {
        LogScan present = begun();
        while (present != null && present.next()) {
            action.accept(present.entry());
        }
        end();
    }

    private @Nullable LogScan begun() {
        LogScan present = scan;
        if (present == null && !done) {
            present = whole.engine.scan(
                    whole.space, whole.snapshot, whole.range.between(whole.bases[from], whole.bases[to]), () -> {});
            scan = present;
        }
        return present;
    }

    private void end() {
        if (!done) {
            done = true;
            if (scan != null) {
                scan.close();
                scan = null;
            }
            whole.partIsDone();
        }
    }
}
