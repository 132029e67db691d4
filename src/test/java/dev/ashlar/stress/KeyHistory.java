package dev.ashlar.stress;

import dev.ashlar.stress.Register.Kind;
import dev.ashlar.stress.Register.Operation;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What one thread did to a few keys, and what it saw of them. */
final class KeyHistory {
    private final List<List<Operation>> byKey = new ArrayList<>();
    private int count;

    KeyHistory(int keys) {
        for (int key = 0; key < keys; key++) {
            byKey.add(new ArrayList<>());
        }
    }

    int count() {
        return count;
    }

    void add(int key, Operation operation) {
        byKey.get(key).add(operation);
        count++;
    }

    /**
     * Checks a value as far as it tells what it is, and keeps that it was seen.
     *
     * @param version its LSN, or -1 if that was not seen
     */
    void addValue(int key, long start, long end, byte @Nullable [] value, long version) {
        if (value == null) {
            add(key, new Operation(Kind.ABSENT, start, end, -1, -1, -1));
        } else if (value.length < StressValue.HEADER) {
            add(key, new Operation(Kind.SAW_SHORT, start, end, Register.shortForm(value), version, -1));
        } else {
            long write = StressValue.write(value);
            if (!Arrays.equals(value, StressValue.of(key, write))) {
                throw new AssertionError("a value of " + value.length + " bytes under key " + key
                        + " is not as a whole what write " + write + " wrote");
            }
            add(key, new Operation(Kind.SAW, start, end, write, version, -1));
        }
    }

    /** What several threads did to a key. */
    static List<Operation> of(int key, List<KeyHistory> histories) {
        List<Operation> all = new ArrayList<>();
        histories.forEach(history -> all.addAll(history.byKey.get(key)));
        return all;
    }
}
