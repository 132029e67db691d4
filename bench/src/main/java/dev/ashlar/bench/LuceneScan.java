package dev.ashlar.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.Arrays;
import org.apache.lucene.codecs.hnsw.FlatVectorScorerUtil;
import org.apache.lucene.codecs.hnsw.FlatVectorsReader;
import org.apache.lucene.document.Document;
import org.apache.lucene.document.KnnFloatVectorField;
import org.apache.lucene.index.CodecReader;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.IndexWriterConfig;
import org.apache.lucene.index.VectorSimilarityFunction;
import org.apache.lucene.search.DocAndFloatFeatureBuffer;
import org.apache.lucene.search.DocIdSetIterator;
import org.apache.lucene.search.TopKnnCollector;
import org.apache.lucene.search.VectorScorer;
import org.apache.lucene.store.MMapDirectory;
import org.apache.lucene.util.hnsw.RandomVectorScorer;

/**
 * Lucene's exact search of flat vectors at its fastest: one segment, mapped and loaded, its own vectorised scorer asked for
 * many rows at once, and no query machinery around it. Two loops; the better one counts. The number of a document is the id.
 */
final class LuceneScan implements AutoCloseable {
    private static final String FIELD = "v";
    private static final int BATCH = 64;

    private final MMapDirectory directory;
    private final DirectoryReader reader;
    private final CodecReader leaf;
    private final int count;

    LuceneScan(Path path, DenseRows rows) {
        try {
            directory = new MMapDirectory(path);
            directory.setPreload(MMapDirectory.ALL_FILES);
            IndexWriterConfig config = new IndexWriterConfig()
                    .setCodec(new FlatCodec())
                    .setUseCompoundFile(false)
                    .setRAMBufferSizeMB(2000);
            try (IndexWriter writer = new IndexWriter(directory, config)) {
                for (int id = 0; id < rows.count(); id++) {
                    float[] row = new float[rows.dimension()];
                    rows.fill(id, row);
                    Document document = new Document();
                    document.add(new KnnFloatVectorField(FIELD, row, VectorSimilarityFunction.DOT_PRODUCT));
                    writer.addDocument(document);
                }
                writer.forceMerge(1);
            }
            reader = DirectoryReader.open(directory);
            leaf = (CodecReader) reader.leaves().getFirst().reader();
            count = leaf.maxDoc();
            if (reader.leaves().size() != 1 || count != rows.count()) {
                throw new IllegalStateException("Lucene has " + reader.leaves().size() + " segments");
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Which scorer it uses. */
    static String describe() {
        return FlatVectorScorerUtil.getLucene99FlatVectorsScorer().toString();
    }

    static float[] query(MemorySegment query) {
        return query.toArray(ValueLayout.JAVA_FLOAT);
    }

    /** The nearest rows of one thread's share, by the scorer that is given ordinals. */
    TopKnnCollector nearestByOrdinals(float[] query, int k, int thread, int threads) {
        try {
            RandomVectorScorer scorer =
                    ((FlatVectorsReader) leaf.getVectorReader()).getRandomVectorScorer(FIELD, query);
            TopKnnCollector nearest = new TopKnnCollector(k, Integer.MAX_VALUE);
            int[] ordinals = new int[BATCH];
            float[] scores = new float[BATCH];
            int to = (int) ((long) count * (thread + 1) / threads);
            for (int from = (int) ((long) count * thread / threads); from < to; from += BATCH) {
                int batch = Math.min(BATCH, to - from);
                for (int i = 0; i < batch; i++) {
                    ordinals[i] = from + i;
                }
                if (scorer.bulkScore(ordinals, scores, batch) > nearest.minCompetitiveSimilarity()) {
                    for (int i = 0; i < batch; i++) {
                        nearest.collect(from + i, scores[i]);
                    }
                }
            }
            return nearest;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The same by the scorer that goes from document to document. */
    TopKnnCollector nearestByDocuments(float[] query, int k, int thread, int threads) {
        try {
            int from = (int) ((long) count * thread / threads);
            int to = (int) ((long) count * (thread + 1) / threads);
            VectorScorer.Bulk scorer = leaf.getFloatVectorValues(FIELD)
                    .scorer(query)
                    .bulk(from == to ? DocIdSetIterator.empty() : DocIdSetIterator.range(from, to));
            TopKnnCollector nearest = new TopKnnCollector(k, Integer.MAX_VALUE);
            DocAndFloatFeatureBuffer found = new DocAndFloatFeatureBuffer();
            for (float best = scorer.nextDocsAndScores(to, null, found);
                    found.size > 0;
                    best = scorer.nextDocsAndScores(to, null, found)) {
                if (best > nearest.minCompetitiveSimilarity()) {
                    for (int i = 0; i < found.size; i++) {
                        nearest.collect(found.docs[i], found.features[i]);
                    }
                }
            }
            return nearest;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static long[] ids(TopKnnCollector nearest) {
        return Arrays.stream(nearest.topDocs().scoreDocs)
                .mapToLong(hit -> hit.doc)
                .toArray();
    }

    @Override
    public void close() {
        try {
            reader.close();
            directory.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
