package dev.ashlar.failures;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.ashlar.AshlarException;
import dev.ashlar.Durability;
import dev.ashlar.Keyspace;
import dev.ashlar.Store;
import dev.ashlar.StoreFailedException;
import dev.ashlar.WriteBatch;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A fixed sequence of everything a store does, against a model, which any operation of the storage may interrupt: what
 * an operation that failed has left is checked at once. It runs without threads, so that the n-th operation of the
 * storage is the same in each run.
 */
final class Script {
    /** More than a chunk, less than two. */
    private static final int PARTS = 12;

    private final Map<String, byte[]> model = new TreeMap<>();
    private final List<AshlarException> failures = new ArrayList<>();
    private final boolean withValueFiles;
    private Keyspace space;
    private boolean failed;

    /** What the keys of a write that is said to be indeterminate would hold; null: absent. */
    private final Map<String, byte @Nullable []> indeterminate = new HashMap<>();

    Script(boolean withValueFiles) {
        this.withValueFiles = withValueFiles;
    }

    Map<String, byte[]> model() {
        return model;
    }

    List<AshlarException> failures() {
        return failures;
    }

    /** True if the store refuses writes until it is reopened. */
    boolean failed() {
        return failed;
    }

    /** Does it all; the store stays open. */
    void run(Store store) {
        Keyspace opened = attempt(() -> store.keyspace("script"));
        space = opened != null ? opened : store.keyspace("script");
        for (int i = 0; i < 3; i++) {
            put("small-" + i, 20 + i);
        }
        for (int i = 0; i < 5; i++) {
            put("large-" + i, 180_000);
        }
        batch(store, "first", PARTS, 60_000);
        delete("small-1");
        put("small-0", 30);
        for (int i = 0; i < 4; i++) {
            put("large-0", 170_000 + i);
        }
        if (withValueFiles) {
            put("file", 9_000_000);
            put("file", 8_500_000);
        }
        batch(store, "first", PARTS, 50_000);
        attempt(store::compact);
        put("after", 40);
        attempt(() -> {
            store.checkpoint();
            return true;
        });
        delete("large-1");
        delete("absent");
        put("durable", 50);
        attempt(store::sync);
        batch(store, "second", 3, 100);
        attempt(store::compact);
        for (int i = 0; i < 3; i++) {
            put("last-" + i, 100_000);
        }
        check();
    }

    private <T> @Nullable T attempt(Supplier<T> action) {
        try {
            return action.get();
        } catch (AshlarException e) {
            failures.add(e);
            failed |= e instanceof StoreFailedException;
            return null;
        }
    }

    private void put(String key, int length) {
        byte[] value = FailureFixture.random(length, key.hashCode());
        write(Map.of(key, value), () -> space.put(bytes(key), value, Durability.APPENDED));
    }

    private void delete(String key) {
        Map<String, byte @Nullable []> change = new HashMap<>();
        change.put(key, null);
        write(change, () -> space.delete(key));
    }

    /** Puts many keys, deletes one of them and one that was there before. */
    private void batch(Store store, String name, int parts, int length) {
        Map<String, byte @Nullable []> change = new HashMap<>();
        write(change, () -> {
            try (WriteBatch batch = store.batch()) {
                for (int i = 0; i < parts; i++) {
                    String key = name + "-" + i;
                    byte[] value = FailureFixture.random(length + i, i);
                    batch.put(space, key, value);
                    change.put(key, value);
                }
                batch.delete(space, name + "-1").delete(space, "small-2");
                change.put(name + "-1", null);
                change.put("small-2", null);
                return batch.commit();
            }
        });
    }

    private void write(Map<String, byte @Nullable []> change, Supplier<Long> action) {
        Long lsn = attempt(action);
        if (lsn != null) {
            apply(model, change);
        } else if (failures.getLast() instanceof StoreFailedException e && e.indeterminate()) {
            indeterminate.putAll(change);
        }
        if (indeterminate.isEmpty()) {
            change.keySet().forEach(this::checkKey);
        }
    }

    private static void apply(Map<String, byte[]> model, Map<String, byte @Nullable []> change) {
        change.forEach((key, value) -> {
            if (value == null) {
                model.remove(key);
            } else {
                model.put(key, value);
            }
        });
    }

    private void checkKey(String key) {
        byte[] expected = model.get(key);
        byte[] found = FailureFixture.value(space.get(key));
        assertEquals(expected == null, found == null, () -> "presence of " + key + " after " + failures);
        assertTrue(expected == null || java.util.Arrays.equals(expected, found), () -> "value of " + key);
    }

    void check() {
        if (indeterminate.isEmpty()) {
            FailureFixture.assertHolds(model, space);
        }
    }

    /** A reopened store shows the model, with the indeterminate write or without. */
    void checkReopened(Keyspace reopened) {
        if (indeterminate.isEmpty()) {
            FailureFixture.assertHolds(model, reopened);
            return;
        }
        Map<String, byte[]> with = new TreeMap<>(model);
        apply(with, indeterminate);
        String probe = indeterminate.keySet().iterator().next();
        byte[] found = FailureFixture.value(reopened.get(probe));
        FailureFixture.assertHolds(java.util.Arrays.equals(found, with.get(probe)) ? with : model, reopened);
    }

    private static byte[] bytes(String text) {
        return FailureFixture.bytes(text);
    }
}
