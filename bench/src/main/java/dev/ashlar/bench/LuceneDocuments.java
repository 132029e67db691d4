package dev.ashlar.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import org.apache.lucene.codecs.lucene104.Lucene104Codec;
import org.apache.lucene.document.Document;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.IndexWriterConfig;
import org.apache.lucene.index.LeafReader;
import org.apache.lucene.index.PostingsEnum;
import org.apache.lucene.index.StoredFields;
import org.apache.lucene.index.TermsEnum;
import org.apache.lucene.search.DocIdSetIterator;
import org.apache.lucene.store.MMapDirectory;
import org.apache.lucene.util.BytesRef;

/** Documents in Lucene: a term for the key, stored fields; merged to one segment and mapped when they are read. */
final class LuceneDocuments implements AutoCloseable {
    private final MMapDirectory directory;
    private final DirectoryReader reader;
    private final StoredFields stored;
    private final TermsEnum terms;
    private PostingsEnum postings;

    LuceneDocuments(Path path, Corpus corpus, Lucene104Codec.Mode mode) {
        try {
            write(path, corpus, mode, true);
            directory = new MMapDirectory(path);
            directory.setPreload(MMapDirectory.ALL_FILES);
            reader = DirectoryReader.open(directory);
            LeafReader leaf = reader.leaves().getFirst().reader();
            if (reader.leaves().size() != 1 || leaf.maxDoc() != corpus.count()) {
                throw new IllegalStateException("Lucene has " + reader.leaves().size() + " segments");
            }
            stored = leaf.storedFields();
            // Kept, as its own writer does when it looks for the documents to delete.
            terms = leaf.terms(Corpus.KEY).iterator();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Adds all documents and commits. */
    static void write(Path path, Corpus corpus, Lucene104Codec.Mode mode, boolean merge) {
        IndexWriterConfig config =
                new IndexWriterConfig().setCodec(new Lucene104Codec(mode)).setRAMBufferSizeMB(64);
        try (MMapDirectory directory = new MMapDirectory(path);
                IndexWriter writer = new IndexWriter(directory, config)) {
            for (int i = 0; i < corpus.count(); i++) {
                writer.addDocument(corpus.lucene(i));
            }
            if (merge) {
                writer.forceMerge(1);
            }
            writer.commit();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The number of the document with a key, or -1. It makes the bytes of the term first, as Lucene's Term does. */
    int find(String key) {
        return find(new BytesRef(key));
    }

    /** The number of the document with a key, or -1. */
    int find(BytesRef key) {
        try {
            if (!terms.seekExact(key)) {
                return -1;
            }
            postings = terms.postings(postings, PostingsEnum.NONE);
            int found = postings.nextDoc();
            return found == DocIdSetIterator.NO_MORE_DOCS ? -1 : found;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    Document get(int number) {
        try {
            return stored.document(number);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
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
