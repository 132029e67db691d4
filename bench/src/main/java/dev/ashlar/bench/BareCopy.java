package dev.ashlar.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Copies a file that is in the page cache to a new one: read, write and sync. */
final class BareCopy {
    private static final int PIECE = 1 << 20;

    private BareCopy() {}

    /** How long it takes for so many bytes. */
    static double seconds(Path directory, long bytes) {
        Path from = directory.resolve("from");
        Path to = directory.resolve("to");
        ByteBuffer piece = ByteBuffer.allocateDirect(PIECE);
        try {
            Files.createDirectories(directory);
            try (FileChannel out = FileChannel.open(from, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
                for (long at = 0; at < bytes; at += PIECE) {
                    out.write(piece.clear(), at);
                }
                out.force(false);
            }
            Files.deleteIfExists(to);
            long start = System.nanoTime();
            try (FileChannel in = FileChannel.open(from);
                    FileChannel out = FileChannel.open(to, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
                for (long at = 0; at < bytes; at += PIECE) {
                    piece.clear().limit((int) Math.min(PIECE, bytes - at));
                    in.read(piece, at);
                    out.write(piece.flip(), at);
                }
                out.force(false);
            }
            double seconds = (System.nanoTime() - start) / 1e9;
            Files.delete(from);
            Files.delete(to);
            return seconds;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
