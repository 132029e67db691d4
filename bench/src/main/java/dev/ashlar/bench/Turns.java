package dev.ashlar.bench;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Several subjects by turns, each on the same number of threads, a few milliseconds at a time: what disturbs one disturbs
 * the others. Measured is the processor time of all threads of the process, so that helpers of a subject count, and what
 * other processes take of the cores does not; the time elapsed is noted beside it.
 */
final class Turns implements AutoCloseable {
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    /** Work that is compared. */
    interface Subject {
        /**
         * What one of the threads does in a turn; called on all of them at the same time.
         *
         * @return something that depends on what came out
         */
        double run(long seed, int thread, int threads);
    }

    private final int threads;
    private final ExecutorService pool;
    private final Map<String, Subject> subjects = new LinkedHashMap<>();
    private double sink;

    Turns(int threads) {
        this.threads = threads;
        this.pool = Executors.newFixedThreadPool(threads);
    }

    void add(String name, Subject subject) {
        subjects.put(name, subject);
    }

    /**
     * Measures.
     *
     * @param warmups turns that do not count
     * @return for each subject the medians of the turns, in nanoseconds: processor time of all threads, and elapsed
     */
    Map<String, Map<String, Double>> nanos(int warmups, int turns) {
        Map<String, double[]> processor = new LinkedHashMap<>();
        Map<String, double[]> elapsed = new LinkedHashMap<>();
        for (int turn = -warmups; turn < turns; turn++) {
            for (Map.Entry<String, Subject> each : subjects.entrySet()) {
                long[] taken = turn(each.getValue(), Stores.mix(turn));
                if (turn >= 0) {
                    processor.computeIfAbsent(each.getKey(), name -> new double[turns])[turn] = taken[0];
                    elapsed.computeIfAbsent(each.getKey(), name -> new double[turns])[turn] = taken[1];
                }
            }
        }
        if (sink == 42) {
            System.err.println("!");
        }
        Map<String, Map<String, Double>> nanos = new LinkedHashMap<>();
        subjects.keySet()
                .forEach(name -> nanos.put(
                        name, Map.of("processor", median(processor.get(name)), "elapsed", median(elapsed.get(name)))));
        return nanos;
    }

    private long[] turn(Subject subject, long seed) {
        long[] start = new long[2];
        CyclicBarrier together = new CyclicBarrier(threads, () -> {
            start[0] = processorNanos();
            start[1] = System.nanoTime();
        });
        List<Future<Double>> running = new ArrayList<>();
        for (int i = 0; i < threads; i++) {
            int thread = i;
            running.add(pool.submit(() -> {
                together.await();
                return subject.run(seed, thread, threads);
            }));
        }
        try {
            for (Future<Double> each : running) {
                sink += each.get();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        } catch (ExecutionException e) {
            throw new IllegalStateException("a subject failed", e.getCause());
        }
        return new long[] {processorNanos() - start[0], System.nanoTime() - start[1]};
    }

    /** Of all threads that run Java; not of the compiler's and the collector's. */
    static long processorNanos() {
        return Arrays.stream(THREADS.getThreadCpuTime(THREADS.getAllThreadIds()))
                .filter(nanos -> nanos > 0)
                .sum();
    }

    private static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }

    @Override
    public void close() {
        pool.shutdown();
    }
}
