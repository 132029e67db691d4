package dev.ashlar;

import org.jspecify.annotations.Nullable;

/** A document, or a value of one of its fields, is not what the schema of its collection asks for. Nothing of it was added. */
public final class InvalidDocumentException extends IllegalArgumentException {
    private static final long serialVersionUID = 1L;

    private final @Nullable String field;
    private final String expected;
    private final String found;

    /**
     * @param field name of the field; null if it is about the document as a whole
     * @param expected what should be there
     * @param found what is there
     */
    public InvalidDocumentException(@Nullable String field, String expected, String found) {
        super((field == null ? "a document is refused" : "field " + field) + ": expected " + expected + ", found "
                + found);
        this.field = field;
        this.expected = expected;
        this.found = found;
    }

    /** Name of the field; null if it is about the document as a whole. */
    public @Nullable String field() {
        return field;
    }

    public String expected() {
        return expected;
    }

    public String found() {
        return found;
    }
}
