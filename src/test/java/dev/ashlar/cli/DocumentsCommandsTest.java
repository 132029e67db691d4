package dev.ashlar.cli;

import static dev.ashlar.cli.Cli.utf8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.ashlar.DocumentField;
import dev.ashlar.DocumentFilter;
import dev.ashlar.DocumentSchema;
import dev.ashlar.DocumentSnapshot;
import dev.ashlar.DocumentStats;
import dev.ashlar.Store;
import java.io.IOException;
import java.lang.reflect.RecordComponent;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** documents create, list, add, delete, import, commit, discard, get, find, export, merge, stat, verify, drop. */
class DocumentsCommandsTest {
    private static final String[] BOOKS = {
        "{\"isbn\":\"a\",\"title\":\"First\",\"year\":1968,\"price\":10.5,\"tag\":[\"x\",\"y\"]}",
        "{\"isbn\":\"b\",\"title\":\"Second\",\"year\":1969,\"price\":20.0,\"new\":true}",
        "{\"isbn\":\"c\",\"title\":\"Third\",\"year\":1973,\"tag\":[\"y\"],\"cover\":\"AP8=\"}"
    };

    @TempDir
    private Path directory;

    private Path store;

    @BeforeEach
    void nameTheStore() {
        store = directory.resolve("store");
    }

    private Cli.Result documents(String command, Object... more) {
        return Cli.run(Stream.concat(Stream.of("documents", command, store), Stream.of(more))
                .toArray());
    }

    private void create(String name, Object... more) {
        Cli.Result result = documents(
                        "create",
                        Stream.concat(Stream.of(name), Stream.of(more)).toArray())
                .expect(0);
        assertEquals("", result.out() + result.err());
    }

    private void createBooks() {
        create(
                "books",
                "--field=isbn:keyword",
                "--field=title:text",
                "--field=year:i64",
                "--field=price:f64",
                "--field=new:bool",
                "--field=tag:keyword:many",
                "--field=cover:bytes",
                "--key=isbn");
    }

    private void importBooks() {
        createBooks();
        Cli.runWith(utf8(String.join("\n", BOOKS)), "documents", "import", store, "books")
                .expect(0);
    }

    private String find(Object... more) {
        StringBuilder keys = new StringBuilder();
        documents(
                        "find",
                        Stream.concat(Stream.of("books", "--fields=isbn"), Stream.of(more))
                                .toArray())
                .expect(0)
                .out()
                .lines()
                .forEach(line -> keys.append(line.charAt("{'isbn':'".length())));
        return keys.toString();
    }

    @Test
    void createMakesACollectionWithTheSchemaThatWasSaid() {
        create(
                "all",
                "--field=a:text:unstored",
                "--field=b:KEYWORD:many",
                "--field=c:json",
                "--field=d:vector:3:many",
                "--field=e:reference:words",
                "--field=f:i64",
                "--key=f");
        create(
                "all",
                "--field=a:text:unstored",
                "--field=b:keyword:many",
                "--field=c:json",
                "--field=d:vector:3:many",
                "--field=e:reference:words",
                "--field=f:i64",
                "--key=f");
        DocumentSchema expected = DocumentSchema.builder()
                .field(DocumentField.text("a").notStored())
                .field(DocumentField.keyword("b").asMany())
                .field(DocumentField.json("c"))
                .field(DocumentField.vector("d", 3).asMany())
                .field(DocumentField.vectorIn("e", "words"))
                .field(DocumentField.i64("f"))
                .primaryKey("f")
                .build();
        try (Store open = Store.open(store)) {
            assertEquals(expected, open.documents("all").schema());
        }
        String err = documents("create", "all", "--field=a:text").expect(2).err();
        assertTrue(err.contains("field 0 is stored as a TEXT not stored"), err);
        JsonNode listed = documents("list", "--json").expect(0).json().get("collections");
        assertEquals("f", listed.get(0).get("key").asText());
        assertTrue(documents("list").expect(0).out().contains("all"));
    }

    @Test
    void fieldsAreAddedWhereThatIsAskedFor() {
        create("notes", "--field=a:text");
        String err = documents("create", "notes", "--field=a:text", "--field=b:i64")
                .expect(2)
                .err();
        assertTrue(err.contains("--extend"), err);
        JsonNode extended = documents("create", "notes", "--field=a:text", "--field=b:i64", "--extend", "--json")
                .expect(0)
                .json();
        assertFalse(extended.get("created").asBoolean());
        assertEquals("b", extended.get("fields").get(1).get("name").asText());
    }

    @Test
    void fieldsThatMakeNoSenseAreRefused() {
        for (String[] each : new String[][] {
            {"a", "NAME:TYPE"},
            {"a:string", "there is no type string"},
            {"a:vector", "NAME:vector:DIMENSION"},
            {"a:vector:x", "is a number"},
            {"a:vector:0", "must be from 1"},
            {"a:text:more", "and not :more"},
            {":text", "0 bytes"}
        }) {
            String err = documents("create", "c", "--field", each[0]).expect(64).err();
            assertTrue(err.contains(each[1]), err);
        }
        documents("create", "c").expect(64);
        String err =
                documents("create", "c", "--field=a:text", "--key=a").expect(64).err();
        assertTrue(err.contains("cannot be the primary key"), err);
        assertFalse(Files.exists(store));
    }

    @Test
    void whatIsAddedIsVisibleWhenItIsCommitted() {
        createBooks();
        assertEquals("", documents("add", "books", BOOKS[0]).expect(0).out());
        String err = documents("get", "books", "a").expect(1).err();
        assertTrue(err.contains("one is pending"), err);
        JsonNode committed = documents("commit", "books", "--json").expect(0).json();
        assertEquals(1, committed.get("documents").asLong());
        assertEquals(BOOKS[0] + "\n", documents("get", "books", "a").expect(0).out());
        assertEquals(
                "{\"year\":1968}\n",
                documents("get", "books", "a", "--fields=year").expect(0).out());
        JsonNode got = documents("get", "books", "a", "--json").expect(0).json();
        assertEquals("First", got.get("document").get("title").asText());
        documents("get", "books", "a", "--fields=nothing").expect(64);

        documents("add", "books", BOOKS[0]).expect(2);
        String replaced = "{\"isbn\":\"a\",\"title\":\"Other\"}";
        Cli.runWith(
                        utf8("{\"isbn\":\"a\",\n\"title\":\"Other\"}\n"),
                        "documents",
                        "add",
                        store,
                        "books",
                        "--upsert",
                        "--commit")
                .expect(0);
        assertEquals(replaced + "\n", documents("get", "books", "a").expect(0).out());

        documents("delete", "books", "a").expect(0);
        String dropped = documents("discard", "books").expect(2).err();
        assertTrue(dropped.contains("1 pending write "), dropped);
        documents("discard", "books", "--yes").expect(0);
        assertEquals(
                "documents added: 0, removed or replaced: 0\n",
                documents("commit", "books").expect(0).out());
        documents("delete", "books", "a", "--commit").expect(0);
        documents("get", "books", "a").expect(1);
        documents("delete", "books", "a").expect(1);
    }

    @Test
    void whatIsNoDocumentIsRefused() {
        createBooks();
        for (String[] each : new String[][] {
            {"{", "expected a name"},
            {"{\"isbn\":1}", "expected a string for field isbn"},
            {"{\"title\":\"x\"}", "isbn"},
            {"{\"isbn\":\"x\",\"pages\":1}", "there is no field pages"}
        }) {
            String err = documents("add", "books", each[0]).expect(64).err();
            assertTrue(err.contains("DOCUMENT is no document") && err.contains(each[1]), err);
        }
        String err = documents("add", "nothing", "{}").expect(1).err();
        assertTrue(err.contains("there are: books"), err);
        Cli.runWith(new byte[] {(byte) 0xff}, "documents", "add", store, "books")
                .expect(2);
        create("keyless", "--field=a:text");
        documents("add", "keyless", "{}", "--upsert").expect(64);
        documents("get", "keyless", "a").expect(64);
    }

    @Test
    void numbersAreKeysToo() {
        create("events", "--field=at:i64", "--field=what:text", "--key=at");
        documents("add", "events", "{\"at\":-7,\"what\":\"x\"}", "--commit").expect(0);
        assertEquals(
                "{\"at\":-7,\"what\":\"x\"}\n",
                documents("get", "events", "--", -7).expect(0).out());
        documents("get", "events", "seven").expect(64);
        documents("delete", "events", "--commit", "--", -7).expect(0);
        documents("get", "events", "--", -7).expect(1);
    }

    @Test
    void linesAreImportedAndExported() throws IOException {
        importBooks();
        Path file = directory.resolve("books.jsonl");
        assertEquals(
                String.join("\n", BOOKS) + "\n",
                documents("export", "books", "-").expect(0).out());
        assertEquals(
                3,
                documents("export", "books", file, "--json", "--progress")
                        .expect(0)
                        .json()
                        .get("documents")
                        .asLong());
        assertEquals(Arrays.asList(BOOKS), Files.readAllLines(file));
        documents("export", "books", file).expect(2);
        documents("export", "books", file, "--replace").expect(0);
        documents("export", "books", "-", "--json").expect(64);

        String err = documents("import", "books", file).expect(2).err();
        assertTrue(err.contains("line 1, byte 1") && err.contains("--skip"), err);
        JsonNode upserted = documents("import", "books", file, "--upsert", "--commit-every=2", "--json", "--progress")
                .expect(0)
                .json();
        assertEquals(3, upserted.get("documents").asLong());
        assertEquals(2, upserted.get("commits").asLong());
        assertEquals(3, find().length());
        documents("import", "books", directory.resolve("none")).expect(1);
        documents("import", "books", file, "--commit-every=0").expect(64);
    }

    @Test
    void badLinesEndAnImportOrArePassedOver() {
        createBooks();
        byte[] lines = utf8(BOOKS[0] + "\n{\"isbn\":\n" + BOOKS[1] + "\n{\"pages\":1,\"isbn\":\"c\"}\n");
        String err = Cli.runWith(lines, "documents", "import", store, "books", "-")
                .expect(2)
                .err();
        assertTrue(err.contains("line 2, byte 9: expected a string for field isbn"), err);
        assertEquals("", find());
        documents("discard", "books", "--yes").expect(0);

        Cli.Result skipped = Cli.runWith(lines, "documents", "import", store, "books", "--skip", "--pending", "--json")
                .expect(2);
        assertEquals(2, skipped.json().get("refused").asLong());
        assertTrue(
                skipped.err().contains("not imported: line 2") && skipped.err().contains("not imported: line 4"));
        assertEquals("", find());
        documents("commit", "books").expect(0);
        assertEquals("ab", find());
        Cli.runWith(utf8("{\"pages\":1,\"isbn\":\"c\"}"), "documents", "import", store, "books", "--ignore-unknown")
                .expect(0);
        assertEquals("abc", find());
    }

    @Test
    void conditionsAreWhatTheySay() {
        importBooks();
        List<String[]> conditions = List.of(new String[][] {
            {"isbn=b", "b"},
            {"isbn!=b", "ac"},
            {"isbn>a", "bc"},
            {"isbn>=b", "bc"},
            {"isbn<b", "a"},
            {"isbn<=b", "ab"},
            {"year=1969", "b"},
            {"year>1968", "bc"},
            {"year>=1968", "abc"},
            {"year<1969", "a"},
            {"year<=1969", "ab"},
            {"year>9223372036854775807", ""},
            {"year<-9223372036854775808", ""},
            {"price>10.5", "b"},
            {"price>=10.5", "ab"},
            {"price<20", "a"},
            {"price<=20", "ab"},
            {"price=20", "b"},
            {"price>Infinity", ""},
            {"new=true", "b"},
            {"new!=true", "ac"},
            {"title=Third", "c"},
            {"tag=y", "ac"},
            {"tag!=x", "bc"},
            {"tag>x", "ac"},
            {"cover=AP8=", "c"},
            {"cover", "c"},
            {"!cover", "ab"}
        });
        List<String> senseless =
                List.of("pages=1", "year=x", "year>", "title>a", "new=1", "tag<x", "cover=?", "price>NaN", "yearly=1");
        // Not each by a command of its own, which opens the store and closes it.
        try (Store open = Store.open(store);
                DocumentSnapshot snapshot = open.documents("books").snapshot()) {
            for (String[] each : conditions) {
                DocumentFilter filter = DocumentWhere.all(snapshot.schema(), List.of(each[0]));
                String found = snapshot.stream(Objects.requireNonNull(filter))
                        .map(book -> book.string("isbn"))
                        .collect(Collectors.joining());
                assertEquals(each[1], found, each[0]);
            }
            for (String bad : senseless) {
                Failure failure =
                        assertThrows(Failure.class, () -> DocumentWhere.all(snapshot.schema(), List.of(bad)), bad);
                assertEquals(ExitCode.USAGE, failure.exitCode());
                assertTrue(failure.getMessage().startsWith("--where '" + bad + "'"), failure.getMessage());
            }
        }
        assertEquals("bc", find("--where", "year>1968"));
        assertEquals("b", find("--where", "year>1968", "--where", "price"));
        assertEquals("a", find("--limit", 1));
        assertEquals(
                "2\n",
                documents("find", "books", "--where=tag", "--count").expect(0).out());
        JsonNode found =
                documents("find", "books", "--limit=2", "--json").expect(0).json();
        assertEquals(2, found.get("documents").size());
        assertTrue(found.get("more").asBoolean());
        assertEquals(BOOKS[1], found.get("documents").get(1).toString());
        documents("find", "books", "--where", "pages=1").expect(64);
        documents("find", "books", "--limit=-1").expect(64);
        documents("find", "books", "--count", "--limit=1").expect(64);
    }

    @Test
    void theLongestNameOfAFieldCounts() {
        create("odd", "--field=a:keyword", "--field=a=b:keyword", "--field=!x:text");
        documents("add", "odd", "{\"a\":\"b=c\"}").expect(0);
        documents("add", "odd", "{\"a=b\":\"c\"}", "--commit").expect(0);
        assertEquals(
                "{\"a=b\":\"c\"}\n",
                documents("find", "odd", "--where=a=b=c").expect(0).out());
        assertEquals(
                "0\n",
                documents("find", "odd", "--where=!x", "--count").expect(0).out());
    }

    @Test
    void mergeLeavesOneSegmentAndStatShowsIt() {
        createBooks();
        for (String book : BOOKS) {
            documents("add", "books", book, "--commit").expect(0);
        }
        documents("delete", "books", "b", "--commit").expect(0);
        JsonNode merged = documents("merge", "books", "--json").expect(0).json();
        // That of the second book has gone with it.
        assertEquals(2, merged.get("before").get("segments").asInt());
        assertEquals(1, merged.get("after").get("segments").asInt());
        assertEquals(0, merged.get("after").get("deadDocuments").asInt());
        assertEquals("ac", find());
        assertTrue(documents("merge", "books").expect(0).out().contains("segments"));
        documents("merge", "books", "--segments=0").expect(64);

        JsonNode stat = documents("stat", "books", "--json").expect(0).json();
        List<String> names = new ArrayList<>();
        stat.get("stats").fieldNames().forEachRemaining(names::add);
        assertEquals(
                Arrays.stream(DocumentStats.class.getRecordComponents())
                        .map(RecordComponent::getName)
                        .toList(),
                names);
        assertEquals("isbn", stat.get("key").asText());
        String shown = documents("stat", "books").expect(0).out();
        assertTrue(shown.contains("the primary key") && shown.contains("times smaller"), shown);
        assertTrue(Cli.run("stat", store).expect(0).out().contains("document collection"));
        assertEquals(
                2,
                Cli.run("stat", store, "--json")
                        .expect(0)
                        .json()
                        .get("documentCollections")
                        .get(0)
                        .get("stats")
                        .get("documents")
                        .asLong());
    }

    @Test
    void verifyFindsWhatIsDamaged() throws IOException {
        importBooks();
        create("other", "--field=a:text");
        documents("add", "other", "{\"a\":\"x\"}", "--commit").expect(0);
        assertEquals(
                4,
                documents("verify", "--json", "--progress")
                        .expect(0)
                        .json()
                        .get("documents")
                        .asLong());
        assertTrue(documents("verify", "books").expect(0).out().contains("intact documents"));
        List<Path> segments;
        try (Stream<Path> files = Files.list(store.resolve("documents"))) {
            segments = files.filter(each -> each.toString().endsWith(".seg"))
                    .sorted()
                    .toList();
        }
        try (FileChannel file =
                FileChannel.open(segments.getFirst(), StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            // Its documents begin behind a header; the block of three books is longer than that.
            ByteBuffer one = ByteBuffer.allocate(1);
            file.read(one, 200);
            one.put(0, (byte) ~one.get(0)).flip();
            file.write(one, 200);
        }
        JsonNode damaged = documents("verify", "--json").expect(2).json();
        assertFalse(damaged.get("intact").asBoolean());
        assertEquals(1, damaged.get("documents").asLong());
        assertEquals(3, damaged.get("damagedDocuments").asLong());
        assertEquals(1, damaged.get("damaged").size());
        assertTrue(documents("verify", "books").expect(2).out().contains("damaged: 3 of books"));
        String err = documents("export", "books", "-").expect(2).err();
        assertTrue(err.contains("not exported"), err);
    }

    @Test
    void dropRemovesACollectionWhenItIsConfirmed() {
        importBooks();
        String err = documents("drop", "books").expect(2).err();
        assertTrue(err.contains("3 documents"), err);
        assertTrue(documents("drop", "books", "--yes", "--json")
                .expect(0)
                .json()
                .get("dropped")
                .asBoolean());
        documents("drop", "books", "--yes").expect(1);
        documents("find", "books").expect(1);
    }
}
