package dev.ashlar;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The fields that the documents of a collection may have, and which of them is the primary key. A document need not have
 * any field but that one. Fields are known by their names, and by their numbers, which are their places in {@link
 * #fields()}; numbers never change, because a schema grows only at its end.
 *
 * <pre>{@code
 *   DocumentSchema schema = DocumentSchema.builder()
 *           .field(DocumentField.keyword("path"))
 *           .field(DocumentField.text("body"))
 *           .field(DocumentField.i64("size"))
 *           .field(DocumentField.keyword("tag").asMany())
 *           .primaryKey("path")
 *           .build();
 *   DocumentSchema later = schema.with(DocumentField.f64("score"));
 * }</pre>
 *
 * <p>Immutable; all methods may be called from any thread.
 */
public final class DocumentSchema {
    /** The most fields that a schema has. */
    public static final int MAX_FIELDS = 4_096;

    /** The longest primary key, in bytes: of a keyword, of its UTF-8. */
    public static final int MAX_KEY_BYTES = 65_000;

    private final List<DocumentField> fields;
    private final Map<String, Integer> numbers;
    private final int key;

    private DocumentSchema(List<DocumentField> fields, int key) {
        this.fields = List.copyOf(fields);
        this.key = key;
        this.numbers = HashMap.newHashMap(fields.size());
        for (DocumentField field : this.fields) {
            numbers.put(field.name(), numbers.size());
        }
    }

    /** Gathers the fields of a schema. For one thread. */
    public static final class Builder {
        private final List<DocumentField> fields = new ArrayList<>();
        private final Map<String, Integer> numbers = new HashMap<>();
        private @Nullable String key;

        private Builder() {}

        /**
         * Adds a field.
         *
         * @throws IllegalArgumentException if there is one of that name, or there are {@link #MAX_FIELDS}
         */
        public Builder field(DocumentField field) {
            Objects.requireNonNull(field, "field");
            if (fields.size() == MAX_FIELDS) {
                throw new IllegalArgumentException("field " + field.name() + " is one too many: a schema has at most "
                        + MAX_FIELDS + ". Put what is rarely there into one field of type JSON.");
            }
            if (numbers.putIfAbsent(field.name(), fields.size()) != null) {
                throw new IllegalArgumentException("there are two fields with the name " + field.name());
            }
            fields.add(field);
            return this;
        }

        /** Says which field is the primary key; it may be added before or after. */
        public Builder primaryKey(String name) {
            key = Objects.requireNonNull(name, "name");
            return this;
        }

        /**
         * The schema. The builder can be used further.
         *
         * @throws IllegalArgumentException if it has no fields, or the primary key is none of them, has many values, or is
         *     neither a keyword nor an i64
         */
        public DocumentSchema build() {
            if (fields.isEmpty()) {
                throw new IllegalArgumentException("the schema has no fields");
            }
            String name = key;
            if (name == null) {
                return new DocumentSchema(fields, -1);
            }
            Integer number = numbers.get(name);
            if (number == null) {
                throw new IllegalArgumentException("the primary key " + name + " is no field of the schema");
            }
            DocumentField field = fields.get(number);
            if (field.many() || field.type() != FieldType.KEYWORD && field.type() != FieldType.I64) {
                throw new IllegalArgumentException("field " + name + " cannot be the primary key: it "
                        + (field.many() ? "has many values" : "is of type " + field.type())
                        + "; a key is a single KEYWORD or I64");
            }
            return new DocumentSchema(fields, number);
        }
    }

    /** A builder without fields. */
    public static Builder builder() {
        return new Builder();
    }

    /** The fields by their numbers. */
    public List<DocumentField> fields() {
        return fields;
    }

    /** How many fields there are. */
    public int size() {
        return fields.size();
    }

    /**
     * The field with a number.
     *
     * @throws IndexOutOfBoundsException if there is none
     */
    public DocumentField field(int number) {
        return fields.get(number);
    }

    /** The field with a name, or null. */
    public @Nullable DocumentField field(String name) {
        int number = indexOf(name);
        return number < 0 ? null : fields.get(number);
    }

    /** The number of the field with a name, or -1. */
    public int indexOf(String name) {
        Integer number = numbers.get(Objects.requireNonNull(name, "name"));
        return number == null ? -1 : number;
    }

    /**
     * The number of the field with a name.
     *
     * @throws IllegalArgumentException if there is none
     */
    public int number(String name) {
        int number = indexOf(name);
        if (number < 0) {
            throw new IllegalArgumentException("there is no field " + name + "; " + namesOfFields());
        }
        return number;
    }

    /** For messages: what fields there are, not all of very many. */
    private String namesOfFields() {
        int shown = Math.min(fields.size(), 20);
        List<String> names =
                fields.subList(0, shown).stream().map(DocumentField::name).toList();
        return "the schema has " + String.join(", ", names)
                + (shown == fields.size() ? "" : " and " + (fields.size() - shown) + " more");
    }

    /** The primary key: a single keyword or i64. Null if documents have none. */
    public @Nullable DocumentField primaryKey() {
        return key < 0 ? null : fields.get(key);
    }

    /** The number of the primary key, or -1. */
    public int primaryKeyNumber() {
        return key;
    }

    /**
     * A schema with these fields behind the present ones. Documents that were written before have none of them.
     *
     * @throws IllegalArgumentException as {@link Builder#field}
     */
    public DocumentSchema with(DocumentField... more) {
        Builder builder = builder();
        fields.forEach(builder::field);
        for (DocumentField field : more) {
            builder.field(field);
        }
        DocumentField primary = primaryKey();
        return (primary == null ? builder : builder.primaryKey(primary.name())).build();
    }

    /**
     * What keeps documents of a stored schema from being read under this one, naming the first field that differs. Null if
     * nothing does: this schema has all fields of the stored one in the same places, the same primary key, and perhaps more
     * fields behind.
     */
    public @Nullable String differenceFrom(DocumentSchema stored) {
        for (int i = 0; i < stored.fields.size(); i++) {
            DocumentField there = stored.fields.get(i);
            if (i == fields.size()) {
                return "field " + i + " is stored as " + describe(there)
                        + " and is missing here; a schema keeps all its" + " fields";
            }
            DocumentField here = fields.get(i);
            if (!here.equals(there)) {
                return "field " + i + " is stored as " + describe(there) + " and is " + describe(here)
                        + " here; new fields go behind the stored ones";
            }
        }
        if (key != stored.key) {
            return "the primary key is stored as " + nameOfKey(stored) + " and is " + nameOfKey(this) + " here";
        }
        return null;
    }

    private static String nameOfKey(DocumentSchema schema) {
        DocumentField field = schema.primaryKey();
        return field == null ? "none" : field.name();
    }

    private static String describe(DocumentField field) {
        return field.name() + " " + field.type()
                + (field.dimension() == 0 ? "" : "(" + field.dimension() + ")")
                + (field.collection() == null ? "" : " in " + field.collection())
                + (field.many() ? " many" : "")
                + (field.stored() ? "" : " not stored");
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof DocumentSchema schema && key == schema.key && fields.equals(schema.fields);
    }

    @Override
    public int hashCode() {
        return 31 * fields.hashCode() + key;
    }

    /** The fields in their order, as messages show them. */
    @Override
    public String toString() {
        List<String> all = new ArrayList<>();
        for (int i = 0; i < fields.size(); i++) {
            all.add(describe(fields.get(i)) + (i == key ? " primary key" : ""));
        }
        return "DocumentSchema[" + String.join(", ", all) + "]";
    }
}
