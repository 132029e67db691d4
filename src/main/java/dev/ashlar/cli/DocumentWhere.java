package dev.ashlar.cli;

import dev.ashlar.DocumentField;
import dev.ashlar.DocumentFilter;
import dev.ashlar.DocumentSchema;
import dev.ashlar.FieldType;
import java.util.Base64;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Conditions as they are written on the command line: {@code field=value} and the like. The name is the longest one of the schema
 * that the condition begins with and an operator or the end follows, so names may have any characters in them.
 */
final class DocumentWhere {
    /** Longer ones before those that they begin with. */
    private static final List<String> OPERATORS = List.of("!=", ">=", "<=", "=", ">", "<");

    private DocumentWhere() {}

    /** A filter that all of these are; null if there are none. */
    static @Nullable DocumentFilter all(DocumentSchema schema, List<String> conditions) {
        return switch (conditions.size()) {
            case 0 -> null;
            case 1 -> one(schema, DocumentsAction.text(conditions.getFirst()));
            default ->
                DocumentFilter.and(conditions.stream()
                        .map(each -> one(schema, DocumentsAction.text(each)))
                        .toArray(DocumentFilter[]::new));
        };
    }

    private static DocumentFilter one(DocumentSchema schema, String condition) {
        DocumentField best = null;
        String operator = "";
        for (DocumentField field : schema.fields()) {
            if (condition.startsWith(field.name())
                    && (best == null || field.name().length() > best.name().length())) {
                String found = operator(condition.substring(field.name().length()));
                if (found != null) {
                    best = field;
                    operator = found;
                }
            }
        }
        if (best == null) {
            if (condition.startsWith("!") && schema.field(condition.substring(1)) != null) {
                return DocumentFilter.not(DocumentFilter.exists(condition.substring(1)));
            }
            throw Failure.usage("--where '" + Escapes.show(condition) + "': it begins with none of the fields "
                    + String.join(
                            ", ",
                            schema.fields().stream()
                                    .limit(20)
                                    .map(each -> Escapes.show(each.name()))
                                    .toList())
                    + (schema.size() > 20 ? ", …" : "")
                    + ", or no operator follows; write FIELD=VALUE, !=, <, <=, > or >=, FIELD or !FIELD");
        }
        if (operator.isEmpty()) {
            return DocumentFilter.exists(best.name());
        }
        String value = condition.substring(best.name().length() + operator.length());
        try {
            return comparison(best, operator, value);
        } catch (NumberFormatException _) {
            throw Failure.usage("--where '" + Escapes.show(condition) + "': '" + Escapes.show(value)
                    + "' is no value of field " + Escapes.show(best.name()) + ", which has type "
                    + DocumentFields.type(best));
        } catch (IllegalArgumentException e) {
            throw Failure.usage("--where '" + Escapes.show(condition) + "': " + Errors.describe(e));
        }
    }

    /** The operator that a text begins with; nothing if it is empty; null if it begins with none. */
    private static @Nullable String operator(String rest) {
        if (rest.isEmpty()) {
            return "";
        }
        return OPERATORS.stream().filter(rest::startsWith).findFirst().orElse(null);
    }

    private static DocumentFilter comparison(DocumentField field, String operator, String value) {
        return switch (operator) {
            case "=" -> equal(field, value);
            case "!=" -> DocumentFilter.not(equal(field, value));
            default ->
                switch (field.type()) {
                    case I64 -> whole(field.name(), operator, Long.parseLong(value));
                    case F64 -> real(field.name(), operator, Double.parseDouble(value));
                    case KEYWORD -> text(field, operator, value);
                    default ->
                        throw new IllegalArgumentException("values of type " + DocumentFields.type(field)
                                + " are in no order; i64, f64 and keyword are");
                };
        };
    }

    private static DocumentFilter equal(DocumentField field, String value) {
        String name = field.name();
        return switch (field.type()) {
            case TEXT, KEYWORD -> DocumentFilter.equal(name, value);
            case I64 -> DocumentFilter.equal(name, Long.parseLong(value));
            case F64 -> DocumentFilter.equal(name, Double.parseDouble(value));
            case BOOL -> {
                if (!value.equals("true") && !value.equals("false")) {
                    throw new IllegalArgumentException("a value of type bool is true or false");
                }
                yield DocumentFilter.equal(name, value.equals("true"));
            }
            case BYTES -> DocumentFilter.equal(name, Base64.getDecoder().decode(value));
            case VECTOR -> {
                if (field.type() == FieldType.VECTOR && !field.isReference()) {
                    throw new IllegalArgumentException("vectors are not compared with values");
                }
                yield DocumentFilter.equal(name, Long.parseLong(value));
            }
            case JSON -> throw new IllegalArgumentException("values of type json are not compared");
        };
    }

    private static DocumentFilter whole(String name, String operator, long value) {
        return switch (operator) {
            case ">=" -> DocumentFilter.range(name, value, null);
            case "<=" -> DocumentFilter.range(name, null, value);
            case ">" -> value == Long.MAX_VALUE ? DocumentFilter.or() : DocumentFilter.range(name, value + 1, null);
            default -> value == Long.MIN_VALUE ? DocumentFilter.or() : DocumentFilter.range(name, null, value - 1);
        };
    }

    private static DocumentFilter real(String name, String operator, double value) {
        return switch (operator) {
            case ">=" -> DocumentFilter.range(name, value, null);
            case "<=" -> DocumentFilter.range(name, null, value);
            case ">" ->
                value == Double.POSITIVE_INFINITY
                        ? DocumentFilter.or()
                        : DocumentFilter.range(name, Math.nextUp(value), null);
            default ->
                value == Double.NEGATIVE_INFINITY
                        ? DocumentFilter.or()
                        : DocumentFilter.range(name, null, Math.nextDown(value));
        };
    }

    private static DocumentFilter text(DocumentField field, String operator, String value) {
        String name = field.name();
        return switch (operator) {
            case ">=" -> DocumentFilter.range(name, value, null);
            case "<=" -> DocumentFilter.range(name, null, value);
            // The string that comes next.
            case ">" -> DocumentFilter.range(name, value + '\0', null);
            default -> {
                if (field.many()) {
                    // There is no string that comes before, and one value of many may be equal while another is less.
                    throw new IllegalArgumentException(
                            "< is not there for keywords with many values; <= is, with another value");
                }
                yield DocumentFilter.and(
                        DocumentFilter.range(name, null, value), DocumentFilter.not(DocumentFilter.equal(name, value)));
            }
        };
    }
}
