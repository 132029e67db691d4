package dev.ashlar.engine;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.ashlar.Durability;
import dev.ashlar.Keyspace;
import dev.ashlar.WriteTimeoutException;
import dev.ashlar.io.OffHeap;
import dev.ashlar.keyspace.Space;
import dev.ashlar.log.FrameLayout;
import dev.ashlar.log.ValueFiles;
import dev.ashlar.simd.Xxh3;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * The calling thread's part of a write: validate, copy key and value once into engine-owned memory while hashing them,
 * and publish. The caller's memory is not touched after that.
 */
final class Writes {
    /** What a put is made of; exactly one of each pair is there. Short-lived, so that it is never really allocated. */
    record Key(byte @Nullable [] heap, @Nullable MemorySegment memory) {
        static Key of(byte[] key) {
            return new Key(key, null);
        }

        static Key of(MemorySegment key) {
            return key.isNative() ? new Key(null, key) : new Key(bytes(key), null);
        }

        private static byte[] bytes(MemorySegment key) {
            if (key.byteSize() > Keyspace.MAX_KEY_BYTES) {
                throw tooLong(key.byteSize());
            }
            return key.toArray(JAVA_BYTE);
        }

        byte[] heapBytes() {
            return heap != null ? heap : memory != null ? bytes(memory) : new byte[0];
        }

        int length() {
            long length = heap != null ? heap.length : memory != null ? memory.byteSize() : 0;
            if (length > Keyspace.MAX_KEY_BYTES) {
                throw tooLong(length);
            }
            return (int) length;
        }

        private static IllegalArgumentException tooLong(long length) {
            return new IllegalArgumentException(
                    "the key has " + length + " bytes; the most is " + Keyspace.MAX_KEY_BYTES);
        }

        void copyTo(MemorySegment target, long at, int length) {
            if (heap != null) {
                MemorySegment.copy(heap, 0, target, JAVA_BYTE, at, length);
            } else if (memory != null) {
                MemorySegment.copy(memory, 0, target, at, length);
            }
        }
    }

    /**
     * A value in an array, in memory, or none (a deletion).
     *
     * @param expiry milliseconds since 1970; 0: it stays
     */
    record Value(byte @Nullable [] heap, @Nullable MemorySegment memory, long expiry) {
        static final Value NONE = new Value(null, null, 0);

        static Value of(byte[] value) {
            return new Value(value, null, 0);
        }

        static Value of(MemorySegment value) {
            return new Value(null, value, 0);
        }

        Value expiringAt(long millis) {
            return new Value(heap, memory, millis);
        }

        long length() {
            return heap != null ? heap.length : memory != null ? memory.byteSize() : 0;
        }

        /** Copies and hashes; the hash is that of the bytes that arrived, whatever others do to the source meanwhile. */
        long copyTo(MemorySegment target, long at, long from, int length) {
            if (heap != null) {
                return Xxh3.copyAndHash(heap, (int) from, target, at, length);
            }
            if (memory == null) {
                return Xxh3.hash(target, at, 0, 0);
            }
            if (memory.isNative() && !memory.isMapped()) {
                return Xxh3.copyAndHash(memory, from, target, at, length);
            }
            // A mapped source may lose its pages at any moment: a plain copy survives that, vector code does not.
            MemorySegment.copy(memory, from, target, at, length);
            return Xxh3.hash(target, at, length, 0);
        }
    }

    /** Some tens of microseconds: what the appender takes for a small group. */
    private static final int SPINS_FOR_ROOM = 1_000;

    private static final int PIECE = 1 << 20;
    /** Divides every limit of inline values, so that a stream's buffer is filled exactly. */
    private static final int STREAM_PIECE = 64 << 10;

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

    /** Run before anything that expires is handed over. */
    void beforeExpiring(Runnable action) {
        beforeExpiring = action;
    }

    /** To be called with each value, before the appender can see it: one that expires has to be announced. */
    void announce(Value value) {
        if (value.expiry != 0) {
            beforeExpiring.run();
        }
    }

    BufferPool pool() {
        return pool;
    }

    /** Whether a value of so many bytes has a file of its own. */
    boolean isLarge(long length) {
        return length > mostInline;
    }

    // ------------------------------------------------------------------------------------------------ single writes

    /** Writes and waits; returns the LSN, or NOT_WRITTEN. */
    long write(Space space, byte type, byte condition, long argument, Key key, Value value, Durability durability) {
        Ticket ticket = Ticket.waiting();
        submit(space, type, condition, argument, key, value, ticket);
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
        submit(space, type, condition, argument, key, value, ticket);
        appender.signal();
        return ticket;
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

    /** Writes if there is room now, and tells nobody what became of it. */
    boolean tryWrite(Space space, Key key, Value value) {
        int keyLength = key.length();
        long length = value.length();
        appender.checkNotOwner();
        health.checkWritable();
        if (isLarge(length)) {
            write(space, FrameLayout.PUT, Op.ALWAYS, 0, key, value, Durability.APPENDED);
            return true;
        }
        long size = Op.size(keyLength, length);
        MemorySegment pooled = null;
        if (size > WriteRing.SLOT_BYTES || isMapped(value)) {
            pooled = pool.tryAcquire(size);
            if (pooled == null) {
                return false;
            }
            fill(pooled, 0, space, FrameLayout.PUT, key, keyLength, value, (int) length);
        }
        long sequence = ring.tryClaim();
        if (sequence < 0) {
            if (pooled != null) {
                pool.release(pooled);
            }
            appender.signal();
            return false;
        }
        publish(sequence, pooled, space, FrameLayout.PUT, Op.ALWAYS, 0, key, keyLength, value, (int) length, null);
        appender.signal();
        return true;
    }

    private void submit(Space space, byte type, byte condition, long argument, Key key, Value value, Ticket ticket) {
        int keyLength = key.length();
        long length = value.length();
        appender.checkNotOwner();
        health.checkWritable();
        announce(value);
        if (isLarge(length)) {
            try (ValueFiles.Writer writer = writeLarge(value)) {
                submitFile(space, condition, argument, key, keyLength, writer, value.expiry, ticket);
            }
            return;
        }
        long size = Op.size(keyLength, length);
        MemorySegment pooled = null;
        if (size > WriteRing.SLOT_BYTES || isMapped(value)) {
            pooled = pool.acquire(size, timeoutNanos);
            boolean filled = false;
            try {
                fill(pooled, 0, space, type, key, keyLength, value, (int) length);
                filled = true;
            } finally {
                if (!filled) {
                    pool.release(pooled);
                }
            }
        }
        long sequence = claim(pooled);
        publish(sequence, pooled, space, type, condition, argument, key, keyLength, value, (int) length, ticket);
    }

    private static boolean isMapped(Value value) {
        return value.memory != null && value.memory.isMapped();
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
            Key key,
            int keyLength,
            Value value,
            int length,
            @Nullable Ticket ticket) {
        WriteRing.Event event = ring.event(sequence);
        try {
            if (pooled == null) {
                fill(event.own, 0, space, type, key, keyLength, value, length);
            } else {
                event.memory = pooled;
                event.pooled = pooled;
            }
            Op.condition(event.memory, 0, condition, argument);
            event.makesRoom = type == FrameLayout.DELETE;
            event.ticket = ticket;
            event.ops = 1;
        } finally {
            // A slot that is claimed and never published would stop everything; one without ops is passed over.
            ring.publish(sequence);
        }
    }

    /** Writes an op; a failure of the source leaves nothing that counts. */
    void fill(MemorySegment s, long at, Space space, byte type, Key key, int keyLength, Value value, int length) {
        key.copyTo(s, at + Op.HEADER, keyLength);
        long payloadHash = value.copyTo(s, at + Op.payloadOffset(keyLength), 0, length);
        long keyHash = space.hash(s, at + Op.HEADER, keyLength);
        Op.write(s, at, type, keyLength, space.id(), length, space.alignmentShift(), keyHash, payloadHash);
        if (value.expiry != 0) {
            Op.expiry(s, at, value.expiry);
        }
    }

    // ------------------------------------------------------------------------------------------------- large values

    ValueFiles.Writer writeLarge(Value value) {
        ValueFiles.Writer writer = valueFiles.create();
        boolean written = false;
        MemorySegment piece = null;
        try {
            piece = pool.acquire(PIECE, timeoutNanos);
            for (long at = 0; at < value.length(); at += PIECE) {
                int count = (int) Math.min(PIECE, value.length() - at);
                value.copyTo(piece, 0, at, count);
                writer.append(piece, 0, count);
            }
            written = true;
            return writer;
        } finally {
            if (piece != null) {
                pool.release(piece);
            }
            if (!written) {
                writer.close();
            }
        }
    }

    /** Makes the file durable, and publishes the op that names it. */
    private void submitFile(
            Space space,
            byte condition,
            long argument,
            Key key,
            int keyLength,
            ValueFiles.Writer writer,
            long expiry,
            Ticket ticket) {
        ValueFiles.Written written = writer.finish();
        boolean published = false;
        try {
            MemorySegment op = pool.acquire(Op.size(keyLength, 0), timeoutNanos);
            key.copyTo(op, Op.HEADER, keyLength);
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
            event.ops = 1;
            ring.publish(sequence);
            published = true;
        } finally {
            if (!published) {
                writer.discard();
            }
        }
    }

    /**
     * Sets a value to what a stream yields. The stream may be slow: nothing that others wait for is held while it is
     * read.
     */
    long writeStream(Space space, Key key, InputStream source, Durability durability) {
        int keyLength = key.length();
        appender.checkNotOwner();
        health.checkWritable();
        byte[] piece = new byte[Math.min(STREAM_PIECE, mostInline)];
        int first = readUpTo(source, piece);
        if (first < piece.length) {
            return write(space, FrameLayout.PUT, Op.ALWAYS, 0, key, Value.of(Arrays.copyOf(piece, first)), durability);
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment buffer = OffHeap.allocate(mostInline, 4096, arena);
            int buffered = 0;
            int count = first;
            while (count > 0) {
                MemorySegment.copy(piece, 0, buffer, JAVA_BYTE, buffered, count);
                buffered += count;
                if (buffered == mostInline) {
                    return writeLargeStream(space, key, keyLength, source, buffer, piece, durability);
                }
                count = readUpTo(source, piece);
            }
            return write(space, FrameLayout.PUT, Op.ALWAYS, 0, key, Value.of(buffer.asSlice(0, buffered)), durability);
        }
    }

    /** Reads until the array is full or the stream ends. */
    private static int readUpTo(InputStream source, byte[] piece) {
        try {
            return source.readNBytes(piece, 0, piece.length);
        } catch (IOException e) {
            throw new UncheckedIOException("the source of a streamed value failed; nothing was stored", e);
        }
    }

    private long writeLargeStream(
            Space space,
            Key key,
            int keyLength,
            InputStream source,
            MemorySegment buffer,
            byte[] piece,
            Durability durability) {
        try (ValueFiles.Writer writer = valueFiles.create()) {
            writer.append(buffer, 0, mostInline);
            for (int count = readUpTo(source, piece); count > 0; count = readUpTo(source, piece)) {
                MemorySegment.copy(piece, 0, buffer, JAVA_BYTE, 0, count);
                writer.append(buffer, 0, count);
            }
            Ticket ticket = Ticket.waiting();
            submitFile(space, Op.ALWAYS, 0, key, keyLength, writer, 0, ticket);
            return finish(ticket, durability);
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
        event.pooled = pooled ? memory : null;
        ring.publish(sequence);
    }

    long writeBatch(MemorySegment memory, int ops, Durability durability) {
        Ticket ticket = Ticket.waiting();
        submitMany(memory, ops, true, false, false, ticket);
        return finish(ticket, durability);
    }

    CompletableFuture<Long> writeBatchAsync(MemorySegment memory, int ops, Durability durability) {
        Ticket ticket = Ticket.future(durability);
        submitMany(memory, ops, true, false, false, ticket);
        appender.signal();
        return ticket;
    }

    void await(Ticket ticket) {
        appender.await(ticket);
    }

    void signal() {
        appender.signal();
    }
}
