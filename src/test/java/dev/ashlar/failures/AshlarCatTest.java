package dev.ashlar.failures;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.ashlar.Keyspace;
import dev.ashlar.Store;
import dev.ashlar.simd.Xxh3;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The programs of the reader in C, as somebody uses them. */
class AshlarCatTest extends FailureTest {
    private static final int OK = 0;
    private static final int NOT_FOUND = 1;
    private static final int REFUSED = 2;
    private static final int USAGE = 64;

    private NativeReader reader;

    @BeforeEach
    void build() {
        reader = NativeReader.get();
    }

    private NativeReader.Run cat(String... arguments) {
        return reader.run("ashlar-cat", List.of(arguments));
    }

    private static void fill(Store store) {
        Keyspace space = store.keyspace("a space");
        space.put("text", bytes("value"));
        space.put("empty", new byte[0]);
        space.put(5, pattern(5_000, 5));
    }

    @Test
    void knownHashesAreRight() {
        NativeReader.Run run = reader.run("xxh3-check", List.of());
        assertEquals(OK, run.exit(), run.text());
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "1", "ffffffffffffffff", "9e3779b97f4a7c15", "8000000000000000"})
    void hashesOfAllLengthsAreThoseOfTheEngine(String seed) throws IOException {
        byte[] bytes = pattern(2_200, 1);
        Path file = Files.write(path("bytes"), bytes);
        List<String> expected = new ArrayList<>();
        for (int length = 0; length <= bytes.length; length++) {
            expected.add(HexFormat.of().toHexDigits(Xxh3.hash(bytes, 0, length, Long.parseUnsignedLong(seed, 16))));
        }
        NativeReader.Run run = reader.run("xxh3-check", List.of(file.toString(), seed));
        assertEquals(expected, run.text().lines().toList());
    }

    @Test
    void getWritesTheBytesOfAValue() {
        String store = path("store").toString();
        crashAfter(path("store"), AshlarCatTest::fill);
        assertArrayEquals(bytes("value"), cat("get", store, "a space", "text").output());
        assertArrayEquals(new byte[0], cat("get", store, "a space", "empty").output());
        String key = HexFormat.of().formatHex(Keyspace.longKey(5));
        assertArrayEquals(
                pattern(5_000, 5), cat("get", "--hex", store, "a space", key).output());
        assertEquals(NOT_FOUND, cat("get", store, "a space", "absent").exit());
        assertEquals(NOT_FOUND, cat("get", store, "another", "text").exit());
        assertEquals(NOT_FOUND, cat("get", store + "-", "a space", "text").exit());
    }

    @Test
    void listShowsKeyspacesAndKeysAsText() {
        crashAfter(path("store"), AshlarCatTest::fill);
        NativeReader.Run run = cat("list", "--hash", path("store").toString());
        String hash = HexFormat.of().toHexDigits(Xxh3.hash(bytes("value"), 0, 5, 0));
        assertTrue(run.text().contains("a space\ttext\t5\t"), run.text());
        assertTrue(run.text().contains("\t" + hash + "\n"), run.text());
        assertTrue(run.text().contains("a space\t\\x80\\x00"), run.text());
    }

    @Test
    void whatExpiresIsShownWithItsExpiryUntilATimeIsGiven() {
        crashAfter(path("store"), store -> {
            store.keyspace("a space").put("stays", bytes("value"));
            store.keyspace("a space").put("goes", bytes("value"), Duration.ofDays(1_000));
        });
        String store = path("store").toString();
        JsonNode records = reader.json(List.of("list", "--json"), List.of(path("store")))
                .getFirst()
                .get("records");
        assertEquals(2, records.size());
        assertTrue(records.get(0).path("expiry").isMissingNode());
        long expiry = records.get(1).get("expiry").asLong();
        String before = Long.toString(expiry - 1);
        String then = Long.toString(expiry);
        assertTrue(cat("list", store).text().contains("\texpires " + expiry + "\n"));
        assertTrue(cat("list", "--at", before, store).text().contains("goes"));
        assertTrue(!cat("list", "--at", then, store).text().contains("goes"));
        assertTrue(cat("list", "--at", then, store).text().contains("stays"));
        assertEquals(OK, cat("get", "--at", before, store, "a space", "goes").exit());
        assertEquals(
                NOT_FOUND, cat("get", "--at", then, store, "a space", "goes").exit());
        assertEquals(OK, cat("get", store, "a space", "goes").exit());
        assertEquals(
                1,
                reader.json(List.of("list", "--json", "--at", then), List.of(path("store")))
                        .getFirst()
                        .get("records")
                        .size());
        for (String wrong : List.of("", "-1", "x", "1x", "1".repeat(19))) {
            assertEquals(USAGE, cat("list", "--at", wrong, store).exit(), wrong);
        }
    }

    @Test
    void aDamagedValueIsReportedAndNeverWritten() {
        crashAfter(path("store"), AshlarCatTest::fill);
        StoreFiles files = StoreFiles.of(path("store"));
        StoreFiles.Frame frame = files.put("text");
        files.flip(frame.file(), 8L * frame.payload());
        files.writeTo(path("store"));
        String store = path("store").toString();
        NativeReader.Run get = cat("get", store, "a space", "text");
        assertEquals(REFUSED, get.exit());
        assertEquals(0, get.output().length);
        assertTrue(get.errors().contains(frame.file() + " at byte " + frame.payload()), get.errors());
        NativeReader.Run verify = cat("verify", store);
        assertEquals(REFUSED, verify.exit());
        assertTrue(verify.text().contains("damage: " + frame.file() + " at " + frame.offset()), verify.text());
        assertEquals(OK, cat("get", store, "a space", "empty").exit());
    }

    @Test
    void aStoreThatIsOpenIsRefusedUnlessThereIsNoNeedToLockIt() {
        String directory = path("store").toString();
        try (Store store = quick(path("store"))) {
            fill(store);
            JsonNode read = reader.json(List.of("list", "--json"), List.of(path("store")))
                    .getFirst();
            assertEquals("locked", read.get("error").asText());
            assertEquals(OK, cat("list", "--no-lock", directory).exit());
        }
        assertEquals(OK, cat("list", directory).exit());
    }

    @Test
    void aDirectoryThatIsNoStoreIsNotFound() throws IOException {
        Files.createDirectories(path("empty"));
        assertEquals(NOT_FOUND, cat("list", path("empty").toString()).exit());
        assertEquals(NOT_FOUND, cat("verify", path("absent").toString()).exit());
    }

    @Test
    void wrongUsageIsSaid() {
        for (List<String> arguments : List.of(
                List.<String>of(),
                List.of("list"),
                List.of("list", "--json"),
                List.of("list", "--nothing", "store"),
                List.of("get", "store", "keyspace"),
                List.of("other", "store"))) {
            NativeReader.Run run = reader.run("ashlar-cat", arguments);
            assertEquals(USAGE, run.exit(), arguments + run.errors());
            assertTrue(run.errors().contains("ashlar-cat list"), run.errors());
        }
    }
}
