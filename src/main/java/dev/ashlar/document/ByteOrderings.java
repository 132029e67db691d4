package dev.ashlar.document;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Bytes in memory compared with an array, as unsigned bytes, which is the order of code points of UTF-8. */
final class ByteOrderings {
    private ByteOrderings() {}

    static int compare(MemorySegment s, long start, long stop, byte[] other) {
        int length = (int) Math.min(stop - start, other.length);
        for (int i = 0; i < length; i++) {
            int difference = (s.get(ValueLayout.JAVA_BYTE, start + i) & 0xFF) - (other[i] & 0xFF);
            if (difference != 0) {
                return difference;
            }
        }
        return Long.compare(stop - start, other.length);
    }
}
