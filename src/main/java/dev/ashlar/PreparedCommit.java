package dev.ashlar;

/**
 * A commit of a document collection whose files are written and durable, and which is not visible yet.
 *
 * <pre>{@code
 *   try (PreparedCommit prepared = documents.prepareCommit()) {
 *       database.commit();                     // whatever has to succeed or fail together with it
 *       prepared.commit(Durability.DURABLE);
 *   }                                          // aborted if this was left before
 * }</pre>
 *
 * <p>It ends in one of three ways. {@link #commit} makes its documents visible. {@link #abort} drops them: their keys are
 * free, their files go, and what was added after {@link DocumentCollection#prepareCommit} stays pending. {@link
 * #release} gives it up and leaves its documents pending. Closing one that has not ended aborts it, and so does
 * forgetting it; if its commit was tried and failed, closing releases it, so that nothing is lost by trying again.
 * If the store is closed or crashes before, its documents are pending when it is opened again.
 *
 * <p>While a commit is prepared, no other one of the collection can be, and merges wait with taking effect. All methods may be
 * called from any thread; while one of them commits or aborts it, {@code commit}, {@code abort} and {@code release} of others
 * throw {@link IllegalStateException}, and {@code close} returns at once: it ends with what is under way.
 */
public interface PreparedCommit extends AutoCloseable {
    /** Documents that it adds. */
    long documents();

    /** Documents that it removes, because they are deleted or replaced. */
    long removals();

    /**
     * Makes it visible.
     *
     * @return the LSN of the commit, or {@link Keyspace#NOT_WRITTEN} if there is nothing in it
     * @throws IllegalStateException if it has ended, or a batch or another thread has it
     * @throws AshlarException if it failed; it can be tried again
     */
    long commit(Durability durability);

    default long commit() {
        return commit(Durability.DURABLE);
    }

    /** Drops its documents, durably; nothing happens if it has ended. */
    void abort();

    /** Gives it up; its documents are pending as if it had never been prepared. Nothing happens if it has ended. */
    void release();

    /** Whether it has been committed, aborted or released. */
    boolean hasEnded();

    /** Aborts it if it has not ended and was not tried to commit; then it is released. */
    @Override
    void close();
}
