package dev.ashlar.typed;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.ashlar.Durability;
import dev.ashlar.FieldOrder;
import dev.ashlar.Keyspace;
import dev.ashlar.LayoutMismatchException;
import dev.ashlar.Length;
import dev.ashlar.Snapshot;
import dev.ashlar.Store;
import dev.ashlar.StoreClosedException;
import dev.ashlar.StoreOptions;
import dev.ashlar.TypedCursor;
import dev.ashlar.TypedKeyspace;
import dev.ashlar.TypedScan;
import dev.ashlar.WriteBatch;
import dev.ashlar.engine.TestEngines;
import dev.ashlar.io.Storages;
import dev.ashlar.typed.Types.Quote;
import dev.ashlar.typed.Types.QuoteView;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A typed keyspace as its users have it. */
@Tag("nio")
class TypedKeyspaceTest {
    private static final StoreOptions STILL = StoreOptions.DEFAULT.withAutoCompaction(false);

    @TempDir
    Path directory;

    static Quote quote(int i) {
        return new Quote(i, i + 0.25, i + 0.5, 100 * i, i % 2 == 0, "v" + i % 100_000);
    }

    private static byte[] key(int i) {
        return ("key-" + i).getBytes(StandardCharsets.UTF_8);
    }

    private static void assertShows(Quote expected, QuoteView found) {
        assertNotNull(found);
        assertEquals(
                expected, new Quote(found.time(), found.bid(), found.ask(), found.size(), found.firm(), found.venue()));
    }

    @Test
    void aRecordAndAnInterfaceReadWhatTheOtherWrote() {
        try (Store store = Store.open(directory)) {
            TypedKeyspace<Quote> records = store.keyspace("quotes").typed(Quote.class);
            TypedKeyspace<QuoteView> views = store.keyspace("quotes").typed(QuoteView.class);
            records.put("a", quote(1));
            records.put(7, quote(2), Durability.DURABLE);
            assertShows(quote(1), views.get("a"));
            assertShows(quote(2), views.get(7));
            QuoteView draft = views.draft().time(3).bid(3.25).venue("v3");
            draft.ask(3.5);
            draft.size(300);
            views.put(key(3), draft);
            assertEquals(quote(3), records.get(MemorySegment.ofArray(key(3))));
            assertEquals(3.375, views.get(key(3)).mid());
            assertNull(records.get("absent"));
            assertNull(views.get("absent"));
            assertEquals(3, records.keyspace().size());
            assertEquals(40, records.valueBytes());
            assertEquals(40, store.keyspace("quotes").get("a").byteSize());
            assertEquals(Quote.class, records.type());
            assertEquals(records.layout(), views.layout());
        }
    }

    @Test
    void everyFormOfWriteStoresTheSame() {
        try (Store store = Store.open(directory)) {
            TypedKeyspace<Quote> typed = store.keyspace("quotes").typed(Quote.class);
            TypedKeyspace<QuoteView> views = store.keyspace("quotes").typed(QuoteView.class);
            views.put("first", implementedBy(typed, quote(0)));
            typed.put(MemorySegment.ofArray(key(1)), quote(1), Durability.APPENDED);
            long lsn = typed.putAsync(key(2), quote(2), Durability.DURABLE).join();
            assertTrue(lsn < store.durableLsn());
            long ignored = typed.putAsync(MemorySegment.ofArray(key(3)), quote(3), Durability.APPENDED)
                    .join();
            assertTrue(typed.tryPut(MemorySegment.ofArray(key(4)), quote(4)));
            assertEquals(Keyspace.NOT_WRITTEN, typed.putIfAbsent(key(1), quote(9), Durability.APPENDED));
            assertNotEquals(Keyspace.NOT_WRITTEN, typed.putIfAbsent(key(5), quote(5), Durability.APPENDED));
            assertEquals(Keyspace.NOT_WRITTEN, typed.replace(key(2), quote(9), lsn + 8, Durability.APPENDED));
            assertNotEquals(Keyspace.NOT_WRITTEN, typed.replace(key(2), quote(20), lsn, Durability.APPENDED));
            try (WriteBatch batch = store.batch()) {
                typed.put(batch, key(6), quote(6));
                typed.put(batch, MemorySegment.ofArray(key(7)), quote(7));
                typed.put(batch, "key-8", quote(8));
                typed.put(batch, 9, quote(9));
                assertNull(typed.get(key(6)));
                batch.commit();
            }
            store.sync();
            assertEquals(quote(0), typed.get("first"));
            assertEquals(quote(20), typed.get(key(2)));
            for (int i : new int[] {1, 3, 4, 5, 6, 7, 8}) {
                assertEquals(quote(i), typed.get(key(i)));
            }
            assertEquals(quote(9), typed.get(9));
            views.put("copy", views.get(key(8)));
            assertEquals(quote(8), typed.get("copy"));
        }
    }

    /** Not a flyweight, so its accessors are called. */
    private static QuoteView implementedBy(TypedKeyspace<Quote> typed, Quote quote) {
        return new QuoteView() {
            @Override
            public String venue() {
                typed.put("re-entered", quote);
                return quote.venue();
            }

            @Override
            public double bid() {
                return quote.bid();
            }

            @Override
            public double ask() {
                return quote.ask();
            }

            @Override
            public long time() {
                return quote.time();
            }

            @Override
            public boolean firm() {
                return quote.firm();
            }

            @Override
            public int size() {
                return quote.size();
            }

            @Override
            public QuoteView time(long time) {
                return this;
            }

            @Override
            public QuoteView bid(double bid) {
                return this;
            }

            @Override
            public void ask(double ask) {}

            @Override
            public void size(int size) {}

            @Override
            public void firm(boolean firm) {}

            @Override
            public QuoteView venue(String venue) {
                return this;
            }
        };
    }

    @Test
    void aViewStaysAsItIs() {
        QuoteView kept;
        Quote copied;
        try (Store store = Store.open(directory, STILL)) {
            TypedKeyspace<QuoteView> typed = store.keyspace("quotes").typed(QuoteView.class);
            TypedKeyspace<Quote> records = store.keyspace("quotes").typed(Quote.class);
            records.put("a", quote(1));
            kept = typed.get("a");
            copied = records.get("a");
            for (int i = 0; i < 30_000; i++) {
                records.put("a", quote(i + 2));
            }
            assertTrue(store.compact().chunks() > 0);
            assertShows(quote(1), kept);
            store.keyspace("quotes").delete("a");
            assertShows(quote(1), kept);
        }
        assertShows(quote(1), kept);
        assertEquals(quote(1), copied);
    }

    @Test
    void aCursorShowsItsValueUntilItFindsTheNext() {
        TypedCursor<QuoteView> cursor;
        QuoteView flyweight;
        try (Store store = Store.open(directory, STILL)) {
            TypedKeyspace<Quote> records = store.keyspace("quotes").typed(Quote.class);
            cursor = store.keyspace("quotes").typed(QuoteView.class).cursor();
            TypedCursor<Quote> copying = records.cursor();
            assertThrows(IllegalStateException.class, cursor::value);
            long version = records.put("a", quote(1));
            records.put(5, quote(5));
            assertTrue(cursor.find("a"));
            assertTrue(copying.find("a"));
            flyweight = cursor.value();
            assertEquals(version, cursor.version());
            for (int i = 0; i < 30_000; i++) {
                records.put("a", quote(i + 2));
            }
            assertTrue(store.compact().chunks() > 0);
            assertShows(quote(1), flyweight);
            assertEquals(quote(1), copying.value());
            assertTrue(cursor.find(5));
            assertSame(flyweight, cursor.value());
            assertShows(quote(5), flyweight);
            assertTrue(cursor.find(MemorySegment.ofArray("a".getBytes(StandardCharsets.UTF_8))));
            assertShows(quote(30_001), flyweight);
            assertFalse(cursor.find("absent"));
            assertThrows(IllegalStateException.class, cursor::value);
            assertThrows(IllegalStateException.class, cursor::version);
            assertShows(quote(30_001), flyweight);
        }
        assertThrows(StoreClosedException.class, () -> cursor.find("a"));
        assertShows(quote(30_001), flyweight);
    }

    @Test
    void scansAndSnapshotsShowTypedValues() {
        try (Store store = Store.open(directory)) {
            TypedKeyspace<Quote> records = store.keyspace("quotes").typed(Quote.class);
            TypedKeyspace<QuoteView> views = store.keyspace("quotes").typed(QuoteView.class);
            for (int i = 0; i < 10; i++) {
                records.put(i, quote(i));
            }
            List<QuoteView> forward = new ArrayList<>();
            try (TypedScan<QuoteView> scan = views.scan()) {
                while (scan.next()) {
                    assertEquals(8, scan.key().byteSize());
                    assertTrue(scan.version() > 0);
                    forward.add(scan.value());
                }
            }
            assertEquals(10, forward.size());
            for (int i = 0; i < 10; i++) {
                assertShows(quote(i), forward.get(i));
            }
            try (TypedScan<Quote> scan = records.scanBackward()) {
                assertTrue(scan.next());
                assertEquals(quote(9), scan.value());
            }
            try (Snapshot then = store.snapshot()) {
                records.put(3, quote(33));
                assertEquals(quote(3), records.at(then.keyspace("quotes").get(3)));
                assertShows(quote(3), views.at(then.keyspace("quotes").get(3)));
            }
        }
    }

    @Test
    void aValueOfAnotherLengthIsAnError() {
        try (Store store = Store.open(directory)) {
            Keyspace raw = store.keyspace("quotes");
            TypedKeyspace<QuoteView> typed = raw.typed(QuoteView.class);
            raw.put("short", new byte[39]);
            raw.put(3, new byte[41]);
            String text = assertThrows(LayoutMismatchException.class, () -> typed.get("short"))
                    .getMessage();
            assertTrue(text.contains("\"short\", 0x73686f7274 in keyspace quotes has 39 bytes"), text);
            assertTrue(text.contains("QuoteView has 40"), text);
            TypedCursor<QuoteView> cursor = typed.cursor();
            text = assertThrows(LayoutMismatchException.class, () -> cursor.find(3))
                    .getMessage();
            assertTrue(text.contains("key 0x8000000000000003 in keyspace quotes has 41 bytes"), text);
            assertThrows(IllegalStateException.class, cursor::value);
            assertThrows(LayoutMismatchException.class, () -> cursor.find("short"));
            assertThrows(LayoutMismatchException.class, () -> typed.at(raw.get("short")));
            typed.put("right", typed.draft());
            try (TypedScan<QuoteView> scan = typed.scan()) {
                assertTrue(scan.next());
                assertThrows(LayoutMismatchException.class, scan::value);
                assertTrue(scan.next());
                assertThrows(LayoutMismatchException.class, scan::value);
                assertTrue(scan.next());
                assertShows(new Quote(0, 0, 0, 0, false, ""), scan.value());
            }
        }
    }

    @Test
    void aDraftCanBeFilledAgainAndWhatWasReadCannot() {
        try (Store store = Store.open(directory)) {
            TypedKeyspace<QuoteView> typed = store.keyspace("quotes").typed(QuoteView.class);
            QuoteView draft = typed.draft().time(1).venue("first");
            typed.put("a", draft);
            typed.put("b", draft.time(2).venue("2"));
            assertEquals(1, typed.get("a").time());
            assertEquals("first", typed.get("a").venue());
            assertEquals("2", typed.get("b").venue());
            String text = assertThrows(
                            UnsupportedOperationException.class,
                            () -> typed.get("a").time(5))
                    .getMessage();
            assertTrue(text.contains("QuoteView.time cannot be set"), text);
            TypedCursor<QuoteView> cursor = typed.cursor();
            assertTrue(cursor.find("a"));
            assertThrows(
                    UnsupportedOperationException.class, () -> cursor.value().venue("x"));
            assertEquals("first", typed.get("a").venue());
            assertThrows(
                    UnsupportedOperationException.class,
                    () -> store.keyspace("quotes").typed(Quote.class).draft());
            try (Arena arena = Arena.ofConfined()) {
                QuoteView inCallersMemory = typed.at(arena.allocate(40)).time(77);
                typed.put("c", inCallersMemory);
            }
            assertEquals(77, typed.get("c").time());
        }
    }

    @Test
    void aFieldThatCannotBeStoredIsRefusedAndNothingIsWritten() {
        try (Store store = Store.open(directory)) {
            TypedKeyspace<Quote> typed = store.keyspace("quotes").typed(Quote.class);
            for (String venue : new String[] {"1234567", "äöüß", "a\0b", "\ud800", "a\udc00"}) {
                Quote bad = new Quote(1, 2, 3, 4, true, venue);
                String text = assertThrows(IllegalArgumentException.class, () -> typed.put("a", bad))
                        .getMessage();
                assertTrue(text.contains("Quote.venue"), text);
            }
            Quote none = new Quote(1, 2, 3, 4, true, null);
            String text = assertThrows(NullPointerException.class, () -> typed.put("a", none))
                    .getMessage();
            assertTrue(text.contains("Quote.venue"), text);
            assertThrows(NullPointerException.class, () -> typed.put("a", null));
            assertTrue(store.keyspace("quotes").isEmpty());
            typed.put("a", new Quote(1, 2, 3, 4, true, "a\ud83d\ude00"));
            assertEquals("a\ud83d\ude00", typed.get("a").venue());
        }
    }

    record Page(@Length(2048) byte[] bytes, long number) {}

    @FieldOrder({"bytes", "number"})
    interface PageView {
        @Length(2048)
        byte bytes(int index);

        long number();
    }

    @Test
    void valuesInFilesAreReadToo() {
        try (Store store = TestEngines.small(directory, Storages.open(directory, true), STILL, true, 65_536, 1024)) {
            TypedKeyspace<Page> records = store.keyspace("pages").typed(Page.class);
            TypedKeyspace<PageView> views = store.keyspace("pages").typed(PageView.class);
            byte[] bytes = new byte[2048];
            bytes[2047] = 9;
            records.put("a", new Page(bytes, 1));
            records.put("b", new Page(bytes, 2));
            assertEquals(2, store.stats().valueFiles());
            TypedCursor<PageView> cursor = views.cursor();
            assertTrue(cursor.find("a"));
            assertEquals(1, cursor.value().number());
            assertTrue(cursor.find("b"));
            assertEquals(2, cursor.value().number());
            assertEquals(9, views.get("a").bytes(2047));
            assertThrows(IndexOutOfBoundsException.class, () -> views.get("a").bytes(2048));
            assertThrows(IndexOutOfBoundsException.class, () -> views.get("a").bytes(-1));
        }
    }

    @Test
    void whoAppendsCannotWaitForALayoutToBeStored() {
        try (Store store = Store.open(directory)) {
            Keyspace quotes = store.keyspace("quotes");
            TestEngines.whileNobodyAppends(
                    store, () -> assertThrows(IllegalStateException.class, () -> quotes.typed(Quote.class)));
            quotes.typed(Quote.class);
        }
    }

    @Test
    void generatedClassesAreSharedByAllHandles() {
        try (Store store = Store.open(directory)) {
            Class<?> first = store.keyspace("a").typed(QuoteView.class).draft().getClass();
            Class<?> second = store.keyspace("b").typed(QuoteView.class).draft().getClass();
            assertSame(first, second);
            assertTrue(first.isHidden());
            assertSame(QuoteView.class.getPackage(), first.getPackage());
        }
    }
}
