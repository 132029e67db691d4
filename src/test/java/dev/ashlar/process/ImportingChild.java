package dev.ashlar.process;

import dev.ashlar.Store;
import dev.ashlar.StoreOptions;
import dev.ashlar.engine.TestEngines;
import dev.ashlar.interchange.ImportOptions;
import dev.ashlar.interchange.SimdRDrive;
import dev.ashlar.io.Storages;
import dev.ashlar.process.KillPoint.Phase;
import java.nio.file.Path;

/** The process that is killed while it imports a file of simd-r-drive. */
final class ImportingChild {
    static final String KEYSPACE = "imported";

    private static final StoreOptions OPTIONS = StoreOptions.DEFAULT.withAutoCompaction(false);

    private ImportingChild() {}

    /** The directory of the store, the ledger, the file, the kill point or {@code -}, and how often to come by. */
    public static void main(String[] arguments) throws Exception {
        Path directory = Path.of(arguments[0]);
        KillPoint point = arguments[3].equals("-") ? null : KillPoint.valueOf(arguments[3]);
        Ledger ledger = new Ledger(Path.of(arguments[1]));
        KillingStorage storage = new KillingStorage(
                Storages.open(directory, true), ledger, Phase.OPENING, point, Integer.parseInt(arguments[4]), false);
        try (Store store = TestEngines.open(directory, storage, OPTIONS, KilledChild.LEAST_CHUNK)) {
            var target = store.keyspace(KEYSPACE);
            storage.phase(Phase.RUNNING);
            var report = SimdRDrive.importFile(Path.of(arguments[2]), store, target, ImportOptions.DEFAULT);
            // It is durable by now, so that it need not be closed.
            ledger.acknowledged(0, report.puts());
            Runtime.getRuntime().halt(0);
        }
    }
}
