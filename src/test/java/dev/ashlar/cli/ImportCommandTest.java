package dev.ashlar.cli;

import static dev.ashlar.cli.Cli.utf8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImportCommandTest {
    private static final List<String> WEIRD = List.of(
            "plain.txt",
            "with space",
            " leading and trailing ",
            "käse/日本語/🙂",
            "percent%41%",
            "two\nlines",
            "back\\slash",
            "-starts-with-a-hyphen",
            "#hash?question&",
            "deep/er/and/deeper/still",
            ".hidden",
            "quote'\"");

    @TempDir
    private Path directory;

    private Path store;
    private Path source;

    @BeforeEach
    void nameTheStore() {
        store = directory.resolve("store");
        source = directory.resolve("source");
    }

    private static void write(Path file, String content) throws IOException {
        Files.createDirectories(file.getParent());
        Files.writeString(file, content);
    }

    private Set<String> keys() {
        JsonNode entries =
                Cli.run("list", store, "files", "--json").expect(0).json().get("entries");
        return new HashSet<>(entries.findValuesAsText("key"));
    }

    private Path zip(String name, Charset charset, Iterable<String> entries) throws IOException {
        Path zip = directory.resolve(name);
        try (OutputStream out = Files.newOutputStream(zip);
                ZipOutputStream archive = new ZipOutputStream(out, charset)) {
            archive.putNextEntry(new ZipEntry("directory/"));
            archive.closeEntry();
            for (String entry : entries) {
                archive.putNextEntry(new ZipEntry(entry));
                archive.write(utf8("content of " + entry));
                archive.closeEntry();
            }
        }
        return zip;
    }

    @Test
    void directoriesAreStoredFileByFileWhateverTheNames() throws IOException {
        for (String name : WEIRD) {
            write(source.resolve(name), "content of " + name);
        }
        Files.createDirectories(source.resolve("empty directory"));
        Files.createFile(source.resolve("empty file"));
        JsonNode json =
                Cli.run("import", store, "files", source, "--json").expect(0).json();
        assertEquals(WEIRD.size() + 1, json.get("files").asInt());
        assertEquals(0, json.get("failed").asInt());
        Set<String> expected = new HashSet<>(WEIRD);
        expected.add("empty file");
        assertEquals(expected, keys());
        for (String name : WEIRD) {
            assertEquals(
                    "content of " + name,
                    Cli.run("get", store, "files", "--", name).expect(0).out());
        }
        assertEquals("", Cli.run("get", store, "files", "empty file").expect(0).out());
    }

    @Test
    void namesThatAreNoUtf8AreKeptByteByByte() throws Exception {
        Files.createDirectories(source);
        Process shell = new ProcessBuilder("sh", "-c", "printf content > \"$(printf 'a\\377b')\"")
                .directory(source.toFile())
                .start();
        assumeTrue(shell.waitFor() == 0, "this file system takes UTF-8 only");
        Cli.run("import", store, "files", source).expect(0);
        assertEquals(
                "content",
                Cli.run("get", store, "files", "a\\xffb", "--key-as=escaped")
                        .expect(0)
                        .out());
    }

    @Test
    void relativePathsWork() throws IOException {
        write(source.resolve("a/b"), "x");
        Path relative = Path.of("").toAbsolutePath().relativize(source.resolve("a/.."));
        Cli.run("import", store, "files", relative).expect(0);
        assertEquals(Set.of("a/b"), keys());
    }

    @Test
    void filesAreStoredUnderTheirNames() throws IOException {
        write(source.resolve("a/file name"), "x");
        Cli.run("import", store, "files", source.resolve("a/file name")).expect(0);
        assertEquals(Set.of("file name"), keys());
    }

    /** What quickstart falls back to where the JDK has no sources. */
    @Test
    void theImageOfTheRuntimeIsASourceToo() throws IOException {
        Path root = FileSystems.getFileSystem(URI.create("jrt:/")).getPath("/modules/java.base/java/lang");
        Map<String, Long> sizes = new HashMap<>();
        try (ImportSource image = new DirectorySource(root, store)) {
            image.forEach(new ImportSource.Visitor() {
                @Override
                public void entry(ImportSource.Entry entry) throws IOException {
                    try (InputStream content = entry.opener().open()) {
                        assertEquals(entry.size(), content.readAllBytes().length);
                    }
                    sizes.put(entry.name(), entry.size());
                }

                @Override
                public void failed(String name, IOException why) {
                    throw new UncheckedIOException(why);
                }

                @Override
                public void skipped(String name, String why) {
                    throw new AssertionError(name);
                }
            });
            assertEquals(sizes.values().stream().mapToLong(Long::longValue).sum(), image.bytes());
        }
        assertTrue(sizes.containsKey("String.class") && sizes.containsKey("ref/Reference.class"), sizes.toString());
    }

    @Test
    void largeFilesAreStored() throws IOException {
        byte[] large = new byte[(8 << 20) + 12_345];
        new Random(1).nextBytes(large);
        Files.createDirectories(source);
        for (int length : new int[] {(1 << 20) - 1, 1 << 20, (1 << 20) + 1, large.length}) {
            Files.write(source.resolve("f" + length), Arrays.copyOf(large, length));
        }
        Cli.run("import", store, "files", source).expect(0);
        for (int length : new int[] {(1 << 20) - 1, 1 << 20, (1 << 20) + 1, large.length}) {
            byte[] found =
                    Cli.run("get", store, "files", "f" + length).expect(0).bytes();
            assertArrayEquals(Arrays.copyOf(large, length), found);
        }
    }

    @Test
    void linksToFilesAreFollowedAndOthersAreNot() throws IOException {
        write(source.resolve("file"), "content");
        Files.createSymbolicLink(source.resolve("link"), Path.of("file"));
        Files.createSymbolicLink(source.resolve("circle"), Path.of("."));
        Files.createSymbolicLink(source.resolve("dangling"), Path.of("nowhere"));
        Cli.Result result = Cli.run("import", store, "files", source, "--json").expect(0);
        assertEquals(2, result.json().get("files").asInt());
        assertEquals(2, result.json().get("skipped").asInt());
        assertTrue(result.err().contains("circle") && result.err().contains("dangling"), result.err());
        assertEquals(Set.of("file", "link"), keys());
    }

    @Test
    void whatCannotBeReadIsReportedAndCostsItselfOnly() throws IOException {
        write(source.resolve("a"), "a");
        write(source.resolve("secret"), "s");
        write(source.resolve("z"), "z");
        Files.setPosixFilePermissions(source.resolve("secret"), PosixFilePermissions.fromString("---------"));
        assumeTrue(!Files.isReadable(source.resolve("secret")), "root reads everything");
        Cli.Result result = Cli.run("import", store, "files", source, "--json").expect(2);
        assertEquals(2, result.json().get("files").asInt());
        assertEquals(1, result.json().get("failed").asInt());
        assertTrue(result.err().contains("secret") && result.err().contains("permission denied"), result.err());
        assertEquals(Set.of("a", "z"), keys());
    }

    @Test
    void readErrorsCostTheFileOnly() throws IOException {
        Path broken = Path.of("/proc/self/mem");
        assumeTrue(Files.isRegularFile(broken), "needs the /proc of Linux");
        write(source.resolve("a"), "a");
        Files.createSymbolicLink(source.resolve("broken"), broken);
        Cli.Result result = Cli.run("import", store, "files", source).expect(2);
        assertTrue(result.err().contains("not stored: broken: "), result.err());
        assertEquals(Set.of("a"), keys());
    }

    @Test
    void theStoreIsNotImportedIntoItself() throws IOException {
        store = source.resolve("store");
        write(source.resolve("file"), "content");
        Cli.run("import", store, "files", source).expect(0);
        Cli.run("import", store, "files", source).expect(0);
        assertEquals(Set.of("file"), keys());
        assertTrue(Cli.run("import", store, "files", store).expect(2).err().contains("into itself"));
        Cli.run("import", store, "files", store.resolve("log")).expect(2);
        assertEquals(Set.of("file"), keys());
    }

    @Test
    void archivesAreStoredEntryByEntry() throws IOException {
        List<String> names = new java.util.ArrayList<>(WEIRD);
        names.addAll(List.of("../../up", "/absolute", "control\u0001", "C:\\dos\\path"));
        for (String name : List.of("a.zip", "b.JAR")) {
            Path zip = zip(name, StandardCharsets.UTF_8, names);
            Cli.run("import", store, "files", zip).expect(0);
            assertEquals(new HashSet<>(names), keys());
        }
        for (String name : names) {
            assertEquals(
                    "content of " + name,
                    Cli.run("get", store, "files", "--", name).expect(0).out());
        }
    }

    @Test
    void namesOfOldArchivesAreInTheCharacterSetOfTheirTime() throws IOException {
        Path zip = zip("old.zip", Charset.forName("IBM437"), List.of("käse", "plain"));
        Cli.run("import", store, "files", zip).expect(0);
        assertEquals(Set.of("käse", "plain"), keys());
    }

    @Test
    void damagedEntriesOfArchivesAreNotStored() throws IOException {
        Path zip = directory.resolve("damaged.zip");
        try (ZipOutputStream archive = new ZipOutputStream(Files.newOutputStream(zip))) {
            archive.setMethod(ZipOutputStream.STORED);
            for (String name : List.of("good", "bad")) {
                byte[] content = utf8("the content of " + name);
                java.util.zip.CRC32 crc = new java.util.zip.CRC32();
                crc.update(content);
                ZipEntry entry = new ZipEntry(name);
                entry.setSize(content.length);
                entry.setCrc(crc.getValue());
                archive.putNextEntry(entry);
                archive.write(content);
                archive.closeEntry();
            }
        }
        byte[] bytes = Files.readAllBytes(zip);
        int position = new String(bytes, StandardCharsets.ISO_8859_1).indexOf("the content of bad");
        bytes[position] ^= 1;
        Files.write(zip, bytes);
        Cli.Result result = Cli.run("import", store, "files", zip).expect(2);
        assertTrue(result.err().contains("not stored: bad: the archive is damaged"), result.err());
        assertEquals(Set.of("good"), keys());
    }

    @Test
    void whatIsNoArchiveIsRefusedBeforeAStoreIsCreated() throws IOException {
        write(source.resolve("not.zip"), "this is no archive");
        Cli.Result result =
                Cli.run("import", store, "files", source.resolve("not.zip")).expect(2);
        assertTrue(result.err().contains("not.zip is not a zip archive"), result.err());
        assertFalse(Files.exists(store));
    }

    @Test
    void aPathThatIsNotThereIsNotFound() {
        assertTrue(Cli.run("import", store, "files", source).expect(1).err().contains(source.toString()));
        assertFalse(Files.exists(store));
    }

    @Test
    void theProgressBarIsShownOnStandardErrorWhereItIsWanted() throws IOException {
        write(source.resolve("file"), "content");
        assertEquals("", Cli.run("import", store, "files", source).expect(0).err());
        assertEquals(
                "",
                Cli.run("import", store, "files", source, "--no-progress")
                        .expect(0)
                        .err());
        Cli.Result result = Cli.run("import", store, "files", source, "--progress", "--json")
                .expect(0);
        assertTrue(result.err().contains("importing 100%"), result.err());
        assertEquals(1, result.json().get("files").asInt());
    }
}
