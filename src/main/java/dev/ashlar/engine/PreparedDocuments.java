package dev.ashlar.engine;

import dev.ashlar.Durability;
import dev.ashlar.Keyspace;
import dev.ashlar.PreparedCommit;
import dev.ashlar.StoreClosedException;
import java.lang.ref.Reference;
import org.jspecify.annotations.Nullable;

/**
 * The second phase of a commit. It has the collection's token until it ends.
 *
 * <pre>
 *   prepared ──► in a batch ──► committed
 *      │  ▲          │ refused, failed, forgotten
 *      │  └──────────┘
 *      ├──► aborted: what it was about is dropped
 *      └──► released: it is pending again
 * </pre>
 */
final class PreparedDocuments {
    private enum Phase {
        PREPARED,
        IN_BATCH,
        ENDED
    }

    private final DocumentSpace space;
    private final DocumentBuild build;

    /** What the collection becomes; null if nothing changes. */
    private final @Nullable DocumentState to;

    private final DocumentState from;

    /** Whether somebody has it who decides when it ends; else it is one step of a commit. */
    private final boolean held;

    private volatile Phase phase = Phase.PREPARED;
    private volatile boolean tried;

    /** It is being committed or aborted: whoever does that, or the batch that it is in, ends it. */
    private boolean going;

    /** It was closed while it was in a batch, or being committed or aborted. */
    private boolean unwanted;

    PreparedDocuments(DocumentSpace space, DocumentBuild build, @Nullable DocumentState to, boolean held) {
        this.space = space;
        this.build = build;
        this.to = to;
        this.from = space.state();
        this.held = held;
    }

    boolean isHeld() {
        return held;
    }

    DocumentSpace space() {
        return space;
    }

    long documents() {
        return build.added();
    }

    long removals() {
        return build.removed();
    }

    boolean hasEnded() {
        return phase == Phase.ENDED;
    }

    long commit(Durability durability) {
        DocumentState committed = to;
        begin(committed);
        if (committed == null) {
            return Keyspace.NOT_WRITTEN;
        }
        tried = true;
        long lsn;
        try {
            lsn = space.publish(committed, build.barrier(), durability);
        } catch (RuntimeException | Error e) {
            failed(e, committed);
            throw e;
        }
        build.keep();
        endGoing();
        return lsn;
    }

    /**
     * From here until {@link #endGoing} nobody else ends it, and nobody waits for that: publishing waits for the device, which who
     * closes the store may have to serve. If there is nothing to publish, it ends at once.
     */
    private synchronized void begin(@Nullable DocumentState published) {
        check();
        if (published == null) {
            end();
        } else {
            going = true;
        }
    }

    /** It is as before, unless somebody has closed it meanwhile, or the store. */
    private synchronized void failed(Throwable e, @Nullable DocumentState published) {
        going = false;
        tried = true;
        build.failed(e, published);
        if (unwanted || !space.documents().isOpen()) {
            end();
        }
    }

    private synchronized void endGoing() {
        going = false;
        end();
    }

    private void check() {
        if (phase == Phase.ENDED) {
            space.documents().checkOpen();
            throw new IllegalStateException("the commit of " + space + " has ended: prepare another one");
        }
        if (phase == Phase.IN_BATCH) {
            throw new IllegalStateException("the commit of " + space + " is in a batch");
        }
        if (going) {
            throw new IllegalStateException(
                    "the commit of " + space + " is being committed or aborted by another thread");
        }
        space.checkPresent();
    }

    // ---------------------------------------------------------------------------------------------------- in a batch

    /** Adds what it writes to a batch. */
    synchronized void stage(Batch batch) {
        check();
        if (to != null) {
            space.stage(batch, to, build.barrier());
        }
        phase = Phase.IN_BATCH;
    }

    /**
     * The batch is handed over: when it is applied, this is committed.
     *
     * @throws StoreClosedException if the store has been closed meanwhile: the files are gone
     */
    synchronized void batchGoes() {
        if (phase != Phase.IN_BATCH) {
            throw new StoreClosedException("the store is closed; what " + space + " was to commit is pending");
        }
        tried = true;
        going = true;
        space.becomes(to);
    }

    /** The batch that is handed over has nothing in it, nor has this. */
    synchronized void batchIsEmpty() {
        if (phase == Phase.IN_BATCH) {
            end();
        }
    }

    /**
     * What became of the batch.
     *
     * @param lsn of its last record; {@link Keyspace#NOT_WRITTEN} if it was refused, failed, or forgotten
     */
    void batchEnded(long lsn) {
        if (endsBatch(lsn)) {
            closeOrRelease();
        }
    }

    /** Whether it was closed meanwhile, and is not committed. */
    private synchronized boolean endsBatch(long lsn) {
        if (phase != Phase.IN_BATCH) {
            return false;
        }
        going = false;
        space.becomes(null);
        if (lsn != Keyspace.NOT_WRITTEN) {
            build.keep();
            if (to != null) {
                space.retireReplaced(from, to, lsn);
            }
            end();
            return false;
        }
        phase = Phase.PREPARED;
        return unwanted;
    }

    /** Committing the batch failed, and it is as before. Perhaps it is in the log all the same. */
    synchronized void batchFailed(Throwable e) {
        going = false;
        space.becomes(null);
        if (to != null) {
            space.publishingFailed(from, to);
        }
        build.failed(e, to);
        if (phase != Phase.ENDED && !space.documents().isOpen()) {
            end();
        }
    }

    // -------------------------------------------------------------------------------------------------------- ending

    void abort() {
        if (phase == Phase.ENDED) {
            return;
        }
        DocumentState dropped = to == null ? null : space.withoutPending(space.state());
        begin(dropped);
        if (dropped == null) {
            return;
        }
        try {
            long ignored = space.publish(dropped, build.barrier(), Durability.DURABLE);
        } catch (RuntimeException | Error e) {
            failed(e, null);
            throw e;
        }
        endGoing();
    }

    synchronized void release() {
        if (phase != Phase.ENDED) {
            check();
            end();
        }
    }

    void close() {
        synchronized (this) {
            if (phase == Phase.ENDED) {
                return;
            }
            if (phase == Phase.IN_BATCH || going) {
                unwanted = true; // unless that succeeds
                return;
            }
            if (tried) {
                end();
                return;
            }
        }
        abort();
    }

    /** Nobody has it any more, nor a batch that it is in. */
    void forgotten() {
        synchronized (this) {
            if (phase == Phase.ENDED) {
                return;
            }
            phase = Phase.PREPARED;
        }
        closeOrRelease();
    }

    /** Nobody can try again if dropping what it is about fails: then it is pending. */
    private void closeOrRelease() {
        try {
            close();
        } finally {
            synchronized (this) {
                if (phase != Phase.ENDED && !going) {
                    end();
                }
            }
        }
    }

    /**
     * It cannot be committed any more; what it is about is pending when the store is opened again. If a batch is on its way,
     * that decides.
     */
    void storeCloses() {
        build.cancel();
        synchronized (this) {
            if (phase != Phase.ENDED && !going) {
                end();
            }
        }
    }

    private void end() {
        phase = Phase.ENDED;
        try {
            build.close();
        } finally {
            space.giveBack();
        }
    }

    /** What callers hold, so that it can be noticed that they do not any more. */
    static final class Handle implements PreparedCommit {
        private final PreparedDocuments commit;

        Handle(PreparedDocuments commit) {
            this.commit = commit;
        }

        PreparedDocuments inner() {
            return commit;
        }

        @Override
        public long documents() {
            return commit.documents();
        }

        @Override
        public long removals() {
            return commit.removals();
        }

        @Override
        public long commit(Durability durability) {
            try {
                return commit.commit(durability);
            } finally {
                Reference.reachabilityFence(this); // or it counts as forgotten meanwhile
            }
        }

        @Override
        public void abort() {
            try {
                commit.abort();
            } finally {
                Reference.reachabilityFence(this);
            }
        }

        @Override
        public void release() {
            try {
                commit.release();
            } finally {
                Reference.reachabilityFence(this);
            }
        }

        @Override
        public boolean hasEnded() {
            return commit.hasEnded();
        }

        @Override
        public void close() {
            try {
                commit.close();
            } finally {
                Reference.reachabilityFence(this);
            }
        }

        @Override
        public String toString() {
            return "prepared commit of " + commit.space();
        }
    }
}
