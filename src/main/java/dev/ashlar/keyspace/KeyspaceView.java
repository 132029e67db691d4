package dev.ashlar.keyspace;

import dev.ashlar.AshlarException;
import dev.ashlar.KeyspaceOptions;
import dev.ashlar.VectorOptions;
import dev.ashlar.io.OffHeap;
import dev.ashlar.log.CheckpointBodies;
import dev.ashlar.log.CheckpointFile;
import dev.ashlar.log.Chunk;
import dev.ashlar.log.FrameLayout;
import dev.ashlar.log.FrameRef;
import dev.ashlar.log.Position;
import dev.ashlar.log.View;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The keyspaces of a store, as one view of the log. Space 0 is the system's: its records define the others, see {@link
 * SpaceDefinition}.
 */
public final class KeyspaceView implements View {
    /** The space whose records define the others. */
    public static final int SYSTEM = 0;

    public static final int MAX_SPACES = 65_536;

    private static final int BLOCK_TABLE = 5; // 2 were tables whose searches began at single slots
    private static final int BLOCK_VALUE_FILES = 3;
    private static final int BLOCK_LIVE = 4;
    private static final int PAIR = 16;

    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final Records records;
    private final Superseded superseded;
    private final TableMemory memory = new TableMemory();

    /** Spaces whose definition was not met yet. Empty but during recovery. */
    private final Set<Integer> provisional = new TreeSet<>();

    private volatile @Nullable Space[] spaces = new Space[16];

    /** Spaces that were removed since the store was opened. */
    private final Map<Integer, String> removed = new ConcurrentHashMap<>();

    /** Above every id that some frame of the log has. */
    private int nextId = 1;

    /** What loads the tables that are still in the checkpoint; null if there are none. */
    private volatile @Nullable IndexLoading loading;

    public KeyspaceView(Records records) {
        this.records = records;
        this.superseded = new Superseded(records.chunks(), records.valueFiles());
        define(SpaceDefinition.SYSTEM_SPACE);
    }

    public Records records() {
        return records;
    }

    /** What open snapshots show and the indexes no longer do. */
    public Superseded superseded() {
        return superseded;
    }

    /**
     * Adds a space, before any frame of it is applied; does nothing if it is there. Done with the definition's frame: a
     * checkpoint that begins behind the frame has the space, since nobody will meet the frame again. Only for the writer, or
     * recovery.
     */
    public synchronized Space define(SpaceDefinition definition) {
        noteId(definition.id());
        Space present = space(definition.id());
        if (present != null && !provisional.remove(definition.id())) {
            return present;
        }
        HashIndex index = present == null ? new HashIndex(memory, records::hashAt) : present.index();
        @Nullable Space[] all = spaces;
        if (definition.id() >= all.length) {
            all = Arrays.copyOf(all, Integer.highestOneBit(definition.id()) * 2);
        } else {
            all = all.clone();
        }
        Space space = new Space(records, superseded, definition, index);
        all[definition.id()] = space;
        spaces = all;
        return space;
    }

    /**
     * Adds a space whose records replay meets before its definition. Compaction may have moved the definition behind
     * them; if it is lost, {@link #nameProvisional} gives the space a name.
     */
    public synchronized void defineProvisionally(int id) {
        defineProvisionally(id, null);
    }

    /** As {@link #defineProvisionally(int)}, of a space of which a segment knows that it is a vector collection. */
    public synchronized void defineProvisionally(int id, @Nullable VectorOptions vectors) {
        define(SpaceDefinition.unnamed(id, vectors));
        provisional.add(id);
    }

    /** Names the spaces whose definitions replay did not meet, so that their records can be reached; returns them. */
    public synchronized List<Space> nameProvisional() {
        List<Space> named = new ArrayList<>();
        for (int id : List.copyOf(provisional)) {
            SpaceDefinition unnamed = SpaceDefinition.unnamed(id, existing(id).vectors());
            String name = "recovered " + unnamed.kind().word() + " " + id;
            while (isTaken(name)) {
                name += "'";
            }
            named.add(define(unnamed.as(id, name)));
        }
        return named;
    }

    private synchronized void noteId(int id) {
        nextId = Math.max(nextId, id + 1);
    }

    /** An id that no space ever had. */
    public synchronized int nextId() {
        return nextId;
    }

    /** The keys of a space's records in the catalog: they begin with its id. Only for the owner of the appender's role. */
    public List<byte[]> catalogKeys(int id) {
        List<byte[]> keys = new ArrayList<>();
        existing(SYSTEM).index().forEachPosition(position -> {
            byte[] key = records.keyAt(position);
            if (key.length >= Integer.BYTES && SpaceDefinition.idOf(key) == id) {
                keys.add(key);
            }
        });
        return keys;
    }

    /** The definition of a space was deleted, and with it all records of the space. */
    private synchronized void remove(FrameRef frame) {
        int id = SpaceDefinition.idOf(frame.keyBytes, frame.keyAt);
        noteId(id);
        Space space = space(id);
        if (space == null || id == SYSTEM) {
            return;
        }
        space.remove(frame);
        removed.put(id, space.name());
        provisional.remove(id);
        @Nullable Space[] all = spaces.clone();
        all[id] = null;
        spaces = all;
    }

    private boolean isTaken(String name) {
        return all().stream().anyMatch(space -> space.name().equals(name));
    }

    public @Nullable Space space(int id) {
        @Nullable Space[] all = spaces;
        return id >= 0 && id < all.length ? all[id] : null;
    }

    /** The space whose records define the others. */
    public Space system() {
        return existing(SYSTEM);
    }

    private Space existing(int id) {
        Space space = space(id);
        if (space == null) {
            throw new IllegalStateException("no space " + id);
        }
        return space;
    }

    public List<Space> all() {
        List<Space> all = new ArrayList<>();
        for (Space space : spaces) {
            if (space != null) {
                all.add(space);
            }
        }
        return all;
    }

    public long indexBytes() {
        return memory.usedBytes();
    }

    // --------------------------------------------------------------------------------------------------------- View

    @Override
    public boolean owns(int space) {
        return space(space) != null;
    }

    @Override
    public long touchIndex(int space, long keyHash) {
        Space present = space(space);
        return present == null ? 0 : present.touchIndex(keyHash);
    }

    @Override
    public long touchRecord(int space, long keyHash) {
        Space present = space(space);
        return present == null ? 0 : present.touchRecord(keyHash);
    }

    @Override
    public void apply(FrameRef frame) {
        existing(frame.space).apply(frame);
        if (frame.space == SYSTEM && frame.keyLength == Integer.BYTES) {
            if (frame.type == FrameLayout.DELETE) {
                remove(frame);
            } else if (frame.type == FrameLayout.PUT && frame.payloadLength > 0) {
                Space ignored = define(SpaceDefinition.read(
                        frame.keyBytes, frame.keyAt, frame.keyLength, frame.payloadAt, frame.payloadLength));
            }
        }
    }

    @Override
    public boolean refersTo(int space, long keyHash, long position) {
        Space present = space(space);
        return present != null && present.refersTo(keyHash, position);
    }

    @Override
    public long positionOf(int space, long keyHash, MemorySegment keyBytes, long keyAt, int keyLength) {
        Space present = space(space);
        return present == null ? ABSENT : present.find(keyBytes, keyAt, keyLength, keyHash);
    }

    @Override
    public boolean isEmpty(int space) {
        Space present = space(space);
        return present == null || present.size() == 0;
    }

    @Override
    public long clearedAt(int space) {
        Space present = space(space);
        return present == null ? 0 : present.clearedAt();
    }

    @Override
    public String nameOf(int space) {
        Space present = space(space);
        return present != null ? present.name() : removed.getOrDefault(space, "number " + space);
    }

    @Override
    public long versionAt(long position) {
        Chunk chunk = records.chunks().at(Position.chunkSlot(position));
        if (chunk == null) {
            throw new IllegalStateException("the record at " + position + " is gone");
        }
        long at = Position.offset(position);
        return FrameLayout.version(chunk.segment(), at, chunk.base() + at);
    }

    @Override
    public boolean hasExpired(long position) {
        Chunk chunk = records.chunks().at(Position.chunkSlot(position));
        return chunk != null
                && records.isIntactAndExpired(chunk, chunk.segment(), Position.offset(position), Records.NOW);
    }

    // -------------------------------------------------------------------------------------------------- checkpoints

    @Override
    public void checkpoint(CheckpointFile.Writer out) {
        SlotCounts counts = new SlotCounts();
        List<Space> present = all();
        long unusedId = nextId();
        for (Space space : present) {
            byte[] name = space.name().getBytes(StandardCharsets.UTF_8);
            // Ids of spaces that were removed, and of which nothing else speaks any more, are not given again.
            long next = space.id() == SYSTEM && unusedId > present.getLast().id() + 1 ? unusedId : 0;
            VectorOptions vectors = space.vectors();
            long options = vectors == null ? space.alignment() : SpaceDefinition.vectorBits(vectors);
            out.block(space.kind().block(), space.id(), options, next, nativeCopy(name), 0, name.length);
            space.index().image((prefix, depth, level, words) -> {
                counts.count(words);
                out.block(BLOCK_TABLE, space.id(), prefix, (long) level << 8 | depth, words, 0, HashIndex.TABLE_BYTES);
            });
        }
        try (PairWriter pairs = new PairWriter(out, BLOCK_LIVE)) {
            counts.forEach(pairs::add);
        }
        // Last, so that a file that a record in some table names, and that was superseded since, is not in it.
        try (PairWriter pairs = new PairWriter(out, BLOCK_VALUE_FILES)) {
            records.valueFiles().lengths().forEach(pairs::add);
        }
    }

    private static MemorySegment nativeCopy(byte[] bytes) {
        MemorySegment copy = Arena.ofAuto().allocate(Math.max(bytes.length, 1), 8);
        MemorySegment.copy(bytes, 0, copy, ValueLayout.JAVA_BYTE, 0, bytes.length);
        return copy;
    }

    /** How many entries of the tables in an image point into each chunk. */
    private static final class SlotCounts {
        private long[] counts = new long[64];

        void count(MemorySegment words) {
            for (int slot = 0; slot < TableLayout.SLOTS; slot++) {
                long word = TableLayout.get(words, TableLayout.slotOffset(slot));
                if (TableLayout.isLive(word)) {
                    int chunk = Position.chunkSlot(TableLayout.position(word));
                    if (chunk >= counts.length) {
                        counts = Arrays.copyOf(counts, Integer.highestOneBit(chunk) * 2);
                    }
                    counts[chunk]++;
                }
            }
        }

        void forEach(BiConsumer<Long, Long> consumer) {
            for (int slot = 0; slot < counts.length; slot++) {
                if (counts[slot] > 0) {
                    consumer.accept((long) slot, counts[slot]);
                }
            }
        }
    }

    /** Writes pairs of numbers into blocks of a kind. */
    private static final class PairWriter implements AutoCloseable {
        private final CheckpointFile.Writer out;
        private final int kind;
        private final Arena arena = Arena.ofConfined();
        private final MemorySegment body = OffHeap.allocate(CheckpointFile.MAX_BODY, 8, arena);
        private long at;

        PairWriter(CheckpointFile.Writer out, int kind) {
            this.out = out;
            this.kind = kind;
        }

        void add(long first, long second) {
            if (at == CheckpointFile.MAX_BODY) {
                flush();
            }
            body.set(LONG, at, first);
            body.set(LONG, at + 8, second);
            at += PAIR;
        }

        private void flush() {
            out.block(kind, SYSTEM, 0, 0, body, 0, at);
            at = 0;
        }

        @Override
        public void close() {
            flush();
            arena.close();
        }
    }

    @Override
    public void restore(CheckpointFile.Reader in, LiveRecords live, @Nullable CheckpointBodies later) {
        Map<Space, IndexRestorer> restorers = new LinkedHashMap<>();
        Map<Integer, Long> counts = new HashMap<>();
        try {
            IndexRestorer restorer = null;
            int space = SYSTEM;
            while (in.next()) {
                SpaceKind begun = SpaceKind.ofBlock(in.kind());
                if (begun != null) {
                    restorer = restorer(later);
                    space = in.space();
                    noteId(Math.clamp(in.b() - 1, SYSTEM, MAX_SPACES - 1));
                    if (restorers.put(define(readSpace(in, begun)), restorer) != null) {
                        throw in.damaged("each space once");
                    }
                    continue;
                }
                switch (in.kind()) {
                    case BLOCK_TABLE -> addTable(in, space, restorer, later != null);
                    case BLOCK_LIVE ->
                        readPairs(in, (slot, count) -> {
                            if (slot < 0 || slot >= Position.MAX_CHUNKS) {
                                throw in.damaged("the slot of a chunk");
                            }
                            counts.put((int) (long) slot, count);
                        });
                    case BLOCK_VALUE_FILES -> readPairs(in, records.valueFiles()::retain);
                    default -> throw in.damaged("a block of a known kind");
                }
            }
            restorers.forEach((each, restored) -> each.index(restored.finish()));
        } finally {
            restorers.values().forEach(IndexRestorer::close);
        }
        if (later != null) {
            IndexLoading rest = new IndexLoading(
                    later, restorers.keySet().stream().map(Space::index).toList());
            memory.beforeMoving(rest::complete);
            loading = rest;
        }
        countLive(counts, live);
    }

    private IndexRestorer restorer(@Nullable CheckpointBodies later) {
        return later == null
                ? HashIndex.restore(memory, records::hashAt)
                : new IndexRestorer(memory, records::hashAt, new PendingTables(memory, later));
    }

    private static void addTable(CheckpointFile.Reader in, int space, @Nullable IndexRestorer restorer, boolean later) {
        boolean placed = in.b() >= 0 && in.b() <= 0xFFFF; // level and depth, a byte each
        if (restorer == null || space != in.space() || in.bodyLength() != HashIndex.TABLE_BYTES || !placed) {
            throw in.damaged("a table of an index");
        }
        int depth = (int) (in.b() & 0xFF);
        int level = (int) (in.b() >>> 8);
        if (later) {
            restorer.addPending(in.a(), depth, level, in.bytes(), in.bodyAt(), in.bodyPosition(), in.bodyHash());
        } else {
            MemorySegment words = in.bytes().asSlice(in.bodyAt(), HashIndex.TABLE_BYTES);
            restorer.add(in.a(), depth, level, words, true);
        }
    }

    /**
     * Brings into memory what {@link #restore} has left in the checkpoint, so that nobody has to wait for it. Any thread.
     *
     * @throws AshlarException if that fails; who needs what is missing tries again
     */
    public void loadRest() {
        IndexLoading rest = loading;
        if (rest != null) {
            rest.complete();
            loading = null;
        }
    }

    /** The store is closed: {@link #loadRest} ends, and who needs what is missing is told so. */
    public void stopLoading() {
        IndexLoading rest = loading;
        if (rest != null) {
            rest.stop();
        }
    }

    /** The image knows how much of each chunk is live, unless a chunk has gone since it was made. */
    private void countLive(Map<Integer, Long> counts, LiveRecords live) {
        if (counts.keySet().stream().allMatch(live::isPresent)) {
            counts.forEach(live::add);
            return;
        }
        for (Space space : all()) {
            space.index().retain(position -> {
                int slot = Position.chunkSlot(position);
                if (!live.isPresent(slot)) {
                    return false;
                }
                live.add(slot, 1);
                return true;
            });
        }
    }

    private static SpaceDefinition readSpace(CheckpointFile.Reader in, SpaceKind kind) {
        if (in.space() < 0 || in.space() >= MAX_SPACES) {
            throw in.damaged("a space with an id below " + MAX_SPACES);
        }
        if (in.b() < 0 || in.b() > MAX_SPACES) {
            throw in.damaged("the next id of a space, up to " + MAX_SPACES);
        }
        String name = new String(
                in.bytes().asSlice(in.bodyAt(), in.bodyLength()).toArray(ValueLayout.JAVA_BYTE),
                StandardCharsets.UTF_8);
        if (kind == SpaceKind.VECTORS) {
            VectorOptions vectors = SpaceDefinition.vectorOptions(in.a());
            if (vectors == null || in.space() == SYSTEM) {
                throw in.damaged("the options of a vector collection");
            }
            return SpaceDefinition.ofVectors(in.space(), name, vectors);
        }
        boolean aligned = in.a() >= KeyspaceOptions.MIN_ALIGNMENT
                && in.a() <= KeyspaceOptions.MAX_ALIGNMENT
                && Long.bitCount(in.a()) == 1;
        if (!aligned) {
            throw in.damaged("a space with an alignment");
        }
        if (kind == SpaceKind.DOCUMENTS) {
            if (in.space() == SYSTEM || in.a() != KeyspaceOptions.MIN_ALIGNMENT) {
                throw in.damaged("a document collection, of alignment " + KeyspaceOptions.MIN_ALIGNMENT);
            }
            return SpaceDefinition.ofDocuments(in.space(), name);
        }
        return new SpaceDefinition(in.space(), name, KeyspaceOptions.DEFAULT.withAlignment((int) in.a()));
    }

    private static void readPairs(CheckpointFile.Reader in, BiConsumer<Long, Long> consumer) {
        if (in.bodyLength() % PAIR != 0) {
            throw in.damaged("pairs of numbers");
        }
        for (long i = 0; i < in.bodyLength(); i += PAIR) {
            consumer.accept(in.bytes().get(LONG, in.bodyAt() + i), in.bytes().get(LONG, in.bodyAt() + i + 8));
        }
    }

    /** Forgets everything, to be built from the log. */
    public void reset() {
        for (Space space : all()) {
            space.index().clear();
        }
        records.valueFiles().releaseAll();
        @Nullable Space[] none = new Space[16];
        none[SYSTEM] = space(SYSTEM);
        spaces = none;
        provisional.clear();
        nextId = 1;
    }
}
