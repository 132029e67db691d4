package dev.ashlar.engine;

import dev.ashlar.Damage;
import dev.ashlar.log.Chunk;
import dev.ashlar.log.ChunkImage;
import dev.ashlar.log.ChunkLayout;
import dev.ashlar.log.FrameLayout;
import dev.ashlar.log.LogRecovery;
import java.lang.foreign.MemorySegment;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * What has to be known of a damaged log before its records are written anywhere: its {@linkplain SalvageCatalog
 * keyspaces}, and which batches are not whole.
 */
final class SalvagePlan {
    private static final long NONE = -1;

    private final SalvageSource source;
    private final SalvageDocuments documents;
    private final ChunkImage image;

    private final SalvageCatalog catalog = new SalvageCatalog();

    /** Where batches begin that have lost frames. */
    private final Set<Long> broken = new HashSet<>();

    private long brokenBelow;
    private long openBatch = NONE;
    private int openDamages;

    private final LogRecovery recovery;
    private final LogRecovery.Result result;

    SalvagePlan(SalvageSource source, SalvageReads reads, SalvageRows rows, SalvageDocuments documents) {
        this.source = source;
        this.documents = documents;
        this.image = new ChunkImage(source.storage(), source.salt(), reads);
        this.recovery = newRecovery();
        this.result = recovery.readAll(source.durable(), this::note);
        if (openBatch != NONE) {
            addBroken(openBatch);
        }
        catalog.resolve(this::counts, rows.collections());
    }

    /** A reading of the whole log; it calls back in the same order each time. */
    LogRecovery newRecovery() {
        return new LogRecovery(source.storage(), source.chunks(), source.sealedBelow(), image);
    }

    private void note(Chunk chunk, long lsn, MemorySegment s, long at) {
        boolean intact = FrameLayout.payloadVerifies(s, at);
        noteBatch(lsn, s, at, intact);
        catalog.note(chunk, lsn, s, at, intact);
        documents.note(chunk, lsn, s, at, intact);
    }

    private void noteBatch(long lsn, MemorySegment s, long at, boolean intact) {
        long start = FrameLayout.batchStart(s, at, lsn);
        boolean last = (FrameLayout.flags(s, at) & FrameLayout.BATCH_END) != 0;
        boolean goesOn = openBatch == start && lsn != start && openDamages == recovery.damagedSoFar();
        if (!goesOn && openBatch != NONE) {
            addBroken(openBatch);
        }
        if (!goesOn && lsn != start) {
            addBroken(start);
        }
        if (!intact && !(last && lsn == start && lsn < recovery.watermark())) {
            addBroken(start);
        }
        openBatch = last ? NONE : start;
        openDamages = recovery.damagedSoFar();
    }

    private void addBroken(long start) {
        if (broken.add(start) && start < recovery.watermark()) {
            brokenBelow++;
        }
    }

    // -------------------------------------------------------------------------------------------------- what it says

    /** What the log says about its keyspaces. */
    SalvageCatalog catalog() {
        return catalog;
    }

    /** Batches that had been durable and have lost records. */
    long brokenBatches() {
        return brokenBelow;
    }

    /**
     * Whether a frame takes effect. Below the watermark each does: what was durable was complete once, and a damaged
     * neighbour does not take it along. Above, a batch that is not whole may never have been.
     */
    boolean counts(long batchStart) {
        return batchStart < result.durable() || !broken.contains(batchStart);
    }

    /** Whether a batch has lost records. */
    boolean isBroken(long batchStart) {
        return broken.contains(batchStart);
    }

    /** Whether a record may be lost that was written, and durable, behind an LSN. */
    boolean mayHaveLostBehind(long lsn) {
        for (Damage each : result.damaged()) {
            Chunk chunk = chunkOf(each.file());
            long from = chunk.base() + each.position();
            boolean known = each.position() + each.length() < chunk.capacity() || recovery.hasKnownEnd(chunk);
            if (from + each.length() > lsn && from < result.durable() && known) {
                return true;
            }
        }
        return !source.hasManifest() && hasGap();
    }

    private boolean hasGap() {
        return source.chunks().all().stream()
                .mapToLong(recovery::predecessor)
                .anyMatch(predecessor -> predecessor > 0 && source.chunks().holding(predecessor) == null);
    }

    /** Sorts what does not verify by what it can mean. */
    void report(List<Damage> damaged, List<Damage> doubtful, List<Damage> harmless) {
        catalog.report(damaged, doubtful, harmless);
        for (Damage each : result.damaged()) {
            Chunk chunk = chunkOf(each.file());
            if (each.position() >= source.length(chunk)) {
                continue; // missing as a whole: said already
            }
            if (chunk.base() + each.position() >= result.durable()) {
                doubtful.add(new Damage(
                        each.file(),
                        each.position(),
                        each.length(),
                        "nothing verifies here, and nothing says that it was durable: writes that a loss of power has"
                                + " torn, or damage"));
            } else if (each.position() + each.length() == chunk.capacity() && !recovery.hasKnownEnd(chunk)) {
                doubtful.add(new Damage(
                        each.file(),
                        each.position(),
                        each.length(),
                        "nothing verifies from here to the end of the chunk: room that was never used, or damage; where"
                                + " the chunk's records ended stood in the manifest, or in a chunk that is not there"));
            } else {
                damaged.add(new Damage(
                        each.file(),
                        each.position(),
                        each.length(),
                        "records were durable here and do not verify; older values of their keys may be in the new"
                                + " store, keys that were deleted, and keyspaces that were cleared or removed"));
            }
        }
        for (Damage each : result.dropped()) {
            doubtful.add(new Damage(
                    each.file(),
                    each.position(),
                    each.length(),
                    "no whole batch verifies behind this; nothing says that it was durable: writes that were never"
                            + " finished, or damage at the very end"));
        }
        for (Damage each : recovery.damagedStarts()) {
            if (source.hasManifest()) {
                harmless.add(each); // the manifest says which chunks there are
            } else {
                doubtful.add(new Damage(
                        each.file(),
                        each.position(),
                        each.length(),
                        each.what() + "; so nothing says whether a chunk before it is missing"));
            }
        }
        if (!source.hasManifest()) {
            reportGaps(doubtful);
        }
    }

    /** Without a manifest only the chunks themselves say which others there were. */
    private void reportGaps(List<Damage> doubtful) {
        for (Chunk chunk : source.chunks().all()) {
            long predecessor = recovery.predecessor(chunk);
            if (predecessor > 0 && source.chunks().holding(predecessor) == null) {
                doubtful.add(new Damage(
                        ChunkLayout.fileName(predecessor),
                        0,
                        0,
                        "the log went on from this chunk to " + chunk.file() + ", and it is not there: compaction has"
                                + " removed it, or it is missing; a manifest would say which"));
            }
        }
    }

    private Chunk chunkOf(String file) {
        long base = ChunkLayout.baseOf(file.substring(ChunkLayout.DIRECTORY.length() + 1));
        Chunk chunk = source.chunks().holding(base);
        if (chunk == null) {
            throw new IllegalStateException(file + " is not a chunk of the log");
        }
        return chunk;
    }
}
