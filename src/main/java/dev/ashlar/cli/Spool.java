package dev.ashlar.cli;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Takes bytes of any number and gives them back: from memory, or from a temporary file if they are many. */
final class Spool extends OutputStream {
    private static final int MAX_IN_MEMORY = 1 << 20;

    private final ByteArrayOutputStream memory = new ByteArrayOutputStream();
    private @Nullable Path file;
    private @Nullable OutputStream fileStream;

    @Override
    public void write(int next) throws IOException {
        write(new byte[] {(byte) next}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
        if (fileStream == null && memory.size() + (long) length > MAX_IN_MEMORY) {
            Path created = Files.createTempFile("ashlar-", ".value");
            file = created;
            fileStream = Files.newOutputStream(created);
            memory.writeTo(fileStream);
            memory.reset();
        }
        if (fileStream == null) {
            memory.write(bytes, offset, length);
        } else {
            fileStream.write(bytes, offset, length);
        }
    }

    /** What was written; nothing more may be written until the spool is cleared. */
    InputStream open() throws IOException {
        if (file == null || fileStream == null) {
            return new ByteArrayInputStream(memory.toByteArray());
        }
        fileStream.close();
        return Files.newInputStream(file);
    }

    /** Forgets everything. */
    void clear() throws IOException {
        memory.reset();
        if (fileStream != null) {
            fileStream.close();
            fileStream = null;
        }
        if (file != null) {
            Files.deleteIfExists(file);
            file = null;
        }
    }

    @Override
    public void close() throws IOException {
        clear();
    }
}
