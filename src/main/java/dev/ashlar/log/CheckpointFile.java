package dev.ashlar.log;

import dev.ashlar.CorruptionException;
import dev.ashlar.io.OffHeap;
import dev.ashlar.io.Storage;
import dev.ashlar.io.StorageFile;
import dev.ashlar.io.StorageIo;
import dev.ashlar.simd.Xxh3;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.UUID;

/**
 * A checkpoint: images of the views, in one file that is written once and read once.
 *
 * <pre>
 *    0 u64 magic "ASHLCKPT"         40 u64 id, also in the file's name
 *    8 u32 format version           48 u64 begin: replay starts at this LSN
 *   12 u32 incompatible features    56 u64 XXH3-64 of bytes 0..55
 *   16 u32 read-only features       64 blocks ...
 *   20 u32 zero
 *   24 u64, 32 u64 store id
 *
 *   block:  0 u32 kind   4 u32 space   8 u64 a   16 u64 b   24 u64 body length   32 u64 hash   40 body, padded to 8
 *           hash = XXH3-64 of the body, seeded with the XXH3-64 of bytes 0..31 and the block's number
 *   the last block is of kind END; its a is the number of blocks before it
 * </pre>
 *
 * What kinds mean is the views' business.
 */
public final class CheckpointFile {
    public static final String DIRECTORY = "index";
    private static final String SUFFIX = ".ckp";
    static final long MAGIC = 0x5450_4B43_4C48_5341L; // "ASHLCKPT"
    private static final int HEADER = 64;
    private static final int BLOCK_HEADER = 40;
    private static final int WRITE_BUFFER = 4 << 20;

    /** Small enough to stay in the processor's cache between the read and the checksum. */
    private static final int READ_PIECE = 256 << 10;

    /** The largest body of a block. */
    public static final int MAX_BODY = 1 << 20;

    public static final int END = 0;

    private CheckpointFile() {}

    public static String fileName(long id) {
        return FileNames.of(DIRECTORY, id, SUFFIX);
    }

    /** The id that a directory entry's name says, or -1 if the file is not one of ours. */
    public static long idOf(String entry) {
        return FileNames.number(entry, SUFFIX);
    }

    private static long headerHash(MemorySegment s, long at, long number) {
        return Xxh3.hash(s, at, 32, number);
    }

    /** Writes a checkpoint. For one thread. Closing without {@link #finish} removes the file. */
    public static final class Writer implements AutoCloseable {
        private final Storage storage;
        private final StorageFile file;
        private final Arena arena = Arena.ofShared();
        private final MemorySegment buffer =
                OffHeap.allocate(WRITE_BUFFER, 64, arena); // small stores touch little of it
        private long buffered;
        private long written;
        private long blocks;
        private boolean finished;

        public Writer(Storage storage, UUID store, long id, long beginLsn) {
            this.storage = storage;
            try {
                this.file = storage.create(fileName(id));
            } catch (RuntimeException | Error e) {
                arena.close();
                throw e;
            }
            buffer.set(FrameLayout.LONG, 0, MAGIC);
            buffer.set(FrameLayout.INT, 8, ChunkLayout.FORMAT_VERSION);
            buffer.set(FrameLayout.LONG, 24, store.getMostSignificantBits());
            buffer.set(FrameLayout.LONG, 32, store.getLeastSignificantBits());
            buffer.set(FrameLayout.LONG, 40, id);
            buffer.set(FrameLayout.LONG, 48, beginLsn);
            buffer.set(FrameLayout.LONG, 56, Xxh3.hash(buffer, 0, 56, 0));
            buffered = HEADER;
        }

        /** Adds a block. */
        public void block(int kind, int space, long a, long b, MemorySegment body, long bodyAt, long length) {
            if (length > MAX_BODY) {
                throw new IllegalArgumentException("a block of " + length + " bytes");
            }
            long padded = FrameLayout.alignUp(length, 8);
            if (buffered + BLOCK_HEADER + padded > WRITE_BUFFER) {
                flush();
            }
            long at = buffered;
            buffer.set(FrameLayout.INT, at, kind);
            buffer.set(FrameLayout.INT, at + 4, space);
            buffer.set(FrameLayout.LONG, at + 8, a);
            buffer.set(FrameLayout.LONG, at + 16, b);
            buffer.set(FrameLayout.LONG, at + 24, length);
            MemorySegment.copy(body, bodyAt, buffer, at + BLOCK_HEADER, length);
            buffer.asSlice(at + BLOCK_HEADER + length, padded - length).fill((byte) 0);
            long bodyHash = Xxh3.hash(buffer, at + BLOCK_HEADER, length, 0);
            buffer.set(FrameLayout.LONG, at + 32, bodyHash ^ headerHash(buffer, at, blocks));
            blocks++;
            buffered = at + BLOCK_HEADER + padded;
        }

        private void flush() {
            StorageIo.writeFully(file, buffer, 0, buffered, written);
            written += buffered;
            buffered = 0;
        }

        /** Makes the file and its directory entry durable; returns its size. */
        public long finish() {
            block(END, 0, blocks, 0, buffer, 0, 0);
            flush();
            file.sync();
            storage.syncDirectory(DIRECTORY);
            finished = true;
            return written;
        }

        @Override
        public void close() {
            arena.close();
            file.close();
            if (!finished) {
                storage.unlink(file.name());
            }
        }
    }

    /** Reads a checkpoint, block by block, each verified before it is shown. For one thread. */
    public static final class Reader implements AutoCloseable {
        private final StorageFile file;
        private final Arena arena = Arena.ofShared();
        /** Large enough for any block; what is not needed is not touched. */
        private final MemorySegment buffer = OffHeap.allocate(MAX_BODY + BLOCK_HEADER, 64, arena);

        private final long size;
        private final long begin;
        private long bufferFrom;
        private long bufferTo;
        private long at;
        private long blocks;
        private long bodyHash;

        /**
         * @throws CorruptionException if the header is not that of the checkpoint with this id of this store
         * @throws dev.ashlar.UnsupportedFormatException if it is of a format that this code does not know
         */
        public Reader(Storage storage, UUID store, long id) {
            this.file = storage.open(fileName(id));
            this.size = file.size();
            try {
                this.begin = readHeader(store, id);
            } catch (RuntimeException | Error e) {
                close();
                throw e;
            }
            this.at = HEADER;
        }

        private long readHeader(UUID store, long id) {
            need(HEADER, "a header");
            if (buffer.get(FrameLayout.LONG, 0) != MAGIC
                    || buffer.get(FrameLayout.LONG, 56) != Xxh3.hash(buffer, 0, 56, 0)) {
                throw damaged("the header of a checkpoint");
            }
            ChunkLayout.checkFormat(buffer, file.name());
            if (buffer.get(FrameLayout.LONG, 24) != store.getMostSignificantBits()
                    || buffer.get(FrameLayout.LONG, 32) != store.getLeastSignificantBits()
                    || buffer.get(FrameLayout.LONG, 40) != id) {
                throw damaged("the header of checkpoint " + id + " of this store");
            }
            return buffer.get(FrameLayout.LONG, 48);
        }

        public long begin() {
            return begin;
        }

        /** Goes to the next block; false at the end. */
        public boolean next() {
            if (blocks > 0) {
                at += BLOCK_HEADER + FrameLayout.alignUp(bodyLength(), 8);
            }
            need(BLOCK_HEADER, "the header of a block");
            long length = bodyLength();
            if (length < 0 || length > MAX_BODY) {
                throw damaged("a block of at most " + MAX_BODY + " bytes");
            }
            need(BLOCK_HEADER + FrameLayout.alignUp(length, 8), "a block");
            bodyHash = Xxh3.hashEarly(buffer, bodyAt(), length);
            if (buffer.get(FrameLayout.LONG, in() + 32) != (bodyHash ^ headerHash(buffer, in(), blocks))) {
                throw damaged("a block whose checksum holds");
            }
            if (kind() == END) {
                if (a() != blocks) {
                    throw damaged(a() + " blocks");
                }
                return false;
            }
            blocks++;
            return true;
        }

        private long in() {
            return at - bufferFrom;
        }

        public int kind() {
            return buffer.get(FrameLayout.INT, in());
        }

        public int space() {
            return buffer.get(FrameLayout.INT, in() + 4);
        }

        public long a() {
            return buffer.get(FrameLayout.LONG, in() + 8);
        }

        public long b() {
            return buffer.get(FrameLayout.LONG, in() + 16);
        }

        public long bodyLength() {
            return buffer.get(FrameLayout.LONG, in() + 24);
        }

        /** Memory that holds the body, valid until {@link #next}. */
        public MemorySegment bytes() {
            return buffer;
        }

        public long bodyAt() {
            return in() + BLOCK_HEADER;
        }

        /** Where the body stands in the file, for {@link CheckpointBodies}. */
        public long bodyPosition() {
            return at + BLOCK_HEADER;
        }

        /** The XXH3-64 of the body. */
        public long bodyHash() {
            return bodyHash;
        }

        /** Makes sure that so many bytes from the present position on are in the buffer. */
        private void need(long count, String what) {
            if (at + count <= bufferTo) {
                return;
            }
            if (at + count > size) {
                throw damaged(what);
            }
            long length = Math.min(Math.max(count, READ_PIECE), size - at);
            StorageIo.readFully(file, buffer, 0, length, at);
            bufferFrom = at;
            bufferTo = at + length;
        }

        public CorruptionException damaged(String expected) {
            return new CorruptionException(
                    file.name(), at, expected, "something else", "Opening rebuilds the indexes from the log.");
        }

        @Override
        public void close() {
            arena.close();
            file.close();
        }
    }
}
