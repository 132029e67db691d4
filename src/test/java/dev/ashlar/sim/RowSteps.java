package dev.ashlar.sim;

import dev.ashlar.AshlarException;
import dev.ashlar.Durability;
import dev.ashlar.Keyspace;
import dev.ashlar.VectorCollection;
import dev.ashlar.VectorType;
import dev.ashlar.WriteBatch;
import dev.ashlar.WriteCallback;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The steps of a {@link Rig} that are done to vector collections. */
final class RowSteps {
    private final Rig rig;

    RowSteps(Rig rig) {
        this.rig = rig;
    }

    private static VectorSpace space(Step step) {
        return VectorSpace.ALL.get(Math.floorMod(step.seed(), VectorSpace.ALL.size()));
    }

    private static VectorSpace other(VectorSpace space) {
        return VectorSpace.ALL.get(1 - VectorSpace.ALL.indexOf(space));
    }

    private static Durability levelOf(Step step) {
        return step.seed() / 2 % 3 != 0 ? Durability.APPENDED : Durability.DURABLE;
    }

    private static int number(Step step, int more) {
        return (step.key() * 5 + more) % VectorSpace.IDS;
    }

    private boolean isPresent(String path) {
        return rig.life().model().live().containsKey(path);
    }

    /** The collection, which a step that fails may fail to make; then it fails to do the rest as well. */
    private VectorCollection vectors(VectorSpace space) {
        return rig.life().vectors(space);
    }

    // -------------------------------------------------------------------------------------------------------- writes

    void put(Step step) {
        VectorSpace space = space(step);
        put(step, space, number(step, 0), space.row(step.seed()));
    }

    void retry(Step step, String name, int number, long seed) {
        VectorSpace space = VectorSpace.named(name);
        put(step, space, number, space.row(seed));
    }

    private void put(Step step, VectorSpace space, int number, byte[] row) {
        Durability level = levelOf(step);
        long id = VectorSpace.id(number);
        rig.write(step, Map.of(space.path(number), row), level, () -> {
            VectorCollection vectors = vectors(space);
            boolean floats = space.options().type() == VectorType.FLOAT32;
            MemorySegment segment = VectorSpace.segment(row);
            return switch ((int) Math.floorMod(step.seed() / 6, 4L)) {
                case 0 -> floats ? vectors.put(id, VectorSpace.floats(row), level) : vectors.put(id, row, level);
                case 1 -> vectors.putAsync(id, segment, level).join();
                case 2 -> {
                    List<Object> outcome = new ArrayList<>();
                    vectors.put(id, segment, level, told(outcome), step.seed());
                    StoreReader.require(outcome.size() == 1, () -> "told " + outcome);
                    if (outcome.getFirst() instanceof AshlarException failure) {
                        throw failure;
                    }
                    yield (Long) outcome.getFirst();
                }
                default -> vectors.put(id, segment, level);
            };
        });
    }

    private static WriteCallback told(List<Object> outcome) {
        return new WriteCallback() {
            @Override
            public void completed(long tag, long lsn) {
                outcome.add(lsn);
            }

            @Override
            public void failed(long tag, AshlarException failure) {
                outcome.add(failure);
            }
        };
    }

    void putAll(Step step) {
        VectorSpace space = space(step);
        int count = 1 + Math.floorMod(step.size(), 20);
        boolean twice = step.seed() % 5 == 0;
        long[] ids = new long[count + (twice ? 1 : 0)];
        ByteArrayOutputStream rows = new ByteArrayOutputStream();
        Map<String, byte[]> effects = new LinkedHashMap<>();
        for (int i = 0; i < ids.length; i++) {
            int number = number(step, i < count ? i : 0);
            ids[i] = VectorSpace.id(number);
            byte[] row = space.row(step.seed() + 1_000L * i);
            rows.writeBytes(row);
            effects.put(space.path(number), row);
        }
        byte[] all = rows.toByteArray();
        Durability level = levelOf(step);
        rig.write(
                step,
                effects,
                level,
                () -> space.options().type() == VectorType.FLOAT32 && step.seed() / 6 % 2 == 0
                        ? vectors(space).putAll(ids, VectorSpace.floats(all), level)
                        : vectors(space).putAll(ids, VectorSpace.segment(all), level));
    }

    void delete(Step step) {
        VectorSpace space = space(step);
        String path = space.path(number(step, 0));
        boolean present = isPresent(path);
        Map<String, byte[]> effects = new LinkedHashMap<>();
        if (present) {
            effects.put(path, null);
        }
        long id = VectorSpace.id(number(step, 0));
        long lsn = rig.write(
                step,
                effects,
                levelOf(step),
                () -> step.seed() / 6 % 2 == 0
                        ? vectors(space).delete(id, levelOf(step))
                        : vectors(space).deleteAsync(id, levelOf(step)).join());
        requireWritten(step, lsn, present);
    }

    void deleteAll(Step step) {
        VectorSpace space = space(step);
        long[] ids = new long[1 + Math.floorMod(step.size(), 20)];
        Map<String, byte[]> effects = new LinkedHashMap<>();
        for (int i = 0; i < ids.length; i++) {
            ids[i] = VectorSpace.id(number(step, i));
            String path = space.path(number(step, i));
            if (isPresent(path)) {
                effects.put(path, null);
            }
        }
        boolean some = !effects.isEmpty();
        long lsn = rig.write(step, effects, levelOf(step), () -> vectors(space).deleteAll(ids, levelOf(step)));
        requireWritten(step, lsn, some);
    }

    private static void requireWritten(Step step, long lsn, boolean expected) {
        StoreReader.require(
                lsn == Rig.FAILED || expected == (lsn != Keyspace.NOT_WRITTEN), () -> step + " returned " + lsn);
    }

    void batch(Step step) {
        VectorSpace space = space(step);
        VectorSpace second = other(space);
        int keySpace = (int) Math.floorMod(step.seed() / 2, (long) Life.SPACES.size());
        String key = Life.key(step.key());
        byte[] value = Values.of(Math.floorMod(step.size(), 2_000), step.seed());
        byte[] row = space.row(step.seed());
        byte[] more = second.row(step.seed() + 1);
        Map<String, byte[]> effects = new LinkedHashMap<>();
        boolean clears = step.seed() / 7 % 5 == 0;
        if (clears) {
            effects.putAll(allGone(space));
        }
        effects.put(space.path(number(step, 0)), row);
        effects.put(Life.SPACES.get(keySpace) + "/" + key, value);
        effects.put(second.path(number(step, 1)), more);
        effects.put(space.path(number(step, 2)), null);
        rig.write(step, effects, levelOf(step), () -> {
            VectorCollection vectors = vectors(space);
            VectorCollection others = vectors(second);
            try (WriteBatch batch = rig.life().store().batch()) {
                long version = vectors.version(VectorSpace.id(number(step, 0)));
                if (version >= 0) {
                    batch.requireVersion(vectors, VectorSpace.id(number(step, 0)), version);
                } else {
                    batch.requireAbsent(vectors, VectorSpace.id(number(step, 0)));
                }
                if (clears) {
                    batch.clear(vectors);
                }
                batch.put(vectors, VectorSpace.id(number(step, 0)), VectorSpace.segment(row));
                batch.put(rig.life().space(keySpace), key, value);
                batch.put(others, VectorSpace.id(number(step, 1)), VectorSpace.segment(more));
                batch.delete(vectors, VectorSpace.id(number(step, 2)));
                return batch.commit(levelOf(step));
            }
        });
    }

    // ------------------------------------------------------------------------------------------------- on all of them

    private Map<String, byte[]> allGone(VectorSpace space) {
        Map<String, byte[]> effects = new LinkedHashMap<>();
        rig.life().model().live().keySet().stream()
                .filter(path -> path.startsWith(space.name() + "/"))
                .forEach(path -> effects.put(path, null));
        return effects;
    }

    void clear(Step step) {
        VectorSpace space = space(step);
        Map<String, byte[]> effects = allGone(space);
        boolean some = !effects.isEmpty();
        long lsn = rig.write(step, effects, levelOf(step), () -> vectors(space).clear(levelOf(step)));
        requireWritten(step, lsn, some);
    }

    /**
     * Once it is gone it stays so, whatever becomes of its segments: the deletion was durable before anything was done to
     * them, so an error there is one of maintenance.
     */
    void drop(Step step) {
        VectorSpace space = space(step);
        rig.other(() -> vectors(space));
        // Making it may have met an error, and then there is none.
        boolean present = rig.life().store().vectorCollections().contains(space.name());
        rig.write(step, allGone(space), Durability.DURABLE, () -> {
            boolean dropped = rig.life().store().dropVectors(space.name());
            StoreReader.require(dropped == present, () -> dropped + ", it was dropped: " + step);
            return dropped ? rig.life().store().appendedLsn() - 1 : Keyspace.NOT_WRITTEN;
        });
        rig.other(() -> vectors(space));
    }

    void flush(Step step) {
        VectorSpace space = space(step);
        rig.other(() -> {
            VectorCollection vectors = vectors(space);
            vectors.flush();
            StoreReader.require(
                    vectors.stats().pendingRows() == 0, () -> "rows are pending after a flush: " + vectors.stats());
        });
    }
}
