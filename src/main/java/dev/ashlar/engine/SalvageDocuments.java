package dev.ashlar.engine;

import dev.ashlar.CorruptionException;
import dev.ashlar.Damage;
import dev.ashlar.StorageException;
import dev.ashlar.document.CommitRecord;
import dev.ashlar.document.DocumentFiles;
import dev.ashlar.document.LiveDocs;
import dev.ashlar.document.LiveFile;
import dev.ashlar.io.Causes;
import dev.ashlar.io.Storage;
import dev.ashlar.keyspace.KeyspaceView;
import dev.ashlar.log.Chunk;
import dev.ashlar.log.FrameLayout;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Which segments the document collections of a damaged store consist of, by what the log says, and, where a commit record may be
 * lost, by the files that are there: ids grow, so what was written behind a record has ids that the record's next file is not
 * above.
 */
final class SalvageDocuments {
    /** A commit record that verifies. */
    private record Commit(long version, long batchStart, CommitRecord record) {}

    /**
     * What a collection consists of.
     *
     * @param record the newest commit record that is left
     * @param complete whether it certainly is the newest that there was
     * @param more segments that it does not name, and that were written behind it; none if it is complete
     * @param dead what files of masks that were written behind it say, by the ids of segments
     */
    record Contents(CommitRecord record, boolean complete, List<Long> more, Map<Long, LiveDocs> dead) {}

    private final Storage storage;
    private final UUID store;
    private final long durable;
    private final Map<Integer, List<Commit>> commits = new HashMap<>();

    /** The newest that does not verify, by space. */
    private final Map<Integer, Long> lostVersions = new HashMap<>();

    private final Map<Integer, Damage> lostFrames = new HashMap<>();
    private final List<Damage> doubtful = new ArrayList<>();
    private final List<Damage> harmless = new ArrayList<>();

    /** By the names of entries of the directory; read once. */
    private @Nullable Map<String, Integer> spaces;

    private final Map<Integer, Long> nextNumbers = new HashMap<>();

    SalvageDocuments(SalvageSource source) {
        this.storage = source.storage();
        this.store = source.store();
        this.durable = source.durable();
    }

    // -------------------------------------------------------------------------------------------------- reading the
    // log

    /** Told of every record: of which spaces documents are is known only when all were read. */
    void note(Chunk chunk, long lsn, MemorySegment s, long at, boolean intact) {
        int space = FrameLayout.space(s, at);
        if (space == KeyspaceView.SYSTEM || FrameLayout.type(s, at) != FrameLayout.PUT) {
            return;
        }
        long keyAt = FrameLayout.keyOffset(s, at);
        int keyLength = FrameLayout.keyLength(s, at);
        if (keyLength == DocumentSpace.UNKEYED_KEY) {
            long ignored = nextNumbers.merge(space, DocumentSpace.number(s, keyAt) + 1, Math::max);
        }
        if (!DocumentSpace.isCommitRecord(s, keyAt, keyLength) || FrameLayout.hasValueFile(s, at)) {
            return;
        }
        long version = FrameLayout.version(s, at, lsn);
        CommitRecord record = intact ? read(chunk, s, at) : null;
        if (record == null) {
            if (version >= lostVersions.getOrDefault(space, 0L)) {
                lostVersions.put(space, version);
                lostFrames.put(space, new Damage(chunk.file(), lsn - chunk.base(), FrameLayout.end(s, at) - at, ""));
            }
            return;
        }
        List<Commit> all = commits.computeIfAbsent(space, _ -> new ArrayList<>());
        // Of those that certainly count the newest does; which of the others do is known later.
        all.removeIf(each -> lsn < durable && each.version <= version);
        all.add(new Commit(version, FrameLayout.batchStart(s, at, lsn), record));
    }

    /** Null also if it is something else, of a keyspace. */
    private static @Nullable CommitRecord read(Chunk chunk, MemorySegment s, long at) {
        try {
            MemorySegment value = s.asSlice(FrameLayout.payloadOffset(s, at), FrameLayout.payloadLength(s, at));
            return CommitRecord.decode(value, chunk.file(), at);
        } catch (CorruptionException | dev.ashlar.UnsupportedFormatException e) {
            return null;
        }
    }

    // ---------------------------------------------------------------------------------------------------- what it says

    /** Above all numbers of documents without a key that the log has in a space. */
    long nextNumber(int space) {
        return nextNumbers.getOrDefault(space, 1L);
    }

    /** What a document collection consists of. */
    Contents contents(int space, String name, SalvagePlan plan) {
        Commit newest = null;
        for (Commit each : commits.getOrDefault(space, List.of())) {
            if (plan.counts(each.batchStart)
                    && !plan.catalog().isCleared(space, each.version)
                    && (newest == null || each.version > newest.version)) {
                newest = each;
            }
        }
        long version = newest == null ? 0 : newest.version;
        CommitRecord record = newest == null ? CommitRecord.EMPTY : newest.record;
        if (newest != null && plan.isBroken(newest.batchStart)) {
            doubtful.add(new Damage(
                    DocumentFiles.DIRECTORY,
                    0,
                    0,
                    "the batch of the last commit of document collection " + name
                            + " has lost records: documents without"
                            + " a key that it committed may be pending as well"));
        }
        Damage lost = lostFrames.get(space);
        boolean newerIsLost = lostVersions.getOrDefault(space, 0L) > version;
        if (lost != null) {
            Damage frame = new Damage(
                    lost.file(),
                    lost.position(),
                    lost.length(),
                    "a commit record of document collection " + name + " does not verify"
                            + (newerIsLost ? "" : "; there is a newer one, or another copy"));
            (newerIsLost ? doubtful : harmless).add(frame);
        }
        if (!newerIsLost && !plan.mayHaveLostBehind(version)) {
            return new Contents(record, true, List.of(), Map.of());
        }
        List<Long> more = newer(space, record.nextFile(), true);
        Map<Long, LiveDocs> dead = new HashMap<>();
        for (long file : newer(space, record.nextFile(), false)) {
            readMasks(space, file).forEach((segment, mask) -> {
                LiveDocs ignored = dead.merge(segment, mask, (a, b) -> a.documents() == b.documents() ? a.and(b) : a);
            });
        }
        if (newerIsLost || !more.isEmpty() || !dead.isEmpty()) {
            doubtful.add(new Damage(
                    DocumentFiles.DIRECTORY,
                    0,
                    0,
                    "the last commit record of document collection " + name + " is lost, or may be: "
                            + (newest == null ? "all" : "besides those of an earlier one, all newer")
                            + " segments that are there were taken, " + more.size()
                            + " of them. Documents that were not"
                            + " committed may be, as may be some that were deleted or replaced; documents without a key may"
                            + " be there twice; and what was about to be deleted is"));
        }
        return new Contents(record, false, more, dead);
    }

    /** Files of a space that were written since an id was the next one, the oldest first. */
    private List<Long> newer(int space, long nextFile, boolean segments) {
        TreeSet<Long> ids = new TreeSet<>();
        spaces().forEach((entry, of) -> {
            long id = DocumentFiles.idOf(entry);
            boolean wanted = segments ? DocumentFiles.isSegment(entry) : DocumentFiles.isLive(entry);
            if (of == space && wanted && id >= nextFile) {
                ids.add(id);
            }
        });
        return List.copyOf(ids);
    }

    private Map<String, Integer> spaces() {
        Map<String, Integer> known = spaces;
        if (known == null) {
            known = new HashMap<>();
            if (storage.exists(DocumentFiles.DIRECTORY)) {
                for (String entry : new TreeSet<>(storage.list(DocumentFiles.DIRECTORY))) {
                    if (DocumentFiles.idOf(entry) >= 0) {
                        known.put(entry, spaceOf(entry));
                    }
                }
            }
            spaces = known;
        }
        return known;
    }

    private int spaceOf(String entry) {
        int space = -1;
        try {
            space = DocumentFiles.spaceOf(storage, store, entry);
        } catch (StorageException e) {
            if (!Causes.isUnreadable(e)) {
                throw e;
            }
        }
        if (space < 0 && DocumentFiles.isSegment(entry)) {
            doubtful.add(new Damage(
                    DocumentFiles.DIRECTORY + "/" + entry,
                    0,
                    0,
                    "the header of the segment does not verify, or is that of another store: unless a commit record names"
                            + " it, its documents are left out"));
        }
        return space;
    }

    private Map<Long, LiveDocs> readMasks(int space, long file) {
        try {
            return LiveFile.read(storage, store, space, file);
        } catch (CorruptionException e) {
            return Map.of(); // one that was being written, or is damaged: said to be doubtful anyway
        } catch (StorageException e) {
            if (Causes.isUnreadable(e)) {
                return Map.of();
            }
            throw e;
        }
    }

    List<Damage> doubtful() {
        return doubtful;
    }

    List<Damage> harmless() {
        return harmless;
    }
}
