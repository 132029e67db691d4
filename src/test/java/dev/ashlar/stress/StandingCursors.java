package dev.ashlar.stress;

import dev.ashlar.Cursor;
import dev.ashlar.Keyspace;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.ConcurrentModificationException;
import java.util.SplittableRandom;

/**
 * Cursors that stay where they are while the chunks under them retire. What one shows is what it showed when it was
 * pointed, or it says that this is gone, which it is only if somebody overwrote it.
 */
final class StandingCursors {
    private static final int COUNT = 16;

    /** So that it stands there while some chunks retire. */
    private static final int REPOINT_ONE_IN = 200;

    private final Cursor[] cursors = new Cursor[COUNT];
    private final byte[][] expected = new byte[COUNT][];
    private final MemorySegment buffer = Arena.ofAuto().allocate(8 << 10);
    private final byte[][] untouched;
    private final byte[][] touched;
    private final boolean hasViews;

    /**
     * @param untouched keys that nobody writes
     * @param touched keys that others write
     * @param hasViews whether to look at views as well
     */
    StandingCursors(Keyspace space, byte[][] untouched, byte[][] touched, boolean hasViews) {
        this.untouched = untouched;
        this.touched = touched;
        this.hasViews = hasViews;
        Arrays.setAll(cursors, i -> space.cursor());
    }

    void read(SplittableRandom own) {
        int i = own.nextInt(COUNT);
        boolean stays = i % 2 == 0;
        try {
            if (expected[i] == null || own.nextInt(REPOINT_ONE_IN) == 0) {
                byte[][] keys = stays ? untouched : touched;
                expected[i] = null;
                expected[i] = cursors[i].find(keys[own.nextInt(keys.length)]) ? copy(cursors[i]) : null;
            } else if (!Arrays.equals(
                    expected[i], hasViews && own.nextBoolean() ? view(cursors[i]) : copy(cursors[i]))) {
                throw new AssertionError("a cursor shows other bytes than before");
            }
        } catch (ConcurrentModificationException e) {
            if (stays) {
                throw new AssertionError("a cursor has lost a value that nobody touched", e);
            }
            expected[i] = null;
        }
    }

    private byte[] copy(Cursor cursor) {
        cursor.copyTo(0, buffer, 0, cursor.size());
        return buffer.asSlice(0, cursor.size()).toArray(ValueLayout.JAVA_BYTE);
    }

    private static byte[] view(Cursor cursor) {
        return cursor.value().toArray(ValueLayout.JAVA_BYTE);
    }
}
