/**
 * Stores in processes of their own, which a real kernel ends or lets run short.
 *
 * <pre>
 *   {@link dev.ashlar.process.KillChain}  starts, kills, opens what is left, compares, and again, on one store
 *        │ seed, kill point                        ▲ how much was submitted and acknowledged
 *        ▼                                         │
 *   {@link dev.ashlar.process.KilledChild} ──► {@link dev.ashlar.process.Ledger} (a mapped file, which outlives the child)
 *        │ {@link dev.ashlar.process.Workload}: both sides know what the n-th write of a writer is
 *        ▼
 *   {@link dev.ashlar.process.KillingStorage} ends the process at a {@link dev.ashlar.process.KillPoint}
 * </pre>
 *
 * <p>{@link dev.ashlar.process.StarvedChild} is the other kind: it finds no room, no descriptor or no permission, and says
 * what it was told; {@link dev.ashlar.process.HeapChild} has little heap. Simulated crashes, and losses of power, are the business of {@code dev.ashlar.sim}.
 */
package dev.ashlar.process;
