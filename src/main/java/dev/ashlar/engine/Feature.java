package dev.ashlar.engine;

/**
 * What the log of a store may hold that a program which does not know it would take for damage: the incompatible feature
 * bits of the manifest. A bit is durable in both copies before the first such thing is written ({@link
 * Maintenance#require}), and stays.
 */
enum Feature {
    /** Records that expire: frame flag 3 and its extension. */
    EXPIRY(0),
    /** Spaces that were cleared or removed: frames of type 5, deletions in the catalog. */
    REMOVAL(1),
    /** Properties of spaces: records of the catalog with longer keys. */
    PROPERTIES(2),
    /** Vector collections: definitions of kind 2, segments in the manifest. */
    VECTORS(3),
    /** Document collections: definitions of kind 3, files in a directory of their own. */
    DOCUMENTS(4);

    /** All bits that this program knows. */
    static final int KNOWN = EXPIRY.bit | REMOVAL.bit | PROPERTIES.bit | VECTORS.bit | DOCUMENTS.bit;

    private final int bit;

    Feature(int number) {
        this.bit = 1 << number;
    }

    int bit() {
        return bit;
    }
}
