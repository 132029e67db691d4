/**
 * Kernels that profit from wide registers, each behind a façade that runs without them.
 *
 * <p>Every import of {@code jdk.incubator.vector} of the engine lives in this package, in classes that are looked up by
 * name and never linked, so that the engine starts where the incubator module is absent: the scalar twin of each kernel
 * runs then. {@link dev.ashlar.simd.SimdSupport} chooses the vector width once per process and says what it chose.
 *
 * <p>{@link dev.ashlar.simd.Xxh3} is the engine's one checksum and hash (XXH3-64), {@link dev.ashlar.simd.Xxh3Stream}
 * the same over pieces; {@link dev.ashlar.simd.Distances} compares rows of numbers. Any package above may call them;
 * this package knows nothing above it.
 *
 * <p>Two rules hold for every kernel here:
 *
 * <ul>
 *   <li>Native memory and heap arrays enter through separate methods. One method that sees both kinds of segment runs
 *       many times slower for good, because the type profile of its accesses is shared.
 *   <li>A memory access fault in vector code ends the process. Callers pass memory that is known to be backed: never a
 *       mapping of a file that could have holes or be truncated.
 * </ul>
 */
package dev.ashlar.simd;
