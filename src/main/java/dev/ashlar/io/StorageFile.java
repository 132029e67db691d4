package dev.ashlar.io;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * An open file of a {@link Storage}. Positions and lengths are in bytes. Segments handed to {@link #write} and {@link
 * #read} must be native. Any thread may call any method; writing and syncing may overlap.
 *
 * <p>After {@link #close} every method but {@link #name} and {@code close} throws {@link
 * dev.ashlar.StorageException}; a call that is under way meanwhile ends as if the file were still open, or fails. A
 * file opened for reading only refuses everything that changes it.
 */
public interface StorageFile extends AutoCloseable {
    /** The name relative to the storage's root. */
    String name();

    /** The present length, asked of the file system each time. */
    long size();

    /**
     * Extends the file to {@code size} with blocks allocated behind every byte, so that a mapping of it never meets a
     * page without one; the new bytes read as zeros. If there is no room the file keeps its former length. A size below
     * the present one changes nothing. No other thread may write beyond the present end meanwhile: a failure would cut
     * that off.
     */
    void allocate(long size);

    /**
     * Writes up to {@code length} bytes at a position, as the operating system does it: fewer bytes may have been
     * written than asked for. {@link StorageIo#writeFully} writes all.
     *
     * @return the number of bytes written, at least 1 if {@code length} is
     */
    long write(MemorySegment source, long sourceOffset, long length, long position);

    /**
     * Reads up to {@code length} bytes from a position.
     *
     * @return the number of bytes read; 0 only at the end of the file or if {@code length} is 0
     */
    long read(MemorySegment target, long targetOffset, long length, long position);

    /**
     * Maps the first {@code size} bytes read-only and shared: what {@link #write} writes is visible in it at once. The
     * file must be at least that long, and {@code size} at least 1. The mapping lives as long as the arena, whether or
     * not this file stays open.
     *
     * @return a read-only segment of exactly {@code size} bytes, page-aligned
     */
    MemorySegment map(long size, Arena arena);

    /**
     * Maps the first {@code size} bytes into a range that this file's storage reserved, in place of what is there, and
     * otherwise as {@link #map} does; up to the next page's beginning the range reads as zeros.
     *
     * @param offset a multiple of 64 KiB
     */
    default void mapInto(AddressRange range, long offset, long size) {
        throw new UnsupportedOperationException("this storage reserves no address space");
    }

    /**
     * Makes the bytes written so far, and the length, durable (fdatasync). After a failure nothing is known, and
     * calling it again would report success over lost data; it is never a {@link dev.ashlar.StoreFullException}.
     */
    void sync();

    /** Cuts or extends (sparsely) the file. Never call it for a file that is mapped. */
    void truncate(long size);

    /** Closes the file, once; calls under way are not waited for. Mappings stay. Nothing is synced. */
    @Override
    void close();
}
