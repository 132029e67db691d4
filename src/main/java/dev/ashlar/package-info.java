/**
 * The public API and the vocabulary of the whole project: interfaces, options, reports and exceptions. Everything a
 * program that embeds Ashlar needs is here, starting at {@link dev.ashlar.Store#open(java.nio.file.Path)}.
 *
 * <p>The types of this package depend on nothing else in the project, so every other package may use them; the one
 * exception is {@code Store.open}, which names the engine.
 */
@org.jspecify.annotations.NullMarked
package dev.ashlar;
