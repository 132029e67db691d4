package dev.ashlar.process;

import dev.ashlar.failures.HookedStorage;
import dev.ashlar.io.AddressRange;
import dev.ashlar.io.Storage;
import dev.ashlar.io.StorageFile;
import dev.ashlar.io.StorageIo;
import dev.ashlar.process.KillPoint.Edge;
import dev.ashlar.process.KillPoint.Phase;
import dev.ashlar.process.KillPoint.What;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A real storage that kills its own process, with SIGKILL, when it has come by a {@link KillPoint} so many times. It knows
 * files by their names and by what was done to them; the engine knows nothing of it.
 */
final class KillingStorage extends HookedStorage {
    private static final int SIGKILL = 9;

    /** Of a slow device: what waits for it, and what does not, meet in ways that they hardly do otherwise. */
    private static final int MOST_MILLIS_OF_A_SYNC = 20;

    private final Ledger ledger;
    private final @Nullable KillPoint point;
    private final boolean slow;
    private final MethodHandle kill;
    private final Set<String> withoutFrames = new HashSet<>();

    /** Chunks that are there and not part of the log. */
    private final Set<String> inReserve = new HashSet<>();

    private int manifestsWritten;
    private int timesLeft;
    private volatile Phase phase;

    /**
     * @param point null: never
     * @param slow the device takes its time to sync
     */
    @SuppressWarnings("restricted")
    KillingStorage(Storage storage, Ledger ledger, Phase phase, @Nullable KillPoint point, int times, boolean slow) {
        super(storage, true);
        this.ledger = ledger;
        this.phase = phase;
        this.point = point;
        this.timesLeft = times;
        this.slow = slow;
        Linker linker = Linker.nativeLinker();
        this.kill = linker.downcallHandle(
                linker.defaultLookup().findOrThrow("kill"),
                FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));
    }

    /** What the store does from now on. */
    void phase(Phase present) {
        phase = present;
    }

    @Override
    public @Nullable AddressRange reserve(long bytes, long alignment) {
        return real().reserve(bytes, alignment);
    }

    // ------------------------------------------------------------------------------------------------- coming by

    @Override
    protected void before(Step step, String name) {
        if (slow && (step == Step.SYNC || step == Step.SYNC_DIRECTORY)) {
            LockSupport.parkNanos(ThreadLocalRandom.current().nextLong(MOST_MILLIS_OF_A_SYNC * 1_000_000L));
        }
        comeBy(step, whatIs(step, name, 0), Edge.BEFORE);
    }

    @Override
    protected void after(Step step, String name) {
        What what = whatIs(step, name, 0);
        if (step == Step.SYNC && what == What.NEW_CHUNK) {
            reserve(name, true);
        } else if (step == Step.UNLINK) {
            reserve(name, false);
        }
        comeBy(step, what, Edge.AFTER);
    }

    private synchronized void reserve(String name, boolean isThere) {
        boolean ignored = isThere ? inReserve.add(name) : inReserve.remove(name);
    }

    @Override
    protected long write(StorageFile file, MemorySegment source, long sourceOffset, long length, long position) {
        What what = whatIs(Step.WRITE, file.name(), position);
        comeBy(Step.WRITE, what, Edge.BEFORE);
        if (isDue(Step.WRITE, what, Edge.HALFWAY)) {
            StorageIo.writeFully(file, source, sourceOffset, length / 2, position);
            die();
        }
        long written = file.write(source, sourceOffset, length, position);
        comeBy(Step.WRITE, what, Edge.AFTER);
        return written;
    }

    private void comeBy(Step step, What what, Edge edge) {
        if (isDue(step, what, edge)) {
            die();
        }
    }

    private synchronized boolean isDue(Step step, What what, Edge edge) {
        return point != null
                && point.is(phase, step, what, edge)
                // What it leaves is opened next, and has to have something for each point of an opening.
                && (point != KillPoint.GROUP_WRITTEN || !inReserve.isEmpty())
                && --timesLeft == 0;
    }

    /** Other threads of the process may get a little further, as they do when somebody else kills it. */
    private void die() {
        ledger.reached(point);
        try {
            int ignored = (int) kill.invokeExact((int) ProcessHandle.current().pid(), SIGKILL);
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
        while (true) {
            Thread.onSpinWait(); // what is to come after the operation must not
        }
    }

    // ---------------------------------------------------------------------------------------------- telling apart

    private synchronized What whatIs(Step step, String name, long position) {
        if (name.startsWith("MANIFEST")) {
            return copy(step);
        } else if (name.startsWith("log/")) {
            return chunk(step, name, position);
        } else if (name.startsWith("index/")) {
            return What.CHECKPOINT;
        } else if (name.startsWith("values/")) {
            return What.VALUE_FILE;
        } else if (name.startsWith("segments/")) {
            return name.endsWith(".del") ? What.DEATHS : What.SEGMENT;
        } else if (step != Step.SYNC_DIRECTORY) {
            return What.DIRECTORY;
        }
        return switch (name) {
            case "log" -> What.LOG_DIRECTORY;
            case "index" -> What.CHECKPOINT_DIRECTORY;
            case "values" -> What.VALUE_DIRECTORY;
            case "segments" -> What.SEGMENT_DIRECTORY;
            default -> What.ROOT_DIRECTORY;
        };
    }

    /** Manifests are published copy by copy, each with one write. */
    private What copy(Step step) {
        boolean begins = step == Step.CREATE || step == Step.WRITE;
        int copy = begins ? manifestsWritten : manifestsWritten - 1;
        if (step == Step.WRITE) {
            manifestsWritten++;
        }
        return copy % 2 == 0 ? What.FIRST_COPY : What.SECOND_COPY;
    }

    private What chunk(Step step, String name, long position) {
        if (step == Step.CREATE) {
            withoutFrames.add(name);
        }
        if (step == Step.WRITE && position > 0 && withoutFrames.remove(name)) {
            inReserve.remove(name);
            return What.CHUNK_START;
        }
        return withoutFrames.contains(name) ? What.NEW_CHUNK : What.LOG;
    }
}
