package dev.ashlar.sim;

import dev.ashlar.sim.Inode.UnsyncedWrite;
import java.util.BitSet;
import java.util.Random;

/**
 * What a loss of power makes of one unsynced write.
 *
 * @param kept sectors that were written, counted from the write's first
 * @param garbageSeed what stands in the other sectors if they never held anything durable: 0 = zeros
 */
record WriteFate(BitSet kept, long garbageSeed) {
    static WriteFate kept(UnsyncedWrite write) {
        return sectors(0, write.sectors());
    }

    static WriteFate dropped() {
        return sectors(0, 0);
    }

    static WriteFate garbage(long seed) {
        return new WriteFate(new BitSet(), seed);
    }

    /** A range of sectors was written. */
    static WriteFate sectors(int from, int to) {
        BitSet kept = new BitSet();
        kept.set(from, to);
        return new WriteFate(kept, 0);
    }

    /** All sectors but one were written. */
    static WriteFate withHole(int hole, int sectors) {
        WriteFate fate = sectors(0, sectors);
        fate.kept.clear(hole);
        return fate;
    }

    void applyTo(Inode file, UnsyncedWrite write) {
        Random random = garbageSeed == 0 ? null : new Random(garbageSeed);
        for (int i = 0; i < write.sectors(); i++) {
            int sector = write.firstSector() + i;
            if (kept.get(i)) {
                file.settleSector(write, sector);
            } else if (random != null && !file.isSettled(sector) && !file.isRepeated(write, sector)) {
                byte[] bytes = new byte[Inode.SECTOR];
                random.nextBytes(bytes);
                file.spoilSector(write, sector, bytes);
            }
        }
    }
}
