package dev.ashlar.cli;

import com.fasterxml.jackson.core.Base64Variants;
import com.fasterxml.jackson.core.JsonParseException;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import dev.ashlar.Keyspace;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Key, value and expiry of an entry, gathered from the members of one object after the other; {@link JsonLines} says
 * which.
 */
final class EntryFields implements Closeable {
    private final Spool value = new Spool();
    private byte @Nullable [] plainKey;
    private byte @Nullable [] binaryKey;
    private boolean plainValue;
    private boolean binaryValue;
    private @Nullable Instant expiresAt;

    /** Forgets the last object. */
    void clear() throws IOException {
        value.clear();
        plainKey = null;
        binaryKey = null;
        plainValue = false;
        binaryValue = false;
        expiresAt = null;
    }

    /** Takes a member, whose value the parser is at; one of another name is passed over. */
    void member(JsonParser parser, String name, JsonToken token) throws IOException {
        switch (name) {
            case "key" -> plainKey = key(parser, token);
            case "keyBase64" -> {
                requireString(parser, name, token);
                ByteArrayOutputStream decoded = new ByteArrayOutputStream();
                decode(parser, name, decoded);
                binaryKey = decoded.toByteArray();
            }
            case "value" -> {
                requireString(parser, name, token);
                plainValue = true;
                if (!binaryValue) {
                    value.clear();
                    value.write(bytes(parser, parser.getText()));
                }
            }
            case "valueBase64" -> {
                requireString(parser, name, token);
                binaryValue = true;
                value.clear();
                decode(parser, name, value);
            }
            case "expiresAt" -> {
                requireString(parser, name, token);
                expiresAt = moment(parser, parser.getText());
            }
            default -> parser.skipChildren();
        }
    }

    byte[] requireKey(JsonParser parser) {
        byte[] key = binaryKey == null ? plainKey : binaryKey;
        if (key == null) {
            throw refused(parser, "there is no key and no keyBase64");
        }
        if (key.length > Keyspace.MAX_KEY_BYTES) {
            throw refused(
                    parser,
                    "the key has " + Units.count(key.length) + " bytes; a key has at most "
                            + Units.count(Keyspace.MAX_KEY_BYTES));
        }
        return key;
    }

    void requireValue(JsonParser parser) {
        if (!(plainValue || binaryValue)) {
            throw refused(parser, "there is no value and no valueBase64");
        }
    }

    /** When the value expires; null: it stays. */
    @Nullable
    Instant expiresAt() {
        return expiresAt;
    }

    /** The value's bytes, or none if there is none. */
    InputStream value() throws IOException {
        return value.open();
    }

    @Override
    public void close() throws IOException {
        value.close();
    }

    /** Goes to the next object. @return false at the end */
    static boolean next(JsonParser parser, String expected) throws IOException {
        try {
            JsonToken token = parser.nextToken();
            if (token != null && token != JsonToken.START_OBJECT) {
                throw refused(parser, "expected an object with " + expected + ", found " + token);
            }
            return token != null;
        } catch (JsonProcessingException e) {
            throw refused(parser, e);
        }
    }

    private static byte[] key(JsonParser parser, JsonToken token) throws IOException {
        if (token == JsonToken.VALUE_NUMBER_INT) {
            return Keyspace.longKey(parser.getLongValue());
        }
        if (token != JsonToken.VALUE_STRING) {
            throw refused(parser, "key must be a string, or an integer for a long key");
        }
        return bytes(parser, parser.getText());
    }

    private static Instant moment(JsonParser parser, String text) {
        try {
            return Expiries.moment("expiresAt", text);
        } catch (IllegalArgumentException e) {
            throw refused(parser, Errors.describe(e));
        }
    }

    /** In pieces, whatever the length. */
    private static void decode(JsonParser parser, String name, OutputStream target) throws IOException {
        try {
            parser.readBinaryValue(Base64Variants.MIME_NO_LINEFEEDS, target);
        } catch (IllegalArgumentException e) {
            throw refused(parser, name + " is not Base64: " + e.getMessage());
        }
    }

    static void requireString(JsonParser parser, String name, JsonToken token) {
        if (token != JsonToken.VALUE_STRING) {
            throw refused(parser, name + " must be a string");
        }
    }

    /** UTF-8; JSON can have halves of characters, which are none. */
    static byte[] bytes(JsonParser parser, String text) {
        try {
            ByteBuffer encoded = StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(text));
            byte[] bytes = new byte[encoded.remaining()];
            encoded.get(bytes);
            return bytes;
        } catch (CharacterCodingException _) {
            throw refused(parser, "a string with half a character (a lone surrogate); bytes are written in Base64");
        }
    }

    static BadLineException refused(JsonParser parser, JsonProcessingException problem) {
        String what = problem.getOriginalMessage();
        if (problem instanceof JsonParseException || what == null) {
            return refused(parser, "not JSON: " + what);
        }
        // The limits of the parser: a string of more than 20 million characters, a number that is no long.
        return refused(parser, what);
    }

    static BadLineException refused(JsonParser parser, String what) {
        return new BadLineException(parser.currentLocation().getLineNr(), what);
    }
}
