package dev.ashlar.interchange;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Reads what stands in the head of an array of NumPy: an expression of Python, of which only what an array of numbers needs
 * is understood. For one thread, once.
 */
final class NpyText {
    /** More digits than a length in a file can have would overflow. */
    private static final int MAX_DIGITS = 18;

    private static final int MAX_DIMENSIONS = 32;

    private final String file;
    private final int start;
    private final String text;
    private int at;
    private @Nullable Component component;
    private @Nullable Boolean fortranOrder;
    private long @Nullable [] shape;

    /** @param start where the text begins in the file, for messages */
    NpyText(String file, int start, String text) {
        this.file = file;
        this.start = start;
        this.text = text;
    }

    /** @throws InterchangeException if it is anything but the description of an array that is read */
    NpyHeader parse(int end) {
        expect('{');
        while (!accept('}')) {
            int key = at;
            String name = string("a name in quotes, or }");
            expect(':');
            switch (name) {
                case "descr" -> descr(key);
                case "fortran_order" -> fortranOrder(key);
                case "shape" -> shape(key);
                default -> throw refused(key, "descr, fortran_order or shape", "'" + show(name) + "'");
            }
            if (!accept(',')) {
                expect('}');
                break;
            }
        }
        skipSpace();
        if (at < text.length()) {
            throw refused(at, "nothing behind the description of the array", found());
        }
        if (component == null || fortranOrder == null || shape == null) {
            String missing = component == null ? "descr" : fortranOrder == null ? "fortran_order" : "shape";
            throw refused(0, "descr, fortran_order and shape", "no " + missing);
        }
        return new NpyHeader(component, shape, end);
    }

    private void descr(int key) {
        requireFirst(component == null, key);
        skipSpace();
        int value = at;
        String descr = string("the name of a type, such as '<f4'");
        component = Component.ofDescr(descr);
        if (component == null) {
            throw new InterchangeException(
                    file,
                    start + value,
                    "an array of <f4, <f8, |i1 or |u1",
                    "'" + show(descr) + "'",
                    "Convert it, for instance with a.astype('<f4'), and save it again. " + VectorRows.NOTHING_STORED);
        }
    }

    private void fortranOrder(int key) {
        requireFirst(fortranOrder == null, key);
        skipSpace();
        int value = at;
        if (acceptWord("True")) {
            throw new InterchangeException(
                    file,
                    start + value,
                    "an array in C order, row by row",
                    "one in Fortran order, column by column",
                    "Convert it with numpy.ascontiguousarray(a), and save it again. " + VectorRows.NOTHING_STORED);
        }
        if (!acceptWord("False")) {
            throw refused(value, "True or False", found());
        }
        fortranOrder = false;
    }

    private void shape(int key) {
        requireFirst(shape == null, key);
        expect('(');
        long[] dimensions = new long[MAX_DIMENSIONS];
        int count = 0;
        while (!accept(')')) {
            if (count == MAX_DIMENSIONS) {
                throw refused(at, "at most " + MAX_DIMENSIONS + " dimensions", "more");
            }
            dimensions[count++] = number();
            if (!accept(',')) {
                if (count == 1) {
                    throw refused(at, "a comma, as behind the only element of a tuple", found());
                }
                expect(')');
                break;
            }
        }
        shape = Arrays.copyOf(dimensions, count);
    }

    private long number() {
        skipSpace();
        int begin = at;
        while (at < text.length() && text.charAt(at) >= '0' && text.charAt(at) <= '9') {
            at++;
        }
        if (at == begin) {
            throw refused(begin, "a length, 0 or more", found());
        }
        if (at - begin > MAX_DIGITS) {
            throw refused(begin, "a length of at most " + MAX_DIGITS + " digits", at - begin + " digits");
        }
        return Long.parseLong(text, begin, at, 10);
    }

    private String string(String expected) {
        skipSpace();
        char quote = at < text.length() ? text.charAt(at) : 0;
        if (quote != '\'' && quote != '"') {
            throw refused(at, expected, found());
        }
        int end = text.indexOf(quote, at + 1);
        if (end < 0) {
            throw refused(at, "a string that ends", "one without its closing quote");
        }
        String content = text.substring(at + 1, end);
        at = end + 1;
        return content;
    }

    private boolean accept(char wanted) {
        skipSpace();
        boolean there = at < text.length() && text.charAt(at) == wanted;
        at += there ? 1 : 0;
        return there;
    }

    private boolean acceptWord(String word) {
        boolean there = text.startsWith(word, at);
        at += there ? word.length() : 0;
        return there;
    }

    private void expect(char wanted) {
        if (!accept(wanted)) {
            throw refused(at, String.valueOf(wanted), found());
        }
    }

    private void skipSpace() {
        while (at < text.length() && " \t\r\n\f".indexOf(text.charAt(at)) >= 0) {
            at++;
        }
    }

    private void requireFirst(boolean first, int key) {
        if (!first) {
            throw refused(key, "each name once", "one twice");
        }
    }

    private String found() {
        return at < text.length()
                ? "'" + show(text.substring(at, Math.min(text.length(), at + 16))) + "'"
                : "the end of the header";
    }

    /** What is no printable ASCII becomes a question mark: a file must not be able to give orders to a terminal. */
    private static String show(String part) {
        String shown = part.length() > 64 ? part.substring(0, 64) + "…" : part;
        return shown.replaceAll("[^ -~…]", "?");
    }

    private InterchangeException refused(int where, String expected, String found) {
        return new InterchangeException(file, start + (long) where, expected, found, VectorRows.NOTHING_STORED);
    }
}
