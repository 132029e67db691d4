package dev.ashlar.document;

import com.github.luben.zstd.EndDirective;
import com.github.luben.zstd.ZstdCompressCtx;
import com.github.luben.zstd.ZstdDictCompress;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** Compresses with Zstandard. It is worth keeping for many segments: a context has some hundred KiB. */
public final class ZstdCompressor implements BlockCompressor {
    private final int level;
    private final long dictionaryId;
    private final @Nullable ZstdDictCompress digested;
    private final ZstdCompressCtx context;

    /** Of the block that comes in pieces. Such are large and rare, and one that was left halfway disturbs no other. */
    private @Nullable ZstdCompressCtx pieces;

    /**
     * @param level -5 to 19
     * @param dictionary is not needed afterwards
     */
    public ZstdCompressor(int level, @Nullable Dictionary dictionary) {
        this.level = level;
        this.dictionaryId = dictionary == null ? 0 : dictionary.id();
        this.digested = dictionary == null ? null : dictionary.forCompressing(level);
        this.context = newContext();
    }

    private ZstdCompressCtx newContext() {
        // Block index and checksum say which dictionary, and whether the bytes are intact.
        ZstdCompressCtx made =
                new ZstdCompressCtx().setLevel(level).setDictID(false).setChecksum(false);
        return digested == null ? made : made.loadDict(digested);
    }

    @Override
    public long dictionaryId() {
        return dictionaryId;
    }

    @Override
    public int compress(ByteBuffer source, int at, int length, ByteBuffer target) {
        return context.compressDirectByteBuffer(target, 0, target.capacity(), source, at, length);
    }

    @Override
    public void begin(long length) {
        endPieces();
        ZstdCompressCtx begun = newContext();
        begun.setPledgedSrcSize(length);
        pieces = begun;
    }

    @Override
    public boolean compress(ByteBuffer source, ByteBuffer target, boolean last) {
        ZstdCompressCtx begun = pieces;
        if (begun == null) {
            throw new IllegalStateException("no block was begun");
        }
        boolean flushed =
                begun.compressDirectByteBufferStream(target, source, last ? EndDirective.END : EndDirective.CONTINUE);
        boolean done = !source.hasRemaining() && (flushed || !last);
        if (done && last) {
            endPieces();
        }
        return done;
    }

    private void endPieces() {
        if (pieces != null) {
            pieces.close();
            pieces = null;
        }
    }

    @Override
    public void close() {
        endPieces();
        context.close();
        if (digested != null) {
            digested.close();
        }
    }
}
