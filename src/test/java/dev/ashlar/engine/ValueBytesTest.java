package dev.ashlar.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.ashlar.Entry;
import dev.ashlar.ValueTooLargeException;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Values larger than buffers and arrays can be. The file has a hole, so it takes no room. */
class ValueBytesTest {
    @TempDir
    Path directory;

    @Test
    void whatIsTooLargeForABufferIsReadInPlaceAndInPieces() throws IOException {
        long size = 3L << 30;
        try (FileChannel file = FileChannel.open(
                        directory.resolve("hole"),
                        StandardOpenOption.CREATE_NEW,
                        StandardOpenOption.READ,
                        StandardOpenOption.WRITE);
                Arena arena = Arena.ofConfined()) {
            file.write(ByteBuffer.wrap(new byte[] {1, 2, 3, 4, 5, 6, 7, 8}), size - 8);
            MemorySegment mapped = file.map(FileChannel.MapMode.READ_ONLY, 0, size, arena);
            Entry entry = new LogEntry(directory, 0, 4096, MemorySegment.NULL, 0, mapped);
            assertEquals(size, entry.size());
            assertEquals(0x0807_0605_0403_0201L, entry.getLong(size - 8));
            assertThrows(IndexOutOfBoundsException.class, () -> entry.getLong(size - 7));
            assertThrows(ValueTooLargeException.class, entry::asByteBuffer);
            assertThrows(ValueTooLargeException.class, entry::asDoubleBuffer);
            String message = assertThrows(ValueTooLargeException.class, entry::toByteArray)
                    .getMessage();
            assertTrue(message.contains("" + size), message);
            InputStream in = entry.inputStream();
            assertEquals(Integer.MAX_VALUE, in.available());
            assertEquals(size - 3, in.skip(size - 3));
            assertEquals(6, in.read());
            assertEquals(2, in.read(new byte[10]));
            assertEquals(-1, in.read());
            SeekableByteChannel channel = entry.channel();
            ByteBuffer last = ByteBuffer.allocate(100);
            assertEquals(8, channel.position(size - 8).read(last));
            assertEquals(8, last.get(7));
        }
    }
}
