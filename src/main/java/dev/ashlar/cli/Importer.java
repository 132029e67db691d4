package dev.ashlar.cli;

import dev.ashlar.Keyspace;
import java.io.IOException;
import java.io.InputStream;

/** Stores what it visits, and counts. */
final class Importer implements ImportSource.Visitor {
    private final BulkWriter writer;
    private final Progress progress;
    private final Output output;
    private long files;
    private long bytes;
    private long failed;
    private long skipped;

    Importer(BulkWriter writer, Progress progress, Output output) {
        this.writer = writer;
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
            bytes += writer.put(entry.key(), content);
            files++;
        } catch (IOException e) {
            failed(entry.name(), e);
        }
        progress.by(entry.size());
    }

    @Override
    public void failed(String name, IOException why) {
        failed++;
        output.error("not stored: " + name + ": " + Errors.describe(why));
    }

    @Override
    public void skipped(String name, String why) {
        skipped++;
        output.warn("skipped: " + name + ": " + why);
    }

    long files() {
        return files;
    }

    long bytes() {
        return bytes;
    }

    long failed() {
        return failed;
    }

    long skipped() {
        return skipped;
    }
}
