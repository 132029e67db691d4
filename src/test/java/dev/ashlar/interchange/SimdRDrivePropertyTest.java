package dev.ashlar.interchange;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.ashlar.Keyspace;
import dev.ashlar.Scan;
import dev.ashlar.Snapshot;
import dev.ashlar.Store;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.lifecycle.AfterProperty;
import net.jqwik.api.lifecycle.BeforeProperty;

class SimdRDrivePropertyTest {
    private Path directory = Path.of("");

    /** A put of a value of that many bytes, at least one, or a deletion. */
    record Step(int key, int length, byte content, boolean delete) {
        byte[] keyBytes() {
            return DriveBytes.utf8("key" + key);
        }

        byte[] value() {
            byte[] value = new byte[Math.max(1, length)];
            for (int i = 0; i < value.length; i++) {
                value[i] = (byte) (content + i);
            }
            // A single 0x00 is what the format cannot hold.
            if (value.length == 1 && value[0] == 0) {
                value[0] = 1;
            }
            return value;
        }
    }

    @BeforeProperty
    void create() throws IOException {
        directory = Files.createTempDirectory("interchange");
    }

    @AfterProperty
    void remove() throws IOException {
        try (Stream<Path> walk = Files.walk(directory)) {
            for (Path path : walk.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }

    @Provide
    Arbitrary<List<Step>> steps() {
        return Combinators.combine(
                        Arbitraries.integers().between(0, 20),
                        Arbitraries.integers().between(0, 300),
                        Arbitraries.bytes(),
                        Arbitraries.of(true, false, false))
                .as(Step::new)
                .list()
                .ofMaxSize(60);
    }

    @Property(tries = 60)
    void whatIsExportedAndImportedIsTheSame(@ForAll("steps") List<Step> steps) throws IOException {
        Path place = Files.createTempDirectory(directory, "try");
        Path file = place.resolve("drive");
        Map<String, String> model = new TreeMap<>();
        List<byte[]> keys = new ArrayList<>();
        try (Store store = Store.open(place.resolve("store"))) {
            Keyspace source = store.keyspace("source");
            for (Step step : steps) {
                keys.add(step.keyBytes());
                if (step.delete()) {
                    source.delete(step.keyBytes());
                    model.remove(hex(step.keyBytes()));
                } else {
                    source.put(step.keyBytes(), step.value());
                    model.put(hex(step.keyBytes()), hex(step.value()));
                }
            }
            export(store, "source", file, ExportOptions.DEFAULT);
            ImportReport report = SimdRDrive.importFile(
                    file, store, store.keyspace("known"), ImportOptions.DEFAULT.withKeys(KnownKeys.of(keys)));
            assertTrue(report.intact());
            assertEquals(0, report.unmatched());
            assertEquals(model, content(store.keyspace("known")));

            // Hashes as keys lead to the same file again.
            SimdRDrive.importFile(file, store, store.keyspace("hashes"), ImportOptions.DEFAULT);
            Path second = place.resolve("second");
            export(store, "hashes", second, ExportOptions.DEFAULT.withLongKeysAsHashes(true));
            assertEquals(-1, Files.mismatch(file, second));
            assertEquals(
                    model.size(),
                    SlowReader.read(Files.readAllBytes(second)).entries().size());
        }
    }

    private static void export(Store store, String keyspace, Path file, ExportOptions options) {
        try (Snapshot snapshot = store.snapshot()) {
            SimdRDrive.exportFile(snapshot, keyspace, file, options);
        }
    }

    private static Map<String, String> content(Keyspace keyspace) {
        Map<String, String> content = new TreeMap<>();
        try (Scan scan = keyspace.scan()) {
            while (scan.next()) {
                content.put(
                        hex(scan.key().toArray(ValueLayout.JAVA_BYTE)),
                        hex(scan.value().toArray(ValueLayout.JAVA_BYTE)));
            }
        }
        return content;
    }

    private static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }
}
