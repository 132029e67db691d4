package dev.ashlar.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * The rig is itself tested: it has to notice every {@link Mutant}, and has to find nothing in the engine as it is. The
 * table in {@code docs/DURABILITY.md} is written by {@code mvn -B -ntp test -Dtest=MutantTest -Dashlar.sim.docs=write}.
 */
class MutantTest {
    @Test
    @DisplayName("A change that finds nothing to change is an error, and not an engine that was noticed")
    void aMutantThatCannotBeMadeIsAnError() {
        Mutant outdated = new Mutant(
                "was broken once", "dev.ashlar.engine.Engine", ClassEdits.withoutCall("isOfThePast", "require"));
        IllegalStateException thrown = assertThrows(IllegalStateException.class, () -> BrokenEngine.of(outdated));
        assertTrue(thrown.getMessage().contains("isOfThePast"), thrown.getMessage());
    }

    @Test
    @DisplayName("Every engine that is broken on purpose is noticed, and the engine as it is comes out unharmed")
    void everyBrokenEngineIsNoticed() throws Exception {
        List<Mutant> mutants = Mutant.all();
        List<String> results = MutantHunt.inAnotherProcess(
                Hunt.class, IntStream.range(-1, mutants.size()).boxed().toList());
        assertEquals(mutants.size() + 1, results.size(), () -> String.join("\n", results));
        assertEquals(MutantHunt.SURVIVED, results.getFirst(), "the engine as it is");
        List<String> noticed = results.subList(1, results.size());
        String survivors = IntStream.range(0, mutants.size())
                .filter(i -> noticed.get(i).equals(MutantHunt.SURVIVED))
                .mapToObj(i -> i + ": an engine that " + mutants.get(i).does())
                .collect(Collectors.joining("\n"));
        assertTrue(survivors.isEmpty(), () -> "not noticed:\n" + survivors);
        if (GeneratedPart.isWanted()) {
            KillTable.OF_ALL.write(mutants, noticed);
        }
        assertEquals(
                mutants.stream().map(Mutant::does).toList(),
                KillTable.OF_ALL.named(),
                "docs/DURABILITY.md is out of date; write it with -Dashlar.sim.docs=write");
    }
}
