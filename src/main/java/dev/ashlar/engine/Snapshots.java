package dev.ashlar.engine;

import dev.ashlar.keyspace.Superseded;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.LongFunction;
import java.util.function.Supplier;

/** The snapshots that are open. They are opened and closed while nobody appends, so between two groups. */
final class Snapshots {
    private final Appender appender;
    private final Superseded superseded;

    /** Run after one was closed; must be short. */
    private volatile Runnable whenClosed = () -> {};

    private static final long FEW = 1024;

    /** What none is below. */
    static final long NONE = Long.MAX_VALUE;

    /** In ascending order; the same number may be there several times. */
    private final List<Long> open = new ArrayList<>();

    /** Those among them that compaction makes way for; the others are over soon. */
    private final List<Long> lasting = new ArrayList<>();

    /** Superseded records that were kept when that was last looked at. */
    private long retained;

    private volatile long newest;
    private volatile long oldest = NONE;
    private volatile int count;

    Snapshots(Appender appender, Superseded superseded) {
        this.appender = appender;
        this.superseded = superseded;
    }

    /**
     * Opens one.
     *
     * @param make runs while nobody appends, and when the snapshot's number is {@link Appender#appended}
     */
    <T> T open(Supplier<T> make) {
        return open(lsn -> make.get(), true);
    }

    /** As {@link #open}, of one that is closed soon: compaction goes on, and what it has moved stays until then. */
    <T> T openBriefly(LongFunction<T> make) {
        return open(make, false);
    }

    private <T> T open(LongFunction<T> make, boolean lasts) {
        return appender.exclusively(() -> {
            long lsn = appender.appended();
            T made = make.apply(lsn);
            open.add(lsn);
            if (lasts) {
                lasting.add(lsn);
            }
            superseded.newest(lsn);
            changed();
            return made;
        });
    }

    void close(long lsn) {
        close(lsn, true);
    }

    void closeBrief(long lsn) {
        close(lsn, false);
    }

    private void close(long lsn, boolean lasts) {
        appender.exclusively(() -> {
            open.remove(Collections.binarySearch(open, lsn));
            if (lasts) {
                lasting.remove(Collections.binarySearch(lasting, lsn));
            }
            // Going through all that is kept, whenever one of many searches ends, would take the appender's time.
            if (lasts || open.isEmpty() || superseded.records() > 2 * retained + FEW) {
                superseded.retain(
                        open.stream().mapToLong(Long::longValue).distinct().toArray());
                retained = superseded.records();
            } else {
                superseded.newest(open.getLast());
            }
            changed();
            return lsn;
        });
        whenClosed.run();
    }

    void whenClosed(Runnable action) {
        whenClosed = action;
    }

    private void changed() {
        newest = lasting.isEmpty() ? 0 : lasting.getLast();
        oldest = open.isEmpty() ? NONE : open.getFirst();
        count = lasting.size();
    }

    /** The highest that lasts, or 0: chunks that begin below it hold what some snapshot may show. */
    long newest() {
        return newest;
    }

    /** The lowest that is open, or {@link #NONE}. */
    long oldest() {
        return oldest;
    }

    int count() {
        return count;
    }
}
