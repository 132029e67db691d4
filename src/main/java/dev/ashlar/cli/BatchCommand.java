package dev.ashlar.cli;

import dev.ashlar.Durability;
import dev.ashlar.Keyspace;
import dev.ashlar.Store;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code ashlar batch}: many writes that take effect together. */
@Command(
        name = "batch",
        header = "Applies writes, given as lines of JSON: all of them or none.",
        description = {
            "Each line is an object with op, keyspace and, but for clear, key or keyBase64 as in 'ashlar export --to jsonl':",
            "",
            "  {\"op\":\"put\",\"keyspace\":\"k\",\"key\":\"a\",\"value\":\"…\"}        or valueBase64",
            "  {\"op\":\"put\",…,\"timeToLive\":\"PT5M\"}                    from now; or \"expiresAt\":\"2030-01-31T12:00:00Z\"",
            "  {\"op\":\"delete\",\"keyspace\":\"k\",\"key\":\"a\"}               an absent key is no error",
            "  {\"op\":\"clear\",\"keyspace\":\"k\"}                          all entries, those put before it too",
            "  {\"op\":\"require\",\"keyspace\":\"k\",\"key\":\"a\",\"version\":7}  or \"absent\":true",
            "",
            "What is required is compared with the state before the batch. If it does not hold, or a line makes no sense, "
                    + "nothing is written, and the message names the line (exit code 2). Store and keyspaces that are put "
                    + "to, or in which a key is required to be absent, are created if need be; all others must be there. "
                    + "When the command returns, everything is on the device.",
            "",
            "With --each=N every N lines are a batch of their own, committed as soon as they are read. An error keeps what "
                    + "was committed before it, and the command says how much that is.",
            "",
            "Standard input, and a FILE that is no regular file, is first copied to a temporary file if it is long, unless "
                    + "--each is given."
        },
        footer = {
            "  ashlar batch data writes.jsonl",
            "  generate | ashlar batch data --each=1000",
            "  echo '{\"op\":\"put\",\"keyspace\":\"k\",\"key\":17,\"value\":\"x\"}' | ashlar batch data -"
        })
final class BatchCommand extends Action {
    @Mixin
    private StoreArgument store = new StoreArgument();

    @Parameters(
            index = "1",
            arity = "0..1",
            paramLabel = "FILE",
            description = "The lines; - for standard input, as without it.")
    private Path file = Path.of("-");

    @Option(names = "--each", paramLabel = "N", description = "Commit every N lines, instead of all at the end.")
    private @Nullable Integer each;

    @Option(
            names = "--durable",
            negatable = true,
            description = "With --each: wait for the device at each commit (the default), or only once at the end.")
    private @Nullable Boolean durable;

    @Mixin
    private ProgressOption progressOption = new ProgressOption();

    BatchCommand(Output output) {
        super(output);
    }

    @Override
    int run() throws IOException {
        if (each != null && each < 1) {
            throw Failure.usage("--each is " + each + "; it must be 1 or more");
        }
        if (Boolean.FALSE.equals(durable) && each == null) {
            throw Failure.usage("--no-durable is about the commits of --each");
        }
        boolean standardInput = file.toString().equals("-");
        if (!standardInput && !Files.exists(file)) {
            throw Failure.notFound("there is no file " + Escapes.show(file.toString()));
        }
        if (Files.isDirectory(file)) {
            throw Failure.refused(Escapes.show(file.toString()) + " is a directory, and no file of lines");
        }
        boolean regular = !standardInput && Files.isRegularFile(file);
        long total = regular && progressOption.wanted(output()) ? Files.size(file) : 0;
        if (regular && each == null) {
            return all(() -> Files.newInputStream(file), total);
        }
        try (InputStream opened = standardInput ? InputStream.nullInputStream() : Files.newInputStream(file);
                Spool copy = new Spool()) {
            InputStream lines = standardInput ? output().in() : opened;
            if (each != null) {
                return inParts(lines, each, total);
            }
            lines.transferTo(copy);
            return all(copy::open, total);
        }
    }

    // -------------------------------------------------------------------------------------------------- all or nothing

    /** Reads the lines twice: before all of them make sense nothing is opened, and no keyspace created. */
    private int all(ImportSource.Opener source, long total) throws IOException {
        Set<String> created = new LinkedHashSet<>();
        Set<String> needed = new LinkedHashSet<>();
        try (Progress progress = progressOption.bytes("applying", 2 * total, output())) {
            read(source, progress, 0, (line, _) -> (line.kind().creates() ? created : needed).add(line.keyspace()));
            long start = System.nanoTime();
            try (Store open = created.isEmpty() ? store.openExisting(output()) : store.openOrCreate(output());
                    BatchWriter writer = new BatchWriter(store, open)) {
                needed.removeAll(created);
                needed.forEach(name -> writer.keyspace(name, false));
                created.forEach(name -> writer.keyspace(name, true));
                read(source, progress, total, writer::add);
                writer.commit(Durability.DURABLE);
                progress.finish();
                report(writer, System.nanoTime() - start);
            }
        } catch (BadLineException e) {
            throw Failure.refused(e.getMessage() + ". Nothing was written.");
        }
        return ExitCode.OK;
    }

    private static void read(ImportSource.Opener source, Progress progress, long before, BatchLines.Visitor visitor)
            throws IOException {
        try (CountingStream counted = new CountingStream(source.open())) {
            BatchLines.read(counted, (line, value) -> {
                visitor.line(line, value);
                progress.to(before + counted.count());
            });
        }
    }

    // -------------------------------------------------------------------------------------------------------- in parts

    private int inParts(InputStream lines, int size, long total) throws IOException {
        Durability durability = Boolean.FALSE.equals(durable) ? Durability.APPENDED : Durability.DURABLE;
        long start = System.nanoTime();
        try (Store open = store.openOrCreate(output());
                BatchWriter writer = new BatchWriter(store, open);
                Progress progress = progressOption.bytes("applying", total, output())) {
            boolean done = false;
            try {
                CountingStream counted = new CountingStream(lines);
                BatchLines.read(counted, (line, value) -> {
                    writer.add(line, value);
                    if (writer.pendingLines() == size) {
                        writer.commit(durability);
                    }
                    progress.to(counted.count());
                });
                writer.commit(durability);
                open.sync();
                done = true;
            } catch (BadLineException e) {
                throw Failure.refused(Errors.describe(e));
            } finally {
                progress.finish();
                if (!done) {
                    output().warn(committed(writer) + " before what follows");
                }
            }
            report(writer, System.nanoTime() - start);
        }
        return ExitCode.OK;
    }

    private static String committed(BatchWriter writer) {
        return writer.batches() == 0
                ? "nothing was committed"
                : Units.count(writer.lines()) + " lines in " + Units.count(writer.batches())
                        + " batches were committed";
    }

    private void report(BatchWriter writer, long elapsedNanos) {
        if (json()) {
            Map<String, Object> members = new LinkedHashMap<>();
            members.put("lines", writer.lines());
            members.put("writes", writer.writes());
            members.put("bytes", writer.bytes());
            members.put("batches", writer.batches());
            if (writer.version() != Keyspace.NOT_WRITTEN) {
                members.put("version", writer.version());
            }
            members.put("elapsedNanos", elapsedNanos);
            output().json(members);
            return;
        }
        new Table("", "")
                .row("lines", Units.count(writer.lines()))
                .row("writes", Units.count(writer.writes()))
                .row("bytes of values", Units.bytes(writer.bytes()))
                .row("batches", Units.count(writer.batches()))
                .row("time", Units.time(Duration.ofNanos(elapsedNanos)))
                .print(output());
    }
}
