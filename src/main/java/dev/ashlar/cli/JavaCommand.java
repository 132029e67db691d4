package dev.ashlar.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/** The command that runs this command line again, in another process, on the same Java with the same flags. */
final class JavaCommand {
    private static final String VECTORS = "jdk.incubator.vector";
    private static final String ZSTD = "com.github.luben.zstd_jni";

    private JavaCommand() {}

    static List<String> of(String... arguments) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        flags().forEach(command::add);
        System.getProperties().stringPropertyNames().stream()
                .filter(name -> name.startsWith("ashlar."))
                .forEach(name -> command.add("-D" + name + "=" + System.getProperty(name)));
        boolean vectors = ModuleLayer.boot().findModule(VECTORS).isPresent();
        Module own = Main.class.getModule();
        if (own.isNamed()) {
            command.add("--module-path=" + System.getProperty("jdk.module.path"));
            // The libraries of the command line are optional, and not resolved by themselves.
            command.add("--add-modules=ALL-MODULE-PATH" + (vectors ? "," + VECTORS : ""));
        } else {
            command.add("--class-path=" + System.getProperty("java.class.path"));
            if (vectors) {
                command.add("--add-modules=" + VECTORS);
            }
        }
        if (own.isNativeAccessEnabled()) {
            command.add("--enable-native-access=" + (own.isNamed() ? own.getName() + "," + ZSTD : "ALL-UNNAMED"));
        }
        if (own.isNamed()) {
            command.add("--module=" + own.getName() + "/" + Main.class.getName());
        } else {
            command.add(Main.class.getName());
        }
        command.addAll(List.of(arguments));
        return command;
    }

    /** The -X and -XX flags of this process, where the operating system tells them. */
    private static Stream<String> flags() {
        return ProcessHandle.current().info().arguments().stream()
                .flatMap(Arrays::stream)
                .takeWhile(argument -> !argument.endsWith(Main.class.getName()))
                .filter(argument -> argument.startsWith("-X"));
    }
}
