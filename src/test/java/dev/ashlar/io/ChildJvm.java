package dev.ashlar.io;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.ashlar.StorageException;
import dev.ashlar.StoreFullException;
import dev.ashlar.io.Storage.StorageLock;
import dev.ashlar.process.ChildJava;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A second process, and what it does there: {@link #main} prints one line that {@link #run} returns. */
final class ChildJvm {
    private static final long MIB = 1 << 20;

    private ChildJvm() {}

    /**
     * @param storage {@code posix} or {@code channel}; native access is enabled only for the first. It is forced,
     * except
     *     for the action {@code kind}, which answers what is chosen without that.
     * @param shell a command to run before, such as {@code ulimit -f 8192}, or empty
     */
    static String run(String storage, String action, Path directory, String shell)
            throws IOException, InterruptedException {
        Process process = start(storage, action, directory, shell);
        String output = new String(process.getInputStream().readAllBytes()).strip();
        assertEquals(0, process.waitFor(), output);
        return output;
    }

    static Process start(String storage, String action, Path directory, String shell) throws IOException {
        List<String> command = new ArrayList<>();
        if (!shell.isEmpty()) {
            command.addAll(List.of("bash", "-c", shell + " && exec \"$@\"", "bash"));
        }
        command.addAll(ChildJava.command());
        command.add("-Xmx64m");
        command.add("--illegal-native-access=deny"); // so that a restricted call without the flag is a failure
        if (storage.equals("posix")) {
            command.add("--enable-native-access=ALL-UNNAMED");
        }
        String forced = action.equals("kind") ? "auto" : storage;
        command.add("-D" + Storages.PROPERTY + "=" + forced);
        command.addAll(List.of(ChildJvm.class.getName(), action, directory.toString()));
        return new ProcessBuilder(command).redirectErrorStream(true).start();
    }

    public static void main(String[] arguments) throws Exception {
        Path directory = Path.of(arguments[1]);
        try (Storage storage = Storages.open(directory)) {
            System.out.println(
                    switch (arguments[0]) {
                        case "lock" -> lock(storage);
                        case "hold" -> hold(storage);
                        case "kind" -> storage.getClass().getSimpleName();
                        case "full" -> full(storage);
                        case "memory" -> memory();
                        case "descriptors" -> descriptors(storage);
                        default -> throw new IllegalArgumentException(arguments[0]);
                    });
        }
    }

    private static String lock(Storage storage) {
        StorageLock lock = storage.tryLock("LOCK");
        return lock == null ? "refused" : "granted";
    }

    /** Locks and waits to be killed or let go. */
    private static String hold(Storage storage) throws IOException {
        String outcome = lock(storage);
        System.out.println(outcome);
        System.in.read();
        return outcome;
    }

    /** Runs under a limit of 8 MiB a file; answers "ok" or what went wrong. */
    private static String full(Storage storage) {
        try (StorageFile file = storage.create("full");
                Arena arena = Arena.ofConfined()) {
            MemorySegment piece = arena.allocate(MIB);
            piece.fill((byte) 7);
            StorageIo.writeFully(file, piece, 0, MIB, 0);
            String allocation = expectFull(() -> file.allocate(64 * MIB));
            if (file.size() != MIB) {
                return "a failed allocation left " + file.size() + " bytes";
            }
            file.allocate(8 * MIB);
            StorageIo.writeFully(file, piece, 0, MIB, 7 * MIB);
            String write = expectFull(() -> StorageIo.writeFully(file, piece, 0, MIB, 8 * MIB));
            if (file.size() != 8 * MIB) {
                return "a failed write left " + file.size() + " bytes";
            }
            StorageIo.writeFully(file, piece, 0, MIB, 0);
            file.sync();
            return allocation.equals("full") && write.equals("full") ? "ok" : allocation + "; " + write;
        }
    }

    private static String expectFull(Runnable action) {
        try {
            action.run();
            return "no failure";
        } catch (StoreFullException e) {
            boolean clear = e.errno() == Errno.EFBIG
                    && e.getMessage().contains("EFBIG (file too large)")
                    && e.getMessage().contains("ulimit -f")
                    && e.getMessage().contains("full");
            return clear ? "full" : e.getMessage();
        }
    }

    /** What the portable ways do without native access: they work, and none of them calls anything restricted. */
    private static String memory() throws IOException {
        try (Arena arena = Arena.ofShared()) {
            MemorySegment memory = OffHeap.allocate(4 * MIB, 64, arena);
            MemorySegment reserved = OffHeap.reserve(1L << 40, 3 * MIB, arena);
            OffHeap.discard(memory, 0, memory.byteSize());
            OffHeap.advise(memory, 0, memory.byteSize(), Advice.WILL_NEED);
            String refusal;
            try {
                OffHeap.allocate(1L << 40, 64, arena);
                refusal = "none";
            } catch (StorageException e) {
                refusal = e.getMessage().contains("MaxDirectMemorySize") ? "clear" : e.getMessage();
            }
            return memory.byteSize() / MIB + " " + reserved.byteSize() / MIB + " " + refusal;
        }
    }

    /** Runs under a limit on open files. */
    private static String descriptors(Storage storage) throws IOException {
        try {
            storage.open("missing"); // loads the classes of failures, which from a directory takes a descriptor
        } catch (StorageException e) {
            System.err.println(e.getMessage());
        }
        List<StorageFile> files = new ArrayList<>();
        try {
            for (int i = 0; i < 1_000; i++) {
                files.add(storage.create("f" + i));
            }
            return "no limit";
        } catch (StorageException e) {
            return e.getMessage();
        } finally {
            files.forEach(StorageFile::close);
        }
    }
}
