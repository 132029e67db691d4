package dev.ashlar;

/** What has happened to a write when its call returns or its future completes. */
public enum Durability {
    /**
     * The write is in the operating system's page cache, visible to readers and ordered: it survives a killed process,
     * not yet a loss of power. The background sync makes it durable within {@link StoreOptions#syncInterval()}.
     */
    APPENDED,
    /** The write, and everything written before it, is on the device: it survives a loss of power. */
    DURABLE
}
