package dev.ashlar.cli;

import java.io.PrintStream;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jspecify.annotations.Nullable;

/** A progress bar, or nothing at all. */
final class Progress implements AutoCloseable {
    static final Progress NONE = new Progress(null);

    private static final int UPDATE_MILLIS = 200;
    private static final int WIDTH = 78;
    private static final long SMALL_BYTES = 10 << 20;

    private @Nullable ProgressBar bar;

    private Progress(@Nullable ProgressBar bar) {
        this.bar = bar;
    }

    static Progress bytes(String task, long total, PrintStream err) {
        boolean large = total >= SMALL_BYTES;
        return new Progress(new ProgressBarBuilder()
                .setTaskName(task)
                .setInitialMax(total)
                .setUnit(large ? " MiB" : " KiB", large ? 1 << 20 : 1 << 10)
                .setStyle(ProgressBarStyle.ASCII)
                .setUpdateIntervalMillis(UPDATE_MILLIS)
                // A width of its own: the library would ask its terminal library, which looks for native code.
                .setConsumer(new ConsoleProgressBarConsumer(err, WIDTH))
                .build());
    }

    void by(long bytes) {
        if (bar != null) {
            bar.stepBy(bytes);
        }
    }

    void to(long bytes) {
        if (bar != null) {
            bar.stepTo(bytes);
        }
    }

    /** Draws the bar for the last time; what is printed afterwards starts on a line of its own. */
    void finish() {
        if (bar != null) {
            bar.close();
            bar = null;
        }
    }

    @Override
    public void close() {
        finish();
    }
}
