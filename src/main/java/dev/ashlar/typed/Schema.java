package dev.ashlar.typed;

import dev.ashlar.typed.Layout.Field;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/** A type, where its fields lie, and the code that was generated for it. Made by {@link Schemas}, once for each type. */
public final class Schema {
    private final Class<?> type;
    private final Layout layout;
    private final Codec codec;

    Schema(Class<?> type, Layout layout, Codec codec) {
        this.type = type;
        this.layout = layout;
        this.codec = codec;
    }

    Class<?> type() {
        return type;
    }

    Layout layout() {
        return layout;
    }

    Codec codec() {
        return codec;
    }

    /** The description of the layout, to be stored. */
    public String description() {
        return layout.describe();
    }

    /** What is different in a stored description, as "expected ..., found ..."; null if it is the same. */
    public @Nullable String differenceFrom(String stored) {
        return layout.differenceFrom(stored);
    }

    /** As records are shown. */
    String show(MemorySegment s, long at) {
        return show(type, layout, s, at);
    }

    /** What {@code toString} of a flyweight returns. */
    static String show(Class<?> type, Layout layout, MemorySegment s, long at) {
        StringBuilder all = new StringBuilder(type.getSimpleName()).append('[');
        for (Field field : layout.fields()) {
            all.append(field == layout.fields().getFirst() ? "" : ", ");
            all.append(field.name()).append('=').append(field.type().show(s, at + field.offset()));
        }
        return all.append(']').toString();
    }
}
