package dev.ashlar.sim;

import dev.ashlar.CorruptionException;
import dev.ashlar.SalvageReport;
import dev.ashlar.Store;
import dev.ashlar.StoreOptions;
import dev.ashlar.UnsupportedFormatException;
import dev.ashlar.engine.TestEngines;
import dev.ashlar.sim.CrashStatistics.Kind;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;

/**
 * Salvages what a crash has left, and compares with what opening it has found. Salvage takes what verifies behind a gap, so
 * it may have some of what a loss of power took, each write as a whole; after a kill there are no gaps.
 */
final class SalvageOfCrash {
    /** Writes that may be there or not, of which all combinations are compared. */
    private static final int MOST_LOST = 10;

    private final Life life;
    private final StoreOptions options;
    private final SimDisk target = new SimDisk();

    private SalvageOfCrash(Life life) {
        this.life = life;
        this.options = Life.OPTIONS.withClock(life.clock());
    }

    /**
     * Compares.
     *
     * @param life which has been opened once, and in which nothing was done
     * @param afterKill the process was killed
     */
    static void compare(Life life, boolean afterKill, long seed) {
        new SalvageOfCrash(life).compare(afterKill, new Random(seed));
    }

    private void compare(boolean afterKill, Random random) {
        if (!life.store().vectorCollections().isEmpty()
                || !life.store().documentCollections().isEmpty()) {
            return; // tested apart
        }
        SimDisk damaged = new SimDisk(life.found());
        int before = damaged.history().position();
        Map<String, byte[]> opened = life.model().settled();
        SalvageReport report;
        try {
            report = TestEngines.salvage(damaged.storage(), target::storage, options, Life.CHUNK, Life.MOST_INLINE);
        } catch (UnsupportedFormatException | CorruptionException e) {
            StoreReader.require(opened.isEmpty(), () -> "nothing was salvaged of " + Model.describe(opened) + ": " + e);
            return;
        }
        StoreReader.require(
                damaged.history().position() == before && damaged.held().equals("0 files, 0 mappings, 0 locks"),
                () -> "salvaging has changed the store, or holds " + damaged.held());
        Map<String, byte[]> found = open(target);
        StoreReader.require(
                report.damaged().isEmpty() && report.lost().isEmpty(),
                () -> "a crash damages nothing that was durable, but the report has " + report);
        life.statistics().count(Kind.SALVAGED);
        if (!Model.isSame(opened, found)) {
            life.statistics().count(Kind.SALVAGED_MORE);
        }
        requireAllowed(opened, found, life.model().behindTheEnd(afterKill), report);
        crash(found, random);
    }

    private Map<String, byte[]> open(SimDisk disk) {
        try (Store store = TestEngines.small(Life.PATH, disk.storage(), options, false, Life.CHUNK, Life.MOST_INLINE)) {
            StoreReader.verify(store);
            Map<String, byte[]> found = StoreReader.read(store);
            StoreReader.readTyped(store, found);
            return found;
        }
    }

    private void requireAllowed(
            Map<String, byte[]> opened,
            Map<String, byte[]> found,
            List<Map<String, byte[]>> lost,
            SalvageReport report) {
        if (Model.isSame(opened, found)) {
            return;
        }
        if (lost.size() > MOST_LOST) {
            requireEachAllowed(opened, found, lost, report);
            return;
        }
        for (int chosen = 1; chosen < 1 << lost.size(); chosen++) {
            List<Map<String, byte[]>> more = new ArrayList<>();
            for (int i = 0; i < lost.size(); i++) {
                if ((chosen >> i & 1) != 0) {
                    more.add(lost.get(i));
                }
            }
            if (Model.isSame(life.model().settledWith(more), found)) {
                return;
            }
        }
        // A deletion of a key that was gone by then has left no trace: without the write that had removed the key, it
        // stays. And what drops a keyspace takes what only a lost write had deleted.
        if (lost.stream().flatMap(each -> each.values().stream()).anyMatch(Objects::isNull)) {
            requireEachAllowed(opened, found, lost, report);
            return;
        }
        throw new AssertionError("salvaged " + Model.describe(found) + "\nopened   " + Model.describe(opened)
                + "\nand none of the " + lost.size() + " writes that were lost explain it: "
                + lost.stream().map(Model::describe).toList() + "\n" + report);
    }

    /** Key by key: what opening shows, or what it would show after one of the lost writes, which may have expired since. */
    private void requireEachAllowed(
            Map<String, byte[]> opened,
            Map<String, byte[]> found,
            List<Map<String, byte[]>> lost,
            SalvageReport report) {
        List<String> paths = new ArrayList<>(opened.keySet());
        found.keySet().stream().filter(path -> !opened.containsKey(path)).forEach(paths::add);
        List<Map<String, byte[]>> after = lost.stream()
                .map(each -> life.model().settledWith(List.of(each)))
                .toList();
        for (String path : paths) {
            byte[] value = found.get(path);
            boolean allowed = Arrays.equals(opened.get(path), value)
                    || after.stream().anyMatch(each -> Arrays.equals(each.get(path), value));
            StoreReader.require(
                    allowed,
                    () -> "salvaged another value of " + path + ": " + Model.describe(found) + "\nopened   "
                            + Model.describe(opened) + "\nand writes that were lost: "
                            + lost.stream().map(Model::describe).toList() + "\n" + report);
        }
    }

    /** The salvage itself is interrupted: what it leaves says so, or is all of it; or there is nothing yet. */
    private void crash(Map<String, byte[]> whole, Random random) {
        History.Cursor cursor = target.history().cursor();
        for (int i = 0; i < 3; i++) {
            // The end is where it may go wrong; opening it above has added to that.
            int position = random.nextInt(target.history().position() + 1);
            CrashPoint point = CrashPoint.random(random.nextLong(), position, position);
            Disk left = point.isPowerLoss()
                    ? cursor.at(position).afterPowerLoss(point.fates())
                    : cursor.at(position).afterKill();
            SimDisk disk = new SimDisk(left);
            boolean unfinished = TestEngines.isUnfinished(disk.storage());
            boolean nothing = left.names().keySet().stream().noneMatch(name -> name.startsWith("MANIFEST"));
            if (!unfinished && !nothing) {
                Map<String, byte[]> found = open(disk);
                StoreReader.require(
                        Model.isSame(whole, found),
                        () -> "a salvage that was interrupted, " + point + ", left " + Model.describe(found)
                                + " without saying so, instead of " + Model.describe(whole));
            }
        }
    }
}
