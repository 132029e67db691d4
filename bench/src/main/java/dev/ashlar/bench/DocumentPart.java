package dev.ashlar.bench;

import dev.ashlar.DocumentAddress;
import dev.ashlar.DocumentBuilder;
import dev.ashlar.DocumentCollection;
import dev.ashlar.DocumentCursor;
import dev.ashlar.DocumentOptions;
import dev.ashlar.DocumentSnapshot;
import dev.ashlar.DocumentStats;
import dev.ashlar.Durability;
import dev.ashlar.MergePolicy;
import dev.ashlar.Store;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.HdrHistogram.Histogram;
import org.apache.lucene.codecs.lucene104.Lucene104Codec.Mode;
import org.apache.lucene.util.BytesRef;

/**
 * Documents of one corpus, in Ashlar and in Lucene's stored fields, in both modes of its codec: added and committed, found by
 * key, read; and Ashlar's against bare decompression of a block and bare copying of what is merged.
 *
 * <p>What is read is one segment on each side, in the page cache. Reads from decompressed blocks are of as few blocks as the
 * cache holds; those from others are of all blocks by turns, with a cache for a few hundred of them.
 */
final class DocumentPart implements KeyspaceBench.Part {
    private static final String NAME = "bench";
    private static final int COMMITS = 8;
    private static final int GETS = 2_000;
    private static final int LOOKUPS = 20_000;
    private static final int TURNS = 9;
    private static final int CACHED_GETS = 200_000;
    private static final int CACHED_BLOCKS = 256;
    private static final int SMALL_CACHE = 16 << 20;
    private static final int PIECE = 1 << 20;
    private static final DocumentOptions ON_REQUEST =
            DocumentOptions.DEFAULT.withMerging(MergePolicy.DEFAULT.onRequest());

    private final Path directory;
    private final Corpus corpus;
    private final Store store;
    private final Store small;
    private final DocumentSnapshot cached;
    private final DocumentSnapshot uncached;
    private final DocumentCollection smallDocuments;
    private final BareBlocks blocks;
    private final long segment;
    private final int stride;
    private final Map<String, LuceneDocuments> lucene = new LinkedHashMap<>();
    private final BytesRef[] terms;
    private final MemorySegment piece = Arena.global().allocate(PIECE, 4096);
    private boolean warm;
    private int turn;
    private double sink;

    DocumentPart(Path directory, Corpus corpus) {
        this.directory = directory;
        this.corpus = corpus;
        store = Store.open(directory.resolve("store"));
        cached = load(store, ON_REQUEST);
        small = Store.open(directory.resolve("small"));
        uncached = load(small, ON_REQUEST.withCacheBytes(SMALL_CACHE));
        smallDocuments = small.documents(NAME);
        try (DocumentCursor cursor = uncached.cursor()) {
            cursor.next();
            segment = cursor.address().segment();
        }
        blocks = new BareBlocks(directory.resolve("small"), segment);
        stride = stride(blocks.count());
        for (Mode mode : Mode.values()) {
            lucene.put(name(mode), new LuceneDocuments(directory.resolve(name(mode)), corpus, mode));
        }
        terms = new BytesRef[corpus.count()];
        for (int i = 0; i < terms.length; i++) {
            terms[i] = new BytesRef(corpus.key(i));
        }
        check();
    }

    /** Far apart, and with no divisor in common, so that it leads to all of them. */
    private static int stride(int count) {
        int stride = Math.max(1, (int) (count * 0.618));
        while (!BigInteger.valueOf(stride).gcd(BigInteger.valueOf(count)).equals(BigInteger.ONE)) {
            stride++;
        }
        return stride;
    }

    private static String name(Mode mode) {
        return mode == Mode.BEST_SPEED ? "luceneSpeed" : "luceneCompression";
    }

    private DocumentSnapshot load(Store into, DocumentOptions options) {
        DocumentCollection documents = into.documents(NAME, corpus.schema(), options);
        add(documents, 0, corpus.count());
        documents.commit();
        documents.forceMerge(1);
        return documents.snapshot();
    }

    private void add(DocumentCollection documents, int from, int to) {
        DocumentBuilder builder = documents.document();
        for (int i = from; i < to; i++) {
            corpus.fill(i, builder);
            documents.add(builder, Durability.APPENDED);
        }
    }

    /** All have the same. */
    private void check() {
        try (DocumentCursor cursor = uncached.cursor()) {
            for (int i = 0; i < corpus.count(); i += 101) {
                boolean there = cursor.find(corpus.key(i))
                        && cursor.document().string(Corpus.TEXT).equals(corpus.text(i));
                for (LuceneDocuments each : lucene.values()) {
                    there &= each.get(each.find(terms[i])).get(Corpus.TEXT).equals(corpus.text(i));
                }
                if (!there) {
                    throw new IllegalStateException(corpus.key(i) + " is missing or another one");
                }
            }
        }
        DocumentStats stats = smallDocuments.stats();
        if (stats.segments() != 1 || blocks.rawBytes() < stats.rawBytes()) {
            throw new IllegalStateException("blocks of " + blocks.rawBytes() + " bytes, and " + stats);
        }
    }

    @Override
    public Map<String, Object> setting() {
        return Map.of(
                "documents",
                corpus.count(),
                "bytes",
                corpus.bytes(),
                "blocks",
                blocks.count(),
                "blockBytes",
                DocumentOptions.DEFAULT.blockBytes(),
                "level",
                DocumentOptions.DEFAULT.level(),
                "commits",
                COMMITS,
                "getsInTurn",
                GETS,
                "lookupsInTurn",
                LOOKUPS);
    }

    @Override
    public Map<String, Object> round() {
        Map<String, Object> figures = new LinkedHashMap<>();
        for (int i = 0; i < 3; i++) {
            // Each of them first in one round of three.
            switch ((turn + i) % 3) {
                case 0 -> figures.put("addAshlar", addAshlar());
                case 1 -> figures.put("addLuceneSpeed", addLucene(Mode.BEST_SPEED));
                default -> figures.put("addLuceneCompression", addLucene(Mode.BEST_COMPRESSION));
            }
        }
        turn++;
        figures.put("merge", merge());
        figures.put("lookups", lookups());
        figures.put("gets", gets());
        figures.put("cachedGets", cachedGets());
        warm = true;
        if (sink == 42) {
            System.err.println("!");
        }
        return figures;
    }

    // ------------------------------------------------------------------------------------------------------- writing

    private Map<String, Object> addAshlar() {
        Path path = Directories.fresh(directory.getFileName() + "-adding");
        Map<String, Object> figures = new LinkedHashMap<>();
        try (Store fresh = Store.open(path)) {
            DocumentCollection documents = fresh.documents(NAME, corpus.schema());
            figures.put("seconds", seconds(() -> {
                add(documents, 0, corpus.count());
                documents.commit();
            }));
            figures.put("bytes", Directories.bytes(path.resolve("documents")));
        }
        Directories.delete(path);
        return figures;
    }

    private Map<String, Object> addLucene(Mode mode) {
        Path path = Directories.fresh(directory.getFileName() + "-adding");
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("seconds", seconds(() -> LuceneDocuments.write(path, corpus, mode, false)));
        figures.put("bytes", Directories.bytes(path));
        Directories.delete(path);
        return figures;
    }

    private static double seconds(Runnable work) {
        long start = System.nanoTime();
        work.run();
        return (System.nanoTime() - start) / 1e9;
    }

    /** Segments of several commits into one, and the same bytes read, written and synced. */
    private Map<String, Object> merge() {
        Path path = Directories.fresh(directory.getFileName() + "-merging");
        Map<String, Object> figures = new LinkedHashMap<>();
        try (Store fresh = Store.open(path)) {
            DocumentCollection documents = fresh.documents(NAME, corpus.schema(), ON_REQUEST);
            for (int i = 0; i < COMMITS; i++) {
                add(documents, (int) ((long) corpus.count() * i / COMMITS), (int)
                        ((long) corpus.count() * (i + 1) / COMMITS));
                documents.commit();
            }
            figures.put("segments", documents.stats().segments());
            figures.put("bytes", documents.stats().fileBytes());
            List<Path> segments = segments(path);
            // It keeps what is merged, for the bare copy that may come later.
            try (DocumentSnapshot kept = documents.snapshot()) {
                boolean bareFirst = turn % 2 == 0;
                if (bareFirst) {
                    figures.put("secondsBare", bare(segments));
                }
                figures.put("seconds", seconds(() -> documents.forceMerge(1)));
                if (documents.stats().segments() != 1) {
                    throw new IllegalStateException("not merged: " + documents.stats());
                }
                if (!bareFirst) {
                    figures.put("secondsBare", bare(segments));
                }
                if (kept.count() != corpus.count()) {
                    throw new IllegalStateException("documents are missing: " + kept.count());
                }
            }
        }
        Directories.delete(path);
        return figures;
    }

    private static List<Path> segments(Path store) {
        try (Stream<Path> files = Files.list(store.resolve("documents"))) {
            return files.filter(each -> each.toString().endsWith(".seg"))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private double bare(List<Path> segments) {
        Path copy = directory.resolve("copy");
        long start = System.nanoTime();
        int target = Posix.create(copy);
        long at = 0;
        try {
            for (Path each : segments) {
                try (FileChannel source = FileChannel.open(each)) {
                    ByteBuffer buffer = piece.asByteBuffer();
                    while (source.read(buffer.clear()) > 0) {
                        Posix.write(target, piece.asSlice(0, buffer.position()), at);
                        at += buffer.position();
                    }
                }
            }
            Posix.syncData(target);
            double seconds = (System.nanoTime() - start) / 1e9;
            Posix.close(target);
            Files.delete(copy);
            return seconds;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    // ------------------------------------------------------------------------------------------------------- reading

    private static long next(long state) {
        return state * 6364136223846793005L + 1442695040888963407L;
    }

    private static int below(long state, int bound) {
        return (int) ((state >>> 33) * bound >>> 31);
    }

    private Map<String, Map<String, Double>> lookups() {
        try (Turns turns = new Turns(1)) {
            turns.add("ashlar", (seed, _, _) -> {
                double sum = 0;
                long state = seed;
                for (int i = 0; i < LOOKUPS; i++) {
                    state = next(state);
                    sum += cached.find(corpus.key(below(state, corpus.count()))).ordinal();
                }
                return sum;
            });
            for (Map.Entry<String, LuceneDocuments> each : lucene.entrySet()) {
                turns.add(each.getKey(), (seed, _, _) -> {
                    double sum = 0;
                    long state = seed;
                    for (int i = 0; i < LOOKUPS; i++) {
                        state = next(state);
                        sum += each.getValue().find(corpus.key(below(state, corpus.count())));
                    }
                    return sum;
                });
                turns.add(each.getKey() + "Bytes", (seed, _, _) -> {
                    double sum = 0;
                    long state = seed;
                    for (int i = 0; i < LOOKUPS; i++) {
                        state = next(state);
                        sum += each.getValue().find(terms[below(state, corpus.count())]);
                    }
                    return sum;
                });
            }
            return turns.nanos(warm ? 2 : 12, TURNS);
        }
    }

    /** One of all blocks, each of which comes again only after all others, and not next to those beside it in the file. */
    private int block(long seed, int i) {
        return (int) ((Math.floorMod(seed, blocks.count()) + (long) i * stride) % blocks.count());
    }

    /** The first document of a block, and its last byte. Hardly any of the blocks is in the small cache. */
    private Map<String, Object> gets() {
        try (Turns turns = new Turns(1);
                DocumentCursor cursor = uncached.cursor()) {
            turns.add("bare", (seed, _, _) -> {
                double sum = 0;
                for (int i = 0; i < GETS; i++) {
                    sum += blocks.decompress(block(seed, i));
                }
                return sum;
            });
            turns.add("ashlar", (seed, _, _) -> {
                double sum = 0;
                for (int i = 0; i < GETS; i++) {
                    int ordinal = blocks.firstOrdinal(block(seed, i));
                    cursor.find(new DocumentAddress(segment, ordinal));
                    sum += last(cursor.document().bytes(1, 0));
                }
                return sum;
            });
            for (Map.Entry<String, LuceneDocuments> each : lucene.entrySet()) {
                turns.add(each.getKey(), (seed, _, _) -> {
                    double sum = 0;
                    for (int i = 0; i < GETS; i++) {
                        int number = blocks.firstOrdinal(block(seed, i));
                        sum += each.getValue().get(number).get(Corpus.TEXT).length();
                    }
                    return sum;
                });
            }
            DocumentStats before = smallDocuments.stats();
            int warmups = warm ? 1 : 5;
            Map<String, Object> figures = new LinkedHashMap<>(turns.nanos(warmups, TURNS));
            DocumentStats after = smallDocuments.stats();
            figures.put(
                    "missesPerGet", (after.cacheMisses() - before.cacheMisses()) / (double) (GETS * (warmups + TURNS)));
            return figures;
        }
    }

    private static byte last(MemorySegment text) {
        return text.byteSize() == 0 ? 0 : text.get(ValueLayout.JAVA_BYTE, text.byteSize() - 1);
    }

    /** Each timed for itself, the clock's own time included. */
    private Map<String, Object> cachedGets() {
        Histogram inPlace = new Histogram(60_000_000_000L, 3);
        Histogram byKey = new Histogram(60_000_000_000L, 3);
        Histogram copied = new Histogram(60_000_000_000L, 3);
        Histogram clock = new Histogram(60_000_000_000L, 3);
        int few = Math.min(CACHED_BLOCKS, blocks.count());
        // Both stores were filled alike, so blocks of one have the ordinals of the other.
        int documents = few == blocks.count() ? corpus.count() : blocks.firstOrdinal(few);
        try (DocumentCursor cursor = cached.cursor();
                DocumentCursor walk = cached.cursor()) {
            walk.next();
            long here = walk.address().segment();
            String[] keys = new String[documents];
            for (int i = 0; i < documents; i++) {
                cursor.find(new DocumentAddress(here, i));
                keys[i] = cursor.document().string(0);
            }
            long state = turn;
            for (int i = 0; i < CACHED_GETS; i++) {
                state = next(state);
                int ordinal = below(state, documents);
                DocumentAddress address = new DocumentAddress(here, ordinal);
                long start = System.nanoTime();
                cursor.find(address);
                sink += last(cursor.document().bytes(1, 0));
                inPlace.recordValue(System.nanoTime() - start);
                start = System.nanoTime();
                cursor.find(keys[documents - 1 - ordinal]);
                sink += last(cursor.document().bytes(1, 0));
                byKey.recordValue(System.nanoTime() - start);
                start = System.nanoTime();
                sink += last(cached.get(new DocumentAddress(here, (ordinal + documents / 2) % documents))
                        .bytes(1, 0));
                copied.recordValue(System.nanoTime() - start);
                start = System.nanoTime();
                clock.recordValue(System.nanoTime() - start);
            }
        }
        Map<String, Object> figures = new LinkedHashMap<>();
        describe("inPlace", inPlace, figures);
        describe("byKey", byKey, figures);
        describe("copied", copied, figures);
        describe("clock", clock, figures);
        figures.put("blocks", few);
        return figures;
    }

    private static void describe(String what, Histogram histogram, Map<String, Object> figures) {
        figures.put(what + "P50", histogram.getValueAtPercentile(50));
        figures.put(what + "P99", histogram.getValueAtPercentile(99));
    }

    @Override
    public void close() {
        lucene.values().forEach(LuceneDocuments::close);
        blocks.close();
        cached.close();
        uncached.close();
        store.close();
        small.close();
    }
}
