/**
 * The log: frames, chunk files, value files, and what recovery makes of them. {@link dev.ashlar.log.FrameLayout} and
 * {@link dev.ashlar.log.ChunkLayout} describe the bytes; {@link dev.ashlar.log.LogWriter} appends, {@link
 * dev.ashlar.log.LogRecovery} finds the end and replays.
 *
 * <p>Used by the views and the engine. Knows frames and positions, not what a view makes of them.
 */
@org.jspecify.annotations.NullMarked
package dev.ashlar.log;
