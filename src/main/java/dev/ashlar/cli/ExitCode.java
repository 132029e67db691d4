package dev.ashlar.cli;

/** What the process says when it ends. The numbers are part of the interface: scripts depend on them. */
final class ExitCode {
    static final int OK = 0;
    /** No such store, keyspace, key or file. */
    static final int NOT_FOUND = 1;
    /** Stored data is damaged, or the engine or the operating system refused. */
    static final int REFUSED = 2;
    /** EX_USAGE of BSD's sysexits. */
    static final int USAGE = 64;
    /** EX_SOFTWARE of BSD's sysexits: a defect. */
    static final int DEFECT = 70;
    /** What a shell shows for a program that a closed pipe has ended: nobody wants the rest of the output. */
    static final int OUTPUT_CLOSED = 128 + 13;

    private ExitCode() {}
}
