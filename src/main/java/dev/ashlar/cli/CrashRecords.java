package dev.ashlar.cli;

import dev.ashlar.Keyspace;
import dev.ashlar.Store;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * What the writing process of quickstart writes: records 1, 2, 3, …, each under its number, of different lengths and known
 * content. Every sixteenth goes, in one batch, into a second keyspace too: both or none must be there after a crash.
 */
final class CrashRecords {
    private static final String SINGLES = QuickstartDirectory.PREFIX + "crash";
    private static final String PAIRS = QuickstartDirectory.PREFIX + "crash-pairs";
    private static final int PAIR_EVERY = 16;
    private static final int MIN_BYTES = 2 * Long.BYTES;
    private static final int MAX_EXTRA_BYTES = 1000;

    private final Keyspace singles;
    private final Keyspace pairs;
    private final long run;

    /** @param run tells the records of this run from those of an earlier one in the same store */
    CrashRecords(Store store, long run) {
        this.singles = store.keyspace(SINGLES);
        this.pairs = store.keyspace(PAIRS);
        this.run = run;
    }

    Keyspace singles() {
        return singles;
    }

    Keyspace pairs() {
        return pairs;
    }

    static boolean isPair(long sequence) {
        return sequence % PAIR_EVERY == 0;
    }

    byte[] value(long sequence) {
        long seed = Mix.of(run ^ Mix.of(sequence));
        byte[] value = new byte[MIN_BYTES + Math.floorMod(seed, MAX_EXTRA_BYTES)];
        ByteBuffer fields = ByteBuffer.wrap(value).order(ByteOrder.LITTLE_ENDIAN);
        fields.putLong(run).putLong(sequence);
        for (int i = MIN_BYTES; i < value.length; i++) {
            value[i] = (byte) (seed >>> (i & 31));
        }
        return value;
    }

    /** True if the record is there, false if it is not; anything between is a failure. */
    boolean isThere(Keyspace keyspace, long sequence) {
        @Nullable MemorySegment found = keyspace.get(sequence);
        if (found == null || isOfEarlierRun(found)) {
            return false;
        }
        if (MemorySegment.ofArray(value(sequence)).mismatch(found) >= 0) {
            throw Failure.refused("record " + sequence + " of the killed process has other bytes than were written");
        }
        return true;
    }

    private boolean isOfEarlierRun(MemorySegment found) {
        ValueLayout.OfLong layout = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
        return found.byteSize() >= MIN_BYTES && found.get(layout, 0) != run;
    }
}
