package dev.ashlar.bench;

import com.github.luben.zstd.ZstdDecompressCtx;
import com.github.luben.zstd.ZstdDictDecompress;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/**
 * The blocks of one segment of documents, found as FORMAT.md says, and decompressed by Zstandard and nothing else: no cache, no
 * checksum, no look at what came out.
 */
final class BareBlocks implements AutoCloseable {
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final int ENTRY = 48;

    private final Arena arena = Arena.ofShared();
    private final MemorySegment file;
    private final MemorySegment index;
    private final ByteBuffer target;
    private final Map<Long, ZstdDecompressCtx> contexts = new HashMap<>();
    private final ByteBuffer bytes;

    BareBlocks(Path store, long segment) {
        Path documents = store.resolve("documents");
        file = map(documents.resolve(String.format("%016x.seg", segment)));
        long size = file.byteSize();
        long footer = size - 32 - file.get(LONG, size - 24);
        index = part(footer, 1);
        int largest = 0;
        for (int i = 0; i < count(); i++) {
            largest = Math.max(largest, index.get(INT, (long) i * ENTRY + 28));
            long dictionary = index.get(LONG, (long) i * ENTRY + 16);
            contexts.computeIfAbsent(dictionary, id -> context(documents, id));
        }
        target = arena.allocate(largest, 64).asByteBuffer();
        bytes = file.asByteBuffer();
    }

    private MemorySegment part(long footer, int kind) {
        for (int i = 0; i < file.get(INT, footer); i++) {
            long at = footer + 8 + 32L * i;
            if (file.get(INT, at) == kind) {
                return file.asSlice(file.get(LONG, at + 8), file.get(LONG, at + 16));
            }
        }
        throw new IllegalStateException("no part " + kind);
    }

    private ZstdDecompressCtx context(Path documents, long dictionary) {
        ZstdDecompressCtx context = new ZstdDecompressCtx();
        if (dictionary != 0) {
            MemorySegment all = map(documents.resolve(String.format("%016x.dict", dictionary)));
            byte[] content = all.asSlice(64, all.byteSize() - 72).toArray(ValueLayout.JAVA_BYTE);
            context.loadDict(new ZstdDictDecompress(content));
        }
        return context;
    }

    private MemorySegment map(Path path) {
        try (FileChannel channel = FileChannel.open(path)) {
            return channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    int count() {
        return (int) (index.byteSize() / ENTRY);
    }

    int firstOrdinal(int block) {
        return index.get(INT, (long) block * ENTRY + 32);
    }

    int documents(int block) {
        return index.get(INT, (long) block * ENTRY + 36);
    }

    /** Bytes of all blocks when they are decompressed. */
    long rawBytes() {
        long sum = 0;
        for (int i = 0; i < count(); i++) {
            sum += index.get(INT, (long) i * ENTRY + 28);
        }
        return sum;
    }

    /** @return the number of bytes that it has */
    int decompress(int block) {
        long at = (long) block * ENTRY;
        int stored = index.get(INT, at + 24);
        int raw = index.get(INT, at + 28);
        if ((index.get(INT, at + 40) & 1) != 0) {
            target.put(0, bytes, (int) index.get(LONG, at), stored);
            return stored;
        }
        return contexts.get(index.get(LONG, at + 16))
                .decompressDirectByteBuffer(target, 0, raw, bytes, (int) index.get(LONG, at), stored);
    }

    @Override
    public void close() {
        contexts.values().forEach(ZstdDecompressCtx::close);
        arena.close();
    }
}
