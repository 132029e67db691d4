package dev.ashlar.fuzz;

import dev.ashlar.io.Storage;
import dev.ashlar.io.StorageFile;
import dev.ashlar.io.StorageIo;
import dev.ashlar.sim.SimDisk;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * The files of a store as values: a change makes another image, which shares all files but one. Names are relative to the
 * store's directory; the bytes of a file must not be changed by who gets them.
 */
record StoreImage(Map<String, byte[]> files) {
    static final String LOCK = "LOCK";
    static final String MANIFEST_A = "MANIFEST-a";
    static final String MANIFEST_B = "MANIFEST-b";
    private static final List<String> DIRECTORIES = List.of("log", "values", "index");

    /** Those that are made with their first file. */
    private static final List<String> LATER_DIRECTORIES = List.of("segments", "documents");

    StoreImage {
        files = new TreeMap<>(files);
    }

    byte[] bytes(String name) {
        byte[] bytes = files.get(name);
        if (bytes == null) {
            throw new IllegalArgumentException("no file " + name + " among " + files.keySet());
        }
        return bytes;
    }

    boolean has(String name) {
        return files.containsKey(name);
    }

    List<String> in(String directory) {
        return files.keySet().stream()
                .filter(name -> name.startsWith(directory + "/"))
                .toList();
    }

    StoreImage with(String name, byte[] bytes) {
        Map<String, byte[]> changed = new TreeMap<>(files);
        changed.put(name, bytes);
        return new StoreImage(changed);
    }

    StoreImage without(String name) {
        Map<String, byte[]> changed = new TreeMap<>(files);
        changed.remove(name);
        return new StoreImage(changed);
    }

    long totalBytes() {
        return files.values().stream().mapToLong(bytes -> bytes.length).sum();
    }

    /** What is different in another image, but for the empty file that is locked. */
    Set<String> differences(StoreImage other) {
        Set<String> names = new TreeSet<>(files.keySet());
        names.addAll(other.files.keySet());
        names.removeIf(name -> Arrays.equals(files.get(name), other.files.get(name)));
        names.remove(LOCK);
        return names;
    }

    // ------------------------------------------------------------------------------------------------ simulated disks

    SimDisk toDisk() {
        SimDisk disk = new SimDisk();
        Storage storage = disk.storage();
        DIRECTORIES.forEach(storage::createDirectory);
        LATER_DIRECTORIES.stream().filter(each -> !in(each).isEmpty()).forEach(storage::createDirectory);
        try (Arena arena = Arena.ofConfined()) {
            files.forEach((name, bytes) -> {
                try (StorageFile file = storage.create(name)) {
                    MemorySegment copy = arena.allocate(Math.max(1, bytes.length), 8);
                    MemorySegment.copy(bytes, 0, copy, ValueLayout.JAVA_BYTE, 0, bytes.length);
                    StorageIo.writeFully(file, copy, 0, bytes.length, 0);
                }
            });
        }
        return disk;
    }

    static StoreImage of(SimDisk disk) {
        Storage storage = disk.storage();
        Map<String, byte[]> files = new TreeMap<>();
        for (String name : storage.list("")) {
            if (!DIRECTORIES.contains(name) && !LATER_DIRECTORIES.contains(name)) {
                files.put(name, read(storage, name));
            }
        }
        List<String> directories = new ArrayList<>(DIRECTORIES);
        LATER_DIRECTORIES.stream().filter(storage::exists).forEach(directories::add);
        for (String directory : directories) {
            for (String name : storage.list(directory)) {
                files.put(directory + "/" + name, read(storage, directory + "/" + name));
            }
        }
        return new StoreImage(files);
    }

    private static byte[] read(Storage storage, String name) {
        try (StorageFile file = storage.open(name);
                Arena arena = Arena.ofConfined()) {
            MemorySegment bytes = arena.allocate(Math.max(1, file.size()), 8);
            StorageIo.readFully(file, bytes, 0, file.size(), 0);
            return bytes.asSlice(0, file.size()).toArray(ValueLayout.JAVA_BYTE);
        }
    }

    // ---------------------------------------------------------------------------------------------------- directories

    /** Writes the files into a directory that is new. */
    void writeTo(Path directory) {
        try {
            for (String each : DIRECTORIES) {
                Files.createDirectories(directory.resolve(each));
            }
            for (String each : LATER_DIRECTORIES) {
                if (!in(each).isEmpty()) {
                    Files.createDirectories(directory.resolve(each));
                }
            }
            for (Map.Entry<String, byte[]> file : files.entrySet()) {
                Files.write(directory.resolve(file.getKey()), file.getValue());
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static StoreImage of(Path directory) {
        Map<String, byte[]> files = new TreeMap<>();
        try (Stream<Path> paths = Files.walk(directory)) {
            for (Path path : (Iterable<Path>) paths.filter(Files::isRegularFile)::iterator) {
                files.put(directory.relativize(path).toString(), Files.readAllBytes(path));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return new StoreImage(files);
    }
}
