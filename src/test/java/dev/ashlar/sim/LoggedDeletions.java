package dev.ashlar.sim;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.ashlar.log.ChunkLayout;
import dev.ashlar.log.FrameLayout;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;

/**
 * The deletions that ever went to the log, wherever that is now: a get-and-delete returns the value and not the LSN. Those
 * of batches, and those that compaction moved, are not among them.
 */
final class LoggedDeletions {
    private final Map<Integer, Map<String, TreeSet<Long>>> bySpace = new TreeMap<>();
    private final long salt;

    /** @param store the id in the headers of its files */
    LoggedDeletions(List<DiskChange> changes, UUID store) {
        salt = ChunkLayout.salt(store);
        Map<Integer, Long> bases = new TreeMap<>();
        Map<Integer, byte[]> files = new HashMap<>();
        for (DiskChange change : changes) {
            if (change instanceof DiskChange.Create create && create.name().startsWith(ChunkLayout.DIRECTORY + "/")) {
                bases.put(
                        create.file(), ChunkLayout.baseOf(create.name().substring(ChunkLayout.DIRECTORY.length() + 1)));
            } else if (change instanceof DiskChange.Write write && bases.containsKey(write.file())) {
                int end = (int) write.position() + write.data().length;
                byte[] former = files.getOrDefault(write.file(), new byte[0]);
                byte[] bytes = Arrays.copyOf(former, Math.max(former.length, end));
                System.arraycopy(write.data(), 0, bytes, (int) write.position(), write.data().length);
                files.put(write.file(), bytes);
            }
        }
        files.forEach((file, bytes) -> read(bytes, bases.get(file)));
    }

    /** What a chunk's file had in it at its end: nothing is written over. */
    private void read(byte[] chunk, long start) {
        MemorySegment s = Arena.ofAuto().allocate(chunk.length, 8).copyFrom(MemorySegment.ofArray(chunk));
        long at = ChunkLayout.HEADER;
        while (at + FrameLayout.MIN_FRAME <= s.byteSize()
                && FrameLayout.headerVerifies(s, at, s.byteSize(), start + at, salt)) {
            long lsn = start + at;
            boolean alone =
                    FrameLayout.flags(s, at) == FrameLayout.BATCH_END && FrameLayout.batchStart(s, at, lsn) == lsn;
            Map<String, TreeSet<Long>> ofSpace =
                    bySpace.computeIfAbsent(FrameLayout.space(s, at), each -> new HashMap<>());
            if (FrameLayout.type(s, at) == FrameLayout.DELETE && alone) {
                byte[] key = s.asSlice(FrameLayout.keyOffset(s, at), FrameLayout.keyLength(s, at))
                        .toArray(ValueLayout.JAVA_BYTE);
                ofSpace.computeIfAbsent(new String(key, UTF_8), each -> new TreeSet<>())
                        .add(lsn);
            }
            at = FrameLayout.end(s, at);
        }
    }

    /**
     * The first deletion of a key behind an LSN; -1 if there is none.
     *
     * @param space which of the keyspaces that were written to, in the order in which they were created
     */
    long after(int space, String key, long lsn) {
        // The catalog is the first.
        Map<String, TreeSet<Long>> ofSpace = new ArrayList<>(bySpace.values()).get(1 + space);
        Long first = ofSpace.getOrDefault(key, new TreeSet<>()).higher(lsn);
        return first == null ? -1 : first;
    }
}
