package dev.ashlar.cli;

import dev.ashlar.VectorCollection;
import dev.ashlar.VectorOptions;
import dev.ashlar.VectorType;
import dev.ashlar.interchange.VectorFileFormat;
import dev.ashlar.interchange.VectorFiles;
import dev.ashlar.interchange.VectorImportOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A file of {@link VectorFiles}. */
record VectorFileSource(Path path, VectorFileFormat format, VectorImportOptions options) implements VectorSource {
    @Override
    public long bytes() throws IOException {
        return Files.size(path);
    }

    @Override
    public int dimension(VectorType type) {
        int width = VectorFiles.describe(path, format).width();
        return type == VectorType.BIT ? Math.multiplyExact(width, Byte.SIZE) : width;
    }

    @Override
    public void examine(VectorOptions into) {
        VectorFiles.examine(path, into, options);
    }

    @Override
    public long store(VectorCollection target, Progress progress) {
        return VectorFiles.importFile(path, target, options.withProgress(progress::to))
                .rows();
    }

    @Override
    public void close() {
        // It is open only while it is read.
    }
}
