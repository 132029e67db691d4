package dev.ashlar.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;

/** What the benchmarks ran on and with. Says nothing about who or where. */
final class Environment {
    private Environment() {}

    static Map<String, Object> describe(Map<String, ?> run) {
        Map<String, Object> all = new LinkedHashMap<>();
        all.put("date", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
        all.put("commit", output("git", "rev-parse", "--short", "HEAD"));
        all.put(
                "uncommittedChanges",
                !output("git", "status", "--porcelain", "--", "../src", "src", "pom.xml")
                        .isEmpty());
        all.put("cpu", firstValue(Path.of("/proc/cpuinfo"), "model name"));
        all.put("cores", Runtime.getRuntime().availableProcessors());
        all.put("cpuFlags", simdFlags());
        all.put("virtualMachine", firstValue(Path.of("/proc/cpuinfo"), "flags").contains("hypervisor"));
        all.put("memory", firstValue(Path.of("/proc/meminfo"), "MemTotal"));
        all.put("loadAverageAtStart", loadAverage());
        all.put("kernel", System.getProperty("os.name") + " " + System.getProperty("os.version"));
        all.put("transparentHugePages", read(Path.of("/sys/kernel/mm/transparent_hugepage/enabled")));
        all.put("fileSystem", fileSystem());
        all.put("jdk", System.getProperty("java.vm.vendor") + " " + System.getProperty("java.runtime.version"));
        all.put("jvmArguments", Suite.jvmArguments());
        all.put("versions", versions());
        all.putAll(run);
        return all;
    }

    /** Of the last minute; above the number of cores, programs wait for each other. */
    static String loadAverage() {
        return read(Path.of("/proc/loadavg")).split(" ")[0];
    }

    private static String fileSystem() {
        try {
            Files.createDirectories(Directories.data());
            return Files.getFileStore(Directories.data()).type();
        } catch (IOException e) {
            return "unknown";
        }
    }

    private static String simdFlags() {
        List<String> wanted = List.of("avx", "avx2", "avx512f", "avx512vl", "avx512_vbmi2", "sve", "asimd");
        return String.join(
                " ",
                List.of(firstValue(Path.of("/proc/cpuinfo"), "flags").split(" ")).stream()
                        .filter(wanted::contains)
                        .toList());
    }

    private static Map<String, String> versions() {
        Map<String, String> versions = new LinkedHashMap<>();
        versions.put("jmh", version("org.openjdk.jmh", "jmh-core"));
        versions.put("lmdbjava", jar("lmdbjava"));
        versions.put("rocksdbjni", jar("rocksdbjni"));
        versions.put("chronicle-map", jar("chronicle-map"));
        versions.put("h2-mvstore", jar("h2-mvstore"));
        return versions;
    }

    private static String version(String group, String artifact) {
        String resource = "/META-INF/maven/" + group + "/" + artifact + "/pom.properties";
        try (var in = Environment.class.getResourceAsStream(resource)) {
            if (in == null) {
                return jar(artifact);
            }
            Properties properties = new Properties();
            properties.load(in);
            return properties.getProperty("version");
        } catch (IOException e) {
            return "unknown";
        }
    }

    /** From the name of the file on the class path. */
    private static String jar(String artifact) {
        for (String entry : System.getProperty("java.class.path").split(":")) {
            String name = entry.substring(entry.lastIndexOf('/') + 1);
            if (name.startsWith(artifact + "-") && name.endsWith(".jar")) {
                return name.substring(artifact.length() + 1, name.length() - 4);
            }
        }
        return "unknown";
    }

    private static String firstValue(Path file, String key) {
        return read(file)
                .lines()
                .filter(line -> line.startsWith(key))
                .map(line -> line.substring(line.indexOf(':') + 1).strip())
                .findFirst()
                .orElse("unknown");
    }

    private static String read(Path file) {
        try {
            return Files.readString(file).strip();
        } catch (IOException e) {
            return "unknown";
        }
    }

    private static String output(String... command) {
        try {
            Process process = new ProcessBuilder(command)
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            return new String(process.getInputStream().readAllBytes()).strip();
        } catch (IOException e) {
            return "unknown";
        }
    }
}
