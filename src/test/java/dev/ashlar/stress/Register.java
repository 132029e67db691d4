package dev.ashlar.stress;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/**
 * Whether what several threads saw of one key can be put into one order that agrees with real time: whether the history
 * is linearizable.
 *
 * <p>In general that is a search. Here the engine names the order of the writes itself, by their LSNs, so the key goes
 * through known states: absent, the first write's, the second's, … It remains to check that
 *
 * <ol>
 *   <li>no write ended before one with a smaller LSN began;
 *   <li>a conditional write found the state before it as it had to be;
 *   <li>each observation fits a state that it may have seen: not older than any that a write or observation which had
 *       ended before knew of, and not that of a write which began later.
 * </ol>
 *
 * <p>Observations are taken in the order of their beginnings, and each gets the first state that fits. That is always the
 * best choice: it leaves the most to those that come after. So the answer is exact in both directions.
 */
final class Register {
    /** What an operation did or saw. */
    enum Kind {
        PUT,
        PUT_IF_ABSENT,
        REPLACE,
        /** Of all keys; of this one also if it is absent. */
        CLEAR,
        DELETE_VERSION,
        DELETE,
        /** The value of a write. */
        SAW,
        /** A value that does not tell its write: {@code write} is its length and, if it has one, its byte. */
        SAW_SHORT,
        ABSENT,
        PRESENT,
        /** Some state, but not the value with the LSN {@code argument}. */
        NOT_VERSION,
        /** Removed the value of a write; its own LSN has to be found first. */
        TAKE
    }

    /**
     * One operation.
     *
     * @param start before it began, in nanoseconds
     * @param end after it ended
     * @param write the number of the write that it made or saw
     * @param lsn of the write that it made or saw; -1 if it did not see that
     * @param argument the LSN that a conditional write asked for
     */
    record Operation(Kind kind, long start, long end, long write, long lsn, long argument) {
        boolean isWrite() {
            return kind.ordinal() <= Kind.DELETE.ordinal();
        }

        /** Of a write: whether the key is absent then. */
        boolean removes() {
            return kind == Kind.CLEAR || kind == Kind.DELETE_VERSION || kind == Kind.DELETE;
        }
    }

    private static final Operation NOTHING = new Operation(Kind.DELETE, Long.MIN_VALUE, Long.MIN_VALUE, -1, -2, -1);

    /** What happened until somebody knew of a state. */
    private record Known(long end, int state) {}

    private final List<Operation> states = new ArrayList<>();
    private final Map<Long, Integer> stateOfWrite = new HashMap<>();
    private final Map<Long, Integer> stateOfLsn = new HashMap<>();
    private final List<Operation> observations;

    /** The latest beginning of any write up to a state's. */
    private final long[] begun;

    private Register(List<Operation> history) {
        states.add(NOTHING);
        history.stream()
                .filter(Operation::isWrite)
                .sorted(Comparator.comparingLong(Operation::lsn))
                .forEach(states::add);
        observations = history.stream()
                .filter(operation -> !operation.isWrite())
                .sorted(Comparator.comparingLong(Operation::start))
                .toList();
        begun = new long[states.size()];
        begun[0] = Long.MIN_VALUE;
        for (int i = 1; i < begun.length; i++) {
            begun[i] = Math.max(begun[i - 1], states.get(i).start);
            stateOfWrite.put(states.get(i).write, i);
            stateOfLsn.put(states.get(i).lsn, i);
        }
    }

    /** What is wrong with a history that starts with an absent key, or null. */
    static @Nullable String findFault(List<Operation> history) {
        Register register = new Register(history);
        String fault = register.faultOfWrites();
        return fault != null ? fault : register.faultOfObservations();
    }

    private @Nullable String faultOfWrites() {
        for (int i = 1; i < states.size(); i++) {
            Operation write = states.get(i);
            Operation before = states.get(i - 1);
            if (write.lsn == before.lsn) {
                return "two writes with one LSN: " + before + ", " + write;
            }
            if (write.end < begun[i - 1]) {
                return "a write that had ended before one with a smaller LSN began: " + write;
            }
            boolean isAbsent = before.removes();
            boolean held = switch (write.kind) {
                case PUT_IF_ABSENT -> isAbsent;
                case REPLACE, DELETE_VERSION -> !isAbsent && before.lsn == write.argument;
                case DELETE -> !isAbsent;
                default -> true;
            };
            if (!held) {
                return "a write whose condition did not hold: " + write + " after " + before;
            }
        }
        return null;
    }

    private @Nullable String faultOfObservations() {
        PriorityQueue<Known> known = new PriorityQueue<>(Comparator.comparingLong(Known::end));
        for (int i = 1; i < states.size(); i++) {
            known.add(new Known(states.get(i).end, i));
        }
        int floor = 0;
        for (Operation seen : observations) {
            for (Known next = known.peek(); next != null && next.end < seen.start; next = known.peek()) {
                floor = Math.max(floor, next.state);
                known.poll();
            }
            int ceiling = ceiling(seen);
            int state = Math.max(floor, firstThatMayFit(seen));
            while (state <= ceiling && !fits(seen, states.get(state))) {
                state++;
            }
            if (state > ceiling) {
                return "nothing that it may have seen fits " + seen + ": the key went through states " + floor + " to "
                        + ceiling + " then, " + states.subList(floor, Math.min(ceiling + 1, floor + 8))
                        + "; the write is that of state " + stateOfWrite.get(seen.write);
            }
            known.add(new Known(seen.end, state));
        }
        return null;
    }

    /** The last state of which no write had to begin after the observation ended. */
    private int ceiling(Operation seen) {
        int at = Arrays.binarySearch(begun, seen.end);
        if (at < 0) {
            return -at - 2;
        }
        while (at + 1 < begun.length && begun[at + 1] == seen.end) {
            at++;
        }
        return at;
    }

    private int firstThatMayFit(Operation seen) {
        if (seen.kind != Kind.SAW) {
            return 0;
        }
        Integer state = seen.lsn >= 0 ? stateOfLsn.get(seen.lsn) : stateOfWrite.get(seen.write);
        return state == null ? Integer.MAX_VALUE : state;
    }

    private static boolean fits(Operation seen, Operation state) {
        boolean isAbsent = state.removes();
        return switch (seen.kind) {
            case SAW -> !isAbsent && state.write == seen.write && (seen.lsn < 0 || state.lsn == seen.lsn);
            case SAW_SHORT ->
                !isAbsent && shortForm(state.write) == seen.write && (seen.lsn < 0 || state.lsn == seen.lsn);
            case ABSENT -> isAbsent;
            case PRESENT -> !isAbsent;
            case NOT_VERSION -> isAbsent || state.lsn != seen.argument;
            default -> false;
        };
    }

    /** What {@link Kind#SAW_SHORT} has in place of the write. */
    static long shortForm(byte[] value) {
        return (long) value.length << 8 | (value.length > 0 ? value[0] & 0xFF : 0);
    }

    private static long shortForm(long write) {
        int length = StressValue.length(write);
        return (long) length << 8 | (length > 0 ? write & 0xFF : 0);
    }
}
