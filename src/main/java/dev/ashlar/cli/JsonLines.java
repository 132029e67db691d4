package dev.ashlar.cli;

import com.fasterxml.jackson.core.Base64Variants;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.util.MinimalPrettyPrinter;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Entries as lines of JSON, each an object. A key is in {@code key}: a string for its UTF-8 bytes, a number for a long
 * key; or in {@code keyBase64}, which counts if both are there. So is a value: {@code value} or {@code valueBase64}. Of one
 * that expires, {@code expiresAt} says when, as {@link Instant} is written. Other members mean nothing, and line feeds are
 * needed nowhere; so what {@code get --json} prints is an entry too.
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
            this.generator = generator(target);
            this.longKeys = longKeys;
        }

        /** @param expiresAt null: it stays */
        void write(byte[] key, MemorySegment value, @Nullable Instant expiresAt) throws IOException {
            generator.writeStartObject();
            writeKey(key);
            writeValue(generator, value);
            if (expiresAt != null) {
                generator.writeStringField("expiresAt", expiresAt.toString());
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
            end(generator);
            generator.close();
        }
    }

    /** Told of each entry; the value is read before the next one comes. */
    interface Visitor {
        void entry(byte[] key, InputStream value, @Nullable Instant expiresAt) throws IOException;
    }

    /**
     * Reads entries up to the end of a stream.
     *
     * @throws BadLineException if something is no entry; those before it were visited
     */
    static void read(InputStream source, Visitor visitor) throws IOException {
        try (JsonParser parser = parser(source);
                EntryFields fields = new EntryFields()) {
            while (EntryFields.next(parser, "key and value")) {
                byte[] key = readMembers(parser, fields);
                try (InputStream content = fields.value()) {
                    visitor.entry(key, content, fields.expiresAt());
                }
            }
        }
    }

    private static byte[] readMembers(JsonParser parser, EntryFields fields) throws IOException {
        fields.clear();
        try {
            while (parser.nextToken() != JsonToken.END_OBJECT) {
                String name = parser.currentName();
                fields.member(parser, name, parser.nextToken());
            }
        } catch (JsonProcessingException e) {
            throw EntryFields.refused(parser, e);
        }
        byte[] key = fields.requireKey(parser);
        fields.requireValue(parser);
        return key;
    }

    static JsonParser parser(InputStream source) throws IOException {
        return FACTORY.createParser(source);
    }

    /** A generator of lines; closing it leaves the target open. */
    static JsonGenerator generator(OutputStream target) throws IOException {
        JsonGenerator generator = FACTORY.createGenerator(target);
        generator.disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET);
        generator.setPrettyPrinter(new MinimalPrettyPrinter("\n"));
        return generator;
    }

    /** Ends the last line, if there is one. */
    static void end(JsonGenerator generator) throws IOException {
        if (generator.getOutputContext().getEntryCount() > 0) {
            generator.writeRaw('\n');
        }
    }

    /** Text if it is short and UTF-8, else Base64. */
    static void writeValue(JsonGenerator generator, MemorySegment value) throws IOException {
        String text = value.byteSize() > MAX_TEXT_BYTES ? null : Escapes.utf8(value.toArray(ValueLayout.JAVA_BYTE));
        if (text != null) {
            generator.writeStringField("value", text);
        } else {
            generator.writeFieldName("valueBase64");
            // -1: of a length that need not fit an int.
            generator.writeBinary(Base64Variants.MIME_NO_LINEFEEDS, new SegmentStream(value), -1);
        }
    }
}
