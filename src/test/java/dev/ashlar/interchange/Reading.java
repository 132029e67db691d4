package dev.ashlar.interchange;

import dev.ashlar.UnsupportedFormatException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Reads a file as an import does, into a list that can be compared with that of the {@link SlowReader}. */
final class Reading {
    private Reading() {}

    static SlowReader.Content read(Path path, byte[] bytes) throws IOException {
        write(path, bytes);
        List<SlowReader.Entry> entries = new ArrayList<>();
        try (DriveFile file = DriveFile.open(path, new Meter(_ -> {}))) {
            int[] lost = {bytes.length};
            file.forEach(
                    (tail, payload, metadata, hash, deletion) -> {
                        lost[0] -= (int) (metadata + 20 - tail);
                        byte[] content = deletion ? null : Arrays.copyOfRange(bytes, (int) payload, (int) metadata);
                        entries.add(new SlowReader.Entry((int) tail, (int) metadata + 20, hash, content));
                    },
                    new Losses(path.toString()));
            return new SlowReader.Content(file.alignment(), file.broken() == null, entries, lost[0]);
        } catch (UnsupportedFormatException _) {
            return new SlowReader.Content(64, false, List.of(), bytes.length);
        }
    }

    /** Over what is there: cutting a file to nothing first costs a flush on some file systems, thousands of times here. */
    private static void write(Path path, byte[] bytes) throws IOException {
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            ByteBuffer all = ByteBuffer.wrap(bytes);
            while (all.hasRemaining()) {
                channel.write(all);
            }
            channel.truncate(bytes.length);
        }
    }
}
