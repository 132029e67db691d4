package dev.ashlar.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.management.ThreadMXBean;
import dev.ashlar.simd.Distances;
import dev.ashlar.simd.SimdSupport;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * The distances of rows against the same in C, by turns, a few milliseconds each, in processor time: what disturbs one
 * disturbs the other. A process keeps to one vector width, so each round has two: one with vectors, one with the scalar
 * twins. What the twins take is compared by way of C, which both measure.
 */
public final class VectorBench {
    private static final int N = 768;
    private static final int BITS = 4096;

    /** Rows that stay in the first cache, in the second, and in none: 12 KiB, 768 KiB, 192 MiB of floats. */
    private static final int FEW = 4;

    private static final int ROWS = 256;
    private static final int ALL_ROWS = 1 << 16;

    private static final int CALLS = 64;
    private static final int SLICES = 31;
    private static final long SLICE_NANOS = 4_000_000;
    private static final long WARMUP_NANOS = 4_000_000_000L;

    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private static final int FLOAT_STRIDE = Distances.floatRowBytes(N);
    private static final int BYTE_STRIDE = Distances.int8RowBytes(N);
    private static final int BIT_STRIDE = Distances.bitRowBytes(BITS);

    /** Does it once, and returns something that depends on what came out. */
    private interface Work {
        double run() throws Throwable;
    }

    private final MemorySegment query = Arena.global().allocate(FLOAT_STRIDE, 64);
    private final MemorySegment rows = rows();
    private final float[] scores = new float[ALL_ROWS];
    private final MemorySegment nativeScores = Arena.global().allocate(4L * ALL_ROWS, 64);
    private final boolean hasNative = NativeLibrary.isBuilt();
    private final Map<String, Map<String, Double>> figures = new LinkedHashMap<>();
    private double sink;

    private VectorBench() {
        Random random = new Random(42);
        for (int i = 0; i < N; i++) {
            query.setAtIndex(ValueLayout.JAVA_FLOAT, i, random.nextFloat() - 0.5f);
        }
        for (long i = 0; i < (long) ALL_ROWS * N; i++) {
            rows.setAtIndex(ValueLayout.JAVA_FLOAT, i, random.nextFloat() - 0.5f);
        }
    }

    /** Address, and zeros until they are filled, of all rows, on huge pages where there are such. */
    private static MemorySegment rows() {
        long bytes = (long) ALL_ROWS * FLOAT_STRIDE;
        return MemorySegment.ofAddress(Posix.hugeMemory(bytes)).reinterpret(bytes);
    }

    /** Prints the figures of this process as JSON. */
    public static void main(String[] arguments) throws Throwable {
        VectorBench bench = new VectorBench();
        bench.one();
        bench.many();
        Map<String, Object> all = new LinkedHashMap<>();
        all.put("kernels", SimdSupport.describe());
        all.put("inC", bench.hasNative ? NativeKernels.describe() : "none");
        all.put("nanos", bench.figures);
        System.err.println("# vectors: " + all + (bench.sink == 42 ? "!" : ""));
        System.out.println(new ObjectMapper().writeValueAsString(all));
    }

    /** The figures of all rounds. */
    static Map<String, Object> run(int rounds) throws IOException, InterruptedException {
        NativeLibrary.build();
        List<Map<String, Object>> all = new ArrayList<>();
        for (int round = 0; round < rounds; round++) {
            Map<String, Object> both = new LinkedHashMap<>();
            both.put("vector", inOwnProcess("auto"));
            both.put("scalar", inOwnProcess("scalar"));
            all.add(both);
        }
        return Map.of(
                "setting", Map.of("dimension", N, "bits", BITS, "rows", ROWS, "allRows", ALL_ROWS), "rounds", all);
    }

    private static Map<?, ?> inOwnProcess(String width) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(ProcessHandle.current().info().command().orElse("java"));
        command.addAll(Suite.jvmArguments());
        command.addAll(List.of("-Dashlar.simd=" + width, "-Xmx1g", "-cp", System.getProperty("java.class.path")));
        command.add(VectorBench.class.getName());
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        String output = new String(process.getInputStream().readAllBytes()).strip();
        if (process.waitFor() != 0) {
            throw new IllegalStateException("the process that was to measure vectors failed: " + output);
        }
        return new ObjectMapper().readValue(output.substring(output.lastIndexOf('\n') + 1), Map.class);
    }

    // ------------------------------------------------------------------------------------------------------- the cases

    private void one() throws Throwable {
        MemorySegment q = query;
        MemorySegment r = rows;
        long qa = q.address();
        long ra = r.address();
        measure(
                "dot",
                CALLS,
                () -> {
                    float sum = 0;
                    for (int i = 0; i < CALLS; i++) {
                        sum += Distances.dot(q, 0, r, (long) (i % FEW) * FLOAT_STRIDE, N);
                    }
                    return sum;
                },
                () -> {
                    float sum = 0;
                    for (int i = 0; i < CALLS; i++) {
                        sum += (float)
                                NativeKernels.DOT.invokeExact(qa, ra + (long) (i % FEW) * FLOAT_STRIDE, (long) N);
                    }
                    return sum;
                });
        measure(
                "squaredL2",
                CALLS,
                () -> {
                    float sum = 0;
                    for (int i = 0; i < CALLS; i++) {
                        sum += Distances.squaredL2(q, 0, r, (long) (i % FEW) * FLOAT_STRIDE, N);
                    }
                    return sum;
                },
                () -> {
                    float sum = 0;
                    for (int i = 0; i < CALLS; i++) {
                        sum += (float) NativeKernels.SQUARED_L2.invokeExact(
                                qa, ra + (long) (i % FEW) * FLOAT_STRIDE, (long) N);
                    }
                    return sum;
                });
        measure(
                "cosine",
                CALLS,
                () -> {
                    float sum = 0;
                    for (int i = 0; i < CALLS; i++) {
                        sum += Distances.cosine(q, 0, r, (long) (i % FEW) * FLOAT_STRIDE, N);
                    }
                    return sum;
                },
                () -> {
                    float sum = 0;
                    for (int i = 0; i < CALLS; i++) {
                        sum += (float)
                                NativeKernels.COSINE.invokeExact(qa, ra + (long) (i % FEW) * FLOAT_STRIDE, (long) N);
                    }
                    return sum;
                });
        measure(
                "dotInt8",
                CALLS,
                () -> {
                    long sum = 0;
                    for (int i = 0; i < CALLS; i++) {
                        sum += Distances.dotInt8(q, 0, r, (long) (i % FEW) * BYTE_STRIDE, N);
                    }
                    return sum;
                },
                () -> {
                    long sum = 0;
                    for (int i = 0; i < CALLS; i++) {
                        sum += (int)
                                NativeKernels.DOT_INT8.invokeExact(qa, ra + (long) (i % FEW) * BYTE_STRIDE, (long) N);
                    }
                    return sum;
                });
        measure(
                "squaredL2Int8",
                CALLS,
                () -> {
                    long sum = 0;
                    for (int i = 0; i < CALLS; i++) {
                        sum += Distances.squaredL2Int8(q, 0, r, (long) (i % FEW) * BYTE_STRIDE, N);
                    }
                    return sum;
                },
                () -> {
                    long sum = 0;
                    for (int i = 0; i < CALLS; i++) {
                        sum += (long) NativeKernels.SQUARED_L2_INT8.invokeExact(
                                qa, ra + (long) (i % FEW) * BYTE_STRIDE, (long) N);
                    }
                    return sum;
                });
        measure(
                "cosineInt8",
                CALLS,
                () -> {
                    float sum = 0;
                    for (int i = 0; i < CALLS; i++) {
                        sum += Distances.cosineInt8(q, 0, r, (long) (i % FEW) * BYTE_STRIDE, N);
                    }
                    return sum;
                },
                () -> {
                    float sum = 0;
                    for (int i = 0; i < CALLS; i++) {
                        sum += (float) NativeKernels.COSINE_INT8.invokeExact(
                                qa, ra + (long) (i % FEW) * BYTE_STRIDE, (long) N);
                    }
                    return sum;
                });
        measure(
                "hamming",
                CALLS,
                () -> {
                    long sum = 0;
                    for (int i = 0; i < CALLS; i++) {
                        sum += Distances.hamming(q, 0, r, (long) (i % FEW) * BIT_STRIDE, BITS);
                    }
                    return sum;
                },
                () -> {
                    long sum = 0;
                    for (int i = 0; i < CALLS; i++) {
                        sum += (int)
                                NativeKernels.HAMMING.invokeExact(qa, ra + (long) (i % FEW) * BIT_STRIDE, (long) BITS);
                    }
                    return sum;
                });
        measure(
                "jaccard",
                CALLS,
                () -> {
                    float sum = 0;
                    for (int i = 0; i < CALLS; i++) {
                        sum += Distances.jaccard(q, 0, r, (long) (i % FEW) * BIT_STRIDE, BITS);
                    }
                    return sum;
                },
                () -> {
                    float sum = 0;
                    for (int i = 0; i < CALLS; i++) {
                        sum += (float)
                                NativeKernels.JACCARD.invokeExact(qa, ra + (long) (i % FEW) * BIT_STRIDE, (long) BITS);
                    }
                    return sum;
                });
    }

    private void many() throws Throwable {
        MemorySegment q = query;
        MemorySegment r = rows;
        float[] s = scores;
        long qa = q.address();
        long ra = r.address();
        long sa = nativeScores.address();
        measure(
                "dotMany",
                ROWS,
                () -> {
                    Distances.dotMany(q, 0, r, 0, FLOAT_STRIDE, ROWS, N, s);
                    return s[ROWS - 1];
                },
                () -> {
                    NativeKernels.DOT_MANY.invokeExact(qa, ra, (long) FLOAT_STRIDE, (long) ROWS, (long) N, sa);
                    return nativeScore(ROWS - 1);
                });
        measure(
                "squaredL2Many",
                ROWS,
                () -> {
                    Distances.squaredL2Many(q, 0, r, 0, FLOAT_STRIDE, ROWS, N, s);
                    return s[ROWS - 1];
                },
                () -> {
                    NativeKernels.SQUARED_L2_MANY.invokeExact(qa, ra, (long) FLOAT_STRIDE, (long) ROWS, (long) N, sa);
                    return nativeScore(ROWS - 1);
                });
        measure(
                "cosineMany",
                ROWS,
                () -> {
                    Distances.cosineMany(q, 0, r, 0, FLOAT_STRIDE, ROWS, N, s);
                    return s[ROWS - 1];
                },
                () -> {
                    NativeKernels.COSINE_MANY.invokeExact(qa, ra, (long) FLOAT_STRIDE, (long) ROWS, (long) N, sa);
                    return nativeScore(ROWS - 1);
                });
        measure(
                "dotInt8Many",
                ROWS,
                () -> {
                    Distances.dotInt8Many(q, 0, r, 0, BYTE_STRIDE, ROWS, N, s);
                    return s[ROWS - 1];
                },
                () -> {
                    NativeKernels.DOT_INT8_MANY.invokeExact(qa, ra, (long) BYTE_STRIDE, (long) ROWS, (long) N, sa);
                    return nativeScore(ROWS - 1);
                });
        measure(
                "hammingMany",
                ROWS,
                () -> {
                    Distances.hammingMany(q, 0, r, 0, BIT_STRIDE, ROWS, BITS, s);
                    return s[ROWS - 1];
                },
                () -> {
                    NativeKernels.HAMMING_MANY.invokeExact(qa, ra, (long) BIT_STRIDE, (long) ROWS, (long) BITS, sa);
                    return nativeScore(ROWS - 1);
                });
        measure(
                "dotManyFromMemory",
                ALL_ROWS,
                () -> {
                    Distances.dotMany(q, 0, r, 0, FLOAT_STRIDE, ALL_ROWS, N, s);
                    return s[ALL_ROWS - 1];
                },
                () -> {
                    NativeKernels.DOT_MANY.invokeExact(qa, ra, (long) FLOAT_STRIDE, (long) ALL_ROWS, (long) N, sa);
                    return nativeScore(ALL_ROWS - 1);
                });
    }

    private float nativeScore(int row) {
        return nativeScores.getAtIndex(ValueLayout.JAVA_FLOAT, row);
    }

    // ------------------------------------------------------------------------------------------------------- measuring

    /** Nanoseconds of ours and of C's for each of so many distances in a run, and the median quotient of two turns. */
    private void measure(String name, int distances, Work ours, Work inC) throws Throwable {
        if (hasNative) {
            double a = ours.run();
            double b = inC.run();
            if (!(Math.abs(a - b) <= 1e-3 * Math.max(1, Math.abs(a)))) {
                throw new IllegalStateException(name + ": " + a + ", and in C " + b);
            }
        }
        long deadline = System.nanoTime() + WARMUP_NANOS;
        while (System.nanoTime() < deadline) {
            slice(ours);
            if (hasNative) {
                slice(inC);
            }
        }
        double[] nanos = new double[SLICES];
        double[] nanosInC = new double[SLICES];
        double[] quotients = new double[SLICES];
        for (int i = 0; i < SLICES; i++) {
            nanos[i] = slice(ours) / distances;
            nanosInC[i] = hasNative ? slice(inC) / distances : Double.NaN;
            quotients[i] = nanosInC[i] / nanos[i];
        }
        Map<String, Double> figure = new LinkedHashMap<>();
        figure.put("ashlar", median(nanos));
        if (hasNative) {
            figure.put("c", median(nanosInC));
            figure.put("cOverAshlar", median(quotients));
        }
        figures.put(name, figure);
    }

    private double slice(Work work) throws Throwable {
        long start = System.nanoTime();
        long processor = THREADS.getCurrentThreadCpuTime();
        int runs = 0;
        do {
            sink += work.run();
            runs++;
        } while (System.nanoTime() - start < SLICE_NANOS);
        return (THREADS.getCurrentThreadCpuTime() - processor) / (double) runs;
    }

    private static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }
}
