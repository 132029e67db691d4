package dev.ashlar.cli;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** Files under names: a single file, a directory with all below it, or a zip archive. */
interface ImportSource extends Closeable {
    long UNKNOWN_CRC = -1;

    /** Bytes of all files, for a progress bar: what is true now, found by a pass of its own. */
    long bytes() throws IOException;

    /** Visits each file, in no particular order. A file that cannot be read keeps no other from being visited. */
    void forEach(Visitor visitor) throws IOException;

    @Override
    void close() throws IOException;

    /**
     * @param path a file, a directory, or a file that ends in .zip or .jar, which is read as an archive
     * @param store directory of the store, which is not imported into itself
     */
    static ImportSource of(Path path, Path store) throws IOException {
        requireOutside(path, store, "a store is not imported into itself");
        Path real = path.toRealPath();
        Path realStore = realPath(store.toAbsolutePath());
        return ArchiveSource.isArchive(real) ? ArchiveSource.open(real) : new DirectorySource(real, realStore);
    }

    /** Refuses a path, which need not exist, that is in a store or the store itself. */
    static void requireOutside(Path path, Path store, String rule) throws IOException {
        if (realPath(path.toAbsolutePath()).startsWith(realPath(store.toAbsolutePath()))) {
            throw Failure.refused(Escapes.show(path.toString()) + " is part of the store "
                    + Escapes.show(store.toString()) + "; " + rule);
        }
    }

    /** As {@link Path#toRealPath}, also for what does not exist yet. */
    private static Path realPath(Path path) throws IOException {
        if (Files.exists(path) || path.getParent() == null) {
            return path.toRealPath();
        }
        return realPath(path.getParent()).resolve(path.getFileName()).normalize();
    }

    /** Opens a file for one reading. */
    interface Opener {
        InputStream open() throws IOException;
    }

    /**
     * One file.
     *
     * @param key its name relative to the source, with {@code /} between the parts: the bytes that the name has on disk
     * @param size in bytes, as its directory says
     * @param crc CRC-32 of the content if the source knows it, or {@link #UNKNOWN_CRC}
     */
    @SuppressWarnings("ArrayRecordComponent") // Entries are visited, never compared.
    record Entry(byte[] key, long size, long crc, Opener opener) {
        String name() {
            return Escapes.show(key);
        }
    }

    /** Told of each file. */
    interface Visitor {
        void entry(Entry entry) throws IOException;

        /** Something below the source could not be read. */
        void failed(String name, IOException why);

        /** Something that is no file: a socket, a link that leads nowhere. */
        void skipped(String name, String why);
    }
}
