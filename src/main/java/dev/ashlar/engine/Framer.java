package dev.ashlar.engine;

import dev.ashlar.Keyspace;
import dev.ashlar.log.Chunk;
import dev.ashlar.log.Chunks;
import dev.ashlar.log.FrameLayout;
import dev.ashlar.log.FrameRef;
import dev.ashlar.log.LogWriter;
import dev.ashlar.log.ValueFiles;
import dev.ashlar.log.View;
import java.lang.foreign.MemorySegment;

/**
 * Turns the ops of an event into frames, deciding conditions on the way, and later applies the frames to the views. Each
 * op carries its result: the LSN of its frame, or {@link Keyspace#NOT_WRITTEN}. For the owner of the appender's role.
 */
final class Framer {
    /** Keys whose slots and records are read ahead of applying them: what they touch stays in the second-level cache. */
    private static final int TOUCHED_AHEAD = 512;

    private final LogWriter log;
    private final Chunks chunks;
    private final Views views;
    private final ValueFiles valueFiles;
    private final WriteRing ring;

    /** The keys that the group has written, as far as somebody asked. */
    private final StagedKeys staged = new StagedKeys();

    /** Events of the group below this sequence are in {@link #staged}. */
    private long stagedTo;

    private final FrameRef ref = new FrameRef();
    private long watermark;
    private boolean wrote;
    private boolean full;
    private volatile long expired;

    /** What was read ahead adds up to, so that reading it is not for nothing to the compiler. */
    @SuppressWarnings("unused")
    private long touched;

    Framer(WriteRing ring, LogWriter log, Chunks chunks, Views views, ValueFiles valueFiles) {
        this.ring = ring;
        this.log = log;
        this.chunks = chunks;
        this.views = views;
        this.valueFiles = valueFiles;
    }

    /** @param first sequence of the group's first event */
    void beginGroup(long first, long watermark) {
        this.watermark = watermark;
        this.stagedTo = first;
        wrote = false;
        full = false;
    }

    /** Whether the group has frames. */
    boolean wrote() {
        return wrote;
    }

    /** Whether the group must end here although there is room: it holds a batch that went across chunks. */
    boolean groupIsFull() {
        return full;
    }

    /**
     * Frames the event of a sequence.
     *
     * @param alone whether the event is the group's first: it cannot ask for the group to end before it
     * @return false if the group has to end first; nothing of the event was framed
     * @throws dev.ashlar.StoreFullException if there is no room; frames of the event may have been written
     * @throws FarChunkException if a batch came from one chunk into another that is too far away; the same holds
     */
    boolean frame(long sequence, boolean alone) {
        WriteRing.Event event = ring.event(sequence);
        checkSpaces(event);
        if (!event.atomic && event.ops == 1) {
            return frameSingle(sequence, event, alone);
        }
        return frameMany(event, alone);
    }

    /** Refuses what is for a space that was removed while it was in the ring. Relocations of one are passed over. */
    private void checkSpaces(WriteRing.Event event) {
        MemorySegment s = event.memory;
        long at = 0;
        for (int i = 0; i < event.ops; i++, at += Op.size(s, at)) {
            if (views.find(Op.space(s, at)) == null && !isUpkeep(s, at)) {
                refuseMany(s, event.ops);
                throw new RemovedSpaceException(views.nameOf(Op.space(s, at)));
            }
        }
    }

    /** Whether compaction or the sweeper wrote an op: of a space that was removed there is nothing left to keep or delete. */
    private static boolean isUpkeep(MemorySegment s, long at) {
        byte condition = Op.condition(s, at);
        return condition == Op.IF_SOURCE || condition == Op.IF_STILL_ABSENT;
    }

    private boolean frameSingle(long sequence, WriteRing.Event event, boolean alone) {
        MemorySegment s = event.memory;
        if (needsSettledState(s, 0) && !alone && groupMayWrite(s, sequence)) {
            return false;
        }
        if (!holds(s, 0, false)) {
            Op.result(s, 0, Keyspace.NOT_WRITTEN);
            return true;
        }
        if (!log.fits(Op.flags(s, 0), Op.keyLength(s, 0), Op.payloadLength(s, 0), Op.alignmentShift(s, 0))) {
            if (!alone) {
                return false;
            }
            log.roll(Op.frameBound(s, 0), event.makesRoom, watermark);
        }
        stage(s, 0, log.next(), FrameLayout.BATCH_END);
        return true;
    }

    /** Whether the group may write an op's key before its sequence. Most groups are never asked, and keep no account. */
    private boolean groupMayWrite(MemorySegment s, long sequence) {
        if (stagedTo == ring.consumed() + 1) {
            staged.clear();
        }
        for (; stagedTo < sequence; stagedTo++) {
            WriteRing.Event earlier = ring.event(stagedTo);
            if (earlier.ops == 1) {
                staged.add(Op.space(earlier.memory, 0), Op.keyHash(earlier.memory, 0));
            }
        }
        return staged.mayContain(Op.space(s, 0), Op.keyHash(s, 0));
    }

    /** A batch, whose frames count together, or a bundle of relocations, each of which counts alone. */
    private boolean frameMany(WriteRing.Event event, boolean alone) {
        MemorySegment s = event.memory;
        if (!alone) {
            return false;
        }
        // A batch gets a group of its own, so that it can be taken back as a whole.
        full = true;
        int last = decideMany(s, event);
        long at = 0;
        long start = -1;
        for (int i = 0; i <= last; i++, at += Op.size(s, at)) {
            if (Op.result(s, at) == Keyspace.NOT_WRITTEN) {
                continue;
            }
            makeRoomFor(s, at, event.makesRoom);
            long lsn = log.next();
            start = start < 0 || !event.atomic ? lsn : start;
            if (lsn - start > FrameLayout.MOST_OF_A_BATCH) {
                throw new FarChunkException();
            }
            stage(s, at, start, !event.atomic || i == last ? FrameLayout.BATCH_END : 0);
        }
        return true;
    }

    /**
     * Decides which ops of a batch are written, each as if those before it were; returns the last of them, or -1. What the
     * batch requires is about the state before it, and decides about all of it.
     */
    private int decideMany(MemorySegment s, WriteRing.Event event) {
        int last = -1;
        long at = 0;
        boolean asked = false;
        for (int i = 0; i < event.ops; i++, at += Op.size(s, at)) {
            if (Op.type(s, at) == Op.REQUIRE) {
                if (!holds(s, at, false)) {
                    refuseMany(s, event.ops);
                    return -1;
                }
                Op.result(s, at, Keyspace.NOT_WRITTEN);
                continue;
            }
            if (!asked && event.atomic && needsSettledState(s, at)) {
                asked = true;
                staged.clear();
                stageBefore(s, i);
            }
            if (holds(s, at, event.atomic)) {
                Op.result(s, at, 0);
                last = i;
                if (asked) {
                    staged.add(Op.space(s, at), Op.keyHash(s, at));
                }
            } else {
                Op.result(s, at, Keyspace.NOT_WRITTEN);
            }
        }
        return last;
    }

    private static void refuseMany(MemorySegment s, int ops) {
        long at = 0;
        for (int i = 0; i < ops; i++, at += Op.size(s, at)) {
            Op.result(s, at, Keyspace.NOT_WRITTEN);
        }
    }

    private void stageBefore(MemorySegment s, int ops) {
        long at = 0;
        for (int i = 0; i < ops; i++, at += Op.size(s, at)) {
            if (Op.type(s, at) != Op.REQUIRE) {
                staged.add(Op.space(s, at), Op.keyHash(s, at));
            }
        }
    }

    private void makeRoomFor(MemorySegment s, long at, boolean makesRoom) {
        if (log.fits(Op.flags(s, at), Op.keyLength(s, at), Op.payloadLength(s, at), Op.alignmentShift(s, at))) {
            return;
        }
        wrote = true;
        log.writeStaged();
        if (!log.fits(Op.flags(s, at), Op.keyLength(s, at), Op.payloadLength(s, at), Op.alignmentShift(s, at))) {
            log.roll(Op.frameBound(s, at), makesRoom, watermark);
        }
    }

    private void stage(MemorySegment s, long at, long batchStart, int endFlag) {
        int keyLength = Op.keyLength(s, at);
        long lsn = log.stage(
                Op.type(s, at),
                Op.flags(s, at) | endFlag,
                Op.alignmentShift(s, at),
                Op.space(s, at),
                Op.version(s, at),
                Op.valueFile(s, at),
                Op.valueFileLength(s, at),
                Op.expiry(s, at),
                s,
                at + Op.HEADER,
                keyLength,
                at + Op.payloadOffset(keyLength),
                Op.payloadLength(s, at),
                Op.payloadHash(s, at),
                Op.condition(s, at) == Op.IF_SOURCE && Op.type(s, at) == FrameLayout.PUT
                        ? Op.conditionArgument(s, at)
                        : 0,
                batchStart,
                watermark);
        Op.result(s, at, lsn);
        wrote = true;
    }

    /**
     * Takes back what was framed and perhaps written of a batch that failed half-way; it is alone in its group.
     *
     * @return true if the log goes on in another chunk: its end has moved
     */
    boolean abandon() {
        boolean moves = full && !log.takeBack();
        if (moves) {
            log.abandonGroup(watermark);
        }
        wrote &= !full;
        return moves;
    }

    // ---------------------------------------------------------------------------------------------------- conditions

    private static boolean needsSettledState(MemorySegment s, long at) {
        return Op.condition(s, at) != Op.ALWAYS || Op.type(s, at) >= FrameLayout.DELETE;
    }

    /**
     * Whether an op's condition holds; deletions of absent keys write nothing, nor does clearing what is empty. What has
     * expired is absent.
     */
    private boolean holds(MemorySegment s, long at, boolean inBatch) {
        byte condition = Op.condition(s, at);
        boolean deletion = Op.type(s, at) >= FrameLayout.DELETE;
        if (condition == Op.ALWAYS && !deletion) {
            return true;
        }
        int space = Op.space(s, at);
        long hash = Op.keyHash(s, at);
        if (inBatch && staged.mayContain(space, hash)) {
            return true;
        }
        View view = views.find(space);
        if (view == null) {
            return false;
        }
        if (Op.type(s, at) == FrameLayout.CLEAR) {
            return condition == Op.IF_STILL_ABSENT || inBatch && !staged.isEmpty() || !view.isEmpty(space);
        }
        if (condition == Op.IF_SOURCE) {
            Chunk source = chunks.holding(Op.conditionArgument(s, at));
            return source != null && view.refersTo(space, hash, source.position(Op.conditionArgument(s, at)));
        }
        if (condition == Op.IF_STILL_ABSENT) {
            return view.lacks(space, hash, s, at + Op.HEADER, Op.keyLength(s, at));
        }
        long position = view.positionOf(space, hash, s, at + Op.HEADER, Op.keyLength(s, at));
        if (position != View.ABSENT && view.hasExpired(position)) {
            position = View.ABSENT;
        }
        return switch (condition) {
            case Op.ALWAYS -> position != View.ABSENT;
            case Op.IF_ABSENT ->
                position == View.ABSENT
                        && (Op.conditionArgument(s, at) == 0
                                || view.clearedAt(space) == Op.conditionArgument(s, at) - 1);
            case Op.IF_VERSION -> position != View.ABSENT && view.versionAt(position) == Op.conditionArgument(s, at);
            default -> throw new IllegalStateException("condition " + condition);
        };
    }

    // ------------------------------------------------------------------------------------------------------ applying

    /** Applies the frames of a group, which are written, to the views. */
    void apply(long first, long last) {
        for (long from = first; from <= last; ) {
            WriteRing.Event event = ring.event(from);
            if (event.ops > 1) {
                if (event.failure == null) {
                    applyMany(event);
                }
                from++;
            } else {
                from = applySingles(from, Math.min(last, from + TOUCHED_AHEAD - 1));
            }
        }
    }

    /** Applies events of one op from the first on; returns the sequence behind the last that it applied. */
    private long applySingles(long first, long last) {
        long touch = 0;
        long end = first;
        for (; end <= last && ring.event(end).ops <= 1; end++) {
            touch += touchIndex(ring.event(end).memory, 0);
        }
        for (long sequence = first; sequence < end; sequence++) {
            touch += touchRecord(ring.event(sequence).memory, 0);
        }
        touched = touch;
        Chunk chunk = log.chunk();
        for (long sequence = first; sequence < end; sequence++) {
            WriteRing.Event event = ring.event(sequence);
            if (event.ops == 1 && event.failure == null) {
                chunk = apply(event.memory, 0, chunk);
            }
        }
        return end;
    }

    private void applyMany(WriteRing.Event event) {
        MemorySegment s = event.memory;
        Chunk chunk = log.chunk();
        long at = 0;
        for (int done = 0; done < event.ops; ) {
            int count = Math.min(TOUCHED_AHEAD, event.ops - done);
            long touch = 0;
            long ahead = at;
            for (int i = 0; i < count; i++, ahead += Op.size(s, ahead)) {
                touch += touchIndex(s, ahead);
            }
            ahead = at;
            for (int i = 0; i < count; i++, ahead += Op.size(s, ahead)) {
                touch += touchRecord(s, ahead);
            }
            touched = touch;
            for (int i = 0; i < count; i++, at += Op.size(s, at)) {
                chunk = apply(s, at, chunk);
            }
            done += count;
        }
    }

    private long touchIndex(MemorySegment s, long at) {
        View view = views.find(Op.space(s, at));
        return view == null ? 0 : view.touchIndex(Op.space(s, at), Op.keyHash(s, at));
    }

    private long touchRecord(MemorySegment s, long at) {
        View view = views.find(Op.space(s, at));
        return view == null ? 0 : view.touchRecord(Op.space(s, at), Op.keyHash(s, at));
    }

    /** Applies an op; returns the chunk that its frame is in. */
    @SuppressWarnings("NonAtomicVolatileUpdate") // by one thread at a time
    private Chunk apply(MemorySegment s, long at, Chunk present) {
        long lsn = Op.result(s, at);
        if (lsn == Keyspace.NOT_WRITTEN) {
            return present;
        }
        Chunk chunk = present.contains(lsn) ? present : chunkOf(lsn);
        int keyLength = Op.keyLength(s, at);
        ref.chunk = chunk;
        ref.lsn = lsn;
        ref.type = Op.type(s, at);
        ref.flags = Op.flags(s, at);
        ref.space = Op.space(s, at);
        ref.size = FrameLayout.end(lsn, ref.flags, keyLength, Op.payloadLength(s, at), Op.alignmentShift(s, at)) - lsn;
        ref.version = (ref.flags & FrameLayout.RELOCATED) != 0 ? Op.version(s, at) : lsn;
        // Of an op without one the memory holds what another op has left there.
        ref.valueFile = ref.hasValueFile() ? Op.valueFile(s, at) : 0;
        ref.valueFileLength = ref.hasValueFile() ? Op.valueFileLength(s, at) : 0;
        ref.expiry = (ref.flags & FrameLayout.EXPIRES) != 0 ? Op.expiry(s, at) : 0;
        ref.keyBytes = s;
        ref.keyAt = at + Op.HEADER;
        ref.keyLength = keyLength;
        ref.keyHash = Op.keyHash(s, at);
        ref.payloadAt = at + Op.payloadOffset(keyLength);
        ref.payloadLength = Op.payloadLength(s, at);
        if (ref.type == FrameLayout.CLEAR && Op.condition(s, at) == Op.IF_STILL_ABSENT) {
            return chunk; // it was moved: what it removed is gone
        }
        views.of(ref.space).apply(ref);
        if (ref.type == FrameLayout.DELETE && Op.condition(s, at) == Op.IF_SOURCE) {
            expired = expired + 1;
        }
        return chunk;
    }

    /** How many records were deleted because they had expired. Any thread. */
    long expired() {
        return expired;
    }

    private Chunk chunkOf(long lsn) {
        Chunk chunk = chunks.holding(lsn);
        if (chunk == null) {
            throw new IllegalStateException("no chunk holds the frame just written at " + lsn);
        }
        return chunk;
    }

    /**
     * Gives up the file of a large value that was not written, because its condition did not hold or the write failed.
     * The files of a batch that failed stay if its writer waits: it can be committed again. A relocation's file is that of its
     * source.
     */
    void abandonFiles(WriteRing.Event event, long result, boolean failed) {
        MemorySegment s = event.memory;
        if (event.atomic && (failed ? isHandedOver(event) : result == Keyspace.NOT_WRITTEN)) {
            abandonAll(s, event.ops);
            return;
        }
        if (event.ops != 1 || event.atomic || (Op.flags(s, 0) & FrameLayout.VALUE_FILE) == 0) {
            return;
        }
        if ((Op.flags(s, 0) & FrameLayout.RELOCATED) == 0 && (failed || Op.result(s, 0) == Keyspace.NOT_WRITTEN)) {
            valueFiles.abandon(Op.valueFile(s, 0));
        }
    }

    private static boolean isHandedOver(WriteRing.Event event) {
        Ticket ticket = event.ticket;
        return event.callback != null || ticket != null && ticket.isFuture();
    }

    /** Something that the batch requires did not hold, or it failed and nobody has it any more. */
    private void abandonAll(MemorySegment s, int ops) {
        long at = 0;
        for (int i = 0; i < ops; i++, at += Op.size(s, at)) {
            if ((Op.flags(s, at) & FrameLayout.VALUE_FILE) != 0) {
                valueFiles.abandon(Op.valueFile(s, at));
            }
        }
    }

    /** Whether any op of the event was framed. */
    boolean wroteAny(WriteRing.Event event) {
        return result(event) != Keyspace.NOT_WRITTEN;
    }

    /** The LSN of the last frame of an event, or NOT_WRITTEN. */
    long result(WriteRing.Event event) {
        long result = Keyspace.NOT_WRITTEN;
        long at = 0;
        for (int i = 0; i < event.ops; i++, at += Op.size(event.memory, at)) {
            result = Math.max(result, Op.result(event.memory, at));
        }
        return result;
    }
}
