package dev.ashlar.cli;

import dev.ashlar.CorruptionException;
import dev.ashlar.Scan;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/** One pass over entries, up to a limit. A damaged entry costs itself: it is reported, and the pass goes on behind it. */
final class EntryPass {
    private final Output output;
    private final List<String> damaged = new ArrayList<>();
    private boolean more;

    EntryPass(Output output) {
        this.output = output;
    }

    /** Where the entries go, as they are met: so a keyspace of any size is shown in little memory. */
    interface Target {
        /** @throws CorruptionException if the value is damaged; then nothing was shown */
        void entry(Scan scan) throws IOException;

        /** An entry whose key can be read, and whose value cannot. */
        void damaged(MemorySegment key, String message) throws IOException;
    }

    void run(Scan scan, long limit, Target target) throws IOException {
        for (long shown = 0; Exporter.next(scan, this::report); shown++) {
            if (shown == limit) {
                more = true;
                return;
            }
            try {
                target.entry(scan);
            } catch (CorruptionException e) {
                report(e);
                target.damaged(scan.key(), Errors.describe(e));
            }
        }
    }

    private void report(CorruptionException damage) {
        output.error(Errors.describe(damage));
        damaged.add(Errors.describe(damage));
    }

    /** Whether there are more entries than the limit allows. */
    boolean more() {
        return more;
    }

    List<String> damaged() {
        return damaged;
    }

    /** Tells of the limit. @return the exit code */
    int end(long limit) {
        if (more) {
            output.note("There are more keys than --limit=" + limit + ".");
        }
        return damaged.isEmpty() ? ExitCode.OK : ExitCode.REFUSED;
    }
}
