package dev.ashlar.log;

import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import dev.ashlar.io.Storage;
import dev.ashlar.io.StorageFile;
import dev.ashlar.io.StorageIo;
import dev.ashlar.io.TestStorages;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.util.concurrent.atomic.AtomicInteger;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.J_Result;

/**
 * A chunk retires, and another one takes its place, under a reader who holds nothing and asks the epoch afterwards. The
 * index is played by one field: it refers to the record in the chunk, then to where compaction has moved it. Run by
 * {@code dev.ashlar.stress.InterleavingTest}.
 */
final class RetirementStress {
    private static final long OLD = 1;
    private static final long MOVED = 2;
    private static final long SOMETHING_ELSE = 3;
    private static final long LOOK_AGAIN = -1;

    private static final int CAPACITY = 64 << 10;
    private static final int READS = 50;

    /** More than there are states at one time. */
    private static final int SLOTS = 1 << 10;

    private RetirementStress() {}

    /** A log of which chunks are mapped, but never written; every word of a chunk is the same. */
    private static final class Log {
        final Chunks chunks;
        final LogMemory memory;
        private final StorageFile old;
        private final StorageFile other;
        private final long moved;
        private final AtomicInteger nextSlot = new AtomicInteger();

        Log(String kind) {
            try {
                Storage storage = TestStorages.open(kind, Files.createTempDirectory("retirement"));
                chunks = new Chunks(storage, 0, -1);
                memory = chunks.memory();
                old = file(storage, "old", OLD);
                other = file(storage, "other", SOMETHING_ELSE);
                moved = map(file(storage, "moved", MOVED), SLOTS).position(SLOTS * 1L * CAPACITY);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        private static StorageFile file(Storage storage, String name, long word) {
            StorageFile file = storage.create(name);
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment bytes = arena.allocate(CAPACITY, Long.BYTES);
                for (long at = 0; at < CAPACITY; at += Long.BYTES) {
                    bytes.set(JAVA_LONG_UNALIGNED, at, word);
                }
                StorageIo.writeFully(file, bytes, 0, CAPACITY, 0);
            }
            return file;
        }

        private Chunk map(StorageFile file, int slot) {
            long base = (long) slot * CAPACITY;
            return new Chunk(chunks, file.name(), file, base, CAPACITY, slot, base, base);
        }

        Chunk next() {
            return map(old, nextSlot.getAndIncrement() & SLOTS - 1);
        }

        long indexed(Chunk chunk) {
            return chunk.position(chunk.base() + CAPACITY / 2);
        }

        /** What maintenance does when all that was live in a chunk is elsewhere; then the appender goes on there. */
        void retire(Chunk chunk) {
            chunk.retire();
            Chunk successor = map(other, chunk.slot());
            successor.end(successor.base());
        }

        /** The position was looked up since the epoch was. */
        long read(long epoch, long position) {
            long expected = position == moved ? MOVED : OLD;
            for (int i = 0; i < READS; i++) {
                MemorySegment s = memory.segment(position);
                long at = memory.at(position);
                long word = memory.covers(s, at, Long.BYTES) ? s.get(JAVA_LONG_UNALIGNED, at) : 0;
                if (!memory.isUnchanged(epoch)) {
                    return LOOK_AGAIN;
                }
                if (word != expected) {
                    return word;
                }
            }
            return expected;
        }
    }

    /** All chunks in one range of addresses. */
    @JCStressTest
    @Outcome(id = "1", expect = Expect.ACCEPTABLE, desc = "the record where it was")
    @Outcome(id = "2", expect = Expect.ACCEPTABLE, desc = "the record where it is")
    @Outcome(id = "-1", expect = Expect.ACCEPTABLE, desc = "the reader looks again")
    @Outcome(expect = Expect.FORBIDDEN, desc = "bytes of a place that was taken away were accepted")
    @State
    public static class InOneRange {
        private static final Log LOG = new Log("posix");

        private final Chunk chunk = LOG.next();
        private volatile long index = LOG.indexed(chunk);

        @Actor
        public void maintenance() {
            index = LOG.moved;
            LOG.retire(chunk);
        }

        @Actor
        public void reader(J_Result result) {
            long epoch = LOG.memory.epoch();
            result.r1 = LOG.read(epoch, index);
        }
    }

    /** Each chunk in a mapping of its own. */
    @JCStressTest
    @Outcome(id = "1", expect = Expect.ACCEPTABLE, desc = "the record where it was")
    @Outcome(id = "2", expect = Expect.ACCEPTABLE, desc = "the record where it is")
    @Outcome(id = "-1", expect = Expect.ACCEPTABLE, desc = "the reader looks again")
    @Outcome(expect = Expect.FORBIDDEN, desc = "bytes of a place that was taken away were accepted")
    @State
    public static class InMappingsOfTheirOwn {
        private static final Log LOG = new Log("channel");

        private final Chunk chunk = LOG.next();
        private volatile long index = LOG.indexed(chunk);

        @Actor
        public void maintenance() {
            index = LOG.moved;
            LOG.retire(chunk);
        }

        @Actor
        public void reader(J_Result result) {
            long epoch = LOG.memory.epoch();
            result.r1 = LOG.read(epoch, index);
        }
    }
}
