package dev.ashlar.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The file with the kernels in C, which {@link NativeKernels} opens, and how it comes to be. */
final class NativeLibrary {
    private static final Path BUILD = Path.of("target", "native").toAbsolutePath();

    static final Path FILE = BUILD.resolve("libashlar_kernels.so");

    private NativeLibrary() {}

    /** Compiles them; false, and says so, where that cannot be done. */
    static boolean build() throws IOException, InterruptedException {
        Files.createDirectories(BUILD);
        try {
            Process make = new ProcessBuilder("make", "-s", "-C", "../native", "BUILD=" + BUILD, "kernels")
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            if (make.waitFor() == 0) {
                return true;
            }
        } catch (IOException e) {
            System.err.println(e.getMessage());
        }
        Files.deleteIfExists(FILE);
        System.err.println(
                "The kernels in C do not build (make and GCC or Clang are needed): no comparison with them.");
        return false;
    }

    static boolean isBuilt() {
        return Files.exists(FILE);
    }
}
