package dev.ashlar.cli;

/** Numbers that look random and can be computed again: what quickstart fills its records with. */
final class Mix {
    private Mix() {}

    /** The finalizer of SplitMix64: each bit of the result depends on each bit of the argument. */
    static long of(long value) {
        long mixed = value + 0x9e3779b97f4a7c15L;
        mixed = (mixed ^ mixed >>> 30) * 0xbf58476d1ce4e5b9L;
        mixed = (mixed ^ mixed >>> 27) * 0x94d049bb133111ebL;
        return mixed ^ mixed >>> 31;
    }
}
