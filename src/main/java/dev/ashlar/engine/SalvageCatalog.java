package dev.ashlar.engine;

import dev.ashlar.Damage;
import dev.ashlar.KeyspaceOptions;
import dev.ashlar.UnsupportedFormatException;
import dev.ashlar.VectorOptions;
import dev.ashlar.keyspace.KeyspaceView;
import dev.ashlar.keyspace.SpaceDefinition;
import dev.ashlar.keyspace.SpaceProperty;
import dev.ashlar.log.Chunk;
import dev.ashlar.log.FrameLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.LongPredicate;
import org.jspecify.annotations.Nullable;

/**
 * What a damaged log says about its keyspaces: their names, their layouts, and which were cleared or removed. All of it
 * may stand behind the records that it is about, so a first reading collects it, and a second one applies it.
 *
 * <p>What cleared or removed a keyspace took all of its records with an LSN below its version, wherever it stands itself,
 * and no later record is one of those. So the highest version is all that has to be known: what is below is left out.
 */
final class SalvageCatalog {
    private static final ValueLayout.OfInt BIG_ENDIAN_INT =
            ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

    /** A definition; without content, one whose payload does not verify. */
    private record Definition(
            int space, long lsn, Damage frame, @Nullable SpaceDefinition content) {}

    /** A layout; without content, one whose payload does not verify, or if it is deleted its deletion. */
    private record Layout(
            int space, long lsn, long batchStart, boolean deleted, Damage frame, byte @Nullable [] content) {}

    private record Removal(int space, long version, long batchStart, boolean ofDefinition) {}

    /** The last record of a space. */
    private record Use(long lsn, int alignment) {}

    private final List<Definition> definitionsFound = new ArrayList<>();
    private final List<Layout> layoutsFound = new ArrayList<>();
    private final List<Removal> removals = new ArrayList<>();
    private final TreeMap<Integer, Use> used = new TreeMap<>();

    /** LSNs below which nothing of a space counts, and below which there was another space of that id, or none. */
    private final Map<Integer, Long> clearedBelow = new HashMap<>();

    private final Map<Integer, Long> removedBelow = new HashMap<>();

    private final TreeMap<Integer, SpaceDefinition> definitions = new TreeMap<>();
    private final Map<Integer, byte[]> layouts = new HashMap<>();
    private final List<String> renamed = new ArrayList<>();
    private final Set<Integer> nameless = new HashSet<>();
    private final List<Damage> givenAgain = new ArrayList<>();

    // ------------------------------------------------------------------------------------------------ what there is

    /**
     * Told of every record.
     *
     * @param intact whether its payload verifies
     * @throws UnsupportedFormatException if it is of the catalog and intact, and this version does not know it
     */
    void note(Chunk chunk, long lsn, MemorySegment s, long at, boolean intact) {
        int space = FrameLayout.space(s, at);
        byte type = FrameLayout.type(s, at);
        if (space == KeyspaceView.SYSTEM) {
            noteSystem(chunk, lsn, s, at, intact);
        } else if (type == FrameLayout.CLEAR) {
            removals.add(
                    new Removal(space, FrameLayout.version(s, at, lsn), FrameLayout.batchStart(s, at, lsn), false));
        } else {
            used.put(space, new Use(lsn, 1 << FrameLayout.alignmentShift(s, at)));
        }
    }

    private void noteSystem(Chunk chunk, long lsn, MemorySegment s, long at, boolean intact) {
        long keyAt = FrameLayout.keyOffset(s, at);
        int keyLength = FrameLayout.keyLength(s, at);
        // The id, in the first 4 bytes of every key; 0 if it is none.
        int space = keyLength >= Integer.BYTES ? s.get(BIG_ENDIAN_INT, keyAt) : KeyspaceView.SYSTEM;
        boolean layout = keyLength == SpaceProperty.KEY_BYTES;
        long batchStart = FrameLayout.batchStart(s, at, lsn);
        Damage frame = new Damage(chunk.file(), lsn - chunk.base(), FrameLayout.end(s, at) - at, "");
        if (FrameLayout.type(s, at) == FrameLayout.DELETE) {
            if (layout) {
                layoutsFound.add(new Layout(space, lsn, batchStart, true, frame, null));
            } else if (keyLength == Integer.BYTES) {
                removals.add(new Removal(space, FrameLayout.version(s, at, lsn), batchStart, true));
            }
            return;
        }
        if (FrameLayout.type(s, at) != FrameLayout.PUT) {
            return;
        }
        long valueAt = FrameLayout.payloadOffset(s, at);
        long length = FrameLayout.payloadLength(s, at);
        if (layout) {
            byte[] content = null;
            if (intact) {
                SpaceProperty.check(s, keyAt, length);
                content = s.asSlice(valueAt, length).toArray(ValueLayout.JAVA_BYTE);
            }
            layoutsFound.add(new Layout(space, lsn, batchStart, false, frame, content));
        } else {
            SpaceDefinition content = intact ? SpaceDefinition.read(s, keyAt, keyLength, valueAt, length) : null;
            definitionsFound.add(new Definition(space, lsn, frame, content));
        }
    }

    // ---------------------------------------------------------------------------------------------- what comes of it

    /**
     * @param counts whether a batch takes effect, by its beginning
     * @param collections that have segments
     */
    void resolve(LongPredicate counts, SortedMap<Integer, SalvageRows.Collection> collections) {
        for (Removal each : removals) {
            if (counts.test(each.batchStart)) {
                clearedBelow.merge(each.space, each.version, Math::max);
                if (each.ofDefinition) {
                    removedBelow.merge(each.space, each.version, Math::max);
                }
            }
        }
        Map<Integer, Damage> frames = new HashMap<>();
        for (Definition each : definitionsFound) {
            if (each.content != null && !isFormer(each.space, each.lsn)) {
                SpaceDefinition ignored = definitions.putIfAbsent(each.space, each.content);
                frames.putIfAbsent(each.space, each.frame);
            }
        }
        renameFormer(frames);
        nameCollections(collections);
        nameOthers();
        for (Layout each : layoutsFound) {
            if (isFormer(each.space, each.lsn) || !counts.test(each.batchStart)) {
                continue;
            }
            if (each.deleted) {
                layouts.remove(each.space);
            } else if (each.content != null) {
                layouts.put(each.space, each.content);
            }
        }
        layouts.keySet().retainAll(definitions.keySet());
    }

    /** Whether a space of that id was removed behind an LSN. */
    private boolean isFormer(int space, long lsn) {
        return lsn < removedBelow.getOrDefault(space, 0L);
    }

    /**
     * Of two spaces of one name the one with the lower id was removed before the other was made, or the name had not been
     * free: what removed it is damaged. It gets another name, as when the store is opened.
     */
    private void renameFormer(Map<Integer, Damage> frames) {
        // Keyspaces and vector collections have names of their own.
        Set<List<Object>> names = new HashSet<>();
        for (int space : List.copyOf(definitions.descendingKeySet())) {
            SpaceDefinition definition = definitions.get(space);
            if (definition != null && !names.add(List.of(definition.vectors() == null, definition.name()))) {
                String name = name(space, definition.options(), definition.vectors());
                Damage frame = frames.get(space);
                if (frame != null) {
                    givenAgain.add(with(
                            frame,
                            "the " + kind(definition.vectors()) + " that is defined here, " + definition.name()
                                    + ", was removed: its name was"
                                    + " given to another one. But what removed it does not verify, so its records are in "
                                    + name));
                }
            }
        }
    }

    /** What segments have rows of, and no definition says. */
    private void nameCollections(SortedMap<Integer, SalvageRows.Collection> collections) {
        collections.forEach((space, collection) -> {
            if (collection.options() != null
                    && !definitions.containsKey(space)
                    && !isFormer(space, collection.highestVersion())) {
                String ignored = name(space, KeyspaceOptions.DEFAULT, collection.options());
                nameless.add(space);
            }
        });
    }

    private void nameOthers() {
        used.forEach((space, last) -> {
            if (!definitions.containsKey(space) && !isFormer(space, last.lsn)) {
                String ignored = name(space, KeyspaceOptions.DEFAULT.withAlignment(last.alignment), null);
                nameless.add(space);
            }
        });
    }

    private static String kind(@Nullable VectorOptions vectors) {
        return vectors == null ? "keyspace" : "vector collection";
    }

    private String name(int space, KeyspaceOptions options, @Nullable VectorOptions vectors) {
        String name = "recovered " + kind(vectors) + " " + space;
        while (isTaken(name)) {
            name += "'";
        }
        definitions.put(
                space,
                vectors == null
                        ? new SpaceDefinition(space, name, options)
                        : SpaceDefinition.ofVectors(space, name, vectors));
        renamed.add(name);
        return name;
    }

    private boolean isTaken(String name) {
        return definitions.values().stream()
                .anyMatch(definition -> definition.name().equals(name));
    }

    // -------------------------------------------------------------------------------------------------- what it says

    /** The definitions of all spaces that were not removed, with made-up names where they are lost. */
    Map<Integer, SpaceDefinition> definitions() {
        return definitions;
    }

    /** The layout of a space's values, or null. */
    byte @Nullable [] layout(int space) {
        return layouts.get(space);
    }

    List<String> renamed() {
        return renamed;
    }

    /** Whether a record of a space is one of those that were cleared later, or removed with the space. */
    boolean isCleared(int space, long version) {
        return version < clearedBelow.getOrDefault(space, 0L);
    }

    void report(List<Damage> damaged, List<Damage> doubtful, List<Damage> harmless) {
        for (Definition each : definitionsFound) {
            if (each.content == null) {
                String what = "the definition of a keyspace does not verify; ";
                if (isFormer(each.space, each.lsn)) {
                    harmless.add(with(each.frame, what + "the keyspace was removed later"));
                } else if (definitions.containsKey(each.space) && !nameless.contains(each.space)) {
                    harmless.add(with(each.frame, what + "there is another one"));
                } else {
                    damaged.add(with(each.frame, what + "its name is lost"));
                }
            }
        }
        for (Layout each : layoutsFound) {
            if (each.content == null && !each.deleted) {
                String what = "the layout of a keyspace's values does not verify; ";
                SpaceDefinition definition = definitions.get(each.space);
                if (isFormer(each.space, each.lsn)) {
                    harmless.add(with(each.frame, what + "the keyspace was removed later"));
                } else if (layouts.containsKey(each.space)) {
                    harmless.add(with(each.frame, what + "there is another record of it"));
                } else {
                    damaged.add(with(
                            each.frame,
                            what
                                    + (definition == null ? "its keyspace is not" : definition.name() + " has none")
                                    + " in the new store"));
                }
            }
        }
        doubtful.addAll(givenAgain);
    }

    private static Damage with(Damage frame, String what) {
        return new Damage(frame.file(), frame.position(), frame.length(), what);
    }
}
