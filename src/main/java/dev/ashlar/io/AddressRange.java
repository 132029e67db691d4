package dev.ashlar.io;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * A stretch of address space in which files are mapped side by side, at places that the caller chooses. It is readable
 * from end to end at any time: where no file is mapped it reads as zeros, and a mapping is put in or taken away in one
 * step. So a load from it, with an address that was right a moment ago, never faults; whether it read what was meant is
 * for the reader to check afterwards.
 *
 * <pre>
 *   address()                                                                        address() + bytes()
 *   ├─ zeros ──┬─ file ─────┬─ zeros ──────────┬─ file ─────┬─ file ─────┬─ zeros ───────────┤
 * </pre>
 *
 * <p>It takes no memory but for what is mapped. It is unmapped when nobody can reach it, nor any segment that was
 * {@linkplain #lend lent} from it, any more; but address space is not endless, and a process may open stores faster than
 * its heap is collected, so whoever has cleared all of a range gives it back ({@link #recycle}). Offsets and lengths are multiples of the page size. Any thread may call any
 * method; calls about one place come from one thread at a time.
 */
public final class AddressRange {
    /**
     * What all ranges of a process may take together: less than half of the 128 TiB that x86-64 has, so that there is
     * address space left for everything else.
     */
    private static final long MOST_BYTES = 48L << 40;

    private static final AtomicLong RESERVED = new AtomicLong();

    /** Ranges that were given back, to be handed out again. */
    private static final ConcurrentLinkedQueue<AddressRange> FREE = new ConcurrentLinkedQueue<>();

    private final MemorySegment reservation;

    private AddressRange(MemorySegment reservation) {
        this.reservation = reservation;
    }

    /**
     * Reserves address space.
     *
     * @param bytes a multiple of the alignment
     * @param alignment of its address: a power of two, at least the size of a page
     * @return null if the process may not have that much (a limit on virtual memory, or on all ranges together), or has
     *     no native access
     */
    static @Nullable AddressRange reserve(long bytes, long alignment) {
        if (!NativeAccess.isAvailable()) {
            return null;
        }
        for (AddressRange free : FREE) {
            if (free.bytes() >= bytes
                    && free.bytes() <= 8 * bytes
                    && free.address() % alignment == 0
                    && FREE.remove(free)) {
                return free;
            }
        }
        if (RESERVED.addAndGet(bytes) > MOST_BYTES) {
            RESERVED.addAndGet(-bytes);
            return null;
        }
        // Read-only and without a reserve: it counts against no limit but that on address space.
        long mapped = bytes + alignment;
        int flags = Libc.MAP_PRIVATE | Libc.MAP_ANONYMOUS | Libc.MAP_NORESERVE;
        long address = Libc.mmap(mapped, Libc.PROT_READ, flags, -1);
        if (address < 0) {
            RESERVED.addAndGet(-bytes);
            return null;
        }
        long start = (address + alignment - 1) & -alignment;
        Libc.unmap(start + bytes, address + mapped - start - bytes);
        if (start > address) {
            Libc.unmap(address, start - address);
        }
        MemorySegment reservation = Libc.lend(start, bytes, Arena.ofAuto(), () -> {
            Libc.unmap(start, bytes);
            RESERVED.addAndGet(-bytes);
        });
        return new AddressRange(reservation.asReadOnly());
    }

    /** Where it begins: an offset in {@link RawMemory#ALL}. */
    public long address() {
        return reservation.address();
    }

    public long bytes() {
        return reservation.byteSize();
    }

    /** Maps the beginning of a file; what was at its place is not mapped any more. */
    void map(int descriptor, long offset, long length, String name) {
        boolean mapped = false;
        try {
            replace(offset, length, Libc.MAP_SHARED, descriptor, name);
            mapped = true;
        } finally {
            if (!mapped) {
                clear(offset, length); // older kernels have taken away what was there before they fail
            }
        }
    }

    /** Lets a place read as zeros. */
    public void clear(long offset, long length) {
        replace(offset, length, Libc.MAP_PRIVATE | Libc.MAP_ANONYMOUS | Libc.MAP_NORESERVE, -1, "address space");
    }

    private void replace(long offset, long length, int flags, int descriptor, String name) {
        MemorySegment place = reservation.asSlice(offset, length);
        long result = Libc.mmap(place.address(), length, Libc.PROT_READ, flags | Libc.MAP_FIXED, descriptor);
        if (result < 0) {
            throw Errno.failure(
                    "mmap",
                    name,
                    (int) -result,
                    "mapping " + length + " bytes. A process can have 65,530 mappings unless vm.max_map_count says"
                            + " otherwise",
                    null);
        }
    }

    /**
     * A part of it that may be kept for ever. It is lent until the segment, and every slice of it, can no longer be
     * reached; what is mapped there must stay until then.
     *
     * @param whenReturned run by a thread of the JDK
     */
    public MemorySegment lend(long offset, long length, Runnable whenReturned) {
        MemorySegment place = reservation.asSlice(offset, length);
        Runnable returned = () -> {
            // Naming this keeps the reservation as long as the segment lives.
            place.byteSize();
            whenReturned.run();
        };
        return Libc.lend(place.address(), length, Arena.ofAuto(), returned).asReadOnly();
    }

    /**
     * Gives the range back. Nothing is mapped or lent in it any more; late readers may still load from it, and meet zeros,
     * or what its next owner maps: what they conclude from either is up to them.
     */
    public void recycle() {
        FREE.add(this);
    }

    /** A part of it for reads that do not outlast this object. It reads whatever is mapped there at the moment. */
    public MemorySegment window(long offset, long length) {
        return reservation.asSlice(offset, length);
    }
}
