package dev.ashlar.cli;

import dev.ashlar.DocumentCollection;
import dev.ashlar.DocumentStatus;
import picocli.CommandLine.Parameters;

/** What the commands about a single document have in common: the arguments STORE, COLLECTION and KEY. */
abstract class DocumentsKeyAction extends DocumentsAction {
    @Parameters(
            index = "2",
            paramLabel = "KEY",
            description = "The document's primary key; put -- before it if it begins with a hyphen.")
    private String key = "";

    DocumentsKeyAction(Output output) {
        super(output);
    }

    final String key() {
        return key;
    }

    final Failure absent(DocumentCollection target, Key wanted) {
        DocumentStatus status = wanted.text() == null ? target.status(wanted.number()) : target.status(wanted.text());
        String what = "there is no document '" + Escapes.show(key) + "' in document collection '"
                + Escapes.show(collection()) + "'";
        return Failure.notFound(
                status == DocumentStatus.PENDING
                        ? what + " yet: one is pending, and 'ashlar documents commit' makes it visible"
                        : what);
    }
}
