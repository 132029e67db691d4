package dev.ashlar.engine;

import dev.ashlar.Damage;
import dev.ashlar.StorageException;
import dev.ashlar.VectorOptions;
import dev.ashlar.io.Causes;
import dev.ashlar.io.OffHeap;
import dev.ashlar.io.Storage;
import dev.ashlar.io.StorageFile;
import dev.ashlar.log.SegmentFiles;
import dev.ashlar.vector.SegmentLayout;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The rows that are in segments of a damaged store: of each id the newest one that is not known to be dead. Which segments
 * there are the manifest says; without one, every file that says it is one of this store counts. That is no harm: what was merged
 * is in them with the same versions, and what is dead in a segment stays so.
 */
final class SalvageRows {
    /** What a segment says of its collection; null if its header is lost. */
    record Collection(@Nullable VectorOptions options, long highestVersion) {}

    /**
     * A row.
     *
     * @param damage what is wrong with it; null if it is intact
     */
    record Row(long version, int segment, int row, @Nullable Damage damage) {}

    private record File(String name, SegmentLayout.Shape shape, long length) {}

    /** Told of the bytes of a row, and of its padding. */
    interface Visitor {
        void row(int space, long id, MemorySegment row, long version);
    }

    private final Storage storage;
    private final UUID store;
    private final long salt;
    private final SalvageReads reads;
    private final List<File> files = new ArrayList<>();
    private final TreeMap<Integer, Collection> collections = new TreeMap<>();
    private final Map<Integer, Map<Long, Row>> rows = new HashMap<>();

    private final List<Damage> damaged = new ArrayList<>();
    private final List<Damage> doubtful = new ArrayList<>();
    private final List<Damage> harmless = new ArrayList<>();
    private long intact;

    SalvageRows(SalvageSource source, SalvageReads reads) {
        this.storage = source.storage();
        this.store = source.store();
        this.salt = source.salt();
        this.reads = reads;
        Manifest manifest = source.manifest();
        List<Manifest.SegmentEntry> entries =
                manifest == null ? entriesByHeaders() : manifest.segments().entries();
        Map<Long, long[]> dead = deaths(manifest, entries);
        for (Manifest.SegmentEntry entry : entries) {
            survey(entry, dead.get(entry.number()));
        }
    }

    // -------------------------------------------------------------------------------------------------- what there is

    private List<String> names() {
        return storage.exists(SegmentFiles.DIRECTORY) ? storage.list(SegmentFiles.DIRECTORY) : List.of();
    }

    private List<Manifest.SegmentEntry> entriesByHeaders() {
        List<Manifest.SegmentEntry> entries = new ArrayList<>();
        for (String each : new TreeSet<>(names())) {
            long number = SegmentFiles.numberOf(each);
            if (number < 0) {
                continue;
            }
            String name = SegmentFiles.fileName(number);
            SegmentLayout.Header[] header = {null};
            with(name, SegmentLayout.HEADER_BYTES, s -> {
                header[0] =
                        s.byteSize() < SegmentLayout.HEADER_BYTES ? null : SegmentLayout.read(s, name, store, number);
            });
            SegmentLayout.Header found = header[0];
            if (found == null) {
                doubtful.add(new Damage(
                        name,
                        0,
                        SegmentLayout.HEADER_BYTES,
                        "the header of the segment does not verify, and without a manifest nothing else says whose rows"
                                + " it has: they are left out, as far as the log does not have them"));
            } else {
                entries.add(new Manifest.SegmentEntry(number, found.size(), 0, found.space(), found.rows()));
            }
        }
        return entries;
    }

    /** By the numbers of segments. A row that is dead once stays so: without a manifest all that is there counts. */
    private Map<Long, long[]> deaths(@Nullable Manifest manifest, List<Manifest.SegmentEntry> entries) {
        Map<Long, long[]> all = new HashMap<>();
        boolean found = false;
        for (String name : names()) {
            long checkpoint = DeathsFile.checkpointOf(name);
            if (checkpoint < 0 || manifest != null && checkpoint != manifest.checkpoint()) {
                continue;
            }
            Map<Long, long[]> masks = readDeaths(checkpoint);
            if (masks != null) {
                found = true;
                masks.forEach((segment, mask) -> all.merge(segment, mask, SalvageRows::or));
            }
        }
        if (manifest == null) {
            reportMissing(new TreeSet<>(all.keySet()), entries);
        }
        boolean wanted = manifest == null ? storage.exists(SegmentFiles.DIRECTORY) : !entries.isEmpty();
        if (!found && wanted) {
            doubtful.add(new Damage(
                    manifest == null ? SegmentFiles.DIRECTORY : DeathsFile.fileName(manifest.checkpoint()),
                    0,
                    0,
                    "which rows of segments were deleted is lost: some that were may be in the new store"));
        }
        return all;
    }

    /** Without a manifest only these files say which segments there were. */
    private void reportMissing(Set<Long> numbers, List<Manifest.SegmentEntry> entries) {
        entries.forEach(entry -> numbers.remove(entry.number()));
        for (long number : numbers) {
            String name = number > 0 ? SegmentFiles.fileName(number) : SegmentFiles.DIRECTORY;
            doubtful.add(new Damage(
                    name,
                    0,
                    0,
                    "a list of dead rows names this segment, and it is not there, or its header is lost: its rows went to"
                            + " another segment, or they are lost; a manifest would say which"));
        }
    }

    private @Nullable Map<Long, long[]> readDeaths(long checkpoint) {
        try {
            return DeathsFile.read(storage, store, checkpoint);
        } catch (StorageException e) {
            if (Causes.isUnreadable(e)) {
                return null;
            }
            throw e;
        }
    }

    private static long[] or(long[] a, long[] b) {
        long[] all = a.length >= b.length ? a.clone() : b.clone();
        long[] other = a.length >= b.length ? b : a;
        for (int i = 0; i < other.length; i++) {
            all[i] |= other[i];
        }
        return all;
    }

    /** Hands out the first bytes of a file, or as many as it has; none if it is missing. */
    private void with(String name, long most, Consumer<MemorySegment> reader) {
        if (!storage.exists(name)) {
            reader.accept(MemorySegment.NULL);
            return;
        }
        try (StorageFile file = storage.open(name);
                Arena arena = Arena.ofShared()) {
            long length = Math.min(most, file.size());
            MemorySegment s = OffHeap.allocate(Math.max(length, 1), 4096, arena).asSlice(0, length);
            reads.expect(length);
            reads.read(file, s, length);
            reader.accept(s);
        }
    }

    private void survey(Manifest.SegmentEntry entry, long @Nullable [] dead) {
        String name = SegmentFiles.fileName(entry.number());
        with(name, entry.size(), s -> {
            if (s.byteSize() < entry.size()) {
                damaged.add(
                        new Damage(
                                name,
                                s.byteSize(),
                                entry.size() - s.byteSize(),
                                s.byteSize() == 0
                                        ? "the segment is missing; its rows are lost as far as the log does not have them"
                                        : "the segment ends here; the rows behind are lost as far as the log does not have them"));
            }
            SegmentLayout.Header header = s.byteSize() < SegmentLayout.HEADER_BYTES
                    ? null
                    : SegmentLayout.read(s, name, store, entry.number());
            boolean known = header != null
                    && header.space() == entry.space()
                    && header.rows() == entry.rows()
                    && header.size() == entry.size();
            if (header != null && known) {
                Collection former = collections.get(entry.space());
                long highest = Math.max(header.highestVersion(), former == null ? 0 : former.highestVersion);
                collections.put(entry.space(), new Collection(header.options(), highest));
            } else if (s.byteSize() >= SegmentLayout.HEADER_BYTES) {
                harmless.add(new Damage(
                        name,
                        0,
                        SegmentLayout.HEADER_BYTES,
                        "the header of the segment does not verify; no row is lost"));
            }
            SegmentLayout.Shape shape = header != null && known
                    ? header.shape()
                    : SegmentLayout.shapeByRows(s, entry.number(), entry.size(), entry.space(), entry.rows(), salt);
            if (shape == null) {
                damaged.add(new Damage(name, 0, s.byteSize(), "no header of a row verifies; its rows are lost"));
                return;
            }
            collections.putIfAbsent(entry.space(), new Collection(null, 0));
            files.add(new File(name, shape, s.byteSize()));
            survey(name, shape, s, dead);
        });
    }

    private void survey(String name, SegmentLayout.Shape shape, MemorySegment s, long @Nullable [] dead) {
        Map<Long, Row> known = rows.computeIfAbsent(shape.space(), _ -> new HashMap<>());
        for (int row = 0; row < shape.rows(); row++) {
            long at = SegmentLayout.headerAt(row);
            if (at + SegmentLayout.ROW_HEADER > s.byteSize()) {
                return; // said already
            }
            boolean isDead = dead != null && row / Long.SIZE < dead.length && (dead[row / Long.SIZE] >>> row & 1) != 0;
            if (isDead || dead == null && SegmentLayout.isEmpty(s, row)) {
                continue;
            }
            if (!SegmentLayout.rowHeaderVerifies(s, shape, row, salt)) {
                damaged.add(new Damage(
                        name,
                        at,
                        SegmentLayout.ROW_HEADER,
                        "the header of a row does not verify; an older row of its id may be in the new store"));
                continue;
            }
            Damage damage = SegmentLayout.rowVerifies(s, shape, row)
                    ? null
                    : new Damage(name, shape.rowAt(row), shape.stride(), "a row does not verify");
            intact += damage == null ? 1 : 0;
            Row found = new Row(SegmentLayout.versionAt(s, row), files.size() - 1, row, damage);
            Row ignored = known.merge(
                    SegmentLayout.idAt(s, at + 48),
                    found,
                    // The same row may be in two segments, if there is no manifest.
                    (a, b) -> a.version > b.version || a.version == b.version && a.damage == null ? a : b);
        }
    }

    // --------------------------------------------------------------------------------------------------- what it says

    /** Vector collections of which there are segments, by space. */
    SortedMap<Integer, Collection> collections() {
        return collections;
    }

    /** Rows that are intact, of any version. */
    long intact() {
        return intact;
    }

    List<Damage> damaged() {
        return damaged;
    }

    List<Damage> doubtful() {
        return doubtful;
    }

    List<Damage> harmless() {
        return harmless;
    }

    /** The newest row of an id in any segment; null if there is none, or it was {@linkplain #take taken}. */
    @Nullable
    Row find(int space, long id) {
        Map<Long, Row> known = rows.get(space);
        return known == null ? null : known.get(id);
    }

    /** The row does not count: there is a newer one, or it was deleted, or written. */
    void take(int space, long id) {
        Map<Long, Row> known = rows.get(space);
        if (known != null) {
            Row ignored = known.remove(id);
        }
    }

    /** Those that were not taken and cannot be read, of one space. */
    void forEachLost(int space, BiConsumer<Long, Row> consumer) {
        rows.getOrDefault(space, Map.of()).forEach((id, row) -> {
            if (row.damage != null) {
                consumer.accept(id, row);
            }
        });
    }

    /** Reads all rows that were not taken, file by file. */
    void forEachLeft(Visitor visitor) {
        for (int i = 0; i < files.size(); i++) {
            File file = files.get(i);
            int segment = i;
            Map<Long, Row> left = rows.getOrDefault(file.shape.space(), Map.of());
            with(file.name, file.length, s -> {
                for (int row = 0; row < file.shape.rows(); row++) {
                    if (SegmentLayout.headerAt(row) + SegmentLayout.ROW_HEADER > s.byteSize()
                            || !SegmentLayout.rowHeaderVerifies(s, file.shape, row, salt)) {
                        continue;
                    }
                    long id = SegmentLayout.idAt(s, SegmentLayout.headerAt(row) + 48);
                    Row known = left.get(id);
                    if (known != null
                            && known.segment == segment
                            && known.row == row
                            && SegmentLayout.rowVerifies(s, file.shape, row)) {
                        visitor.row(
                                file.shape.space(),
                                id,
                                s.asSlice(file.shape.rowAt(row), file.shape.stride()),
                                known.version);
                    }
                }
            });
        }
    }
}
