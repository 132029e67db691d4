package dev.ashlar.fuzz;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.ashlar.AshlarException;
import dev.ashlar.CorruptionException;
import dev.ashlar.Damage;
import dev.ashlar.Keyspace;
import dev.ashlar.KeyspaceOptions;
import dev.ashlar.LayoutMismatchException;
import dev.ashlar.SalvageOptions;
import dev.ashlar.SalvageReport;
import dev.ashlar.SalvageReport.LostValue;
import dev.ashlar.StorageException;
import dev.ashlar.Store;
import dev.ashlar.StoreLockedException;
import dev.ashlar.UnsupportedFormatException;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What a salvage makes of stores that are intact, and of every kind of damage that it has to survive. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class SalvageTest {
    private static final SalvageOptions STALE = SalvageOptions.DEFAULT.withStale(true);

    static Set<String> specimens() {
        return Specimens.all().keySet();
    }

    static List<GoldenFile> golden() throws IOException {
        return GoldenStoreTest.all();
    }

    static StoreImage withoutManifests(StoreImage image) {
        return image.without(StoreImage.MANIFEST_A).without(StoreImage.MANIFEST_B);
    }

    // ------------------------------------------------------------------------------------------------ intact stores

    @ParameterizedTest(name = "{0}")
    @MethodSource("specimens")
    void anIntactStoreIsSalvagedAsItIs(String name) {
        Specimen specimen = Specimens.named(name);
        Salvaged salvaged = Salvaged.of(specimen.image());
        assertEquals(specimen.current(), salvaged.content());
        assertTrue(salvaged.report().complete(), () -> salvaged.report().toString());
        assertTrue(salvaged.report().manifest());
        assertEquals(List.of(), salvaged.report().harmless());
        long rows = salvaged.report().rows().values().stream()
                .mapToLong(Long::longValue)
                .sum();
        assertEquals(specimen.current().size(), salvaged.report().keys() + rows);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("specimens")
    void withoutManifestsAndIndexesNothingIsLost(String name) {
        Specimen specimen = Specimens.named(name);
        StoreImage image = withoutManifests(specimen.image());
        for (String checkpoint : image.in("index")) {
            image = image.without(checkpoint);
        }
        if (image.in("log").isEmpty()) {
            return; // a store without a record
        }
        Salvaged salvaged = Salvaged.of(image);
        assertEquals(specimen.current(), salvaged.content());
        SalvageReport report = salvaged.report();
        assertFalse(report.manifest());
        assertEquals(List.of(), report.damaged());
        assertEquals(List.of(), report.lost());
        // Which chunks compaction has removed stood in the manifest.
        assertEquals(
                goesOnFromAChunkThatIsGone(specimen),
                !report.doubtful().isEmpty(),
                () -> report.doubtful().toString());
    }

    private static boolean goesOnFromAChunkThatIsGone(Specimen specimen) {
        return specimen.frames().stream()
                .filter(frame -> frame.type() == 1)
                .map(frame -> Bytes.number(specimen.image().bytes(frame.file()), frame.payload(), 8))
                .anyMatch(base -> base != 0 && !specimen.image().has("log/%016x.log".formatted(base)));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("golden")
    void goldenStoresAreSalvagedAsTheyAre(GoldenFile golden) {
        for (StoreImage image : List.of(golden.image(), withoutManifests(golden.image()))) {
            try (Scratch scratch = Scratch.make()) {
                image.writeTo(scratch.path("damaged"));
                Salvaged salvaged = Salvaged.of(scratch.path("damaged"), scratch.path("new"), SalvageOptions.DEFAULT);
                assertEquals(List.of(), salvaged.report().damaged());
                assertEquals(List.of(), salvaged.report().lost());
                try (Store store = Store.open(scratch.path("new"), Author.STILL)) {
                    assertEquals(withoutVersions(golden.content()), withoutVersions(GoldenFile.contentOf(store)));
                }
            }
        }
    }

    /** A new store has versions of its own. */
    private static List<String> withoutVersions(List<String> lines) {
        return lines.stream()
                .map(line -> {
                    String[] fields = line.split("\t", -1);
                    if (fields[0].equals("record") || fields[0].equals("row")) {
                        fields[3] = "";
                    }
                    if (fields[0].equals("document")) {
                        fields[2] = "";
                        fields[3] = "";
                    }
                    if (fields[0].equals("documents")) {
                        // Only how many are committed: it has no dead ones, and other segments.
                        Arrays.fill(fields, 3, fields.length, "");
                    }
                    return String.join("\t", fields);
                })
                .sorted()
                .toList();
    }

    @Test
    void alignmentsAndEmptyKeyspacesAreKept() {
        Specimen specimen = new Author("empty")
                .space("a", 512)
                .space("b", 8)
                .put("b", "k", "v")
                .closed();
        try (Scratch scratch = Scratch.make()) {
            specimen.image().writeTo(scratch.path("damaged"));
            assertTrue(
                    Store.salvage(scratch.path("damaged"), scratch.path("new")).complete());
            try (Store store = Store.open(scratch.path("new"))) {
                assertEquals(List.of("a", "b"), store.keyspaces());
                assertEquals(
                        512,
                        store.keyspace("a", KeyspaceOptions.DEFAULT.withAlignment(512))
                                .options()
                                .alignment());
            }
        }
    }

    @Test
    void whatWasClearedOrDroppedStaysAway() {
        try (Scratch scratch = Scratch.make()) {
            try (Store store = Store.open(scratch.path("damaged"), Author.STILL)) {
                Keyspace cleared = store.keyspace("cleared");
                cleared.put("before", Bytes.bytes("x"));
                cleared.put("written again", Bytes.bytes("old"));
                cleared.clear();
                cleared.put("written again", Bytes.bytes("new"));
                Keyspace dropped = store.keyspace("dropped");
                dropped.put("before", Bytes.bytes("x"));
                assertTrue(store.dropKeyspace("dropped"));
                store.keyspace("dropped").put("after", Bytes.bytes("y"));
                store.keyspace("dropped and gone").put("k", Bytes.bytes("z"));
                assertTrue(store.dropKeyspace("dropped and gone"));
            }
            StoreImage image = StoreImage.of(scratch.path("damaged"));
            for (StoreImage each : List.of(image, withoutManifests(image))) {
                Salvaged salvaged = Salvaged.of(each);
                assertEquals(
                        Map.of(
                                Specimen.path("cleared", "written again"),
                                "new",
                                Specimen.path("dropped", "after"),
                                "y"),
                        salvaged.content());
                assertEquals(
                        Set.of("cleared", "dropped"),
                        salvaged.report().recovered().keySet());
                assertEquals(List.of(), salvaged.report().renamed());
            }
        }
    }

    @Test
    void theLayoutOfTypedValuesIsKept() {
        record Point(int x, int y) {}
        record Other(long x) {}
        try (Scratch scratch = Scratch.make()) {
            try (Store store = Store.open(scratch.path("damaged"), Author.STILL)) {
                store.keyspace("first").put("k", Bytes.bytes("v"));
                assertTrue(store.dropKeyspace("first")); // so that numbers of spaces are others in the new store
                store.keyspace("points")
                        .typed(Point.class, MethodHandles.lookup())
                        .put("a", new Point(1, 2));
            }
            Salvaged.of(scratch.path("damaged"), scratch.path("new"), SalvageOptions.DEFAULT);
            try (Store store = Store.open(scratch.path("new"), Author.STILL)) {
                Keyspace points = store.keyspace("points");
                assertThrows(LayoutMismatchException.class, () -> points.typed(Other.class, MethodHandles.lookup()));
                assertEquals(
                        new Point(1, 2),
                        points.typed(Point.class, MethodHandles.lookup()).get("a"));
            }
        }
    }

    // -------------------------------------------------------------------------------------------------- which store

    @Test
    void withoutAnyHeaderOfAChunkTheFilesOfValuesOrIndexesSayWhichStoreItIs() {
        for (String name : List.of("values", "values-killed", "checkpointed")) {
            Specimen specimen = Specimens.named(name);
            StoreImage image = withoutManifests(specimen.image());
            for (String chunk : image.in("log")) {
                image = image.with(chunk, filled(image.bytes(chunk), 0, 128, 0));
            }
            Salvaged salvaged = Salvaged.of(image);
            assertEquals(specimen.current(), salvaged.content(), name);
            assertTrue(salvaged.report().harmless().stream()
                    .anyMatch(damage -> damage.file().startsWith("log/") && damage.length() == 128));
        }
    }

    @Test
    void withoutAnyHeaderAtAllTheErrorSaysSo() {
        StoreImage image = withoutManifests(Specimens.named("killed").image());
        for (String chunk : image.in("log")) {
            image = image.with(chunk, filled(image.bytes(chunk), 0, 128, 0));
        }
        StoreImage last = image;
        CorruptionException e = assertThrows(CorruptionException.class, () -> Salvaged.of(last));
        assertTrue(e.getMessage().contains("which store"), e.getMessage());
    }

    @Test
    void ofSeveralStoresInOneDirectoryOnlyTheOneWithMostChunksIsRead() {
        Specimen specimen = Specimens.named("chunks");
        StoreImage other = Specimens.named("closed").image();
        StoreImage image = withoutManifests(specimen.image());
        String foreign = "log/000000000f000000.log";
        byte[] moved = other.bytes(other.in("log").getFirst()).clone();
        Bytes.number(moved, 40, 8, LogFrame.baseOf(foreign));
        Bytes.number(moved, 56, 8, dev.ashlar.simd.Xxh3.hash(moved, 0, 56, 0));
        image = image.with(foreign, moved);
        Salvaged salvaged = Salvaged.of(image);
        assertEquals(specimen.current(), salvaged.content());
        assertEquals(List.of(foreign), salvaged.report().foreign());
        // A manifest of the other one does not make it the other one.
        StoreImage misled = image.with(
                StoreImage.MANIFEST_A, Specimens.named("recovered").image().bytes("MANIFEST-a"));
        assertEquals(specimen.current(), Salvaged.of(misled).content());
    }

    @Test
    void whereNoStoreHasMoreChunksThanAnotherNoneIsChosen() {
        StoreImage image = withoutManifests(Specimens.named("closed").image());
        StoreImage other = Specimens.named("killed").image();
        byte[] moved = other.bytes(other.in("log").getFirst()).clone();
        Bytes.number(moved, 40, 8, 0x0f000000);
        Bytes.number(moved, 56, 8, dev.ashlar.simd.Xxh3.hash(moved, 0, 56, 0));
        long chunks = image.in("log").size();
        for (int i = 0; i < chunks; i++) {
            String name = "log/000000000f%06x.log".formatted(i * 4096);
            byte[] each = moved.clone();
            Bytes.number(each, 40, 8, LogFrame.baseOf(name));
            Bytes.number(each, 56, 8, dev.ashlar.simd.Xxh3.hash(each, 0, 56, 0));
            image = image.with(name, each);
        }
        StoreImage mixed = image;
        CorruptionException e = assertThrows(CorruptionException.class, () -> Salvaged.of(mixed));
        assertTrue(e.getMessage().contains("Move those of all stores but one"), e.getMessage());
    }

    // ------------------------------------------------------------------------------------------------------- damage

    static byte[] filled(byte[] bytes, int from, int to, int with) {
        byte[] copy = bytes.clone();
        Arrays.fill(copy, from, Math.min(to, copy.length), (byte) with);
        return copy;
    }

    private static LogFrame last(Specimen specimen, String space, String key) {
        return specimen.records().get(Specimen.path(space, key)).getLast();
    }

    private static StoreImage withDamagedValue(StoreImage image, LogFrame frame) {
        byte[] bytes = image.bytes(frame.file()).clone();
        bytes[frame.payload()] ^= 1;
        return image.with(frame.file(), bytes);
    }

    private static Specimen overwritten() {
        return new Author("overwritten-value")
                .space("a", 8)
                .put("a", "k", "older")
                .put("a", "other", "value")
                .put("a", "k", "newer")
                .put("a", "last", "value")
                .sync()
                .closed();
    }

    @Test
    void aDamagedValueIsReportedByItsKeyAndNoOlderOneTakesItsPlace() {
        Specimen specimen = overwritten();
        StoreImage image = withDamagedValue(specimen.image(), last(specimen, "a", "k"));
        for (StoreImage each : List.of(image, withoutManifests(image))) {
            Salvaged salvaged = Salvaged.of(each);
            assertEquals(Set.of("a\0other", "a\0last"), salvaged.content().keySet());
            LostValue lost = salvaged.report().lost().getFirst();
            assertArrayEquals(Bytes.bytes("k"), lost.key().toArray(ValueLayout.JAVA_BYTE));
            assertTrue(
                    lost.key().isReadOnly() && !lost.older() && lost.keyspace().equals("a"));
            assertEquals(last(specimen, "a", "k").offset(), lost.where().position());
            assertFalse(salvaged.report().complete());
        }
    }

    @Test
    void anOlderValueIsTakenIfThatIsAskedFor() {
        Specimen specimen = overwritten();
        Salvaged salvaged = Salvaged.of(withDamagedValue(specimen.image(), last(specimen, "a", "k")), STALE);
        assertEquals("older", salvaged.content().get("a\0k"));
        assertTrue(salvaged.report().lost().getFirst().older());
        assertFalse(salvaged.report().complete());
    }

    @Test
    void aDamagedValueThatWasSupersededCostsNothing() {
        Specimen specimen = overwritten();
        LogFrame first = specimen.records().get("a\0k").getFirst();
        for (SalvageOptions options : List.of(SalvageOptions.DEFAULT, STALE)) {
            Salvaged salvaged = Salvaged.of(withDamagedValue(specimen.image(), first), options);
            assertEquals(specimen.current(), salvaged.content());
            assertTrue(salvaged.report().complete());
            assertEquals(first.offset(), salvaged.report().harmless().getFirst().position());
        }
    }

    /** Found by SalvageFuzzTest: whichever value the key has then, none of the damaged ones is kept secret. */
    @Test
    void everyDamagedValueOfAKeyIsReported() {
        Specimen specimen = new Author("overwritten-twice")
                .space("a", 8)
                .put("a", "k", "first")
                .put("a", "k", "second")
                .put("a", "k", "third")
                .sync()
                .closed();
        List<LogFrame> all = specimen.records().get("a\0k");
        for (int intact = -1; intact < 2; intact++) {
            StoreImage image = specimen.image();
            Set<Long> expected = new TreeSet<>();
            for (int i = 0; i < 3; i++) {
                if (i != intact) {
                    image = withDamagedValue(image, all.get(i));
                    expected.add((long) all.get(i).offset());
                }
            }
            for (SalvageOptions options : List.of(SalvageOptions.DEFAULT, STALE)) {
                SalvageReport report = Salvaged.of(image, options).report();
                LostValue lost = report.lost().getFirst();
                assertEquals(all.getLast().offset(), lost.where().position());
                assertEquals(options.stale() && intact >= 0, lost.older());
                Set<Long> reported = new TreeSet<>(Set.of(lost.where().position()));
                report.harmless().forEach(each -> reported.add(each.position()));
                assertEquals(expected, reported, intact + " is intact, " + options.stale());
                assertEquals(3, report.lost().size() + report.harmless().size() + (intact < 0 ? 0 : 1));
            }
        }
    }

    @Test
    void aRecordThatWasMovedAndIsDamagedIsTakenFromWhereItWas() {
        Specimen specimen = new Author("moved")
                .space("a", 8)
                .put("a", "stays", Author.value(1000, 1))
                .put("a", "moves", Author.value(300, 2))
                .put("a", "goes", Author.value(2000, 3))
                .put("a", "next", Author.value(1000, 4))
                .delete("a", "goes")
                .sync()
                .remember()
                .compact()
                .sync()
                .killed();
        StoreImage before = specimen.earlier().getLast();
        LogFrame moved = specimen.frames().stream()
                .filter(frame -> frame.isPut() && frame.key().equals("moves") && (frame.flags() & 2) != 0)
                .findFirst()
                .orElseThrow();
        StoreImage image = withDamagedValue(specimen.image(), moved);
        assertFalse(Salvaged.of(image).report().complete());
        // As long as the chunk that it was moved out of is there, its value is, too.
        for (String chunk : before.in("log")) {
            if (!image.has(chunk)) {
                image = image.with(chunk, before.bytes(chunk));
            }
        }
        Salvaged salvaged = Salvaged.of(withoutManifests(image));
        assertEquals(specimen.current(), salvaged.content());
        assertEquals(List.of(), salvaged.report().lost());
        assertTrue(salvaged.report().harmless().stream().anyMatch(damage -> damage.position() == moved.offset()));
    }

    @Test
    void aDeletionThatIsIntactIsRespectedWhateverBecameOfTheRest() {
        Specimen specimen = new Author("deleted")
                .space("a", 8)
                .put("a", "k", "value")
                .put("a", "x", "value")
                .delete("a", "k")
                .put("a", "last", "value")
                .sync()
                .closed();
        LogFrame between = last(specimen, "a", "x");
        StoreImage image = specimen.image();
        image = image.with(between.file(), filled(image.bytes(between.file()), between.offset(), between.end(), 0xFF));
        for (StoreImage each : List.of(image, withoutManifests(image))) {
            Salvaged salvaged = Salvaged.of(each, STALE);
            assertEquals(Set.of("a\0last"), salvaged.content().keySet());
            assertEquals(
                    between.offset(), salvaged.report().damaged().getFirst().position());
            assertEquals(
                    between.end() - between.offset(),
                    salvaged.report().damaged().getFirst().length());
        }
    }

    @Test
    void keyspacesWithoutADefinitionGetAName() {
        Specimen specimen = Specimens.named("closed");
        StoreImage image = specimen.image();
        for (LogFrame frame : specimen.frames()) {
            if (frame.isPut() && frame.space() == 0) {
                image = image.with(frame.file(), filled(image.bytes(frame.file()), frame.offset(), frame.end(), 0));
            }
        }
        Salvaged salvaged = Salvaged.of(withoutManifests(image));
        assertEquals(
                List.of("recovered keyspace 1", "recovered keyspace 2"),
                salvaged.report().renamed());
        Map<String, String> expected = new TreeMap<>();
        specimen.current()
                .forEach((path, value) -> expected.put(
                        path.replace("a\0", "recovered keyspace 1\0").replace("b\0", "recovered keyspace 2\0"), value));
        assertEquals(expected, salvaged.content());
        assertFalse(salvaged.report().complete());
    }

    @Test
    void aDefinitionWithADamagedNameIsReported() {
        Specimen specimen = Specimens.named("checkpointed"); // found by SalvageFuzzTest
        LogFrame definition = specimen.frames().stream()
                .filter(frame -> frame.isPut() && frame.space() == 0)
                .findFirst()
                .orElseThrow();
        Salvaged salvaged = Salvaged.of(withDamagedValue(specimen.image(), definition));
        assertEquals(List.of("recovered keyspace 1"), salvaged.report().renamed());
        assertEquals(definition.offset(), salvaged.report().damaged().getFirst().position());
    }

    @Test
    void recordsOfABatchThatHadBeenDurableAreKeptWithoutTheOthers() {
        Specimen specimen = new Author("batch")
                .space("a", 8)
                .batch("a", 4, 100, 9, "none")
                .sync()
                .put("a", "last", "value")
                .sync()
                .closed();
        List<LogFrame> batch = specimen.frames().stream()
                .filter(frame ->
                        frame.isRecord() && frame.space() == 1 && !frame.key().equals("last"))
                .toList();
        LogFrame second = batch.get(1);
        StoreImage image = specimen.image();
        image = image.with(second.file(), filled(image.bytes(second.file()), second.offset(), second.end(), 0));
        Salvaged salvaged = Salvaged.of(image);
        Map<String, String> expected = new TreeMap<>(specimen.current());
        expected.remove("a\0" + second.key());
        assertEquals(expected, salvaged.content());
        assertEquals(1, salvaged.report().brokenBatches());
    }

    @Test
    void aBatchThatIsNotWholeAtTheEndOfTheLogDoesNotCount() {
        Specimen specimen = new Author("torn-batch")
                .space("a", 8)
                .put("a", "first", "value")
                .sync()
                .batch("a", 4, 100, 9, "none")
                .killed();
        List<LogFrame> frames = specimen.frames();
        LogFrame end = frames.getLast();
        LogFrame middle = frames.get(frames.size() - 2);
        for (LogFrame hit : List.of(end, middle)) {
            StoreImage image = specimen.image();
            image = image.with(hit.file(), filled(image.bytes(hit.file()), hit.offset(), hit.end(), 0));
            for (StoreImage each : List.of(image, withoutManifests(image))) {
                Salvaged salvaged = Salvaged.of(each);
                assertEquals(Set.of("a\0first"), salvaged.content().keySet());
                assertEquals(0, salvaged.report().brokenBatches());
            }
        }
    }

    @Test
    void theFilesOfValuesThatAreMissingOrDamagedAreReportedByTheirKeys() {
        Specimen specimen = Specimens.named("values");
        String file = specimen.image().in("values").getFirst();
        byte[] bytes = specimen.image().bytes(file);
        for (StoreImage image : List.of(
                specimen.image().without(file),
                specimen.image().with(file, Arrays.copyOf(bytes, 4100)),
                specimen.image().with(file, filled(bytes, 0, 100, 0)),
                specimen.image().with(file, filled(bytes, bytes.length - 1, bytes.length, 0)))) {
            Salvaged salvaged = Salvaged.of(image);
            assertEquals(Set.of("a\0other"), salvaged.content().keySet());
            LostValue lost = salvaged.report().lost().getFirst();
            assertEquals("large", Bytes.text(lost.key().toArray(ValueLayout.JAVA_BYTE)));
            assertEquals(file, lost.where().file());
            assertEquals("small", Salvaged.of(image, STALE).content().get("a\0large"));
        }
    }

    @Test
    void aChunkThatIsMissingCostsItsOwnRecordsOnly() {
        Specimen specimen = Specimens.named("chunks");
        for (String chunk : specimen.image().in("log")) {
            for (StoreImage image : List.of(
                    specimen.image().without(chunk),
                    withoutManifests(specimen.image().without(chunk)))) {
                Salvaged salvaged = Salvaged.of(image);
                specimen.records().forEach((path, frames) -> {
                    if (frames.stream().noneMatch(frame -> frame.file().equals(chunk)) && !definedIn(specimen, chunk)) {
                        assertEquals(
                                specimen.current().get(path), salvaged.content().get(path), chunk + ": " + path);
                    }
                });
                boolean last = chunk.equals(specimen.image().in("log").getLast());
                boolean manifest = image.has(StoreImage.MANIFEST_A);
                assertTrue(!salvaged.report().complete() || last && !manifest, chunk);
                if (manifest) {
                    assertEquals(chunk, salvaged.report().damaged().getFirst().file());
                    assertEquals(1, salvaged.report().damaged().size());
                }
            }
        }
    }

    /** It has no record in it, only where the log came from: nothing is lost, and it is not kept secret. */
    @Test
    void ofAChunksFirstFrameADamagedPayloadIsReportedAndCostsNothing() {
        Specimen specimen = Specimens.named("chunks");
        List<LogFrame> starts =
                specimen.frames().stream().filter(frame -> frame.type() == 1).toList();
        assertTrue(starts.size() > 1);
        for (LogFrame start : starts) {
            // The base of the chunk before, and where that ended: one is too small, the other may be.
            for (int offset = 0; offset < 16; offset += 7) {
                byte[] bytes = specimen.image().bytes(start.file()).clone();
                bytes[start.payload() + offset] ^= 0x11;
                StoreImage image = specimen.image().with(start.file(), bytes);
                for (StoreImage each : List.of(image, withoutManifests(image))) {
                    boolean manifest = each.has(StoreImage.MANIFEST_A);
                    String what = start.file() + " + " + offset + (manifest ? "" : " without manifests");
                    Salvaged salvaged = Salvaged.of(each);
                    assertEquals(specimen.current(), salvaged.content(), what);
                    SalvageReport report = salvaged.report();
                    assertEquals(List.of(), report.lost(), what);
                    assertEquals(List.of(), report.damaged(), what);
                    // Without a manifest it was the only one to say that no chunk is missing.
                    List<Damage> told = manifest ? report.harmless() : report.doubtful();
                    assertTrue(
                            told.stream()
                                    .anyMatch(damage -> damage.file().equals(start.file())
                                            && damage.position() == start.offset()
                                            && damage.length() == start.end() - start.offset()),
                            () -> what + ": " + report);
                    assertEquals(manifest, report.complete(), what);
                }
            }
        }
    }

    private static boolean definedIn(Specimen specimen, String chunk) {
        return specimen.frames().stream()
                .anyMatch(frame -> frame.file().equals(chunk) && frame.isPut() && frame.space() == 0);
    }

    // ------------------------------------------------------------------------------------------------ real proportions

    @Test
    void aStoreOfUsualSizeWithALargeValue() {
        try (Scratch scratch = Scratch.make()) {
            Path source = scratch.path("damaged");
            byte[] large = new byte[(8 << 20) + 12_345];
            new Random(5).nextBytes(large);
            Map<String, String> expected = new TreeMap<>();
            try (Store store = Store.open(source, Author.STILL)) {
                Keyspace keyspace = store.keyspace("k");
                keyspace.put("large", new byte[9 << 20]);
                for (int i = 0; i < 3_000; i++) {
                    String value = "value " + i;
                    keyspace.put("key " + i % 1_000, Bytes.bytes(value));
                    expected.put(Specimen.path("k", "key " + i % 1_000), value);
                }
                keyspace.put("large", large);
                expected.put(Specimen.path("k", "large"), Bytes.text(large));
                keyspace.put("huge record", new byte[8 << 20]);
                expected.put(Specimen.path("k", "huge record"), Bytes.text(new byte[8 << 20]));
            }
            AtomicLong told = new AtomicLong();
            AtomicLong ofTotal = new AtomicLong(-1);
            Salvaged salvaged = Salvaged.of(source, scratch.path("new"), STALE.withProgress((bytes, total) -> {
                assertTrue(bytes >= told.getAndSet(bytes) && bytes <= total);
                ofTotal.set(total);
            }));
            assertEquals(expected.keySet(), salvaged.content().keySet());
            expected.forEach((path, value) -> assertTrue(
                    value.equals(salvaged.content().get(path)),
                    () -> path.replace('\0', '/') + " has "
                            + salvaged.content().get(path).length() + " bytes"));
            assertTrue(salvaged.report().complete(), () -> salvaged.report().toString());
            assertEquals(ofTotal.get(), told.get());
            assertTrue(salvaged.report().superseded() >= 2_000);
        }
    }

    // --------------------------------------------------------------------------------------------- what is refused

    @Test
    void aDirectoryWithNothingOfAStoreIsRefusedAndNothingIsMade() throws IOException {
        try (Scratch scratch = Scratch.make()) {
            Path source = scratch.path("damaged");
            Path target = scratch.path("new");
            assertThrows(StorageException.class, () -> Store.salvage(source, target));
            Files.createDirectory(source);
            assertThrows(UnsupportedFormatException.class, () -> Store.salvage(source, target));
            Files.writeString(source.resolve("MANIFEST-a"), "rubbish");
            Files.writeString(source.resolve("readme.txt"), "rubbish");
            assertThrows(UnsupportedFormatException.class, () -> Store.salvage(source, target));
            Files.createDirectory(source.resolve("log"));
            Files.write(source.resolve("log/0000000000001000.log"), Bytes.bytes(Author.value(3 << 20, 1)));
            Files.write(source.resolve("log/0000000000801000.log"), new byte[0]);
            assertThrows(CorruptionException.class, () -> Store.salvage(source, target));
            Files.createDirectory(source.resolve("values"));
            Files.write(source.resolve("values/0000000000000001.val"), Bytes.bytes(Author.value(5000, 2)));
            assertThrows(CorruptionException.class, () -> Store.salvage(source, target));
            assertFalse(Files.exists(target));
            assertThrows(StorageException.class, () -> Store.salvage(source.resolve("readme.txt"), target));
        }
    }

    @Test
    void aStoreOfANewerFormatIsRefused() {
        StoreImage image = Specimens.named("closed").image();
        for (String name : List.of(StoreImage.MANIFEST_A, StoreImage.MANIFEST_B)) {
            byte[] manifest = image.bytes(name).clone();
            Bytes.number(manifest, 8, 4, 2);
            int length = (int) Bytes.number(manifest, 52, 4);
            Bytes.number(manifest, length - 8, 8, dev.ashlar.simd.Xxh3.hash(manifest, 0, length - 8, 0));
            image = image.with(name, manifest);
        }
        StoreImage newer = image;
        assertThrows(UnsupportedFormatException.class, () -> Salvaged.of(newer));
    }

    @Test
    void aTargetThatIsNotEmptyOrIsTheSourceIsRefused() throws IOException {
        try (Scratch scratch = Scratch.make()) {
            Path source = scratch.path("damaged");
            Specimens.named("closed").image().writeTo(source);
            StoreImage before = StoreImage.of(source);
            for (Path target :
                    List.of(source, source.resolve("new"), scratch.directory(), source.resolve("log/../x"))) {
                assertThrows(IllegalArgumentException.class, () -> Store.salvage(source, target));
            }
            Path link = Files.createSymbolicLink(scratch.path("link"), source);
            assertThrows(IllegalArgumentException.class, () -> Store.salvage(link, source.resolve("new")));
            Path full = Files.createDirectory(scratch.path("full"));
            Path present = Files.writeString(full.resolve("present"), "here");
            StorageException e = assertThrows(StorageException.class, () -> Store.salvage(source, full));
            assertTrue(e.getMessage().contains("present"), e.getMessage());
            assertThrows(StorageException.class, () -> Store.salvage(source, present));
            assertEquals("here", Files.readString(present));
            assertThrows(NullPointerException.class, () -> Store.salvage(source, full, null));
            assertEquals(Set.of(), before.differences(StoreImage.of(source)));
            Path empty = Files.createDirectory(scratch.path("empty"));
            assertTrue(Store.salvage(source, empty).complete());
        }
    }

    @Test
    void aStoreThatIsOpenIsRefusedAndStaysOpen() {
        try (Scratch scratch = Scratch.make()) {
            Path source = scratch.path("damaged");
            Path target = scratch.path("new");
            try (Store store = Store.open(source)) {
                store.keyspace("k").put("key", Bytes.bytes("value"));
                assertThrows(StoreLockedException.class, () -> Store.salvage(source, target));
                assertThrows(StoreLockedException.class, () -> Store.open(source));
            }
            assertTrue(Store.salvage(source, target).complete());
            Store.open(source).close();
        }
    }

    @Test
    void aStoreThatMayNotBeWrittenIsSalvagedAllTheSame() throws IOException {
        try (Scratch scratch = Scratch.make()) {
            Path source = scratch.path("damaged");
            Specimen specimen = Specimens.named("chunks");
            specimen.image().writeTo(source);
            try (Stream<Path> paths = Files.walk(source)) {
                paths.forEach(path -> path.toFile().setWritable(false));
            }
            try {
                assertEquals(
                        specimen.current(),
                        Salvaged.of(source, scratch.path("new"), SalvageOptions.DEFAULT)
                                .content());
            } finally {
                try (Stream<Path> paths = Files.walk(source)) {
                    paths.forEach(path -> path.toFile().setWritable(true));
                }
            }
        }
    }

    @Test
    void aSalvageThatFailsLeavesNothing() throws IOException {
        try (Scratch scratch = Scratch.make()) {
            Path source = scratch.path("damaged");
            Specimens.named("chunks").image().writeTo(source);
            AtomicLong calls = new AtomicLong();
            Store.salvage(source, scratch.path("count"), STALE.withProgress((_, _) -> calls.incrementAndGet()));
            for (Path target : List.of(scratch.path("absent"), Files.createDirectory(scratch.path("present")))) {
                boolean existed = Files.exists(target);
                for (long failing = 1; failing <= calls.get(); failing++) {
                    AtomicLong left = new AtomicLong(failing);
                    SalvageOptions options = STALE.withProgress((_, _) -> {
                        if (left.decrementAndGet() == 0) {
                            throw new IllegalStateException("enough");
                        }
                    });
                    boolean last = failing == calls.get(); // all is done by then
                    assertThrows(IllegalStateException.class, () -> Store.salvage(source, target, options));
                    if (!last) {
                        assertEquals(existed, Files.exists(target), "after call " + failing);
                        assertTrue(!existed || StoreImage.of(target).files().isEmpty());
                    }
                }
            }
        }
    }

    @Test
    void whatAnInterruptedSalvageLeavesCannotBeOpened() throws IOException {
        try (Scratch scratch = Scratch.make()) {
            Path target = scratch.path("new");
            Store.open(target).close();
            Files.createFile(target.resolve("SALVAGE-UNFINISHED"));
            StoreImage before = StoreImage.of(target);
            AshlarException e = assertThrows(UnsupportedFormatException.class, () -> Store.open(target));
            assertTrue(e.getMessage().contains("salvage"), e.getMessage());
            assertEquals(Set.of(), before.differences(StoreImage.of(target)));
            Path begun = Files.createDirectory(scratch.path("begun"));
            Files.createFile(begun.resolve("SALVAGE-UNFINISHED"));
            assertThrows(UnsupportedFormatException.class, () -> Store.open(begun));
        }
    }

    @Test
    void rubbishTakesBoundedTime() throws IOException {
        try (Scratch scratch = Scratch.make()) {
            Path source = scratch.path("damaged");
            StoreImage image = withoutManifests(Specimens.named("checkpointed").image());
            image.writeTo(source);
            byte[] rubbish = Bytes.bytes(Author.value(4 << 20, 3));
            for (int i = 0; i < 4; i++) {
                Files.write(source.resolve("log/%016x.log".formatted(0x10000000L + i * 0x1000000L)), rubbish);
            }
            long start = System.nanoTime();
            SalvageReport report = Store.salvage(source, scratch.path("new"));
            assertFalse(report.complete());
            assertTrue(System.nanoTime() - start < Duration.ofSeconds(60).toNanos());
        }
    }
}
