package dev.ashlar.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * As {@link MutantTest}, for {@link DocumentMutants}. The table in {@code docs/DURABILITY.md} is written by {@code mvn -B -ntp
 * test -Dtest=DocumentMutantTest -Dashlar.sim.docs=write}.
 */
class DocumentMutantTest {
    @Test
    @DisplayName(
            "C5, C16 every engine that is broken in what it does to documents is noticed, and the engine as it is comes"
                    + " out unharmed")
    void everyBrokenEngineIsNoticed() throws Exception {
        List<Mutant> mutants = DocumentMutants.all();
        int first = Mutant.all().size() + VectorMutants.all().size();
        List<Integer> numbers = new ArrayList<>(List.of(-1));
        IntStream.range(0, mutants.size()).forEach(i -> numbers.add(first + i));
        List<String> results = MutantHunt.inAnotherProcess(DocumentHunt.class, numbers);
        assertEquals(mutants.size() + 1, results.size(), () -> String.join("\n", results));
        assertEquals(MutantHunt.SURVIVED, results.getFirst(), "the engine as it is");
        List<String> noticed = results.subList(1, results.size());
        String survivors = IntStream.range(0, mutants.size())
                .filter(i -> noticed.get(i).equals(MutantHunt.SURVIVED))
                .mapToObj(i -> i + ": an engine that " + mutants.get(i).does())
                .collect(Collectors.joining("\n"));
        assertTrue(survivors.isEmpty(), () -> "not noticed:\n" + survivors);
        if (GeneratedPart.isWanted()) {
            KillTable.OF_DOCUMENTS.write(mutants, noticed);
        }
        assertEquals(
                mutants.stream().map(Mutant::does).toList(),
                KillTable.OF_DOCUMENTS.named(),
                "docs/DURABILITY.md is out of date; write it with -Dashlar.sim.docs=write");
    }
}
