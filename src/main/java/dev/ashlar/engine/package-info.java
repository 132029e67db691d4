/** What turns calls into log and views: ring, appender, sync, manifest, checkpoints, compaction; only {@code Store.open} calls it. */
@org.jspecify.annotations.NullMarked
package dev.ashlar.engine;
