package dev.ashlar.engine;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.ashlar.DocumentCollection;
import dev.ashlar.DocumentField;
import dev.ashlar.DocumentOptions;
import dev.ashlar.DocumentSchema;
import dev.ashlar.Durability;
import dev.ashlar.Keyspace;
import dev.ashlar.MergePolicy;
import dev.ashlar.Metric;
import dev.ashlar.StoreOptions;
import dev.ashlar.VectorCollection;
import dev.ashlar.VectorOptions;
import dev.ashlar.WriteBatch;
import dev.ashlar.io.Storages;
import dev.ashlar.log.ChunkLayout;
import dev.ashlar.simd.Xxh3;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/**
 * Makes the four stores that docs/FORMAT.md shows in hexadecimal, and compares them with the document byte by byte. What
 * the document leaves out of a file that it shows has to be zero.
 *
 * <p>Where they differ, {@code target/FORMAT.md} is the document as it would have to be.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class FormatExampleTest {
    private static final Path DOCUMENT = Path.of("docs", "FORMAT.md");
    private static final Path CORRECTED = Path.of("target", "FORMAT.md");

    private static final UUID STORE = UUID.fromString("00112233-4455-6677-8899-aabbccddeeff");
    private static final long SEED = 0x0123_4567_89AB_CDEFL;
    private static final int LARGE = (8 << 20) + 1;

    private static final Pattern FENCE = Pattern.compile("```(hex|files|numbers) (\\w+)(?: (\\S+))?");
    private static final Pattern BYTES = Pattern.compile("([0-9a-f]{6}):((?: [0-9a-f]{2})+)( *(?:\\|.*)?)");
    private static final Pattern FILE = Pattern.compile(" *([0-9]+)  (\\S+)( *(?:\\|.*)?)");
    private static final Pattern NUMBER = Pattern.compile("([0-9a-f]{16})  (\\S.*)");

    /** A file that the document shows, and which of its bytes. */
    private record Shown(byte[] content, boolean[] seen) {}

    private final List<String> document = new ArrayList<>();
    private final List<String> corrected = new ArrayList<>();
    private final Map<Path, Shown> shown = new TreeMap<>();

    @TempDir
    static Path directory;

    @BeforeAll
    void readTheDocument() throws IOException {
        writeFirst(directory.resolve("first"));
        writeSecond(directory.resolve("second"));
        writeThird(directory.resolve("third"));
        writeFourth(directory.resolve("fourth"));
        document.addAll(Files.readAllLines(DOCUMENT));
        Matcher block = null;
        for (String line : document) {
            if (block == null) {
                Matcher fence = FENCE.matcher(line);
                block = fence.matches() ? fence : null;
                corrected.add(line);
            } else if (line.equals("```")) {
                block = null;
                corrected.add(line);
            } else {
                corrected.add(correct(block, line));
            }
        }
        Files.createDirectories(CORRECTED.toAbsolutePath().getParent());
        Files.write(CORRECTED, corrected);
    }

    // ------------------------------------------------------------------------------------------------- the two stores

    private static void writeFirst(Path directory) {
        try (Engine store = open(directory)) {
            writeFruit(store);
        }
    }

    /** The same, then a value that takes a new chunk, and a compaction that retires the first one. */
    private static void writeSecond(Path directory) {
        try (Engine store = open(directory)) {
            Keyspace fruit = writeFruit(store);
            fruit.put("jam", new byte[600_000]);
            assertEquals(1, store.compact().chunks());
        }
    }

    /** Two rows in a segment, one of them deleted since. */
    private static void writeThird(Path directory) {
        try (Engine store = open(directory)) {
            VectorCollection dots = store.vectors("dots", VectorOptions.of(3).metric(Metric.SQUARED_EUCLIDEAN));
            dots.put(5, new float[] {1, 2, 3});
            dots.put(-1, new float[] {0, 0, 0.5f});
            dots.flush();
            dots.delete(5);
        }
    }

    /** Two documents that are committed, one of them deleted since; the other is about to be replaced. */
    private static void writeFourth(Path directory) {
        try (Engine store = open(directory)) {
            DocumentSchema schema = DocumentSchema.builder()
                    .field(DocumentField.keyword("id"))
                    .field(DocumentField.i64("n"))
                    .primaryKey("id")
                    .build();
            DocumentCollection notes = store.documents(
                    "notes", schema, DocumentOptions.DEFAULT.withMerging(MergePolicy.DEFAULT.onRequest()));
            notes.add(notes.document().set("id", "a").set("n", 1));
            notes.add(notes.document().set("id", "b").set("n", 2));
            notes.commit();
            notes.delete("b");
            notes.commit();
            notes.upsert(notes.document().set("id", "a").set("n", 3));
        }
    }

    /** Without threads: the log is synced only where it is asked for, so that the watermarks are the same each time. */
    private static Engine open(Path directory) {
        EngineConfig config = new EngineConfig(false, -1L, SEED, () -> STORE, ChunkLayout.MIN_CAPACITY);
        return Engine.open(directory, Storages.open(directory, true), StoreOptions.DEFAULT, config);
    }

    private static Keyspace writeFruit(Engine store) {
        Keyspace fruit = store.keyspace("fruit");
        fruit.put("apple", bytes("red"));
        fruit.put("pear", bytes("green"));
        store.sync();
        fruit.delete("apple");
        try (WriteBatch batch = store.batch()) {
            batch.put(fruit, bytes("fig"), bytes("blue")).put(fruit, bytes("plum"), bytes("violet"));
            batch.commit(Durability.APPENDED);
        }
        fruit.put("film", new byte[LARGE]);
        store.sync();
        store.appender().tryAppendMark(() -> {});
        return fruit;
    }

    private static byte[] bytes(String text) {
        return text.getBytes(UTF_8);
    }

    // ------------------------------------------------------------------------------------------------ the comparison

    /** A line of a block, with what the engine wrote in place of what the document says. */
    private String correct(Matcher block, String line) throws IOException {
        Path store = directory.resolve(block.group(2));
        return switch (block.group(1)) {
            case "hex" -> correctBytes(store.resolve(block.group(3)), line);
            case "files" -> correctSize(store, line);
            default -> correctNumber(line);
        };
    }

    private String correctBytes(Path path, String line) throws IOException {
        Matcher parts = BYTES.matcher(line);
        if (!parts.matches()) {
            return "not a line of bytes: " + line;
        }
        Shown file = shown.get(path);
        if (file == null) {
            byte[] content = Files.readAllBytes(path);
            file = new Shown(content, new boolean[content.length]);
            shown.put(path, file);
        }
        int from = Integer.parseInt(parts.group(1), 16);
        int to = from + parts.group(2).length() / 3;
        if (to > file.content.length) {
            return "behind the end of the file: " + line;
        }
        Arrays.fill(file.seen, from, to, true);
        return parts.group(1) + ": " + HexFormat.ofDelimiter(" ").formatHex(file.content, from, to) + parts.group(3);
    }

    private static String correctSize(Path store, String line) throws IOException {
        Matcher parts = FILE.matcher(line);
        if (!parts.matches()) {
            return "not a line of a file: " + line;
        }
        Path file = store.resolve(parts.group(2));
        String size = Files.exists(file) ? Long.toString(Files.size(file)) : "no such file";
        return " ".repeat(Math.max(0, 8 - size.length())) + size + "  " + parts.group(2) + parts.group(3);
    }

    private static String correctNumber(String line) {
        Matcher parts = NUMBER.matcher(line);
        if (!parts.matches()) {
            return "not a line of a number: " + line;
        }
        byte[] apple = bytes("apple");
        long salt = ChunkLayout.salt(STORE);
        long lsn = ChunkLayout.UNIT + ChunkLayout.HEADER;
        String name = parts.group(2);
        long value = switch (name) {
            case "XXH3(\"\", 0)" -> Xxh3.hash(apple, 0, 0, 0);
            case "XXH3(\"apple\", 0)" -> Xxh3.hash(apple, 0, apple.length, 0);
            case "XXH3(\"apple\", seed of the key hash)" -> Xxh3.hash(apple, 0, apple.length, SEED);
            case "salt" -> salt;
            case "seed of the header checksum at LSN 4224" -> salt + lsn * 0x9E37_79B9_7F4A_7C15L;
            default -> throw new AssertionError("a number that this test does not know: " + name);
        };
        return HexFormat.of().toHexDigits(value) + "  " + name;
    }

    @Test
    void theDocumentShowsWhatTheEngineWrites() {
        List<String> differences = new ArrayList<>();
        for (int i = 0; i < document.size(); i++) {
            if (!document.get(i).equals(corrected.get(i))) {
                differences.add("line " + (i + 1) + " says\n  " + document.get(i) + "\ninstead of\n  "
                        + corrected.get(i) + "\n");
            }
        }
        assertEquals(List.of(), differences, "right in " + CORRECTED);
    }

    @Test
    void everyFileOfTheFirstStoreIsShown() throws IOException {
        Path first = directory.resolve("first");
        try (Stream<Path> files = Files.walk(first)) {
            List<Path> written = files.filter(Files::isRegularFile)
                    .filter(file -> !file.endsWith("LOCK") && !file.endsWith("MANIFEST-b"))
                    .sorted()
                    .toList();
            assertEquals(
                    written,
                    shown.keySet().stream()
                            .filter(file -> file.startsWith(first))
                            .toList());
        }
        assertEquals(-1, Files.mismatch(first.resolve("MANIFEST-a"), first.resolve("MANIFEST-b")));
    }

    @Test
    void whatIsNotShownIsZero() {
        shown.forEach((path, file) -> {
            int at = 0;
            while (at < file.content.length && (file.seen[at] || file.content[at] == 0)) {
                at++;
            }
            assertEquals(file.content.length, at, path + " has a byte here that is neither shown nor zero");
        });
    }
}
