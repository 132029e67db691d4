package dev.ashlar.cli;

import dev.ashlar.Cursor;
import dev.ashlar.Durability;
import dev.ashlar.Keyspace;
import dev.ashlar.Store;
import dev.ashlar.WriteBatch;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Puts lines into a batch and commits it, once or again and again; and counts. */
final class BatchWriter implements AutoCloseable {
    private final StoreArgument argument;
    private final Store store;
    private final WriteBatch batch;
    private final Map<String, Keyspace> keyspaces = new HashMap<>();
    private final List<BatchLines.Line> requirements = new ArrayList<>();
    private long pendingLines;
    private long pendingBytes;
    private long lines;
    private long writes;
    private long bytes;
    private long batches;
    private long version = Keyspace.NOT_WRITTEN;

    BatchWriter(StoreArgument argument, Store store) {
        this.argument = argument;
        this.store = store;
        this.batch = store.batch();
    }

    Keyspace keyspace(String name, boolean create) {
        Keyspace known = keyspaces.get(name);
        if (known == null) {
            known = create ? StoreArgument.existingOrNew(store, name) : argument.existing(store, name);
            keyspaces.put(name, known);
        }
        return known;
    }

    void add(BatchLines.Line line, InputStream value) throws IOException {
        Keyspace target = keyspace(line.keyspace(), line.kind().creates());
        try {
            switch (line.kind()) {
                case PUT -> {
                    byte[] content = value.readAllBytes();
                    put(target, line, content);
                    pendingBytes += content.length;
                }
                case DELETE -> batch.delete(target, line.key());
                case CLEAR -> batch.clear(target);
                case REQUIRE_VERSION -> {
                    batch.requireVersion(target, line.key(), line.version());
                    requirements.add(line);
                }
                case REQUIRE_ABSENT -> {
                    batch.requireAbsent(target, line.key());
                    requirements.add(line);
                }
            }
        } catch (IllegalArgumentException e) {
            throw new BadLineException(line.number(), Errors.describe(e));
        }
        pendingLines++;
    }

    private void put(Keyspace target, BatchLines.Line line, byte[] content) {
        if (line.timeToLive() != null) {
            batch.put(target, line.key(), content, line.timeToLive());
        } else if (line.expiresAt() != null) {
            batch.put(target, line.key(), content, line.expiresAt());
        } else {
            batch.put(target, line.key(), content);
        }
    }

    /** Commits what was added since the last time; does nothing if that was nothing. */
    void commit(Durability durability) {
        if (pendingLines == 0) {
            return;
        }
        int pendingWrites = batch.size();
        long committed = batch.commit(durability);
        if (committed == Keyspace.NOT_WRITTEN) {
            requirements.forEach(this::check);
        } else {
            version = committed;
        }
        batches++;
        lines += pendingLines;
        writes += pendingWrites;
        bytes += pendingBytes;
        pendingLines = 0;
        pendingBytes = 0;
        requirements.clear();
    }

    /** Nobody else has the store open, so what did not hold at the commit does not hold now. */
    private void check(BatchLines.Line line) {
        Cursor cursor = keyspace(line.keyspace(), false).cursor();
        boolean present = cursor.find(line.key());
        boolean wantsAbsent = line.kind() == BatchLines.Kind.REQUIRE_ABSENT;
        if (wantsAbsent ? !present : present && cursor.version() == line.version()) {
            return;
        }
        throw new BadLineException(
                line.number(),
                "key '" + Escapes.show(line.key()) + "' of keyspace '" + Escapes.show(line.keyspace()) + "' "
                        + (present ? "has version " + cursor.version() : "is absent") + "; required is "
                        + (wantsAbsent ? "that it is absent" : "version " + line.version()));
    }

    long pendingLines() {
        return pendingLines;
    }

    /** Lines that were committed. */
    long lines() {
        return lines;
    }

    /** Writes among them: all but what was required. */
    long writes() {
        return writes;
    }

    /** Bytes of the values among them. */
    long bytes() {
        return bytes;
    }

    long batches() {
        return batches;
    }

    /** LSN of the last record that was written, or {@link Keyspace#NOT_WRITTEN}. */
    long version() {
        return version;
    }

    @Override
    public void close() {
        batch.close();
    }
}
