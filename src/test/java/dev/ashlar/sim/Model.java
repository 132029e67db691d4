package dev.ashlar.sim;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.LongSupplier;

/**
 * What was submitted to a store and what was acknowledged, and so which states a recovery may come to. Points in time
 * are positions in the {@link History} of the disk.
 *
 * <pre>
 *   base ─ submission ─ submission ─ submission ─ submission ─ submission
 *                           │                          │           │
 *             last acknowledged at the level   allowed: any prefix to here
 * </pre>
 *
 * When a value expires stands beside it, under its key and {@link #EXPIRY}; what has expired is not shown. That it is
 * removed some time is nobody's business: the clock never goes back here.
 */
final class Model {
    static final int NEVER = Integer.MAX_VALUE;

    /** Behind the key of a value, with eight bytes of milliseconds. */
    static final String EXPIRY = "@";

    /** Behind the path of a document, for what is going to be there with the next commit. */
    static final String PENDING = "?";

    /** Behind the name of a keyspace and a slash, without a value: all that it holds is removed, whatever that is. */
    static final String ALL = "*";

    /** What a crash takes, and so which acknowledgement counts. */
    enum Level {
        APPENDED,
        DURABLE
    }

    /** Writes that take effect together. Values that are null are deletions. */
    static final class Submission {
        private final Map<String, byte[]> effects;
        private final int submittedAt;
        private long lsn = -1;
        private int appendedAt = NEVER;
        private int durableAt = NEVER;
        private int failedAt = NEVER;

        /** The process was about to take it back when it was killed, or went without power: some of it may be gone, not all. */
        private boolean halfTakenBack;

        /** The opening after a crash has not found it. */
        private boolean lost;

        private Submission(Map<String, byte[]> effects, int submittedAt) {
            this.effects = effects;
            this.submittedAt = submittedAt;
        }

        private boolean isAcknowledged(Level level, int position) {
            return (level == Level.DURABLE ? durableAt : Math.min(appendedAt, durableAt)) <= position;
        }

        private void applyTo(Map<String, byte[]> state) {
            effects.keySet().forEach(key -> state.remove(key + EXPIRY));
            effects.forEach((key, value) -> {
                if (key.endsWith("/" + ALL)) {
                    String all = key.substring(0, key.length() - ALL.length());
                    state.keySet().removeIf(each -> each.startsWith(all));
                } else if (value == null) {
                    state.remove(key);
                } else {
                    state.put(key, value);
                }
            });
        }
    }

    private final LongSupplier clock;
    private final TreeMap<String, byte[]> base;
    private final List<Submission> submissions = new ArrayList<>();
    private TreeMap<String, byte[]> live;
    private TreeMap<String, byte[]> settled;

    /**
     * What crashes before the last one have taken, and that only an opening which was interrupted has seen to; and writes that
     * were refused, with nothing durable since. Intact frames of both may still be behind the log's end.
     */
    private final List<Map<String, byte[]>> lostBefore = new ArrayList<>();

    /** Until this position of the first opening an interruption may leave the log's end as it was found. */
    private int settledAt;

    /** Without a clock that goes on. */
    Model() {
        this(new TreeMap<>(), () -> 0);
    }

    Model(LongSupplier clock) {
        this(new TreeMap<>(), clock);
    }

    private Model(TreeMap<String, byte[]> base, LongSupplier clock) {
        this.clock = clock;
        this.base = base;
        this.live = new TreeMap<>(base);
        this.settled = new TreeMap<>(base);
    }

    /** What readers see now. */
    Map<String, byte[]> live() {
        return shown(live);
    }

    /** As {@link #live()}, with deletions that are pending of what is not there. */
    Map<String, byte[]> all() {
        return Collections.unmodifiableMap(live);
    }

    static byte[] expiry(long millis) {
        return ByteBuffer.allocate(Long.BYTES).putLong(millis).array();
    }

    private TreeMap<String, byte[]> shown(TreeMap<String, byte[]> state) {
        TreeMap<String, byte[]> shown = new TreeMap<>(state);
        state.forEach((key, value) -> {
            if (key.endsWith(EXPIRY) && ByteBuffer.wrap(value).getLong() <= clock.getAsLong()) {
                shown.remove(key);
                shown.remove(key.substring(0, key.length() - EXPIRY.length()));
            } else if (key.endsWith(PENDING)
                    && Arrays.equals(value, DocumentKind.DELETION)
                    && !state.containsKey(key.substring(0, key.length() - PENDING.length()))) {
                shown.remove(key); // of a document that is not there
            }
        });
        return shown;
    }

    /** What was found when the store was opened last. */
    Map<String, byte[]> settled() {
        return shown(settled);
    }

    /** What a crash has taken: submissions that were not recovered. */
    List<Map<String, byte[]>> lost() {
        return behindTheEnd(false);
    }

    /**
     * What of it may still be in the log, behind its end. A kill leaves nothing there but what the process was about to take
     * back because a write had failed.
     */
    List<Map<String, byte[]>> behindTheEnd(boolean afterKill) {
        List<Map<String, byte[]>> lost = new ArrayList<>(lostBefore);
        submissions.stream()
                .filter(each -> each.lost && (!afterKill || each.halfTakenBack))
                .forEach(each -> lost.add(each.effects));
        return lost;
    }

    // ------------------------------------------------------------------------------------------------- what happens

    Submission submit(Map<String, byte[]> effects, int position) {
        Submission submission = new Submission(effects, position);
        submissions.add(submission);
        return submission;
    }

    /** It is appended, and readers see it. */
    void appended(Submission submission, long lsn, int position) {
        submission.lsn = lsn;
        submission.appendedAt = position;
        submission.applyTo(live);
    }

    /** The store says that everything below an LSN is durable. */
    void durable(long durableLsn, int position) {
        for (int i = submissions.size() - 1; i >= 0; i--) {
            Submission each = submissions.get(i);
            if (each.lsn >= 0 && each.lsn < durableLsn) {
                if (each.durableAt != NEVER) {
                    return;
                }
                each.durableAt = position;
            }
        }
    }

    /** The store says that it did not happen: from here on it must not be there. */
    void failed(Submission submission, int position) {
        submission.failedAt = position;
    }

    /** There was nothing to do. */
    void withdrawn(Submission submission) {
        submissions.remove(submission);
    }

    /** What readers see if what a crash has taken happens after all, as far as it is among these. */
    Map<String, byte[]> settledWith(List<Map<String, byte[]>> more) {
        TreeMap<String, byte[]> state = new TreeMap<>(settled);
        more.forEach(each -> new Submission(each, 0).applyTo(state));
        return shown(state);
    }

    // --------------------------------------------------------------------------------------------------- the verdict

    private int lowest(int position, Level level) {
        int lowest = submissions.size();
        while (lowest > 0 && !submissions.get(lowest - 1).isAcknowledged(level, position)) {
            lowest--;
        }
        return lowest;
    }

    private TreeMap<String, byte[]> state(int count, int position) {
        TreeMap<String, byte[]> state = new TreeMap<>(base);
        for (Submission each : submissions.subList(0, count)) {
            if (each.failedAt > position) {
                each.applyTo(state);
            }
        }
        return state;
    }

    /**
     * What the store that is found after a crash at a position has to be compared with. This model is not changed.
     */
    Model afterCrash(int position, Level level, LongSupplier clock) {
        int from = lowest(position, Level.DURABLE);
        Model after = new Model(state(from, position), clock);
        if (position < settledAt) {
            after.lostBefore.addAll(lost());
        }
        for (Submission each : submissions.subList(from, submissions.size())) {
            if (each.submittedAt > position) {
                break;
            }
            if (each.failedAt <= position) {
                after.lostBefore.add(each.effects); // all of it may have reached the disk before it was refused
                continue;
            }
            Submission carried = after.submit(each.effects, 0);
            carried.halfTakenBack = each.failedAt != NEVER;
            if (level == Level.APPENDED && each.isAcknowledged(Level.APPENDED, position)) {
                carried.appendedAt = 0;
            }
        }
        return after;
    }

    /**
     * Compares with what is there, which must be the state after some prefix of the submissions that includes all that
     * are acknowledged as appended. From a point on it is certain what happened: what is there is durable, and what is not
     * never will be.
     */
    void settle(Map<String, byte[]> found, int position, int certainFrom) {
        int lowest = lowest(position, Level.APPENDED);
        boolean firstTime = settledAt == 0;
        for (int count = lowest; count <= submissions.size(); count++) {
            TreeMap<String, byte[]> state = state(count, position);
            if (isSame(shown(state), found)) {
                for (int i = 0; i < submissions.size(); i++) {
                    Submission each = submissions.get(i);
                    if (i < count) {
                        each.appendedAt = Math.min(each.appendedAt, certainFrom);
                        each.durableAt = Math.min(each.durableAt, certainFrom);
                    } else {
                        each.failedAt = Math.min(each.failedAt, certainFrom);
                        each.lost |= firstTime;
                    }
                }
                live = state;
                settled = new TreeMap<>(state);
                settledAt = firstTime ? position : settledAt;
                return;
            }
        }
        throw new AssertionError(difference(found, position, lowest));
    }

    private String difference(Map<String, byte[]> found, int position, int lowest) {
        StringBuilder text = new StringBuilder("what was recovered is no state that the store was ever to be in:");
        text.append("\n  found                      ").append(describe(found));
        for (int count = lowest; count <= submissions.size(); count++) {
            text.append("\n  after ").append(count).append(" of ").append(submissions.size());
            text.append(" submissions   ").append(describe(shown(state(count, position))));
        }
        return text.toString();
    }

    /** Equal for models that allow the same. Meant for one that nothing was submitted to since the crash. */
    long fingerprint() {
        long hash = describe(base).hashCode();
        for (Submission each : submissions) {
            hash = hash * 1_000_003 + (each.appendedAt == NEVER ? 0 : 1);
            for (Map.Entry<String, byte[]> effect : each.effects.entrySet()) {
                hash = hash * 1_000_003 + effect.getKey().hashCode();
                hash = hash * 1_000_003 + Arrays.hashCode(effect.getValue());
            }
        }
        return hash;
    }

    static boolean isSame(Map<String, byte[]> a, Map<String, byte[]> b) {
        return a.size() == b.size()
                && a.entrySet().stream().allMatch(entry -> Arrays.equals(entry.getValue(), b.get(entry.getKey())));
    }

    static String describe(Map<String, byte[]> state) {
        StringBuilder text = new StringBuilder("{");
        state.forEach((key, value) -> text.append(text.length() > 1 ? ", " : "")
                .append(key)
                .append('=')
                .append(value == null ? "none" : value.length + "#" + Integer.toHexString(Arrays.hashCode(value))));
        return text.append('}').toString();
    }
}
