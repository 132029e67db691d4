package dev.ashlar.log;

/**
 * How files of a store are named: a number in 16 lower-case hexadecimal digits, and what kind of file it is. Anything
 * else in a directory is not ours.
 */
public final class FileNames {
    private static final int DIGITS = 16;

    private FileNames() {}

    public static String of(String directory, long number, String suffix) {
        String digits = Long.toHexString(number);
        return directory + "/" + "0".repeat(DIGITS - digits.length()) + digits + suffix;
    }

    /** The number in a directory entry's name, or -1 if the file is not one of ours. */
    public static long number(String entry, String suffix) {
        if (entry.length() != DIGITS + suffix.length() || !entry.endsWith(suffix)) {
            return -1;
        }
        for (int i = 0; i < DIGITS; i++) {
            char c = entry.charAt(i);
            if ((c < '0' || c > '9') && (c < 'a' || c > 'f')) {
                return -1;
            }
        }
        return Math.max(-1, Long.parseUnsignedLong(entry, 0, DIGITS, 16));
    }
}
