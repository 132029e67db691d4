package dev.ashlar.typed;

import dev.ashlar.TypedKeyspace;
import dev.ashlar.typed.FieldType.Elements;
import dev.ashlar.typed.FieldType.Group;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Where the fields of a type lie: each at the next multiple of its alignment, the whole as long as a multiple of the
 * largest.
 *
 * @param bytes size of a value
 */
record Layout(List<Field> fields, int bytes, int alignment) {
    /** Of the rules of this class, and of the description's form. */
    private static final int VERSION = 1;

    /** The most that the description may take. */
    static final int MAX_DESCRIPTION_BYTES = 65_535;

    private static final int FIRST_FIELD = 3;

    /**
     * A field.
     *
     * @param offset in a value of the type that has the field, in bytes
     */
    record Field(String name, FieldType type, int offset) {}

    /** @throws IllegalArgumentException if it becomes too large */
    static Layout of(Class<?> type, Map<String, FieldType> types) {
        List<Field> fields = new ArrayList<>();
        long at = 0;
        int alignment = 1;
        for (Map.Entry<String, FieldType> entry : types.entrySet()) {
            FieldType each = entry.getValue();
            at = align(at, each.alignment());
            alignment = Math.max(alignment, each.alignment());
            long end = at + each.bytes();
            if (end > TypedKeyspace.MAX_VALUE_BYTES) {
                throw new IllegalArgumentException(Members.nameOf(type, entry.getKey()) + " ends at byte " + end
                        + "; a typed value has at most " + TypedKeyspace.MAX_VALUE_BYTES);
            }
            fields.add(new Field(entry.getKey(), each, (int) at));
            at = end;
        }
        Layout layout = new Layout(List.copyOf(fields), (int) align(at, alignment), alignment);
        int length = layout.describe().getBytes(StandardCharsets.UTF_8).length;
        if (length > MAX_DESCRIPTION_BYTES) {
            throw new IllegalArgumentException("the description of " + type.getName() + " has " + length
                    + " bytes; the most is " + MAX_DESCRIPTION_BYTES + ". Give it fewer fields, or arrays.");
        }
        return layout;
    }

    private static long align(long offset, int alignment) {
        return offset + alignment - 1 & -alignment;
    }

    Field field(String name) {
        return fields.stream()
                .filter(field -> field.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    /** What is stored. One layout has one description, whatever the type is called that has it. */
    String describe() {
        StringBuilder out = new StringBuilder();
        out.append("layout ").append(VERSION).append('\n');
        out.append("size ").append(bytes).append('\n');
        out.append("alignment ").append(alignment).append('\n');
        describe("", 0, out);
        return out.toString();
    }

    private void describe(String prefix, int base, StringBuilder out) {
        for (Field field : fields) {
            String name = prefix + field.name();
            int offset = base + field.offset();
            out.append(name).append(' ').append(field.type().code()).append(' ');
            out.append(offset).append(' ').append(field.type().bytes()).append('\n');
            if (field.type() instanceof Group group) {
                group.schema().layout().describe(name + ".", offset, out);
            } else if (field.type() instanceof Elements elements && elements.element() instanceof Group group) {
                group.schema().layout().describe(name + "[].", offset, out);
            }
        }
    }

    /** The first field in which a description differs from this one, as "expected ..., found ..."; null if none does. */
    @Nullable
    String differenceFrom(String stored) {
        String own = describe();
        if (own.equals(stored)) {
            return null;
        }
        List<String> wanted = own.lines().toList();
        List<String> found = stored.lines().toList();
        for (int i = FIRST_FIELD; i < Math.max(wanted.size(), found.size()); i++) {
            String expected = i < wanted.size() ? '"' + wanted.get(i) + '"' : "no further field";
            String present = i < found.size() ? '"' + found.get(i) + '"' : "no further field";
            if (!expected.equals(present)) {
                return "expected " + expected + ", found " + present + " in the store (name, type, offset, bytes)";
            }
        }
        return "expected \"" + String.join(", ", wanted.subList(0, FIRST_FIELD)) + "\", found \""
                + String.join(", ", found.subList(0, Math.min(FIRST_FIELD, found.size()))) + "\" in the store";
    }
}
