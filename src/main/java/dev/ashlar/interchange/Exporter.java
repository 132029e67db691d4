package dev.ashlar.interchange;

import dev.ashlar.KeyspaceReader;
import dev.ashlar.Scan;
import dev.ashlar.io.OffHeap;
import dev.ashlar.simd.Xxh3;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/** Writes one keyspace of a snapshot, which is read several times and must be the same each time. For one thread. */
final class Exporter {
    private static final ValueLayout.OfLong KEY_LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

    private static final long BUFFER_BYTES = 1 << 20;

    private final KeyspaceReader source;
    private final ExportOptions options;
    private final List<byte[]> zeroValueKeys = new ArrayList<>();
    private long entries;
    private long bytes;
    private long fileBytes;
    private long zeroValues;

    Exporter(KeyspaceReader source, ExportOptions options) {
        this.source = source;
        this.options = options;
    }

    /** Finds out whether the other format can hold everything. */
    void check() {
        try (Scan scan = source.scan()) {
            while (scan.next()) {
                if (scan.size() == 0) {
                    throw refused(scan, "an empty value");
                }
                if (scan.size() == 1 && scan.value().get(ValueLayout.JAVA_BYTE, 0) == 0) {
                    throw refused(scan, "a value that is a single 0x00, which there marks a deletion");
                }
                if (options.longKeysAreHashes() && scan.key().byteSize() != Long.BYTES) {
                    throw new InterchangeException("the key " + show(scan) + " of keyspace " + source.name()
                            + " is no long key: it has " + scan.key().byteSize()
                            + " bytes and not 8. Export the keyspace with its keys hashed.");
                }
            }
        }
        // Different longs are different hashes.
        if (!options.longKeysAreHashes()) {
            Collisions.check(source);
        }
    }

    private InterchangeException refused(Scan scan, String what) {
        return new InterchangeException("the key " + show(scan) + " of keyspace " + source.name() + " has " + what
                + "; a file of simd-r-drive cannot hold that. Delete the key, or give it another value.");
    }

    private static String show(Scan scan) {
        return InterchangeException.show(scan.key().toArray(ValueLayout.JAVA_BYTE));
    }

    /** Writes a new file, durably; if that fails, there is none. */
    void write(NewFile target) {
        try (Arena arena = Arena.ofConfined()) {
            writeEntries(new EntryWriter(target.create(), OffHeap.allocate(BUFFER_BYTES, 64, arena)));
        }
        target.publish();
    }

    private void writeEntries(EntryWriter writer) {
        Meter meter = new Meter(options.progress());
        try (Scan scan = source.scan()) {
            while (scan.next()) {
                MemorySegment value = scan.value();
                writer.put(hash(scan.key()), value);
                noteZeros(scan, value);
                entries++;
                bytes += value.byteSize();
                meter.at(bytes);
            }
        }
        writer.flush();
        fileBytes = writer.tail();
        meter.finish(bytes);
    }

    private long hash(MemorySegment key) {
        return options.longKeysAreHashes()
                ? key.get(KEY_LONG, 0) ^ Long.MIN_VALUE
                : Xxh3.hash(key, 0, key.byteSize(), 0);
    }

    private void noteZeros(Scan scan, MemorySegment value) {
        for (long i = 0; i < value.byteSize(); i++) {
            if (value.get(ValueLayout.JAVA_BYTE, i) != 0) {
                return;
            }
        }
        zeroValues++;
        if (zeroValueKeys.size() < Losses.MAX_LISTED) {
            zeroValueKeys.add(scan.key().toArray(ValueLayout.JAVA_BYTE));
        }
    }

    long entries() {
        return entries;
    }

    long bytes() {
        return bytes;
    }

    long fileBytes() {
        return fileBytes;
    }

    long zeroValues() {
        return zeroValues;
    }

    List<byte[]> zeroValueKeys() {
        return zeroValueKeys;
    }
}
