package dev.ashlar.typed;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import dev.ashlar.FieldOrder;
import dev.ashlar.Length;
import dev.ashlar.typed.Types.Everything;
import dev.ashlar.typed.Types.EverythingView;
import dev.ashlar.typed.Types.Level;
import dev.ashlar.typed.Types.LevelView;
import dev.ashlar.typed.Types.Quote;
import dev.ashlar.typed.Types.QuoteView;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** Where fields lie, against an encoding written by hand, and how a layout is described. */
class LayoutTest {
    private static final Everything VALUE = new Everything(
            true,
            (short) -2,
            (byte) 3,
            'ä',
            -5,
            (byte) 6,
            0x0102030405060708L,
            1.5f,
            -2.25,
            "aé",
            new byte[] {7, 8, 9},
            new long[] {10, -11},
            new boolean[] {true, false, true},
            new char[] {'x', '€'},
            new short[] {12, -13},
            new int[] {14, -15},
            new float[] {16.5f, -17.5f},
            new double[] {18.5, -19.5},
            new Level((byte) 20, 21.5),
            new Level[] {new Level((byte) 22, 23.5), new Level((byte) 24, -25.5)},
            (byte) 26);

    /** The rules, applied by hand. */
    private static byte[] encodedByHand() {
        ByteBuffer b = ByteBuffer.allocate(200).order(ByteOrder.LITTLE_ENDIAN);
        b.put(0, (byte) 1);
        b.putShort(2, (short) -2);
        b.put(4, (byte) 3);
        b.putChar(6, 'ä');
        b.putInt(8, -5);
        b.put(12, (byte) 6);
        b.putLong(16, 0x0102030405060708L);
        b.putFloat(24, 1.5f);
        b.putDouble(32, -2.25);
        b.put(40, "aé".getBytes(StandardCharsets.UTF_8));
        b.put(45, new byte[] {7, 8, 9});
        b.putLong(48, 10).putLong(56, -11);
        b.put(64, new byte[] {1, 0, 1});
        b.putChar(68, 'x').putChar(70, '€');
        b.putShort(72, (short) 12).putShort(74, (short) -13);
        b.putInt(76, 14).putInt(80, -15);
        b.putFloat(84, 16.5f).putFloat(88, -17.5f);
        b.putDouble(96, 18.5).putDouble(104, -19.5);
        b.put(112, (byte) 20).putDouble(120, 21.5);
        b.put(128, (byte) 22).putDouble(136, 23.5);
        b.put(144, (byte) 24).putDouble(152, -25.5);
        b.put(160, (byte) 26);
        return java.util.Arrays.copyOf(b.array(), 168);
    }

    private static byte[] encode(Schema schema, Object value) {
        byte[] bytes = new byte[schema.layout().bytes()];
        schema.codec().write(value, MemorySegment.ofArray(bytes), 0);
        return bytes;
    }

    @Test
    void aRecordIsEncodedAsByHand() {
        Schema schema = Schemas.of(Everything.class, null);
        assertArrayEquals(encodedByHand(), encode(schema, VALUE));
        Everything read = (Everything) schema.codec().read(MemorySegment.ofArray(encodedByHand()), 0);
        assertArrayEquals(encodedByHand(), encode(schema, read));
        assertEquals("aé", read.j());
        assertEquals(VALUE.s(), read.s());
        assertArrayEquals(VALUE.t(), read.t());
    }

    @Test
    void aFlyweightReadsWhatIsEncodedByHand() {
        Schema schema = Schemas.of(EverythingView.class, null);
        byte[] shifted = new byte[168 + 24];
        System.arraycopy(encodedByHand(), 0, shifted, 24, 168);
        EverythingView view = (EverythingView) schema.codec().read(MemorySegment.ofArray(shifted), 24);
        assertEquals(VALUE.a(), view.a());
        assertEquals(VALUE.b(), view.b());
        assertEquals(VALUE.c(), view.c());
        assertEquals(VALUE.d(), view.d());
        assertEquals(VALUE.e(), view.e());
        assertEquals(VALUE.f(), view.f());
        assertEquals(VALUE.g(), view.g());
        assertEquals(VALUE.h(), view.h());
        assertEquals(VALUE.i(), view.i());
        assertEquals(VALUE.j(), view.j());
        assertArrayEquals(VALUE.k(), view.k());
        assertArrayEquals(VALUE.l(), view.l());
        for (int i = 0; i < 2; i++) {
            assertEquals(VALUE.l()[i], view.l(i));
            assertEquals(VALUE.m()[i], view.m(i));
            assertEquals(VALUE.n()[i], view.n(i));
            assertEquals(VALUE.o()[i], view.o(i));
            assertEquals(VALUE.p()[i], view.p(i));
            assertEquals(VALUE.q()[i], view.q(i));
            assertEquals(VALUE.r()[i], view.r(i));
            assertEquals(VALUE.t()[i].side(), view.t(i).side());
            assertEquals(VALUE.t()[i].price(), view.t(i).price());
        }
        assertEquals(VALUE.s().price(), view.s().price());
        assertEquals(VALUE.u(), view.u());
        byte[] copied = encode(schema, view);
        assertArrayEquals(encodedByHand(), copied);
        assertEquals(
                "EverythingView[a=true, b=-2, c=3, d=ä, e=-5, f=6, g=72623859790382856, h=1.5, i=-2.25, j=aé, k=[7, 8, 9],"
                        + " l=[10, -11], m=[true, false, true], n=[x, €], o=[12, -13], p=[14, -15], q=[16.5, -17.5],"
                        + " r=[18.5, -19.5], s=LevelView[side=20, price=21.5], t=[LevelView[side=22, price=23.5],"
                        + " LevelView[side=24, price=-25.5]], u=26]",
                view.toString());
    }

    @Test
    void settersWriteWhatIsEncodedByHand() {
        Schema schema = Schemas.of(EverythingView.class, null);
        byte[] bytes = new byte[168];
        EverythingView view = (EverythingView) schema.codec().read(MemorySegment.ofArray(bytes), 0);
        EverythingView same = view.a(VALUE.a())
                .b(VALUE.b())
                .c(VALUE.c())
                .d(VALUE.d())
                .e(VALUE.e())
                .f(VALUE.f())
                .g(VALUE.g())
                .h(VALUE.h())
                .i(VALUE.i())
                .j("longe")
                .j(VALUE.j())
                .k(VALUE.k())
                .l(new long[] {0, VALUE.l()[1]})
                .l(0, VALUE.l()[0]);
        assertEquals(view, same);
        for (int i = 0; i < 2; i++) {
            view.m(i, VALUE.m()[i]);
            view.n(i, VALUE.n()[i]);
            view.o(i, VALUE.o()[i]);
            view.p(i, VALUE.p()[i]);
            view.q(i, VALUE.q()[i]);
            view.r(i, VALUE.r()[i]);
            view.t(i).side(VALUE.t()[i].side());
            view.t(i).price(VALUE.t()[i].price());
        }
        view.m(2, VALUE.m()[2]);
        view.s(implementedByHand(VALUE.s()));
        view.u(VALUE.u());
        assertArrayEquals(encodedByHand(), bytes);
        view.t(0, view.t(1));
        assertEquals(VALUE.t()[1].price(), view.t(0).price());
    }

    private static LevelView implementedByHand(Level level) {
        return new LevelView() {
            @Override
            public byte side() {
                return level.side();
            }

            @Override
            public void side(byte side) {
                throw new UnsupportedOperationException();
            }

            @Override
            public double price() {
                return level.price();
            }

            @Override
            public LevelView price(double price) {
                throw new UnsupportedOperationException();
            }
        };
    }

    @FieldOrder({"numbers", "levels", "name"})
    interface Lists {
        @Length(3)
        int numbers(int index);

        @Length(2)
        Level levels(int index);

        @Length(4)
        String name();
    }

    @Test
    void anyImplementationOfAnInterfaceIsAskedForItsFields() {
        Lists byHand = new Lists() {
            @Override
            public int numbers(int index) {
                return 100 + index;
            }

            @Override
            public Level levels(int index) {
                return new Level((byte) index, index + 0.5);
            }

            @Override
            public String name() {
                return "abcd";
            }
        };
        ByteBuffer expected = ByteBuffer.allocate(56).order(ByteOrder.LITTLE_ENDIAN);
        expected.putInt(0, 100).putInt(4, 101).putInt(8, 102);
        expected.put(16, (byte) 0).putDouble(24, 0.5).put(32, (byte) 1).putDouble(40, 1.5);
        expected.put(48, "abcd".getBytes(StandardCharsets.UTF_8));
        Schema schema = Schemas.of(Lists.class, null);
        assertArrayEquals(expected.array(), encode(schema, byHand));
        Lists read = (Lists) schema.codec().read(MemorySegment.ofArray(expected.array()), 0);
        assertEquals(new Level((byte) 1, 1.5), read.levels(1));
        assertEquals(102, read.numbers(2));
    }

    @Test
    void theDescriptionIsStable() {
        assertEquals("""
                layout 1
                size 168
                alignment 8
                a bool 0 1
                b i16 2 2
                c i8 4 1
                d char 6 2
                e i32 8 4
                f i8 12 1
                g i64 16 8
                h f32 24 4
                i f64 32 8
                j utf8 40 5
                k i8[3] 45 3
                l i64[2] 48 16
                m bool[3] 64 3
                n char[2] 68 4
                o i16[2] 72 4
                p i32[2] 76 8
                q f32[2] 84 8
                r f64[2] 96 16
                s group 112 16
                s.side i8 112 1
                s.price f64 120 8
                t group[2] 128 32
                t[].side i8 128 1
                t[].price f64 136 8
                u i8 160 1
                """, Schemas.of(Everything.class, null).description());
    }

    @Test
    void recordsAndInterfacesWithTheSameFieldsHaveOneLayout() {
        String everything = Schemas.of(Everything.class, null).description();
        assertNull(Schemas.of(EverythingView.class, null).differenceFrom(everything));
        String quote = Schemas.of(Quote.class, null).description();
        assertEquals(quote, Schemas.of(QuoteView.class, null).description());
    }

    record Small(byte a, byte b, byte c) {}

    @Test
    void aLayoutOfBytesIsNotPadded() {
        assertEquals(3, Schemas.of(Small.class, null).layout().bytes());
    }

    record WithFloat(long time, float bid) {}

    record Shorter(long time) {}

    @Test
    void theFirstFieldThatDiffersIsNamed() {
        Schema quote = Schemas.of(Quote.class, null);
        assertEquals(
                "expected \"bid f64 8 8\", found \"bid f32 8 4\" in the store (name, type, offset, bytes)",
                quote.differenceFrom(Schemas.of(WithFloat.class, null).description()));
        assertEquals(
                "expected \"bid f64 8 8\", found no further field in the store (name, type, offset, bytes)",
                quote.differenceFrom(Schemas.of(Shorter.class, null).description()));
        assertEquals(
                "expected no further field, found \"bid f64 8 8\" in the store (name, type, offset, bytes)",
                Schemas.of(Shorter.class, null).differenceFrom(quote.description()));
        assertEquals(
                "expected \"layout 1, size 40, alignment 8\", found \"layout 2, size 40, alignment 8\" in the store",
                quote.differenceFrom(quote.description().replace("layout 1", "layout 2")));
    }
}
