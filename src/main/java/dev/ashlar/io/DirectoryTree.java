package dev.ashlar.io;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * What both storages over real directories share: names to paths, and the questions that need no open file and that an
 * interrupt cannot disturb. It is not a storage: it changes nothing.
 */
record DirectoryTree(Path root) {
    /** @param root the directory; made absolute */
    DirectoryTree {
        root = root.toAbsolutePath().normalize();
    }

    /**
     * The path of a name; {@code ""} is the root.
     *
     * @throws IllegalArgumentException if the name could lead outside of the root
     */
    Path resolve(String name) {
        if (name.isEmpty()) {
            return root;
        }
        for (String part : name.split("/", -1)) {
            if (part.isEmpty() || part.equals(".") || part.equals("..") || part.indexOf('\0') >= 0) {
                throw new IllegalArgumentException("not a name relative to the root of a storage: \"" + name + "\"");
            }
        }
        return root.resolve(name);
    }

    /** False only if it certainly is not there: a directory that may not be searched is an error. */
    boolean exists(String name) {
        try {
            Files.readAttributes(resolve(name), BasicFileAttributes.class);
            return true;
        } catch (NoSuchFileException _) {
            return false;
        } catch (IOException e) {
            throw Errno.failure("stat", name, e, "looking for it" + place());
        }
    }

    boolean isDirectory(String name) {
        return Files.isDirectory(resolve(name));
    }

    List<String> list(String directory) {
        List<String> names = new ArrayList<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(resolve(directory))) {
            for (Path entry : entries) {
                names.add(String.valueOf(entry.getFileName()));
            }
        } catch (DirectoryIteratorException e) {
            throw Errno.failure(
                    "readdir", directory, Objects.requireNonNull(e.getCause()), "listing the directory" + place());
        } catch (IOException e) {
            throw Errno.failure("readdir", directory, e, "listing the directory" + place());
        }
        return names;
    }

    /** {@code " in /data/store"}, for messages. */
    String place() {
        return " in " + root;
    }
}
