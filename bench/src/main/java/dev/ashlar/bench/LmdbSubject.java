package dev.ashlar.bench;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.lmdbjava.ByteBufferProxy;
import org.lmdbjava.Cursor;
import org.lmdbjava.Dbi;
import org.lmdbjava.DbiFlags;
import org.lmdbjava.Env;
import org.lmdbjava.EnvFlags;
import org.lmdbjava.SeekOp;
import org.lmdbjava.Txn;

/**
 * LMDB through lmdbjava with its fastest buffers. Reads: one transaction per thread, kept open; values are looked at in
 * place. Writes: a transaction each, into the writable mapping and without a sync where no durability is asked for;
 * with its default flags (and a sync per transaction) where it is.
 */
final class LmdbSubject implements Subject {
    private static final long MAP_BYTES = 32L << 30;
    private static final int BATCH = 10_000;

    private final Env<ByteBuffer> env;
    private final Dbi<ByteBuffer> dbi;

    LmdbSubject(Setup setup) {
        EnvFlags[] flags = setup.durable()
                ? new EnvFlags[] {EnvFlags.MDB_NOTLS, EnvFlags.MDB_NORDAHEAD}
                : new EnvFlags[] {EnvFlags.MDB_NOTLS, EnvFlags.MDB_NORDAHEAD, EnvFlags.MDB_WRITEMAP, EnvFlags.MDB_NOSYNC
                };
        env = Env.create(ByteBufferProxy.PROXY_OPTIMAL)
                .setMapSize(MAP_BYTES)
                .setMaxDbs(1)
                .setMaxReaders(16)
                .open(setup.directory().toFile(), flags);
        dbi = env.openDbi("bench", DbiFlags.MDB_CREATE);
    }

    private static ByteBuffer buffer(int bytes) {
        return ByteBuffer.allocateDirect(bytes).order(ByteOrder.nativeOrder());
    }

    private static ByteBuffer fill(ByteBuffer buffer, byte[] bytes) {
        return buffer.clear().put(bytes).flip();
    }

    @Override
    public void load(Dataset data) {
        byte[] value = new byte[data.valueBytes()];
        ByteBuffer k = buffer(Dataset.KEY_BYTES);
        ByteBuffer v = buffer(value.length);
        for (int from = 0; from < data.count(); from += BATCH) {
            try (Txn<ByteBuffer> txn = env.txnWrite()) {
                for (int i = from; i < Math.min(from + BATCH, data.count()); i++) {
                    data.value(i, value);
                    dbi.put(txn, fill(k, data.key(i)), fill(v, value));
                }
                txn.commit();
            }
        }
    }

    @Override
    public Reader reader() {
        return new Reader() {
            private final Txn<ByteBuffer> txn = env.txnRead();
            private final ByteBuffer k = buffer(Dataset.KEY_BYTES);
            private Cursor<ByteBuffer> cursor;

            @Override
            public long first(byte[] key) {
                ByteBuffer value = dbi.get(txn, fill(k, key)).order(ByteOrder.nativeOrder());
                return value.getLong(0);
            }

            @Override
            public void follow(byte[] key) {
                ByteBuffer value = dbi.get(txn, fill(k, key)).order(ByteOrder.nativeOrder());
                Dataset.setKey(key, value.getLong(0), value.getLong(8));
            }

            @Override
            public long scan(int entries) {
                if (cursor == null) {
                    cursor = dbi.openCursor(txn);
                }
                long sum = 0;
                for (int i = 0; i < entries; i++) {
                    if (!cursor.seek(SeekOp.MDB_NEXT)) {
                        cursor.seek(SeekOp.MDB_FIRST);
                    }
                    sum += cursor.val().order(ByteOrder.nativeOrder()).getLong(0);
                }
                return sum;
            }

            @Override
            public void close() {
                if (cursor != null) {
                    cursor.close();
                }
                txn.close();
            }
        };
    }

    @Override
    public Writer writer() {
        return new Writer() {
            private final ByteBuffer k = buffer(Dataset.KEY_BYTES);
            private ByteBuffer v = buffer(128);

            @Override
            public void put(byte[] key, byte[] value) {
                try (Txn<ByteBuffer> txn = env.txnWrite()) {
                    dbi.put(txn, fill(k, key), fill(v, value));
                    txn.commit();
                }
            }

            @Override
            public void putLater(byte[] key, byte[] value) {
                put(key, value);
            }

            @Override
            public void putAll(byte[][] keys, int from, int count, byte[] value) {
                try (Txn<ByteBuffer> txn = env.txnWrite()) {
                    for (int i = from; i < from + count; i++) {
                        dbi.put(txn, fill(k, keys[i]), fill(v, value));
                    }
                    txn.commit();
                }
            }

            @Override
            public void putDurably(byte[] key, byte[] value) {
                put(key, value);
            }
        };
    }

    @Override
    public void close() {
        env.close();
    }
}
