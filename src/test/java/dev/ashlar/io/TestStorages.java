package dev.ashlar.io;

import java.nio.file.Path;

/** Both real storages by name, for tests of other packages. */
public final class TestStorages {
    private TestStorages() {}

    /** @param kind {@code posix} or {@code channel} */
    public static Storage open(String kind, Path directory) {
        return kind.equals("posix") ? new PosixStorage(directory) : new ChannelStorage(directory);
    }
}
