package dev.ashlar.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import dev.ashlar.Store;
import dev.ashlar.StoreOptions;
import dev.ashlar.engine.TestEngines;
import dev.ashlar.io.Storages;
import dev.ashlar.process.Workload.Present;
import dev.ashlar.process.Workload.Written;
import dev.ashlar.sim.StoreReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What a store holds according to what was acknowledged, over the lives of many processes. */
final class KilledStore {
    /** Nothing changes while it is compared in many ways, however long that takes. */
    private static final StoreOptions STILL = StoreOptions.DEFAULT
            .withRingSlots(64)
            .withBufferBytes(32L << 20)
            .withSyncInterval(Duration.ZERO)
            .withSweepInterval(Duration.ZERO)
            .withAutoCompaction(false);

    private final List<Map<String, Present>> states = new ArrayList<>();

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
    int check(Path directory, Workload workload, Ledger ledger, int round) throws IOException {
        StoreOptions options = STILL.withClock(InstantSource.fixed(Workload.timeOfCheck(round)));
        try (Store store = TestEngines.open(directory, Storages.open(directory), options, KilledChild.LEAST_CHUNK)) {
            assertEquals(List.of(), store.recovery().damaged(), "a kill damages nothing");
            StoreReader.verify(store);
            Map<String, byte[]> found = named(StoreReader.read(store));
            int others = (int) found.keySet().stream()
                    .filter(name -> !name.endsWith(StoreReader.EXPIRY))
                    .count();
            int compared = 0;
            for (int writer = 0; writer < Workload.WRITERS; writer++) {
                Map<String, Present> own = ownOf(writer, found);
                compared += settle(writer, own, workload, ledger, round);
                others -= own.size();
            }
            assertEquals(0, others, () -> "keys that nobody wrote: " + found.keySet());
            try (Stream<Path> files = Files.list(directory.resolve("values"))) {
                assertEquals(store.stats().valueFiles(), files.count(), "files of values");
            }
            checkSegments(store, directory);
            return compared;
        }
    }

    /** Maintenance may be merging segments by now: there is one file more for a while. Each sync may take seconds. */
    private static void checkSegments(Store store, Path directory) throws IOException {
        long end = System.nanoTime() + 120_000_000_000L;
        while (true) {
            long segments = StoreReader.vectors(store).stats().segments();
            try (Stream<Path> files = Trees.segments(directory)) {
                long found = files.count();
                if (found == segments) {
                    return;
                }
                assertTrue(System.nanoTime() < end, found + " files of segments, and " + segments + " segments");
            }
            LockSupport.parkNanos(5_000_000);
        }
    }

    /** With rows under the keys that writers know them by. */
    private static Map<String, byte[]> named(Map<String, byte[]> found) {
        Map<String, byte[]> named = new TreeMap<>();
        String rows = StoreReader.ROWS + "/";
        found.forEach((path, bytes) -> named.put(
                path.startsWith(rows) ? rows + Workload.key(Integer.parseInt(path.substring(rows.length()))) : path,
                bytes));
        return named;
    }

    private static Map<String, Present> ownOf(int writer, Map<String, byte[]> found) {
        Map<String, Present> own = new TreeMap<>();
        found.forEach((name, bytes) -> {
            if (name.contains("/" + Workload.prefix(writer)) && !name.endsWith(StoreReader.EXPIRY)) {
                byte[] expiry = found.get(name + StoreReader.EXPIRY);
                Instant when = expiry == null
                        ? null
                        : Instant.ofEpochMilli(ByteBuffer.wrap(expiry).getLong());
                own.put(name, new Present(identify(name, bytes), when));
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

    private int settle(int writer, Map<String, Present> found, Workload workload, Ledger ledger, int round) {
        long acknowledged = ledger.acknowledged(writer);
        long submitted = ledger.submitted(writer);
        Map<String, Present> state = new TreeMap<>(states.get(writer));
        for (long n = 0; n < acknowledged; n++) {
            workload.operation(writer, n).applyTo(state, Workload.time(round));
        }
        states.set(writer, state);
        String nearest = difference(shown(state, round), found);
        for (long n = acknowledged; ; n++) {
            if (shown(state, round).equals(found)) {
                return (int) (n - acknowledged) + 1;
            }
            if (n == submitted) {
                fail("writer " + writer + " had " + acknowledged + " operations acknowledged of " + submitted
                        + ", and no state since then is there. That of the acknowledged ones differs in " + nearest);
            }
            workload.operation(writer, n).applyTo(state, Workload.time(round));
        }
    }

    private static Map<String, Present> shown(Map<String, Present> state, int round) {
        Map<String, Present> shown = new TreeMap<>(state);
        shown.values().removeIf(each -> !each.isThere(Workload.timeOfCheck(round)));
        return shown;
    }

    private static String difference(Map<String, Present> expected, Map<String, Present> found) {
        Map<String, String> differences = new TreeMap<>();
        expected.forEach((name, value) -> note(differences, name, value, found.get(name)));
        found.forEach((name, value) -> note(differences, name, expected.get(name), value));
        return differences.toString();
    }

    private static void note(
            Map<String, String> differences, String name, @Nullable Present expected, @Nullable Present found) {
        if (expected == null ? found != null : !expected.equals(found)) {
            differences.put(name, "expected " + expected + ", found " + found);
        }
    }
}
