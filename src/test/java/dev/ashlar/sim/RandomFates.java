package dev.ashlar.sim;

import java.util.BitSet;
import java.util.Random;

/**
 * Fates drawn from a seed. Drawing each change independently would hardly ever give the states near to what a real
 * device leaves, so a seed first draws how the device behaved: lost or kept everything, worked in order up to a point,
 * forgot or kept a single change, or did as it liked.
 */
final class RandomFates implements Fates {
    private enum Device {
        FORGETS_ALL,
        KEEPS_ALL,
        IN_ORDER,
        FORGETS_ONE,
        KEEPS_ONE,
        AS_IT_LIKES,
        AS_IT_LIKES_MORE_OFTEN
    }

    static final String TEXT = "seed.";

    private final long seed;
    private final Random random;
    private final Device device;
    private final double likes;
    private final double tears;

    /** For devices that are about one change in particular: the change's number modulo a small prime. */
    private final int one;

    private final int every;
    private final boolean garbage;

    /** Changes from here on are lost where the device worked in order. */
    private final int limit;

    /** The write that a device that works in order was busy with has been found. */
    private boolean stopped;

    /** @param changes the number of changes that were made to the disk: the range of points to stop at in order */
    RandomFates(long seed, int changes) {
        this.seed = seed;
        this.random = new Random(seed * 0x9E37_79B9_7F4A_7C15L + 1);
        random.nextInt();
        this.device = Device.values()[random.nextInt(Device.values().length)];
        this.likes = 0.1 + 0.8 * random.nextDouble();
        this.tears = 0.3 * random.nextInt(4);
        this.every = 2 + random.nextInt(6);
        this.one = random.nextInt(every);
        this.garbage = random.nextInt(3) == 0;
        // Near the end: what is far back was synced long ago.
        this.limit = changes - random.nextInt(Math.min(12, changes + 1) + 1);
    }

    @Override
    public WriteFate ofWrite(Inode file, Inode.UnsyncedWrite write) {
        long garbageSeed = garbage ? random.nextLong() | 1 : 0;
        boolean keeps = keeps(write.number());
        boolean torn = device == Device.IN_ORDER ? !keeps && !stopped : random.nextDouble() < tears;
        stopped |= torn;
        if (torn && device != Device.FORGETS_ALL && device != Device.KEEPS_ALL) {
            return new WriteFate(tear(write.sectors()), garbageSeed);
        }
        return keeps ? WriteFate.kept(write) : new WriteFate(new BitSet(), garbageSeed);
    }

    private BitSet tear(int sectors) {
        BitSet kept = new BitSet();
        int at = random.nextInt(sectors + 1);
        switch (random.nextInt(3)) {
            case 0 -> kept.set(0, at);
            case 1 -> kept.set(at, sectors);
            default -> {
                for (int i = 0; i < sectors; i++) {
                    kept.set(i, random.nextBoolean());
                }
            }
        }
        return kept;
    }

    @Override
    public boolean keepsLength(Inode.UnsyncedLength length) {
        return keeps(length.number());
    }

    @Override
    public boolean keepsName(Disk.UnsyncedName name) {
        return keeps(name.number());
    }

    @Override
    public String toString() {
        return TEXT + seed;
    }

    private boolean keeps(int number) {
        return switch (device) {
            case FORGETS_ALL -> false;
            case KEEPS_ALL -> true;
            case IN_ORDER -> number < limit;
            case FORGETS_ONE -> number % every != one;
            case KEEPS_ONE -> number % every == one;
            case AS_IT_LIKES, AS_IT_LIKES_MORE_OFTEN -> random.nextDouble() < likes;
        };
    }
}
