package dev.ashlar.fuzz;

import dev.ashlar.Durability;
import dev.ashlar.Keyspace;
import dev.ashlar.KeyspaceOptions;
import dev.ashlar.Metric;
import dev.ashlar.Store;
import dev.ashlar.StoreOptions;
import dev.ashlar.VectorOptions;
import dev.ashlar.VectorType;
import dev.ashlar.WriteBatch;
import dev.ashlar.engine.TestEngines;
import dev.ashlar.sim.SimDisk;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;

/** Writes a small store on a simulated disk, and remembers all that it wrote. The same calls give the same bytes. */
final class Author {
    /** Nothing happens by itself: no sync, no checkpoint, no compaction that was not asked for. */
    static final StoreOptions STILL = StoreOptions.DEFAULT
            .withRingSlots(8)
            .withBufferBytes(32L << 20)
            .withSyncInterval(Duration.ZERO)
            .withAutoCompaction(false)
            .withSweepInterval(Duration.ZERO)
            // It stands before every expiry that there can be, so that none hides anything, a forged one neither.
            .withClock(InstantSource.fixed(Instant.EPOCH));

    /** The smallest chunk there is, so that a small store has several. */
    static final long CHUNK = 4096;

    private final String name;
    private SimDisk disk = new SimDisk();
    private final UUID id;
    private final List<StoreImage> earlier = new ArrayList<>();
    private final Map<String, String> current = new TreeMap<>();
    private final Map<String, Set<String>> history = new HashMap<>();
    private Store store;

    Author(String name) {
        this.name = name;
        this.id = new UUID(name.hashCode() * 0x9E37_79B9_7F4A_7C15L, name.length());
        this.store = open(disk, id);
    }

    static Store open(SimDisk disk, UUID id) {
        return TestEngines.inline(Path.of("simulated"), disk.storage(), STILL, id, CHUNK);
    }

    Store store() {
        return store;
    }

    /** Bytes that no two seeds have in common. */
    static String value(int length, long seed) {
        byte[] bytes = new byte[length];
        new Random(seed * 1_000_003 + length).nextBytes(bytes);
        return Bytes.text(bytes);
    }

    Author space(String space, int alignment) {
        store.keyspace(space, KeyspaceOptions.DEFAULT.withAlignment(alignment));
        return this;
    }

    private Keyspace keyspace(String space) {
        return store.keyspace(space);
    }

    Author put(String space, String key, String value) {
        keyspace(space).put(Bytes.bytes(key), Bytes.bytes(value), Durability.APPENDED);
        return knows(space, key, value);
    }

    Author put(String space, String key, String value, Duration timeToLive) {
        keyspace(space).put(Bytes.bytes(key), Bytes.bytes(value), timeToLive);
        return knows(space, key, value);
    }

    /** A value was written, perhaps by other means. */
    Author knows(String space, String key, String value) {
        current.put(Specimen.path(space, key), value);
        history.computeIfAbsent(Specimen.path(space, key), _ -> new HashSet<>()).add(value);
        return this;
    }

    Author delete(String space, String key) {
        keyspace(space).delete(Bytes.bytes(key), Durability.APPENDED);
        current.remove(Specimen.path(space, key));
        return this;
    }

    Author clear(String space) {
        keyspace(space).clear();
        return forget(space);
    }

    Author drop(String space) {
        store.dropKeyspace(space);
        return forget(space);
    }

    private Author forget(String space) {
        current.keySet().removeIf(path -> path.startsWith(Specimen.path(space, "")));
        return this;
    }

    /** Puts some keys and deletes one, at once. */
    Author batch(String space, int count, int length, long seed, String deleted) {
        try (WriteBatch batch = store.batch()) {
            for (int i = 0; i < count; i++) {
                String value = value(length, seed + i);
                batch.put(keyspace(space), Bytes.bytes("batch-" + i), Bytes.bytes(value));
                knows(space, "batch-" + i, value);
            }
            batch.delete(keyspace(space), Bytes.bytes(deleted));
            current.remove(Specimen.path(space, deleted));
            batch.commit(Durability.APPENDED);
        }
        return this;
    }

    /** A collection whose rows take 64 bytes each, so that there is no padding. */
    Author collection(String name, VectorType type) {
        int dimension = type == VectorType.FLOAT32 ? 16 : type == VectorType.INT8 ? 64 : 512;
        store.vectors(
                name,
                VectorOptions.of(dimension).type(type).metric(type == VectorType.BIT ? Metric.JACCARD : Metric.COSINE));
        return this;
    }

    Author row(String collection, long id, int seed) {
        String bytes = row(seed);
        store.vectors(collection).put(id, MemorySegment.ofArray(Bytes.bytes(bytes)), Durability.APPENDED);
        return knows(collection, key(id), bytes);
    }

    /** Small numbers, finite as floats too. */
    private static String row(int seed) {
        byte[] bytes = new byte[64];
        new Random(seed).nextBytes(bytes);
        for (int i = 3; i < bytes.length; i += 4) {
            bytes[i] = 0x3F;
        }
        return Bytes.text(bytes);
    }

    static String key(long id) {
        return Bytes.text(Keyspace.longKey(id));
    }

    Author deleteRow(String collection, long id) {
        store.vectors(collection).delete(id, Durability.APPENDED);
        current.remove(Specimen.path(collection, key(id)));
        return this;
    }

    Author segments(String collection) {
        store.vectors(collection).flush();
        return this;
    }

    Author dropCollection(String collection) {
        store.dropVectors(collection);
        return forget(collection);
    }

    Author sync() {
        store.sync();
        return this;
    }

    Author checkpoint() {
        store.checkpoint();
        return this;
    }

    Author compact() {
        store.compact();
        return this;
    }

    /** Remembers the files as they are now: what somebody may put back later. */
    Author remember() {
        earlier.add(StoreImage.of(disk));
        return this;
    }

    Author reopen() {
        store.close();
        store = open(disk, id);
        return this;
    }

    /** The process is killed while it writes its last record, of a key that was not there before; the store is opened again. */
    Author crash(String space, String key) {
        StoreImage image = StoreImage.of(disk);
        store.close();
        LogFrame torn = LogFrame.all(image).getLast();
        byte[] chunk = image.bytes(torn.file()).clone();
        java.util.Arrays.fill(chunk, torn.offset() + 30, torn.end(), (byte) 0);
        disk = image.with(torn.file(), chunk).toDisk();
        current.remove(Specimen.path(space, key));
        store = open(disk, id);
        return this;
    }

    /** The files that a killed process leaves. The store is closed afterwards, and not used any more. */
    Specimen killed() {
        StoreImage image = StoreImage.of(disk);
        store.close();
        return specimen(image, false);
    }

    Specimen closed() {
        store.close();
        return specimen(StoreImage.of(disk), true);
    }

    private Specimen specimen(StoreImage image, boolean clean) {
        return specimen(name, image, List.copyOf(earlier), clean, current, history);
    }

    static Specimen specimen(
            String name,
            StoreImage image,
            List<StoreImage> earlier,
            boolean clean,
            Map<String, String> current,
            Map<String, Set<String>> history) {
        return new Specimen(name, image, earlier, clean, current, history, LogFrame.all(image));
    }
}
