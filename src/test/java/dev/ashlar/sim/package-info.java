/**
 * The crash rig: a simulated disk behind the storage seam, what a loss of power or a killed process may leave on it, and
 * an oracle that knows what an engine has to make of that.
 *
 * <pre>
 *   engine ──► {@link dev.ashlar.sim.SimStorage} ──► {@link dev.ashlar.sim.SimDisk}   live bytes, mapped
 *                                                      │ every change
 *                                                      ▼
 *                                  {@link dev.ashlar.sim.History} ──► {@link dev.ashlar.sim.Disk} at any point
 *                                                                      │ {@link dev.ashlar.sim.Fates}
 *                                                                      ▼
 *                                                               a disk after the crash ──► the next life
 * </pre>
 *
 * <p>What is done to a store is a line of {@link dev.ashlar.sim.Step}s, and what goes wrong after it a {@link
 * dev.ashlar.sim.CrashPoint}; both as text are the command that a failure prints. Where an engine runs with its threads
 * there is a {@link dev.ashlar.sim.Recording} instead.
 */
package dev.ashlar.sim;
