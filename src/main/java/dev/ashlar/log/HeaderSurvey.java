package dev.ashlar.log;

import dev.ashlar.StorageException;
import dev.ashlar.io.Causes;
import dev.ashlar.io.Storage;
import dev.ashlar.io.StorageFile;
import dev.ashlar.io.StorageIo;
import dev.ashlar.simd.Xxh3;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What the headers of the files in a directory say, whatever its manifest does: which stores they are of, and how large
 * chunks are. For the salvage of a store; nothing is mapped, and nothing but headers is read.
 */
public final class HeaderSurvey {
    /**
     * A file in {@code log} with a proper name.
     *
     * @param length of the file
     * @param store what its header says, null if that does not verify or says another base
     * @param capacity what its header says, which is within the limits; 0 if that does not verify
     */
    public record ChunkFile(
            long base, long length, @Nullable UUID store, long capacity) {
        public String name() {
            return ChunkLayout.fileName(base);
        }
    }

    private final Storage storage;
    private final List<ChunkFile> chunks = new ArrayList<>();
    private final Map<UUID, Integer> chunkVotes = new HashMap<>();
    private final Set<UUID> others = new HashSet<>();
    private final Map<UUID, Long> begins = new HashMap<>();
    private long valueBytes;

    private HeaderSurvey(Storage storage) {
        this.storage = storage;
    }

    /** Reads the headers of all chunks, value files and checkpoints. */
    public static HeaderSurvey of(Storage storage) {
        HeaderSurvey survey = new HeaderSurvey(storage);
        for (String entry : entries(storage, ChunkLayout.DIRECTORY)) {
            long base = ChunkLayout.baseOf(entry);
            if (base > 0) {
                survey.addChunk(base);
            }
        }
        survey.chunks.sort(java.util.Comparator.comparingLong(ChunkFile::base));
        for (String entry : entries(storage, ValueFiles.DIRECTORY)) {
            if (ValueFiles.idOf(entry) >= 0) {
                survey.addOther(ValueFiles.DIRECTORY + "/" + entry, ValueFiles.MAGIC, 64);
            }
        }
        for (String entry : entries(storage, CheckpointFile.DIRECTORY)) {
            if (CheckpointFile.idOf(entry) >= 0) {
                survey.addOther(CheckpointFile.DIRECTORY + "/" + entry, CheckpointFile.MAGIC, 56);
            }
        }
        return survey;
    }

    private static List<String> entries(Storage storage, String directory) {
        return storage.exists(directory) ? storage.list(directory) : List.of();
    }

    /** By ascending base. */
    public List<ChunkFile> chunks() {
        return chunks;
    }

    /** The stores that intact headers of chunks name, and how many do. */
    public Map<UUID, Integer> chunkVotes() {
        return chunkVotes;
    }

    /** The stores that intact headers of value files and checkpoints name. */
    public Set<UUID> others() {
        return others;
    }

    /** The highest LSN at which a checkpoint of the store begins; 0 if there is none. The log has been as far. */
    public long checkpointBegin(UUID store) {
        return begins.getOrDefault(store, 0L);
    }

    /** Sizes of all value files. */
    public long valueBytes() {
        return valueBytes;
    }

    private void addChunk(long base) {
        String name = ChunkLayout.fileName(base);
        try (StorageFile file = storage.open(name);
                Arena arena = Arena.ofConfined()) {
            MemorySegment s = header(file, ChunkLayout.MAGIC, 56, arena);
            boolean ours = s != null && s.get(FrameLayout.LONG, 40) == base;
            long capacity = s != null && ours ? ChunkLayout.capacity(s) : 0;
            UUID store = s != null && ours ? store(s) : null;
            chunks.add(new ChunkFile(base, file.size(), store, ChunkLayout.isCapacity(capacity) ? capacity : 0));
            if (store != null) {
                chunkVotes.merge(store, 1, Integer::sum);
            }
        }
    }

    private void addOther(String name, long magic, int covered) {
        try (StorageFile file = storage.open(name);
                Arena arena = Arena.ofConfined()) {
            if (magic == ValueFiles.MAGIC) {
                valueBytes += file.size();
            }
            MemorySegment s = header(file, magic, covered, arena);
            if (s == null) {
                return;
            }
            others.add(store(s));
            long begin = s.get(FrameLayout.LONG, 48);
            if (magic == CheckpointFile.MAGIC && begin > 0 && begin < ChunkLayout.MAX_BASE) {
                begins.merge(store(s), begin, Math::max);
            }
        }
    }

    /** A header that verifies, or null. */
    private static @Nullable MemorySegment header(StorageFile file, long magic, int covered, Arena arena) {
        int length = covered + 8;
        if (file.size() < length) {
            return null;
        }
        MemorySegment s = arena.allocate(length, 8);
        try {
            StorageIo.readFully(file, s, 0, length, 0);
        } catch (StorageException e) {
            if (Causes.isUnreadable(e)) {
                return null;
            }
            throw e;
        }
        boolean verifies =
                s.get(FrameLayout.LONG, 0) == magic && s.get(FrameLayout.LONG, covered) == Xxh3.hash(s, 0, covered, 0);
        return verifies ? s : null;
    }

    private static UUID store(MemorySegment s) {
        return new UUID(s.get(FrameLayout.LONG, 24), s.get(FrameLayout.LONG, 32));
    }
}
