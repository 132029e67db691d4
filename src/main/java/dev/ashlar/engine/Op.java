package dev.ashlar.engine;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import dev.ashlar.log.FrameLayout;
import java.lang.foreign.MemorySegment;

/**
 * A write on its way from the calling thread to the appender, in engine-owned native memory, in native byte order.
 *
 * <pre>
 *    0 u8  type of the frame, or REQUIRE 32 u64 condition: the version, the LSN of the source, or a clear
 *    1 u8  condition                    40 u64 version of a relocated record
 *    2 u16 key length                   48 u64 value file    56 u64 its length
 *    4 u32 space                        64 u64 result: LSN, set by the appender; NOT_WRITTEN; 0 before
 *    8 u32 payload length               72 u64 size: distance to the next op of the event
 *   12 u8  frame flags                  80 u64 expiry
 *   13 u8  alignment shift              88 key, then the payload at the next multiple of 64
 *   16 u64 key hash   24 u64 payload hash
 * </pre>
 */
final class Op {
    static final int HEADER = 88;

    /** Write whatever is there. */
    static final byte ALWAYS = 0;
    /**
     * Write if the key is absent; with an argument also only if the space was last cleared below the LSN that is one less than the
     * argument.
     */
    static final byte IF_ABSENT = 1;
    /** Write if the key's present version is the one given. */
    static final byte IF_VERSION = 2;
    /** A relocation, or the deletion of what has expired: write if the index still points at the source. */
    static final byte IF_SOURCE = 3;
    /** A deletion that is moved: write if the key is absent. */
    static final byte IF_STILL_ABSENT = 4;

    /** In place of a frame's type: writes nothing; nothing of its batch is written unless its condition holds. */
    static final byte REQUIRE = 0;

    private Op() {}

    static long payloadOffset(int keyLength) {
        return FrameLayout.alignUp(HEADER + keyLength, 64);
    }

    /** Bytes of an op, a multiple of 64. */
    static long size(int keyLength, long payloadLength) {
        return FrameLayout.alignUp(payloadOffset(keyLength) + payloadLength, 64);
    }

    static void write(
            MemorySegment s,
            long at,
            byte type,
            int keyLength,
            int space,
            int payloadLength,
            int alignmentShift,
            long keyHash,
            long payloadHash) {
        s.set(JAVA_BYTE, at, type);
        s.set(JAVA_BYTE, at + 1, ALWAYS);
        s.set(JAVA_SHORT, at + 2, (short) keyLength);
        s.set(JAVA_INT, at + 4, space);
        s.set(JAVA_INT, at + 8, payloadLength);
        s.set(JAVA_BYTE, at + 12, (byte) 0);
        s.set(JAVA_BYTE, at + 13, (byte) alignmentShift);
        s.set(JAVA_LONG, at + 16, keyHash);
        s.set(JAVA_LONG, at + 24, payloadHash);
        s.set(JAVA_LONG, at + 64, 0);
        s.set(JAVA_LONG, at + 72, size(keyLength, payloadLength));
    }

    static void condition(MemorySegment s, long at, byte condition, long argument) {
        s.set(JAVA_BYTE, at + 1, condition);
        s.set(JAVA_LONG, at + 32, argument);
    }

    static void relocated(MemorySegment s, long at, long version) {
        s.set(JAVA_BYTE, at + 12, (byte) (flags(s, at) | FrameLayout.RELOCATED));
        s.set(JAVA_LONG, at + 40, version);
    }

    static void valueFile(MemorySegment s, long at, long id, long length) {
        s.set(JAVA_BYTE, at + 12, (byte) (flags(s, at) | FrameLayout.VALUE_FILE));
        s.set(JAVA_LONG, at + 48, id);
        s.set(JAVA_LONG, at + 56, length);
    }

    static void expiry(MemorySegment s, long at, long millis) {
        s.set(JAVA_BYTE, at + 12, (byte) (flags(s, at) | FrameLayout.EXPIRES));
        s.set(JAVA_LONG, at + 80, millis);
    }

    static byte type(MemorySegment s, long at) {
        return s.get(JAVA_BYTE, at);
    }

    static byte condition(MemorySegment s, long at) {
        return s.get(JAVA_BYTE, at + 1);
    }

    static int keyLength(MemorySegment s, long at) {
        return s.get(JAVA_SHORT, at + 2) & 0xFFFF;
    }

    static int space(MemorySegment s, long at) {
        return s.get(JAVA_INT, at + 4);
    }

    static int payloadLength(MemorySegment s, long at) {
        return s.get(JAVA_INT, at + 8);
    }

    static int flags(MemorySegment s, long at) {
        return s.get(JAVA_BYTE, at + 12);
    }

    static int alignmentShift(MemorySegment s, long at) {
        return s.get(JAVA_BYTE, at + 13);
    }

    static long keyHash(MemorySegment s, long at) {
        return s.get(JAVA_LONG, at + 16);
    }

    static long payloadHash(MemorySegment s, long at) {
        return s.get(JAVA_LONG, at + 24);
    }

    static void payloadHash(MemorySegment s, long at, long hash) {
        s.set(JAVA_LONG, at + 24, hash);
    }

    static long conditionArgument(MemorySegment s, long at) {
        return s.get(JAVA_LONG, at + 32);
    }

    static long version(MemorySegment s, long at) {
        return s.get(JAVA_LONG, at + 40);
    }

    static long valueFile(MemorySegment s, long at) {
        return s.get(JAVA_LONG, at + 48);
    }

    static long valueFileLength(MemorySegment s, long at) {
        return s.get(JAVA_LONG, at + 56);
    }

    /** Of an op with the flag; else anything. */
    static long expiry(MemorySegment s, long at) {
        return s.get(JAVA_LONG, at + 80);
    }

    static long result(MemorySegment s, long at) {
        return s.get(JAVA_LONG, at + 64);
    }

    static void result(MemorySegment s, long at, long lsn) {
        s.set(JAVA_LONG, at + 64, lsn);
    }

    static long size(MemorySegment s, long at) {
        return s.get(JAVA_LONG, at + 72);
    }

    /** Upper bound of the bytes that the op's frame takes, wherever it starts. */
    static long frameBound(MemorySegment s, long at) {
        return FrameLayout.end(0, flags(s, at), keyLength(s, at), payloadLength(s, at), alignmentShift(s, at))
                + (1L << alignmentShift(s, at));
    }
}
