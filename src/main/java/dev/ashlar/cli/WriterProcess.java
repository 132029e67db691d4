package dev.ashlar.cli;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** A process that writes and prints the number of each acknowledged write on a line, and that comes to a sudden end. */
final class WriterProcess {
    private static final int KILLED = 128 + 9;
    private static final long MAX_START_SECONDS = 60;
    private static final int MAX_MESSAGE_BYTES = 4096;

    private final Process process;
    private final long nanos;
    private long acknowledged;
    private long firstNanos;
    private long lastNanos;

    private WriterProcess(Process process, Duration howLong) {
        this.process = process;
        this.nanos = howLong.toNanos();
    }

    /**
     * @param acknowledged the last number printed
     * @param writing from the first number to the last
     */
    record Outcome(long acknowledged, Duration writing) {}

    /** Starts the process, waits for its first write, lets it write for so long, and kills it. */
    static Outcome runAndKill(List<String> command, Duration howLong) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).start();
        // Killed whatever happens here, also if it never writes a word.
        Thread watchdog = Thread.ofVirtual().start(() -> killAfter(process, howLong.plusSeconds(MAX_START_SECONDS)));
        try {
            CompletableFuture<String> messages = CompletableFuture.supplyAsync(() -> read(process.getErrorStream()));
            WriterProcess writer = new WriterProcess(process, howLong);
            writer.readUntilKilled();
            int exitCode = process.waitFor();
            if (exitCode != KILLED || writer.acknowledged == 0) {
                throw Failure.refused("the writing process was to be killed, but ended with exit code " + exitCode
                        + " after " + writer.acknowledged + " writes: "
                        + messages.join().strip());
            }
            return new Outcome(writer.acknowledged, Duration.ofNanos(writer.lastNanos - writer.firstNanos));
        } finally {
            watchdog.interrupt();
            process.toHandle().destroyForcibly();
        }
    }

    /** Reads on behind the kill: what is in the pipe by then was acknowledged too. */
    private void readUntilKilled() throws IOException {
        byte[] bytes = new byte[1 << 16];
        InputStream lines = process.getInputStream();
        long number = 0;
        boolean killed = false;
        for (int read = lines.read(bytes); read >= 0; read = lines.read(bytes)) {
            lastNanos = System.nanoTime();
            if (firstNanos == 0) {
                firstNanos = lastNanos;
            }
            for (int i = 0; i < read; i++) {
                if (bytes[i] == '\n') {
                    acknowledged = number;
                    number = 0;
                } else {
                    number = number * 10 + (bytes[i] - '0');
                }
            }
            // Through the handle: Process.destroyForcibly would close the stream with what is still to be read.
            if (!killed && lastNanos - firstNanos >= nanos) {
                process.toHandle().destroyForcibly();
                killed = true;
            }
        }
    }

    private static void killAfter(Process process, Duration limit) {
        try {
            if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
                process.toHandle().destroyForcibly();
            }
        } catch (InterruptedException _) {
            // The process has ended in time.
            return;
        }
    }

    private static String read(InputStream stream) {
        try (stream) {
            byte[] head = stream.readNBytes(MAX_MESSAGE_BYTES);
            stream.transferTo(java.io.OutputStream.nullOutputStream());
            return new String(head, StandardCharsets.UTF_8);
        } catch (IOException e) {
            return Errors.describe(e);
        }
    }
}
