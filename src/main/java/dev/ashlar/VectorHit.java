package dev.ashlar;

import java.lang.foreign.MemorySegment;

/**
 * A row that a search has found.
 *
 * @param id of the row
 * @param score what the collection's {@link Metric} says of it and the query
 * @param version the LSN of the write that set it
 * @param row its components, in place, as {@link VectorReader#get} returns them
 */
public record VectorHit(long id, float score, long version, MemorySegment row) {}
