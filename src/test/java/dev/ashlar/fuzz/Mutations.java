package dev.ashlar.fuzz;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** All changes to a specimen that are worth a try, by kind. */
final class Mutations {
    private static final int SECTOR = 512;

    /** Bytes at either end of a value. */
    private static final int EDGE = 24;

    private final Specimen specimen;
    private final StoreImage image;

    Mutations(Specimen specimen) {
        this.specimen = specimen;
        this.image = specimen.image();
    }

    /** Another one each time that a long test runs, so that in time all mutations are tried. */
    static int place() {
        return new Random().nextInt(1 << 20);
    }

    /**
     * All mutations, if there are no more than {@code whole}; else {@code share} of them, evenly spread. So a long test
     * takes as long as it does, however many specimens and fields there come to be.
     *
     * @param place which of those that are as good as each other, any number from 0
     */
    static List<Mutation> share(List<Mutation> all, int whole, int share, int place) {
        if (all.size() <= whole) {
            return all;
        }
        int count = Math.min(share, all.size());
        double step = (double) all.size() / count;
        double from = place % Math.max(1, (int) step);
        List<Mutation> some = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            some.add(all.get((int) Math.min(all.size() - 1, from + i * step)));
        }
        return some;
    }

    private Mutation mutation(Object... parts) {
        List<String> all = new ArrayList<>();
        for (Object part : parts) {
            all.add(String.valueOf(part));
        }
        return new Mutation(specimen.name(), String.join(":", all));
    }

    List<Mutation> nothing() {
        return List.of(mutation("grow", StoreImage.MANIFEST_A, 0));
    }

    /** Behind the last byte of a file that is not zero, and a little further. */
    private static int used(byte[] bytes) {
        int used = bytes.length;
        while (used > 0 && bytes[used - 1] == 0) {
            used--;
        }
        return Math.min(bytes.length, used + 16);
    }

    /**
     * Every bit of what has a meaning. Of zeros in tables, padding and unused space, and of the middle of values, only one
     * byte in a while.
     */
    List<Mutation> flips() {
        List<Mutation> all = new ArrayList<>();
        image.files().forEach((file, bytes) -> {
            for (int at = 0; at < bytes.length; at++) {
                if (isMeaningful(bytes, at) && !isInsideValue(file, at) || at % 251 == 0) {
                    for (int bit = 0; bit < 8; bit++) {
                        all.add(mutation("flip", file, 8L * at + bit));
                    }
                }
            }
        });
        return all;
    }

    private boolean isInsideValue(String file, int at) {
        for (LogFrame frame : specimen.frames()) {
            if (frame.file().equals(file) && at >= frame.payload() + EDGE) {
                if (at < frame.payload() + frame.payloadLength() - EDGE) {
                    return true;
                }
            }
        }
        return false;
    }

    /** A word that is not zero, or the first one behind such. */
    private static boolean isMeaningful(byte[] bytes, int at) {
        int word = at & -8;
        for (int i = Math.max(0, word - 8); i < Math.min(bytes.length, word + 8); i++) {
            if (bytes[i] != 0) {
                return true;
            }
        }
        return false;
    }

    /** Every length of every file, as far as something is lost, and some beyond. */
    List<Mutation> lengths() {
        List<Mutation> all = new ArrayList<>();
        image.files().forEach((file, bytes) -> {
            int used = used(bytes);
            for (int length = 0; length < bytes.length; length++) {
                boolean edge = isMeaningful(bytes, length) && !isInsideValue(file, length);
                if (length <= used && (edge || length % 64 == 0) || length % SECTOR == 0) {
                    all.add(mutation("cut", file, length));
                }
            }
            for (int more : new int[] {1, 8, 100, 4096, 70_000}) {
                all.add(mutation("grow", file, more));
            }
            if (bytes.length > 0) {
                all.add(mutation("remove", file));
            }
            for (int from = 0; from < used; from += SECTOR) {
                all.add(mutation("zero", file, from, Math.min(bytes.length, from + SECTOR)));
            }
        });
        return all;
    }

    /** Frames, ranges and whole files of other places, stores and times. */
    List<Mutation> stale() {
        List<Mutation> all = new ArrayList<>();
        for (int stage = -1; stage < specimen.earlier().size(); stage++) {
            StoreImage from = stage < 0 ? image : specimen.earlier().get(stage);
            replacements(all, specimen.name(), stage, from);
            frames(all, specimen.name(), stage, from);
        }
        for (Specimen other : Specimens.all().values()) {
            if (other != specimen) {
                replacements(all, other.name(), -1, other.image());
                frames(all, other.name(), -1, other.image());
            }
        }
        return all;
    }

    private void replacements(List<Mutation> all, String name, int stage, StoreImage from) {
        for (String file : image.files().keySet()) {
            for (String source : from.files().keySet()) {
                if (kind(file).equals(kind(source))
                        && !java.util.Arrays.equals(image.bytes(file), from.bytes(source))) {
                    all.add(mutation("replace", file, name, stage, source));
                }
            }
        }
    }

    private static String kind(String file) {
        return file.startsWith("MANIFEST") ? "manifest" : file.substring(0, Math.max(0, file.indexOf('/')));
    }

    private void frames(List<Mutation> all, String name, int stage, StoreImage from) {
        List<LogFrame> sources = LogFrame.all(from);
        List<LogFrame> targets = specimen.frames();
        for (int i = 0; i < targets.size(); i++) {
            for (int j = 0; j < sources.size(); j++) {
                if ((i * 7 + j) % 5 == 0) {
                    LogFrame to = targets.get(i);
                    LogFrame of = sources.get(j);
                    all.add(mutation(
                            "copy",
                            to.file(),
                            to.offset(),
                            name,
                            stage,
                            of.file(),
                            of.offset(),
                            of.end() - of.offset()));
                }
            }
            LogFrame last = targets.getLast();
            LogFrame of = sources.get(i % sources.size());
            all.add(mutation("copy", last.file(), last.end(), name, stage, of.file(), of.offset(), 4096));
        }
    }

    List<Mutation> splices(int from, int to) {
        List<Mutation> all = new ArrayList<>();
        for (int seed = from; seed < to; seed++) {
            all.add(mutation("splice", seed));
        }
        return all;
    }

    /** Of each kind some; splices from a seed on that nobody else takes. */
    List<Mutation> mixed(int splicesFrom) {
        List<Mutation> all = new ArrayList<>(flips());
        all.addAll(lengths());
        all.addAll(fields(true));
        all.addAll(splices(splicesFrom, splicesFrom + 1_000));
        return all;
    }

    /** Every number at its extremes and with each of its bits flipped, its checksum mended or not. */
    List<Mutation> fields(boolean mended) {
        List<Mutation> all = new ArrayList<>();
        for (Field field : Field.all(specimen)) {
            for (long value : field.extremes(image.bytes(field.file()))) {
                Seal seal = mended ? field.seal() : Seal.NONE;
                all.add(mutation("field", field.file(), field.at(), field.width(), value, seal));
            }
        }
        return all;
    }
}
