package dev.ashlar.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

class OldOrNewTest {
    private static final List<String> histories = OldOrNew.HISTORIES;

    /** Each of them gives up the older version too early. */
    private static final List<String> BROKEN = List.of(
            "retires a chunk before what was moved out of it is durable",
            "removes a chunk before a manifest that does without it",
            "publishes a checkpoint before what it shows is durable",
            "removes the file of a large value before what superseded it is durable");

    @ParameterizedTest
    @FieldSource("histories")
    @DisplayName(
            "A31 v1 durable, v2 appended only, v1's chunk or file goes, power lost at any point: v1 or v2 is there")
    void oneOfTheVersionsIsThere(String history) {
        Set<String> found = OldOrNew.check(history, new CrashStatistics());
        assertEquals(2, found.size(), () -> "both versions are to be found, at some point each: " + found);
    }

    @Test
    @DisplayName("A31 an engine that gives up v1 before v2 is durable is noticed by these histories alone")
    void giveAwaysAreNoticed() throws Exception {
        List<Integer> numbers = BROKEN.stream().map(Mutant::numberOf).toList();
        List<String> results = MutantHunt.inAnotherProcess(OldOrNew.class, numbers);
        for (int i = 0; i < BROKEN.size(); i++) {
            assertNotEquals(MutantHunt.SURVIVED, results.get(i), BROKEN.get(i));
        }
        assertEquals(BROKEN.size(), results.size());
    }
}
