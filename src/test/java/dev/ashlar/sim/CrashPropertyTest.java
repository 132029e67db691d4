package dev.ashlar.sim;

import dev.ashlar.sim.CrashStatistics.Kind;
import java.util.EnumSet;
import java.util.Set;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tag;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;
import net.jqwik.api.state.Action;
import net.jqwik.api.state.ActionChain;
import net.jqwik.api.state.Transformer;

/**
 * Whatever is done to a store, whatever fails under it, and wherever it crashes: what is recovered is what was submitted
 * up to some point at or behind the last acknowledgement.
 */
class CrashPropertyTest {
    private static final int CHAINS = 300;
    private static final int CRASHES_PER_CHAIN = 40;

    /** Of short moments, or of some chains only. */
    private static final Set<Kind> RARE =
            EnumSet.of(Kind.LENGTH_WITHOUT_DATA, Kind.FAILED_STORES, Kind.VALUE_FILES_TORN);

    private static CrashStatistics statistics = new CrashStatistics();

    @BeforeContainer
    static void forget() {
        statistics = new CrashStatistics();
    }

    /** Always the same chains, so that a change and not chance decides; the long run takes new ones each time. */
    @Property(tries = CHAINS, seed = "20261126")
    void nothingAcknowledgedIsLost(@ForAll("chains") ActionChain<Rig> chain) {
        chain.run();
    }

    @Property(tries = 2_000)
    @Tag("long")
    void nothingAcknowledgedIsLostForLong(@ForAll("chains") ActionChain<Rig> chain) {
        chain.run();
    }

    /** A rig that makes no harm would pass every test: each kind of damage has to occur. */
    @AfterContainer
    static void everyKindOfCrashOccurred() {
        System.out.println("CrashPropertyTest: " + statistics);
        long states = statistics.of(Kind.STATES);
        if (states < CHAINS * CRASHES_PER_CHAIN / 2) {
            return; // a single sample is repeated, or a property failed early
        }
        for (Kind kind : Kind.values()) {
            if (kind != Kind.REPEATED && kind != Kind.BOUND_REACHED) {
                long least = kind == Kind.SALVAGED_MORE ? 3 : RARE.contains(kind) ? 10 : states / 100;
                StoreReader.require(
                        statistics.of(kind) >= least,
                        () -> "only " + statistics.of(kind) + " of " + states + " states are of kind " + kind);
            }
        }
    }

    @Provide
    Arbitrary<ActionChain<Rig>> chains() {
        var chain = ActionChain.startWith(() -> new Rig(statistics)).withMaxTransformations(24);
        for (Step.Kind kind : Step.Kind.values()) {
            if (kind.isOfDocuments()) {
                continue; // tested apart
            }
            chain = chain.withAction(weight(kind), (Action.Independent<Rig>) () -> steps(kind));
        }
        return chain.map(each -> each);
    }

    private static int weight(Step.Kind kind) {
        return switch (kind) {
            case PUT, BATCH -> 8;
            case DELETE, TRY_PUT, PUT_DURABLE, STREAM, PUT_TTL, ADVANCE -> 4;
            case EXPLORE, CRASH -> 3;
            case IO_ERROR -> 5;
            case TAKE, DELETE_ALL, RENAME, COPY, MOVE, CLEAR, DROP -> 1;
            default -> 2;
        };
    }

    private static Arbitrary<Transformer<Rig>> steps(Step.Kind kind) {
        Arbitrary<Integer> sizes = kind == Step.Kind.EXPLORE ? Arbitraries.just(CRASHES_PER_CHAIN / 2) : sizes();
        return Combinators.combine(
                        Arbitraries.integers().between(0, Life.KEYS - 1),
                        sizes,
                        Arbitraries.longs().between(0, 999_999_999))
                .as((key, size, seed) -> new Step(kind, key, size, seed))
                .map(step -> Transformer.mutate(step.toString(), rig -> rig.run(step)));
    }

    /** Around what matters: none, a frame's least size, a ring slot's bytes, pages and sectors, a chunk's bytes, the least of a file of its own. */
    private static Arbitrary<Integer> sizes() {
        Arbitrary<Integer> edges = Arbitraries.of(0, 1, 8, 63, 64, 65, 511, 512, 513, 4_095, 4_096, 4_097);
        Arbitrary<Integer> slot = Arbitraries.integers().between(900, 1_040);
        Arbitrary<Integer> several = Arbitraries.integers().between(2_000, 20_000);
        Arbitrary<Integer> limit = Arbitraries.integers().between(Life.MOST_INLINE - 1, Life.MOST_INLINE + 1);
        Arbitrary<Integer> files = Arbitraries.integers().between(Life.MOST_INLINE, 140_000);
        Arbitrary<Integer> chunks = Arbitraries.integers().between(Life.CHUNK - 400, Life.CHUNK + 1);
        return Arbitraries.frequencyOf(
                net.jqwik.api.Tuple.of(20, edges),
                net.jqwik.api.Tuple.of(6, slot),
                net.jqwik.api.Tuple.of(10, several),
                net.jqwik.api.Tuple.of(1, limit),
                net.jqwik.api.Tuple.of(4, files),
                net.jqwik.api.Tuple.of(3, chunks));
    }
}
