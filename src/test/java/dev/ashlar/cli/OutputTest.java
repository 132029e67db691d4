package dev.ashlar.cli;

import static dev.ashlar.cli.Cli.utf8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What happens where the streams themselves, or we, fail. */
class OutputTest {
    @TempDir
    private Path directory;

    private static final class Failing extends OutputStream {
        private final String message;

        Failing(String message) {
            this.message = message;
        }

        @Override
        public void write(int next) throws IOException {
            throw new IOException(message);
        }
    }

    private record Ended(int exitCode, String err) {}

    private static Ended run(InputStream in, OutputStream out, String... arguments) {
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        int exitCode = Main.run(in, out, err, false, arguments);
        return new Ended(exitCode, err.toString(StandardCharsets.UTF_8));
    }

    private String[] getLarge() {
        String store = directory.resolve("store").toString();
        Cli.runWith(new byte[1 << 20], "put", store, "space", "key").expect(0);
        return new String[] {"get", store, "space", "key"};
    }

    @Test
    void aReaderThatHasGoneIsNoError() {
        Ended ended = run(InputStream.nullInputStream(), new Failing("Broken pipe"), getLarge());
        assertEquals(ExitCode.OUTPUT_CLOSED, ended.exitCode());
        assertEquals("", ended.err());
    }

    @Test
    void anOutputThatIsFullIsOne() {
        Ended ended = run(InputStream.nullInputStream(), new Failing("No space left on device"), getLarge());
        assertEquals(2, ended.exitCode());
        assertEquals("ashlar: cannot write the output: No space left on device\n", ended.err());
        String[] list = {"list", directory.resolve("store").toString(), "space", "--json"};
        ended = run(InputStream.nullInputStream(), new Failing("No space left on device"), list);
        assertEquals(2, ended.exitCode());
        assertEquals("ashlar: cannot write the output: No space left on device\n", ended.err());
    }

    @Test
    void aDefectIsAMessageAndAStackTraceOnlyOnDemand() {
        InputStream broken = new InputStream() {
            @Override
            public int read() {
                throw new IllegalStateException("impossible");
            }
        };
        String[] put = {"put", directory.resolve("store").toString(), "space", "key"};
        Ended ended = run(broken, OutputStream.nullOutputStream(), put);
        assertEquals(70, ended.exitCode());
        assertTrue(ended.err().contains("unexpected java.lang.IllegalStateException: impossible"), ended.err());
        assertTrue(ended.err().contains("--debug"), ended.err());
        assertFalse(ended.err().contains("\tat "), ended.err());

        String[] debug = {"put", "--debug", directory.resolve("store").toString(), "space", "key"};
        ended = run(broken, OutputStream.nullOutputStream(), debug);
        assertEquals(70, ended.exitCode());
        assertTrue(ended.err().contains("\tat "), ended.err());
    }

    @Test
    void anErrorOfTheJvmIsAMessageToo() {
        InputStream broken = new InputStream() {
            @Override
            public int read() {
                throw new OutOfMemoryError("Java heap space");
            }
        };
        Ended ended = run(
                broken,
                OutputStream.nullOutputStream(),
                "put",
                directory.resolve("store").toString(),
                "space",
                "key");
        assertEquals(70, ended.exitCode());
        assertTrue(ended.err().startsWith("ashlar: out of memory"), ended.err());
        assertTrue(ended.err().contains("-Xmx"), ended.err());
    }

    @Test
    void theStackTraceOfARefusalIsPrintedOnDemand() {
        Ended ended = run(
                new ByteArrayInputStream(utf8("")),
                OutputStream.nullOutputStream(),
                "stat",
                "--debug",
                directory.resolve("absent").toString());
        assertEquals(1, ended.exitCode());
        assertTrue(ended.err().contains("\tat "), ended.err());
    }
}
