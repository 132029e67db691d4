package dev.ashlar.cli;

import static dev.ashlar.cli.Cli.utf8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.ashlar.Metric;
import dev.ashlar.Store;
import dev.ashlar.VectorCollection;
import dev.ashlar.VectorOptions;
import dev.ashlar.VectorType;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** vectors import and export. */
class VectorTransferCommandsTest {
    @TempDir
    private Path directory;

    private Path store;

    @BeforeEach
    void nameTheStore() {
        store = directory.resolve("store");
    }

    private Path file(String name) {
        return directory.resolve(name);
    }

    /** Rows of two float32. */
    private static byte[] fvecs(float... values) {
        ByteBuffer buffer = ByteBuffer.allocate(values.length * 6).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < values.length; i += 2) {
            buffer.putInt(2).putFloat(values[i]).putFloat(values[i + 1]);
        }
        return buffer.array();
    }

    private Map<Long, String> content(String collection) {
        try (Store open = Store.open(store)) {
            VectorCollection source = open.vectors(collection);
            Map<Long, String> content = new TreeMap<>();
            source.ids()
                    .forEach(
                            id -> content.put(id, Arrays.toString(source.get(id).toArray(ValueLayout.JAVA_BYTE))));
            return content;
        }
    }

    private void fill(String collection, VectorOptions options, int rows) {
        Random random = new Random(1);
        try (Store open = Store.open(store)) {
            VectorCollection target = open.vectors(collection, options);
            for (int i = 0; i < rows; i++) {
                byte[] row = new byte[options.rowBytes()];
                random.nextBytes(row);
                for (int j = 3; options.type() == VectorType.FLOAT32 && j < row.length; j += 4) {
                    row[j] &= 0x3f; // finite
                }
                if (options.type() == VectorType.BIT && options.dimension() % 8 != 0) {
                    row[row.length - 1] &= (byte) ((1 << options.dimension() % 8) - 1);
                }
                target.put(random.nextLong(), java.lang.foreign.MemorySegment.ofArray(row));
            }
        }
    }

    @Test
    void aFileBecomesACollectionOfItsDimension() throws IOException {
        Path file = Files.write(file("a.fvecs"), fvecs(1, 2, 3, 4, 5, 6));
        JsonNode json = Cli.run("vectors", "import", store, "a", file, "--metric=dot-product", "--json")
                .expect(0)
                .json();
        assertEquals(3, json.get("rows").asInt());
        assertEquals(36, json.get("bytes").asInt());
        assertEquals("fvecs", json.get("format").asText());
        assertTrue(json.get("created").asBoolean());
        json = Cli.run("vectors", "import", store, "a", file, "--first-id=-3", "--json", "--metric=dot-product")
                .expect(0)
                .json();
        assertFalse(json.get("created").asBoolean());
        try (Store open = Store.open(store)) {
            VectorCollection target = open.vectors("a");
            assertEquals(VectorOptions.of(2).metric(Metric.DOT_PRODUCT), target.options());
            assertEquals(6, target.size());
            float[] row = new float[2];
            assertTrue(target.get(-1, row));
            assertArrayEquals(new float[] {5, 6}, row);
        }
        String table = Cli.run("vectors", "import", store, "a", file).expect(0).out();
        assertTrue(table.lines().anyMatch(line -> line.matches("vectors stored +3")), table);
    }

    @ParameterizedTest
    @CsvSource({
        "FLOAT32,npy,false", "FLOAT32,fvecs,false", "FLOAT32,jsonl,false", "INT8,npy,false", "INT8,bvecs,true",
        "INT8,ivecs,false", "INT8,jsonl,false", "BIT,npy,false", "BIT,bvecs,false", "BIT,jsonl,false"
    })
    void whatIsExportedAndImportedIsTheSame(VectorType type, String format, boolean shift) throws IOException {
        VectorOptions options = VectorOptions.of(13).type(type);
        fill("source", options, 300);
        Path file = file("a." + format);
        Path ids = file("a.ids");
        boolean lines = format.equals("jsonl");
        String[] more = Stream.of(lines ? "" : "--ids=" + ids, shift ? "--shift-bytes" : "")
                .filter(argument -> !argument.isEmpty())
                .toArray(String[]::new);
        JsonNode json = Cli.run(arguments(more, "vectors", "export", store, "source", file, "--json"))
                .expect(0)
                .json();
        assertEquals(300, json.get("rows").asInt());
        assertEquals(Files.size(file), json.get("fileBytes").asLong());
        Cli.run(arguments(
                        more,
                        "vectors",
                        "import",
                        store,
                        "target",
                        file,
                        "--type=" + type.name().toLowerCase(java.util.Locale.ROOT),
                        "--dimension=13"))
                .expect(0);
        assertEquals(300, content("source").size());
        assertEquals(content("source"), content("target"));
        String err = Cli.run(arguments(more, "vectors", "export", store, "source", file))
                .expect(2)
                .err();
        assertTrue(err.contains("exists already; --replace"), err);
        Cli.run(arguments(more, "vectors", "export", store, "source", file, "--replace"))
                .expect(0);
    }

    private static Object[] arguments(String[] more, Object... first) {
        return Stream.concat(Stream.of(first), Stream.of(more)).toArray();
    }

    @Test
    void linesGoThroughAPipe() {
        fill("source", VectorOptions.of(3), 50);
        byte[] lines =
                Cli.run("vectors", "export", store, "source", "-").expect(0).bytes();
        assertEquals(
                50,
                new String(lines, java.nio.charset.StandardCharsets.UTF_8)
                        .lines()
                        .count());
        Cli.runWith(lines, "vectors", "import", store, "target", "-").expect(0);
        assertEquals(content("source"), content("target"));
        String got = Cli.run(
                        "vectors",
                        "get",
                        store,
                        "source",
                        "--json",
                        "--",
                        content("source").keySet().iterator().next())
                .expect(0)
                .out();
        Cli.runWith(utf8(got), "vectors", "import", store, "one", "-").expect(0);
        assertEquals(1, content("one").size());
    }

    @Test
    void manyLinesFromStandardInputArePutAside() {
        StringBuilder lines = new StringBuilder();
        for (int i = 0; i < 60_000; i++) {
            lines.append("{\"vector\":[")
                    .append(i)
                    .append(",0.1],\"id\":")
                    .append(i)
                    .append("}\n");
        }
        assertTrue(lines.length() > 1 << 20);
        Cli.runWith(utf8(lines.toString()), "vectors", "import", store, "a", "-")
                .expect(0);
        assertEquals(60_000, content("a").size());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"id\":1}|there is no vector",
                "{\"vector\":[1,2]}|there is no id",
                "{\"id\":\"1\",\"vector\":[1,2]}|id must be an integer",
                "{\"id\":9223372036854775808,\"vector\":[1,2]}|long",
                "{\"id\":1,\"vector\":[1]}|has 1 components",
                "{\"id\":1,\"vector\":[1,2,3]}|has 3 components",
                "{\"id\":1,\"vector\":[1,\"Infinity\"]}|component 1 must be a number",
                "{\"id\":1,\"vector\":{}}|must be an array",
                "{\"id\":1,\"bits\":\"ff\"}|there are bits",
                "{\"id\":1,\"vector\":[1,2]|not JSON",
                "[1,2]|expected an object",
                "nonsense|not JSON"
            })
    void aBadLineKeepsAllLinesOut(String text) {
        String[] parts = text.split("\\|");
        String good = "{\"id\":0,\"vector\":[1,2]}\n".repeat(20_000);
        Cli.Result result = Cli.runWith(utf8(good + parts[0] + "\n"), "vectors", "import", store, "a", "-")
                .expect(2);
        assertTrue(result.err().contains(parts[1]), result.err());
        assertTrue(result.err().contains("Nothing was stored"), result.err());
        assertTrue(result.err().contains("line 20,00"), result.err());
        assertFalse(Files.exists(store));
        Cli.run("vectors", "create", store, "a", "--dimension=2").expect(0);
        Cli.runWith(utf8(good + parts[0] + "\n"), "vectors", "import", store, "a", "-")
                .expect(2);
        assertEquals(Map.of(), content("a"));
    }

    @Test
    void badFilesCreateNothing() throws IOException {
        Path file = Files.write(file("a.fvecs"), Arrays.copyOf(fvecs(1, 2, 3, 4), 23));
        Cli.Result result = Cli.run("vectors", "import", store, "a", file).expect(2);
        assertTrue(result.err().contains(file + " at byte 12"), result.err());
        assertTrue(result.err().contains("Nothing was stored"), result.err());
        assertFalse(Files.exists(store));
        Cli.run("vectors", "create", store, "other", "--dimension=2").expect(0);
        Cli.run("vectors", "import", store, "a", file).expect(2);
        Cli.run("vectors", "import", store, "other", file).expect(2);
        try (Store open = Store.open(store)) {
            assertEquals(java.util.List.of("other"), open.vectorCollections());
            assertEquals(0, open.vectors("other").size());
        }
        Files.write(file, new byte[0]);
        String err = Cli.run("vectors", "import", store, "a", file).expect(2).err();
        assertTrue(err.contains("--dimension"), err);
        Cli.run("vectors", "import", store, "a", file, "--dimension=2").expect(0);
        Cli.run("vectors", "import", store, "a", file("absent.npy")).expect(1);
    }

    @Test
    void aCollectionIsNotWhatItIsNot() throws IOException {
        Path file = Files.write(file("a.fvecs"), fvecs(1, 2));
        Cli.run("vectors", "import", store, "a", file).expect(0);
        for (String other :
                new String[] {"--type=int8", "--metric=dot-product", "--non-finite=allow", "--dimension=3"}) {
            Cli.run("vectors", "import", store, "a", file, other).expect(2);
        }
        Cli.run("vectors", "import", store, "a", file, "--type=float32", "--metric=cosine", "--dimension=2")
                .expect(0);
        Cli.run("vectors", "create", store, "b", "--dimension=3").expect(0);
        String err = Cli.run("vectors", "import", store, "b", file).expect(2).err();
        assertTrue(err.contains("expected 3 components"), err);
    }

    @Test
    void whatAFormatCannotHoldIsSaid() {
        fill("a", VectorOptions.of(2), 3);
        String err = Cli.run("vectors", "export", store, "a", file("a.ivecs"))
                .expect(2)
                .err();
        assertTrue(err.contains("cannot be written as ivecs"), err);
        assertFalse(Files.exists(file("a.ivecs")));
        assertFalse(Files.exists(file("a.ivecs.new")));
        Cli.run("vectors", "export", store, "a", store.resolve("a.npy")).expect(2);
        Cli.run("vectors", "export", store, "b", file("a.npy")).expect(1);
    }

    @Test
    void theProgressBarIsShownOnStandardErrorWhereItIsWanted() throws IOException {
        Path file = Files.write(file("a.fvecs"), fvecs(1, 2));
        assertEquals(
                "", Cli.run("vectors", "import", store, "a", file).expect(0).err());
        Cli.Result imported =
                Cli.run("vectors", "import", store, "a", file, "--progress").expect(0);
        assertTrue(imported.err().contains("importing 100%"), imported.err());
        Cli.Result verified = Cli.run("vectors", "verify", store, "--progress").expect(0);
        assertTrue(verified.err().contains("verifying 100%"), verified.err());
        Cli.Result exported = Cli.run("vectors", "export", store, "a", file("b.npy"), "--progress")
                .expect(0);
        assertTrue(exported.err().contains("exporting"), exported.err());
    }
}
