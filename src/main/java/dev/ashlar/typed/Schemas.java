package dev.ashlar.typed;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodHandles.Lookup;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Makes schemas and keeps them, each with its type: they go when the type does, and the classes generated for it with
 * them.
 */
public final class Schemas {
    private static final ClassValue<Kept> KEPT = new ClassValue<>() {
        @Override
        protected Kept computeValue(Class<?> type) {
            return new Kept();
        }
    };

    private static final class Kept {
        private @Nullable Schema schema;
    }

    private Schemas() {}

    /**
     * The schema of a type.
     *
     * @param lookup the caller's, or null
     * @throws IllegalArgumentException if the type is not possible or not accessible
     */
    public static Schema of(Class<?> type, @Nullable Lookup lookup) {
        // One lock for all: types that contain each other would be locked in any order.
        synchronized (KEPT) {
            return of(type, lookup == null ? MethodHandles.lookup() : lookup, new HashSet<>());
        }
    }

    private static Schema of(Class<?> type, Lookup from, Set<Class<?>> within) {
        Members.checkKind(type);
        Lookup access = accessTo(type, from);
        Kept kept = KEPT.get(type);
        Schema present = kept.schema;
        if (present == null) {
            if (!within.add(type)) {
                throw new IllegalArgumentException(type.getName() + " contains itself, so it has no size");
            }
            Members members = Members.of(type, nested -> of(nested, from, within));
            Layout layout = Layout.of(type, members.fields());
            Codec codec = type.isRecord()
                    ? CodecClass.ofRecord(type, access, members, layout)
                    : CodecClass.ofInterface(type, access, members, layout);
            present = new Schema(type, layout, codec);
            kept.schema = present;
            within.remove(type);
        }
        return present;
    }

    private static Lookup accessTo(Class<?> type, Lookup from) {
        if (from.lookupClass() == Schemas.class) {
            Schemas.class.getModule().addReads(type.getModule());
        }
        try {
            return MethodHandles.privateLookupIn(type, from);
        } catch (IllegalAccessException e) {
            throw new IllegalArgumentException(
                    type.getName() + " is not accessible to "
                            + from.lookupClass().getName()
                            + ": call typed(type, MethodHandles.lookup()) from the module of the type, or open its package"
                            + " to dev.ashlar",
                    e);
        }
    }
}
