package dev.ashlar.cli;

import com.fasterxml.jackson.core.Base64Variants;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParseException;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.util.MinimalPrettyPrinter;
import dev.ashlar.Keyspace;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Entries as lines of JSON, each an object. A key is in {@code key}: a string for its UTF-8 bytes, a number for a long
 * key; or in {@code keyBase64}, which counts if both are there. So is a value: {@code value} or {@code valueBase64}. Other
 * members mean nothing, and line feeds are needed nowhere; so what {@code get --json} prints is an entry too.
 */
final class JsonLines {
    /** Longer values are written in Base64, which is read and written in pieces. */
    private static final int MAX_TEXT_BYTES = 1 << 16;

    private static final JsonFactory FACTORY = new JsonFactory();

    private JsonLines() {}

    /** Writes entries. */
    static final class Writer implements Closeable {
        private final JsonGenerator generator;
        private final boolean longKeys;

        /** @param longKeys whether keys of eight bytes are numbers */
        Writer(OutputStream target, boolean longKeys) throws IOException {
            this.generator = FACTORY.createGenerator(target);
            this.generator.disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET);
            this.generator.setPrettyPrinter(new MinimalPrettyPrinter("\n"));
            this.longKeys = longKeys;
        }

        void write(byte[] key, MemorySegment value) throws IOException {
            generator.writeStartObject();
            writeKey(key);
            String text = value.byteSize() > MAX_TEXT_BYTES ? null : Escapes.utf8(value.toArray(ValueLayout.JAVA_BYTE));
            if (text != null) {
                generator.writeStringField("value", text);
            } else {
                generator.writeFieldName("valueBase64");
                // -1: of a length that need not fit an int.
                generator.writeBinary(Base64Variants.MIME_NO_LINEFEEDS, new SegmentStream(value), -1);
            }
            generator.writeEndObject();
        }

        private void writeKey(byte[] key) throws IOException {
            if (longKeys && key.length == Long.BYTES) {
                generator.writeNumberField("key", KeyForm.toLong(key));
                return;
            }
            String text = Escapes.utf8(key);
            if (text != null) {
                generator.writeStringField("key", text);
            } else {
                generator.writeBinaryField("keyBase64", key);
            }
        }

        /** Ends the last line; the target stays open. */
        @Override
        public void close() throws IOException {
            if (generator.getOutputContext().getEntryCount() > 0) {
                generator.writeRaw('\n');
            }
            generator.close();
        }
    }

    /** Told of each entry; the value is read before the next one comes. */
    interface Visitor {
        void entry(byte[] key, InputStream value) throws IOException;
    }

    /**
     * Reads entries up to the end of a stream.
     *
     * @throws Failure with the line, if something is no entry; those before it were visited
     */
    static void read(InputStream source, Visitor visitor) throws IOException {
        try (JsonParser parser = FACTORY.createParser(source);
                Spool value = new Spool()) {
            while (next(parser)) {
                readEntry(parser, value, visitor);
            }
        }
    }

    private static boolean next(JsonParser parser) throws IOException {
        try {
            JsonToken token = parser.nextToken();
            if (token != null && token != JsonToken.START_OBJECT) {
                throw refused(parser, "expected an object with key and value, found " + token);
            }
            return token != null;
        } catch (JsonProcessingException e) {
            throw refused(parser, e);
        }
    }

    private static void readEntry(JsonParser parser, Spool value, Visitor visitor) throws IOException {
        byte[] key;
        value.clear();
        try {
            key = readMembers(parser, value);
        } catch (JsonProcessingException e) {
            throw refused(parser, e);
        }
        if (key.length > Keyspace.MAX_KEY_BYTES) {
            throw refused(
                    parser,
                    "the key has " + Units.count(key.length) + " bytes; a key has at most "
                            + Units.count(Keyspace.MAX_KEY_BYTES));
        }
        try (InputStream content = value.open()) {
            visitor.entry(key, content);
        }
    }

    private static byte[] readMembers(JsonParser parser, Spool value) throws IOException {
        byte @Nullable [] plainKey = null;
        byte @Nullable [] binaryKey = null;
        boolean plainValue = false;
        boolean binaryValue = false;
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            String name = parser.currentName();
            JsonToken token = parser.nextToken();
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
                default -> parser.skipChildren();
            }
        }
        byte[] key = binaryKey == null ? plainKey : binaryKey;
        if (key == null || !(plainValue || binaryValue)) {
            throw refused(
                    parser, key == null ? "there is no key and no keyBase64" : "there is no value and no valueBase64");
        }
        return key;
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

    /** In pieces, whatever the length. */
    private static void decode(JsonParser parser, String name, OutputStream target) throws IOException {
        try {
            parser.readBinaryValue(Base64Variants.MIME_NO_LINEFEEDS, target);
        } catch (IllegalArgumentException e) {
            throw refused(parser, name + " is not Base64: " + e.getMessage());
        }
    }

    private static void requireString(JsonParser parser, String name, JsonToken token) {
        if (token != JsonToken.VALUE_STRING) {
            throw refused(parser, name + " must be a string");
        }
    }

    /** UTF-8; JSON can have halves of characters, which are none. */
    private static byte[] bytes(JsonParser parser, String text) {
        try {
            ByteBuffer encoded = StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(text));
            byte[] bytes = new byte[encoded.remaining()];
            encoded.get(bytes);
            return bytes;
        } catch (CharacterCodingException _) {
            throw refused(parser, "a string with half a character (a lone surrogate); bytes are written in Base64");
        }
    }

    private static Failure refused(JsonParser parser, JsonProcessingException problem) {
        String what = problem.getOriginalMessage();
        if (problem instanceof JsonParseException || what == null) {
            return refused(parser, "not JSON: " + what);
        }
        // The limits of the parser: a string of more than 20 million characters, a number that is no long.
        return refused(parser, what);
    }

    private static Failure refused(JsonParser parser, String what) {
        return Failure.refused("line " + Units.count(parser.currentLocation().getLineNr()) + ": " + what
                + ". What stands before is stored.");
    }
}
