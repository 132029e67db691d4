package dev.ashlar.stress;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.ashlar.Document;
import dev.ashlar.DocumentCollection;
import dev.ashlar.DocumentCursor;
import dev.ashlar.DocumentField;
import dev.ashlar.DocumentOptions;
import dev.ashlar.DocumentSchema;
import dev.ashlar.DocumentSnapshot;
import dev.ashlar.DuplicateKeyException;
import dev.ashlar.Durability;
import dev.ashlar.Keyspace;
import dev.ashlar.MergePolicy;
import dev.ashlar.PreparedCommit;
import dev.ashlar.Snapshot;
import dev.ashlar.Store;
import dev.ashlar.StoreOptions;
import dev.ashlar.WriteBatch;
import dev.ashlar.engine.TestEngines;
import dev.ashlar.io.FaultyStorage;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Money moves between accounts that are documents, while everything is committed, built, merged and compacted: whoever reads
 * a snapshot sees the same sum, in the documents and with what a key says that was committed with them.
 */
class DocumentStressTest {
    private static final DocumentSchema SCHEMA = DocumentSchema.builder()
            .field(DocumentField.keyword("id"))
            .field(DocumentField.i64("balance"))
            .field(DocumentField.text("padding"))
            .primaryKey("id")
            .build();
    private static final int ACCOUNTS = 40;
    private static final int EACH = 1_000;

    @TempDir
    Path directory;

    @Test
    @Timeout(300)
    @DisplayName(
            "C8, C10, C12 sums stay what they are in every snapshot, while accounts change, come and go, and are committed"
                    + " with a key, merged and compacted")
    void sums() throws InterruptedException {
        run(1_500);
    }

    @Test
    @Tag("long")
    @DisplayName("C8, C10, C12 the same for long")
    void sumsForLong() throws InterruptedException {
        run(60_000);
    }

    private void run(long millis) throws InterruptedException {
        StoreOptions options = StoreOptions.DEFAULT.withRingSlots(64);
        DocumentOptions small = DocumentOptions.DEFAULT
                .withBlockBytes(DocumentOptions.MIN_BLOCK_BYTES)
                .withMemory(2 << 20, 2)
                .withMerging(MergePolicy.DEFAULT.perTier(3));
        AtomicLong commits = new AtomicLong();
        AtomicLong reads = new AtomicLong();
        Map<String, Long> last;
        try (Store store = TestEngines.open(directory, FaultyStorage.withoutDevice(directory), options)) {
            DocumentCollection accounts = store.documents("accounts", SCHEMA, small);
            Keyspace sums = store.keyspace("sums");
            for (int i = 0; i < ACCOUNTS; i++) {
                accounts.add(account(i, EACH));
            }
            commit(store, accounts, sums, 0);
            Threads threads = new Threads();
            Map<Integer, Long> balances = new HashMap<>();
            for (int i = 0; i < ACCOUNTS; i++) {
                balances.put(i, (long) EACH);
            }
            Random random = new Random(System.nanoTime());
            threads.start("moves and commits", () -> {
                for (int i = 0; i < 5; i++) {
                    move(accounts, balances, random);
                }
                if (random.nextInt(6) == 0) {
                    accounts.flush();
                }
                if (random.nextInt(6) == 0) {
                    accounts.prepareCommit().release();
                }
                commit(store, accounts, sums, commits.incrementAndGet());
            });
            for (int t = 0; t < 2; t++) {
                threads.start("reads " + t, () -> {
                    try (Snapshot snapshot = store.snapshot()) {
                        DocumentSnapshot shown = snapshot.documents("accounts");
                        long number = ByteBuffer.wrap(snapshot.keyspace("sums")
                                        .get(new byte[] {1})
                                        .toArray(java.lang.foreign.ValueLayout.JAVA_BYTE))
                                .order(ByteOrder.LITTLE_ENDIAN)
                                .getLong();
                        Map<String, Long> found = read(shown);
                        Document marker = shown.get("marker");
                        assertEquals(number, marker.i64("balance"), "a commit is there in parts");
                        found.remove("marker");
                        long sum = found.values().stream()
                                .mapToLong(Long::longValue)
                                .sum();
                        assertEquals((long) ACCOUNTS * EACH, sum, found.toString());
                        reads.incrementAndGet();
                    }
                });
            }
            threads.start("others add", () -> {
                try {
                    accounts.addAsync(accounts.document().set(account(3, 5)), Durability.APPENDED)
                            .join();
                    throw new AssertionError("the key of an account was taken twice");
                } catch (DuplicateKeyException e) {
                    // It is there all the time.
                } catch (java.util.concurrent.CompletionException e) {
                    assertTrue(e.getCause() instanceof DuplicateKeyException, e.toString());
                }
            });
            threads.start("upkeep", () -> {
                store.compact();
                try {
                    accounts.forceMerge(2);
                } catch (IllegalStateException e) {
                    // The other thread has a commit prepared at the moment.
                }
                store.checkpoint();
            });
            threads.runFor(millis, () -> commits.get() > 0 && reads.get() > 0);
            accounts.waitForMerges();
            try (DocumentSnapshot snapshot = accounts.snapshot()) {
                last = read(snapshot);
            }
            assertTrue(commits.get() > 0 && reads.get() > 0, commits + " commits, " + reads + " reads");
            Map<String, Long> expected = new HashMap<>();
            balances.forEach((number, balance) -> expected.put("a" + number, balance));
            expected.put("marker", commits.get());
            assertEquals(expected, last);
        }
        try (Store store = Store.open(directory)) {
            try (DocumentSnapshot snapshot = store.documents("accounts").snapshot()) {
                assertEquals(last, read(snapshot));
            }
        }
    }

    /** From one account to another, which may end with that, or begin anew; account 3 is always there. */
    private static void move(DocumentCollection accounts, Map<Integer, Long> balances, Random random) {
        int from = random.nextInt(ACCOUNTS);
        int to = random.nextInt(ACCOUNTS);
        if (from == to) {
            return;
        }
        Long before = balances.get(from);
        if (before == null) {
            return;
        }
        boolean all = random.nextInt(3) == 0 && from != 3;
        long amount = all ? before : random.nextLong(before + 1);
        if (all) {
            accounts.delete("a" + from);
            balances.remove(from);
        } else {
            accounts.upsert(account(from, before - amount));
            balances.put(from, before - amount);
        }
        Long there = balances.get(to);
        if (there == null) {
            accounts.add(account(to, amount));
        } else {
            accounts.upsert(account(to, there + amount));
        }
        balances.merge(to, amount, Long::sum);
    }

    private static void commit(Store store, DocumentCollection accounts, Keyspace sums, long number) {
        accounts.upsert(Map.of("id", "marker", "balance", number));
        try (PreparedCommit prepared = accounts.prepareCommit();
                WriteBatch batch = store.batch()) {
            byte[] value = ByteBuffer.allocate(Long.BYTES)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .putLong(number)
                    .array();
            batch.publish(prepared).put(sums, new byte[] {1}, value);
            assertTrue(batch.commit(Durability.APPENDED) > 0);
        }
    }

    private static Map<String, Object> account(int number, long balance) {
        return Map.of("id", "a" + number, "balance", balance, "padding", "x".repeat((int) (balance % 300)));
    }

    private static Map<String, Long> read(DocumentSnapshot snapshot) {
        Map<String, Long> found = new HashMap<>();
        try (DocumentCursor cursor = snapshot.cursor()) {
            while (cursor.next()) {
                String id = cursor.document().string("id");
                assertNull(found.put(id, cursor.document().i64("balance")), () -> id + " is there twice");
            }
        }
        return found;
    }
}
