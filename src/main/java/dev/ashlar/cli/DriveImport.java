package dev.ashlar.cli;

import dev.ashlar.Damage;
import dev.ashlar.Keyspace;
import dev.ashlar.Store;
import dev.ashlar.interchange.ImportOptions;
import dev.ashlar.interchange.ImportReport;
import dev.ashlar.interchange.KnownKeys;
import dev.ashlar.interchange.SimdRDrive;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The part of {@link ImportCommand} that is about files of simd-r-drive. */
final class DriveImport {
    private static final int SHOWN_HASHES = 8;

    private final Output output;
    private final StoreArgument store;
    private final String keyspace;
    private final Path path;
    private final ProgressOption progressOption;

    DriveImport(Output output, StoreArgument store, String keyspace, Path path, ProgressOption progressOption) {
        this.output = output;
        this.store = store;
        this.keyspace = keyspace;
        this.path = path;
        this.progressOption = progressOption;
    }

    /** @param keys a file of keys, one a line in this form; null: hashes are the keys */
    int run(@Nullable Path keys, KeyForm form, boolean salvage, boolean json) throws IOException {
        ImportOptions options = ImportOptions.DEFAULT.withSalvage(salvage);
        if (keys != null) {
            options = options.withKeys(readKeys(keys, form));
        }
        if (StoreArgument.isAbsentOrEmpty(store.directory())) {
            requireImportable(salvage);
        }
        ImportReport report;
        // The file is read twice: verified, then stored.
        try (Store open = store.openOrCreate(output);
                Progress progress = progressOption.bytes("importing", 2 * Files.size(path), output)) {
            report = SimdRDrive.importFile(
                    path, open, StoreArgument.existingOrNew(open, keyspace), options.withProgress(progress::to));
            progress.finish();
        }
        tell(report);
        print(report, json);
        return report.lost() == 0 ? ExitCode.OK : ExitCode.REFUSED;
    }

    /** Where there is nothing to import, no store is created. */
    private void requireImportable(boolean salvage) {
        ImportReport found = SimdRDrive.examine(path, _ -> {});
        if (!found.intact() && !salvage) {
            throw Failure.refused(Escapes.show(path.toString()) + " is damaged: " + Units.count(found.lostBytes())
                    + " bytes of it cannot be read, the first at "
                    + StoreArgument.show(found.damaged().getFirst())
                    + ". Nothing was imported; --salvage imports what is whole.");
        }
    }

    private static KnownKeys readKeys(Path file, KeyForm form) throws IOException {
        List<byte[]> keys = new ArrayList<>();
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        try (InputStream lines = new BufferedInputStream(Files.newInputStream(file))) {
            for (int next = 0; next >= 0; ) {
                next = lines.read();
                if (next >= 0 && next != '\n') {
                    line.write(next);
                } else {
                    addKey(line.toByteArray(), form, keys);
                    line.reset();
                }
            }
        }
        return KnownKeys.of(keys);
    }

    /** A key in text form is the bytes of its line, whatever they are; lists of other systems end lines with CR LF. */
    private static void addKey(byte[] line, KeyForm form, List<byte[]> keys) {
        int length = line.length > 0 && line[line.length - 1] == '\r' ? line.length - 1 : line.length;
        if (length == 0) {
            return;
        }
        byte[] written = Arrays.copyOf(line, length);
        byte[] key = form == KeyForm.TEXT ? written : form.parse(new String(written, StandardCharsets.UTF_8));
        if (key.length > Keyspace.MAX_KEY_BYTES) {
            throw Failure.refused("a key in the list has " + Units.count(key.length) + " bytes; a key has at most "
                    + Units.count(Keyspace.MAX_KEY_BYTES));
        }
        keys.add(key);
    }

    private void tell(ImportReport report) {
        for (Damage damage : report.damaged()) {
            output.error("not imported: " + StoreArgument.show(damage));
        }
        if (report.lost() > report.damaged().size()) {
            output.error("not imported: "
                    + Units.count(report.lost() - report.damaged().size()) + " more stretches");
        }
        if (report.unmatched() > 0) {
            String hashes = report.unmatchedHashes().stream()
                    .distinct()
                    .limit(SHOWN_HASHES)
                    .map(hash -> String.format("%016x", hash))
                    .collect(Collectors.joining(", "));
            output.warn(Units.count(report.unmatched()) + " entries and deletions are of keys that are not in the list;"
                    + " their hashes: " + hashes + (report.unmatched() > SHOWN_HASHES ? ", …" : ""));
        }
    }

    private void print(ImportReport report, boolean json) {
        if (json) {
            output.json(Json.object(
                    "keyspace", keyspace,
                    "fileBytes", report.fileBytes(),
                    "alignment", report.alignment(),
                    "intact", report.intact(),
                    "puts", report.puts(),
                    "deletions", report.deletions(),
                    "bytes", report.bytes(),
                    "unmatched", report.unmatched(),
                    "unmatchedHashes", report.unmatchedHashes(),
                    "lost", report.lost(),
                    "lostBytes", report.lostBytes(),
                    "damaged", Json.damages(report.damaged()),
                    "elapsedNanos", report.elapsed().toNanos()));
            return;
        }
        new Table("", "")
                .row("entries stored", Units.count(report.puts()))
                .row("deletions", Units.count(report.deletions()))
                .row("not in the list of keys", Units.count(report.unmatched()))
                .row("bytes", Units.bytes(report.bytes()))
                .row("bytes that were lost", Units.count(report.lostBytes()))
                .row("time", Units.time(report.elapsed()))
                .row("throughput", Units.bytesPerSecond(report.fileBytes(), report.elapsed()))
                .print(output);
    }
}
