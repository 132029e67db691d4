package dev.ashlar.simd;

import java.util.Objects;
import java.util.function.IntSupplier;

/**
 * The vector width that this process uses, chosen once. It is not a switch: nothing can change the choice later.
 *
 * <p>One width per process, because a helper of the Vector API that was compiled for one width and then meets another
 * runs about fifty times slower from then on.
 *
 * <p>The system property {@code ashlar.simd} overrides the choice: {@code auto} (default), {@code scalar}, {@code 128},
 * {@code 256} or {@code 512}. {@code auto} takes the widest that the hardware prefers, if that is at least 256 bits:
 * 128-bit kernels were measured slower than scalar code. A width above the hardware's falls to the next one below, and
 * a value that is none of these counts as {@code auto}; {@link #describe()} says so in both cases.
 *
 * <p>Safe for use by any thread.
 */
public final class SimdSupport {

    /** Name of the system property that overrides the choice. */
    static final String PROPERTY = "ashlar.simd";

    /**
     * What {@link #hardwareBits()} answers where {@code jdk.incubator.vector} is not among the modules of the process.
     */
    static final int MODULE_ABSENT = -1;

    private static final int NARROWEST = 128;
    private static final int WIDEST = 512;
    private static final int FASTER_THAN_SCALAR = 256;

    /** Looked up, never linked: naming the class would drag the incubator module in. */
    private static final String PROBE = "dev.ashlar.simd.VectorProbe";

    private static final Choice CHOICE = choose(System.getProperty(PROPERTY, "auto"), hardwareBits());

    /** A width in bits (0 = scalar), and the words that {@link #describe()} says about it. */
    record Choice(int bits, String description) {}

    private SimdSupport() {}

    /** What is in use and why, for people: {@code "vector 512-bit"}, {@code "scalar (incubator module absent)"}, … */
    public static String describe() {
        return CHOICE.description();
    }

    /** The width of the vectors in use in bits: 128, 256 or 512; 0 where the scalar twins run. */
    public static int vectorBits() {
        return CHOICE.bits();
    }

    /**
     * Whether the hardware multiplies and adds in one instruction: what comes without it is a thousand times slower.
     * Java does not say. It is so on every processor with 256-bit vectors of integers, and on all of ARM's of 64 bits.
     */
    static boolean hasFusedMultiplyAdd() {
        return hardwareBits() >= FASTER_THAN_SCALAR
                || System.getProperty("os.arch", "").equals("aarch64");
    }

    static Choice choose(String wish, int hardwareBits) {
        return switch (wish) {
            case "scalar" -> new Choice(0, "scalar (" + PROPERTY + "=scalar)");
            case "128", "256", "512" -> forced(Integer.parseInt(wish), hardwareBits);
            case "auto" -> automatic(hardwareBits, "");
            default -> automatic(hardwareBits, "unknown " + PROPERTY + "=" + wish + " ignored");
        };
    }

    private static Choice automatic(int hardwareBits, String remark) {
        if (hardwareBits >= FASTER_THAN_SCALAR) {
            return vector(widthWithin(hardwareBits), remark);
        }
        String reason = hardwareBits == NARROWEST ? "128-bit vectors are slower" : absence(hardwareBits);
        return new Choice(0, "scalar (" + (remark.isEmpty() ? reason : reason + "; " + remark) + ")");
    }

    private static Choice forced(int wishedBits, int hardwareBits) {
        if (hardwareBits < NARROWEST) {
            return new Choice(0, "scalar (" + PROPERTY + "=" + wishedBits + ", but " + absence(hardwareBits) + ")");
        }
        if (hardwareBits < wishedBits) {
            int bits = widthWithin(hardwareBits);
            return vector(bits, PROPERTY + "=" + wishedBits + ", but the hardware has " + bits);
        }
        return vector(wishedBits, "");
    }

    private static Choice vector(int bits, String remark) {
        return new Choice(bits, "vector " + bits + "-bit" + (remark.isEmpty() ? "" : " (" + remark + ")"));
    }

    private static String absence(int hardwareBits) {
        return hardwareBits == MODULE_ABSENT ? "incubator module absent" : "no hardware vectors";
    }

    private static int widthWithin(int hardwareBits) {
        return Math.min(WIDEST, Integer.highestOneBit(hardwareBits));
    }

    /** The width that the JVM prefers on this hardware, in bits; 64 where it compiles no vectors at all. */
    private static int hardwareBits() {
        try {
            return ((IntSupplier) instantiate(PROBE)).getAsInt();
        } catch (ReflectiveOperationException | LinkageError absent) {
            return MODULE_ABSENT;
        }
    }

    /** An instance of a class of this package that must not be linked; it has a constructor without parameters. */
    static Object instantiate(String className) throws ReflectiveOperationException {
        return Objects.requireNonNull(
                Class.forName(className).getDeclaredConstructor().newInstance());
    }
}
