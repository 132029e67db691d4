package dev.ashlar.failures;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import dev.ashlar.Durability;
import dev.ashlar.Keyspace;
import dev.ashlar.Store;
import dev.ashlar.process.ChildJava;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Another process is killed while it reads a value from a stream. Kills of all other kinds: {@code dev.ashlar.process}. */
class KilledProcessTest extends FailureTest {
    @ParameterizedTest(name = "after {0} bytes")
    @ValueSource(ints = {1 << 20, 20 << 20})
    @DisplayName("A1 kill -9 during a streamed put, after 100 puts: all 100 there, the stream absent")
    void killedDuringAStream(int streamed) throws Exception {
        Path directory = path("store");
        List<String> flags = List.of("-Xmx128m", "--enable-native-access=ALL-UNNAMED");
        try (ChildJava child =
                ChildJava.start(path("child"), List.of(), flags, KilledProcessTest.class, directory, streamed)) {
            while (child.isAlive() && !child.output().contains("streaming")) {
                Thread.sleep(1);
            }
            child.kill();
            assertEquals(ChildJava.KILLED, child.end(), child::output);
        }
        try (Store store = Store.open(directory)) {
            Keyspace space = store.keyspace("k");
            assertEquals(100, space.size());
            for (int i = 0; i < 100; i++) {
                assertArrayEquals(bytes("value-" + i), value(space.get(i)), "key " + i);
            }
            assertNull(space.get("stream"));
            assertEquals(0, store.stats().valueFiles());
            boolean hadFile = streamed > 8 << 20;
            assertEquals(hadFile, store.recovery().sweptFiles().stream().anyMatch(name -> name.endsWith(".val")));
            try (Stream<Path> files = Files.list(directory.resolve("values"))) {
                assertEquals(0, files.count());
            }
        }
    }

    // --------------------------------------------------------------------------------------------------- the child

    public static void main(String[] arguments) {
        try (Store store = Store.open(Path.of(arguments[0]))) {
            Keyspace space = store.keyspace("k");
            for (int i = 0; i < 100; i++) {
                Durability durability = i % 2 == 0 ? Durability.DURABLE : Durability.APPENDED;
                space.put(Keyspace.longKey(i), bytes("value-" + i), durability);
            }
            space.putStream(bytes("stream"), new Endless(Integer.parseInt(arguments[1])), Durability.DURABLE);
        }
    }

    /** Yields so many bytes, says so, and never ends. */
    private static final class Endless extends InputStream {
        private int left;

        Endless(int length) {
            this.left = length;
        }

        @Override
        public int read() throws IOException {
            if (left-- == 0) {
                System.out.println("streaming");
                try {
                    Thread.sleep(600_000);
                } catch (InterruptedException e) {
                    throw new IOException(e);
                }
            }
            return 7;
        }
    }
}
