package dev.ashlar.engine;

import dev.ashlar.AshlarException;
import dev.ashlar.CorruptionException;
import dev.ashlar.Durability;
import dev.ashlar.MergePolicy;
import dev.ashlar.StoreFailedException;
import dev.ashlar.document.BlockOptions;
import dev.ashlar.document.CommitRecord;
import dev.ashlar.document.DocumentFiles;
import dev.ashlar.document.LiveDocs;
import dev.ashlar.document.LiveFile;
import dev.ashlar.document.SegmentInfo;
import dev.ashlar.document.SegmentMerger;
import dev.ashlar.document.SegmentWriter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Merges the published segments of a collection, one merge at a time.
 *
 * <pre>
 *   choose by the policy ─► copy (no token; commits go on) ─► token ─► documents that died meanwhile ─► publish ─► token back
 *                                                                └─► a source is not there any more: given up
 * </pre>
 *
 * <p>A merge that fails leaves nothing, and there is no other before something else happens.
 */
final class DocumentMerges {
    private final DocumentSpace space;

    /** Whether somebody is merging; guarded by this. */
    private boolean running;

    private volatile boolean aborted;

    /** Segments of which a block is damaged: merges that are not asked for leave them as they are. */
    private final Set<Long> damaged = ConcurrentHashMap.newKeySet();

    DocumentMerges(DocumentSpace space) {
        this.space = space;
    }

    synchronized boolean isRunning() {
        return running;
    }

    private synchronized boolean begin() {
        if (running) {
            return false;
        }
        running = true;
        aborted = false;
        return true;
    }

    private synchronized void end() {
        running = false;
        notifyAll();
    }

    /** Segments have come: merges what is due, in the background. */
    void look() {
        if (space.options().merging().automatic()
                && !isRunning()
                && !choose(space.state()).isEmpty()) {
            space.documents().runQuietly(() -> {
                if (begin()) {
                    try {
                        mergeDue();
                    } finally {
                        end();
                    }
                }
            });
        }
    }

    private void mergeDue() {
        boolean merged = true;
        while (merged) {
            List<DocumentState.Member> chosen = choose(space.state());
            merged = !chosen.isEmpty() && merge(chosen);
        }
    }

    /**
     * Waits until no merge is due or under way.
     *
     * @throws IllegalStateException if a commit is prepared, for the end of which merges wait: perhaps the calling thread has it
     */
    void await() {
        space.checkNothingPrepared();
        if (space.options().merging().automatic()) {
            claim();
            try {
                boolean ignored = space.documents().run(() -> {
                    mergeDue();
                    return true;
                });
            } finally {
                end();
            }
        } else {
            claim();
            end();
        }
    }

    /** Waits until nobody merges, and is the one who does. An interrupt does not shorten that. */
    private void claim() {
        boolean interrupted = false;
        try {
            synchronized (this) {
                while (running) {
                    try {
                        wait(100);
                    } catch (InterruptedException e) {
                        interrupted = true;
                    }
                    space.documents().checkOpen();
                }
                running = true;
                aborted = false;
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Ends what is under way, and waits for that. */
    void abort() {
        aborted = true;
        claim();
        end();
    }

    /** Merges until there are so few segments, and nothing is dead; see {@link #await}. */
    void force(int segments) {
        space.checkNothingPrepared();
        claim();
        try {
            boolean ignored = space.documents().run(() -> {
                forceNow(segments);
                return true;
            });
        } finally {
            end();
        }
    }

    private void forceNow(int segments) {
        while (true) {
            DocumentState state = space.state();
            List<DocumentState.Member> chosen = new ArrayList<>();
            if (state.published().size() > segments) {
                state.published().stream()
                        .sorted(Comparator.comparingLong(DocumentMerges::liveBytes))
                        .limit(state.published().size() - segments + 1L)
                        .forEach(chosen::add);
            } else {
                state.published().stream()
                        .filter(member -> member.now().dead() > 0)
                        .findFirst()
                        .ifPresent(chosen::add);
            }
            if (chosen.isEmpty() || !merge(chosen)) {
                return;
            }
        }
    }

    // ------------------------------------------------------------------------------------------------------ choosing

    /** What the policy says is to be merged next; empty: nothing. */
    private List<DocumentState.Member> choose(DocumentState state) {
        MergePolicy policy = space.options().merging();
        Map<Integer, List<DocumentState.Member>> tiers = new HashMap<>();
        DocumentState.Member sparsest = null;
        for (DocumentState.Member member : state.published()) {
            if (member.segment().failure() != null
                    || damaged.contains(member.segment().id())) {
                continue; // it stays as it is, for whoever has a backup of it
            }
            double dead = deadRatio(member);
            if (dead >= policy.deadRatio() && (sparsest == null || dead > deadRatio(sparsest))) {
                sparsest = member;
            }
            if (liveBytes(member) < policy.mostBytes()) {
                tiers.computeIfAbsent(tier(liveBytes(member), policy), _ -> new ArrayList<>())
                        .add(member);
            }
        }
        return tiers.entrySet().stream()
                .sorted(Map.Entry.comparingByKey())
                .map(tier -> within(tier.getValue(), policy))
                .filter(chosen -> chosen.size() >= policy.perTier())
                .findFirst()
                .orElse(sparsest == null ? List.of() : List.of(sparsest));
    }

    /** The oldest of a tier that together are not larger than a segment may become. */
    private static List<DocumentState.Member> within(List<DocumentState.Member> tier, MergePolicy policy) {
        List<DocumentState.Member> chosen = new ArrayList<>();
        long bytes = 0;
        for (DocumentState.Member member : tier) {
            bytes += liveBytes(member);
            if (bytes > policy.mostBytes() && chosen.size() >= 2) {
                break;
            }
            chosen.add(member);
        }
        return bytes > policy.mostBytes() && chosen.size() < tier.size() && chosen.size() < policy.perTier()
                ? List.of()
                : chosen;
    }

    private static int tier(long bytes, MergePolicy policy) {
        int tier = 0;
        for (long most = policy.floorBytes(); bytes > most && most < Long.MAX_VALUE / policy.perTier(); tier++) {
            most *= policy.perTier();
        }
        return tier;
    }

    private static double deadRatio(DocumentState.Member member) {
        return (double) member.now().dead() / Math.max(1, member.entry().documents());
    }

    /** Bytes of a segment's file without the documents that are dead. */
    private static long liveBytes(DocumentState.Member member) {
        return (long) (member.entry().fileBytes() * (1 - deadRatio(member)));
    }

    // ------------------------------------------------------------------------------------------------------- merging

    /**
     * Merges segments into one.
     *
     * @return false if it was given up, because a source has gone, or merging is aborted
     */
    private boolean merge(List<DocumentState.Member> chosen) {
        Set<Long> ids = chosen.stream().map(member -> member.segment().id()).collect(Collectors.toSet());
        List<DocumentState.Member> sources = space.state().published().stream()
                .filter(member -> ids.contains(member.segment().id()))
                .toList();
        if (sources.size() < chosen.size()) {
            return true; // a commit came in between: what is to be merged is chosen anew
        }
        List<DocumentState.Member> retained = new ArrayList<>();
        try {
            for (DocumentState.Member source : sources) {
                if (!source.segment().retain()) {
                    return false;
                }
                retained.add(source);
            }
            return copyAndPublish(sources);
        } catch (CorruptionException e) {
            sources.stream()
                    .map(source -> source.segment().id())
                    .filter(id -> DocumentFiles.segment(id).equals(e.file()))
                    .forEach(damaged::add);
            throw e;
        } finally {
            retained.forEach(source -> source.segment().release());
        }
    }

    private boolean copyAndPublish(List<DocumentState.Member> sources) {
        Documents documents = space.documents();
        List<String> files = new ArrayList<>();
        boolean[] kept = {false};
        @Nullable OpenSegment[] opened = new OpenSegment[1];
        try {
            long id = documents.files().newId();
            files.add(DocumentFiles.segment(id));
            SegmentMerger.Merged merged;
            BlockOptions blocks = new BlockOptions(
                    space.options().blockBytes(), space.options().level());
            ReadRate rate = new ReadRate(space.options().merging().bytesPerSecond(), this::checkGoesOn);
            try (Documents.Lease lease = documents.lease(
                            space,
                            space.options().level(),
                            space.state().record().dictionaries());
                    SegmentWriter writer = new SegmentWriter(
                            documents.storage(),
                            documents.store(),
                            id,
                            space.space().id(),
                            blocks,
                            lease.compressor(),
                            rate::read)) {
                merged = SegmentMerger.merge(
                        sources.stream()
                                .map(source -> new SegmentMerger.Source(
                                        source.segment().file(), source.now()))
                                .toList(),
                        writer,
                        blocks,
                        false,
                        space::mergedZones,
                        () -> {
                            checkGoesOn();
                            return true;
                        });
            }
            if (merged.info().documents() > 0) {
                opened[0] = OpenSegment.of(id, () -> documents.open(space, id));
            }
            documents.files().syncDirectory();
            if (!takeToken()) {
                return false;
            }
            try {
                return publish(sources, merged, opened[0], files, kept);
            } finally {
                space.giveBack();
            }
        } catch (Aborted e) {
            return false;
        } finally {
            if (!kept[0]) {
                if (opened[0] != null) {
                    opened[0].release();
                }
                documents.files().discard(files);
            }
        }
    }

    /** Merging is to end. */
    private static final class Aborted extends RuntimeException {
        private static final long serialVersionUID = 1;

        Aborted() {
            super(null, null, false, false);
        }
    }

    private void checkGoesOn() {
        space.documents().checkOpen();
        if (aborted) {
            throw new Aborted();
        }
    }

    /** Waits for the token, behind a commit that is prepared too. */
    private boolean takeToken() {
        while (!space.tryTake()) {
            checkGoesOn();
            if (!space.documents().hasThreads()) {
                return false; // whoever has it is waiting for this one
            }
            java.util.concurrent.locks.LockSupport.parkNanos(1_000_000);
        }
        return true;
    }

    /** The merged segment takes the place of its sources. */
    private boolean publish(
            List<DocumentState.Member> sources,
            SegmentMerger.Merged merged,
            @Nullable OpenSegment opened,
            List<String> files,
            boolean[] kept) {
        DocumentState present = space.state();
        Map<Long, DocumentState.Member> published = present.published().stream()
                .collect(Collectors.toMap(member -> member.segment().id(), Function.identity()));
        LiveDocs now = LiveDocs.all(merged.info().documents());
        LiveDocs next = now;
        Set<Long> gone = new HashSet<>();
        for (int i = 0; i < sources.size(); i++) {
            DocumentState.Member source = sources.get(i);
            DocumentState.Member then = published.get(source.segment().id());
            if (then == null || space.isRemoved()) {
                return false;
            }
            gone.add(source.segment().id());
            now = now.without(diedSince(source.now(), then.now(), i, merged));
            next = next.without(diedSince(source.now(), then.next(), i, merged));
        }
        List<DocumentState.Member> all = new ArrayList<>();
        boolean placed = false;
        for (DocumentState.Member member : present.published()) {
            if (!gone.contains(member.segment().id())) {
                all.add(member);
            } else if (!placed && opened != null) {
                placed = true;
                all.add(member(merged.info(), opened, now, next, files));
            }
        }
        DocumentState to = DocumentState.after(
                present,
                all,
                present.unpublished(),
                DocumentSpace.neededDictionaries(all, present),
                space.documents().files().nextId());
        try {
            long ignored = space.publish(to, 0, Durability.APPENDED);
        } catch (AshlarException e) {
            kept[0] = space.isAt(to);
            if (e instanceof StoreFailedException failure && failure.indeterminate()) {
                files.clear(); // perhaps the record that names them is in the log all the same
            }
            throw e;
        }
        kept[0] = true;
        return true;
    }

    private DocumentState.Member member(
            SegmentInfo info, OpenSegment opened, LiveDocs now, LiveDocs next, List<String> files) {
        AshlarException failure = opened.failure();
        if (failure != null) {
            throw failure;
        }
        CommitRecord.Mask nowMask = mask(opened.id(), now, files);
        CommitRecord.Mask nextMask = next.equals(now) ? nowMask : mask(opened.id(), next, files);
        CommitRecord.Entry entry = new CommitRecord.Entry(
                info.id(), info.documents(), info.documentBytes(), info.fileBytes(), nowMask, nextMask);
        return new DocumentState.Member(entry, opened, now, next);
    }

    private CommitRecord.Mask mask(long segment, LiveDocs live, List<String> files) {
        if (live.dead() == 0) {
            return CommitRecord.Mask.NONE;
        }
        Documents documents = space.documents();
        long id = documents.files().newId();
        files.add(DocumentFiles.live(id));
        LiveFile.write(documents.storage(), documents.store(), space.space().id(), id, Map.of(segment, live));
        documents.files().syncDirectory();
        return new CommitRecord.Mask(id, live.dead());
    }

    /** Where those documents of a source stand in the merged segment that were copied and are dead now. */
    private static int[] diedSince(LiveDocs copied, LiveDocs then, int source, SegmentMerger.Merged merged) {
        if (copied.equals(then)) {
            return new int[0];
        }
        int[] died = new int[copied.live() - then.live()];
        int count = 0;
        for (int i = copied.nextLive(0); i >= 0 && i < copied.documents(); i = nextLive(copied, i + 1)) {
            if (!then.isLive(i)) {
                died[count++] = merged.ordinal(source, i);
            }
        }
        return Arrays.copyOf(died, count);
    }

    private static int nextLive(LiveDocs live, int from) {
        return from < live.documents() ? live.nextLive(from) : -1;
    }
}
