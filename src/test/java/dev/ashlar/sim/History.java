package dev.ashlar.sim;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** All changes that one life of a store made to its disk, from which the disk at any point of it can be had again. */
final class History {
    private final Disk before;
    private final List<DiskChange> changes = new ArrayList<>();

    History(Disk before) {
        this.before = before;
    }

    synchronized void add(DiskChange change) {
        changes.add(change);
    }

    /** Number of changes so far. */
    synchronized int position() {
        return changes.size();
    }

    synchronized DiskChange change(int number) {
        return changes.get(number);
    }

    /** Walks through the history; going forward costs only the changes in between. */
    Cursor cursor() {
        return new Cursor();
    }

    final class Cursor {
        private Disk disk = before.copy();
        private int position;

        /** The disk after so many changes. It belongs to the cursor: derive from it, do not keep it. */
        Disk at(int wanted) {
            if (wanted < position) {
                disk = before.copy();
                position = 0;
            }
            while (position < wanted) {
                change(position).applyTo(disk, position);
                position++;
            }
            return disk;
        }

        /** The disk after a process was killed in the middle of a change, if that can be seen. */
        Disk inside(int number, double part) {
            Disk present = at(number);
            DiskChange cut = switch (change(number)) {
                case DiskChange.Write write -> {
                    long end = write.position() + (long) (part * write.data().length);
                    // The kernel copies page by page; sectors leave less to luck.
                    int length = (int) Math.max(0, end / Inode.SECTOR * Inode.SECTOR - write.position());
                    yield length == 0
                            ? null
                            : new DiskChange.Write(write.file(), write.position(), Arrays.copyOf(write.data(), length));
                }
                case DiskChange.SetLength length -> {
                    long from = present.file(length.file()).cachedLength();
                    long to = from + (long) (part * (length.length() - from)) / Content.PAGE * Content.PAGE;
                    yield to == from ? null : new DiskChange.SetLength(length.file(), to);
                }
                default -> null;
            };
            if (cut == null) {
                return present.afterKill();
            }
            Disk after = present.copy();
            cut.applyTo(after, number);
            return after.afterKill();
        }
    }
}
