package dev.ashlar.interchange;

import dev.ashlar.Document;
import dev.ashlar.DocumentField;
import dev.ashlar.DocumentSchema;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;
import java.util.Objects;

/** Makes a JSON object of a document. For one thread. */
final class DocumentWriting {
    private final DocumentSchema schema;
    private final int[] fields;
    private final String[] names;
    private final JsonBytes json = new JsonBytes();

    /** @param fields names of those that are written, in this order; none: all, in the order of the schema */
    DocumentWriting(DocumentSchema schema, String... fields) {
        this.schema = schema;
        this.fields = new int[fields.length == 0 ? schema.size() : fields.length];
        this.names = new String[this.fields.length];
        for (int i = 0; i < this.fields.length; i++) {
            this.fields[i] = fields.length == 0 ? i : schema.number(fields[i]);
            names[i] = new JsonBytes()
                    .string(schema.field(this.fields[i]).name())
                    .raw(':')
                    .toString();
        }
    }

    /** The object, without a line feed; valid until the next call. */
    JsonBytes write(Document document) {
        json.clear();
        json.raw('{');
        boolean first = true;
        for (int i = 0; i < fields.length; i++) {
            if (document.has(fields[i])) {
                member(document, i, first);
                first = false;
            }
        }
        return json.raw('}');
    }

    /** What was written last. */
    void writeTo(OutputStream target) throws IOException {
        json.writeTo(target);
    }

    private void member(Document document, int i, boolean first) {
        if (!first) {
            json.raw(',');
        }
        json.utf8(names[i]);
        int number = fields[i];
        DocumentField field = schema.field(number);
        if (!field.many()) {
            value(document, field, number, 0);
            return;
        }
        json.raw('[');
        int count = document.count(number);
        for (int index = 0; index < count; index++) {
            if (index > 0) {
                json.raw(',');
            }
            value(document, field, number, index);
        }
        json.raw(']');
    }

    private void value(Document document, DocumentField field, int number, int index) {
        switch (field.type()) {
            case TEXT, KEYWORD -> json.string(bytes(document, number, index));
            case I64 -> json.raw(Long.toString(document.i64(number, index)));
            case F64 -> json.number(document.f64(number, index));
            case BOOL -> json.raw(Boolean.toString(document.bool(number, index)));
            case BYTES -> json.base64(bytes(document, number, index));
            case JSON -> json.json(bytes(document, number, index));
            case VECTOR -> {
                if (field.isReference()) {
                    json.raw(Long.toString(document.i64(number, index)));
                } else {
                    vector(document.vector(number, index));
                }
            }
        }
    }

    private static MemorySegment bytes(Document document, int number, int index) {
        return Objects.requireNonNull(document.bytes(number, index));
    }

    private void vector(float[] vector) {
        json.raw('[');
        for (int i = 0; i < vector.length; i++) {
            if (i > 0) {
                json.raw(',');
            }
            json.number(vector[i]);
        }
        json.raw(']');
    }
}
