package dev.ashlar.cli;

import java.time.Duration;
import java.util.Locale;

/** Numbers for people: binary units, thousands grouped, three digits or so. */
final class Units {
    private static final String[] BINARY = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    private static final double NANOS_PER_SECOND = 1e9;

    private Units() {}

    static String bytes(long bytes) {
        double value = (double) bytes;
        int unit = 0;
        while (value >= 1024 && unit < BINARY.length - 1) {
            value /= 1024;
            unit++;
        }
        // 1023.99 KiB would otherwise be printed as 1024.0 KiB.
        if (unit > 0 && value >= 1023.95 && unit < BINARY.length - 1) {
            value /= 1024;
            unit++;
        }
        return unit == 0 ? count(bytes) + " B" : String.format(Locale.ROOT, "%.1f %s", value, BINARY[unit]);
    }

    static String count(long number) {
        return String.format(Locale.ROOT, "%,d", number);
    }

    static String time(Duration elapsed) {
        return time(elapsed.toNanos());
    }

    static String time(long nanos) {
        if (nanos < 1_000) {
            return nanos + " ns";
        }
        if (nanos < 1_000_000) {
            return String.format(Locale.ROOT, "%.1f µs", nanos / 1e3);
        }
        if (nanos < 1_000_000_000) {
            return String.format(Locale.ROOT, "%.1f ms", nanos / 1e6);
        }
        return String.format(Locale.ROOT, "%.2f s", nanos / NANOS_PER_SECOND);
    }

    static String countPerSecond(long count, Duration elapsed) {
        return count(perSecond(count, elapsed)) + "/s";
    }

    static String bytesPerSecond(long bytes, Duration elapsed) {
        return bytes(perSecond(bytes, elapsed)) + "/s";
    }

    private static long perSecond(long amount, Duration elapsed) {
        return Math.round(amount * NANOS_PER_SECOND / Math.max(1, elapsed.toNanos()));
    }
}
