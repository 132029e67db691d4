package dev.ashlar;

/**
 * A damaged or dropped stretch of a file.
 *
 * @param file relative to the store's directory
 * @param position first byte
 * @param length bytes up to the next intact record
 * @param what what was expected there and what was found
 */
public record Damage(String file, long position, long length, String what) {}
