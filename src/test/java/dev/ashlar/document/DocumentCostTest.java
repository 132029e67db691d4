package dev.ashlar.document;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.ashlar.DocumentField;
import dev.ashlar.DocumentFilter;
import dev.ashlar.DocumentSchema;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;

/** What documents leave behind on the heap when they are looked at one after the other: nothing. */
class DocumentCostTest {
    private static final int ROUNDS = 20_000;

    /** By reflection, because the module that is tested does not read the one that counts. */
    private static long allocatedByThisThread() {
        try {
            Object threads = Class.forName("java.lang.management.ManagementFactory")
                    .getMethod("getThreadMXBean")
                    .invoke(null);
            return (long) Class.forName("com.sun.management.ThreadMXBean")
                    .getMethod("getCurrentThreadAllocatedBytes")
                    .invoke(threads);
        } catch (ReflectiveOperationException e) {
            throw new AssertionError(e);
        }
    }

    private long found;

    @Test
    void readingFilteringAndZonesAllocateNothing() {
        SchemaShape shape = new SchemaShape(DocumentSchema.builder()
                .field(DocumentField.keyword("path"))
                .field(DocumentField.keyword("tag").asMany())
                .field(DocumentField.i64("size"))
                .field(DocumentField.f64("score"))
                .field(DocumentField.bool("ok"))
                .build());
        MemorySegment encoded = new DocumentEncoder(shape)
                .set("path", "a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p/q/r")
                .add("tag", "x")
                .add("tag", "y")
                .set("size", 5)
                .set("score", 1.5)
                .set("ok", true)
                .encode(0);
        FilterPredicate predicate = FilterPredicate.of(
                DocumentFilter.and(
                        DocumentFilter.or(DocumentFilter.equal("tag", "y"), DocumentFilter.exists("path")),
                        DocumentFilter.range("size", 1, 9),
                        DocumentFilter.not(DocumentFilter.equal("ok", false))),
                shape);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment memory = arena.allocate(encoded.byteSize()).copyFrom(encoded);
            EncodedDocument document = new EncodedDocument(shape);
            Zones zones = new Zones(shape);
            // The least of several measurements: the compiler comes in between.
            long least = Long.MAX_VALUE;
            int attempts = 0;
            long end = System.nanoTime() + 60_000_000_000L;
            while (attempts < 12 || least >= ROUNDS && System.nanoTime() < end) {
                attempts++;
                long before = allocatedByThisThread();
                for (int i = 0; i < ROUNDS; i++) {
                    document.pointAt(memory, 0, memory.byteSize(), "file", 64);
                    found += predicate.test(document) ? document.i64("size") : 0;
                    found += document.bool(4) && document.f64(3) > 1 ? 1 : 0;
                    zones.add(document);
                    found += zones.mayMatch(predicate) ? 1 : 0;
                }
                least = Math.min(least, allocatedByThisThread() - before);
            }
            assertEquals((long) attempts * ROUNDS * 7, found);
            // Asking for the count allocates a little.
            assertTrue(least < ROUNDS, least + " bytes in " + ROUNDS + " rounds");
        }
    }
}
