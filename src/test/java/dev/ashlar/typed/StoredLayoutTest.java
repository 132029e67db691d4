package dev.ashlar.typed;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.ashlar.Durability;
import dev.ashlar.Keyspace;
import dev.ashlar.LayoutMismatchException;
import dev.ashlar.Store;
import dev.ashlar.StoreOptions;
import dev.ashlar.TypedKeyspace;
import dev.ashlar.typed.Types.Level;
import dev.ashlar.typed.Types.Quote;
import dev.ashlar.typed.Types.QuoteView;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The layout that is stored with a keyspace, whatever becomes of the log that it stands in. */
@Tag("nio")
class StoredLayoutTest {
    private static final StoreOptions STILL = StoreOptions.DEFAULT.withAutoCompaction(false);
    private static final int PROPERTIES = 4;

    @TempDir
    Path directory;

    record Wider(
            long time,
            double bid,
            double ask,
            long size,
            boolean firm,
            @dev.ashlar.Length(6) String venue) {}

    private static void assertHasLayout(Store store) {
        TypedKeyspace<QuoteView> typed = store.keyspace("quotes").typed(QuoteView.class);
        assertNotNull(typed.get("a"));
        String text = assertThrows(
                        LayoutMismatchException.class,
                        () -> store.keyspace("quotes").typed(Wider.class))
                .getMessage();
        assertTrue(text.contains("quotes"), text);
        assertTrue(text.contains("expected \"size i64 24 8\", found \"size i32 24 4\""), text);
    }

    private static void fill(Store store) {
        store.keyspace("quotes").typed(Quote.class).put("a", TypedKeyspaceTest.quote(1), Durability.DURABLE);
    }

    /** The files as they are now, as a process that is killed leaves them. */
    private static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.toList()) {
                Path target = to.resolve(from.relativize(file).toString());
                if (Files.isDirectory(file)) {
                    Files.createDirectories(target);
                } else {
                    Files.copy(file, target);
                }
            }
        }
    }

    @Test
    void anotherLayoutIsRefusedAlsoAfterReopening() {
        try (Store store = Store.open(directory)) {
            fill(store);
            assertHasLayout(store);
        }
        try (Store store = Store.open(directory)) {
            assertHasLayout(store);
        }
    }

    @Test
    void theLayoutIsThereAfterTheProcessWasKilled() throws IOException {
        Path killed = directory.resolve("killed");
        Path killedLater = directory.resolve("killed-later");
        try (Store store = Store.open(directory.resolve("store"), STILL)) {
            fill(store);
            copy(store.directory(), killed);
            store.checkpoint();
            store.keyspace("quotes").put("raw", new byte[1], Durability.DURABLE);
            copy(store.directory(), killedLater);
        }
        for (Path each : new Path[] {killed, killedLater}) {
            try (Store store = Store.open(each, STILL)) {
                assertEquals(0, store.recovery().damaged().size());
                assertHasLayout(store);
            }
        }
    }

    @Test
    void theLayoutIsMovedByCompaction() throws IOException {
        Path killed = directory.resolve("killed");
        try (Store store = Store.open(directory.resolve("store"), STILL)) {
            fill(store);
            Path first = firstChunk(store.directory());
            for (int i = 0; i < 30; i++) {
                store.keyspace("pages").put("page", new byte[100_000]);
            }
            assertTrue(store.compact().chunks() > 0);
            assertTrue(Files.notExists(first), "the chunk with the layout is still there");
            assertHasLayout(store);
            copy(store.directory(), killed);
        }
        for (Path each : new Path[] {directory.resolve("store"), killed}) {
            try (Stream<Path> checkpoints = Files.list(each.resolve("index"))) {
                for (Path checkpoint : checkpoints.toList()) {
                    Files.delete(checkpoint);
                }
            }
            try (Store store = Store.open(each, STILL)) {
                assertHasLayout(store);
            }
        }
    }

    private static Path firstChunk(Path store) throws IOException {
        try (Stream<Path> chunks = Files.list(store.resolve("log"))) {
            return chunks.sorted().findFirst().orElseThrow();
        }
    }

    @Test
    void theFeatureIsAnnouncedOnlyWhenItIsNeeded() throws IOException {
        try (Store store = Store.open(directory)) {
            Keyspace quotes = store.keyspace("quotes");
            assertThrows(IllegalArgumentException.class, () -> quotes.typed(String.class));
            assertEquals(0, features("MANIFEST-a") | features("MANIFEST-b"));
            quotes.typed(Quote.class);
            assertEquals(PROPERTIES, features("MANIFEST-a"));
            assertEquals(PROPERTIES, features("MANIFEST-b"));
        }
    }

    private int features(String manifest) throws IOException {
        return Files.readAllBytes(directory.resolve(manifest))[12];
    }

    @Test
    void keyspacesHaveTheirOwnLayouts() {
        try (Store store = Store.open(directory)) {
            store.keyspace("quotes").typed(Quote.class);
            store.keyspace("levels").typed(Level.class);
            store.keyspace("quotes").typed(QuoteView.class);
            assertThrows(
                    LayoutMismatchException.class,
                    () -> store.keyspace("levels").typed(Quote.class));
            assertEquals(java.util.List.of("levels", "quotes"), store.keyspaces());
            assertEquals(0, store.stats().records());
        }
    }
}
