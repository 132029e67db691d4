package dev.ashlar.keyspace;

import dev.ashlar.CorruptionException;
import dev.ashlar.KeyspaceOptions;
import dev.ashlar.VectorOptions;
import dev.ashlar.log.Chunk;
import dev.ashlar.log.FrameLayout;
import dev.ashlar.log.FrameRef;
import dev.ashlar.log.LogMemory;
import dev.ashlar.log.Position;
import dev.ashlar.log.View;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * One keyspace: its index, and how a key leads to a record, which {@link Values} reads. Looking up is for any thread and waits for nobody; changing
 * is for the appender, or recovery.
 *
 * <pre>
 *   hash ─► entry of the directory ─► line of 8 slots, all tags at once ─► one record ─► compare: nearly always the one
 *                                     │ none, or another key, or it moved
 *                                     └─► slot by slot, with all that can be the matter
 * </pre>
 *
 * <p>The same search stands here twice, for keys in native memory and for keys in arrays: hot code must not see both
 * kinds of memory, nor call through an interface.
 */
public final class Space {
    /** The record is not where the slot said: it was relocated. Look again. */
    private static final long MOVED = -2;

    /** What a value hardly begins with, and if it does, then {@link #find} looks again. */
    private static final long UNLIKELY = 0x8A5C_D789_635D_2DFFL;

    private static final int MAX_TRIES = 1_000_000;

    private final Records records;
    private final LogMemory memory;
    private final Superseded superseded;
    private final int id;
    private final long identity0;
    private final String name;
    private final int alignment;
    private final int alignmentShift;
    private final Values values;
    private final @Nullable VectorOptions vectors;
    private final SpaceKind kind;
    private HashIndex index;

    /** Is told of rows; null for a keyspace, and during recovery. */
    private @Nullable RowListener rows;

    /** Set before the index is emptied, so that who finds nothing learns why. */
    private volatile boolean removed;

    private volatile long clearedAt;

    /** Every record that the index had at opening, and still has, is marked as held. */
    private volatile boolean settled;

    Space(Records records, Superseded superseded, SpaceDefinition definition, HashIndex index) {
        KeyspaceOptions options = definition.options();
        this.records = records;
        this.memory = records.memory();
        this.superseded = superseded;
        this.id = definition.id();
        this.identity0 = Records.identityOf(id);
        this.name = definition.name();
        this.vectors = definition.vectors();
        this.kind = definition.kind();
        this.alignment = options.alignment();
        this.alignmentShift = Integer.numberOfTrailingZeros(options.alignment());
        this.values = new Values(records, name, options.verification());
        this.index = index;
    }

    public int id() {
        return id;
    }

    public String name() {
        return name;
    }

    /** As the catalog has it; how values are verified is not part of that. */
    public SpaceDefinition definition() {
        return new SpaceDefinition(id, name, KeyspaceOptions.DEFAULT.withAlignment(alignment), vectors, kind);
    }

    public SpaceKind kind() {
        return kind;
    }

    /** What a vector collection was created with; null for other kinds. */
    public @Nullable VectorOptions vectors() {
        return vectors;
    }

    /** Bytes of payload that a value of so many bytes takes: a row is stored with its padding. */
    public long payloadBytes(long valueBytes) {
        return vectors == null || valueBytes == 0 ? valueBytes : vectors.stride();
    }

    /** From now on tells of rows as they come and go. While nobody writes. */
    public void rows(RowListener listener) {
        rows = listener;
    }

    public int alignment() {
        return alignment;
    }

    public int alignmentShift() {
        return alignmentShift;
    }

    /** Reads the values of records that were found. */
    public Values values() {
        return values;
    }

    public long size() {
        return index.size();
    }

    public long hash(byte[] key) {
        return records.hash(key);
    }

    public long hash(MemorySegment nativeKey, long at, int length) {
        return records.hash(nativeKey, at, length);
    }

    /** @throws IllegalStateException if the keyspace was dropped */
    public void checkPresent() {
        if (removed) {
            throw new IllegalStateException(
                    "keyspace " + name + " was dropped; ask the store for it again to create a new one");
        }
    }

    /** Whether the keyspace was dropped. */
    public boolean isRemoved() {
        return removed;
    }

    /** See {@link View#clearedAt}. */
    public long clearedAt() {
        return clearedAt;
    }

    HashIndex index() {
        return index;
    }

    /** Before the space is seen by other threads. */
    void index(HashIndex restored) {
        this.index = restored;
    }

    // -------------------------------------------------------------------------------------------------- looking up

    /** Whether {@link #findShort} has a chance. */
    public static boolean isShort(byte[] key) {
        int length = key.length; // two comparisons that the JIT compiler understands: no word of it lies outside
        return length >= Long.BYTES && length <= 2 * Long.BYTES;
    }

    /** As {@link #hash(byte[])}, of a short key. */
    public long hashShort(byte[] key) {
        return records.hashShort(Records.firstWord(key), Records.lastWord(key), key.length);
    }

    /**
     * The position of a short key's record, or {@link View#ABSENT}, which says nothing: {@link #find} knows. Few
     * instructions, so that the processor gets to the next key's cache misses before those of this one are over. Whoever
     * reads the record takes the {@linkplain LogMemory#epoch epoch} before and looks at it again afterwards.
     */
    public long findShort(LogMemory memory, byte[] key, long hash) {
        long first = Records.firstWord(key);
        long last = Records.lastWord(key);
        long identity = identity0 | (long) key.length << 16;
        long position = HashIndex.position(index.likelyWord(hash));
        return Records.holdsShort(memory, position, identity, first, last, key.length)
                        && Records.valueAhead(memory, position, key.length) != UNLIKELY
                ? position
                : View.ABSENT;
    }

    /**
     * The position of a key's record, or {@link View#ABSENT}. The record was there at some moment during the call; whoever
     * reads it takes the {@linkplain LogMemory#epoch epoch} before and looks at it again afterwards.
     *
     * @throws CorruptionException if a damaged record may be the key's, and no intact one is
     * @throws IllegalStateException if the log was closed
     */
    public long find(byte[] key, long hash) {
        long identity = Records.identity(id, key.length);
        LogMemory memory = this.memory;
        long epoch = memory.epoch();
        long word = index.likelyWord(hash);
        if (word != HashIndex.EMPTY) {
            long position = HashIndex.position(word);
            if (Records.holds(memory, position, identity, key) && memory.isUnchanged(epoch)) {
                return position;
            }
        }
        return findSlowly(key, identity, hash);
    }

    /** As {@link #find(byte[], long)}, for a key in native memory. */
    public long find(MemorySegment key, long keyAt, int length, long hash) {
        long identity = Records.identity(id, length);
        LogMemory memory = this.memory;
        long epoch = memory.epoch();
        long word = index.likelyWord(hash);
        if (word != HashIndex.EMPTY) {
            long position = HashIndex.position(word);
            if (Records.holds(memory, position, identity, key, keyAt, length) && memory.isUnchanged(epoch)) {
                return position;
            }
        }
        return findSlowly(key, keyAt, length, identity, hash);
    }

    // Slot by slot. A lambda for the comparison would be garbage for each key that is absent.

    private long findSlowly(byte[] key, long identity, long hash) {
        for (int tries = 0; ; tries++) {
            long epoch = memory.epoch();
            long entry = index.entry(hash);
            long found = View.ABSENT;
            long slot = index.home(entry, hash);
            for (int probe = 0; probe < HashIndex.MAX_PROBES; probe++, slot = HashIndex.next(slot)) {
                long word = index.word(slot);
                if (word == HashIndex.EMPTY) {
                    break;
                }
                if (HashIndex.matches(word, entry, hash)) {
                    if (Records.holds(memory, HashIndex.position(word), identity, key)) {
                        found = HashIndex.position(word);
                        break;
                    }
                    found = otherThan(found, HashIndex.position(word));
                }
            }
            if (isSettled(found, epoch, entry, hash, tries)) {
                return found;
            }
        }
    }

    private long findSlowly(MemorySegment key, long keyAt, int length, long identity, long hash) {
        for (int tries = 0; ; tries++) {
            long epoch = memory.epoch();
            long entry = index.entry(hash);
            long found = View.ABSENT;
            long slot = index.home(entry, hash);
            for (int probe = 0; probe < HashIndex.MAX_PROBES; probe++, slot = HashIndex.next(slot)) {
                long word = index.word(slot);
                if (word == HashIndex.EMPTY) {
                    break;
                }
                if (HashIndex.matches(word, entry, hash)) {
                    if (Records.holds(memory, HashIndex.position(word), identity, key, keyAt, length)) {
                        found = HashIndex.position(word);
                        break;
                    }
                    found = otherThan(found, HashIndex.position(word));
                }
            }
            if (isSettled(found, epoch, entry, hash, tries)) {
                return found;
            }
        }
    }

    // Many at once. Loads of which nothing depends on another's result overlap; so all first ones come before all
    // second
    // ones. What they touched adds up to a number, so that the compiler cannot leave them out.

    /** Reads the slots where the search for a hash starts. */
    public long touchSlots(long hash) {
        return index.word(index.home(index.entry(hash), hash));
    }

    /** Where the record of a key with this hash most likely is; it need not be a position of anything. */
    public long likelyPosition(long hash) {
        return HashIndex.position(index.likelyWord(hash));
    }

    /** Reads where a record and its value begin, and whether it was verified. */
    public static long touchRecord(LogMemory memory, long position, int keyLength) {
        MemorySegment s = memory.segment(position);
        long at = memory.at(position);
        long sum = memory.isVerified(position) ? 1 : 0;
        return memory.covers(s, at, FrameLayout.MIN_FRAME)
                ? sum + FrameLayout.head(s, at) + Records.valueAhead(memory, position, keyLength)
                : sum;
    }

    // Keys of 8 bytes, given as the word that they are in memory, little-endian.

    public long hashWord(long word) {
        return records.hashShort(word, word, Long.BYTES);
    }

    /** As {@link #findShort}. */
    public long findWord(LogMemory memory, long word, long hash) {
        long position = HashIndex.position(index.likelyWord(hash));
        return isAt(memory, position, word) ? position : View.ABSENT;
    }

    /** As {@link #isAt(LogMemory, long, byte[])}. */
    public boolean isAt(LogMemory memory, long position, long word) {
        return Records.holdsShort(memory, position, identity0 | (long) Long.BYTES << 16, word, word, Long.BYTES);
    }

    /** Whether a key's record is at a position; to be asked before and after the epoch is compared, as {@link #find}. */
    public boolean isAt(LogMemory memory, long position, byte[] key) {
        return Records.holds(memory, position, identity0 | (long) key.length << 16, key);
    }

    // What a snapshot shows. The index first: what is superseded is kept before the index changes.

    /** As {@link #find(byte[], long)}, as of a snapshot. */
    public long find(byte[] key, long hash, long snapshot) {
        CorruptionException damage = null;
        try {
            long present = find(key, hash);
            if (present >= 0 && superseded.lsnOf(present) < snapshot) {
                return present;
            }
        } catch (CorruptionException e) {
            damage = e;
        }
        long identity = Records.identity(id, key.length);
        Superseded.Shard shard = superseded.shard(hash);
        if (shard != null) {
            int entry = superseded.next(shard, 0, hash, snapshot);
            for (; entry != 0; entry = superseded.next(shard, entry, hash, snapshot)) {
                if (Records.holds(memory, shard.position(entry), identity, key)) {
                    return shard.position(entry);
                }
            }
        }
        return absentUnless(damage);
    }

    /** As {@link #find(byte[], long, long)}, for a key in native memory. */
    public long find(MemorySegment key, long keyAt, int length, long hash, long snapshot) {
        CorruptionException damage = null;
        try {
            long present = find(key, keyAt, length, hash);
            if (present >= 0 && superseded.lsnOf(present) < snapshot) {
                return present;
            }
        } catch (CorruptionException e) {
            damage = e;
        }
        long identity = Records.identity(id, length);
        Superseded.Shard shard = superseded.shard(hash);
        if (shard != null) {
            int entry = superseded.next(shard, 0, hash, snapshot);
            for (; entry != 0; entry = superseded.next(shard, entry, hash, snapshot)) {
                if (Records.holds(memory, shard.position(entry), identity, key, keyAt, length)) {
                    return shard.position(entry);
                }
            }
        }
        return absentUnless(damage);
    }

    /** Nothing was found, which means something only if nothing was in the way. */
    private static long absentUnless(@Nullable CorruptionException damage) {
        if (damage != null) {
            throw damage;
        }
        return View.ABSENT;
    }

    // For whoever goes through the log. Three bits answer at once what the index would have to be asked about.

    /** To be called once before {@link #isLive}; takes time in proportion to the number of keys the first time. */
    public void settle() {
        if (!settled) {
            settleOnce();
        }
    }

    private synchronized void settleOnce() {
        if (!settled) {
            index.image((prefix, depth, level, words) -> {
                for (int slot = 0; slot < TableLayout.SLOTS; slot++) {
                    long word = TableLayout.get(words, TableLayout.slotOffset(slot));
                    if (TableLayout.isLive(word)) {
                        memory.markHeld(TableLayout.position(word));
                    }
                }
            });
            settled = true;
        }
    }

    /**
     * Whether the index refers to the PUT of this space at an offset of a chunk, as of a snapshot or {@link
     * Superseded#NOW}. Of a PUT above what is {@linkplain dev.ashlar.log.View applied} it says yes too early.
     */
    public boolean isLive(Chunk chunk, MemorySegment bytes, long at, long snapshot) {
        long position = chunk.position(chunk.base() + at);
        if (!memory.isKnownDead(position) && (chunk.isOwn(at) || memory.isHeld(position)) && hasBits(chunk)) {
            return true;
        }
        if (snapshot == Superseded.NOW) {
            return false;
        }
        VarHandle.loadLoadFence(); // it was kept before it died
        return superseded.shows(hash(bytes, at), position, snapshot);
    }

    /**
     * Whether what was just read of the bits was the chunk's. Where chunks have mappings of their own the bits go with the
     * chunk although somebody holds its bytes; nothing in it was live then, nor shown by a snapshot. It leaves the chunks
     * before the bits go.
     */
    private boolean hasBits(Chunk chunk) {
        return memory.isOneSegment() || records.chunks().at(chunk.slot()) == chunk;
    }

    private long hash(MemorySegment bytes, long at) {
        return hash(bytes, FrameLayout.keyOffset(bytes, at), FrameLayout.keyLength(bytes, at));
    }

    /**
     * The position of the record that was first written under an LSN, wherever it is now, or {@link View#ABSENT}.
     *
     * @param hash of its key
     */
    public long findVersion(long version, long hash) {
        for (int tries = 0; ; tries++) {
            long epoch = memory.epoch();
            long entry = index.entry(hash);
            long found = View.ABSENT;
            long slot = index.home(entry, hash);
            for (int probe = 0; probe < HashIndex.MAX_PROBES; probe++, slot = HashIndex.next(slot)) {
                long word = index.word(slot);
                if (HashIndex.matches(word, entry, hash) && isVersion(HashIndex.position(word), version)) {
                    found = HashIndex.position(word);
                }
            }
            if (isSettled(found, epoch, entry, hash, tries)) {
                return found;
            }
        }
    }

    private boolean isVersion(long position, long version) {
        MemorySegment s = memory.segment(position);
        long at = memory.at(position);
        return memory.covers(s, at, FrameLayout.MIN_FRAME)
                && FrameLayout.type(s, at) == FrameLayout.PUT
                && FrameLayout.space(s, at) == id
                && FrameLayout.version(s, at, memory.base(position) + Position.offset(position)) == version;
    }

    /**
     * A slot's tag says yes and its record says no: either two hashes are alike, or the record has moved, or it is
     * damaged.
     *
     * @return what there is to say of the key by now: {@link View#ABSENT}, {@link #MOVED}, or below that, the complement
     *     of a damaged record's position
     */
    private long otherThan(long found, long position) {
        Chunk chunk = records.chunks().at(Position.chunkSlot(position));
        if (chunk == null) {
            return MOVED;
        }
        return found != MOVED && isDamaged(chunk, position) ? ~position : found;
    }

    private boolean isDamaged(Chunk chunk, long position) {
        long at = Position.offset(position);
        return !chunk.isVerified(at) && !chunk.headerVerifies(chunk.segment(), at, records.salt());
    }

    /** Whether a search has an answer; false if it has to be made again because something changed meanwhile. */
    private boolean isSettled(long found, long epoch, long entry, long hash, int tries) {
        if (found != MOVED && memory.isUnchanged(epoch)) {
            if (found >= 0) {
                return true;
            }
            if (index.entry(hash) == entry) {
                if (found < MOVED) {
                    refuse(~found);
                }
                return true;
            }
        }
        memory.checkOpen();
        // A record moves once in a while. An index that points into no chunk was loaded so, or is a bug; it must not
        // hang.
        if (tries > MAX_TRIES) {
            throw values.leadsNowhere();
        }
        return false;
    }

    /** No record is the key's; a damaged one may have been. */
    private void refuse(long damaged) {
        Chunk chunk = records.chunks().at(Position.chunkSlot(damaged));
        if (chunk != null) {
            throw chunk.corruption(
                    Position.offset(damaged), "the header and key of a record", "bytes that do not verify");
        }
    }

    /** Whether the index refers to a position under a hash. */
    public boolean refersTo(long hash, long position) {
        while (true) {
            long entry = index.entry(hash);
            long slot = index.home(entry, hash);
            for (int probe = 0; probe < HashIndex.MAX_PROBES; probe++, slot = HashIndex.next(slot)) {
                long word = index.word(slot);
                if (word == HashIndex.EMPTY) {
                    break;
                }
                if (HashIndex.matches(word, entry, hash) && HashIndex.position(word) == position) {
                    return true;
                }
            }
            if (index.entry(hash) == entry) {
                return false;
            }
        }
    }

    // ----------------------------------------------------------------------------------------------------- changing

    /** See {@link View#touchIndex}. */
    long touchIndex(long hash) {
        return index.touch(hash);
    }

    /** The LSN under which the record at a position was first written; anything if it has moved since. */
    public long versionAt(long position) {
        MemorySegment s = memory.segment(position);
        long at = memory.at(position);
        return memory.covers(s, at, FrameLayout.MIN_FRAME)
                ? FrameLayout.version(s, at, memory.base(position) + Position.offset(position))
                : View.ABSENT;
    }

    /** The chunk or segment that a position is in; null if it has gone. */
    public @Nullable Chunk chunkAt(long position) {
        return records.chunks().at(Position.chunkSlot(position));
    }

    /** Hands out the positions of all entries. While nothing changes. */
    public void forEachPosition(LongConsumer consumer) {
        index.forEachPosition(consumer);
    }

    /**
     * Lets the index refer to another place of the same record, if it still refers to this one. Only for the writer, who
     * counts what is live in the new place.
     */
    public boolean replace(long hash, long source, long position) {
        long entry = index.entry(hash);
        long slot = index.home(entry, hash);
        for (int probe = 0; probe < HashIndex.MAX_PROBES; probe++, slot = HashIndex.next(slot)) {
            long word = index.word(slot);
            if (word == HashIndex.EMPTY) {
                return false;
            }
            if (HashIndex.matches(word, entry, hash) && HashIndex.position(word) == source) {
                Chunk chunk = chunkAt(source);
                if (chunk != null) {
                    long at = Position.offset(source);
                    chunk.addLive(-1, at - FrameLayout.end(chunk.segment(), at));
                }
                index.replace(slot, position);
                return true;
            }
        }
        return false;
    }

    /** See {@link View#touchRecord}. */
    long touchRecord(long hash) {
        long position = HashIndex.position(index.likelyWord(hash));
        MemorySegment s = memory.segment(position);
        long at = memory.at(position);
        return memory.covers(s, at, FrameLayout.MIN_FRAME) ? FrameLayout.head(s, at) : 0;
    }

    /** Takes a frame into account. Only for the writer. */
    void apply(FrameRef frame) {
        try {
            change(frame);
        } finally {
            values.hasRemoved();
        }
    }

    private void change(FrameRef frame) {
        if (frame.type != FrameLayout.PUT) {
            frame.chunk.addDeletion(frame.size);
        }
        if (frame.type == FrameLayout.CLEAR) {
            clear(frame);
            return;
        }
        long slot = findSlot(frame);
        if (slot >= 0 && isOlderThanRow(frame, HashIndex.position(index.word(slot)))) {
            return;
        }
        if (slot >= 0) {
            dropRecordAt(HashIndex.position(index.word(slot)), frame);
        }
        if (frame.type == FrameLayout.DELETE) {
            if (slot >= 0) {
                index.remove(slot);
            }
            return;
        }
        if (slot >= 0) {
            index.replace(slot, frame.position());
        } else {
            index.insert(frame.keyHash, frame.position());
        }
        frame.chunk.addLive(1, frame.size);
        if (rows != null) {
            rows.added(frame);
        }
        if (frame.expiry != 0) {
            frame.chunk.expires(frame.expiry);
        }
        if (frame.hasValueFile()) {
            records.valueFiles().retain(frame.valueFile, frame.valueFileLength);
        }
    }

    /**
     * Whether the index refers to a row of a segment that is newer than a frame. Never but where the index is built from
     * segments and log, in which one does not come behind the other.
     */
    private boolean isOlderThanRow(FrameRef frame, long position) {
        return memory.isInSegment(position) && position != frame.position() && memory.lsnAt(position) >= frame.version;
    }

    /**
     * All records with an LSN below the frame's version are gone. Takes time in proportion to their number. Each is dealt
     * with as if it were deleted before the index changes.
     */
    @SuppressWarnings("NonAtomicVolatileUpdate") // by one thread at a time
    private void clear(FrameRef frame) {
        Clearing clearing = new Clearing(this, records, frame);
        index.forEachPosition(clearing);
        if (clearing.finish() == 0) {
            index.clear();
        } else {
            index.retain(position -> !Clearing.isBelow(records, position, frame.version));
        }
        clearedAt = Math.max(clearedAt, frame.version);
    }

    /** The keyspace was dropped: clears it for good. Only for the writer. */
    void remove(FrameRef frame) {
        removed = true;
        try {
            clear(frame);
        } finally {
            values.hasRemoved();
        }
    }

    /** A record is gone that the frame does not name. A damaged one may be any key's, so no snapshot shows it either. */
    void drop(long position, FrameRef frame) {
        Chunk chunk = records.chunks().at(Position.chunkSlot(position));
        if (chunk == null) {
            return;
        }
        if (isDamaged(chunk, position)) {
            chunk.addLive(-1, 0);
            memory.markDead(position);
            return;
        }
        if (superseded.isShown(superseded.lsnOf(position))) {
            frame.keyHash = records.hashAt(position);
        }
        dropRecordAt(position, frame);
    }

    /** The present record of the frame's key is superseded. */
    private void dropRecordAt(long position, FrameRef frame) {
        Chunk chunk = records.chunks().at(Position.chunkSlot(position));
        if (chunk == null) {
            return;
        }
        long at = Position.offset(position);
        MemorySegment s = chunk.segment();
        long lsn = superseded.lsnOf(position);
        if (superseded.isShown(lsn)) {
            superseded.add(frame.keyHash, chunk, position, frame.lsn);
        }
        if (rows != null) {
            rows.dropped(chunk, at, frame);
        }
        chunk.addLive(-1, at - FrameLayout.end(s, at));
        if (lsn < frame.lsn) { // or this replays what the index had from an image, and comes to it again
            memory.markDead(position);
        }
        if (FrameLayout.hasValueFile(s, at)) {
            long file = FrameLayout.valueFile(s, at);
            if (!frame.hasValueFile() || frame.valueFile != file) {
                values.removes();
                release(file, FrameLayout.version(s, at, lsn), frame.lsn);
                chunk.fileReleased(frame.lsn);
            }
        }
    }

    /** A snapshot may show the value under any of the places it has had since it was written. */
    private void release(long file, long version, long lsn) {
        if (superseded.isShown(version)) {
            superseded.keepFile(file, lsn);
        } else {
            records.valueFiles().release(file, lsn);
        }
    }

    /**
     * The index slot of the frame's key, or -1. A damaged record that may be the key's stays in the index: a newer one
     * goes beside it, and readers prefer that.
     */
    private long findSlot(FrameRef frame) {
        long identity = Records.identity(id, frame.keyLength);
        long entry = index.entry(frame.keyHash);
        long slot = index.likelySlot(entry, frame.keyHash);
        if (slot != HashIndex.NO_SLOT && isOf(index.word(slot), entry, identity, frame)) {
            return slot;
        }
        if (slot == HashIndex.NO_SLOT && index.endsInLine(entry, frame.keyHash)) {
            return slot;
        }
        slot = index.home(entry, frame.keyHash);
        for (int probe = 0; probe < HashIndex.MAX_PROBES; probe++, slot = HashIndex.next(slot)) {
            long word = index.word(slot);
            if (word == HashIndex.EMPTY) {
                break;
            }
            if (isOf(word, entry, identity, frame)) {
                return slot;
            }
        }
        return HashIndex.NO_SLOT;
    }

    /** Whether a slot is that of the frame's key. A replay meets images that refer to the frame itself. */
    private boolean isOf(long word, long entry, long identity, FrameRef frame) {
        return HashIndex.matches(word, entry, frame.keyHash)
                && (HashIndex.position(word) == frame.position()
                        || Records.holds(
                                memory,
                                HashIndex.position(word),
                                identity,
                                frame.keyBytes,
                                frame.keyAt,
                                frame.keyLength));
    }
}
