/**
 * The command line. {@link dev.ashlar.cli.Main} is what the launcher starts; each command is a class of its own, and what
 * several of them need (output, tables, keys, progress, sources of an import, the steps of {@code quickstart}) are small
 * classes beside them.
 *
 * <p>It uses the public API of {@link dev.ashlar} and nothing else of the project, so it is also a test of whether that
 * API is enough. Nothing else in the project may use it: its libraries are optional for programs that embed the engine.
 */
@org.jspecify.annotations.NullMarked
package dev.ashlar.cli;
