package dev.ashlar.log;

import dev.ashlar.UnsupportedFormatException;
import dev.ashlar.simd.Xxh3;
import java.lang.foreign.MemorySegment;
import java.util.UUID;

/**
 * The header of a chunk file, and how chunks are named.
 *
 * <pre>
 *    0 u64 magic "ASHLCHNK"         32 u64 store id, low half
 *    8 u32 format version           40 u64 base: LSN of byte 0 of this file
 *   12 u32 incompatible features    48 u64 capacity: size of the file
 *   16 u32 read-only features       56 u64 XXH3-64 of bytes 0..55
 *   20 u32 zero                     64..127 zero
 *   24 u64 store id, high half      128 first frame
 * </pre>
 *
 * A chunk holds the stretch of the log from its base to base + capacity, so that a byte's LSN is the base plus its
 * offset. Bases are multiples of 4,096 and never used twice. The file is named by its base, in 16 hexadecimal digits,
 * and the manifest lists it too: a damaged header costs nothing but a line in a report.
 */
public final class ChunkLayout {
    public static final long MAGIC = 0x4B4E_4843_4C48_5341L; // "ASHLCHNK"
    public static final int FORMAT_VERSION = 1;
    public static final int HEADER = 128;
    public static final String DIRECTORY = "log";
    private static final String SUFFIX = ".log";

    public static final long MIN_CAPACITY = 512L << 10;
    public static final long MAX_CAPACITY = 64L << 20;

    static final long MAX_BASE = 1L << 62;
    public static final long UNIT = 4096;

    private ChunkLayout() {}

    public static String fileName(long base) {
        return FileNames.of(DIRECTORY, base, SUFFIX);
    }

    /** The base that a directory entry's name says, or -1 if the file is not one of ours. */
    public static long baseOf(String entry) {
        long base = FileNames.number(entry, SUFFIX);
        return base > 0 && base < MAX_BASE && base % UNIT == 0 ? base : -1;
    }

    public static void write(MemorySegment s, UUID store, long base, long capacity) {
        s.asSlice(0, HEADER).fill((byte) 0);
        s.set(FrameLayout.LONG, 0, MAGIC);
        s.set(FrameLayout.INT, 8, FORMAT_VERSION);
        s.set(FrameLayout.LONG, 24, store.getMostSignificantBits());
        s.set(FrameLayout.LONG, 32, store.getLeastSignificantBits());
        s.set(FrameLayout.LONG, 40, base);
        s.set(FrameLayout.LONG, 48, capacity);
        s.set(FrameLayout.LONG, 56, Xxh3.hash(s, 0, 56, 0));
    }

    /**
     * Whether a header is intact and says what it should.
     *
     * @throws UnsupportedFormatException if it is intact but of a version or feature this code does not know
     */
    public static boolean verifies(MemorySegment s, String file, UUID store, long base, long capacity) {
        if (s.get(FrameLayout.LONG, 0) != MAGIC || s.get(FrameLayout.LONG, 56) != Xxh3.hash(s, 0, 56, 0)) {
            return false;
        }
        checkFormat(s, file);
        return s.get(FrameLayout.LONG, 24) == store.getMostSignificantBits()
                && s.get(FrameLayout.LONG, 32) == store.getLeastSignificantBits()
                && s.get(FrameLayout.LONG, 40) == base
                && s.get(FrameLayout.LONG, 48) == capacity;
    }

    /** As {@link #checkFormat(MemorySegment, String, int)}, of a file that has no features. */
    public static void checkFormat(MemorySegment s, String file) {
        checkFormat(s, file, 0);
    }

    /**
     * Checks what bytes 8..19 of every file say, once its checksum holds. Features that only readers may ignore count
     * too: whoever opens a store writes.
     *
     * @param known the incompatible features that such a file may have
     * @throws UnsupportedFormatException if the version or a feature is not one that this code knows
     */
    public static void checkFormat(MemorySegment s, String file, int known) {
        int version = s.get(FrameLayout.INT, 8);
        int incompatible = s.get(FrameLayout.INT, 12);
        int readOnly = s.get(FrameLayout.INT, 16);
        if (version != FORMAT_VERSION || (incompatible & ~known) != 0 || readOnly != 0) {
            throw new UnsupportedFormatException(file + " has format version " + Integer.toUnsignedString(version)
                    + " and feature bits " + Integer.toHexString(incompatible) + " and "
                    + Integer.toHexString(readOnly) + " (hexadecimal); this program knows version " + FORMAT_VERSION
                    + " and the feature bits " + Integer.toHexString(known)
                    + ". Open the store with a newer Ashlar; nothing was changed.");
        }
    }

    /** Whether a chunk may have this size. */
    public static boolean isCapacity(long bytes) {
        return bytes % UNIT == 0 && bytes >= UNIT && bytes <= MAX_CAPACITY;
    }

    /** The capacity that a header says, which counts only if the header verifies. */
    public static long capacity(MemorySegment s) {
        return s.get(FrameLayout.LONG, 48);
    }

    /** What the headers of all frames of a store are salted with. */
    public static long salt(UUID store) {
        return Xxh3.hashLong(store.getMostSignificantBits(), store.getLeastSignificantBits());
    }
}
