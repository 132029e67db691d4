package dev.ashlar.engine;

import dev.ashlar.AshlarException;
import dev.ashlar.Durability;
import dev.ashlar.KeyspaceOptions;
import dev.ashlar.keyspace.KeyspaceView;
import dev.ashlar.keyspace.Space;
import dev.ashlar.keyspace.SpaceDefinition;
import dev.ashlar.log.FrameLayout;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.TreeMap;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/** The names of the spaces. Their definitions are records of the system space, written durably before they are used. */
final class Catalog {

    private final KeyspaceView view;

    /** Never changed, but replaced: a callback that looks a name up must not wait for who creates or drops a keyspace. */
    private volatile TreeMap<String, Space> byName;

    Catalog(KeyspaceView view) {
        this.view = view;
        TreeMap<String, Space> found = new TreeMap<>();
        for (Space space : view.all()) {
            if (space.id() != KeyspaceView.SYSTEM) {
                Space former = found.put(space.name(), space);
                if (former != null) {
                    // The deletion of its definition is damaged, and its name was given again since.
                    found.put("recovered keyspace " + former.id(), former);
                }
            }
        }
        this.byName = found;
    }

    @Nullable
    Space find(String name) {
        return byName.get(name);
    }

    List<String> names() {
        return List.copyOf(byName.keySet());
    }

    List<Space> spaces() {
        return List.copyOf(byName.values());
    }

    /** The space of that name, created durably if there is none. Waits for nothing if there is one. */
    Space open(String name, KeyspaceOptions options, Writes writes) {
        Space present = byName.get(name);
        if (present == null) {
            checkName(name);
            writes.checkMayWrite();
            present = openOrCreate(name, options, writes);
        }
        if (present.alignment() != options.alignment()) {
            throw new IllegalArgumentException("keyspace " + name + " has alignment " + present.alignment() + ", not "
                    + options.alignment() + "; open it with the former, or copy it to a new one");
        }
        present.values().verification(options.verification());
        return present;
    }

    private synchronized Space openOrCreate(String name, KeyspaceOptions options, Writes writes) {
        Space present = byName.get(name);
        return present != null ? present : create(name, options, writes);
    }

    private Space create(String name, KeyspaceOptions options, Writes writes) {
        int id = view.nextId();
        if (id >= KeyspaceView.MAX_SPACES) {
            throw new AshlarException("the store has had " + (id - 1)
                    + " keyspaces, the most it can have in its life; copy what it holds to a new store");
        }
        SpaceDefinition definition = new SpaceDefinition(id, name, options);
        Space system = view.all().getFirst();
        writes.write(
                system,
                FrameLayout.PUT,
                Op.ALWAYS,
                0,
                Writes.Key.of(definition.key()),
                Writes.Value.of(definition.value()),
                Durability.DURABLE);
        Space space = view.define(definition);
        TreeMap<String, Space> more = new TreeMap<>(byName);
        more.put(name, space);
        byName = more;
        return space;
    }

    /**
     * Removes a space with all its records, durably; false if there is none of that name.
     *
     * @param catalogKeys finds the keys of the records of a space in the catalog
     */
    synchronized boolean drop(String name, Batch batch, IntFunction<List<byte[]>> catalogKeys) {
        Space space = byName.get(name);
        if (space == null) {
            return false;
        }
        Space system = view.all().getFirst();
        SpaceDefinition definition =
                new SpaceDefinition(space.id(), name, KeyspaceOptions.DEFAULT.withAlignment(space.alignment()));
        List<byte[]> keys = catalogKeys.apply(space.id());
        for (byte[] key : keys) {
            if (key.length > definition.key().length) {
                batch.catalog(system, FrameLayout.DELETE, key, Writes.Value.NONE);
            }
        }
        if (keys.stream().noneMatch(key -> key.length == definition.key().length)) {
            // It was lost, so there is nothing that a deletion would delete.
            batch.catalog(system, FrameLayout.PUT, definition.key(), Writes.Value.of(definition.value()));
        }
        batch.catalog(system, FrameLayout.DELETE, definition.key(), Writes.Value.NONE);
        long ignored = batch.commit(Durability.DURABLE);
        TreeMap<String, Space> fewer = new TreeMap<>(byName);
        fewer.remove(name);
        byName = fewer;
        return true;
    }

    private static void checkName(String name) {
        int length = name.getBytes(StandardCharsets.UTF_8).length;
        if (length == 0 || length > SpaceDefinition.MAX_NAME_BYTES) {
            throw new IllegalArgumentException("a keyspace name has 1 to " + SpaceDefinition.MAX_NAME_BYTES
                    + " bytes of UTF-8; this one has " + length);
        }
        if (!StandardCharsets.UTF_8.newEncoder().canEncode(name)) {
            throw new IllegalArgumentException(
                    "a keyspace name is stored in UTF-8, which half of a surrogate pair cannot be");
        }
        if (name.chars().anyMatch(Character::isISOControl)) {
            throw new IllegalArgumentException("a keyspace name has no control characters");
        }
    }
}
