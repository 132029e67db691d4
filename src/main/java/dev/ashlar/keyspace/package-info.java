/**
 * The keyspace view and its index: from a key, or the hash of one, to the position of its newest record in the log.
 * Nothing here is the data; all of it can be rebuilt from the log.
 *
 * <p>Used by {@code engine}, whose appender is the one thread that changes an index; knows {@code log} and {@code io},
 * and neither the other views nor who calls it.
 */
@org.jspecify.annotations.NullMarked
package dev.ashlar.keyspace;
