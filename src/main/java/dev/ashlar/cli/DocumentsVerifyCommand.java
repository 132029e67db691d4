package dev.ashlar.cli;

import dev.ashlar.CorruptionException;
import dev.ashlar.DocumentCollection;
import dev.ashlar.DocumentCursor;
import dev.ashlar.DocumentSnapshot;
import dev.ashlar.Store;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code ashlar documents verify}: reads every document and compares its checksum. */
@Command(
        name = "verify",
        header = "Reads every document, compares the checksums, and lists what is damaged.",
        description = {
            "Reads the committed documents of one collection or of all, and lists each damaged place with the number of documents "
                    + "that cannot be read because of it (exit code 2). It repairs nothing and changes nothing. 'ashlar "
                    + "verify' reads everything else too.",
            "",
            "What is damaged costs the documents of one block only: the others can be read, and an upsert replaces a damaged one."
        },
        footer = {"  ashlar documents verify data", "  ashlar documents verify data books --json"})
final class DocumentsVerifyCommand extends Action {
    @Mixin
    private StoreArgument store = new StoreArgument();

    @Parameters(
            index = "1",
            arity = "0..1",
            paramLabel = "COLLECTION",
            description = "Name of the document collection; without it all of them are read.")
    private @Nullable String collection;

    @Mixin
    private ProgressOption progressOption = new ProgressOption();

    /** By what is the same for all documents of a block. */
    private final Map<String, Map<String, Object>> damaged = new LinkedHashMap<>();

    private long damagedDocuments;
    private long intact;
    private long bytes;

    DocumentsVerifyCommand(Output output) {
        super(output);
    }

    @Override
    int run() throws IOException {
        long start = System.nanoTime();
        try (Store open = store.openExisting(output())) {
            List<DocumentCollection> collections = new ArrayList<>();
            if (collection == null) {
                open.documentCollections().forEach(name -> collections.add(open.documents(name)));
            } else {
                collections.add(DocumentsAction.existing(open, collection, store));
            }
            long total = collections.stream()
                    .mapToLong(each -> each.stats().rawBytes())
                    .sum();
            try (Progress progress = progressOption.bytes("verifying", total, output())) {
                collections.forEach(each -> verify(each, progress));
            }
        }
        report(Duration.ofNanos(System.nanoTime() - start));
        return damaged.isEmpty() ? ExitCode.OK : ExitCode.REFUSED;
    }

    private void verify(DocumentCollection verified, Progress progress) {
        // Each block is compared with its checksum as this process reads it first, and each document with its own
        // structure.
        try (DocumentSnapshot snapshot = verified.snapshot();
                DocumentCursor cursor = snapshot.cursor()) {
            while (true) {
                try {
                    if (!cursor.next()) {
                        return;
                    }
                    long size = cursor.document().encoded().byteSize();
                    progress.by(size);
                    bytes += size;
                    intact++;
                } catch (CorruptionException e) {
                    damaged(verified, e);
                }
            }
        }
    }

    private void damaged(DocumentCollection verified, CorruptionException e) {
        damagedDocuments++;
        Map<String, Object> members = damaged.computeIfAbsent(
                e.file() + ":" + e.position(),
                _ -> Json.object(
                        "collection",
                        verified.name(),
                        "file",
                        e.file(),
                        "position",
                        e.position(),
                        "what",
                        Errors.describe(e),
                        "documents",
                        0L));
        members.merge("documents", 1L, (one, other) -> (Long) one + (Long) other);
    }

    private void report(Duration elapsed) {
        if (json()) {
            output().json(Json.object(
                    "intact",
                    damaged.isEmpty(),
                    "documents",
                    intact,
                    "damagedDocuments",
                    damagedDocuments,
                    "bytes",
                    bytes,
                    "damaged",
                    List.copyOf(damaged.values()),
                    "elapsedNanos",
                    elapsed.toNanos()));
            return;
        }
        for (Map<String, Object> each : damaged.values()) {
            output().line("damaged: " + each.get("documents") + " of "
                    + Escapes.show(String.valueOf(each.get("collection"))) + ": " + each.get("what"));
        }
        new Table("", "")
                .row("intact documents", Units.count(intact))
                .row("damaged", Units.count(damagedDocuments))
                .row("read", Units.bytes(bytes))
                .row("time", Units.time(elapsed))
                .row("throughput", Units.bytesPerSecond(bytes, elapsed))
                .print(output());
    }
}
