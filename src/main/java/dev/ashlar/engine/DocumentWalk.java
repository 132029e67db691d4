package dev.ashlar.engine;

import dev.ashlar.Document;
import dev.ashlar.DocumentAddress;
import dev.ashlar.DocumentCursor;
import dev.ashlar.DocumentSchema;
import dev.ashlar.document.CachedBlock;
import dev.ashlar.document.DocumentEncoder;
import dev.ashlar.document.EncodedDocument;
import dev.ashlar.document.FilterPredicate;
import dev.ashlar.document.SchemaShape;
import dev.ashlar.document.SegmentFile;
import dev.ashlar.document.Zones;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Goes from document to document of a snapshot, in the blocks of the cache. A <i>place</i> is the number of a segment among those of the
 * snapshot, above 32 bits of ordinal: places ascend in the order of the documents.
 */
final class DocumentWalk implements DocumentCursor {
    private final DocumentReads reads;
    private final List<DocumentState.Member> members;
    private final @Nullable FilterPredicate filter;
    private final EncodedDocument document;
    private final long to;

    /** Where the next document is looked for. */
    private long next;

    /** The present document; -1 if there is none. */
    private long present = -1;

    private @Nullable CachedBlock pinned;
    private int pinnedMember = -1;
    private int pinnedBlock = -1;
    private int checkedMember = -1;
    private boolean closed;

    DocumentWalk(DocumentReads reads, @Nullable FilterPredicate filter) {
        this(reads, filter, 0, end(reads.state()));
    }

    /** Through the documents from one place up to another. */
    DocumentWalk(DocumentReads reads, @Nullable FilterPredicate filter, long from, long to) {
        this.reads = reads;
        this.members = reads.state().published();
        this.filter = filter;
        this.document = new EncodedDocument(reads.shape());
        this.next = from;
        this.to = to;
    }

    /** Behind all documents. */
    static long end(DocumentState state) {
        return (long) state.published().size() << 32;
    }

    /** A place between two others with about as many documents on either side, and where a block begins. */
    static long middle(DocumentState state, long from, long to) {
        List<DocumentState.Member> members = state.published();
        long count = 0;
        for (int m = (int) (from >>> 32); m < members.size() && (long) m << 32 < to; m++) {
            count += documents(members, m, from, to);
        }
        long half = count / 2;
        for (int m = (int) (from >>> 32); m < members.size() && (long) m << 32 < to; m++) {
            long here = documents(members, m, from, to);
            if (half <= here && half > 0) {
                int first = m == (int) (from >>> 32) ? (int) from : 0;
                SegmentFile file = members.get(m).segment().file();
                int ordinal = (int) Math.min(first + half, file.documents() - 1);
                return (long) m << 32 | file.firstOrdinalOf(file.blockOf(ordinal));
            }
            half -= here;
        }
        return from;
    }

    private static long documents(List<DocumentState.Member> members, int m, long from, long to) {
        int first = m == (int) (from >>> 32) ? (int) from : 0;
        int end = m == (int) (to >>> 32) ? (int) to : members.get(m).entry().documents();
        return Math.max(0, end - first);
    }

    @Override
    public boolean next() {
        checkOpen();
        while (next < to) {
            int m = (int) (next >>> 32);
            DocumentState.Member member = members.get(m);
            if (filter != null && checkedMember != m && !mayMatch(member)) {
                next = (long) (m + 1) << 32;
                continue;
            }
            checkedMember = m;
            int ordinal = member.now().nextLive((int) next);
            if (ordinal < 0) {
                next = (long) (m + 1) << 32;
                continue;
            }
            long place = (long) m << 32 | ordinal;
            if (place >= to) {
                break;
            }
            next = place + 1; // also if the document is damaged: who goes on comes to the one behind it
            go(place);
            if (filter == null || filter.test(document)) {
                return true;
            }
        }
        present = -1;
        return false;
    }

    private boolean mayMatch(DocumentState.Member member) {
        byte[] zones = member.segment().file().zones();
        return filter == null
                || zones.length == 0
                || Zones.read(
                                reads.shape(),
                                MemorySegment.ofArray(zones),
                                0,
                                zones.length,
                                member.segment().file().name(),
                                0)
                        .mayMatch(filter);
    }

    /** Stands at the document at a place, which is live. */
    void go(long place) {
        checkOpen();
        present = -1;
        int m = (int) (place >>> 32);
        int ordinal = (int) place;
        SegmentFile file = members.get(m).segment().file();
        CachedBlock block = pinned;
        if (block == null || pinnedMember != m || !holds(file, ordinal)) {
            leave();
            int number = file.blockOf(ordinal);
            block = members.get(m).segment().blocks(reads.space().cache()).pin(number);
            pinned = block;
            pinnedMember = m;
            pinnedBlock = number;
        }
        int index = ordinal - file.firstOrdinalOf(pinnedBlock);
        EncodedDocument ignored =
                document.pointAt(block.memory(), block.at(index), block.length(index), file.name(), ordinal);
        present = place;
    }

    private boolean holds(SegmentFile file, int ordinal) {
        int first = file.firstOrdinalOf(pinnedBlock);
        return ordinal >= first && ordinal < first + file.documentsOf(pinnedBlock);
    }

    private boolean goIfAny(long place) {
        present = -1;
        if (place < 0) {
            return false;
        }
        go(place);
        return true;
    }

    @Override
    public boolean find(String key) {
        checkOpen();
        return goIfAny(reads.find(DocumentReads.primaryKey(reads.schema(), reads.name(), key)));
    }

    @Override
    public boolean find(long key) {
        checkOpen();
        return goIfAny(reads.find(DocumentReads.primaryKey(reads.schema(), reads.name(), key)));
    }

    @Override
    public boolean find(DocumentAddress address) {
        checkOpen();
        return goIfAny(reads.place(address));
    }

    @Override
    public Document document() {
        checkOpen();
        checkPresent();
        return document;
    }

    private void checkPresent() {
        if (present < 0) {
            throw new IllegalStateException("the cursor is at no document");
        }
    }

    /** A copy of the present document. */
    Document copy() {
        MemorySegment encoded = document.encoded();
        return reads.copyOf(
                encoded,
                0,
                encoded.byteSize(),
                members.get((int) (present >>> 32)).segment().file().name());
    }

    @Override
    public Document copy(String... fields) {
        checkOpen();
        checkPresent();
        if (fields.length == 0) {
            return copy();
        }
        Map<String, Object> values = new TreeMap<>();
        Map<String, Object> all = document.toMap();
        for (String field : fields) {
            int ignored = reads.schema().number(field); // that there is one
            Object value = all.get(field);
            if (value != null) {
                values.put(field, value);
            }
        }
        // Of the same fields by their numbers, but a part of a document needs no key.
        DocumentSchema.Builder keyless = DocumentSchema.builder();
        reads.schema().fields().forEach(keyless::field);
        MemorySegment encoded = new DocumentEncoder(new SchemaShape(keyless.build()))
                .set(values)
                .encode(0);
        return reads.copyOf(encoded, 0, encoded.byteSize(), "part of a document");
    }

    @Override
    public DocumentAddress address() {
        checkOpen();
        checkPresent();
        return new DocumentAddress(members.get((int) (present >>> 32)).segment().id(), (int) present);
    }

    private void checkOpen() {
        if (closed) {
            throw new IllegalStateException("the cursor is closed");
        }
        reads.checkOpen();
    }

    /** Keeps no block until the next document is looked at; there is no present one meanwhile. */
    void leave() {
        present = -1;
        CachedBlock block = pinned;
        pinned = null;
        pinnedMember = -1;
        if (block != null) {
            block.unpin();
        }
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            present = -1;
            leave();
        }
    }
}
