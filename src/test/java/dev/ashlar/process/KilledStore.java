package dev.ashlar.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;

import dev.ashlar.Store;
import dev.ashlar.StoreOptions;
import dev.ashlar.engine.TestEngines;
import dev.ashlar.io.Storages;
import dev.ashlar.process.Workload.Written;
import dev.ashlar.sim.StoreReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What a store holds according to what was acknowledged, over the lives of many processes. */
final class KilledStore {
    private static final StoreOptions STILL = StoreOptions.DEFAULT
            .withRingSlots(64)
            .withBufferBytes(32L << 20)
            .withSyncInterval(Duration.ZERO)
            .withAutoCompaction(false);

    private final List<Map<String, Written>> states = new ArrayList<>();

    KilledStore() {
        for (int i = 0; i < Workload.WRITERS; i++) {
            states.add(new TreeMap<>());
        }
    }

    /**
     * Opens what a process left and compares: for each writer, it is the state after some prefix of what that submitted,
     * which includes all that was acknowledged. From now on it is certain which.
     *
     * @return how many states were compared with what was found
     */
    int check(Path directory, Workload workload, Ledger ledger) throws IOException {
        try (Store store = TestEngines.open(directory, Storages.open(directory), STILL, KilledChild.LEAST_CHUNK)) {
            assertEquals(List.of(), store.recovery().damaged(), "a kill damages nothing");
            StoreReader.verify(store);
            Map<String, byte[]> found = StoreReader.read(store);
            int others = found.size();
            int compared = 0;
            for (int writer = 0; writer < Workload.WRITERS; writer++) {
                Map<String, Written> own = ownOf(writer, found);
                compared += settle(writer, own, workload, ledger);
                others -= own.size();
            }
            assertEquals(0, others, () -> "keys that nobody wrote: " + found.keySet());
            try (Stream<Path> files = Files.list(directory.resolve("values"))) {
                assertEquals(store.stats().valueFiles(), files.count(), "files of values");
            }
            return compared;
        }
    }

    private static Map<String, Written> ownOf(int writer, Map<String, byte[]> found) {
        Map<String, Written> own = new TreeMap<>();
        found.forEach((name, bytes) -> {
            if (name.contains("/" + Workload.prefix(writer))) {
                own.put(name, identify(name, bytes));
            }
        });
        return own;
    }

    private static Written identify(String name, byte[] bytes) {
        Written written = Written.of(bytes);
        if (written == null || !Arrays.equals(written.bytes(), bytes)) {
            throw new AssertionError(name + " has bytes that nobody wrote: " + written);
        }
        return written;
    }

    private int settle(int writer, Map<String, Written> found, Workload workload, Ledger ledger) {
        long acknowledged = ledger.acknowledged(writer);
        long submitted = ledger.submitted(writer);
        Map<String, Written> state = new TreeMap<>(states.get(writer));
        for (long n = 0; n < acknowledged; n++) {
            workload.operation(writer, n).applyTo(state);
        }
        states.set(writer, state);
        String nearest = difference(state, found);
        for (long n = acknowledged; ; n++) {
            if (state.equals(found)) {
                return (int) (n - acknowledged) + 1;
            }
            if (n == submitted) {
                fail("writer " + writer + " had " + acknowledged + " operations acknowledged of " + submitted
                        + ", and no state since then is there. That of the acknowledged ones differs in " + nearest);
            }
            workload.operation(writer, n).applyTo(state);
        }
    }

    private static String difference(Map<String, Written> expected, Map<String, Written> found) {
        Map<String, String> differences = new TreeMap<>();
        expected.forEach((name, value) -> note(differences, name, value, found.get(name)));
        found.forEach((name, value) -> note(differences, name, expected.get(name), value));
        return differences.toString();
    }

    private static void note(
            Map<String, String> differences, String name, @Nullable Written expected, @Nullable Written found) {
        if (expected == null ? found != null : !expected.equals(found)) {
            differences.put(name, "expected " + expected + ", found " + found);
        }
    }
}
