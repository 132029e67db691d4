package dev.ashlar.vector;

import dev.ashlar.VectorHit;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;

/** Goes through all rows of a list, one after the other. For one thread at a time. */
public final class RowWalk {
    private final Iterator<PlacedRun> runs;
    private @Nullable PlacedRun run;
    private int word;
    private long rest;
    private int row = -1;

    RowWalk(List<PlacedRun> runs) {
        this.runs = runs.iterator();
    }

    /** Goes to the next row; false at the end. */
    public boolean next() {
        PlacedRun present = run;
        while (rest == 0) {
            word++;
            if (present == null || word * Long.SIZE >= present.count()) {
                row = -1;
                if (!runs.hasNext()) {
                    run = null;
                    return false;
                }
                present = runs.next();
                run = present;
                word = 0;
            }
            rest = present.count() == 0 ? 0 : present.presentMask(word);
        }
        row = word * Long.SIZE + Long.numberOfTrailingZeros(rest);
        rest &= rest - 1;
        return true;
    }

    private PlacedRun run() {
        PlacedRun present = run;
        if (present == null || row < 0) {
            throw new NoSuchElementException("the scan is not at a row");
        }
        return present;
    }

    /** @throws dev.ashlar.CorruptionException if the header of the row is damaged; the walk can go on */
    public long id() {
        PlacedRun present = run();
        present.checkHeader(row);
        return present.id(row);
    }

    /** @throws dev.ashlar.CorruptionException if the header of the row is damaged; the walk can go on */
    public long version() {
        PlacedRun present = run();
        present.checkHeader(row);
        return present.version(row);
    }

    /** @throws dev.ashlar.CorruptionException if the row is damaged; the walk can go on */
    public VectorHit row() {
        return run().hit(row, Float.NaN);
    }
}
