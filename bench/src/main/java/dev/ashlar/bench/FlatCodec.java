package dev.ashlar.bench;

import org.apache.lucene.codecs.FilterCodec;
import org.apache.lucene.codecs.KnnVectorsFormat;
import org.apache.lucene.codecs.hnsw.FlatVectorScorerUtil;
import org.apache.lucene.codecs.lucene104.Lucene104Codec;
import org.apache.lucene.codecs.lucene99.Lucene99FlatVectorsFormat;

/** Lucene's codec, with vectors one behind the other and no graph. Public, and named as a service: Lucene looks it up. */
public final class FlatCodec extends FilterCodec {
    private final KnnVectorsFormat vectors =
            new Lucene99FlatVectorsFormat(FlatVectorScorerUtil.getLucene99FlatVectorsScorer());

    public FlatCodec() {
        super("AshlarBenchFlat", new Lucene104Codec());
    }

    @Override
    public KnnVectorsFormat knnVectorsFormat() {
        return vectors;
    }
}
