package dev.ashlar.sim;

import dev.ashlar.Document;
import dev.ashlar.DocumentBuilder;
import dev.ashlar.DocumentCollection;
import dev.ashlar.DocumentField;
import dev.ashlar.DocumentOptions;
import dev.ashlar.DocumentSchema;
import dev.ashlar.MergePolicy;
import dev.ashlar.Store;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;

/**
 * A document collection of the rig. In a {@link Model} a committed document stands under its key, or under a number that it
 * has as a field if the collection has no key; what is pending for it stands under that and {@link Model#PENDING}.
 */
record DocumentKind(String name, DocumentSchema schema, DocumentOptions options) {
    /** Keys that there can be. */
    static final int KEYS = 12;

    /** Behind the name of a collection: how many fields it has, if some were added. */
    static final String FIELDS = ":fields";

    static final byte[] DELETION = {3};
    private static final int MOST_FIELDS = 4;

    private static final DocumentOptions SMALL = DocumentOptions.DEFAULT
            .withBlockBytes(DocumentOptions.MIN_BLOCK_BYTES)
            .withLevel(-5)
            .withDictionaries(false)
            .withMemory(1 << 20, 1)
            .withCacheBytes(DocumentOptions.MIN_CACHE_BYTES);

    /** One with keys, merged when asked, and one without, merged whenever there are three segments. */
    static final List<DocumentKind> ALL = List.of(
            new DocumentKind(
                    "d",
                    DocumentSchema.builder()
                            .field(DocumentField.keyword("id"))
                            .field(DocumentField.text("body"))
                            .field(DocumentField.i64("n"))
                            .primaryKey("id")
                            .build(),
                    SMALL.withMerging(MergePolicy.DEFAULT.onRequest())),
            new DocumentKind(
                    "e",
                    DocumentSchema.builder()
                            .field(DocumentField.i64("n"))
                            .field(DocumentField.text("body"))
                            .build(),
                    SMALL.withMerging(MergePolicy.DEFAULT.perTier(3))));

    static DocumentKind named(String name) {
        return ALL.stream()
                .filter(kind -> kind.name.equals(name))
                .findFirst()
                .orElseThrow(() -> new AssertionError("a document collection " + name + ", which nobody has made"));
    }

    static boolean isOne(String name) {
        return ALL.stream().anyMatch(kind -> kind.name.equals(name));
    }

    boolean isKeyed() {
        return schema.primaryKey() != null;
    }

    static String key(int number) {
        return "document-" + Math.floorMod(number, KEYS);
    }

    String path(String key) {
        return name + "/" + key;
    }

    /** Made if it is not there. */
    DocumentCollection open(Store store) {
        return store.documentCollections().contains(name)
                ? store.documents(name, store.documents(name).schema(), options)
                : store.documents(name, schema, options);
    }

    /** What a document was made of, and is again. */
    DocumentBuilder document(DocumentCollection collection, String key, int size, long seed) {
        DocumentBuilder document = collection.document().set("body", body(size, seed));
        if (isKeyed()) {
            document.set("id", key).set("n", seed);
        } else {
            document.set("n", Long.parseLong(key));
        }
        if (collection.schema().fields().size() > schema.fields().size() && seed % 3 == 0) {
            document.set("more0", seed);
        }
        return document;
    }

    /** As {@link #bytes(Document)} of that document, in a collection with so many fields. */
    byte[] bytes(String key, int size, long seed, int fields) {
        TreeMap<String, Object> map = new TreeMap<>();
        map.put("body", body(size, seed));
        if (isKeyed()) {
            map.put("id", key);
            map.put("n", seed);
        } else {
            map.put("n", Long.parseLong(key));
        }
        if (fields > schema.fields().size() && seed % 3 == 0) {
            map.put("more0", seed);
        }
        return map.toString().getBytes(StandardCharsets.UTF_8);
    }

    static byte[] bytes(Document document) {
        return new TreeMap<>(document.toMap()).toString().getBytes(StandardCharsets.UTF_8);
    }

    /** The part of a path behind the collection. */
    String keyOf(Document document) {
        return isKeyed() ? document.string("id") : String.valueOf(document.i64("n"));
    }

    boolean takesMoreFields(int fields) {
        return fields < schema.fields().size() + MOST_FIELDS;
    }

    static DocumentField moreField(int number) {
        return DocumentField.i64("more" + number);
    }

    private static String body(int size, long seed) {
        int length = size > Life.MOST_INLINE ? Math.min(size, 2 * Life.MOST_INLINE) : Math.min(size, 3_000);
        Random random = new Random(seed);
        StringBuilder body = new StringBuilder(length);
        for (int i = 0; i < length; i++) {
            body.append((char) ('a' + random.nextInt(26)));
        }
        return body.toString();
    }
}
