package dev.ashlar.sim;

import dev.ashlar.AddResult;
import dev.ashlar.DocumentBuilder;
import dev.ashlar.DocumentCollection;
import dev.ashlar.DocumentStats;
import dev.ashlar.DuplicateKeyException;
import dev.ashlar.Durability;
import dev.ashlar.Keyspace;
import dev.ashlar.PreparedCommit;
import dev.ashlar.VectorCollection;
import dev.ashlar.WriteBatch;
import dev.ashlar.sim.Model.Submission;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.LongSupplier;

/** The steps of a {@link Rig} that are done to document collections, and the commits that are prepared. */
final class DocumentSteps {
    private final Rig rig;
    private final Map<DocumentKind, Prepared> prepared = new HashMap<>();

    /** A commit between its phases. */
    private static final class Prepared {
        private final PreparedCommit commit;

        /** What was pending, under the paths of documents. */
        private final Map<String, byte[]> pending;

        /** What was written since to paths of these. */
        private final Set<String> since = new HashSet<>();

        /** Committing it failed, so closing it loses nothing. */
        private boolean tried;

        Prepared(PreparedCommit commit, Map<String, byte[]> pending) {
            this.commit = commit;
            this.pending = pending;
        }
    }

    DocumentSteps(Rig rig) {
        this.rig = rig;
    }

    /** The store that commits were prepared in is there no more. */
    void forget() {
        prepared.clear();
    }

    void run(Step step) {
        DocumentKind kind = DocumentKind.ALL.get((int) Math.floorMod(step.seed(), (long) DocumentKind.ALL.size()));
        switch (step.kind()) {
            case DOCUMENT -> add(step, kind);
            case DOCUMENTS -> addAll(step, kind);
            case UPSERT -> upsert(step, DocumentKind.ALL.getFirst());
            case DELETE_DOCUMENT -> delete(step, DocumentKind.ALL.getFirst());
            case BATCH_DOCUMENTS -> batch(step);
            case BUILD -> build(step, kind);
            case COMMIT -> commit(step, kind);
            case PREPARE -> prepare(step, kind);
            case PUBLISH -> publish(step, kind);
            case BATCH_PUBLISH -> publishInBatch(step, kind);
            case ABORT -> abort(step, kind, false);
            case LEAVE -> abort(step, kind, true);
            case RELEASE -> release(kind);
            case DISCARD -> discard(step, kind);
            case MERGE -> merge(step, kind);
            case ADD_FIELD -> addField(step, kind);
            case DROP_DOCUMENTS -> drop(step, kind);
            default -> throw new IllegalArgumentException(step.toString());
        }
    }

    // ------------------------------------------------------------------------------------------------------ the model

    private Map<String, byte[]> live() {
        return rig.life().model().live();
    }

    private DocumentCollection open(DocumentKind kind) {
        return kind.open(rig.life().store());
    }

    private static String pendingPath(String path) {
        return path + Model.PENDING;
    }

    /** Whether there is a document, or is going to be. */
    private boolean isTaken(Map<String, byte[]> state, String path) {
        byte[] waiting = state.get(pendingPath(path));
        return waiting == null ? state.containsKey(path) : !Arrays.equals(waiting, DocumentKind.DELETION);
    }

    /** What is pending of a collection, deletions of nothing included. */
    private Map<String, byte[]> pending(DocumentKind kind) {
        Map<String, byte[]> pending = new TreeMap<>();
        rig.life().model().all().forEach((path, bytes) -> {
            if (path.startsWith(kind.name() + "/") && path.endsWith(Model.PENDING)) {
                pending.put(path.substring(0, path.length() - Model.PENDING.length()), bytes);
            }
        });
        return pending;
    }

    private int fields(DocumentKind kind) {
        byte[] found = live().get(kind.name() + DocumentKind.FIELDS);
        return found == null ? kind.schema().fields().size() : found.length;
    }

    /** @param lsn what the write returned */
    private void wrote(DocumentKind kind, String path, long lsn) {
        Prepared open = prepared.get(kind);
        if (open != null && lsn >= 0) {
            open.since.add(path);
        }
    }

    private static Durability levelOf(Step step) {
        return step.seed() / 2 % 3 != 0 ? Durability.APPENDED : Durability.DURABLE;
    }

    /** A key of a collection with keys, a number that no other document has else. */
    private String key(Step step, DocumentKind kind, int more) {
        return kind.isKeyed() ? DocumentKind.key(step.key() + more) : String.valueOf(step.seed() * 64 + more);
    }

    /** Documents without a key are added once: another one would be another document that looks the same. */
    private boolean isUsed(DocumentKind kind, String path) {
        return !kind.isKeyed() && (live().containsKey(path) || live().containsKey(pendingPath(path)));
    }

    // --------------------------------------------------------------------------------------------------------- writing

    private void add(Step step, DocumentKind kind) {
        add(step, kind, key(step, kind, 0), step.size(), step.seed());
    }

    /** Something that was lost is added again, with another content. */
    void retry(Step step, DocumentKind kind, String key, long seed) {
        if (kind.isKeyed()) {
            upsert(step, kind, key, 100, seed);
        } else {
            add(step, kind, key, 100, seed);
        }
    }

    private void add(Step step, DocumentKind kind, String key, int size, long seed) {
        String path = kind.path(key);
        if (isUsed(kind, path)) {
            return;
        }
        boolean taken = isTaken(live(), path);
        Map<String, byte[]> effects =
                taken ? Map.of() : Map.of(pendingPath(path), kind.bytes(key, size, seed, fields(kind)));
        Durability level = levelOf(step);
        long lsn = rig.write(step, effects, level, () -> {
            DocumentCollection documents = open(kind);
            DocumentBuilder document = kind.document(documents, key, size, seed);
            return unlessTaken(() -> switch ((int) Math.floorMod(step.seed() / 6, 4L)) {
                case 0 -> documents.addAsync(document, level).join();
                case 1 -> documents.tryAdd(document, Duration.ofSeconds(5), level);
                default -> documents.add(document, level);
            });
        });
        requireWritten(step, lsn, !taken);
        wrote(kind, path, lsn);
    }

    private static long unlessTaken(LongSupplier call) {
        try {
            return call.getAsLong();
        } catch (DuplicateKeyException e) {
            return Keyspace.NOT_WRITTEN;
        }
    }

    private static void requireWritten(Step step, long lsn, boolean expected) {
        StoreReader.require(
                lsn == Rig.FAILED || expected == (lsn != Keyspace.NOT_WRITTEN), () -> step + " returned " + lsn);
    }

    /** Each document for itself: when one of them fails with an error, nobody says at which moment it did, so none must. */
    private void addAll(Step step, DocumentKind kind) {
        if (rig.life().disk().faults().arePlanned()) {
            add(step, kind);
            return;
        }
        int count = 1 + Math.floorMod(step.size(), 9);
        Map<String, byte[]> state = new HashMap<>(live());
        List<String> paths = new ArrayList<>();
        List<Boolean> expected = new ArrayList<>();
        List<Submission> submissions = new ArrayList<>();
        DocumentCollection documents = open(kind);
        List<DocumentBuilder> builders = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            String key = key(step, kind, i % 7);
            String path = kind.path(key);
            if (!kind.isKeyed() && (isUsed(kind, path) || paths.contains(path))) {
                continue;
            }
            int size = step.size() % 700;
            long seed = step.seed() + 1_000L * i;
            boolean adds = !isTaken(state, path);
            paths.add(path);
            expected.add(adds);
            builders.add(kind.document(documents, key, size, seed));
            Map<String, byte[]> effects =
                    adds ? Map.of(pendingPath(path), kind.bytes(key, size, seed, fields(kind))) : Map.of();
            state.putAll(effects);
            submissions.add(rig.life().model().submit(effects, rig.life().position()));
        }
        Durability level = levelOf(step);
        List<AddResult> results = documents.addAll(builders, level);
        for (int i = 0; i < paths.size(); i++) {
            AddResult result = results.get(i);
            String path = paths.get(i);
            StoreReader.require(
                    result.isAdded() == expected.get(i) && result.isAdded() == (result.lsn() >= 0),
                    () -> path + ": " + result + " of " + step);
            if (result.isAdded()) {
                rig.life()
                        .model()
                        .appended(submissions.get(i), result.lsn(), rig.life().position());
                StoreReader.require(
                        level == Durability.APPENDED || rig.life().store().durableLsn() > result.lsn(),
                        () -> path + " is not durable");
            } else {
                rig.life().model().withdrawn(submissions.get(i));
            }
            wrote(kind, path, result.lsn());
        }
        rig.life().model().durable(rig.life().store().durableLsn(), rig.life().position());
    }

    private void upsert(Step step, DocumentKind kind) {
        upsert(step, kind, key(step, kind, 0), step.size(), step.seed());
    }

    private void upsert(Step step, DocumentKind kind, String key, int size, long seed) {
        String path = kind.path(key);
        Map<String, byte[]> effects = Map.of(pendingPath(path), kind.bytes(key, size, seed, fields(kind)));
        Durability level = levelOf(step);
        long lsn = rig.write(step, effects, level, () -> {
            DocumentCollection documents = open(kind);
            DocumentBuilder document = kind.document(documents, key, size, seed);
            return step.seed() / 6 % 3 == 0
                    ? documents.upsertAsync(document, level).join()
                    : documents.upsert(document, level);
        });
        wrote(kind, path, lsn);
    }

    private void delete(Step step, DocumentKind kind) {
        String key = key(step, kind, 0);
        String path = kind.path(key);
        boolean there = isTaken(live(), path);
        Map<String, byte[]> effects = there ? Map.of(pendingPath(path), DocumentKind.DELETION) : Map.of();
        Durability level = levelOf(step);
        long lsn = rig.write(step, effects, level, () -> open(kind).delete(key, level));
        requireWritten(step, lsn, there);
        wrote(kind, path, lsn);
    }

    /** Documents of both collections, and a key. */
    private void batch(Step step) {
        Map<String, byte[]> effects = new LinkedHashMap<>();
        long lsn = rig.write(step, effects, levelOf(step), () -> {
            try (WriteBatch batch = rig.life().store().batch()) {
                stage(step, batch, effects, new HashMap<>(live()));
                return batch.commit(levelOf(step));
            }
        });
        wroteAll(effects, lsn);
    }

    private void wroteAll(Map<String, byte[]> effects, long lsn) {
        effects.forEach((path, bytes) -> {
            if (path.endsWith(Model.PENDING) && bytes != null) {
                DocumentKind kind = DocumentKind.named(path.substring(0, path.indexOf('/')));
                wrote(kind, path.substring(0, path.length() - Model.PENDING.length()), lsn);
            }
        });
    }

    /** Adds documents of both collections to a batch, and a key of a keyspace, and what comes of it to the effects. */
    private void stage(Step step, WriteBatch batch, Map<String, byte[]> effects, Map<String, byte[]> state) {
        int size = step.size() % 900;
        DocumentKind keyed = DocumentKind.ALL.getFirst();
        DocumentKind other = DocumentKind.ALL.getLast();
        DocumentCollection documents = open(keyed);
        for (int i = 0; i < 3; i++) {
            String key = key(step, keyed, 3 * i);
            String path = keyed.path(key);
            long seed = step.seed() + 77 + i;
            byte[] bytes = keyed.bytes(key, size, seed, fields(keyed));
            boolean taken = isTaken(state, path);
            switch ((int) Math.floorMod(step.seed() / 3 + i, 3L)) {
                case 0 -> {
                    if (!taken) {
                        batch.add(documents, keyed.document(documents, key, size, seed));
                        effects.put(pendingPath(path), bytes);
                    }
                }
                case 1 -> {
                    batch.upsert(documents, keyed.document(documents, key, size, seed));
                    effects.put(pendingPath(path), bytes);
                }
                default -> {
                    batch.delete(documents, key);
                    if (taken) {
                        effects.put(pendingPath(path), DocumentKind.DELETION);
                    }
                }
            }
        }
        String number = key(step, other, 63);
        if (!isUsed(other, other.path(number))) {
            DocumentCollection others = open(other);
            batch.add(others, other.document(others, number, size, step.seed()));
            effects.put(pendingPath(other.path(number)), other.bytes(number, size, step.seed(), fields(other)));
        }
        byte[] value = Values.of(size, step.seed());
        batch.put(rig.life().space(0), Life.key(step.key() % Life.KEYS), value);
        effects.put(Life.SPACES.getFirst() + "/" + Life.key(step.key() % Life.KEYS), value);
    }

    // ------------------------------------------------------------------------------------------------------ committing

    /** What a commit of all that is pending does, but for what was written to since. */
    private static Map<String, byte[]> committing(Map<String, byte[]> pending, Set<String> since) {
        Map<String, byte[]> effects = new LinkedHashMap<>();
        pending.forEach((path, bytes) -> {
            effects.put(path, Arrays.equals(bytes, DocumentKind.DELETION) ? null : bytes);
            if (!since.contains(path)) {
                effects.put(pendingPath(path), null);
            }
        });
        return effects;
    }

    private static Map<String, byte[]> dropping(Map<String, byte[]> pending, Set<String> since) {
        Map<String, byte[]> effects = new LinkedHashMap<>();
        pending.keySet().forEach(path -> {
            if (!since.contains(path)) {
                effects.put(pendingPath(path), null);
            }
        });
        return effects;
    }

    /** Whether a commit is prepared; then there is not to be another one, nor anything like it. */
    private boolean isRefused(DocumentKind kind, Runnable action) {
        if (!prepared.containsKey(kind)) {
            return false;
        }
        try {
            action.run();
        } catch (IllegalStateException e) {
            return true;
        }
        throw new AssertionError("a commit is prepared, and nobody says so");
    }

    private void build(Step step, DocumentKind kind) {
        if (isRefused(kind, () -> open(kind).flush())) {
            return;
        }
        rig.other(() -> {
            open(kind).flush();
            DocumentStats stats = open(kind).stats();
            StoreReader.require(stats.pending() == 0, () -> "documents are in no segment after " + step + ": " + stats);
        });
    }

    private void commit(Step step, DocumentKind kind) {
        if (isRefused(kind, () -> open(kind).commit())) {
            return;
        }
        Map<String, byte[]> pending = pending(kind);
        Durability level = levelOf(step);
        long lsn = rig.write(
                step,
                committing(pending, Set.of()),
                level,
                () -> level == Durability.DURABLE && step.seed() % 2 == 0
                        ? open(kind).commit()
                        : open(kind).commit(level));
        requireSomething(step, lsn, pending);
    }

    /** Whether something was written, if documents were pending. */
    private static void requireSomething(Step step, long lsn, Map<String, byte[]> pending) {
        StoreReader.require(
                lsn != Keyspace.NOT_WRITTEN
                        || pending.values().stream().allMatch(each -> Arrays.equals(each, DocumentKind.DELETION)),
                () -> step + " returned " + lsn + ", and there was something pending");
    }

    private void prepare(Step step, DocumentKind kind) {
        if (isRefused(kind, () -> open(kind).prepareCommit())) {
            return;
        }
        Map<String, byte[]> pending = pending(kind);
        rig.other(() -> {
            PreparedCommit commit = open(kind).prepareCommit();
            long documents = pending.values().stream()
                    .filter(each -> !Arrays.equals(each, DocumentKind.DELETION))
                    .count();
            StoreReader.require(
                    commit.documents() == documents,
                    () -> step + " prepared " + commit.documents() + " documents of " + documents);
            prepared.put(kind, new Prepared(commit, pending));
        });
    }

    private void publish(Step step, DocumentKind kind) {
        Prepared open = prepared.get(kind);
        if (open == null) {
            return;
        }
        long lsn = rig.write(
                step, committing(open.pending, open.since), levelOf(step), () -> open.commit.commit(levelOf(step)));
        ended(kind, open, lsn);
    }

    private void ended(DocumentKind kind, Prepared open, long lsn) {
        if (lsn == Rig.FAILED) {
            open.tried = true; // if the store has failed it was opened again, and knows of no commit
        } else {
            StoreReader.require(open.commit.hasEnded(), () -> "a commit has ended, and does not know");
            prepared.remove(kind);
        }
    }

    /** One commit, or both, with a key and a row, and more documents. */
    private void publishInBatch(Step step, DocumentKind kind) {
        if (prepared.isEmpty()) {
            return;
        }
        Map<DocumentKind, Prepared> going = new HashMap<>(prepared);
        if (going.size() > 1 && step.seed() % 3 == 0) {
            going.keySet().retainAll(Set.of(kind));
        }
        Map<String, byte[]> effects = new LinkedHashMap<>();
        boolean refused = step.seed() / 4 % 5 == 0;
        long lsn = rig.write(step, effects, levelOf(step), () -> {
            try (WriteBatch batch = rig.life().store().batch()) {
                going.values().forEach(each -> {
                    batch.publish(each.commit);
                    effects.putAll(committing(each.pending, each.since));
                });
                Map<String, byte[]> state = new HashMap<>(live());
                stage(step, batch, effects, state);
                VectorSpace rows = VectorSpace.ALL.getFirst();
                VectorCollection vectors = rig.life().vectors(rows);
                batch.put(vectors, VectorSpace.id(step.key()), rows.row(step.seed()));
                effects.put(rows.path(step.key()), rows.row(step.seed()));
                if (refused) {
                    batch.requireVersion(
                            rig.life().space(1), "nobody".getBytes(java.nio.charset.StandardCharsets.UTF_8), 1);
                    effects.clear();
                }
                return batch.commit(levelOf(step));
            }
        });
        requireWritten(step, lsn, !refused);
        wroteAll(effects, lsn); // if one of two commits goes on
        going.forEach((each, open) -> {
            if (refused || lsn == Rig.FAILED) {
                open.tried = true;
                StoreReader.require(
                        lsn == Rig.FAILED || !open.commit.hasEnded(), () -> "a batch that was refused has committed");
            } else {
                ended(each, open, lsn);
            }
        });
    }

    /** @param leaving closes it, which releases it if it was tried */
    private void abort(Step step, DocumentKind kind, boolean leaving) {
        Prepared open = prepared.get(kind);
        if (open == null) {
            return;
        }
        if (leaving && open.tried) {
            rig.other(open.commit::close);
        } else {
            long lsn = rig.write(step, dropping(open.pending, open.since), Durability.DURABLE, () -> {
                long before = rig.life().store().appendedLsn();
                if (leaving) {
                    open.commit.close();
                } else {
                    open.commit.abort();
                }
                return rig.life().store().appendedLsn() == before ? Keyspace.NOT_WRITTEN : before;
            });
            requireSomething(step, lsn, open.pending);
        }
        if (open.commit.hasEnded()) {
            prepared.remove(kind);
        }
    }

    private void release(DocumentKind kind) {
        Prepared open = prepared.remove(kind);
        if (open != null) {
            rig.other(open.commit::release);
            StoreReader.require(open.commit.hasEnded(), () -> "a commit was released, and does not know");
        }
    }

    private void discard(Step step, DocumentKind kind) {
        if (!isRefused(kind, () -> open(kind).discardPending())) {
            Map<String, byte[]> pending = pending(kind);
            long lsn = rig.write(
                    step,
                    dropping(pending, Set.of()),
                    Durability.DURABLE,
                    () -> open(kind).discardPending());
            requireSomething(step, lsn, pending);
        }
    }

    // ------------------------------------------------------------------------------------------------------- the rest

    private void merge(Step step, DocumentKind kind) {
        int most = 1 + Math.floorMod(step.size(), 2);
        if (isRefused(kind, () -> open(kind).forceMerge(most))) {
            return;
        }
        rig.other(() -> {
            DocumentCollection documents = open(kind);
            documents.forceMerge(most);
            DocumentStats stats = documents.stats();
            StoreReader.require(
                    stats.segments() <= most && stats.deadDocuments() == 0, () -> "after " + step + ": " + stats);
        });
    }

    private void addField(Step step, DocumentKind kind) {
        int fields = fields(kind);
        if (kind.takesMoreFields(fields)) {
            Map<String, byte[]> effects = Map.of(kind.name() + DocumentKind.FIELDS, new byte[fields + 1]);
            rig.write(step, effects, Durability.DURABLE, () -> {
                open(kind)
                        .addFields(DocumentKind.moreField(
                                fields - kind.schema().fields().size()));
                return rig.life().store().appendedLsn() - 1;
            });
        }
    }

    private void drop(Step step, DocumentKind kind) {
        if (isRefused(kind, () -> rig.life().store().dropDocuments(kind.name()))) {
            return;
        }
        rig.other(() -> open(kind));
        boolean present = rig.life().store().documentCollections().contains(kind.name());
        Map<String, byte[]> effects = new LinkedHashMap<>();
        rig.life().model().all().keySet().stream()
                .filter(path -> path.startsWith(kind.name() + "/") || path.equals(kind.name() + DocumentKind.FIELDS))
                .forEach(path -> effects.put(path, null));
        rig.write(step, effects, Durability.DURABLE, () -> {
            boolean dropped = rig.life().store().dropDocuments(kind.name());
            StoreReader.require(dropped == present, () -> dropped + ", it was dropped: " + step);
            return dropped ? rig.life().store().appendedLsn() - 1 : Keyspace.NOT_WRITTEN;
        });
        rig.other(() -> open(kind));
    }
}
