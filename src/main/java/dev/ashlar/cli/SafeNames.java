package dev.ashlar.cli;

import java.net.URI;
import java.nio.file.Path;

/**
 * Keys as names of files below a directory, and never anywhere else: the inverse of what {@link DirectorySource} makes of
 * names, byte by byte.
 */
final class SafeNames {
    private SafeNames() {}

    /** A key is not the name of a file below the directory. */
    static final class UnsafeNameException extends Exception {
        private static final long serialVersionUID = 1L;

        UnsafeNameException(String message) {
            super(message);
        }
    }

    /**
     * The file of a key.
     *
     * @param root as {@link Path#toRealPath} returns it
     */
    static Path resolve(Path root, byte[] key) throws UnsafeNameException {
        requireSafe(key);
        // A name is bytes, and a String may not have them all; a URI does, percent-encoded.
        StringBuilder uri = new StringBuilder(root.toUri().toASCIIString());
        if (uri.charAt(uri.length() - 1) != '/') {
            uri.append('/');
        }
        for (byte next : key) {
            if (next == '/' || Character.isLetterOrDigit(next & 0xff) && next > 0) {
                uri.append((char) next);
            } else {
                uri.append(String.format("%%%02X", next & 0xff));
            }
        }
        Path file;
        try {
            file = Path.of(URI.create(uri.toString()));
        } catch (IllegalArgumentException e) {
            throw new UnsafeNameException("not the name of a file here: " + e.getMessage());
        }
        if (!file.normalize().equals(file) || !file.startsWith(root) || file.equals(root)) {
            throw new UnsafeNameException("it leads out of the directory");
        }
        return file;
    }

    private static void requireSafe(byte[] key) throws UnsafeNameException {
        if (key.length == 0) {
            throw new UnsafeNameException("an empty key is no name");
        }
        int start = 0;
        for (int i = 0; i <= key.length; i++) {
            if (i == key.length || key[i] == '/') {
                requireSafePart(key, start, i);
                start = i + 1;
            } else if (key[i] == 0) {
                throw new UnsafeNameException("a name has no zero byte");
            }
        }
    }

    private static void requireSafePart(byte[] key, int start, int end) throws UnsafeNameException {
        int length = end - start;
        if (length == 0) {
            throw new UnsafeNameException(
                    start == 0 ? "an absolute path is no name below a directory" : "a part between two / is empty");
        }
        boolean dots = length <= 2 && key[start] == '.' && key[end - 1] == '.';
        if (dots) {
            throw new UnsafeNameException("a part is . or ..");
        }
    }
}
