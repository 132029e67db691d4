package dev.ashlar.fuzz;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.ashlar.DocumentCollection;
import dev.ashlar.DocumentField;
import dev.ashlar.DocumentOptions;
import dev.ashlar.DocumentSchema;
import dev.ashlar.Durability;
import dev.ashlar.Keyspace;
import dev.ashlar.KeyspaceOptions;
import dev.ashlar.Length;
import dev.ashlar.MergePolicy;
import dev.ashlar.Metric;
import dev.ashlar.Store;
import dev.ashlar.VectorCollection;
import dev.ashlar.VectorOptions;
import dev.ashlar.VectorType;
import dev.ashlar.WriteBatch;
import dev.ashlar.engine.TestEngines;
import dev.ashlar.io.Storages;
import dev.ashlar.log.ChunkLayout;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import java.util.function.Consumer;

/**
 * Writes the golden stores of the present format version. Between them they have every type of frame, every flag, every
 * kind of checkpoint block, value files, and were closed, killed and compacted. Their bytes compress well.
 */
final class GoldenStores {
    private static final int LARGE = (8 << 20) + 1;

    private GoldenStores() {}

    /** Images by name. */
    static Map<String, StoreImage> write(Path scratch) {
        Map<String, StoreImage> all = new LinkedHashMap<>();
        all.put("closed", image(scratch.resolve("closed"), false, GoldenStores::fill));
        all.put("many", image(scratch.resolve("many"), false, GoldenStores::fillMany));
        all.put("killed", image(scratch.resolve("killed"), true, GoldenStores::fillAndGoOn));
        all.put("compacted", image(scratch.resolve("compacted"), false, GoldenStores::compact));
        all.put("compacted-killed", image(scratch.resolve("compacted-killed"), true, store -> {
            compact(store);
            store.keyspace("people").put("ada", bytes("after the compaction"));
            store.keyspace("people").delete("grace");
        }));
        all.put("../v1-removal/removed", image(scratch.resolve("removed"), false, GoldenStores::remove));
        all.put("../v1-removal/removed-killed", image(scratch.resolve("removed-killed"), true, store -> {
            remove(store);
            store.checkpoint();
            store.keyspace("people").clear();
            store.keyspace("people").put("ada", bytes("after the second clear"));
            store.dropKeyspace("numbers ä€😀");
        }));
        return all;
    }

    /** Images by name, of stores that need features of the present version. */
    static Map<String, StoreImage> writeFeatures(Path scratch) {
        Map<String, StoreImage> all = new LinkedHashMap<>();
        all.put("typed", image(scratch.resolve("typed"), false, GoldenStores::type));
        all.put("typed-killed", image(scratch.resolve("typed-killed"), true, store -> {
            type(store);
            store.keyspace("points").typed(Point.class).put("later", POINT);
        }));
        all.put("expiring", image(scratch.resolve("expiring"), false, GoldenStores::expire));
        all.put("expiring-killed", image(scratch.resolve("expiring-killed"), true, store -> {
            expire(store);
            store.keyspace("people").put("ada", bytes("after the compaction"), Duration.ofDays(30_000));
            store.keyspace("people").delete("grace");
        }));
        return all;
    }

    /** Images by name, of stores with vector collections. */
    static Map<String, StoreImage> writeVectors(Path scratch) {
        Map<String, StoreImage> all = new LinkedHashMap<>();
        all.put("vectors", image(scratch.resolve("vectors"), false, GoldenStores::vectors));
        all.put("vectors-killed", image(scratch.resolve("vectors-killed"), true, store -> {
            vectors(store);
            store.vectors("words").put(2, new float[] {2, 2, 2, 2, 2});
            store.vectors("words").delete(3);
            store.vectors("words").put(100, new float[] {0, 1, 0, 1, 0});
            store.vectors("flags").clear(Durability.APPENDED);
            store.vectors("flags").put(7, new byte[] {1, 1});
        }));
        return all;
    }

    /** Images by name, of stores with document collections. */
    static Map<String, StoreImage> writeDocuments(Path scratch) {
        Map<String, StoreImage> all = new LinkedHashMap<>();
        all.put("documents", image(scratch.resolve("documents"), false, GoldenStores::documents));
        all.put("documents-killed", image(scratch.resolve("documents-killed"), true, store -> {
            documents(store);
            DocumentCollection notes = store.documents("notes ä");
            notes.add(Map.of("text", "behind the checkpoint"));
            notes.commit();
            DocumentCollection books = store.documents("books");
            books.upsert(books.document().set("isbn", "b5").set("title", "behind the checkpoint"));
            books.delete("b1");
            store.dropDocuments("numbered");
        }));
        return all;
    }

    /**
     * All types of fields, many and not, stored and not; with keys of both types, and none; committed documents, some dead, some
     * merged; pending ones in a segment and in the log, one of them in a file of its own; a schema that has grown; a collection
     * that is gone.
     */
    private static void documents(Store store) {
        DocumentOptions options =
                DocumentOptions.DEFAULT.withBlockBytes(4096).withMerging(MergePolicy.DEFAULT.onRequest());
        store.keyspace("people").put("ada", bytes("Lovelace"));
        DocumentSchema schema = DocumentSchema.builder()
                .field(DocumentField.keyword("isbn"))
                .field(DocumentField.text("title"))
                .field(DocumentField.i64("year"))
                .field(DocumentField.f64("price"))
                .field(DocumentField.bool("lent"))
                .field(DocumentField.bytes("cover"))
                .field(DocumentField.json("extra"))
                .field(DocumentField.vector("embedding", 3))
                .field(DocumentField.keyword("tags").asMany())
                .field(DocumentField.text("index").notStored())
                .primaryKey("isbn")
                .build();
        DocumentCollection books = store.documents("books", schema, options);
        DocumentCollection notes = store.documents(
                "notes ä",
                DocumentSchema.builder().field(DocumentField.text("text")).build(),
                options);
        DocumentCollection numbered = store.documents(
                "numbered",
                DocumentSchema.builder()
                        .field(DocumentField.i64("n"))
                        .field(DocumentField.text("text"))
                        .primaryKey("n")
                        .build(),
                options);
        DocumentCollection gone = store.documents(
                "gone",
                DocumentSchema.builder().field(DocumentField.text("text")).build(),
                options);
        gone.add(Map.of("text", "gone"));
        gone.commit();
        for (int round = 0; round < 3; round++) {
            for (int i = 0; i < 30; i++) {
                books.upsert(
                        books.document()
                                .set("isbn", "b" + i)
                                .set("title", round == 0 ? "first edition" : "second edition")
                                .set("year", 1900L + i)
                                .set("price", i / 4.0)
                                .set("lent", i % 2 == 0)
                                .set("cover", repeated(i * 20, i))
                                .set("extra", "{\"pages\":" + i * 10 + "}")
                                .set("embedding", new float[] {i, -i, 0.5f})
                                .add("tags", "tag" + i % 3)
                                .add("tags", "ä€😀")
                                .set("index", "words of an index " + i),
                        Durability.APPENDED);
                notes.add(Map.of("text", "note " + i + " of round " + round + " ".repeat(i) + "end"));
                numbered.upsert(
                        numbered.document()
                                .set("n", (long) i * i * (i % 2 == 0 ? 1 : -1))
                                .set("text", "number " + i),
                        Durability.APPENDED);
            }
            books.commit();
            notes.commit();
            numbered.commit();
            if (round == 1) {
                notes.forceMerge(1);
                numbered.forceMerge(1);
            }
        }
        books.delete("b29");
        books.addFields(DocumentField.i64("added"));
        books.upsert(books.document()
                .set("isbn", "b28")
                .set("title", "with a new field")
                .set("added", 1L));
        books.commit();
        store.dropDocuments("gone");
        books.upsert(books.document().set("isbn", "b3").set("title", "another edition"));
        books.upsert(books.document().set("isbn", "b30").set("title", "pending"));
        books.delete("b4");
        books.flush();
        books.upsert(books.document().set("isbn", "b3").set("title", "third edition"));
        for (int i = 0; i < 9; i++) {
            store.keyspace("people").put("page", repeated(150_000, i)); // so that chunks go
        }
        store.compact();
        notes.add(Map.of("text", "x".repeat(LARGE)));
        books.delete("b5");
    }

    /** All types; rows in segments, some of them dead, some merged, and in the log, some in batches; a collection that is gone. */
    private static void vectors(Store store) {
        store.keyspace("people").put("ada", bytes("Lovelace"));
        VectorCollection words = store.vectors("words", VectorOptions.of(5));
        VectorCollection marks = store.vectors(
                "marks ä", VectorOptions.of(70).type(VectorType.INT8).metric(Metric.DOT_PRODUCT));
        VectorCollection flags =
                store.vectors("flags", VectorOptions.of(9).type(VectorType.BIT).metric(Metric.JACCARD));
        VectorCollection any = store.vectors(
                "any", VectorOptions.of(2).metric(Metric.SQUARED_EUCLIDEAN).nonFinite(VectorOptions.NonFinite.ALLOW));
        store.vectors("gone", VectorOptions.of(1)).put(1, new float[] {1});
        for (int i = 0; i < 40; i++) {
            words.put(i, new float[] {i, 1, 0, -1, 0.5f}, Durability.APPENDED);
            marks.put(-i, repeated(70, i), Durability.APPENDED);
        }
        any.put(Long.MIN_VALUE, new float[] {Float.NaN, Float.NEGATIVE_INFINITY});
        any.put(Long.MAX_VALUE, new float[] {0, -0f});
        any.put(0, new float[] {1, 2});
        words.flush();
        any.flush();
        store.vectors("gone").flush();
        for (int i = 0; i < 10; i++) {
            words.put(i * 3, new float[] {1, 1, 1, 1, i}, Durability.APPENDED);
            words.delete(i * 4 + 1);
        }
        store.dropVectors("gone");
        words.flush(); // merges
        marks.flush();
        for (int i = 0; i < 9; i++) {
            store.keyspace("people").put("page", repeated(150_000, i)); // so that chunks with rows go
        }
        store.compact();
        try (WriteBatch batch = store.batch()) {
            for (int i = 0; i < 5; i++) {
                batch.put(flags, i, new byte[] {(byte) i, 1}).put(marks, i, repeated(70, -i));
            }
            batch.delete(words, 2).delete(any, 0).commit(Durability.APPENDED);
        }
    }

    /** What the layout of {@code points} was made from. */
    record Point(
            double x,
            double y,
            @Length(10) String name,
            @Length(3) int[] colour) {
        @Override
        public boolean equals(Object other) {
            return other instanceof Point p && toString().equals(p.toString());
        }

        @Override
        public int hashCode() {
            return toString().hashCode();
        }

        @Override
        public String toString() {
            return x + " " + y + " " + name + java.util.Arrays.toString(colour);
        }
    }

    record Other(double x, float y) {}

    static final Point POINT = new Point(1.5, -2.5, "äpfel", new int[] {1, 2, 3});

    /** A layout that was moved, and one that was not. */
    private static void type(Store store) {
        store.keyspace("points").typed(Point.class).put("moved", POINT);
        compact(store);
        store.keyspace("others").typed(Other.class).put("a", new Other(1, 2));
    }

    /** Some that expire, in frames and files, moved and not, above others that stay, and below. */
    private static void expire(Store store) {
        fill(store);
        Keyspace people = store.keyspace("people");
        Keyspace pages = store.keyspace("pages");
        people.put("ada", bytes("until 2051"), Duration.ofDays(30_000));
        people.put("until 1970", bytes("and a minute"), Duration.ofMinutes(1));
        people.put("stays", bytes("until 2024"), Duration.ofDays(20_000));
        people.put("stays", bytes("for ever"));
        for (int i = 0; i < 8; i++) {
            pages.put("large-3", repeated(400_000, i), Duration.ofDays(20_000 + i));
            if (i == 3) {
                people.put("moved", bytes("until 2038"), Duration.ofDays(25_000));
                people.put("reel", repeated(LARGE, 5), Duration.ofDays(25_000));
            }
        }
        store.compact();
        people.put("grace", bytes("until 2037"), Duration.ofDays(24_500));
        people.expire("alan", Duration.ofDays(29_000));
        people.put("second reel", repeated(LARGE, 6), Duration.ofDays(25_001));
    }

    private static StoreImage image(Path directory, boolean killed, Consumer<Store> action) {
        StoreImage image = null;
        try (Store store = TestEngines.inline(
                directory,
                Storages.open(directory, true),
                Author.STILL,
                UUID.fromString("a5b1a200-0000-4000-8000-00000000" + "000" + (killed ? 1 : 2)),
                ChunkLayout.MIN_CAPACITY)) {
            action.accept(store);
            if (killed) {
                image = StoreImage.of(directory);
            }
        }
        return image == null ? StoreImage.of(directory) : image;
    }

    private static byte[] bytes(String text) {
        return text.getBytes(UTF_8);
    }

    private static byte[] repeated(int length, int value) {
        byte[] bytes = new byte[length];
        java.util.Arrays.fill(bytes, (byte) value);
        return bytes;
    }

    private static void fill(Store store) {
        Keyspace people = store.keyspace("people");
        Keyspace numbers = store.keyspace("numbers ä€😀", KeyspaceOptions.DEFAULT.withAlignment(8));
        Keyspace pages = store.keyspace("pages", KeyspaceOptions.DEFAULT.withAlignment(4096));
        people.put("ada", bytes("older"));
        people.put("ada", bytes("Lovelace"));
        people.put("grace", bytes("Hopper"));
        people.put("gone", bytes("deleted"));
        people.put("", bytes("an empty key"));
        people.put("empty", new byte[0]);
        for (long key : new long[] {0, 5, -1, Long.MAX_VALUE, Long.MIN_VALUE}) {
            numbers.put(Keyspace.longKey(key), bytes(Long.toString(key)), Durability.APPENDED);
        }
        numbers.put(repeated(Keyspace.MAX_KEY_BYTES, 7), bytes("the longest key"), Durability.APPENDED);
        store.sync();
        people.delete("gone");
        pages.put("page", repeated(4096, 3));
        try (WriteBatch batch = store.batch()) {
            batch.put(people, bytes("alan"), bytes("Turing"));
            batch.put(pages, bytes("alan"), repeated(5000, 4));
            batch.delete(people, bytes("empty"));
            batch.commit(Durability.APPENDED);
        }
        people.put("film", repeated(LARGE, 1));
        store.sync();
        TestEngines.mark(store);
        for (int i = 0; i < 5; i++) {
            pages.put("large-" + i, repeated(150_000, i)); // more than one chunk
        }
    }

    /** Enough keys for a table of an index to be split. */
    private static void fillMany(Store store) {
        fill(store);
        for (int i = 0; i < 830; i++) {
            store.keyspace("people").put(Integer.toString(i), bytes(""));
        }
    }

    private static void fillAndGoOn(Store store) {
        fill(store);
        store.checkpoint();
        Keyspace people = store.keyspace("people");
        people.put("barbara", bytes("Liskov"));
        store.sync();
        people.put("not durable", bytes("but written"));
        people.delete("alan");
        try (WriteBatch batch = store.batch()) {
            for (int i = 0; i < 4; i++) {
                batch.put(store.keyspace("pages"), bytes("batch-" + i), repeated(200_000, 10 + i));
            }
            batch.commit(Durability.APPENDED);
        }
    }

    /** Keyspaces that were cleared and dropped; the frames that say so were moved by a compaction. */
    private static void remove(Store store) {
        fill(store);
        Keyspace pages = store.keyspace("pages");
        Keyspace dropped = store.keyspace("dropped");
        for (int i = 0; i < 20; i++) {
            dropped.put("key-" + i, repeated(100, i));
        }
        store.keyspace("people").clear();
        store.dropKeyspace("dropped");
        store.keyspace("people").put("grace", bytes("after the clear"));
        for (int i = 0; i < 9; i++) {
            pages.put("large-" + (2 + i % 3), repeated(400_000, i)); // the first chunk stays, the second hardly
        }
        store.keyspace("people").put("alan", bytes("before the compaction"));
        store.compact();
        store.keyspace("dropped", KeyspaceOptions.DEFAULT.withAlignment(8)).put("key-3", bytes("of another keyspace"));
    }

    private static void compact(Store store) {
        fill(store);
        Keyspace pages = store.keyspace("pages");
        // The first chunk stays, so the deletion has to be moved out of one of those behind it.
        for (int i = 0; i < 8; i++) {
            pages.put("large-3", repeated(400_000, i));
            if (i == 3) {
                store.keyspace("people").delete("ada");
                store.keyspace("people").put("film", repeated(LARGE, 2));
                pages.delete("large-4");
            }
        }
        store.compact();
        store.keyspace("people").put("ada", bytes("again"));
    }
}
