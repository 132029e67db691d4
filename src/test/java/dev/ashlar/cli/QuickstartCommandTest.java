package dev.ashlar.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.ashlar.Document;
import dev.ashlar.Store;
import dev.ashlar.VectorOptions;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class QuickstartCommandTest {
    @TempDir
    private Path directory;

    private Path smallSource() throws IOException {
        Path zip = directory.resolve("small.zip");
        try (OutputStream out = Files.newOutputStream(zip);
                ZipOutputStream archive = new ZipOutputStream(out)) {
            for (int i = 0; i < 100; i++) {
                archive.putNextEntry(new ZipEntry("file-" + i));
                archive.write(new byte[i * i * 10]);
                archive.closeEntry();
            }
        }
        return zip;
    }

    @Test
    void aTemporaryStoreIsDeletedAtTheEnd() throws IOException {
        Cli.Result result =
                Cli.run("quickstart", "--seconds=1", "--source", smallSource()).expect(0);
        assertTrue(result.out().contains("deleted at the end"), result.out());
        String first = result.out().lines().findFirst().orElseThrow();
        Path place = Path.of(first.replaceAll(".* quickstart in (\\S+) .*", "$1"));
        assertTrue(place.isAbsolute(), first);
        assertFalse(Files.exists(place));
        for (String row : List.of(
                "read them in place",
                "read fields by hand, cursor",
                "typed reads, cursor",
                "typed reads, get",
                "mixed load: put",
                "mixed load: get",
                "p99.9")) {
            assertTrue(result.out().contains(row), result.out());
        }
        assertTrue(result.out().contains("recovery at opening"), result.out());
        assertTrue(result.out().contains("killed with SIGKILL"), result.out());
    }

    @Test
    void aNamedStoreIsKeptAndCanBeUsedAgain() throws IOException {
        Path place = directory.resolve("demo");
        Path source = smallSource();
        for (int round = 0; round < 2; round++) {
            JsonNode json = Cli.run("quickstart", "--json", "--seconds=1", "--dir", place, "--source", source)
                    .expect(0)
                    .json();
            assertTrue(json.get("kept").asBoolean());
            assertEquals(place.toString(), json.get("directory").asText());
            assertEquals(100, json.at("/steps/0/records").asInt());
            assertTrue(json.get("crashAcknowledged").asLong() > 0);
            assertTrue(json.get("crashFound").asLong()
                    >= json.get("crashAcknowledged").asLong());
            assertFalse(json.at("/recovery/clean").asBoolean());
            assertTrue(json.at("/verification/intact").asBoolean());
        }
        Cli.run("verify", place).expect(0);
        try (Store store = Store.open(place)) {
            assertEquals(100, store.keyspace("quickstart.files").size());
        }
    }

    @Test
    void filesThatAreMostLikeAWellKnownOneAreFound() throws IOException {
        Path sources = directory.resolve("sources");
        Path util = Files.createDirectories(sources.resolve("java.base/java/util"));
        Files.writeString(util.resolve("ArrayList.java"), "class ArrayList grows elementData when elements are added");
        Files.writeString(util.resolve("Vector.java"), "class Vector grows elementData when elements are added too");
        Files.writeString(util.resolve("Locks.java"), "class Locks parks threads until somebody unlocks");
        Files.writeString(util.resolve("Dates.java"), "class Dates counts days since the epoch");
        Files.write(util.resolve("image"), new byte[(1 << 20) + 7]);
        Path place = directory.resolve("demo");
        try (Store earlier = Store.open(place)) {
            earlier.vectors("quickstart.vectors", VectorOptions.of(768)).put(99, new float[768]);
            earlier.keyspace("quickstart.names").put(99, new byte[1]);
        }
        JsonNode json = Cli.run("quickstart", "--json", "--seconds=1", "--dir", place, "--source", sources)
                .expect(0)
                .json();
        assertEquals("java.base/java/util/ArrayList.java", json.at("/like/file").asText());
        assertEquals(
                "java.base/java/util/Vector.java",
                json.at("/like/nearest/0/file").asText());
        assertEquals(3, json.at("/like/nearest").size());
        assertTrue(json.at("/like/nearest/0/score").asDouble() > 0.5, json.toString());
        assertTrue(json.at("/like/nearest/1/score").asDouble() < 0.5, json.toString());
        assertEquals(4, json.at("/documents/documents").asInt());
        try (Store store = Store.open(place)) {
            Document document = store.documents("quickstart.sources").get("java.base/java/util/Vector.java");
            assertNotNull(document);
            assertEquals("java.base", document.string("module"));
            assertEquals("Vector", document.string("type"));
            assertEquals(4, store.vectors("quickstart.vectors").size());
            assertEquals(5, store.keyspace("quickstart.names").size());
        }
    }

    @Test
    void aMissingSourceIsNotFound() {
        Cli.run("quickstart", "--source", directory.resolve("nothing")).expect(1);
    }

    @Test
    @Tag("long")
    void theSourcesOfTheJdkAreStoredAndReadBack() {
        JsonNode json = Cli.run("quickstart", "--json").expect(0).json();
        assertTrue(json.at("/steps/0/records").asInt() > 1000);
        assertFalse(json.get("kept").asBoolean());
    }
}
