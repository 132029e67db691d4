package dev.ashlar.fuzz;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Changed bytes in small stores of every shape give errors or right data, never anything else. One mutation is repeated
 * with {@code mvn -B -ntp test -Dtest=FormatFuzzTest -Dashlar.fuzz.mutation=...}, as each failure says.
 */
@Timeout(value = 7200, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class FormatFuzzTest {
    private static final String ONE = System.getProperty("ashlar.fuzz.mutation", "");
    private static final int SHOWN = 12;

    /** Each opening reserves memory that only a collection gives back. */
    private static final int ATTEMPTS_UNTIL_COLLECTION = 200;

    private static final int WRITES_EVERY = 8;

    private int attempts;

    /** Every n-th of the mutations; not the same ones in all specimens. */
    private void run(String what, int every, Function<Mutations, List<Mutation>> choice) {
        long start = System.nanoTime();
        Map<String, String> failures = new LinkedHashMap<>();
        int failed = 0;
        int offset = 0;
        int before = attempts;
        for (Specimen specimen : Specimens.all().values()) {
            List<Mutation> all = ONE.isEmpty() ? choice.apply(new Mutations(specimen)) : List.of();
            for (int i = offset++ % every; i < all.size(); i += every) {
                try {
                    attempt(all.get(i));
                } catch (AssertionError e) {
                    failed++;
                    failures.putIfAbsent(reason(e), e.getMessage());
                }
            }
        }
        System.out.println("FormatFuzzTest: " + what + ": " + (attempts - before) + " mutations in "
                + (System.nanoTime() - start) / 1_000_000 + " ms");
        List<String> shown = new ArrayList<>(failures.values());
        assertEquals("", String.join("\n", shown.subList(0, Math.min(SHOWN, shown.size()))), failed + " failures");
    }

    /** The same for failures that are likely to be of one cause. */
    private static String reason(AssertionError e) {
        String message = String.valueOf(e.getCause()).replaceAll("[0-9a-f]*[0-9]+[0-9a-f]*", "#");
        StackTraceElement[] stack = e.getCause().getStackTrace();
        return message.substring(0, Math.min(60, message.length())) + (stack.length > 0 ? stack[0] : "");
    }

    private void attempt(Mutation mutation) {
        if (++attempts % ATTEMPTS_UNTIL_COLLECTION == 0) {
            System.gc();
        }
        new Attempt(mutation).run(attempts % WRITES_EVERY == 0);
    }

    @Test
    @DisplayName("the one mutation that a property names")
    void theOneThatIsAskedFor() {
        if (!ONE.isEmpty()) {
            new Attempt(Mutation.parse(ONE)).run(true);
        }
    }

    @Test
    void anUnchangedStoreIsReadAsItIs() {
        run("nothing changed", 1, mutations -> mutations.nothing());
    }

    @Test
    void oneBitIsFlipped() {
        run("bits, some", 127, Mutations::flips);
    }

    @Test
    void filesAreCutExtendedAndRemoved() {
        run("lengths, some", 59, Mutations::lengths);
    }

    @Test
    void bytesStandWhereOthersStood() {
        run("stale, some", 37, Mutations::stale);
        run("splices, some", 1, mutations -> mutations.splices(0, 60));
    }

    @Test
    void numbersAreAtTheirExtremes() {
        run("fields, some", 397, mutations -> mutations.fields(false));
    }

    @Test
    void numbersAreAtTheirExtremesUnderRightChecksums() {
        run("sealed fields, some", 131, mutations -> mutations.fields(true));
    }

    /** Those of files of segments, and of the manifest that lists them. */
    private static List<Mutation> ofSegments(List<Mutation> all) {
        return all.stream()
                .filter(mutation -> mutation.specimen().startsWith("vectors")
                        && (mutation.text().contains(":segments/")
                                || mutation.text().contains(":MANIFEST")))
                .toList();
    }

    @Test
    void segmentsAreNotWhatTheyWere() {
        run("bits of segments, some", 61, mutations -> ofSegments(mutations.flips()));
        run("lengths of segments, some", 11, mutations -> ofSegments(mutations.lengths()));
        run("fields of segments, some", 43, mutations -> ofSegments(mutations.fields(true)));
    }

    @Test
    @Tag("long")
    void everyBitIsFlipped() {
        run("bits", 1, Mutations::flips);
    }

    @Test
    @Tag("long")
    void filesAreCutAtEveryLength() {
        run("lengths", 1, Mutations::lengths);
    }

    @Test
    @Tag("long")
    void manyBytesStandWhereOthersStood() {
        run("stale", 1, Mutations::stale);
        run("splices", 1, mutations -> mutations.splices(300, 10_000));
    }

    @Test
    @Tag("long")
    void allNumbersAreAtTheirExtremes() {
        run("fields", 1, mutations -> mutations.fields(false));
    }

    @Test
    @Tag("long")
    void allNumbersAreAtTheirExtremesUnderRightChecksums() {
        run("sealed fields", 1, mutations -> mutations.fields(true));
    }
}
