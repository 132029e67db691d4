package dev.ashlar.engine;

import dev.ashlar.keyspace.KeyspaceView;
import dev.ashlar.keyspace.Space;
import dev.ashlar.log.Chunk;
import dev.ashlar.log.Position;
import dev.ashlar.vector.RowList;
import dev.ashlar.vector.RowReader;
import dev.ashlar.vector.RowSearch;
import dev.ashlar.vector.Rows;
import dev.ashlar.vector.Segment;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The rows of all vector collections, and the threads that searches borrow. */
final class Vectors {
    /** What is needed to read one collection. */
    record Members(Rows rows, RowReader reader, RowSearch search) {}

    private static final int THREADS = Math.max(1, Runtime.getRuntime().availableProcessors() - 1);

    private final KeyspaceView view;
    private final Snapshots snapshots;
    private final Map<Integer, Members> byId = new ConcurrentHashMap<>();
    private final @Nullable ThreadPoolExecutor searchers;

    /** Told of the rows of each collection before anything is written to it. */
    private Consumer<Rows> whenAdded = rows -> {};

    Vectors(KeyspaceView view, Snapshots snapshots, boolean threaded) {
        this.view = view;
        this.snapshots = snapshots;
        this.searchers = threaded
                ? new ThreadPoolExecutor(
                        0,
                        THREADS,
                        10,
                        TimeUnit.SECONDS,
                        new SynchronousQueue<>(),
                        Thread.ofPlatform().name("ashlar-search-", 0).daemon().factory())
                : null;
    }

    /** Told of the collections that there are, and of those to come. While nobody writes. */
    void whenAdded(Consumer<Rows> action) {
        byId.values().forEach(members -> action.accept(members.rows()));
        whenAdded = action;
    }

    /** Takes up the collections that there are. Nobody writes yet. */
    void open(List<Segment> segments) {
        for (Space space : view.all()) {
            if (space.vectors() != null) {
                List<Segment> own = segments.stream()
                        .filter(segment -> segment.space() == space.id())
                        .toList();
                restore(add(space, own));
            }
        }
    }

    /** Rows in the log in the order of the log, so that going through them is going through it. */
    private void restore(Rows rows) {
        int[] count = {0};
        long[][] all = {new long[1024]};
        rows.space().forEachPosition(position -> {
            // Of the chunk and not of its memory, which there is none of if the file is missing.
            Chunk chunk = rows.space().chunkAt(position);
            if (chunk == null) {
                return;
            }
            if (chunk.isSegment()) {
                rows.restore(position);
                return;
            }
            if (count[0] == all[0].length) {
                all[0] = Arrays.copyOf(all[0], 2 * count[0]);
            }
            all[0][count[0]++] = chunk.base() + Position.offset(position);
        });
        Arrays.sort(all[0], 0, count[0]);
        for (int i = 0; i < count[0]; i++) {
            long lsn = all[0][i];
            Chunk chunk = view.records().chunks().holding(lsn);
            if (chunk != null) { // or the index leads nowhere, as a lookup finds out
                rows.restore(chunk.position(lsn));
            }
        }
    }

    /** A collection was created. */
    void created(Space space) {
        if (space.vectors() != null) {
            Rows ignored = add(space, List.of());
        }
    }

    private Rows add(Space space, List<Segment> segments) {
        Rows rows = new Rows(space, view.records().chunks().memory(), view.superseded(), segments);
        RowReader reader = new RowReader(space, view.records());
        byId.put(space.id(), new Members(rows, reader, new RowSearch(reader, view.superseded())));
        whenAdded.accept(rows);
        space.rows(rows);
        return rows;
    }

    /** A collection was removed; handles of it find out from the space. */
    @Nullable
    Rows remove(Space space) {
        Members members = byId.remove(space.id());
        return members == null ? null : members.rows();
    }

    Members of(Space space) {
        Members members = byId.get(space.id());
        if (members == null) {
            throw new IllegalStateException("vector collection " + space.name()
                    + " was dropped; ask the store for it again to create a new one");
        }
        return members;
    }

    /** Whether rows are those of a collection that is there. */
    @SuppressWarnings("ReferenceEquality")
    boolean has(Rows rows) {
        Members members = byId.get(rows.space().id());
        return members != null && members.rows() == rows;
    }

    Collection<Members> all() {
        return byId.values();
    }

    /** All segments that rows are read in. */
    List<Segment> segments() {
        return byId.values().stream()
                .flatMap(members -> members.rows().segments().stream())
                .toList();
    }

    @Nullable
    Executor searchers() {
        return searchers;
    }

    /** Now, until it is closed. */
    RowSearch.Moment now(Space space) {
        Rows rows = of(space).rows();
        return snapshots.openBriefly(lsn -> new Brief(snapshots, lsn, rows.list()));
    }

    private static final class Brief implements RowSearch.Moment {
        private final Snapshots snapshots;
        private final long lsn;
        private final RowList rows;
        private boolean closed;

        Brief(Snapshots snapshots, long lsn, RowList rows) {
            this.snapshots = snapshots;
            this.lsn = lsn;
            this.rows = rows;
        }

        @Override
        public long lsn() {
            return lsn;
        }

        @Override
        public RowList rows() {
            return rows;
        }

        @Override
        public synchronized void close() {
            if (!closed) {
                snapshots.closeBrief(lsn);
                closed = true;
            }
        }
    }

    /** Lets no more threads to searches; those that are lent come back when their search has met that the store is closed. */
    void close() {
        if (searchers != null) {
            searchers.shutdown();
            try {
                boolean ignored = searchers.awaitTermination(1, TimeUnit.SECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
