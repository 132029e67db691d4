package dev.ashlar.cli;

import static dev.ashlar.cli.Cli.utf8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BatchCommandTest {
    private static final String PUTS = """
            {"op":"put","keyspace":"k","key":"a","value":"1"}
            {"op":"put","keyspace":"k","key":"b","value":"2"}
            """;

    @TempDir
    private Path directory;

    private Path store;

    @BeforeEach
    void nameTheStore() {
        store = directory.resolve("store");
    }

    private Cli.Result batch(String lines, Object... more) {
        Object[] arguments = new Object[2 + more.length];
        arguments[0] = "batch";
        arguments[1] = store;
        System.arraycopy(more, 0, arguments, 2, more.length);
        return Cli.runWith(utf8(lines), arguments);
    }

    private String get(String keyspace, String key) {
        return Cli.run("get", store, keyspace, key).expect(0).out();
    }

    private long version(String keyspace, String key) {
        return Cli.run("get", store, keyspace, key, "--json")
                .expect(0)
                .json()
                .get("version")
                .asLong();
    }

    private List<String> keyspaces() {
        return Cli.run("list", store, "--json")
                .expect(0)
                .json()
                .get("keyspaces")
                .findValuesAsText("name");
    }

    @Test
    void writesOfAllKindsAreAppliedInTheirOrder() {
        Cli.run("put", store, "old", "x", "x").expect(0);
        JsonNode report = batch("""
                {"op":"put","keyspace":"k","key":"a","value":"before the clear"}
                {"op":"clear","keyspace":"k"}
                {"op":"put","keyspace":"k","key":"a","value":"Grüße","unknown":[{"op":1}]}
                {"op":"put","keyspace":"k","keyBase64":"/wA=","valueBase64":"AAH/"}
                {"op":"put","keyspace":"k","key":17,"value":""} {"op":"delete","keyspace":"old","key":"x"}
                {"op":"delete","keyspace":"old","key":"absent"}
                {"op":"require","keyspace":"new","key":"a","absent":true}
                """, "--json").expect(0).json();
        assertEquals(8, report.get("lines").asInt());
        assertEquals(7, report.get("writes").asInt());
        assertEquals(1, report.get("batches").asInt());
        assertEquals(16 + 7 + 3, report.get("bytes").asInt());
        assertTrue(report.get("version").asLong() > 0);
        assertEquals("Grüße", get("k", "a"));
        assertArrayEquals(
                new byte[] {0, 1, (byte) 0xff},
                Cli.run("get", store, "k", "\\xff\\x00", "--key-as=escaped")
                        .expect(0)
                        .bytes());
        assertEquals(
                "", Cli.run("get", store, "k", "17", "--key-as=long").expect(0).out());
        Cli.run("get", store, "old", "x").expect(1);
        assertEquals(List.of("k", "new", "old"), keyspaces());
    }

    @Test
    void linesComeFromAFileToo() throws IOException {
        Path file = Files.writeString(directory.resolve("writes"), PUTS);
        String out = batch("", file, "--progress").expect(0).out();
        assertTrue(out.lines().anyMatch(line -> line.matches("writes +2")), out);
        assertEquals("2", get("k", "b"));
        assertTrue(batch("", directory.resolve("absent")).expect(1).err().contains("no file"));
        batch("", directory).expect(2);
    }

    @Test
    void standardInputAndValuesMayBeLarge() {
        byte[] large = new byte[(8 << 20) + 1];
        new Random(4).nextBytes(large);
        batch(
                        "{\"op\":\"put\",\"keyspace\":\"k\",\"key\":\"large\",\"valueBase64\":\""
                                + Base64.getEncoder().encodeToString(large) + "\"}" + PUTS,
                        "-")
                .expect(0);
        assertArrayEquals(large, Cli.run("get", store, "k", "large").expect(0).bytes());
        assertEquals("1", get("k", "a"));
        Cli.run("verify", store).expect(0);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "no JSON",
                "[]",
                "{\"op\":\"put\",\"keyspace\":\"k\",\"key\":\"c\",\"value\":\"3\"",
                "{}",
                "{\"keyspace\":\"k\",\"key\":\"c\",\"value\":\"3\"}",
                "{\"op\":\"put\",\"key\":\"c\",\"value\":\"3\"}",
                "{\"op\":\"put\",\"keyspace\":\"k\",\"value\":\"3\"}",
                "{\"op\":\"put\",\"keyspace\":\"k\",\"key\":\"c\"}",
                "{\"op\":\"put\",\"keyspace\":\"k\",\"key\":\"c\",\"value\":3}",
                "{\"op\":\"put\",\"keyspace\":\"k\",\"key\":1.5,\"value\":\"3\"}",
                "{\"op\":\"put\",\"keyspace\":\"k\",\"key\":\"c\",\"valueBase64\":\"*\"}",
                "{\"op\":\"put\",\"keyspace\":\"\",\"key\":\"c\",\"value\":\"3\"}",
                "{\"op\":\"put\",\"keyspace\":\"a\\nb\",\"key\":\"c\",\"value\":\"3\"}",
                "{\"op\":\"put\",\"keyspace\":\"\\ud800\",\"key\":\"c\",\"value\":\"3\"}",
                "{\"op\":\"put\",\"keyspace\":7,\"key\":\"c\",\"value\":\"3\"}",
                "{\"op\":\"increment\",\"keyspace\":\"k\",\"key\":\"c\"}",
                "{\"op\":null,\"keyspace\":\"k\",\"key\":\"c\"}",
                "{\"op\":\"delete\",\"keyspace\":\"k\"}",
                "{\"op\":\"clear\"}",
                "{\"op\":\"require\",\"keyspace\":\"k\",\"key\":\"c\"}",
                "{\"op\":\"require\",\"keyspace\":\"k\",\"key\":\"c\",\"absent\":false}",
                "{\"op\":\"require\",\"keyspace\":\"k\",\"key\":\"c\",\"absent\":true,\"version\":1}",
                "{\"op\":\"require\",\"keyspace\":\"k\",\"key\":\"c\",\"version\":-1}",
                "{\"op\":\"require\",\"keyspace\":\"k\",\"key\":\"c\",\"version\":99999999999999999999}",
                "{\"op\":\"require\",\"keyspace\":\"k\",\"key\":\"c\",\"version\":\"1\"}"
            })
    void aLineThatMakesNoSenseRefusesEverything(String line) {
        Cli.Result result = batch(PUTS + line + "\n").expect(2);
        assertTrue(result.err().startsWith("ashlar: line "), result.err());
        assertTrue(result.err().contains("Nothing was written."), result.err());
        if (line.endsWith("}")) {
            assertTrue(result.err().startsWith("ashlar: line 3: "), result.err());
        }
        assertFalse(Files.exists(store));
    }

    @Test
    void aKeyCanBeTooLong() {
        String line = "{\"op\":\"delete\",\"keyspace\":\"k\",\"key\":\"" + "k".repeat(65_536) + "\"}\n";
        assertTrue(batch(line).expect(2).err().startsWith("ashlar: line 1: the key has 65,536 bytes"));
    }

    @Test
    void aKeyspaceThatIsNotPutToMustBeThere() {
        batch(PUTS).expect(0);
        for (String op : List.of(
                "{\"op\":\"delete\",\"keyspace\":\"absent\",\"key\":\"a\"}",
                "{\"op\":\"clear\",\"keyspace\":\"absent\"}",
                "{\"op\":\"require\",\"keyspace\":\"absent\",\"key\":\"a\",\"version\":1}")) {
            Cli.Result result = batch("{\"op\":\"put\",\"keyspace\":\"new\",\"key\":\"a\",\"value\":\"\"}" + op)
                    .expect(1);
            assertTrue(result.err().contains("no keyspace 'absent'"), result.err());
            assertEquals(List.of("k"), keyspaces());
        }
    }

    @Test
    void whatIsRequiredDecidesOverTheWhole() {
        batch(PUTS).expect(0);
        String put = "{\"op\":\"put\",\"keyspace\":\"k\",\"key\":\"a\",\"value\":\"new\"}\n";
        String require = "{\"op\":\"require\",\"keyspace\":\"k\",\"key\":\"%s\",%s}\n";
        long version = version("k", "a");

        Cli.Result present =
                batch(put + String.format(require, "b", "\"absent\":true")).expect(2);
        assertTrue(present.err().contains("line 2: key 'b' of keyspace 'k' has version "), present.err());
        assertTrue(present.err().contains("Nothing was written."), present.err());
        Cli.Result absent =
                batch(put + String.format(require, "c", "\"version\":0")).expect(2);
        assertTrue(absent.err().contains("line 2: key 'c' of keyspace 'k' is absent"), absent.err());
        Cli.Result other = batch(put + String.format(require, "a", "\"version\":" + (version + 1)))
                .expect(2);
        assertTrue(
                other.err().contains("has version " + version + "; required is version " + (version + 1)), other.err());
        assertEquals("1", get("k", "a"));

        batch(put
                        + String.format(require, "a", "\"version\":" + version)
                        + String.format(require, "c", "\"absent\":true"))
                .expect(0);
        assertEquals("new", get("k", "a"));
    }

    @Test
    void aBatchThatComesToNothingIsNoError() {
        batch(PUTS).expect(0);
        assertFalse(batch("{\"op\":\"delete\",\"keyspace\":\"k\",\"key\":\"absent\"}", "--json")
                .expect(0)
                .json()
                .has("version"));
        JsonNode empty = batch("", "--json").expect(0).json();
        assertEquals(0, empty.get("lines").asInt());
        assertEquals(0, empty.get("batches").asInt());
    }

    @ParameterizedTest
    @ValueSource(strings = {"--durable", "--no-durable"})
    void inPartsWhatWasCommittedStaysAndIsTold(String durable) {
        StringBuilder lines = new StringBuilder();
        for (int i = 0; i < 25; i++) {
            lines.append("{\"op\":\"put\",\"keyspace\":\"k\",\"key\":")
                    .append(i)
                    .append(",\"value\":\"v\"}\n");
        }
        JsonNode report = batch(lines.toString(), "--each=10", durable, "--json")
                .expect(0)
                .json();
        assertEquals(25, report.get("writes").asInt());
        assertEquals(3, report.get("batches").asInt());
        Cli.run("clear", store, "k", "--yes").expect(0);

        Cli.Result broken = batch(lines + "{\"op\":", "--each=10", durable).expect(2);
        assertTrue(broken.err().contains("20 lines in 2 batches were committed"), broken.err());
        assertTrue(broken.err().contains("ashlar: line 26: not JSON"), broken.err());
        assertEquals(20, Cli.run("list", store, "k").expect(0).out().lines().count());
        Cli.Result none = batch("{\"op\":", "--each=1", durable).expect(2);
        assertTrue(none.err().contains("nothing was committed"), none.err());
    }

    @Test
    void inPartsWhatIsRequiredDecidesOverItsPart() {
        Cli.Result result = batch("""
                {"op":"put","keyspace":"k","key":"a","value":"1"}
                {"op":"require","keyspace":"k","key":"a","absent":true}
                {"op":"put","keyspace":"k","key":"b","value":"2"}
                {"op":"require","keyspace":"k","key":"a","absent":true}
                """, "--each=2").expect(2);
        assertTrue(result.err().contains("2 lines in 1 batches were committed"), result.err());
        assertTrue(result.err().contains("ashlar: line 4: key 'a'"), result.err());
        assertEquals("1", get("k", "a"));
        Cli.run("get", store, "k", "b").expect(1);
    }

    @Test
    void whatIsExportedIsALineButForItsOpAndKeyspace() {
        batch(PUTS).expect(0);
        String lines =
                Cli.run("export", store, "k", "-", "--to=jsonl").expect(0).out();
        batch(lines.replace("{\"key\"", "{\"op\":\"put\",\"keyspace\":\"copy\",\"key\""))
                .expect(0);
        assertEquals("1", get("copy", "a"));
        assertEquals("2", get("copy", "b"));
    }

    @Test
    void putsExpireAfterATimeOrAtAMoment() {
        Instant before = Instant.now();
        batch("""
                {"op":"put","keyspace":"k","key":"past","value":"old"}
                {"op":"put","keyspace":"k","key":"hour","value":"1","timeToLive":"PT1H"}
                {"op":"put","keyspace":"k","key":"moment","value":"2","expiresAt":"2290-01-31T12:00:00.0005Z"}
                {"op":"put","keyspace":"k","key":"stays","value":"3"}
                {"op":"put","keyspace":"k","key":"past","value":"4","expiresAt":"2001-01-01T00:00:00Z"}
                {"op":"delete","keyspace":"k","key":"absent","expiresAt":"2290-01-31T12:00:00Z","timeToLive":"P1D"}
                """).expect(0);
        Instant after = Instant.now();
        Instant hour = Instant.parse(expiresAt("hour"));
        assertFalse(hour.isBefore(before.plusSeconds(3600)), hour + " " + before);
        assertFalse(hour.isAfter(after.plusSeconds(3601)), hour + " " + after);
        assertEquals("2290-01-31T12:00:00.001Z", expiresAt("moment"));
        assertEquals("", expiresAt("stays"));
        Cli.run("get", store, "k", "past").expect(1);
        // What batch writes, batch can be given again.
        batch("{\"op\":\"put\",\"keyspace\":\"k\",\"key\":\"stays\",\"value\":\"5\",\"expiresAt\":\"" + hour + "\"}")
                .expect(0);
        assertEquals(hour.toString(), expiresAt("stays"));
    }

    private String expiresAt(String key) {
        return Cli.run("info", store, "k", key, "--json")
                .expect(0)
                .json()
                .path("expiresAt")
                .asText();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\"timeToLive\":\"PT0S\"",
                "\"timeToLive\":\"-PT1S\"",
                "\"timeToLive\":\"5m\"",
                "\"timeToLive\":300",
                "\"timeToLive\":\"P36501D\"",
                "\"timeToLive\":\"PT9223372036854775807S\"",
                "\"expiresAt\":\"tomorrow\"",
                "\"expiresAt\":\"1970-01-01T00:00:00Z\"",
                "\"expiresAt\":\"+1000000000-12-31T23:59:59Z\"",
                "\"expiresAt\":1790000000000",
                "\"timeToLive\":\"PT1S\",\"expiresAt\":\"2290-01-31T12:00:00Z\""
            })
    void anExpiryThatMakesNoSenseIsRefusedAndNothingIsWritten(String members) {
        String err = batch(
                        PUTS + "{\"op\":\"put\",\"keyspace\":\"other\",\"key\":\"c\",\"value\":\"\"," + members + "}")
                .expect(2)
                .err();
        assertTrue(err.contains("line 3"), err);
        assertTrue(err.contains("timeToLive") || err.contains("expiresAt"), err);
        assertFalse(Files.exists(store));
    }
}
