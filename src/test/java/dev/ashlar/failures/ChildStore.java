package dev.ashlar.failures;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.ashlar.Keyspace;
import dev.ashlar.Store;
import dev.ashlar.StoreFullException;
import dev.ashlar.StoreLockedException;
import dev.ashlar.StoreOptions;
import dev.ashlar.io.Storages;
import dev.ashlar.process.ChildJava;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;

/** A store in a second process, and what it does there: {@link #main} prints one line that {@link #run} returns. */
final class ChildStore {
    private ChildStore() {}

    /**
     * @param storage {@code posix} or {@code channel}
     * @param shell a command to run before, such as {@code ulimit -f 8192}, or empty
     */
    static String run(String storage, String action, Path directory, String shell)
            throws IOException, InterruptedException {
        Process process = start(storage, action, directory, shell);
        try {
            process.outputWriter().close();
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
            assertTrue(process.waitFor(60, TimeUnit.SECONDS), output);
            assertEquals(0, process.exitValue(), output);
            return output;
        } finally {
            process.destroyForcibly();
        }
    }

    static Process start(String storage, String action, Path directory, String shell) throws IOException {
        List<String> command = new ArrayList<>();
        if (!shell.isEmpty()) {
            command.addAll(List.of("bash", "-c", shell + " && exec \"$@\"", "bash"));
        }
        command.addAll(ChildJava.command());
        command.add("-Xmx256m");
        if (storage.equals("posix")) {
            command.add("--enable-native-access=ALL-UNNAMED");
        }
        command.add("-D" + Storages.PROPERTY + "=" + storage);
        command.addAll(List.of(ChildStore.class.getName(), action, directory.toString()));
        return new ProcessBuilder(command).redirectErrorStream(true).start();
    }

    public static void main(String[] arguments) throws Exception {
        Path directory = Path.of(arguments[1]);
        StoreOptions options = StoreOptions.DEFAULT.withRingSlots(64).withBufferBytes(32L << 20);
        try (Store store = Store.open(directory, options)) {
            switch (arguments[0]) {
                case "fill" -> System.out.println(fill(store));
                case "hold" -> {
                    store.keyspace("child").put("key", "value".getBytes(StandardCharsets.UTF_8));
                    System.out.println("opened");
                    int ignored = System.in.read();
                }
                default -> throw new IllegalArgumentException(arguments[0]);
            }
        } catch (StoreLockedException e) {
            System.out.println("refused");
        }
    }

    /** Puts until there is no room: says how many, or what is wrong. */
    private static String fill(Store store) {
        Keyspace space = store.keyspace("child");
        for (int i = 0; i < 1_000; i++) {
            byte[] value = value(i);
            try {
                space.put("k" + i, value);
            } catch (StoreFullException e) {
                return space.contains("k" + i) ? "the failed write is visible" : check(space, i, e);
            }
        }
        return "never full";
    }

    private static String check(Keyspace space, int count, StoreFullException e) {
        if (!e.getMessage().contains("ulimit -f")) {
            return "no advice: " + e.getMessage();
        }
        for (int i = 0; i < count; i++) {
            if (!Arrays.equals(value(i), space.get("k" + i).toArray(java.lang.foreign.ValueLayout.JAVA_BYTE))) {
                return "k" + i + " is not what was put";
            }
        }
        return "full after " + count;
    }

    /** As {@link FailureFixture#random}, which needs JUnit. */
    private static byte[] value(int i) {
        byte[] bytes = new byte[200_000];
        new Random(i * 1_000_003L + bytes.length).nextBytes(bytes);
        return bytes;
    }
}
