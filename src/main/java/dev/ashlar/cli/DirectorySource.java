package dev.ashlar.cli;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystems;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.HexFormat;

/**
 * A file, or a directory and all that is below it. Symbolic links to files are followed, those to directories are not:
 * they could lead in circles.
 */
final class DirectorySource implements ImportSource {
    private final Path root;
    private final Path excluded;
    private final int prefixLength;

    /**
     * @param root as {@link Path#toRealPath} returns it; of any file system
     * @param excluded a directory that is left out, in the same form
     */
    DirectorySource(Path root, Path excluded) {
        this.root = root;
        this.excluded = excluded;
        // A single file has its own name as the key.
        Path base = Files.isDirectory(root) || root.getParent() == null ? root : root.getParent();
        this.prefixLength = isLocal(root) ? rawPath(base).length() : 0;
    }

    @Override
    public long bytes() throws IOException {
        long[] sum = new long[1];
        forEach(new Visitor() {
            @Override
            public void entry(Entry entry) {
                sum[0] += entry.size();
            }

            @Override
            public void failed(String name, IOException why) {}

            @Override
            public void skipped(String name, String why) {}
        });
        return sum[0];
    }

    @Override
    public void forEach(Visitor visitor) throws IOException {
        Files.walkFileTree(root, new Walk(visitor));
    }

    @Override
    public void close() {}

    private final class Walk extends SimpleFileVisitor<Path> {
        private final Visitor visitor;

        Walk(Visitor visitor) {
            this.visitor = visitor;
        }

        @Override
        public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes) {
            return directory.equals(excluded) ? FileVisitResult.SKIP_SUBTREE : FileVisitResult.CONTINUE;
        }

        @Override
        public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
            BasicFileAttributes target = attributes;
            if (attributes.isSymbolicLink()) {
                try {
                    target = Files.readAttributes(file, BasicFileAttributes.class);
                } catch (IOException _) {
                    visitor.skipped(Escapes.show(key(file)), "a symbolic link that leads nowhere");
                    return FileVisitResult.CONTINUE;
                }
            }
            if (target.isRegularFile()) {
                visitor.entry(new Entry(key(file), target.size(), UNKNOWN_CRC, () -> Files.newInputStream(file)));
            } else {
                visitor.skipped(
                        Escapes.show(key(file)),
                        target.isDirectory() ? "a symbolic link to a directory" : "not a regular file");
            }
            return FileVisitResult.CONTINUE;
        }

        @Override
        public FileVisitResult visitFileFailed(Path file, IOException why) {
            visitor.failed(Escapes.show(key(file)), why);
            return FileVisitResult.CONTINUE;
        }

        @Override
        public FileVisitResult postVisitDirectory(Path directory, @org.jspecify.annotations.Nullable IOException why) {
            if (why != null) {
                visitor.failed(Escapes.show(key(directory)), why);
            }
            return FileVisitResult.CONTINUE;
        }
    }

    /**
     * The name relative to the root. A name on disk is bytes, and a {@code String} of it may have lost some (not UTF-8, or
     * the C locale); the URI of a path has them all, percent-encoded.
     */
    private byte[] key(Path file) {
        if (!isLocal(file)) {
            return root.relativize(file).toString().getBytes(StandardCharsets.UTF_8);
        }
        String path = rawPath(file);
        return percentDecode(path.substring(Math.min(prefixLength, path.length())));
    }

    private static boolean isLocal(Path path) {
        return path.getFileSystem().equals(FileSystems.getDefault());
    }

    private static String rawPath(Path path) {
        String raw = path.toUri().getRawPath();
        return Files.isDirectory(path) && !raw.endsWith("/") ? raw + "/" : raw;
    }

    private static byte[] percentDecode(String text) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(text.length());
        for (int i = 0; i < text.length(); i++) {
            char next = text.charAt(i);
            if (next == '%') {
                bytes.write(HexFormat.fromHexDigits(text, i + 1, i + 3));
                i += 2;
            } else {
                bytes.write(next);
            }
        }
        return bytes.toByteArray();
    }
}
