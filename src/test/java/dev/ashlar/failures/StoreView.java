package dev.ashlar.failures;

import com.fasterxml.jackson.databind.JsonNode;
import dev.ashlar.CorruptionException;
import dev.ashlar.Damage;
import dev.ashlar.Keyspace;
import dev.ashlar.Scan;
import dev.ashlar.Store;
import dev.ashlar.UnsupportedFormatException;
import dev.ashlar.simd.Xxh3;
import java.lang.foreign.MemorySegment;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * All that a reader can tell of a store, in a form that does not depend on who read it. Entries are in the order of the
 * log.
 *
 * @param alignments of the keyspaces, by name
 * @param records by keyspace and key in hexadecimal
 * @param damaged stretches of files that do not verify and should
 * @param dropped where what follows the end of the log begins
 */
record StoreView(
        Map<String, Integer> alignments,
        Map<String, Map<String, Entry>> records,
        TreeSet<String> damaged,
        TreeSet<String> dropped) {
    static final String DAMAGED = "damaged";
    private static final String UNSUPPORTED = "unsupported";

    /**
     * @param hash XXH3 of the value, or that it is damaged
     * @param expiry in milliseconds since 1970; 0 if it stays
     */
    record Entry(long version, long length, String hash, long expiry) {
        Entry {
            // The engine says when a value expires once it has verified it, the reader in C also where the value is
            // damaged.
            expiry = hash.equals(DAMAGED) || hash.equals(UNSUPPORTED) ? 0 : expiry;
        }
    }

    long size() {
        return records.values().stream().mapToLong(Map::size).sum();
    }

    // ----------------------------------------------------------------------------------------------------- in Java

    static StoreView of(Store store) {
        StoreView view = new StoreView(new TreeMap<>(), new TreeMap<>(), new TreeSet<>(), new TreeSet<>());
        for (String name : store.keyspaces()) {
            Keyspace space = store.keyspace(name);
            view.alignments.put(name, space.options().alignment());
            view.records.put(name, scan(space));
        }
        store.recovery().damaged().stream()
                .filter(damage -> !damage.file().startsWith("index/"))
                .forEach(damage -> view.damaged.add(describe(damage)));
        store.recovery().dropped().forEach(damage -> view.dropped.add(damage.file() + " at " + damage.position()));
        return view;
    }

    private static String describe(Damage damage) {
        return damage.file() + " at " + damage.position() + " for " + damage.length();
    }

    private static Map<String, Entry> scan(Keyspace space) {
        Map<String, Entry> entries = new LinkedHashMap<>();
        try (Scan scan = space.scan()) {
            while (next(scan)) {
                byte[] key = FailureTest.value(scan.key());
                Entry entry = new Entry(scan.version(), scan.size(), hash(scan), expiry(space, key));
                String got = get(space, key);
                if (!entry.hash.equals(got)) {
                    throw new AssertionError(
                            HexFormat.of().formatHex(key) + ": a scan gives " + entry + ", get " + got);
                }
                if (entries.put(HexFormat.of().formatHex(key), entry) != null) {
                    throw new AssertionError(HexFormat.of().formatHex(key) + " is met twice");
                }
            }
        }
        if (entries.size() != space.size()) {
            throw new AssertionError(
                    space.name() + " has " + space.size() + " entries, and " + entries.size() + " are met");
        }
        return entries;
    }

    private static boolean next(Scan scan) {
        while (true) {
            try {
                return scan.next();
            } catch (CorruptionException e) {
                // The scan goes on behind it; what was lost is compared by its absence.
            }
        }
    }

    private static String hash(Scan scan) {
        try {
            return hash(scan.value());
        } catch (CorruptionException e) {
            return DAMAGED;
        } catch (UnsupportedFormatException e) {
            return UNSUPPORTED;
        }
    }

    /** What a lookup of a key gives: the hash of its value, or that it is damaged or absent. */
    static String get(Keyspace space, byte[] key) {
        try {
            MemorySegment value = space.get(key);
            return value == null ? "absent" : hash(value);
        } catch (CorruptionException e) {
            return DAMAGED;
        } catch (UnsupportedFormatException e) {
            return UNSUPPORTED;
        }
    }

    /** When a value expires, as far as it can be read. */
    private static long expiry(Keyspace space, byte[] key) {
        try {
            Instant expiry = space.expiresAt(key);
            return expiry == null ? 0 : expiry.toEpochMilli();
        } catch (CorruptionException | UnsupportedFormatException e) {
            return 0;
        }
    }

    static String hash(MemorySegment value) {
        return HexFormat.of().toHexDigits(Xxh3.hash(value, 0, value.byteSize(), 0));
    }

    // -------------------------------------------------------------------------------------------------------- in C

    static StoreView of(JsonNode read) {
        StoreView view = new StoreView(new TreeMap<>(), new TreeMap<>(), new TreeSet<>(), new TreeSet<>());
        Map<Integer, String> names = new HashMap<>();
        for (JsonNode keyspace : read.get("keyspaces")) {
            int id = keyspace.get("id").asInt();
            boolean defined = keyspace.get("defined").asBoolean();
            String name = defined ? keyspace.get("name").asText() : "recovered keyspace " + id;
            names.put(id, name);
            view.alignments.put(name, defined ? keyspace.get("alignment").asInt() : 64);
            view.records.put(name, new LinkedHashMap<>());
        }
        for (JsonNode each : read.get("records")) {
            JsonNode hash = each.get("xxh3");
            JsonNode error = each.get("error");
            view.records
                    .get(names.get(each.get("space").asInt()))
                    .put(
                            each.get("key").asText(),
                            new Entry(
                                    each.get("version").asLong(),
                                    each.get("length").asLong(),
                                    hash != null ? hash.asText() : error.asText(),
                                    each.path("expiry").asLong(0)));
        }
        for (JsonNode finding : read.get("findings")) {
            String where = finding.get("file").asText() + " at "
                    + finding.get("position").asLong();
            switch (finding.get("kind").asText()) {
                case "damage", "damaged file" ->
                    view.damaged.add(where + " for " + finding.get("length").asLong());
                case "dropped" -> view.dropped.add(where);
                default -> view.damaged.add("log at 0 for 0"); // the engine's way to report a lost definition
            }
        }
        return view;
    }

    // -------------------------------------------------------------------------------------------------- comparison

    /** What differs between what two readers found, in words. */
    List<String> differences(StoreView other) {
        List<String> all = new ArrayList<>();
        compare(all, "keyspaces", alignments, other.alignments);
        TreeSet<String> names = new TreeSet<>(records.keySet());
        names.retainAll(other.records.keySet());
        for (String name : names) {
            Map<String, Entry> mine = records.get(name);
            Map<String, Entry> others = other.records.get(name);
            TreeSet<String> keys = new TreeSet<>(mine.keySet());
            keys.addAll(others.keySet());
            for (String key : keys) {
                compare(all, name + "/" + key, mine.get(key), others.get(key));
            }
            compare(all, "order in " + name, List.copyOf(mine.keySet()), List.copyOf(others.keySet()));
        }
        return all;
    }

    /** What differs in the reports of an opening. */
    List<String> reportDifferences(StoreView other) {
        List<String> all = new ArrayList<>();
        compare(all, "damaged", damaged, other.damaged);
        compare(all, "dropped", dropped, other.dropped);
        return all;
    }

    private static void compare(List<String> all, String what, @Nullable Object mine, @Nullable Object others) {
        if (!Objects.equals(mine, others)) {
            all.add(what + ": " + mine + " in C, " + others + " in Java");
        }
    }
}
