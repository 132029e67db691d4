package dev.ashlar.failures;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.ashlar.CorruptionException;
import dev.ashlar.Keyspace;
import dev.ashlar.KeyspaceOptions;
import dev.ashlar.Store;
import dev.ashlar.Verification;
import dev.ashlar.failures.StoreFiles.Frame;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Chunk files that somebody removed or cut short. */
class MissingChunkTest extends FailureTest {
    private static final int MISSING = -1;

    private final Map<String, byte[]> model = new TreeMap<>();

    /** A store with some chunks: closed, and as a crash leaves it, all of it durable. */
    private List<StoreFiles> images(Path directory) {
        List<StoreFiles> images = new ArrayList<>();
        try (Store store = quick(directory)) {
            Keyspace space = store.keyspace("k");
            for (int i = 0; i < 60; i++) {
                model.put("key-" + i, pattern(25_000, i));
                space.put("key-" + i, model.get("key-" + i));
            }
            store.checkpoint();
            space.put("last", bytes("carries the watermark"));
            model.put("last", bytes("carries the watermark"));
            images.add(StoreFiles.of(directory));
        }
        images.add(StoreFiles.of(directory));
        return images;
    }

    @Test
    @DisplayName("A20 a chunk file missing or short at open: a typed error for what was in it, other keys readable")
    void missingOrShort() {
        Path directory = path("store");
        List<StoreFiles> images = images(directory);
        for (StoreFiles files : images) {
            for (String chunk : files.chunks()) {
                List<Frame> frames = files.frames(chunk);
                int middle =
                        frames.isEmpty() ? 1000 : frames.get(frames.size() / 2).offset();
                for (int length : new int[] {MISSING, 0, 1, 100, 128, 4096, middle, middle + 50, middle + 20_000}) {
                    StoreFiles image = files.copy();
                    if (length == MISSING) {
                        image.remove(chunk);
                    } else {
                        image.truncate(chunk, length);
                    }
                    long lost = frames.stream()
                            .filter(frame -> frame.isPut(frame.keyText()) && frame.end() > length)
                            .count();
                    boolean crashed = files == images.getFirst();
                    check(
                            directory,
                            image,
                            chunk,
                            lost,
                            crashed,
                            (crashed ? "not closed, " : "closed, ") + chunk + " cut to " + length);
                }
            }
        }
    }

    private void check(Path directory, StoreFiles image, String chunk, long lost, boolean crashed, String context) {
        image.writeTo(directory);
        Map<String, byte[]> now = new TreeMap<>(model);
        boolean last = crashed && chunk.compareTo(image.chunks().getLast()) >= 0;
        if (last) {
            now.remove("last"); // it was never durable
        }
        for (int opening = 0; opening < 2; opening++) {
            try (Store store = quick(directory)) {
                assertEquals(List.of("k"), store.keyspaces(), context);
                Keyspace space = store.keyspace("k");
                long damaged = damagedIn(now, space, context);
                assertTrue(damaged <= lost, context + ": " + damaged + " are damaged, " + lost + " were in there");
                assertTrue(last || damaged == lost, context + ": " + damaged + " are damaged of " + lost);
                assertFalse(lost > 0 && store.recovery().damaged().isEmpty(), context);
                assertEquals(lost == 0, store.verify(bytes -> {}).intact() || lost == 0, context);
                now.put("after " + opening, pattern(30_000, opening));
                space.put("after " + opening, now.get("after " + opening));
                assertArrayEquals(now.get("after " + opening), value(space.get("after " + opening)), context);
                store.compact();
            } catch (RuntimeException e) {
                throw new AssertionError(context, e);
            }
        }
    }

    @Test
    @DisplayName("A20 a short chunk is a typed error without verification too")
    void shortWithoutVerification() {
        Path directory = path("store");
        StoreFiles files = images(directory).getLast();
        String chunk = files.chunks().getFirst();
        StoreFiles image = files.copy();
        image.truncate(chunk, 200_000);
        image.writeTo(directory);
        try (Store store = quick(directory)) {
            Keyspace space = store.keyspace("k", KeyspaceOptions.DEFAULT.withVerification(Verification.NEVER));
            int damaged = 0;
            for (Frame frame : files.frames(chunk)) {
                if (frame.space() != 0 && frame.key().length > 0) {
                    try {
                        assertArrayEquals(model.get(frame.keyText()), value(space.get(frame.key())));
                    } catch (CorruptionException e) {
                        damaged++;
                    }
                }
            }
            assertTrue(damaged > 0);
        }
    }
}
