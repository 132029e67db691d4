/**
 * Files of others, read and written: those of simd-r-drive, see {@link dev.ashlar.interchange.SimdRDrive}, files of
 * vectors, see {@link dev.ashlar.interchange.VectorFiles}, and documents as lines of JSON, see {@link
 * dev.ashlar.interchange.DocumentLines}.
 *
 * <p>For callers, as {@link dev.ashlar} is. It stands on the public API, like a program of one's own would: a store knows
 * nothing of it.
 */
@org.jspecify.annotations.NullMarked
package dev.ashlar.interchange;
