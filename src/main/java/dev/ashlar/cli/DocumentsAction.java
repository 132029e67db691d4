package dev.ashlar.cli;

import dev.ashlar.DocumentCollection;
import dev.ashlar.DocumentField;
import dev.ashlar.DocumentSchema;
import dev.ashlar.FieldType;
import dev.ashlar.PreparedCommit;
import dev.ashlar.Store;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** What the commands about one document collection have in common: the arguments STORE and COLLECTION. */
abstract class DocumentsAction extends Action {
    @Mixin
    private StoreArgument store = new StoreArgument();

    @Parameters(index = "1", paramLabel = "COLLECTION", description = "Name of the document collection.")
    private String collection = "";

    DocumentsAction(Output output) {
        super(output);
    }

    /** A primary key as it is written on the command line: one of the two is there. */
    record Key(@Nullable String text, long number) {}

    final StoreArgument store() {
        return store;
    }

    final String collection() {
        return collection;
    }

    /** The collection, which must be there. */
    final DocumentCollection existing(Store open) {
        return existing(open, collection, store);
    }

    static DocumentCollection existing(Store open, String name, StoreArgument store) {
        List<String> names = open.documentCollections();
        if (!names.contains(name)) {
            String others = names.stream().limit(8).map(Escapes::show).collect(Collectors.joining(", "));
            throw Failure.notFound("there is no document collection '" + Escapes.show(name) + "' in " + store.shown()
                    + "; there "
                    + (names.isEmpty()
                            ? "is none at all: 'ashlar documents create' makes one"
                            : "are: " + others + (names.size() > 8 ? ", …" : "")));
        }
        return open.documents(name);
    }

    /** What an argument is as a primary key of a collection. */
    static Key key(DocumentSchema schema, String argument) {
        DocumentField field = schema.primaryKey();
        if (field == null) {
            throw Failure.usage("the collection has no primary key; 'ashlar documents find' looks at all documents");
        }
        if (field.type() == FieldType.KEYWORD) {
            return new Key(text(argument), 0);
        }
        try {
            return new Key(null, Long.parseLong(argument));
        } catch (NumberFormatException _) {
            throw Failure.usage("'" + Escapes.show(argument) + "' is no key of the collection, whose keys, field "
                    + Escapes.show(field.name()) + ", are integers of 64 bits");
        }
    }

    /** An argument, unless the locale has changed it. */
    static String text(String argument) {
        return new String(KeyForm.text(argument), StandardCharsets.UTF_8);
    }

    /** The argument if there is one, else all of standard input. */
    final String textOrInput(@Nullable String argument, String what, int mostBytes) throws IOException {
        if (argument != null) {
            return text(argument);
        }
        if (output().terminal()) {
            output().note("Reading the " + what + " from the terminal; Ctrl-D ends it.");
        }
        byte[] text = output().in().readNBytes(mostBytes + 1);
        if (text.length > mostBytes) {
            throw Failure.refused(
                    "what standard input has is longer than a " + what + " can be here: " + Units.bytes(mostBytes));
        }
        String decoded = Escapes.utf8(text);
        if (decoded == null) {
            throw Failure.refused("what standard input has is not UTF-8");
        }
        return decoded;
    }

    /** Commits everything that is pending. @return what to say of it as JSON */
    static Map<String, Object> commit(DocumentCollection target) {
        try (PreparedCommit prepared = target.prepareCommit()) {
            long documents = prepared.documents();
            long removals = prepared.removals();
            long lsn = prepared.commit();
            return Json.object("documents", documents, "removals", removals, "lsn", lsn);
        }
    }
}
