package dev.ashlar.bench;

import java.nio.file.Path;

/**
 * What is measured: a store, or the floor. There is one implementation of each interface here in a process, so that
 * calls through it cost nothing.
 */
interface Subject extends AutoCloseable {
    /**
     * How a store is opened.
     *
     * @param durable whether single writes are going to be made durable, for stores where that is a mode
     */
    record Setup(Path directory, int entries, int valueBytes, boolean durable) {}

    /** Fills an empty store as fast as it can. */
    void load(Dataset data);

    /** A reader for one thread. */
    Reader reader();

    /** The writer; there is one at a time. */
    Writer writer();

    @Override
    void close();

    /** Reads as the store's users would who care for speed. The keys are all there. */
    interface Reader extends AutoCloseable {
        /** The first eight bytes of a key's value. */
        long first(byte[] key);

        /** Replaces a key by the one in the first 16 bytes of its value. */
        void follow(byte[] key);

        /** Goes through so many entries, from where the last call ended, and sums up the first eight bytes of values. */
        long scan(int entries);

        @Override
        default void close() {}
    }

    /** Overwrites values. */
    interface Writer extends AutoCloseable {
        /** When this returns the write survives a killed process. */
        void put(byte[] key, byte[] value);

        /** The fastest way to write one value; {@link #settle} waits for what is under way. */
        void putLater(byte[] key, byte[] value);

        default void settle() {}

        /** Writes many values together; when this returns they survive a killed process. */
        void putAll(byte[][] keys, int from, int count, byte[] value);

        /** When this returns the write survives a loss of power. */
        void putDurably(byte[] key, byte[] value);

        @Override
        default void close() {}
    }

    static Subject open(String name, Setup setup) {
        return switch (name) {
            case "ashlar" -> new AshlarSubject(setup, AshlarSubject.Reading.CURSOR, AshlarSubject.Writing.FUTURE);
            case "ashlar-view" -> new AshlarSubject(setup, AshlarSubject.Reading.VIEW, AshlarSubject.Writing.FUTURE);
            case "ashlar-tryput" ->
                new AshlarSubject(setup, AshlarSubject.Reading.CURSOR, AshlarSubject.Writing.TRY_PUT);
            case "ashlar-callback" ->
                new AshlarSubject(setup, AshlarSubject.Reading.CURSOR, AshlarSubject.Writing.CALLBACK);
            case "floor" -> new Floor(setup);
            case "bare" -> new BareDurable(setup);
            case "lmdb" -> new LmdbSubject(setup);
            case "rocksdb" -> new RocksSubject(setup);
            case "chronicle" -> new ChronicleSubject(setup);
            case "mvstore" -> new MvStoreSubject(setup);
            default -> throw new IllegalArgumentException("nothing is called " + name);
        };
    }

    /** Subjects of one family work on the same files. */
    static String family(String name) {
        return name.equals("floor") || name.startsWith("ashlar") ? "ashlar" : name;
    }
}
