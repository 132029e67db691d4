package dev.ashlar.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Crashes of an engine with all its threads, under several writers. The seed says what they write and where the crashes
 * are, not how the threads meet: what a failure prints therefore repeats from a recording.
 */
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ThreadsCrashTest {
    @TempDir
    Path directory;

    private static void crashes(long seed, int count) throws InterruptedException {
        Recording recording = ThreadedRun.of(seed);
        CrashStatistics statistics = new CrashStatistics();
        Life life = recording.life(statistics);
        Path file = Path.of("target", "sim", "threads-" + seed + ".recording");
        Random random = new Random(seed);
        // What was acknowledged when all had returned and the store was closed.
        recording.check(life, CrashPoint.kill(life.position()), 0, file);
        for (int i = 0; i < count; i++) {
            CrashPoint point = CrashPoint.random(random.nextLong(), 0, life.position());
            recording.check(life, point, random.nextLong(), file);
        }
        System.out.println("ThreadsCrashTest, seed " + seed + ": "
                + recording.writes().size() + " writes, " + recording.changes().size() + " changes, " + statistics);
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3, 4})
    @DisplayName(
            "A14, A21, A22 several threads write, the engine's own append, sync, checkpoint and compact; crashes at"
                    + " random points: what is durable is there, in the order of the LSNs, batches as a whole")
    void nothingIsLost(long seed) throws InterruptedException {
        crashes(seed, 120);
    }

    @Test
    @Tag("long")
    @Timeout(value = 3600, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    @DisplayName("A14, A21, A22 the same for ten minutes, with other seeds each time")
    void nothingIsLostForLong() throws InterruptedException {
        long end = System.nanoTime() + 600_000_000_000L;
        for (long seed = System.currentTimeMillis(); System.nanoTime() < end; seed++) {
            crashes(seed, 400);
        }
    }

    @Test
    @DisplayName("A recording that was kept in a file gives the same lives again")
    void aRecordingRepeats() throws InterruptedException {
        Recording recording = ThreadedRun.of(7);
        Path file = directory.resolve("kept.recording");
        recording.save(file);
        Recording again = Recording.load(file);
        assertEquals(recording.changes().size(), again.changes().size());
        for (int position = 0; position < recording.changes().size(); position += 97) {
            CrashPoint point = CrashPoint.random(position, position, position);
            assertEquals(
                    recording.life(new CrashStatistics()).crash(point).fingerprint(),
                    again.life(new CrashStatistics()).crash(point).fingerprint());
            Recording.replay(file, "5/" + point);
        }
        assertTrue(Model.isSame(recording.state(), again.state()));
    }
}
