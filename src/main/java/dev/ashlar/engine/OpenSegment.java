package dev.ashlar.engine;

import dev.ashlar.AshlarException;
import dev.ashlar.document.BlockCache;
import dev.ashlar.document.SegmentFile;
import java.util.HashSet;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A segment of documents as long as somebody needs it: the collection, as its present state says, each snapshot that shows it,
 * and a merge that reads it. It can be one that could not be opened: then whoever wants to read in it is told why.
 */
final class OpenSegment {
    private final long id;
    private final @Nullable SegmentFile file;
    private final @Nullable AshlarException failure;
    private volatile BlockCache.@Nullable Blocks blocks;
    private volatile @Nullable Set<Long> dictionaries;
    private int references = 1;

    private OpenSegment(long id, @Nullable SegmentFile file, @Nullable AshlarException failure) {
        this.id = id;
        this.file = file;
        this.failure = failure;
    }

    /** Opens one, for a first reference. */
    static OpenSegment of(long id, Supplier<SegmentFile> open) {
        try {
            return new OpenSegment(id, open.get(), null);
        } catch (AshlarException e) {
            return new OpenSegment(id, null, e);
        }
    }

    long id() {
        return id;
    }

    /** @throws AshlarException if it could not be opened */
    SegmentFile file() {
        if (file == null) {
            throw failure == null ? new IllegalStateException() : Failures.copy(failure);
        }
        return file;
    }

    /** Its blocks, in a cache that is the same each time. */
    BlockCache.Blocks blocks(BlockCache cache) {
        BlockCache.Blocks present = blocks;
        return present != null ? present : firstBlocks(cache);
    }

    private synchronized BlockCache.Blocks firstBlocks(BlockCache cache) {
        BlockCache.Blocks present = blocks;
        if (present == null) {
            if (references == 0) {
                throw new IllegalStateException("the snapshot is closed");
            }
            present = cache.of(file());
            blocks = present;
        }
        return present;
    }

    /** The ids of the dictionaries that its blocks need. */
    Set<Long> dictionaries() {
        Set<Long> present = dictionaries;
        if (present == null) {
            SegmentFile opened = file();
            Set<Long> found = new HashSet<>();
            for (int block = 0; block < opened.blocks(); block++) {
                found.add(opened.dictionaryOf(block));
            }
            found.remove(0L);
            present = Set.copyOf(found);
            dictionaries = present;
        }
        return present;
    }

    @Nullable
    AshlarException failure() {
        return failure;
    }

    /** False if nobody needs it any more, so that it may be gone. */
    synchronized boolean retain() {
        if (references == 0) {
            return false;
        }
        references++;
        return true;
    }

    synchronized void release() {
        if (--references == 0 && file != null) {
            BlockCache.Blocks cached = blocks;
            if (cached != null) {
                cached.close();
            }
            file.close();
        }
    }

    synchronized boolean isUnread() {
        return references == 0;
    }
}
