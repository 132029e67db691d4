package dev.ashlar.bench;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.BloomFilter;
import org.rocksdb.CompressionType;
import org.rocksdb.DataBlockIndexType;
import org.rocksdb.LRUCache;
import org.rocksdb.Options;
import org.rocksdb.ReadOptions;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.WriteBatch;
import org.rocksdb.WriteOptions;

/**
 * RocksDB for point reads: one sorted run, all of it in the block cache, a Bloom filter, a hash index in the blocks, no
 * compression, no checksums on reads, direct buffers that take no more of the value than is looked at. Writes go to its
 * log, which is synced only where durability is asked for.
 */
final class RocksSubject implements Subject {
    private static final int BATCH = 1024;

    static {
        RocksDB.loadLibrary();
    }

    private final LRUCache cache = new LRUCache(4L << 30);
    private final BloomFilter filter = new BloomFilter(10);
    private final Options options;
    private final ReadOptions reads = new ReadOptions().setVerifyChecksums(false);
    private final WriteOptions logged = new WriteOptions();
    private final WriteOptions synced = new WriteOptions().setSync(true);
    private final RocksDB db;

    RocksSubject(Setup setup) {
        options = new Options()
                .setCreateIfMissing(true)
                .setCompressionType(CompressionType.NO_COMPRESSION)
                .setMaxBackgroundJobs(2)
                .setTableFormatConfig(new BlockBasedTableConfig()
                        .setBlockCache(cache)
                        .setFilterPolicy(filter)
                        .setDataBlockIndexType(DataBlockIndexType.kDataBlockBinaryAndHash)
                        .setFormatVersion(5));
        try {
            db = RocksDB.open(options, setup.directory().toString());
        } catch (RocksDBException e) {
            throw new IllegalStateException(e);
        }
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
        try (WriteBatch batch = new WriteBatch();
                WriteOptions unlogged = new WriteOptions().setDisableWAL(true)) {
            for (int i = 0; i < data.count(); i++) {
                data.value(i, value);
                batch.put(data.key(i), value);
                if (batch.count() == BATCH) {
                    db.write(unlogged, batch);
                    batch.clear();
                }
            }
            db.write(unlogged, batch);
            db.compactRange();
        } catch (RocksDBException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public Reader reader() {
        return new Reader() {
            private final ByteBuffer k = buffer(Dataset.KEY_BYTES);
            private final ByteBuffer v = buffer(Dataset.KEY_BYTES);
            private final RocksIterator iterator = db.newIterator(reads);

            private void get(byte[] key) {
                try {
                    v.clear();
                    if (db.get(reads, fill(k, key), v) == RocksDB.NOT_FOUND) {
                        throw new IllegalStateException("a key is missing");
                    }
                } catch (RocksDBException e) {
                    throw new IllegalStateException(e);
                }
            }

            @Override
            public long first(byte[] key) {
                get(key);
                return v.getLong(0);
            }

            @Override
            public void follow(byte[] key) {
                get(key);
                Dataset.setKey(key, v.getLong(0), v.getLong(8));
            }

            @Override
            public long scan(int entries) {
                long sum = 0;
                for (int i = 0; i < entries; i++) {
                    if (!iterator.isValid()) {
                        iterator.seekToFirst();
                    }
                    v.clear();
                    iterator.value(v);
                    sum += v.getLong(0);
                    iterator.next();
                }
                return sum;
            }

            @Override
            public void close() {
                iterator.close();
            }
        };
    }

    @Override
    public Writer writer() {
        return new Writer() {
            private final WriteBatch batch = new WriteBatch();
            private final ByteBuffer k = buffer(Dataset.KEY_BYTES);
            private final ByteBuffer v = buffer(128);

            private void put(WriteOptions how, byte[] key, byte[] value) {
                try {
                    db.put(how, fill(k, key), fill(v, value));
                } catch (RocksDBException e) {
                    throw new IllegalStateException(e);
                }
            }

            @Override
            public void put(byte[] key, byte[] value) {
                put(logged, key, value);
            }

            @Override
            public void putLater(byte[] key, byte[] value) {
                put(logged, key, value);
            }

            @Override
            public void putAll(byte[][] keys, int from, int count, byte[] value) {
                try {
                    for (int i = from; i < from + count; i++) {
                        batch.put(keys[i], value);
                    }
                    db.write(logged, batch);
                    batch.clear();
                } catch (RocksDBException e) {
                    throw new IllegalStateException(e);
                }
            }

            @Override
            public void putDurably(byte[] key, byte[] value) {
                put(synced, key, value);
            }

            @Override
            public void close() {
                batch.close();
            }
        };
    }

    @Override
    public void close() {
        db.close();
        options.close();
        reads.close();
        logged.close();
        synced.close();
        filter.close();
        cache.close();
    }
}
