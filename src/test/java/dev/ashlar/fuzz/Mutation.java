package dev.ashlar.fuzz;

import java.util.Arrays;
import java.util.List;
import java.util.Random;

/**
 * One change to the files of a specimen, which its text describes completely:
 *
 * <pre>
 *   flip:FILE:BIT                     one bit
 *   cut:FILE:LENGTH                   what is behind that is gone
 *   grow:FILE:BYTES                   rubbish behind the end
 *   remove:FILE
 *   zero:FILE:FROM:TO                 sectors that were lost
 *   replace:FILE:SPECIMEN:STAGE:FROM  a file of a store, or of the same store as it was before, in place of this one
 *   copy:FILE:AT:SPECIMEN:STAGE:FROM:POSITION:LENGTH   bytes of some file put over bytes of this one
 *   splice:SEED                       the same, at random
 *   field:FILE:AT:WIDTH:VALUE:SEAL    a number, and the checksum that covers it mended
 * </pre>
 *
 * Stage -1 is a specimen as it is, others are what it remembers.
 */
record Mutation(String specimen, String text) {
    /** A changed store. */
    record Mutant(StoreImage image, Seal seal) {}

    @Override
    public String toString() {
        return specimen + ":" + text;
    }

    static Mutation parse(String text) {
        int colon = text.indexOf(':');
        return new Mutation(text.substring(0, colon), text.substring(colon + 1));
    }

    Mutant apply() {
        Specimen on = Specimens.named(specimen);
        StoreImage image = on.image();
        String[] parts = text.split(":");
        return switch (parts[0]) {
            case "flip" -> changed(image, parts[1], bytes -> flip(bytes, Integer.parseInt(parts[2])));
            case "cut" ->
                unsealed(image.with(parts[1], Arrays.copyOf(image.bytes(parts[1]), Integer.parseInt(parts[2]))));
            case "grow" -> unsealed(image.with(parts[1], grown(image.bytes(parts[1]), Integer.parseInt(parts[2]))));
            case "remove" -> unsealed(image.without(parts[1]));
            case "zero" ->
                changed(
                        image,
                        parts[1],
                        bytes -> Arrays.fill(bytes, Integer.parseInt(parts[2]), Integer.parseInt(parts[3]), (byte) 0));
            case "replace" ->
                unsealed(image.with(parts[1], stage(parts[2], parts[3]).bytes(parts[4])));
            case "copy" ->
                changed(
                        image,
                        parts[1],
                        bytes -> copy(
                                stage(parts[3], parts[4]).bytes(parts[5]),
                                Integer.parseInt(parts[6]),
                                bytes,
                                Integer.parseInt(parts[2]),
                                Integer.parseInt(parts[7])));
            case "splice" -> splice(image, new Random(Long.parseLong(parts[1])));
            case "field" -> field(on, parts);
            default -> throw new IllegalArgumentException(text);
        };
    }

    private static Mutant unsealed(StoreImage image) {
        return new Mutant(image, Seal.NONE);
    }

    private static Mutant changed(StoreImage image, String file, java.util.function.Consumer<byte[]> change) {
        byte[] bytes = image.bytes(file).clone();
        change.accept(bytes);
        return unsealed(image.with(file, bytes));
    }

    private static void flip(byte[] bytes, int bit) {
        bytes[bit >>> 3] ^= (byte) (1 << (bit & 7));
    }

    private static byte[] grown(byte[] bytes, int more) {
        byte[] grown = Arrays.copyOf(bytes, bytes.length + more);
        Arrays.fill(grown, bytes.length, grown.length, (byte) 0xA5);
        return grown;
    }

    private static StoreImage stage(String specimen, String stage) {
        Specimen from = Specimens.named(specimen);
        int number = Integer.parseInt(stage);
        return number < 0 ? from.image() : from.earlier().get(number);
    }

    private static void copy(byte[] from, int position, byte[] to, int at, int length) {
        int count = Math.min(length, Math.min(from.length - position, to.length - at));
        System.arraycopy(from, position, to, at, Math.max(0, count));
    }

    /** Bytes of any file of any specimen, put anywhere; places where something stands are likelier than zeros. */
    private static Mutant splice(StoreImage image, Random random) {
        List<Specimen> all = List.copyOf(Specimens.all().values());
        String file = any(image, random);
        StoreImage other = random.nextBoolean()
                ? image
                : all.get(random.nextInt(all.size())).image();
        byte[] from = other.bytes(any(other, random));
        byte[] to = image.bytes(file);
        int unit = 1 << random.nextInt(10);
        int at = place(to, random) / unit * unit;
        int position = place(from, random) / unit * unit;
        int length = 1 + random.nextInt(1 << 1 + random.nextInt(12));
        return changed(image, file, bytes -> copy(from, position, bytes, at, length));
    }

    private static String any(StoreImage image, Random random) {
        List<String> names = image.files().keySet().stream()
                .filter(name -> image.bytes(name).length > 0)
                .toList();
        return names.get(random.nextInt(names.size()));
    }

    private static int place(byte[] bytes, Random random) {
        int last = bytes.length - 1;
        while (last > 0 && bytes[last] == 0) {
            last--;
        }
        return random.nextInt(random.nextInt(4) == 0 ? bytes.length : last + 1);
    }

    /** Of the manifest both copies are changed: if they differ, one of them may not count. */
    private static Mutant field(Specimen on, String[] parts) {
        StoreImage image = on.image();
        Seal seal = Seal.parse(parts[5]);
        byte[] bytes = image.bytes(parts[1]).clone();
        Bytes.number(bytes, Integer.parseInt(parts[2]), Integer.parseInt(parts[3]), Long.parseLong(parts[4]));
        seal.mend(parts[1], bytes, LogFrame.saltOf(image));
        StoreImage changed = image.with(parts[1], bytes);
        return new Mutant(
                seal.kind() == Seal.Kind.MANIFEST ? changed.with(StoreImage.MANIFEST_B, bytes) : changed, seal);
    }
}
