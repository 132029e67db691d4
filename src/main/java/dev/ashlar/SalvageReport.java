package dev.ashlar;

import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;

/**
 * What {@link Store#salvage} found in the damaged store, and what is in the new one. Files are relative to the damaged
 * store's directory.
 *
 * @param store id of the damaged store; the new one has an id of its own
 * @param manifest whether a copy of the manifest could be read. Without one, what is missing as a whole cannot be told
 *     from what compaction has removed
 * @param chunks chunk files that were read
 * @param bytes of log and value files that were read, each counted once
 * @param recovered the keyspaces of the new store and the number of keys in each
 * @param rows the vector collections of the new store and the number of rows in each
 * @param documents the document collections of the new store and the number of committed documents in each
 * @param pendingDocuments the number of operations in each that are pending: what had not been committed is not
 * @param superseded intact values and rows that were overwritten, deleted or moved later in the log
 * @param renamed keyspaces and vector collections whose names are lost, or were given to others since, which shows that they had been removed; their
 *     records are in keyspaces of these names
 * @param lost keys, ids of rows, and primary keys of documents, whose newest value cannot be read. As long as nothing is in {@code damaged}, those are all
 * @param damaged stretches of the log that do not verify and had been durable. Which keys they were of is not known;
 *     an older value of such a key may be in the new store, or one that was deleted, or a keyspace that was cleared or
 *     removed. The definition or layout of a keyspace that is lost is here too
 * @param doubtful stretches that may be damage, or may never have held anything durable: what a loss of power has torn
 *     looks the same as damage to what was written last
 * @param harmless damage that cost nothing: to headers, copies of the manifest, values that were superseded
 * @param foreign files in {@code log} that are not of this store, and were not read
 * @param brokenBatches batches of which some records are there and some are lost; those that are there were kept
 * @param elapsed how long it took
 */
public record SalvageReport(
        UUID store,
        boolean manifest,
        int chunks,
        long bytes,
        Map<String, Long> recovered,
        Map<String, Long> rows,
        Map<String, Long> documents,
        Map<String, Long> pendingDocuments,
        long superseded,
        List<String> renamed,
        List<LostValue> lost,
        List<Damage> damaged,
        List<Damage> doubtful,
        List<Damage> harmless,
        List<String> foreign,
        long brokenBatches,
        Duration elapsed) {

    /**
     * A key whose newest value cannot be read.
     *
     * @param keyspace its name in the new store, or that of the vector or document collection
     * @param key read-only; of a row {@link Keyspace#longKey} of its id; of a document its primary key, in UTF-8 or as
     *     {@link Keyspace#longKey}; of a pending one that has none 8 bytes that say nothing
     * @param where what is damaged, and how
     * @param older true: the new store has an older value of the key; false: the key is absent
     */
    public record LostValue(String keyspace, MemorySegment key, Damage where, boolean older) {}

    public SalvageReport {
        recovered = Collections.unmodifiableMap(new TreeMap<>(recovered));
        rows = Collections.unmodifiableMap(new TreeMap<>(rows));
        documents = Collections.unmodifiableMap(new TreeMap<>(documents));
        pendingDocuments = Collections.unmodifiableMap(new TreeMap<>(pendingDocuments));
        renamed = List.copyOf(renamed);
        lost = List.copyOf(lost);
        damaged = List.copyOf(damaged);
        doubtful = List.copyOf(doubtful);
        harmless = List.copyOf(harmless);
        foreign = List.copyOf(foreign);
    }

    /** Number of keys in the new store. */
    public long keys() {
        return recovered.values().stream().mapToLong(Long::longValue).sum();
    }

    /** Whether the new store certainly has everything that was durable in the damaged one, under its names. */
    public boolean complete() {
        return lost.isEmpty() && damaged.isEmpty() && doubtful.isEmpty() && renamed.isEmpty();
    }
}
