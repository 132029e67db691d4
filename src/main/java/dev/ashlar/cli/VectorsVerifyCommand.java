package dev.ashlar.cli;

import dev.ashlar.CorruptionException;
import dev.ashlar.Store;
import dev.ashlar.VectorCollection;
import dev.ashlar.VectorScan;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code ashlar vectors verify}: reads every row and compares its checksum. */
@Command(
        name = "verify",
        header = "Reads every vector, compares its checksum, and lists what is damaged.",
        description = {
            "Reads the rows that count, of one collection or of all, and lists each damaged one (exit code 2). It repairs "
                    + "nothing and changes nothing. 'ashlar verify' reads everything else too.",
            "",
            "What is damaged costs itself only: the others can be read and searched, and writing a row again replaces its "
                    + "damaged vector."
        },
        footer = {"  ashlar vectors verify data", "  ashlar vectors verify data points --json"})
final class VectorsVerifyCommand extends Action {
    @Mixin
    private StoreArgument store = new StoreArgument();

    @Parameters(
            index = "1",
            arity = "0..1",
            paramLabel = "COLLECTION",
            description = "Name of a vector collection; without it all of them are read.")
    private @Nullable String collection;

    @Mixin
    private ProgressOption progressOption = new ProgressOption();

    private final List<Map<String, Object>> damaged = new ArrayList<>();
    private long intact;
    private long bytes;

    VectorsVerifyCommand(Output output) {
        super(output);
    }

    @Override
    int run() throws IOException {
        long start = System.nanoTime();
        try (Store open = store.openExisting(output())) {
            List<VectorCollection> collections = new ArrayList<>();
            if (collection == null) {
                open.vectorCollections().forEach(name -> collections.add(open.vectors(name)));
            } else {
                collections.add(VectorsAction.existing(open, collection, store));
            }
            long total = collections.stream()
                    .mapToLong(each -> each.size() * each.options().rowBytes())
                    .sum();
            try (Progress progress = progressOption.bytes("verifying", total, output())) {
                collections.forEach(each -> verify(each, progress));
            }
        }
        report(Duration.ofNanos(System.nanoTime() - start));
        return damaged.isEmpty() ? ExitCode.OK : ExitCode.REFUSED;
    }

    private void verify(VectorCollection verified, Progress progress) {
        // At the first access of this process every row is compared with its checksum.
        try (VectorScan scan = verified.scan()) {
            while (next(verified, scan)) {
                try {
                    bytes += scan.row().byteSize();
                    intact++;
                } catch (CorruptionException e) {
                    damaged(verified, scan.id(), e);
                }
                progress.by(verified.options().rowBytes());
            }
        }
    }

    /** Goes to the next row whose id can be read. */
    private boolean next(VectorCollection verified, VectorScan scan) {
        while (true) {
            try {
                return scan.next();
            } catch (CorruptionException e) {
                damaged(verified, null, e);
            }
        }
    }

    private void damaged(VectorCollection verified, @Nullable Long id, CorruptionException e) {
        Map<String, Object> members = Json.object("collection", verified.name());
        if (id != null) {
            members.put("id", id);
        }
        members.put("file", e.file());
        members.put("position", e.position());
        members.put("what", Errors.describe(e));
        damaged.add(members);
    }

    private void report(Duration elapsed) {
        if (json()) {
            output().json(Json.object(
                    "intact",
                    damaged.isEmpty(),
                    "rows",
                    intact,
                    "bytes",
                    bytes,
                    "damaged",
                    damaged,
                    "elapsedNanos",
                    elapsed.toNanos()));
            return;
        }
        for (Map<String, Object> each : damaged) {
            Object id = each.get("id");
            output().line("damaged: " + (id == null ? "a row" : "row " + id) + " of "
                    + Escapes.show(String.valueOf(each.get("collection"))) + ": " + each.get("what"));
        }
        new Table("", "")
                .row("intact vectors", Units.count(intact))
                .row("damaged", Units.count(damaged.size()))
                .row("read", Units.bytes(bytes))
                .row("time", Units.time(elapsed))
                .row("throughput", Units.bytesPerSecond(bytes, elapsed))
                .print(output());
    }
}
