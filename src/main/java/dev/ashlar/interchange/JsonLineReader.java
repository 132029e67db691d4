package dev.ashlar.interchange;

import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;

/** Divides a stream into lines, bytes that they are. For one thread; the stream is the caller's. */
final class JsonLineReader {
    private final InputStream source;
    private final int longest;
    private byte[] buffer = new byte[1 << 16];
    private int from;
    private int to;

    /** Behind what was read of the stream. */
    private int filled;

    private boolean atEnd;
    private boolean tooLong;
    private long line;
    private long position;

    /** @param longest the most bytes that a line has */
    JsonLineReader(InputStream source, int longest) {
        this.source = source;
        this.longest = longest;
    }

    /** Goes to the next line. @return false at the end */
    boolean next() throws IOException {
        int start = line == 0 ? 0 : Math.min(filled, to + 1);
        tooLong = false;
        int scanned = start;
        while (true) {
            int feed = indexOfLineFeed(scanned);
            if (feed >= 0) {
                tooLong |= feed - start > longest;
                return found(start, feed);
            }
            if (atEnd) {
                tooLong |= filled - start > longest;
                return (filled > start || tooLong) && found(start, filled);
            }
            scanned = filled;
            if (start > 0) {
                System.arraycopy(buffer, start, buffer, 0, filled - start);
                filled -= start;
                scanned -= start;
                start = 0;
            }
            if (filled > longest) {
                // Nobody wants its bytes; its end is where the next line begins.
                tooLong = true;
                filled = 0;
                scanned = 0;
            }
            fill();
        }
    }

    private boolean found(int start, int end) {
        from = start;
        to = end;
        line++;
        return true;
    }

    private int indexOfLineFeed(int scanned) {
        for (int i = scanned; i < filled; i++) {
            if (buffer[i] == '\n') {
                return i;
            }
        }
        return -1;
    }

    private void fill() throws IOException {
        if (filled == buffer.length) {
            buffer = Arrays.copyOf(buffer, (int) Math.min(longest + 1L, 2L * buffer.length));
        }
        int count = source.read(buffer, filled, buffer.length - filled);
        if (count < 0) {
            atEnd = true;
        } else {
            filled += count;
            position += count;
        }
    }

    byte[] bytes() {
        return buffer;
    }

    int from() {
        return from;
    }

    int to() {
        return to;
    }

    /** Whether the line is longer than lines may be; then there are no bytes of it to be had. */
    boolean isTooLong() {
        return tooLong;
    }

    /** Number of the line, the first one being 1. */
    long line() {
        return line;
    }

    /** Bytes of the stream up to the end of the line. */
    long position() {
        return position - (filled - to);
    }
}
