package dev.ashlar.cli;

import dev.ashlar.VectorCollection;
import dev.ashlar.VectorOptions;
import dev.ashlar.VectorType;
import dev.ashlar.interchange.VectorLoader;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Lines of JSON in a file, or from standard input, which is put aside first, for it is read more than once. */
final class VectorLineSource implements VectorSource {
    private final @Nullable Path path;
    private final @Nullable Spool spool;
    private final long bytes;

    private VectorLineSource(@Nullable Path path, @Nullable Spool spool, long bytes) {
        this.path = path;
        this.spool = spool;
        this.bytes = bytes;
    }

    static VectorLineSource of(Path path) throws IOException {
        return new VectorLineSource(path, null, Files.size(path));
    }

    static VectorLineSource of(InputStream in) throws IOException {
        Spool spool = new Spool();
        try {
            return new VectorLineSource(null, spool, in.transferTo(spool));
        } catch (IOException | RuntimeException | Error e) {
            spool.close();
            throw e;
        }
    }

    private InputStream open() throws IOException {
        if (spool != null) {
            return spool.open();
        }
        if (path == null) {
            throw new IllegalStateException("neither a file nor a stream");
        }
        return Files.newInputStream(path);
    }

    @Override
    public long bytes() {
        return bytes;
    }

    @Override
    public int dimension(VectorType type) throws IOException {
        try (InputStream lines = open()) {
            return VectorLines.dimension(lines);
        } catch (BadLineException e) {
            throw refused(e);
        }
    }

    @Override
    public void examine(VectorOptions into) throws IOException {
        examine(into, Progress.NONE);
    }

    private void examine(VectorOptions into, Progress progress) throws IOException {
        try (InputStream lines = open()) {
            CountingStream counted = new CountingStream(lines);
            VectorLines.read(counted, into, (_, _) -> progress.to(counted.count()));
        } catch (BadLineException e) {
            throw refused(e);
        }
    }

    @Override
    public long store(VectorCollection target, Progress progress) throws IOException {
        examine(target.options(), progress);
        VectorLoader loader = new VectorLoader(target);
        long[] rows = new long[1];
        try (InputStream lines = open()) {
            CountingStream counted = new CountingStream(lines);
            VectorLines.read(counted, target.options(), (id, row) -> {
                loader.put(id, row, 0);
                rows[0]++;
                progress.to(bytes + counted.count());
            });
        } catch (BadLineException e) {
            throw Failure.refused(e.getMessage() + ". It was right when it was checked: something writes to the file"
                    + " meanwhile. Some of its vectors may have been stored.");
        }
        loader.finish();
        return rows[0];
    }

    private static Failure refused(BadLineException e) {
        return Failure.refused(e.getMessage() + ". Nothing was stored.");
    }

    @Override
    public void close() throws IOException {
        if (spool != null) {
            spool.close();
        }
    }
}
