package dev.ashlar.keyspace;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.I_Result;
import org.openjdk.jcstress.infra.results.J_Result;

/**
 * How the writer of an index publishes, and what readers make of it: old or new, never absent for a key that is always
 * there. Run by {@code dev.ashlar.stress.InterleavingTest}.
 */
final class IndexStress {
    private static final long KEY = 1;
    private static final int SEARCHED = 24;

    /** Room for a few tables, in one place. */
    private static final int ROOMY = 8 * HashIndex.TABLE_BYTES;

    private IndexStress() {}

    private static TestIndex index(int bytes) {
        return new TestIndex(new TableMemory(bytes, bytes), TestIndex::mix);
    }

    /** As a get does it: first the likely word, then slot by slot. */
    private static long find(TestIndex test, long key) {
        long word = test.index.likelyWord(test.hash.applyAsLong(key));
        if (word != HashIndex.EMPTY && test.keyAt(HashIndex.position(word)) == key) {
            return HashIndex.position(word);
        }
        return test.get(key);
    }

    /** How many of some keys are found. */
    private static int found(TestIndex test) {
        int found = 0;
        for (long key = 1; key <= SEARCHED; key++) {
            found += find(test, key) == TestIndex.ABSENT ? 0 : 1;
        }
        return found;
    }

    /** An overwrite or a relocation: the key stays, its record is another. */
    @JCStressTest
    @Outcome(id = "16", expect = Expect.ACCEPTABLE, desc = "the old record")
    @Outcome(id = "17", expect = Expect.ACCEPTABLE, desc = "the new record, which is written")
    @Outcome(expect = Expect.FORBIDDEN, desc = "absent, or some other record")
    @State
    public static class Overwritten {
        private final TestIndex test = index(ROOMY);

        public Overwritten() {
            test.put(KEY);
        }

        @Actor
        public void writer() {
            test.put(KEY);
        }

        @Actor
        public void reader(J_Result result) {
            result.r1 = find(test, KEY);
        }
    }

    /** A slot is changed as a whole: no half of one position with half of another. */
    @JCStressTest
    @Outcome(
            id = {"16", "1099511627775"},
            expect = Expect.ACCEPTABLE,
            desc = "one position or the other")
    @Outcome(expect = Expect.FORBIDDEN, desc = "a torn word")
    @State
    public static class WholeWords {
        private final HashIndex index = new HashIndex(new TableMemory(ROOMY, ROOMY), position -> 0);
        private final long hash = TestIndex.mix(KEY);
        private final long slot;

        public WholeWords() {
            index.insert(hash, HashIndex.MIN_POSITION);
            slot = index.likelySlot(index.entry(hash), hash);
        }

        @Actor
        public void writer() {
            index.replace(slot, HashIndex.MAX_POSITION);
        }

        @Actor
        public void reader(J_Result result) {
            result.r1 = HashIndex.position(index.likelyWord(hash));
        }
    }

    /** The first keys of an index, which has no table before. */
    @JCStressTest
    @Outcome(id = "-1", expect = Expect.ACCEPTABLE, desc = "absent still")
    @Outcome(id = "16", expect = Expect.ACCEPTABLE, desc = "there, with its record")
    @Outcome(expect = Expect.FORBIDDEN, desc = "some other record")
    @State
    public static class Inserted {
        private final TestIndex test = index(ROOMY);

        @Actor
        public void writer() {
            test.put(KEY);
        }

        @Actor
        public void reader(J_Result result) {
            result.r1 = find(test, KEY);
        }
    }

    /** A removal touches no other key, although it may clear slots of earlier ones. */
    @JCStressTest
    @Outcome(id = "24", expect = Expect.ACCEPTABLE, desc = "all others are there")
    @Outcome(expect = Expect.FORBIDDEN, desc = "another key is absent")
    @State
    public static class Removed {
        private static final int OTHERS = 40;

        /** All in one line, so that they are in each other's way. */
        private final TestIndex test = new TestIndex(new TableMemory(ROOMY, ROOMY), key -> key << 54);

        public Removed() {
            for (long key = 1; key <= SEARCHED; key++) {
                test.put(SEARCHED + key);
                test.put(key);
            }
            for (long key = SEARCHED + 1; key <= OTHERS; key++) {
                test.put(SEARCHED + key);
            }
        }

        @Actor
        public void writer() {
            for (long key = SEARCHED + 1; key <= SEARCHED + OTHERS; key++) {
                test.remove(key);
            }
        }

        @Actor
        public void reader(I_Result result) {
            result.r1 = found(test);
        }
    }

    /** An index of which the next insert finds its table full. */
    private static TestIndex full(int bytes) {
        TestIndex test = index(bytes);
        for (long key = 1; key <= TableLayout.MAX_USED; key++) {
            test.put(key);
        }
        return test;
    }

    /** Lets another index have the table that this one has given back. */
    private static void reuse(TestIndex test) {
        HashIndex other = new HashIndex(test.memory, test::hashAt);
        long foreign = TableLayout.MAX_USED + 2L;
        other.insert(TestIndex.mix(foreign), test.append(foreign));
    }

    /** A full table is split, and its memory used again at once. */
    @JCStressTest
    @Outcome(id = "24", expect = Expect.ACCEPTABLE, desc = "all keys are there")
    @Outcome(expect = Expect.FORBIDDEN, desc = "a key is absent that is always there")
    @State
    public static class Split {
        private final TestIndex test = full(ROOMY);

        @Actor
        public void writer() {
            test.put(TableLayout.MAX_USED + 1L);
            reuse(test);
        }

        @Actor
        public void reader(I_Result result) {
            result.r1 = found(test);
        }
    }

    /** The same where the tables have to move first, because there is no room for more of them. */
    @JCStressTest
    @Outcome(id = "24", expect = Expect.ACCEPTABLE, desc = "all keys are there")
    @Outcome(expect = Expect.FORBIDDEN, desc = "a key is absent that is always there")
    @State
    public static class SplitAfterAMove {
        private final TestIndex test = full(2 * HashIndex.TABLE_BYTES);

        @Actor
        public void writer() {
            test.put(TableLayout.MAX_USED + 1L);
            reuse(test);
        }

        @Actor
        public void reader(I_Result result) {
            result.r1 = found(test);
        }
    }

    /** A table that is full of removed entries is cleaned up instead. */
    @JCStressTest
    @Outcome(id = "24", expect = Expect.ACCEPTABLE, desc = "all keys are there")
    @Outcome(expect = Expect.FORBIDDEN, desc = "a key is absent that is always there")
    @State
    public static class Rebuilt {
        /** A key for which no removed slot is used again. */
        private static final long LAST_STRAW = lastStraw(worn());

        private final TestIndex test = worn();

        /** An index whose table has no room for new slots, and hardly a live one. */
        private static TestIndex worn() {
            TestIndex test = full(ROOMY);
            for (long key = SEARCHED + 1; key < TableLayout.MAX_USED * 3 / 4; key++) {
                test.remove(key);
            }
            for (long key = 1_000; used(test) < TableLayout.MAX_USED; key++) {
                int before = used(test);
                test.put(key);
                if (used(test) == before) {
                    test.remove(key);
                }
            }
            return test;
        }

        private static int used(TestIndex test) {
            long table = TableLayout.base(Directory.table(test.index.entry(0)));
            return TableLayout.used(TableLayout.get(test.memory.region(), table + TableLayout.META_OFFSET));
        }

        private static long lastStraw(TestIndex test) {
            long entry = test.index.entry(0);
            for (long key = 1_000_000; ; key++) {
                test.put(key);
                if (test.index.entry(0) != entry) {
                    if (test.index.entry(0) != test.index.entry(-1)) {
                        throw new IllegalStateException("the table was split");
                    }
                    return key;
                }
                test.remove(key);
            }
        }

        @Actor
        public void writer() {
            test.put(LAST_STRAW);
            reuse(test);
        }

        @Actor
        public void reader(I_Result result) {
            result.r1 = found(test);
        }
    }
}
