package dev.ashlar.document;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** JSON is told from what only looks like it, as Jackson tells it. */
class JsonTextTest {
    private static final JsonFactory JACKSON = JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(JsonText.MAX_DEPTH)
                    .maxNumberLength(1_000_000)
                    .build())
            .build();

    private static JsonText.Problem check(String text) {
        byte[] bytes = ("##" + text + "##").getBytes(StandardCharsets.UTF_8);
        return JsonText.check(bytes, 2, bytes.length - 4);
    }

    private static boolean jacksonTakes(String text) {
        try (JsonParser parser = JACKSON.createParser(text)) {
            int values = 0;
            int depth = 0;
            for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
                depth -= token.isStructEnd() ? 1 : 0;
                values += depth == 0 && !token.isStructEnd() ? 1 : 0;
                depth += token.isStructStart() ? 1 : 0;
                if (token == JsonToken.VALUE_STRING) {
                    parser.getText();
                }
            }
            return values == 1 && depth == 0;
        } catch (IOException e) {
            return false;
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{}",
                "[]",
                " [ ] ",
                "null",
                "true",
                "false",
                "0",
                "-0",
                "-1.5e+10",
                "1E9",
                "\"\"",
                "\"\\u00e9\\n\\\"\\\\\\/\"",
                "{\"a\":{\"b\":[1,2,{\"c\":null}]},\"a\":2}",
                "\t\r\n 12 ",
                "\"é€\uD83D\uDE00\u007f\""
            })
    void takesJson(String text) {
        assertNull(check(text));
    }

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '`',
            value = {
                "``, 0, a value",
                "`{`, 1, a name in quotes",
                "`{\"a\"}`, 4, a colon",
                "`{\"a\":}`, 5, a value",
                "`{\"a\":1,}`, 7, a name in quotes",
                "`{\"a\":1`, 6, a comma or }",
                "`[1 2]`, 3, a comma or ]",
                "`[1,]`, 3, a value",
                "`[1]]`, 3, the end of the text",
                "`1 2`, 2, the end of the text",
                "`01`, 1, the end of the text",
                "`-`, 1, a digit",
                "`1.`, 2, a digit",
                "`1e+`, 3, a digit",
                "`+1`, 0, a value",
                "`.5`, 0, a value",
                "`NaN`, 0, a value",
                "`nul`, 3, null",
                "`trUe`, 2, true",
                "`'a'`, 0, a value",
                "`\"a`, 2, the end of a string",
                "`\"\\x\"`, 2, an escape: one of \"\\/bfnrtu",
                "`\"\\u12g4\"`, 5, four hexadecimal digits",
                "`// c`, 0, a value",
                "`[1] x`, 4, the end of the text"
            })
    void saysWhereAndWhatIsWrong(String text, int offset, String expected) {
        assertEquals(new JsonText.Problem(offset, expected), check(text));
    }

    @Test
    void refusesControlCharactersInStrings() {
        for (char c = 0; c < 0x20; c++) {
            assertEquals(new JsonText.Problem(2, "no control character in a string"), check("\"a" + c + "\""));
        }
    }

    @Test
    void depthHasALimit() {
        String deepest = "[".repeat(1_000) + "]".repeat(1_000);
        assertNull(check(deepest));
        assertEquals(new JsonText.Problem(1_000, "at most 1000 levels"), check("[" + deepest + "]"));
        String objects = "{\"a\":".repeat(1_000) + "1" + "}".repeat(1_000);
        assertNull(check(objects));
        assertNotNull(check("[" + objects + "]"));
        assertNotNull(check("[".repeat(1_000_000)));
        assertNull(check("[" + "[{}],".repeat(5_000) + "1]"));
    }

    @Property(tries = 1_000)
    void agreesWithJackson(@ForAll long seed) {
        Random random = new Random(seed);
        StringBuilder text = new StringBuilder();
        json(random, text, 0);
        assertNull(check(text.toString()), () -> "seed " + seed + ": " + text);
        String alphabet = "{}[]\",:\\u0019aeE+-. \ntrfn/'";
        for (int i = 0; i < 6; i++) {
            int at = random.nextInt(text.length() + 1);
            char c = alphabet.charAt(random.nextInt(alphabet.length()));
            switch (random.nextInt(3)) {
                case 0 -> text.insert(at, c);
                case 1 -> text.delete(at, Math.min(text.length(), at + 1));
                default -> text.replace(at, Math.min(text.length(), at + 1), String.valueOf(c));
            }
            assertEquals(
                    jacksonTakes(text.toString()), check(text.toString()) == null, () -> "seed " + seed + ": " + text);
        }
    }

    private static void json(Random random, StringBuilder out, int depth) {
        switch (random.nextInt(depth > 4 ? 5 : 8)) {
            case 0 -> out.append(random.nextInt());
            case 1 -> out.append(random.nextGaussian());
            case 2 -> out.append("\"a\\u00e9€\\n\"");
            case 3 -> out.append(random.nextBoolean());
            case 4 -> out.append("null");
            case 5, 6 -> {
                out.append("{");
                int members = random.nextInt(4);
                for (int i = 0; i < members; i++) {
                    out.append(i == 0 ? "" : ", ").append("\"k").append(i).append("\" :");
                    json(random, out, depth + 1);
                }
                out.append("}");
            }
            default -> {
                out.append("[");
                int elements = random.nextInt(4);
                for (int i = 0; i < elements; i++) {
                    out.append(i == 0 ? "" : ",");
                    json(random, out, depth + 1);
                }
                out.append("]");
            }
        }
    }
}
