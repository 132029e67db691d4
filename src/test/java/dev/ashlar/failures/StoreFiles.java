package dev.ashlar.failures;

import dev.ashlar.log.ChunkLayout;
import dev.ashlar.log.FrameLayout;
import dev.ashlar.simd.Xxh3;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.stream.Stream;

/**
 * The files of a store, held in memory: an image of its directory at one moment. Taken while the store is open and nothing
 * writes, it is what a killed process leaves. Images are changed byte by byte and written to directories.
 */
final class StoreFiles {
    static final String MANIFEST_A = "MANIFEST-a";
    static final String MANIFEST_B = "MANIFEST-b";

    /** A frame of the log. */
    record Frame(
            String file, int offset, int end, byte type, int flags, int space, byte[] key, int payload, int length) {
        String keyText() {
            return new String(key, StandardCharsets.UTF_8);
        }

        boolean isPut(String text) {
            return type == FrameLayout.PUT && space != 0 && keyText().equals(text);
        }
    }

    private final Map<String, byte[]> files;
    private final Set<String> directories;

    private StoreFiles(Map<String, byte[]> files, Set<String> directories) {
        this.files = files;
        this.directories = directories;
    }

    /** Reads a directory. */
    static StoreFiles of(Path directory) {
        Map<String, byte[]> files = new TreeMap<>();
        Set<String> directories = new TreeSet<>();
        try (Stream<Path> paths = Files.walk(directory)) {
            for (Path path : (Iterable<Path>) paths::iterator) {
                String name = directory.relativize(path).toString();
                if (Files.isDirectory(path)) {
                    directories.add(name);
                } else {
                    files.put(name, Files.readAllBytes(path));
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return new StoreFiles(files, directories);
    }

    /** A copy that can be changed alone. */
    StoreFiles copy() {
        Map<String, byte[]> copies = new TreeMap<>();
        files.forEach((name, bytes) -> copies.put(name, bytes.clone()));
        return new StoreFiles(copies, new TreeSet<>(directories));
    }

    /**
     * Makes a directory the same as this image. Files whose size stays are written in place, because views of an earlier
     * opening may still map them.
     */
    void writeTo(Path directory) {
        try {
            Files.createDirectories(directory);
            for (String name : directories) {
                Files.createDirectories(directory.resolve(name));
            }
            try (Stream<Path> paths = Files.walk(directory)) {
                for (Path path : (Iterable<Path>) paths::iterator) {
                    byte[] wanted = files.get(directory.relativize(path).toString());
                    if (Files.isRegularFile(path) && (wanted == null || wanted.length != Files.size(path))) {
                        Files.delete(path);
                    }
                }
            }
            for (Map.Entry<String, byte[]> file : files.entrySet()) {
                try (FileChannel channel = FileChannel.open(
                        directory.resolve(file.getKey()), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
                    ByteBuffer bytes = ByteBuffer.wrap(file.getValue());
                    while (bytes.hasRemaining()) {
                        channel.write(bytes, bytes.position());
                    }
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    Set<String> names() {
        return files.keySet();
    }

    byte[] bytes(String name) {
        byte[] bytes = files.get(name);
        if (bytes == null) {
            throw new IllegalArgumentException("no file " + name + " among " + files.keySet());
        }
        return bytes;
    }

    void put(String name, byte[] bytes) {
        files.put(name, bytes);
    }

    void remove(String name) {
        files.remove(name);
    }

    void truncate(String name, int length) {
        files.put(name, Arrays.copyOf(bytes(name), length));
    }

    void flip(String name, long bit) {
        bytes(name)[(int) (bit >>> 3)] ^= (byte) (1 << (bit & 7));
    }

    /** What is different in another image: names, with the first byte that differs. */
    List<String> differences(StoreFiles other) {
        List<String> all = new ArrayList<>();
        Set<String> names = new TreeSet<>(files.keySet());
        names.addAll(other.files.keySet());
        for (String name : names) {
            byte[] mine = files.get(name);
            byte[] others = other.files.get(name);
            int at = mine == null || others == null ? 0 : Arrays.mismatch(mine, others);
            if (at >= 0) {
                all.add(name + (mine == null ? " is new" : others == null ? " is gone" : " differs at byte " + at));
            }
        }
        return all;
    }

    // ------------------------------------------------------------------------------------------------ what is in them

    /** The chunk files, in the order of the log. */
    List<String> chunks() {
        return startingWith(ChunkLayout.DIRECTORY + "/");
    }

    List<String> checkpoints() {
        return startingWith("index/");
    }

    List<String> startingWith(String prefix) {
        return files.keySet().stream().filter(name -> name.startsWith(prefix)).toList();
    }

    static ByteBuffer little(byte[] bytes) {
        return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** The intact frames of a chunk, from its beginning up to the first that is none. */
    List<Frame> frames(String chunk) {
        byte[] bytes = bytes(chunk);
        long base = ChunkLayout.baseOf(chunk.substring(ChunkLayout.DIRECTORY.length() + 1));
        ByteBuffer manifest = little(bytes(files.containsKey(MANIFEST_A) ? MANIFEST_A : MANIFEST_B));
        long salt = ChunkLayout.salt(new UUID(manifest.getLong(24), manifest.getLong(32)));
        MemorySegment s = MemorySegment.ofArray(bytes);
        MemorySegment copy = java.lang.foreign.Arena.ofAuto().allocate(bytes.length, 64);
        MemorySegment.copy(s, 0, copy, 0, bytes.length);
        List<Frame> frames = new ArrayList<>();
        long at = ChunkLayout.HEADER;
        while (FrameLayout.headerVerifies(copy, at, bytes.length, base + at, salt)) {
            int key = (int) FrameLayout.keyOffset(copy, at);
            frames.add(new Frame(
                    chunk,
                    (int) at,
                    (int) FrameLayout.end(copy, at),
                    FrameLayout.type(copy, at),
                    FrameLayout.flags(copy, at),
                    FrameLayout.space(copy, at),
                    Arrays.copyOfRange(bytes, key, key + FrameLayout.keyLength(copy, at)),
                    (int) FrameLayout.payloadOffset(copy, at),
                    (int) FrameLayout.payloadLength(copy, at)));
            at = FrameLayout.end(copy, at);
        }
        return frames;
    }

    /** The frames of all chunks. */
    List<Frame> frames() {
        return chunks().stream().flatMap(chunk -> frames(chunk).stream()).toList();
    }

    /** The last frame that puts a key. */
    Frame put(String key) {
        return frames().stream()
                .filter(frame -> frame.isPut(key))
                .reduce((a, b) -> b)
                .orElseThrow();
    }

    /** Whether frames are the same in another image, except for their padding, which is no part of them. */
    boolean sameRecords(StoreFiles other, List<Frame> frames) {
        for (Frame frame : frames) {
            byte[] mine = bytes(frame.file());
            byte[] others = other.bytes(frame.file());
            int keyEnd =
                    frame.offset() + FrameLayout.HEADER + FrameLayout.extensions(frame.flags()) + frame.key().length;
            int end = frame.payload() + frame.length();
            if (!Arrays.equals(mine, frame.offset(), keyEnd, others, frame.offset(), keyEnd)
                    || !Arrays.equals(mine, frame.payload(), end, others, frame.payload(), end)) {
                return false;
            }
        }
        return true;
    }

    /** Recomputes the checksum of the first {@code length} bytes, which stands behind them. */
    void reseal(String name, int length) {
        MemorySegment copy = java.lang.foreign.Arena.ofAuto().allocate(length, 64);
        MemorySegment.copy(bytes(name), 0, copy, ValueLayout.JAVA_BYTE, 0, length);
        little(bytes(name)).putLong(length, Xxh3.hash(copy, 0, length, 0));
    }

    /** Changes both manifests and makes their checksums right again. */
    void changeManifests(java.util.function.Consumer<ByteBuffer> change) {
        for (String name : List.of(MANIFEST_A, MANIFEST_B)) {
            ByteBuffer manifest = little(bytes(name));
            change.accept(manifest);
            reseal(name, manifest.getInt(52) - 8);
        }
    }
}
