package dev.ashlar.engine;

import dev.ashlar.log.Chunk;
import java.lang.foreign.MemorySegment;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.List;

/** Chunks that have left the store while views of them may still be held: how much they pin. */
final class Retired {
    private record Entry(WeakReference<MemorySegment.Scope> scope, long bytes) {}

    private final List<Entry> entries = new ArrayList<>();

    synchronized void add(Chunk chunk) {
        MemorySegment lent = chunk.escaped() ? chunk.escapingSegment() : null;
        if (lent != null) {
            // Slices share the scope of what they were cut from, so it lives as long as any of them.
            entries.add(new Entry(new WeakReference<>(lent.scope()), chunk.capacity()));
        }
    }

    synchronized long bytes() {
        entries.removeIf(entry -> entry.scope.get() == null);
        return entries.stream().mapToLong(Entry::bytes).sum();
    }
}
