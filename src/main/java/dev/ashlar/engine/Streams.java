package dev.ashlar.engine;

import dev.ashlar.Durability;
import dev.ashlar.ValueOutputStream;
import dev.ashlar.keyspace.Space;
import dev.ashlar.log.ValueFiles;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.ref.PhantomReference;
import java.lang.ref.Reference;
import java.lang.ref.ReferenceQueue;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.SelectableChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/** Puts whose values come in pieces: read from a source, or written to a stream, which may be forgotten. */
final class Streams {
    /** Reads all of a source into a value. */
    private interface Reading {
        void into(StreamedValue value) throws IOException;
    }

    /** An output stream that is open. It is here, with all that it holds, until it is closed or found to be forgotten. */
    private static final class Open extends PhantomReference<ValueOutputStream> {
        private final StreamedValue value;

        Open(ValueOutputStream stream, StreamedValue value, ReferenceQueue<ValueOutputStream> queue) {
            super(stream, queue);
            this.value = value;
        }
    }

    /** Of a value that stays. */
    static final LongSupplier STAYS = () -> 0;

    private final Writes writes;
    private final ValueFiles valueFiles;
    private final int mostInline;
    private final Set<Open> open = ConcurrentHashMap.newKeySet();
    private final ReferenceQueue<ValueOutputStream> forgotten = new ReferenceQueue<>();

    Streams(Writes writes, ValueFiles valueFiles, int mostInline) {
        this.writes = writes;
        this.valueFiles = valueFiles;
        this.mostInline = mostInline;
    }

    /** @param expiry asked once all was read; milliseconds since 1970, or 0: it stays */
    long put(Space space, byte[] key, InputStream source, LongSupplier expiry, Durability durability) {
        Objects.requireNonNull(source, "source");
        return put(space, key, expiry, durability, value -> value.appendAll(source));
    }

    long put(Space space, byte[] key, ReadableByteChannel source, LongSupplier expiry, Durability durability) {
        Objects.requireNonNull(source, "source");
        if (source instanceof SelectableChannel channel && !channel.isBlocking()) {
            throw new IllegalArgumentException("the channel is in non-blocking mode, in which it does not wait for what"
                    + " is to come; configure it to block");
        }
        return put(space, key, expiry, durability, value -> value.appendAll(source));
    }

    /** Reads the file like any stream: whatever others do to it meanwhile, what was read is the value. */
    long put(Space space, byte[] key, Path file, LongSupplier expiry, Durability durability) {
        Objects.requireNonNull(file, "file");
        check(key, durability);
        if (Files.exists(file) && !Files.isRegularFile(file)) {
            throw new IllegalArgumentException(file + " is no regular file; open it and put it as a stream");
        }
        return put(space, key, expiry, durability, value -> {
            try (InputStream source = Files.newInputStream(file)) {
                value.appendAll(source);
            }
        });
    }

    private long put(Space space, byte[] key, LongSupplier expiry, Durability durability, Reading source) {
        check(key, durability);
        try (StreamedValue value = value(Arena::ofConfined)) {
            source.into(value);
            return value.commit(space, Writes.Key.of(key), expiry.getAsLong(), durability);
        } catch (IOException e) {
            throw new UncheckedIOException("the source of a streamed value failed; nothing was stored", e);
        }
    }

    private void check(byte[] key, Durability durability) {
        Writes.Key.of(key).length();
        Objects.requireNonNull(durability, "durability");
        writes.checkMayWrite();
    }

    private StreamedValue value(Supplier<Arena> memory) {
        return new StreamedValue(writes, valueFiles, mostInline, memory);
    }

    // ------------------------------------------------------------------------------------------------ output streams

    ValueOutputStream open(Space space, byte[] key, LongSupplier expiry, Durability durability) {
        check(key, durability);
        StreamedValue value = value(Arena::ofShared);
        KeyspaceOutputStream stream = new KeyspaceOutputStream(space, key.clone(), expiry, durability, value);
        Open entry = new Open(stream, value, forgotten);
        open.add(entry);
        stream.whenDone(() -> {
            entry.clear();
            open.remove(entry);
        });
        return stream;
    }

    /** Drops what forgotten streams hold; their files are gone some time later. Short. */
    void dropForgotten() {
        for (Reference<?> each = forgotten.poll(); each != null; each = forgotten.poll()) {
            Open entry = (Open) each;
            open.remove(entry);
            entry.value.forget();
        }
    }
}
