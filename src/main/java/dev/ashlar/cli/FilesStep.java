package dev.ashlar.cli;

import dev.ashlar.Keyspace;
import dev.ashlar.Store;
import dev.ashlar.VectorCollection;
import dev.ashlar.WriteBatch;
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

/** Stores every file of a source with a vector of its words, then reads each in place and compares it with the source. */
final class FilesStep implements AutoCloseable {
    static final String KEYSPACE = QuickstartDirectory.PREFIX + "files";
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
        report.tell("storing every file of " + Escapes.show(name) + ", and a vector of its words");
        long total = progressOption.wanted(report.output()) ? source.bytes() : 0;
        try (Progress progress = progressOption.bytes("storing", 2 * total, report.output())) {
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
        WordVectors words = count(progress, report);
        Keyspace names = store.keyspace(LikenessStep.NAMES);
        VectorCollection vectors = store.vectors(LikenessStep.VECTORS, LikenessStep.OPTIONS);
        try (WriteBatch batch = store.batch()) {
            // Of an earlier quickstart, with another source maybe.
            batch.clear(names).clear(vectors);
            FileLoader loader = new FileLoader(files, names, vectors, batch, words, progress, report.output());
            long start = System.nanoTime();
            source.forEach(loader);
            loader.finish();
            Duration elapsed = Duration.ofNanos(System.nanoTime() - start);
            if (loader.failed() > 0) {
                throw Failure.refused(Units.count(loader.failed()) + " files of " + name + " could not be read");
            }
            if (vectors.size() != loader.withVector() || names.size() != loader.files()) {
                throw Failure.refused("files were stored, and not all of their names and vectors are there");
            }
            report.measured("store files and their vectors, synced", loader.files(), loader.bytes(), elapsed, null);
        }
    }

    private WordVectors count(Progress progress, QuickstartReport report) throws IOException {
        WordCount count = new WordCount(progress);
        long start = System.nanoTime();
        source.forEach(count);
        Duration elapsed = Duration.ofNanos(System.nanoTime() - start);
        report.measured("count their words", count.files, count.bytes, elapsed, null);
        return count.words;
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

    /** Counts the words of what is going to have a vector. Whatever cannot be read is told of when it is stored. */
    private static final class WordCount implements ImportSource.Visitor {
        private final WordVectors words = new WordVectors();
        private final Progress progress;
        private long files;
        private long bytes;

        WordCount(Progress progress) {
            this.progress = progress;
        }

        @Override
        public void entry(ImportSource.Entry entry) {
            try (InputStream content = entry.opener().open()) {
                byte[] text = content.readNBytes(FileLoader.MAX_TEXT_BYTES);
                if (text.length < FileLoader.MAX_TEXT_BYTES) {
                    words.count(text);
                    bytes += text.length;
                    files++;
                }
            } catch (IOException _) {
                // The pass that stores it meets the same, and reports it.
                return;
            }
            progress.by(entry.size());
        }

        @Override
        public void failed(String name, IOException why) {}

        @Override
        public void skipped(String name, String why) {}
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
