package dev.ashlar.sim;

import java.io.IOException;
import java.util.List;

/** The table of broken engines in the page about durability. */
final class KillTable {
    private static final GeneratedPart PART = GeneratedPart.of("broken engines", MutantTest.class);

    private KillTable() {}

    /** Writes the table anew, with what was noticed of each mutant. */
    static void write(List<Mutant> mutants, List<String> noticed) throws IOException {
        StringBuilder table =
                new StringBuilder("| an engine that … | is noticed after crash states | by |\n|---|---:|---|\n");
        for (int i = 0; i < mutants.size(); i++) {
            String[] parts = noticed.get(i).split(" states: ", 2);
            table.append("| ").append(mutants.get(i).does()).append(" | ").append(parts[0]);
            table.append(" | ").append(kindOf(parts[1])).append(" |\n");
        }
        PART.write(table.toString());
    }

    /** The mutants that the page names, in its order. */
    static List<String> named() throws IOException {
        return PART.read()
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
        } else if (reason.startsWith("AssertionError")) {
            return "ways of reading that differ, or something that is left open";
        }
        return reason.substring(0, reason.indexOf(':')) + " where nothing is damaged";
    }
}
