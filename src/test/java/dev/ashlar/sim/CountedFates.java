package dev.ashlar.sim;

import dev.ashlar.log.ValueFiles;
import dev.ashlar.sim.CrashStatistics.Kind;
import java.util.EnumSet;
import java.util.Set;

/** Passes the decisions of others on, and notes which kinds of damage they come to. */
final class CountedFates implements Fates {
    private final Fates decisions;
    private final Set<Kind> kinds = EnumSet.noneOf(Kind.class);
    private int firstDropped = Integer.MAX_VALUE;
    private int lastKept = -1;
    private int lengthsKept;
    private boolean isValueFile;

    CountedFates(Fates decisions) {
        this.decisions = decisions;
    }

    @Override
    public void file(String name) {
        isValueFile = name.startsWith(ValueFiles.DIRECTORY + "/");
    }

    @Override
    public WriteFate ofWrite(Inode file, Inode.UnsyncedWrite write) {
        WriteFate fate = decisions.ofWrite(file, write);
        int kept = fate.kept().cardinality();
        if (kept > 0) {
            lastKept = Math.max(lastKept, write.number());
        }
        if (kept < write.sectors()) {
            firstDropped = Math.min(firstDropped, write.number());
            kinds.add(kept == 0 ? Kind.DROPPED : Kind.TORN);
            if (isValueFile) {
                kinds.add(Kind.VALUE_FILES_TORN);
            }
            if (fate.garbageSeed() != 0) {
                kinds.add(Kind.GARBAGE);
            }
        }
        return fate;
    }

    @Override
    public boolean keepsLength(Inode.UnsyncedLength length) {
        boolean keeps = decisions.keepsLength(length);
        if (!keeps) {
            kinds.add(Kind.LOST_LENGTHS);
        } else if (firstDropped < length.number()) {
            lengthsKept++;
        }
        return keeps;
    }

    @Override
    public boolean keepsName(Disk.UnsyncedName name) {
        boolean keeps = decisions.keepsName(name);
        if (!keeps) {
            kinds.add(Kind.LOST_NAMES);
            if (name.changes().keySet().stream().anyMatch(each -> each.startsWith(ValueFiles.DIRECTORY + "/"))) {
                kinds.add(Kind.VALUE_FILES_LOST);
            }
        }
        return keeps;
    }

    void addTo(CrashStatistics statistics) {
        kinds.forEach(statistics::count);
        if (lastKept > firstDropped) {
            statistics.count(Kind.REORDERED);
        }
        if (lengthsKept > 0) {
            statistics.count(Kind.LENGTH_WITHOUT_DATA);
        }
    }
}
