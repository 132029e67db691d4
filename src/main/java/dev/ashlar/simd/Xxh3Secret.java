package dev.ashlar.simd;

import java.util.Arrays;

/**
 * The secret of XXH3: the default one as constants, and the form in which the kernels for long inputs take it.
 *
 * <p>Source of the 192 bytes: the xxHash specification by Yann Collet (BSD 2-Clause), section on XXH3, "default
 * secret"; here as 24 little-endian words, so {@code W05} holds the bytes 40 to 47.
 */
final class Xxh3Secret {

    static final long W00 = 0xBE4B_A423_396C_FEB8L;
    static final long W01 = 0x1CAD_21F7_2C81_017CL;
    static final long W02 = 0xDB97_9083_E96D_D4DEL;
    static final long W03 = 0x1F67_B3B7_A4A4_4072L;
    static final long W04 = 0x78E5_C0CC_4EE6_79CBL;
    static final long W05 = 0x2172_FFCC_7DD0_5A82L;
    static final long W06 = 0x8E24_43F7_7446_08B8L;
    static final long W07 = 0x4C26_3A81_E690_35E0L;
    static final long W08 = 0xCB00_C391_BB52_283CL;
    static final long W09 = 0xA32E_531B_8B65_D088L;
    static final long W10 = 0x4EF9_0DA2_9748_6471L;
    static final long W11 = 0xD8AC_DEA9_46EF_1938L;
    static final long W12 = 0x3F34_9CE3_3F76_FAA8L;
    static final long W13 = 0x1D4F_0BC7_C7BB_DCF9L;
    static final long W14 = 0x3159_B4CD_4BE0_518AL;
    static final long W15 = 0x6473_78D9_C97E_9FC8L;
    private static final long W16 = 0xC3EB_D334_83AC_C5EAL;
    private static final long W17 = 0xEB63_13FA_FFA0_81C5L;
    private static final long W18 = 0x49DA_F0B7_51DD_0D17L;
    private static final long W19 = 0x9E68_D429_2655_16D3L;
    private static final long W20 = 0xFCA1_477D_58BE_162BL;
    private static final long W21 = 0xCE31_D07A_D1B8_F88FL;
    private static final long W22 = 0x2804_1695_8F3A_CB45L;
    private static final long W23 = 0x7E40_4BBB_CAFB_D7AFL;

    /** The words at bytes 119 and 127, for the last 16 bytes of an input of 129 to 240 bytes. */
    static final long AT_119 = straddle(W14, W15, 7);

    static final long AT_127 = straddle(W15, W16, 7);

    /** Index in a prepared secret of the 8 words for the scramble at the end of a block (bytes 128 to 191). */
    static final int SCRAMBLE = 16;

    /** Index in a prepared secret of the 8 words for the last stripe (bytes 121 to 184). */
    static final int LAST_STRIPE = 24;

    /** Index in a prepared secret of the 8 words for the final merge (bytes 11 to 74). */
    static final int MERGE = 32;

    private static final int SECRET_WORDS = 24;
    private static final int PREPARED_WORDS = 40;
    private static final int LAST_STRIPE_BYTE = 121;
    private static final int MERGE_BYTE = 11;

    /** The words at bytes 3, 11, 19, … of the default secret, for rounds 8 to 14 of an input of 129 to 240 bytes. */
    static final long[] FROM_BYTE_3;

    /** The prepared secret of seed 0. */
    static final long[] DEFAULT;

    /** Slot 0 is that of seed 0 for good; any other seed has one of the 16 behind it. */
    private static final int CACHE_SLOTS = 17;

    /** Prepared secrets of seeds used lately. A race costs a second derivation, never a wrong secret. */
    private static final Seeded[] CACHE = new Seeded[CACHE_SLOTS];

    /** Immutable, and its array is never written after construction: safe to pass between threads by a plain store. */
    private record Seeded(long seed, long[] prepared) {}

    static {
        long[] words = {
            W00, W01, W02, W03, W04, W05, W06, W07, W08, W09, W10, W11,
            W12, W13, W14, W15, W16, W17, W18, W19, W20, W21, W22, W23
        };
        DEFAULT = prepare(words);
        FROM_BYTE_3 = new long[14];
        copyFromByte(3, words, FROM_BYTE_3, 0, FROM_BYTE_3.length);
        Arrays.fill(CACHE, new Seeded(0, DEFAULT));
    }

    private Xxh3Secret() {}

    /**
     * The secret for inputs above 240 bytes with {@code seed}, laid out so that a kernel reads whole words only: the 24
     * words of the secret, then from {@link #LAST_STRIPE} and {@link #MERGE} 8 words each that straddle them. Nobody
     * may write into it.
     */
    static long[] forSeed(long seed) {
        // No branch on "seed is 0": a process that hashes with seed 0 for a while and with another one then could stay
        // in code compiled for the first, and leave it by a trap in every call (seen in 3 of 60 runs: 10 µs a call).
        int other = (int) ((seed | -seed) >>> 63);
        int slot = other + other * (int) (seed * Xxh3Math.PRIME64_1 >>> 60);
        Seeded seeded = CACHE[slot];
        return seeded.seed() == seed ? seeded.prepared() : replace(slot, seed);
    }

    private static long[] replace(int slot, long seed) {
        Seeded seeded = new Seeded(seed, derive(seed));
        CACHE[slot] = seeded;
        return seeded.prepared();
    }

    private static long[] derive(long seed) {
        long[] words = new long[SECRET_WORDS];
        for (int i = 0; i < SECRET_WORDS; i += 2) {
            words[i] = DEFAULT[i] + seed;
            words[i + 1] = DEFAULT[i + 1] - seed;
        }
        return prepare(words);
    }

    private static long[] prepare(long[] words) {
        long[] prepared = new long[PREPARED_WORDS];
        System.arraycopy(words, 0, prepared, 0, SECRET_WORDS);
        copyFromByte(LAST_STRIPE_BYTE, words, prepared, LAST_STRIPE, 8);
        copyFromByte(MERGE_BYTE, words, prepared, MERGE, 8);
        return prepared;
    }

    /** Neighbouring words of the secret that begin at a byte which is no multiple of 8. */
    private static void copyFromByte(int firstByte, long[] words, long[] target, int targetIndex, int count) {
        int word = firstByte >>> 3;
        for (int i = 0; i < count; i++) {
            target[targetIndex + i] = straddle(words[word + i], words[word + i + 1], firstByte & 7);
        }
    }

    /** The little-endian word that begins {@code bytes} (1 to 7) into {@code low} and ends in {@code high}. */
    private static long straddle(long low, long high, int bytes) {
        return low >>> (bytes << 3) | high << (64 - (bytes << 3));
    }
}
