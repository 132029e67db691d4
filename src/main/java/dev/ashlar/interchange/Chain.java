package dev.ashlar.interchange;

import java.util.Arrays;
import java.util.function.LongConsumer;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;

/**
 * An intact file, walked from its end to its beginning: the one way in which nothing inside a payload can be taken for an
 * entry. Ends of entries are remembered now and then only, so that a walk in the order of the file takes little memory.
 */
final class Chain {
    /** Every so many entries one end is remembered; so many more while the entries behind it are visited. */
    private static final int STRIDE = 4096;

    private final Window window;
    private final int alignment;

    /** Ends of every {@link #STRIDE}th entry counted from the end of the file, so in falling order. */
    private long[] samples = new long[16];

    private int sampleCount;
    private long entries;

    private Chain(Window window, int alignment) {
        this.window = window;
        this.alignment = alignment;
    }

    /** Where a walk stopped, counted from the end, and why. */
    record Break(long position, long length, String expected, String found) {}

    /** What came of a walk: a chain if all of the file is intact, or what kept it from being one. */
    record Walk(@Nullable Chain chain, @Nullable Break broken) {}

    /**
     * Verifies a file from its end: every checksum, every pad, every link, down to 0.
     *
     * @param progress told how many bytes from the end are verified
     */
    static Walk walk(Window window, int alignment, long size, LongConsumer progress) {
        Chain chain = new Chain(window, alignment);
        CRC32 crc = new CRC32();
        long end = size;
        while (end > 0) {
            Break broken = chain.verify(end, crc);
            if (broken != null) {
                return new Walk(null, broken);
            }
            chain.remember(end);
            end = window.getLong(end - EntryLayout.METADATA_BYTES + EntryLayout.PREVIOUS);
            progress.accept(size - end);
        }
        return new Walk(chain, null);
    }

    private @Nullable Break verify(long end, CRC32 crc) {
        long metadata = end - EntryLayout.METADATA_BYTES;
        if (metadata < 1) {
            return new Break(0, end, "an entry of at least " + EntryLayout.MIN_ENTRY_BYTES + " bytes", end + " bytes");
        }
        long tail = window.getLong(metadata + EntryLayout.PREVIOUS);
        if (tail < 0 || tail >= metadata) {
            return new Break(
                    metadata + EntryLayout.PREVIOUS,
                    Long.BYTES,
                    "the position where the entry begins, below " + metadata,
                    Long.toUnsignedString(tail));
        }
        long payload = payload(tail, metadata);
        if (payload >= metadata) {
            return new Break(tail, end - tail, "at least one byte between padding and metadata", "none");
        }
        if (!window.isZero(tail, payload)) {
            return new Break(tail, payload - tail, "padding of zeros", "other bytes");
        }
        crc.reset();
        window.update(crc, payload, metadata);
        int stored = window.getInt(metadata + EntryLayout.CRC);
        if ((int) crc.getValue() != stored) {
            return new Break(
                    payload,
                    metadata - payload,
                    "a payload with the CRC-32 " + EntryLayout.hex(stored),
                    "one with " + EntryLayout.hex((int) crc.getValue()));
        }
        return null;
    }

    private long payload(long tail, long metadata) {
        return isDeletion(tail, metadata) ? tail : tail + EntryLayout.pad(tail, alignment);
    }

    private boolean isDeletion(long tail, long metadata) {
        return metadata - tail == 1 && window.getByte(tail) == 0;
    }

    private void remember(long end) {
        if (entries++ % STRIDE == 0) {
            if (sampleCount == samples.length) {
                samples = Arrays.copyOf(samples, 2 * sampleCount);
            }
            samples[sampleCount++] = end;
        }
    }

    long entries() {
        return entries;
    }

    /** Visits all entries in the order of the file. */
    void forEach(Found found) {
        long[] ends = new long[STRIDE];
        for (int sample = sampleCount - 1; sample >= 0; sample--) {
            long floor = sample == sampleCount - 1 ? 0 : samples[sample + 1];
            int count = 0;
            for (long end = samples[sample]; end > floor; end = tail(end)) {
                if (count == STRIDE) {
                    throw window.changed(end);
                }
                ends[count++] = end;
            }
            while (count > 0) {
                visit(ends[--count], found);
            }
        }
    }

    /** Where the entry that ends there begins; verified before, but the file may have changed since. */
    private long tail(long end) {
        long metadata = end - EntryLayout.METADATA_BYTES;
        long tail = metadata < 1 ? -1 : window.getLong(metadata + EntryLayout.PREVIOUS);
        if (tail < 0 || tail >= metadata) {
            throw window.changed(end);
        }
        return tail;
    }

    private void visit(long end, Found found) {
        long tail = tail(end);
        long metadata = end - EntryLayout.METADATA_BYTES;
        found.entry(tail, payload(tail, metadata), metadata, window.getLong(metadata), isDeletion(tail, metadata));
    }
}
