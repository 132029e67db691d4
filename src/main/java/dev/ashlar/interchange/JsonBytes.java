package dev.ashlar.interchange;

import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;

/** Gathers a JSON text on one line, as UTF-8. For one thread. */
final class JsonBytes {
    private static final int SMALL = 1 << 20;

    private byte[] bytes = new byte[1024];
    private int length;

    void clear() {
        length = 0;
        if (bytes.length > SMALL) {
            bytes = new byte[1024];
        }
    }

    void writeTo(OutputStream target) throws IOException {
        target.write(bytes, 0, length);
    }

    @Override
    public String toString() {
        return new String(bytes, 0, length, StandardCharsets.UTF_8);
    }

    JsonBytes raw(char ascii) {
        reserve(1);
        bytes[length++] = (byte) ascii;
        return this;
    }

    JsonBytes raw(String ascii) {
        return raw(ascii.getBytes(StandardCharsets.ISO_8859_1));
    }

    JsonBytes utf8(String text) {
        return raw(text.getBytes(StandardCharsets.UTF_8));
    }

    private JsonBytes raw(byte[] more) {
        reserve(more.length);
        System.arraycopy(more, 0, bytes, length, more.length);
        length += more.length;
        return this;
    }

    /** A string, of its UTF-8. */
    JsonBytes string(MemorySegment utf8) {
        raw('"');
        long size = utf8.byteSize();
        reserve(size + 1);
        for (long i = 0; i < size; i++) {
            byte next = utf8.get(ValueLayout.JAVA_BYTE, i);
            if (next == '"' || next == '\\' || next >= 0 && next < ' ') {
                escape(next);
                reserve(size - i);
            } else {
                bytes[length++] = next;
            }
        }
        return raw('"');
    }

    JsonBytes string(String text) {
        return string(MemorySegment.ofArray(text.getBytes(StandardCharsets.UTF_8)));
    }

    private void escape(byte next) {
        switch (next) {
            case '"' -> raw("\\\"");
            case '\\' -> raw("\\\\");
            case '\n' -> raw("\\n");
            case '\r' -> raw("\\r");
            case '\t' -> raw("\\t");
            default -> raw("\\u00").raw(HexFormat.of().toHexDigits(next));
        }
    }

    /** A JSON text. Line feeds are white space there, so they may as well be blanks. */
    JsonBytes json(MemorySegment text) {
        int size = Math.toIntExact(text.byteSize());
        reserve(size);
        MemorySegment.copy(text, ValueLayout.JAVA_BYTE, 0, bytes, length, size);
        for (int i = length; i < length + size; i++) {
            if (bytes[i] == '\n' || bytes[i] == '\r') {
                bytes[i] = ' ';
            }
        }
        length += size;
        return this;
    }

    JsonBytes base64(MemorySegment value) {
        return raw('"').raw(Base64.getEncoder().encode(value.toArray(ValueLayout.JAVA_BYTE)))
                .raw('"');
    }

    /** A number, or a string with the name of what is none. */
    JsonBytes number(double value) {
        return Double.isFinite(value) ? raw(Double.toString(value)) : raw("\"" + value + "\"");
    }

    /** A number, or a string with the name of what is none. */
    JsonBytes number(float value) {
        return Float.isFinite(value) ? raw(Float.toString(value)) : raw("\"" + value + "\"");
    }

    private void reserve(long more) {
        long wanted = length + more;
        if (wanted > bytes.length) {
            if (wanted > DocumentLines.MAX_LINE_BYTES) {
                throw new InterchangeException("a document takes more than " + DocumentLines.MAX_LINE_BYTES
                        + " bytes as JSON, which is the longest line that can be read and written");
            }
            bytes = Arrays.copyOf(bytes, (int) Math.min(Integer.MAX_VALUE - 8, 2 * wanted));
        }
    }
}
