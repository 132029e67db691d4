/**
 * Ashlar, an embedded, off-heap storage engine: keys and values, vectors and documents, read in place from one log.
 *
 * <p>Only {@link dev.ashlar} and {@link dev.ashlar.interchange} are for callers. The modules required {@code static} are
 * optional: without the Vector API the scalar kernels run, and the others serve the command line alone.
 */
// HdrHistogram has no module descriptor, nor a name reserved for one; a program that embeds the engine never loads it.
@SuppressWarnings("requires-automatic")
module dev.ashlar {
    requires com.github.luben.zstd_jni;
    requires com.lmax.disruptor;
    requires static HdrHistogram;
    requires static com.fasterxml.jackson.core;
    requires static com.fasterxml.jackson.databind;
    requires static info.picocli;
    requires static jdk.incubator.vector;
    requires static me.tongfei.progressbar;
    // Not transitive, although the annotations stand in public signatures: javac would then ask every caller for them.
    requires static org.jspecify;

    exports dev.ashlar;
    exports dev.ashlar.interchange;

    // picocli fills the fields of the commands.
    opens dev.ashlar.cli to
            info.picocli;
}
