package dev.ashlar.cli;

import dev.ashlar.Durability;
import dev.ashlar.Keyspace;
import dev.ashlar.VectorCollection;
import dev.ashlar.WriteBatch;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import org.jspecify.annotations.Nullable;

/**
 * Stores each file that it visits, its name under a number, and the vector of its words under the same one: all three in one
 * batch, so that none is ever there without the others.
 */
final class FileLoader implements ImportSource.Visitor {
    /** Longer files are streamed, and have no vector. */
    static final int MAX_TEXT_BYTES = 1 << 20;

    private static final long BATCH_BYTES = 1 << 20;

    private final Keyspace files;
    private final Keyspace names;
    private final VectorCollection vectors;
    private final WriteBatch batch;
    private final WordVectors words;
    private final Progress progress;
    private final Output output;
    private long count;
    private long bytes;
    private long withVector;
    private long failed;

    FileLoader(
            Keyspace files,
            Keyspace names,
            VectorCollection vectors,
            WriteBatch batch,
            WordVectors words,
            Progress progress,
            Output output) {
        this.files = files;
        this.names = names;
        this.vectors = vectors;
        this.batch = batch;
        this.words = words;
        this.progress = progress;
        this.output = output;
    }

    @Override
    public void entry(ImportSource.Entry entry) {
        if (entry.key().length > Keyspace.MAX_KEY_BYTES) {
            failed(entry.name(), new IOException("the name is longer than a key may be"));
            return;
        }
        try (InputStream content = entry.opener().open()) {
            byte[] head = content.readNBytes(MAX_TEXT_BYTES);
            if (head.length < MAX_TEXT_BYTES) {
                put(entry.key(), head);
            } else {
                stream(entry.key(), head, content);
            }
            count++;
        } catch (IOException e) {
            failed(entry.name(), e);
        }
        progress.by(entry.size());
    }

    private void put(byte[] key, byte[] content) {
        batch.put(files, key, content).put(names, count, key);
        float @Nullable [] vector = words.vector(content);
        if (vector != null) {
            batch.put(vectors, count, vector);
            withVector++;
        }
        bytes += content.length;
        if (batch.bytes() >= BATCH_BYTES) {
            batch.commit();
        }
    }

    private void stream(byte[] key, byte[] head, InputStream rest) throws IOException {
        batch.commit();
        CountingStream whole =
                new CountingStream(new SequenceInputStream(new java.io.ByteArrayInputStream(head), rest));
        try {
            files.putStream(key, whole, Durability.APPENDED);
        } catch (java.io.UncheckedIOException e) {
            throw e.getCause();
        }
        bytes += whole.count();
        names.put(count, key);
    }

    /** Commits what is left, durably, and with it all before. */
    void finish() {
        batch.commit(Durability.DURABLE);
    }

    @Override
    public void failed(String name, IOException why) {
        failed++;
        output.error("not stored: " + name + ": " + Errors.describe(why));
    }

    @Override
    public void skipped(String name, String why) {
        output.warn("skipped: " + name + ": " + why);
    }

    long files() {
        return count;
    }

    long bytes() {
        return bytes;
    }

    /** How many of them have a vector. */
    long withVector() {
        return withVector;
    }

    long failed() {
        return failed;
    }
}
