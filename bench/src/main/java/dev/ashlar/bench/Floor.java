package dev.ashlar.bench;

import dev.ashlar.Keyspace;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The floor of a random get: what is left when nothing is hashed, probed, compared or checked.
 *
 * <pre>
 *   key ──its low 21 bits──► slot: one load ──address──► first line of the value: one load
 * </pre>
 *
 * The slots are 8 bytes each, 2^21 of them for 1 M keys (16 MiB, about what Ashlar's index takes), on huge pages as
 * Ashlar's index is; no two keys share one ({@link Dataset}). They hold addresses in the very mapping that Ashlar's
 * views of the same store point into. A get here touches one line of the record, the first of the value; a get of any
 * store touches the key's line as well, if only to compare it.
 */
final class Floor implements Subject {
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;

    /** All of the address space, so that a load is a load. */
    private static final MemorySegment MEMORY = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

    private final AshlarSubject ashlar;
    private final Setup setup;
    private final long slots = Posix.hugeMemory(8L << Dataset.TAG_BITS);
    private boolean filled;

    Floor(Setup setup) {
        this.setup = setup;
        this.ashlar = new AshlarSubject(setup, AshlarSubject.Reading.VIEW, AshlarSubject.Writing.FUTURE);
    }

    @Override
    public void load(Dataset data) {
        ashlar.load(data);
    }

    @Override
    public synchronized Reader reader() {
        if (!filled) {
            fill();
        }
        return new FloorReader(slots, setup);
    }

    /** The views die young, but the mappings they point into stay while the store is open. */
    private void fill() {
        Keyspace keyspace = ashlar.keyspace();
        Dataset data = new Dataset(setup.entries(), setup.valueBytes());
        for (int i = 0; i < data.count(); i++) {
            byte[] key = data.key(i);
            MEMORY.set(LONG, slots + Dataset.tag(key) * 8, keyspace.get(key).address());
        }
        filled = true;
    }

    @Override
    public Writer writer() {
        throw new UnsupportedOperationException("the floor of a get does not write");
    }

    @Override
    public void close() {
        ashlar.close();
    }

    private static final class FloorReader implements Reader {
        private final long slots;
        private final long end;
        private long at;

        FloorReader(long slots, Setup setup) {
            this.slots = slots;
            this.end = slots + (8L << Dataset.TAG_BITS);
            this.at = slots;
        }

        @Override
        public long first(byte[] key) {
            return MEMORY.get(LONG, MEMORY.get(LONG, slots + Dataset.tag(key) * 8));
        }

        @Override
        public void follow(byte[] key) {
            long value = MEMORY.get(LONG, slots + Dataset.tag(key) * 8);
            Dataset.setKey(key, MEMORY.get(LONG, value), MEMORY.get(LONG, value + 8));
        }

        @Override
        public long scan(int entries) {
            throw new UnsupportedOperationException("there is no floor of a scan");
        }
    }
}
