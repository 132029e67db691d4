/**
 * Values of one type: how the fields of a record or an interface lie in a value ({@link dev.ashlar.typed.Layout}), and the
 * classes that are generated to read and write them. The engine hands these a keyspace and a way to find a value's memory,
 * and stores the layout's description; nothing here knows the log.
 *
 * <pre>
 *   Schemas ──► Members: what a type has        FlyweightClass: hidden class in the type's package, one load an accessor
 *      │        Layout: where its fields lie    CodecClass: hidden class in this package, from and to records
 *      ▼
 *   Schema ───► TypedView, TypedViewCursor, TypedViewScan: the API
 * </pre>
 */
@NullMarked
package dev.ashlar.typed;

import org.jspecify.annotations.NullMarked;
