package dev.ashlar.interchange;

import dev.ashlar.UnsupportedFormatException;
import dev.ashlar.interchange.Chain.Break;
import dev.ashlar.interchange.Chain.Walk;
import dev.ashlar.io.InputFile;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * A file of simd-r-drive, of which it is known what is in it: which layout, and whether it is intact. For one thread.
 */
final class DriveFile implements AutoCloseable {
    private final InputFile file;
    private final Window window;
    private int alignment = EntryLayout.ALIGNMENT;
    private @Nullable Chain chain;
    private @Nullable Break broken;

    private DriveFile(InputFile file) {
        this.file = file;
        this.window = new Window(file);
    }

    /**
     * Opens a file and finds out about it, which reads it once if it is intact and of the newest layout, and up to six
     * times if not.
     *
     * @param meter told of the bytes of the file
     * @throws UnsupportedFormatException if there is not a single entry in it, and it is not empty
     */
    static DriveFile open(Path path, Meter meter) {
        DriveFile opened = new DriveFile(InputFile.open(path));
        try {
            if (!opened.isIntactInSomeLayout(meter)) {
                opened.chooseLayout(meter);
            }
            return opened;
        } catch (RuntimeException | Error e) {
            opened.close();
            throw e;
        }
    }

    private boolean isIntactInSomeLayout(Meter meter) {
        for (int tried : EntryLayout.ALIGNMENTS) {
            Walk walk = Chain.walk(window, tried, file.size(), meter::at);
            if (walk.chain() != null) {
                chain = walk.chain();
                alignment = tried;
                return true;
            }
            // The layout that came furthest says best where the damage is.
            Break found = walk.broken();
            if (found != null && (broken == null || found.position() < broken.position())) {
                broken = found;
            }
        }
        return false;
    }

    /** Of a damaged file the layout in which most of it can be read. */
    private void chooseLayout(Meter meter) {
        long best = 0;
        for (int tried : EntryLayout.ALIGNMENTS) {
            long[] whole = new long[1];
            salvage(
                    tried,
                    new Losses(file.name()),
                    (tail, _, metadata, _, _) -> whole[0] += metadata + EntryLayout.METADATA_BYTES - tail,
                    meter);
            if (whole[0] > best) {
                best = whole[0];
                alignment = tried;
            }
        }
        if (best == 0) {
            throw new UnsupportedFormatException(file.name() + " is no file of simd-r-drive: in " + file.size()
                    + " bytes there is not one entry whose link and checksum are right, in none of its layouts. Nothing"
                    + " was changed.");
        }
    }

    private void salvage(int layout, Losses losses, Found found, Meter meter) {
        Salvage.run(window, new Window(file), layout, file.size(), losses, found, meter::at);
    }

    InputFile file() {
        return file;
    }

    int alignment() {
        return alignment;
    }

    /** Where the walk from the end met damage; null if the file is intact. */
    @Nullable
    Break broken() {
        return chain == null ? broken : null;
    }

    /** Visits the entries in the order of the file; what is passed over is told, whether or not anybody listens. */
    void forEach(Found found, Losses losses) {
        if (chain != null) {
            chain.forEach(found);
        } else {
            salvage(alignment, losses, found, new Meter(_ -> {}));
        }
    }

    @Override
    public void close() {
        file.close();
    }
}
