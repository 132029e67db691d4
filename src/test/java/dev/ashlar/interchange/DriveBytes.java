package dev.ashlar.interchange;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.zip.CRC32;

/** Files of simd-r-drive as tests make them: the published example, and a plain writer of any of its layouts. */
public final class DriveBytes {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final int alignment;

    public DriveBytes(int alignment) {
        this.alignment = alignment;
    }

    static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /**
     * The file after: write key1=value1; write bob="Hello, world!"; delete key1; batch alice=A, carol=70 × 0x07; stream
     * test_key=stream.
     */
    static byte[] example() {
        return HexFormat.of()
                .parseHex("76616c756531e229d8d50c074d3800000000000000005a6c75a2"
                        + "00".repeat(38)
                        + "48656c6c6f2c20776f726c6421e5b8490fc4c003141a00000000000000e6c6e6eb"
                        + "00e229d8d50c074d3861000000000000008def02d2"
                        + "00".repeat(10)
                        + "41b016011ad60da14d76000000000000008b9ed9d3"
                        + "00".repeat(43)
                        + "07".repeat(70)
                        + "a4cb3fad94b9fde2950000000000000033ec7fa5"
                        + "00".repeat(38)
                        + "73747265616d92edbeecc54c61e01a010000000000001cbee9f0");
    }

    public DriveBytes put(long hash, byte[] payload) {
        int tail = bytes.size();
        while (bytes.size() % alignment != 0) {
            bytes.write(0);
        }
        bytes.writeBytes(payload);
        return metadata(hash, tail, payload);
    }

    DriveBytes put(String key, String payload) {
        return put(SimdRDrive.keyHash(utf8(key)), utf8(payload));
    }

    public DriveBytes delete(long hash) {
        int tail = bytes.size();
        bytes.write(0);
        return metadata(hash, tail, new byte[1]);
    }

    private DriveBytes metadata(long hash, long tail, byte[] payload) {
        CRC32 crc = new CRC32();
        crc.update(payload);
        bytes.writeBytes(ByteBuffer.allocate(20)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(hash)
                .putLong(tail)
                .putInt((int) crc.getValue())
                .array());
        return this;
    }

    int size() {
        return bytes.size();
    }

    public byte[] toBytes() {
        return bytes.toByteArray();
    }
}
