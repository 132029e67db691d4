package dev.ashlar.cli;

import dev.ashlar.DocumentField;
import dev.ashlar.DocumentSchema;
import dev.ashlar.FieldType;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Fields of a schema as they are written on the command line, {@code name:type[:many][:unstored]}, and as they are shown. */
final class DocumentFields {
    private static final String REFERENCE = "reference";
    private static final String TYPES =
            "text, keyword, i64, f64, bool, bytes, json, vector:DIMENSION and reference:COLLECTION";

    private DocumentFields() {}

    static DocumentField parse(String spec) {
        List<String> parts = Arrays.asList(DocumentsAction.text(spec).split(":", -1));
        if (parts.size() < 2) {
            throw refused(spec, "a field is written NAME:TYPE, as in 'size:i64'; types are " + TYPES);
        }
        String name = parts.getFirst();
        String type = parts.get(1).toLowerCase(Locale.ROOT);
        boolean argument = type.equals("vector") || type.equals(REFERENCE);
        if (argument && parts.size() < 3) {
            throw refused(
                    spec,
                    "a vector is written NAME:vector:DIMENSION, and the id of one in a vector collection"
                            + " NAME:reference:COLLECTION");
        }
        DocumentField field;
        try {
            field = field(spec, name, type, argument ? parts.get(2) : "");
        } catch (IllegalArgumentException e) {
            throw refused(spec, Errors.describe(e));
        }
        for (String flag : parts.subList(argument ? 3 : 2, parts.size())) {
            field = switch (flag.toLowerCase(Locale.ROOT)) {
                case "many" -> field.asMany();
                case "unstored" -> field.notStored();
                default -> throw refused(spec, "behind the type there can be :many and :unstored, and not :" + flag);
            };
        }
        return field;
    }

    private static DocumentField field(String spec, String name, String type, String argument) {
        return switch (type) {
            case "text" -> DocumentField.text(name);
            case "keyword" -> DocumentField.keyword(name);
            case "i64" -> DocumentField.i64(name);
            case "f64" -> DocumentField.f64(name);
            case "bool" -> DocumentField.bool(name);
            case "bytes" -> DocumentField.bytes(name);
            case "json" -> DocumentField.json(name);
            case "vector" -> DocumentField.vector(name, dimension(spec, argument));
            case REFERENCE -> DocumentField.vectorIn(name, argument);
            default -> throw refused(spec, "there is no type " + type + "; types are " + TYPES);
        };
    }

    private static int dimension(String spec, String text) {
        try {
            return Integer.parseInt(text);
        } catch (NumberFormatException _) {
            throw refused(spec, "the dimension of a vector is a number, as in 'embedding:vector:768'");
        }
    }

    private static Failure refused(String spec, String why) {
        return Failure.usage("--field '" + Escapes.show(spec) + "': " + why);
    }

    /** A type as it is written, without what stands behind it. */
    static String type(DocumentField field) {
        return field.isReference() ? REFERENCE : field.type().name().toLowerCase(Locale.ROOT);
    }

    static Map<String, Object> describe(DocumentField field) {
        Map<String, Object> members =
                Json.object("name", field.name(), "type", type(field), "many", field.many(), "stored", field.stored());
        if (field.isReference()) {
            members.put("collection", field.collection());
        } else if (field.type() == FieldType.VECTOR) {
            members.put("dimension", field.dimension());
        }
        return members;
    }

    static Map<String, Object> describe(String collection, DocumentSchema schema) {
        Map<String, Object> members = Json.object("collection", collection);
        DocumentField key = schema.primaryKey();
        if (key != null) {
            members.put("key", key.name());
        }
        members.put(
                "fields", schema.fields().stream().map(DocumentFields::describe).toList());
        return members;
    }

    static Table table(DocumentSchema schema) {
        Table table = new Table("field", "<type", "<values");
        for (DocumentField field : schema.fields()) {
            String type = type(field)
                    + (field.isReference() ? " into " + Escapes.show(String.valueOf(field.collection())) : "")
                    + (field.dimension() == 0 ? "" : " of " + Units.count(field.dimension()));
            String values = (field.equals(schema.primaryKey()) ? "the primary key" : field.many() ? "many" : "one")
                    + (field.stored() ? "" : ", not stored");
            table.row(Escapes.show(field.name()), type, values);
        }
        return table;
    }
}
