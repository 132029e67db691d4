package dev.ashlar.engine;

import dev.ashlar.Document;
import dev.ashlar.DocumentAddress;
import dev.ashlar.DocumentCursor;
import dev.ashlar.DocumentField;
import dev.ashlar.DocumentFilter;
import dev.ashlar.DocumentSchema;
import dev.ashlar.DocumentSnapshot;
import dev.ashlar.FieldType;
import dev.ashlar.document.DocumentEncoder;
import dev.ashlar.document.EncodedDocument;
import dev.ashlar.document.FilterPredicate;
import dev.ashlar.document.SchemaShape;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Spliterators;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/** The committed documents of a collection at one moment. */
final class DocumentReads implements DocumentSnapshot {
    private final DocumentSpace space;
    private final DocumentState state;
    private final SchemaShape shape;

    /** Throws if the snapshot of the store that this is a part of is closed. */
    private final Runnable check;

    /** Whether the state is this one's to release. */
    private final boolean owns;

    /** Each read asks for it; it is set by whoever closes first. */
    private volatile boolean closed;

    private DocumentReads(DocumentSpace space, DocumentState state, Runnable check, boolean owns) {
        this.space = space;
        this.state = state;
        this.shape = space.shape();
        this.check = check;
        this.owns = owns;
    }

    /** What is committed now. */
    static DocumentReads of(DocumentSpace space) {
        return new DocumentReads(space, space.retainState(), () -> {}, true);
    }

    /** What a snapshot of the store shows, which keeps it. */
    static DocumentReads of(DocumentSpace space, DocumentState state, Runnable check) {
        return new DocumentReads(space, state, check, false);
    }

    static byte[] primaryKey(DocumentSchema schema, String collection, String key) {
        Objects.requireNonNull(key, "key");
        requireKey(schema, collection, FieldType.KEYWORD);
        return key.getBytes(StandardCharsets.UTF_8);
    }

    static byte[] primaryKey(DocumentSchema schema, String collection, long key) {
        requireKey(schema, collection, FieldType.I64);
        return DocumentEncoder.keyOf(key);
    }

    private static void requireKey(DocumentSchema schema, String collection, FieldType type) {
        DocumentField field = schema.primaryKey();
        if (field == null || field.type() != type) {
            throw new IllegalStateException("document collection " + collection + " has "
                    + (field == null ? "no primary key" : "a primary key of type " + field.type())
                    + ", not one of type "
                    + type);
        }
    }

    void checkOpen() {
        check.run();
        space.documents().checkOpen();
        if (closed) {
            throw new IllegalStateException("the snapshot of document collection " + name() + " is closed");
        }
    }

    DocumentSpace space() {
        return space;
    }

    DocumentState state() {
        return state;
    }

    SchemaShape shape() {
        return shape;
    }

    @Override
    public String name() {
        return space.space().name();
    }

    @Override
    public DocumentSchema schema() {
        return shape.schema();
    }

    @Override
    public long lsn() {
        return state.lsn();
    }

    @Override
    public long count() {
        checkOpen();
        return state.documents();
    }

    // ----------------------------------------------------------------------------------------------------------- one

    @Override
    public @Nullable Document get(String key) {
        return copy(find(primaryKey(schema(), name(), key)));
    }

    @Override
    public @Nullable Document get(long key) {
        return copy(find(primaryKey(schema(), name(), key)));
    }

    @Override
    public @Nullable Document get(DocumentAddress address) {
        return copy(place(address));
    }

    @Override
    public @Nullable DocumentAddress find(String key) {
        return address(find(primaryKey(schema(), name(), key)));
    }

    @Override
    public @Nullable DocumentAddress find(long key) {
        return address(find(primaryKey(schema(), name(), key)));
    }

    /** Where a document is: number of the segment among those of the state, above 32 bits of ordinal; -1 if there is none. */
    long find(byte[] primaryKey) {
        checkOpen();
        DocumentKey key = DocumentKey.of(primaryKey);
        List<DocumentState.Member> members = state.published();
        for (int i = members.size() - 1; i >= 0; i--) {
            DocumentState.Member member = members.get(i);
            int ordinal = key.findIn(member.segment().file());
            if (ordinal >= 0 && member.now().isLive(ordinal)) {
                return (long) i << 32 | ordinal;
            }
        }
        return -1;
    }

    long place(DocumentAddress address) {
        checkOpen();
        List<DocumentState.Member> members = state.published();
        for (int i = 0; i < members.size(); i++) {
            DocumentState.Member member = members.get(i);
            if (member.segment().id() == address.segment()) {
                int ordinal = address.ordinal();
                return ordinal >= 0
                                && ordinal < member.entry().documents()
                                && member.now().isLive(ordinal)
                        ? (long) i << 32 | ordinal
                        : -1;
            }
        }
        return -1;
    }

    @Nullable
    DocumentAddress address(long place) {
        return place < 0
                ? null
                : new DocumentAddress(
                        state.published().get((int) (place >>> 32)).segment().id(), (int) place);
    }

    private @Nullable Document copy(long place) {
        if (place < 0) {
            return null;
        }
        try (DocumentWalk walk = new DocumentWalk(this, null)) {
            walk.go(place);
            return walk.copy();
        }
    }

    /** A document of its own, of bytes that are copied. */
    Document copyOf(MemorySegment source, long at, long length, String file) {
        byte[] bytes = source.asSlice(at, length).toArray(ValueLayout.JAVA_BYTE);
        return new EncodedDocument(shape).pointAt(MemorySegment.ofArray(bytes), 0, length, file, 0);
    }

    // ---------------------------------------------------------------------------------------------------------- many

    @Override
    public List<@Nullable Document> getAll(List<DocumentAddress> addresses) {
        return copies(addresses.stream().mapToLong(this::place).toArray());
    }

    @Override
    public List<@Nullable Document> getAllByKey(List<String> keys) {
        return copies(keys.stream()
                .mapToLong(key -> find(primaryKey(schema(), name(), key)))
                .toArray());
    }

    private List<@Nullable Document> copies(long[] places) {
        @Nullable Document[] found = new Document[places.length];
        Integer[] order = IntStream.range(0, places.length).boxed().toArray(Integer[]::new);
        Arrays.sort(order, Comparator.comparingLong(i -> places[i]));
        try (DocumentWalk walk = new DocumentWalk(this, null)) {
            for (int i : order) {
                if (places[i] >= 0) {
                    walk.go(places[i]);
                    found[i] = walk.copy();
                }
            }
        }
        return Arrays.asList(found);
    }

    @Override
    public DocumentCursor cursor() {
        checkOpen();
        return new DocumentWalk(this, null);
    }

    @Override
    public DocumentCursor cursor(DocumentFilter filter) {
        checkOpen();
        return new DocumentWalk(this, FilterPredicate.of(filter, shape));
    }

    @Override
    public long count(DocumentFilter filter) {
        long count = 0;
        try (DocumentCursor cursor = cursor(filter)) {
            while (cursor.next()) {
                count++;
            }
        }
        return count;
    }

    @Override
    public Stream<Document> stream() {
        return stream((FilterPredicate) null);
    }

    @Override
    public Stream<Document> stream(DocumentFilter filter) {
        return stream(FilterPredicate.of(filter, shape));
    }

    private Stream<Document> stream(@Nullable FilterPredicate filter) {
        checkOpen();
        return StreamSupport.stream(new Documentary(this, filter, 0, DocumentWalk.end(state)), false);
    }

    /** Documents from one place up to another. */
    private static final class Documentary extends Spliterators.AbstractSpliterator<Document> {
        private final DocumentReads reads;
        private final @Nullable FilterPredicate filter;
        private final long to;
        private long from;
        private @Nullable DocumentWalk walk;

        Documentary(DocumentReads reads, @Nullable FilterPredicate filter, long from, long to) {
            super(Long.MAX_VALUE, NONNULL | ORDERED);
            this.reads = reads;
            this.filter = filter;
            this.from = from;
            this.to = to;
        }

        @Override
        public boolean tryAdvance(Consumer<? super Document> action) {
            if (walk == null) {
                walk = new DocumentWalk(reads, filter, from, to);
            }
            // Nobody says when a stream is left early, so no block stays pinned from one document to the next.
            Document found = walk.next() ? walk.copy() : null;
            walk.leave();
            if (found == null) {
                return false;
            }
            action.accept(found);
            return true;
        }

        @Override
        public void forEachRemaining(Consumer<? super Document> action) {
            try (DocumentWalk all = walk == null ? new DocumentWalk(reads, filter, from, to) : walk) {
                walk = all;
                while (all.next()) {
                    action.accept(all.copy());
                }
            }
        }

        @Override
        public java.util.@Nullable Spliterator<Document> trySplit() {
            if (walk != null) {
                return null;
            }
            long middle = DocumentWalk.middle(reads.state, from, to);
            if (middle <= from || middle >= to) {
                return null;
            }
            Documentary first = new Documentary(reads, filter, from, middle);
            from = middle;
            return first;
        }
    }

    @Override
    public void close() {
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
        }
        if (owns) {
            state.release();
            space.documents().readersLeft();
        }
    }

    @Override
    public String toString() {
        return "snapshot of document collection " + name() + " at " + lsn();
    }
}
