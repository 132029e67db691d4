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
    private void runEvery(int every, String what, Function<Mutations, List<Mutation>> choice) {
        int[] offset = {0};
        run(what, mutations -> {
            List<Mutation> all = choice.apply(mutations);
            List<Mutation> some = new ArrayList<>();
            for (int i = offset[0]++ % every; i < all.size(); i += every) {
                some.add(all.get(i));
            }
            return some;
        });
    }

    /** All mutations of a specimen that has no more than so many, of another a share. */
    private void runShare(int whole, int share, String what, Function<Mutations, List<Mutation>> choice) {
        int place = Mutations.place();
        run(what, mutations -> Mutations.share(choice.apply(mutations), whole, share, place));
    }

    private void run(String what, Function<Mutations, List<Mutation>> choice) {
        long start = System.nanoTime();
        Map<String, String> failures = new LinkedHashMap<>();
        int failed = 0;
        int before = attempts;
        for (Specimen specimen : Specimens.all().values()) {
            for (Mutation each : ONE.isEmpty() ? choice.apply(new Mutations(specimen)) : List.<Mutation>of()) {
                try {
                    attempt(each);
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
        run("nothing changed", Mutations::nothing);
    }

    @Test
    void oneBitIsFlipped() {
        runEvery(127, "bits, some", Mutations::flips);
    }

    @Test
    void filesAreCutExtendedAndRemoved() {
        runEvery(59, "lengths, some", Mutations::lengths);
    }

    @Test
    void bytesStandWhereOthersStood() {
        runEvery(37, "stale, some", Mutations::stale);
        run("splices, some", mutations -> mutations.splices(0, 60));
    }

    @Test
    void numbersAreAtTheirExtremes() {
        runEvery(397, "fields, some", mutations -> mutations.fields(false));
    }

    @Test
    void numbersAreAtTheirExtremesUnderRightChecksums() {
        runEvery(131, "sealed fields, some", mutations -> mutations.fields(true));
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
        runEvery(61, "bits of segments, some", mutations -> ofSegments(mutations.flips()));
        runEvery(11, "lengths of segments, some", mutations -> ofSegments(mutations.lengths()));
        runEvery(43, "fields of segments, some", mutations -> ofSegments(mutations.fields(true)));
    }

    /** All bits of the small specimens. */
    @Test
    @Tag("long")
    void everyBitIsFlipped() {
        runShare(20_000, 7_000, "bits", Mutations::flips);
    }

    /** All lengths of the small specimens. */
    @Test
    @Tag("long")
    void filesAreCutAtEveryLength() {
        runShare(3_000, 2_000, "lengths", Mutations::lengths);
    }

    @Test
    @Tag("long")
    void manyBytesStandWhereOthersStood() {
        runShare(2_000, 1_500, "stale", Mutations::stale);
        runShare(0, 2_500, "splices", mutations -> mutations.splices(300, 10_000));
    }

    @Test
    @Tag("long")
    void manyNumbersAreAtTheirExtremes() {
        runShare(0, 2_000, "fields", mutations -> mutations.fields(false));
    }

    @Test
    @Tag("long")
    void manyNumbersAreAtTheirExtremesUnderRightChecksums() {
        runShare(0, 5_000, "sealed fields", mutations -> mutations.fields(true));
    }
}
