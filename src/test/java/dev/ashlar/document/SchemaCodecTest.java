package dev.ashlar.document;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.ashlar.DocumentField;
import dev.ashlar.DocumentSchema;
import dev.ashlar.UnsupportedFormatException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

/** Schemas as they are stored. */
class SchemaCodecTest {
    private static DocumentSchema read(byte[] bytes) {
        byte[] within = new byte[bytes.length + 7];
        System.arraycopy(bytes, 0, within, 3, bytes.length);
        return SchemaCodec.read(MemorySegment.ofArray(within), 3, bytes.length);
    }

    @Test
    void goldenBytes() {
        DocumentSchema schema = DocumentSchema.builder()
                .field(DocumentField.keyword("id"))
                .field(DocumentField.text("é").asMany())
                .field(DocumentField.i64("n").notStored())
                .field(DocumentField.vector("v", 768))
                .field(DocumentField.vectorIn("w", "rows").asMany())
                .primaryKey("id")
                .build();
        String golden = "0100 0500 0000" // version, fields, key
                + " 01 00 02 6964" // id
                + " 00 01 02 c3a9" // é
                + " 02 02 01 6e" // n
                + " 07 00 01 76 00030000 00" // v
                + " 07 01 01 77 00000000 04 726f7773"; // w
        byte[] bytes = HexFormat.of().parseHex(golden.replace(" ", ""));
        assertEquals(HexFormat.of().formatHex(bytes), HexFormat.of().formatHex(SchemaCodec.write(schema)));
        assertEquals(schema, read(bytes));
    }

    @Test
    void aSchemaWithoutAKeyAndTheLargestOneComeBack() {
        DocumentSchema.Builder builder = DocumentSchema.builder();
        for (int i = 0; i < DocumentSchema.MAX_FIELDS; i++) {
            String name = "%04d".formatted(i) + "x".repeat(251);
            builder.field(DocumentField.vectorIn(name, "y".repeat(255)));
        }
        assertEquals(builder.build(), read(SchemaCodec.write(builder.build())));
    }

    @Test
    void whatIsUnknownIsSaid() {
        byte[] bytes = SchemaCodec.write(
                DocumentSchema.builder().field(DocumentField.i64("abc")).build());
        refused(change(bytes, 0, 2), "version is 2");
        refused(change(bytes, 2, 2), "ends after");
        refused(Arrays.copyOf(change(bytes, 2, 0), 6), "no fields");
        refused(change(change(bytes, 4, 1), 5, 0), "primary key is field 1 of 1");
        refused(change(bytes, 6, 8), "type 8");
        refused(change(bytes, 7, 4), "flags 4");
        refused(change(bytes, 8, 4), "ends after");
        refused(change(bytes, 9, 0xFF), "Input length");
        refused(change(bytes, 10, 10), "control");
        refused(Arrays.copyOf(bytes, bytes.length + 1), "1 bytes follow");
        refused(new byte[10 << 20], "has 10485760 bytes");
        refused(
                (new String(bytes, StandardCharsets.ISO_8859_1) + "\2\0\3abc").getBytes(StandardCharsets.ISO_8859_1),
                "6 bytes follow");
    }

    private static byte[] change(byte[] bytes, int at, int to) {
        byte[] changed = bytes.clone();
        changed[at] = (byte) to;
        return changed;
    }

    private static void refused(byte[] bytes, String part) {
        String message = assertThrows(UnsupportedFormatException.class, () -> read(bytes))
                .getMessage();
        assertTrue(message.contains(part), message);
    }

    @Property(tries = 100)
    void anySchemaComesBackAndADamagedOneIsRefusedOrAnother(@ForAll long seed) {
        RandomDocuments any = new RandomDocuments(seed);
        DocumentSchema schema = any.schema();
        byte[] bytes = SchemaCodec.write(schema);
        assertEquals(schema, read(bytes), () -> "seed " + seed);
        for (int i = 0; i < 50; i++) {
            byte[] bad = i % 3 == 0 ? Arrays.copyOf(bytes, any.random.nextInt(bytes.length)) : bytes.clone();
            if (bad.length > 0) {
                bad[any.random.nextInt(bad.length)] ^= (byte) (1 << any.random.nextInt(8));
            }
            try {
                read(SchemaCodec.write(read(bad)));
            } catch (UnsupportedFormatException e) {
                assertTrue(e.getMessage().contains("Open the store with the version"), e.getMessage());
            }
        }
    }
}
