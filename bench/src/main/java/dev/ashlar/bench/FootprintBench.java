package dev.ashlar.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.ashlar.Cursor;
import dev.ashlar.Keyspace;
import dev.ashlar.Store;
import dev.ashlar.StoreStats;
import dev.ashlar.WriteBatch;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * Ten million keys of 16 bytes with values of 100 bytes in a heap of 64 MB: loads them in one process, opens and reads
 * them in another, and says how long that takes and what it costs in memory.
 */
public final class FootprintBench {
    private static final int ENTRIES = 10_000_000;
    private static final int VALUE_BYTES = 100;
    private static final int BATCH = 1024;
    private static final int READS = 1_000_000;
    private static final int OPENINGS = 5;
    private static final String HEAP = "-Xmx64m";

    private FootprintBench() {}

    /** {@code load} or {@code read}, and the directory; prints its figures as JSON. */
    public static void main(String[] arguments) throws IOException {
        Path directory = Path.of(arguments[1]);
        Map<String, Object> figures = arguments[0].equals("load") ? load(directory) : read(directory);
        System.out.println(new ObjectMapper().writeValueAsString(figures));
    }

    /** The figures of both processes. */
    static Map<String, Object> run() throws IOException, InterruptedException {
        Path directory = Directories.fresh("footprint");
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("entries", ENTRIES);
        figures.put("keyBytes", Dataset.KEY_BYTES);
        figures.put("valueBytes", VALUE_BYTES);
        figures.put("heap", HEAP);
        figures.put("load", inOwnProcess("load", directory));
        figures.put("diskBytes", Directories.bytes(directory));
        figures.put("read", inOwnProcess("read", directory));
        Directories.delete(directory);
        return figures;
    }

    private static Map<?, ?> inOwnProcess(String what, Path directory) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(ProcessHandle.current().info().command().orElse("java"));
        command.addAll(Suite.jvmArguments());
        command.add(HEAP);
        command.addAll(List.of("-cp", System.getProperty("java.class.path")));
        command.addAll(List.of(FootprintBench.class.getName(), what, directory.toString()));
        System.out.println("# " + what + " " + ENTRIES + " keys with " + HEAP);
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        String output = new String(process.getInputStream().readAllBytes()).strip();
        if (process.waitFor() != 0) {
            throw new IllegalStateException("the process that was to " + what + " failed: " + output);
        }
        System.out.println(output);
        return new ObjectMapper().readValue(output.substring(output.lastIndexOf('\n') + 1), Map.class);
    }

    // ------------------------------------------------------------------------------------------- in the small heap

    private static void key(int i, byte[] key) {
        long low = mix(i);
        Dataset.setKey(key, low, mix(~low));
    }

    /** The finalizer of SplitMix64: different inputs give different outputs. */
    private static long mix(long z) {
        long a = z + 0x9E37_79B9_7F4A_7C15L;
        a = (a ^ a >>> 30) * 0xBF58_476D_1CE4_E5B9L;
        a = (a ^ a >>> 27) * 0x94D0_49BB_1331_11EBL;
        return a ^ a >>> 31;
    }

    private static Map<String, Object> load(Path directory) {
        Map<String, Object> figures = new LinkedHashMap<>();
        long start = System.nanoTime();
        Store store = Store.open(directory);
        Keyspace keyspace = store.keyspace("bench");
        byte[] key = new byte[Dataset.KEY_BYTES];
        byte[] value = new byte[VALUE_BYTES];
        try (WriteBatch batch = store.batch()) {
            for (int i = 0; i < ENTRIES; i++) {
                key(i, key);
                Dataset.setLong(value, 0, i);
                batch.put(keyspace, key, value);
                if (batch.size() == BATCH) {
                    batch.commit();
                }
            }
            batch.commit();
        }
        figures.put("loadSeconds", seconds(start));
        figures.put("keys", keyspace.size());
        describe(store.stats(), figures);
        start = System.nanoTime();
        store.close();
        figures.put("closeSeconds", seconds(start));
        heap(figures);
        return figures;
    }

    private static Map<String, Object> read(Path directory) {
        warmPageCache(directory);
        Map<String, Object> figures = new LinkedHashMap<>();
        List<Double> openings = new ArrayList<>();
        List<Double> toFirstGet = new ArrayList<>();
        byte[] key = new byte[Dataset.KEY_BYTES];
        for (int i = 0; i < OPENINGS; i++) {
            long start = System.nanoTime();
            Store store = Store.open(directory);
            openings.add(1e3 * seconds(start));
            key(i, key);
            if (store.keyspace("bench").get(key) == null) {
                throw new IllegalStateException("key " + i + " is missing");
            }
            toFirstGet.add(1e3 * seconds(start));
            if (i + 1 < OPENINGS) {
                store.close();
                continue;
            }
            readAll(store, figures);
            store.close();
        }
        figures.put("openMillis", openings);
        figures.put("openAndGetMillis", toFirstGet);
        heap(figures);
        return figures;
    }

    private static void readAll(Store store, Map<String, Object> figures) {
        Keyspace keyspace = store.keyspace("bench");
        Cursor cursor = keyspace.cursor();
        byte[] key = new byte[Dataset.KEY_BYTES];
        long start = System.nanoTime();
        for (int i = 0; i < ENTRIES; i++) {
            key(i, key);
            if (!cursor.find(key) || cursor.getLong(0) != i) {
                throw new IllegalStateException("key " + i + " is missing or has another value");
            }
        }
        figures.put("nanosPerFirstGet", 1e9 * seconds(start) / ENTRIES);
        SplittableRandom random = new SplittableRandom(1);
        start = System.nanoTime();
        long sum = 0;
        for (int i = 0; i < READS; i++) {
            key(random.nextInt(ENTRIES), key);
            cursor.find(key);
            sum += cursor.getLong(0);
        }
        figures.put("nanosPerRandomGet", 1e9 * seconds(start) / READS);
        figures.put("checksum", sum);
        figures.put("keys", keyspace.size());
        describe(store.stats(), figures);
    }

    private static void describe(StoreStats stats, Map<String, Object> figures) {
        figures.put("indexBytes", stats.indexBytes());
        figures.put("indexBytesPerKey", (double) stats.indexBytes() / stats.records());
        figures.put("logBytes", stats.logBytes());
        figures.put("chunks", stats.chunks());
    }

    private static void heap(Map<String, Object> figures) {
        long peak = 0;
        for (MemoryPoolMXBean pool : ManagementFactory.getMemoryPoolMXBeans()) {
            if (pool.getType() == java.lang.management.MemoryType.HEAP) {
                peak += pool.getPeakUsage().getUsed();
            }
        }
        System.gc();
        figures.put("heapPeakBytes", peak);
        figures.put(
                "heapLiveBytes",
                ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed());
        figures.put("residentAnonymousBytes", residentAnonymous());
    }

    private static long residentAnonymous() {
        try {
            return Files.readAllLines(Path.of("/proc/self/status")).stream()
                    .filter(line -> line.startsWith("RssAnon:"))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) << 10)
                    .findFirst()
                    .orElse(-1);
        } catch (IOException e) {
            return -1;
        }
    }

    private static void warmPageCache(Path directory) {
        byte[] piece = new byte[1 << 20];
        try (var files = Files.walk(directory)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                try (var in = Files.newInputStream(file)) {
                    while (in.read(piece) >= 0) {}
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static double seconds(long start) {
        return (System.nanoTime() - start) / 1e9;
    }
}
