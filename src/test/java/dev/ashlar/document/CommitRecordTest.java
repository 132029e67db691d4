package dev.ashlar.document;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.ashlar.CorruptionException;
import dev.ashlar.UnsupportedFormatException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class CommitRecordTest {
    private static CommitRecord read(byte[] bytes) {
        return CommitRecord.decode(MemorySegment.ofArray(bytes), "log/1.log", 64);
    }

    private static CommitRecord some(Random random, int published, int unpublished, int dictionaries) {
        long next = 1_000 + random.nextInt(1_000_000);
        List<CommitRecord.Entry> entries = new ArrayList<>();
        for (int i = 0; i < published + unpublished; i++) {
            int documents = random.nextInt(1, 1_000_000);
            entries.add(new CommitRecord.Entry(
                    random.nextLong(1, next),
                    documents,
                    random.nextLong(1L << 40),
                    random.nextLong(1L << 40),
                    mask(random, documents, next),
                    mask(random, documents, next)));
        }
        List<Long> ids = random.longs(dictionaries, 1, next).boxed().toList();
        return new CommitRecord(
                random.nextLong(1L << 40),
                next,
                entries.subList(0, published),
                entries.subList(published, published + unpublished),
                ids);
    }

    private static CommitRecord.Mask mask(Random random, int documents, long next) {
        return random.nextBoolean()
                ? CommitRecord.Mask.NONE
                : new CommitRecord.Mask(random.nextLong(1, next), random.nextInt(documents) + 1);
    }

    @Property(tries = 200)
    void isReadBackAsItWasWritten(
            @ForAll long seed,
            @ForAll @IntRange(max = 20) int published,
            @ForAll @IntRange(max = 5) int unpublished,
            @ForAll @IntRange(max = 3) int dictionaries) {
        CommitRecord record = some(new Random(seed), published, unpublished, dictionaries);
        assertEquals(record, read(record.encode()));
    }

    @Property(tries = 200)
    void otherBytesAreRefusedOrMakeSense(@ForAll long seed, @ForAll @IntRange(max = 3) int segments) {
        Random random = new Random(seed);
        byte[] bytes = some(random, segments, segments, 1).encode();
        for (int i = 0; i < 50; i++) {
            byte[] damaged =
                    random.nextInt(4) == 0 ? Arrays.copyOf(bytes, random.nextInt(bytes.length + 20)) : bytes.clone();
            if (damaged.length > 0) {
                damaged[random.nextInt(damaged.length)] ^= (byte) (1 << random.nextInt(8));
            }
            try {
                CommitRecord read = read(damaged);
                for (CommitRecord.Entry entry : read.published()) {
                    assertTrue(entry.now().dead() <= entry.documents());
                    assertTrue(entry.segment() < read.nextFile());
                }
            } catch (CorruptionException | UnsupportedFormatException e) {
                // As it should be.
            }
        }
    }

    @Test
    @DisplayName("Format: one published segment with two of its five documents dead, one unpublished, a dictionary")
    void golden() {
        CommitRecord record = new CommitRecord(
                3,
                9,
                List.of(new CommitRecord.Entry(4, 5, 1_000, 512, CommitRecord.Mask.NONE, new CommitRecord.Mask(6, 2))),
                List.of(new CommitRecord.Entry(7, 1, 10, 256, CommitRecord.Mask.NONE, CommitRecord.Mask.NONE)),
                List.of(8L));
        assertEquals(
                "01000000000000000300000000000000090000000000000001000000010000000100000000000000"
                        + "0400000000000000e803000000000000000200000000000000000000000000000600000000000000"
                        + "05000000000000000200000000000000"
                        + "07000000000000000a00000000000000000100000000000000000000000000000000000000000000"
                        + "01000000000000000000000000000000"
                        + "0800000000000000",
                HexFormat.of().formatHex(record.encode()));
        assertEquals(Set.of(4L, 6L, 7L, 8L), record.files());
    }

    @Test
    @DisplayName("A newer version is refused as such")
    void newer() {
        byte[] bytes = CommitRecord.EMPTY.encode();
        bytes[0] = 2;
        assertThrows(UnsupportedFormatException.class, () -> read(bytes));
    }
}
