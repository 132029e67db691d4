package dev.ashlar.cli;

import java.time.Duration;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Numbers for people: binary units, thousands grouped, three digits or so. */
final class Units {
    private static final String[] BINARY = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    private static final double NANOS_PER_SECOND = 1e9;

    /** A number; k, M, G or T with or without an i; B; /s. All but the number may be left out. */
    private static final Pattern RATE = Pattern.compile("(\\d{1,18}(?:\\.\\d{1,9})?) ?(?:([kKMGT])(i)?)?(?:B)?(?:/s)?");

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

    /**
     * A number of bytes per second as people write it: {@code 50MB/s}, {@code 1.5 GiB/s}, {@code 4096}.
     *
     * @throws IllegalArgumentException if it is none, or not above zero
     */
    static long parseRate(String text) {
        Matcher matcher = RATE.matcher(text.strip());
        if (matcher.matches()) {
            String prefix = matcher.group(2) == null ? "" : matcher.group(2).toUpperCase(Locale.ROOT);
            double base = matcher.group(3) == null ? 1000 : 1024;
            double rate = Double.parseDouble(matcher.group(1))
                    * Math.pow(base, "KMGT".indexOf(prefix) + (prefix.isEmpty() ? 0 : 1));
            if (rate >= 1 && rate <= Long.MAX_VALUE / 2) {
                return Math.round(rate);
            }
        }
        throw new IllegalArgumentException(
                "'" + text + "' is not a rate such as 50MB/s, 1.5GiB/s or 100000 (bytes per second)");
    }

    private static long perSecond(long amount, Duration elapsed) {
        return Math.round(amount * NANOS_PER_SECOND / Math.max(1, elapsed.toNanos()));
    }
}
