package dev.ashlar.engine;

/** A keyspace was removed before a write to it was framed. That costs the write and nothing else. */
final class RemovedSpaceException extends IllegalStateException {
    private static final long serialVersionUID = 1;

    RemovedSpaceException(String keyspace) {
        super("keyspace " + keyspace + " was dropped; ask the store for it again to create a new one");
    }
}
