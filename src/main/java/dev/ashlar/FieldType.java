package dev.ashlar;

/** What a field of a document holds. */
public enum FieldType {
    /** Text to be read, and searched by its words: UTF-8 of any length. */
    TEXT,
    /** A name, a code, a path: UTF-8 that is compared as a whole. May be the primary key. */
    KEYWORD,
    /** A signed 64-bit integer. May be the primary key. */
    I64,
    /** A 64-bit IEEE 754 number; NaN and infinities are values like others. */
    F64,
    /** True or false. */
    BOOL,
    /** Bytes of any length and value. */
    BYTES,
    /** A JSON text (RFC 8259, any value), kept as it was written. */
    JSON,
    /** A row of float32 components, or the id of a row of a vector collection. */
    VECTOR
}
