/**
 * The engine among many threads: what two may see of one place ({@link dev.ashlar.stress.InterleavingTest}, over tests
 * that stand beside what they are about), and whether what many do is linearizable ({@link
 * dev.ashlar.stress.KeyspaceStressTest}).
 */
package dev.ashlar.stress;
