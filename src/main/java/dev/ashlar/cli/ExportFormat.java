package dev.ashlar.cli;

import java.util.Locale;

/** What an export writes. */
enum ExportFormat {
    /** A directory: each value a file. */
    DIR,
    /** {@link JsonLines}. */
    JSONL,
    /** A store of simd-r-drive. */
    SIMD_R_DRIVE;

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
