package dev.ashlar.typed;

import dev.ashlar.Scan;
import dev.ashlar.TypedScan;
import java.lang.foreign.MemorySegment;

/** A scan whose values are looked at through a schema. */
final class TypedViewScan<T> implements TypedScan<T> {
    private final TypedView<T> view;
    private final Codec codec;
    private final Scan scan;

    TypedViewScan(TypedView<T> view, Scan scan) {
        this.view = view;
        this.codec = view.schema().codec();
        this.scan = scan;
    }

    @Override
    public boolean next() {
        return scan.next();
    }

    @Override
    public MemorySegment key() {
        return scan.key();
    }

    @Override
    public T value() {
        long size = scan.size();
        if (size != view.valueBytes()) {
            throw Mismatch.of(view.keyspace(), view.schema(), Mismatch.show(scan.key()), size);
        }
        return view.cast(codec.read(scan.value(), 0));
    }

    @Override
    public long version() {
        return scan.version();
    }

    @Override
    public void close() {
        scan.close();
    }
}
