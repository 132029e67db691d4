package dev.ashlar.keyspace;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongUnaryOperator;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;

/** Sequences of operations on hashes that collide far more than real ones do. */
class HashIndexPropertyTest {
    /** What can be done to an index; each is done to the model as well. */
    enum Kind {
        PUT,
        PUT_MANY,
        REMOVE,
        REMOVE_MANY,
        RESTORE,
        CLEAR
    }

    record Action(Kind kind, int key) {}

    private static final int KEYS = 1_500;

    @Property(tries = 500)
    void behavesAsAMap(@ForAll("hashes") LongUnaryOperator hash, @ForAll("actions") List<Action> actions) {
        TestIndex test = new TestIndex(new TableMemory(64 << 10, 64 << 10), hash);
        Map<Long, Long> model = new HashMap<>();
        for (Action action : actions) {
            switch (action.kind()) {
                case PUT -> put(test, model, action.key());
                case PUT_MANY -> {
                    for (int i = 0; i < 300; i++) {
                        put(test, model, (action.key() + i) % KEYS);
                    }
                }
                case REMOVE -> remove(test, model, action.key());
                case REMOVE_MANY -> {
                    for (int i = 0; i < 300; i++) {
                        remove(test, model, (action.key() + i) % KEYS);
                    }
                }
                case RESTORE -> {
                    HashIndex old = test.index;
                    test.index = ImageOnHeap.of(old).restore(test.memory, test::hashAt, position -> true);
                    old.clear();
                }
                case CLEAR -> {
                    test.index.clear();
                    model.clear();
                }
            }
            assertEquals(model.size(), test.index.size());
        }
        HashIndexTest.assertSame(model, test, KEYS);
    }

    private static void put(TestIndex test, Map<Long, Long> model, long key) {
        model.put(key, test.put(key));
    }

    private static void remove(TestIndex test, Map<Long, Long> model, long key) {
        model.remove(key);
        test.remove(key);
    }

    @Provide
    Arbitrary<List<Action>> actions() {
        Arbitrary<Kind> kinds = Arbitraries.frequency(
                Tuple.of(8, Kind.PUT),
                Tuple.of(6, Kind.PUT_MANY),
                Tuple.of(8, Kind.REMOVE),
                Tuple.of(4, Kind.REMOVE_MANY),
                Tuple.of(2, Kind.RESTORE),
                Tuple.of(1, Kind.CLEAR));
        Arbitrary<Integer> keys = Arbitraries.integers().between(0, KEYS - 1);
        return Combinators.combine(kinds, keys).as(Action::new).list().ofMaxSize(40);
    }

    /** None puts more than 64 of the keys at one hash, or more than 800 under one prefix of 48 bits. */
    @Provide
    Arbitrary<LongUnaryOperator> hashes() {
        return Arbitraries.of(
                TestIndex::mix,
                key -> TestIndex.mix(key / 50), // the same hash up to 50 times
                key -> TestIndex.mix(key) & 0xFFFF_0000_0000_0000L, // one home slot
                key -> TestIndex.mix(key) & 0x0000_0000_00FF_F000L, // 40 common bits
                key -> TestIndex.mix(key) >>> 40, // 40 common bits, all home slots
                key -> (key % 64) << 58, // every window but the first is the same
                key -> ((key % 64) << 16) | 0x3FF, // differ in the last bits before depth 48 only
                key -> ((key % 64) << 58) | ((key / 640) << 20));
    }
}
