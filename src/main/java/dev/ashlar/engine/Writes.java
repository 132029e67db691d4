package dev.ashlar.engine;

import dev.ashlar.Durability;
import dev.ashlar.Keyspace;
import dev.ashlar.StorageException;
import dev.ashlar.StoreClosedException;
import dev.ashlar.StoreFailedException;
import dev.ashlar.VectorOptions;
import dev.ashlar.WriteCallback;
import dev.ashlar.WriteTimeoutException;
import dev.ashlar.keyspace.Space;
import dev.ashlar.log.FrameLayout;
import dev.ashlar.log.ValueFiles;
import dev.ashlar.simd.Xxh3;
import dev.ashlar.vector.RowCheck;
import java.lang.foreign.MemorySegment;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The calling thread's part of a write: validate, copy key and value once into engine-owned memory while hashing them,
 * and publish. The caller's memory is not touched after that.
 */
final class Writes {
    /** A key in an array, or in memory. What must not allocate anything does without: see {@link Source}. */
    record Key(Object source) {
        /** Of no bytes. */
        static final Key NONE = new Key(new byte[0]);

        static Key of(byte[] key) {
            return new Key(Objects.requireNonNull(key, "key"));
        }

        static Key of(MemorySegment key) {
            return new Key(Objects.requireNonNull(key, "key"));
        }

        byte[] heapBytes() {
            if (source instanceof byte[] heap) {
                return heap;
            }
            byte[] bytes = new byte[length()];
            Source.copy(source, MemorySegment.ofArray(bytes), 0, bytes.length);
            return bytes;
        }

        int length() {
            return Source.keyLength(source);
        }
    }

    /**
     * A value in an array, in memory, or none (a deletion).
     *
     * @param expiry milliseconds since 1970; 0: it stays
     */
    record Value(@Nullable Object source, long expiry) {
        static final Value NONE = new Value(null, 0);

        static Value of(byte[] value) {
            return new Value(Objects.requireNonNull(value, "value"), 0);
        }

        static Value of(MemorySegment value) {
            return new Value(Objects.requireNonNull(value, "value"), 0);
        }

        Value expiringAt(long millis) {
            return new Value(source, millis);
        }

        long length() {
            return Source.length(source);
        }
    }

    /** Some tens of microseconds: what the appender takes for a small group. */
    private static final int SPINS_FOR_ROOM = 1_000;

    private static final int PIECE = 1 << 20;
    private final WriteRing ring;
    private final BufferPool pool;
    private final Appender appender;
    private final Syncer syncer;
    private final Health health;
    private final ValueFiles valueFiles;
    private final int mostInline;
    private final boolean callersAppend;
    private final long timeoutNanos;
    private Runnable beforeExpiring = () -> {};
    private BooleanSupplier mayExpire = () -> true;

    Writes(
            WriteRing ring,
            BufferPool pool,
            Appender appender,
            Syncer syncer,
            Health health,
            ValueFiles valueFiles,
            int mostInline,
            boolean callersAppend,
            long timeoutNanos) {
        this.ring = ring;
        this.pool = pool;
        this.appender = appender;
        this.syncer = syncer;
        this.health = health;
        this.valueFiles = valueFiles;
        this.mostInline = mostInline;
        this.callersAppend = callersAppend;
        this.timeoutNanos = timeoutNanos;
    }

    /**
     * @param action run before anything that expires is handed over; may wait
     * @param may whether that is done already; if not, sees to it soon and does not wait
     */
    void beforeExpiring(Runnable action, BooleanSupplier may) {
        beforeExpiring = action;
        mayExpire = may;
    }

    /** To be called with the expiry of each value, before the appender can see it: one that expires has to be announced. */
    void announce(long expiry) {
        if (expiry != 0) {
            beforeExpiring.run();
        }
    }

    BufferPool pool() {
        return pool;
    }

    /** Whether a value of so many bytes has a file of its own. Rows never have. */
    boolean isLarge(Space space, long length) {
        return length > mostInline && space.vectors() == null;
    }

    void checkWritable() {
        health.checkWritable();
    }

    /** Also that the calling thread may wait. */
    void checkMayWrite() {
        appender.checkNotOwner();
        health.checkWritable();
    }

    // ------------------------------------------------------------------------------------------------ single writes

    /** Sets a value and waits; returns the LSN. */
    long write(Space space, Key key, Value value, Durability durability) {
        return write(space, FrameLayout.PUT, Op.ALWAYS, 0, key, value, durability);
    }

    /** Writes and waits; returns the LSN, or NOT_WRITTEN. */
    long write(Space space, byte type, byte condition, long argument, Key key, Value value, Durability durability) {
        Objects.requireNonNull(durability, "durability");
        Ticket ticket = Ticket.waiting();
        submit(space, type, condition, argument, key.source(), value.source(), value.expiry(), ticket, null, 0, false);
        return finish(ticket, durability);
    }

    private long finish(Ticket ticket, Durability durability) {
        appender.await(ticket);
        long lsn = ticket.writtenLsn();
        if (durability == Durability.DURABLE && lsn != Keyspace.NOT_WRITTEN) {
            syncer.awaitDurable(lsn + 1);
        }
        return lsn;
    }

    CompletableFuture<Long> writeAsync(
            Space space, byte type, byte condition, long argument, Key key, Value value, Durability durability) {
        Ticket ticket = Ticket.future(durability);
        submit(space, type, condition, argument, key.source(), value.source(), value.expiry(), ticket, null, 0, false);
        appender.signal();
        return ticket;
    }

    /** Hands a write over; the callback is told what became of it, unless this throws. */
    void writeThenCall(
            Space space,
            byte type,
            byte condition,
            long argument,
            Object key,
            @Nullable Object value,
            long expiry,
            Durability durability,
            WriteCallback callback,
            long tag) {
        boolean durable = isDurable(durability);
        Objects.requireNonNull(callback, "callback");
        submit(space, type, condition, argument, key, value, expiry, null, callback, tag, durable);
        appender.signal();
    }

    private static boolean isDurable(Durability durability) {
        return Objects.requireNonNull(durability, "durability") == Durability.DURABLE;
    }

    /** Whether there is room in the ring now, or wakes who makes some. */
    boolean hasRoom() {
        health.checkWritable();
        if (ring.hasRoom()) {
            return true;
        }
        appender.signal();
        return false;
    }

    /**
     * Writes if there is room now, and tells the callback, or nobody, what became of it. It does not wait for the appender,
     * so that a callback on its thread may call it; a value that needs a file is written at once, and it may not do that.
     */
    boolean tryWrite(
            Space space,
            byte type,
            Object key,
            @Nullable Object value,
            long expiry,
            Durability durability,
            @Nullable WriteCallback callback,
            long tag) {
        boolean durable = isDurable(durability);
        int keyLength = Source.keyLength(key);
        long length = space.payloadBytes(Source.length(value));
        health.checkWritable();
        space.checkPresent();
        if (isLarge(space, length)) {
            if (callback == null) {
                write(space, type, Op.ALWAYS, 0, new Key(key), new Value(value, expiry), Durability.APPENDED);
            } else {
                writeThenCall(space, type, Op.ALWAYS, 0, key, value, expiry, durability, callback, tag);
            }
            return true;
        }
        if (expiry != 0 && !mayExpire.getAsBoolean()) {
            return false;
        }
        return tryPublish(
                space, type, Op.ALWAYS, 0, key, keyLength, value, (int) length, expiry, null, callback, tag, durable);
    }

    /** There was no room. */
    static final long NO_ROOM = -2;

    /**
     * As {@link #write}, if there is room now; else returns {@link #NO_ROOM}. Only a value that needs a file may wait for room all
     * the same, if others take it meanwhile.
     */
    long tryWrite(Space space, byte type, byte condition, long argument, Key key, Value value, Durability durability) {
        Objects.requireNonNull(durability, "durability");
        appender.checkNotOwner();
        health.checkWritable();
        space.checkPresent();
        long length = space.payloadBytes(value.length());
        if (isLarge(space, length)) {
            return hasRoom() && pool.hasRoom(PIECE)
                    ? write(space, type, condition, argument, key, value, durability)
                    : NO_ROOM;
        }
        Ticket ticket = Ticket.waiting();
        boolean published = tryPublish(
                space,
                type,
                condition,
                argument,
                key.source(),
                key.length(),
                value.source(),
                (int) length,
                0,
                ticket,
                null,
                0,
                false);
        return published ? finish(ticket, durability) : NO_ROOM;
    }

    private boolean tryPublish(
            Space space,
            byte type,
            byte condition,
            long argument,
            Object key,
            int keyLength,
            @Nullable Object value,
            int length,
            long expiry,
            @Nullable Ticket ticket,
            @Nullable WriteCallback callback,
            long tag,
            boolean durable) {
        long size = Op.size(keyLength, length);
        MemorySegment pooled = null;
        if (size > WriteRing.SLOT_BYTES || Source.isMapped(value)) {
            pooled = pool.tryAcquire(size);
            if (pooled == null) {
                return false;
            }
            fillPooled(pooled, space, type, key, keyLength, value, length, expiry);
        }
        long sequence = ring.tryClaim();
        if (sequence < 0) {
            if (pooled != null) {
                pool.release(pooled);
            }
            appender.signal();
            return false;
        }
        publish(
                sequence, pooled, space, type, condition, argument, key, keyLength, value, length, expiry, ticket,
                callback, tag, durable);
        appender.signal();
        return true;
    }

    private void submit(
            Space space,
            byte type,
            byte condition,
            long argument,
            Object key,
            @Nullable Object value,
            long expiry,
            @Nullable Ticket ticket,
            @Nullable WriteCallback callback,
            long tag,
            boolean durable) {
        int keyLength = Source.keyLength(key);
        long length = space.payloadBytes(Source.length(value));
        appender.checkNotOwner();
        health.checkWritable();
        space.checkPresent();
        announce(expiry);
        if (isLarge(space, length)) {
            try (ValueFiles.Writer writer = writeLarge(value)) {
                submitFile(space, condition, argument, key, keyLength, writer, expiry, ticket, callback, tag, durable);
            }
            return;
        }
        long size = Op.size(keyLength, length);
        MemorySegment pooled = null;
        if (size > WriteRing.SLOT_BYTES || Source.isMapped(value)) {
            pooled = pool.acquire(size, timeoutNanos);
            fillPooled(pooled, space, type, key, keyLength, value, (int) length, expiry);
        }
        long sequence = claim(pooled);
        publish(
                sequence,
                pooled,
                space,
                type,
                condition,
                argument,
                key,
                keyLength,
                value,
                (int) length,
                expiry,
                ticket,
                callback,
                tag,
                durable);
    }

    /** Gives the buffer back if the source fails. */
    private void fillPooled(
            MemorySegment pooled,
            Space space,
            byte type,
            Object key,
            int keyLength,
            @Nullable Object value,
            int length,
            long expiry) {
        boolean filled = false;
        try {
            fill(pooled, 0, space, type, key, keyLength, value, length, expiry);
            filled = true;
        } finally {
            if (!filled) {
                pool.release(pooled);
            }
        }
    }

    /** Claims a slot, waiting for room as long as the options allow; gives the buffer back if there is none. */
    private long claim(@Nullable MemorySegment pooled) {
        long sequence = ring.tryClaim();
        if (sequence >= 0) {
            return sequence;
        }
        boolean claimed = false;
        try {
            sequence = claimSlowly();
            claimed = true;
            return sequence;
        } finally {
            if (!claimed && pooled != null) {
                pool.release(pooled);
            }
        }
    }

    /**
     * First waits for the appender's thread, which frees slots while this one fills others; then does its work, in case
     * that thread does not run.
     */
    private long claimSlowly() {
        long start = System.nanoTime();
        appender.signal();
        for (int spins = 0; ; spins++) {
            health.checkWritable();
            long sequence = ring.tryClaim();
            if (sequence >= 0) {
                return sequence;
            }
            if (spins < SPINS_FOR_ROOM) {
                Thread.onSpinWait();
                continue;
            }
            if (callersAppend) {
                appender.drainAll();
            } else {
                appender.signal();
            }
            if (Thread.currentThread().isInterrupted()) {
                throw new WriteTimeoutException("interrupted while waiting for room in the ring; nothing was written");
            }
            if (System.nanoTime() - start > timeoutNanos) {
                throw new WriteTimeoutException("no room in the ring within " + timeoutNanos / 1_000_000
                        + " ms; the device does not keep up. Write more slowly, or raise StoreOptions.writeTimeout.");
            }
            if (!ring.hasRoom()) {
                LockSupport.parkNanos(this, 20_000);
            }
        }
    }

    private void publish(
            long sequence,
            @Nullable MemorySegment pooled,
            Space space,
            byte type,
            byte condition,
            long argument,
            Object key,
            int keyLength,
            @Nullable Object value,
            int length,
            long expiry,
            @Nullable Ticket ticket,
            @Nullable WriteCallback callback,
            long tag,
            boolean durable) {
        WriteRing.Event event = ring.event(sequence);
        try {
            if (pooled == null) {
                fill(event.own, 0, space, type, key, keyLength, value, length, expiry);
            } else {
                event.memory = pooled;
                event.pooled = pooled;
            }
            Op.condition(event.memory, 0, condition, argument);
            event.makesRoom = type == FrameLayout.DELETE;
            event.ticket = ticket;
            event.callback = callback;
            event.tag = tag;
            event.durable = durable;
            event.ops = 1;
        } finally {
            // A slot that is claimed and never published would stop everything; one without ops is passed over.
            ring.publish(sequence);
        }
    }

    /** Writes an op; a failure of the source leaves nothing that counts. */
    void fill(
            MemorySegment s,
            long at,
            Space space,
            byte type,
            Object key,
            int keyLength,
            @Nullable Object value,
            int length,
            long expiry) {
        Source.copy(key, s, at + Op.HEADER, keyLength);
        long payloadAt = at + Op.payloadOffset(keyLength);
        long payloadHash = space.vectors() == null || value == null
                ? Source.copyAndHash(value, s, payloadAt, 0, length)
                : fillRow(s, payloadAt, space.vectors(), value, length);
        long keyHash = space.hash(s, at + Op.HEADER, keyLength);
        Op.write(s, at, type, keyLength, space.id(), length, space.alignmentShift(), keyHash, payloadHash);
        if (expiry != 0) {
            Op.expiry(s, at, expiry);
        }
    }

    /** The row is checked once it is here: nobody can change it any more. */
    private static long fillRow(MemorySegment s, long at, VectorOptions options, Object value, int stride) {
        int bytes = options.rowBytes();
        Source.copy(value, s, at, bytes);
        s.asSlice(at + bytes, stride - bytes).fill((byte) 0);
        RowCheck.checkComponents(options, s, at, "the vector");
        return Xxh3.hash(s, at, stride, 0);
    }

    // ------------------------------------------------------------------------------------------------- large values

    ValueFiles.Writer writeLarge(@Nullable Object value) {
        ValueFiles.Writer writer = valueFiles.create();
        boolean written = false;
        MemorySegment piece = null;
        long length = Source.length(value);
        try {
            piece = pool.acquire(PIECE, timeoutNanos);
            for (long at = 0; at < length; at += PIECE) {
                int count = (int) Math.min(PIECE, length - at);
                Source.copyAndHash(value, piece, 0, at, count);
                writer.append(piece, 0, count);
            }
            written = true;
            return writer;
        } catch (StorageException e) {
            health.checkWritable(); // closing the store closes the file: that is what to tell then
            throw e;
        } finally {
            if (piece != null) {
                pool.release(piece);
            }
            if (!written) {
                writer.close();
            }
        }
    }

    /** Makes the file of a large value durable. */
    ValueFiles.Written finish(ValueFiles.Writer writer) {
        try {
            return writer.finish();
        } catch (StorageException e) {
            health.checkWritable();
            throw e;
        }
    }

    /** Makes the file durable, and publishes the op that names it. */
    private void submitFile(
            Space space,
            byte condition,
            long argument,
            Object key,
            int keyLength,
            ValueFiles.Writer writer,
            long expiry,
            @Nullable Ticket ticket,
            @Nullable WriteCallback callback,
            long tag,
            boolean durable) {
        ValueFiles.Written written = finish(writer);
        boolean published = false;
        try {
            MemorySegment op = pool.acquire(Op.size(keyLength, 0), timeoutNanos);
            Source.copy(key, op, Op.HEADER, keyLength);
            long keyHash = space.hash(op, Op.HEADER, keyLength);
            Op.write(op, 0, FrameLayout.PUT, keyLength, space.id(), 0, space.alignmentShift(), keyHash, written.hash());
            Op.condition(op, 0, condition, argument);
            Op.valueFile(op, 0, written.id(), written.length());
            if (expiry != 0) {
                Op.expiry(op, 0, expiry);
            }
            long sequence = claim(op);
            WriteRing.Event event = ring.event(sequence);
            event.memory = op;
            event.pooled = op;
            event.ticket = ticket;
            event.callback = callback;
            event.tag = tag;
            event.durable = durable;
            event.ops = 1;
            ring.publish(sequence);
            published = true;
        } finally {
            if (!published) {
                writer.discard();
            }
        }
    }

    /** Writes a value that is in a file already, and waits; the caller closes the file, which then goes or stays. */
    long writeFile(Space space, Key key, ValueFiles.Writer writer, long expiry, Durability durability) {
        appender.checkNotOwner();
        space.checkPresent();
        announce(expiry);
        Ticket ticket = Ticket.waiting();
        submitFile(space, Op.ALWAYS, 0, key.source(), key.length(), writer, expiry, ticket, null, 0, false);
        try {
            return finish(ticket, durability);
        } catch (StoreClosedException e) {
            writer.discard();
            throw e;
        } catch (StoreFailedException e) {
            if (!e.indeterminate()) {
                writer.discard();
            }
            throw e;
        }
    }

    // ------------------------------------------------------------------------------------------------------ batches

    /**
     * Publishes many ops that stand one behind the other.
     *
     * @param atomic they count together, or each alone
     * @param pooled the memory is a pooled buffer, to be given back when they are done; must be given back by the caller
     *     if this throws
     */
    void submitMany(
            MemorySegment memory, int ops, boolean atomic, boolean makesRoom, boolean pooled, @Nullable Ticket ticket) {
        submitMany(memory, ops, atomic, makesRoom, pooled, ticket, null, 0, false);
    }

    private void submitMany(
            MemorySegment memory,
            int ops,
            boolean atomic,
            boolean makesRoom,
            boolean pooled,
            @Nullable Ticket ticket,
            @Nullable WriteCallback callback,
            long tag,
            boolean durable) {
        appender.checkNotOwner();
        health.checkWritable();
        long sequence = ring.tryClaim();
        if (sequence < 0) {
            sequence = claimSlowly();
        }
        WriteRing.Event event = ring.event(sequence);
        event.memory = memory;
        event.ops = ops;
        event.atomic = atomic;
        event.makesRoom = makesRoom;
        event.ticket = ticket;
        event.callback = callback;
        event.tag = tag;
        event.durable = durable;
        event.pooled = pooled ? memory : null;
        ring.publish(sequence);
    }

    /** @param makesRoom it holds nothing but deletions */
    long writeBatch(MemorySegment memory, int ops, boolean makesRoom, Durability durability) {
        Objects.requireNonNull(durability, "durability");
        Ticket ticket = Ticket.waiting();
        submitMany(memory, ops, true, makesRoom, false, ticket);
        return finish(ticket, durability);
    }

    CompletableFuture<Long> writeBatchAsync(MemorySegment memory, int ops, boolean makesRoom, Durability durability) {
        Ticket ticket = Ticket.future(durability);
        submitMany(memory, ops, true, makesRoom, false, ticket);
        appender.signal();
        return ticket;
    }

    void writeBatchThenCall(
            MemorySegment memory, int ops, boolean makesRoom, Durability durability, WriteCallback callback, long tag) {
        submitMany(memory, ops, true, makesRoom, false, null, callback, tag, isDurable(durability));
        appender.signal();
    }

    void await(Ticket ticket) {
        appender.await(ticket);
    }

    void signal() {
        appender.signal();
    }
}
