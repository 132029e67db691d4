package dev.ashlar.sim;

import java.io.IOException;
import java.util.List;

/** A table of broken engines in the page about durability. */
final class KillTable {
    static final KillTable OF_ALL = new KillTable(GeneratedPart.of("broken engines", MutantTest.class));
    static final KillTable OF_VECTORS =
            new KillTable(GeneratedPart.of("broken engines with vectors", VectorMutantTest.class));

    static final KillTable OF_DOCUMENTS =
            new KillTable(GeneratedPart.of("broken engines with documents", DocumentMutantTest.class));

    private final GeneratedPart part;

    private KillTable(GeneratedPart part) {
        this.part = part;
    }

    /** Writes the table anew, with what was noticed of each mutant. */
    void write(List<Mutant> mutants, List<String> noticed) throws IOException {
        StringBuilder table =
                new StringBuilder("| an engine that … | is noticed after crash states | by |\n|---|---:|---|\n");
        for (int i = 0; i < mutants.size(); i++) {
            String[] parts = noticed.get(i).split(" states: ", 2);
            table.append("| ").append(mutants.get(i).does()).append(" | ").append(parts[0]);
            table.append(" | ").append(kindOf(parts[1])).append(" |\n");
        }
        part.write(table.toString());
    }

    /** The mutants that the page names, in its order. */
    List<String> named() throws IOException {
        return part.read()
                .lines()
                .filter(line -> line.startsWith("| ") && !line.contains(" … "))
                .map(line -> line.split("\\|")[1].strip())
                .toList();
    }

    private static String kindOf(String reason) {
        if (reason.contains("no state that the store was ever to be in")) {
            return "a state that the store was never to be in";
        } else if (reason.contains("a crash damages nothing")) {
            return "damage reported, where a crash damages nothing";
        } else if (reason.contains("the manifest does not")) {
            return "something in the store that the manifest does not announce";
        } else if (reason.contains("have expired and were not removed")) {
            return "values that have expired and are not removed";
        } else if (reason.contains(": salvaged ")) {
            return "a salvage that has something else than the store";
        } else if (reason.contains(" there are [")) {
            return "files that no record names, or named ones that are gone";
        } else if (reason.contains(" returned ")) {
            return "an operation that says something wrong";
        } else if (reason.startsWith("AssertionError")) {
            return "ways of reading that differ, or something that is left open";
        }
        return reason.substring(0, reason.indexOf(':')) + " where nothing is damaged";
    }
}
