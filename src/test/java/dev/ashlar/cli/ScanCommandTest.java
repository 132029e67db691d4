package dev.ashlar.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.ashlar.Entry;
import dev.ashlar.Keyspace;
import dev.ashlar.Store;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** scan, and info. */
class ScanCommandTest {
    private static final byte[] NO_UTF8 = {'a', (byte) 0xc3, 'b', (byte) 0xff};
    private static final byte[] LARGE = new byte[(8 << 20) + 1];

    @TempDir
    private Path directory;

    private Path store;
    private long firstVersion;
    private long goneVersion;

    @BeforeEach
    void fillTheStore() {
        store = directory.resolve("store");
        try (Store open = Store.open(store)) {
            Keyspace names = open.keyspace("names");
            firstVersion = names.put("a/1", Cli.utf8("one\ttwo"));
            goneVersion = names.put("gone", new byte[3]);
            names.put("a/2", new byte[] {(byte) 0xff});
            names.put(NO_UTF8, new byte[70_000]);
            names.delete("gone");
            open.keyspace("numbers").put(-7, Cli.utf8("x"));
            open.keyspace("empty");
        }
    }

    private static List<JsonNode> lines(Cli.Result result) throws IOException {
        List<JsonNode> lines = new ArrayList<>();
        for (String line : result.out().lines().toList()) {
            lines.add(new ObjectMapper().readTree(line));
        }
        return lines;
    }

    private static List<String> keys(Cli.Result result) throws IOException {
        return lines(result).stream().map(line -> line.get("key").asText()).toList();
    }

    @Test
    void entriesComeInTheOrderOfTheLogAndBackward() throws IOException {
        List<String> forward = List.of("a/1", "a/2", "a\\xc3b\\xff");
        assertEquals(forward, keys(Cli.run("scan", store, "names", "--json").expect(0)));
        assertEquals(
                forward.reversed(),
                keys(Cli.run("scan", store, "names", "--json", "--backward").expect(0)));
    }

    @Test
    void aLineHasSizeVersionAndKeyAndOnDemandTheValueEscaped() {
        List<String> plain =
                Cli.run("scan", store, "names").expect(0).out().lines().toList();
        assertEquals(
                "       7 B  " + " ".repeat(14 - Long.toString(firstVersion).length()) + firstVersion + "  a/1",
                plain.getFirst());
        assertEquals(3, plain.size());
        assertFalse(plain.toString().contains(" " + goneVersion + " "), plain.toString());
        List<String> values = Cli.run("scan", store, "names", "--values")
                .expect(0)
                .out()
                .lines()
                .toList();
        assertTrue(values.get(0).endsWith("  a/1\tone\\ttwo"), values.get(0));
        assertTrue(values.get(1).endsWith("  a/2\t\\xff"), values.get(1));
        assertTrue(values.get(2).endsWith("\\x00…"), "not cut");
        assertEquals(65_536, values.get(2).split("\t")[1].length() / 4);
    }

    @Test
    void jsonHasAllThatIsKnownOfAnEntry() throws IOException {
        List<JsonNode> lines = lines(Cli.run("scan", store, "names", "--json").expect(0));
        try (Store open = Store.open(store)) {
            Keyspace names = open.keyspace("names");
            for (JsonNode line : lines) {
                byte[] key = line.has("keyBase64")
                        ? line.get("keyBase64").binaryValue()
                        : Cli.utf8(line.get("key").asText());
                Entry entry = names.entry(key);
                assertEquals(entry.size(), line.get("size").asLong());
                assertEquals(entry.sizeOnDisk(), line.get("sizeOnDisk").asLong());
                assertEquals(entry.version(), line.get("version").asLong());
                assertEquals(entry.lsn(), line.get("lsn").asLong());
                assertEquals(
                        entry.checksum(),
                        HexFormat.fromHexDigitsToLong(line.get("checksum").asText()));
                assertEquals(entry.file(), store.resolve(line.get("file").asText()));
                assertEquals(entry.filePosition(), line.get("position").asLong());
                assertFalse(line.has("value") || line.has("valueBase64"));
            }
        }
    }

    @Test
    void whatIsScannedWithValuesCanBeImported() {
        for (String keyspace : List.of("names", "numbers")) {
            byte[] lines = Cli.run(
                            "scan",
                            store,
                            keyspace,
                            "--values",
                            "--json",
                            "--key-as=" + (keyspace.equals("names") ? "text" : "long"))
                    .expect(0)
                    .bytes();
            Cli.runWith(lines, "import", store, "copy", "-", "--from=jsonl").expect(0);
        }
        try (Store open = Store.open(store)) {
            Keyspace copy = open.keyspace("copy");
            assertEquals(4, copy.size());
            for (String keyspace : List.of("names", "numbers")) {
                open.keyspace(keyspace)
                        .forEach(entry -> assertTrue(
                                entry.contentEquals(copy.get(entry.keyBytes())), () -> Escapes.show(entry.key())));
            }
        }
    }

    @Test
    void prefixAndLimitNarrowTheScan() throws IOException {
        assertEquals(List.of("a/1", "a/2"), keys(Cli.run("scan", store, "names", "--json", "--prefix=a/")));
        assertEquals(
                List.of("a\\xc3b\\xff"),
                keys(Cli.run("scan", store, "names", "--json", "--prefix=a\\xc3", "--key-as=escaped")));
        Cli.Result newest = Cli.run("scan", store, "names", "--json", "--prefix=a/", "--limit=1", "--backward")
                .expect(0);
        assertEquals(List.of("a/2"), keys(newest));
        assertTrue(newest.err().contains("more"), newest.err());
        Cli.Result exact = Cli.run("scan", store, "names", "--limit=3").expect(0);
        assertEquals("", exact.err());
        assertEquals("", Cli.run("scan", store, "empty", "--json").expect(0).out());
        assertEquals("", Cli.run("scan", store, "empty").expect(0).out());
    }

    @Test
    void longKeysAreNumbers() throws IOException {
        assertTrue(Cli.run("scan", store, "numbers", "--key-as=long")
                .expect(0)
                .out()
                .endsWith("  -7\n"));
        JsonNode line = lines(Cli.run("scan", store, "numbers", "--key-as=long", "--json"))
                .getFirst();
        assertEquals(-7, line.get("key").asLong());
        assertTrue(line.get("key").isIntegralNumber());
    }

    @Test
    void infoTellsWhatIsKnownOfOneEntry() throws IOException {
        Cli.runWith(LARGE, "put", store, "names", "large").expect(0);
        for (String key : List.of("a/1", "large")) {
            JsonNode info =
                    Cli.run("info", store, "names", key, "--json").expect(0).json();
            assertEquals("names", info.get("keyspace").asText());
            assertEquals(key, info.get("key").asText());
            assertTrue(info.get("verified").asBoolean());
            assertEquals(64, info.get("alignment").asInt());
            byte[] file = Files.readAllBytes(store.resolve(info.get("file").asText()));
            byte[] expected = key.equals("large") ? LARGE : Cli.utf8("one\ttwo");
            int position = info.get("position").asInt();
            assertArrayEquals(expected, java.util.Arrays.copyOfRange(file, position, position + expected.length));
            assertEquals(expected.length, info.get("size").asInt());
            assertTrue(info.get("sizeOnDisk").asLong() > expected.length);
            String out = Cli.run("info", store, "names", key).expect(0).out();
            assertTrue(
                    out.lines()
                            .anyMatch(line -> line.matches("checksum \\(XXH3-64\\) +"
                                    + info.get("checksum").asText())),
                    out);
            assertTrue(
                    out.lines()
                            .anyMatch(line -> line.matches(
                                    "version +" + info.get("version").asText())),
                    out);
            assertTrue(out.lines().anyMatch(line -> line.matches("verified +yes, now")), out);
        }
    }

    @Test
    void infoTellsAnAbsentKey() {
        assertTrue(Cli.run("info", store, "names", "gone").expect(1).err().contains("no key 'gone'"));
    }

    @Test
    void infoAndScanTellWhenAnEntryExpires() throws IOException {
        String expires;
        try (Store open = Store.open(store)) {
            open.keyspace("empty").put("lease", new byte[1], Duration.ofDays(1));
            expires = String.valueOf(open.keyspace("empty").expiresAt("lease"));
        }
        JsonNode info =
                Cli.run("info", store, "empty", "lease", "--json").expect(0).json();
        assertEquals(expires, info.get("expiresAt").asText());
        String out = Cli.run("info", store, "empty", "lease").expect(0).out();
        assertTrue(out.contains(expires), out);
        JsonNode line =
                lines(Cli.run("scan", store, "empty", "--json").expect(0)).getFirst();
        assertEquals(expires, line.get("expiresAt").asText());
        assertFalse(Cli.run("info", store, "names", "a/1", "--json").json().has("expiresAt"));
        assertTrue(Cli.run("info", store, "names", "a/1").out().lines().anyMatch(l -> l.matches("expires +never")));
    }
}
