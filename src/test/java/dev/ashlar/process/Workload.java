package dev.ashlar.process;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
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

    enum Kind {
        PUT,
        PUT_DURABLE,
        /** Not waited for until the next operation of another kind. */
        PUT_ASYNC,
        PUT_IF_ABSENT,
        STREAM,
        DELETE,
        BATCH
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

    /** A key and what becomes of it; a value that is null removes it. */
    record Change(String keyspace, String key, @Nullable Written value) {}

    /** One operation, which happens as a whole or not at all. */
    record Operation(Kind kind, List<Change> changes) {
        void applyTo(Map<String, Written> state) {
            for (Change change : changes) {
                String name = change.keyspace + "/" + change.key;
                if (change.value == null) {
                    state.remove(name);
                } else if (kind == Kind.PUT_IF_ABSENT) {
                    state.putIfAbsent(name, change.value);
                } else {
                    state.put(name, change.value);
                }
            }
        }
    }

    static String prefix(int writer) {
        return "writer-" + writer + "-";
    }

    private long source(int writer) {
        return seed * WRITERS + writer;
    }

    Operation operation(int writer, long n) {
        SplittableRandom random = new SplittableRandom(source(writer) + n * 0x1_0000_0001_B3L);
        int choice = random.nextInt(100);
        if (withFiles && n % 150 == 20 + 50 * writer) {
            Change large = new Change("left", prefix(writer) + "large", new Written(source(writer), n, LARGE));
            return new Operation(n % 300 < 150 ? Kind.STREAM : Kind.PUT, List.of(large));
        }
        Kind kind = choice < 40
                ? Kind.PUT
                : choice < 43
                        ? Kind.PUT_DURABLE
                        : choice < 63
                                ? Kind.PUT_ASYNC
                                : choice < 68
                                        ? Kind.PUT_IF_ABSENT
                                        : choice < 70 ? Kind.STREAM : choice < 85 ? Kind.DELETE : Kind.BATCH;
        List<Change> changes = new ArrayList<>();
        int count = kind == Kind.BATCH ? 2 + random.nextInt(6) : 1;
        for (int i = 0; i < count; i++) {
            String keyspace = random.nextBoolean() ? "left" : "right";
            String key = prefix(writer) + random.nextInt(KEYS);
            boolean removes = kind == Kind.DELETE || kind == Kind.BATCH && random.nextInt(4) == 0;
            changes.add(new Change(keyspace, key, removes ? null : new Written(source(writer), n, length(random))));
        }
        return new Operation(kind, changes);
    }

    private static int length(SplittableRandom random) {
        return switch (random.nextInt(10)) {
            case 0 -> IDENTITY;
            case 1 -> 1_000 + random.nextInt(5_000); // does not fit a slot of the ring
            default -> IDENTITY + random.nextInt(900);
        };
    }
}
