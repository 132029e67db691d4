package dev.ashlar.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.ashlar.Keyspace;
import dev.ashlar.Scan;
import dev.ashlar.Store;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code ashlar list}: the keyspaces of a store, or the keys of a keyspace. */
@Command(
        name = "list",
        header = "Lists the keyspaces of a store, or the keys of a keyspace.",
        description = {
            "Keys are listed with the sizes of their values, in the order in which they were written.",
            "",
            "Keys are shown so that no two look alike and none can disturb a terminal: printable UTF-8 as it is, a "
                    + "backslash as \\\\, line feed, carriage return and tab as \\n, \\r, \\t, and any other byte as "
                    + "\\xNN. Commands that take a key read this form with --key-as=escaped. In JSON, key is the plain "
                    + "text of the key; if the key is not UTF-8, key is the escaped form and keyBase64 the key itself."
        },
        footer = {
            "  ashlar list data",
            "  ashlar list data docs --prefix=guide/ --limit=20",
            "  ashlar list data ticks --key-as=long",
            "  ashlar list data docs --json | jq -r '.entries[].key'"
        })
final class ListCommand extends Action {
    private static final int SIZE_WIDTH = 10;

    @Mixin
    private StoreArgument store = new StoreArgument();

    @Parameters(
            index = "1",
            arity = "0..1",
            paramLabel = "KEYSPACE",
            description = "Name of a keyspace; without it the keyspaces are listed.")
    private @Nullable String keyspace;

    @Mixin
    private EntriesOptions options = new EntriesOptions();

    ListCommand(Output output) {
        super(output);
    }

    @Override
    int run() throws IOException {
        if (keyspace == null && options.hasPrefix()) {
            throw Failure.usage("--prefix wants a KEYSPACE whose keys are listed");
        }
        byte[] prefix = options.prefix();
        long limit = options.limit();
        try (Store open = store.openExisting(output())) {
            if (keyspace == null) {
                listKeyspaces(open);
                return ExitCode.OK;
            }
            return listKeys(store.existing(open, keyspace), prefix, limit);
        }
    }

    private void listKeyspaces(Store open) {
        List<Map<String, Object>> described = new ArrayList<>();
        Table table = new Table("keyspace", "keys", "alignment", "<verification");
        for (String name : open.keyspaces()) {
            Keyspace listed = open.keyspace(name);
            long keys = listed.size();
            described.add(Json.of(name, keys, listed.options()));
            String verification = listed.options().verification().name().toLowerCase(Locale.ROOT);
            table.row(Escapes.show(name), Units.count(keys), listed.options().alignment(), verification);
        }
        if (json()) {
            output().json(Json.object("keyspaces", described));
        } else {
            table.print(output());
        }
    }

    private int listKeys(Keyspace listed, byte[] prefix, long limit) throws IOException {
        EntryPass pass = new EntryPass(output());
        try (Scan scan = listed.scan(prefix)) {
            if (json()) {
                writeJson(listed.name(), pass, scan, limit);
            } else {
                pass.run(scan, limit, new Lines());
            }
        }
        return pass.end(limit);
    }

    private void writeJson(String name, EntryPass pass, Scan scan, long limit) throws IOException {
        try (JsonGenerator generator = output().jsonStream()) {
            Json.oneLine(generator);
            generator.writeStartObject();
            generator.writeStringField("keyspace", name);
            generator.writeArrayFieldStart("entries");
            pass.run(scan, limit, new JsonEntries(generator));
            generator.writeEndArray();
            generator.writeBooleanField("more", pass.more());
            generator.writePOJOField("damaged", pass.damaged());
            generator.writeEndObject();
            generator.flush();
            output().line("");
        }
    }

    private final class Lines implements EntryPass.Target {
        @Override
        public void entry(Scan scan) {
            line(Units.bytes(scan.value().byteSize()), scan.key());
        }

        @Override
        public void damaged(MemorySegment key, String message) {
            line("damaged", key);
        }

        private void line(String size, MemorySegment key) {
            output().line(Table.right(size, SIZE_WIDTH) + "  " + options.form().show(key));
        }
    }

    private final class JsonEntries implements EntryPass.Target {
        private final JsonGenerator generator;

        JsonEntries(JsonGenerator generator) {
            this.generator = generator;
        }

        @Override
        public void entry(Scan scan) throws IOException {
            long size = scan.value().byteSize();
            Map<String, Object> members = options.form().describe(scan.key());
            members.put("size", size);
            members.put("version", scan.version());
            generator.writePOJO(members);
        }

        @Override
        public void damaged(MemorySegment key, String message) throws IOException {
            Map<String, Object> members = options.form().describe(key);
            members.put("damaged", message);
            generator.writePOJO(members);
        }
    }
}
