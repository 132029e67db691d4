package dev.ashlar.simd;

import static dev.ashlar.simd.Xxh3Secret.W00;
import static dev.ashlar.simd.Xxh3Secret.W01;
import static dev.ashlar.simd.Xxh3Secret.W02;
import static dev.ashlar.simd.Xxh3Secret.W03;
import static dev.ashlar.simd.Xxh3Secret.W04;
import static dev.ashlar.simd.Xxh3Secret.W05;
import static dev.ashlar.simd.Xxh3Secret.W06;
import static dev.ashlar.simd.Xxh3Secret.W07;
import static dev.ashlar.simd.Xxh3Secret.W08;

/**
 * The arithmetic of XXH3-64 on values that were already loaded: constants, mixing, finishing. It touches no memory of a
 * caller, so that native and heap inputs share it without sharing a type profile.
 *
 * <p>Source of constants and steps: the xxHash specification and reference by Yann Collet (BSD 2-Clause). All
 * arithmetic is modulo 2^64, and on unsigned numbers.
 */
final class Xxh3Math {

    static final int STRIPE_BYTES = 64;
    static final int STRIPES_PER_BLOCK = 16;
    static final int BLOCK_BYTES = STRIPE_BYTES * STRIPES_PER_BLOCK;
    static final int BLOCK_SHIFT = 10;

    /** The longest input that is not hashed in stripes. */
    static final int LONGEST_SHORT_INPUT = 240;

    static final long PRIME32_1 = 0x9E37_79B1L;
    private static final long PRIME32_2 = 0x85EB_CA77L;
    private static final long PRIME32_3 = 0xC2B2_AE3DL;
    static final long PRIME64_1 = 0x9E37_79B1_85EB_CA87L;
    private static final long PRIME64_2 = 0xC2B2_AE3D_27D4_EB4FL;
    private static final long PRIME64_3 = 0x1656_67B1_9E37_79F9L;
    private static final long PRIME64_4 = 0x85EB_CA77_C2B2_AE63L;
    private static final long PRIME64_5 = 0x27D4_EB2F_1656_67C5L;
    private static final long PRIME_MX1 = 0x1656_6791_9E37_79F9L;
    private static final long PRIME_MX2 = 0x9FB2_1C65_1E98_DF25L;

    static final long LOW_HALF = 0xFFFF_FFFFL;

    /** What the 8 accumulators of a long input start with. */
    static final long INITIAL_0 = PRIME32_3;

    static final long INITIAL_1 = PRIME64_1;
    static final long INITIAL_2 = PRIME64_2;
    static final long INITIAL_3 = PRIME64_3;
    static final long INITIAL_4 = PRIME64_4;
    static final long INITIAL_5 = PRIME32_2;
    static final long INITIAL_6 = PRIME64_5;
    static final long INITIAL_7 = PRIME32_1;

    private Xxh3Math() {}

    static long[] initialAccumulators() {
        return new long[] {INITIAL_0, INITIAL_1, INITIAL_2, INITIAL_3, INITIAL_4, INITIAL_5, INITIAL_6, INITIAL_7};
    }

    static long hashEmpty(long seed) {
        return avalanche64(seed ^ W07 ^ W08);
    }

    /** 1 to 3 bytes; the arguments are the unsigned bytes at 0, at half the length and at the end. */
    static long hash1to3(int first, int middle, int last, int length, long seed) {
        long combined = ((long) first << 16) | ((long) middle << 24) | last | ((long) length << 8);
        long flip = ((W00 ^ W00 >>> 32) & LOW_HALF) + seed;
        return avalanche64(combined ^ flip);
    }

    /** 4 to 8 bytes; the arguments are the words of 32 bits at the start and at the end. */
    static long hash4to8(int first, int last, long length, long seed) {
        return mixWord((last & LOW_HALF) + ((long) first << 32), length, seed);
    }

    /** Exactly 8 bytes, given as one little-endian word. */
    static long hash8(long word, long seed) {
        return mixWord(Long.rotateLeft(word, 32), 8, seed);
    }

    private static long mixWord(long word, long length, long seed) {
        long foldedSeed = seed ^ (long) Integer.reverseBytes((int) seed) << 32;
        long h = word ^ ((W01 ^ W02) - foldedSeed);
        h ^= Long.rotateLeft(h, 49) ^ Long.rotateLeft(h, 24);
        h *= PRIME_MX2;
        h ^= (h >>> 35) + length;
        h *= PRIME_MX2;
        return h ^ h >>> 28;
    }

    /** 9 to 16 bytes; the arguments are the words at the start and at the end. */
    static long hash9to16(long first, long last, long length, long seed) {
        long low = first ^ ((W03 ^ W04) + seed);
        long high = last ^ ((W05 ^ W06) - seed);
        return avalanche(length + Long.reverseBytes(low) + high + multiplyFold(low, high));
    }

    /** One step of 16 bytes of an input of 17 to 240 bytes. */
    static long mix16(long low, long high, long secretLow, long secretHigh, long seed) {
        return multiplyFold(low ^ (secretLow + seed), high ^ (secretHigh - seed));
    }

    /** What one word of a stripe adds to its own accumulator, besides its neighbour's plain value. */
    static long product(long word, long secret) {
        long key = word ^ secret;
        return (key & LOW_HALF) * (key >>> 32);
    }

    /** What an accumulator becomes at the end of each full block. */
    static long scramble(long accumulator, long secret) {
        return (accumulator ^ accumulator >>> 47 ^ secret) * PRIME32_1;
    }

    /** The hash from the accumulators after all stripes. */
    static long finish(
            long length, long[] secret, long a0, long a1, long a2, long a3, long a4, long a5, long a6, long a7) {
        return avalanche(length * PRIME64_1
                + multiplyFold(a0 ^ secret[Xxh3Secret.MERGE], a1 ^ secret[Xxh3Secret.MERGE + 1])
                + multiplyFold(a2 ^ secret[Xxh3Secret.MERGE + 2], a3 ^ secret[Xxh3Secret.MERGE + 3])
                + multiplyFold(a4 ^ secret[Xxh3Secret.MERGE + 4], a5 ^ secret[Xxh3Secret.MERGE + 5])
                + multiplyFold(a6 ^ secret[Xxh3Secret.MERGE + 6], a7 ^ secret[Xxh3Secret.MERGE + 7]));
    }

    /** The low half of the product of 128 bits, combined with the high half by exclusive or. */
    private static long multiplyFold(long a, long b) {
        return a * b ^ Math.unsignedMultiplyHigh(a, b);
    }

    /** The finish of XXH3. */
    static long avalanche(long hash) {
        long h = (hash ^ hash >>> 37) * PRIME_MX1;
        return h ^ h >>> 32;
    }

    /** The finish of the older XXH64, which XXH3 keeps for inputs below 4 bytes. */
    private static long avalanche64(long hash) {
        long h = (hash ^ hash >>> 33) * PRIME64_2;
        h = (h ^ h >>> 29) * PRIME64_3;
        return h ^ h >>> 32;
    }
}
