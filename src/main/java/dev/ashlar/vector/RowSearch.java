package dev.ashlar.vector;

import dev.ashlar.Keyspace;
import dev.ashlar.VectorHit;
import dev.ashlar.VectorQuery;
import dev.ashlar.keyspace.Space;
import dev.ashlar.keyspace.Superseded;
import dev.ashlar.log.View;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Goes through the rows of a collection, or searches them, as of a moment. */
public final class RowSearch {
    private final RowReader reader;
    private final Superseded superseded;

    public RowSearch(RowReader reader, Superseded superseded) {
        this.reader = reader;
        this.superseded = superseded;
    }

    /** A moment: a snapshot, and where the rows were then. Closed when nothing looks at the rows any more. */
    public interface Moment extends AutoCloseable {
        long lsn();

        RowList rows();

        @Override
        void close();
    }

    /** @param moment stays open as long as the walk is used */
    public RowWalk walk(Moment moment) {
        return new RowWalk(RowRuns.of(reader, superseded, moment.lsn(), moment.rows()));
    }

    /**
     * The nearest rows.
     *
     * @param take takes the moment, once the query has been found to be one
     */
    public List<VectorHit> nearest(VectorQuery query, Supplier<Moment> take, @Nullable Executor executor) {
        try (ExactSearch search = ExactSearch.begin(reader.options(), query);
                Moment moment = take.get()) {
            long[] among = search.among();
            List<PlacedRun> runs = among == null
                    ? RowRuns.of(reader, superseded, moment.lsn(), moment.rows())
                    : RowRuns.ofChosen(reader, superseded, moment.lsn(), find(among, moment.lsn(), search));
            return search.nearest(runs, executor);
        }
    }

    private long[] find(long[] ids, long snapshot, ExactSearch search) {
        Space space = reader.space();
        long[] positions = new long[ids.length];
        int found = 0;
        for (int i = 0; i < ids.length; i++) {
            if ((i & 1023) == 0) {
                search.checkStop();
            }
            byte[] key = Keyspace.longKey(ids[i]);
            long position = space.find(key, space.hash(key), snapshot);
            if (position != View.ABSENT) {
                positions[found++] = position;
            }
        }
        positions = Arrays.copyOf(positions, found);
        Arrays.sort(positions);
        return positions;
    }
}
