package dev.ashlar.engine;

import dev.ashlar.keyspace.Superseded;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.Supplier;

/** The snapshots that are open. They are opened and closed while nobody appends, so between two groups. */
final class Snapshots {
    private final Appender appender;
    private final Superseded superseded;

    /** In ascending order; the same number may be there several times. */
    private final List<Long> open = new ArrayList<>();

    private volatile long newest;
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
        return appender.exclusively(() -> {
            long lsn = appender.appended();
            open.add(lsn);
            superseded.newest(lsn);
            changed();
            return make.get();
        });
    }

    void close(long lsn) {
        appender.exclusively(() -> {
            open.remove(Collections.binarySearch(open, lsn));
            superseded.retain(
                    open.stream().mapToLong(Long::longValue).distinct().toArray());
            changed();
            return lsn;
        });
    }

    private void changed() {
        newest = open.isEmpty() ? 0 : open.getLast();
        count = open.size();
    }

    /** The highest that is open, or 0: chunks that begin below it hold what some snapshot may show. */
    long newest() {
        return newest;
    }

    int count() {
        return count;
    }
}
