package dev.ashlar.document;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Makes one segment of several, of the documents that count. Blocks all of whose documents count are copied as they are
 * compressed, dictionaries included; of others, and of neighbours that are less than half full, the documents are written anew, so
 * that they come together.
 *
 * <p>Which documents count is decided when it begins. Those that die meanwhile are found in the new segment by {@link
 * Merged#ordinal}.
 */
public final class SegmentMerger {
    /** Bytes that are copied before it asks again whether to go on, some milliseconds' worth; or one block. */
    private static final long MOST_AT_ONCE = 4 << 20;

    private final List<Source> sources;
    private final SegmentWriter writer;
    private final BooleanSupplier goOn;
    private final int leastRaw;
    private int copied;
    private long rewritten;

    /**
     * A segment to merge.
     *
     * @param file stays open meanwhile: the caller sees to that
     */
    public record Source(SegmentFile file, LiveDocs live) {
        public Source {
            if (file.documents() != live.documents()) {
                throw new IllegalArgumentException("a mask of " + live.documents() + " documents for " + file);
            }
        }

        private int liveIn(int block) {
            int from = file.firstOrdinalOf(block);
            return live.liveBetween(from, from + file.documentsOf(block));
        }

        private boolean isAllLive(int block) {
            return liveIn(block) == file.documentsOf(block);
        }
    }

    private SegmentMerger(List<Source> sources, SegmentWriter writer, BlockOptions options, BooleanSupplier goOn) {
        this.sources = sources;
        this.writer = writer;
        this.goOn = goOn;
        this.leastRaw = options.blockBytes() / 2;
    }

    /**
     * What became of the documents.
     *
     * @param info of the new segment
     * @param copiedBlocks blocks that were copied as they were
     * @param rewrittenDocuments documents that were decompressed and compressed again
     */
    public record Merged(SegmentInfo info, int copiedBlocks, long rewrittenDocuments, Mapping mapping) {
        /**
         * Where a document is now.
         *
         * @param source the place of its segment in the list
         * @param ordinal in that segment
         * @return its ordinal in the new segment, or -1 if it did not count
         */
        public int ordinal(int source, int ordinal) {
            return mapping.ordinal(source, ordinal);
        }
    }

    /** New ordinals: the documents that count follow one another as they did, so one number for each source and a mask do. */
    public static final class Mapping {
        private final List<LiveDocs> live;
        private final int[] first;
        private final int[][] before;

        private Mapping(List<Source> sources, int[] first) {
            this.live = sources.stream().map(Source::live).toList();
            this.first = first;
            this.before = live.stream().map(Mapping::ranks).toArray(int[][]::new);
        }

        /** How many documents count before each group of 512. */
        private static int[] ranks(LiveDocs live) {
            int[] ranks = new int[(live.documents() >>> 9) + 1];
            for (int i = 1; i < ranks.length; i++) {
                ranks[i] = ranks[i - 1] + live.liveBetween(i - 1 << 9, i << 9);
            }
            return ranks;
        }

        private int ordinal(int source, int ordinal) {
            LiveDocs mask = live.get(source);
            if (!mask.isLive(ordinal)) {
                return -1;
            }
            int group = ordinal >>> 9;
            return first[source] + before[source][group] + mask.liveBetween(group << 9, ordinal);
        }
    }

    /**
     * Merges segments.
     *
     * @param sources from the oldest to the youngest: where two have a document with the same key, the younger one is found
     * @param writer with nothing in it; it is finished, and not closed
     * @param options those of the writer
     * @param keepKills whether there are older segments that are not merged, of which keys are to go on being killed
     * @param zones makes of the zones of the sources those of the new segment
     * @param goOn asked between blocks
     * @throws CancellationException if it was told not to go on; the writer is of no use then
     * @throws dev.ashlar.CorruptionException if a source is damaged; it stays as it is
     */
    public static Merged merge(
            List<Source> sources,
            SegmentWriter writer,
            BlockOptions options,
            boolean keepKills,
            Function<List<byte[]>, byte[]> zones,
            BooleanSupplier goOn) {
        if (writer.documents() != 0) {
            throw new IllegalArgumentException("the writer has " + writer.documents() + " documents already");
        }
        return new SegmentMerger(List.copyOf(sources), writer, options, goOn).run(keepKills, zones);
    }

    private Merged run(boolean keepKills, Function<List<byte[]>, byte[]> zones) {
        int[] first = new int[sources.size()];
        try (BlockBuffer buffer = new BlockBuffer()) {
            for (int i = 0; i < first.length; i++) {
                first[i] = writer.documents();
                source(i, buffer);
            }
        }
        if (keepKills) {
            kills();
        }
        writer.zones(zones.apply(sources.stream().map(s -> s.file.zones()).toList()));
        checkGoOn();
        return new Merged(writer.finish(), copied, rewritten, new Mapping(sources, first));
    }

    private void source(int at, BlockBuffer buffer) {
        Source source = sources.get(at);
        int blocks = source.file.blocks();
        for (int block = 0; block < blocks; block++) {
            checkGoOn();
            int live = source.liveIn(block);
            if (live == 0) {
                continue;
            }
            int run = 0;
            long bytes = 0;
            while (bytes < MOST_AT_ONCE && block + run < blocks && isCopied(at, block + run, run > 0)) {
                bytes += source.file.storedLengthOf(block + run);
                run++;
            }
            if (run > 0) {
                writer.copyBlocks(source.file, block, run);
                copied += run;
                block += run - 1;
            } else {
                rewrite(source, block, buffer);
                rewritten += live;
            }
        }
    }

    /** A block that is not full is written anew only if it has a neighbour to share a block with. */
    private boolean isCopied(int at, int block, boolean inRun) {
        Source source = sources.get(at);
        return source.isAllLive(block)
                && (isFull(source, block) || (inRun || !writer.hasOpenBlock()) && !isNextRewritten(at, block));
    }

    private boolean isFull(Source source, int block) {
        return source.file.rawLengthOf(block) >= leastRaw;
    }

    private boolean isNextRewritten(int at, int block) {
        int next = block + 1;
        for (int i = at; i < sources.size(); i++, next = 0) {
            Source source = sources.get(i);
            for (; next < source.file.blocks(); next++) {
                if (source.liveIn(next) > 0) {
                    return !source.isAllLive(next) || !isFull(source, next);
                }
            }
        }
        return false;
    }

    private void rewrite(Source source, int block, BlockBuffer buffer) {
        buffer.read(source.file, block);
        int first = source.file.firstOrdinalOf(block);
        for (int i = 0; i < buffer.documents(); i++) {
            if (source.live.isLive(first + i)) {
                MemorySegment key = source.file.key(first + i);
                writer.add(
                        buffer.memory(),
                        buffer.at(i),
                        buffer.length(i),
                        key,
                        0,
                        key == null ? 0 : (int) key.byteSize());
            }
        }
    }

    /** A key that several sources kill is killed once. */
    private void kills() {
        boolean several = sources.size() > 1;
        Set<Key> known = new HashSet<>();
        for (Source source : sources) {
            source.file.forEachKill((memory, at, length) -> {
                if (!several || known.add(Key.of(memory, at, length))) {
                    writer.kill(memory, at, length);
                }
            });
        }
    }

    private record Key(byte[] bytes) {
        static Key of(MemorySegment memory, long at, int length) {
            return new Key(memory.asSlice(at, length).toArray(java.lang.foreign.ValueLayout.JAVA_BYTE));
        }

        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof Key key && Arrays.equals(bytes, key.bytes);
        }

        @Override
        public int hashCode() {
            return Arrays.hashCode(bytes);
        }
    }

    private void checkGoOn() {
        if (!goOn.getAsBoolean()) {
            throw new CancellationException("a merge of " + sources.size() + " segments was told to stop");
        }
    }
}
