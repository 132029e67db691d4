package dev.ashlar.document;

import dev.ashlar.DocumentField;
import dev.ashlar.DocumentSchema;

/** What reading and writing documents asks of the fields of a schema, in arrays by their numbers. Immutable. */
public final class SchemaShape {
    /** Kinds of values, by how they lie and are compared. */
    enum Kind {
        LONG,
        DOUBLE,
        BOOL,
        KEYWORD,
        BYTES,
        VECTOR
    }

    private final DocumentSchema schema;
    private final Kind[] kinds;
    private final int[] widths;
    private final boolean[] many;
    private final boolean[] stored;

    public SchemaShape(DocumentSchema schema) {
        this.schema = schema;
        int fields = schema.size();
        kinds = new Kind[fields];
        widths = new int[fields];
        many = new boolean[fields];
        stored = new boolean[fields];
        for (int i = 0; i < fields; i++) {
            DocumentField field = schema.field(i);
            Kind kind = switch (field.type()) {
                case TEXT, BYTES, JSON -> Kind.BYTES;
                case KEYWORD -> Kind.KEYWORD;
                case I64 -> Kind.LONG;
                case F64 -> Kind.DOUBLE;
                case BOOL -> Kind.BOOL;
                case VECTOR -> field.isReference() ? Kind.LONG : Kind.VECTOR;
            };
            kinds[i] = kind;
            widths[i] = switch (kind) {
                case LONG, DOUBLE -> Long.BYTES;
                case BOOL -> 1;
                case VECTOR -> Float.BYTES * field.dimension();
                case KEYWORD, BYTES -> 0;
            };
            many[i] = field.many();
            stored[i] = field.stored();
        }
    }

    public DocumentSchema schema() {
        return schema;
    }

    int fields() {
        return kinds.length;
    }

    Kind kind(int field) {
        return kinds[field];
    }

    /** Bytes of a value; 0 if they differ. */
    int width(int field) {
        return widths[field];
    }

    boolean isMany(int field) {
        return many[field];
    }

    boolean isStored(int field) {
        return stored[field];
    }
}
