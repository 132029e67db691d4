package dev.ashlar.document;

import org.jspecify.annotations.Nullable;

/**
 * Whether bytes, which are UTF-8, are one JSON value as RFC 8259 has it: no comments, no trailing commas, no NaN, nothing
 * behind it but blanks. It makes nothing of them.
 */
final class JsonText {
    /** How deep arrays and objects may be nested. */
    static final int MAX_DEPTH = 1_000;

    /**
     * What is wrong.
     *
     * @param offset where, in bytes from the beginning of the text
     * @param expected what should be there
     */
    record Problem(int offset, String expected) {}

    private enum State {
        VALUE,
        NAME,
        BEHIND_VALUE
    }

    private final byte[] text;
    private final int from;
    private final int end;
    private int at;
    private @Nullable Problem problem;

    /** Bit i: whether level i + 1 is an object. */
    private final long[] objects = new long[(MAX_DEPTH + 63) / 64];

    private int depth;

    private JsonText(byte[] text, int from, int length) {
        this.text = text;
        this.from = from;
        this.end = from + length;
        this.at = from;
    }

    /** What is wrong first with a text, or null. */
    static @Nullable Problem check(byte[] text, int from, int length) {
        JsonText json = new JsonText(text, from, length);
        json.run();
        return json.problem;
    }

    private void run() {
        State state = State.VALUE;
        while (problem == null) {
            skipBlanks();
            switch (state) {
                case VALUE -> state = value();
                case NAME -> {
                    if (!taken('"', "a name in quotes")) {
                        return;
                    }
                    string();
                    skipBlanks();
                    if (problem == null && taken(':', "a colon")) {
                        state = State.VALUE;
                    }
                }
                case BEHIND_VALUE -> {
                    if (depth == 0) {
                        if (at != end) {
                            fail("the end of the text");
                        }
                        return;
                    }
                    if (peek() == ',') {
                        at++;
                        state = inObject() ? State.NAME : State.VALUE;
                    } else if (taken(inObject() ? '}' : ']', inObject() ? "a comma or }" : "a comma or ]")) {
                        depth--;
                    }
                }
            }
        }
    }

    /** Takes a value, or the beginning of an array or object. */
    private State value() {
        int c = peek();
        switch (c) {
            case '{', '[' -> {
                if (depth == MAX_DEPTH) {
                    fail("at most " + MAX_DEPTH + " levels");
                    return State.VALUE;
                }
                at++;
                return begun(c == '{');
            }
            case '"' -> {
                at++;
                string();
            }
            case 't' -> literal("true");
            case 'f' -> literal("false");
            case 'n' -> literal("null");
            default -> {
                if (c == '-' || isDigit(c)) {
                    number();
                } else {
                    fail("a value");
                }
            }
        }
        return State.BEHIND_VALUE;
    }

    private State begun(boolean object) {
        long bit = 1L << depth;
        objects[depth >> 6] = object ? objects[depth >> 6] | bit : objects[depth >> 6] & ~bit;
        depth++;
        skipBlanks();
        if (peek() == (object ? '}' : ']')) {
            at++;
            depth--;
            return State.BEHIND_VALUE;
        }
        return object ? State.NAME : State.VALUE;
    }

    private boolean inObject() {
        return (objects[(depth - 1) >> 6] >>> (depth - 1) & 1) != 0;
    }

    /** Takes what follows the first quote of a string. */
    private void string() {
        while (true) {
            int c = peek();
            if (c == '"') {
                at++;
                return;
            }
            if (c < 0x20) {
                fail(c < 0 ? "the end of a string" : "no control character in a string");
                return;
            }
            at++;
            if (c == '\\' && !escape()) {
                return;
            }
        }
    }

    private boolean escape() {
        switch (peek()) {
            case '"', '\\', '/', 'b', 'f', 'n', 'r', 't' -> at++;
            case 'u' -> {
                at++;
                for (int i = 0; i < 4; i++) {
                    if (Character.digit(peek(), 16) < 0) {
                        fail("four hexadecimal digits");
                        return false;
                    }
                    at++;
                }
            }
            default -> {
                fail("an escape: one of \"\\/bfnrtu");
                return false;
            }
        }
        return true;
    }

    private void number() {
        if (peek() == '-') {
            at++;
        }
        if (peek() == '0') {
            at++;
        } else if (!digits()) {
            return;
        }
        if (peek() == '.') {
            at++;
            if (!digits()) {
                return;
            }
        }
        if (peek() == 'e' || peek() == 'E') {
            at++;
            if (peek() == '+' || peek() == '-') {
                at++;
            }
            digits();
        }
    }

    private boolean digits() {
        if (!isDigit(peek())) {
            fail("a digit");
            return false;
        }
        while (isDigit(peek())) {
            at++;
        }
        return true;
    }

    private void literal(String word) {
        for (int i = 0; i < word.length(); i++) {
            if (peek() != word.charAt(i)) {
                fail(word);
                return;
            }
            at++;
        }
    }

    private static boolean isDigit(int c) {
        return c >= '0' && c <= '9';
    }

    private void skipBlanks() {
        int c = peek();
        while (c == ' ' || c == '\n' || c == '\r' || c == '\t') {
            at++;
            c = peek();
        }
    }

    /** The byte that comes next, or -1. */
    private int peek() {
        return at < end ? text[at] & 0xFF : -1;
    }

    private boolean taken(int c, String expected) {
        if (peek() != c) {
            fail(expected);
            return false;
        }
        at++;
        return true;
    }

    private void fail(String expected) {
        problem = new Problem(at - from, expected);
    }
}
