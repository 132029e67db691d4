/**
 * The engine among many threads: what two may see of one place ({@link dev.ashlar.stress.InterleavingTest}, over tests
 * that stand beside what they are about), and whether what many do is linearizable ({@link
 * dev.ashlar.stress.KeyspaceStressTest}).
 *
 * <p>Why not Lincheck: it explores interleavings by switching threads where they access the Java heap, and the index and the
 * log are not in it. Of a counter in native memory that two threads raise without any protection, its model checker
 * (3.7) says that nothing is wrong.
 */
package dev.ashlar.stress;
