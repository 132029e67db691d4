package dev.ashlar;

import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * A keyspace whose values are all of one type T, of a fixed size, with fields at fixed offsets. See {@link
 * Keyspace#typed(Class)}. T is one of
 *
 * <ul>
 *   <li>a <b>record</b>: a read copies the value out into a new record;
 *   <li>an <b>interface</b> of accessor methods, {@code double bid()}: a read returns a <i>flyweight</i>, an object of a
 *       generated class whose accessors read the field where it lies, in the log. It may be kept for ever and used by any
 *       thread: the value that it shows never changes, also if the key is overwritten or the store closed.
 * </ul>
 *
 * <p><b>Fields</b> are {@code boolean}, {@code byte}, {@code short}, {@code char}, {@code int}, {@code long}, {@code
 * float}, {@code double}; with {@link Length}, arrays of these and {@code String}s; other records, and interfaces in
 * interfaces; arrays of those. A string takes its {@link Length} in bytes of UTF-8, padded with zeros, and contains no
 * U+0000. An array always has its full length. None can be null.
 *
 * <p>A record's fields are its components. In an interface, a field {@code bid} has an accessor {@code double bid()} and may
 * have a setter {@code void bid(double)} or {@code T bid(double)}, which returns the object itself. An array {@code level}
 * has the accessor {@code double level(int index)} or {@code double[] level()}, which copies, and the setter {@code
 * level(int, double)} or {@code level(double[])}. Static and default methods are no fields. {@link FieldOrder} says in
 * which order they lie.
 *
 * <p><b>Layout.</b> Fields lie in their order, little-endian, each at the next offset that is a multiple of its alignment:
 * for a number its size, for a string 1, for an array that of its elements, for a record or interface the largest of its
 * fields. The size of a value is rounded up to its own alignment, so that elements of arrays are aligned too. Bytes
 * between fields are zero. {@link #layout()} describes it. The description is stored durably when a keyspace is opened
 * with a type for the first time; a type with another layout is refused from then on. Types with the same layout, a
 * record and an interface for example, may be used side by side. Untyped writes to the keyspace are not checked.
 *
 * <p><b>Writes</b> are those of {@link Keyspace}, which see. Any implementation of an interface T can be put; it is asked
 * for its fields. A {@link #draft()} is put as it is, without a copy in between and without allocation.
 *
 * <p>All methods may be called from any thread.
 */
public interface TypedKeyspace<T> {
    /** The largest size of a value: none of them gets a file of its own. */
    int MAX_VALUE_BYTES = 8 << 20;

    /** The keyspace itself, for whatever is not typed: deletions, sizes, options. */
    Keyspace keyspace();

    Class<T> type();

    /** Size of every value in bytes. */
    int valueBytes();

    /**
     * The layout, in the form in which it is stored: a line each for version, size and alignment, then one for each field
     * with its name, type, offset and length in bytes. Fields of nested types follow theirs, with its name and a dot, or
     * {@code []} and a dot, before their own.
     */
    String layout();

    // ---------------------------------------------------------------------------------------------------- reading

    /**
     * The value of a key, or null if the key is absent.
     *
     * @throws LayoutMismatchException if it has another length than the layout
     * @throws CorruptionException if the value's bytes are not those that were written
     */
    @Nullable
    T get(byte[] key);

    /** As {@link #get(byte[])}; the key may be in any memory. */
    @Nullable
    T get(MemorySegment key);

    default @Nullable T get(String key) {
        return get(key.getBytes(StandardCharsets.UTF_8));
    }

    default @Nullable T get(long key) {
        return get(Keyspace.longKey(key));
    }

    /**
     * The value that bytes stand for, wherever they are: those that a {@link Snapshot} shows, for example. A flyweight reads
     * the bytes in place.
     *
     * @throws LayoutMismatchException if they are more or less than {@link #valueBytes()}
     */
    T at(MemorySegment value);

    /** A new cursor, for one thread at a time; of an interface it allocates nothing when it finds. */
    TypedCursor<T> cursor();

    /** As {@link Keyspace#scan()}. */
    TypedScan<T> scan();

    /** As {@link Keyspace#scanBackward()}. */
    TypedScan<T> scanBackward();

    // ---------------------------------------------------------------------------------------------------- writing

    /**
     * A new value, all zero, in memory of its own, whose fields can be set: it can be put and set again as often as wanted.
     * Not for several threads at a time. The setters of values that were read throw {@link UnsupportedOperationException}.
     *
     * @throws UnsupportedOperationException if T is a record
     */
    T draft();

    default long put(byte[] key, T value) {
        return put(key, value, Durability.APPENDED);
    }

    default long put(MemorySegment key, T value) {
        return put(key, value, Durability.APPENDED);
    }

    default long put(String key, T value) {
        return put(key, value, Durability.APPENDED);
    }

    default long put(long key, T value) {
        return put(key, value, Durability.APPENDED);
    }

    default long put(String key, T value, Durability durability) {
        return put(key.getBytes(StandardCharsets.UTF_8), value, durability);
    }

    default long put(long key, T value, Durability durability) {
        return put(Keyspace.longKey(key), value, durability);
    }

    /**
     * Sets a value; returns its LSN when it is as durable as asked for.
     *
     * @throws IllegalArgumentException if a string is too long or cannot be stored, or an array has another length
     * @throws NullPointerException if a field is null
     */
    long put(byte[] key, T value, Durability durability);

    long put(MemorySegment key, T value, Durability durability);

    /** As {@link Keyspace#put(byte[], byte[], Duration)}. */
    default long put(byte[] key, T value, Duration timeToLive) {
        return put(key, value, timeToLive, Durability.APPENDED);
    }

    default long put(String key, T value, Duration timeToLive) {
        return put(key.getBytes(StandardCharsets.UTF_8), value, timeToLive, Durability.APPENDED);
    }

    default long put(long key, T value, Duration timeToLive) {
        return put(Keyspace.longKey(key), value, timeToLive, Durability.APPENDED);
    }

    long put(byte[] key, T value, Duration timeToLive, Durability durability);

    /** As {@link Keyspace#putAsync(byte[], byte[], Durability)}; the value is read before this returns. */
    CompletableFuture<Long> putAsync(byte[] key, T value, Durability durability);

    CompletableFuture<Long> putAsync(MemorySegment key, T value, Durability durability);

    /** As {@link Keyspace#tryPut(MemorySegment, MemorySegment)}. */
    boolean tryPut(MemorySegment key, T value);

    /** As {@link Keyspace#putIfAbsent(byte[], byte[], Durability)}. */
    long putIfAbsent(byte[] key, T value, Durability durability);

    /** As {@link Keyspace#replace(byte[], byte[], long, Durability)}. */
    long replace(byte[] key, T value, long version, Durability durability);

    /** Adds a put to a batch of the same store. */
    void put(WriteBatch batch, byte[] key, T value);

    void put(WriteBatch batch, MemorySegment key, T value);

    /** As {@link WriteBatch#put(Keyspace, byte[], byte[], Duration)}. */
    void put(WriteBatch batch, byte[] key, T value, Duration timeToLive);

    default void put(WriteBatch batch, String key, T value) {
        put(batch, key.getBytes(StandardCharsets.UTF_8), value);
    }

    default void put(WriteBatch batch, long key, T value) {
        put(batch, Keyspace.longKey(key), value);
    }
}
