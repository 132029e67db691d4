package dev.ashlar.cli;

import dev.ashlar.Document;
import dev.ashlar.DocumentBuilder;
import dev.ashlar.DocumentCollection;
import dev.ashlar.DocumentCursor;
import dev.ashlar.DocumentField;
import dev.ashlar.DocumentFilter;
import dev.ashlar.DocumentSchema;
import dev.ashlar.DocumentSnapshot;
import dev.ashlar.DocumentStats;
import dev.ashlar.Durability;
import dev.ashlar.InvalidDocumentException;
import dev.ashlar.Keyspace;
import dev.ashlar.PreparedCommit;
import dev.ashlar.Scan;
import dev.ashlar.Snapshot;
import dev.ashlar.Store;
import dev.ashlar.WriteBatch;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Makes a document of each Java file that was stored, commits them in two phases, the second one in a batch with a key of a keyspace,
 * and reads all of them back.
 */
final class DocumentsStep {
    private static final String COLLECTION = QuickstartDirectory.PREFIX + "sources";
    private static final String SUMMARY = QuickstartDirectory.PREFIX + "summary";
    private static final String SUMMARY_KEY = "documents";

    private static final DocumentSchema SCHEMA = DocumentSchema.builder()
            .field(DocumentField.keyword("path"))
            .field(DocumentField.keyword("module"))
            .field(DocumentField.keyword("package"))
            .field(DocumentField.keyword("type").asMany())
            .field(DocumentField.i64("size"))
            .field(DocumentField.text("text"))
            .primaryKey("path")
            .build();
    private static final int PATH = SCHEMA.number("path");
    private static final int SIZE = SCHEMA.number("size");
    private static final int TEXT = SCHEMA.number("text");

    private static final Pattern PACKAGE = Pattern.compile("^package ([\\w.]+) *;", Pattern.MULTILINE);

    /** Types that are not within others begin at the beginning of a line. */
    private static final Pattern TYPE = Pattern.compile(
            "^(?:(?:public|abstract|final|sealed|non-sealed|strictfp) )*(?:class|interface|@interface|enum|record) (\\w+)",
            Pattern.MULTILINE);

    private final Keyspace files;
    private final Keyspace summary;
    private final DocumentCollection documents;
    private final QuickstartReport report;
    private long count;
    private long bytes;

    private DocumentsStep(Store store, QuickstartReport report) {
        this.files = store.keyspace(FilesStep.KEYSPACE);
        this.summary = store.keyspace(SUMMARY);
        this.report = report;
        // Of an earlier quickstart, with another source maybe.
        boolean dropped = store.dropDocuments(COLLECTION);
        this.documents = store.documents(COLLECTION, SCHEMA);
        if (dropped) {
            summary.delete(SUMMARY_KEY);
        }
    }

    static void run(Store store, QuickstartReport report) throws IOException {
        DocumentsStep step = new DocumentsStep(store, report);
        report.tell("adding a document for every Java file, and committing in two phases");
        step.add(store);
        if (step.count == 0) {
            return;
        }
        step.commit(store);
        report.tell("reading the documents, and comparing");
        step.read();
        step.tellOfSize();
    }

    private void add(Store store) {
        DocumentBuilder builder = documents.document();
        long start = System.nanoTime();
        try (Snapshot snapshot = store.snapshot();
                Scan scan = snapshot.keyspace(FilesStep.KEYSPACE).scan()) {
            while (scan.next()) {
                String path = new String(scan.key().toArray(ValueLayout.JAVA_BYTE), StandardCharsets.UTF_8);
                if (path.endsWith(".java") && fill(builder.clear(), path, scan.value())) {
                    long ignored = documents.add(builder, Durability.APPENDED);
                    count++;
                    bytes += scan.value().byteSize();
                }
            }
        }
        report.measured("add a document for each Java file", count, bytes, since(start), null);
    }

    /** @return false if the file is not UTF-8: then it is no text */
    private static boolean fill(DocumentBuilder builder, String path, MemorySegment content) {
        try {
            DocumentBuilder ignored = builder.set("path", path)
                    .set("module", path.substring(0, Math.max(0, path.indexOf('/'))))
                    .set("size", content.byteSize())
                    .set("text", content);
        } catch (InvalidDocumentException _) {
            return false;
        }
        String text = new String(content.toArray(ValueLayout.JAVA_BYTE), StandardCharsets.UTF_8);
        Matcher inPackage = PACKAGE.matcher(text);
        if (inPackage.find()) {
            DocumentBuilder ignored = builder.set("package", inPackage.group(1));
        }
        for (Matcher type = TYPE.matcher(text); type.find(); ) {
            DocumentBuilder ignored = builder.add("type", type.group(1));
        }
        return true;
    }

    private void commit(Store store) {
        long start = System.nanoTime();
        try (PreparedCommit prepared = documents.prepareCommit();
                WriteBatch batch = store.batch()) {
            report.measured("prepare: compress them into segments, synced", count, bytes, since(start), null);
            try (DocumentSnapshot before = documents.snapshot()) {
                if (before.count() != 0 || summary.get(SUMMARY_KEY) != null) {
                    throw Failure.refused("documents are visible that were not committed");
                }
            }
            byte[] fact = (count + " documents").getBytes(StandardCharsets.UTF_8);
            long second = System.nanoTime();
            long ignored = batch.publish(prepared)
                    .put(summary, SUMMARY_KEY.getBytes(StandardCharsets.UTF_8), fact)
                    .commit(Durability.DURABLE);
            report.measured("commit them in a batch with a key, synced", count, bytes, since(second), null);
        }
        if (summary.get(SUMMARY_KEY) == null) {
            throw Failure.refused("documents were committed in a batch, and the key of the batch is not there");
        }
    }

    private void read() {
        Latency.Recorder latency = Latency.recorder();
        try (DocumentSnapshot snapshot = documents.snapshot();
                DocumentCursor cursor = snapshot.cursor()) {
            if (snapshot.count() != count) {
                throw Failure.refused(
                        Units.count(count) + " documents were committed, and " + snapshot.count() + " are there");
            }
            long nanos = 0;
            long found = 0;
            while (true) {
                long start = System.nanoTime();
                if (!cursor.next()) {
                    break;
                }
                MemorySegment text = cursor.document().bytes(TEXT, 0);
                nanos += System.nanoTime() - start;
                check(cursor.document(), text);
                found++;
            }
            if (found != count) {
                throw Failure.refused("of " + count + " documents, " + found + " are met one after the other");
            }
            report.measured("read them one after the other", found, bytes, Duration.ofNanos(nanos), null);
            nanos = 0;
            try (DocumentCursor all = snapshot.cursor()) {
                while (all.next()) {
                    String path = all.document().string(PATH, 0);
                    long start = System.nanoTime();
                    boolean there = cursor.find(path);
                    long taken = System.nanoTime() - start;
                    latency.record(taken);
                    nanos += taken;
                    if (!there
                            || cursor.document()
                                            .bytes(TEXT, 0)
                                            .mismatch(all.document().bytes(TEXT, 0))
                                    >= 0) {
                        throw Failure.refused(path + " is a document, and its key leads elsewhere");
                    }
                }
            }
            report.measured("find them by path", count, bytes, Duration.ofNanos(nanos), latency.result());
            DocumentFilter filter = DocumentFilter.equal("module", "java.base");
            long start = System.nanoTime();
            long matching = snapshot.count(filter);
            report.measured("count those of module java.base", matching, bytes, since(start), null);
        }
    }

    private void check(Document document, MemorySegment text) {
        String path = document.string(PATH, 0);
        MemorySegment file = files.get(path);
        if (file == null || file.mismatch(text) >= 0 || document.i64(SIZE) != file.byteSize()) {
            throw Failure.refused("the document of " + Escapes.show(path) + " is something else than the file");
        }
    }

    private void tellOfSize() {
        DocumentStats stats = documents.stats();
        report.fact("documents", Json.of(stats));
        report.found(Units.count(count)
                + " documents committed in two phases, together with a key of a keyspace; the text of each is "
                + "that of its file; "
                + Units.bytes(stats.rawBytes()) + " are " + Units.bytes(stats.fileBytes()) + " compressed, "
                + String.format(Locale.ROOT, "%.1f", stats.compression()) + " times smaller");
    }

    private static Duration since(long start) {
        return Duration.ofNanos(System.nanoTime() - start);
    }
}
