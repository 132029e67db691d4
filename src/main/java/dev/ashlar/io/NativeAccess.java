package dev.ashlar.io;

import java.util.Locale;
import java.util.Set;

/**
 * Whether this process may call the operating system directly. Asking never makes the JVM print a warning: the answer
 * "no" is given before anything restricted is touched.
 */
final class NativeAccess {
    /** Where the constants in {@link Libc} hold. */
    private static final Set<String> ARCHITECTURES = Set.of("amd64", "x86_64", "aarch64");

    private static final boolean AVAILABLE =
            NativeAccess.class.getModule().isNativeAccessEnabled() && isPlatformSupported() && linksToLibc();

    private NativeAccess() {}

    /** True if native access is enabled for this module, the platform is one we know, and all functions are there. */
    static boolean isAvailable() {
        return AVAILABLE;
    }

    /** Linux on x86-64 or AArch64. */
    static boolean isPlatformSupported() {
        return System.getProperty("os.name", "").equals("Linux")
                && ARCHITECTURES.contains(System.getProperty("os.arch", "").toLowerCase(Locale.ROOT));
    }

    /** True if all functions were found. Warns, or fails, if native access is not enabled: ask that first. */
    static boolean linksToLibc() {
        try {
            return Libc.PAGE_BYTES > 0;
        } catch (LinkageError | IllegalCallerException _) {
            return false; // an unusual C library, or --illegal-native-access=deny: plain NIO does everything as well
        }
    }
}
