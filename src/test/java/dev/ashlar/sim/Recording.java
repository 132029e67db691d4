package dev.ashlar.sim;

import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.io.Serializable;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What threads did to a store, and what the store did to the disk meanwhile, from which every crash can be derived again.
 * Threads never do the same twice, so what is kept of a failure is not how they were started, but this.
 *
 * @param changes all changes of the disk, from an empty one on
 * @param openedAt where the opening was complete
 * @param writes those that took effect
 * @param durable what the store said, at some moments, about how far it is durable
 * @param ticks when the clock went on
 */
record Recording(
        ArrayList<DiskChange> changes,
        int openedAt,
        ArrayList<Write> writes,
        ArrayList<Durable> durable,
        ArrayList<Tick> ticks)
        implements Serializable {
    /** Where a recording is repeated from. */
    static final String PROPERTY = "ashlar.sim.recording";

    /** The crash of it that failed: {@code 17/kill@40}, with the seed of what followed. */
    static final String CRASH_PROPERTY = "ashlar.sim.crash";

    /** A write, whose call began at one position of the history and had returned at another. */
    record Write(LinkedHashMap<String, byte[]> effects, int submittedAt, long lsn, int appendedAt)
            implements Serializable {}

    /** At this position of the history the store had said that all below an LSN is durable. */
    record Durable(long lsn, int position) implements Serializable {}

    /** From this position of the history on the clock may have said so many milliseconds. */
    record Tick(int position, long millis) implements Serializable {}

    /** The life that was recorded: it can crash at any point. The store in it is gone. */
    Life life(CrashStatistics statistics) {
        SimDisk disk = new SimDisk();
        changes.forEach(disk.history()::add);
        return Life.recorded(disk, model(), openedAt, ticks, statistics);
    }

    /** The writes in the order of their LSNs, which is the order that a recovery has to keep to. */
    private Model model() {
        long end = ticks.getLast().millis();
        Model model = new Model(() -> end);
        writes.stream().sorted(Comparator.comparingLong(Write::lsn)).forEach(write -> {
            Model.Submission submission = model.submit(write.effects, write.submittedAt);
            model.appended(submission, write.lsn, write.appendedAt);
        });
        long highest = 0;
        for (Durable each : durable.stream()
                .sorted(Comparator.comparingInt(Durable::position))
                .toList()) {
            if (each.lsn > highest) {
                model.durable(each.lsn, each.position);
                highest = each.lsn;
            }
        }
        return model;
    }

    /** What readers have to see when all calls have returned. */
    Map<String, byte[]> state() {
        return model().live();
    }

    /** Checks one crash, and what may follow it. A failure leaves the recording in a file, and names it. */
    void check(Life life, CrashPoint point, long seed, Path file) {
        try {
            new CrashExplorer().check(life, point, seed);
        } catch (AssertionError | RuntimeException e) {
            save(file);
            throw new AssertionError(
                    Replay.REPEAT + "ReplayTest -D" + PROPERTY + "=" + file + " -D" + CRASH_PROPERTY + "=" + seed + "/"
                            + point + "\n" + e.getMessage(),
                    e);
        }
    }

    static void replay(Path file, String crash) {
        int slash = crash.indexOf('/');
        Recording recording = load(file);
        Life life = recording.life(new CrashStatistics());
        CrashPoint point = CrashPoint.parse(crash.substring(slash + 1));
        recording.check(life, point, Long.parseLong(crash.substring(0, slash)), file);
    }

    /** Beside the recording, the same as text. */
    void save(Path file) {
        try {
            Files.createDirectories(file.toAbsolutePath().getParent());
            try (ObjectOutputStream out = new ObjectOutputStream(Files.newOutputStream(file))) {
                out.writeObject(this);
            }
            List<String> lines = new ArrayList<>();
            for (int i = 0; i < changes.size(); i++) {
                lines.add(i + "\t" + describe(changes.get(i)));
            }
            for (Write write : writes) {
                lines.add("LSN " + write.lsn + "\tfrom " + write.submittedAt + " to " + write.appendedAt + "\t"
                        + write.effects.keySet());
            }
            durable.forEach(each -> lines.add(each.toString()));
            ticks.forEach(each -> lines.add(each.toString()));
            Files.write(Path.of(file + ".txt"), lines);
        } catch (IOException e) {
            throw new AssertionError("the recording could not be kept", e);
        }
    }

    private static String describe(DiskChange change) {
        return change instanceof DiskChange.Write write
                ? "Write[file=" + write.file() + ", position=" + write.position() + ", bytes=" + write.data().length
                        + "]"
                : change.toString();
    }

    static Recording load(Path file) {
        try (ObjectInputStream in = new ObjectInputStream(Files.newInputStream(file))) {
            return (Recording) in.readObject();
        } catch (IOException | ClassNotFoundException e) {
            throw new AssertionError("no recording in " + file, e);
        }
    }
}
