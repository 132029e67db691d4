/**
 * What turns calls into log and views: the ring, the appender, the sync thread, the manifest, checkpoints, compaction,
 * recovery, and the handles that implement the public API.
 *
 * <p>Named by {@code Store.open} only. The one package that knows all views.
 */
@org.jspecify.annotations.NullMarked
package dev.ashlar.engine;
