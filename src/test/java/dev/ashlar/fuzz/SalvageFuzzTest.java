package dev.ashlar.fuzz;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.ashlar.CorruptionException;
import dev.ashlar.Damage;
import dev.ashlar.SalvageOptions;
import dev.ashlar.SalvageReport;
import dev.ashlar.UnsupportedFormatException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Stores of known content with several random wounds each, salvaged: every value in the new store was written under its
 * key, what was not hit is there (or is deleted, if that is what was written last), and what was hit is reported.
 *
 * <p>A failure names its seed; {@code -Dashlar.salvage.seed=…} with {@code -Dtest=SalvageFuzzTest#some} repeats it alone.
 */
@Timeout(value = 3600, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class SalvageFuzzTest {
    private static final String SEED = "ashlar.salvage.seed";

    private static final String RECOVERED = "recovered keyspace ";

    private static final int SOME = 77;
    private static final int MANY = Integer.getInteger("ashlar.salvage.many", 4_000);

    @Test
    void some() {
        Long seed = Long.getLong(SEED);
        if (seed != null) {
            run(seed);
            return;
        }
        for (long each = 0; each < SOME; each++) {
            run(each);
        }
    }

    @Test
    @Tag("long")
    void many() {
        for (long each = 1_000_000; each < 1_000_000 + MANY; each++) {
            run(each);
        }
    }

    private static void run(long seed) {
        List<Specimen> all = List.copyOf(Specimens.all().values());
        Random random = new Random(seed * 0x9E37_79B9L);
        Specimen specimen = all.get((int) (seed % all.size()));
        Wounds wounds = new Wounds(specimen, random);
        SalvageOptions options = SalvageOptions.DEFAULT.withStale(random.nextInt(3) == 0);
        try {
            Salvaged salvaged;
            try {
                salvaged = Salvaged.of(wounds.image, options);
            } catch (CorruptionException | UnsupportedFormatException e) {
                require(!wounds.saysWhichStore(), "refused: " + e.getMessage());
                return;
            }
            new Check(specimen, wounds, salvaged).run();
        } catch (RuntimeException | AssertionError e) {
            throw new AssertionError(
                    "-D" + SEED + "=" + seed + ": " + specimen.name() + " with " + wounds.done + ", " + options.stale(),
                    e);
        }
    }

    private static void require(boolean holds, String otherwise) {
        if (!holds) {
            throw new AssertionError(otherwise);
        }
    }

    /** What was done to a store. */
    private static final class Wounds {
        final Specimen specimen;
        final List<String> done = new ArrayList<>();
        StoreImage image;

        Wounds(Specimen specimen, Random random) {
            this.specimen = specimen;
            this.image = specimen.image();
            int manifests = random.nextInt(3);
            if (manifests > 0) {
                remove(StoreImage.MANIFEST_A);
            }
            if (manifests > 1) {
                remove(StoreImage.MANIFEST_B);
            }
            List<String> files = new ArrayList<>(image.files().keySet());
            files.remove(StoreImage.LOCK);
            int wounds = random.nextInt(5);
            for (int i = 0; i < wounds && !files.isEmpty(); i++) {
                // Mostly the log.
                List<String> from = random.nextInt(4) > 0 && !image.in("log").isEmpty() ? image.in("log") : files;
                wound(from.get(random.nextInt(from.size())), random);
            }
        }

        private void wound(String name, Random random) {
            byte[] bytes = image.files().get(name);
            if (bytes == null || bytes.length == 0) {
                return;
            }
            int at = random.nextInt(Math.min(bytes.length, usedBytes(name) + 64));
            int length = 1 + random.nextInt(random.nextInt(3) == 0 ? 2000 : 64);
            int to = Math.min(bytes.length, at + length);
            byte[] copy = bytes.clone();
            switch (random.nextInt(8)) {
                case 0 -> remove(name);
                case 1 -> set(name, Arrays.copyOf(bytes, at), "cut to " + at);
                case 2, 3 -> {
                    Arrays.fill(copy, at, to, (byte) 0);
                    set(name, copy, "zeroed from " + at + " to " + to);
                }
                case 4, 5 -> {
                    byte[] rubbish = new byte[to - at];
                    random.nextBytes(rubbish);
                    System.arraycopy(rubbish, 0, copy, at, rubbish.length);
                    set(name, copy, "garbled from " + at + " to " + to);
                }
                case 6 -> {
                    copy[at] ^= (byte) (1 << random.nextInt(8));
                    set(name, copy, "flipped at " + at);
                }
                default -> {
                    byte[] moved = Arrays.copyOfRange(bytes, at, to); // whole frames, perhaps, at another place
                    int target = random.nextInt(bytes.length) & -8;
                    System.arraycopy(moved, 0, copy, target, Math.min(moved.length, bytes.length - target));
                    set(name, copy, "bytes from " + at + " copied to " + target);
                }
            }
        }

        /** Mostly the rest of a chunk is zero. */
        private int usedBytes(String name) {
            return specimen.frames().stream()
                    .filter(frame -> frame.file().equals(name))
                    .mapToInt(LogFrame::end)
                    .max()
                    .orElse(specimen.image().bytes(name).length);
        }

        private void remove(String name) {
            image = image.without(name);
            done.add(name + " removed");
        }

        private void set(String name, byte[] bytes, String what) {
            image = image.with(name, bytes);
            done.add(name + " " + what);
        }

        boolean isHit(String name, int from, int to) {
            byte[] before = specimen.image().bytes(name);
            byte[] after = image.files().get(name);
            return after == null || after.length < to || Arrays.mismatch(before, from, to, after, from, to) >= 0;
        }

        boolean isHit(LogFrame frame) {
            return isHit(frame.file(), frame.offset(), frame.end()) || isValueHit(frame);
        }

        /** Between the header of a value's file and the value there are zeros, which no checksum covers. */
        boolean isValueHit(LogFrame frame) {
            return frame.valueFile() != 0
                    && specimen.image().in("values").stream()
                            .anyMatch(name -> isHit(name, 0, 72)
                                    || isHit(name, 4096, specimen.image().bytes(name).length));
        }

        boolean hasManifest() {
            return List.of(StoreImage.MANIFEST_A, StoreImage.MANIFEST_B).stream()
                    .anyMatch(name -> !isHit(name, 0, specimen.image().bytes(name).length));
        }

        /** Whether any header is whole; without any chunk there is nothing to tell of which store it is. */
        boolean saysWhichStore() {
            return hasManifest() || specimen.image().in("log").stream().anyMatch(name -> !isHit(name, 0, 64));
        }
    }

    /** Compares what a salvage gave with what was written. */
    private record Check(Specimen specimen, Wounds wounds, Salvaged salvaged) {
        void run() {
            Map<String, String> content = new TreeMap<>();
            salvaged.content().forEach((path, value) -> {
                String named = named(path);
                require(
                        specimen.history().getOrDefault(named, Set.of()).contains(value),
                        "never written: " + shown(named) + " = " + Reading.describe(value));
                if (isOfFormerKeyspace(path)) {
                    require(isRemovalHit(recoveredId(path)), "removed, and here again: " + shown(path));
                } else {
                    content.put(named, value);
                }
            });
            Map<String, List<LogFrame>> records = specimen.records();
            records.forEach((path, frames) -> {
                if (!specimen.isRow(path)) {
                    checkKey(path, frames, content.get(path));
                }
            });
            specimen.history().keySet().stream()
                    .filter(specimen::isRow)
                    .forEach(path -> checkRow(path, records.getOrDefault(path, List.of()), content.get(path)));
            boolean nothing = specimen.frames().stream().noneMatch(wounds::isHit) && !isSegmentHit();
            if (nothing && wounds.hasManifest()) {
                require(specimen.current().equals(content), "nothing was hit, and not all is there");
            }
            if (wounds.hasManifest()) {
                specimen.frames().forEach(this::checkReported);
            }
            boolean same = specimen.current().equals(content);
            SalvageReport report = salvaged.report();
            require(same || !report.complete() || isSilentTail(), "called complete, and is not");
        }

        private void checkKey(String path, List<LogFrame> frames, String found) {
            LogFrame newest = frames.getLast();
            String expected = specimen.current().get(path);
            if (Objects.equals(expected, found) || wounds.isHit(newest) || isInBrokenBatch(newest)) {
                return;
            }
            throw new AssertionError("what was not hit has changed: " + shown(path) + " is " + Reading.describe(found)
                    + " instead of " + Reading.describe(expected));
        }

        /** A row may be in a segment as well as in the log, or only there. */
        private void checkRow(String path, List<LogFrame> frames, String found) {
            if (!Objects.equals(specimen.current().get(path), found)
                    && !isSegmentHit()
                    && frames.stream().noneMatch(frame -> wounds.isHit(frame) || isInBrokenBatch(frame))) {
                throw new AssertionError("what was not hit has changed: " + shown(path) + " is "
                        + Reading.describe(found) + " instead of "
                        + Reading.describe(specimen.current().get(path)));
            }
        }

        private boolean isSegmentHit() {
            StoreImage image = specimen.image();
            return image.in("segments").stream().anyMatch(name -> wounds.isHit(name, 0, image.bytes(name).length));
        }

        /** A batch that is not whole does not count where nothing says that it was durable. */
        private boolean isInBrokenBatch(LogFrame frame) {
            return specimen.frames().stream()
                    .anyMatch(each -> each.batchStart() == frame.batchStart() && wounds.isHit(each));
        }

        /** Each frame that was hit and had been durable is named. */
        private void checkReported(LogFrame frame) {
            if (!wounds.isHit(frame) || frame.lsn() >= specimen.manifestDurable() || isOnlyPaddingHit(frame)) {
                return;
            }
            SalvageReport report = salvaged.report();
            List<Damage> all = new ArrayList<>(report.damaged());
            all.addAll(report.doubtful());
            all.addAll(report.harmless());
            report.lost().forEach(each -> all.add(each.where()));
            boolean named = all.stream()
                    .anyMatch(damage -> damage.file().equals(frame.file())
                            && damage.position() < frame.end()
                            && damage.position() + damage.length() > frame.offset());
            boolean value = wounds.isValueHit(frame)
                    && (report.lost().stream().anyMatch(each -> frame.key().equals(text(each))) || !isNewest(frame));
            require(named || value, "not reported: " + frame);
        }

        private boolean isNewest(LogFrame frame) {
            return specimen.records().values().stream()
                    .anyMatch(frames -> frames.getLast().equals(frame));
        }

        private static String text(SalvageReport.LostValue lost) {
            return Bytes.text(lost.key().toArray(JAVA_BYTE));
        }

        /**
         * No checksum covers the zeros between key and payload, and behind it. The payload of a chunk's first frame is not
         * looked at where there is a manifest, which says the same.
         */
        private boolean isOnlyPaddingHit(LogFrame frame) {
            int keyEnd = frame.offset()
                    + 40
                    + ((frame.flags() & 2) != 0 ? 8 : 0)
                    + ((frame.flags() & 4) != 0 ? 16 : 0)
                    + (frame.flags() & 8)
                    + frame.key().length();
            return !wounds.isValueHit(frame)
                    && !wounds.isHit(frame.file(), frame.offset(), keyEnd)
                    && (frame.type() == 1
                            || !wounds.isHit(frame.file(), frame.payload(), frame.payload() + frame.payloadLength()));
        }

        /**
         * Zeros at the end of the log, behind all that anything says was durable, are as if nothing had been there. What was
         * hit before that end must have been superseded by something intact.
         */
        private boolean isSilentTail() {
            long lastIntact = specimen.frames().stream()
                    .filter(frame -> !wounds.isHit(frame))
                    .mapToLong(LogFrame::lsn)
                    .max()
                    .orElse(0);
            List<LogFrame> hit =
                    specimen.frames().stream().filter(wounds::isHit).toList();
            return hit.stream().filter(frame -> frame.lsn() < lastIntact).allMatch(this::isSuperseded)
                    && hit.stream()
                            .mapToLong(LogFrame::lsn)
                            .filter(lsn -> lsn > lastIntact)
                            .allMatch(lsn -> !wounds.hasManifest() || lsn >= specimen.manifestDurable());
        }

        private boolean isSuperseded(LogFrame frame) {
            return specimen.records().values().stream()
                    .filter(frames -> frames.contains(frame))
                    .anyMatch(frames -> frames.subList(frames.indexOf(frame) + 1, frames.size()).stream()
                            .anyMatch(later -> !wounds.isHit(later)));
        }

        /** A path in a keyspace whose definition is lost, with its name. */
        private String named(String path) {
            int id = recoveredId(path);
            return id < 0 ? path : specimen.names().get(id) + path.substring(path.indexOf('\0'));
        }

        /** The id of the keyspace if its name was made up, else -1. */
        private static int recoveredId(String path) {
            String space = path.substring(0, path.indexOf('\0'));
            for (String recovered : List.of(RECOVERED, "recovered vector collection ")) {
                if (space.startsWith(recovered)) {
                    return Integer.parseInt(space.substring(recovered.length()));
                }
            }
            return -1;
        }

        /** Whether the path is in a keyspace that was removed before its name was given again. */
        private boolean isOfFormerKeyspace(String path) {
            int id = recoveredId(path);
            Map<Integer, String> names = specimen.names();
            return names.entrySet().stream()
                    .anyMatch(each -> each.getKey() > id && each.getValue().equals(names.get(id)));
        }

        /** Whether nothing intact says that a keyspace was removed. */
        private boolean isRemovalHit(int id) {
            return specimen.frames().stream()
                    .filter(frame -> frame.isDefinitionDeleted() && frame.definedId() == id)
                    .allMatch(frame -> wounds.isHit(frame) || isInBrokenBatch(frame));
        }

        private static String shown(String path) {
            return path.replace('\0', '/');
        }
    }
}
