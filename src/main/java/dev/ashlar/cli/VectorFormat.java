package dev.ashlar.cli;

import dev.ashlar.interchange.VectorFileFormat;
import java.nio.file.Path;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What vectors are imported from and exported to. */
enum VectorFormat {
    FVECS(VectorFileFormat.FVECS),
    BVECS(VectorFileFormat.BVECS),
    IVECS(VectorFileFormat.IVECS),
    NPY(VectorFileFormat.NPY),
    /** {@link VectorLines}. */
    JSONL(null);

    static final Path STANDARD = Path.of("-");

    private final @Nullable VectorFileFormat file;

    VectorFormat(@Nullable VectorFileFormat file) {
        this.file = file;
    }

    /** Null for lines. */
    @Nullable
    VectorFileFormat file() {
        return file;
    }

    /** What was asked for, or what the ending of a name says; standard input and output have lines. */
    static VectorFormat of(@Nullable VectorFormat wanted, String option, Path path) {
        boolean standard = path.equals(STANDARD);
        if (standard && wanted != null && wanted != JSONL) {
            throw Failure.usage("a file of " + wanted + " cannot be read or written as a stream; name a file");
        }
        if (standard || wanted != null) {
            return wanted == null ? JSONL : wanted;
        }
        String name = path.toString().toLowerCase(Locale.ROOT);
        for (VectorFormat format : values()) {
            if (name.endsWith("." + format)) {
                return format;
            }
        }
        throw Failure.usage("the name of " + Escapes.show(path.toString())
                + " does not say what it is: it ends with none of .fvecs, .bvecs, .ivecs, .npy and .jsonl; say it with "
                + option);
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
