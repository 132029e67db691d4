package dev.ashlar.engine;

import dev.ashlar.AshlarException;
import dev.ashlar.CorruptionException;
import dev.ashlar.Damage;
import dev.ashlar.DocumentField;
import dev.ashlar.DocumentStatus;
import dev.ashlar.Durability;
import dev.ashlar.FieldType;
import dev.ashlar.StorageException;
import dev.ashlar.document.BlockBuffer;
import dev.ashlar.document.CommitRecord;
import dev.ashlar.document.Dictionaries;
import dev.ashlar.document.DocumentEncoder;
import dev.ashlar.document.DocumentFiles;
import dev.ashlar.document.EncodedDocument;
import dev.ashlar.document.LiveDocs;
import dev.ashlar.document.LiveFile;
import dev.ashlar.document.SegmentFile;
import dev.ashlar.io.Causes;
import dev.ashlar.io.OffHeap;
import dev.ashlar.io.Storage;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Brings the documents in segments of one damaged collection to a new one: first what was committed, and commits it; then what
 * was pending in segments, as records that are pending. What is pending in the log is written behind that.
 *
 * <p>A document with a primary key is written as one that replaces whatever has its key. So no key is there twice, also if what
 * says that one is dead is lost: the newer one replaces the older.
 */
final class SalvageCollection {
    /** Bytes of documents that are committed together. */
    private static final long COMMIT_BYTES = 64 << 20;

    /** Takes a record. */
    interface Records {
        void put(KeyspaceHandle records, byte[] key, MemorySegment value);

        /** Sees to it that what was put is in the log. */
        void flush();
    }

    /** Takes a primary key of which the newest document cannot be read. */
    @FunctionalInterface
    interface LostKeys {
        /** @param older whether an older one is there */
        void add(byte[] key, Damage where, boolean older);
    }

    private record Lost(byte[] key, Damage where) {}

    private final Storage storage;
    private final UUID store;
    private final int space;
    private final SalvageDocuments.Contents contents;
    private final DocumentHandle target;
    private final SalvageReads reads;
    private final Records records;
    private final LostKeys lostKeys;
    private final Dictionaries dictionaries;
    private final EncodedDocument document;
    private final @Nullable DocumentField keyField;
    private final Map<Long, Map<Long, LiveDocs>> masks = new HashMap<>();

    private final List<Damage> damaged = new ArrayList<>();
    private final List<Damage> doubtful = new ArrayList<>();
    private final List<Damage> harmless = new ArrayList<>();
    private final List<Lost> lost = new ArrayList<>();
    private long nextNumber;
    private MemorySegment value = OffHeap.allocate(64 << 10, 64, Arena.ofAuto());
    private long uncommitted;

    /**
     * @param nextNumber for documents without a key
     * @param lostKeys told of documents of which only the key can be read
     */
    SalvageCollection(
            SalvageSource source,
            int space,
            SalvageDocuments.Contents contents,
            long nextNumber,
            DocumentHandle target,
            SalvageReads reads,
            Records records,
            LostKeys lostKeys) {
        this.storage = source.storage();
        this.store = source.store();
        this.space = space;
        this.contents = contents;
        this.nextNumber = nextNumber;
        this.target = target;
        this.reads = reads;
        this.records = records;
        this.lostKeys = lostKeys;
        this.dictionaries = new Dictionaries(storage, store, space);
        this.document = new EncodedDocument(target.documents().shape());
        this.keyField = target.documents().schema().primaryKey();
    }

    KeyspaceHandle records() {
        return target.documents().records();
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

    /** Bytes of the files of segments that are going to be read. */
    long bytes() {
        CommitRecord record = contents.record();
        return record.published().stream()
                        .mapToLong(CommitRecord.Entry::fileBytes)
                        .sum()
                + record.unpublished().stream()
                        .mapToLong(CommitRecord.Entry::fileBytes)
                        .sum();
    }

    /** Writes everything that is in segments. */
    void run() {
        CommitRecord record = contents.record();
        for (long dictionary : record.dictionaries()) {
            checkDictionary(dictionary);
        }
        for (CommitRecord.Entry entry : record.published()) {
            read(entry, entry.segment(), mask(entry, entry.now()), this::commitSoon);
        }
        for (long segment : contents.more()) {
            read(null, segment, null, this::commitSoon);
        }
        commit();
        for (CommitRecord.Entry entry : record.published()) {
            if (!entry.now().equals(entry.next())) {
                deleteLater(entry);
            }
        }
        for (CommitRecord.Entry entry : record.unpublished()) {
            read(entry, entry.segment(), mask(entry, entry.next()), _ -> {});
        }
        records.flush();
        for (Lost each : lost) {
            boolean older = target.documents().find(each.key).status() != DocumentStatus.ABSENT;
            lostKeys.add(each.key, each.where, older);
        }
    }

    private void commitSoon(long bytes) {
        uncommitted += bytes;
        if (uncommitted >= COMMIT_BYTES) {
            commit();
        }
    }

    private void commit() {
        records.flush();
        if (uncommitted > 0) {
            uncommitted = 0;
            long ignored = target.commit(Durability.APPENDED);
        }
    }

    private void checkDictionary(long id) {
        var dictionary = dictionaries.tryAcquire(id);
        if (dictionary != null) {
            dictionaries.release(dictionary);
        } else {
            damaged.add(new Damage(
                    DocumentFiles.dictionary(id),
                    0,
                    0,
                    "a dictionary is missing or damaged: documents in blocks that need it are lost, and listed apart"));
        }
    }

    // ----------------------------------------------------------------------------------------------------------- masks

    /** Null if it is lost. */
    private @Nullable LiveDocs mask(CommitRecord.Entry entry, CommitRecord.Mask mask) {
        LiveDocs more = contents.dead().get(entry.segment());
        LiveDocs live = LiveDocs.all(entry.documents());
        if (more != null && more.documents() == entry.documents()) {
            live = more;
        }
        if (mask.file() == 0) {
            return live;
        }
        LiveDocs found = masks.computeIfAbsent(mask.file(), this::readMasks).get(entry.segment());
        String difference = Documents.difference(found, entry, mask);
        if (found != null && difference == null) {
            return live.and(found);
        }
        Damage unknown = new Damage(
                DocumentFiles.live(mask.file()),
                0,
                0,
                "which " + mask.dead() + " of the " + entry.documents() + " documents of segment " + entry.segment()
                        + " of document collection " + target.name()
                        + " are deleted or replaced is lost: all of them are taken for alive");
        addOnce(doubtful, unknown);
        return more == null ? null : live;
    }

    private static void addOnce(List<Damage> all, Damage damage) {
        if (!all.contains(damage)) {
            all.add(damage);
        }
    }

    private Map<Long, LiveDocs> readMasks(long file) {
        try {
            return LiveFile.read(storage, store, space, file);
        } catch (CorruptionException e) {
            return Map.of();
        } catch (StorageException e) {
            if (Causes.isAbsence(e) || Causes.isUnreadable(e)) {
                return Map.of();
            }
            throw e;
        }
    }

    // -------------------------------------------------------------------------------------------------------- segments

    /** Told how many bytes of documents were written. */
    @FunctionalInterface
    private interface Written {
        void bytes(long count);
    }

    private @Nullable SegmentFile open(CommitRecord.@Nullable Entry entry, long id, long live) {
        String name = DocumentFiles.segment(id);
        String what = entry == null ? "its documents are lost" : live + " documents of " + target.name() + " are lost";
        try {
            SegmentFile file = SegmentFile.openForSalvage(
                    storage, store, space, id, dictionaries, e -> addOnce(harmless, Documents.damage(e)));
            if (entry != null && file.documents() != entry.documents()) {
                int found = file.documents();
                file.close();
                damaged.add(new Damage(
                        name,
                        0,
                        entry.fileBytes(),
                        "the segment has " + found + " documents instead of " + entry.documents() + "; " + what));
                return null;
            }
            return file;
        } catch (CorruptionException e) {
            report(entry, live, new Damage(name, e.position(), 0, e.getMessage() + " " + what));
        } catch (StorageException e) {
            if (!Causes.isAbsence(e) && !Causes.isUnreadable(e)) {
                throw e;
            }
            boolean merged = Causes.isAbsence(e)
                    && !contents.complete()
                    && !contents.more().isEmpty();
            String why = merged
                    ? "the segment is missing: it was merged into a newer one, or "
                    : Causes.isAbsence(e) ? "the segment is missing: " : "the device cannot read the segment: ";
            Damage damage = new Damage(name, 0, entry == null ? 0 : entry.fileBytes(), why + what);
            if (merged) {
                doubtful.add(damage);
            } else {
                report(entry, live, damage);
            }
        }
        return null;
    }

    /** A segment that no record names may be one that was never finished. */
    private void report(CommitRecord.@Nullable Entry entry, long live, Damage damage) {
        addOnce(entry == null ? doubtful : live == 0 ? harmless : damaged, damage);
    }

    /**
     * Writes the documents of a segment.
     *
     * @param entry null if no record names it
     * @param known which of them count; null: all
     */
    private void read(CommitRecord.@Nullable Entry entry, long id, @Nullable LiveDocs known, Written written) {
        long live = known != null ? known.live() : entry != null ? entry.documents() : 0;
        SegmentFile opened = open(entry, id, live);
        if (opened == null) {
            return;
        }
        try (SegmentFile file = opened;
                BlockBuffer buffer = new BlockBuffer()) {
            LiveDocs later = contents.dead().get(id);
            LiveDocs mask = known != null
                    ? known
                    : later != null && later.documents() == file.documents() ? later : LiveDocs.all(file.documents());
            for (int block = 0; block < file.blocks(); block++) {
                int first = file.firstOrdinalOf(block);
                int behind = first + file.documentsOf(block);
                if (mask.liveBetween(first, behind) > 0) {
                    readBlock(file, block, mask, buffer, written);
                }
                reads.count(file.storedLengthOf(block));
            }
        }
    }

    private void readBlock(SegmentFile file, int block, LiveDocs mask, BlockBuffer buffer, Written written) {
        int first = file.firstOrdinalOf(block);
        int behind = first + file.documentsOf(block);
        try {
            buffer.read(file, block);
        } catch (AshlarException e) {
            if (e instanceof StorageException failure && !Causes.isUnreadable(failure)
                    || !(e instanceof StorageException) && !(e instanceof CorruptionException)) {
                throw e;
            }
            Damage where = new Damage(
                    file.name(),
                    file.offsetOf(block),
                    file.storedLengthOf(block),
                    "block " + block + " cannot be read, and " + mask.liveBetween(first, behind) + " documents of "
                            + target.name() + " in it are lost: " + e.getMessage());
            damaged.add(where);
            for (int i = mask.nextLive(first); i >= 0 && i < behind; i = mask.nextLive(i + 1)) {
                byte[] key = keyInTable(file, i);
                if (key != null) {
                    lost.add(new Lost(key, where));
                }
            }
            return;
        }
        for (int i = mask.nextLive(first); i >= 0 && i < behind; i = mask.nextLive(i + 1)) {
            write(file, block, i, buffer, written);
        }
    }

    private void write(SegmentFile file, int block, int ordinal, BlockBuffer buffer, Written written) {
        int index = ordinal - file.firstOrdinalOf(block);
        long at = buffer.at(index);
        long length = buffer.length(index);
        Damage where = new Damage(
                file.name(),
                file.offsetOf(block),
                file.storedLengthOf(block),
                "document " + ordinal + " of the segment is lost: ");
        byte[] key = keyInTable(file, ordinal);
        try {
            document.pointAt(buffer.memory(), at, length, file.name(), file.offsetOf(block));
        } catch (CorruptionException e) {
            Damage unread = new Damage(where.file(), where.position(), where.length(), where.what() + e.getMessage());
            damaged.add(unread);
            if (key != null) {
                lost.add(new Lost(key, unread));
            }
            return;
        }
        if (key == null && keyField != null) {
            key = keyInDocument(keyField);
            if (key == null) {
                damaged.add(new Damage(
                        where.file(),
                        where.position(),
                        where.length(),
                        where.what() + "its primary key cannot be read"));
                return;
            }
        }
        boolean keyed = keyField != null && key != null;
        records.put(
                records(),
                keyed ? DocumentSpace.recordKey(Objects.requireNonNull(key)) : DocumentSpace.recordKey(nextNumber++),
                operation(keyed ? DocumentSpace.UPSERT : DocumentSpace.ADD, buffer.memory(), at, length));
        written.bytes(length);
    }

    private static byte @Nullable [] keyInTable(SegmentFile file, int ordinal) {
        try {
            MemorySegment key = file.key(ordinal);
            return key == null ? null : key.toArray(ValueLayout.JAVA_BYTE);
        } catch (CorruptionException | StorageException e) {
            return null; // the table was read as a whole before: the device fails only now
        }
    }

    /** Null if it is not stored there. */
    private byte @Nullable [] keyInDocument(DocumentField field) {
        if (!document.has(field.name())) {
            return null;
        }
        if (field.type() == FieldType.I64) {
            return DocumentEncoder.keyOf(document.i64(field.name()));
        }
        String text = document.string(field.name());
        return text == null ? null : text.getBytes(StandardCharsets.UTF_8);
    }

    /** What was committed, and was to be deleted or replaced. */
    private void deleteLater(CommitRecord.Entry entry) {
        LiveDocs now = mask(entry, entry.now());
        LiveDocs next = mask(entry, entry.next());
        if (now == null || next == null) {
            return; // said already
        }
        MemorySegment deletion = MemorySegment.ofArray(new byte[] {DocumentSpace.DELETE});
        int dying = now.live() - now.and(next).live();
        SegmentFile opened = dying == 0 ? null : open(entry, entry.segment(), 0);
        if (opened == null) {
            return;
        }
        try (SegmentFile file = opened) {
            for (int i = now.nextLive(0); i >= 0; i = now.nextLive(i + 1)) {
                byte[] key = next.isLive(i) ? null : keyInTable(file, i);
                if (key != null) {
                    records.put(records(), DocumentSpace.recordKey(key), deletion);
                    dying--;
                }
            }
        }
        if (dying > 0) {
            doubtful.add(new Damage(
                    DocumentFiles.segment(entry.segment()),
                    0,
                    0,
                    dying + " documents of " + target.name()
                            + " were to be deleted by the next commit, and their keys cannot be read: they are not"));
        }
    }

    // ------------------------------------------------------------------------------------------- operations in the log

    /** The bytes of an operation that is pending; valid until the next call. */
    MemorySegment operation(byte kind, MemorySegment from, long at, long length) {
        if (value.byteSize() <= length) {
            value = OffHeap.allocate(2 * length + 1, 64, Arena.ofAuto());
        }
        value.set(ValueLayout.JAVA_BYTE, 0, kind);
        MemorySegment.copy(from, at, value, 1, length);
        return value.asSlice(0, 1 + length);
    }

    /**
     * An operation of the log as it is written to the new store: an addition of a key is one that replaces. Null if it is none.
     *
     * @param file and position of the value, for messages
     */
    @Nullable
    MemorySegment operation(MemorySegment key, MemorySegment from, long at, long length, String file, long position) {
        if (!isKey(key) || length == 0) {
            return null;
        }
        byte kind = from.get(ValueLayout.JAVA_BYTE, at);
        boolean keyed = key.get(ValueLayout.JAVA_BYTE, 0) == DocumentSpace.KEYED;
        if (kind == DocumentSpace.DELETE && keyed && length == 1) {
            return operation(kind, from, at + 1, 0);
        }
        if (kind != DocumentSpace.ADD && !(keyed && kind == DocumentSpace.UPSERT)) {
            return null;
        }
        try {
            document.pointAt(from, at + 1, length - 1, file, position);
        } catch (CorruptionException e) {
            return null;
        }
        return operation(keyed ? DocumentSpace.UPSERT : DocumentSpace.ADD, from, at + 1, length - 1);
    }

    /** Whether a key of a record is one of an operation. */
    boolean isKey(MemorySegment key) {
        if (key.byteSize() == 0) {
            return false;
        }
        byte first = key.get(ValueLayout.JAVA_BYTE, 0);
        return keyField == null
                ? first == DocumentSpace.UNKEYED && key.byteSize() == DocumentSpace.UNKEYED_KEY
                : first == DocumentSpace.KEYED;
    }
}
