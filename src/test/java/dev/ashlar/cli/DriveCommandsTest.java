package dev.ashlar.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files of simd-r-drive on the command line. What they hold is tested beside the classes that read them. */
class DriveCommandsTest {
    @TempDir
    private Path directory;

    private Path store;
    private Path drive;

    @BeforeEach
    void makeAFile() {
        store = directory.resolve("store");
        drive = directory.resolve("drive");
        Cli.run("put", directory.resolve("origin"), "source", "bob", "Hello, world!")
                .expect(0);
        Cli.run("put", directory.resolve("origin"), "source", "alice", "A").expect(0);
        Cli.run("export", directory.resolve("origin"), "source", drive, "--to=simd-r-drive")
                .expect(0);
    }

    @Test
    void theFileIsTheDescribedOne() throws IOException {
        String expected = "48656c6c6f2c20776f726c6421" + "e5b8490fc4c00314" + "0000000000000000" + "e6c6e6eb"
                + "00".repeat(31)
                + "41" + "b016011ad60da14d" + "2100000000000000" + "8b9ed9d3";
        assertEquals(expected, HexFormat.of().formatHex(Files.readAllBytes(drive)));
    }

    @Test
    void entriesAreStoredUnderHashes() throws IOException {
        JsonNode report = Cli.run("import", store, "drive", drive, "--from=simd-r-drive", "--json")
                .expect(0)
                .json();
        assertEquals(2, report.get("puts").asInt());
        assertTrue(report.get("intact").asBoolean());
        assertEquals(
                "Hello, world!",
                Cli.run("get", store, "drive", "" + 0x1403c0c40f49b8e5L, "--key-as=long")
                        .expect(0)
                        .out());
        // And back: the same file.
        Path second = directory.resolve("second");
        Cli.run("export", store, "drive", second, "--to=simd-r-drive", "--long-keys")
                .expect(0);
        assertArrayEquals(Files.readAllBytes(drive), Files.readAllBytes(second));
    }

    @Test
    void entriesAreStoredUnderTheKeysOfAList() throws IOException {
        Path keys = Files.writeString(directory.resolve("keys"), "alice\n\nnobody\nal\\x69ce");
        Cli.Result result = Cli.run("import", store, "drive", drive, "--from=simd-r-drive", "--keys", keys, "--json")
                .expect(0);
        assertEquals(1, result.json().get("unmatched").asInt());
        assertTrue(result.err().contains("1403c0c40f49b8e5"), result.err());
        assertEquals("A", Cli.run("get", store, "drive", "alice").expect(0).out());
        Files.writeString(keys, "al\\x69ce\r\n");
        Cli.run("import", store, "escaped", drive, "--from=simd-r-drive", "--keys", keys, "--key-as=escaped")
                .expect(0);
        assertEquals("A", Cli.run("get", store, "escaped", "alice").expect(0).out());
        assertTrue(Cli.run("import", store, "drive", drive, "--from=simd-r-drive", "--keys", directory.resolve("none"))
                .expect(2)
                .err()
                .contains("no such file"));
    }

    @Test
    void aDamagedFileIsRefusedOrSalvaged() throws IOException {
        byte[] bytes = Files.readAllBytes(drive);
        bytes[0] ^= 1;
        Files.write(drive, bytes);
        for (int i = 0; i < 2; i++) {
            Cli.Result refused = Cli.run("import", store, "drive", drive, "--from=simd-r-drive")
                    .expect(2);
            assertTrue(refused.err().contains("salvage"), refused.err());
            assertEquals(i == 1, Files.exists(store));
            Cli.run("put", store, "other", "now", "there is a store").expect(0);
        }
        Cli.Result result = Cli.run("import", store, "drive", drive, "--from=simd-r-drive", "--salvage", "--json")
                .expect(2);
        assertEquals(1, result.json().get("puts").asInt());
        assertEquals(33, result.json().get("lostBytes").asInt());
        assertTrue(result.err().contains("at byte 0, 33 bytes"), result.err());
    }

    @Test
    void whatIsNoSuchFileIsRefusedBeforeAStoreIsCreated() throws IOException {
        Path noise =
                Files.writeString(directory.resolve("noise"), "this is a letter to my mother, of 50 bytes or more");
        for (String salvage : new String[] {"--no-progress", "--salvage"}) {
            Cli.Result refused = Cli.run("import", store, "drive", noise, "--from=simd-r-drive", salvage)
                    .expect(2);
            assertTrue(refused.err().contains("no file of simd-r-drive"), refused.err());
        }
        Cli.run("import", store, "drive", directory, "--from=simd-r-drive").expect(2);
        Cli.run("import", store, "drive", directory.resolve("none"), "--from=simd-r-drive")
                .expect(1);
        assertFalse(Files.exists(store));
    }

    @Test
    void valuesThatTheFormatCannotHoldAreRefused() {
        Path origin = directory.resolve("origin");
        Path target = directory.resolve("target");
        Cli.runWith(new byte[2], "put", origin, "zeros", "two").expect(0);
        Cli.Result warned = Cli.run("export", origin, "zeros", target, "--to=simd-r-drive", "--json")
                .expect(0);
        assertEquals(1, warned.json().get("zeroValues").asInt());
        assertTrue(warned.err().contains("'two'"), warned.err());
        Cli.run("put", origin, "source", "empty", "").expect(0);
        Cli.Result refused = Cli.run("export", origin, "source", directory.resolve("x"), "--to=simd-r-drive")
                .expect(2);
        assertTrue(refused.err().contains("\"empty\""), refused.err());
        assertFalse(Files.exists(directory.resolve("x")));
    }

    @Test
    void theProgressBarEndsAtAHundredPercent() {
        Cli.Result result = Cli.run("import", store, "drive", drive, "--from=simd-r-drive", "--progress")
                .expect(0);
        assertTrue(result.err().contains("importing 100%"), result.err());
    }
}
