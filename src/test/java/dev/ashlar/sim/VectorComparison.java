package dev.ashlar.sim;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.ashlar.Snapshot;
import dev.ashlar.Store;
import dev.ashlar.VectorHit;
import dev.ashlar.VectorQuery;
import dev.ashlar.VectorReader;
import dev.ashlar.VectorScan;
import dev.ashlar.engine.TestEngines;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Reads all rows of vector collections, in every way there is, and insists that the ways agree. */
final class VectorComparison {
    private VectorComparison() {}

    /** Rows of all collections under their paths. */
    static TreeMap<String, byte[]> read(Store store) {
        TreeMap<String, byte[]> all = new TreeMap<>();
        StoreReader.require(
                store.vectorCollections().isEmpty() || TestEngines.announcesVectors(store),
                () -> "there are vector collections, and the manifest does not say so");
        for (String name : store.vectorCollections()) {
            all.putAll(read(VectorSpace.named(name), store.vectors(name)));
        }
        try (Snapshot snapshot = store.snapshot()) {
            TreeMap<String, byte[]> frozen = read(snapshot);
            StoreReader.require(
                    Model.isSame(all, frozen),
                    () -> "rows " + Model.describe(all) + "\n a snapshot's " + Model.describe(frozen));
        }
        return all;
    }

    /** The same of a snapshot. */
    static TreeMap<String, byte[]> read(Snapshot snapshot) {
        TreeMap<String, byte[]> all = new TreeMap<>();
        for (String name : snapshot.vectorCollections()) {
            all.putAll(read(VectorSpace.named(name), snapshot.vectors(name)));
        }
        return all;
    }

    private static Map<String, byte[]> read(VectorSpace space, VectorReader vectors) {
        TreeMap<Integer, byte[]> rows = scan(space, vectors);
        StoreReader.require(
                vectors.size() == rows.size(),
                () -> space.name() + " has " + vectors.size() + " rows, a scan met " + rows.keySet());
        Set<Long> ids = vectors.ids().boxed().collect(Collectors.toSet());
        StoreReader.require(
                ids.equals(rows.keySet().stream().map(VectorSpace::id).collect(Collectors.toSet())),
                () -> space.name() + ": a scan met " + rows.keySet() + ", ids are " + ids);
        compareReads(space, vectors, rows);
        compareMany(space, vectors, rows);
        compareSearch(space, vectors, rows);
        TreeMap<String, byte[]> paths = new TreeMap<>();
        rows.forEach((number, row) -> paths.put(space.path(number), row));
        return paths;
    }

    private static TreeMap<Integer, byte[]> scan(VectorSpace space, VectorReader vectors) {
        TreeMap<Integer, byte[]> rows = new TreeMap<>();
        Set<Long> versions = new HashSet<>();
        try (VectorScan scan = vectors.scan()) {
            while (scan.next()) {
                long id = scan.id();
                byte[] former = rows.put(VectorSpace.numberOf(id), bytes(space, scan.row()));
                StoreReader.require(former == null, () -> space.name() + ": a scan met " + id + " twice");
                long version = scan.version();
                StoreReader.require(versions.add(version), () -> space.name() + ": two rows have version " + version);
                StoreReader.require(
                        vectors.version(id) == version,
                        () -> space.name() + ": version " + vectors.version(id) + " of " + id + ", a scan says "
                                + version);
            }
        }
        return rows;
    }

    private static byte[] bytes(VectorSpace space, MemorySegment row) {
        StoreReader.require(
                row.byteSize() == space.options().rowBytes() && row.isReadOnly(),
                () -> space.name() + ": a row of " + row.byteSize() + " bytes, or one that can be written");
        return row.toArray(JAVA_BYTE);
    }

    private static void compareReads(VectorSpace space, VectorReader vectors, Map<Integer, byte[]> rows) {
        for (int number = 0; number < VectorSpace.IDS; number++) {
            long id = VectorSpace.id(number);
            byte[] expected = rows.get(number);
            MemorySegment row = vectors.get(id);
            StoreReader.require(
                    expected == null ? row == null : row != null && Arrays.equals(expected, bytes(space, row)),
                    () -> space.name() + ": get and scan of " + id + " differ");
            StoreReader.require(
                    vectors.contains(id) == (expected != null) && (vectors.version(id) >= 0) == (expected != null),
                    () -> space.name() + ": whether " + id + " is there depends on how it is asked");
        }
    }

    private static void compareMany(VectorSpace space, VectorReader vectors, Map<Integer, byte[]> rows) {
        long[] ids = new long[VectorSpace.IDS];
        Arrays.setAll(ids, VectorSpace::id);
        MemorySegment[] found = new MemorySegment[ids.length];
        int count = vectors.getAll(ids, found);
        for (int i = 0; i < ids.length; i++) {
            byte[] expected = rows.get(i);
            MemorySegment row = found[i];
            int number = i;
            StoreReader.require(
                    expected == null ? row == null : row != null && Arrays.equals(expected, bytes(space, row)),
                    () -> space.name() + ": a scan and a multi-get of " + number + " differ");
        }
        StoreReader.require(count == rows.size(), () -> space.name() + ": a multi-get miscounts");
    }

    /** All rows by their distance, and the first of them alone. */
    private static void compareSearch(VectorSpace space, VectorReader vectors, Map<Integer, byte[]> rows) {
        byte[] query = space.row(4711);
        List<VectorHit> hits =
                vectors.search(VectorQuery.of(VectorSpace.segment(query)).k(VectorSpace.IDS + 1));
        Set<Integer> met = new HashSet<>();
        double last = -1;
        for (VectorHit hit : hits) {
            int number = VectorSpace.numberOf(hit.id());
            byte[] row = bytes(space, hit.row());
            double distance = space.distance(query, row);
            double before = last;
            StoreReader.require(
                    met.add(number)
                            && Arrays.equals(rows.get(number), row)
                            && Math.abs(distance - hit.score()) <= 1e-5 * distance
                            && distance >= before * (1 - 1e-5)
                            && hit.version() == vectors.version(hit.id()),
                    () -> space.name() + ": a search says " + hit.score() + " for " + number + ", it is " + distance
                            + " and was " + before);
            last = distance;
        }
        StoreReader.require(
                met.equals(rows.keySet()), () -> space.name() + ": a search met " + met + " of " + rows.keySet());
        List<Long> nearest =
                ids(vectors.search(VectorQuery.of(VectorSpace.segment(query)).k(3)));
        StoreReader.require(
                nearest.equals(ids(hits.subList(0, Math.min(3, hits.size())))),
                () -> space.name() + ": the nearest three are " + nearest + " of " + ids(hits));
    }

    private static List<Long> ids(List<VectorHit> hits) {
        return hits.stream().map(VectorHit::id).toList();
    }
}
