package dev.ashlar.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class EscapesTest {
    private static String show(String text) {
        return Escapes.show(text);
    }

    @Test
    void printableTextStandsForItself() {
        for (String text : new String[] {"", "a b", "käse", "日本語", "🙂", "~!@#$%^&*()'\""}) {
            assertEquals(text, show(text));
        }
    }

    @Test
    void whatIsInvisibleOrActsOnATerminalIsEscaped() {
        assertEquals("\\\\n", show("\\n"));
        assertEquals("\\n\\r\\t\\x00\\x1b\\x7f", show("\n\r\t\0\u001b\u007f"));
        assertEquals("\\xc2\\x85", show("\u0085"));
        assertEquals("a\\xc2\\xa0b", show("a\u00a0b"));
        assertEquals("\\xe2\\x80\\xae", show("\u202e"));
        assertEquals("\\xe2\\x80\\xa8", show("\u2028"));
        assertEquals("\\xee\\x80\\x80", show("\ue000"));
    }

    @Test
    void bytesThatAreNoUtf8AreEscapedOneByOne() {
        assertEquals("\\xff", Escapes.show(new byte[] {-1}));
        assertEquals("\\x80a", Escapes.show(new byte[] {(byte) 0x80, 'a'}));
        // Overlong, a surrogate, beyond the last code point, cut short.
        assertEquals("\\xc0\\xaf", Escapes.show(new byte[] {(byte) 0xc0, (byte) 0xaf}));
        assertEquals("\\xed\\xa0\\x80", Escapes.show(new byte[] {(byte) 0xed, (byte) 0xa0, (byte) 0x80}));
        assertEquals("\\xf4\\x90\\x80\\x80", Escapes.show(new byte[] {(byte) 0xf4, (byte) 0x90, -128, -128}));
        assertEquals("\\xe2\\x82", Escapes.show(new byte[] {(byte) 0xe2, (byte) 0x82}));
        assertEquals("\\xe2aé", Escapes.show(new byte[] {(byte) 0xe2, 'a', (byte) 0xc3, (byte) 0xa9}));
    }

    @Test
    void utf8TellsTextFromBytes() {
        assertEquals("é", Escapes.utf8(new byte[] {(byte) 0xc3, (byte) 0xa9}));
        assertNull(Escapes.utf8(new byte[] {(byte) 0xc3}));
    }

    @Property
    void parsingIsTheInverseOfShowing(@ForAll @Size(max = 64) byte[] key) {
        assertArrayEquals(key, Escapes.parse(Escapes.show(key)));
    }

    @Property
    void parsingIsTheInverseOfShowingText(@ForAll String text) {
        byte[] key = text.getBytes(StandardCharsets.UTF_8);
        assertArrayEquals(key, Escapes.parse(Escapes.show(key)));
    }

    @Property
    void nothingThatIsShownActsOnATerminal(@ForAll @Size(max = 64) byte[] key) {
        assertTrue(Escapes.show(key).codePoints().noneMatch(Character::isISOControl));
    }
}
