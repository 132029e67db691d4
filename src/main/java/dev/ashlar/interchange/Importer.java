package dev.ashlar.interchange;

import dev.ashlar.Durability;
import dev.ashlar.Keyspace;
import dev.ashlar.Store;
import dev.ashlar.WriteBatch;
import dev.ashlar.io.InputFile;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;

/**
 * Stores what is found, or only counts it where there is no target. Each payload is verified again as it is read, for the
 * file may have changed since.
 */
final class Importer implements Found {
    /** Entries go into the log in batches of about this size: the thread that reads appends them itself, many at a time. */
    private static final long BATCH_BYTES = 1 << 20;

    /** Where entries go. */
    record Target(Store store, Keyspace keyspace, WriteBatch batch) {
        void commitIfLarge() {
            if (batch.bytes() >= BATCH_BYTES) {
                batch.commit();
            }
        }
    }

    private final InputFile file;
    private final @Nullable Target target;
    private final @Nullable KnownKeys keys;
    private final Meter meter;
    private final Window window;
    private final CRC32 crc = new CRC32();
    private final List<Long> unmatchedHashes = new ArrayList<>();
    private long puts;
    private long deletions;
    private long bytes;
    private long unmatched;

    Importer(InputFile file, @Nullable Target target, @Nullable KnownKeys keys, Meter meter) {
        this.file = file;
        this.target = target;
        this.keys = keys;
        this.meter = meter;
        this.window = new Window(file);
    }

    @Override
    public void entry(long tail, long payload, long metadata, long keyHash, boolean deletion) {
        byte[] key = keys == null ? Keyspace.longKey(keyHash) : keys.find(keyHash);
        if (key == null) {
            unmatched++;
            if (unmatchedHashes.size() < Losses.MAX_LISTED) {
                unmatchedHashes.add(keyHash);
            }
        } else if (deletion) {
            deletions++;
            if (target != null) {
                target.batch().delete(target.keyspace(), key);
                target.commitIfLarge();
            }
        } else {
            puts++;
            bytes += metadata - payload;
            if (target != null) {
                put(target, key, payload, metadata);
            }
        }
        meter.at(file.size() + metadata);
    }

    private void put(Target into, byte[] key, long payload, long metadata) {
        long length = metadata - payload;
        if (length > Window.BYTES - EntryLayout.METADATA_BYTES) {
            int expected = window.getInt(metadata + EntryLayout.CRC);
            try (EntryStream source = new EntryStream(file, payload, metadata, expected)) {
                into.batch().commit();
                into.keyspace().putStream(key, source, Durability.APPENDED);
            } catch (UncheckedIOException e) {
                throw window.changed(metadata, e.getCause());
            }
            return;
        }
        int index = window.at(payload, (int) length + EntryLayout.METADATA_BYTES);
        crc.reset();
        crc.update(window.bytes(), index, (int) length);
        if ((int) crc.getValue() != window.getInt(metadata + EntryLayout.CRC)) {
            throw window.changed(metadata);
        }
        MemorySegment value = MemorySegment.ofArray(window.bytes()).asSlice(index, length);
        into.batch().put(into.keyspace(), key, value);
        into.commitIfLarge();
    }

    /** Appends what is left, and makes everything durable. */
    void finish() {
        if (target != null) {
            target.batch().commit();
            target.store().sync();
        }
    }

    long puts() {
        return puts;
    }

    long deletions() {
        return deletions;
    }

    long bytes() {
        return bytes;
    }

    long unmatched() {
        return unmatched;
    }

    List<Long> unmatchedHashes() {
        return unmatchedHashes;
    }
}
