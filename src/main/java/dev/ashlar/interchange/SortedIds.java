package dev.ashlar.interchange;

import dev.ashlar.VectorReader;
import java.util.Arrays;
import java.util.PrimitiveIterator;
import java.util.stream.LongStream;

/**
 * The ids of a collection in ascending order, in bounded memory: each pass over them takes the lowest ones that are left.
 * The collection must be the same in each pass. For one thread.
 */
final class SortedIds {
    /** In one pass; twice as many are held: 16 MiB. */
    static final int PER_PASS = 1 << 20;

    private final VectorReader source;
    private final int perPass;
    private long[] gathered;
    private long next = Long.MIN_VALUE;
    private boolean exhausted;

    SortedIds(VectorReader source, int perPass) {
        this.source = source;
        this.perPass = perPass;
        this.gathered = new long[Math.min(1024, 2 * perPass)];
    }

    /** The next ids, or none if there are no more. */
    long[] next() {
        if (exhausted) {
            return new long[0];
        }
        int count = 0;
        // All that are gathered and may still be wanted are at most this.
        long bound = Long.MAX_VALUE;
        try (LongStream ids = source.ids()) {
            PrimitiveIterator.OfLong each = ids.iterator();
            while (each.hasNext()) {
                long id = each.nextLong();
                if (id < next || id > bound) {
                    continue;
                }
                if (count == gathered.length) {
                    if (count < 2 * perPass) {
                        gathered = Arrays.copyOf(gathered, Math.min(2 * count, 2 * perPass));
                    } else {
                        Arrays.sort(gathered);
                        count = perPass;
                        bound = gathered[count - 1];
                    }
                }
                gathered[count++] = id;
            }
        }
        Arrays.sort(gathered, 0, count);
        int wanted = Math.min(count, perPass);
        long[] sorted = Arrays.copyOf(gathered, wanted);
        exhausted = count <= perPass && bound == Long.MAX_VALUE;
        if (wanted > 0 && sorted[wanted - 1] < Long.MAX_VALUE) {
            next = sorted[wanted - 1] + 1;
        } else {
            exhausted = true;
        }
        return sorted;
    }
}
