package dev.ashlar.process;

import dev.ashlar.sim.StoreReader;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * What the writers of one child do: the n-th operation of a writer follows from the seed alone, so the process that does
 * it and the one that checks it agree without a word. Writers have keys of their own.
 *
 * @param seed of the round
 * @param withFiles some values are so large that they have files of their own, which takes time
 */
record Workload(long seed, boolean withFiles) {
    static final int WRITERS = 2;

    /** Few, so that most of the log is soon garbage. */
    private static final int KEYS = 16;

    /** Just above what still goes into the log. */
    private static final int LARGE = (8 << 20) + 1;

    private static final int IDENTITY = 24;
    private static final int ROW_BYTES = 1_000;

    private static final Duration HOUR = Duration.ofHours(1);

    /** Until the round is checked, one further round, several. */
    private static final Duration[] LIVES = {HOUR.dividedBy(4), HOUR.plus(HOUR.dividedBy(4)), HOUR.multipliedBy(5)};

    enum Kind {
        PUT,
        PUT_DURABLE,
        /** Not waited for until the next operation of another kind. */
        PUT_ASYNC,
        PUT_IF_ABSENT,
        STREAM,
        DELETE,
        /** If the value is the one that was found. */
        DELETE_VERSION,
        /** Gets and deletes. */
        TAKE,
        /** A row of the vector collection. */
        ROW,
        /** Several, atomically. */
        ROWS,
        DELETE_ROW,
        /** Of a keyspace that is the writer's own. */
        CLEAR,
        BATCH
    }

    /** What a key has. */
    record Present(Written value, @Nullable Instant expiry) {
        boolean isThere(Instant now) {
            return expiry == null || expiry.isAfter(now);
        }
    }

    /**
     * A value, by what made it: its bytes begin with this and go on with a pattern that follows from it.
     *
     * @param source the round and the writer that wrote it
     */
    record Written(long source, long operation, int length) {
        byte[] bytes() {
            byte[] bytes = new byte[length];
            ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
            buffer.putLong(source).putLong(operation).putLong(length);
            SplittableRandom random = new SplittableRandom(source ^ operation * 0x9E37_79B9_7F4A_7C15L);
            while (buffer.remaining() >= 8) {
                buffer.putLong(random.nextLong());
            }
            return bytes;
        }

        /** Which value these bytes begin like; null if they are too few. */
        static @Nullable Written of(byte[] bytes) {
            if (bytes.length < IDENTITY) {
                return null;
            }
            ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
            return new Written(buffer.getLong(), buffer.getLong(), bytes.length);
        }
    }

    /**
     * A key and what becomes of it.
     *
     * @param key empty: all keys of the keyspace, which are removed
     * @param value null removes it
     * @param timeToLive null: for ever
     */
    record Change(
            String keyspace,
            String key,
            @Nullable Written value,
            @Nullable Duration timeToLive) {}

    /** One operation, which happens as a whole or not at all. */
    record Operation(Kind kind, List<Change> changes) {
        void applyTo(Map<String, Present> state, Instant now) {
            for (Change change : changes) {
                String name = change.keyspace + "/" + change.key;
                if (change.key.isEmpty()) {
                    state.keySet().removeIf(each -> each.startsWith(name));
                } else if (change.value == null) {
                    state.remove(name);
                } else {
                    Present former = state.get(name);
                    if (kind != Kind.PUT_IF_ABSENT || former == null || !former.isThere(now)) {
                        Duration timeToLive = change.timeToLive;
                        state.put(name, new Present(change.value, timeToLive == null ? null : now.plus(timeToLive)));
                    }
                }
            }
        }
    }

    /**
     * What the clock says during a round, from its beginning to its end: so it is known of each operation what has expired
     * when it is done.
     */
    static Instant time(int round) {
        return Instant.ofEpochSecond(2_000_000_000).plus(HOUR.multipliedBy(round));
    }

    /** What it says when that round is checked. */
    static Instant timeOfCheck(int round) {
        return time(round).plus(HOUR.dividedBy(2));
    }

    static String prefix(int writer) {
        return "writer-" + writer + "-";
    }

    private long source(int writer) {
        return seed * WRITERS + writer;
    }

    Operation operation(int writer, long n) {
        SplittableRandom random = new SplittableRandom(source(writer) + n * 0x1_0000_0001_B3L);
        if (withFiles && n % 150 == 20 + 50 * writer) {
            Change large = new Change("left", prefix(writer) + "large", new Written(source(writer), n, LARGE), null);
            return new Operation(n % 300 < 150 ? Kind.STREAM : Kind.PUT, List.of(large));
        }
        Kind kind = kind(random.nextInt(232));
        if (kind == Kind.CLEAR) {
            return new Operation(kind, List.of(new Change(own(writer), "", null, null)));
        }
        if (kind == Kind.ROW || kind == Kind.ROWS || kind == Kind.DELETE_ROW) {
            return new Operation(kind, rows(kind, writer, n, random));
        }
        List<Change> changes = new ArrayList<>();
        int count = kind == Kind.BATCH ? 2 + random.nextInt(6) : 1;
        for (int i = 0; i < count; i++) {
            String keyspace = random.nextInt(3) == 0 ? own(writer) : random.nextBoolean() ? "left" : "right";
            String key = prefix(writer) + random.nextInt(KEYS);
            boolean removes = kind == Kind.DELETE
                    || kind == Kind.DELETE_VERSION
                    || kind == Kind.TAKE
                    || kind == Kind.BATCH && random.nextInt(4) == 0;
            boolean expires =
                    (kind == Kind.PUT || kind == Kind.PUT_IF_ABSENT || kind == Kind.BATCH) && random.nextInt(4) == 0;
            changes.add(new Change(
                    keyspace,
                    key,
                    removes ? null : new Written(source(writer), n, length(random)),
                    !removes && expires ? LIVES[random.nextInt(LIVES.length)] : null));
            if (kind == Kind.BATCH && random.nextInt(4) == 0) {
                changes.addAll(rows(Kind.ROW, writer, n, random));
            }
            if (kind == Kind.BATCH && random.nextInt(60) == 0) {
                changes.add(new Change(own(writer), "", null, null));
            }
        }
        return new Operation(kind, changes);
    }

    private List<Change> rows(Kind kind, int writer, long n, SplittableRandom random) {
        List<Change> changes = new ArrayList<>();
        int count = kind == Kind.ROWS ? 4 + random.nextInt(8) : 1;
        for (int i = 0; i < count; i++) {
            Written row = kind == Kind.DELETE_ROW ? null : new Written(source(writer), n, ROW_BYTES);
            changes.add(new Change(StoreReader.ROWS, prefix(writer) + random.nextInt(KEYS), row, null));
        }
        return changes;
    }

    /** The number of the row that a key of the vector collection stands for. */
    static int row(String key) {
        for (int writer = 0; writer < WRITERS; writer++) {
            if (key.startsWith(prefix(writer))) {
                return writer * KEYS
                        + Integer.parseInt(key.substring(prefix(writer).length()));
            }
        }
        throw new IllegalArgumentException(key);
    }

    /** The key of a row. */
    static String key(int row) {
        return prefix(row / KEYS) + row % KEYS;
    }

    private static Kind kind(int choice) {
        int left = choice;
        for (Kind kind : Kind.values()) {
            left -= switch (kind) {
                case PUT -> 70;
                case PUT_DURABLE -> 6;
                case PUT_ASYNC -> 40;
                case PUT_IF_ABSENT -> 20;
                case STREAM -> 4;
                case DELETE -> 20;
                case DELETE_VERSION, TAKE -> 6;
                case ROW -> 16;
                case ROWS, DELETE_ROW -> 8;
                case CLEAR -> 2;
                case BATCH -> 26;
            };
            if (left < 0) {
                return kind;
            }
        }
        throw new AssertionError("the weights are fewer than " + choice);
    }

    private static String own(int writer) {
        return "own-" + writer;
    }

    private static int length(SplittableRandom random) {
        return switch (random.nextInt(10)) {
            case 0 -> IDENTITY;
            case 1 -> 1_000 + random.nextInt(5_000); // does not fit a slot of the ring
            default -> IDENTITY + random.nextInt(900);
        };
    }
}
