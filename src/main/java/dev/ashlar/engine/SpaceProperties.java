package dev.ashlar.engine;

import dev.ashlar.DocumentSchema;
import dev.ashlar.Durability;
import dev.ashlar.Keyspace;
import dev.ashlar.LayoutMismatchException;
import dev.ashlar.document.SchemaCodec;
import dev.ashlar.keyspace.Space;
import dev.ashlar.keyspace.SpaceProperty;
import dev.ashlar.typed.Schema;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * What the catalog says about spaces besides their names: {@link SpaceProperty}, records of the system space like their
 * definitions.
 */
final class SpaceProperties {
    private final Keyspace system;
    private final Maintenance maintenance;

    /** @param system a handle of the system space */
    SpaceProperties(Keyspace system, Maintenance maintenance) {
        this.system = system;
        this.maintenance = maintenance;
    }

    /** Stores the description of a layout durably, whatever is there. */
    synchronized void putLayout(Space space, byte[] description) {
        maintenance.require(Feature.PROPERTIES);
        system.put(SpaceProperty.key(space.id(), SpaceProperty.LAYOUT), description, Durability.DURABLE);
    }

    /** Stores the schema of a document collection durably, whatever is there. */
    synchronized void putSchema(Space space, DocumentSchema schema) {
        maintenance.require(Feature.PROPERTIES);
        system.put(SpaceProperty.key(space.id(), SpaceProperty.SCHEMA), SchemaCodec.write(schema), Durability.DURABLE);
    }

    /** The schema that was stored, or null: a crash came between creating the collection and that. */
    @Nullable
    DocumentSchema schema(Space space) {
        MemorySegment present = system.get(SpaceProperty.key(space.id(), SpaceProperty.SCHEMA));
        return present == null ? null : SchemaCodec.read(present, 0, present.byteSize());
    }

    /** The description that was stored, or null. */
    byte @Nullable [] layout(Space space) {
        MemorySegment present = system.get(SpaceProperty.key(space.id(), SpaceProperty.LAYOUT));
        return present == null ? null : present.toArray(ValueLayout.JAVA_BYTE);
    }

    /**
     * Checks the layout of a space's values, and stores it durably if there is none yet.
     *
     * @throws LayoutMismatchException if there is another
     */
    synchronized void requireLayout(Space space, Class<?> type, Schema schema) {
        space.checkPresent();
        byte[] present = layout(space);
        if (present == null) {
            putLayout(space, schema.description().getBytes(StandardCharsets.UTF_8));
            return;
        }
        String stored = new String(present, StandardCharsets.UTF_8);
        String difference = schema.differenceFrom(stored);
        if (difference != null) {
            throw new LayoutMismatchException("keyspace " + space.name() + " has values of another layout than "
                    + type.getName() + ": " + difference
                    + ". Use a type like the one that they were written with, or another keyspace.");
        }
    }
}
