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
import org.jspecify.annotations.Nullable;

/** The names of the spaces. Their definitions are records of the system space, written durably before they are used. */
final class Catalog {

    private final KeyspaceView view;
    private final TreeMap<String, Space> byName = new TreeMap<>();

    Catalog(KeyspaceView view) {
        this.view = view;
        for (Space space : view.all()) {
            if (space.id() != KeyspaceView.SYSTEM) {
                byName.put(space.name(), space);
            }
        }
    }

    synchronized @Nullable Space find(String name) {
        return byName.get(name);
    }

    synchronized List<String> names() {
        return List.copyOf(byName.keySet());
    }

    synchronized List<Space> spaces() {
        return List.copyOf(byName.values());
    }

    /** The space of that name, created durably if there is none. */
    synchronized Space open(String name, KeyspaceOptions options, Writes writes) {
        Space present = byName.get(name);
        if (present == null) {
            checkName(name);
            present = create(name, options, writes);
        } else if (present.alignment() != options.alignment()) {
            throw new IllegalArgumentException("keyspace " + name + " has alignment " + present.alignment() + ", not "
                    + options.alignment() + "; open it with the former, or copy it to a new one");
        }
        present.values().verification(options.verification());
        return present;
    }

    private Space create(String name, KeyspaceOptions options, Writes writes) {
        int id = 1;
        for (Space space : view.all()) {
            id = Math.max(id, space.id() + 1);
        }
        if (id >= KeyspaceView.MAX_SPACES) {
            throw new AshlarException("the store has " + id + " keyspaces, the most it can have");
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
        byName.put(name, space);
        return space;
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
