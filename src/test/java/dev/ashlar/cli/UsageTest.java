package dev.ashlar.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class UsageTest {
    @TempDir
    private Path directory;

    static Stream<List<String>> nonsense() {
        return Stream.of(
                List.of(),
                List.of("no-such-command"),
                List.of("help", "no-such-command"),
                List.of("--no-such-option"),
                List.of("put"),
                List.of("put", "STORE"),
                List.of("put", "STORE", "space"),
                List.of("put", "STORE", "space", "key", "value", "more"),
                List.of("put", "STORE", "space", "key", "value", "--key-as=roman"),
                List.of("put", "STORE", "space", "--no-such-option", "value"),
                List.of("put", "STORE", "space", "x", "value", "--key-as=long"),
                List.of("put", "STORE", "space", "9223372036854775808", "value", "--key-as=long"),
                List.of("put", "STORE", "space", "a*b", "value", "--key-as=base64"),
                List.of("put", "STORE", "space", "a\\", "value", "--key-as=escaped"),
                List.of("put", "STORE", "space", "a\\q", "value", "--key-as=escaped"),
                List.of("put", "STORE", "space", "a\\x1", "value", "--key-as=escaped"),
                List.of("put", "STORE", "space", "a\\xzz", "value", "--key-as=escaped"),
                List.of("put", "STORE", "space", "k".repeat(65_536), "value"),
                List.of("put", "nul\0byte", "space", "key", "value"),
                List.of("get", "STORE", "space"),
                List.of("get", "STORE", "space", "key", "more"),
                List.of("delete", "STORE", "space"),
                List.of("list"),
                List.of("list", "STORE", "space", "--limit=-1"),
                List.of("list", "STORE", "space", "--limit=many"),
                List.of("list", "STORE", "--prefix=p"),
                List.of("list", "STORE", "space", "--prefix=1", "--key-as=long"),
                List.of("info", "STORE", "space"),
                List.of("scan", "STORE"),
                List.of("scan", "STORE", "space", "more"),
                List.of("scan", "STORE", "space", "--limit=-1"),
                List.of("scan", "STORE", "space", "--prefix=1", "--key-as=long"),
                List.of("batch"),
                List.of("batch", "STORE", "-", "more"),
                List.of("batch", "STORE", "-", "--each=0"),
                List.of("batch", "STORE", "-", "--each=x"),
                List.of("batch", "STORE", "-", "--no-durable"),
                List.of("copy", "STORE", "space", "key"),
                List.of("copy", "STORE", "space", "1", "space", "x", "--key-as=long"),
                List.of("copy", "STORE", "space", "key", "space", "new", "more"),
                List.of("move", "STORE", "space", "key"),
                List.of("move", "STORE", "space", "key", "space", "--to-store"),
                List.of("rename", "STORE", "space", "key"),
                List.of("rename", "STORE", "space", "1", "x", "--key-as=long"),
                List.of("clear", "STORE", "--yes"),
                List.of("drop", "STORE"),
                List.of("drop", "STORE", "space", "--yes=no"),
                List.of("import", "STORE", "space"),
                List.of("import", "STORE", "space", "path", "--from=roman"),
                List.of("import", "STORE", "space", "path", "--salvage"),
                List.of("import", "STORE", "space", "path", "--keys=list", "--from=jsonl"),
                List.of("import", "STORE", "space", "path", "--key-as=long", "--from=simd-r-drive"),
                List.of("export", "STORE", "space", "path"),
                List.of("export", "STORE", "space", "--to=dir"),
                List.of("export", "STORE", "space", "path", "--to=roman"),
                List.of("export", "STORE", "space", "path", "--to=dir", "--replace"),
                List.of("export", "STORE", "space", "path", "--to=dir", "--long-keys"),
                List.of("export", "STORE", "space", "-", "--to=jsonl", "--json"),
                List.of("vectors"),
                List.of("vectors", "no-such-command"),
                List.of("vectors", "create", "STORE", "space"),
                List.of("vectors", "create", "STORE", "space", "--dimension=0"),
                List.of("vectors", "create", "STORE", "space", "--dimension=65537"),
                List.of("vectors", "create", "STORE", "space", "--dimension=2", "--type=roman"),
                List.of("vectors", "create", "STORE", "space", "--dimension=2", "--metric=hamming"),
                List.of("vectors", "create", "STORE", "space", "--dimension=2", "--type=bit", "--metric=cosine"),
                List.of("vectors", "create", "STORE", "space", "--dimension=2", "--non-finite=maybe"),
                List.of("vectors", "put", "STORE", "space", "x", "[1]"),
                List.of("vectors", "put", "STORE", "space", "9223372036854775808", "[1]"),
                List.of("vectors", "get", "STORE", "space"),
                List.of("vectors", "delete", "STORE", "space"),
                List.of("vectors", "list", "STORE", "space", "--limit=-1"),
                List.of("vectors", "search", "STORE", "space"),
                List.of("vectors", "search", "STORE", "space", "[1]", "--like=1"),
                List.of("vectors", "search", "STORE", "space", "[1]", "-k0"),
                List.of("vectors", "search", "STORE", "space", "[1]", "-k65537"),
                List.of("vectors", "search", "STORE", "space", "[1]", "--threads=-1"),
                List.of("vectors", "search", "STORE", "space", "[1]", "--among=x"),
                List.of("vectors", "import", "STORE", "space", "path.txt"),
                List.of("vectors", "import", "STORE", "space", "-", "--from=npy"),
                List.of("vectors", "import", "STORE", "space", "-", "--ids=ids"),
                List.of("vectors", "import", "STORE", "space", "-", "--first-id=1"),
                List.of("vectors", "import", "STORE", "space", "-", "--shift-bytes"),
                List.of("vectors", "import", "STORE", "space", "a.npy", "--first-id=1", "--ids=ids"),
                List.of("vectors", "import", "STORE", "space", "a.npy", "--dimension=0"),
                List.of("vectors", "export", "STORE", "space", "path.txt"),
                List.of("vectors", "export", "STORE", "space", "-", "--json"),
                List.of("vectors", "export", "STORE", "space", "-", "--to=npy"),
                List.of("vectors", "export", "STORE", "space", "a.jsonl", "--ids=ids"),
                List.of("vectors", "stat", "STORE"),
                List.of("vectors", "drop", "STORE", "space", "--yes=no"),
                List.of("compact"),
                List.of("stat"),
                List.of("stat", "STORE", "more"),
                List.of("verify"),
                List.of("verify", "STORE", "--progress=maybe"),
                List.of("quickstart", "STORE"),
                List.of("quickstart", "--dir=STORE", "--seconds=0"),
                List.of("quickstart", "--dir=STORE", "--seconds=x"),
                List.of("quickstart-writer", "STORE", "x"));
    }

    @ParameterizedTest
    @MethodSource("nonsense")
    void nonsenseIsRefusedBeforeAnythingIsTouched(List<String> arguments) {
        Path store = directory.resolve("store");
        Object[] actual = arguments.stream()
                .map(text -> text.replace("STORE", store.toString()))
                .toArray();
        Cli.Result result = Cli.run(actual).expect(64);
        assertTrue(result.err().startsWith("ashlar: ") || result.err().startsWith("Unknown subcommand"), result.err());
        assertEquals("", result.out());
        assertFalse(Files.exists(store));
    }

    @Test
    void theMessagePointsToTheHelpOfTheCommand() {
        assertTrue(Cli.run("put").err().endsWith("Try 'ashlar put --help'.\n"));
    }

    @Test
    void namesThatAKeyspaceCannotHaveAreNonsense() {
        Path store = directory.resolve("store");
        Cli.run("put", store, "", "key", "value").expect(64);
        Cli.run("put", store, "n".repeat(256), "key", "value").expect(64);
        Cli.run("put", store, "two\nlines", "key", "value").expect(64);
    }
}
