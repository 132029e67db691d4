package dev.ashlar.interchange;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.random.RandomGenerator;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

/** Values of JSON as {@link JsonCursor} takes them, beside another parser. */
class JsonCursorTest {
    private static final String[] SEEDS = {
        "{\"a\":[1,2.5,-0,1e9,{}],\"b\":{\"c\":null,\"d\":[true,false,[]]},\"e\":\"x\\n\\u00e9\\\"y\"}",
        "[[[[0]]],{\"\":\"\"}]",
        "-12.75E-3",
        "\"text\"",
        "[\"\\/\\b\\f\\r\\t\\\\\", 10, 0.0 ,\t{ \"k\" : 1 } ]"
    };
    private static final String ALPHABET = "{}[]:,\"\\ \t\n0123456789.eE+-truefalsnub/x";
    private static final JsonFactory ORACLE = new JsonFactory();

    private static boolean accepts(byte[] text) {
        JsonCursor cursor = new JsonCursor();
        // Not at the beginning of the array, nor up to its end: nothing outside may be looked at.
        byte[] within = new byte[text.length + 20];
        java.util.Arrays.fill(within, (byte) '1');
        System.arraycopy(text, 0, within, 7, text.length);
        cursor.read(within, 7, 7 + text.length);
        try {
            long length = cursor.value().byteSize();
            return length > 0 && cursor.peek() < 0;
        } catch (JsonCursor.Malformed e) {
            assertTrue(e.at() >= 7 && e.at() <= 7 + text.length, e.getMessage() + " at " + e.at());
            return false;
        }
    }

    private static boolean oracleAccepts(byte[] text) {
        try (JsonParser parser = ORACLE.createParser(text)) {
            if (parser.nextToken() == null) {
                return false;
            }
            parser.skipChildren();
            parser.getText(); // numbers and strings are looked at only then
            return parser.nextToken() == null;
        } catch (IOException _) {
            return false;
        }
    }

    @Property(tries = 3_000)
    void takesWhatAnotherParserTakes(@ForAll long seed) {
        RandomGenerator random = new java.util.SplittableRandom(seed);
        StringBuilder text = new StringBuilder(SEEDS[random.nextInt(SEEDS.length)]);
        for (int changes = random.nextInt(4); changes > 0 && !text.isEmpty(); changes--) {
            int at = random.nextInt(text.length());
            char other = ALPHABET.charAt(random.nextInt(ALPHABET.length()));
            switch (random.nextInt(3)) {
                case 0 -> text.setCharAt(at, other);
                case 1 -> text.insert(at, other);
                default -> text.delete(at, at + random.nextInt(1, 4));
            }
        }
        byte[] bytes = text.toString().getBytes(StandardCharsets.UTF_8);
        assertEquals(oracleAccepts(bytes), accepts(bytes), text.toString());
    }

    @Test
    void seedsAreTaken() {
        for (String seed : SEEDS) {
            assertTrue(accepts(seed.getBytes(StandardCharsets.UTF_8)), seed);
        }
    }

    @Test
    void escapesAreDecoded() {
        JsonCursor cursor = new JsonCursor();
        byte[] text =
                "\"a\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\\u00e9\\u20AC\\uD83D\\uDE00z\"".getBytes(StandardCharsets.UTF_8);
        cursor.read(text, 0, text.length);
        assertArrayEquals(
                "a\"\\/\b\f\n\r\tAé€😀z".getBytes(StandardCharsets.UTF_8),
                cursor.string().toArray(ValueLayout.JAVA_BYTE));
    }

    @Test
    void halfOfASurrogatePairIsRefused() {
        for (String half :
                new String[] {"\\ud83d", "\\ude00", "\\ud83dx", "\\ud83d\\n", "\\ud83d\\u0041", "\\ud83d\\ud83d"}) {
            JsonCursor cursor = new JsonCursor();
            byte[] text = ("\"" + half + "\"").getBytes(StandardCharsets.UTF_8);
            cursor.read(text, 0, text.length);
            assertThrows(JsonCursor.Malformed.class, cursor::string, half);
        }
    }

    @Test
    void depthIsBounded() {
        int most = JsonCursor.MAX_DEPTH;
        assertTrue(accepts(("[".repeat(most) + "]".repeat(most)).getBytes(StandardCharsets.UTF_8)));
        byte[] deeper = ("[".repeat(most + 1) + "]".repeat(most + 1)).getBytes(StandardCharsets.UTF_8);
        assertTrue(!accepts(deeper));
        assertTrue(!accepts("{\"a\":".repeat(1_000_000).getBytes(StandardCharsets.UTF_8)));
    }
}
