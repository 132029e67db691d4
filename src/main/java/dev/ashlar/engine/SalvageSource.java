package dev.ashlar.engine;

import dev.ashlar.CorruptionException;
import dev.ashlar.Damage;
import dev.ashlar.StorageException;
import dev.ashlar.UnsupportedFormatException;
import dev.ashlar.io.Causes;
import dev.ashlar.io.Storage;
import dev.ashlar.io.StorageFile;
import dev.ashlar.io.StorageIo;
import dev.ashlar.log.Chunk;
import dev.ashlar.log.ChunkFiles;
import dev.ashlar.log.ChunkImage;
import dev.ashlar.log.ChunkLayout;
import dev.ashlar.log.Chunks;
import dev.ashlar.log.FrameLayout;
import dev.ashlar.log.HeaderSurvey;
import dev.ashlar.log.HeaderSurvey.ChunkFile;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What is left of a store: which one it is, by what is left of its manifest and of the headers of its files, and which
 * chunks its log has. Reads only.
 */
final class SalvageSource implements AutoCloseable {
    private final Storage storage;
    private final SalvageReads reads;
    private final HeaderSurvey survey;
    private final Map<Long, ChunkFile> files = new HashMap<>();
    private final UUID store;
    private final @Nullable Manifest manifest;
    private final Chunks chunks;

    private final List<Damage> damaged = new ArrayList<>();
    private final List<Damage> harmless = new ArrayList<>();
    private final List<String> foreign = new ArrayList<>();

    /**
     * @throws UnsupportedFormatException if there is no store, or one of a newer format
     * @throws CorruptionException if it cannot be told which store it is
     */
    SalvageSource(Storage storage, SalvageReads reads) {
        this.storage = storage;
        this.reads = reads;
        ManifestFiles copies = new ManifestFiles(storage);
        Manifest a = readCopy(copies, ManifestFiles.A);
        Manifest b = readCopy(copies, ManifestFiles.B);
        this.survey = HeaderSurvey.of(storage);
        survey.chunks().forEach(file -> files.put(file.base(), file));
        if (a == null && b == null && survey.chunks().isEmpty()) {
            throw new UnsupportedFormatException("there is nothing to salvage in " + storage.describe()
                    + ": it has neither a manifest that can be read nor a file of a log (log/<16 digits>.log). Give the"
                    + " path of a store; nothing was changed.");
        }
        this.store = choose(a, b);
        this.manifest = newer(ofStore(a), ofStore(b));
        reportCopies(a, b);
        this.chunks = new Chunks(
                storage,
                Math.max(files.size(), manifest == null ? 0 : manifest.chunks().size()),
                -1);
        if (manifest == null) {
            addAll();
        } else {
            addListed(manifest);
        }
    }

    Storage storage() {
        return storage;
    }

    UUID store() {
        return store;
    }

    long salt() {
        return ChunkLayout.salt(store);
    }

    Chunks chunks() {
        return chunks;
    }

    /** The copy of the manifest that counts; null if there is none. */
    @Nullable
    Manifest manifest() {
        return manifest;
    }

    boolean hasManifest() {
        return manifest != null;
    }

    /** The ends of chunks with a lower base are known. */
    long sealedBelow() {
        return manifest == null ? 0 : Opening.sealedBelow(manifest);
    }

    /** What was durable, as far as files other than the log say. A checkpoint shows nothing that was not. */
    long durable() {
        return manifest == null ? survey.checkpointBegin(store) : manifest.durable();
    }

    /** Bytes there are of a chunk's file; 0 if it is missing. */
    long length(Chunk chunk) {
        ChunkFile file = files.get(chunk.base());
        return file == null ? 0 : Math.min(file.length(), chunk.capacity());
    }

    long logBytes() {
        return chunks.all().stream().mapToLong(this::length).sum();
    }

    long valueBytes() {
        return survey.valueBytes();
    }

    int presentChunks() {
        return (int) chunks.all().stream().filter(chunk -> length(chunk) > 0).count();
    }

    List<Damage> damaged() {
        return damaged;
    }

    List<Damage> harmless() {
        return harmless;
    }

    List<String> foreign() {
        return foreign;
    }

    @Override
    public void close() {
        chunks.close();
    }

    // ------------------------------------------------------------------------------------------------ which store

    private static @Nullable Manifest readCopy(ManifestFiles copies, String name) {
        try {
            return copies.read(name);
        } catch (StorageException e) {
            if (Causes.isUnreadable(e)) {
                return null;
            }
            throw e;
        }
    }

    /**
     * A manifest says it, if any chunk is of its store, or none of any other. Else the headers of most chunks do. If
     * none can be read, frames tell whether a store that other files name is theirs: their checksums are salted with it.
     */
    private UUID choose(@Nullable Manifest a, @Nullable Manifest b) {
        Map<UUID, Integer> votes = survey.chunkVotes();
        Set<UUID> named = new HashSet<>();
        Stream.of(a, b).filter(Objects::nonNull).forEach(copy -> named.add(copy.store()));
        Map<UUID, Integer> ofNamed = new HashMap<>(votes);
        ofNamed.keySet().retainAll(named);
        if (!ofNamed.isEmpty()) {
            return most(ofNamed);
        }
        for (UUID each : named) {
            if (named.size() == 1 && votes.isEmpty() || hasFrames(each)) {
                return each;
            }
        }
        if (!votes.isEmpty()) {
            return most(votes);
        }
        for (UUID each : survey.others()) {
            if (hasFrames(each)) {
                return each;
            }
        }
        throw new CorruptionException(
                ChunkLayout.DIRECTORY,
                0,
                "an intact header of a manifest, a chunk, a value file or a checkpoint, that says which store it is",
                "none in " + survey.chunks().size() + " chunk files that frames of the log belong to",
                "Without the store's id no checksum of a record can be compared. Restore any one of these files from a"
                        + " backup, however old, and salvage again; nothing was changed.");
    }

    private UUID most(Map<UUID, Integer> votes) {
        int highest = votes.values().stream().mapToInt(Integer::intValue).max().orElseThrow();
        List<UUID> winners = votes.keySet().stream()
                .filter(each -> Objects.equals(votes.get(each), highest))
                .sorted()
                .toList();
        if (winners.size() > 1) {
            throw new CorruptionException(
                    ChunkLayout.DIRECTORY,
                    0,
                    "files of one store, or most of them of one",
                    "as many chunks of the stores " + winners,
                    "Move those of all stores but one to another directory; nothing was changed.");
        }
        return winners.getFirst();
    }

    /** Whether a chunk without an intact header has a frame of the store. */
    private boolean hasFrames(UUID candidate) {
        Chunks probe = new Chunks(storage, files.size(), -1);
        try {
            ChunkImage image = new ChunkImage(storage, ChunkLayout.salt(candidate), reads);
            for (ChunkFile file : survey.chunks()) {
                if (file.store() == null && file.length() > 0) {
                    Chunk chunk = ChunkFiles.addUnmapped(probe, file.base(), capacityOf(file), 0);
                    image.load(chunk, chunk.limit());
                    if (image.resynchronise(chunk.base(), chunk.limit()) < chunk.limit()) {
                        return true;
                    }
                }
            }
            return false;
        } finally {
            probe.close();
        }
    }

    private @Nullable Manifest ofStore(@Nullable Manifest copy) {
        return copy != null && copy.store().equals(store) ? copy : null;
    }

    private static @Nullable Manifest newer(@Nullable Manifest a, @Nullable Manifest b) {
        return a == null || b != null && b.generation() > a.generation() ? b : a;
    }

    private void reportCopies(@Nullable Manifest a, @Nullable Manifest b) {
        reportCopy(ManifestFiles.A, a);
        reportCopy(ManifestFiles.B, b);
    }

    private void reportCopy(String name, @Nullable Manifest copy) {
        if (copy == null || !copy.store().equals(store)) {
            harmless.add(new Damage(
                    name,
                    0,
                    0,
                    copy == null
                            ? "this copy of the manifest is missing or damaged"
                            : "this copy of the manifest is of another store, " + copy.store()));
        }
    }

    // ------------------------------------------------------------------------------------------------ which chunks

    private void addListed(Manifest listed) {
        Set<Long> known = new HashSet<>();
        for (Manifest.ChunkEntry entry : listed.chunks()) {
            long end = entry.end() != 0 ? entry.end() : entry.base() + ChunkLayout.HEADER;
            if (listed.clean() && entry.end() == 0) {
                end = Math.clamp(listed.durable(), end, entry.base() + entry.capacity());
            }
            known.add(entry.base());
            Chunk chunk = ChunkFiles.addUnmapped(chunks, entry.base(), entry.capacity(), end);
            checkFile(chunk, files.get(entry.base()));
        }
        for (ChunkFile file : survey.chunks()) {
            if (known.contains(file.base())) {
                continue;
            }
            if (file.store() != null && !file.store().equals(store)) {
                foreign.add(file.name());
            } else if (file.base() >= listed.nextBase() && !listed.clean() && file.length() > 0) {
                add(file);
            } // else what compaction has retired, or a chunk that was being made
        }
    }

    /** Every chunk that is not certainly of another store. */
    private void addAll() {
        for (ChunkFile file : survey.chunks()) {
            boolean other = file.store() != null && !file.store().equals(store);
            if (other || file.store() == null && isInside(file)) {
                foreign.add(file.name());
            } else {
                Chunk chunk = add(file);
                checkFile(chunk, file);
            }
        }
    }

    /** Whether a chunk that is certainly of this store has the place of a file: chunks never overlap. */
    private boolean isInside(ChunkFile file) {
        return survey.chunks().stream()
                .anyMatch(each -> store.equals(each.store())
                        && each.base() < file.base()
                        && file.base() < each.base() + each.capacity());
    }

    private Chunk add(ChunkFile file) {
        return ChunkFiles.addUnmapped(chunks, file.base(), capacityOf(file), file.base() + ChunkLayout.HEADER);
    }

    /** What its header says; else what the file has, but not beyond the base of the next. */
    private long capacityOf(ChunkFile file) {
        if (file.capacity() > 0) {
            return file.capacity();
        }
        long next = survey.chunks().stream()
                .mapToLong(ChunkFile::base)
                .filter(base -> base > file.base())
                .min()
                .orElse(Long.MAX_VALUE);
        long length = FrameLayout.alignUp(Math.max(1, file.length()), ChunkLayout.UNIT);
        return Math.min(Math.min(length, ChunkLayout.MAX_CAPACITY), next - file.base());
    }

    private void checkFile(Chunk chunk, @Nullable ChunkFile file) {
        if (file == null) {
            damaged.add(new Damage(
                    chunk.file(), 0, chunk.capacity(), "the chunk file is missing; all of its records are lost"));
            return;
        }
        if (file.length() < chunk.capacity()) {
            boolean empty = manifest != null
                    && chunk.base() < Opening.sealedBelow(manifest)
                    && chunk.base() + file.length() >= chunk.end();
            (empty ? harmless : damaged)
                    .add(new Damage(
                            chunk.file(),
                            file.length(),
                            chunk.capacity() - file.length(),
                            "the chunk file has " + file.length() + " bytes instead of " + chunk.capacity()
                                    + (empty ? "; no record stood behind" : "")));
        }
        if (file.length() >= ChunkLayout.HEADER && !headerVerifies(chunk)) {
            harmless.add(new Damage(
                    chunk.file(), 0, ChunkLayout.HEADER, "the header of the chunk does not verify; no record is lost"));
        }
    }

    private boolean headerVerifies(Chunk chunk) {
        try (StorageFile file = storage.open(chunk.file());
                Arena arena = Arena.ofConfined()) {
            MemorySegment s = arena.allocate(ChunkLayout.HEADER, 8);
            StorageIo.readFully(file, s, 0, ChunkLayout.HEADER, 0);
            return ChunkLayout.verifies(s, chunk.file(), store, chunk.base(), chunk.capacity());
        } catch (StorageException e) {
            if (Causes.isUnreadable(e)) {
                return false;
            }
            throw e;
        }
    }
}
