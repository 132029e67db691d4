package dev.ashlar.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.ashlar.Store;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is not a store of ours, or not free, is refused and left as it is. */
class RefusalTest {
    private static final String EVERY_COMMAND = "put DIR space key value|get DIR space key|delete DIR space key"
            + "|list DIR|stat DIR|verify DIR|compact DIR|import DIR space SOURCE|quickstart --dir=DIR --seconds=1"
            + "|quickstart-writer DIR 1|info DIR space key|scan DIR space|batch DIR LINES|batch DIR LINES --each=1"
            + "|copy DIR space key space new|move DIR space key space new|rename DIR space key new"
            + "|clear DIR space --yes|drop DIR space --yes|vectors create DIR space --dimension=2"
            + "|vectors put DIR space 1 [1,2]|vectors get DIR space 1|vectors delete DIR space 1|vectors list DIR"
            + "|vectors search DIR space [1,2]|vectors import DIR space VECTORS|vectors export DIR space target.npy"
            + "|vectors stat DIR space|vectors verify DIR|vectors drop DIR space --yes";

    @TempDir
    private Path directory;

    private Path place;
    private Path source;
    private Path lines;
    private Path vectors;

    @BeforeEach
    void makeASource() throws IOException {
        place = directory.resolve("place");
        source = Files.writeString(directory.resolve("source.txt"), "content");
        vectors = Files.write(directory.resolve("a.bvecs"), new byte[] {2, 0, 0, 0, 1, 2});
        lines = Files.writeString(
                directory.resolve("lines"), "{\"op\":\"put\",\"keyspace\":\"space\",\"key\":\"key\",\"value\":\"x\"}");
    }

    private Cli.Result run(String command) {
        return Cli.run((Object[]) command.replace("DIR", place.toString())
                .replace("SOURCE", source.toString())
                .replace("LINES", lines.toString())
                .replace("VECTORS", vectors.toString())
                .split(" "));
    }

    @Test
    void aForeignDirectoryStaysUntouched() throws IOException {
        Files.createDirectories(place.resolve("log"));
        Files.writeString(place.resolve("thesis.txt"), "years of work");
        Files.writeString(place.resolve("log/000001.log"), "somebody else's log");
        Map<String, String> before = Cli.contents(place);
        for (String command : EVERY_COMMAND.split("\\|")) {
            Cli.Result result = run(command).expect(2);
            assertTrue(result.err().startsWith("ashlar: "), command + ": " + result.err());
            assertEquals(before, Cli.contents(place), command);
        }
    }

    @Test
    void aFileIsNoStore() throws IOException {
        Files.writeString(place, "a file");
        for (String command : EVERY_COMMAND.split("\\|")) {
            run(command).expect(2);
            assertEquals("a file", Files.readString(place), command);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "put DIR space key value",
                "get DIR space key",
                "list DIR",
                "verify DIR",
                "stat DIR",
                "info DIR space key",
                "scan DIR space",
                "batch DIR LINES",
                "copy DIR space key space new",
                "move DIR space key space new",
                "rename DIR space key new",
                "clear DIR space --yes",
                "drop DIR space --yes"
            })
    void aStoreThatIsOpenIsRefused(String command) {
        try (Store open = Store.open(place)) {
            open.keyspace("space").put("key", new byte[1]);
            Cli.Result result = run(command).expect(2);
            assertTrue(result.err().startsWith("ashlar: "), result.err());
        }
        run(command).expect(0);
    }

    @Test
    void quickstartRefusesAStoreWithKeyspacesOfOthers() throws IOException {
        run("put DIR space key value").expect(0);
        Cli.Result result =
                run("quickstart --dir=DIR --seconds=1 --source=SOURCE").expect(2);
        assertTrue(result.err().contains("'space'"), result.err());
        assertEquals(1, run("list DIR --json").json().get("keyspaces").size());
        run("quickstart-writer DIR 1").expect(2);
        assertEquals(1, run("list DIR --json").json().get("keyspaces").size());
    }
}
