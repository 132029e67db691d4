/**
 * Vector collections: rows of numbers, and how those that are nearest to a query are found.
 *
 * <p>{@link dev.ashlar.vector.RowRun} is what a search sees of rows, wherever they are; {@link
 * dev.ashlar.vector.ExactSearch} scores all of them and keeps the nearest. Used by {@code engine}; knows {@code keyspace},
 * {@code log} and what is below, and neither documents nor who calls it.
 */
@org.jspecify.annotations.NullMarked
package dev.ashlar.vector;
