package dev.ashlar.engine;

import dev.ashlar.Damage;
import dev.ashlar.DocumentSchema;
import dev.ashlar.KeyspaceOptions;
import dev.ashlar.UnsupportedFormatException;
import dev.ashlar.document.SchemaCodec;
import dev.ashlar.keyspace.KeyspaceView;
import dev.ashlar.keyspace.SpaceDefinition;
import dev.ashlar.keyspace.SpaceKind;
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

    /**
     * A property, by its number in {@link SpaceProperty}; without content, one whose payload does not verify, or if it is
     * deleted its deletion.
     */
    private record Property(
            int space,
            int number,
            long lsn,
            long version,
            long batchStart,
            boolean deleted,
            Damage frame,
            byte @Nullable [] content) {}

    /** A schema that counts. */
    private record Schema(DocumentSchema schema, long version) {}

    private record Removal(int space, long version, long batchStart, boolean ofDefinition) {}

    /** The last record of a space. */
    private record Use(long lsn, int alignment) {}

    private final List<Definition> definitionsFound = new ArrayList<>();
    private final List<Property> propertiesFound = new ArrayList<>();
    private final List<Removal> removals = new ArrayList<>();
    private final TreeMap<Integer, Use> used = new TreeMap<>();

    /** LSNs below which nothing of a space counts, and below which there was another space of that id, or none. */
    private final Map<Integer, Long> clearedBelow = new HashMap<>();

    private final Map<Integer, Long> removedBelow = new HashMap<>();

    private final TreeMap<Integer, SpaceDefinition> definitions = new TreeMap<>();
    private final Map<Integer, byte[]> layouts = new HashMap<>();
    private final Map<Integer, Schema> schemas = new HashMap<>();
    private final List<String> renamed = new ArrayList<>();
    private final Set<Integer> nameless = new HashSet<>();
    private final List<Damage> givenAgain = new ArrayList<>();
    private final List<Damage> withoutSchema = new ArrayList<>();

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
        int number = keyLength == SpaceProperty.KEY_BYTES ? s.get(ValueLayout.JAVA_BYTE, keyAt + 4) : 0;
        long batchStart = FrameLayout.batchStart(s, at, lsn);
        long version = FrameLayout.version(s, at, lsn);
        Damage frame = new Damage(chunk.file(), lsn - chunk.base(), FrameLayout.end(s, at) - at, "");
        if (FrameLayout.type(s, at) == FrameLayout.DELETE) {
            if (number != 0) {
                propertiesFound.add(new Property(space, number, lsn, version, batchStart, true, frame, null));
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
        if (number != 0) {
            byte[] content = null;
            if (intact) {
                SpaceProperty.check(s, keyAt, length, true);
                content = s.asSlice(valueAt, length).toArray(ValueLayout.JAVA_BYTE);
            }
            propertiesFound.add(new Property(space, number, lsn, version, batchStart, false, frame, content));
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
        resolveProperties(counts);
        checkSchemas(frames);
        nameDocuments();
        nameCollections(collections);
        nameOthers();
        layouts.keySet().retainAll(definitions.keySet());
        schemas.keySet().retainAll(definitions.keySet());
    }

    private void resolveProperties(LongPredicate counts) {
        for (Property each : propertiesFound) {
            if (isFormer(each.space, each.lsn) || !counts.test(each.batchStart)) {
                continue;
            }
            Map<Integer, ?> known = each.number == SpaceProperty.SCHEMA ? schemas : layouts;
            if (each.deleted) {
                known.remove(each.space);
            } else if (each.content != null && each.number == SpaceProperty.SCHEMA) {
                MemorySegment bytes = MemorySegment.ofArray(each.content);
                schemas.put(each.space, new Schema(SchemaCodec.read(bytes, 0, bytes.byteSize()), each.version));
            } else if (each.content != null) {
                layouts.put(each.space, each.content);
            }
        }
    }

    /** Without a schema nobody can read documents; what is pending of them is kept as keys and values. */
    private void checkSchemas(Map<Integer, Damage> frames) {
        for (SpaceDefinition definition : List.copyOf(definitions.values())) {
            int space = definition.id();
            if (definition.kind() != SpaceKind.DOCUMENTS || schemas.containsKey(space)) {
                continue;
            }
            definitions.remove(space);
            if (!used.containsKey(space)) {
                continue; // it was being created
            }
            String name = name(new SpaceDefinition(space, "", KeyspaceOptions.DEFAULT.withAlignment(8)));
            Damage frame = frames.get(space);
            withoutSchema.add(with(
                    frame == null ? new Damage("log", 0, 0, "") : frame,
                    "the schema of the document collection that is defined here, " + definition.name()
                            + ", is lost, and without it nobody can read documents: those in segments are left out, and the"
                            + " records of what was pending are in keyspace " + name));
        }
    }

    /** Whatever has a schema is a document collection. */
    private void nameDocuments() {
        for (int space : new TreeMap<>(schemas).keySet()) {
            if (!definitions.containsKey(space)) {
                String ignored = name(SpaceDefinition.ofDocuments(space, "?"));
                nameless.add(space);
            }
        }
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
        // Spaces of each kind have names of their own.
        Set<List<Object>> names = new HashSet<>();
        for (int space : List.copyOf(definitions.descendingKeySet())) {
            SpaceDefinition definition = definitions.get(space);
            if (definition != null && !names.add(List.of(definition.kind(), definition.name()))) {
                String name = name(definition);
                Damage frame = frames.get(space);
                if (frame != null) {
                    givenAgain.add(with(
                            frame,
                            "the " + definition.kind().word() + " that is defined here, " + definition.name()
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
                String ignored = name(SpaceDefinition.ofVectors(space, "?", collection.options()));
                nameless.add(space);
            }
        });
    }

    private void nameOthers() {
        used.forEach((space, last) -> {
            if (!definitions.containsKey(space) && !isFormer(space, last.lsn)) {
                String ignored =
                        name(new SpaceDefinition(space, "?", KeyspaceOptions.DEFAULT.withAlignment(last.alignment)));
                nameless.add(space);
            }
        });
    }

    /** Gives a space a name that it did not have. */
    private String name(SpaceDefinition definition) {
        String name = "recovered " + definition.kind().word() + " " + definition.id();
        while (isTaken(name)) {
            name += "'";
        }
        definitions.put(definition.id(), definition.as(definition.id(), name));
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

    /** The schema of a document collection, or null. */
    @Nullable
    DocumentSchema schema(int space) {
        Schema found = schemas.get(space);
        return found == null ? null : found.schema;
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
        for (Property each : propertiesFound) {
            if (each.content == null && !each.deleted && each.number == SpaceProperty.SCHEMA) {
                reportSchema(each, damaged, harmless);
            } else if (each.content == null && !each.deleted) {
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
        damaged.addAll(withoutSchema);
    }

    private void reportSchema(Property lost, List<Damage> damaged, List<Damage> harmless) {
        String what = "the schema of a document collection does not verify; ";
        Schema schema = schemas.get(lost.space);
        SpaceDefinition definition = definitions.get(lost.space);
        if (isFormer(lost.space, lost.lsn)) {
            harmless.add(with(lost.frame, what + "the collection was removed later"));
        } else if (schema != null && schema.version >= lost.version) {
            harmless.add(with(lost.frame, what + "there is another record of it"));
        } else if (schema != null && definition != null) {
            damaged.add(with(
                    lost.frame,
                    what + definition.name()
                            + " has an older one in the new store; documents that have fields which were"
                            + " added later are lost"));
        } else {
            damaged.add(with(lost.frame, what + "its documents are lost"));
        }
    }

    private static Damage with(Damage frame, String what) {
        return new Damage(frame.file(), frame.position(), frame.length(), what);
    }
}
