package dev.ashlar.bench;

import dev.ashlar.DocumentBuilder;
import dev.ashlar.DocumentCollection;
import dev.ashlar.DocumentField;
import dev.ashlar.DocumentOptions;
import dev.ashlar.DocumentSchema;
import dev.ashlar.Durability;
import dev.ashlar.Store;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;

/**
 * How much anonymous memory a process takes while documents are added, by what the kernel counts: beyond that which it has with
 * another, small collection of the same kind filled before, whose code is loaded and compiled by then. All of the heap is
 * touched at the start, so it does not grow.
 */
final class DocumentMemoryPart implements KeyspaceBench.Part {
    static final String HEAP = "256m";

    private static final int DOCUMENTS = 400_000;
    private static final int FEW = 40_000;
    private static final DocumentSchema SCHEMA = DocumentSchema.builder()
            .field(DocumentField.keyword(Corpus.KEY))
            .field(DocumentField.json(Corpus.TEXT))
            .primaryKey(Corpus.KEY)
            .build();
    private static final DocumentOptions SMALL =
            DocumentOptions.DEFAULT.withMemory(1 << 20, 1).withCacheBytes(DocumentOptions.MIN_CACHE_BYTES);

    private final Path directory;

    DocumentMemoryPart(Path directory) {
        this.directory = directory;
    }

    @Override
    public Map<String, Object> setting() {
        return Map.of(
                "documents",
                DOCUMENTS,
                "heap",
                HEAP,
                "budgetBytes",
                DocumentOptions.DEFAULT.memoryBytes(),
                "workers",
                DocumentOptions.DEFAULT.workers());
    }

    @Override
    public Map<String, Object> round() {
        Path path = directory.resolve("store");
        Map<String, Object> figures = new LinkedHashMap<>();
        try (Store store = Store.open(path)) {
            DocumentCollection warmUp = store.documents("few", SCHEMA, SMALL);
            long ignored = add(warmUp, FEW);
            warmUp.commit();
            warmUp.waitForMerges();
            AtomicBoolean stop = new AtomicBoolean();
            AtomicLong most = new AtomicLong();
            Thread watch = Thread.ofPlatform().daemon().start(() -> watch(stop, most));
            long before = residentAnonymous();
            most.set(before);
            DocumentCollection documents = store.documents("bench", SCHEMA, DocumentOptions.DEFAULT);
            figures.put("bytes", add(documents, DOCUMENTS));
            documents.commit();
            stop.set(true);
            watch.join();
            figures.put("before", before);
            figures.put("most", most.get());
            figures.put("growth", most.get() - before);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
        Directories.delete(path);
        return figures;
    }

    private static long add(DocumentCollection documents, int count) {
        DocumentBuilder builder = documents.document();
        StringBuilder text = new StringBuilder();
        long bytes = 0;
        for (int i = 0; i < count; i++) {
            text.setLength(0);
            String json = Corpus.json(i, text).toString();
            bytes += json.length();
            builder.clear().set(Corpus.KEY, Corpus.jsonKey(i)).set(Corpus.TEXT, json);
            documents.add(builder, Durability.APPENDED);
        }
        return bytes;
    }

    private static void watch(AtomicBoolean stop, AtomicLong most) {
        try {
            while (!stop.get()) {
                most.accumulateAndGet(residentAnonymous(), Math::max);
                Thread.sleep(5);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static long residentAnonymous() {
        try {
            return Files.readAllLines(Path.of("/proc/self/status")).stream()
                    .filter(line -> line.startsWith("RssAnon:"))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) << 10)
                    .findFirst()
                    .orElseThrow(() -> new IllegalStateException("the kernel does not count anonymous memory"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {}
}
