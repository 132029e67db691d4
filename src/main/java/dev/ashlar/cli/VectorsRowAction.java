package dev.ashlar.cli;

import picocli.CommandLine.Parameters;

/** What the commands about a single row have in common: the arguments STORE, COLLECTION and ID. */
abstract class VectorsRowAction extends VectorsAction {
    @Parameters(
            index = "2",
            paramLabel = "ID",
            description = "The row's id, a whole number; put -- before it if it is negative.")
    private long id;

    VectorsRowAction(Output output) {
        super(output);
    }

    final long id() {
        return id;
    }
}
