package dev.ashlar.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/** Runs commands in this process, with captured streams. */
final class Cli {
    private static final ObjectMapper JSON = new ObjectMapper();

    private Cli() {}

    @SuppressWarnings("ArrayRecordComponent") // Results are not compared.
    record Result(int exitCode, byte[] bytes, String err) {
        String out() {
            return new String(bytes, StandardCharsets.UTF_8);
        }

        /** Standard output, which must be exactly one JSON document. */
        JsonNode json() {
            try {
                return JSON.readerFor(JsonNode.class)
                        .with(com.fasterxml.jackson.databind.DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
                        .readValue(bytes);
            } catch (IOException e) {
                throw new UncheckedIOException("not JSON: " + out(), e);
            }
        }

        Result expect(int expected) {
            if (exitCode != expected) {
                throw new AssertionError("exit code " + exitCode + " and not " + expected + "\n" + out() + err);
            }
            if (err.contains("\tat ") || out().contains("\tat ")) {
                throw new AssertionError("a stack trace: " + out() + err);
            }
            return this;
        }
    }

    static Result run(Object... arguments) {
        return runWith(new ByteArrayInputStream(new byte[0]), arguments);
    }

    static Result runWith(byte[] in, Object... arguments) {
        return runWith(new ByteArrayInputStream(in), arguments);
    }

    static Result runWith(InputStream in, Object... arguments) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        String[] texts = Stream.of(arguments).map(String::valueOf).toArray(String[]::new);
        int exitCode = Main.run(in, out, err, false, texts);
        return new Result(exitCode, out.toByteArray(), err.toString(StandardCharsets.UTF_8));
    }

    static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /** Every path below a directory, with the content of the files: to compare before and after. */
    static Map<String, String> contents(Path directory) throws IOException {
        Map<String, String> contents = new TreeMap<>();
        try (Stream<Path> walk = Files.walk(directory)) {
            for (Path path : walk.toList()) {
                String content = Files.isRegularFile(path)
                        ? new String(Files.readAllBytes(path), StandardCharsets.ISO_8859_1)
                        : "";
                contents.put(directory.relativize(path).toString(), content);
            }
        }
        return contents;
    }
}
