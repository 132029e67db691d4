package dev.ashlar.typed;

import dev.ashlar.Durability;
import dev.ashlar.Keyspace;
import dev.ashlar.Scan;
import dev.ashlar.TypedCursor;
import dev.ashlar.TypedKeyspace;
import dev.ashlar.TypedScan;
import dev.ashlar.WriteBatch;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A keyspace seen through a schema. */
public final class TypedView<T> implements TypedKeyspace<T> {
    private static final long DRAFT_ALIGNMENT = 8;

    private final Keyspace keyspace;
    private final Class<T> type;
    private final Schema schema;
    private final Codec codec;
    private final int bytes;
    private final Supplier<Finder> finders;

    /** Memory for values on their way to the log, which copies them at once: of who puts next, unless it is in use. */
    private final AtomicReference<@Nullable MemorySegment> spare = new AtomicReference<>();

    /** @param finders makes what a cursor finds with */
    public TypedView(Keyspace keyspace, Class<T> type, Schema schema, Supplier<Finder> finders) {
        this.keyspace = keyspace;
        this.type = type;
        this.schema = schema;
        this.codec = schema.codec();
        this.bytes = schema.layout().bytes();
        this.finders = finders;
    }

    @Override
    public Keyspace keyspace() {
        return keyspace;
    }

    @Override
    public Class<T> type() {
        return type;
    }

    @Override
    public int valueBytes() {
        return bytes;
    }

    @Override
    public String layout() {
        return schema.description();
    }

    Schema schema() {
        return schema;
    }

    // -------------------------------------------------------------------------------------------------------- reading

    @Override
    public @Nullable T get(byte[] key) {
        MemorySegment value = keyspace.get(key);
        if (value == null) {
            return null;
        }
        if (value.byteSize() != bytes) {
            throw Mismatch.of(keyspace, schema, Mismatch.show(key), value.byteSize());
        }
        return cast(codec.read(value, 0));
    }

    @Override
    public @Nullable T get(MemorySegment key) {
        MemorySegment value = keyspace.get(key);
        if (value == null) {
            return null;
        }
        if (value.byteSize() != bytes) {
            throw Mismatch.of(keyspace, schema, Mismatch.show(key), value.byteSize());
        }
        return cast(codec.read(value, 0));
    }

    @Override
    public T at(MemorySegment value) {
        if (value.byteSize() != bytes) {
            throw Mismatch.of(keyspace, schema, "at address " + value.address(), value.byteSize());
        }
        return cast(codec.read(value, 0));
    }

    /** Codecs return what they were made for. */
    @SuppressWarnings("unchecked")
    T cast(Object value) {
        return (T) value;
    }

    @Override
    public TypedCursor<T> cursor() {
        return new TypedViewCursor<>(this, finders.get());
    }

    @Override
    public TypedScan<T> scan() {
        return scan(keyspace.scan());
    }

    @Override
    public TypedScan<T> scanBackward() {
        return scan(keyspace.scanBackward());
    }

    private TypedScan<T> scan(Scan scan) {
        return new TypedViewScan<>(this, scan);
    }

    // -------------------------------------------------------------------------------------------------------- writing

    @Override
    public T draft() {
        if (type.isRecord()) {
            throw new UnsupportedOperationException("a record is made by its constructor; put that");
        }
        return cast(codec.read(Arena.ofAuto().allocate(bytes, DRAFT_ALIGNMENT), 0));
    }

    /** The bytes of a value, to be {@linkplain #giveBack given back} when they have been copied. */
    private MemorySegment bytesOf(T value) {
        if (codec.isFlyweight(value)) {
            MemorySegment held = codec.segment(value);
            return held.byteSize() == bytes ? held : held.asSlice(codec.base(value), bytes);
        }
        if (!type.isInstance(value)) {
            throw new ClassCastException(value.getClass().getName() + " is no " + type.getName());
        }
        MemorySegment target = spare.getAndSet(null);
        if (target == null) {
            target = Arena.ofAuto().allocate(bytes, DRAFT_ALIGNMENT);
        }
        codec.encode(value, target, 0);
        return target;
    }

    private void giveBack(T value, MemorySegment memory) {
        if (!codec.isFlyweight(value)) {
            spare.set(memory);
        }
    }

    @Override
    public long put(byte[] key, T value, Durability durability) {
        MemorySegment memory = bytesOf(value);
        try {
            return keyspace.put(key, memory, durability);
        } finally {
            giveBack(value, memory);
        }
    }

    @Override
    public long put(MemorySegment key, T value, Durability durability) {
        MemorySegment memory = bytesOf(value);
        try {
            return keyspace.put(key, memory, durability);
        } finally {
            giveBack(value, memory);
        }
    }

    @Override
    public long put(byte[] key, T value, Duration timeToLive, Durability durability) {
        MemorySegment memory = bytesOf(value);
        try {
            return keyspace.put(key, memory, timeToLive, durability);
        } finally {
            giveBack(value, memory);
        }
    }

    @Override
    public CompletableFuture<Long> putAsync(byte[] key, T value, Durability durability) {
        MemorySegment memory = bytesOf(value);
        try {
            return keyspace.putAsync(key, memory, durability);
        } finally {
            giveBack(value, memory);
        }
    }

    @Override
    public CompletableFuture<Long> putAsync(MemorySegment key, T value, Durability durability) {
        MemorySegment memory = bytesOf(value);
        try {
            return keyspace.putAsync(key, memory, durability);
        } finally {
            giveBack(value, memory);
        }
    }

    @Override
    public boolean tryPut(MemorySegment key, T value) {
        MemorySegment memory = bytesOf(value);
        try {
            return keyspace.tryPut(key, memory);
        } finally {
            giveBack(value, memory);
        }
    }

    @Override
    public long putIfAbsent(byte[] key, T value, Durability durability) {
        return keyspace.putIfAbsent(key, arrayOf(value), durability);
    }

    @Override
    public long replace(byte[] key, T value, long version, Durability durability) {
        return keyspace.replace(key, arrayOf(value), version, durability);
    }

    private byte[] arrayOf(T value) {
        byte[] copy = new byte[bytes];
        codec.write(value, MemorySegment.ofArray(copy), 0);
        return copy;
    }

    @Override
    public void put(WriteBatch batch, byte[] key, T value) {
        MemorySegment memory = bytesOf(value);
        try {
            batch.put(keyspace, key, memory);
        } finally {
            giveBack(value, memory);
        }
    }

    @Override
    public void put(WriteBatch batch, byte[] key, T value, Duration timeToLive) {
        MemorySegment memory = bytesOf(value);
        try {
            batch.put(keyspace, key, memory, timeToLive);
        } finally {
            giveBack(value, memory);
        }
    }

    @Override
    public void put(WriteBatch batch, MemorySegment key, T value) {
        MemorySegment memory = bytesOf(value);
        try {
            batch.put(keyspace, key, memory);
        } finally {
            giveBack(value, memory);
        }
    }

    @Override
    public String toString() {
        return keyspace + " of " + type.getName();
    }
}
