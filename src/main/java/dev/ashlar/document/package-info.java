/**
 * Document collections: how documents are described and encoded, and the immutable files that hold them.
 *
 * <p>{@link dev.ashlar.document.DocumentEncoder} makes documents into bytes, {@link dev.ashlar.document.EncodedDocument} reads them field by
 * field, {@link dev.ashlar.document.Zones} and {@link dev.ashlar.document.FilterPredicate} find those that match. {@link
 * dev.ashlar.document.CommitRecord} says what a collection consists of.
 *
 * <p>{@link dev.ashlar.document.SegmentWriter} writes a segment of compressed blocks, {@link
 * dev.ashlar.document.SegmentFile} reads it, {@link dev.ashlar.document.BlockCache} keeps blocks that were decompressed,
 * {@link dev.ashlar.document.SegmentMerger} makes one segment of several. To all of these a document is a run of bytes. Which
 * files count, and when one is removed, is decided above: nothing here removes a file.
 *
 * <p>Used by {@code engine}. Knows files and hashes, not the log's content, and nothing of who calls it.
 */
@org.jspecify.annotations.NullMarked
package dev.ashlar.document;
