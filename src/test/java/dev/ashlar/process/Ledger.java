package dev.ashlar.process;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * What a child has submitted and what was acknowledged to it, in a mapped file: what it wrote before it was killed is
 * there afterwards, without a system call for each.
 *
 * <pre>
 *   0 how often the store was opened   8 the kill point reached, counted from 1   16 whether the process has begun
 *   64 × (1 + writer): submitted, acknowledged
 * </pre>
 */
final class Ledger implements AutoCloseable {
    private static final VarHandle LONG = ValueLayout.JAVA_LONG.varHandle();
    private static final long OPENINGS = 0;
    private static final long REACHED = 8;
    private static final long STARTED = 16;
    private static final long LINE = 64;

    private final Arena arena = Arena.ofShared();
    private final MemorySegment memory;

    /** Opens it, and creates it if there is none. */
    Ledger(Path file) throws IOException {
        try (FileChannel channel =
                FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE, StandardOpenOption.CREATE)) {
            memory = channel.map(MapMode.READ_WRITE, 0, LINE * (1 + Workload.WRITERS), arena);
        }
    }

    private long get(long offset) {
        return (long) LONG.getAcquire(memory, offset);
    }

    private void set(long offset, long value) {
        LONG.setRelease(memory, offset, value);
    }

    void started() {
        set(STARTED, 1);
    }

    boolean hasStarted() {
        return get(STARTED) != 0;
    }

    void opened() {
        set(OPENINGS, openings() + 1);
    }

    long openings() {
        return get(OPENINGS);
    }

    void reached(KillPoint point) {
        set(REACHED, point.ordinal() + 1L);
    }

    boolean hasReached(KillPoint point) {
        return get(REACHED) == point.ordinal() + 1L;
    }

    /** This many writes were, or are about to be, handed to the store. */
    void submitted(int writer, long count) {
        set(LINE * (1 + writer), count);
    }

    long submitted(int writer) {
        return get(LINE * (1 + writer));
    }

    /** This many writes have returned, each after those before it. */
    void acknowledged(int writer, long count) {
        set(LINE * (1 + writer) + 8, count);
    }

    long acknowledged(int writer) {
        return get(LINE * (1 + writer) + 8);
    }

    @Override
    public void close() {
        arena.close();
    }
}
