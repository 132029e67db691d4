package dev.ashlar.engine;

import dev.ashlar.Damage;
import dev.ashlar.SalvageOptions;
import dev.ashlar.StorageException;
import dev.ashlar.io.Causes;
import dev.ashlar.io.StorageFile;
import dev.ashlar.io.StorageIo;
import dev.ashlar.log.ChunkImage;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Reads files of a store on a device that may have lost some of its blocks: those read as zeros. Counts what was read. */
final class SalvageReads implements ChunkImage.Source {
    private static final int PIECE = 1 << 20;

    /** What is given up as a whole; devices lose no less. */
    private static final int BLOCK = 4096;

    private final SalvageOptions.Progress progress;

    /** By file: lengths of stretches that could not be read, by their beginnings. */
    private final Map<String, TreeMap<Long, Long>> unreadable = new TreeMap<>();

    private long total;
    private long done;

    SalvageReads(SalvageOptions.Progress progress) {
        this.progress = progress;
    }

    void expect(long bytes) {
        total += bytes;
    }

    void count(long bytes) {
        done = Math.min(total, done + bytes);
        progress.at(done, total);
    }

    void finish() {
        count(total);
    }

    @Override
    public void read(StorageFile file, MemorySegment target, long length) {
        for (long at = 0; at < length; at += PIECE) {
            long count = Math.min(PIECE, length - at);
            try {
                StorageIo.readFully(file, target, at, count, at);
            } catch (StorageException e) {
                if (!Causes.isUnreadable(e)) {
                    throw e;
                }
                readBlocks(file, target, at, count);
            }
            count(count);
        }
    }

    private void readBlocks(StorageFile file, MemorySegment target, long from, long length) {
        for (long at = from; at < from + length; at += BLOCK) {
            long count = Math.min(BLOCK, from + length - at);
            try {
                StorageIo.readFully(file, target, at, count, at);
            } catch (StorageException e) {
                if (!Causes.isUnreadable(e)) {
                    throw e;
                }
                target.asSlice(at, count).fill((byte) 0);
                unreadable.computeIfAbsent(file.name(), _ -> new TreeMap<>()).put(at, count);
            }
        }
    }

    /** What could not be read, neighbours joined. */
    List<Damage> unreadable() {
        List<Damage> all = new ArrayList<>();
        unreadable.forEach((file, blocks) -> {
            long from = -1;
            long to = -1;
            for (Map.Entry<Long, Long> block : blocks.entrySet()) {
                if (block.getKey() != to) {
                    add(all, file, from, to);
                    from = block.getKey();
                }
                to = block.getKey() + block.getValue();
            }
            add(all, file, from, to);
        });
        return all;
    }

    private static void add(List<Damage> all, String file, long from, long to) {
        if (from >= 0) {
            all.add(new Damage(
                    file, from, to - from, "the device cannot read this; records that stood here are listed apart"));
        }
    }
}
