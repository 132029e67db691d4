package dev.ashlar.cli;

import static dev.ashlar.cli.Cli.utf8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.ashlar.Keyspace;
import dev.ashlar.Store;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What an export wrote is on the device when it says that it is done. */
class ExportDurabilityTest {
    private static final Map<String, byte[]> ENTRIES = new TreeMap<>(Map.of(
            "a", utf8("1"),
            "empty", new byte[0],
            "sub/b", utf8("2"),
            "sub/deep/c", new byte[200_000],
            "other/d", utf8("4")));

    @TempDir
    private Path directory;

    private Path target;
    private Store store;
    private Keyspace source;

    /** Notes what is synced: files with what they had then, directories with the names that they had. */
    private static class Recording implements ExportedFiles.Sync {
        final Map<Path, byte[]> files = new HashMap<>();
        final Map<Path, Set<Path>> directories = new HashMap<>();

        @Override
        public void file(Path file, FileChannel channel) throws IOException {
            ExportedFiles.Sync.super.file(file, channel);
            files.put(file.toRealPath(), Files.readAllBytes(file));
        }

        @Override
        public void directory(Path path) throws IOException {
            ExportedFiles.Sync.super.directory(path);
            directories.put(path.toRealPath(), names(path));
        }
    }

    private static Set<Path> names(Path path) throws IOException {
        try (Stream<Path> list = Files.list(path)) {
            return list.map(Path::getFileName).collect(Collectors.toSet());
        }
    }

    @BeforeEach
    void fill() throws IOException {
        directory = directory.toRealPath();
        target = directory.resolve("new/target");
        store = Store.open(directory.resolve("store"));
        source = store.keyspace("source");
        ENTRIES.forEach(source::put);
    }

    @AfterEach
    void close() {
        store.close();
    }

    private Exporter exporter(ExportedFiles.Sync sync) {
        Output output = new Output(
                new ByteArrayInputStream(new byte[0]), new ByteArrayOutputStream(), new ByteArrayOutputStream(), false);
        return new Exporter(source, Progress.NONE, output, sync);
    }

    @Test
    void allFilesAndAllDirectoriesWithNewNamesAreSynced() throws IOException {
        Recording sync = new Recording();
        exporter(sync).toDirectory(target);
        ENTRIES.forEach((key, value) -> assertArrayEquals(value, sync.files.get(target.resolve(key)), key));
        List<Path> parents = new ArrayList<>();
        try (Stream<Path> walk = Files.walk(target)) {
            walk.filter(Files::isDirectory).forEach(parents::add);
        }
        assertEquals(4, parents.size());
        parents.add(target.getParent());
        parents.add(directory);
        assertEquals(new HashSet<>(parents), sync.directories.keySet());
        for (Path parent : parents) {
            assertEquals(names(parent), sync.directories.get(parent), parent.toString());
        }
    }

    @Test
    void aDirectoryThatIsThereAndEmptyIsSyncedToo() throws IOException {
        Files.createDirectories(target);
        Recording sync = new Recording();
        exporter(sync).toDirectory(target);
        assertEquals(names(target), sync.directories.get(target));
        assertFalse(sync.directories.containsKey(directory), "it has no new name");
    }

    @Test
    void aFileOfLinesIsSyncedBeforeItGetsItsNameAndItsDirectoryAfterwards() throws IOException {
        Path lines = directory.resolve("lines");
        Files.writeString(lines, "older");
        Recording sync = new Recording() {
            @Override
            public void file(Path file, FileChannel channel) throws IOException {
                super.file(file, channel);
                assertEquals("older", Files.readString(lines));
            }
        };
        exporter(sync).toLines(lines, false, true);
        assertEquals(1, sync.files.size());
        assertArrayEquals(
                Files.readAllBytes(lines), sync.files.values().iterator().next());
        assertEquals(ENTRIES.size(), Files.readAllLines(lines).size());
        assertEquals(Map.of(directory, names(directory)), sync.directories);
    }

    @Test
    void anExportThatCannotBeSyncedFails() throws IOException {
        ExportedFiles.Sync noFiles = new ExportedFiles.Sync() {
            @Override
            public void file(Path file, FileChannel channel) throws IOException {
                throw new IOException("Input/output error");
            }
        };
        ExportedFiles.Sync noDirectories = new ExportedFiles.Sync() {
            @Override
            public void directory(Path path) throws IOException {
                throw new IOException("Input/output error");
            }
        };
        Path lines = directory.resolve("lines");
        assertThrows(IOException.class, () -> exporter(noFiles).toLines(lines, false, false));
        assertFalse(Files.exists(lines));
        assertFalse(Files.exists(directory.resolve("lines.new")));
        assertThrows(IOException.class, () -> exporter(noFiles).toDirectory(target));
        try (Stream<Path> walk = Files.walk(target)) {
            assertTrue(walk.noneMatch(Files::isRegularFile), "what may not be durable is not left");
        }
        assertThrows(IOException.class, () -> exporter(noDirectories).toLines(lines, false, false));
        assertThrows(IOException.class, () -> exporter(noDirectories).toDirectory(directory.resolve("another")));
    }
}
