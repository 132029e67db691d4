package dev.ashlar.log;

import dev.ashlar.AshlarException;
import dev.ashlar.io.Storage;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import org.jspecify.annotations.Nullable;

/**
 * The chunks that make up the log at present: by slot for readers who come from an index, by base for everybody else.
 * Readers may be any thread; chunks are added by the appender and removed by the maintenance thread.
 */
public final class Chunks {
    private static final VarHandle ELEMENT = MethodHandles.arrayElementVarHandle(Chunk[].class);

    /** Room for 1 TiB of log: some tens of stores of a process can reserve that much address space. */
    private static final int MIN_SLOTS = 1 << 14;

    /** How many times larger than at its opening a log can get, if that is more. */
    private static final int GROWTH = 8;

    private final LogMemory memory;
    private volatile @Nullable Chunk[] slots = new Chunk[64];
    private final ConcurrentSkipListMap<Long, Chunk> byBase = new ConcurrentSkipListMap<>();

    /** Slots of chunks that are part of the log, will be, or were and can still be read. */
    private final BitSet reserved = new BitSet();

    private int nextSlot;

    /** What is read by positions like the log's chunks, and is no part of the log. */
    private final Set<Chunk> segments = ConcurrentHashMap.newKeySet();

    /**
     * @param chunks how many there are
     * @param highestSlot of them, or -1
     */
    public Chunks(Storage storage, int chunks, int highestSlot) {
        int wanted = Math.max(MIN_SLOTS, Math.max(highestSlot + 1, GROWTH * chunks));
        memory = LogMemory.of(storage, Math.min(Position.MAX_CHUNKS, Integer.highestOneBit(wanted - 1) * 2));
    }

    /** Where the bytes of the chunks can be read. */
    public LogMemory memory() {
        return memory;
    }

    /** The chunk in a slot, or null if it was retired since the caller read the slot's number. */
    public @Nullable Chunk at(int slot) {
        @Nullable Chunk[] present = slots;
        return slot < present.length ? (Chunk) ELEMENT.getAcquire(present, slot) : null;
    }

    /** The chunk that holds an LSN, or null. */
    public @Nullable Chunk holding(long lsn) {
        Map.Entry<Long, Chunk> entry = byBase.floorEntry(lsn);
        return entry != null && entry.getValue().contains(lsn) ? entry.getValue() : null;
    }

    /** The chunk with the lowest base above the given one, or null. */
    public @Nullable Chunk after(long base) {
        Map.Entry<Long, Chunk> entry = byBase.higherEntry(base);
        return entry == null ? null : entry.getValue();
    }

    /** The chunk with the highest base below the given one, or null. */
    public @Nullable Chunk before(long base) {
        Map.Entry<Long, Chunk> entry = byBase.lowerEntry(base);
        return entry == null ? null : entry.getValue();
    }

    public @Nullable Chunk first() {
        Map.Entry<Long, Chunk> entry = byBase.firstEntry();
        return entry == null ? null : entry.getValue();
    }

    /** In the order of the log. */
    public List<Chunk> all() {
        return new ArrayList<>(byBase.values());
    }

    public int size() {
        return byBase.size();
    }

    public long totalCapacity() {
        long total = 0;
        for (Chunk chunk : byBase.values()) {
            total += chunk.capacity();
        }
        return total;
    }

    /**
     * A slot for a new chunk. Slots are handed out round robin, so that they are not used again soon; a reader who holds
     * a position of a chunk that was there before is told by the epoch of {@link LogMemory}.
     */
    synchronized int freeSlot() {
        for (int tries = 0; tries < memory.slots(); tries++) {
            int slot = nextSlot % memory.slots();
            nextSlot = (slot + 1) % memory.slots();
            if (slot >= slots.length) {
                slots = Arrays.copyOf(slots, slots.length * 2);
            }
            if (slots[slot] == null && !reserved.get(slot)) {
                reserved.set(slot);
                return slot;
            }
        }
        throw new AshlarException(
                "the log has " + memory.slots() + " chunks, the most it can have until the store is opened again (and "
                        + Position.MAX_CHUNKS + " then); open it again, or delete something and compact");
    }

    /**
     * Takes a slot that the manifest says. Of chunks in the order of the log: the next one is given behind that of the newest, as
     * if the store had stayed open, since the checkpoint may still refer to slots of chunks that went not long ago.
     */
    synchronized void takeSlot(int slot) {
        while (slot >= slots.length) {
            slots = Arrays.copyOf(slots, slots.length * 2);
        }
        reserved.set(slot);
        nextSlot = slot + 1;
    }

    /** Gives back the slot of a chunk that is not part of the log and cannot be read any more. */
    synchronized void releaseSlot(int slot) {
        reserved.clear(slot);
    }

    public synchronized void add(Chunk chunk) {
        ELEMENT.setRelease(slots, chunk.slot(), chunk);
        byBase.put(chunk.base(), chunk);
    }

    /** Makes a segment known, which is no part of the log. */
    synchronized void addSegment(Chunk segment) {
        ELEMENT.setRelease(slots, segment.slot(), segment);
        segments.add(segment);
    }

    /** The segments that are mapped. */
    public List<Chunk> segments() {
        return List.copyOf(segments);
    }

    /** Takes a chunk out, and its bytes away as far as no view has escaped. */
    public void retire(Chunk chunk) {
        synchronized (this) {
            byBase.remove(chunk.base());
            segments.remove(chunk);
            ELEMENT.setRelease(slots, chunk.slot(), null);
        }
        // In this order: a reader who meets zeros finds the chunk gone.
        chunk.retire();
    }

    /** Takes the bytes of all chunks away: the store is closed, or could not be opened. */
    public void close() {
        memory.close();
        byBase.values().forEach(Chunk::retire);
        segments.forEach(Chunk::retire);
        memory.noMoreChunks();
    }
}
