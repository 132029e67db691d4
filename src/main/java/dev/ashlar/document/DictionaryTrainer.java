package dev.ashlar.document;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdException;
import dev.ashlar.io.OffHeap;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Makes a dictionary of sample documents, if one is worth having. For one thread.
 *
 * <p>Every eighth sample is held out. A dictionary of the others <em>wins</em> if the samples that were held out, in blocks as
 * segments have them, take at least 5 % less with it than without, its own bytes included in proportion.
 */
public final class DictionaryTrainer implements AutoCloseable {
    /** What a dictionary has to save. */
    public static final double MARGIN = 0.05;

    private static final int HOLD_OUT = 8;

    /** Fewer than that say nothing of what is to come. */
    private static final int LEAST_SAMPLES = 64;

    /** Of a large document the beginning says what there is to know. */
    private static final int MAX_SAMPLE = 128 << 10;

    private final Arena arena = Arena.ofShared();
    private final MemorySegment trained;
    private final MemorySegment held;
    private int[] trainedLengths = new int[64];
    private int[] heldLengths = new int[64];
    private int trainedCount;
    private int heldCount;
    private int trainedBytes;
    private int heldBytes;

    /** @param sampleBytes native memory for samples, 64 KiB to 1 GiB; about 100 times the size of the dictionary is enough */
    public DictionaryTrainer(int sampleBytes) {
        if (sampleBytes < 64 << 10 || sampleBytes > 1 << 30) {
            throw new IllegalArgumentException("samples have 65536 to 1073741824 bytes, not " + sampleBytes);
        }
        int share = sampleBytes / HOLD_OUT;
        trained = OffHeap.allocate(sampleBytes - share, 64, arena);
        held = OffHeap.allocate(share, 64, arena);
    }

    /**
     * Adds a sample, of which no more than the first 128 KiB are used.
     *
     * @param source native memory
     * @return false if there is no room for it, and so for any more
     */
    public boolean add(MemorySegment source, long at, long length) {
        int bytes = (int) Math.min(MAX_SAMPLE, length);
        if (bytes == 0) {
            return true;
        }
        boolean holdOut = (trainedCount + heldCount) % HOLD_OUT == HOLD_OUT - 1;
        MemorySegment into = holdOut ? held : trained;
        int filled = holdOut ? heldBytes : trainedBytes;
        if (filled + bytes > into.byteSize()) {
            return false;
        }
        MemorySegment.copy(source, at, into, filled, bytes);
        if (holdOut) {
            heldBytes += bytes;
            heldLengths = with(heldLengths, heldCount++, bytes);
        } else {
            trainedBytes += bytes;
            trainedLengths = with(trainedLengths, trainedCount++, bytes);
        }
        return true;
    }

    private static int[] with(int[] array, int at, int value) {
        int[] larger = at < array.length ? array : Arrays.copyOf(array, 2 * at);
        larger[at] = value;
        return larger;
    }

    public int samples() {
        return trainedCount + heldCount;
    }

    public long sampleBytes() {
        return (long) trainedBytes + heldBytes;
    }

    /**
     * What became of the samples.
     *
     * @param dictionary bytes of one that wins, else null
     * @param without bytes that the held out samples take without one
     * @param with bytes that they take with it, its share included; 0 if none could be trained
     */
    public record Outcome(byte @Nullable [] dictionary, long without, long with) {}

    /**
     * Trains a dictionary.
     *
     * @param dictionaryBytes 1 KiB to 1 MiB
     * @param options of the segments that are to use it
     * @param expectedBytes bytes of documents that it is going to be used for, over which its own are spread
     */
    public Outcome train(int dictionaryBytes, BlockOptions options, long expectedBytes) {
        if (dictionaryBytes < 1 << 10 || dictionaryBytes > Dictionary.MAX_BYTES) {
            throw new IllegalArgumentException(
                    "a dictionary to train has 1024 to " + Dictionary.MAX_BYTES + " bytes, not " + dictionaryBytes);
        }
        if (samples() < LEAST_SAMPLES || heldBytes == 0) {
            return new Outcome(null, 0, 0);
        }
        byte[] bytes = trained(dictionaryBytes, options.level());
        long without = compressed(options, null);
        if (bytes == null) {
            return new Outcome(null, without, 0);
        }
        double share = (double) heldBytes / Math.max(expectedBytes, heldBytes);
        long with;
        try (Dictionary dictionary = new Dictionary(1, bytes)) {
            with = compressed(options, dictionary) + (long) (bytes.length * share);
        }
        return new Outcome(with <= without * (1 - MARGIN) ? bytes : null, without, with);
    }

    private byte @Nullable [] trained(int dictionaryBytes, int level) {
        try (Arena temporary = Arena.ofShared()) {
            MemorySegment target = OffHeap.allocate(dictionaryBytes, 64, temporary);
            int[] lengths = Arrays.copyOf(trainedLengths, trainedCount);
            ByteBuffer samples = trained.asSlice(0, trainedBytes).asByteBuffer();
            long length = Zstd.trainFromBufferDirect(samples, lengths, target.asByteBuffer(), false, level);
            // An error is that the samples are too few, too small or have nothing in common.
            return Zstd.isError(length) || length < Dictionary.MIN_BYTES
                    ? null
                    : target.asSlice(0, length).toArray(java.lang.foreign.ValueLayout.JAVA_BYTE);
        } catch (ZstdException e) {
            return null;
        }
    }

    /** What the held out samples take, in blocks. */
    private long compressed(BlockOptions options, @Nullable Dictionary dictionary) {
        long sum = 0;
        int most = Math.max(options.blockBytes(), MAX_SAMPLE);
        try (Arena temporary = Arena.ofShared();
                ZstdCompressor compressor = new ZstdCompressor(options.level(), dictionary)) {
            ByteBuffer source = held.asByteBuffer();
            ByteBuffer target =
                    OffHeap.allocate(SegmentFormat.bound(most), 64, temporary).asByteBuffer();
            int from = 0;
            int block = 0;
            for (int i = 0; i < heldCount; i++) {
                if (block > 0 && block + heldLengths[i] > options.blockBytes()) {
                    sum += compressor.compress(source, from, block, target);
                    from += block;
                    block = 0;
                }
                block += heldLengths[i];
            }
            return sum + compressor.compress(source, from, block, target);
        }
    }

    @Override
    public void close() {
        arena.close();
    }
}
