package dev.ashlar;

import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The documents of a collection as they were committed at one moment. It keeps its segments, also if they are merged away
 * meanwhile; their space comes back when it is closed. All methods may be called from any thread; after closing they throw {@link
 * IllegalStateException}.
 *
 * <p>Documents that are returned are copies and stay as they are. For reading in place, and many in a row, there is the {@link
 * DocumentCursor}.
 *
 * <p>All reads throw {@link CorruptionException} for a document that does not verify.
 */
public interface DocumentSnapshot extends AutoCloseable {
    String name();

    DocumentSchema schema();

    /** LSN of the commit, merge or flush that made it what it is; 0 if there was none. */
    long lsn();

    /** Number of documents. */
    long count();

    /** The document with a primary key, or null. */
    @Nullable
    Document get(String key);

    @Nullable
    Document get(long key);

    /**
     * The document at an address.
     *
     * @return null if it is dead, or the snapshot does not have the segment
     */
    @Nullable
    Document get(DocumentAddress address);

    /**
     * Many at once, block by block, so that each block is read once.
     *
     * @return a document, or null, for each address, in their order
     */
    List<@Nullable Document> getAll(List<DocumentAddress> addresses);

    /** The documents with these keys, or null for each that is absent, in their order. */
    List<@Nullable Document> getAllByKey(List<String> keys);

    /** Where the document with a key is, or null. */
    @Nullable
    DocumentAddress find(String key);

    @Nullable
    DocumentAddress find(long key);

    /** Goes through all documents, those added first first unless segments were merged; in place, without copying. */
    DocumentCursor cursor();

    /**
     * Goes through the documents that match a filter. Segments in which none can match, by the least and greatest values of
     * their fields, are passed over.
     *
     * @throws IllegalArgumentException if the filter names a field that there is not, or a value of another type
     */
    DocumentCursor cursor(DocumentFilter filter);

    /** How many documents match. */
    long count(DocumentFilter filter);

    /**
     * Copies of all documents; a parallel stream is divided by segments and blocks.
     */
    Stream<Document> stream();

    Stream<Document> stream(DocumentFilter filter);

    @Override
    void close();
}
