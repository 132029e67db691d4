package dev.ashlar.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.BufferedOutputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/**
 * The three standard streams as the commands see them. Results go to standard output; messages, warnings and progress go
 * to standard error, so that output can be piped. Text is UTF-8 whatever the locale says, as are the keys themselves.
 */
final class Output {
    private static final int BUFFER_BYTES = 1 << 16;

    private final InputStream in;
    private final OutputStream out;
    private final PrintStream err;
    private final boolean terminal;

    /** @param terminal standard input and output are a terminal: somebody is watching */
    Output(InputStream in, OutputStream out, OutputStream err, boolean terminal) {
        this.in = in;
        this.out = new BufferedOutputStream(new Sink(out), BUFFER_BYTES);
        this.err = new PrintStream(err, true, StandardCharsets.UTF_8);
        this.terminal = terminal;
    }

    InputStream in() {
        return in;
    }

    /** Standard output as bytes. */
    OutputStream bytes() {
        return out;
    }

    boolean terminal() {
        return terminal;
    }

    PrintStream err() {
        return err;
    }

    PrintWriter writer() {
        return new PrintWriter(out, true, StandardCharsets.UTF_8);
    }

    PrintWriter errorWriter() {
        return new PrintWriter(err, true, StandardCharsets.UTF_8);
    }

    /** A line of the result. */
    void line(String text) {
        try {
            out.write(text.getBytes(StandardCharsets.UTF_8));
            out.write('\n');
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The result as one JSON document. */
    void json(Object value) {
        try {
            Json.write(out, value);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A generator for a result that may be long; closing it leaves standard output open. */
    JsonGenerator jsonStream() throws IOException {
        return Json.generator(out);
    }

    /** Why the command fails. */
    void error(String message) {
        note("ashlar: " + message);
    }

    /** Something that is not as it should be, but does not keep the command from doing its work. */
    void warn(String message) {
        note("ashlar: warning: " + message);
    }

    void note(String message) {
        flushQuietly();
        err.println(message);
    }

    void stackTrace(Throwable thrown) {
        thrown.printStackTrace(err);
    }

    void flush() throws IOException {
        out.flush();
    }

    private void flushQuietly() {
        try {
            // What was printed first appears first where both streams go to one terminal.
            out.flush();
        } catch (IOException _) {
            // The next write, or the flush at the end, meets the same error and reports it.
            return;
        }
    }

    /** Tells a reader that has gone from an error that matters, such as a full disk. */
    private static final class Sink extends FilterOutputStream {
        Sink(OutputStream target) {
            super(target);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            try {
                out.write(bytes, offset, length);
            } catch (IOException e) {
                throw explain(e);
            }
        }

        @Override
        public void flush() throws IOException {
            try {
                out.flush();
            } catch (IOException e) {
                throw explain(e);
            }
        }

        private static IOException explain(IOException problem) {
            String message = String.valueOf(problem.getMessage());
            if (message.contains("Broken pipe")) {
                return new OutputClosedException(problem);
            }
            return new IOException("cannot write the output: " + message, problem);
        }
    }
}
