package dev.ashlar.failures;

import dev.ashlar.Store;
import dev.ashlar.document.BlockCompressor;
import dev.ashlar.document.ZstdCompressor;
import dev.ashlar.engine.PendingDocuments;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntConsumer;

/** What compresses blocks of documents, with something done before each block. */
final class Compressors {
    private final AtomicInteger blocks = new AtomicInteger();

    /** Called with the number of the block, counted from 1, on the thread that compresses it. */
    private final IntConsumer before;

    private Compressors(IntConsumer before) {
        this.before = before;
    }

    static Compressors before(Store store, IntConsumer action) {
        Compressors all = new Compressors(action);
        PendingDocuments.compressWith(
                store, (level, dictionary) -> all.new Hooked(new ZstdCompressor(level, dictionary)));
        return all;
    }

    /** As users have it. */
    static void restore(Store store) {
        PendingDocuments.compressWith(store, ZstdCompressor::new);
    }

    int blocks() {
        return blocks.get();
    }

    private final class Hooked implements BlockCompressor {
        private final BlockCompressor real;

        Hooked(BlockCompressor real) {
            this.real = real;
        }

        @Override
        public long dictionaryId() {
            return real.dictionaryId();
        }

        @Override
        public int compress(ByteBuffer source, int at, int length, ByteBuffer target) {
            before.accept(blocks.incrementAndGet());
            return real.compress(source, at, length, target);
        }

        @Override
        public void begin(long length) {
            before.accept(blocks.incrementAndGet());
            real.begin(length);
        }

        @Override
        public boolean compress(ByteBuffer source, ByteBuffer target, boolean last) {
            return real.compress(source, target, last);
        }

        @Override
        public void close() {
            real.close();
        }
    }
}
