package dev.ashlar.cli;

import dev.ashlar.Keyspace;
import dev.ashlar.Scan;
import dev.ashlar.Store;
import dev.ashlar.VectorCollection;
import dev.ashlar.VectorHit;
import dev.ashlar.VectorOptions;
import dev.ashlar.VectorQuery;
import dev.ashlar.VectorScan;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Finds the files that are most like one, by the vectors of their words, and checks it against the slow way. */
final class LikenessStep {
    static final String VECTORS = QuickstartDirectory.PREFIX + "vectors";
    static final String NAMES = QuickstartDirectory.PREFIX + "names";
    static final VectorOptions OPTIONS = VectorOptions.of(WordVectors.DIMENSION);

    /** In the sources of the JDK, and, where these are missing, in its image. */
    private static final List<String> WELL_KNOWN =
            List.of("java.base/java/util/ArrayList.java", "java.base/java/util/ArrayList.class");

    private static final int SHOWN = 5;
    private static final int SEARCHES = 50;

    /** How far two ways of adding up 768 products may be apart. */
    private static final double TOLERANCE = 1e-5;

    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT.withOrder(ByteOrder.LITTLE_ENDIAN);

    private LikenessStep() {}

    /**
     * One of the files that are like another.
     *
     * @param score the cosine of the angle between their vectors
     */
    record Likeness(String file, float score) {}

    static void run(Store store, QuickstartReport report) throws IOException {
        VectorCollection vectors = store.vectors(VECTORS, OPTIONS);
        if (vectors.size() < 2) {
            return;
        }
        report.tell("searching for files that are like one another");
        vectors.flush();
        Keyspace names = store.keyspace(NAMES);
        long example = example(vectors, names);
        MemorySegment row = row(vectors, example);
        List<VectorHit> hits = vectors.search(VectorQuery.of(row).k(SHOWN).filter(id -> id != example));
        check(vectors, example, row, hits);
        report.like(
                name(names, example),
                hits.stream()
                        .map(hit -> new Likeness(name(names, hit.id()), hit.score()))
                        .toList());
        measure(vectors, example, report);
        report.found(Units.count(vectors.size()) + " vectors of " + WordVectors.DIMENSION
                + " components searched; the nearest are those that the slow way finds, with the same scores");
    }

    private static void measure(VectorCollection vectors, long example, QuickstartReport report) {
        Latency.Recorder latency = Latency.recorder();
        MemorySegment row = row(vectors, example);
        long start = System.nanoTime();
        for (int i = 0; i < SEARCHES; i++) {
            long begin = System.nanoTime();
            List<VectorHit> hits = vectors.search(VectorQuery.of(row));
            latency.record(System.nanoTime() - begin);
            // Each search is for what the one before found last.
            row = hits.getLast().row();
        }
        report.measured(
                "search for the 10 nearest of all",
                SEARCHES,
                SEARCHES * vectors.size() * OPTIONS.rowBytes(),
                Duration.ofNanos(System.nanoTime() - start),
                latency.result());
    }

    /** The number of a file that people know, or of any. */
    private static long example(VectorCollection vectors, Keyspace names) {
        List<Long> found = new ArrayList<>();
        try (Scan scan = names.scan()) {
            while (scan.next()) {
                long id = KeyForm.toLong(scan.key().toArray(ValueLayout.JAVA_BYTE));
                String name = new String(scan.value().toArray(ValueLayout.JAVA_BYTE), StandardCharsets.UTF_8);
                if (WELL_KNOWN.contains(name) && vectors.contains(id)) {
                    found.add(id);
                }
            }
        }
        return found.isEmpty() ? vectors.ids().min().orElseThrow() : found.getFirst();
    }

    private static String name(Keyspace names, long id) {
        MemorySegment name = names.get(id);
        if (name == null) {
            throw Failure.refused("the vector of file " + id + " is there, and its name is not");
        }
        return Escapes.show(name);
    }

    private static MemorySegment row(VectorCollection vectors, long id) {
        @Nullable MemorySegment row = vectors.get(id);
        if (row == null) {
            throw Failure.refused("the vector of file " + id + " was stored and is not there");
        }
        return row;
    }

    /** Compares with one row after the other, in double precision. */
    private static void check(VectorCollection vectors, long example, MemorySegment query, List<VectorHit> hits) {
        double lowest = hits.getLast().score();
        int better = 0;
        try (VectorScan scan = vectors.scan()) {
            while (scan.next()) {
                long id = scan.id();
                double cosine = cosine(query, scan.row());
                for (VectorHit hit : hits) {
                    if (hit.id() == id && Math.abs(hit.score() - cosine) > TOLERANCE) {
                        throw Failure.refused(
                                "the score of vector " + id + " is " + hit.score() + " and not " + cosine);
                    }
                }
                better += id != example && cosine > lowest + TOLERANCE ? 1 : 0;
            }
        }
        if (better >= hits.size()) {
            throw Failure.refused("a search for " + hits.size() + " vectors passed over one that is nearer");
        }
    }

    private static double cosine(MemorySegment one, MemorySegment other) {
        double product = 0;
        double oneSquared = 0;
        double otherSquared = 0;
        for (int i = 0; i < WordVectors.DIMENSION; i++) {
            double a = one.getAtIndex(FLOAT, i);
            double b = other.getAtIndex(FLOAT, i);
            product += a * b;
            oneSquared += a * a;
            otherSquared += b * b;
        }
        return oneSquared == 0 || otherSquared == 0 ? 0 : product / Math.sqrt(oneSquared * otherSquared);
    }
}
