package dev.ashlar.engine;

import dev.ashlar.AshlarException;
import dev.ashlar.CorruptionException;
import dev.ashlar.StorageException;
import dev.ashlar.UnsupportedFormatException;
import dev.ashlar.io.Causes;
import dev.ashlar.io.Storage;
import dev.ashlar.io.StorageFile;
import dev.ashlar.io.StorageIo;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The two copies of the manifest. A publication writes and syncs one, then the other: at every moment one of them is
 * whole, and afterwards both say the same, so that later damage to one costs nothing. The copy that is written first is
 * the one that is not known to be whole; the first time both come into being anew, by a rename.
 */
final class ManifestFiles {
    static final String A = "MANIFEST-a";
    static final String B = "MANIFEST-b";

    /** What a copy is called until it is whole. */
    static final String NEW = ".new";

    private static final long LARGEST = 64L << 20;

    private final Storage storage;
    private long generation;

    /** The copy that is whole and the newest. */
    private String whole = B;

    /**
     * Copies that this process has written and synced. Of others a sync may have failed: the kernel may take for clean then
     * what never reached the device, the file's length with it, and a later sync of the same file would pass over it. And
     * the copy that was read may stand in the page cache alone, so that a loss of power leaves the other, which must not be
     * torn before.
     */
    private final Set<String> reliable = new HashSet<>();

    ManifestFiles(Storage storage) {
        this.storage = storage;
    }

    static boolean present(Storage storage) {
        return storage.exists(A) || storage.exists(B);
    }

    /**
     * The newer of the two copies that is intact.
     *
     * @throws CorruptionException if there is none, or if they are of different stores
     * @throws UnsupportedFormatException if a copy is of a newer format
     */
    Manifest load() {
        List<StorageException> unreadable = new ArrayList<>();
        Manifest a = readIfReadable(A, unreadable);
        Manifest b = readIfReadable(B, unreadable);
        Manifest newest = a == null || b != null && b.generation() > a.generation() ? b : a;
        if (newest == null && !unreadable.isEmpty()) {
            throw unreadable.getFirst();
        }
        if (newest == null) {
            throw new CorruptionException(
                    A + " and " + B,
                    0,
                    "a manifest",
                    "no intact copy",
                    "Nothing was changed. Restore the manifest or the store from a backup.");
        }
        if (a != null && b != null && !a.store().equals(b.store())) {
            // Whichever counted, the files of the other store would be leftovers, to be removed.
            throw new CorruptionException(
                    A + " and " + B,
                    24,
                    "two manifests of one store",
                    "those of stores " + a.store() + " and " + b.store(),
                    "Nothing was changed. Remove the copy that does not belong to the other files.");
        }
        generation = newest.generation();
        whole = newest == a ? A : B;
        return newest;
    }

    /** One copy is enough, whatever is the matter with the other: nothing depends on a newer one before both are durable. */
    private @Nullable Manifest readIfReadable(String name, List<StorageException> unreadable) {
        try {
            return read(name);
        } catch (StorageException e) {
            if (!Causes.isUnreadable(e)) {
                throw e;
            }
            unreadable.add(e);
            return null;
        }
    }

    /**
     * A copy as it is.
     *
     * @return null if it is missing or damaged
     * @throws UnsupportedFormatException if it is of a newer format
     */
    @Nullable
    Manifest read(String name) {
        if (!storage.exists(name)) {
            return null;
        }
        try (StorageFile file = storage.open(name);
                Arena arena = Arena.ofConfined()) {
            long size = file.size();
            if (size > LARGEST || size < 8) {
                return null;
            }
            MemorySegment s = arena.allocate(size, 8);
            StorageIo.readFully(file, s, 0, size, 0);
            return Manifest.read(name, s, size);
        }
    }

    /** Makes a manifest the valid one; it is when this returns. */
    void publish(Manifest manifest) {
        Manifest next = manifest.withGeneration(generation + 1);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment s = arena.allocate(next.byteSize(), 8);
            next.write(s);
            if (Manifest.read(A, s, s.byteSize()) == null) {
                // Both copies would be replaced by what no opening can read.
                throw new AshlarException("a manifest was about to be published that could not be read again: " + next
                        + ". This is a bug in Ashlar; nothing was changed, and what was acknowledged is there when the"
                        + " store is opened again.");
            }
            String first = whole.equals(A) ? B : A;
            write(first, s);
            generation = next.generation();
            String second = whole;
            whole = first;
            write(second, s);
        }
    }

    /** In place; a copy that cannot be relied on, or is not there, as a new file that takes its name. */
    private void write(String name, MemorySegment s) {
        boolean inPlace = storage.exists(name) && isReliable(name);
        reliable.remove(name); // until this has succeeded
        if (inPlace) {
            try (StorageFile file = storage.openForWriting(name)) {
                writeAndSync(file, s);
            }
        } else {
            String begun = name + NEW;
            if (storage.exists(begun)) {
                storage.unlink(begun);
            }
            try (StorageFile file = storage.create(begun)) {
                writeAndSync(file, s);
            }
            storage.rename(begun, name);
            storage.syncDirectory("");
        }
        reliable.add(name);
    }

    private boolean isReliable(String name) {
        return reliable.contains(name);
    }

    private static void writeAndSync(StorageFile file, MemorySegment s) {
        StorageIo.writeFully(file, s, 0, s.byteSize(), 0);
        file.sync();
    }
}
