package dev.ashlar.cli;

import static dev.ashlar.cli.Cli.utf8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class KeyValueCommandsTest {
    @TempDir
    private Path directory;

    private Path store;

    @BeforeEach
    void nameTheStore() {
        store = directory.resolve("store");
    }

    @Test
    void whatIsPutIsGot() {
        Cli.Result put = Cli.run("put", store, "greetings", "hello", "Grüße!").expect(0);
        assertEquals("", put.out() + put.err());
        assertArrayEquals(
                utf8("Grüße!"),
                Cli.run("get", store, "greetings", "hello").expect(0).bytes());
        Cli.run("put", store, "greetings", "hello", "again").expect(0);
        assertEquals(
                "again", Cli.run("get", store, "greetings", "hello").expect(0).out());
    }

    @Test
    void emptyKeysAndValuesAreLegal() {
        Cli.run("put", store, "space", "", "").expect(0);
        assertEquals(0, Cli.run("get", store, "space", "").expect(0).bytes().length);
        Cli.run("delete", store, "space", "").expect(0);
        Cli.run("get", store, "space", "").expect(1);
    }

    @Test
    void keysAreDistinctPerKeyspace() {
        Cli.run("put", store, "one", "key", "1").expect(0);
        Cli.run("put", store, "two", "key", "2").expect(0);
        assertEquals("1", Cli.run("get", store, "one", "key").out());
        assertEquals("2", Cli.run("get", store, "two", "key").out());
    }

    /** On both sides of where a stream is no longer buffered but becomes a file of its own (8 MiB). */
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 65_535, 65_536, 65_537, (8 << 20) - 1, 8 << 20, (8 << 20) + 1, 20 << 20})
    void valuesComeFromStandardInput(int length) {
        byte[] value = new byte[length];
        new Random(length).nextBytes(value);
        Cli.runWith(value, "put", store, "space", "key").expect(0);
        assertArrayEquals(value, Cli.run("get", store, "space", "key").expect(0).bytes());
    }

    @Test
    void deletedKeysAreGone() {
        Cli.run("put", store, "space", "key", "value").expect(0);
        Cli.Result delete = Cli.run("delete", store, "space", "key").expect(0);
        assertEquals("", delete.out() + delete.err());
        Cli.run("get", store, "space", "key").expect(1);
        assertTrue(Cli.run("delete", store, "space", "key").expect(1).err().contains("no key 'key'"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "get STORE space key",
                "delete STORE space key",
                "list STORE",
                "list STORE space",
                "stat STORE",
                "verify STORE",
                "compact STORE",
                "info STORE space key",
                "scan STORE space",
                "batch STORE",
                "copy STORE space key space new",
                "move STORE space key space new",
                "rename STORE space key new",
                "clear STORE space --yes",
                "drop STORE space --yes"
            })
    void readingCreatesNoStore(String command) throws IOException {
        Object[] arguments = command.replace("STORE", store.toString()).split(" ");
        assertTrue(Cli.run(arguments).expect(1).err().contains("there is no store in " + store));
        assertFalse(Files.exists(store));
        Files.createDirectory(store);
        assertTrue(Cli.run(arguments).expect(1).err().contains("is empty"));
        assertEquals(1, Cli.contents(store).size());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "get STORE absent key",
                "delete STORE absent key",
                "list STORE absent",
                "info STORE absent key",
                "scan STORE absent",
                "copy STORE absent key new",
                "move STORE absent key new",
                "rename STORE absent key new",
                "clear STORE absent --yes",
                "drop STORE absent --yes"
            })
    void readingCreatesNoKeyspace(String command) {
        Cli.run("put", store, "present", "key", "value").expect(0);
        Object[] arguments = command.replace("STORE", store.toString()).split(" ");
        Cli.Result result = Cli.run(arguments).expect(1);
        assertTrue(result.err().contains("there is no keyspace 'absent'"), result.err());
        assertTrue(result.err().contains("present"), result.err());
        assertFalse(Cli.run("list", store).out().contains("absent"));
    }

    @Test
    void aStreamThatBreaksStoresNothing() {
        InputStream broken = new InputStream() {
            private int left = 100_000;

            @Override
            public int read() throws IOException {
                if (left-- <= 0) {
                    throw new IOException("the cable was pulled");
                }
                return 'x';
            }
        };
        Cli.run("put", store, "space", "key", "before").expect(0);
        Cli.Result result = Cli.runWith(broken, "put", store, "space", "key").expect(2);
        assertTrue(result.err().contains("the cable was pulled"), result.err());
        assertEquals("before", Cli.run("get", store, "space", "key").expect(0).out());
    }

    @Test
    void valuesExpireAfterATimeOrAtAMoment() {
        Instant before = Instant.now();
        String hour = Cli.run("put", store, "space", "hour", "1", "--ttl=PT1H", "--json")
                .expect(0)
                .json()
                .get("expiresAt")
                .asText();
        Instant after = Instant.now();
        assertFalse(Instant.parse(hour).isBefore(before.plus(Duration.ofHours(1))), hour);
        assertFalse(Instant.parse(hour).isAfter(after.plus(Duration.ofHours(1)).plusMillis(1)), hour);
        assertEquals(hour, expiresAt("hour"));
        Cli.runWith(utf8("2"), "put", store, "space", "streamed", "--ttl", "P7D")
                .expect(0);
        assertTrue(Instant.parse(expiresAt("streamed")).isAfter(before.plus(Duration.ofDays(7))));
        // In milliseconds, rounded up.
        String moment = "2290-01-31T12:00:00.0005Z";
        Cli.run("put", store, "space", "moment", "3", "--expires=" + moment).expect(0);
        assertEquals("2290-01-31T12:00:00.001Z", expiresAt("moment"));
        Cli.runWith(utf8("4"), "put", store, "space", "stream until", "--expires", moment)
                .expect(0);
        assertEquals("2290-01-31T12:00:00.001Z", expiresAt("stream until"));
        Cli.run("put", store, "space", "moment", "5").expect(0);
        assertEquals("", expiresAt("moment"));
    }

    private String expiresAt(String key) {
        return Cli.run("get", store, "space", key, "--json")
                .expect(0)
                .json()
                .path("expiresAt")
                .asText();
    }

    @Test
    void aMomentThatHasPassedLeavesTheKeyAbsent() {
        Cli.run("put", store, "space", "key", "before").expect(0);
        JsonNode put = Cli.run("put", store, "space", "key", "x", "--expires=2001-01-01T00:00:00Z", "--json")
                .expect(0)
                .json();
        assertFalse(put.has("expiresAt"), put.toString());
        Cli.run("get", store, "space", "key").expect(1);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--ttl=PT0S",
                "--ttl=-PT1S",
                "--ttl=5m",
                "--ttl=P36501D",
                "--expires=tomorrow",
                "--expires=1970-01-01T00:00:00Z",
                "--expires=+1000000000-12-31T23:59:59Z",
                "--ttl=PT1S --expires=2290-01-31T12:00:00Z"
            })
    void aTimeThatIsNoneIsRefusedAndNothingIsCreated(String options) {
        List<Object> arguments = new ArrayList<>(List.of("put", store, "space", "key", "value"));
        arguments.addAll(List.of(options.split(" ")));
        Cli.Result result = Cli.run(arguments.toArray()).expect(ExitCode.USAGE);
        String option = options.substring(0, options.indexOf('='));
        assertTrue(result.err().contains(option), result.err());
        assertFalse(Files.exists(store));
    }

    @Test
    void keysHaveFourForms() {
        Cli.run("put", store, "space", "7", "text").expect(0);
        Cli.run("put", store, "space", "7", "long", "--key-as=long").expect(0);
        Cli.run("put", store, "space", "--key-as=long", "--", "-7", "minus").expect(0);
        Cli.run("put", store, "space", "/wA=", "base64", "--key-as=BASE64").expect(0);
        assertEquals("text", Cli.run("get", store, "space", "7").out());
        assertEquals(
                "text",
                Cli.run("get", store, "space", "Nw==", "--key-as=base64").out());
        assertEquals(
                "long", Cli.run("get", store, "space", "7", "--key-as=long").out());
        String escaped = "\\x80\\x00\\x00\\x00\\x00\\x00\\x00\\x07";
        assertEquals(
                "long",
                Cli.run("get", store, "space", escaped, "--key-as=escaped").out());
        assertEquals(
                "minus",
                Cli.run("get", store, "space", "--key-as", "long", "--", "-7").out());
        assertEquals(
                "base64",
                Cli.run("get", store, "space", "\\xff\\x00", "--key-as=escaped").out());
        Cli.run("delete", store, "space", "\\xff\\x00", "--key-as=escaped").expect(0);
        Cli.run("get", store, "space", "/wA=", "--key-as=base64").expect(1);
    }

    @Test
    void keysMayBeAsLongAsAKeyCanBe() {
        String key = "k".repeat(65_535);
        Cli.run("put", store, "space", key, "value").expect(0);
        assertEquals("value", Cli.run("get", store, "space", key).expect(0).out());
        assertEquals(
                key,
                Cli.run("list", store, "space", "--json")
                        .json()
                        .at("/entries/0/key")
                        .asText());
    }

    @Test
    void jsonOfPutAndDeleteSaysWhatWasDone() {
        JsonNode put = Cli.run("put", store, "space", "key", "value", "--json")
                .expect(0)
                .json();
        assertEquals("space", put.get("keyspace").asText());
        assertEquals("key", put.get("key").asText());
        assertEquals(5, put.get("size").asInt());
        JsonNode get = Cli.run("get", store, "space", "key", "--json").expect(0).json();
        assertEquals(put.get("version"), get.get("version"));
        JsonNode streamed = Cli.runWith(utf8("streamed"), "put", store, "space", "key", "--json")
                .json();
        assertEquals(8, streamed.get("size").asInt());
        assertTrue(streamed.get("version").asLong() > put.get("version").asLong());
        JsonNode delete =
                Cli.run("delete", store, "space", "key", "--json").expect(0).json();
        assertTrue(delete.get("version").asLong() > streamed.get("version").asLong());
    }

    @Test
    void jsonOfGetHasTextWhereThereIsTextAndAlwaysTheBytes() throws IOException {
        Cli.run("put", store, "space", "text", "Grüße\n\"").expect(0);
        Cli.runWith(new byte[] {(byte) 0xff, 0, 1}, "put", store, "space", "binary")
                .expect(0);
        byte[] large = new byte[(1 << 20) + 1];
        Cli.runWith(large, "put", store, "space", "large").expect(0);

        JsonNode text =
                Cli.run("get", store, "space", "text", "--json").expect(0).json();
        assertEquals("Grüße\n\"", text.get("value").asText());
        assertArrayEquals(utf8("Grüße\n\""), text.get("valueBase64").binaryValue());
        JsonNode binary =
                Cli.run("get", store, "space", "binary", "--json").expect(0).json();
        assertFalse(binary.has("value"));
        assertArrayEquals(
                new byte[] {(byte) 0xff, 0, 1}, binary.get("valueBase64").binaryValue());
        JsonNode zeros =
                Cli.run("get", store, "space", "large", "--json").expect(0).json();
        assertEquals(large.length, zeros.get("size").asInt());
        assertArrayEquals(large, zeros.get("valueBase64").binaryValue());
    }
}
