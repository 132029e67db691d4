package dev.ashlar.interchange;

/**
 * CRC-32 of a stretch from the CRCs of what begins earlier. A CRC is a remainder of polynomials over GF(2), so appending n
 * bytes multiplies what was there by x<sup>8n</sup>, and that can be taken away again.
 */
final class Crc32Math {
    /** The generator, lowest power in the highest bit, as all values here. */
    private static final int POLYNOMIAL = 0xedb88320;

    private static final int ONE = 1 << 31;

    /** x to the power of 2<sup>i</sup>, modulo the generator. */
    private static final int[] SQUARES = squares();

    private Crc32Math() {}

    /** The CRC of A followed by B, of their own CRCs and B's length in bytes. */
    static int join(int crcOfA, int crcOfB, long lengthOfB) {
        return multiply(powerOfX(8 * lengthOfB), crcOfA) ^ crcOfB;
    }

    /** The CRC of B, of the CRC of A followed by B, of A's, and B's length in bytes. */
    static int remainder(int crcOfBoth, int crcOfA, long lengthOfB) {
        return crcOfBoth ^ multiply(powerOfX(8 * lengthOfB), crcOfA);
    }

    private static int powerOfX(long exponent) {
        int result = ONE;
        long rest = exponent;
        for (int i = 0; rest != 0; i++, rest >>>= 1) {
            if ((rest & 1) != 0) {
                // x has the order 2^32 - 1, so 2^32 is the same exponent as 1: the squares repeat after 32.
                result = multiply(SQUARES[i & 31], result);
            }
        }
        return result;
    }

    private static int multiply(int a, int b) {
        int product = 0;
        int shifted = b;
        for (int bit = ONE; bit != 0; bit >>>= 1) {
            if ((a & bit) != 0) {
                product ^= shifted;
            }
            shifted = (shifted >>> 1) ^ (-(shifted & 1) & POLYNOMIAL);
        }
        return product;
    }

    private static int[] squares() {
        int[] squares = new int[32];
        squares[0] = ONE >>> 1;
        for (int i = 1; i < squares.length; i++) {
            squares[i] = multiply(squares[i - 1], squares[i - 1]);
        }
        return squares;
    }
}
