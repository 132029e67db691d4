package dev.ashlar;

/**
 * Which segments of a document collection are merged. Segments of like size make a tier; a tier that has grown full is merged
 * into one segment of the next. So a document is copied about log(size) / log(perTier) times in its life. Compressed blocks
 * are copied as they are as long as all of their documents are there.
 *
 * @param automatic merge in the background; else only when asked
 * @param perTier segments of a tier that are merged into one, 2 to 100
 * @param floorBytes segments below this are one tier, so that many small commits do not make many tiers; at least 1
 * @param mostBytes segments of this size or more are merged no further unless too much of them is dead; at least floorBytes
 * @param deadRatio share of dead documents from which on a segment is merged alone, above 0, at most 1
 * @param bytesPerSecond how much merging may write; 0: no limit
 */
public record MergePolicy(
        boolean automatic, int perTier, long floorBytes, long mostBytes, double deadRatio, long bytesPerSecond) {
    /** In the background, ten at a time, from 2 MiB to 4 GiB, or when a third is dead, at full speed. */
    public static final MergePolicy DEFAULT = new MergePolicy(true, 10, 2L << 20, 4L << 30, 1.0 / 3, 0);

    public MergePolicy {
        require(perTier >= 2 && perTier <= 100, "perTier", perTier, "from 2 to 100");
        require(floorBytes >= 1, "floorBytes", floorBytes, "at least 1");
        require(mostBytes >= floorBytes, "mostBytes", mostBytes, "at least floorBytes, " + floorBytes);
        require(deadRatio > 0 && deadRatio <= 1, "deadRatio", deadRatio, "above 0 and at most 1");
        require(bytesPerSecond >= 0, "bytesPerSecond", bytesPerSecond, "0 or more");
    }

    private static void require(boolean holds, String name, Object value, String wanted) {
        if (!holds) {
            throw new IllegalArgumentException(name + " is " + value + "; it must be " + wanted);
        }
    }

    /** Merges only when asked. */
    public MergePolicy onRequest() {
        return new MergePolicy(false, perTier, floorBytes, mostBytes, deadRatio, bytesPerSecond);
    }

    public MergePolicy perTier(int perTier) {
        return new MergePolicy(automatic, perTier, floorBytes, mostBytes, deadRatio, bytesPerSecond);
    }

    public MergePolicy bytes(long floorBytes, long mostBytes) {
        return new MergePolicy(automatic, perTier, floorBytes, mostBytes, deadRatio, bytesPerSecond);
    }

    public MergePolicy deadRatio(double deadRatio) {
        return new MergePolicy(automatic, perTier, floorBytes, mostBytes, deadRatio, bytesPerSecond);
    }

    public MergePolicy bytesPerSecond(long bytesPerSecond) {
        return new MergePolicy(automatic, perTier, floorBytes, mostBytes, deadRatio, bytesPerSecond);
    }
}
