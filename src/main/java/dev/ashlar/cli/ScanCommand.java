package dev.ashlar.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.ashlar.Entry;
import dev.ashlar.Keyspace;
import dev.ashlar.Scan;
import dev.ashlar.Store;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code ashlar scan}: the entries of a keyspace, in the order of the log. */
@Command(
        name = "scan",
        header = "Goes through the entries of a keyspace in the order of the log.",
        description = {
            "Prints size, version and key of each entry, a line each; with --values behind a tab the value, written as "
                    + "'list' writes keys, of which it prints 64 KiB at the most. The order is that of writing, except "
                    + "that compaction moves entries to the end.",
            "",
            "With --json: an object a line, with key, size, sizeOnDisk, version, lsn, checksum (XXH3-64, in hexadecimal), "
                    + "file and position, and expiresAt if it expires; with --values also value or valueBase64, so that 'ashlar import --from jsonl' "
                    + "reads the lines."
        },
        footer = {
            "  ashlar scan data docs --prefix=guide/ --values",
            "  ashlar scan data ticks --backward --limit=1 --key-as=long    the newest entry",
            "  ashlar scan data docs --json | jq -r .checksum"
        })
final class ScanCommand extends Action {
    private static final int SIZE_WIDTH = 10;
    private static final int VERSION_WIDTH = 14;
    private static final int MAX_SHOWN_BYTES = 1 << 16;

    @Mixin
    private StoreArgument store = new StoreArgument();

    @Parameters(index = "1", paramLabel = "KEYSPACE", description = "Name of the keyspace.")
    private String keyspace = "";

    @Mixin
    private EntriesOptions options = new EntriesOptions();

    @Option(names = "--backward", description = "The newest entries first.")
    private boolean backward;

    @Option(names = "--values", description = "Print the values too.")
    private boolean values;

    ScanCommand(Output output) {
        super(output);
    }

    @Override
    int run() throws IOException {
        byte[] prefix = options.prefix();
        long limit = options.limit();
        EntryPass pass = new EntryPass(output());
        try (Store open = store.openExisting(output())) {
            Keyspace scanned = store.existing(open, keyspace);
            try (Scan scan = backward ? scanned.scanBackward(prefix) : scanned.scan(prefix)) {
                if (json()) {
                    try (JsonGenerator generator = JsonLines.generator(output().bytes())) {
                        pass.run(scan, limit, new JsonEntries(generator, open));
                        JsonLines.end(generator);
                    }
                } else {
                    pass.run(scan, limit, new Lines());
                }
            }
        }
        return pass.end(limit);
    }

    private final class Lines implements EntryPass.Target {
        @Override
        public void entry(Scan scan) {
            MemorySegment value = scan.value();
            String shown = values ? "\t" + show(value) : "";
            line(Units.bytes(value.byteSize()), Long.toString(scan.version()), scan.key(), shown);
        }

        @Override
        public void damaged(MemorySegment key, String message) {
            line("damaged", "", key, "");
        }

        private void line(String size, String version, MemorySegment key, String value) {
            output().line(Table.right(size, SIZE_WIDTH) + "  " + Table.right(version, VERSION_WIDTH) + "  "
                    + options.form().show(key) + value);
        }

        private static String show(MemorySegment value) {
            return value.byteSize() <= MAX_SHOWN_BYTES
                    ? Escapes.show(value)
                    : Escapes.show(value.asSlice(0, MAX_SHOWN_BYTES)) + "…";
        }
    }

    private final class JsonEntries implements EntryPass.Target {
        private final JsonGenerator generator;
        private final Store open;

        JsonEntries(JsonGenerator generator, Store open) {
            this.generator = generator;
            this.open = open;
        }

        @Override
        public void entry(Scan scan) throws IOException {
            Entry entry = scan.entry();
            Map<String, Object> members = options.form().describe(entry.key());
            Json.describe(entry, open, members);
            start(members);
            if (values) {
                JsonLines.writeValue(generator, entry.value());
            }
            generator.writeEndObject();
        }

        @Override
        public void damaged(MemorySegment key, String message) throws IOException {
            Map<String, Object> members = options.form().describe(key);
            members.put("damaged", message);
            start(members);
            generator.writeEndObject();
        }

        private void start(Map<String, Object> members) throws IOException {
            generator.writeStartObject();
            for (Map.Entry<String, Object> member : members.entrySet()) {
                generator.writePOJOField(member.getKey(), member.getValue());
            }
        }
    }
}
