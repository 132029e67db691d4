package dev.ashlar.cli;

import dev.ashlar.Keyspace;
import dev.ashlar.Store;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.net.URI;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;

/** Stores every file of a source, then reads each in place and compares it with the source. */
final class FilesStep implements AutoCloseable {
    private static final String KEYSPACE = QuickstartDirectory.PREFIX + "files";
    private static final long SLICE_BYTES = 1 << 30;

    private final ImportSource source;
    private final String name;

    private FilesStep(ImportSource source, String name) {
        this.source = source;
        this.name = name;
    }

    static FilesStep of(@Nullable Path wanted, Path store) throws IOException {
        if (wanted != null) {
            return new FilesStep(ImportSource.of(wanted, store), wanted.toString());
        }
        Path sources = Path.of(System.getProperty("java.home"), "lib", "src.zip");
        if (Files.exists(sources)) {
            return new FilesStep(ImportSource.of(sources, store), sources.toString());
        }
        Path modules = FileSystems.getFileSystem(URI.create("jrt:/")).getPath("/modules");
        return new FilesStep(new DirectorySource(modules, store), "jrt:/");
    }

    void run(Store store, ProgressOption progressOption, QuickstartReport report) throws IOException {
        report.fact("source", name);
        Keyspace files = store.keyspace(KEYSPACE);
        report.tell("storing every file of " + Escapes.show(name));
        long total = progressOption.wanted(report.output()) ? source.bytes() : 0;
        try (Progress progress = progressOption.bytes("storing", total, report.output())) {
            store(store, files, progress, report);
        }
        report.tell("reading all of it in place, twice, and comparing");
        try (Progress progress = progressOption.bytes("reading", 2 * total, report.output())) {
            readBack("read them in place, CRC-32 included", files, progress, report);
            long read = readBack("read them again", files, progress, report);
            report.found(Units.count(read) + " files read back in place; each is what " + Escapes.show(name) + " has");
        }
    }

    private void store(Store store, Keyspace files, Progress progress, QuickstartReport report) throws IOException {
        BulkWriter writer = new BulkWriter(files);
        Importer importer = new Importer(writer, progress, report.output());
        long start = System.nanoTime();
        source.forEach(importer);
        writer.finish();
        store.sync();
        Duration elapsed = Duration.ofNanos(System.nanoTime() - start);
        if (importer.failed() > 0) {
            throw Failure.refused(Units.count(importer.failed()) + " files of " + name + " could not be read");
        }
        report.measured("store files, unpacked and synced", importer.files(), importer.bytes(), elapsed, null);
    }

    private long readBack(String step, Keyspace files, Progress progress, QuickstartReport report) throws IOException {
        Comparison comparison = new Comparison(files, progress);
        source.forEach(comparison);
        Latency.Recorder latency = comparison.latency;
        report.measured(step, latency.count(), comparison.bytes, Duration.ofNanos(comparison.nanos), latency.result());
        return latency.count();
    }

    @Override
    public void close() throws IOException {
        source.close();
    }

    /** Compares by CRC-32 where the source knows it, byte by byte elsewhere. Only our own reading is timed. */
    private static final class Comparison implements ImportSource.Visitor {
        private final Keyspace files;
        private final Progress progress;
        private final Latency.Recorder latency = Latency.recorder();
        private long bytes;
        private long nanos;

        Comparison(Keyspace files, Progress progress) {
            this.files = files;
            this.progress = progress;
        }

        @Override
        public void entry(ImportSource.Entry entry) throws IOException {
            long start = System.nanoTime();
            MemorySegment view = files.get(entry.key());
            latency.record(System.nanoTime() - start);
            if (view == null) {
                throw Failure.refused(entry.name() + " was stored and is not there");
            }
            long crc = crc(view);
            nanos += System.nanoTime() - start;
            bytes += view.byteSize();
            if (!equal(entry, view, crc)) {
                throw Failure.refused(entry.name() + " reads back as something else than was stored");
            }
            progress.by(entry.size());
        }

        private static boolean equal(ImportSource.Entry entry, MemorySegment view, long crc) throws IOException {
            if (entry.crc() != ImportSource.UNKNOWN_CRC) {
                return view.byteSize() == entry.size() && crc == entry.crc();
            }
            try (InputStream content = entry.opener().open()) {
                return MemorySegment.ofArray(content.readAllBytes()).mismatch(view) < 0;
            }
        }

        private static long crc(MemorySegment view) {
            CRC32 crc = new CRC32();
            for (long position = 0; position < view.byteSize(); position += SLICE_BYTES) {
                long length = Math.min(SLICE_BYTES, view.byteSize() - position);
                crc.update(view.asSlice(position, length).asByteBuffer());
            }
            return crc.getValue();
        }

        @Override
        public void failed(String name, IOException why) {
            throw Failure.refused(name + " could not be read again: " + Errors.describe(why));
        }

        @Override
        public void skipped(String name, String why) {}
    }
}
