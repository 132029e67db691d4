package dev.ashlar.engine;

import dev.ashlar.Damage;
import dev.ashlar.KeyspaceOptions;
import dev.ashlar.keyspace.KeyspaceView;
import dev.ashlar.keyspace.SpaceDefinition;
import dev.ashlar.keyspace.SpaceProperty;
import dev.ashlar.log.Chunk;
import dev.ashlar.log.ChunkImage;
import dev.ashlar.log.ChunkLayout;
import dev.ashlar.log.FrameLayout;
import dev.ashlar.log.LogRecovery;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * What has to be known of a damaged log before its records are written anywhere: the names of its keyspaces, whose
 * definitions compaction may have moved to the log's end, and which batches are not whole.
 */
final class SalvagePlan {
    private static final long NONE = -1;

    private static final ValueLayout.OfInt BIG_ENDIAN_INT =
            ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

    /** A definition of a space whose payload does not verify. There may be another one of the same space. */
    private record DamagedDefinition(int space, boolean isProperty, String file, long position, long length) {}

    private record Definition(SpaceDefinition definition, long lsn) {}

    /** Of a space, and perhaps its definition: what stands below is gone. */
    private record Removal(int space, boolean dropped, long below, long batchStart) {}

    private final SalvageSource source;
    private final ChunkImage image;

    private final TreeMap<Integer, SpaceDefinition> definitions = new TreeMap<>();

    private final List<Definition> foundDefinitions = new ArrayList<>();

    /** Layouts of spaces, as {@link SpaceProperty} has them. */
    private final Map<Integer, byte[]> layouts = new HashMap<>();

    private final List<Removal> removals = new ArrayList<>();

    /** Where spaces were cleared or dropped last. */
    private final Map<Integer, Long> removedBelow = new HashMap<>();

    private final Map<Integer, Long> droppedBelow = new HashMap<>();

    /** Spaces that have records, with the alignment of the first one. */
    private final TreeMap<Integer, Integer> used = new TreeMap<>();

    /** And where the last one stands. */
    private final Map<Integer, Long> lastUse = new HashMap<>();

    private final List<DamagedDefinition> damagedDefinitions = new ArrayList<>();

    private final List<String> renamed = new ArrayList<>();

    /** Where batches begin that have lost frames. */
    private final Set<Long> broken = new HashSet<>();

    private long brokenBelow;
    private long openBatch = NONE;
    private int openDamages;

    private final LogRecovery recovery;
    private final LogRecovery.Result result;

    SalvagePlan(SalvageSource source, SalvageReads reads) {
        this.source = source;
        this.image = new ChunkImage(source.storage(), source.salt(), reads);
        this.recovery = newRecovery();
        this.result = recovery.readAll(source.durable(), this::note);
        if (openBatch != NONE) {
            addBroken(openBatch);
        }
        remove();
        define();
        nameTheOthers();
    }

    /** A reading of the whole log; it calls back in the same order each time. */
    LogRecovery newRecovery() {
        return new LogRecovery(source.storage(), source.chunks(), source.sealedBelow(), image);
    }

    private void note(Chunk chunk, long lsn, MemorySegment s, long at) {
        boolean intact = FrameLayout.payloadVerifies(s, at);
        noteBatch(lsn, s, at, intact);
        int space = FrameLayout.space(s, at);
        byte type = FrameLayout.type(s, at);
        if (type == FrameLayout.CLEAR) {
            removals.add(
                    new Removal(space, false, FrameLayout.version(s, at, lsn), FrameLayout.batchStart(s, at, lsn)));
        } else if (space != KeyspaceView.SYSTEM) {
            used.putIfAbsent(space, 1 << FrameLayout.alignmentShift(s, at));
            lastUse.put(space, lsn);
        } else if (type == FrameLayout.PUT && !intact) {
            damagedDefinitions.add(new DamagedDefinition(
                    idOf(s, at), isProperty(s, at), chunk.file(), lsn - chunk.base(), FrameLayout.end(s, at) - at));
        } else if (isProperty(s, at)) {
            noteProperty(s, at, type);
        } else if (type == FrameLayout.PUT) {
            SpaceDefinition definition = SpaceDefinition.read(
                    s,
                    FrameLayout.keyOffset(s, at),
                    FrameLayout.keyLength(s, at),
                    FrameLayout.payloadOffset(s, at),
                    FrameLayout.payloadLength(s, at));
            foundDefinitions.add(new Definition(definition, lsn));
        } else {
            removals.add(new Removal(
                    idOf(s, at), true, FrameLayout.version(s, at, lsn), FrameLayout.batchStart(s, at, lsn)));
        }
    }

    /** A property goes with its space only, so deletions of them say nothing new. */
    private void noteProperty(MemorySegment s, long at, byte type) {
        if (type == FrameLayout.PUT) {
            long length = FrameLayout.payloadLength(s, at);
            SpaceProperty.check(s, FrameLayout.keyOffset(s, at), length);
            byte[] layout = s.asSlice(FrameLayout.payloadOffset(s, at), length).toArray(ValueLayout.JAVA_BYTE);
            layouts.put(idOf(s, at), layout);
        }
    }

    private static boolean isProperty(MemorySegment s, long at) {
        return FrameLayout.keyLength(s, at) == SpaceProperty.KEY_BYTES;
    }

    private void remove() {
        for (Removal each : removals) {
            if (counts(each.batchStart)) {
                removedBelow.merge(each.space, each.below, Math::max);
                if (each.dropped) {
                    droppedBelow.merge(each.space, each.below, Math::max);
                }
            }
        }
    }

    /** Of several of one name the first; the others have names made up. */
    private void define() {
        for (Definition each : foundDefinitions) {
            SpaceDefinition definition = each.definition;
            if (each.lsn >= droppedBelow.getOrDefault(definition.id(), 0L) && !isTaken(definition.name())) {
                definitions.putIfAbsent(definition.id(), definition);
            }
        }
    }

    /** The space that a definition or property is of: the first 4 bytes of its key, big-endian; 0 if it is none. */
    private static int idOf(MemorySegment s, long at) {
        return FrameLayout.keyLength(s, at) >= Integer.BYTES
                ? s.get(BIG_ENDIAN_INT, FrameLayout.keyOffset(s, at))
                : KeyspaceView.SYSTEM;
    }

    private void noteBatch(long lsn, MemorySegment s, long at, boolean intact) {
        long start = FrameLayout.batchStart(s, at, lsn);
        boolean last = (FrameLayout.flags(s, at) & FrameLayout.BATCH_END) != 0;
        boolean goesOn = openBatch == start && lsn != start && openDamages == recovery.damagedSoFar();
        if (!goesOn && openBatch != NONE) {
            addBroken(openBatch);
        }
        if (!goesOn && lsn != start) {
            addBroken(start);
        }
        if (!intact && !(last && lsn == start && lsn < recovery.watermark())) {
            addBroken(start);
        }
        openBatch = last ? NONE : start;
        openDamages = recovery.damagedSoFar();
    }

    private void addBroken(long start) {
        if (broken.add(start) && start < recovery.watermark()) {
            brokenBelow++;
        }
    }

    private boolean isTaken(String name) {
        return definitions.values().stream()
                .anyMatch(definition -> definition.name().equals(name));
    }

    private void nameTheOthers() {
        used.forEach((space, alignment) -> {
            if (!definitions.containsKey(space)
                    && lastUse.getOrDefault(space, 0L) >= droppedBelow.getOrDefault(space, 0L)) {
                String name = "recovered keyspace " + space;
                while (isTaken(name)) {
                    name += "'";
                }
                definitions.put(
                        space, new SpaceDefinition(space, name, KeyspaceOptions.DEFAULT.withAlignment(alignment)));
                renamed.add(name);
            }
        });
    }

    // -------------------------------------------------------------------------------------------------- what it says

    /** The definitions of all spaces, with made-up names where they are lost. */
    Map<Integer, SpaceDefinition> definitions() {
        return definitions;
    }

    /** The layouts of spaces that have one. */
    Map<Integer, byte[]> layouts() {
        return layouts;
    }

    /** Whether the space of a record was cleared or dropped after that was written. */
    boolean isRemoved(int space, long lsn) {
        return lsn < removedBelow.getOrDefault(space, 0L);
    }

    List<String> renamed() {
        return renamed;
    }

    /** Batches that had been durable and have lost records. */
    long brokenBatches() {
        return brokenBelow;
    }

    /**
     * Whether a frame takes effect. Below the watermark each does: what was durable was complete once, and a damaged
     * neighbour does not take it along. Above, a batch that is not whole may never have been.
     */
    boolean counts(long batchStart) {
        return batchStart < result.durable() || !broken.contains(batchStart);
    }

    /** Sorts what does not verify by what it can mean. */
    void report(List<Damage> damaged, List<Damage> doubtful, List<Damage> harmless) {
        for (DamagedDefinition each : damagedDefinitions) {
            SpaceDefinition definition = definitions.get(each.space);
            boolean known = definition != null && !renamed.contains(definition.name());
            String what = "the definition of a keyspace does not verify"
                    + (known ? "; there is another one" : "; its name is lost");
            if (each.isProperty) {
                known = layouts.containsKey(each.space);
                what = "the layout of a keyspace's values does not verify"
                        + (known ? "; there is another one" : "; the type that it is opened with next makes a new one");
            }
            if (droppedBelow.containsKey(each.space)) {
                known = true;
                what = "a record about a keyspace does not verify; the keyspace was dropped later";
            }
            (known ? harmless : damaged).add(new Damage(each.file, each.position, each.length, what));
        }
        for (Damage each : result.damaged()) {
            Chunk chunk = chunkOf(each.file());
            if (each.position() >= source.length(chunk)) {
                continue; // missing as a whole: said already
            }
            if (chunk.base() + each.position() >= result.durable()) {
                doubtful.add(new Damage(
                        each.file(),
                        each.position(),
                        each.length(),
                        "nothing verifies here, and nothing says that it was durable: writes that a loss of power has"
                                + " torn, or damage"));
            } else if (each.position() + each.length() == chunk.capacity() && !recovery.hasKnownEnd(chunk)) {
                doubtful.add(new Damage(
                        each.file(),
                        each.position(),
                        each.length(),
                        "nothing verifies from here to the end of the chunk: room that was never used, or damage; where"
                                + " the chunk's records ended stood in the manifest, or in a chunk that is not there"));
            } else {
                damaged.add(new Damage(
                        each.file(),
                        each.position(),
                        each.length(),
                        "records were durable here and do not verify; older values of their keys may be in the new"
                                + " store, and keys that were deleted"));
            }
        }
        for (Damage each : result.dropped()) {
            doubtful.add(new Damage(
                    each.file(),
                    each.position(),
                    each.length(),
                    "no whole batch verifies behind this; nothing says that it was durable: writes that were never"
                            + " finished, or damage at the very end"));
        }
        if (!source.hasManifest()) {
            reportGaps(doubtful);
        }
    }

    /** Without a manifest only the chunks themselves say which others there were. */
    private void reportGaps(List<Damage> doubtful) {
        for (Chunk chunk : source.chunks().all()) {
            long predecessor = recovery.predecessor(chunk);
            if (predecessor > 0 && source.chunks().holding(predecessor) == null) {
                doubtful.add(new Damage(
                        ChunkLayout.fileName(predecessor),
                        0,
                        0,
                        "the log went on from this chunk to " + chunk.file() + ", and it is not there: compaction has"
                                + " removed it, or it is missing; a manifest would say which"));
            }
        }
    }

    private Chunk chunkOf(String file) {
        long base = ChunkLayout.baseOf(file.substring(ChunkLayout.DIRECTORY.length() + 1));
        Chunk chunk = source.chunks().holding(base);
        if (chunk == null) {
            throw new IllegalStateException(file + " is not a chunk of the log");
        }
        return chunk;
    }
}
