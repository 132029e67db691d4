package dev.ashlar.engine;

import dev.ashlar.keyspace.Records;
import dev.ashlar.log.Chunk;
import java.util.HashMap;
import java.util.Map;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Removes records that have expired, by deletions like any others, so that no crash and no compaction brings an older
 * value back. It reads only chunks with a record that is due: each chunk knows the earliest expiry of its records, from
 * the appender, from replay, or from the manifest. For the maintenance thread.
 */
final class Sweeper {
    private final Records records;
    private final Appender appender;
    private final LongSupplier durable;
    private final Compactor compactor;
    private final LongSupplier removed;

    /** What a chunk's earliest expiry was before it was visited, and where the log ended afterwards. */
    private record Visit(long formerly, long end) {}

    /** Of chunks whose visits may not be durable yet. */
    private final Map<Chunk, Visit> visits = new HashMap<>();

    /** Base of the chunk that was visited last: all of them have their turn. */
    private long last;

    private volatile boolean stopping;

    /** @param removed how many records were removed so far */
    Sweeper(Records records, Appender appender, LongSupplier durable, Compactor compactor, LongSupplier removed) {
        this.records = records;
        this.appender = appender;
        this.durable = durable;
        this.compactor = compactor;
        this.removed = removed;
    }

    /** What runs ends soon, and nothing begins. Any thread. */
    void stop() {
        stopping = true;
    }

    /** Visits every chunk with records that are due; returns how many were removed. */
    long sweepAll() {
        long before = removed.getAsLong();
        long now = records.clock().millis();
        for (Chunk chunk : records.chunks().all()) {
            if (chunk.earliestExpiry() <= now) {
                visit(chunk, now);
            }
        }
        return removed.getAsLong() - before;
    }

    /** Visits such chunks until a time has passed, one at the least; the next call goes on behind them. */
    void sweepFor(long nanos) {
        long start = System.nanoTime();
        long now = records.clock().millis();
        long first = -1;
        do {
            Chunk chunk = nextDue(now);
            if (chunk == null || chunk.base() == first) {
                return;
            }
            first = first < 0 ? chunk.base() : first;
            last = chunk.base();
            visit(chunk, now);
        } while (System.nanoTime() - start < nanos && !stopping);
    }

    /**
     * The earliest expiry in a chunk, to be stored: as long as what superseded its records is not durable, they may come
     * back.
     */
    long earliestExpiry(Chunk chunk, long durable) {
        Visit visit = visits.get(chunk);
        return visit == null || visit.end <= durable
                ? chunk.earliestExpiry()
                : Math.min(visit.formerly, chunk.earliestExpiry());
    }

    private @Nullable Chunk nextDue(long now) {
        Chunk due = null;
        for (Chunk chunk : records.chunks().all()) {
            if (chunk.earliestExpiry() <= now) {
                if (chunk.base() > last) {
                    return chunk;
                }
                due = due == null ? chunk : due;
            }
        }
        return due;
    }

    private void visit(Chunk chunk, long now) {
        // Nobody appends: what is below this end is in the index, or was superseded. What comes later says itself when
        // it
        // expires.
        long[] taken = appender.exclusively(() -> new long[] {chunk.end(), chunk.takeEarliestExpiry()});
        boolean done = false;
        try {
            done = compactor.removeExpired(chunk, taken[0], now, () -> !stopping);
        } finally {
            if (!done) {
                chunk.expires(taken[1]);
            }
            long durable = this.durable.getAsLong();
            visits.values().removeIf(each -> each.end <= durable);
            Visit former = visits.get(chunk);
            long formerly = former == null ? taken[1] : Math.min(former.formerly, taken[1]);
            visits.put(chunk, new Visit(formerly, appender.appended()));
        }
    }
}
