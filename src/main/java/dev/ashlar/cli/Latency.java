package dev.ashlar.cli;

import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;

/** Percentiles of how long an operation took, each timed alone, one after the other. */
record Latency(long p50Nanos, long p99Nanos, long p999Nanos, long maxNanos) {
    private static final long HIGHEST_NANOS = TimeUnit.MINUTES.toNanos(10);
    private static final int SIGNIFICANT_DIGITS = 3;

    static Recorder recorder() {
        return new Recorder();
    }

    /** For one thread. */
    static final class Recorder {
        private final Histogram histogram = new Histogram(HIGHEST_NANOS, SIGNIFICANT_DIGITS);

        void record(long nanos) {
            histogram.recordValue(Math.clamp(nanos, 0, HIGHEST_NANOS));
        }

        long count() {
            return histogram.getTotalCount();
        }

        Latency result() {
            return new Latency(
                    histogram.getValueAtPercentile(50),
                    histogram.getValueAtPercentile(99),
                    histogram.getValueAtPercentile(99.9),
                    histogram.getMaxValue());
        }
    }
}
