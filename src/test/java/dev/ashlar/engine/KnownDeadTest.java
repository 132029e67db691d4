package dev.ashlar.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import dev.ashlar.Keyspace;
import dev.ashlar.Store;
import dev.ashlar.StoreOptions;
import dev.ashlar.keyspace.KeyspaceView;
import dev.ashlar.keyspace.Records;
import dev.ashlar.log.Chunk;
import dev.ashlar.log.FrameRef;
import dev.ashlar.log.LogMemory;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** What compaction passes over without a look at the index: nothing that the index refers to. */
@EnabledOnOs(OS.LINUX)
class KnownDeadTest {
    private static final byte[] KEY = "key".getBytes(StandardCharsets.UTF_8);

    @TempDir
    Path directory;

    private Engine open() {
        return (Engine) Store.open(directory, StoreOptions.DEFAULT.withAutoCompaction(false));
    }

    private static boolean isKnownDead(Records records, long lsn) {
        LogMemory memory = records.chunks().memory();
        Chunk chunk = records.chunks().holding(lsn);
        assertNotNull(chunk);
        return memory.isKnownDead(chunk.position(lsn));
    }

    @Test
    void aRecordIsDeadOnceItIsOverwrittenOrDeletedAndNotBefore() {
        try (Engine store = open()) {
            Keyspace space = store.keyspace("k");
            long first = space.put(KEY, new byte[100]);
            assertFalse(isKnownDead(store.records(), first));
            long second = space.put(KEY, new byte[200]);
            assertEquals(true, isKnownDead(store.records(), first));
            assertFalse(isKnownDead(store.records(), second));
            space.delete(KEY, dev.ashlar.Durability.APPENDED);
            assertEquals(true, isKnownDead(store.records(), second));
        }
    }

    /** A fuzzy image may refer to a frame already that replay then applies again. */
    @Test
    void aRecordThatIsReplayedOverAnImageThatHasItIsAlive() {
        try (Engine store = open()) {
            long lsn = store.keyspace("k").put(KEY, new byte[100]);
            Records records = store.records();
            Chunk chunk = records.chunks().holding(lsn);
            FrameRef frame = new FrameRef();
            frame.read(chunk, lsn, chunk.segment(), lsn - chunk.base());
            frame.keyHash = records.hash(frame.keyBytes, frame.keyAt, frame.keyLength);
            KeyspaceView view = new KeyspaceView(records);
            view.defineProvisionally(frame.space);
            view.apply(frame);
            view.apply(frame);
            assertFalse(isKnownDead(records, lsn));
        }
    }

    /** A fuzzy image may refer to the second of two frames already when replay comes to the first. */
    @Test
    void aRecordThatReplayComesBackToIsAlive() {
        try (Engine store = open()) {
            Keyspace space = store.keyspace("k");
            long[] lsns = {space.put(KEY, new byte[100]), space.put(KEY, new byte[200])};
            Records records = store.records();
            KeyspaceView view = new KeyspaceView(records);
            for (int i : new int[] {1, 0, 1}) {
                Chunk chunk = records.chunks().holding(lsns[i]);
                assertNotNull(chunk);
                FrameRef frame = new FrameRef();
                frame.read(chunk, lsns[i], chunk.segment(), lsns[i] - chunk.base());
                frame.keyHash = records.hash(frame.keyBytes, frame.keyAt, frame.keyLength);
                if (!view.owns(frame.space)) {
                    view.defineProvisionally(frame.space);
                }
                view.apply(frame);
            }
            assertFalse(isKnownDead(records, lsns[1]));
            assertEquals(true, isKnownDead(records, lsns[0]));
        }
    }

    @Test
    void whatIsAliveAfterReopeningSurvivesCompaction() {
        try (Engine store = open()) {
            Keyspace space = store.keyspace("k");
            for (int i = 0; i < 2_000; i++) {
                space.put(i % 200, new byte[1_000 + i]);
            }
        }
        try (Engine store = open()) {
            Keyspace space = store.keyspace("k");
            for (int i = 0; i < 2_000; i++) {
                space.put(200 + i % 200, new byte[1_000 + i]);
            }
            store.compact();
            assertEquals(400, space.size());
            for (long key = 0; key < 400; key++) {
                MemorySegment view = space.get(key);
                assertNotNull(view, "key " + key);
                byte[] expected = new byte[(int) (2_800 + key % 200)];
                assertArrayEquals(expected, view.toArray(ValueLayout.JAVA_BYTE), "key " + key);
            }
        }
    }
}
