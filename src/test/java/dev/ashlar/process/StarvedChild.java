package dev.ashlar.process;

import dev.ashlar.CorruptionException;
import dev.ashlar.Keyspace;
import dev.ashlar.StorageException;
import dev.ashlar.Store;
import dev.ashlar.StoreFullException;
import dev.ashlar.StoreLockedException;
import dev.ashlar.StoreOptions;
import dev.ashlar.WriteBatch;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The process that runs short of something. What it says is compared by whoever started it; an exception fails it. */
final class StarvedChild {
    static final StoreOptions SMALL =
            StoreOptions.DEFAULT.withRingSlots(64).withBufferBytes(32L << 20).withAutoCompaction(false);

    /** Of values that have a file of their own. */
    private static final int LARGE = 9 << 20;

    private StarvedChild() {}

    public static void main(String[] arguments) throws Exception {
        Path directory = Path.of(arguments[1]);
        switch (arguments[0]) {
            case "full" -> full(directory);
            case "open" -> System.out.println(open(directory));
            case "descriptors" -> new Descriptors(directory).run();
            case "damaged" -> damaged(directory);
            case "hold" -> hold(directory);
            default -> throw new IllegalArgumentException(arguments[0]);
        }
        System.out.println("done");
    }

    static void require(boolean holds, String otherwise) {
        if (!holds) {
            throw new AssertionError(otherwise);
        }
    }

    // ------------------------------------------------------------------------------------------------------ values

    /** Such that no two are the same. */
    static byte[] value(int length, long seed) {
        byte[] bytes = new byte[length];
        new Random(seed * 1_000_003 + length).nextBytes(bytes);
        return bytes;
    }

    static byte @Nullable [] get(Keyspace space, String key) {
        MemorySegment view = space.get(key);
        return view == null ? null : view.toArray(ValueLayout.JAVA_BYTE);
    }

    static void requireHolds(Map<String, byte[]> model, Keyspace space) {
        require(space.size() == model.size(), "size is " + space.size() + ", not " + model.size());
        model.forEach((key, expected) -> require(Arrays.equals(expected, get(space, key)), key + " is another"));
    }

    /** What {@link #fill} of the same seed has put before the store was full, or what a test wants to be there. */
    static Map<String, byte[]> model(int count) {
        Map<String, byte[]> model = new TreeMap<>();
        for (int i = 0; i < count; i++) {
            model.put("key-" + i, value(20_000, i));
        }
        return model;
    }

    // --------------------------------------------------------------------------------------------------- a full disk

    /** On a device of its own, which is full soon and then enlarged. */
    private static void full(Path directory) throws Exception {
        Map<String, byte[]> model = new TreeMap<>();
        try (Store store = Store.open(directory.resolve("store"), SMALL)) {
            Keyspace space = store.keyspace("k");
            fill(space, "first-", model);
            requireHolds(model, space);
            requireFull(() -> space.put("large", value(LARGE, 1)));
            require(store.stats().valueFiles() == 0, "a value file stays");
            requireFull(() -> commitTooMuch(store, space));
            requireHolds(model, space);
            int i = 0;
            for (String key : List.copyOf(model.keySet())) {
                if (i++ % 5 != 0) {
                    space.delete(key);
                    model.remove(key);
                }
            }
            require(store.compact().bytesFreed() > 0, "compaction frees nothing");
            requireHolds(model, space);
            fill(space, "second-", model);
            requireHolds(model, space);
            require(store.verify(bytes -> {}).intact(), "damaged");
        } catch (StoreFullException e) {
            requireClear(e); // the last checkpoint found no room; nothing of the log is lost by that
        }
        try (Store store = Store.open(directory.resolve("store"), SMALL)) {
            requireHolds(model, store.keyspace("k"));
            System.out.println("opened on the full device");
        } catch (StoreFullException e) {
            requireClear(e);
        }
        enlarge(directory);
        try (Store store = Store.open(directory.resolve("store"), SMALL)) {
            require(store.recovery().damaged().isEmpty(), store.recovery().toString());
            Keyspace space = store.keyspace("k");
            requireHolds(model, space);
            space.put("large", value(LARGE, 1));
            model.put("large", value(LARGE, 1));
            requireHolds(model, space);
            require(store.verify(bytes -> {}).intact(), "damaged");
        }
        try (Store store = Store.open(directory.resolve("store"), SMALL)) {
            require(store.recovery().clean(), store.recovery().toString());
            requireHolds(model, store.keyspace("k"));
        }
    }

    private static void fill(Keyspace space, String prefix, Map<String, byte[]> model) {
        for (int i = 0; i < 10_000; i++) {
            byte[] value = value(20_000, i);
            try {
                space.put(prefix + i, value);
            } catch (StoreFullException e) {
                requireClear(e);
                require(i > 10, "full after " + i);
                return;
            }
            model.put(prefix + i, value);
        }
        throw new AssertionError("never full");
    }

    private static void commitTooMuch(Store store, Keyspace space) {
        try (WriteBatch batch = store.batch()) {
            for (int i = 0; i < 12; i++) {
                batch.put(space, ("batch-" + i).getBytes(java.nio.charset.StandardCharsets.UTF_8), value(1 << 20, i));
            }
            batch.commit();
        }
    }

    private static void requireFull(Runnable write) {
        try {
            write.run();
        } catch (StoreFullException e) {
            requireClear(e);
            return;
        }
        throw new AssertionError("there was room");
    }

    private static void requireClear(StoreFullException e) {
        String message = String.valueOf(e.getMessage());
        require(message.contains("ENOSPC") && message.contains("Free space"), message);
    }

    private static void enlarge(Path device) throws Exception {
        int exit = new ProcessBuilder("mount", "-o", "remount,size=64m", device.toString())
                .inheritIO()
                .start()
                .waitFor();
        require(exit == 0, "the device cannot be enlarged");
    }

    // ------------------------------------------------------------------------------------------------ one opening

    /** Opens and reads the store, and answers how that went. */
    static String open(Path directory) {
        try (Store store = Store.open(directory, SMALL)) {
            return "opened with " + store.keyspace("k").size();
        } catch (StorageException e) {
            return e.getClass().getSimpleName() + ": " + e.getMessage();
        }
    }

    /** Tries to be the one who has the store, and keeps it until it is killed, however late the others come. */
    private static void hold(Path directory) throws InterruptedException {
        try (Store store = Store.open(directory, SMALL)) {
            store.keyspace("k").put("holder", value(100, ProcessHandle.current().pid()));
            System.out.println("holds it");
            Thread.sleep(300_000);
        } catch (StoreLockedException e) {
            System.out.println("refused");
        }
    }

    /** Opens stores of which somebody took or cut a chunk, one after the other; each key is right or an error. */
    private static void damaged(Path directory) throws Exception {
        List<Path> stores;
        try (var entries = Files.list(directory)) {
            stores = entries.sorted().toList();
        }
        for (Path each : stores) {
            try (Store store = Store.open(each, SMALL)) {
                Keyspace space = store.keyspace("k");
                Map<String, byte[]> model = model(60);
                int lost = 0;
                for (Map.Entry<String, byte[]> entry : model.entrySet()) {
                    try {
                        byte[] found = get(space, entry.getKey());
                        require(Arrays.equals(entry.getValue(), found), each + ": " + entry.getKey() + " is another");
                    } catch (CorruptionException e) {
                        lost++;
                    }
                }
                boolean reported = !store.recovery().damaged().isEmpty();
                System.out.println(each.getFileName() + " lost " + lost + (reported ? ", reported" : ""));
                space.put("after", value(30_000, 1));
                require(Arrays.equals(value(30_000, 1), get(space, "after")), each + ": a later put is not there");
            }
        }
    }
}
