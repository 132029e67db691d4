package dev.ashlar.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.ashlar.CorruptionException;
import dev.ashlar.Keyspace;
import dev.ashlar.Scan;
import dev.ashlar.Store;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
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

    @Option(
            names = "--prefix",
            paramLabel = "P",
            description = "Only keys that begin with P, written as --key-as says.")
    private @Nullable String prefix;

    @Option(names = "--limit", paramLabel = "N", description = "Stop after N keys.")
    private long limit = Long.MAX_VALUE;

    @Mixin
    private KeyOption keyOption = new KeyOption();

    ListCommand(Output output) {
        super(output);
    }

    @Override
    int run() throws IOException {
        if (limit < 0) {
            throw Failure.usage("--limit is " + limit + "; it must be 0 or more");
        }
        MemorySegment prefixBytes = prefix();
        try (Store open = store.openExisting(output())) {
            if (keyspace == null) {
                listKeyspaces(open);
                return ExitCode.OK;
            }
            return listKeys(store.existing(open, keyspace), prefixBytes);
        }
    }

    private MemorySegment prefix() {
        if (prefix == null) {
            return MemorySegment.ofArray(new byte[0]);
        }
        if (keyspace == null) {
            throw Failure.usage("--prefix wants a KEYSPACE whose keys are listed");
        }
        if (keyOption.form() == KeyForm.LONG) {
            throw Failure.usage("--prefix is about the bytes of keys, and --key-as=long shows them as numbers");
        }
        return MemorySegment.ofArray(keyOption.form().parse(prefix));
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

    private int listKeys(Keyspace listed, MemorySegment prefixBytes) throws IOException {
        if (!json()) {
            return scan(listed, prefixBytes, new Lines());
        }
        try (JsonGenerator generator = output().jsonStream()) {
            Json.oneLine(generator);
            generator.writeStartObject();
            generator.writeStringField("keyspace", listed.name());
            generator.writeArrayFieldStart("entries");
            int exitCode = scan(listed, prefixBytes, new JsonEntries(generator));
            generator.writeEndObject();
            generator.flush();
            output().line("");
            return exitCode;
        }
    }

    /** Entries go out as they are met, so that a keyspace of any size is listed in little memory. */
    private int scan(Keyspace listed, MemorySegment prefixBytes, Entries entries) throws IOException {
        List<String> damaged = new ArrayList<>();
        long shown = 0;
        boolean more = false;
        try (Scan scan = listed.scan()) {
            while (!more && next(scan, damaged)) {
                if (startsWith(scan.key(), prefixBytes)) {
                    more = shown == limit;
                    if (!more) {
                        show(scan, entries, damaged);
                        shown++;
                    }
                }
            }
        }
        entries.end(more, damaged);
        if (more) {
            output().note("There are more keys than --limit=" + limit + ".");
        }
        return damaged.isEmpty() ? ExitCode.OK : ExitCode.REFUSED;
    }

    private void show(Scan scan, Entries entries, List<String> damaged) throws IOException {
        MemorySegment key = scan.key();
        try {
            entries.entry(key, scan.value().byteSize(), scan.version());
        } catch (CorruptionException e) {
            report(e, damaged);
            entries.damaged(key, Errors.describe(e));
        }
    }

    private void report(CorruptionException damage, List<String> damaged) {
        output().error(Errors.describe(damage));
        damaged.add(Errors.describe(damage));
    }

    /** A damaged entry costs itself: it is reported, and the list goes on behind it. */
    private boolean next(Scan scan, List<String> damaged) {
        while (true) {
            try {
                return scan.next();
            } catch (CorruptionException e) {
                report(e, damaged);
            }
        }
    }

    private static boolean startsWith(MemorySegment key, MemorySegment prefix) {
        long length = prefix.byteSize();
        return key.byteSize() >= length && MemorySegment.mismatch(key, 0, length, prefix, 0, length) < 0;
    }

    /** Where the entries of a list go. */
    private interface Entries {
        void entry(MemorySegment key, long size, long version) throws IOException;

        /** An entry whose key can be read, and whose value cannot. */
        void damaged(MemorySegment key, String message) throws IOException;

        void end(boolean more, List<String> damaged) throws IOException;
    }

    private final class Lines implements Entries {
        @Override
        public void entry(MemorySegment key, long size, long version) {
            line(Units.bytes(size), key);
        }

        @Override
        public void damaged(MemorySegment key, String message) {
            line("damaged", key);
        }

        private void line(String size, MemorySegment key) {
            String padding = " ".repeat(Math.max(0, SIZE_WIDTH - size.length()));
            output().line(padding + size + "  " + keyOption.form().show(key));
        }

        @Override
        public void end(boolean more, List<String> damaged) {}
    }

    private final class JsonEntries implements Entries {
        private final JsonGenerator generator;

        JsonEntries(JsonGenerator generator) {
            this.generator = generator;
        }

        @Override
        public void entry(MemorySegment key, long size, long version) throws IOException {
            Map<String, Object> members = describe(key);
            members.put("size", size);
            members.put("version", version);
            generator.writePOJO(members);
        }

        @Override
        public void damaged(MemorySegment key, String message) throws IOException {
            Map<String, Object> members = describe(key);
            members.put("damaged", message);
            generator.writePOJO(members);
        }

        private Map<String, Object> describe(MemorySegment key) {
            Map<String, Object> members = Json.object();
            keyOption.form().describe(key.toArray(ValueLayout.JAVA_BYTE), members);
            return members;
        }

        @Override
        public void end(boolean more, List<String> damaged) throws IOException {
            generator.writeEndArray();
            generator.writeBooleanField("more", more);
            generator.writePOJOField("damaged", damaged);
        }
    }
}
