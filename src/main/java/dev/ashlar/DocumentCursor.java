package dev.ashlar;

/**
 * Reads documents in place: {@link #document()} shows the bytes of the decompressed block until the cursor moves or is closed. For
 * one thread at a time.
 */
public interface DocumentCursor extends AutoCloseable {
    /** Goes to the next document; false at the end. */
    boolean next();

    /**
     * Goes to the document with a key; what {@link #next} comes to does not change by it.
     *
     * @return false if there is none
     */
    boolean find(String key);

    boolean find(long key);

    /** Goes to the document at an address; see {@link DocumentSnapshot#get(DocumentAddress)}. */
    boolean find(DocumentAddress address);

    /**
     * The present document, the same object each time.
     *
     * @throws IllegalStateException if the cursor is at none
     */
    Document document();

    /**
     * A copy of the present document, or of some of its fields.
     *
     * @param fields names of fields; none: all of them
     */
    Document copy(String... fields);

    DocumentAddress address();

    @Override
    void close();
}
