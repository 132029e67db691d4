/**
 * The storage seam: files, directories, locks and off-heap memory, and every downcall to the operating system. {@link
 * dev.ashlar.io.PosixStorage} is the fast one (Linux, FFM), {@link dev.ashlar.io.ChannelStorage} runs everywhere.
 *
 * <p>Used by {@code log}, {@code keyspace} and {@code engine}; knows nothing of them, and nothing of formats.
 */
@org.jspecify.annotations.NullMarked
package dev.ashlar.io;
