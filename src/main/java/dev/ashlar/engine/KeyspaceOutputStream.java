package dev.ashlar.engine;

import dev.ashlar.AshlarException;
import dev.ashlar.Durability;
import dev.ashlar.Keyspace;
import dev.ashlar.ValueOutputStream;
import dev.ashlar.keyspace.Space;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.util.Objects;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A value that its user writes. Its methods exclude each other: several threads at once make a value out of order, but
 * none whose checksum is not that of its bytes.
 */
final class KeyspaceOutputStream extends ValueOutputStream {
    private final Space space;
    private final byte[] key;
    private final LongSupplier expiry;
    private final Durability durability;
    private final StreamedValue value;
    private Runnable whenDone = () -> {};
    private boolean done;
    private boolean abandoned;
    private long version = Keyspace.NOT_WRITTEN;
    private long length;
    private @Nullable Throwable failure;

    /** @param expiry asked when the stream is closed; milliseconds since 1970, or 0: it stays */
    KeyspaceOutputStream(Space space, byte[] key, LongSupplier expiry, Durability durability, StreamedValue value) {
        this.space = space;
        this.key = key;
        this.expiry = expiry;
        this.durability = durability;
        this.value = value;
    }

    /** Run once, when the stream has let go of its value; before its first use. */
    void whenDone(Runnable action) {
        whenDone = action;
    }

    @Override
    public void write(int b) {
        write(() -> value.append((byte) b));
    }

    @Override
    public void write(byte[] bytes, int offset, int count) {
        Objects.checkFromIndexSize(offset, count, bytes.length);
        write(() -> value.append(bytes, offset, count));
    }

    @Override
    public int write(ByteBuffer source) {
        int count = source.remaining();
        write(() -> value.append(source));
        return count;
    }

    @Override
    public void write(MemorySegment source) {
        Objects.requireNonNull(source, "source");
        write(() -> value.append(source));
    }

    private synchronized void write(Runnable append) {
        checkOpen();
        boolean written = false;
        try {
            append.run();
            written = true;
        } catch (RuntimeException | Error e) {
            failure = e;
            throw e;
        } finally {
            if (!written) {
                letGo();
            }
            // It is not forgotten while it is used.
            Reference.reachabilityFence(this);
        }
    }

    private void checkOpen() {
        if (failure != null) {
            throw failed(failure);
        }
        if (done) {
            throw new IllegalStateException(abandoned ? "the stream was abandoned" : "the stream is closed");
        }
    }

    /** With the failure as its cause and not itself: who closes because of a failure adds what closing throws to it. */
    private static AshlarException failed(Throwable failure) {
        if (failure instanceof AshlarException e) {
            AshlarException copy = Failures.copy(e);
            if (copy != e) {
                return copy;
            }
        }
        return new AshlarException(
                "the value is not stored, because writing it failed: " + failure.getMessage(), failure);
    }

    private void letGo() {
        done = true;
        length = value.length();
        try {
            value.close();
        } finally {
            whenDone.run();
        }
    }

    @Override
    public synchronized long length() {
        return done ? length : value.length();
    }

    @Override
    public synchronized void abandon() {
        try {
            if (!done) {
                letGo();
            }
            if (version == Keyspace.NOT_WRITTEN) {
                abandoned = true;
                failure = null;
            }
        } finally {
            Reference.reachabilityFence(this);
        }
    }

    @Override
    public synchronized boolean isAbandoned() {
        return abandoned;
    }

    @Override
    public synchronized boolean isOpen() {
        return !done;
    }

    @Override
    public synchronized void close() {
        if (failure != null) {
            throw failed(failure);
        }
        if (done) {
            return;
        }
        try {
            version = value.commit(space, Writes.Key.of(key), expiry.getAsLong(), durability);
        } catch (RuntimeException | Error e) {
            failure = e;
            throw e;
        } finally {
            letGo();
            Reference.reachabilityFence(this);
        }
    }

    @Override
    public synchronized long version() {
        if (version == Keyspace.NOT_WRITTEN) {
            throw new IllegalStateException("the value is not stored" + (done ? "" : ": the stream is still open"));
        }
        return version;
    }
}
