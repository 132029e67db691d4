package dev.ashlar.engine;

import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;

/**
 * Keeps compaction from crowding out those who write and read: while others are at work it takes a quarter of the time,
 * in small pieces; while nobody is, all of it; and all of it again when garbage outgrows its bound, for then the store
 * would grow without end.
 *
 * <pre>
 *   bundle ▇▇        bundle ▇▇        bundle ▇▇         time of a bundle : rest = share : 1 - share
 *            rest ·····       rest ·····
 * </pre>
 *
 * Whether others are at work it cannot ask: reads leave no trace. It sees that others wrote while a bundle was appended,
 * and that a short sleep ends late, because somebody else has the processor.
 */
final class Pace {
    /** Of the time, while others are at work and there is no hurry. */
    private static final double SHARE = 0.25;

    /** How far the share of garbage is above its bound when there is no more resting. */
    private static final double SLACK = 0.1;

    private static final long LONGEST_REST = 20_000_000;
    private static final long PROBE = 20_000;

    /** A sleep may end that much late on an idle machine: timers have a slack of 50 microseconds on Linux. */
    private static final long LATE = 400_000;

    /** While nobody is seen, bundles between two sleeps that find out: these should cost little beside the bundles. */
    private static final int BUNDLES_BETWEEN_PROBES = 8;

    private final LongSupplier writes;
    private final boolean rests;
    private double share = SHARE;
    private boolean crowded;
    private long writesBefore;
    private long start;
    private int bundles;

    /**
     * @param writes writes that the appender has completed
     * @param rests false if nobody else could work meanwhile: the engine has no threads of its own
     */
    Pace(LongSupplier writes, boolean rests) {
        this.writes = writes;
        this.rests = rests;
    }

    /**
     * Says how urgent it is.
     *
     * @param garbage share of garbage in the log
     * @param bound the share above which the log is compacted
     */
    void garbage(double garbage, double bound) {
        double excess = Math.clamp((garbage - bound) / SLACK, 0.0, 1.0);
        share = SHARE + (1 - SHARE) * excess;
    }

    /** Whether others are at work: bundles should be small then, for writers wait behind each. */
    boolean isCrowded() {
        return crowded && share < 1;
    }

    void beginBundle() {
        writesBefore = writes.getAsLong();
        start = System.nanoTime();
    }

    /**
     * Rests if others are at work.
     *
     * @param ops writes that the bundle itself was
     */
    void endBundle(int ops) {
        if (!rests || share >= 1) {
            return;
        }
        long took = System.nanoTime() - start;
        crowded |= writes.getAsLong() - writesBefore > ops;
        if (crowded) {
            crowded = isLate((long) (took * (1 - share) / share)) || writes.getAsLong() - writesBefore > ops;
        } else if (++bundles % BUNDLES_BETWEEN_PROBES == 0) {
            crowded = isLate(PROBE);
        }
    }

    private static boolean isLate(long rest) {
        long wanted = Math.min(rest, LONGEST_REST);
        long before = System.nanoTime();
        LockSupport.parkNanos(wanted);
        return System.nanoTime() - before > wanted + LATE;
    }
}
