package dev.ashlar.engine;

import dev.ashlar.AshlarException;
import dev.ashlar.Durability;
import dev.ashlar.KeyspaceOptions;
import dev.ashlar.VectorOptions;
import dev.ashlar.keyspace.KeyspaceView;
import dev.ashlar.keyspace.Space;
import dev.ashlar.keyspace.SpaceDefinition;
import dev.ashlar.keyspace.SpaceKind;
import dev.ashlar.log.FrameLayout;
import java.nio.charset.StandardCharsets;
import java.util.EnumMap;
import java.util.List;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.IntFunction;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The names of the spaces. Their definitions are records of the system space, written durably before they are used. */
final class Catalog {
    private final KeyspaceView view;
    private final Consumer<Space> whenCreated;
    private final Syncer syncer;
    private final ReentrantLock lock = new ReentrantLock();

    /** Never changed, but replaced: a callback that looks a name up must not wait for who creates or drops a space. */
    private volatile EnumMap<SpaceKind, TreeMap<String, Space>> byName = new EnumMap<>(SpaceKind.class);

    /** @param whenCreated told of each new space before anybody finds it */
    Catalog(KeyspaceView view, Syncer syncer, Consumer<Space> whenCreated) {
        this.syncer = syncer;
        this.view = view;
        this.whenCreated = whenCreated;
        for (Space space : view.all()) {
            if (space.id() != KeyspaceView.SYSTEM) {
                Space former = find(space.kind(), space.name());
                put(space.kind(), space.name(), space);
                if (former != null) {
                    // The deletion of its definition is damaged, and its name was given again since.
                    put(former.kind(), "recovered " + former.kind().word() + " " + former.id(), former);
                }
            }
        }
    }

    private void put(SpaceKind kind, String name, Space space) {
        EnumMap<SpaceKind, TreeMap<String, Space>> next = byName.clone();
        TreeMap<String, Space> more = new TreeMap<>(next.getOrDefault(kind, new TreeMap<>()));
        more.put(name, space);
        next.put(kind, more);
        byName = next;
    }

    private void remove(SpaceKind kind, String name) {
        EnumMap<SpaceKind, TreeMap<String, Space>> next = byName.clone();
        TreeMap<String, Space> fewer = new TreeMap<>(next.getOrDefault(kind, new TreeMap<>()));
        fewer.remove(name);
        next.put(kind, fewer);
        byName = next;
    }

    @Nullable
    Space find(SpaceKind kind, String name) {
        TreeMap<String, Space> spaces = byName.get(kind);
        Space found = spaces == null ? null : spaces.get(name);
        // One that is being dropped is gone as soon as nobody can write to it: who wants it again waits for the lock.
        return found == null || found.isRemoved() ? null : found;
    }

    List<String> names(SpaceKind kind) {
        TreeMap<String, Space> spaces = byName.get(kind);
        return spaces == null ? List.of() : List.copyOf(spaces.keySet());
    }

    List<Space> spaces(SpaceKind kind) {
        TreeMap<String, Space> spaces = byName.get(kind);
        return spaces == null ? List.of() : List.copyOf(spaces.values());
    }

    /** The space of that name, created durably if there is none. Waits for nothing if there is one. */
    Space open(String name, KeyspaceOptions options, Writes writes) {
        Space present = find(SpaceKind.KEYSPACE, name);
        if (present == null) {
            checkName(SpaceKind.KEYSPACE, name);
            writes.checkMayWrite();
            present = openOrCreate(new SpaceDefinition(0, name, options), writes);
        }
        if (present.alignment() != options.alignment()) {
            throw new IllegalArgumentException("keyspace " + name + " has alignment " + present.alignment() + ", not "
                    + options.alignment() + "; open it with the former, or copy it to a new one");
        }
        present.values().verification(options.verification());
        return present;
    }

    /** The vector collection of that name, created durably if there is none. Waits for nothing if there is one. */
    Space openVectors(String name, VectorOptions options, Writes writes, Runnable beforeCreating) {
        Space present = find(SpaceKind.VECTORS, name);
        if (present == null) {
            checkName(SpaceKind.VECTORS, name);
            writes.checkMayWrite();
            beforeCreating.run();
            present = openOrCreate(SpaceDefinition.ofVectors(0, name, options), writes);
        }
        VectorOptions stored = Objects.requireNonNull(present.vectors());
        if (SpaceDefinition.vectorBits(stored) != SpaceDefinition.vectorBits(options)) {
            throw new IllegalArgumentException("vector collection " + name + " has dimension " + stored.dimension()
                    + ", type " + stored.type() + ", metric " + stored.metric() + ", nonFinite " + stored.nonFinite()
                    + "; not " + options.dimension() + ", " + options.type() + ", " + options.metric() + ", "
                    + options.nonFinite() + ". Open it with the former, or create another one.");
        }
        present.values().verification(options.verification());
        return present;
    }

    /** The space of a document collection of that name, created durably if there is none; see {@link #openVectors}. */
    Space openDocuments(String name, Writes writes, Runnable beforeCreating) {
        Space present = find(SpaceKind.DOCUMENTS, name);
        if (present == null) {
            checkName(SpaceKind.DOCUMENTS, name);
            writes.checkMayWrite();
            beforeCreating.run();
            present = openOrCreate(SpaceDefinition.ofDocuments(0, name), writes);
        }
        return present;
    }

    private Space openOrCreate(SpaceDefinition wanted, Writes writes) {
        return alone(() -> {
            SpaceKind kind = wanted.kind();
            Space present = find(kind, wanted.name());
            return present != null ? present : create(kind, wanted, writes);
        });
    }

    /** Does something while nobody creates or drops a space. */
    <T> T alone(Supplier<T> action) {
        return syncer.alone(lock, action);
    }

    private Space create(SpaceKind kind, SpaceDefinition wanted, Writes writes) {
        int id = view.nextId();
        if (id >= KeyspaceView.MAX_SPACES) {
            throw new AshlarException(
                    "the store has had " + (id - 1)
                            + " keyspaces and collections, the most it can have in its life; copy what it holds to a new store");
        }
        SpaceDefinition definition = wanted.as(id, wanted.name());
        Space system = view.all().getFirst();
        writes.write(
                system,
                FrameLayout.PUT,
                Op.ALWAYS,
                0,
                Writes.Key.of(definition.key()),
                Writes.Value.of(definition.value()),
                Durability.DURABLE);
        Space space = Objects.requireNonNull(view.space(id), "applying a definition defines the space");
        whenCreated.accept(space);
        put(kind, wanted.name(), space);
        return space;
    }

    /**
     * Removes a space with all its records, durably; false if it is not there any more.
     *
     * @param catalogKeys finds the keys of the records of a space in the catalog
     */
    boolean drop(String name, Space space, Batch batch, IntFunction<List<byte[]>> catalogKeys) {
        return alone(() -> dropAlone(name, space, batch, catalogKeys));
    }

    @SuppressWarnings("ReferenceEquality")
    private boolean dropAlone(String name, Space space, Batch batch, IntFunction<List<byte[]>> catalogKeys) {
        SpaceKind kind = space.kind();
        if (find(kind, name) != space) {
            return false;
        }
        Space system = view.all().getFirst();
        SpaceDefinition definition = space.definition();
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
        remove(kind, name);
        return true;
    }

    private static void checkName(SpaceKind kind, String name) {
        int length = name.getBytes(StandardCharsets.UTF_8).length;
        if (length == 0 || length > SpaceDefinition.MAX_NAME_BYTES) {
            throw new IllegalArgumentException("the name of a " + kind.word() + " has 1 to "
                    + SpaceDefinition.MAX_NAME_BYTES + " bytes of UTF-8; this one has " + length);
        }
        if (!StandardCharsets.UTF_8.newEncoder().canEncode(name)) {
            throw new IllegalArgumentException(
                    "the name of a " + kind.word() + " is stored in UTF-8, which half of a surrogate pair cannot be");
        }
        if (name.chars().anyMatch(Character::isISOControl)) {
            throw new IllegalArgumentException("the name of a " + kind.word() + " has no control characters");
        }
    }
}
