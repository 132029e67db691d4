package dev.ashlar.sim;

import dev.ashlar.AshlarException;
import dev.ashlar.Keyspace;
import dev.ashlar.KeyspaceOptions;
import dev.ashlar.StorageException;
import dev.ashlar.Store;
import dev.ashlar.StoreFailedException;
import dev.ashlar.StoreOptions;
import dev.ashlar.VectorCollection;
import dev.ashlar.Verification;
import dev.ashlar.document.DocumentFiles;
import dev.ashlar.engine.PendingDocuments;
import dev.ashlar.engine.TestEngines;
import dev.ashlar.io.Storage;
import dev.ashlar.io.StorageFile;
import dev.ashlar.log.CheckpointFile;
import dev.ashlar.log.ChunkLayout;
import dev.ashlar.log.SegmentFiles;
import dev.ashlar.log.ValueFiles;
import dev.ashlar.sim.CrashStatistics.Kind;
import dev.ashlar.sim.Faults.Call;
import dev.ashlar.sim.Faults.Failure;
import dev.ashlar.sim.Model.Level;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.ref.WeakReference;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A store on a simulated disk, with its model, from one crash to the next; it may be closed and opened in between. Each
 * opening compares what is there with what may be there.
 */
final class Life {
    private static final java.util.concurrent.atomic.AtomicLong opened = new java.util.concurrent.atomic.AtomicLong();

    /** Small, so that little is written and read, and values go to the ends of chunks and beyond. */
    static final int CHUNK = 16 << 10;

    /** Values above this have a file of their own. */
    static final int MOST_INLINE = 32 << 10;

    static final int KEYS = 8;
    static final List<String> SPACES = List.of("k", "l");

    static final Path PATH = Path.of("simulated");
    static final StoreOptions OPTIONS = StoreOptions.DEFAULT
            .withRingSlots(8)
            .withBufferBytes(32L << 20)
            .withWriteTimeout(Duration.ofSeconds(20))
            .withSyncInterval(Duration.ZERO)
            .withAutoCompaction(false)
            .withCheckpointBytes(1L << 20);

    private final SimDisk disk;
    private final Clock clock;
    private final Model model;
    private final boolean beganWithoutPower;
    private final int crashes;
    private final CrashStatistics statistics;
    private final History.Cursor cursor;

    /** When the clock went on; empty: it is where it is. */
    private final List<Recording.Tick> ticks;

    /** Lives that began with a crash of this one, as long as somebody has them: they hold much memory. */
    private final List<WeakReference<Life>> next = new ArrayList<>();

    private Store store;
    private int openedAt;
    private boolean firstOpening = true;
    private boolean imagesLost;
    private boolean untold;

    /** Time is what steps make of it. */
    static final class Clock implements InstantSource {
        private long millis;

        Clock(long millis) {
            this.millis = millis;
        }

        void advance(long by) {
            millis += by;
        }

        @Override
        public long millis() {
            return millis;
        }

        @Override
        public Instant instant() {
            return Instant.ofEpochMilli(millis);
        }
    }

    private Life(
            SimDisk disk,
            Clock clock,
            Model model,
            boolean beganWithoutPower,
            int crashes,
            CrashStatistics statistics,
            List<Recording.Tick> ticks) {
        this.disk = disk;
        this.clock = clock;
        this.ticks = ticks;
        this.model = model;
        this.beganWithoutPower = beganWithoutPower;
        this.crashes = crashes;
        this.statistics = statistics;
        this.cursor = this.disk.history().cursor();
    }

    /** On an empty disk. */
    static Life first(CrashStatistics statistics) {
        Clock clock = new Clock(1_000_000);
        return new Life(new SimDisk(), clock, new Model(clock::millis), true, 0, statistics, List.of());
    }

    /** One that is over, and was not lived here: it can crash, and nothing else. */
    static Life recorded(
            SimDisk disk, Model model, int openedAt, List<Recording.Tick> ticks, CrashStatistics statistics) {
        Life life = new Life(disk, new Clock(0), model, true, 0, statistics, ticks);
        life.openedAt = openedAt;
        return life;
    }

    static String key(int number) {
        return "key-" + number;
    }

    /** Equal for lives that begin with the same disk and in which the same is allowed. */
    long fingerprint() {
        return (cursor.at(0).fingerprint() * 1_000_003 + model.fingerprint()) * 31 + clock.millis();
    }

    Clock clock() {
        return clock;
    }

    SimDisk disk() {
        return disk;
    }

    Model model() {
        return model;
    }

    Store store() {
        return store;
    }

    CrashStatistics statistics() {
        return statistics;
    }

    int position() {
        return disk.history().position();
    }

    /** Where the present opening was complete. */
    int openedAt() {
        return openedAt;
    }

    Keyspace space(int number) {
        return space(store, number);
    }

    /** The keyspaces differ in how they are aligned and verified. */
    static Keyspace space(Store store, int number) {
        return store.keyspace(
                SPACES.get(number),
                number == 0 ? KeyspaceOptions.DEFAULT : new KeyspaceOptions(8, Verification.ALWAYS));
    }

    /** Made if it is not there. */
    VectorCollection vectors(VectorSpace space) {
        return store.vectors(space.name(), space.options());
    }

    // ------------------------------------------------------------------------------------------- opening and closing

    /** Opens the store, and compares. */
    void open() {
        statistics.count(Kind.STATES);
        collectGarbage();
        int before = disk.faults().fired();
        store = null;
        untold = false;
        try {
            store = TestEngines.small(PATH, disk.storage(), OPTIONS.withClock(clock), false, CHUNK, MOST_INLINE);
            SharedCompressor.giveTo(store);
        } catch (RuntimeException | Error e) {
            try {
                requireNothingHeld("a failed opening");
            } catch (AssertionError held) {
                held.addSuppressed(e);
                throw held;
            }
            throw e;
        }
        // Reading, below, is the rig's own.
        disk.faults().heal();
        openedAt = position();
        StoreReader.require(
                store.recovery().damaged().stream().allMatch(this::isExplained),
                () -> "a crash damages nothing that was durable, but the report says "
                        + store.recovery().damaged());
        if (store.recovery().sweptFiles().stream().anyMatch(name -> name.startsWith(ValueFiles.DIRECTORY))) {
            statistics.count(Kind.VALUE_FILES_ORPHANED);
        }
        if (!store.recovery().dropped().isEmpty()) {
            statistics.count(Kind.DROPPED_WRITES_REPORTED);
        }
        StoreReader.require(
                TestEngines.announcesRemovals(store, disk.storage()),
                () -> "something was removed, and the manifest does not announce it");
        Map<String, byte[]> found = StoreReader.read(store);
        StoreReader.readTyped(store, found);
        requireNoOrphans(found);
        requireNoSegmentsLeft();
        requireDocumentFiles(
                List.copyOf(PendingDocuments.filesNamed(store)), disk.faults().fired() > before, "opening");
        if (store.stats().records() > shown(found)) {
            statistics.count(Kind.EXPIRED);
        }
        // After a kill the device may lack what is there, and have what is not, until the opening has seen to it.
        model.settle(found, openedAt, firstOpening && beganWithoutPower ? 0 : openedAt);
        firstOpening = false;
    }

    /** Each value file belongs to a live record, and each large value, and no other, has one. */
    private void requireNoOrphans(Map<String, byte[]> found) {
        int files = disk.storage().list(ValueFiles.DIRECTORY).size();
        long named = store.stats().valueFiles();
        long large = found.entrySet().stream()
                .filter(entry -> !isDocument(entry.getKey()) && entry.getValue().length > MOST_INLINE)
                .count();
        // What has expired may be large, and so may documents that are not in segments yet.
        long most = large + store.stats().records() - shown(found);
        StoreReader.require(
                files == named && large <= files && files <= most,
                () -> files + " value files are left after opening, " + named + " are taken for live, and " + large
                        + " values are large");
    }

    /** Each segment is one that rows are read in, and one file at the most says which of these are dead. */
    private void requireNoSegmentsLeft() {
        Storage storage = disk.storage();
        List<String> files = storage.exists(SegmentFiles.DIRECTORY) ? storage.list(SegmentFiles.DIRECTORY) : List.of();
        long segments = store.vectorCollections().stream()
                .mapToLong(name -> store.vectors(name).stats().segments())
                .sum();
        long deaths = files.stream().filter(name -> name.endsWith(".del")).count();
        StoreReader.require(
                files.size() == segments + deaths && deaths <= 1,
                () -> "of " + segments + " segments these files are left after opening: " + files);
    }

    /**
     * Each file of document collections is one that a commit record names.
     *
     * @param errors something failed meanwhile, perhaps the removal of others: those go with the next opening
     */
    private void requireDocumentFiles(List<String> named, boolean errors, String when) {
        Storage storage = disk.storage();
        List<String> files = storage.exists(DocumentFiles.DIRECTORY)
                ? storage.list(DocumentFiles.DIRECTORY).stream()
                        .map(name -> DocumentFiles.DIRECTORY + "/" + name)
                        .sorted()
                        .toList()
                : List.of();
        StoreReader.require(
                errors ? files.containsAll(named) : files.equals(named),
                () -> "after " + when + " there are " + files + " and not " + named);
    }

    private static long shown(Map<String, byte[]> found) {
        return found.keySet().stream()
                .filter(key -> !key.endsWith(Model.EXPIRY) && !key.endsWith(Reading.LAYOUT) && !isDocument(key))
                .count();
    }

    private static boolean isDocument(String path) {
        return DocumentKind.ALL.stream()
                .anyMatch(kind -> path.startsWith(kind.name() + "/") || path.equals(kind.name() + DocumentKind.FIELDS));
    }

    /** An image that cannot be read is made again from the log. */
    private boolean isExplained(dev.ashlar.Damage damage) {
        boolean failed = disk.faults().fired() > 0;
        return (imagesLost || failed) && damage.file().startsWith(CheckpointFile.DIRECTORY)
                || failed && damage.file().startsWith(DocumentFiles.DIRECTORY);
    }

    /**
     * Stores that are left as a crash leaves them have memory that goes with a collection, which it does not bring about: the
     * mappings of the process, 65,530, would be used up first.
     */
    private static void collectGarbage() {
        if (opened.incrementAndGet() % 1_000 == 0) {
            System.gc();
        }
    }

    /** As {@link #open}; errors that were planned may keep it from succeeding, and then it is tried again without. */
    void openDespiteErrors() {
        try {
            open();
        } catch (AshlarException e) {
            requireErrors(e);
            disk.faults().heal();
            if (store != null) {
                store.close(); // a segment of documents could not be opened, which is told to whoever reads in it
            }
            open();
        }
        disk.faults().heal();
    }

    /** An exception that nothing explains is a failure of the test. */
    void requireErrors(AshlarException e) {
        if (disk.faults().fired() == 0) {
            throw new AssertionError("failed without an error of the disk", e);
        }
    }

    /** Calls of the disk fail from now on; of those that failed before it may be that nobody has been told yet. */
    void plan(Set<Call> calls, Failure failure, int from, int to) {
        untold |= disk.faults().fired() > 0;
        disk.faults().fail(calls, failure, from, to);
    }

    /**
     * Makes everything durable. It is also told of what failed behind the scenes, or in writes that nobody waited for, since
     * the last time, and the disk may be well by now.
     */
    void sync() {
        try {
            store.sync();
        } catch (StorageException e) {
            if (!untold || disk.faults().fired() > 0) {
                throw e;
            }
        }
        untold = false;
    }

    boolean hasFailed() {
        try {
            store.batch().close();
            return false;
        } catch (StoreFailedException e) {
            return true;
        }
    }

    void close() {
        try {
            boolean failed = hasFailed();
            List<String> named = failed ? List.of() : List.copyOf(PendingDocuments.filesNamed(store));
            store.close();
            if (!failed) {
                requireDocumentFiles(named, disk.faults().fired() > 0, "closing");
            }
            if (!failed) {
                // Everything was synced.
                model.durable(Long.MAX_VALUE, position());
            }
        } catch (AshlarException e) {
            requireErrors(e);
        }
        requireNothingHeld("closing");
    }

    private void requireNothingHeld(String when) {
        StoreReader.require(
                disk.held().equals("0 files, 0 mappings, 0 locks"), () -> disk.held() + " are left after " + when);
    }

    /** The disk as this life has found it. */
    Disk found() {
        return cursor.at(0);
    }

    /** Compares every way of reading with the model, and all checksums. */
    void check() {
        StoreReader.compare(model.live(), StoreReader.read(store));
        StoreReader.verify(store);
    }

    /** The first frames of the newest chunk, up to so many bytes. */
    byte[] pieceOfTheLog(int size) {
        Storage storage = disk.storage();
        String newest = storage.list(ChunkLayout.DIRECTORY).stream()
                .max(String::compareTo)
                .orElseThrow();
        try (StorageFile file = storage.open(ChunkLayout.DIRECTORY + "/" + newest);
                Arena arena = Arena.ofConfined()) {
            MemorySegment piece = arena.allocate(Math.min(size, CHUNK - ChunkLayout.HEADER) + 1L, 8);
            file.read(piece, 0, piece.byteSize(), ChunkLayout.HEADER);
            return piece.toArray(ValueLayout.JAVA_BYTE);
        }
    }

    // ------------------------------------------------------------------------------------------------------- crashes

    /** The disk after a crash. */
    Disk diskAfter(CrashPoint point) {
        if (point.isPowerLoss()) {
            CountedFates fates = new CountedFates(point.fates());
            Disk after = cursor.at(point.position()).afterPowerLoss(fates);
            fates.addTo(statistics);
            statistics.count(Kind.POWER_LOSSES);
            return after;
        }
        statistics.count(point.inside() == 0 ? Kind.KILLS : Kind.KILLS_INSIDE_A_CHANGE);
        return point.inside() == 0
                ? cursor.at(point.position()).afterKill()
                : cursor.inside(point.position(), point.inside());
    }

    /** The next life after a crash with which whatever is derived from the log was lost as well. */
    Life crashWithoutImages(CrashPoint point) {
        Disk left = diskAfter(point);
        List.copyOf(left.names().keySet()).stream()
                .filter(name -> name.startsWith(CheckpointFile.DIRECTORY + "/"))
                .forEach(left::lose);
        Life next = after(point, left);
        next.imagesLost = true;
        return next;
    }

    /** The next life, which begins with a crash of this one; this one can crash again, and otherwise. */
    Life crash(CrashPoint point) {
        return after(point, diskAfter(point));
    }

    Life after(CrashPoint point, Disk left) {
        if (crashes > 0) {
            statistics.count(Kind.AFTER_ANOTHER_CRASH);
            if (point.position() < openedAt) {
                statistics.count(Kind.IN_RECOVERY);
            }
        }
        boolean power = point.isPowerLoss();
        Clock later = new Clock(millisAt(point.position()));
        Model allowed = model.afterCrash(point.position(), power ? Level.DURABLE : Level.APPENDED, later::millis);
        Life after = new Life(new SimDisk(left), later, allowed, power, crashes + 1, statistics, List.of());
        after.imagesLost = imagesLost; // there may be no other yet
        next.add(new WeakReference<>(after));
        return after;
    }

    /** This life is over; the one that came of it goes on. */
    void leave() {
        next.clear();
        abandon();
    }

    /** Frees what this life, which is over, and those that came of it hold of memory that no collection frees. */
    void abandon() {
        next.forEach(each -> {
            Life life = each.get();
            if (life != null) {
                life.abandon();
            }
        });
        next.clear();
        if (store != null) {
            PendingDocuments.abandon(store);
        }
    }

    /** A step of the rig goes on with the clock between two changes; threads do so in the middle of others' changes. */
    private long millisAt(int position) {
        return ticks.stream()
                .filter(tick -> tick.position() <= position)
                .mapToLong(Recording.Tick::millis)
                .max()
                .orElse(clock.millis());
    }
}
