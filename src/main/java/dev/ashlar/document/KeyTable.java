package dev.ashlar.document;

import dev.ashlar.CorruptionException;
import dev.ashlar.simd.Xxh3;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * The part KEYS of a segment: leads from a key to the document that has it, and from a document to its key. It is read where it
 * is mapped. Keys are compared, so a collision of hashes is never a wrong answer.
 *
 * <pre>
 *   0 u32 documents   4 u32 keys   8 u32 k, the logarithm of the number of slots   12 u32 zero   16 u64 bytes of keys   24 u64 zero
 *   32 slots, 2^k:    0 u32 tag: low half of the key's XXH3-64   4 u32 ordinal + 1, or 0 if the slot is free
 *      bases:         for each 64 of documents + 1: u64 where the key of the first of them begins
 *      offsets:       for each of documents + 1: u32 where its key begins, from the base; the highest bit is set if it has none
 *                     then zeros up to a multiple of 8
 *      keys:          one after the other
 * </pre>
 *
 * A search begins at the slot that the highest k bits of the hash name, and goes on to the next one until it meets a free one.
 * At most three quarters of the slots are taken. Of several documents with one key the last one is found.
 */
final class KeyTable {
    static final int HEADER = 32;
    static final int NO_KEY = 1 << 31;

    private static final int GROUP_SHIFT = 6;

    private final MemorySegment s;
    private final String file;
    private final long at;
    private final int documents;
    private final int keys;
    private final int slotBits;
    private final long basesAt;
    private final long offsetsAt;
    private final long keysAt;
    private final long keyBytes;

    /**
     * @param s the file
     * @param at where the part begins
     * @param length of the part, which lies within the file
     * @param documents that the segment has
     */
    KeyTable(MemorySegment s, String file, long at, long length, int documents) {
        this.s = s;
        this.file = file;
        this.at = at;
        this.documents = documents;
        if (length < HEADER) {
            throw DocumentFiles.damage(file, at, "at least 32 bytes of keys", length + " bytes");
        }
        DocumentFiles.expect(file, at, "number of documents", documents, s.get(SegmentFormat.INT, at));
        keys = s.get(SegmentFormat.INT, at + 4);
        slotBits = s.get(SegmentFormat.INT, at + 8);
        keyBytes = s.get(SegmentFormat.LONG, at + 16);
        if (keys < 0 || keys > documents || slotBits != slotBits(keys)) {
            throw DocumentFiles.damage(
                    file, at + 4, "at most " + documents + " keys and their slots", keys + " and 2^" + slotBits);
        }
        basesAt = at + HEADER + (8L << slotBits);
        offsetsAt = basesAt + basesBytes(documents);
        keysAt = offsetsAt + offsetsBytes(documents);
        long rest = at + length - keysAt;
        if (rest < 0 || keyBytes != rest) {
            throw DocumentFiles.damage(file, at + 16, rest + " bytes of keys", Long.toString(keyBytes));
        }
    }

    static long basesBytes(int documents) {
        return ((documents >>> GROUP_SHIFT) + 1L) * 8;
    }

    static long offsetsBytes(int documents) {
        return SegmentFormat.align((documents + 1L) * 4, 8);
    }

    /** The logarithm of the number of slots for so many keys. */
    static int slotBits(int keys) {
        long needed = Math.max(8, (keys * 4L + 2) / 3);
        return Long.SIZE - Long.numberOfLeadingZeros(needed - 1);
    }

    static long slot(long hash, int ordinal) {
        return hash & 0xFFFF_FFFFL | (ordinal + 1L) << 32;
    }

    int keys() {
        return keys;
    }

    /**
     * The last document with a key.
     *
     * @param key native memory
     * @param hash XXH3-64 of the key
     * @return its ordinal, or -1
     */
    int find(long hash, MemorySegment key, long keyAt, int keyLength) {
        long mask = (1L << slotBits) - 1;
        long index = hash >>> Long.SIZE - slotBits;
        int tag = (int) hash;
        for (long probes = 0; probes <= mask; probes++) {
            long slot = s.get(SegmentFormat.LONG, at + HEADER + index * 8);
            if (slot == 0) {
                return -1;
            }
            if ((int) slot == tag) {
                int ordinal = (int) (slot >>> 32) - 1;
                if (keyEquals(ordinal, key, keyAt, keyLength)) {
                    return ordinal;
                }
            }
            index = index + 1 & mask;
        }
        throw full();
    }

    private CorruptionException full() {
        return DocumentFiles.damage(file, at + HEADER, "a free slot among the keys", "none");
    }

    private boolean keyEquals(int ordinal, MemorySegment key, long keyAt, int keyLength) {
        checkOrdinal(ordinal);
        if (isWithout(ordinal)) {
            return false;
        }
        long from = offset(ordinal);
        long to = offset(ordinal + 1);
        checkRange(ordinal, from, to);
        return to - from == keyLength
                && MemorySegment.mismatch(s, keysAt + from, keysAt + to, key, keyAt, keyAt + keyLength) < 0;
    }

    private void checkOrdinal(int ordinal) {
        if (ordinal < 0 || ordinal >= documents) {
            throw DocumentFiles.damage(file, at + HEADER, "ordinals below " + documents, Integer.toString(ordinal));
        }
    }

    private void checkRange(int ordinal, long from, long to) {
        if (from < 0 || to < from || to > keyBytes || to - from > SegmentFormat.MAX_KEY) {
            throw DocumentFiles.damage(
                    file,
                    offsetsAt + 4L * ordinal,
                    "a key of at most " + SegmentFormat.MAX_KEY + " bytes within " + keyBytes,
                    from + " to " + to);
        }
    }

    private boolean isWithout(int ordinal) {
        return s.get(SegmentFormat.INT, offsetsAt + 4L * ordinal) < 0;
    }

    private long offset(int ordinal) {
        long base = s.get(SegmentFormat.LONG, basesAt + 8L * (ordinal >>> GROUP_SHIFT));
        return base + (s.get(SegmentFormat.INT, offsetsAt + 4L * ordinal) & Integer.MAX_VALUE);
    }

    /** The key of a document, in the mapping; null if it has none. The ordinal is one of the segment's. */
    @Nullable
    MemorySegment key(int ordinal) {
        if (isWithout(ordinal)) {
            return null;
        }
        long from = offset(ordinal);
        long to = offset(ordinal + 1);
        checkRange(ordinal, from, to);
        return s.asSlice(keysAt + from, to - from);
    }

    /** Adds the key of a document, which is one of the segment's, to those of another segment. */
    void copy(int ordinal, Builder into) {
        if (isWithout(ordinal)) {
            into.addNone();
        } else {
            long from = offset(ordinal);
            long to = offset(ordinal + 1);
            checkRange(ordinal, from, to);
            into.add(s, keysAt + from, (int) (to - from));
        }
    }

    /** Checks that each key leads to its document, or to a later one with the same key. */
    void verify() {
        for (int ordinal = 0; ordinal < documents; ordinal++) {
            MemorySegment key = key(ordinal);
            if (key != null) {
                int length = (int) key.byteSize();
                // Hashed from private memory: a page of a mapping that cannot be read ends the process there.
                byte[] copy = key.toArray(java.lang.foreign.ValueLayout.JAVA_BYTE);
                int found = find(Xxh3.hash(copy, 0, length, 0), key, 0, length);
                if (found < ordinal) {
                    throw DocumentFiles.damage(
                            file, offsetsAt + 4L * ordinal, "the slot of document " + ordinal, "that of " + found);
                }
            }
        }
    }

    /** Gathers keys and writes the part. For one thread. */
    static final class Builder implements AutoCloseable {
        private final GrowingBytes bytes = new GrowingBytes();
        private final GrowingBytes bases = new GrowingBytes();
        private final GrowingBytes offsets = new GrowingBytes();
        private int documents;
        private int keys;

        int keys() {
            return keys;
        }

        long memoryBytes() {
            return bytes.capacity() + bases.capacity() + offsets.capacity() + slotBytes();
        }

        /** What is to come at the end. */
        private long slotBytes() {
            return keys == 0 ? 0 : 8L << slotBits(keys);
        }

        void add(MemorySegment key, long at, int length) {
            begin(0);
            bytes.add(key, at, length);
            keys++;
        }

        void addNone() {
            if (keys > 0) {
                begin(NO_KEY);
            } else {
                documents++; // nothing is kept as long as there is no key at all
            }
        }

        private void begin(int flag) {
            if (keys == 0) {
                for (int i = 0, before = documents; i < before; i++) {
                    offset(i, NO_KEY);
                }
            }
            offset(documents++, flag);
        }

        private void offset(int ordinal, int flag) {
            if ((ordinal & (1 << GROUP_SHIFT) - 1) == 0) {
                bases.addLong(bytes.size());
            }
            long base = bases.memory().get(SegmentFormat.LONG, bases.size() - 8);
            offsets.addInt((int) (bytes.size() - base) | flag);
        }

        /** Writes the part; nothing can be added afterwards. */
        void write(SegmentOutput output) {
            offset(documents, 0);
            if (offsets.size() % 8 != 0) {
                offsets.addInt(0);
            }
            try (GrowingBytes slots = new GrowingBytes()) {
                int slotBits = slotBits(keys);
                slots.extend(HEADER + (8L << slotBits));
                MemorySegment table = slots.memory();
                table.asSlice(0, slots.size()).fill((byte) 0);
                table.set(SegmentFormat.INT, 0, documents);
                table.set(SegmentFormat.INT, 4, keys);
                table.set(SegmentFormat.INT, 8, slotBits);
                table.set(SegmentFormat.LONG, 16, bytes.size());
                for (int ordinal = 0; ordinal < documents; ordinal++) {
                    if (offsets.memory().get(SegmentFormat.INT, 4L * ordinal) >= 0) {
                        insert(table, slotBits, ordinal);
                    }
                }
                output.part(table, 0, slots.size());
            }
            output.part(bases.memory(), 0, bases.size());
            output.part(offsets.memory(), 0, offsets.size());
            output.part(bytes.memory(), 0, bytes.size());
        }

        private long begin(int ordinal, MemorySegment bases) {
            return bases.get(SegmentFormat.LONG, 8L * (ordinal >>> GROUP_SHIFT))
                    + (offsets.memory().get(SegmentFormat.INT, 4L * ordinal) & Integer.MAX_VALUE);
        }

        private void insert(MemorySegment table, int slotBits, int ordinal) {
            MemorySegment all = bytes.memory();
            long from = begin(ordinal, bases.memory());
            long to = begin(ordinal + 1, bases.memory());
            long hash = Xxh3.hash(all, from, to - from, 0);
            long mask = (1L << slotBits) - 1;
            long index = hash >>> Long.SIZE - slotBits;
            while (true) {
                long slot = table.get(SegmentFormat.LONG, HEADER + index * 8);
                if (slot == 0 || (int) slot == (int) hash && sameKey((int) (slot >>> 32) - 1, from, to)) {
                    table.set(SegmentFormat.LONG, HEADER + index * 8, slot(hash, ordinal));
                    return;
                }
                index = index + 1 & mask;
            }
        }

        private boolean sameKey(int ordinal, long from, long to) {
            long otherFrom = begin(ordinal, bases.memory());
            long otherTo = begin(ordinal + 1, bases.memory());
            return MemorySegment.mismatch(bytes.memory(), otherFrom, otherTo, bytes.memory(), from, to) < 0;
        }

        @Override
        public void close() {
            bytes.close();
            bases.close();
            offsets.close();
        }
    }
}
