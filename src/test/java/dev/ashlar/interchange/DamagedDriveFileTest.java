package dev.ashlar.interchange;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTimeout;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.zip.CRC32;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is found in files that are cut, damaged, or made to mislead; beside a slow reader. */
class DamagedDriveFileTest {
    private static final Duration SOON = Duration.ofSeconds(20);

    @TempDir
    private Path directory;

    private Path file;

    @BeforeEach
    void nameTheFile() {
        file = directory.resolve("drive");
    }

    /** Compares with the slow reader, and returns what was found. */
    private SlowReader.Content read(byte[] bytes, String what) throws IOException {
        SlowReader.Content found = Reading.read(file, bytes);
        assertEquals(SlowReader.read(bytes).toString(), found.toString(), what);
        return found;
    }

    private static byte[] flip(byte[] bytes, int bit) {
        byte[] flipped = bytes.clone();
        flipped[bit >> 3] ^= (byte) (1 << (bit & 7));
        return flipped;
    }

    /** A file of some hundred entries of all kinds. */
    private static byte[] someFile(int alignment, Random random) {
        DriveBytes bytes = new DriveBytes(alignment);
        for (int i = 0; i < 60; i++) {
            if (random.nextInt(5) == 0) {
                bytes.delete(random.nextInt(10));
            } else {
                byte[] payload = new byte[1 + random.nextInt(random.nextInt(10) == 0 ? 2000 : 90)];
                random.nextBytes(payload);
                payload[0] = 1;
                bytes.put(random.nextInt(10), payload);
            }
        }
        return bytes.toBytes();
    }

    @Test
    void everyCutLeavesExactlyTheEntriesThatAreWhole() throws IOException {
        byte[] example = DriveBytes.example();
        List<SlowReader.Entry> all = SlowReader.read(example).entries();
        assertEquals(6, all.size());
        for (int length = 0; length <= example.length; length++) {
            int cut = length;
            SlowReader.Content found = read(Arrays.copyOf(example, length), "cut at " + length);
            List<SlowReader.Entry> whole =
                    all.stream().filter(entry -> entry.end() <= cut).toList();
            assertEquals(whole.toString(), found.entries().toString(), "cut at " + length);
            int lost = whole.isEmpty() ? length : length - whole.getLast().end();
            assertEquals(lost, found.lost(), "cut at " + length);
            assertEquals(lost == 0, found.intact(), "cut at " + length);
        }
    }

    @Test
    void noBitThatFlipsMakesAValueThatWasNotWritten() throws IOException {
        byte[] example = DriveBytes.example();
        Set<String> written = new HashSet<>();
        Set<Integer> hashBytes = new HashSet<>();
        for (SlowReader.Entry entry : SlowReader.read(example).entries()) {
            written.add(Arrays.toString(entry.payload()));
            for (int i = 0; i < 8; i++) {
                hashBytes.add(entry.end() - 20 + i);
            }
        }
        for (int bit = 0; bit < 8 * example.length; bit++) {
            SlowReader.Content found = read(flip(example, bit), "bit " + bit);
            for (SlowReader.Entry entry : found.entries()) {
                assertTrue(written.contains(Arrays.toString(entry.payload())), "bit " + bit);
            }
            // Nothing covers the hashes; a flip anywhere else is noticed, and costs the one entry that it is in.
            assertEquals(hashBytes.contains(bit >> 3), found.intact(), "bit " + bit);
            assertTrue(found.entries().size() >= 5, "bit " + bit + ": " + found);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {64, 16, 1})
    void allLayoutsAreSalvagedAsTheSlowReaderDoes(int alignment) throws IOException {
        for (int seed = 0; seed < 60; seed++) {
            Random random = new Random(seed);
            byte[] bytes = someFile(alignment, random);
            assertEquals(alignment, read(bytes, "seed " + seed).alignment());
            for (int i = random.nextInt(6); i >= 0; i--) {
                bytes[random.nextInt(bytes.length)] ^= (byte) (1 + random.nextInt(255));
            }
            if (random.nextBoolean()) {
                bytes = Arrays.copyOf(bytes, random.nextInt(bytes.length));
            }
            read(bytes, "seed " + seed);
        }
    }

    @Test
    void aHoleInTheMiddleOfALargeFileCostsWhatIsInIt() throws IOException {
        // Beyond the window, and beyond the stride of the checksums that are kept.
        DriveBytes bytes = new DriveBytes(64);
        Random random = new Random(5);
        List<Integer> ends = new ArrayList<>();
        for (int i = 0; i < 12; i++) {
            byte[] payload = new byte[100_000 + random.nextInt(200_000)];
            random.nextBytes(payload);
            bytes.put(i, payload);
            ends.add(bytes.size());
        }
        byte[] damaged = bytes.toBytes();
        damaged[ends.get(2) + 1000] ^= 1;
        Arrays.fill(damaged, ends.get(5) + 70_000, ends.get(7) + 90_000, (byte) 0x55);
        SlowReader.Content found = Reading.read(file, damaged);
        List<Long> hashes = found.entries().stream().map(SlowReader.Entry::hash).toList();
        assertEquals(List.of(0L, 1L, 2L, 4L, 5L, 9L, 10L, 11L), hashes);
        assertEquals(ends.get(3) - ends.get(2) + ends.get(8) - ends.get(5), found.lost());
    }

    @Test
    void aFileInAFileIsAValue() throws IOException {
        byte[] inner = DriveBytes.example();
        byte[] outer = new DriveBytes(64)
                .put(1, inner)
                .put(2, inner)
                .put("key", "value")
                .toBytes();
        assertEquals(3, read(outer, "nested").entries().size());
    }

    @Test
    void moreEntriesThanEndsAreRememberedComeInTheirOrder() throws IOException {
        DriveBytes bytes = new DriveBytes(16);
        for (int i = 0; i < 10_000; i++) {
            bytes.put(i, new byte[] {1, (byte) i});
        }
        SlowReader.Content found = Reading.read(file, bytes.toBytes());
        assertTrue(found.intact());
        for (int i = 0; i < 10_000; i++) {
            assertEquals(i, found.entries().get(i).hash());
        }
        assertEquals(10_000, found.entries().size());
    }

    @Test
    void noiseIsNoFile() throws IOException {
        for (int seed = 0; seed < 200; seed++) {
            Random random = new Random(seed);
            byte[] noise = new byte[random.nextInt(3000)];
            random.nextBytes(noise);
            // Small numbers, so that many places look like links.
            if (random.nextBoolean()) {
                for (int i = 0; i < noise.length; i++) {
                    noise[i] = (byte) (random.nextInt(4) == 0 ? noise[i] & 7 : 0);
                }
            }
            read(noise, "seed " + seed);
        }
    }

    @Test
    void claimsOfGigabytesAreNotBelieved() throws IOException {
        for (long claim : new long[] {1L << 32, Long.MAX_VALUE, Long.MIN_VALUE, -1, -64, 1 << 20}) {
            byte[] bytes = DriveBytes.example();
            ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putLong(bytes.length - 12, claim);
            assertEquals(5, read(bytes, "claim " + claim).entries().size());
        }
    }

    @Test
    void zerosEndInTime() {
        assertTimeout(
                SOON,
                () -> assertEquals(
                        0, Reading.read(file, new byte[8 << 20]).entries().size()));
    }

    /** Each eight bytes are the address of another place in the file: everywhere an entry may end. */
    @ParameterizedTest
    @ValueSource(ints = {1, 64})
    void linksAllOverEndInTime(int granularity) {
        byte[] bytes = new byte[8 << 20];
        ByteBuffer words = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        Random random = new Random(7);
        for (int i = 0; i + 8 <= bytes.length; i += 8) {
            words.putLong(i, (long) random.nextInt(i + 1) / granularity * granularity);
        }
        assertTimeout(SOON, () -> Reading.read(file, bytes));
    }

    /** Each entry is whole and its successor is missing, so that a search to the end for each would be quadratic. */
    @Test
    void manyDamagedEntriesEndInTime() {
        DriveBytes bytes = new DriveBytes(1);
        List<Integer> payloads = new ArrayList<>();
        for (int i = 0; i < 100_000; i++) {
            if (i % 2 == 0) {
                payloads.add(bytes.size());
            }
            bytes.put(i, new byte[] {1, 2, 3, 4});
        }
        byte[] damaged = bytes.toBytes();
        for (int payload : payloads) {
            damaged[payload]++;
        }
        assertTimeout(SOON, () -> {
            SlowReader.Content found = Reading.read(file, damaged);
            assertEquals(50_000, found.entries().size());
            assertEquals(24 * 50_000, found.lost());
        });
    }

    @Test
    void checksumsOfStretchesAreThoseOfTheWhole() {
        Random random = new Random(3);
        byte[] bytes = new byte[100_000];
        random.nextBytes(bytes);
        for (int i = 0; i < 300; i++) {
            int middle = random.nextInt(bytes.length + 1);
            int end = middle + random.nextInt(bytes.length + 1 - middle);
            int first = crc(bytes, 0, middle);
            int second = crc(bytes, middle, end);
            int both = crc(bytes, 0, end);
            assertEquals(both, Crc32Math.join(first, second, end - middle));
            assertEquals(second, Crc32Math.remainder(both, first, end - middle));
        }
        // Lengths that are not tried with bytes: appending zeros to nothing changes only the complement.
        for (long length : new long[] {1L << 31, 1L << 40, (1L << 50) + 12_345}) {
            int there = Crc32Math.join(0x12345678, 0, length);
            assertEquals(Crc32Math.join(Crc32Math.join(0x12345678, 0, length / 2), 0, length - length / 2), there);
        }
    }

    private static int crc(byte[] bytes, int from, int to) {
        CRC32 crc = new CRC32();
        crc.update(bytes, from, to - from);
        return (int) crc.getValue();
    }
}
