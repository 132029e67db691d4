package dev.ashlar.sim;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Histories drawn from a seed alone, for runs that are too long, or too many, to be shrunk. */
final class RandomSteps {
    private static final int[] SIZES = {0, 1, 8, 63, 64, 65, 511, 512, 513, 1_000, 1_024, 4_095, 4_096, 4_097, 9_000};
    private static final Step.Kind[] KINDS = kinds(Mix.KEYS);
    private static final Step.Kind[] KINDS_WITH_ROWS = kinds(Mix.ROWS);
    private static final Step.Kind[] KINDS_WITH_DOCUMENTS = kinds(Mix.DOCUMENTS);

    private enum Mix {
        KEYS,
        ROWS,
        DOCUMENTS
    }

    private RandomSteps() {}

    /** Writes are more frequent than the rest, and rows or documents most of all if there are any. */
    private static Step.Kind[] kinds(Mix mix) {
        boolean rows = mix == Mix.ROWS;
        boolean documents = mix == Mix.DOCUMENTS;
        List<Step.Kind> kinds = new ArrayList<>();
        for (Step.Kind kind : Step.Kind.values()) {
            int weight = switch (kind) {
                case EXPLORE -> 0;
                case ROWS -> rows ? 14 : 0;
                case ROW, DELETE_ROW, DELETE_ROWS, BATCH_ROWS, FLUSH -> rows ? 7 : 0;
                case CLEAR_ROWS, DROP_ROWS -> rows ? 2 : 0;
                case HOLD -> rows || documents ? 3 : 0;
                case DOCUMENTS, UPSERT, DELETE_DOCUMENT -> documents ? 12 : 0;
                case DOCUMENT, COMMIT, PREPARE, PUBLISH, BATCH_DOCUMENTS, BUILD -> documents ? 8 : 0;
                case BATCH_PUBLISH, ABORT, LEAVE, RELEASE, MERGE -> documents ? 4 : 0;
                case DISCARD, ADD_FIELD, DROP_DOCUMENTS -> documents ? 2 : 0;
                case PUT, BATCH, DELETE -> 4;
                case PUT_DURABLE, PUT_LOG, COMPACT, REOPEN, PUT_TTL, ADVANCE -> 2;
                case IO_ERROR -> 3;
                default -> 1;
            };
            for (int i = 0; i < weight; i++) {
                kinds.add(kind);
            }
        }
        return kinds.toArray(Step.Kind[]::new);
    }

    /** A few dozen steps with crashes among them, which end with so many crashes that are explored. */
    static List<Step> of(long seed, int explored) {
        return of(seed, explored, KINDS);
    }

    /** The same with vector collections. */
    static List<Step> withRows(long seed, int explored) {
        return of(seed, explored, KINDS_WITH_ROWS);
    }

    /** The same with document collections. */
    static List<Step> withDocuments(long seed, int explored) {
        return of(seed, explored, KINDS_WITH_DOCUMENTS);
    }

    private static List<Step> of(long seed, int explored, Step.Kind[] kinds) {
        Random random = new Random(seed);
        random.nextInt();
        List<Step> steps = new ArrayList<>();
        int count = 4 + random.nextInt(24);
        for (int i = 0; i < count; i++) {
            int size = SIZES[random.nextInt(SIZES.length)];
            if (random.nextInt(12) == 0) {
                size = Life.CHUNK - random.nextInt(600);
            }
            if (random.nextInt(8) == 0) {
                size = Life.MOST_INLINE - 1 + random.nextInt(3) * random.nextInt(20_000);
            }
            steps.add(new Step(
                    kinds[random.nextInt(kinds.length)],
                    random.nextInt(Life.KEYS),
                    size,
                    random.nextInt(Integer.MAX_VALUE)));
        }
        steps.add(new Step(Step.Kind.EXPLORE, 0, explored, seed));
        return steps;
    }
}
