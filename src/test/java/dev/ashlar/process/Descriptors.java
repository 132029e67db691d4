package dev.ashlar.process;

import static dev.ashlar.process.StarvedChild.get;
import static dev.ashlar.process.StarvedChild.require;
import static dev.ashlar.process.StarvedChild.requireHolds;
import static dev.ashlar.process.StarvedChild.value;

import dev.ashlar.Keyspace;
import dev.ashlar.StorageException;
import dev.ashlar.Store;
import java.io.FileInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/**
 * In a process that may have few files open: takes all descriptors but so many away, and looks at what a store does. The
 * process has to load its classes from a jar, which is open all the time.
 */
final class Descriptors {
    private final Path directory;
    private final Path store;
    private final Map<String, byte[]> model = new TreeMap<>();
    private final List<FileInputStream> held = new ArrayList<>();

    Descriptors(Path directory) {
        this.directory = directory;
        this.store = directory.resolve("store");
    }

    void run() throws IOException {
        Path killed = directory.resolve("killed");
        try (Store open = Store.open(store, StarvedChild.SMALL)) {
            Keyspace space = open.keyspace("k");
            put(space, 0, 60);
            space.put("large", value(9 << 20, 1));
            model.put("large", value(9 << 20, 1));
            open.checkpoint();
            put(space, 60, 70);
            Trees.copyAtRest(open, store, killed);
            requireHolds(model, space);
        }
        long before = descriptors();
        openWithFewer(killed, false);
        openWithFewer(store, true);
        requireNoLeak(before);
        runDry();
        requireNoLeak(before);
    }

    private void put(Keyspace space, int from, int to) {
        for (int i = from; i < to; i++) {
            space.put("key-" + i, value(20_000, i));
            model.put("key-" + i, value(20_000, i));
        }
    }

    /** With none left, with one, with two: refused for what it is, until they suffice. */
    private void openWithFewer(Path path, boolean clean) throws IOException {
        for (int free = 0; ; free++) {
            require(free < 40, "it never opens");
            holdAllBut(free);
            Store opened;
            try {
                opened = Store.open(path, StarvedChild.SMALL);
            } catch (StorageException e) {
                requireClear(e);
                continue;
            } finally {
                letGo();
            }
            try (Store open = opened) {
                String what = "with " + free + " descriptors: " + open.recovery();
                require(open.recovery().damaged().isEmpty(), what);
                // What opens the last time must have the checkpoint that the first one had.
                require(open.recovery().replayedRecords() <= (clean ? 0 : 20), what);
                requireHolds(model, open.keyspace("k"));
                require(open.verify(bytes -> {}).intact(), what);
            }
            System.out.println((clean ? "closed" : "killed") + ": opened with " + free);
            return;
        }
    }

    /** The store is open when the last descriptor goes. */
    private void runDry() throws IOException {
        Store open = Store.open(store, StarvedChild.SMALL);
        Keyspace space = open.keyspace("k");
        holdAllBut(0);
        int refused = 0;
        int put = 0;
        for (int i = 1_000; refused < 5; i++) {
            require(put < 1_000, "it never needs another file");
            try {
                put(space, i, i + 1);
                put++;
            } catch (StorageException e) {
                requireClear(e);
                require(!space.contains("key-" + i), "a refused write is there");
                refused++;
            }
        }
        Map<String, byte[]> small = new TreeMap<>(model);
        small.remove("large");
        small.forEach((key, expected) -> require(java.util.Arrays.equals(expected, get(space, key)), key));
        try {
            open.sync(); // closes files that the log has left
        } catch (StorageException e) {
            requireClear(e);
        }
        letGo();
        try {
            open.sync();
        } catch (StorageException e) {
            requireClear(e); // what maintenance met just before; it is told once
            open.sync();
        }
        Trees.awaitRest(open); // a descriptor that its own threads give back would be one too many
        awaitQuiet();
        holdAllBut(0);
        requireRefused(() -> get(space, "large"));
        requireRefused(() -> space.put("large", value(9 << 20, 2)));
        requireRefused(open::checkpoint);
        requireRefused(() -> open.verify(bytes -> {}));
        letGo();
        requireHolds(model, space);
        put(space, 2_000, 2_030);
        open.checkpoint();
        open.compact();
        requireHolds(model, space);
        holdAllBut(0);
        try {
            open.close(); // gives back the files of chunks in reserve first, if there are any, which may be enough
        } catch (StorageException e) {
            requireClear(e);
        }
        letGo();
        try (Store reopened = Store.open(store, StarvedChild.SMALL)) {
            require(reopened.recovery().damaged().isEmpty(), reopened.recovery().toString());
            requireHolds(model, reopened.keyspace("k"));
        }
    }

    private static void requireRefused(Runnable action) {
        try {
            action.run();
        } catch (StorageException e) {
            requireClear(e);
            return;
        }
        throw new AssertionError("it needed no file");
    }

    private static void requireClear(StorageException e) {
        String message = String.valueOf(e.getMessage());
        require(message.contains("EMFILE") && message.contains("ulimit -n"), message);
    }

    // ------------------------------------------------------------------------------------------------- descriptors

    private void holdAllBut(int free) throws IOException {
        try {
            while (true) {
                held.add(new FileInputStream("/dev/null"));
            }
        } catch (IOException e) {
            require(String.valueOf(e.getMessage()).contains("Too many open files"), e.toString());
        }
        for (int i = 0; i < free; i++) {
            held.removeLast().close();
        }
    }

    private void letGo() throws IOException {
        for (FileInputStream each : held) {
            each.close();
        }
        held.clear();
    }

    /** What others in this process have open for a moment is not counted. */
    private static void requireNoLeak(long before) throws IOException {
        long end = System.nanoTime() + 60_000_000_000L;
        long now = descriptors();
        while (now != before) {
            require(System.nanoTime() < end, "descriptors leak: " + before + " before, " + now + " now");
            LockSupport.parkNanos(20_000_000);
            now = descriptors();
        }
    }

    private static void awaitQuiet() throws IOException {
        long before = -1;
        for (int same = 0; same < 10; ) {
            long now = descriptors();
            same = now == before ? same + 1 : 0;
            before = now;
            LockSupport.parkNanos(20_000_000);
        }
    }

    private static long descriptors() throws IOException {
        try (Stream<Path> open = Files.list(Path.of("/proc/self/fd"))) {
            return open.count();
        }
    }
}
