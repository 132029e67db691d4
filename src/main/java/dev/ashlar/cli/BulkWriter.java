package dev.ashlar.cli;

import dev.ashlar.Durability;
import dev.ashlar.Keyspace;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Writes many values one after the other without waiting for each. For one thread. Nothing is certain before {@link
 * #finish}.
 */
final class BulkWriter {
    private static final int MAX_BUFFERED_BYTES = 1 << 20;
    private static final int MAX_UNDER_WAY = 1024;

    private final Keyspace target;
    private final Semaphore underWay = new Semaphore(MAX_UNDER_WAY);
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();

    BulkWriter(Keyspace target) {
        this.target = target;
    }

    /** As the other, of a value that stays. */
    long put(byte[] key, InputStream source) throws IOException {
        return put(key, source, null);
    }

    /**
     * Stores all that a stream yields.
     *
     * @param expiresAt null: it stays
     * @return the number of bytes
     * @throws IOException if the stream throws it: then nothing of it is stored
     */
    long put(byte[] key, InputStream source, @Nullable Instant expiresAt) throws IOException {
        byte[] head = source.readNBytes(MAX_BUFFERED_BYTES);
        if (head.length < MAX_BUFFERED_BYTES) {
            put(key, head, expiresAt);
            return head.length;
        }
        CountingStream whole = new CountingStream(new SequenceInputStream(new ByteArrayInputStream(head), source));
        try {
            if (expiresAt == null) {
                target.putStream(key, whole, Durability.APPENDED);
            } else {
                target.putStream(key, whole, expiresAt, Durability.APPENDED);
            }
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
        return whole.count();
    }

    /** Stores a value that stays; both arrays may be changed when this returns. */
    void put(byte[] key, byte[] value) {
        put(key, value, null);
    }

    private void put(byte[] key, byte[] value, @Nullable Instant expiresAt) {
        underWay.acquireUninterruptibly();
        boolean handedOver = false;
        try {
            requireNoFailure();
            CompletableFuture<Long> put = expiresAt == null
                    ? target.putAsync(key, value, Durability.APPENDED)
                    : target.putAsync(key, value, expiresAt, Durability.APPENDED);
            var _ = put.whenComplete((_, problem) -> {
                if (problem != null) {
                    failure.compareAndSet(null, problem);
                }
                underWay.release();
            });
            handedOver = true;
        } finally {
            if (!handedOver) {
                underWay.release();
            }
        }
    }

    /** Waits until everything is written; throws what kept a write from it. */
    void finish() {
        underWay.acquireUninterruptibly(MAX_UNDER_WAY);
        underWay.release(MAX_UNDER_WAY);
        requireNoFailure();
    }

    private void requireNoFailure() {
        Throwable problem = failure.get();
        if (problem != null) {
            throw new CompletionException(problem);
        }
    }
}
