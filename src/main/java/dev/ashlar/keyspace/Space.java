package dev.ashlar.keyspace;

import dev.ashlar.CorruptionException;
import dev.ashlar.KeyspaceOptions;
import dev.ashlar.Verification;
import dev.ashlar.log.Chunk;
import dev.ashlar.log.FrameLayout;
import dev.ashlar.log.FrameRef;
import dev.ashlar.log.Position;
import dev.ashlar.log.View;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * One keyspace: its index, and how a key leads to a record. Looking up is for any thread and waits for nobody; changing
 * is for the appender, or recovery.
 *
 * <p>The same search stands here three times, for keys in native memory, for keys in arrays, and for the writer, who
 * needs the slot: hot code must not see both kinds of memory, nor call through an interface.
 */
public final class Space {
    private static final int SAME = 0;
    private static final int OTHER = 1;
    /** The record is not where the slot said: it was relocated, or its chunk mapped anew; look again. */
    private static final int MOVED = 2;
    /** The record may be the key's, but its header does not verify. */
    private static final int DAMAGED = 3;

    private static final int MAX_TRIES = 1_000_000;

    private final Records records;
    private final int id;
    private final String name;
    private final int alignment;
    private final int alignmentShift;
    private volatile Verification verification;
    private HashIndex index;

    Space(Records records, int id, String name, KeyspaceOptions options, HashIndex index) {
        this.records = records;
        this.id = id;
        this.name = name;
        this.alignment = options.alignment();
        this.alignmentShift = Integer.numberOfTrailingZeros(options.alignment());
        this.verification = options.verification();
        this.index = index;
    }

    public int id() {
        return id;
    }

    public String name() {
        return name;
    }

    public int alignment() {
        return alignment;
    }

    public int alignmentShift() {
        return alignmentShift;
    }

    public Verification verification() {
        return verification;
    }

    public void verification(Verification verification) {
        this.verification = verification;
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

    HashIndex index() {
        return index;
    }

    /** Before the space is seen by other threads. */
    void index(HashIndex restored) {
        this.index = restored;
    }

    // -------------------------------------------------------------------------------------------------- looking up

    /** The position of a key's record, or {@link View#ABSENT}. */
    public long find(byte[] key, long hash) {
        long identity = Records.identity(id, key.length);
        for (int tries = 0; ; tries++) {
            long entry = index.entry(hash);
            long at = index.home(entry, hash);
            boolean moved = false;
            long damaged = View.ABSENT;
            for (int probe = 0; probe < HashIndex.MAX_PROBES; probe++, at = HashIndex.next(at)) {
                long word = index.word(at);
                if (word == HashIndex.EMPTY) {
                    break;
                }
                if (HashIndex.matches(word, entry, hash)) {
                    int match = compare(HashIndex.position(word), identity, key);
                    if (match == SAME) {
                        return HashIndex.position(word);
                    }
                    if (match == MOVED) {
                        moved = true;
                        break;
                    }
                    if (match == DAMAGED) {
                        damaged = HashIndex.position(word);
                    }
                }
            }
            if (moved) {
                checkTries(tries);
            } else if (index.entry(hash) == entry) {
                return missing(damaged);
            }
        }
    }

    /** As {@link #find(byte[], long)}, for a key in native memory. */
    public long find(MemorySegment key, long keyAt, int length, long hash) {
        long identity = Records.identity(id, length);
        for (int tries = 0; ; tries++) {
            long entry = index.entry(hash);
            long at = index.home(entry, hash);
            boolean moved = false;
            long damaged = View.ABSENT;
            for (int probe = 0; probe < HashIndex.MAX_PROBES; probe++, at = HashIndex.next(at)) {
                long word = index.word(at);
                if (word == HashIndex.EMPTY) {
                    break;
                }
                if (HashIndex.matches(word, entry, hash)) {
                    int match = compare(HashIndex.position(word), identity, key, keyAt, length);
                    if (match == SAME) {
                        return HashIndex.position(word);
                    }
                    if (match == MOVED) {
                        moved = true;
                        break;
                    }
                    if (match == DAMAGED) {
                        damaged = HashIndex.position(word);
                    }
                }
            }
            if (moved) {
                checkTries(tries);
            } else if (index.entry(hash) == entry) {
                return missing(damaged);
            }
        }
    }

    private int compare(long position, long identity, byte[] key) {
        Chunk chunk = records.chunks().at(Position.chunkSlot(position));
        if (chunk == null) {
            return MOVED;
        }
        MemorySegment s = chunk.segment();
        long at = Position.offset(position);
        try {
            if (at + FrameLayout.HEADER + 24 + key.length <= s.byteSize()) {
                if (Records.holds(s, at, identity, key)) {
                    return SAME;
                }
            } else if (keyFits(s, at, key.length) && Records.holds(s, at, identity, key)) {
                return SAME;
            }
            return different(chunk, s, at);
        } catch (IllegalStateException e) {
            return moved(chunk, s, e);
        }
    }

    private int compare(long position, long identity, MemorySegment key, long keyAt, int length) {
        Chunk chunk = records.chunks().at(Position.chunkSlot(position));
        if (chunk == null) {
            return MOVED;
        }
        MemorySegment s = chunk.segment();
        long at = Position.offset(position);
        try {
            if (at + FrameLayout.HEADER + 24 + length <= s.byteSize()) {
                if (Records.holds(s, at, identity, key, keyAt, length)) {
                    return SAME;
                }
            } else if (keyFits(s, at, length) && Records.holds(s, at, identity, key, keyAt, length)) {
                return SAME;
            }
            return different(chunk, s, at);
        } catch (IllegalStateException e) {
            return moved(chunk, s, e);
        }
    }

    /** Near the end of a mapping, where all extensions would not fit: whether those do that the record has. */
    private static boolean keyFits(MemorySegment s, long at, int length) {
        return at + FrameLayout.MIN_FRAME <= s.byteSize()
                && at + FrameLayout.HEADER + FrameLayout.extensions(FrameLayout.flags(FrameLayout.head(s, at))) + length
                        <= s.byteSize();
    }

    /** A slot's tag says yes and the record says no: either two hashes are alike, or the record is damaged. */
    private int different(Chunk chunk, MemorySegment s, long at) {
        return chunk.isVerified(at) || chunk.headerVerifies(s, at, records.salt()) ? OTHER : DAMAGED;
    }

    /** A record moves once in a while. An index that points into a retired chunk would be a bug, and must not hang. */
    private void checkTries(int tries) {
        if (tries > MAX_TRIES) {
            throw new IllegalStateException("the index of keyspace " + name + " points into a chunk that is gone");
        }
    }

    /** No record is the key's; one that is damaged may have been. */
    private long missing(long damaged) {
        if (damaged != View.ABSENT) {
            Chunk chunk = records.chunks().at(Position.chunkSlot(damaged));
            if (chunk != null) {
                throw chunk.corruption(
                        Position.offset(damaged), "the header and key of a record", "bytes that do not verify");
            }
        }
        return View.ABSENT;
    }

    private int moved(Chunk chunk, MemorySegment s, IllegalStateException e) {
        if (!chunk.isCurrent(s) || records.chunks().at(chunk.slot()) != chunk) {
            return MOVED;
        }
        throw e;
    }

    // ------------------------------------------------------------------------------------------------------ reading

    /**
     * Checks a record as the space's verification demands, before its value is handed out.
     *
     * @throws CorruptionException if it is not what was written
     */
    public void check(Chunk chunk, MemorySegment s, long at) {
        Verification wanted = verification;
        if (wanted == Verification.ONCE && chunk.isVerified(at)) {
            return;
        }
        if (wanted == Verification.NEVER) {
            checkEnd(chunk, s, at);
            return;
        }
        verify(chunk, s, at);
    }

    /** Nothing is verified, but a file that was cut short is an error like any other damage. */
    private static void checkEnd(Chunk chunk, MemorySegment s, long at) {
        if (FrameLayout.end(s, at) > s.byteSize()) {
            throw chunk.corruption(at, "a record that ends inside the file", "the end of the file before it");
        }
    }

    private void verify(Chunk chunk, MemorySegment s, long at) {
        if (!chunk.headerVerifies(s, at, records.salt())) {
            throw chunk.corruption(at, "the header and key of a record", "bytes that do not verify");
        }
        if (!FrameLayout.payloadVerifies(s, at)) {
            throw chunk.corruption(
                    at,
                    "a value of " + FrameLayout.payloadLength(s, at) + " bytes with XXH3-64 "
                            + Long.toHexString(FrameLayout.payloadHash(s, at)),
                    "other bytes");
        }
        chunk.markVerified(at);
    }

    /**
     * The value at a position, as a view that may be kept for ever; null if the record has moved since the position was
     * looked up.
     */
    public @Nullable MemorySegment view(long position) {
        Chunk chunk = records.chunks().at(Position.chunkSlot(position));
        if (chunk == null) {
            return null;
        }
        MemorySegment s;
        try {
            s = chunk.escapingSegment();
        } catch (RuntimeException e) {
            if (records.chunks().at(chunk.slot()) != chunk) {
                return null;
            }
            throw e;
        }
        return view(chunk, s, Position.offset(position));
    }

    /** The value of the record at an offset of a chunk's escaping mapping. */
    public @Nullable MemorySegment view(Chunk chunk, MemorySegment s, long at) {
        check(chunk, s, at);
        long head = FrameLayout.head(s, at);
        if (FrameLayout.hasValueFile(head)) {
            return records.valueFiles()
                    .view(
                            FrameLayout.valueFile(s, at),
                            FrameLayout.valueFileLength(s, at),
                            FrameLayout.payloadHash(s, at),
                            verification != Verification.NEVER);
        }
        long length = FrameLayout.payloadLength(s, at);
        return s.asSlice(FrameLayout.payloadOffset(at, head, length), length);
    }

    /** Whether the index refers to a position under a hash. */
    public boolean refersTo(long hash, long position) {
        while (true) {
            long entry = index.entry(hash);
            long at = index.home(entry, hash);
            for (int probe = 0; probe < HashIndex.MAX_PROBES; probe++, at = HashIndex.next(at)) {
                long word = index.word(at);
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

    /** Takes a frame into account. Only for the writer. */
    void apply(FrameRef frame) {
        long slot = findSlot(frame);
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
        if (frame.hasValueFile()) {
            records.valueFiles().retain(frame.valueFile, frame.valueFileLength);
        }
    }

    /** The present record of the frame's key is superseded. */
    private void dropRecordAt(long position, FrameRef frame) {
        Chunk chunk = records.chunks().at(Position.chunkSlot(position));
        if (chunk == null) {
            return;
        }
        long at = Position.offset(position);
        while (true) {
            MemorySegment s = chunk.segment();
            try {
                chunk.addLive(-1, at - FrameLayout.end(s, at));
                if (FrameLayout.hasValueFile(s, at)) {
                    long file = FrameLayout.valueFile(s, at);
                    if (!frame.hasValueFile() || frame.valueFile != file) {
                        records.valueFiles().release(file, frame.lsn);
                    }
                }
                return;
            } catch (IllegalStateException e) {
                moved(chunk, s, e);
            }
        }
    }

    /** The index slot of the frame's key, or -1. */
    private long findSlot(FrameRef frame) {
        long identity = Records.identity(id, frame.keyLength);
        while (true) {
            long entry = index.entry(frame.keyHash);
            long at = index.home(entry, frame.keyHash);
            boolean moved = false;
            for (int probe = 0; probe < HashIndex.MAX_PROBES; probe++, at = HashIndex.next(at)) {
                long word = index.word(at);
                if (word == HashIndex.EMPTY) {
                    break;
                }
                if (HashIndex.matches(word, entry, frame.keyHash)) {
                    int match = compareForWriter(HashIndex.position(word), identity, frame);
                    if (match == SAME) {
                        return at;
                    }
                    if (match == MOVED) {
                        moved = true;
                        break;
                    }
                }
            }
            if (!moved) {
                return -1;
            }
        }
    }

    /** A damaged record that may be the key's own stays in the index: a newer one goes beside it, and readers prefer that. */
    private int compareForWriter(long position, long identity, FrameRef frame) {
        if (position == frame.position()) {
            return SAME; // replayed over an image that has it already
        }
        return compare(position, identity, frame.keyBytes, frame.keyAt, frame.keyLength);
    }
}
