package dev.ashlar.keyspace;

import dev.ashlar.CorruptionException;
import dev.ashlar.Verification;
import dev.ashlar.log.CheckpointFile;
import dev.ashlar.log.Chunk;
import dev.ashlar.log.FrameLayout;
import dev.ashlar.log.LogMemory;
import dev.ashlar.log.Position;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** Hands out the values of a keyspace's records, once they are found, and verifies them before. Any thread. */
public final class Values {
    /** See {@link #lookAgain}: no record goes so often between two looks. */
    private static final int PARKS = 500;

    private static final int SPINS = 1_000;
    private static final long PARK_NANOS = 500_000;

    private final Records records;
    private final LogMemory memory;
    private final String keyspace;
    private volatile Verification verification;

    /** Files of values have been let go, and the index leads to their records still. Set by the writer. */
    private volatile boolean removing;

    Values(Records records, String keyspace, Verification verification) {
        this.records = records;
        this.memory = records.memory();
        this.keyspace = keyspace;
        this.verification = verification;
    }

    public Verification verification() {
        return verification;
    }

    public void verification(Verification wanted) {
        verification = wanted;
    }

    /**
     * Checks a record as the space's verification demands, before its value is handed out.
     *
     * @param epoch taken before the position was looked up
     * @return false if the record has moved: look it up again
     * @throws CorruptionException if it is not what was written
     */
    public boolean check(LogMemory memory, long position, long epoch) {
        return verification == Verification.ONCE && memory.isVerified(position) || checkSlowly(position, epoch);
    }

    private boolean checkSlowly(long position, long epoch) {
        Chunk chunk = records.chunks().at(Position.chunkSlot(position));
        if (chunk == null) {
            return false;
        }
        CorruptionException damage = damageOf(chunk, chunk.segment(), Position.offset(position));
        if (damage == null) {
            return true;
        }
        // In this order: who read zeros because the chunk went, or all was closed, finds that out. The epoch tells who
        // comes so late that another chunk has the slot.
        if (!memory.isUnchanged(epoch) || records.chunks().at(chunk.slot()) != chunk) {
            return false;
        }
        throw damage;
    }

    /** What is wrong with the record at an offset of a chunk's bytes, as far as the space's verification looks; or null. */
    private @Nullable CorruptionException damageOf(Chunk chunk, MemorySegment s, long at) {
        Verification wanted = verification;
        if (wanted == Verification.NEVER) {
            return checkEnd(chunk, s, at);
        }
        CorruptionException damage = wanted == Verification.ONCE && chunk.isVerified(at) ? null : verify(chunk, s, at);
        if (damage == null) {
            chunk.markVerified(at);
        }
        return damage;
    }

    /** Nothing is verified, but a file that was cut short is an error like any other damage. */
    private static @Nullable CorruptionException checkEnd(Chunk chunk, MemorySegment s, long at) {
        return at + FrameLayout.MIN_FRAME <= s.byteSize() && FrameLayout.end(s, at) <= s.byteSize()
                ? null
                : chunk.corruption(at, "a record that ends inside the file", "the end of the file before it");
    }

    private @Nullable CorruptionException verify(Chunk chunk, MemorySegment s, long at) {
        if (!chunk.headerVerifies(s, at, records.salt())) {
            return chunk.corruption(at, "the header and key of a record", "bytes that do not verify");
        }
        if (!FrameLayout.payloadVerifies(s, at)) {
            return chunk.corruption(
                    at,
                    "a value of " + FrameLayout.payloadLength(s, at) + " bytes with XXH3-64 "
                            + Long.toHexString(FrameLayout.payloadHash(s, at)),
                    "other bytes");
        }
        return null;
    }

    /**
     * The value of the record at a position, as a view that may be kept for ever; null if the record {@linkplain
     * #hasExpired has expired}, or has moved since the position was looked up. Once its chunk is lent, and is still the
     * one that was meant, the record stays.
     *
     * @param epoch taken before the position was looked up
     * @param asOf milliseconds since 1970, or {@link Records#NOW} or {@link Records#EVER}
     */
    public @Nullable MemorySegment view(long position, long epoch, long asOf) {
        if (!check(memory, position, epoch)) {
            return null;
        }
        Chunk chunk = records.chunks().at(Position.chunkSlot(position));
        MemorySegment bytes = chunk == null ? null : chunk.escapingSegment();
        return bytes == null || !memory.isUnchanged(epoch) ? null : view(bytes, Position.offset(position), asOf);
    }

    /**
     * Whether a record that was not shown has expired: then the key is absent. If not, it has moved.
     *
     * @param epoch taken before the position was looked up
     */
    public boolean hasExpired(long position, long epoch, long asOf) {
        Chunk chunk = records.chunks().at(Position.chunkSlot(position));
        return chunk != null
                && records.isIntactAndExpired(chunk, chunk.segment(), Position.offset(position), asOf)
                && memory.isUnchanged(epoch);
    }

    /**
     * The value of the record at an offset of a chunk's escaping bytes, which the caller holds, so that it does not matter
     * whether the chunk has retired; null if it is in a file that has gone.
     */
    public @Nullable MemorySegment view(Chunk chunk, MemorySegment bytes, long at) {
        check(chunk, bytes, at);
        return view(bytes, at, Records.EVER);
    }

    /**
     * Checks the record at an offset of a chunk's escaping bytes, as the space's verification demands.
     *
     * @throws CorruptionException if it is not what was written
     */
    public void check(Chunk chunk, MemorySegment bytes, long at) {
        if (verification == Verification.ONCE && memory.isVerified(Position.of(chunk.slot(), at))) {
            return;
        }
        CorruptionException damage = damageOf(chunk, bytes, at);
        if (damage != null) {
            throw damage;
        }
    }

    private @Nullable MemorySegment view(MemorySegment bytes, long at, long asOf) {
        long head = FrameLayout.head(bytes, at);
        if (!FrameLayout.isPlain(head)) {
            if (records.isExpired(bytes, at, head, asOf)) {
                return null;
            }
            if (FrameLayout.hasValueFile(head)) {
                return valueFile(bytes, at);
            }
        }
        long length = FrameLayout.payloadLength(bytes, at);
        return bytes.asSlice(FrameLayout.payloadOffset(at, head, length), length);
    }

    /** The value in the file that the record at an offset of a segment names; null if the file has gone. */
    public @Nullable MemorySegment valueFile(MemorySegment s, long at) {
        return records.valueFiles()
                .view(
                        FrameLayout.valueFile(s, at),
                        FrameLayout.valueFileLength(s, at),
                        FrameLayout.payloadHash(s, at),
                        verification != Verification.NEVER);
    }

    /**
     * A record was found and could not be shown, for the n-th time in a row: it has moved, or its value's file has gone
     * because it is being superseded. Waits a little if that goes on; as long as the writer is about to change the index,
     * be it kept from its processor, or clearing all of a large keyspace, that is no try.
     *
     * @throws CorruptionException if it goes on although nothing is being superseded: the index, as it was loaded, leads to
     *     a chunk that is not there, or does not know of the file that the record names
     */
    public void lookAgain(long position, int tries) {
        if (tries > SPINS + PARKS) {
            Chunk chunk = records.chunks().at(Position.chunkSlot(position));
            if (chunk == null) {
                throw leadsNowhere();
            }
            throw chunk.corruption(
                    Position.offset(position), "a record that names a value file in use", "another file's number");
        }
        if (tries > SPINS) {
            do {
                LockSupport.parkNanos(PARK_NANOS);
            } while (isRemoving());
        }
    }

    /** Before the file of a value is let go that the index still leads to. By the writer. */
    void removes() {
        removing = true;
    }

    boolean isRemoving() {
        return removing;
    }

    /** The index leads to none of them any more. By the writer. */
    void hasRemoved() {
        if (removing) {
            removing = false;
        }
    }

    public CorruptionException leadsNowhere() {
        return new CorruptionException(
                CheckpointFile.DIRECTORY,
                0,
                "an index of keyspace " + keyspace + " that points into the log",
                "an entry that points into a chunk that is not there",
                "Close the store, remove the files in " + CheckpointFile.DIRECTORY
                        + ", and open it again: that rebuilds the indexes from the log.");
    }
}
