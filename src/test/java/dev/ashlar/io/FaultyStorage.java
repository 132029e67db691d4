package dev.ashlar.io;

import dev.ashlar.StorageException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A real storage whose operations are counted and can be made to fail: the n-th of a kind, once or until it is healed,
 * with nothing, half or all of a write done before. It also shortens and interrupts writes as an operating system may,
 * and can be a disk of a given size.
 *
 * <p>It stands beside the simulated disk of the crash rig because it lets errors meet what that has not: the engine as
 * users have it over real files, whose directory other openers, other storages and the reader in C then read.
 */
public final class FaultyStorage implements Storage {
    /** What is counted, and can fail. */
    public enum Operation {
        WRITE,
        SYNC,
        ALLOCATE,
        CREATE,
        RENAME,
        UNLINK,
        SYNC_DIRECTORY
    }

    /** How it fails. */
    public enum Kind {
        ENOSPC(Errno.ENOSPC),
        EFBIG(Errno.EFBIG),
        EIO(Errno.EIO);

        private final int errno;

        Kind(int errno) {
            this.errno = errno;
        }
    }

    /** How much of a write that fails has reached the file. */
    public enum Extent {
        NOTHING,
        HALF,
        ALL
    }

    /** An operation that is about to run. */
    public record Call(Operation operation, String file) {}

    private record Plan(Set<Operation> operations, int from, int to, Kind kind, Extent extent) {
        boolean hits(Operation operation, int number) {
            return operations.contains(operation) && number >= from && number <= to;
        }
    }

    private final Storage real;
    private final boolean syncs;
    private final Map<String, Long> sizes = new ConcurrentHashMap<>();
    private @Nullable Plan plan;
    private int counted;
    private Set<Operation> counting = EnumSet.allOf(Operation.class);
    private int fired;
    private @Nullable String firstFailure;
    private volatile Consumer<Call> hook = call -> {};
    private volatile boolean shortAndInterrupted;
    private volatile long capacity = Long.MAX_VALUE;
    private int writes;

    private FaultyStorage(Storage real, boolean syncs) {
        this.real = real;
        this.syncs = syncs;
    }

    /** Over the directory, which is created if it is absent. */
    public static FaultyStorage over(Path directory) {
        return new FaultyStorage(Storages.open(directory, true), true);
    }

    /** The same, but nothing waits for the device: for tests that lose no power, and open hundreds of stores. */
    public static FaultyStorage withoutDevice(Path directory) {
        return new FaultyStorage(Storages.open(directory, true), false);
    }

    /** The n-th of these operations from now on, counted from 1, fails, once. */
    public synchronized void failAt(Set<Operation> operations, int n, Kind kind, Extent extent) {
        count(operations);
        plan = new Plan(operations, n, n, kind, extent);
    }

    /** As {@link #failAt}, and so do all that follow until {@link #heal}. */
    public synchronized void failFrom(Set<Operation> operations, int n, Kind kind, Extent extent) {
        count(operations);
        plan = new Plan(operations, n, Integer.MAX_VALUE, kind, extent);
    }

    /** Fails no longer; {@link #counted} and {@link #fired} stay. */
    public synchronized void heal() {
        plan = null;
    }

    /** Counts these operations from now on. */
    public synchronized void count(Set<Operation> operations) {
        counting = operations;
        counted = 0;
        fired = 0;
    }

    public synchronized int counted() {
        return counted;
    }

    /** How often an operation failed since the plan was made. */
    public synchronized int fired() {
        return fired;
    }

    /** The operation and file that failed first, for messages. */
    public synchronized String firstFailure() {
        return String.valueOf(firstFailure);
    }

    /** Runs before each operation, on the thread that calls it; what it throws, the operation throws. */
    public void hook(Consumer<Call> hook) {
        this.hook = hook;
    }

    /** Every write is cut in half, and every third fails with EINTR. */
    public void shortAndInterruptedWrites() {
        shortAndInterrupted = true;
    }

    /** Allocations fail with ENOSPC if the files created through this storage would have more bytes in all. */
    public void capacity(long bytes) {
        capacity = bytes;
    }

    /** Bytes of the files created through this storage. */
    public long used() {
        return sizes.values().stream().mapToLong(Long::longValue).sum();
    }

    /** What is to happen to an operation: null if nothing. */
    private @Nullable Plan enter(Operation operation, String file) {
        hook.accept(new Call(operation, file));
        synchronized (this) {
            if (counting.contains(operation)) {
                counted++;
            }
            Plan present = plan;
            if (present == null || !present.hits(operation, counted)) {
                return null;
            }
            if (fired++ == 0) {
                firstFailure = operation + " of " + file;
            }
            return present;
        }
    }

    private void fail(Operation operation, String file) {
        Plan hit = enter(operation, file);
        if (hit != null) {
            throw failure(hit, operation, file);
        }
    }

    private static StorageException failure(Plan plan, Operation operation, String file) {
        String call = operation.name().toLowerCase(java.util.Locale.ROOT);
        return operation == Operation.SYNC || operation == Operation.SYNC_DIRECTORY
                ? Errno.syncFailure(call, file, plan.kind.errno, null)
                : Errno.failure(call, file, plan.kind.errno, "as the test wants it", null);
    }

    private void grow(String name, long size) {
        synchronized (sizes) {
            long former = sizes.getOrDefault(name, 0L);
            if (size > former) {
                if (used() - former + size > capacity) {
                    throw Errno.failure("fallocate", name, Errno.ENOSPC, "allocating " + size + " bytes", null);
                }
                sizes.put(name, size);
            }
        }
    }

    @Override
    public String describe() {
        return real.describe();
    }

    @Override
    public StorageFile create(String name) {
        fail(Operation.CREATE, name);
        return new FaultyFile(real.create(name));
    }

    @Override
    public StorageFile open(String name) {
        return new FaultyFile(real.open(name));
    }

    @Override
    public StorageFile openForWriting(String name) {
        return new FaultyFile(real.openForWriting(name));
    }

    @Override
    public boolean exists(String name) {
        return real.exists(name);
    }

    @Override
    public List<String> list(String directory) {
        return real.list(directory);
    }

    @Override
    public void createDirectory(String name) {
        real.createDirectory(name);
    }

    @Override
    public void rename(String from, String to) {
        fail(Operation.RENAME, from);
        real.rename(from, to);
    }

    @Override
    public void unlink(String name) {
        fail(Operation.UNLINK, name);
        real.unlink(name);
        sizes.remove(name);
    }

    @Override
    public void syncDirectory(String directory) {
        fail(Operation.SYNC_DIRECTORY, directory);
        if (syncs) {
            real.syncDirectory(directory);
        }
    }

    @Override
    public @Nullable StorageLock tryLock(String name) {
        return real.tryLock(name);
    }

    @Override
    public boolean survivesInterrupts() {
        return real.survivesInterrupts();
    }

    @Override
    public void close() {
        real.close();
    }

    private final class FaultyFile implements StorageFile {
        private final StorageFile file;

        FaultyFile(StorageFile file) {
            this.file = file;
        }

        @Override
        public String name() {
            return file.name();
        }

        @Override
        public long size() {
            return file.size();
        }

        @Override
        public void allocate(long size) {
            fail(Operation.ALLOCATE, name());
            grow(name(), size);
            file.allocate(size);
        }

        @Override
        public long write(MemorySegment source, long sourceOffset, long length, long position) {
            Plan hit = enter(Operation.WRITE, name());
            if (hit != null) {
                long part = hit.extent == Extent.ALL ? length : hit.extent == Extent.HALF ? length / 2 : 0;
                StorageIo.writeFully(file, source, sourceOffset, part, position);
                throw failure(hit, Operation.WRITE, name());
            }
            grow(name(), position + length);
            return file.write(source, sourceOffset, shortened(length), position);
        }

        private long shortened(long length) {
            if (!shortAndInterrupted) {
                return length;
            }
            synchronized (FaultyStorage.this) {
                if (++writes % 3 == 0) {
                    throw Errno.failure("pwrite", name(), Errno.EINTR, "writing " + length + " bytes", null);
                }
            }
            return Math.max(1, length / 2);
        }

        @Override
        public long read(MemorySegment target, long targetOffset, long length, long position) {
            return file.read(target, targetOffset, length, position);
        }

        @Override
        public MemorySegment map(long size, Arena arena) {
            return file.map(size, arena);
        }

        @Override
        public void sync() {
            fail(Operation.SYNC, name());
            if (syncs) {
                file.sync();
            }
        }

        @Override
        public void truncate(long size) {
            file.truncate(size);
        }

        @Override
        public void close() {
            file.close();
        }
    }
}
