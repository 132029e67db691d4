package dev.ashlar.engine;

import dev.ashlar.Damage;
import dev.ashlar.DocumentStats;
import dev.ashlar.SalvageOptions;
import dev.ashlar.SalvageReport;
import dev.ashlar.StorageException;
import dev.ashlar.Store;
import dev.ashlar.StoreLockedException;
import dev.ashlar.StoreOptions;
import dev.ashlar.io.Storage;
import dev.ashlar.io.StorageFile;
import dev.ashlar.io.Storages;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Makes a new store of what is left of a damaged one.
 *
 * <pre>
 *   damaged directory ──► {@link SalvageSource}: which store, which chunks
 *        │ segments   ──► {@link SalvageRows}: rows of vector collections that are not dead
 *        │ documents  ──► {@link SalvageDocuments}: which segments count; {@link SalvageCollection} reads and writes them
 *        │ 1. reading ──► {@link SalvagePlan}: its keyspaces, batches that are not whole, what is damaged
 *        │ 2. reading ──► {@link SalvageWriter} ──► new store: every intact record in the order of the log, then values
 *        ▼                                          in files; compacted, closed, and only then no longer "unfinished"
 *   unchanged
 * </pre>
 *
 * Writing all records and compacting afterwards costs room for the garbage of the log; finding out first which records
 * are current would take an index of a log that may be damaged anywhere. This way the order of the log decides, as it
 * does when a store is opened, and it is the engine's own writing that applies it.
 */
final class Salvage {
    /**
     * Where the new store goes.
     *
     * @param directory only to say where it is
     * @param storage opened three times, one after the other; holds nothing
     */
    record Target(Path directory, Supplier<Storage> storage, StoreOptions options, EngineConfig config) {}

    private Salvage() {}

    static SalvageReport run(Path damaged, Path target, SalvageOptions options) {
        Objects.requireNonNull(options, "options");
        requireApart(damaged, target);
        try (Storage storage = Storages.openForReading(damaged)) {
            Storage.StorageLock lock = lock(storage);
            try {
                requireEmpty(target);
                return write(storage, options, target);
            } finally {
                if (lock != null) {
                    lock.close();
                }
            }
        }
    }

    /** Reads one storage and writes another. When it fails, what was written stays, and says that it is unfinished. */
    static SalvageReport run(Storage damaged, SalvageOptions options, Target target) {
        long start = System.nanoTime();
        SalvageReads reads = new SalvageReads(options.progress());
        try (SalvageSource source = new SalvageSource(damaged, reads)) {
            // Twice, and each time twice where the log's end has to be found.
            reads.expect(source.logBytes() * (source.sealedBelow() > 0 ? 2 : 4) + source.valueBytes());
            SalvageRows rows = new SalvageRows(source, reads);
            SalvageDocuments documents = new SalvageDocuments(source);
            SalvagePlan plan = new SalvagePlan(source, reads, rows, documents);
            return fill(source, plan, reads, rows, documents, options.stale(), target, start);
        }
    }

    /** Null if there is nothing to lock: then no process can have the store open. */
    private static Storage.@Nullable StorageLock lock(Storage storage) {
        if (!storage.exists(Opening.LOCK)) {
            return null;
        }
        Storage.StorageLock lock = storage.tryLockForReading(Opening.LOCK);
        if (lock == null) {
            throw new StoreLockedException("the store " + storage.describe() + " is open, in this process or another,"
                    + " or is being salvaged. Close it there first; nothing was changed.");
        }
        return lock;
    }

    // ------------------------------------------------------------------------------------------------------ the target

    private static void requireApart(Path damaged, Path target) {
        Path from = real(damaged);
        Path to = real(target);
        if (to.startsWith(from) || from.startsWith(to)) {
            throw new IllegalArgumentException("cannot salvage " + damaged + " to " + target
                    + ": the one is, or is in, the other, and the damaged store must not be changed");
        }
    }

    /** A path without symbolic links, as far as it exists. */
    private static Path real(Path path) {
        Path normal = path.toAbsolutePath().normalize();
        Path existing = normal;
        while (existing.getParent() != null && !Files.exists(existing)) {
            existing = existing.getParent();
        }
        try {
            return existing.toRealPath().resolve(existing.relativize(normal)).normalize();
        } catch (IOException _) {
            return normal; // not to be looked at: opening it will say so
        }
    }

    private static void requireEmpty(Path target) {
        if (!Files.exists(target)) {
            return;
        }
        String found = null;
        if (!Files.isDirectory(target)) {
            found = "a file";
        } else {
            try (Stream<Path> entries = Files.list(target)) {
                found = entries.findFirst()
                        .map(entry -> "one with " + entry.getFileName() + " in it")
                        .orElse(null);
            } catch (IOException e) {
                throw new StorageException(
                        "list", target.toString(), StorageException.UNKNOWN_ERRNO, String.valueOf(e.getMessage()), e);
            }
        }
        if (found != null) {
            throw new StorageException(
                    "salvage",
                    target.toString(),
                    StorageException.UNKNOWN_ERRNO,
                    "expected a directory that is absent or empty, found " + found
                            + ". Give another one, or empty it; nothing was changed.");
        }
    }

    private static SalvageReport write(Storage damaged, SalvageOptions options, Path directory) {
        boolean existed = Files.exists(directory);
        boolean done = false;
        try {
            Target target = new Target(
                    directory, () -> Storages.open(directory, true), StoreOptions.DEFAULT, EngineConfig.DEFAULT);
            SalvageReport report = run(damaged, options, target);
            done = true;
            return report;
        } finally {
            if (!done) {
                remove(directory, existed);
            }
        }
    }

    private static SalvageReport fill(
            SalvageSource source,
            SalvagePlan plan,
            SalvageReads reads,
            SalvageRows rows,
            SalvageDocuments documents,
            boolean stale,
            Target target,
            long start) {
        mark(target);
        SalvageReport report;
        Storage storage = target.storage.get();
        Engine store;
        try {
            store = Engine.open(target.directory, storage, target.options, target.config);
        } catch (RuntimeException | Error e) {
            storage.close();
            throw e;
        }
        try (store;
                SalvageWriter writer = new SalvageWriter(source, plan, reads, rows, documents, stale, store)) {
            writer.run();
            var ignored = store.compact();
            report = report(source, plan, reads, rows, documents, writer, store, start);
        }
        unmark(target);
        reads.finish();
        return report;
    }

    private static void mark(Target target) {
        try (Storage storage = target.storage.get()) {
            try (StorageFile file = storage.create(Opening.UNFINISHED)) {
                file.sync();
            }
            storage.syncDirectory("");
        }
    }

    /** The store is closed, so all of it is durable. */
    private static void unmark(Target target) {
        try (Storage storage = target.storage.get()) {
            storage.unlink(Opening.UNFINISHED);
            storage.syncDirectory("");
        }
    }

    /** Removes what was written; the directory was empty. What cannot be removed keeps its mark until the last. */
    private static void remove(Path target, boolean existed) {
        if (!Files.isDirectory(target)) {
            return;
        }
        Path mark = target.resolve(Opening.UNFINISHED);
        List<Path> all = new ArrayList<>();
        try (Stream<Path> paths = Files.walk(target)) {
            paths.filter(path -> !path.equals(target) && !path.equals(mark)).forEach(all::add);
            for (Path path : all.reversed()) {
                Files.delete(path);
            }
            Files.deleteIfExists(mark);
            if (!existed) {
                Files.delete(target);
            }
        } catch (IOException | java.io.UncheckedIOException e) {
            return; // the mark is there still, and what is under way says why
        }
    }

    // ------------------------------------------------------------------------------------------------------ the report

    private static SalvageReport report(
            SalvageSource source,
            SalvagePlan plan,
            SalvageReads reads,
            SalvageRows rows,
            SalvageDocuments documents,
            SalvageWriter writer,
            Store store,
            long start) {
        Map<String, Long> recovered = new HashMap<>();
        for (String name : store.keyspaces()) {
            recovered.put(name, store.keyspace(name).size());
        }
        Map<String, Long> recoveredRows = new HashMap<>();
        for (String name : store.vectorCollections()) {
            recoveredRows.put(name, store.vectors(name).size());
        }
        Map<String, Long> recoveredDocuments = new HashMap<>();
        Map<String, Long> pendingDocuments = new HashMap<>();
        for (String name : store.documentCollections()) {
            DocumentStats stats = store.documents(name).stats();
            recoveredDocuments.put(name, stats.documents());
            pendingDocuments.put(name, stats.pending());
        }
        List<Damage> damaged = new ArrayList<>(source.damaged());
        List<Damage> doubtful = new ArrayList<>();
        List<Damage> harmless = new ArrayList<>(source.harmless());
        plan.report(damaged, doubtful, harmless);
        damaged.addAll(rows.damaged());
        damaged.addAll(writer.damaged());
        doubtful.addAll(documents.doubtful());
        harmless.addAll(documents.harmless());
        doubtful.addAll(rows.doubtful());
        harmless.addAll(rows.harmless());
        doubtful.addAll(writer.doubtful());
        harmless.addAll(reads.unreadable());
        harmless.addAll(writer.harmless());
        long written = Stream.of(recovered, recoveredRows)
                .flatMap(counts -> counts.values().stream())
                .mapToLong(Long::longValue)
                .sum();
        return new SalvageReport(
                source.store(),
                source.hasManifest(),
                source.presentChunks(),
                source.logBytes() + source.valueBytes(),
                recovered,
                recoveredRows,
                recoveredDocuments,
                pendingDocuments,
                Math.max(0, writer.values() - written),
                plan.catalog().renamed(),
                writer.lost(),
                damaged,
                doubtful,
                harmless,
                source.foreign(),
                plan.brokenBatches(),
                Duration.ofNanos(System.nanoTime() - start));
    }
}
