package dev.ashlar.engine;

import dev.ashlar.Keyspace;
import dev.ashlar.keyspace.Space;
import dev.ashlar.vector.RowList;
import dev.ashlar.vector.RowSearch;

/** A vector collection as it was at a snapshot. */
final class VectorSnapshot extends VectorReads {
    private final StoreSnapshot snapshot;
    private final RowList rows;
    private final long size;

    VectorSnapshot(
            Engine engine, StoreSnapshot snapshot, Space space, Vectors.Members members, RowList rows, long size) {
        super(engine, space, members);
        this.snapshot = snapshot;
        this.rows = rows;
        this.size = size;
    }

    @Override
    long find(long id, long word, long hash) {
        long position = space.find(Keyspace.longKey(id), hash, snapshot.lsn());
        snapshot.checkOpen();
        return position;
    }

    @Override
    void check() {
        engine.checkReadable();
        snapshot.checkOpen();
    }

    @Override
    public long size() {
        snapshot.checkOpen();
        return size;
    }

    /** The snapshot's, which closes itself. */
    @Override
    RowSearch.Moment moment() {
        check();
        return new RowSearch.Moment() {
            @Override
            public long lsn() {
                return snapshot.lsn();
            }

            @Override
            public RowList rows() {
                return rows;
            }

            @Override
            public void close() {
                // What the snapshot shows stays until that is closed.
            }
        };
    }
}
