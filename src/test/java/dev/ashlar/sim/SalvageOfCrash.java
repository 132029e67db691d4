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
        requireAllowed(opened, found, afterKill ? List.of() : life.model().lost(), report);
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
            requireEachAllowed(opened, found, lost);
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
        throw new AssertionError("salvaged " + Model.describe(found) + "\nopened   " + Model.describe(opened)
                + "\nand none of the " + lost.size() + " writes that were lost explain it: "
                + lost.stream().map(Map::keySet).toList() + "\n" + report);
    }

    /** Key by key: what opening shows, or what one of the lost writes had for it. */
    private static void requireEachAllowed(
            Map<String, byte[]> opened, Map<String, byte[]> found, List<Map<String, byte[]>> lost) {
        List<String> paths = new ArrayList<>(opened.keySet());
        found.keySet().stream().filter(path -> !opened.containsKey(path)).forEach(paths::add);
        for (String path : paths) {
            byte[] value = found.get(path);
            boolean allowed = Arrays.equals(opened.get(path), value)
                    || lost.stream().anyMatch(each -> touches(each, path) && Arrays.equals(each.get(path), value));
            StoreReader.require(allowed, () -> "salvaged another value of " + path);
        }
    }

    private static boolean touches(Map<String, byte[]> effects, String path) {
        String key = path.endsWith(Model.EXPIRY) ? path.substring(0, path.length() - 1) : path;
        return effects.containsKey(key) || effects.containsKey(key.substring(0, key.indexOf('/') + 1) + Model.ALL);
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
