package dev.ashlar.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.OutputStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class HelpTest {
    static Stream<String> commands() {
        Output nowhere = new Output(
                new ByteArrayInputStream(new byte[0]),
                OutputStream.nullOutputStream(),
                OutputStream.nullOutputStream(),
                false);
        return AshlarCommand.commandLine(nowhere).getSubcommands().keySet().stream()
                .filter(name -> !name.equals("help"));
    }

    @ParameterizedTest
    @MethodSource("commands")
    void everyCommandExplainsItself(String command) {
        Cli.Result option = Cli.run(command, "--help").expect(0);
        assertTrue(option.out().contains("Usage: ashlar " + command), option.out());
        assertTrue(option.out().contains("Examples:"), option.out());
        assertTrue(option.out().contains("--json"), option.out());
        assertTrue(option.out().contains("Exit codes:"), option.out());
        assertEquals("", option.err());
        assertEquals(option.out(), Cli.run("help", command).expect(0).out());
        assertEquals(option.out(), Cli.run(command, "-h").expect(0).out());
    }

    @Test
    void theHelpOfAllListsTheCommandsForPeople() {
        String help = Cli.run("--help").expect(0).out();
        assertEquals(help, Cli.run("help").expect(0).out());
        commands()
                .filter(name -> !name.equals(QuickstartWriterCommand.NAME))
                .forEach(name -> assertTrue(help.contains("\n  " + name + " "), name));
        assertFalse(help.contains(QuickstartWriterCommand.NAME));
        assertTrue(help.contains("ashlar quickstart"));
    }

    @Test
    void linesFitATerminalOfAHundredColumns() {
        commands()
                .forEach(name ->
                        Cli.run("help", name).out().lines().forEach(line -> assertTrue(line.length() <= 100, line)));
    }

    @ParameterizedTest
    @MethodSource("commands")
    void everyCommandKnowsTheVersion(String command) {
        String version = Cli.run(command, "--version").expect(0).out();
        assertTrue(version.startsWith("ashlar " + Version.ashlar() + "\n"), version);
        assertTrue(version.contains("Java " + Runtime.version()), version);
        assertEquals(version, Cli.run("-V").expect(0).out());
    }
}
