package dev.ashlar.cli;

import static dev.ashlar.cli.Cli.utf8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.ashlar.Metric;
import dev.ashlar.Store;
import dev.ashlar.VectorOptions;
import dev.ashlar.VectorOptions.NonFinite;
import dev.ashlar.VectorStats;
import dev.ashlar.VectorType;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.lang.reflect.RecordComponent;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** vectors create, put, get, delete, list, search, stat, verify, drop. */
class VectorCommandsTest {
    @TempDir
    private Path directory;

    private Path store;

    @BeforeEach
    void nameTheStore() {
        store = directory.resolve("store");
    }

    private void create(String collection, int dimension, Object... more) {
        Object[] arguments = Stream.concat(
                        Stream.of("vectors", "create", store, collection, "--dimension", dimension), Stream.of(more))
                .toArray();
        Cli.Result result = Cli.run(arguments).expect(0);
        assertEquals("", result.out() + result.err());
    }

    private Cli.Result put(String collection, long id, String vector) {
        return Cli.run("vectors", "put", store, collection, "--json", "--", id, vector);
    }

    /** Four points of a plane. */
    private void createPoints(String metric) {
        create("points", 2, "--metric", metric);
        put("points", 1, "[1, 0]").expect(0);
        put("points", -2, "[0,2.5]").expect(0);
        put("points", 3, "[ -1e0 , 0.25 ]").expect(0);
        put("points", 4, "[1,0]").expect(0);
    }

    @Test
    void createMakesACollectionOnceWithWhatWasSaid() {
        create("points", 2);
        create("bytes", 70, "--type=INT8", "--metric=squared-euclidean");
        create("bits", 9, "--type=bit");
        create("open", 65_536, "--non-finite=allow", "--metric=dot-product");
        create("points", 2);
        JsonNode again = Cli.run("vectors", "create", store, "bits", "--dimension=9", "--type=bit", "--json")
                .expect(0)
                .json();
        assertEquals("bit", again.get("type").asText());
        assertEquals("hamming", again.get("metric").asText());
        assertFalse(again.get("created").asBoolean());
        try (Store open = Store.open(store)) {
            assertEquals(List.of("bits", "bytes", "open", "points"), open.vectorCollections());
            assertEquals(VectorOptions.of(2), open.vectors("points").options());
            assertEquals(
                    VectorOptions.of(70).type(VectorType.INT8).metric(Metric.SQUARED_EUCLIDEAN),
                    open.vectors("bytes").options());
            assertEquals(
                    VectorOptions.of(65_536).metric(Metric.DOT_PRODUCT).nonFinite(NonFinite.ALLOW),
                    open.vectors("open").options());
        }
        String err = Cli.run("vectors", "create", store, "points", "--dimension=3")
                .expect(2)
                .err();
        assertTrue(err.contains("points"), err);
        Cli.run("vectors", "create", store, "", "--dimension=3").expect(64);
    }

    @Test
    void whatWasPutIsPrintedAndCanBeTakenAway() {
        createPoints("cosine");
        assertEquals(
                "[0.0,2.5]\n",
                Cli.run("vectors", "get", store, "points", "--", -2).expect(0).out());
        JsonNode put = put("points", 1, "[0.1,-3]").expect(0).json();
        JsonNode got = Cli.run("vectors", "get", store, "points", 1, "--json")
                .expect(0)
                .json();
        assertEquals(1, got.get("id").asLong());
        assertEquals(put.get("version"), got.get("version"));
        assertEquals("[0.1,-3.0]", got.get("vector").toString());
        assertEquals(
                "", Cli.run("vectors", "delete", store, "points", 1).expect(0).out());
        String err = Cli.run("vectors", "delete", store, "points", 1).expect(1).err();
        assertTrue(err.contains("there is no row 1 in vector collection 'points'"), err);
        Cli.run("vectors", "get", store, "points", 1).expect(1);
        JsonNode deleted = Cli.run("vectors", "delete", store, "points", "--json", "--", -2)
                .expect(0)
                .json();
        assertTrue(deleted.get("version").asLong() > put.get("version").asLong());
    }

    @Test
    void bitsAreHexadecimalDigitsOrAnArray() {
        create("bits", 11, "--type", "bit");
        put("bits", 1, "81 05".replace(" ", "")).expect(0);
        put("bits", 2, "[1,0,0,0,0,0,0,1,1,0,1]").expect(0);
        assertEquals(
                "8105\n", Cli.run("vectors", "get", store, "bits", 2).expect(0).out());
        assertEquals(
                "8105",
                Cli.run("vectors", "get", store, "bits", 1, "--json")
                        .expect(0)
                        .json()
                        .get("bits")
                        .asText());
    }

    @Test
    void aVectorIsReadFromStandardInput() {
        create("points", 2);
        Cli.runWith(utf8("[1,\n 2]\n"), "vectors", "put", store, "points", 7).expect(0);
        assertEquals(
                "[1.0,2.0]\n",
                Cli.run("vectors", "get", store, "points", 7).expect(0).out());
        String err = Cli.runWith(new byte[0], "vectors", "put", store, "points", 7)
                .expect(64)
                .err();
        assertTrue(err.contains("there is no vector"), err);
    }

    @Test
    void notNumbersAreStringsWhereTheyAreAllowed() {
        create("open", 3, "--non-finite=allow");
        put("open", 1, "[\"NaN\",\"-Infinity\",1]").expect(0);
        assertEquals(
                "[\"NaN\",\"-Infinity\",1.0]\n",
                Cli.run("vectors", "get", store, "open", 1).expect(0).out());
        create("points", 3);
        put("points", 1, "[\"NaN\",0,0]").expect(64);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "floats|[1]|has 1 components",
                "floats|[1,2,3]|has 3 components",
                "floats|[1,\"x\"]|component 1 must be a number",
                "floats|[1,1e39]|beyond",
                "floats|[1,null]|component 1",
                "floats|[1,[2]]|component 1",
                "floats|1|must be an array",
                "floats|{}|must be an array",
                "floats|[1,2|not JSON",
                "floats|[1,2] 3|behind the vector",
                "floats|[1,NaN]|not JSON",
                "floats|0102|",
                "bytes|[1,128]|-128 to 127",
                "bytes|[1,99999999999999999999]|-128 to 127",
                "bytes|[1,0.5]|component 1 must be an integer",
                "bits|[1,2,0,0,0,0,0,0,0]|from 0 to 1",
                "bits|ff|must be 4",
                "bits|xx00|not hexadecimal",
                "bits|ff02|must be 0"
            })
    void whatIsNoVectorOfTheCollectionIsRefused(String text) {
        String[] parts = text.split("\\|");
        try (Store open = Store.open(store)) {
            open.vectors("floats", VectorOptions.of(2));
            open.vectors("bytes", VectorOptions.of(2).type(VectorType.INT8));
            open.vectors("bits", VectorOptions.of(9).type(VectorType.BIT));
        }
        for (String[] command : new String[][] {{"put", "1"}, {"search"}}) {
            Object[] arguments = Stream.of(
                            Stream.of("vectors", command[0], store.toString(), parts[0]),
                            Arrays.stream(command).skip(1),
                            Stream.of(parts[1]))
                    .flatMap(each -> each)
                    .toArray();
            String err = Cli.run(arguments).expect(64).err();
            assertTrue(err.contains(parts.length > 2 ? parts[2] : ""), err);
        }
        Cli.run("vectors", "get", store, parts[0], 1).expect(1);
    }

    @Test
    void searchPrintsTheNearestFirst() {
        createPoints("squared-euclidean");
        String out = Cli.run("vectors", "search", store, "points", "[1,0.5]", "-k", 3)
                .expect(0)
                .out();
        assertEquals("""
                id  squared-euclidean
                --  -----------------
                1                0.25
                4                0.25
                3              4.0625
                """, out);
        JsonNode json = Cli.run("vectors", "search", store, "points", "[1,0.5]", "--json", "--threads=1")
                .expect(0)
                .json();
        assertEquals(List.of("1", "4", "3", "-2"), json.get("hits").findValuesAsText("id"));
        assertEquals(0.25, json.at("/hits/0/score").asDouble());
        assertEquals("squared-euclidean", json.get("metric").asText());
        assertTrue(json.get("elapsedNanos").asLong() > 0);
    }

    @Test
    void searchForWhatIsLikeARowLeavesTheRowOut() {
        createPoints("cosine");
        JsonNode json = Cli.run("vectors", "search", store, "points", "--like", 1, "-k1", "--json")
                .expect(0)
                .json();
        assertEquals(List.of("4"), json.get("hits").findValuesAsText("id"));
        assertEquals(1, json.at("/hits/0/score").asDouble(), 1e-6);
        json = Cli.run("vectors", "search", store, "points", "--like=-2", "--among=3,-2,99,1", "--json")
                .expect(0)
                .json();
        assertEquals(List.of("3", "1"), json.get("hits").findValuesAsText("id"));
        Cli.run("vectors", "search", store, "points", "--like", 5).expect(1);
    }

    @Test
    void distancesOfBitsAreWholeNumbers() {
        create("bits", 8, "--type=bit");
        put("bits", 1, "0f").expect(0);
        put("bits", 2, "ff").expect(0);
        String out = Cli.run("vectors", "search", store, "bits", "07").expect(0).out();
        assertTrue(out.endsWith("1         1\n2         5\n"), out);
    }

    @Test
    void listShowsCollectionsAndIds() {
        createPoints("cosine");
        create("odd\u00a0name", 9, "--type=bit");
        String out = Cli.run("vectors", "list", store).expect(0).out();
        assertTrue(out.lines().anyMatch(line -> line.matches("points +4 +2 +float32 +cosine")), out);
        assertTrue(out.lines().anyMatch(line -> line.matches("odd\\\\xc2\\\\xa0name +0 +9 +bit +hamming")), out);
        JsonNode json = Cli.run("vectors", "list", store, "--json").expect(0).json();
        assertEquals(2, json.get("collections").size());
        assertEquals(4, json.at("/collections/1/rows").asInt());
        assertEquals(
                List.of("-2", "1", "3", "4"),
                Cli.run("vectors", "list", store, "points")
                        .expect(0)
                        .out()
                        .lines()
                        .sorted()
                        .toList());
        assertEquals(
                2,
                Cli.run("vectors", "list", store, "points", "--limit=2")
                        .expect(0)
                        .out()
                        .lines()
                        .count());
        JsonNode rows = Cli.run("vectors", "list", store, "points", "--json", "--limit=3")
                .expect(0)
                .json();
        assertEquals(3, rows.get("rows").size());
        assertTrue(rows.get("more").asBoolean());
        assertTrue(rows.at("/rows/0/version").asLong() > 0);
        rows = Cli.run("vectors", "list", store, "points", "--json", "--limit=4")
                .expect(0)
                .json();
        assertFalse(rows.get("more").asBoolean());
    }

    @Test
    void statShowsWhatACollectionIs() {
        createPoints("cosine");
        String out = Cli.run("vectors", "stat", store, "points").expect(0).out();
        assertTrue(out.lines().anyMatch(line -> line.matches("rows +4")), out);
        assertTrue(out.lines().anyMatch(line -> line.matches("and with its padding +64")), out);
        JsonNode json =
                Cli.run("vectors", "stat", store, "points", "--json").expect(0).json();
        assertEquals(8, json.get("rowBytes").asInt());
        assertEquals(4, json.at("/stats/rows").asInt());
        assertEquals(
                Arrays.stream(VectorStats.class.getRecordComponents())
                        .map(RecordComponent::getName)
                        .toList(),
                json.get("stats").properties().stream()
                        .map(java.util.Map.Entry::getKey)
                        .toList());
        assertEquals(
                4,
                Cli.run("stat", store, "--json")
                        .expect(0)
                        .json()
                        .at("/vectorCollections/0/rows")
                        .asInt());
        String all = Cli.run("stat", store).expect(0).out();
        assertTrue(all.lines().anyMatch(line -> line.matches("points +4 +2 +float32 +cosine")), all);
    }

    @Test
    void dropWantsToBeSureOfIt() {
        createPoints("cosine");
        String err = Cli.run("vectors", "drop", store, "points").expect(2).err();
        assertTrue(err.contains("4 vectors") && err.contains("--yes"), err);
        assertEquals(
                4,
                Cli.run("vectors", "drop", store, "points", "--yes", "--json")
                        .expect(0)
                        .json()
                        .get("rows")
                        .asInt());
        Cli.run("vectors", "get", store, "points", 1).expect(1);
        err = Cli.run("vectors", "drop", store, "points", "--yes").expect(1).err();
        assertTrue(err.contains("there is no vector collection 'points'") && err.contains("none at all"), err);
    }

    @Test
    void verifyReadsEveryRowAndListsTheDamagedOne() throws IOException {
        createPoints("cosine");
        create("other", 1);
        JsonNode intact =
                Cli.run("vectors", "verify", store, "--json").expect(0).json();
        assertTrue(intact.get("intact").asBoolean());
        assertEquals(4, intact.get("rows").asInt());
        assertEquals(32, intact.get("bytes").asInt());
        long victim = flipOneBit();
        Cli.Result result = Cli.run("vectors", "verify", store, "points").expect(2);
        assertTrue(result.out().contains("damaged: row -2 of points: "), result.out());
        assertTrue(result.out().lines().anyMatch(line -> line.matches("intact vectors +3")), result.out());
        JsonNode json = Cli.run("vectors", "verify", store, "--json").expect(2).json();
        assertEquals(1, json.get("damaged").size());
        assertEquals(-2, json.at("/damaged/0/id").asLong());
        assertTrue(json.at("/damaged/0/position").asLong() <= victim);
        Cli.run("vectors", "verify", store, "other").expect(0);
        assertEquals(
                "",
                Cli.run("vectors", "get", store, "points", "--", -2).expect(2).out());
        Cli.Result lines = Cli.run("vectors", "export", store, "points", "-").expect(2);
        assertEquals(3, lines.out().lines().count());
        assertTrue(lines.err().contains("row -2"), lines.err());
        Path file = directory.resolve("a.npy");
        Cli.run("vectors", "export", store, "points", file).expect(2);
        assertFalse(Files.exists(file));
        put("points", -2, "[1,1]").expect(0);
        Cli.run("vectors", "verify", store).expect(0);
    }

    /** Of row -2, which alone has 2.5 in it. */
    private long flipOneBit() throws IOException {
        byte[] wanted = new byte[8];
        java.lang.foreign.MemorySegment.ofArray(wanted)
                .set(ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN), 4, 2.5f);
        String pattern = new String(wanted, StandardCharsets.ISO_8859_1);
        try (Stream<Path> chunks = Files.list(store.resolve("log"))) {
            for (Path chunk : chunks.toList()) {
                byte[] bytes = Files.readAllBytes(chunk);
                int found = new String(bytes, StandardCharsets.ISO_8859_1).indexOf(pattern);
                if (found >= 0) {
                    bytes[found + 6] ^= 4;
                    Files.write(chunk, bytes, StandardOpenOption.WRITE);
                    return found;
                }
            }
        }
        throw new AssertionError("the row is in no chunk");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"create", "put", "get", "delete", "list", "search", "import", "export", "stat", "verify", "drop"
            })
    void everyCommandExplainsItself(String command) {
        Cli.Result help = Cli.run("vectors", command, "--help").expect(0);
        assertTrue(help.out().contains("Usage: ashlar vectors " + command), help.out());
        assertTrue(help.out().contains("Examples:"), help.out());
        assertTrue(help.out().contains("--json"), help.out());
        assertTrue(help.out().contains("Exit codes:"), help.out());
        help.out().lines().forEach(line -> assertTrue(line.length() <= 100, line));
        assertEquals(help.out(), Cli.run("vectors", "help", command).expect(0).out());
        assertTrue(Cli.run("vectors", "--help").expect(0).out().contains("\n  " + command + " "));
    }
}
