package dev.ashlar.fuzz;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.ashlar.DocumentCollection;
import dev.ashlar.DocumentStatus;
import dev.ashlar.Durability;
import dev.ashlar.LayoutMismatchException;
import dev.ashlar.Store;
import dev.ashlar.failures.NativeReader;
import dev.ashlar.log.ChunkLayout;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Stores of every format version there was are read, by both readers, and written to. */
class GoldenStoreTest {
    private static final Path GOLDEN = Path.of("src", "test", "resources", "golden");

    static List<GoldenFile> all() throws IOException {
        try (Stream<Path> files = Files.walk(GOLDEN)) {
            return files.filter(file -> file.toString().endsWith(".zip"))
                    .sorted()
                    .map(GoldenFile::new)
                    .toList();
        }
    }

    @Test
    void thePresentVersionHasItsOwn() throws IOException {
        assertTrue(all().stream().anyMatch(file -> file.name().startsWith("v" + ChunkLayout.FORMAT_VERSION + "/")));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("all")
    void isReadAndWrittenTo(GoldenFile golden) {
        try (Scratch scratch = Scratch.make()) {
            Path directory = scratch.path("store");
            golden.image().writeTo(directory);
            try (Store store = Store.open(directory, Author.STILL)) {
                assertEquals(List.of(), store.recovery().damaged());
                assertEquals(List.of(), store.recovery().dropped());
                assertFalse(store.recovery().rebuiltIndex());
                assertEquals(golden.content(), GoldenFile.contentOf(store));
                assertTrue(store.verify(bytes -> {}).intact());
                store.keyspace("people").put("new", Bytes.bytes("written later"), Durability.DURABLE);
            }
            try (Store store = Store.open(directory, Author.STILL)) {
                List<String> content = new ArrayList<>(GoldenFile.contentOf(store));
                assertTrue(content.removeIf(line -> line.contains("\tpeople\t6e6577\t")), "what was written later");
                assertEquals(golden.content(), content);
                assertTrue(store.verify(bytes -> {}).intact());
            }
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("all")
    void isRebuiltFromItsLogAlone(GoldenFile golden) {
        try (Scratch scratch = Scratch.make()) {
            Path directory = scratch.path("store");
            StoreImage image = golden.image();
            for (String checkpoint : image.in("index")) {
                image = image.without(checkpoint);
            }
            image.writeTo(directory);
            try (Store store = Store.open(directory, Author.STILL)) {
                assertEquals(golden.content(), GoldenFile.contentOf(store));
            }
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("all")
    void isReadInC(GoldenFile golden) {
        try (Scratch scratch = Scratch.make()) {
            Path directory = scratch.path("store");
            golden.image().writeTo(directory);
            JsonNode read = NativeReader.get()
                    .json(List.of("list", "--json", "--hash"), List.of(directory))
                    .getFirst();
            JsonNode documents = NativeReader.get()
                    .json(List.of("documents", "--json"), List.of(directory))
                    .getFirst();
            JsonNode verified = NativeReader.get()
                    .json(List.of("verify", "--json"), List.of(directory))
                    .getFirst();
            assertEquals(GoldenFile.inC(golden.content()), GoldenFile.contentOf(read, documents));
            assertEquals(0, verified.get("damaged").asInt(), verified.toString());
        }
    }

    /** What the golden stores have between them, so that none of it is forgotten in the next version. */
    @Test
    void theyHaveAllThereIs() throws IOException {
        List<LogFrame> frames = new ArrayList<>();
        for (GoldenFile golden : all()) {
            frames.addAll(LogFrame.all(golden.image()));
        }
        for (int type = 1; type <= 5; type++) {
            int wanted = type;
            assertTrue(frames.stream().anyMatch(frame -> frame.type() == wanted), "frames of type " + type);
        }
        assertTrue(frames.stream().anyMatch(frame -> !frame.endsBatch()), "a batch");
        assertTrue(frames.stream().anyMatch(frame -> frame.isPut() && (frame.flags() & 6) == 2), "a relocated record");
        assertTrue(frames.stream().anyMatch(frame -> !frame.isPut() && (frame.flags() & 2) != 0), "a moved deletion");
        assertTrue(frames.stream().anyMatch(frame -> frame.type() == 5 && (frame.flags() & 2) != 0), "a moved clear");
        assertTrue(
                frames.stream().anyMatch(frame -> frame.isDefinitionDeleted() && (frame.flags() & 2) != 0),
                "a moved deletion of a definition");
        assertTrue(frames.stream().anyMatch(frame -> (frame.flags() & 6) == 4), "a value file");
        assertTrue(frames.stream().anyMatch(frame -> (frame.flags() & 6) == 6), "a relocated value file");
        for (int flags = 8; flags < 16; flags += 2) {
            int wanted = flags;
            assertTrue(
                    frames.stream().anyMatch(frame -> (frame.flags() & 14) == wanted), "a record with flags " + flags);
        }
    }

    @Test
    void theyHaveRowsOfAllKindsInSegmentsAndInTheLog() throws IOException {
        List<String> lines = new ArrayList<>();
        int segments = 0;
        int deaths = 0;
        for (GoldenFile golden : all()) {
            lines.addAll(golden.content());
            for (String file : golden.image().in("segments")) {
                segments += file.endsWith(".seg") ? 1 : 0;
                deaths += file.endsWith(".del") ? 1 : 0;
            }
        }
        for (String kind : List.of("FLOAT32\tCOSINE", "INT8\tDOT_PRODUCT", "BIT\tJACCARD", "SQUARED_EUCLIDEAN\tany")) {
            assertTrue(lines.stream().anyMatch(line -> line.startsWith("vectors") && line.contains(kind)), kind);
        }
        assertTrue(segments >= 4 && deaths >= 2, segments + " segments, " + deaths + " files of deaths");
    }

    @Test
    void theyHaveDocumentsOfAllKinds() throws IOException {
        List<String> lines = new ArrayList<>();
        int segments = 0;
        int masks = 0;
        for (GoldenFile golden : all()) {
            lines.addAll(golden.content());
            for (String file : golden.image().in("documents")) {
                segments += file.endsWith(".seg") ? 1 : 0;
                masks += file.endsWith(".live") ? 1 : 0;
            }
        }
        for (String column : List.of("documents\tbooks\t", "documents\tnotes ä\t", "documents\tnumbered\t")) {
            assertTrue(lines.stream().anyMatch(line -> line.startsWith(column)), column);
        }
        assertTrue(segments >= 8 && masks >= 2, segments + " segments, " + masks + " files of masks");
    }

    /** What was pending in a golden store can be committed, also by this version. */
    @ParameterizedTest(name = "{0}")
    @MethodSource("all")
    void whatIsPendingCanBeCommitted(GoldenFile golden) {
        if (!golden.name().contains("documents")) {
            return;
        }
        try (Scratch scratch = Scratch.make()) {
            Path directory = scratch.path("store");
            golden.image().writeTo(directory);
            try (Store store = Store.open(directory, Author.STILL)) {
                DocumentCollection books = store.documents("books");
                assertEquals("second edition", String.valueOf(books.get("b3").string("title")));
                books.commit();
                assertEquals("third edition", String.valueOf(books.get("b3").string("title")));
                assertEquals(DocumentStatus.ABSENT, books.status("b4"));
                books.forceMerge(1);
                assertEquals(List.of(), store.recovery().damaged());
                assertTrue(store.verify(bytes -> {}).intact());
                assertEquals("third edition", String.valueOf(books.get("b3").string("title")));
            }
        }
    }

    /** Those that were typed still are. */
    @ParameterizedTest(name = "{0}")
    @MethodSource("all")
    void layoutsAreKept(GoldenFile golden) {
        if (!golden.name().contains("typed")) {
            return;
        }
        try (Scratch scratch = Scratch.make()) {
            Path directory = scratch.path("store");
            golden.image().writeTo(directory);
            try (Store store = Store.open(directory, Author.STILL)) {
                assertEquals(
                        GoldenStores.POINT,
                        store.keyspace("points").typed(GoldenStores.Point.class).get("moved"));
                assertThrows(
                        LayoutMismatchException.class,
                        () -> store.keyspace("points").typed(GoldenStores.Other.class));
            }
        }
    }

    /** {@code mvn -B -ntp test -Dtest=GoldenStoreTest -Dashlar.golden.write=true}: adds those of a new version. */
    @Test
    @EnabledIfSystemProperty(named = "ashlar.golden.write", matches = "true")
    void writeThoseOfThisVersion() {
        try (Scratch scratch = Scratch.make()) {
            Path version = GOLDEN.resolve("v" + ChunkLayout.FORMAT_VERSION);
            write(scratch, GoldenStores.write(scratch.directory()), version);
            write(scratch, GoldenStores.writeFeatures(scratch.directory()), Path.of(version + "-features"));
            write(scratch, GoldenStores.writeVectors(scratch.directory()), Path.of(version + "-vectors"));
            write(scratch, GoldenStores.writeDocuments(scratch.directory()), Path.of(version + "-documents"));
        }
    }

    private static void write(Scratch scratch, Map<String, StoreImage> images, Path folder) {
        for (Map.Entry<String, StoreImage> each : images.entrySet()) {
            Path zip = folder.resolve(each.getKey() + ".zip").normalize();
            if (Files.exists(zip)) {
                continue;
            }
            Path directory = scratch.path("read-" + each.getKey().replace('/', '-'));
            each.getValue().writeTo(directory);
            try (Store store = Store.open(directory, Author.STILL)) {
                new GoldenFile(zip).write(each.getValue(), GoldenFile.contentOf(store));
            }
        }
    }
}
