package dev.ashlar.fuzz;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.ashlar.AshlarException;
import dev.ashlar.CorruptionException;
import dev.ashlar.Cursor;
import dev.ashlar.Keyspace;
import dev.ashlar.RecoveryReport;
import dev.ashlar.Scan;
import dev.ashlar.Store;
import dev.ashlar.UnsupportedFormatException;
import dev.ashlar.VectorCollection;
import dev.ashlar.VectorQuery;
import dev.ashlar.VectorScan;
import java.lang.foreign.MemorySegment;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What opening a store and reading all of it in every way gave. The ways have to agree, and nothing may be thrown but what
 * is documented; both are checked on the way.
 */
final class Reading {
    static final String DAMAGED = "\0damaged";

    private final @Nullable AshlarException refusal;
    private final @Nullable RecoveryReport report;
    private final Map<String, String> found = new TreeMap<>();
    private final Set<String> scanned = new TreeSet<>();
    private int scanErrors;

    /** Whether the ways of reading have to agree: not so if an index was forged. */
    private final boolean strict;

    private Reading(@Nullable AshlarException refusal, @Nullable RecoveryReport report, boolean strict) {
        this.refusal = refusal;
        this.report = report;
        this.strict = strict;
    }

    static Reading refused(AshlarException refusal) {
        return new Reading(refusal, null, true);
    }

    /** Reads keys that may be there, and all that a scan meets. */
    static Reading of(Store store, Set<String> paths, boolean strict) {
        Reading reading = new Reading(null, store.recovery(), strict);
        Set<String> names = new TreeSet<>(store.keyspaces());
        for (String name : names) {
            reading.scan(store.keyspace(name));
        }
        Set<String> collections = new TreeSet<>(store.vectorCollections());
        for (String name : collections) {
            reading.scan(store.vectors(name));
        }
        for (String path : paths) {
            String name = path.substring(0, path.indexOf('\0'));
            if (names.contains(name)) {
                reading.lookUp(store.keyspace(name), path);
            }
            if (collections.contains(name)) {
                reading.lookUp(store.vectors(name), path);
            }
        }
        boolean verified = store.verify(bytes -> {}).intact();
        require(
                !strict || !verified || reading.isSilent(),
                "reading finds damage that verify does not: " + reading.found);
        return reading;
    }

    @Nullable
    AshlarException refusal() {
        return refusal;
    }

    RecoveryReport report() {
        return java.util.Objects.requireNonNull(report);
    }

    /** Values by path, or {@link #DAMAGED}; what is absent is not in it. */
    Map<String, String> found() {
        return found;
    }

    Set<String> scanned() {
        return scanned;
    }

    /** No read was refused. */
    boolean isSilent() {
        return scanErrors == 0 && !found.containsValue(DAMAGED);
    }

    // ------------------------------------------------------------------------------------------------------- reading

    private void scan(Keyspace space) {
        int met = 0;
        int errors = scanErrors;
        try (Scan scan = space.scan()) {
            while (next(scan)) {
                String path = Specimen.path(space.name(), Bytes.text(scan.key().toArray(JAVA_BYTE)));
                require(scanned.add(path) || !strict, "met twice by a scan: " + path);
                met++;
                String value = scanValue(scan);
                lookUp(space, path);
                require(!strict || value.equals(found.get(path)), "a scan and a get of " + path + " differ");
                require(
                        value.equals(DAMAGED) || value.length() == scan.size(),
                        "a scan gives another size than its value has: " + path);
            }
        }
        require(
                !strict || errors != scanErrors || met == space.size(),
                space.name() + " has " + space.size() + " keys, a scan met " + met);
    }

    private void scan(VectorCollection vectors) {
        int met = 0;
        int errors = scanErrors;
        try (VectorScan scan = vectors.scan()) {
            while (scan.next()) {
                try {
                    String path = Specimen.path(vectors.name(), Author.key(scan.id()));
                    require(scanned.add(path) || !strict, "met twice by a scan: " + path);
                    met++;
                    require(scan.version() >= 0 || !strict, "a version below 0");
                    String value = scanRow(scan);
                    lookUp(vectors, path);
                    require(!strict || value.equals(found.get(path)), "a scan and a get of " + path + " differ");
                } catch (CorruptionException e) {
                    scanErrors++;
                }
            }
        }
        require(
                !strict || errors != scanErrors || met == vectors.size(),
                vectors.name() + " has " + vectors.size() + " rows, a scan met " + met);
        try {
            MemorySegment query =
                    MemorySegment.ofArray(new byte[vectors.options().rowBytes()]);
            require(
                    vectors.search(VectorQuery.of(query).k(1000)).size() <= vectors.size() || !strict,
                    "a search finds more than there is");
        } catch (CorruptionException e) {
            scanErrors++; // also of a row that the log still has, which is read there
        }
    }

    private static String scanRow(VectorScan scan) {
        try {
            return Bytes.text(scan.row().toArray(JAVA_BYTE));
        } catch (CorruptionException e) {
            return DAMAGED;
        }
    }

    private void lookUp(VectorCollection vectors, String path) {
        byte[] key = Bytes.bytes(path.substring(path.indexOf('\0') + 1));
        if (key.length != Long.BYTES) {
            return;
        }
        long id = java.nio.ByteBuffer.wrap(key).getLong() ^ Long.MIN_VALUE;
        String value;
        try {
            MemorySegment row = vectors.get(id);
            value = row == null ? null : Bytes.text(row.toArray(JAVA_BYTE));
            require((value != null) == vectors.contains(id), "contained, or found: " + path);
        } catch (CorruptionException e) {
            value = DAMAGED;
        }
        if (value != null) {
            found.put(path, value);
        }
    }

    private boolean next(Scan scan) {
        for (int tries = 0; tries < 100_000; tries++) {
            try {
                return scan.next();
            } catch (CorruptionException e) {
                scanErrors++;
            }
        }
        throw new AssertionError("a scan does not end");
    }

    private static String scanValue(Scan scan) {
        try {
            return Bytes.text(scan.value().toArray(JAVA_BYTE));
        } catch (CorruptionException | UnsupportedFormatException e) {
            return DAMAGED;
        }
    }

    private void lookUp(Keyspace space, String path) {
        byte[] key = Bytes.bytes(path.substring(path.indexOf('\0') + 1));
        String value = get(space, key);
        String atCursor = cursor(space, key);
        require(
                java.util.Objects.equals(value, atCursor),
                "get and cursor differ: " + path + " is " + describe(value) + " and " + describe(atCursor));
        require(value == null || value.equals(DAMAGED) || space.contains(key), "not contained, and found: " + path);
        if (value != null) {
            found.put(path, value);
        }
    }

    private static @Nullable String get(Keyspace space, byte[] key) {
        try {
            MemorySegment view = space.get(key);
            return view == null ? null : Bytes.text(view.toArray(JAVA_BYTE));
        } catch (CorruptionException | UnsupportedFormatException e) {
            return DAMAGED;
        }
    }

    private static @Nullable String cursor(Keyspace space, byte[] key) {
        Cursor cursor = space.cursor();
        try {
            if (!cursor.find(key)) {
                return null;
            }
            byte[] copy = new byte[(int) cursor.size()];
            cursor.copyTo(0, MemorySegment.ofArray(copy), 0, copy.length);
            if (copy.length >= Long.BYTES) {
                require(
                        cursor.getLong(copy.length - Long.BYTES) == Bytes.number(copy, copy.length - Long.BYTES, 8),
                        "the last number of a value is another at a cursor");
            }
            return Bytes.text(copy);
        } catch (CorruptionException | UnsupportedFormatException e) {
            return DAMAGED;
        }
    }

    static String describe(@Nullable String value) {
        if (value == null) {
            return "absent";
        }
        String shown = value.length() > 24 ? value.substring(0, 24) + "..." : value;
        return value.equals(DAMAGED) ? "damaged" : value.length() + " bytes " + shown;
    }

    private static void require(boolean holds, String otherwise) {
        if (!holds) {
            throw new AssertionError(otherwise);
        }
    }
}
