package dev.ashlar.interchange;

import java.util.Arrays;
import java.util.function.LongConsumer;
import java.util.zip.CRC32;

/**
 * Finds the entries of a file that is damaged, from its beginning to its end, in one pass.
 *
 * <p>At a tail T, what follows is the entry with the smallest m behind T where T is written at m + 8 and the checksum at m +
 * 16 is that of the payload up to m. Where there is none, because the entry at T is damaged, the pass meets one that begins
 * at some p above T first, takes that, and what lies between is lost.
 *
 * <p>An entry at T costs a comparison, for the checksum grows along. One at any other p takes the checksum of [p, m), which
 * is had from checksums that were kept on the way and a few kilobytes that are read again ({@link Crc32Math}). Somebody can
 * make a file of nothing but places that look like that; so there is a budget for them, in proportion to the file.
 */
final class Salvage {
    /** Checksums that are kept at the most, so about 4 MiB. */
    private static final long MAX_SAMPLES = 1 << 20;

    private static final int MIN_STRIDE = 4 << 10;
    private static final long BUDGET_PER_BYTE = 8;
    private static final long MIN_BUDGET = 1L << 30;

    /** What looking at a place costs at the least, in bytes read: a system call. */
    private static final int LOOK_COST = 4 << 10;

    private static final String GAVE_UP = "so many places that look like one and are none that the search was given up";

    /** Up to here a checksum grows faster byte by byte: zeros at the beginning of a file look like links at each byte. */
    private static final int FEW_BYTES = 8;

    private final Window window;
    private final Window aside;
    private final int alignment;
    private final long size;
    private final Losses losses;
    private final Found entries;

    /** A power of two; a checksum is kept at each multiple. */
    private final long stride;

    private final CRC32 crc = new CRC32();
    private final CRC32 crcAside = new CRC32();
    private int[] samples = new int[16];
    private long budget;

    private long tail;

    /** Where the payload of an entry at {@link #tail} begins: {@link #crc} is that of [base, crcEnd). */
    private long base;

    private long crcEnd;

    private Salvage(Window window, Window aside, int alignment, long size, Losses losses, Found entries) {
        this.window = window;
        this.aside = aside;
        this.alignment = alignment;
        this.size = size;
        this.losses = losses;
        this.entries = entries;
        this.stride = Math.max(MIN_STRIDE, Long.highestOneBit(Math.max(1, size / MAX_SAMPLES)) << 1);
        this.budget = MIN_BUDGET + BUDGET_PER_BYTE * size;
    }

    /**
     * Goes through a file.
     *
     * @param aside another window on the same file
     * @param losses told what was passed over
     * @param progress told how many bytes are done
     */
    static void run(
            Window window,
            Window aside,
            int alignment,
            long size,
            Losses losses,
            Found entries,
            LongConsumer progress) {
        new Salvage(window, aside, alignment, size, losses, entries).run(progress);
    }

    private void run(LongConsumer progress) {
        startAt(0);
        long last = size - EntryLayout.METADATA_BYTES;
        long metadata = 1;
        while (metadata <= last) {
            // With the byte before it: the checksum may be that far behind.
            int index = window.at(metadata - 1, EntryLayout.MIN_ENTRY_BYTES) + 1;
            long blockEnd = Math.min(last + 1, window.end() - EntryLayout.METADATA_BYTES + 1);
            long next = scan(metadata, index, blockEnd);
            // The window is about to move on: the checksum must not fall behind it.
            runTo(Math.min(next, blockEnd));
            progress.accept(next);
            metadata = next;
        }
        if (tail < size) {
            losses.lost(tail, size - tail, "an entry", found());
        }
    }

    /**
     * Looks for an entry among the metadata positions up to {@code blockEnd}, all of which are in memory.
     *
     * @return where to go on: at {@code blockEnd}, or behind an entry
     */
    private long scan(long from, int index, long blockEnd) {
        byte[] bytes = window.bytes();
        long start = tail;
        int shift = index + EntryLayout.PREVIOUS;
        for (long metadata = from; metadata < blockEnd; metadata++) {
            long previous = Window.getLong(bytes, shift + (int) (metadata - from));
            // start <= previous < metadata, in one comparison.
            if (Long.compareUnsigned(previous - start, metadata - start) < 0 && take(previous, metadata)) {
                return tail + 1;
            }
        }
        return blockEnd;
    }

    private boolean take(long previous, long metadata) {
        boolean deletion = metadata - previous == 1 && aside.getByte(previous) == 0;
        int stored = window.getInt(metadata + EntryLayout.CRC);
        long payload = deletion ? previous : previous + EntryLayout.pad(previous, alignment);
        if (payload >= metadata
                || !(deletion ? stored == EntryLayout.DELETION_CRC : matches(previous, payload, metadata, stored))) {
            return false;
        }
        if (previous > tail) {
            losses.lost(tail, previous - tail, "an entry", found());
        } else if (!aside.isZero(previous, payload)) {
            losses.lost(previous, payload - previous, "padding of zeros", "other bytes; the entry behind it is intact");
        }
        entries.entry(previous, payload, metadata, window.getLong(metadata), deletion);
        startAt(metadata + EntryLayout.METADATA_BYTES);
        return true;
    }

    private String found() {
        return budget > 0 ? "none that is whole" : GAVE_UP;
    }

    private void startAt(long newTail) {
        tail = newTail;
        base = newTail + EntryLayout.pad(newTail, alignment);
        crcEnd = base;
        crc.reset();
    }

    private boolean matches(long previous, long payload, long metadata, int stored) {
        if (previous == tail) {
            runTo(metadata);
            return (int) crc.getValue() == stored;
        }
        if (budget <= 0 || payload < base) {
            return false;
        }
        budget -= LOOK_COST;
        if (!aside.isZero(previous, payload)) {
            return false;
        }
        runTo(metadata);
        return Crc32Math.remainder((int) crc.getValue(), crcBefore(payload), metadata - payload) == stored;
    }

    /** The checksum of [base, end), for an end that was passed. */
    private int crcBefore(long end) {
        long from = Math.max(base, end & -stride);
        int crcOfFirst = from == base ? 0 : samples[sampleIndex(from)];
        budget -= end - from;
        crcAside.reset();
        aside.update(crcAside, from, end);
        return Crc32Math.join(crcOfFirst, (int) crcAside.getValue(), end - from);
    }

    /** Lets the checksum grow to an end that is in memory, as all between is, and keeps it at each multiple of the stride. */
    private void runTo(long end) {
        while (crcEnd < end) {
            long to = Math.min(end, (crcEnd & -stride) + stride);
            if (to - crcEnd <= FEW_BYTES) {
                for (long at = crcEnd; at < to; at++) {
                    crc.update(window.getByte(at));
                }
            } else {
                window.update(crc, crcEnd, to);
            }
            crcEnd = to;
            if ((to & (stride - 1)) == 0) {
                keep(to, (int) crc.getValue());
            }
        }
    }

    private void keep(long position, int value) {
        int index = sampleIndex(position);
        if (index >= samples.length) {
            samples = Arrays.copyOf(samples, Math.max(index + 1, 2 * samples.length));
        }
        samples[index] = value;
    }

    private int sampleIndex(long position) {
        return (int) ((position - (base & -stride)) / stride);
    }
}
