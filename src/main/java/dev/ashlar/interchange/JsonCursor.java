package dev.ashlar.interchange;

import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;

/**
 * Reads a JSON text (RFC 8259) in an array of bytes from its beginning to its end, strictly. It knows tokens and values, not what
 * they are for. What is malformed is a {@link Malformed}. For one thread.
 *
 * <p>It is written by hand because callers import documents too, and a library for JSON serves the command line alone.
 */
final class JsonCursor {
    /** As deep as JSON may be in a document. */
    static final int MAX_DEPTH = 1_000;

    /** Not the JSON that it should be; without a stack trace, since lines that are wrong may be many. */
    static final class Malformed extends RuntimeException {
        private static final long serialVersionUID = 1L;

        private final int at;

        Malformed(int at, String what) {
            super(what, null, false, false);
            this.at = at;
        }

        /** Index in the array. */
        int at() {
            return at;
        }
    }

    private static final int END = -1;

    private final boolean[] objects = new boolean[MAX_DEPTH];
    private byte[] bytes = new byte[0];
    private MemorySegment segment = MemorySegment.ofArray(bytes);
    private int at;
    private int end;

    /** The last string: its UTF-8, in the text itself or, if it has escapes, decoded. */
    private MemorySegment string = segment;

    private byte[] decoded = new byte[256];
    private int decodedBytes;

    /** Begins with a text. */
    void read(byte[] text, int from, int to) {
        if (bytes != text) {
            bytes = text;
            segment = MemorySegment.ofArray(text);
        }
        at = from;
        end = to;
    }

    int at() {
        return at;
    }

    /** The first byte of what comes next, spaces passed over; -1 at the end. */
    int peek() {
        while (at < end) {
            byte next = bytes[at];
            if (next != ' ' && next != '\t' && next != '\r' && next != '\n') {
                return next & 0xff;
            }
            at++;
        }
        return END;
    }

    /** Passes over a byte if it comes next. */
    boolean skipIf(char wanted) {
        if (peek() == wanted) {
            at++;
            return true;
        }
        return false;
    }

    void require(char wanted, String where) {
        if (!skipIf(wanted)) {
            throw expected("'" + wanted + "' " + where);
        }
    }

    Malformed expected(String what) {
        int next = peek();
        return new Malformed(at, "expected " + what + ", found " + (next == END ? "the end of the line" : show(next)));
    }

    private static String show(int next) {
        return next > ' ' && next < 0x7f ? "'" + (char) next + "'" : String.format(Locale.ROOT, "byte 0x%02x", next);
    }

    // ------------------------------------------------------------------------------------------------------- strings

    /**
     * Reads a string.
     *
     * @return its UTF-8, valid until the next string is read; escapes are well-formed, other bytes are not looked at
     */
    MemorySegment string() {
        require('"', "at the beginning of a string");
        int from = at;
        while (at < end) {
            byte next = bytes[at];
            if (next == '"') {
                string = segment.asSlice(from, at++ - from);
                return string;
            }
            if (next == '\\') {
                return decode(from);
            }
            if (next >= 0 && next < ' ') {
                throw new Malformed(at, "a control character, " + show(next) + ", in a string: it must be escaped");
            }
            at++;
        }
        throw new Malformed(at, "a string does not end");
    }

    /** Continues a string at its first escape. */
    private MemorySegment decode(int from) {
        decodedBytes = 0;
        append(from, at);
        while (at < end) {
            int plain = at;
            while (at < end && bytes[at] != '"' && bytes[at] != '\\' && (bytes[at] < 0 || bytes[at] >= ' ')) {
                at++;
            }
            append(plain, at);
            if (at == end) {
                break;
            }
            if (bytes[at] == '"') {
                at++;
                string = MemorySegment.ofArray(decoded).asSlice(0, decodedBytes);
                return string;
            }
            if (bytes[at] != '\\') {
                throw new Malformed(
                        at, "a control character, " + show(bytes[at]) + ", in a string: it must be escaped");
            }
            escape();
        }
        throw new Malformed(at, "a string does not end");
    }

    private void escape() {
        int kind = at + 1 < end ? bytes[at + 1] : END;
        int codePoint = switch (kind) {
            case '"', '\\', '/' -> kind;
            case 'b' -> '\b';
            case 'f' -> '\f';
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            case 'u' -> unit(at + 2);
            default -> throw new Malformed(at, "a backslash begins none of the escapes of JSON");
        };
        int from = at;
        at += kind == 'u' ? 6 : 2;
        if (codePoint >= Character.MIN_SURROGATE && codePoint <= Character.MAX_SURROGATE) {
            boolean pair = Character.isHighSurrogate((char) codePoint)
                    && at + 1 < end
                    && bytes[at] == '\\'
                    && bytes[at + 1] == 'u';
            int low = pair ? unit(at + 2) : 0;
            if (!Character.isLowSurrogate((char) low)) {
                throw new Malformed(from, "half of a surrogate pair, which stands for no character");
            }
            codePoint = Character.toCodePoint((char) codePoint, (char) low);
            at += 6;
        }
        appendCodePoint(codePoint);
    }

    private int unit(int from) {
        int unit = 0;
        for (int i = from; i < from + 4; i++) {
            int digit = i < end ? Character.digit(bytes[i], 16) : END;
            if (digit < 0) {
                throw new Malformed(from - 2, "\\u wants four hexadecimal digits behind it");
            }
            unit = unit << 4 | digit;
        }
        return unit;
    }

    private void append(int from, int to) {
        reserve(to - from);
        System.arraycopy(bytes, from, decoded, decodedBytes, to - from);
        decodedBytes += to - from;
    }

    private void appendCodePoint(int codePoint) {
        byte[] utf8 = Character.toString(codePoint).getBytes(StandardCharsets.UTF_8);
        reserve(utf8.length);
        System.arraycopy(utf8, 0, decoded, decodedBytes, utf8.length);
        decodedBytes += utf8.length;
    }

    private void reserve(int more) {
        if (decoded.length - decodedBytes < more) {
            decoded = Arrays.copyOf(decoded, (int) Math.min(Integer.MAX_VALUE - 8, 2L * (decodedBytes + (long) more)));
        }
    }

    // ------------------------------------------------------------------------------------------------- other values

    /** Reads a number. @return its text; whether it is an integer is for the caller to see */
    String number() {
        if (!isNumber(peek())) {
            throw expected("a number");
        }
        int from = at;
        if (bytes[at] == '-') {
            at++;
        }
        if (at < end && bytes[at] == '0') {
            at++;
        } else {
            digits();
        }
        if (at < end && bytes[at] == '.') {
            at++;
            digits();
        }
        if (at < end && (bytes[at] == 'e' || bytes[at] == 'E')) {
            at++;
            if (at < end && (bytes[at] == '+' || bytes[at] == '-')) {
                at++;
            }
            digits();
        }
        return new String(bytes, from, at - from, StandardCharsets.ISO_8859_1);
    }

    private void digits() {
        int from = at;
        while (at < end && bytes[at] >= '0' && bytes[at] <= '9') {
            at++;
        }
        if (at == from) {
            throw expected("a digit");
        }
    }

    static boolean isNumber(int first) {
        return first == '-' || first >= '0' && first <= '9';
    }

    /** Passes over one of the words true, false and null if it comes next. */
    boolean skipWord(String word) {
        int first = peek();
        if (first != word.charAt(0) || end - at < word.length()) {
            return false;
        }
        for (int i = 1; i < word.length(); i++) {
            if (bytes[at + i] != word.charAt(i)) {
                return false;
            }
        }
        at += word.length();
        return true;
    }

    /** Reads any value. @return its text as it stands there */
    MemorySegment value() {
        peek();
        int from = at;
        skip();
        return segment.asSlice(from, at - from);
    }

    private void skip() {
        int depth = 0;
        do {
            int first = peek();
            if (first == '{' || first == '[') {
                if (depth == MAX_DEPTH) {
                    throw new Malformed(at, "JSON of more than " + MAX_DEPTH + " levels");
                }
                at++;
                if (!skipIf(first == '{' ? '}' : ']')) {
                    objects[depth++] = first == '{';
                    if (first == '{') {
                        skipName();
                    }
                    continue;
                }
            } else {
                scalar(first);
            }
            depth = behindValue(depth);
        } while (depth > 0);
    }

    /** @return how deep the next value is; 0 if there is none */
    private int behindValue(int depth) {
        int left = depth;
        while (left > 0) {
            boolean object = objects[left - 1];
            if (skipIf(',')) {
                if (object) {
                    skipName();
                }
                return left;
            }
            require(object ? '}' : ']', object ? "or ',' behind a member" : "or ',' behind an element");
            left--;
        }
        return left;
    }

    private void skipName() {
        string();
        require(':', "behind a name");
    }

    private void scalar(int first) {
        if (first == '"') {
            string();
        } else if (isNumber(first)) {
            number();
        } else if (!skipWord("true") && !skipWord("false") && !skipWord("null")) {
            throw expected("a value");
        }
    }
}
