package dev.ashlar.sim;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.ashlar.io.SimErrors;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * A computer's disk and page cache from one boot to the next crash: live files, a {@link History} of all changes, and
 * the errors that are planned. Any number of {@link SimStorage} work on it. What a crash leaves is derived from the
 * history; the disk itself never crashes.
 */
public final class SimDisk {
    private final Faults faults = new Faults();
    private final History history;
    private final Map<String, Integer> names;
    private final Map<Integer, SimNode> nodes = new HashMap<>();
    private final Set<String> locks = new HashSet<>();
    private int lastFile;
    private int openFiles;
    private int mappings;

    /** An empty one. */
    public SimDisk() {
        this(new Disk());
    }

    /** What a crash, or nothing at all, has left. */
    SimDisk(Disk left) {
        Disk own = left.copy();
        this.history = new History(own);
        this.names = new TreeMap<>(own.names());
        this.lastFile = own.highestFile();
        names.values().stream().filter(file -> file != Disk.DIRECTORY).forEach(file -> {
            Inode inode = own.file(file);
            nodes.put(file, new SimNode(file, inode.cached().copy(), inode.cachedLength()));
        });
    }

    public SimStorage storage() {
        return new SimStorage(this);
    }

    History history() {
        return history;
    }

    Faults faults() {
        return faults;
    }

    /** Files, closable mappings and locks that are still held. */
    synchronized String held() {
        return openFiles + " files, " + mappings + " mappings, " + locks.size() + " locks";
    }

    // --------------------------------------------------------------------------------------------- for SimStorage

    synchronized boolean exists(String name) {
        return name.isEmpty() || names.containsKey(name);
    }

    synchronized List<String> list(String directory) {
        requireDirectory("readdir", directory, directory);
        List<String> entries = new ArrayList<>();
        for (String name : names.keySet()) {
            if (Disk.parentOf(name).equals(directory)) {
                entries.add(directory.isEmpty() ? name : name.substring(directory.length() + 1));
            }
        }
        return entries;
    }

    synchronized SimNode create(String name) {
        requireDirectory("open", name, Disk.parentOf(name));
        if (exists(name)) {
            throw SimErrors.failure("open", name, SimErrors.EEXIST, "creating it");
        }
        SimNode node = new SimNode(++lastFile, new Content(), 0);
        nodes.put(node.number(), node);
        names.put(name, node.number());
        history.add(new DiskChange.Create(name, node.number()));
        return node;
    }

    synchronized SimNode find(String operation, String name) {
        return nodes.get(fileNumber(operation, name));
    }

    private int fileNumber(String operation, String name) {
        Integer number = names.get(name);
        if (number == null) {
            throw SimErrors.failure(operation, name, SimErrors.ENOENT, "looking for it");
        }
        if (number == Disk.DIRECTORY) {
            throw SimErrors.failure(operation, name, SimErrors.EISDIR, "taking it for a file");
        }
        return number;
    }

    synchronized void createDirectory(String name) {
        requireDirectory("mkdir", name, Disk.parentOf(name));
        Integer present = names.get(name);
        if (present == null) {
            names.put(name, Disk.DIRECTORY);
            history.add(new DiskChange.CreateDirectory(name));
        } else if (present != Disk.DIRECTORY) {
            throw SimErrors.failure("mkdir", name, SimErrors.EEXIST, "creating the directory");
        }
    }

    private void requireDirectory(String operation, String name, String directory) {
        Integer present = directory.isEmpty() ? Integer.valueOf(Disk.DIRECTORY) : names.get(directory);
        if (present == null || present != Disk.DIRECTORY) {
            throw SimErrors.failure(operation, name, SimErrors.ENOENT, "there is no directory " + directory);
        }
    }

    synchronized void rename(String from, String to) {
        int number = fileNumber("rename", from);
        requireDirectory("rename", to, Disk.parentOf(to));
        names.remove(from);
        names.put(to, number);
        history.add(new DiskChange.Rename(from, to, number));
    }

    /** Open files and mappings of it go on. */
    synchronized void unlink(String name) {
        fileNumber("unlink", name);
        names.remove(name);
        history.add(new DiskChange.Unlink(name));
    }

    synchronized void syncDirectory(String directory) {
        requireDirectory("fsync", directory, directory);
        history.add(new DiskChange.SyncDirectory(directory));
    }

    synchronized void write(SimNode node, MemorySegment source, long position) {
        if (source.byteSize() > 0) {
            node.write(source, position);
            history.add(new DiskChange.Write(node.number(), position, source.toArray(JAVA_BYTE)));
        }
    }

    synchronized long read(SimNode node, MemorySegment target, long position) {
        return node.read(target, position);
    }

    synchronized void setLength(SimNode node, long length) {
        if (length != node.length()) {
            node.setLength(length);
            history.add(new DiskChange.SetLength(node.number(), length));
        }
    }

    synchronized void sync(SimNode node) {
        history.add(new DiskChange.Sync(node.number()));
    }

    synchronized void failSync(SimNode node) {
        history.add(new DiskChange.FailedSync(node.number(), history.position()));
    }

    synchronized boolean lock(String name) {
        if (!exists(name)) {
            create(name);
        }
        return locks.add(name);
    }

    synchronized void unlock(String name) {
        locks.remove(name);
    }

    synchronized void fileOpened(int more) {
        openFiles += more;
    }

    synchronized void mapped(int more) {
        mappings += more;
    }
}
