package dev.ashlar.sim;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.ashlar.Cursor;
import dev.ashlar.Entry;
import dev.ashlar.Keyspace;
import dev.ashlar.KeyspaceReader;
import dev.ashlar.LayoutMismatchException;
import dev.ashlar.Scan;
import dev.ashlar.Snapshot;
import dev.ashlar.Store;
import dev.ashlar.TypedKeyspace;
import dev.ashlar.VectorCollection;
import dev.ashlar.VerificationReport;
import dev.ashlar.engine.TestEngines;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/** Reads all that a store holds, in every way there is, and insists that the ways agree. */
public final class StoreReader {
    /** Behind the key of a value, for when it expires. */
    public static final String EXPIRY = Model.EXPIRY;

    /** The name of {@link #vectors}. */
    public static final String ROWS = "v";

    private StoreReader() {}

    /** A vector collection of 1,000 bytes a row, as {@link #read} knows it; made if it is not there. */
    public static VectorCollection vectors(Store store) {
        return store.vectors(ROWS, VectorSpace.named(ROWS).options());
    }

    /** The id of a row that {@link #read} puts under {@code "v/"} and this number, from 0 to 39. */
    public static long rowId(int number) {
        return VectorSpace.id(number);
    }

    /**
     * Keys with the name of their keyspace in front, and values; beside a value that expires, under its key and {@link
     * #EXPIRY}, the moment in eight bytes of milliseconds; rows of vector collections likewise, see {@link VectorSpace}.
     */
    public static TreeMap<String, byte[]> read(Store store) {
        TreeMap<String, byte[]> all = new TreeMap<>();
        for (String name : store.keyspaces()) {
            Keyspace space = store.keyspace(name);
            TreeMap<String, byte[]> scanned = scan(space);
            // What has expired counts until it is removed, which may happen between two looks.
            long size = space.size();
            require(
                    size == scanned.size() || size > scanned.size() && TestEngines.announcesExpiry(store),
                    () -> name + " has " + size + " keys, a scan met " + scanned.keySet());
            scanned.forEach((key, value) -> {
                compareReads(space, key, value);
                all.put(name + "/" + key, value);
                Instant expiry = space.expiresAt(key);
                if (expiry != null) {
                    require(
                            TestEngines.announcesExpiry(store),
                            () -> name + "/" + key
                                    + " expires, and the manifest does not say that there is such a thing");
                    all.put(name + "/" + key + Model.EXPIRY, Model.expiry(expiry.toEpochMilli()));
                }
            });
            byte[] layout = TestEngines.layout(store, name);
            if (layout != null) {
                require(
                        TestEngines.announcesProperties(store),
                        () -> name + " has a layout, and the manifest does not say that there is such a thing");
                all.put(name + Reading.LAYOUT, layout);
            }
            compareMany(space, scanned);
            compareIterations(store, space, scanned);
            for (int i = 0; i < Life.KEYS; i++) {
                String key = Life.key(i);
                require(
                        scanned.containsKey(key)
                                || space.get(key) == null && !space.contains(key) && space.expiresAt(key) == null,
                        () -> name + ": a get finds " + key + ", a scan does not");
            }
        }
        all.putAll(VectorComparison.read(store));
        all.putAll(DocumentComparison.read(store));
        return all;
    }

    /** Keyspaces that were opened with a type can be opened with it, and with no other, and show what is in them. */
    static void readTyped(Store store, Map<String, byte[]> found) {
        for (String name : store.keyspaces()) {
            if (found.containsKey(name + Reading.LAYOUT)) {
                Keyspace space = store.keyspace(name);
                TypedKeyspace<Reading> typed = space.typed(Reading.class);
                found.forEach((path, value) -> {
                    if (path.startsWith(name + "/") && value.length == Reading.BYTES) {
                        Reading read = typed.get(path.substring(name.length() + 1));
                        // NaN has many forms, and anything may be in a value of that length.
                        require(
                                read != null && Reading.parse(value).time() == read.time(),
                                () -> path + " reads as " + read);
                    }
                });
                try {
                    space.typed(Reading.Other.class);
                } catch (LayoutMismatchException e) {
                    continue; // as it should be
                }
                throw new AssertionError(name + " can be opened with another type");
            }
        }
    }

    private static void compareMany(Keyspace space, Map<String, byte[]> expected) {
        byte[][] keys = new byte[Life.KEYS][];
        for (int i = 0; i < keys.length; i++) {
            keys[i] = Life.key(i).getBytes(StandardCharsets.UTF_8);
        }
        MemorySegment[] values = new MemorySegment[keys.length];
        int found = space.getAll(keys, values);
        for (int i = 0; i < keys.length; i++) {
            byte[] value = expected.get(Life.key(i));
            MemorySegment view = values[i];
            String key = Life.key(i);
            require(
                    value == null ? view == null : view != null && Arrays.equals(value, view.toArray(JAVA_BYTE)),
                    () -> space.name() + ": a scan and a multi-get of " + key + " differ");
            found -= view == null ? 0 : 1;
        }
        require(found == 0, () -> space.name() + ": a multi-get miscounts");
    }

    /** Nobody writes meanwhile, so all of them go through the same entries, in one order or the opposite. */
    private static void compareIterations(Store store, Keyspace space, Map<String, byte[]> expected) {
        List<String> order = keys(space.scan());
        List<String> backward = keys(space.scanBackward());
        require(
                backward.reversed().equals(order),
                () -> space.name() + ": forward " + order + ", backward " + backward.reversed());
        Entry first = space.firstEntry();
        Entry last = space.lastEntry();
        require(
                order.isEmpty()
                        ? first == null && last == null
                        : first != null
                                && last != null
                                && key(first).equals(order.getFirst())
                                && key(last).equals(order.getLast()),
                () -> space.name() + ": the first and the last entry are not those of a scan: " + order);
        try (Stream<Entry> entries = space.stream()) {
            List<String> streamed = entries.peek(entry -> require(
                            entry.contentEquals(expected.get(key(entry))) && entry.verify(),
                            () -> space.name() + ": a stream shows another value of " + key(entry)))
                    .map(StoreReader::key)
                    .toList();
            require(streamed.equals(order), () -> space.name() + ": a scan met " + order + ", a stream " + streamed);
        }
        String prefix = Life.key(1);
        List<String> some = keys(space.scan(prefix.getBytes(StandardCharsets.UTF_8)));
        require(
                some.equals(order.stream().filter(key -> key.startsWith(prefix)).toList()),
                () -> space.name() + ": of " + order + " those with " + prefix + " are not " + some);
        try (Snapshot snapshot = store.snapshot()) {
            KeyspaceReader frozen = snapshot.keyspace(space.name());
            List<String> shown = keys(frozen.scan());
            require(shown.equals(order), () -> space.name() + ": a scan met " + order + ", a snapshot's " + shown);
        }
    }

    private static String key(Entry entry) {
        return new String(entry.keyBytes(), StandardCharsets.UTF_8);
    }

    private static List<String> keys(Scan entries) {
        List<String> keys = new ArrayList<>();
        try (entries) {
            while (entries.next()) {
                keys.add(new String(entries.key().toArray(JAVA_BYTE), StandardCharsets.UTF_8));
            }
        }
        return keys;
    }

    private static TreeMap<String, byte[]> scan(Keyspace space) {
        TreeMap<String, byte[]> found = new TreeMap<>();
        try (Scan scan = space.scan()) {
            while (scan.next()) {
                String key = new String(scan.key().toArray(JAVA_BYTE), StandardCharsets.UTF_8);
                byte[] former = found.put(key, scan.value().toArray(JAVA_BYTE));
                require(former == null, () -> space.name() + ": a scan met " + key + " twice");
            }
        }
        return found;
    }

    private static void compareReads(Keyspace space, String key, byte[] expected) {
        byte[] bytes = key.getBytes(StandardCharsets.UTF_8);
        MemorySegment view = space.get(bytes);
        require(view != null, () -> space.name() + ": a scan finds " + key + ", a get does not");
        require(
                Arrays.equals(expected, view.toArray(JAVA_BYTE)),
                () -> space.name() + ": get and scan of " + key + " differ");
        Cursor cursor = space.cursor();
        require(cursor.find(bytes), () -> space.name() + ": a cursor does not find " + key);
        require(
                MemorySegment.ofArray(expected).mismatch(cursor.value()) == -1,
                () -> space.name() + ": cursor and scan of " + key + " differ");
    }

    /** Removes what has expired; nothing of it may be left. */
    static void sweep(Store store) {
        store.removeExpired();
        for (String name : store.keyspaces()) {
            Keyspace space = store.keyspace(name);
            require(
                    space.size() == scan(space).size(),
                    () -> name + ": of " + space.size() + " keys some have expired and were not removed");
        }
    }

    /** Every record of the log and every value file is whole, also what nobody refers to. */
    public static void verify(Store store) {
        VerificationReport report = store.verify(bytes -> {});
        require(report.intact(), () -> "damaged after a crash, which damages nothing: " + report.damaged());
    }

    /** What has to be there is there. */
    static void compare(Map<String, byte[]> expected, Map<String, byte[]> found) {
        require(
                Model.isSame(expected, found),
                () -> "expected " + Model.describe(expected) + "\nfound    " + Model.describe(found));
    }

    static void require(boolean holds, java.util.function.Supplier<String> otherwise) {
        if (!holds) {
            throw new AssertionError(otherwise.get());
        }
    }
}
