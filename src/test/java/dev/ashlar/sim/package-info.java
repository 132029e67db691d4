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
 */
package dev.ashlar.sim;
