package dev.ashlar.cli;

import java.io.IOException;

/** Who reads our standard output has closed it ({@code ashlar list … | head}). Not worth a message. */
final class OutputClosedException extends IOException {
    private static final long serialVersionUID = 1L;

    OutputClosedException(IOException cause) {
        super(cause);
    }
}
