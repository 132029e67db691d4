package dev.ashlar.cli;

import dev.ashlar.Entry;
import dev.ashlar.Keyspace;
import dev.ashlar.Store;
import java.io.IOException;
import java.time.Instant;
import java.util.HexFormat;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;

/** {@code ashlar info}: all that is known of one entry. */
@Command(
        name = "info",
        header = "Shows all that is known of a key's entry, and verifies it.",
        description = {
            "Size of the value and what it takes on disk, version, when it expires, log sequence number (another than the version if "
                    + "compaction has moved the entry), XXH3-64 of the value, and the file and position where the value "
                    + "begins. Header, key and value are read and compared with their checksums; exit code 2 if they do "
                    + "not agree."
        },
        footer = {"  ashlar info data greetings hello", "  ashlar info data ticks --key-as=long 17 --json"})
final class InfoCommand extends KeyAction {
    InfoCommand(Output output) {
        super(output);
    }

    @Override
    int run() throws IOException {
        byte[] keyBytes = key();
        try (Store open = store().openExisting(output())) {
            Keyspace source = store().existing(open, keyspace());
            @Nullable Entry entry = source.entry(keyBytes);
            if (entry == null) {
                throw noSuchKey(keyBytes);
            }
            boolean verified = entry.verify();
            int alignment = source.options().alignment();
            if (json()) {
                Map<String, Object> members = describe(keyBytes);
                Json.describe(entry, open, members);
                members.put("alignment", alignment);
                members.put("verified", verified);
                output().json(members);
            } else {
                print(entry, Json.file(entry, open), alignment, verified);
            }
            return verified ? ExitCode.OK : ExitCode.REFUSED;
        }
    }

    private void print(Entry entry, String file, int alignment, boolean verified) {
        boolean moved = entry.lsn() != entry.version();
        Instant expires = entry.expiresAt();
        new Table("", "<")
                .row("key", Escapes.show(entry.key()))
                .row("size", bytes(entry.size()))
                .row("size on disk", bytes(entry.sizeOnDisk()))
                .row("version", entry.version())
                .row("expires", expires == null ? "never" : expires)
                .row("log sequence number", entry.lsn() + (moved ? ", where compaction has moved it" : ""))
                .row("checksum (XXH3-64)", HexFormat.of().toHexDigits(entry.checksum()))
                .row("verified", verified ? "yes, now" : "NO: the bytes are not those that were written")
                .row("file", Escapes.show(file))
                .row("position", entry.filePosition())
                .row("alignment", alignment)
                .print(output());
    }

    private static String bytes(long bytes) {
        return bytes < 1024 ? Units.bytes(bytes) : Units.bytes(bytes) + " (" + Units.count(bytes) + " B)";
    }
}
