package dev.ashlar.sim;

import dev.ashlar.io.SimErrors;
import dev.ashlar.io.Storage;
import dev.ashlar.io.StorageFile;
import dev.ashlar.sim.Faults.Call;
import dev.ashlar.sim.Faults.Failure;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

/** One process's access to a {@link SimDisk}: the {@link Storage} that an engine is given. */
public final class SimStorage implements Storage {
    private final SimDisk disk;

    SimStorage(SimDisk disk) {
        this.disk = disk;
    }

    private void enter(Call call, String operation, String name) {
        Failure failure = disk.faults().enter(call);
        if (failure == Failure.EIO || failure == Failure.ENOSPC && call != Call.RENAME && call != Call.UNLINK) {
            int errno = failure == Failure.EIO ? SimErrors.EIO : SimErrors.ENOSPC;
            throw SimErrors.failure(operation, name, errno, "as the test wants it");
        }
    }

    @Override
    public String describe() {
        return "simulated disk";
    }

    @Override
    public StorageFile create(String name) {
        SimErrors.checkName(name);
        disk.faults().creating(name);
        enter(Call.CREATE, "open", name);
        return new SimFile(disk, name, disk.create(name), true);
    }

    @Override
    public StorageFile open(String name) {
        SimErrors.checkName(name);
        enter(Call.OPEN, "open", name);
        return new SimFile(disk, name, disk.find("open", name), false);
    }

    @Override
    public StorageFile openForWriting(String name) {
        SimErrors.checkName(name);
        enter(Call.OPEN, "open", name);
        return new SimFile(disk, name, disk.find("open", name), true);
    }

    @Override
    public boolean exists(String name) {
        SimErrors.checkName(name);
        return disk.exists(name);
    }

    @Override
    public List<String> list(String directory) {
        SimErrors.checkName(directory);
        return disk.list(directory);
    }

    @Override
    public void createDirectory(String name) {
        SimErrors.checkName(name);
        enter(Call.CREATE, "mkdir", name);
        disk.createDirectory(name);
    }

    @Override
    public void rename(String from, String to) {
        SimErrors.checkName(from);
        SimErrors.checkName(to);
        enter(Call.RENAME, "rename", from);
        disk.rename(from, to);
    }

    @Override
    public void unlink(String name) {
        SimErrors.checkName(name);
        enter(Call.UNLINK, "unlink", name);
        disk.unlink(name);
    }

    @Override
    public void syncDirectory(String directory) {
        SimErrors.checkName(directory);
        if (disk.faults().enter(Call.SYNC_DIRECTORY) == Failure.EIO) {
            throw SimErrors.syncFailure("fsync", directory, SimErrors.EIO);
        }
        disk.syncDirectory(directory);
    }

    @Override
    public StorageLock tryLock(String name) {
        SimErrors.checkName(name);
        if (!disk.lock(name)) {
            return null;
        }
        AtomicBoolean released = new AtomicBoolean();
        return () -> {
            if (released.compareAndSet(false, true)) {
                disk.unlock(name);
            }
        };
    }

    @Override
    public boolean survivesInterrupts() {
        return true;
    }

    @Override
    public void close() {}
}
