package dev.ashlar.keyspace;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The tables of an image, kept. */
final class ImageOnHeap implements TableSink {
    record Table(long prefix, int depth, int level, MemorySegment words) {}

    final List<Table> tables = new ArrayList<>();

    static ImageOnHeap of(HashIndex index) {
        ImageOnHeap image = new ImageOnHeap();
        index.image(image);
        return image;
    }

    @Override
    public void table(long prefix, int depth, int level, MemorySegment words) {
        tables.add(new Table(prefix, depth, level, MemorySegment.ofArray(words.toArray(ValueLayout.JAVA_LONG))));
    }

    HashIndex restore(TableMemory memory, HashSource source, @Nullable PositionFilter filter) {
        try (IndexRestorer restorer = HashIndex.restore(memory, source)) {
            for (Table table : tables) {
                restorer.add(table.prefix(), table.depth(), table.level(), table.words(), false);
            }
            HashIndex index = restorer.finish();
            if (filter != null) {
                index.retain(filter);
            }
            return index;
        }
    }
}
