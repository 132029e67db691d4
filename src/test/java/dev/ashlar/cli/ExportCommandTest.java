package dev.ashlar.cli;

import static dev.ashlar.cli.Cli.utf8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.ashlar.Durability;
import dev.ashlar.Entry;
import dev.ashlar.Keyspace;
import dev.ashlar.Scan;
import dev.ashlar.Store;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ExportCommandTest {
    @TempDir
    private Path directory;

    private Path store;
    private Path target;

    @BeforeEach
    void nameThings() {
        store = directory.resolve("store");
        target = directory.resolve("target");
    }

    /** Keys and values are bytes, one to one in this character set. */
    private static byte[] latin1(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    private void fill(Map<String, byte[]> entries) {
        try (Store open = Store.open(store)) {
            Keyspace keyspace = open.keyspace("source");
            entries.forEach((key, value) -> keyspace.put(latin1(key), value));
        }
    }

    private Map<String, String> content(String keyspace) {
        Map<String, String> content = new TreeMap<>();
        try (Store open = Store.open(store);
                Scan scan = open.keyspace(keyspace).scan()) {
            while (scan.next()) {
                content.put(
                        new String(scan.key().toArray(ValueLayout.JAVA_BYTE), StandardCharsets.ISO_8859_1),
                        new String(scan.value().toArray(ValueLayout.JAVA_BYTE), StandardCharsets.ISO_8859_1));
            }
        }
        return content;
    }

    private static Map<String, byte[]> allKinds() {
        byte[] large = new byte[9 << 20];
        new Random(1).nextBytes(large);
        Map<String, byte[]> entries = new TreeMap<>();
        entries.put("plain", utf8("text"));
        entries.put("empty", new byte[0]);
        entries.put("dir/sub/file with space", utf8("käse 日本語 🙂 \"quoted\"\n\u0000"));
        entries.put("\u00ff\u00fe not UTF-8 %41", new byte[] {(byte) 0xff, 0, 1});
        entries.put("käse", utf8("latin"));
        entries.put("-hyphen", utf8("x"));
        entries.put("...", utf8("three dots are a name"));
        entries.put("8 bytes!", utf8("could be a long"));
        entries.put("text of 64 KiB", utf8("t".repeat(1 << 16)));
        entries.put("longer text", utf8("t".repeat((1 << 16) + 1)));
        entries.put("binary of 2 MiB", Arrays.copyOf(large, 2 << 20));
        entries.put("large", large);
        return entries;
    }

    @ParameterizedTest
    @ValueSource(strings = {"dir", "jsonl"})
    void whatIsExportedIsImportedAgain(String format) {
        fill(allKinds());
        JsonNode report = Cli.run("export", store, "source", target, "--to", format, "--json")
                .expect(0)
                .json();
        assertEquals(allKinds().size(), report.get("entries").asInt());
        assertEquals(0, report.get("failed").asInt());
        Cli.run("import", store, "copy", target, "--from", format.equals("dir") ? "files" : "jsonl")
                .expect(0);
        assertEquals(content("source"), content("copy"));
    }

    @Test
    void linesGoThroughAPipe() {
        fill(allKinds());
        byte[] lines =
                Cli.run("export", store, "source", "-", "--to=jsonl").expect(0).bytes();
        assertEquals(
                allKinds().size(),
                new String(lines, StandardCharsets.UTF_8).lines().count());
        JsonNode report = Cli.runWith(lines, "import", store, "copy", "-", "--from=jsonl", "--json")
                .expect(0)
                .json();
        assertEquals(allKinds().size(), report.get("entries").asInt());
        assertEquals(content("source"), content("copy"));
    }

    @Test
    void aLineIsAnObjectWithBase64WhereItIsNoText() throws IOException {
        fill(Map.of("key", utf8("value"), "\u00ff", new byte[] {(byte) 0x80}));
        Cli.run("export", store, "source", target, "--to=jsonl").expect(0);
        List<String> lines = Files.readAllLines(target);
        assertTrue(lines.contains("{\"key\":\"key\",\"value\":\"value\"}"), lines.toString());
        assertTrue(lines.contains("{\"keyBase64\":\"/w==\",\"valueBase64\":\"gA==\"}"), lines.toString());
    }

    @Test
    void longKeysAreNumbers() throws IOException {
        Cli.run("put", store, "source", "--key-as=long", "--", "-5", "x").expect(0);
        Cli.run("put", store, "source", "no number", "y").expect(0);
        Cli.run("export", store, "source", target, "--to=jsonl", "--long-keys").expect(0);
        assertEquals(
                "{\"key\":-5,\"value\":\"x\"}\n{\"key\":\"no number\",\"value\":\"y\"}\n", Files.readString(target));
        Cli.run("import", store, "copy", target, "--from=jsonl").expect(0);
        assertEquals(content("source"), content("copy"));
    }

    @Test
    void whatGetPrintsIsALineToo() {
        fill(allKinds());
        for (String key : List.of("plain", "binary of 2 MiB", "empty")) {
            byte[] printed =
                    Cli.run("get", store, "source", key, "--json").expect(0).bytes();
            Cli.runWith(printed, "import", store, "copy", "-", "--from=jsonl").expect(0);
            assertEquals(content("source").get(key), content("copy").get(key), key);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"key\":\"k\"}",
                "{\"value\":\"v\"}",
                "{\"key\":true,\"value\":\"v\"}",
                "{\"key\":1.5,\"value\":\"v\"}",
                "{\"key\":9223372036854775808,\"value\":\"v\"}",
                "{\"key\":\"k\",\"value\":5}",
                "{\"key\":\"k\",\"value\":null}",
                "{\"key\":\"k\",\"value\":\"v\",\"expiresAt\":\"later\"}",
                "{\"key\":\"k\",\"value\":\"v\",\"expiresAt\":1790000000000}",
                "{\"key\":\"k\",\"valueBase64\":\"*\"}",
                "{\"keyBase64\":\"*\",\"value\":\"v\"}",
                "{\"key\":\"\\ud800\",\"value\":\"v\"}",
                "{\"key\":\"k\",\"value\":\"v\"",
                "[1]",
                "nonsense"
            })
    void linesThatAreNoEntriesAreNamedAndThoseBeforeAreStored(String line) {
        byte[] lines =
                utf8("{\"key\":\"before\",\"value\":\"stored\"}\n{\"other\":[{}],\"value\":\"v\",\"key\":\"too\"}\n"
                        + line + "\n{\"key\":\"after\",\"value\":\"not\"}\n");
        Cli.Result result = Cli.runWith(lines, "import", store, "source", "-", "--from=jsonl")
                .expect(2);
        assertTrue(result.err().matches("(?s).*line [34]: .*"), result.err());
        assertEquals(Map.of("before", "stored", "too", "v"), content("source"));
    }

    @Test
    void keysThatAreNoSafeNamesAreReportedAndLeadNowhere() throws IOException {
        List<String> unsafe = List.of(
                "",
                "/etc/passwd",
                "../up",
                "a/../../up",
                "a/..",
                ".",
                "..",
                "./x",
                "x/.",
                "a//b",
                "dir/",
                "zero\0byte",
                "/");
        Map<String, byte[]> entries = new TreeMap<>();
        unsafe.forEach(key -> entries.put(key, utf8("evil")));
        entries.put("good/..name", utf8("good"));
        entries.put("n".repeat(300), utf8("too long for a file system"));
        fill(entries);
        target = directory.resolve("deep/down/target");
        Cli.Result result =
                Cli.run("export", store, "source", target, "--to=dir", "--json").expect(2);
        assertEquals(1, result.json().get("entries").asInt());
        assertEquals(unsafe.size() + 1, result.json().get("failed").asInt());
        assertTrue(result.err().contains("not exported: a/../../up: a part is . or .."), result.err());
        assertTrue(result.err().contains("not exported: zero\\x00byte: "), result.err());
        try (Stream<Path> walk = Files.walk(directory)) {
            List<Path> files = walk.filter(Files::isRegularFile)
                    .filter(path -> !path.startsWith(store))
                    .toList();
            assertEquals(List.of(target.resolve("good/..name")), files);
        }
    }

    @Test
    void keysThatNeedOneNameAreRefusedAndNothingIsWrittenOver() throws IOException {
        Cli.run("put", store, "source", "a", "file").expect(0);
        Cli.run("put", store, "source", "a/b", "below a file").expect(0);
        Cli.run("put", store, "source", "c/d", "below a directory").expect(0);
        Cli.run("put", store, "source", "c", "a directory by now").expect(0);
        Cli.Result result =
                Cli.run("export", store, "source", target, "--to=dir").expect(2);
        assertTrue(
                result.err().contains("not exported: a/b: ") && result.err().contains("not exported: c: "),
                result.err());
        assertEquals("file", Files.readString(target.resolve("a")));
        assertEquals("below a directory", Files.readString(target.resolve("c/d")));
    }

    @Test
    void aDirectoryThatIsNotEmptyIsRefused() throws IOException {
        fill(Map.of("key", utf8("value")));
        Files.createDirectories(target);
        Files.writeString(target.resolve("key"), "precious");
        assertTrue(Cli.run("export", store, "source", target, "--to=dir")
                .expect(2)
                .err()
                .contains("not empty"));
        assertEquals("precious", Files.readString(target.resolve("key")));
        Cli.run("export", store, "source", target.resolve("key"), "--to=dir").expect(2);
        assertEquals("precious", Files.readString(target.resolve("key")));
    }

    @ParameterizedTest
    @ValueSource(strings = {"jsonl", "simd-r-drive"})
    void filesAreReplacedOnlyWhereThatIsAskedFor(String format) throws IOException {
        fill(Map.of("key", utf8("value")));
        Files.writeString(target, "precious");
        assertTrue(Cli.run("export", store, "source", target, "--to", format)
                .expect(2)
                .err()
                .contains("--replace"));
        assertEquals("precious", Files.readString(target));
        Cli.run("export", store, "source", directory, "--to", format, "--replace")
                .expect(2);
        Cli.run("export", store, "source", target, "--to", format, "--replace").expect(0);
        assertTrue(Files.size(target) > 20);
        Files.createFile(directory.resolve("other.new"));
        assertTrue(Cli.run("export", store, "source", directory.resolve("other"), "--to", format)
                .expect(2)
                .err()
                .contains("other.new"));
        assertFalse(Files.exists(directory.resolve("other")));
    }

    @ParameterizedTest
    @ValueSource(strings = {"dir", "jsonl", "simd-r-drive"})
    void theStoreIsNotExportedIntoItselfNorWhatIsNotThere(String format) throws IOException {
        Cli.run("export", store, "source", target, "--to", format).expect(1);
        assertFalse(Files.exists(store));
        fill(Map.of("key", utf8("value")));
        assertTrue(Cli.run("export", store, "absent", target, "--to", format)
                .expect(1)
                .err()
                .contains("no keyspace 'absent'"));
        Map<String, String> before = Cli.contents(store.resolve("log"));
        assertTrue(Cli.run("export", store, "source", store.resolve("log/x"), "--to", format)
                .expect(2)
                .err()
                .contains("into itself"));
        assertEquals(before, Cli.contents(store.resolve("log")));
        assertFalse(Files.exists(target));
    }

    @ParameterizedTest
    @ValueSource(strings = {"dir", "jsonl", "simd-r-drive"})
    void theProgressBarEndsAtAHundredPercent(String format) {
        fill(Map.of("key", utf8("value"), "second", utf8("v".repeat(100_000))));
        Cli.Result result = Cli.run("export", store, "source", target, "--to", format, "--progress", "--json")
                .expect(0);
        assertTrue(result.err().contains("exporting 100%"), result.err());
        assertEquals(100_005, result.json().get("bytes").asInt());
    }

    @Test
    void damagedValuesCostThemselves() throws IOException {
        for (int i = 0; i < 3; i++) {
            Cli.run("put", store, "source", "key" + i, "a value of some length " + i)
                    .expect(0);
        }
        Damages.flip(store, "a value of some length 1");
        Cli.Result result = Cli.run("export", store, "source", target, "--to=jsonl", "--json")
                .expect(2);
        assertTrue(result.err().contains("not exported: key1: "), result.err());
        assertEquals(1, result.json().get("failed").asInt());
        assertEquals(2, Files.readAllLines(target).size());
        // All or nothing where the file has no room for a report.
        Cli.run("export", store, "source", directory.resolve("drive"), "--to=simd-r-drive")
                .expect(2);
        assertFalse(Files.exists(directory.resolve("drive")));
        assertFalse(Files.exists(directory.resolve("drive.new")));
    }

    /** Changes one byte of a value in the log. */
    private static final class Damages {
        static void flip(Path store, String value) throws IOException {
            try (Stream<Path> walk = Files.walk(store.resolve("log"))) {
                for (Path file : walk.filter(Files::isRegularFile).toList()) {
                    byte[] bytes = Files.readAllBytes(file);
                    int position = new String(bytes, StandardCharsets.ISO_8859_1).indexOf(value);
                    if (position >= 0) {
                        bytes[position] ^= 1;
                        Files.write(file, bytes);
                        return;
                    }
                }
            }
            throw new AssertionError("no such value: " + value);
        }
    }

    @Test
    void aMapperReadsTheLines() throws IOException {
        fill(allKinds());
        Cli.run("export", store, "source", target, "--to=jsonl").expect(0);
        ObjectMapper mapper = new ObjectMapper();
        for (String line : Files.readAllLines(target)) {
            JsonNode entry = mapper.readTree(line);
            byte[] key = entry.has("key")
                    ? utf8(entry.get("key").textValue())
                    : entry.get("keyBase64").binaryValue();
            byte[] value = entry.has("value")
                    ? utf8(entry.get("value").textValue())
                    : entry.get("valueBase64").binaryValue();
            assertArrayEquals(allKinds().get(new String(key, StandardCharsets.ISO_8859_1)), value);
        }
    }

    private Map<String, Instant> expiries(String keyspace) {
        Map<String, Instant> expiries = new TreeMap<>();
        try (Store open = Store.open(store);
                Stream<Entry> entries = open.keyspace(keyspace).stream()) {
            entries.filter(entry -> entry.expiresAt() != null)
                    .forEach(entry -> expiries.put(
                            new String(entry.key().toArray(ValueLayout.JAVA_BYTE), StandardCharsets.ISO_8859_1),
                            entry.expiresAt()));
        }
        return expiries;
    }

    @Test
    void linesKeepWhenValuesExpire() throws IOException {
        Instant soon = Instant.now().plusSeconds(3_600).truncatedTo(ChronoUnit.MILLIS);
        Instant late = Instant.parse("+12026-01-31T12:00:00.001Z");
        fill(allKinds());
        try (Store open = Store.open(store)) {
            Keyspace keyspace = open.keyspace("source");
            keyspace.put(utf8("soon"), utf8("1"), soon, Durability.APPENDED);
            keyspace.put(utf8("late"), utf8("2"), late, Durability.APPENDED);
            keyspace.putStream(
                    utf8("large"), new ByteArrayInputStream(allKinds().get("large")), soon, Durability.DURABLE);
            keyspace.put(utf8("expired"), utf8("3"), Instant.now().minusMillis(1), Durability.APPENDED);
        }
        Cli.run("export", store, "source", target, "--to=jsonl").expect(0);
        List<String> lines = Files.readAllLines(target);
        assertTrue(
                lines.contains("{\"key\":\"soon\",\"value\":\"1\",\"expiresAt\":\"" + soon + "\"}"), lines.toString());
        assertTrue(lines.contains("{\"key\":\"plain\",\"value\":\"text\"}"), lines.toString());
        Cli.run("import", store, "copy", target, "--from=jsonl").expect(0);
        assertEquals(content("source"), content("copy"));
        assertEquals(Map.of("soon", soon, "late", late, "large", soon), expiries("copy"));
        // What other commands print of an entry says it too.
        byte[] printed =
                Cli.run("get", store, "source", "soon", "--json").expect(0).bytes();
        Cli.runWith(printed, "import", store, "got", "-", "--from=jsonl").expect(0);
        assertEquals(Map.of("soon", soon), expiries("got"));
        byte[] scanned = Cli.run("scan", store, "source", "--json", "--values", "--prefix=late")
                .expect(0)
                .bytes();
        Cli.runWith(scanned, "import", store, "scanned", "-", "--from=jsonl").expect(0);
        assertEquals(Map.of("late", late), expiries("scanned"));
    }

    @Test
    void linesOfWhatHasExpiredAreSkippedAndCounted() {
        fill(Map.of("a", utf8("stays")));
        String lines = """
                {"key":"a","value":"1","expiresAt":"2001-01-01T00:00:00Z"}
                {"key":"b","value":"22","expiresAt":"2290-01-01T00:00:00Z"}
                {"key":"c","expiresAt":"2001-01-01T00:00:00Z","value":"3"}
                """;
        JsonNode report = Cli.runWith(utf8(lines), "import", store, "source", "-", "--from=jsonl", "--json")
                .expect(0)
                .json();
        assertEquals(1, report.get("entries").asInt());
        assertEquals(2, report.get("bytes").asInt());
        assertEquals(2, report.get("skipped").asInt());
        assertEquals(Map.of("a", "stays", "b", "22"), content("source"));
        String shown = Cli.runWith(utf8(lines), "import", store, "source", "-", "--from=jsonl")
                .expect(0)
                .out();
        assertTrue(shown.lines().anyMatch(line -> line.matches("skipped, expired +2")), shown);
    }
}
