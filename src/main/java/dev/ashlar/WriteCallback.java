package dev.ashlar;

/**
 * Is told what became of writes, without an object for each: the number that came with the write says which one it was.
 * One instance may serve any number of writes.
 *
 * <p>Each write that was accepted (the call returned, or returned true) is told of exactly once, by one of the two
 * methods, also when the store fails or is closed. A call that throws, or returns false, tells its callback nothing.
 *
 * <p>Those of {@link Durability#APPENDED} writes run on whichever thread has appended at that moment: one of the engine's,
 * or any thread that writes; so do those of {@link Durability#DURABLE} writes that were refused, or that had nothing to
 * write. Those of DURABLE writes that wait for the device run on the engine's sync thread, and may close the store. For one
 * store, the former run one after the other in the order of the log, and so do the latter; the two may run at the same time.
 *
 * <p>They must be short, since writers wait meanwhile. They must not wait for the store: a write that waits throws {@link
 * IllegalStateException} on the thread that appends. {@link Keyspace#tryPut} and {@link Keyspace#tryDelete}, also those
 * with a callback, never wait, and may be called (but not with a value above 8 MiB).
 *
 * <p>What a method throws changes nothing about the write or about others; the next {@link Store#sync} throws an {@link
 * AshlarException} with it as its cause.
 */
public interface WriteCallback {
    /**
     * The write is as durable as it was asked to be.
     *
     * @param tag the number that came with the write
     * @param lsn of its record; {@link Keyspace#NOT_WRITTEN} where a condition did not hold or there was nothing to delete
     */
    void completed(long tag, long lsn);

    /**
     * The write failed. The exception says whether it may be found after reopening nevertheless ({@link
     * StoreFailedException#indeterminate()}); every other one means that nothing was written.
     */
    void failed(long tag, AshlarException failure);
}
