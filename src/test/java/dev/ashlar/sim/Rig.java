package dev.ashlar.sim;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.ashlar.AshlarException;
import dev.ashlar.Cursor;
import dev.ashlar.Durability;
import dev.ashlar.Keyspace;
import dev.ashlar.Snapshot;
import dev.ashlar.StorageException;
import dev.ashlar.StoreFailedException;
import dev.ashlar.TypedKeyspace;
import dev.ashlar.ValueOutputStream;
import dev.ashlar.WriteBatch;
import dev.ashlar.WriteCallback;
import dev.ashlar.engine.TestEngines;
import dev.ashlar.sim.CrashStatistics.Kind;
import dev.ashlar.sim.Faults.Call;
import dev.ashlar.sim.Faults.Failure;
import dev.ashlar.sim.Model.Submission;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletionException;
import java.util.function.LongSupplier;

/** Does steps to a store through all its lives, and tells the model. For one thread. */
final class Rig {
    private final CrashStatistics statistics;
    private final CrashExplorer explorer = new CrashExplorer();
    private final List<Step> steps = new ArrayList<>();
    private final boolean beganWithAll;

    /** Streams that are never closed; kept, so that when they would be forgotten is not left to chance. */
    private final List<ValueOutputStream> open = new ArrayList<>();

    private final DocumentSteps documents = new DocumentSteps(this);
    private Life life;

    /** What is held of the present life. */
    private Held held;

    private record Held(Snapshot snapshot, Map<String, byte[]> rows, Map<String, byte[]> documents) {}

    /** A store that is new. */
    Rig(CrashStatistics statistics) {
        this.statistics = statistics;
        this.beganWithAll = true;
        this.life = Life.first(statistics);
        life.open();
        for (int i = 0; i < Life.SPACES.size(); i++) {
            life.space(i);
        }
    }

    /** One that is open, with a past that is not of this rig: whoever made it says how to repeat that. */
    Rig(Life life) {
        this.beganWithAll = false;
        this.statistics = life.statistics();
        this.life = life;
        for (int i = 0; i < Life.SPACES.size(); i++) {
            life.space(i);
        }
    }

    Life life() {
        return life;
    }

    /** What was done, as text that {@link Step#parse} understands. */
    String script() {
        return Step.text(steps);
    }

    /** Does a step. A failure says how to repeat it. */
    void run(Step step) {
        steps.add(step);
        try {
            perform(step);
        } catch (AssertionError | RuntimeException e) {
            throw beganWithAll
                    ? Replay.failure(script(), e)
                    : new AssertionError("in the next life, " + script() + ": " + e.getMessage(), e);
        }
    }

    private void perform(Step step) {
        switch (step.kind()) {
            case PUT -> put(step, Durability.APPENDED);
            case PUT_DURABLE -> put(step, Durability.DURABLE);
            case PUT_ASYNC ->
                write(
                        step,
                        effect(step),
                        Durability.DURABLE,
                        () -> space(step)
                                .putAsync(bytes(step), value(step), Durability.DURABLE)
                                .join());
            case PUT_CALLBACK -> putWithCallback(step);
            case TRY_PUT -> tryPut(step);
            case PUT_IF_ABSENT ->
                conditional(
                        step,
                        !isPresent(step),
                        () -> space(step).putIfAbsent(bytes(step), value(step), Durability.APPENDED));
            case REPLACE ->
                conditional(
                        step,
                        isPresent(step),
                        () -> space(step).replace(bytes(step), value(step), version(step), Durability.APPENDED));
            case PUT_TTL ->
                write(
                        step,
                        expiringEffect(step, value(step)),
                        Durability.APPENDED,
                        () -> space(step).put(bytes(step), value(step), timeToLive(step)));
            case PUT_IF_ABSENT_TTL ->
                conditional(
                        step,
                        !isPresent(step),
                        expiringEffect(step, value(step)),
                        () -> space(step).putIfAbsent(bytes(step), value(step), timeToLive(step), Durability.APPENDED));
            case EXPIRE ->
                conditional(
                        step,
                        isPresent(step),
                        expiringEffect(step, life.model().live().getOrDefault(path(step), new byte[0])),
                        () -> space(step).expire(bytes(step), timeToLive(step)));
            case ADVANCE -> life.clock().advance(1 + step.size() % 700);
            case SWEEP -> other(() -> StoreReader.sweep(life.store()));
            case DELETE -> delete(step, Durability.APPENDED);
            case DELETE_DURABLE -> delete(step, Durability.DURABLE);
            case BATCH -> batch(step, Durability.APPENDED);
            case BATCH_DURABLE -> batch(step, Durability.DURABLE);
            case STREAM ->
                write(
                        step,
                        effect(step),
                        Durability.APPENDED,
                        () -> space(step)
                                .putStream(bytes(step), new ByteArrayInputStream(value(step)), Durability.APPENDED));
            case OUTPUT ->
                write(
                        step,
                        effect(step),
                        levelOf(step),
                        () -> space(step).putStream(bytes(step), out -> writePieces(step, out), levelOf(step)));
            case BROKEN_OUTPUT -> other(() -> breakOff(step));
            case OPEN_OUTPUT ->
                other(() -> {
                    ValueOutputStream out = space(step).outputStream(bytes(step), levelOf(step));
                    open.add(out);
                    writePieces(step, out);
                });
            case BATCH_REQUIRE -> batchRequire(step);
            case TAKE -> take(step);
            case DELETE_ALL -> deleteAll(step);
            case RENAME, COPY, MOVE -> transfer(step);
            case CLEAR -> clear(step);
            case DROP -> drop(step);
            case TYPED -> putTyped(step);
            case ROW -> rows().put(step);
            case ROWS -> rows().putAll(step);
            case DELETE_ROW -> rows().delete(step);
            case DELETE_ROWS -> rows().deleteAll(step);
            case BATCH_ROWS -> rows().batch(step);
            case CLEAR_ROWS -> rows().clear(step);
            case DROP_ROWS -> rows().drop(step);
            case FLUSH -> rows().flush(step);
            case DOCUMENT,
                    DOCUMENTS,
                    UPSERT,
                    DELETE_DOCUMENT,
                    BATCH_DOCUMENTS,
                    BUILD,
                    COMMIT,
                    PREPARE,
                    PUBLISH,
                    BATCH_PUBLISH,
                    ABORT,
                    LEAVE,
                    RELEASE,
                    DISCARD,
                    MERGE,
                    ADD_FIELD,
                    DROP_DOCUMENTS -> documents.run(step);
            case HOLD -> hold();
            case RETRY -> retry(step);
            case PUT_LOG -> putPieceOfTheLog(step);
            case SYNC -> other(() -> life.sync());
            case CHECKPOINT -> other(() -> life.store().checkpoint());
            case COMPACT -> other(() -> life.store().compact());
            case TICK -> other(() -> TestEngines.tick(life.store()));
            case REOPEN -> {
                letGo();
                documents.forget();
                life.close();
                planErrorOfOpening(step);
                openAgain();
            }
            case IO_ERROR -> planError(step);
            case CRASH ->
                crash(CrashPoint.random(step.seed(), step.size() == 0 ? 0 : life.openedAt(), life.position()));
            case EXPLORE -> explorer.explore(life, step.seed(), step.size());
            case CRASH_NOW -> crash(CrashPoint.random(step.seed(), life.position(), life.position()));
        }
    }

    // -------------------------------------------------------------------------------------------------------- writes

    private static int spaceOf(Step step) {
        return Math.floorMod(step.seed(), Life.SPACES.size());
    }

    private Keyspace space(Step step) {
        return life.space(spaceOf(step));
    }

    private static String name(Step step, int more) {
        return Life.key((step.key() + more) % Life.KEYS);
    }

    private static String path(Step step) {
        return Life.SPACES.get(spaceOf(step)) + "/" + name(step, 0);
    }

    private static byte[] bytes(Step step) {
        return name(step, 0).getBytes(UTF_8);
    }

    private static byte[] value(Step step) {
        return Values.of(step.size(), step.seed());
    }

    private static Map<String, byte[]> effect(Step step) {
        return Map.of(path(step), value(step));
    }

    /** Up to a second: several {@link Step.Kind#ADVANCE}. */
    private static Duration timeToLive(Step step) {
        return Duration.ofMillis(1 + Math.floorMod(step.seed() / 2, 1_000L));
    }

    private Map<String, byte[]> expiringEffect(Step step, byte[] value) {
        long expiry = life.clock().millis() + timeToLive(step).toMillis();
        return Map.of(path(step), value, path(step) + Model.EXPIRY, Model.expiry(expiry));
    }

    private boolean isPresent(Step step) {
        return life.model().live().containsKey(path(step));
    }

    private long version(Step step) {
        return version(space(step), name(step, 0));
    }

    private static long version(Keyspace space, String key) {
        Cursor found = space.cursor();
        return found.find(key.getBytes(UTF_8)) ? found.version() : 1;
    }

    private void put(Step step, Durability durability) {
        write(step, effect(step), durability, () -> space(step).put(bytes(step), value(step), durability));
    }

    private static Durability levelOf(Step step) {
        return step.seed() / 2 % 2 == 0 ? Durability.APPENDED : Durability.DURABLE;
    }

    /** Everything happens on this thread, so the callback has been told when the call returns. */
    private void putWithCallback(Step step) {
        Durability level = levelOf(step);
        write(step, effect(step), level, () -> {
            List<Object> outcomes = new ArrayList<>();
            WriteCallback callback = new WriteCallback() {
                @Override
                public void completed(long tag, long lsn) {
                    outcomes.add(tag == step.seed() ? lsn : "another tag, " + tag);
                }

                @Override
                public void failed(long tag, AshlarException failure) {
                    outcomes.add(tag == step.seed() ? failure : "another tag, " + tag);
                }
            };
            space(step).put(bytes(step), value(step), level, callback, step.seed());
            StoreReader.require(outcomes.size() == 1, () -> "told " + outcomes);
            return switch (outcomes.getFirst()) {
                case Long lsn -> lsn;
                case AshlarException failure -> throw failure;
                default -> throw new AssertionError(outcomes.toString());
            };
        });
    }

    private static void writePieces(Step step, ValueOutputStream out) {
        byte[] value = value(step);
        Random random = new Random(step.seed());
        for (int at = 0; at < value.length; ) {
            int count = Math.min(value.length - at, 1 + random.nextInt(40_000));
            out.write(value, at, count);
            at += count;
        }
    }

    private void breakOff(Step step) {
        try (ValueOutputStream out = space(step).outputStream(bytes(step), levelOf(step))) {
            writePieces(step, out);
            out.abandon();
        }
        if (step.seed() % 3 == 0) {
            InputStream source = new SequenceInputStream(new ByteArrayInputStream(value(step)), new InputStream() {
                @Override
                public int read() throws IOException {
                    throw new IOException("breaks off");
                }
            });
            try {
                space(step).putStream(bytes(step), source, Durability.APPENDED);
                throw new AssertionError("a source that broke off was stored");
            } catch (UncheckedIOException e) {
                // It is the source's.
            }
        }
    }

    private void retry(Step step) {
        List<Map<String, byte[]>> lost = life.model().lost();
        for (int i = 0; i < Math.min(step.size(), lost.size()); i++) {
            for (Map.Entry<String, byte[]> entry : lost.get(i).entrySet()) {
                String[] path = entry.getKey().split("/", 2);
                if (entry.getValue() == null
                        || path.length < 2
                        || entry.getKey().endsWith(Model.EXPIRY)) {
                    continue;
                }
                if (DocumentKind.isOne(path[0])) {
                    if (path[1].endsWith(Model.PENDING)) {
                        String key = path[1].substring(0, path[1].length() - Model.PENDING.length());
                        documents.retry(step, DocumentKind.named(path[0]), key, step.seed() + i);
                    }
                } else if (!Life.SPACES.contains(path[0])) {
                    rows().retry(step, path[0], Integer.parseInt(path[1]), step.seed() + i);
                } else {
                    byte[] value = Values.of(entry.getValue().length, step.seed() + i);
                    Keyspace space = life.space(Life.SPACES.indexOf(path[0]));
                    write(step, Map.of(entry.getKey(), value), Durability.APPENDED, () -> space.put(path[1], value));
                }
            }
        }
    }

    private void putPieceOfTheLog(Step step) {
        byte[] piece = life.pieceOfTheLog(step.size());
        write(
                step,
                Map.of(path(step), piece),
                Durability.APPENDED,
                () -> space(step).put(bytes(step), piece));
    }

    private void delete(Step step, Durability durability) {
        boolean present = isPresent(step);
        Map<String, byte[]> effects = present ? Collections.singletonMap(path(step), null) : Map.of();
        long lsn = write(step, effects, durability, () -> space(step).delete(bytes(step), durability));
        StoreReader.require(
                lsn == FAILED || present == (lsn != Keyspace.NOT_WRITTEN),
                () -> "deletion of " + path(step) + " returned " + lsn);
    }

    private void conditional(Step step, boolean expected, LongSupplier call) {
        conditional(step, expected, expected ? effect(step) : Map.of(), call);
    }

    private void batch(Step step, Durability durability) {
        Map<String, byte[]> effects = new LinkedHashMap<>();
        int count = 2 + (int) Math.floorMod(step.seed(), 4L);
        write(step, effects, durability, () -> {
            try (WriteBatch batch = life.store().batch()) {
                for (int i = 0; i < count; i++) {
                    String key = name(step, 3 * i);
                    String space = Life.SPACES.get((spaceOf(step) + i) % Life.SPACES.size());
                    Keyspace target = life.space(Life.SPACES.indexOf(space));
                    if (i == 2) {
                        batch.delete(target, key);
                        effects.put(space + "/" + key, null);
                    } else {
                        byte[] value = Values.of(step.size(), step.seed() + 1000L * i);
                        batch.put(target, key, value);
                        effects.put(space + "/" + key, value);
                    }
                }
                return batch.commit(durability);
            }
        });
    }

    // ------------------------------------------------------------------------------------- on several keys, or on all

    /** Two values in two keyspaces, of which one may be cleared in between, on conditions of which the last may be wrong. */
    private void batchRequire(Step step) {
        int first = spaceOf(step);
        int second = (first + 1) % Life.SPACES.size();
        boolean holds = Math.floorMod(step.seed() / 2, 3L) != 0;
        boolean clears = Math.floorMod(step.seed() / 7, 4L) == 0;
        Map<String, byte[]> effects = new LinkedHashMap<>();
        byte[] value = value(step);
        byte[] other = Values.of(step.size(), step.seed() + 1);
        String present = path(step);
        String written = path(second, name(step, 1));
        if (holds) {
            effects.put(path(first, name(step, 2)), value);
            if (clears) {
                effects.keySet().removeIf(key -> key.startsWith(Life.SPACES.get(first) + "/"));
                effects.putAll(allGone(first));
                effects.put(path(first, name(step, 2)), null);
            }
            effects.put(written, other);
        }
        long version = version(step);
        boolean isThere = life.model().live().containsKey(present);
        boolean otherIsThere = life.model().live().containsKey(written);
        conditional(step, holds, effects, () -> {
            try (WriteBatch batch = life.store().batch()) {
                if (isThere) {
                    batch.requireVersion(life.space(first), bytes(step), version);
                } else {
                    batch.requireAbsent(life.space(first), bytes(step));
                }
                batch.put(life.space(first), name(step, 2), value);
                if (clears) {
                    batch.clear(life.space(first));
                }
                batch.put(life.space(second), name(step, 1), other);
                // About the state before the batch, which it has changed by now.
                if (otherIsThere == holds) {
                    long present2 = holds ? version(life.space(second), name(step, 1)) : 1;
                    batch.requireVersion(life.space(second), name(step, 1).getBytes(UTF_8), present2);
                } else {
                    batch.requireAbsent(life.space(second), name(step, 1).getBytes(UTF_8));
                }
                return batch.commit();
            }
        });
    }

    private Map<String, byte[]> allGone(int space) {
        Map<String, byte[]> effects = new LinkedHashMap<>();
        life.model().live().keySet().stream()
                .filter(key -> key.startsWith(Life.SPACES.get(space) + "/"))
                .forEach(key -> effects.put(key, null));
        return effects;
    }

    private void take(Step step) {
        byte[] expected = life.model().live().get(path(step));
        Map<String, byte[]> effects = expected == null ? Map.of() : Collections.singletonMap(path(step), null);
        conditional(step, expected != null, effects, () -> {
            MemorySegment taken = space(step).getAndDelete(bytes(step));
            StoreReader.require(
                    expected == null
                            ? taken == null
                            : taken != null && MemorySegment.ofArray(expected).mismatch(taken) == -1,
                    () -> "another value was taken from " + path(step));
            return taken == null ? Keyspace.NOT_WRITTEN : life.store().appendedLsn() - 1;
        });
    }

    private void deleteAll(Step step) {
        Map<String, byte[]> effects = new LinkedHashMap<>();
        List<byte[]> keys = new ArrayList<>();
        for (int i = 0; i < 2 + (int) Math.floorMod(step.seed() / 2, 4L); i++) {
            String path = path(spaceOf(step), name(step, 2 * i));
            keys.add(name(step, 2 * i).getBytes(UTF_8));
            if (life.model().live().containsKey(path)) {
                effects.put(path, null);
            }
        }
        conditional(step, !effects.isEmpty(), effects, () -> space(step).deleteAll(keys));
    }

    private void transfer(Step step) {
        int target = step.kind() == Step.Kind.RENAME ? spaceOf(step) : (spaceOf(step) + 1) % Life.SPACES.size();
        byte[] value = life.model().live().get(path(step));
        Map<String, byte[]> effects = new LinkedHashMap<>();
        if (value != null) {
            effects.put(path(target, name(step, 3)), value);
            byte[] expiry = life.model().live().get(path(step) + Model.EXPIRY);
            if (expiry != null) {
                effects.put(path(target, name(step, 3)) + Model.EXPIRY, expiry);
            }
            if (step.kind() != Step.Kind.COPY) {
                effects.put(path(step), null);
            }
        }
        byte[] newKey = name(step, 3).getBytes(UTF_8);
        Durability durability = step.seed() % 3 == 0 ? Durability.DURABLE : Durability.APPENDED;
        conditional(step, value != null, effects, () -> switch (step.kind()) {
            case RENAME -> space(step).rename(bytes(step), newKey, durability);
            case COPY -> space(step).copy(bytes(step), life.space(target), newKey, durability);
            default -> space(step).move(bytes(step), life.space(target), newKey, durability);
        });
    }

    private void clear(Step step) {
        Map<String, byte[]> effects = allGone(spaceOf(step));
        boolean holdsSome = space(step).size() > 0; // also of what has expired
        conditional(step, holdsSome, effects, () -> space(step).clear());
    }

    private void putTyped(Step step) {
        String layout = Life.SPACES.get(spaceOf(step)) + Reading.LAYOUT;
        if (!life.model().live().containsKey(layout)) {
            long lsn = write(step, Map.of(layout, Reading.DESCRIPTION.getBytes(UTF_8)), Durability.DURABLE, () -> {
                String described = space(step).typed(Reading.class).layout();
                StoreReader.require(described.equals(Reading.DESCRIPTION), () -> "another layout: " + described);
                return life.store().appendedLsn() - 1;
            });
            if (lsn == FAILED) {
                return;
            }
        }
        TypedKeyspace<Reading> typed = space(step).typed(Reading.class);
        Reading reading = Reading.of(step.seed());
        Durability level = levelOf(step);
        long lsn =
                write(step, Map.of(path(step), reading.bytes()), level, () -> typed.put(bytes(step), reading, level));
        StoreReader.require(
                lsn == FAILED || reading.equals(typed.get(bytes(step))), () -> "another reading under " + path(step));
    }

    private void drop(Step step) {
        Keyspace dropped = space(step);
        Map<String, byte[]> effects = allGone(spaceOf(step));
        if (life.model().live().containsKey(dropped.name() + Reading.LAYOUT)) {
            effects.put(dropped.name() + Reading.LAYOUT, null);
        }
        long lsn = write(step, effects, Durability.DURABLE, () -> {
            StoreReader.require(life.store().dropKeyspace(dropped.name()), () -> "nothing to drop: " + step);
            return life.store().appendedLsn() - 1;
        });
        if (lsn != FAILED) {
            try {
                long size = dropped.size();
                throw new AssertionError("a keyspace that was dropped has a size, " + size);
            } catch (IllegalStateException e) {
                // As it should be.
            }
        }
        other(() -> space(step));
        space(step);
    }

    private static String path(int space, String key) {
        return Life.SPACES.get(space) + "/" + key;
    }

    private void conditional(Step step, boolean expected, Map<String, byte[]> effects, LongSupplier call) {
        long lsn = write(step, expected ? effects : Map.of(), Durability.APPENDED, call);
        StoreReader.require(
                lsn == FAILED || expected == (lsn != Keyspace.NOT_WRITTEN), () -> step + " returned " + lsn);
    }

    private void tryPut(Step step) {
        write(step, effect(step), Durability.APPENDED, () -> {
            StoreReader.require(space(step).tryPut(bytes(step), value(step)), () -> "no room, and nobody writes");
            // Nobody is told if it failed; whether it is there says the store.
            return isThere(step) ? life.store().appendedLsn() - 1 : UNKNOWN;
        });
    }

    private boolean isThere(Step step) {
        Cursor found = space(step).cursor();
        byte[] value = value(step);
        return found.find(bytes(step))
                && found.size() == value.length
                && MemorySegment.ofArray(value).mismatch(found.value()) == -1;
    }

    static final long FAILED = -2;
    private static final long UNKNOWN = -3;

    /** Submits, and tells the model what came of it. */
    long write(Step step, Map<String, byte[]> effects, Durability durability, LongSupplier call) {
        Submission submission = life.model().submit(effects, life.position());
        long lsn;
        try {
            lsn = call.getAsLong();
        } catch (AshlarException | CompletionException e) {
            AshlarException failure = e instanceof AshlarException own ? own : (AshlarException) e.getCause();
            refused(submission, failure);
            return FAILED;
        }
        if (lsn == Keyspace.NOT_WRITTEN) {
            life.model().withdrawn(submission);
        } else if (lsn == UNKNOWN) {
            StoreReader.require(life.disk().faults().fired() > 0, () -> "lost without an error: " + step);
            if (!life.hasFailed()) {
                life.model().failed(submission, life.position());
            }
            afterError();
        } else {
            life.model().appended(submission, lsn, life.position());
        }
        life.model().durable(life.store().durableLsn(), life.position());
        StoreReader.require(
                durability == Durability.APPENDED || lsn < 0 || life.store().durableLsn() > lsn,
                () -> "acknowledged as durable at " + lsn + ", and durable is "
                        + life.store().durableLsn());
        return lsn;
    }

    private void refused(Submission submission, AshlarException e) {
        life.requireErrors(e);
        boolean unknown = e instanceof StoreFailedException failed && failed.indeterminate();
        if (!unknown) {
            life.model().failed(submission, life.position());
        }
        afterError();
    }

    /** Something else than a write. */
    void other(Runnable action) {
        try {
            action.run();
        } catch (StorageException | StoreFailedException e) {
            life.requireErrors(e);
            afterError();
        }
        life.model().durable(life.store().durableLsn(), life.position());
    }

    private RowSteps rows() {
        return new RowSteps(this);
    }

    private void hold() {
        if (held == null) {
            other(() -> {
                Snapshot snapshot = life.store().snapshot();
                held = new Held(snapshot, VectorComparison.read(life.store()), DocumentComparison.read(snapshot));
            });
        } else {
            letGo();
        }
    }

    /** Before the store is closed, at the latest. */
    private void letGo() {
        if (held != null) {
            try (Snapshot snapshot = held.snapshot) {
                if (!life.hasFailed()) {
                    StoreReader.compare(held.rows, VectorComparison.read(snapshot));
                    StoreReader.compare(held.documents, DocumentComparison.read(snapshot));
                }
            } finally {
                held = null;
            }
        }
    }

    // -------------------------------------------------------------------------------------------- errors and crashes

    private void planError(Step step) {
        Failure failure = Failure.values()[(int) Math.floorMod(step.seed(), (long) Failure.values().length)];
        boolean persistent = Math.floorMod(step.seed() / 5, 3L) == 0;
        int n = 1 + step.size() % 16;
        life.plan(Call.CHANGES, failure, n, persistent ? n + 2 : n);
        boolean harmless = failure == Failure.EINTR || failure == Failure.SHORT;
        statistics.count(harmless ? Kind.INTERRUPTED_OR_SHORT : Kind.IO_ERRORS);
    }

    /** The device is well again; a store that has failed is opened again, which tells what became of its writes. */
    private void afterError() {
        life.disk().faults().heal();
        if (life.hasFailed()) {
            statistics.count(Kind.FAILED_STORES);
            reopen();
        }
    }

    /** Some openings meet an error, of a read or of anything else; the next attempt must not. */
    private void planErrorOfOpening(Step step) {
        if (Math.floorMod(step.seed(), 7L) == 3) {
            int n = 1 + (int) Math.floorMod(step.seed() / 7, 40L);
            life.plan(Call.ALL, Failure.EIO, n, n);
            statistics.count(Kind.IO_ERRORS);
        }
    }

    private void reopen() {
        letGo();
        documents.forget();
        life.close();
        openAgain();
    }

    private void openAgain() {
        life.openDespiteErrors();
        life.check();
    }

    private void crash(CrashPoint point) {
        held = null;
        documents.forget();
        Life former = life;
        Life next = life.crash(point);
        next.open();
        life = next;
        former.leave();
        for (int i = 0; i < Life.SPACES.size(); i++) {
            life.space(i);
        }
    }
}
