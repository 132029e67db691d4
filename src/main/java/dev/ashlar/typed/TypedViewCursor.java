package dev.ashlar.typed;

import dev.ashlar.Keyspace;
import dev.ashlar.TypedCursor;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Points one flyweight at one value after the other. It points into memory that the engine has lent, not into the bare
 * mapping as {@link dev.ashlar.Cursor} does: that one has to ask after each access whether the chunk is still there, and a
 * flyweight's accessor is one load that asks nothing. The price is a chunk that stays while the cursor stands in it.
 */
final class TypedViewCursor<T> implements TypedCursor<T> {
    private final TypedView<T> view;
    private final Schema schema;
    private final Codec codec;
    private final Finder finder;
    private final int bytes;

    /** Of an interface; null of a record. */
    private final @Nullable T flyweight;

    private MemorySegment memory = MemorySegment.NULL;
    private long offset;
    private boolean pointed;

    TypedViewCursor(TypedView<T> view, Finder finder) {
        this.view = view;
        this.schema = view.schema();
        this.codec = schema.codec();
        this.finder = finder;
        this.bytes = view.valueBytes();
        this.flyweight = view.type().isRecord() ? null : view.cast(codec.read(MemorySegment.NULL, 0));
    }

    @Override
    public boolean find(byte[] key) {
        pointed = false;
        if (!finder.find(key)) {
            return false;
        }
        if (finder.size() != bytes) {
            throw Mismatch.of(view.keyspace(), schema, Mismatch.show(key), finder.size());
        }
        return point();
    }

    @Override
    public boolean find(MemorySegment key) {
        pointed = false;
        if (!finder.find(key)) {
            return false;
        }
        if (finder.size() != bytes) {
            throw Mismatch.of(view.keyspace(), schema, Mismatch.show(key), finder.size());
        }
        return point();
    }

    @Override
    public boolean find(long key) {
        pointed = false;
        if (!finder.find(key)) {
            return false;
        }
        if (finder.size() != bytes) {
            throw Mismatch.of(view.keyspace(), schema, Mismatch.show(Keyspace.longKey(key)), finder.size());
        }
        return point();
    }

    private boolean point() {
        MemorySegment found = finder.memory();
        long at = finder.offset();
        if (flyweight != null) {
            codec.point(flyweight, found, at);
        } else {
            memory = found;
            offset = at;
        }
        pointed = true;
        return true;
    }

    @Override
    public T value() {
        checkPointed();
        T present = flyweight;
        return present != null ? present : view.cast(codec.read(memory, offset));
    }

    @Override
    public long version() {
        checkPointed();
        return finder.version();
    }

    private void checkPointed() {
        if (!pointed) {
            throw new IllegalStateException("the cursor points at nothing; find a key first");
        }
    }
}
