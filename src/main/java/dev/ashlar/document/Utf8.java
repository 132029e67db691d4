package dev.ashlar.document;

import dev.ashlar.InvalidDocumentException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CharsetEncoder;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;

/**
 * Text to UTF-8 and its check, strictly: half a surrogate pair has no UTF-8, and is refused instead of replaced. For one
 * thread; pieces of text go through one small array, so that a long text is not copied as a whole.
 */
final class Utf8 {
    private static final int PIECE = 4_096;
    private static final int MOST_BYTES_OF_A_CHAR = 3;

    // Both report what is malformed, as new ones do.
    private final CharsetEncoder encoder = StandardCharsets.UTF_8.newEncoder();
    private final CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder();
    private final char[] chars = new char[PIECE];
    private final CharBuffer piece = CharBuffer.wrap(chars);

    /**
     * Writes the UTF-8 of a text behind the staged values.
     *
     * @return its length
     */
    int encode(String field, String text, StagedValues values) {
        StagedValues.checkLength(field, text.length());
        encoder.reset();
        int length = 0;
        int from = 0;
        while (from < text.length()) {
            int to = Math.min(text.length(), from + PIECE);
            text.getChars(from, to, chars, 0);
            piece.clear().limit(to - from);
            values.room(field, length, MOST_BYTES_OF_A_CHAR * (to - from));
            int at = values.used() + length;
            ByteBuffer out = ByteBuffer.wrap(values.data(), at, values.data().length - at);
            CoderResult result = encoder.encode(piece, out, to == text.length());
            if (result.isError()) {
                throw new InvalidDocumentException(
                        field, "text", "half of a surrogate pair at character " + (from + piece.position()));
            }
            length += out.position() - at;
            // A pair that the piece has only the first half of begins the next one.
            from += piece.position();
        }
        return length;
    }

    /** Where UTF-8 is malformed, as an offset from {@code from}; -1 if it is not. */
    int malformedAt(byte[] bytes, int from, int length) {
        decoder.reset();
        ByteBuffer in = ByteBuffer.wrap(bytes, from, length);
        CoderResult result;
        do {
            piece.clear();
            result = decoder.decode(in, piece, true);
        } while (result.isOverflow());
        return result.isError() ? in.position() - from : -1;
    }
}
