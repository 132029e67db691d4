package dev.ashlar.cli;

import dev.ashlar.Store;
import dev.ashlar.VectorCollection;
import dev.ashlar.VectorOptions;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** What the commands about one vector collection have in common: the arguments STORE and COLLECTION. */
abstract class VectorsAction extends Action {
    @Mixin
    private StoreArgument store = new StoreArgument();

    @Parameters(index = "1", paramLabel = "COLLECTION", description = "Name of the vector collection.")
    private String collection = "";

    VectorsAction(Output output) {
        super(output);
    }

    final StoreArgument store() {
        return store;
    }

    final String collection() {
        return collection;
    }

    /** The collection, which must be there. */
    final VectorCollection existing(Store open) {
        return existing(open, collection, store);
    }

    static VectorCollection existing(Store open, String name, StoreArgument store) {
        List<String> names = open.vectorCollections();
        if (!names.contains(name)) {
            String others = names.stream().limit(8).map(Escapes::show).collect(Collectors.joining(", "));
            throw Failure.notFound("there is no vector collection '" + Escapes.show(name) + "' in " + store.shown()
                    + "; there "
                    + (names.isEmpty() ? "is none at all" : "are: " + others + (names.size() > 8 ? ", …" : "")));
        }
        return open.vectors(name);
    }

    /** The collection, created if need be. */
    final VectorCollection existingOrNew(Store open, VectorOptions options) {
        boolean there = open.vectorCollections().contains(collection);
        try {
            return open.vectors(collection, options);
        } catch (IllegalArgumentException e) {
            throw there ? Failure.refused(Errors.describe(e)) : Failure.usage(Errors.describe(e));
        }
    }

    /** The beginning of what a command about a row prints as JSON. */
    final Map<String, Object> describe(long id) {
        return Json.object("collection", collection, "id", id);
    }

    final Failure noSuchRow(long id) {
        return Failure.notFound("there is no row " + id + " in vector collection '" + Escapes.show(collection) + "'");
    }
}
