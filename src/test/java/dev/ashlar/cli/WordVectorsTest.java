package dev.ashlar.cli;

import static dev.ashlar.cli.Cli.utf8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class WordVectorsTest {
    private final WordVectors words = new WordVectors();

    private double cosine(String one, String other) {
        float[] a = words.vector(utf8(one));
        float[] b = words.vector(utf8(other));
        assertNotNull(a);
        assertNotNull(b);
        double product = 0;
        double aSquared = 0;
        double bSquared = 0;
        for (int i = 0; i < a.length; i++) {
            product += a[i] * b[i];
            aSquared += a[i] * a[i];
            bSquared += b[i] * b[i];
        }
        return product / Math.sqrt(aSquared * bSquared);
    }

    @Test
    void textsWithTheSameRareWordsAreAlike() {
        for (String text : new String[] {
            "the list grows its array", "the vector grows its array", "the lock waits for threads", "the end", "the sea"
        }) {
            words.count(utf8(text));
        }
        double alike = cosine("the list grows its array", "the vector grows its array");
        double unlike = cosine("the list grows its array", "the lock waits for threads");
        assertTrue(alike > 0.4 && Math.abs(unlike) < 0.2, alike + " " + unlike);
        assertEquals(1, cosine("lock, threads; lock", "threads.lock()lock"), 1e-6);
    }

    @Test
    void wordsThatAllTextsHaveWeighNothing() {
        words.count(utf8("license one"));
        words.count(utf8("license two"));
        float[] vector = words.vector(utf8("license"));
        assertNotNull(vector);
        assertEquals(WordVectors.DIMENSION, vector.length);
        // One more than there are, for words that no text had.
        assertArrayEquals(new float[WordVectors.DIMENSION], vector);
    }

    @Test
    void whatIsNoWordDoesNotCount() {
        assertNull(words.vector(new byte[0]));
        assertNull(words.vector(new byte[1000]));
        assertNull(words.vector(utf8("a 1 + x ÄÖ 0x")));
        assertNotNull(words.vector(utf8("_x")));
        assertNotNull(words.vector(utf8("1 ab")));
    }

    @Test
    void aTextOfMoreDifferentWordsThanCountHasAVector() {
        String text = IntStream.range(0, 100_000).mapToObj(i -> "w" + i).collect(Collectors.joining(" "));
        words.count(utf8(text));
        words.count(utf8("something else"));
        assertNotNull(words.vector(utf8(text)));
        assertEquals(1, cosine("small text", "small text"), 1e-6);
    }
}
