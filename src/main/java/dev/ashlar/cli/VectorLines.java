package dev.ashlar.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import dev.ashlar.VectorOptions;
import dev.ashlar.VectorType;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;

/**
 * Rows of a vector collection as lines of JSON, each an object with {@code id}, and {@code vector}, an array, or {@code bits},
 * hexadecimal digits; see {@link VectorText}. Other members mean nothing, so what {@code vectors get --json} prints is a row too.
 */
final class VectorLines {
    private VectorLines() {}

    /** Told of each row, which is valid up to the return. */
    interface Visitor {
        void row(long id, MemorySegment row) throws IOException;
    }

    /**
     * Reads rows up to the end of a stream.
     *
     * @throws BadLineException if something is no row of such a collection; those before it were visited
     */
    static void read(InputStream source, VectorOptions options, Visitor visitor) throws IOException {
        MemorySegment row = MemorySegment.ofArray(new byte[options.rowBytes()]);
        try (JsonParser parser = JsonLines.parser(source)) {
            while (EntryFields.next(parser, "id and vector")) {
                visitor.row(readRow(parser, options, row), row);
            }
        }
    }

    private static long readRow(JsonParser parser, VectorOptions options, MemorySegment row) throws IOException {
        boolean hasId = false;
        boolean hasVector = false;
        long id = 0;
        try {
            while (parser.nextToken() != JsonToken.END_OBJECT) {
                String name = parser.currentName();
                JsonToken token = parser.nextToken();
                switch (name) {
                    case "id" -> {
                        if (token != JsonToken.VALUE_NUMBER_INT) {
                            throw EntryFields.refused(parser, "id must be an integer");
                        }
                        id = parser.getLongValue();
                        hasId = true;
                    }
                    case "vector" -> {
                        VectorText.array(parser, token, options, row);
                        hasVector = true;
                    }
                    case "bits" -> {
                        readBits(parser, token, options, row);
                        hasVector = true;
                    }
                    default -> parser.skipChildren();
                }
            }
        } catch (JsonProcessingException e) {
            throw EntryFields.refused(parser, e);
        }
        if (!hasId || !hasVector) {
            throw EntryFields.refused(parser, hasId ? "there is no vector" : "there is no id");
        }
        return id;
    }

    private static void readBits(JsonParser parser, JsonToken token, VectorOptions options, MemorySegment row)
            throws IOException {
        if (options.type() != VectorType.BIT) {
            throw EntryFields.refused(
                    parser,
                    "there are bits; the collection has vectors of type " + VectorSettings.show(options.type()));
        }
        EntryFields.requireString(parser, "bits", token);
        String refused = VectorText.packed(parser.getText(), options, row);
        if (!refused.isEmpty()) {
            throw EntryFields.refused(parser, refused);
        }
    }

    /** How many components the first row has: of bits that are packed, eight in a byte. 0 if there are no rows. */
    static int dimension(InputStream source) throws IOException {
        try (JsonParser parser = JsonLines.parser(source)) {
            if (!EntryFields.next(parser, "id and vector")) {
                return 0;
            }
            while (parser.nextToken() != JsonToken.END_OBJECT) {
                String name = parser.currentName();
                JsonToken token = parser.nextToken();
                if (name.equals("bits") && token == JsonToken.VALUE_STRING) {
                    return parser.getText().length() * 4;
                }
                if (name.equals("vector") && token == JsonToken.START_ARRAY) {
                    int count = 0;
                    for (; parser.nextToken() != JsonToken.END_ARRAY; count++) {
                        parser.skipChildren();
                    }
                    return count;
                }
                parser.skipChildren();
            }
            throw EntryFields.refused(parser, "there is no vector");
        } catch (JsonProcessingException e) {
            throw new BadLineException(
                    e.getLocation() == null ? 1 : e.getLocation().getLineNr(), "not JSON: " + e.getOriginalMessage());
        }
    }

    /** Writes rows. */
    static final class Writer implements Closeable {
        private final JsonGenerator generator;
        private final VectorOptions options;

        Writer(OutputStream target, VectorOptions options) throws IOException {
            this.generator = JsonLines.generator(target);
            this.options = options;
        }

        void write(long id, MemorySegment row) throws IOException {
            generator.writeStartObject();
            generator.writeNumberField("id", id);
            VectorText.write(generator, options, row);
            generator.writeEndObject();
        }

        /** Ends the last line; the target stays open. */
        @Override
        public void close() throws IOException {
            JsonLines.end(generator);
            generator.close();
        }
    }
}
