package dev.ashlar.engine;

import dev.ashlar.document.SegmentFile;
import dev.ashlar.io.OffHeap;
import dev.ashlar.simd.Xxh3;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * A primary key in native memory, with its hash, to be looked for in several segments. One for each thread, to be used at once
 * and not kept.
 */
final class DocumentKey {
    private static final int FIRST = 256;
    private static final ThreadLocal<DocumentKey> KEYS = ThreadLocal.withInitial(DocumentKey::new);

    private MemorySegment memory = OffHeap.allocate(FIRST, 8, Arena.ofAuto());
    private int length;
    private long hash;

    private DocumentKey() {}

    /** The calling thread's, with these bytes. */
    static DocumentKey of(byte[] bytes) {
        DocumentKey key = KEYS.get();
        key.set(bytes);
        return key;
    }

    private void set(byte[] bytes) {
        if (bytes.length > memory.byteSize()) {
            memory = OffHeap.allocate(2L * bytes.length, 8, Arena.ofAuto());
        }
        MemorySegment.copy(bytes, 0, memory, ValueLayout.JAVA_BYTE, 0, bytes.length);
        length = bytes.length;
        hash = Xxh3.hash(memory, 0, length, 0);
    }

    /** The ordinal of the last document of a segment with this key, dead or alive; -1 if there is none. */
    int findIn(SegmentFile segment) {
        return segment.find(hash, memory, 0, length);
    }
}
