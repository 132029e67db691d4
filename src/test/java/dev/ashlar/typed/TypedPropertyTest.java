package dev.ashlar.typed;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.ashlar.typed.Types.Everything;
import dev.ashlar.typed.Types.EverythingView;
import dev.ashlar.typed.Types.Level;
import java.lang.foreign.MemorySegment;
import java.lang.reflect.RecordComponent;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/** Random values with every type of field come back as they were, through records and flyweights. */
class TypedPropertyTest {
    private static final Schema RECORDS = Schemas.of(Everything.class, null);
    private static final Schema VIEWS = Schemas.of(EverythingView.class, null);

    private static Everything any(Random random) {
        byte[] k = new byte[3];
        random.nextBytes(k);
        return new Everything(
                random.nextBoolean(),
                (short) random.nextInt(),
                (byte) random.nextInt(),
                (char) random.nextInt(),
                random.nextInt(),
                (byte) random.nextInt(),
                random.nextLong(),
                Float.intBitsToFloat(random.nextInt()),
                Double.longBitsToDouble(random.nextLong()),
                text(random),
                k,
                new long[] {random.nextLong(), random.nextLong()},
                new boolean[] {random.nextBoolean(), random.nextBoolean(), random.nextBoolean()},
                new char[] {(char) random.nextInt(), (char) random.nextInt()},
                new short[] {(short) random.nextInt(), (short) random.nextInt()},
                new int[] {random.nextInt(), random.nextInt()},
                new float[] {random.nextFloat(), -random.nextFloat()},
                new double[] {random.nextDouble(), -random.nextDouble()},
                level(random),
                new Level[] {level(random), level(random)},
                (byte) random.nextInt());
    }

    private static Level level(Random random) {
        return new Level((byte) random.nextInt(), random.nextGaussian());
    }

    /** At most five bytes of UTF-8, of characters of one to four bytes. */
    private static String text(Random random) {
        int[] characters = {'a', 'é', '€', 0x1F600, 1, 0xFFFF, 0xD7FF};
        StringBuilder text = new StringBuilder();
        while (true) {
            int length = text.length();
            text.appendCodePoint(characters[random.nextInt(characters.length)]);
            if (text.toString().getBytes(StandardCharsets.UTF_8).length > 5) {
                return text.substring(0, length);
            }
        }
    }

    @Property(tries = 300)
    void comeBack(@ForAll long seed) throws ReflectiveOperationException {
        Everything value = any(new Random(seed));
        byte[] bytes = new byte[RECORDS.layout().bytes()];
        MemorySegment memory = MemorySegment.ofArray(bytes);
        RECORDS.codec().write(value, memory, 0);
        assertSame(value, RECORDS.codec().read(memory, 0), seed);
        EverythingView view = (EverythingView) VIEWS.codec().read(memory, 0);
        byte[] fromFields = new byte[bytes.length];
        VIEWS.codec().encode(view, MemorySegment.ofArray(fromFields), 0);
        assertArrayEquals(bytes, fromFields, "seed " + seed);
    }

    private static void assertSame(Everything expected, Object found, long seed) throws ReflectiveOperationException {
        for (RecordComponent component : Everything.class.getRecordComponents()) {
            Object[] wanted = {component.getAccessor().invoke(expected)};
            Object[] present = {component.getAccessor().invoke(found)};
            assertEquals(
                    Arrays.deepToString(wanted), Arrays.deepToString(present), component.getName() + ", seed " + seed);
        }
    }
}
