package dev.ashlar.fuzz;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Says what may have become of a specimen by a change to one of its files, as docs/DURABILITY.md has it: what was not hit
 * is as it was, unless it stands behind a gap above the watermark; what was hit is right, or an error; and an older value
 * may only be seen where the header of a newer record was lost in a replay, and then the report says so.
 */
final class Oracle {
    private final Specimen specimen;
    private final StoreImage mutant;
    private final boolean forged;

    /** The first and the last byte that differ, by file; what is missing of a file differs. */
    private final Map<String, int[]> touched = new TreeMap<>();

    /** How far the log is known to have been durable, by what was not hit. */
    private long watermark;

    /** LSN of the first record, or of the first one of its batch, that was hit above that. */
    private long gap = Long.MAX_VALUE;

    Oracle(Specimen specimen, Mutation.Mutant mutant) {
        this.specimen = specimen;
        this.mutant = mutant.image();
        this.forged = mutant.seal() != Seal.NONE;
        for (String name : specimen.image().differences(this.mutant)) {
            touched.put(name, touched(name));
        }
        watermark = specimen.manifestDurable();
        for (LogFrame frame : specimen.frames()) {
            if (!isHit(frame)) {
                watermark = Math.max(watermark, frame.watermark());
            }
        }
        for (LogFrame frame : specimen.frames()) {
            if (isHit(frame) && frame.lsn() >= watermark) {
                gap = Math.min(gap, frame.type() == 1 ? frame.lsn() : Math.min(frame.lsn(), frame.batchStart()));
            }
        }
    }

    private int[] touched(String name) {
        byte[] before = specimen.image().files().get(name);
        byte[] after = mutant.files().get(name);
        if (before == null || after == null) {
            return new int[] {0, Integer.MAX_VALUE};
        }
        int from = Arrays.mismatch(before, after);
        int to = Math.max(before.length, after.length);
        if (before.length == after.length) {
            while (before[to - 1] == after[to - 1]) {
                to--;
            }
        } else {
            to = Integer.MAX_VALUE;
        }
        return new int[] {from, to};
    }

    private boolean isHit(LogFrame frame) {
        int[] range = touched.get(frame.file());
        boolean inPlace = range != null && range[0] < frame.end() && range[1] > frame.offset();
        return inPlace
                || frame.valueFile() != 0 && touched.keySet().stream().anyMatch(name -> name.startsWith("values/"));
    }

    private boolean isTouched(String prefix) {
        return touched.keySet().stream().anyMatch(name -> name.startsWith(prefix));
    }

    // ------------------------------------------------------------------------------------------------------- reading

    /** Fails if a reading is not one that may be. */
    void check(Reading reading) {
        if (reading.refusal() != null) {
            require(forged || isTouched("MANIFEST"), "refused: " + reading.refusal());
            return;
        }
        if (forged) {
            checkForged(reading);
            return;
        }
        Map<String, List<LogFrame>> records = specimen.records();
        records.forEach((path, frames) -> {
            if (!specimen.isRow(path)) {
                checkKey(path, frames, reading);
            }
        });
        specimen.history().keySet().stream().filter(specimen::isRow).forEach(path -> checkRow(path, reading));
        reading.found().forEach((path, value) -> {
            if (!value.equals(Reading.DAMAGED)) {
                Set<String> values = specimen.history().getOrDefault(named(path), Set.of());
                require(values.contains(value), "never written: " + path + " = " + Reading.describe(value));
                require(
                        reading.scanned().contains(path),
                        "a get finds what a scan does not, and nothing is damaged before it: " + path);
            }
        });
        if (reading.isSilent() && !saysSomething(reading) && !isSilentTail()) {
            require(
                    specimen.current().equals(reading.found()),
                    "lost without a word: " + reading.found().keySet());
        }
    }

    /** A path in a keyspace whose definition is lost, with its name. */
    private String named(String path) {
        String space = path.substring(0, path.indexOf('\0'));
        String vectors = "recovered vector collection ";
        String recovered = space.startsWith(vectors) ? vectors : "recovered keyspace ";
        if (!space.startsWith(recovered)) {
            return path;
        }
        return specimen.names().get(Integer.parseInt(space.substring(recovered.length())))
                + path.substring(space.length());
    }

    private static boolean saysSomething(Reading reading) {
        return !reading.report().damaged().isEmpty()
                || !reading.report().dropped().isEmpty()
                || reading.report().sweptFiles().stream().anyMatch(name -> name.startsWith("log/"));
    }

    /** Forged records may say anything, but only with bytes that the store has. */
    private void checkForged(Reading reading) {
        Set<String> payloads = specimen.payloads();
        reading.found().forEach((path, value) -> {
            boolean known = specimen.history().getOrDefault(path, Set.of()).contains(value);
            require(
                    value.equals(Reading.DAMAGED)
                            || known
                            || payloads.contains(value)
                            // A forged dimension makes rows shorter.
                            || payloads.stream().anyMatch(payload -> payload.startsWith(value)),
                    "never written: " + path + " = " + Reading.describe(value));
        });
    }

    private void checkKey(String path, List<LogFrame> frames, Reading reading) {
        String expected = specimen.current().get(path);
        String found = reading.found().get(path);
        String context = path.replace('\0', '/') + " is " + Reading.describe(found) + " instead of "
                + Reading.describe(expected);
        if (java.util.Objects.equals(expected, found) || definitionIsLost(path, reading)) {
            return;
        }
        require(isDisturbed(frames), "what was not hit has changed: " + context);
        LogFrame last = frames.getLast();
        boolean replayed = !specimen.clean() && (last.lsn() >= specimen.checkpointBegin() || isTouched("index"));
        require(replayed || Reading.DAMAGED.equals(found), "hit, not replayed, and no error: " + context);
        require(saysSomething(reading) || Reading.DAMAGED.equals(found) || isSilentTail(), "not reported: " + context);
    }

    /** A row may be in a segment, in the log, or in both. */
    private void checkRow(String path, Reading reading) {
        String expected = specimen.current().get(path);
        String found = reading.found().get(path);
        String context =
                path.substring(0, path.indexOf('\0')) + "/" + Bytes.number(Bytes.bytes(path), path.length() - 8, 8)
                        + " is " + Reading.describe(found) + " instead of " + Reading.describe(expected);
        if (java.util.Objects.equals(expected, found) || definitionIsLost(path, reading)) {
            return;
        }
        require(
                isTouched("log/") || isTouched("index/") || isSegmentTouched(),
                "what was not hit has changed: " + context);
        require(
                isTouched("log/") || isTouched("index/") || Reading.DAMAGED.equals(found),
                "a damaged segment, and no error: " + context);
        require(saysSomething(reading) || Reading.DAMAGED.equals(found) || isSilentTail(), "not reported: " + context);
    }

    private boolean isSegmentTouched() {
        return touched.keySet().stream().anyMatch(name -> name.endsWith(".seg"));
    }

    /** Zeros stand where the log ends now, as if nothing had ever been written there. */
    private boolean isSilentTail() {
        for (LogFrame frame : specimen.frames()) {
            if (!specimen.clean() && frame.end() + frame.lsn() - frame.offset() > gap) {
                byte[] bytes = mutant.files().getOrDefault(frame.file(), new byte[0]);
                for (int at = frame.offset(); at < bytes.length; at++) {
                    if (bytes[at] != 0) {
                        return false;
                    }
                }
            }
        }
        return gap != Long.MAX_VALUE;
    }

    private boolean definitionIsLost(String path, Reading reading) {
        String space = path.substring(0, path.indexOf('\0'));
        return !specimen.clean()
                && reading.found().keySet().stream().noneMatch(each -> each.startsWith(space + '\0'))
                && specimen.frames().stream()
                        .anyMatch(frame ->
                                frame.space() == 0 && frame.isRecord() && (isHit(frame) || isBehindGap(frame)));
    }

    private boolean isDisturbed(List<LogFrame> frames) {
        return frames.stream().anyMatch(frame -> isHit(frame) || isBehindGap(frame));
    }

    private boolean isBehindGap(LogFrame frame) {
        return !specimen.clean() && frame.end() + frame.lsn() - frame.offset() > gap;
    }

    // --------------------------------------------------------------------------------------------------- files, after

    /** Opening destroys nothing that is committed; refusing changes nothing at all. */
    void checkFiles(Reading reading, StoreImage after) {
        if (reading.refusal() != null) {
            Set<String> differences = mutant.differences(after);
            require(differences.isEmpty(), "refused and changed " + differences + ": " + reading.refusal());
            return;
        }
        if (forged) {
            return;
        }
        for (String chunk : mutant.in("log")) {
            if (after.has(chunk)) {
                require(Arrays.equals(mutant.bytes(chunk), after.bytes(chunk)), chunk + " was changed");
            } else {
                LogFrame lost = committedIn(chunk);
                require(lost == null, chunk + " was removed, with " + lost);
            }
        }
        for (String file : mutant.in("segments")) {
            require(
                    after.has(file) || !file.endsWith(".seg") || isTouched("log") || isTouched("index"),
                    file + " was removed");
        }
        for (String file : mutant.in("values")) {
            require(after.has(file) || isTouched("log"), file + " was removed");
        }
    }

    private @Nullable LogFrame committedIn(String chunk) {
        List<LogFrame> committed = new ArrayList<>(specimen.frames());
        committed.removeIf(
                frame -> !frame.file().equals(chunk) || frame.type() == 1 || isHit(frame) || frame.lsn() >= watermark);
        return committed.isEmpty() ? null : committed.getFirst();
    }

    private static void require(boolean holds, String otherwise) {
        if (!holds) {
            throw new AssertionError(otherwise);
        }
    }
}
