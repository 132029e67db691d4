package dev.ashlar.sim;

import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** How often each kind of crash state occurred, so that a rig that tests nothing is noticed. For one thread. */
final class CrashStatistics {
    /** What is counted: states, or what happened in them. A state can be of many kinds. */
    enum Kind {
        /** Disks that a store was opened on, or tried to. */
        STATES,
        POWER_LOSSES,
        KILLS,
        KILLS_INSIDE_A_CHANGE,
        IN_RECOVERY,
        AFTER_ANOTHER_CRASH,
        /** Some sectors of a write are there and some not. */
        TORN,
        DROPPED,
        /** A write is there and an earlier one is not. */
        REORDERED,
        GARBAGE,
        LOST_NAMES,
        LOST_LENGTHS,
        /** A file is as long as it should be, and what was written to it is not there. */
        LENGTH_WITHOUT_DATA,
        /** A file with a value of its own lacks some of its bytes, or all. */
        VALUE_FILES_TORN,
        /** The name of such a file, or its removal, is lost. */
        VALUE_FILES_LOST,
        /** Such a file was there that no record names, and opening removed it. */
        VALUE_FILES_ORPHANED,
        /** Something has expired and was not removed yet. */
        EXPIRED,
        DROPPED_WRITES_REPORTED,
        /** Salvaged as well, and compared with what opening shows. */
        SALVAGED,
        /** Of these, with writes that stand behind a gap, which opening does not take. */
        SALVAGED_MORE,
        FAILED_STORES,
        IO_ERRORS,
        /** Calls that a signal interrupted, or that did less than they were asked for. */
        INTERRUPTED_OR_SHORT,
        /** States that equal one that was checked before, and were not checked again. */
        REPEATED,
        /** Points at which there are more legal states than the bound. */
        BOUND_REACHED
    }

    private final Map<Kind, Long> counts = new EnumMap<>(Kind.class);

    void count(Kind kind) {
        add(kind, 1);
    }

    void add(Kind kind, long more) {
        counts.merge(kind, more, Long::sum);
    }

    long of(Kind kind) {
        return counts.getOrDefault(kind, 0L);
    }

    void addAll(CrashStatistics other) {
        other.counts.forEach(this::add);
    }

    static String name(Kind kind) {
        return kind.name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }

    /** {@code "states 12, torn 3"}. */
    @Override
    public String toString() {
        return counts.entrySet().stream()
                .map(entry -> name(entry.getKey()) + " " + entry.getValue())
                .collect(Collectors.joining(", "));
    }
}
