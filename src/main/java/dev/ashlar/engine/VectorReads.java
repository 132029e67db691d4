package dev.ashlar.engine;

import dev.ashlar.VectorHit;
import dev.ashlar.VectorOptions;
import dev.ashlar.VectorQuery;
import dev.ashlar.VectorReader;
import dev.ashlar.VectorScan;
import dev.ashlar.VectorType;
import dev.ashlar.keyspace.Space;
import dev.ashlar.log.LogMemory;
import dev.ashlar.log.View;
import dev.ashlar.vector.RowReader;
import dev.ashlar.vector.RowSearch;
import dev.ashlar.vector.RowWalk;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Objects;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.function.LongConsumer;
import java.util.stream.LongStream;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/** Reading a vector collection, as it is or as it was. */
abstract class VectorReads implements VectorReader {
    private static final ValueLayout.OfFloat FLOAT =
            ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    /** Rows whose slots, and then whose headers, are read ahead. */
    private static final int BLOCK = 64;

    final Engine engine;
    final Space space;
    final LogMemory memory;
    private final VectorOptions stored;
    private final RowReader reader;
    private final RowSearch search;

    @SuppressWarnings("unused")
    private long touched;

    VectorReads(Engine engine, Space space, Vectors.Members members) {
        this.engine = engine;
        this.space = space;
        this.stored = Objects.requireNonNull(space.vectors());
        this.memory = engine.records().chunks().memory();
        this.reader = members.reader();
        this.search = members.search();
    }

    /** Where the row with an id is, or {@link View#ABSENT}. */
    abstract long find(long id, long word, long hash);

    /** The moment that scans and searches show; closed when they are done. */
    abstract RowSearch.Moment moment();

    /** @throws IllegalStateException if nothing can be read any more */
    abstract void check();

    @Override
    public String name() {
        return space.name();
    }

    @Override
    public VectorOptions options() {
        return stored.verification(space.values().verification());
    }

    /** The word that the key of an id is in memory, see {@link Space#hashWord}. */
    private static long word(long id) {
        return Long.reverseBytes(id ^ Long.MIN_VALUE);
    }

    @Override
    public @Nullable MemorySegment get(long id) {
        long word = word(id);
        return get(id, word, space.hashWord(word));
    }

    private @Nullable MemorySegment get(long id, long word, long hash) {
        try {
            for (int tries = 0; ; tries++) {
                long epoch = memory.epoch();
                if (epoch < 0) {
                    throw engine.health().closedException();
                }
                long position = find(id, word, hash);
                if (position == View.ABSENT) {
                    check();
                    return null;
                }
                MemorySegment row = reader.view(position, epoch);
                if (row != null) {
                    return row;
                }
                check();
                space.values().lookAgain(position, tries);
            }
        } catch (IllegalStateException e) {
            engine.checkReadable();
            throw e;
        }
    }

    @Override
    public int getAll(long[] ids, @Nullable MemorySegment[] rows) {
        if (rows.length < ids.length) {
            throw new IllegalArgumentException(
                    "there are " + ids.length + " ids, and places for " + rows.length + " rows");
        }
        long[] hashes = new long[Math.min(BLOCK, ids.length)];
        int found = 0;
        for (int from = 0; from < ids.length; from += BLOCK) {
            int count = Math.min(BLOCK, ids.length - from);
            long sum = 0;
            for (int i = 0; i < count; i++) {
                hashes[i] = space.hashWord(word(ids[from + i]));
                sum += space.touchSlots(hashes[i]);
            }
            for (int i = 0; i < count; i++) {
                sum += Space.touchRecord(memory, space.likelyPosition(hashes[i]), Long.BYTES);
            }
            touched = sum;
            for (int i = 0; i < count; i++) {
                MemorySegment row = get(ids[from + i], word(ids[from + i]), hashes[i]);
                rows[from + i] = row;
                found += row == null ? 0 : 1;
            }
        }
        return found;
    }

    @Override
    public boolean get(long id, float[] target) {
        if (stored.type() != VectorType.FLOAT32 || target.length != stored.dimension()) {
            throw new IllegalArgumentException("an array of " + target.length + " floats cannot take a vector of "
                    + stored.dimension() + " " + stored.type() + " components");
        }
        MemorySegment row = get(id);
        if (row == null) {
            return false;
        }
        MemorySegment.copy(row, FLOAT, 0, target, 0, target.length);
        return true;
    }

    @Override
    public boolean contains(long id) {
        return look(id, false) != View.ABSENT;
    }

    @Override
    public long version(long id) {
        return look(id, true);
    }

    /** The version of a row, or, if it does not matter, where the row is; {@link View#ABSENT} if there is none. */
    private long look(long id, boolean version) {
        engine.checkReadable();
        long word = word(id);
        long hash = space.hashWord(word);
        try {
            for (int tries = 0; ; tries++) {
                long epoch = memory.epoch();
                long position = find(id, word, hash);
                if (position == View.ABSENT) {
                    check();
                    return -1;
                }
                long found = version ? space.versionAt(position) : position;
                if (memory.isUnchanged(epoch)) {
                    return found;
                }
                check();
                space.values().lookAgain(position, tries);
            }
        } catch (IllegalStateException e) {
            engine.checkReadable();
            throw e;
        }
    }

    @Override
    public List<VectorHit> search(VectorQuery query) {
        engine.checkReadable();
        List<VectorHit> nearest =
                search.nearest(query, this::moment, engine.vectors().searchers());
        check(); // or rows may have been let go of meanwhile
        return nearest;
    }

    @Override
    public VectorScan scan() {
        return new Walk(moment());
    }

    @Override
    public LongStream ids() {
        Walk walk = new Walk(moment());
        Spliterator.OfLong ids =
                new Spliterators.AbstractLongSpliterator(
                        Long.MAX_VALUE, Spliterator.DISTINCT | Spliterator.NONNULL | Spliterator.IMMUTABLE) {
                    @Override
                    public boolean tryAdvance(LongConsumer action) {
                        if (!walk.next()) {
                            walk.close();
                            return false;
                        }
                        action.accept(walk.id());
                        return true;
                    }
                };
        return StreamSupport.longStream(ids, false).onClose(walk::close);
    }

    /** A pass over the rows of a moment. */
    private final class Walk implements VectorScan {
        private final RowSearch.Moment moment;
        private final RowWalk walk;
        private @Nullable VectorHit row;
        private boolean closed;

        Walk(RowSearch.Moment moment) {
            this.moment = moment;
            try {
                this.walk = search.walk(moment);
            } catch (RuntimeException | Error e) {
                moment.close();
                throw e;
            }
        }

        @Override
        public boolean next() {
            row = null;
            if (closed) {
                return false;
            }
            check();
            boolean found = walk.next();
            check(); // or it may have been let go of meanwhile
            return found;
        }

        @Override
        public long id() {
            return walk.id();
        }

        @Override
        public long version() {
            return walk.version();
        }

        @Override
        public MemorySegment row() {
            VectorHit present = row;
            if (present == null) {
                present = walk.row();
                row = present;
            }
            return present.row();
        }

        @Override
        public void close() {
            if (!closed) {
                moment.close();
                closed = true;
            }
        }
    }
}
