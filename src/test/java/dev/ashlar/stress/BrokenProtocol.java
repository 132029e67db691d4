package dev.ashlar.stress;

import dev.ashlar.sim.ClassEdits;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;

/**
 * A way to break a protocol between threads, and the jcstress test that has to notice. Only what the processor at hand
 * can show is here: on x86, stores are seen in the order in which they are executed, so a release that is left out
 * changes nothing until a compiler makes use of it.
 *
 * @param test that fails because of it
 * @param does what such an engine does
 */
record BrokenProtocol(String test, String does, String className, ClassEdits.Edit edit) {
    private static final String INDEX = "dev.ashlar.keyspace.IndexStress.";
    private static final String RETIREMENT = "dev.ashlar.log.RetirementStress.";
    private static final String RING = "dev.ashlar.engine.RingStress.";

    // Those of a list change different classes and are noticed by different tests, so one run does for all.

    static List<BrokenProtocol> first() {
        return List.of(
                new BrokenProtocol(
                        RETIREMENT + "InOneRange",
                        "does not ask the epoch after reading",
                        "dev.ashlar.log.LogMemory",
                        ClassEdits.returning("isUnchanged", 1)),
                new BrokenProtocol(
                        INDEX + "Split",
                        "publishes the halves of a table before they are filled",
                        "dev.ashlar.keyspace.HashIndex",
                        ClassEdits.postponed("split", "fillHalves", "publish", 2)),
                new BrokenProtocol(
                        RING + "PublishedWhole",
                        "takes from the ring what is not published",
                        "dev.ashlar.engine.WriteRing",
                        ClassEdits.returning("isPublished", 1)));
    }

    static List<BrokenProtocol> second() {
        return List.of(
                // That it counts too late is hardly seen: the processors are told first that the bytes are gone.
                new BrokenProtocol(
                        RETIREMENT + "InOneRange",
                        "does not count the epoch up when it takes bytes away",
                        "dev.ashlar.log.Chunk",
                        ClassEdits.withoutCall("giveBack", "advanceEpoch")),
                new BrokenProtocol(
                        INDEX + "Rebuilt",
                        "publishes a table before it is filled",
                        "dev.ashlar.keyspace.HashIndex",
                        ClassEdits.postponed("rebuild", "fill", "publish", 1)));
    }

    /** The tests that should notice, for jcstress. */
    static String tests(List<BrokenProtocol> together) {
        return together.stream().map(protocol -> protocol.test() + "$").collect(Collectors.joining("|"));
    }

    /** Writes the broken classes; the result stands before the engine's own on a class path. */
    static Path write(List<BrokenProtocol> together, Path directory) throws IOException {
        Path root = Files.createTempDirectory(directory, "broken");
        for (BrokenProtocol protocol : together) {
            String name = protocol.className.replace('.', '/') + ".class";
            Path file = root.resolve(name);
            Files.createDirectories(file.getParent());
            try (InputStream in = BrokenProtocol.class.getResourceAsStream('/' + name)) {
                if (in == null) {
                    throw new IllegalStateException("there is no class " + protocol.className);
                }
                Files.write(file, protocol.edit.apply(in.readAllBytes()));
            }
        }
        return root;
    }
}
