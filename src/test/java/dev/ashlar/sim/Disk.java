package dev.ashlar.sim;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * What a computer has stored at one moment: files with what the device holds and what only the page cache holds, and
 * names, of which those that were changed since their directory was synced may go either way. It is a model for deriving
 * what crashes leave, and has no open files; {@link SimDisk} is what an engine works on.
 */
final class Disk {
    /** In place of a file's number: the name is a directory. */
    static final int DIRECTORY = -1;

    /**
     * A change of names that becomes durable as a whole.
     *
     * @param changes what each name stands for afterwards; null: nothing
     * @param unsynced the directories that have to be synced before it is certain
     */
    record UnsyncedName(int number, Map<String, Integer> changes, Set<String> unsynced) {}

    private final Map<Integer, Inode> files;
    private final Map<String, Integer> durableNames;
    private final Map<String, Integer> names;
    private final List<UnsyncedName> unsyncedNames;

    /** An empty directory. */
    Disk() {
        this(new TreeMap<>(), new TreeMap<>(), new TreeMap<>(), new ArrayList<>());
    }

    private Disk(
            Map<Integer, Inode> files,
            Map<String, Integer> durableNames,
            Map<String, Integer> names,
            List<UnsyncedName> unsyncedNames) {
        this.files = files;
        this.durableNames = durableNames;
        this.names = names;
        this.unsyncedNames = unsyncedNames;
    }

    /** The same at the cost of its pages' addresses. */
    Disk copy() {
        Map<Integer, Inode> copies = new TreeMap<>();
        files.forEach((number, file) -> copies.put(number, file.copy()));
        List<UnsyncedName> unsynced = new ArrayList<>();
        unsyncedNames.forEach(
                name -> unsynced.add(new UnsyncedName(name.number, name.changes, new HashSet<>(name.unsynced))));
        return new Disk(copies, new TreeMap<>(durableNames), new TreeMap<>(names), unsynced);
    }

    static String parentOf(String name) {
        int slash = name.lastIndexOf('/');
        return slash < 0 ? "" : name.substring(0, slash);
    }

    /** Names as a process sees them, with the number of the file or {@link #DIRECTORY}. */
    Map<String, Integer> names() {
        return names;
    }

    Inode file(int number) {
        Inode file = files.get(number);
        if (file == null) {
            throw new IllegalArgumentException("there is no file " + number);
        }
        return file;
    }

    int highestFile() {
        return files.keySet().stream().mapToInt(Integer::intValue).max().orElse(0);
    }

    void addFile(int number) {
        files.put(number, new Inode());
    }

    /** Changes names as a process sees it at once; null stands for a name that goes. */
    void changeNames(int number, Map<String, Integer> changes) {
        Set<String> directories = new HashSet<>();
        changes.forEach((name, file) -> {
            directories.add(parentOf(name));
            set(names, name, file);
        });
        unsyncedNames.add(new UnsyncedName(number, changes, directories));
    }

    void syncDirectory(String directory) {
        for (Iterator<UnsyncedName> each = unsyncedNames.iterator(); each.hasNext(); ) {
            UnsyncedName name = each.next();
            name.unsynced.remove(directory);
            if (name.unsynced.isEmpty()) {
                name.changes.forEach((changed, file) -> set(durableNames, changed, file));
                each.remove();
            }
        }
    }

    /** Somebody removes a file while no store is open. */
    void lose(String name) {
        names.remove(name);
        durableNames.remove(name);
    }

    /** What is there after the process was killed and its page cache lives on: everything. */
    Disk afterKill() {
        Disk after = copy();
        // What has no name any more was only kept by the process that had it open.
        Set<Integer> reachable = new HashSet<>(after.names.values());
        reachable.addAll(after.durableNames.values());
        after.unsyncedNames.forEach(name -> reachable.addAll(name.changes.values()));
        after.files.keySet().retainAll(reachable);
        return after;
    }

    /** What is there after power was lost. */
    Disk afterPowerLoss(Fates fates) {
        Map<String, Integer> left = new TreeMap<>(durableNames);
        for (UnsyncedName name : unsyncedNames) {
            if (fates.keepsName(name)) {
                name.changes.forEach((changed, file) -> set(left, changed, file));
            }
        }
        left.keySet().removeIf(name -> !hasDirectory(left, name));
        Map<Integer, String> nameOf = new HashMap<>();
        left.forEach((name, file) -> nameOf.put(file, name));
        Map<Integer, Inode> remaining = new TreeMap<>();
        files.forEach((number, file) -> {
            String name = nameOf.get(number);
            if (name != null) {
                fates.file(name);
                remaining.put(number, file.afterPowerLoss(fates));
            }
        });
        return new Disk(remaining, left, new TreeMap<>(left), new ArrayList<>());
    }

    private static boolean hasDirectory(Map<String, Integer> names, String name) {
        String parent = parentOf(name);
        return parent.isEmpty() || names.containsKey(parent) && hasDirectory(names, parent);
    }

    private static void set(Map<String, Integer> names, String name, Integer file) {
        if (file == null) {
            names.remove(name);
        } else {
            names.put(name, file);
        }
    }

    /** Equal for disks on which a process sees the same. Not for telling apart what is durable. */
    long fingerprint() {
        long hash = 17;
        for (Map.Entry<String, Integer> entry : names.entrySet()) {
            hash = hash * 1_000_003 + entry.getKey().hashCode();
            if (entry.getValue() == DIRECTORY) {
                continue;
            }
            Inode file = file(entry.getValue());
            hash = hash * 1_000_003 + file.cachedLength();
            byte[][] pages = file.cached().pages();
            for (int i = 0; i < pages.length; i++) {
                if (pages[i] != null) {
                    hash = hash * 1_000_003 + i;
                    hash = hash * 1_000_003 + wideHash(pages[i]);
                }
            }
        }
        return hash;
    }

    private static long wideHash(byte[] page) {
        // Two independent hashes of 32 bits each: collisions would silently skip states.
        int low = java.util.Arrays.hashCode(page);
        java.util.zip.CRC32C high = new java.util.zip.CRC32C();
        high.update(page);
        return high.getValue() << 32 | low & 0xFFFF_FFFFL;
    }
}
