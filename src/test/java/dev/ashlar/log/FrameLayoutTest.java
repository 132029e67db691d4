package dev.ashlar.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.ashlar.simd.Xxh3;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class FrameLayoutTest {
    private static final long LSN = 40_960;
    private static final long SALT = 12_345;
    private static final long VERSION = 8_192;
    private static final long FILE = 17;
    private static final long FILE_LENGTH = 9_000_000;
    private static final long EXPIRY = 1_700_000_000_123L;

    private final MemorySegment s = Arena.ofAuto().allocate(64 << 10, 4096);

    /** Writes a frame by the table of the format, with the fields in the order of their flags. */
    private long write(int type, int flags, int space, int keyLength, int payloadLength, int shift, long expiry) {
        s.fill((byte) 0);
        FrameLayout.writeHeader(
                s,
                0,
                LSN,
                (byte) type,
                flags,
                shift,
                keyLength,
                space,
                payloadLength,
                FrameLayout.EMPTY_HASH,
                0,
                LSN,
                LSN);
        long at = 40;
        if ((flags & 2) != 0) {
            s.set(FrameLayout.LONG, at, VERSION);
            at += 8;
        }
        if ((flags & 4) != 0) {
            s.set(FrameLayout.LONG, at, FILE);
            s.set(FrameLayout.LONG, at + 8, FILE_LENGTH);
            at += 16;
        }
        if ((flags & 8) != 0) {
            s.set(FrameLayout.LONG, at, expiry);
            at += 8;
        }
        for (int i = 0; i < keyLength; i++) {
            s.set(java.lang.foreign.ValueLayout.JAVA_BYTE, at + i, (byte) (i + 1));
        }
        FrameLayout.seal(s, 0, LSN, SALT);
        return at;
    }

    @Test
    @DisplayName("With every combination of flags, each part of a frame is where the format says")
    void geometry() {
        for (int flags = 0; flags < 16; flags++) {
            for (int keyLength : new int[] {0, 1, 7, 8, 16, 23, 24, 25, 300}) {
                for (int shift = 3; shift <= 12; shift++) {
                    for (int length : new int[] {0, 1, 8, 5_000}) {
                        int payload = (flags & 4) != 0 ? 0 : length;
                        long key = write(FrameLayout.PUT, flags, 3, keyLength, payload, shift, EXPIRY);
                        compare(flags, keyLength, payload, shift, key);
                    }
                }
            }
        }
    }

    private void compare(int flags, int keyLength, int payload, int shift, long key) {
        String what = "flags " + flags + ", key " + keyLength + ", payload " + payload + ", shift " + shift;
        int extensions = ((flags & 2) != 0 ? 8 : 0) + ((flags & 4) != 0 ? 16 : 0) + ((flags & 8) != 0 ? 8 : 0);
        long head = FrameLayout.head(s, 0);
        assertEquals(extensions, FrameLayout.extensions(flags), what);
        assertEquals(extensions, FrameLayout.extensions(head), what);
        assertTrue(extensions <= FrameLayout.MAX_EXTENSIONS);
        assertEquals(40 + extensions, key, what);
        assertEquals(key, FrameLayout.keyOffset(s, 0), what);
        long alignment = 1L << shift;
        long aligned = (key + keyLength + alignment - 1) / alignment * alignment;
        long start = payload == 0 ? key + keyLength : aligned;
        assertEquals(start, FrameLayout.payloadOffset(s, 0), what);
        assertEquals(start, FrameLayout.payloadOffset(0, head, payload), what);
        assertEquals(aligned, FrameLayout.alignedPayloadOffset(0, head), what);
        assertEquals(start, FrameLayout.payloadStart(0, flags, keyLength, payload, shift), what);
        assertEquals(Math.max(64, (start + payload + 7) / 8 * 8), FrameLayout.end(s, 0), what);
        assertEquals((flags & 2) != 0 ? VERSION : LSN, FrameLayout.version(s, 0, LSN), what);
        assertEquals((flags & 4) != 0, FrameLayout.hasValueFile(head), what);
        if ((flags & 4) != 0) {
            assertEquals(FILE, FrameLayout.valueFile(s, 0), what);
            assertEquals(FILE_LENGTH, FrameLayout.valueFileLength(s, 0), what);
        }
        assertEquals((flags & 8) != 0, FrameLayout.expires(head), what);
        if ((flags & 8) != 0) {
            assertEquals(EXPIRY, FrameLayout.expiry(s, 0), what);
        }
        assertEquals((flags & 12) == 0, FrameLayout.isPlain(head), what);
        assertTrue(FrameLayout.headerVerifies(s, 0, s.byteSize(), LSN, SALT), what);
        assertFalse(FrameLayout.headerVerifies(s, 0, FrameLayout.end(s, 0) - 1, LSN, SALT), what);
    }

    @Test
    @DisplayName("Only a put of a keyspace expires, and at a moment that is above zero")
    void whatExpires() {
        write(FrameLayout.PUT, 9, 1, 5, 0, 3, 1);
        assertTrue(FrameLayout.headerVerifies(s, 0, s.byteSize(), LSN, SALT));
        for (long expiry : new long[] {0, -1, Long.MIN_VALUE}) {
            write(FrameLayout.PUT, 9, 1, 5, 0, 3, expiry);
            assertFalse(FrameLayout.headerVerifies(s, 0, s.byteSize(), LSN, SALT), "at " + expiry);
        }
        for (int type : new int[] {FrameLayout.CHUNK_START, FrameLayout.DELETE, FrameLayout.MARK}) {
            write(type, 9, 1, 5, 0, 3, EXPIRY);
            assertFalse(FrameLayout.headerVerifies(s, 0, s.byteSize(), LSN, SALT), "type " + type);
        }
        write(FrameLayout.PUT, 9, 0, 5, 0, 3, EXPIRY);
        assertFalse(FrameLayout.headerVerifies(s, 0, s.byteSize(), LSN, SALT), "the system's space");
    }

    @Test
    @DisplayName("The payload checksum of frames without a payload is that of no bytes")
    void noPayload() {
        assertEquals(Xxh3.hash(s, 0, 0, 0), FrameLayout.EMPTY_HASH);
    }
}
