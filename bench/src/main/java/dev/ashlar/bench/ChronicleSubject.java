package dev.ashlar.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Iterator;
import java.util.Map;
import net.openhft.chronicle.bytes.Bytes;
import net.openhft.chronicle.hash.serialization.SizedReader;
import net.openhft.chronicle.hash.serialization.SizedWriter;
import net.openhft.chronicle.map.ChronicleMap;

/**
 * Chronicle Map over a file. Reads take the first 16 bytes of the value only, into an array that is used again. It
 * overwrites in place, in a mapping: a put survives a killed process but knows no durability.
 */
final class ChronicleSubject implements Subject {
    /** Writes whole values, reads their beginnings. */
    public static final class Heads implements SizedReader<byte[]>, SizedWriter<byte[]> {
        @Override
        public byte[] read(Bytes<?> in, long size, byte[] using) {
            byte[] head = using != null && using.length >= Dataset.KEY_BYTES ? using : new byte[Dataset.KEY_BYTES];
            Dataset.setKey(head, in.readLong(), in.readLong());
            return head;
        }

        @Override
        public long size(byte[] value) {
            return value.length;
        }

        @Override
        public void write(Bytes<?> out, long size, byte[] value) {
            out.write(value);
        }
    }

    private final ChronicleMap<byte[], byte[]> map;

    ChronicleSubject(Setup setup) {
        try {
            map = ChronicleMap.of(byte[].class, byte[].class)
                    .name("bench")
                    .entries(setup.entries())
                    .constantKeySizeBySample(new byte[Dataset.KEY_BYTES])
                    .valueMarshaller(new Heads())
                    .constantValueSizeBySample(new byte[setup.valueBytes()])
                    .putReturnsNull(true)
                    .createPersistedTo(setup.directory().resolve("bench.map").toFile());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void load(Dataset data) {
        byte[] value = new byte[data.valueBytes()];
        for (int i = 0; i < data.count(); i++) {
            data.value(i, value);
            map.put(data.key(i), value);
        }
    }

    @Override
    public Reader reader() {
        return new Reader() {
            private final byte[] head = new byte[Dataset.KEY_BYTES];
            private Iterator<Map.Entry<byte[], byte[]>> entries = map.entrySet().iterator();

            @Override
            public long first(byte[] key) {
                return Dataset.getLong(map.getUsing(key, head), 0);
            }

            @Override
            public void follow(byte[] key) {
                byte[] value = map.getUsing(key, head);
                Dataset.setKey(key, Dataset.getLong(value, 0), Dataset.getLong(value, 8));
            }

            @Override
            public long scan(int count) {
                long sum = 0;
                for (int i = 0; i < count; i++) {
                    if (!entries.hasNext()) {
                        entries = map.entrySet().iterator();
                    }
                    sum += Dataset.getLong(entries.next().getValue(), 0);
                }
                return sum;
            }
        };
    }

    @Override
    public Writer writer() {
        return new Writer() {
            @Override
            public void put(byte[] key, byte[] value) {
                map.put(key, value);
            }

            @Override
            public void putLater(byte[] key, byte[] value) {
                map.put(key, value);
            }

            @Override
            public void putAll(byte[][] keys, int from, int count, byte[] value) {
                for (int i = from; i < from + count; i++) {
                    map.put(keys[i], value);
                }
            }

            @Override
            public void putDurably(byte[] key, byte[] value) {
                throw new UnsupportedOperationException("Chronicle Map does not sync");
            }
        };
    }

    @Override
    public void close() {
        map.close();
    }
}
