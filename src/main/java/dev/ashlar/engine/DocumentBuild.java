package dev.ashlar.engine;

import dev.ashlar.AshlarException;
import dev.ashlar.DocumentOptions;
import dev.ashlar.StoreFailedException;
import dev.ashlar.WriteTimeoutException;
import dev.ashlar.document.BlockCompressor;
import dev.ashlar.document.BlockOptions;
import dev.ashlar.document.CommitRecord;
import dev.ashlar.document.Dictionary;
import dev.ashlar.document.DictionaryTrainer;
import dev.ashlar.document.DocumentFiles;
import dev.ashlar.document.EncodedDocument;
import dev.ashlar.document.LiveDocs;
import dev.ashlar.document.LiveFile;
import dev.ashlar.document.SchemaShape;
import dev.ashlar.document.SegmentInfo;
import dev.ashlar.document.SegmentWriter;
import dev.ashlar.document.Zones;
import dev.ashlar.log.Chunk;
import dev.ashlar.log.FrameLayout;
import dev.ashlar.log.Position;
import dev.ashlar.simd.Xxh3;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/**
 * Makes segments of what is pending in a collection up to a moment, its barrier. It changes nothing but files of its own: the
 * state that it returns counts when somebody publishes it, and until then can be given up.
 *
 * <pre>
 *   barrier: pending records, and a snapshot that keeps them where they are
 *      └─► parts of a worker's share of bytes ─► workers: copy from the log, compress, write, sync
 *             └─► which older documents die ─► a file of masks ─► names durable ─► the state to be
 * </pre>
 *
 * <p>The caller has the collection's token.
 */
final class DocumentBuild implements AutoCloseable {
    /** Records from one up to another, which becomes a segment, or more if they need more memory than a worker has. */
    private record Part(int from, int to) {}

    /** A document's record in the log. */
    private record Operation(
            MemorySegment key,
            long keyAt,
            int keyLength,
            MemorySegment value,
            long valueAt,
            long length,
            byte kind,
            String file,
            long position) {}

    private static final int SAMPLE_BYTES = 2 << 20;
    private static final int DICTIONARY_BYTES = 64 << 10;
    private static final int TRAINS_AGAIN = 10;

    /** Of a writer, for keys and the like: for thousands of documents. */
    private static final long LEAST_GROWTH = 256 << 10;

    private final DocumentSpace space;
    private final Documents documents;
    private final DocumentOptions options;
    private final long barrier;

    /** Of all documents below the barrier; the collection may get another one meanwhile. */
    private final SchemaShape shape;

    /** Where the records stand, in the order of the log. */
    private final long[] lsns;

    private final List<String> files = Collections.synchronizedList(new ArrayList<>());
    private final List<OpenSegment> opened = new ArrayList<>();
    private boolean snapshotOpen;
    private boolean kept;
    private boolean filesStay;
    private volatile boolean cancelled;
    private long added;
    private long removed;

    /** Draws the line: what is pending now is what it is about. */
    DocumentBuild(DocumentSpace space) {
        this.space = space;
        this.documents = space.documents();
        this.options = space.options();
        Pending pending = documents.snapshots().openBriefly(lsn -> new Pending(lsn, space));
        this.snapshotOpen = true;
        this.barrier = pending.lsn;
        this.shape = space.shape();
        this.lsns = pending.inOrder();
    }

    /** Collects positions while nobody appends, and nothing else. */
    private static final class Pending {
        private final DocumentSpace space;
        private final long lsn;
        private long[] lsns = new long[256];
        private int count;

        Pending(long lsn, DocumentSpace space) {
            this.lsn = lsn;
            this.space = space;
            space.space().forEachPosition(this::add);
        }

        private void add(long position) {
            Chunk chunk = space.space().chunkAt(position);
            if (chunk == null) {
                throw space.space().values().leadsNowhere();
            }
            if (count == lsns.length) {
                lsns = Arrays.copyOf(lsns, 2 * count);
            }
            lsns[count++] = chunk.base() + Position.offset(position);
        }

        long[] inOrder() {
            long[] all = Arrays.copyOf(lsns, count);
            Arrays.sort(all);
            return all;
        }
    }

    /** Pending operations with versions below are in the segments. */
    long barrier() {
        return barrier;
    }

    /** Documents that it adds. */
    long added() {
        return added;
    }

    /** Documents that readers see, and do not when it is committed. */
    long removed() {
        return removed;
    }

    /** Makes it end soon, with an exception. Any thread. */
    void cancel() {
        cancelled = true;
    }

    // ------------------------------------------------------------------------------------------------------- building

    /**
     * @param commit whether the state to be is one in which nothing is pending up to the barrier; else all of it is pending in
     *     segments
     * @return null if there is nothing to do
     */
    @Nullable
    DocumentState run(boolean commit) {
        try {
            return build(commit);
        } finally {
            closeSnapshot();
        }
    }

    private @Nullable DocumentState build(boolean commit) {
        DocumentState present = space.state();
        List<Part> parts = parts();
        if (parts.isEmpty() && !(commit && present.hasUnpublished())) {
            return null;
        }
        documents.files().ensureDirectory();
        List<Long> dictionaries = dictionaries(present);
        List<SegmentInfo> infos = documents
                .runAll(
                        options.workers(),
                        parts.stream()
                                .<Callable<List<SegmentInfo>>>map(part -> () -> write(part, dictionaries))
                                .toList(),
                        this::cancel)
                .stream()
                .flatMap(List::stream)
                .toList();
        List<DocumentState.Member> published = new ArrayList<>(present.published());
        List<DocumentState.Member> unpublished = new ArrayList<>(present.unpublished());
        kill(published, unpublished, commit);
        closeSnapshot();
        List<DocumentState.Member> built = new ArrayList<>();
        for (SegmentInfo info : infos) {
            added += info.documents();
            built.add(member(info));
        }
        if (commit) {
            for (DocumentState.Member member : published) {
                removed += member.now().live() - member.next().live();
            }
            published.replaceAll(DocumentState.Member::settled);
            unpublished.forEach(member -> {
                added += member.next().live();
                published.add(member.settled());
            });
            unpublished.clear();
            published.addAll(built);
            published.removeIf(member -> member.now().live() == 0);
        } else {
            unpublished.addAll(built);
        }
        if (!files.isEmpty()) {
            documents.files().syncDirectory();
        }
        checkGoesOn();
        return DocumentState.after(
                present, published, unpublished, dictionaries, documents.files().nextId());
    }

    private DocumentState.Member member(SegmentInfo info) {
        OpenSegment segment = OpenSegment.of(info.id(), () -> documents.open(space, info.id()));
        opened.add(segment);
        AshlarException failure = segment.failure();
        if (failure != null) {
            throw failure; // it does not read what it has just written
        }
        CommitRecord.Entry entry = new CommitRecord.Entry(
                info.id(),
                info.documents(),
                info.documentBytes(),
                info.fileBytes(),
                CommitRecord.Mask.NONE,
                CommitRecord.Mask.NONE);
        LiveDocs all = LiveDocs.all(info.documents());
        return new DocumentState.Member(entry, segment, all, all);
    }

    private List<Part> parts() {
        List<Part> parts = new ArrayList<>();
        long share = options.workerBytes();
        long bytes = 0;
        int from = 0;
        for (int i = 0; i < lsns.length; i++) {
            bytes += operation(i, false).length;
            if (bytes >= share) {
                parts.add(new Part(from, i + 1));
                from = i + 1;
                bytes = 0;
            }
        }
        if (from < lsns.length) {
            parts.add(new Part(from, lsns.length));
        }
        // Where there is nothing but the commit record, and deletions, no segment comes of it.
        return parts.size() == 1 && parts.getFirst().to - parts.getFirst().from == 1 && isCommitRecord(0)
                ? List.of()
                : parts;
    }

    private boolean isCommitRecord(int i) {
        return operation(i, false).kind == 0;
    }

    /** Dictionaries that there are, and another one if it is time for it. */
    private List<Long> dictionaries(DocumentState present) {
        List<Long> all = present.record().dictionaries();
        if (!options.dictionaries() || !all.isEmpty()) {
            return all;
        }
        long bytes = 0;
        for (int i = 0; i < lsns.length; i++) {
            bytes += operation(i, false).length;
        }
        if (bytes < space.trainsFrom()) {
            return all;
        }
        byte[] trained = train(bytes);
        if (trained == null) {
            space.trainsFrom(TRAINS_AGAIN * bytes);
            return all;
        }
        long id = documents.files().newId();
        files.add(DocumentFiles.dictionary(id));
        try (Dictionary dictionary = new Dictionary(id, trained)) {
            dictionary.write(
                    documents.storage(), documents.store(), space.space().id());
        }
        documents.files().syncDirectory();
        return List.of(id);
    }

    /** From documents evenly of all that there are; null if none is worth it. */
    private byte @Nullable [] train(long bytes) {
        long average = Math.max(1, bytes / lsns.length);
        int step = (int) Math.max(1, lsns.length * average / SAMPLE_BYTES);
        try (DictionaryTrainer trainer = new DictionaryTrainer(SAMPLE_BYTES)) {
            boolean room = true;
            for (int i = 0; i < lsns.length && room; i += step) {
                Operation each = operation(i, true);
                room = !isDocument(each) || trainer.add(each.value, each.valueAt, each.length);
            }
            checkGoesOn();
            BlockOptions blocks = new BlockOptions(options.blockBytes(), options.level());
            return trainer.train(DICTIONARY_BYTES, blocks, bytes).dictionary();
        }
    }

    /** The work of one worker. */
    private List<SegmentInfo> write(Part part, List<Long> dictionaries) {
        List<SegmentInfo> infos = new ArrayList<>();
        EncodedDocument document = new EncodedDocument(shape);
        try (Documents.Lease lease = documents.lease(space, options.level(), dictionaries)) {
            int i = part.from;
            while (i < part.to) {
                i = writeOne(i, part.to, lease.compressor(), document, infos);
            }
        }
        return infos;
    }

    /** Writes one segment; returns the first record that is not in it. */
    private int writeOne(
            int from, int to, BlockCompressor compressor, EncodedDocument document, List<SegmentInfo> infos) {
        int first = from;
        while (first < to && !isDocument(operation(first, false))) {
            first++;
        }
        if (first == to) {
            return to;
        }
        long id = documents.files().newId();
        files.add(DocumentFiles.segment(id));
        Zones zones = new Zones(shape);
        try (SegmentWriter writer = new SegmentWriter(
                documents.storage(),
                documents.store(),
                id,
                space.space().id(),
                new BlockOptions(options.blockBytes(), options.level()),
                compressor,
                written -> checkGoesOn())) {
            int i = first;
            // What a writer takes from the beginning may be all that a worker has.
            long most = Math.max(options.workerBytes(), writer.memoryBytes() + LEAST_GROWTH);
            for (; i < to && writer.memoryBytes() < most; i++) {
                Operation each = operation(i, true);
                if (!isDocument(each)) {
                    continue;
                }
                EncodedDocument read =
                        document.pointAt(each.value, each.valueAt, each.length, each.file, each.position);
                zones.add(read);
                long stored = read.storedLength();
                if (each.keyLength >= 0) {
                    int ignored = writer.add(each.value, each.valueAt, stored, each.key, each.keyAt, each.keyLength);
                } else {
                    int ignored = writer.add(each.value, each.valueAt, stored);
                }
            }
            writer.zones(zones.toBytes());
            infos.add(writer.finish());
            return i;
        }
    }

    private static boolean isDocument(Operation operation) {
        return operation.kind == DocumentSpace.ADD || operation.kind == DocumentSpace.UPSERT;
    }

    /**
     * The n-th record.
     *
     * @param whole whether its value is going to be read: then it is verified; else kind and length are told by unverified bytes
     *     that are there
     */
    private Operation operation(int i, boolean whole) {
        long lsn = lsns[i];
        Chunk chunk = documents.chunks().holding(lsn);
        if (chunk == null) {
            throw space.space().values().leadsNowhere();
        }
        MemorySegment s = chunk.segment();
        long at = lsn - chunk.base();
        if (!chunk.isVerified(at) && !chunk.headerVerifies(s, at, documents.salt())) {
            throw chunk.corruption(at, "the header of a pending document", "bytes that do not verify");
        }
        MemorySegment value = s;
        long valueAt = FrameLayout.payloadOffset(s, at);
        long length = FrameLayout.payloadLength(s, at);
        if (FrameLayout.hasValueFile(s, at)) {
            length = FrameLayout.valueFileLength(s, at);
            MemorySegment file = space.space().values().valueFile(s, at);
            if (file == null) {
                throw chunk.corruption(at, "a pending document whose value file is there", "none");
            }
            value = file;
            valueAt = 0;
        } else if (whole && !FrameLayout.payloadVerifies(s, at)) {
            throw chunk.corruption(at, "a pending document", "bytes that do not verify");
        }
        long keyAt = FrameLayout.keyOffset(s, at);
        int keyLength = FrameLayout.keyLength(s, at);
        byte first = keyLength == 0 ? -1 : s.get(ValueLayout.JAVA_BYTE, keyAt);
        if (keyLength == 1 && first == DocumentSpace.COMMIT_RECORD[0]) {
            return new Operation(s, keyAt, -1, value, valueAt, 0, (byte) 0, chunk.file(), at);
        }
        byte kind = length == 0 ? 0 : value.get(ValueLayout.JAVA_BYTE, valueAt);
        boolean keyed = first == DocumentSpace.KEYED;
        if (!keyed && first != DocumentSpace.UNKEYED || kind < DocumentSpace.ADD || kind > DocumentSpace.DELETE) {
            throw chunk.corruption(
                    at, "an operation on documents", "a key that begins with " + first + ", and kind " + kind);
        }
        return new Operation(
                s, keyAt + 1, keyed ? keyLength - 1 : -1, value, valueAt + 1, length - 1, kind, chunk.file(), at);
    }

    // --------------------------------------------------------------------------------------------------------- deaths

    /**
     * Finds the documents that are replaced or deleted, and writes down that they are dead next.
     *
     * @param commit segments of which nothing is left then go
     */
    private void kill(List<DocumentState.Member> published, List<DocumentState.Member> unpublished, boolean commit) {
        List<DocumentState.Member> all = new ArrayList<>(published);
        all.addAll(unpublished);
        if (all.isEmpty()) {
            return;
        }
        Map<Integer, int[]> dead = new HashMap<>();
        Map<Integer, Integer> counts = new HashMap<>();
        for (int i = 0; i < lsns.length; i++) {
            Operation each = operation(i, false);
            if (each.kind != DocumentSpace.UPSERT && each.kind != DocumentSpace.DELETE || each.keyLength < 0) {
                continue;
            }
            long hash = Xxh3.hash(each.key, each.keyAt, each.keyLength, 0);
            for (int m = 0; m < all.size(); m++) {
                DocumentState.Member member = all.get(m);
                int ordinal = member.segment().file().find(hash, each.key, each.keyAt, each.keyLength);
                if (ordinal >= 0 && member.next().isLive(ordinal)) {
                    int count = counts.merge(m, 1, Integer::sum);
                    int[] ordinals = dead.computeIfAbsent(m, _ -> new int[16]);
                    if (count > ordinals.length) {
                        ordinals = Arrays.copyOf(ordinals, 2 * ordinals.length);
                        dead.put(m, ordinals);
                    }
                    ordinals[count - 1] = ordinal;
                }
            }
            if ((i & 0xFFF) == 0) {
                checkGoesOn();
            }
        }
        if (dead.isEmpty()) {
            return;
        }
        long id = documents.files().newId();
        Map<Long, LiveDocs> masks = new HashMap<>();
        dead.forEach((m, ordinals) -> {
            int count = counts.getOrDefault(m, 0);
            DocumentState.Member member = all.get(m);
            LiveDocs next = member.next().without(Arrays.copyOf(ordinals, count));
            if (next.live() > 0 || !commit) {
                masks.put(member.segment().id(), next);
            }
            CommitRecord.Entry entry = member.entry();
            CommitRecord.Mask mask = new CommitRecord.Mask(id, next.dead());
            DocumentState.Member killed = new DocumentState.Member(
                    new CommitRecord.Entry(
                            entry.segment(),
                            entry.documents(),
                            entry.documentBytes(),
                            entry.fileBytes(),
                            entry.now(),
                            mask),
                    member.segment(),
                    member.now(),
                    next);
            if (m < published.size()) {
                published.set(m, killed);
            } else {
                unpublished.set(m - published.size(), killed);
            }
        });
        if (masks.isEmpty()) {
            return;
        }
        files.add(DocumentFiles.live(id));
        LiveFile.write(documents.storage(), documents.store(), space.space().id(), id, masks);
    }

    // --------------------------------------------------------------------------------------------------------- ending

    private void checkGoesOn() {
        documents.checkOpen();
        if (cancelled) {
            throw new WriteTimeoutException("the workers did not build the segments of " + space
                    + " in time, or one of them failed; everything is pending as before");
        }
    }

    /** What it has written belongs to the collection's state. */
    void keep() {
        kept = true;
    }

    /** Publishing a state with what it has written failed; perhaps the record that names it is in the log all the same. */
    void failed(Throwable e, @Nullable DocumentState to) {
        kept |= space.isAt(to);
        filesStay |= e instanceof StoreFailedException failure && failure.indeterminate();
    }

    private void closeSnapshot() {
        if (snapshotOpen) {
            snapshotOpen = false;
            documents.snapshots().closeBrief(barrier);
        }
    }

    /** Removes what it has written, unless it was {@linkplain #keep kept}. */
    @Override
    public void close() {
        closeSnapshot();
        if (!kept) {
            kept = true;
            opened.forEach(OpenSegment::release);
            if (!filesStay) {
                documents.files().discard(files);
            }
        }
    }
}
