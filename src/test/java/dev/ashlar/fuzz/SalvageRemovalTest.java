package dev.ashlar.fuzz;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.ashlar.LayoutMismatchException;
import dev.ashlar.SalvageOptions;
import dev.ashlar.SalvageReport;
import dev.ashlar.Store;
import dev.ashlar.UnsupportedFormatException;
import dev.ashlar.simd.Xxh3;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a salvage makes of keyspaces that were cleared or removed, and of layouts, if what says so is damaged. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class SalvageRemovalTest {
    record Point(int x, int y) {}

    record Wider(long x, long y) {}

    private static final int INCOMPATIBLE = 12;
    private static final int PROPERTIES = 4;

    private static LogFrame find(Specimen specimen, Predicate<LogFrame> wanted) {
        return specimen.frames().stream().filter(wanted).findFirst().orElseThrow();
    }

    private static StoreImage without(StoreImage image, LogFrame frame) {
        return image.with(
                frame.file(), SalvageTest.filled(image.bytes(frame.file()), frame.offset(), frame.end(), 0xFF));
    }

    private static StoreImage withDamagedPayload(StoreImage image, LogFrame frame) {
        byte[] bytes = image.bytes(frame.file()).clone();
        bytes[frame.payload()] ^= 1;
        return image.with(frame.file(), bytes);
    }

    private static Specimen cleared() {
        return new Author("cleared")
                .space("a", 8)
                .put("a", "old", "value")
                .sync()
                .clear("a")
                .put("a", "new", "value")
                .sync()
                .closed();
    }

    private static Specimen givenAgain() {
        return new Author("given-again")
                .space("a", 8)
                .put("a", "k", "former")
                .put("a", "only", "former")
                .sync()
                .drop("a")
                .space("a", 64)
                .put("a", "k", "present")
                .sync()
                .closed();
    }

    private static Specimen typed() {
        Author author = new Author("typed").space("p", 64);
        author.store().keyspace("p").typed(Point.class).put("one", new Point(1, 2));
        return author.sync().closed();
    }

    @Test
    void whereAClearIsDamagedWhatItClearedIsBackAndTheReportSaysSo() {
        Specimen specimen = cleared();
        LogFrame clear = find(specimen, frame -> frame.type() == 5);
        Salvaged salvaged = Salvaged.of(without(specimen.image(), clear));
        assertEquals(Map.of("a\0old", "value", "a\0new", "value"), salvaged.content());
        assertFalse(salvaged.report().complete());
        assertEquals(clear.offset(), salvaged.report().damaged().getFirst().position());
        assertTrue(salvaged.report().damaged().getFirst().what().contains("cleared"));
    }

    @Test
    void aDamagedValueThatWasClearedCostsNothingAndNoOlderOneIsTaken() {
        Specimen specimen = cleared();
        LogFrame old = find(specimen, frame -> frame.key().equals("old"));
        for (boolean stale : List.of(false, true)) {
            Salvaged salvaged =
                    Salvaged.of(withDamagedPayload(specimen.image(), old), SalvageOptions.DEFAULT.withStale(stale));
            assertEquals(specimen.current(), salvaged.content());
            assertTrue(salvaged.report().complete());
            assertEquals(old.offset(), salvaged.report().harmless().getFirst().position());
        }
    }

    @Test
    void aNameThatWasGivenAgainIsThatOfTheLastKeyspace() {
        Specimen specimen = givenAgain();
        Salvaged salvaged = Salvaged.of(specimen.image());
        assertEquals(Map.of("a\0k", "present"), salvaged.content());
        assertTrue(salvaged.report().complete());
    }

    @Test
    void whereARemovalIsDamagedAndTheNameGivenAgainTheFormerKeyspaceHasAnotherName() {
        Specimen specimen = givenAgain();
        LogFrame removal = find(specimen, LogFrame::isDefinitionDeleted);
        StoreImage image = without(specimen.image(), removal);
        for (StoreImage each : List.of(image, SalvageTest.withoutManifests(image))) {
            Salvaged salvaged = Salvaged.of(each);
            assertEquals(
                    Map.of(
                            "a\0k",
                            "present",
                            "recovered keyspace 1\0k",
                            "former",
                            "recovered keyspace 1\0only",
                            "former"),
                    salvaged.content());
            SalvageReport report = salvaged.report();
            assertEquals(List.of("recovered keyspace 1"), report.renamed());
            assertEquals(removal.offset(), report.damaged().getFirst().position());
            LogFrame definition = find(specimen, frame -> frame.isPut() && frame.space() == 0);
            assertTrue(report.doubtful().stream()
                    .anyMatch(damage -> damage.position() == definition.offset()
                            && damage.what().contains("given to another")));
        }
    }

    @Test
    void theDefinitionOfARemovedKeyspaceIsNotMissed() {
        Specimen specimen = givenAgain();
        LogFrame definition = find(specimen, frame -> frame.isPut() && frame.space() == 0);
        Salvaged salvaged = Salvaged.of(withDamagedPayload(specimen.image(), definition));
        assertEquals(Map.of("a\0k", "present"), salvaged.content());
        assertTrue(salvaged.report().complete());
        assertEquals(
                definition.offset(), salvaged.report().harmless().getFirst().position());
    }

    @Test
    void layoutsAreCarriedToTheKeyspaceOfTheNewStore() {
        // The definition is lost, and another keyspace comes first: names and ids are others there.
        Author author = new Author("typed-other").space("gone", 8).space("p", 64);
        author.store().keyspace("p").typed(Point.class).put("one", new Point(1, 2));
        Specimen specimen = author.drop("gone").sync().closed();
        LogFrame definition = find(specimen, frame -> frame.isPut() && frame.space() == 0 && frame.definedId() == 2);
        for (StoreImage image : List.of(specimen.image(), withDamagedPayload(specimen.image(), definition))) {
            String name = image == specimen.image() ? "p" : "recovered keyspace 2";
            try (Scratch scratch = Scratch.make()) {
                image.writeTo(scratch.path("damaged"));
                var ignored = Salvaged.of(scratch.path("damaged"), scratch.path("new"), SalvageOptions.DEFAULT);
                long bits =
                        Bytes.number(StoreImage.of(scratch.path("new")).bytes(StoreImage.MANIFEST_A), INCOMPATIBLE, 4);
                assertEquals(PROPERTIES, bits & PROPERTIES);
                try (Store store = Store.open(scratch.path("new"), Author.STILL)) {
                    assertEquals(List.of(name), store.keyspaces());
                    assertThrows(
                            LayoutMismatchException.class,
                            () -> store.keyspace(name).typed(Wider.class));
                    assertEquals(
                            new Point(1, 2),
                            store.keyspace(name).typed(Point.class).get("one"));
                }
            }
        }
    }

    @Test
    void aLayoutThatIsDamagedIsReportedAndTheKeyspaceIsThereWithoutIt() {
        Specimen specimen = typed();
        LogFrame layout = find(
                specimen,
                frame -> frame.isPut() && frame.space() == 0 && frame.key().length() == 5);
        try (Scratch scratch = Scratch.make()) {
            withDamagedPayload(specimen.image(), layout).writeTo(scratch.path("damaged"));
            Salvaged salvaged = Salvaged.of(scratch.path("damaged"), scratch.path("new"), SalvageOptions.DEFAULT);
            assertFalse(salvaged.report().complete());
            assertEquals(layout.offset(), salvaged.report().damaged().getFirst().position());
            assertTrue(salvaged.report().damaged().getFirst().what().contains("p has none"));
            try (Store store = Store.open(scratch.path("new"), Author.STILL)) {
                assertEquals(1, store.keyspace("p").size());
                assertEquals(
                        new Point(1, 2), store.keyspace("p").typed(Point.class).get("one"));
            }
        }
    }

    @Test
    void aStoreWithAnUnknownFeatureIsRefusedEvenIfOnlyOneManifestSaysSo() {
        StoreImage image = typed().image();
        byte[] manifest = image.bytes(StoreImage.MANIFEST_B).clone();
        Bytes.number(manifest, INCOMPATIBLE, 4, Bytes.number(manifest, INCOMPATIBLE, 4) | 1 << 30);
        int length = (int) Bytes.number(manifest, 52, 4);
        Bytes.number(manifest, length - 8, 8, Xxh3.hash(manifest, 0, length - 8, 0));
        StoreImage newer = image.with(StoreImage.MANIFEST_B, manifest);
        assertThrows(UnsupportedFormatException.class, () -> Salvaged.of(newer));
    }
}
