package dev.ashlar.interchange;

import dev.ashlar.Damage;
import java.util.ArrayList;
import java.util.List;

/** What could not be read. The first are listed, all are counted: a report has to end. */
final class Losses {
    static final int MAX_LISTED = 1000;

    private final String file;
    private final List<Damage> listed = new ArrayList<>();
    private long count;
    private long bytes;

    Losses(String file) {
        this.file = file;
    }

    void lost(long position, long length, String expected, String found) {
        count++;
        bytes += length;
        if (listed.size() < MAX_LISTED) {
            listed.add(new Damage(file, position, length, "expected " + expected + ", found " + found));
        }
    }

    List<Damage> listed() {
        return List.copyOf(listed);
    }

    long count() {
        return count;
    }

    long bytes() {
        return bytes;
    }
}
