package dev.ashlar.cli;

import com.fasterxml.jackson.core.Base64Variants;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.ashlar.Cursor;
import dev.ashlar.Keyspace;
import dev.ashlar.Store;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;

/** {@code ashlar get}: the bytes of one value. */
@Command(
        name = "get",
        header = "Writes the value of a key to standard output.",
        description = {
            "Writes the bytes of the value and nothing else.",
            "With --json: key, size, version, expiresAt if it expires, the value as valueBase64, and as value if it is UTF-8 of up to 64 KiB."
        },
        footer = {
            "  ashlar get data greetings hello",
            "  ashlar get data pictures cat > cat.jpeg",
            "  ashlar get data ticks --key-as=long 17 --json"
        })
final class GetCommand extends KeyAction {
    private static final int PIECE_BYTES = 1 << 16;
    private static final int MAX_TEXT_BYTES = 1 << 16;

    GetCommand(Output output) {
        super(output);
    }

    @Override
    int run() throws IOException {
        byte[] keyBytes = key();
        try (Store open = store().openExisting(output())) {
            Keyspace source = store().existing(open, keyspace());
            Cursor cursor = source.cursor();
            if (!cursor.find(keyBytes)) {
                throw noSuchKey(keyBytes);
            }
            if (json()) {
                writeJson(keyBytes, cursor, source.expiresAt(keyBytes));
            } else {
                copy(cursor.value(), output().bytes());
            }
        }
        return ExitCode.OK;
    }

    /** Copies in pieces, so that a value of any size takes no more memory than one of them. */
    private static void copy(MemorySegment value, OutputStream target) throws IOException {
        byte[] piece = new byte[(int) Math.min(PIECE_BYTES, value.byteSize())];
        for (long position = 0; position < value.byteSize(); position += piece.length) {
            int length = (int) Math.min(piece.length, value.byteSize() - position);
            MemorySegment.copy(value, ValueLayout.JAVA_BYTE, position, piece, 0, length);
            target.write(piece, 0, length);
        }
    }

    private void writeJson(byte[] keyBytes, Cursor cursor, @Nullable Instant expiresAt) throws IOException {
        MemorySegment value = cursor.value();
        Map<String, Object> members = describe(keyBytes);
        members.put("size", value.byteSize());
        members.put("version", cursor.version());
        if (expiresAt != null) {
            members.put("expiresAt", expiresAt.toString());
        }
        @Nullable
        String text = value.byteSize() > MAX_TEXT_BYTES ? null : Escapes.utf8(value.toArray(ValueLayout.JAVA_BYTE));
        if (text != null) {
            members.put("value", text);
        }
        try (JsonGenerator generator = output().jsonStream()) {
            generator.writeStartObject();
            for (Map.Entry<String, Object> member : members.entrySet()) {
                generator.writePOJOField(member.getKey(), member.getValue());
            }
            generator.writeFieldName("valueBase64");
            // -1: of a length that need not fit an int.
            generator.writeBinary(Base64Variants.MIME_NO_LINEFEEDS, new SegmentStream(value), -1);
            generator.writeEndObject();
        }
        output().line("");
    }
}
