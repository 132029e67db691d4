/**
 * Benchmarks of Ashlar, of the stores it is compared with, and of the floor below both: what the hardware and the file
 * system need for the same work. {@link dev.ashlar.bench.Suite} runs them, {@link dev.ashlar.bench.Report} turns the
 * results into tables. Nothing in the engine knows this package.
 */
package dev.ashlar.bench;
