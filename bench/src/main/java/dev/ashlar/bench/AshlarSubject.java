package dev.ashlar.bench;

import dev.ashlar.AshlarException;
import dev.ashlar.Cursor;
import dev.ashlar.Durability;
import dev.ashlar.Keyspace;
import dev.ashlar.Scan;
import dev.ashlar.Store;
import dev.ashlar.WriteBatch;
import dev.ashlar.WriteCallback;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;

/** Ashlar with its default options. */
final class AshlarSubject implements Subject {
    enum Reading {
        VIEW,
        CURSOR
    }

    /** How writes are handed over that are not waited for. */
    enum Writing {
        FUTURE,
        TRY_PUT,
        CALLBACK
    }

    static final String KEYSPACE = "bench";
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED;
    private static final int BATCH = 1024;

    private final Store store;
    private final Keyspace keyspace;
    private final Reading reading;
    private final Writing writing;

    AshlarSubject(Setup setup, Reading reading, Writing writing) {
        this.store = Store.open(setup.directory());
        this.keyspace = store.keyspace(KEYSPACE);
        this.reading = reading;
        this.writing = writing;
    }

    Keyspace keyspace() {
        return keyspace;
    }

    @Override
    public void load(Dataset data) {
        byte[] value = new byte[data.valueBytes()];
        try (WriteBatch batch = store.batch()) {
            for (int i = 0; i < data.count(); i++) {
                data.value(i, value);
                batch.put(keyspace, data.key(i), value);
                if (batch.size() == BATCH) {
                    batch.commit();
                }
            }
            batch.commit();
        }
    }

    @Override
    public Reader reader() {
        return reading == Reading.VIEW ? new ViewReader() : new CursorReader();
    }

    @Override
    public Writer writer() {
        return switch (writing) {
            case FUTURE -> new FutureWriter();
            case TRY_PUT -> new TryPutWriter();
            case CALLBACK -> new CallbackWriter();
        };
    }

    @Override
    public void close() {
        store.close();
    }

    private abstract class ScanningReader implements Reader {
        private Scan scan = keyspace.scan();

        @Override
        public long scan(int entries) {
            long sum = 0;
            for (int i = 0; i < entries; i++) {
                while (!scan.next()) {
                    scan.close();
                    scan = keyspace.scan();
                }
                sum += scan.value().get(LONG, 0);
            }
            return sum;
        }

        @Override
        public void close() {
            scan.close();
        }
    }

    private final class ViewReader extends ScanningReader {
        @Override
        public long first(byte[] key) {
            return keyspace.get(key).get(LONG, 0);
        }

        @Override
        public void follow(byte[] key) {
            MemorySegment view = keyspace.get(key);
            Dataset.setKey(key, view.get(LONG, 0), view.get(LONG, 8));
        }
    }

    private final class CursorReader extends ScanningReader {
        private final Cursor cursor = keyspace.cursor();

        @Override
        public long first(byte[] key) {
            cursor.find(key);
            return cursor.getLong(0);
        }

        @Override
        public void follow(byte[] key) {
            cursor.find(key);
            Dataset.setKey(key, cursor.getLong(0), cursor.getLong(8));
        }
    }

    private class FutureWriter implements Writer {
        private final WriteBatch batch = store.batch();
        private CompletableFuture<Long> last = CompletableFuture.completedFuture(0L);

        @Override
        public void put(byte[] key, byte[] value) {
            keyspace.put(key, value);
        }

        @Override
        public void putLater(byte[] key, byte[] value) {
            last = keyspace.putAsync(key, value, Durability.APPENDED);
        }

        @Override
        public void settle() {
            last.join();
        }

        @Override
        public void putAll(byte[][] keys, int from, int count, byte[] value) {
            for (int i = from; i < from + count; i++) {
                batch.put(keyspace, keys[i], value);
            }
            batch.commit();
        }

        @Override
        public void putDurably(byte[] key, byte[] value) {
            keyspace.put(key, value, Durability.DURABLE);
        }

        @Override
        public void close() {
            batch.close();
        }
    }

    /** Without a future for each write; waits where the ring is full. */
    private final class TryPutWriter extends FutureWriter {
        @Override
        public void putLater(byte[] key, byte[] value) {
            while (!keyspace.tryPut(key, value)) {
                Thread.onSpinWait();
            }
        }

        @Override
        public void settle() {
            store.sync();
        }
    }

    /** Told of each write, without a future for it. */
    private final class CallbackWriter extends FutureWriter implements WriteCallback {
        private final AtomicLong told = new AtomicLong();
        private volatile AshlarException failure;
        private long handedOver;

        @Override
        public void completed(long tag, long lsn) {
            told.lazySet(tag);
        }

        @Override
        public void failed(long tag, AshlarException e) {
            failure = e;
            told.lazySet(tag);
        }

        @Override
        public void putLater(byte[] key, byte[] value) {
            keyspace.put(key, value, Durability.APPENDED, this, ++handedOver);
        }

        @Override
        public void settle() {
            while (told.get() < handedOver) {
                Thread.onSpinWait();
            }
            if (failure != null) {
                throw failure;
            }
        }
    }
}
