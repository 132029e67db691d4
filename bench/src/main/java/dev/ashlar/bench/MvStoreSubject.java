package dev.ashlar.bench;

import org.h2.mvstore.Cursor;
import org.h2.mvstore.MVMap;
import org.h2.mvstore.MVStore;
import org.h2.mvstore.type.ByteArrayDataType;

/**
 * H2 MVStore with a cache that holds everything. A put stays in the heap until a commit writes it: a single write
 * commits, an asynchronous one leaves that to the store's own thread, a durable one commits and syncs.
 */
final class MvStoreSubject implements Subject {
    private static final int CACHE_MIB = 3072;
    private static final int BATCH = 10_000;

    private final MVStore store;
    private final MVMap<byte[], byte[]> map;

    MvStoreSubject(Setup setup) {
        store = new MVStore.Builder()
                .fileName(setup.directory().resolve("bench.mv").toString())
                .cacheSize(CACHE_MIB)
                .autoCommitBufferSize(64 << 10)
                .open();
        map = store.openMap(
                "bench",
                new MVMap.Builder<byte[], byte[]>()
                        .keyType(ByteArrayDataType.INSTANCE)
                        .valueType(ByteArrayDataType.INSTANCE));
    }

    @Override
    public void load(Dataset data) {
        for (int i = 0; i < data.count(); i++) {
            byte[] value = new byte[data.valueBytes()];
            data.value(i, value);
            map.put(data.key(i), value);
            if (i % BATCH == BATCH - 1) {
                store.commit();
            }
        }
        store.commit();
    }

    @Override
    public Reader reader() {
        return new Reader() {
            private Cursor<byte[], byte[]> cursor = map.cursor(null);

            @Override
            public long first(byte[] key) {
                return Dataset.getLong(map.get(key), 0);
            }

            @Override
            public void follow(byte[] key) {
                byte[] value = map.get(key);
                Dataset.setKey(key, Dataset.getLong(value, 0), Dataset.getLong(value, 8));
            }

            @Override
            public long scan(int entries) {
                long sum = 0;
                for (int i = 0; i < entries; i++) {
                    if (!cursor.hasNext()) {
                        cursor = map.cursor(null);
                    }
                    cursor.next();
                    sum += Dataset.getLong(cursor.getValue(), 0);
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
                map.put(key, value.clone());
                store.commit();
            }

            @Override
            public void putLater(byte[] key, byte[] value) {
                map.put(key, value.clone());
            }

            @Override
            public void settle() {
                store.commit();
            }

            @Override
            public void putAll(byte[][] keys, int from, int count, byte[] value) {
                for (int i = from; i < from + count; i++) {
                    map.put(keys[i], value.clone());
                }
                store.commit();
            }

            @Override
            public void putDurably(byte[] key, byte[] value) {
                map.put(key, value.clone());
                store.commit();
                store.sync();
            }
        };
    }

    @Override
    public void close() {
        store.close();
    }
}
