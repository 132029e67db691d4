package dev.ashlar.keyspace;

import org.jspecify.annotations.Nullable;

/** What the records of a space are. Spaces of one kind have names of their own. */
public enum SpaceKind {
    /** Keys and values. */
    KEYSPACE("keyspace", 1, 1),
    /** Rows of numbers, each under an id. */
    VECTORS("vector collection", 2, 6),
    /** Documents that are not committed yet, and the record that says which files have the others. */
    DOCUMENTS("document collection", 3, 7);

    private final String word;
    private final byte number;
    private final int block;

    SpaceKind(String word, int number, int block) {
        this.word = word;
        this.number = (byte) number;
        this.block = block;
    }

    /** What users call such a space. */
    public String word() {
        return word;
    }

    /** As definitions in the catalog say it. */
    byte number() {
        return number;
    }

    /** The kind of block of a checkpoint that begins such a space. */
    int block() {
        return block;
    }

    /** What a block of a checkpoint begins; null if it begins no space. */
    static @Nullable SpaceKind ofBlock(int block) {
        for (SpaceKind kind : values()) {
            if (kind.block == block) {
                return kind;
            }
        }
        return null;
    }

    static @Nullable SpaceKind ofNumber(byte number) {
        for (SpaceKind kind : values()) {
            if (kind.number == number) {
                return kind;
            }
        }
        return null;
    }
}
