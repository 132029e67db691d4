/**
 * What a reader makes of files that are not what was written: small valid stores of every shape, changes to their bytes,
 * and an oracle that knows what each change may cost. And the golden stores, which every later version has to read.
 *
 * <pre>
 *   {@link dev.ashlar.fuzz.Specimens} ──► {@link dev.ashlar.fuzz.Specimen}: files, and all that was ever written
 *        │ {@link dev.ashlar.fuzz.Mutations}: every bit, length, field, splice
 *        ▼
 *   {@link dev.ashlar.fuzz.Mutation} ──► files ──► {@link dev.ashlar.fuzz.Reading}: open, read all, close
 *                                                   │
 *                                                   ▼ {@link dev.ashlar.fuzz.Oracle}: what may have become of each key
 * </pre>
 */
package dev.ashlar.fuzz;
