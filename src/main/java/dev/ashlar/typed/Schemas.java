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

    /**
     * A lookup that finds the members of a type, and can define classes that implement it if it is an interface.
     *
     * <p>That is one in the type's own package, where it need not be public, if {@code from} is of its module: on the class
     * path, or given by the caller. Between modules no lookup may define hidden classes; then it is Ashlar's own, and the
     * type has to be public, exported, and the one that Ashlar's class loader finds under its name.
     */
    private static Lookup accessTo(Class<?> type, Lookup from) {
        boolean own = from.lookupClass() == Schemas.class;
        if (own) {
            Schemas.class.getModule().addReads(type.getModule());
        }
        IllegalAccessException cause = null;
        try {
            Lookup inside = MethodHandles.privateLookupIn(type, from);
            if (type.isRecord() || inside.hasFullPrivilegeAccess()) {
                return inside;
            }
        } catch (IllegalAccessException e) {
            cause = e;
        }
        if (own && isVisible(type)) {
            return from;
        }
        throw new IllegalArgumentException(
                type.getName() + " is not accessible to " + from.lookupClass().getName()
                        + ": make it public in an exported package, or call typed(type, MethodHandles.lookup()) from its"
                        + " module",
                cause);
    }

    private static boolean isVisible(Class<?> type) {
        try {
            Lookup own = MethodHandles.lookup();
            return own.accessClass(type) == type
                    && Class.forName(type.getName(), false, Schemas.class.getClassLoader()) == type;
        } catch (IllegalAccessException | ClassNotFoundException e) {
            return false;
        }
    }
}
