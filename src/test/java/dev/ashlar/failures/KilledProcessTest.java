package dev.ashlar.failures;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.ashlar.Durability;
import dev.ashlar.Keyspace;
import dev.ashlar.Store;
import dev.ashlar.WriteBatch;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Another process writes, says what was acknowledged, and is killed. */
class KilledProcessTest extends FailureTest {
    private static Process start(String action, Path directory, String argument) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:-UsePerfData", "-Xmx128m"));
        command.add("--enable-native-access=ALL-UNNAMED");
        command.addAll(List.of("-cp", classPath(), KilledProcessTest.class.getName()));
        command.addAll(List.of(action, directory.toString(), argument));
        return new ProcessBuilder(command).redirectErrorStream(true).start();
    }

    private static String classPath() {
        return rootOf(Store.class)
                + File.pathSeparator
                + rootOf(KilledProcessTest.class)
                + File.pathSeparator
                + rootOf(com.lmax.disruptor.RingBuffer.class);
    }

    /** By the resource and not by the code source, which is the module's for tests that are patched into it. */
    private static Path rootOf(Class<?> type) {
        String resource = '/' + type.getName().replace('.', '/') + ".class";
        String url = String.valueOf(type.getResource(resource));
        String root = url.substring(0, url.length() - resource.length());
        return Path.of(URI.create(root.startsWith("jar:") ? root.substring(4, root.length() - 1) : root + "/"));
    }

    /** Reads lines up to one; the process is killed then, and what it had said before is read too. */
    private static List<String> killAt(Process process, String line, long delayMillis) throws Exception {
        List<String> said = new ArrayList<>();
        try (BufferedReader reader =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            for (String each = reader.readLine(); each != null; each = reader.readLine()) {
                said.add(each);
                if (each.equals(line)) {
                    Thread.sleep(delayMillis);
                    // Not through the process, which would close the pipe and lose what is in it.
                    assertTrue(process.toHandle().destroyForcibly());
                }
            }
        } finally {
            process.destroyForcibly();
        }
        assertEquals(128 + 9, process.waitFor(), said.toString());
        return said;
    }

    @ParameterizedTest(name = "after {0} bytes")
    @ValueSource(ints = {1 << 20, 20 << 20})
    @DisplayName("A1 kill -9 during a streamed put, after 100 puts: all 100 there, the stream absent")
    void killedDuringAStream(int streamed) throws Exception {
        Path directory = path("store");
        List<String> said = killAt(start("stream", directory, Integer.toString(streamed)), "streaming", 0);
        assertEquals("streaming", said.getLast());
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

    @Test
    @DisplayName("A22 killed at any moment: every acknowledged write is there, batches whole or not at all")
    void killedWhileWriting() throws Exception {
        killAndReopen(1, 4);
    }

    @Test
    @Tag("long")
    @DisplayName("A22 killed a hundred times: every acknowledged write is there, batches whole or not at all")
    void killedAHundredTimes() throws Exception {
        killAndReopen(2, 100);
    }

    private void killAndReopen(long seed, int rounds) throws Exception {
        Path directory = path("store");
        Random random = new Random(seed);
        Map<Integer, Integer> acknowledged = new HashMap<>();
        for (int round = 0; round < rounds; round++) {
            int first = round * 1_000_000;
            Process process = start("write", directory, Integer.toString(first));
            for (String line : killAt(process, "started", random.nextInt(400))) {
                if (line.startsWith("ack ") && line.endsWith(".")) {
                    int number = Integer.parseInt(line.substring(4, line.length() - 1));
                    acknowledged.merge(number % 100, number, Math::max);
                }
            }
            String context = "seed " + seed + ", round " + round;
            try (Store store = Store.open(directory)) {
                assertEquals(0, store.recovery().damaged().size(), context + store.recovery());
                check(store, acknowledged, context);
                if (random.nextInt(3) == 0) {
                    store.compact();
                }
            }
        }
        assertFalse(acknowledged.isEmpty());
    }

    /** Each key has the number that was acknowledged last, or a later one; both halves of a batch have the same. */
    private static void check(Store store, Map<Integer, Integer> acknowledged, String context) {
        Keyspace a = store.keyspace("a");
        Keyspace b = store.keyspace("b");
        acknowledged.forEach((key, number) -> {
            byte[] found = value(a.get(key));
            assertNotNull(found, context + ": key " + key + " is absent");
            int read = number(found);
            assertTrue(read >= number && read % 100 == key, context + ": key " + key + " has " + read);
            assertArrayEquals(valueOf(read), found, context);
            assertArrayEquals(found, value(b.get(key)), context + ": half a batch, key " + key);
        });
    }

    private static byte[] valueOf(int number) {
        byte[] value = pattern(8 + number % 3000, number);
        StoreFiles.little(value).putInt(0, number);
        return value;
    }

    private static int number(byte[] value) {
        return StoreFiles.little(value).getInt(0);
    }

    // --------------------------------------------------------------------------------------------------- the child

    public static void main(String[] arguments) throws Exception {
        Path directory = Path.of(arguments[1]);
        int number = Integer.parseInt(arguments[2]);
        try (Store store = Store.open(directory)) {
            switch (arguments[0]) {
                case "stream" -> stream(store.keyspace("k"), number);
                case "write" -> write(store, number);
                default -> throw new IllegalArgumentException(arguments[0]);
            }
        }
    }

    private static void stream(Keyspace space, int length) {
        for (int i = 0; i < 100; i++) {
            space.put(Keyspace.longKey(i), bytes("value-" + i), i % 2 == 0 ? Durability.DURABLE : Durability.APPENDED);
        }
        space.putStream(bytes("stream"), new Endless(length), Durability.DURABLE);
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
                System.in.read();
            }
            return 7;
        }
    }

    /** Writes the same number to two keyspaces at once, and says when that was acknowledged. */
    private static void write(Store store, int first) {
        Keyspace a = store.keyspace("a");
        Keyspace b = store.keyspace("b");
        System.out.println("started");
        try (WriteBatch batch = store.batch()) {
            for (int number = first; ; number++) {
                byte[] value = valueOf(number);
                batch.put(a, number % 100, value).put(b, number % 100, value);
                batch.commit(number % 50 == 0 ? Durability.DURABLE : Durability.APPENDED);
                System.out.println("ack " + number + ".");
            }
        }
    }
}
