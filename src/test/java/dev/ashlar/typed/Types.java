package dev.ashlar.typed;

import dev.ashlar.FieldOrder;
import dev.ashlar.Length;
import java.lang.invoke.MethodHandles;

/** Types of values that several tests use. */
final class Types {
    private Types() {}

    /** Record and interface have the same layout. */
    record Quote(
            long time,
            double bid,
            double ask,
            int size,
            boolean firm,
            @Length(6) String venue) {}

    @FieldOrder({"time", "bid", "ask", "size", "firm", "venue"})
    interface QuoteView {
        @Length(6)
        String venue();

        double bid();

        double ask();

        long time();

        boolean firm();

        int size();

        QuoteView time(long time);

        QuoteView bid(double bid);

        void ask(double ask);

        void size(int size);

        void firm(boolean firm);

        QuoteView venue(String venue);

        default double mid() {
            return (bid() + ask()) / 2;
        }

        static QuoteView none() {
            throw new IllegalStateException();
        }
    }

    /** For types that only this class's package sees. */
    static final class Here {
        private Here() {}

        public static MethodHandles.Lookup lookup() {
            return MethodHandles.lookup();
        }
    }

    record Level(byte side, double price) {}

    /** Every type of field, in an order that needs padding. */
    record Everything(
            boolean a,
            short b,
            byte c,
            char d,
            int e,
            byte f,
            long g,
            float h,
            double i,
            @Length(5) String j,
            @Length(3) byte[] k,
            @Length(2) long[] l,
            @Length(3) boolean[] m,
            @Length(2) char[] n,
            @Length(2) short[] o,
            @Length(2) int[] p,
            @Length(2) float[] q,
            @Length(2) double[] r,
            Level s,
            @Length(2) Level[] t,
            byte u) {}

    @FieldOrder({"side", "price"})
    interface LevelView {
        byte side();

        void side(byte side);

        double price();

        LevelView price(double price);
    }

    /** The same, with every form of accessor. */
    @FieldOrder({"a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n", "o", "p", "q", "r", "s", "t", "u"
    })
    interface EverythingView {
        boolean a();

        short b();

        byte c();

        char d();

        int e();

        byte f();

        long g();

        float h();

        double i();

        @Length(5)
        String j();

        @Length(3)
        byte[] k();

        @Length(2)
        long l(int index);

        long[] l();

        @Length(3)
        boolean m(int index);

        @Length(2)
        char n(int index);

        @Length(2)
        short o(int index);

        @Length(2)
        int p(int index);

        @Length(2)
        float q(int index);

        @Length(2)
        double r(int index);

        LevelView s();

        @Length(2)
        LevelView t(int index);

        byte u();

        EverythingView a(boolean a);

        EverythingView b(short b);

        EverythingView c(byte c);

        EverythingView d(char d);

        EverythingView e(int e);

        EverythingView f(byte f);

        EverythingView g(long g);

        EverythingView h(float h);

        EverythingView i(double i);

        EverythingView j(String j);

        EverythingView k(byte[] k);

        EverythingView l(int index, long l);

        EverythingView l(long[] l);

        void m(int index, boolean m);

        void n(int index, char n);

        void o(int index, short o);

        void p(int index, int p);

        void q(int index, float q);

        void r(int index, double r);

        void s(LevelView s);

        void t(int index, LevelView t);

        void u(byte u);
    }
}
