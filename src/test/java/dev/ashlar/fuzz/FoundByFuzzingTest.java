package dev.ashlar.fuzz;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.ashlar.Damage;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Mutations that were answered wrongly once. */
class FoundByFuzzingTest {
    @ParameterizedTest(name = "{0}")
    @CsvSource({
        // A scan came to its end as if there were no more entries.
        "a scan of a chunk that was cut,             closed:cut:log/0000000000001000.log:3",
        // Its store counted, and the files of this one were removed as leftovers.
        "one manifest of another store,              closed:replace:MANIFEST-a:recovered:-1:MANIFEST-a",
        "the other manifest of another store,        compacted:replace:MANIFEST-b:recovered:-1:MANIFEST-a",
        // It was taken to reach over the chunks behind it, and these were dropped.
        "a new chunk that was extended, 'chunks-killed:replace:log/0000000000001000.log:chunks-killed:1:log/0000000000002000.log'",
        // A verification ended there.
        "a value file of a newer version,            values-killed:field:values/0000000000000001.val:8:4:2:VALUE@0@0",
        // A get searched for ever.
        "a record that names a file not in use,      values:field:log/0000000000001000.log:432:8:8388608:FRAME@392@0",
        // The log went on where no frame can start, and its records were not found again.
        "a clean end between two granules,           chunks:field:MANIFEST-a:56:8:30898:MANIFEST@0@0",
        // Was to be removed, and the opening failed because it was not there.
        "a chunk that is not there and not reached,  compacted-killed:field:MANIFEST-a:112:8:4096:MANIFEST@0@0",
        // An IllegalStateException.
        "an entry of an index that leads nowhere,    chunks:field:index/0000000000000001.ckp:10984:8:5819101522625036588:BLOCK@8384@3",
        // The counts ran over into the depth, and opening took memory without end.
        "a table that counts nothing,                vectors-killed:field:index/0000000000000004.ckp:8432:8:0:BLOCK@8384@3",
        // A scan passed over the rows in it, and said nothing.
        "a chunk of which nothing is left,           vectors:cut:log/0000000000003000.log:0",
        // The kernels met it; without assertions nobody would have.
        "a row where none can begin,                 vectors:field:index/0000000000000005.ckp:12200:8:8626067842648769104:BLOCK@8384@3",
    })
    void isAnsweredRightly(String what, String mutation) {
        new Attempt(Mutation.parse(mutation)).run(true);
    }

    /** Nothing reads it later, and it holds no record: so opening says it, and everything else is there. */
    @Test
    void aDamagedPayloadOfAChunksFirstFrameIsReportedWhenTheLogIsReplayed() {
        Specimen specimen = Specimens.named("chunks-killed");
        long durable =
                specimen.frames().stream().mapToLong(LogFrame::watermark).max().orElseThrow();
        List<LogFrame> starts = specimen.frames().stream()
                .filter(frame -> frame.type() == 1 && frame.lsn() < durable)
                .toList();
        assertTrue(starts.size() > 1, starts.toString());
        for (LogFrame start : starts) {
            byte[] bytes = specimen.image().bytes(start.file()).clone();
            bytes[start.payload() + 7] ^= 1; // the highest byte of the preceding base
            StoreImage image = specimen.image().with(start.file(), bytes);
            Reading reading =
                    Attempt.read(image.toDisk().storage(), specimen.history().keySet(), true);
            assertEquals(specimen.current(), reading.found(), start.file());
            List<Damage> damaged = new ArrayList<>(reading.report().damaged());
            Damage damage = damaged.removeLast();
            assertEquals(start.file(), damage.file());
            assertEquals(start.offset(), damage.position());
            assertEquals(start.end() - start.offset(), damage.length());
            assertTrue(damage.what().contains("it holds no record"), damage.what());
            // Where the chunk before it ended, only this frame said: what is behind might have been records.
            damaged.removeIf(
                    each -> each.position() + each.length() == specimen.image().bytes(each.file()).length);
            assertEquals(List.of(), damaged, start.file());
        }
    }
}
