package dev.ashlar.fuzz;

import dev.ashlar.fuzz.Seal.Kind;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;

/**
 * A number in a file, where docs/FORMAT.md says that one stands.
 *
 * @param width in bytes
 */
record Field(String file, int at, int width, Seal seal) {

    /** Values at the limits of the type and of what follows from it, and next to the present one. */
    List<Long> extremes(byte[] bytes) {
        long present = Bytes.number(bytes, at, width);
        TreeSet<Long> all = new TreeSet<>();
        for (long value : new long[] {
            0,
            1,
            2,
            3,
            7,
            8,
            9,
            -1,
            -2,
            -8,
            127,
            128,
            255,
            4095,
            4096,
            8192,
            65_535,
            65_536,
            131_071,
            131_072,
            (8 << 20) - 1,
            8 << 20,
            (8 << 20) + 1,
            64 << 20,
            (64 << 20) + 4096,
            Integer.MAX_VALUE,
            1L << 31,
            (1L << 31) + 1,
            (1L << 32) - 1,
            1L << 32,
            (1L << 32) + 1,
            1L << 40,
            1L << 61,
            1L << 62,
            (1L << 62) - 1,
            (1L << 62) - 4096,
            Long.MAX_VALUE,
            Long.MAX_VALUE - 4095,
            Long.MIN_VALUE,
            Long.MIN_VALUE + 1,
            bytes.length,
            bytes.length - at,
            present - 1,
            present + 1,
            present - 8,
            present + 8,
            present + 64,
            present - 4096,
            present + 4096,
            present * 2,
            -present,
            ~present
        }) {
            all.add(truncated(value));
        }
        for (int bit = 0; bit < 8 * width; bit++) {
            all.add(truncated(present ^ 1L << bit));
        }
        all.remove(truncated(present));
        return List.copyOf(all);
    }

    private long truncated(long value) {
        int unused = 64 - 8 * width;
        return value << unused >> unused;
    }

    /** All fields of a store. */
    static List<Field> all(Specimen specimen) {
        List<Field> all = new ArrayList<>();
        StoreImage image = specimen.image();
        manifest(all, image.bytes(StoreImage.MANIFEST_A));
        for (String chunk : image.in("log")) {
            fields(all, chunk, 0, Seal.of(Kind.CHUNK, 0), 8, 4, 4, 4, 4, 8, 8, 8, 8);
        }
        specimen.frames().forEach(frame -> frame(all, frame));
        for (String file : image.in("values")) {
            fields(all, file, 0, Seal.of(Kind.VALUE, 0), 8, 4, 4, 4, 4, 8, 8, 8, 8, 8);
        }
        for (String file : image.in("segments")) {
            if (file.endsWith(".seg")) {
                segment(all, file, image.bytes(file));
            } else {
                deaths(all, file, image.bytes(file));
            }
        }
        for (String file : image.in("index")) {
            checkpoint(all, file, image.bytes(file));
        }
        return all;
    }

    private static void fields(List<Field> all, String file, int from, Seal seal, int... widths) {
        int at = from;
        for (int width : widths) {
            all.add(new Field(file, at, width, seal));
            at += width;
        }
    }

    private static void manifest(List<Field> all, byte[] bytes) {
        Seal seal = Seal.of(Kind.MANIFEST, 0);
        fields(all, StoreImage.MANIFEST_A, 0, seal, 8, 4, 4, 4, 4, 8, 8, 8, 4, 4, 8, 8, 8, 8, 8, 8, 8);
        int chunks = 112 + 40 * Bytes.little(bytes).getInt(48);
        for (int at = 112; at < chunks; at += 40) {
            fields(all, StoreImage.MANIFEST_A, at, seal, 8, 8, 8, 8, 4, 4);
        }
        int end = Bytes.little(bytes).getInt(52) - 8;
        if (chunks < end) {
            fields(all, StoreImage.MANIFEST_A, chunks, seal, 8, 8);
            for (int at = chunks + 16; at < end; at += 32) {
                fields(all, StoreImage.MANIFEST_A, at, seal, 8, 8, 4, 4, 4, 4);
            }
        }
    }

    private static void segment(List<Field> all, String file, byte[] bytes) {
        fields(all, file, 0, Seal.of(Kind.SEGMENT, 0), 8, 4, 4, 4, 4, 8, 8, 8, 8, 4, 4, 8, 4, 4, 8, 8, 8);
        for (int row = 0; row < Bytes.little(bytes).getInt(60); row += 5) {
            int at = 4096 + 64 * row;
            fields(all, file, at + 4, Seal.of(Kind.ROW, at), 1, 1, 2, 4, 4, 8, 8, 4, 4, 8, 8, 8);
        }
    }

    private static void deaths(List<Field> all, String file, byte[] bytes) {
        for (int at = 0; at < bytes.length - 8; at += 8) {
            all.add(new Field(file, at, 8, Seal.of(Kind.DEATHS, 0)));
        }
    }

    private static void frame(List<Field> all, LogFrame frame) {
        Seal seal = Seal.of(Kind.FRAME, frame.offset());
        fields(all, frame.file(), frame.offset() + 4, seal, 1, 1, 2, 4, 4, 8, 8, 4, 4);
        int key = frame.offset() + 40 + ((frame.flags() & 2) << 2) + ((frame.flags() & 4) << 2) + (frame.flags() & 8);
        for (int at = frame.offset() + 40; at < key; at += 8) {
            all.add(new Field(frame.file(), at, 8, seal));
        }
        Seal payload = Seal.of(Kind.PAYLOAD, frame.offset());
        if (frame.type() == 1) {
            fields(all, frame.file(), frame.payload(), payload, 8, 8);
        } else if (frame.isPut() && frame.space() == 0) {
            fields(all, frame.file(), key, seal, 4);
            fields(all, frame.file(), frame.payload(), payload, 1, 1, 2);
        }
    }

    private static void checkpoint(List<Field> all, String file, byte[] bytes) {
        fields(all, file, 0, Seal.of(Kind.CHECKPOINT, 0), 8, 4, 4, 4, 4, 8, 8, 8, 8);
        ByteBuffer from = Bytes.little(bytes);
        int number = 0;
        for (int at = 64; at + 40 <= bytes.length; number++) {
            Seal seal = new Seal(Kind.BLOCK, at, number);
            fields(all, file, at, seal, 4, 4, 8, 8, 8);
            int length = (int) from.getLong(at + 24);
            for (int word = at + 40; word + 8 <= at + 40 + length; word += 8) {
                if (from.getLong(word) != 0) {
                    all.add(new Field(file, word, 8, seal));
                }
            }
            at += 40 + length + 7 & -8;
        }
    }
}
