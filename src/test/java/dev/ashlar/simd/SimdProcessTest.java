package dev.ashlar.simd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.io.InputStream;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What takes a process of its own: the choice of the width, and the garbage of a process whose first inputs were short.
 * Not tagged {@code simd}, since it starts every width itself.
 *
 * <p>The child is a single-file program, because it has to see the classes of the engine as a user's process does,
 * however the build arranged class path and module path for the tests.
 */
class SimdProcessTest {

    private static final List<String> WITH_VECTORS = List.of("--add-modules", "jdk.incubator.vector");

    private static final int[] LENGTHS = {0, 8, 100, 200, 241, 1024, 1025, 5000, 100_000};

    private static final String HASHES = """
            import dev.ashlar.simd.SimdSupport;
            import dev.ashlar.simd.Xxh3;
            import java.lang.foreign.Arena;
            import java.lang.foreign.MemorySegment;

            class Child {
                public static void main(String[] lengths) {
                    System.out.println(SimdSupport.describe());
                    for (String text : lengths) {
                        int length = Integer.parseInt(text);
                        byte[] bytes = new byte[length];
                        for (int i = 0; i < length; i++) {
                            bytes[i] = (byte) (i * 31 >>> 3);
                        }
                        MemorySegment target = Arena.global().allocate(Math.max(length, 1));
                        System.out.println(Xxh3.copyAndHash(bytes, 0, target, 0, length));
                        System.out.println(Xxh3.hash(target, 0, length, 0));
                        System.out.println(Xxh3.hash(bytes, 0, length, 42));
                    }
                }
            }
            """;

    /** Prints, for each call, the least number of bytes per call that any of the rounds allocated. */
    private static final String GARBAGE = """
            import com.sun.management.ThreadMXBean;
            import dev.ashlar.simd.Xxh3;
            import java.lang.foreign.Arena;
            import java.lang.foreign.MemorySegment;
            import java.lang.management.ManagementFactory;
            import java.util.function.IntToLongFunction;

            class Child {
                static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
                static final MemorySegment SOURCE = Arena.global().allocate(8192, 64);
                static final MemorySegment TARGET = Arena.global().allocate(8192, 64);
                static final byte[] ARRAY = new byte[8192];
                static long sink;

                public static void main(String[] args) {
                    System.out.println(leastGarbage(n -> Xxh3.hash(SOURCE, 0, n, 0)));
                    System.out.println(leastGarbage(n -> Xxh3.hash(ARRAY, 0, n, 0)));
                    System.out.println(leastGarbage(n -> Xxh3.copyAndHash(SOURCE, 0, TARGET, 0, n)));
                    System.out.println(leastGarbage(n -> Xxh3.copyAndHash(ARRAY, 0, TARGET, 0, n)));
                    System.exit(sink == 1 ? 1 : 0);
                }

                static long leastGarbage(IntToLongFunction call) {
                    for (int i = 0; i < 50_000; i++) {
                        sink += call.applyAsLong(300);
                    }
                    long least = Long.MAX_VALUE;
                    // The compiler comes to it when it can.
                    for (long start = System.nanoTime(); least > 0 && System.nanoTime() - start < 60_000_000_000L; ) {
                        long before = THREADS.getCurrentThreadAllocatedBytes();
                        for (int i = 0; i < 10_000; i++) {
                            sink += call.applyAsLong(4096);
                        }
                        least = Math.min(least, (THREADS.getCurrentThreadAllocatedBytes() - before) / 10_000);
                    }
                    return least;
                }
            }
            """;

    @TempDir
    private Path directory;

    @Test
    void withoutTheIncubatorModuleTheScalarTwinRuns() throws Exception {
        List<String> lines = run(HASHES, List.of(), lengths());
        assertEquals("scalar (incubator module absent)", lines.getFirst());
        assertHashes(lines);
    }

    @ParameterizedTest
    @ValueSource(strings = {"auto", "scalar", "128", "256", "512"})
    void everyWidthThatCanBeAskedForGivesTheSameHashes(String width) throws Exception {
        List<String> options = new ArrayList<>(WITH_VECTORS);
        options.add("-Dashlar.simd=" + width);
        List<String> lines = run(HASHES, options, lengths());
        if (width.equals("scalar")) {
            assertEquals("scalar (ashlar.simd=scalar)", lines.getFirst());
        } else {
            assertTrue(lines.getFirst().matches("(vector|scalar) .*"), lines.getFirst());
        }
        assertHashes(lines);
    }

    /** A vector that is not kept in registers becomes an object: see {@link VectorXxh3}. */
    @ParameterizedTest
    @ValueSource(strings = {"scalar", "256", "512"})
    void longInputsMakeNoGarbageEvenIfTheFirstInputsWereShort(String width) throws Exception {
        List<String> options = new ArrayList<>(WITH_VECTORS);
        options.add("-Dashlar.simd=" + width);
        assertEquals(List.of("0", "0", "0", "0"), run(GARBAGE, options, List.of()), "bytes of garbage per call");
    }

    private static List<String> lengths() {
        return IntStream.of(LENGTHS).mapToObj(Integer::toString).toList();
    }

    private static void assertHashes(List<String> lines) {
        assertEquals(1 + 3 * LENGTHS.length, lines.size(), () -> "output: " + lines);
        for (int i = 0; i < LENGTHS.length; i++) {
            byte[] bytes = new byte[LENGTHS[i]];
            for (int j = 0; j < bytes.length; j++) {
                bytes[j] = (byte) (j * 31 >>> 3);
            }
            String plain = Long.toString(Inputs.oracle(bytes, 0, bytes.length, 0));
            String seeded = Long.toString(Inputs.oracle(bytes, 0, bytes.length, 42));
            assertEquals(List.of(plain, plain, seeded), lines.subList(1 + 3 * i, 4 + 3 * i), "length " + bytes.length);
        }
    }

    /** The lines that the program wrote to standard output, in a process started with these options. */
    private List<String> run(String program, List<String> options, List<String> arguments) throws Exception {
        Path file = Files.writeString(directory.resolve("Child.java"), program);
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(options);
        command.addAll(List.of("-cp", classPath(), file.toString()));
        command.addAll(arguments);
        Path errors = directory.resolve("errors");
        Process child =
                new ProcessBuilder(command).redirectError(errors.toFile()).start();
        try (InputStream output = child.getInputStream()) {
            String text = new String(output.readAllBytes(), StandardCharsets.UTF_8);
            if (!child.waitFor(120, TimeUnit.SECONDS) || child.exitValue() != 0) {
                fail("the child failed: " + Files.readString(errors) + "\n" + text);
            }
            return text.lines().toList();
        } finally {
            child.destroyForcibly();
        }
    }

    private static String classPath() throws URISyntaxException {
        Path classes = Path.of(
                Xxh3.class.getProtectionDomain().getCodeSource().getLocation().toURI());
        return Stream.of(
                        classes.toString(),
                        System.getProperty("java.class.path", ""),
                        System.getProperty("jdk.module.path", ""))
                .filter(part -> !part.isEmpty())
                .collect(Collectors.joining(System.getProperty("path.separator")));
    }
}
