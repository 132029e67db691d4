package dev.ashlar.cli;

import java.util.Locale;

/** What an import reads. */
enum ImportFormat {
    /** A file, a directory, or an archive: each file a value. */
    FILES,
    /** {@link JsonLines}. */
    JSONL,
    /** A store of simd-r-drive. */
    SIMD_R_DRIVE;

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
