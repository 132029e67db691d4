package dev.ashlar.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class ReplayCommandTest {
    @Test
    @DisplayName("Whatever part of the rig fails, its message has one command, and that repeats the failure")
    void theCommandOfAFailureRepeatsIt() throws Exception {
        int broken = Mutant.numberOf("acknowledges as durable before the sync");
        List<String> results = MutantHunt.inAnotherProcess(ReplayHunt.class, List.of(broken));
        assertEquals(1, results.size());
        String[] lines = results.getFirst().split(ReplayHunt.SEPARATOR);
        assertEquals(5, lines.length, results.getFirst());
        for (String line : lines) {
            assertTrue(line.matches(".*(:|crash=).*"), results.getFirst());
            // It is the engine that is broken, not what is done to it.
            Replay.run(line);
        }
    }

    @Test
    @DisplayName("A crash as text is the same crash")
    void crashesAsText() {
        for (String text : List.of(
                "kill@17",
                "kill@17+0.5",
                "power@17/NAMES_ARE_LOST",
                "power@17/choices.0.4.1",
                "power@0/choices",
                "power@17/seed.-42")) {
            assertEquals(text, CrashPoint.parse(text).toString());
        }
        CrashPoint drawn = CrashPoint.random(7, 0, 100);
        assertEquals(drawn.toString(), CrashPoint.parse(drawn.toString()).toString());
    }
}
