package dev.ashlar.engine;

import dev.ashlar.DocumentSnapshot;
import dev.ashlar.KeyspaceReader;
import dev.ashlar.Snapshot;
import dev.ashlar.VectorReader;
import dev.ashlar.keyspace.Space;
import dev.ashlar.keyspace.SpaceKind;
import dev.ashlar.vector.RowList;
import java.util.List;
import java.util.TreeMap;

/** A snapshot: a log sequence number that the engine knows of, and how many keys there were. */
final class StoreSnapshot implements Snapshot {
    private record Keys(Space space, long size) {}

    private record Rows(Space space, Vectors.Members members, long size, RowList rows) {}

    private record Docs(DocumentSpace collection, DocumentState state) {}

    private final Engine engine;
    private final Snapshots snapshots;
    private final long lsn;
    private final long millis;
    private final TreeMap<String, Keys> keyspaces = new TreeMap<>();
    private final TreeMap<String, Rows> vectors = new TreeMap<>();
    private final TreeMap<String, Docs> documents = new TreeMap<>();
    private volatile boolean closed;

    /** While nobody appends. */
    StoreSnapshot(Engine engine, Snapshots snapshots, Catalog catalog) {
        this.engine = engine;
        this.snapshots = snapshots;
        this.lsn = engine.appendedLsn();
        this.millis = engine.records().clock().millis();
        for (Space space : catalog.spaces(SpaceKind.KEYSPACE)) {
            keyspaces.put(space.name(), new Keys(space, space.size()));
        }
        for (Space space : catalog.spaces(SpaceKind.VECTORS)) {
            Vectors.Members members = engine.vectors().of(space);
            vectors.put(
                    space.name(),
                    new Rows(space, members, space.size(), members.rows().list()));
        }
        for (Space space : catalog.spaces(SpaceKind.DOCUMENTS)) {
            DocumentSpace collection = engine.documents().of(space);
            if (collection != null) {
                // Nobody appends, so the state is that of the snapshot's moment, and nobody has let go of its segments.
                DocumentState state = collection.retainState();
                documents.put(space.name(), new Docs(collection, state));
            }
        }
    }

    @Override
    public long lsn() {
        return lsn;
    }

    /** When it was taken: it shows what had not expired by then. */
    long millis() {
        return millis;
    }

    @Override
    public List<String> keyspaces() {
        return List.copyOf(keyspaces.keySet());
    }

    @Override
    public KeyspaceReader keyspace(String name) {
        Keys keys = keyspaces.get(name);
        if (keys == null) {
            throw new IllegalArgumentException("there was no keyspace " + name + " when the snapshot was taken");
        }
        checkOpen();
        return new SnapshotReader(engine, this, keys.space, keys.size);
    }

    @Override
    public List<String> vectorCollections() {
        return List.copyOf(vectors.keySet());
    }

    @Override
    public VectorReader vectors(String name) {
        Rows found = vectors.get(name);
        if (found == null) {
            throw new IllegalArgumentException(
                    "there was no vector collection " + name + " when the snapshot was taken");
        }
        checkOpen();
        return new VectorSnapshot(engine, this, found.space, found.members, found.rows, found.size);
    }

    @Override
    public List<String> documentCollections() {
        return List.copyOf(documents.keySet());
    }

    @Override
    public DocumentSnapshot documents(String name) {
        Docs found = documents.get(name);
        engine.documents().checkNotLost(name);
        if (found == null) {
            throw new IllegalArgumentException(
                    "there was no document collection " + name + " when the snapshot was taken");
        }
        checkOpen();
        found.collection.checkReadable();
        return DocumentReads.of(found.collection, found.state, this::checkOpen);
    }

    /** Also after something was looked up: it may have been let go of meanwhile. */
    void checkOpen() {
        if (closed) {
            throw new IllegalStateException("the snapshot is closed");
        }
    }

    @Override
    public void close() {
        engine.appender().checkNotOwner(); // before anything: it may be closed elsewhere then
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
        }
        documents.values().forEach(each -> each.state.release());
        engine.documents().readersLeft();
        snapshots.close(lsn);
    }

    @Override
    public String toString() {
        return "snapshot of " + engine + " at " + lsn;
    }
}
