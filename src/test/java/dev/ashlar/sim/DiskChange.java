package dev.ashlar.sim;

import java.io.Serializable;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;

/** One change of a {@link Disk}, as a process made it: the entries of a {@link History}. */
sealed interface DiskChange extends Serializable {
    void applyTo(Disk disk, int number);

    record Create(String name, int file) implements DiskChange {
        @Override
        public void applyTo(Disk disk, int number) {
            disk.addFile(file);
            disk.changeNames(number, Map.of(name, file));
        }
    }

    record CreateDirectory(String name) implements DiskChange {
        @Override
        public void applyTo(Disk disk, int number) {
            disk.changeNames(number, Map.of(name, Disk.DIRECTORY));
        }
    }

    record Rename(String from, String to, int file) implements DiskChange {
        @Override
        public void applyTo(Disk disk, int number) {
            Map<String, Integer> changes = new HashMap<>();
            changes.put(from, null);
            changes.put(to, file);
            disk.changeNames(number, changes);
        }
    }

    record Unlink(String name) implements DiskChange {
        @Override
        public void applyTo(Disk disk, int number) {
            disk.changeNames(number, Collections.singletonMap(name, null));
        }
    }

    record SyncDirectory(String name) implements DiskChange {
        @Override
        public void applyTo(Disk disk, int number) {
            disk.syncDirectory(name);
        }
    }

    record Write(int file, long position, byte[] data) implements DiskChange {
        @Override
        public void applyTo(Disk disk, int number) {
            disk.file(file).write(number, position, data);
        }
    }

    record SetLength(int file, long length) implements DiskChange {
        @Override
        public void applyTo(Disk disk, int number) {
            disk.file(file).setLength(number, length);
        }
    }

    record Sync(int file) implements DiskChange {
        @Override
        public void applyTo(Disk disk, int number) {
            disk.file(file).sync();
        }
    }

    /** A sync that reported an error, after which the page cache takes its pages for clean. */
    record FailedSync(int file, long seed) implements DiskChange {
        @Override
        public void applyTo(Disk disk, int number) {
            disk.file(file).failSync(new RandomFates(seed, number));
        }
    }
}
