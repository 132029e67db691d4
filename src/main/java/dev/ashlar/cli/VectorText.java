package dev.ashlar.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import dev.ashlar.VectorOptions;
import dev.ashlar.VectorOptions.NonFinite;
import dev.ashlar.VectorType;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/**
 * Vectors as text. A JSON array has a number for each component; a float32 that is no finite number is one of the strings
 * NaN, Infinity and -Infinity there, and bits are 0 and 1. Packed bits are a string of hexadecimal digits, two for each byte.
 */
final class VectorText {
    private static final ValueLayout.OfFloat FLOAT =
            ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private VectorText() {}

    /**
     * Reads an argument: an array, or of bits hexadecimal digits.
     *
     * @return the row, as it is stored
     * @throws BadLineException if it is no vector of such a collection
     */
    static MemorySegment parse(String text, VectorOptions options) throws IOException {
        MemorySegment row = MemorySegment.ofArray(new byte[options.rowBytes()]);
        String stripped = text.strip();
        if (options.type() == VectorType.BIT && !stripped.startsWith("[")) {
            String refused = packed(stripped, options, row);
            if (!refused.isEmpty()) {
                throw new BadLineException(1, refused);
            }
            return row;
        }
        try (JsonParser parser =
                JsonLines.parser(new ByteArrayInputStream(stripped.getBytes(StandardCharsets.UTF_8)))) {
            JsonToken token = parser.nextToken();
            if (token == null) {
                throw EntryFields.refused(parser, "there is no vector");
            }
            array(parser, token, options, row);
            if (parser.nextToken() != null) {
                throw EntryFields.refused(parser, "there is something behind the vector");
            }
            return row;
        } catch (JsonProcessingException e) {
            throw new BadLineException(1, "not JSON: " + e.getOriginalMessage());
        }
    }

    /** Reads an array, at whose beginning the parser is, into a row. */
    static void array(JsonParser parser, JsonToken first, VectorOptions options, MemorySegment row) throws IOException {
        if (first != JsonToken.START_ARRAY) {
            throw EntryFields.refused(parser, "the vector must be an array of " + options.dimension() + " numbers");
        }
        row.fill((byte) 0);
        int count = 0;
        for (JsonToken token = parser.nextToken(); token != JsonToken.END_ARRAY; token = parser.nextToken()) {
            if (count < options.dimension()) {
                component(parser, token, options, row, count);
            } else {
                parser.skipChildren();
            }
            count++;
        }
        if (count != options.dimension()) {
            throw EntryFields.refused(
                    parser,
                    "the vector has " + Units.count(count) + " components; those of the collection have "
                            + Units.count(options.dimension()));
        }
    }

    private static void component(
            JsonParser parser, JsonToken token, VectorOptions options, MemorySegment row, int index)
            throws IOException {
        switch (options.type()) {
            case FLOAT32 -> row.set(FLOAT, 4L * index, number(parser, token, options, index));
            case INT8 -> {
                int value = integer(parser, token, Byte.MIN_VALUE, Byte.MAX_VALUE, index);
                row.set(ValueLayout.JAVA_BYTE, index, (byte) value);
            }
            case BIT -> {
                int value = integer(parser, token, 0, 1, index) << index % Byte.SIZE;
                int at = index / Byte.SIZE;
                row.set(ValueLayout.JAVA_BYTE, at, (byte) (row.get(ValueLayout.JAVA_BYTE, at) | value));
            }
        }
    }

    private static float number(JsonParser parser, JsonToken token, VectorOptions options, int index)
            throws IOException {
        if (token == JsonToken.VALUE_STRING && options.nonFinite() == NonFinite.ALLOW) {
            switch (parser.getText()) {
                case "NaN" -> {
                    return Float.NaN;
                }
                case "Infinity" -> {
                    return Float.POSITIVE_INFINITY;
                }
                case "-Infinity" -> {
                    return Float.NEGATIVE_INFINITY;
                }
                default -> {}
            }
        }
        if (token != JsonToken.VALUE_NUMBER_FLOAT && token != JsonToken.VALUE_NUMBER_INT) {
            throw EntryFields.refused(parser, "component " + index + " must be a number");
        }
        // From the text: by way of a double it would be rounded twice.
        float value = Float.parseFloat(parser.getText());
        if (Float.isInfinite(value)) {
            throw EntryFields.refused(parser, "component " + index + " is beyond what a float32 can be");
        }
        return value;
    }

    private static int integer(JsonParser parser, JsonToken token, int lowest, int highest, int index)
            throws IOException {
        if (token == JsonToken.VALUE_NUMBER_INT) {
            try {
                long value = parser.getLongValue();
                if (value >= lowest && value <= highest) {
                    return (int) value;
                }
            } catch (com.fasterxml.jackson.core.exc.InputCoercionException _) {
                // No long, so not in any range here either.
                throw outOfRange(parser, lowest, highest, index);
            }
        }
        throw outOfRange(parser, lowest, highest, index);
    }

    private static BadLineException outOfRange(JsonParser parser, int lowest, int highest, int index) {
        return EntryFields.refused(
                parser, "component " + index + " must be an integer from " + lowest + " to " + highest);
    }

    /** Reads hexadecimal digits into a row. @return what is wrong with them; nothing if they are right */
    static String packed(String digits, VectorOptions options, MemorySegment row) {
        if (digits.length() != 2 * options.rowBytes()) {
            return "the bits are " + Units.count(digits.length()) + " hexadecimal digits; for "
                    + Units.count(options.dimension()) + " bits there must be " + Units.count(2L * options.rowBytes());
        }
        byte[] bytes;
        try {
            bytes = HexFormat.of().parseHex(digits);
        } catch (IllegalArgumentException _) {
            return "the bits are not hexadecimal digits";
        }
        int used = options.dimension() % Byte.SIZE;
        if (used != 0 && (bytes[bytes.length - 1] & 0xff) >> used != 0) {
            return "bits behind the last component, in the last byte, must be 0";
        }
        MemorySegment.copy(bytes, 0, row, ValueLayout.JAVA_BYTE, 0, bytes.length);
        return "";
    }

    /** Writes a member of an object: {@code vector}, an array, or {@code bits}. */
    static void write(JsonGenerator generator, VectorOptions options, MemorySegment row) throws IOException {
        if (options.type() == VectorType.BIT) {
            generator.writeStringField("bits", show(options, row));
            return;
        }
        generator.writeArrayFieldStart("vector");
        for (int i = 0; i < options.dimension(); i++) {
            if (options.type() == VectorType.FLOAT32) {
                // What is no number is written as a string.
                generator.writeNumber(row.get(FLOAT, 4L * i));
            } else {
                generator.writeNumber(row.get(ValueLayout.JAVA_BYTE, i));
            }
        }
        generator.writeEndArray();
    }

    /** A row as an argument would be. */
    static String show(VectorOptions options, MemorySegment row) {
        if (options.type() == VectorType.BIT) {
            return HexFormat.of().formatHex(row.toArray(ValueLayout.JAVA_BYTE));
        }
        StringBuilder shown = new StringBuilder("[");
        for (int i = 0; i < options.dimension(); i++) {
            shown.append(i == 0 ? "" : ",");
            if (options.type() == VectorType.FLOAT32) {
                float value = row.get(FLOAT, 4L * i);
                shown.append(Float.isFinite(value) ? Float.toString(value) : "\"" + value + "\"");
            } else {
                shown.append(row.get(ValueLayout.JAVA_BYTE, i));
            }
        }
        return shown.append(']').toString();
    }
}
