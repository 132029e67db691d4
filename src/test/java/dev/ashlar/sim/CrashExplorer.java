package dev.ashlar.sim;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;

/**
 * Derives many crashes from one life of a store, and checks what the next lives make of each: that they recover a legal
 * state, that a crash inside recovery comes to the same, that they go on working, crash and recover again.
 */
final class CrashExplorer {
    private static final int COLLECT_EVERY = 64;

    /** Of so many states one is salvaged as well. */
    private static final int SALVAGED_EVERY = 8;

    private static final Step.Kind[] DOCUMENTS = {
        Step.Kind.UPSERT,
        Step.Kind.DOCUMENTS,
        Step.Kind.DELETE_DOCUMENT,
        Step.Kind.COMMIT,
        Step.Kind.COMMIT,
        Step.Kind.BUILD,
        Step.Kind.MERGE,
        Step.Kind.DISCARD
    };

    private int explored;

    /** Checks so many crashes at points that the seed draws. */
    void explore(Life life, long seed, int count) {
        Random random = new Random(seed);
        List<CrashPoint> points = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int from = random.nextInt(3) == 0 ? 0 : life.openedAt();
            points.add(CrashPoint.random(random.nextLong(), from, life.position()));
        }
        // In order, so that the disk at each is made from the one before.
        points.sort(Comparator.comparingInt(CrashPoint::position));
        for (CrashPoint point : points) {
            check(life, point, random.nextLong());
        }
    }

    /** Checks one crash, and what may follow it. */
    void check(Life life, CrashPoint point, long seed) {
        Life next = life.crash(point);
        try {
            followUp(next, seed, () -> {
                if (Math.floorMod(seed, SALVAGED_EVERY) == 0) {
                    SalvageOfCrash.compare(next, !point.isPowerLoss(), seed);
                }
            });
        } catch (AssertionError | RuntimeException e) {
            throw new AssertionError(point + ", followed up with seed " + seed + ": " + e.getMessage(), e);
        } finally {
            next.abandon();
        }
    }

    /** Recovers, and does what the seed says with the store that is there. */
    private void followUp(Life next, long seed, Runnable first) {
        collectGarbage();
        next.open();
        first.run();
        Random random = new Random(seed);
        switch (random.nextInt(10)) {
            case 0, 1 -> crashInRecovery(next, random);
            case 2, 3, 4 -> workAndCrash(next, random);
            case 5 -> recoverAgain(next);
            case 6 -> {
                next.check();
                next.close();
                next.open();
                next.close();
            }
            case 7 -> rebuild(next);
            case 8 -> expire(next);
            default -> StoreReader.verify(next.store());
        }
    }

    private void crashInRecovery(Life next, Random random) {
        Life again = next.crash(CrashPoint.random(random.nextLong(), 0, next.openedAt()));
        again.open();
        if (random.nextBoolean()) {
            Life third = again.crash(CrashPoint.random(random.nextLong(), 0, again.openedAt()));
            third.open();
            StoreReader.verify(third.store());
        }
    }

    /** A recovery that nothing came after leaves nothing to recover. */
    private static void recoverAgain(Life next) {
        Life again = next.crash(CrashPoint.kill(next.position()));
        again.open();
        StoreReader.compare(next.model().live(), again.model().live());
    }

    /** What is rebuilt from the log alone is the same. */
    private static void rebuild(Life next) {
        Life again = next.crashWithoutImages(CrashPoint.kill(next.position()));
        again.open();
        StoreReader.compare(next.model().live(), again.model().live());
        Life third = again.crash(CrashPoint.kill(again.position()));
        third.open();
        StoreReader.compare(next.model().live(), third.model().live());
    }

    /** What has a time to live goes, and does not come back. */
    private static void expire(Life next) {
        next.clock().advance(1_000);
        next.check();
        StoreReader.sweep(next.store());
        next.check();
        rebuild(next);
    }

    private void workAndCrash(Life next, Random random) {
        Rig rig = new Rig(next);
        boolean retries = random.nextBoolean();
        if (retries) {
            rig.run(new Step(Step.Kind.RETRY, 0, 1 + random.nextInt(3), random.nextInt(1_000_000)));
        }
        for (int i = retries ? random.nextInt(4) : 0; i < 3; i++) {
            Step.Kind[] kinds = {
                Step.Kind.PUT,
                Step.Kind.PUT_DURABLE,
                Step.Kind.DELETE,
                Step.Kind.BATCH,
                Step.Kind.CHECKPOINT,
                Step.Kind.CLEAR,
                Step.Kind.MOVE,
                Step.Kind.PUT_TTL
            };
            if (!next.store().documentCollections().isEmpty() && random.nextBoolean()) {
                kinds = DOCUMENTS;
            }
            int size = random.nextInt(8) == 0 ? Life.MOST_INLINE + random.nextInt(9_000) : random.nextInt(700);
            rig.run(new Step(kinds[random.nextInt(kinds.length)], random.nextInt(Life.KEYS), size, random.nextInt()));
        }
        int[] starts = {0, next.openedAt(), next.position()};
        int from = starts[random.nextInt(starts.length)];
        CrashPoint point = CrashPoint.random(random.nextLong(), from, next.position());
        Life again = next.crash(point);
        try {
            again.open();
            again.check();
        } catch (AssertionError e) {
            throw new AssertionError(
                    "after " + rig.script() + ", crashed again at " + point + ", opened at " + next.openedAt() + ": "
                            + e.getMessage(),
                    e);
        }
    }

    /** Memory of stores that were not closed is mapped until the collector finds them, and it sees only the heap. */
    private void collectGarbage() {
        if (++explored % COLLECT_EVERY == 0) {
            System.gc();
        }
    }
}
