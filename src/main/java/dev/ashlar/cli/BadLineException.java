package dev.ashlar.cli;

/** A line of JSON is not what it should be. Whoever reads knows what became of the lines before, and says so. */
final class BadLineException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    BadLineException(long line, String what) {
        super("line " + Units.count(line) + ": " + what);
    }
}
