package dev.ashlar.keyspace;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.ashlar.CorruptionException;
import dev.ashlar.Store;
import dev.ashlar.StoreOptions;
import dev.ashlar.engine.TestEngines;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ValuesTest {
    /** More looks than are taken for damage, if nothing is being superseded. */
    private static final int MANY = 2_000;

    @TempDir
    Path directory;

    /** As if the writer were kept from its processor right then, or had a million more of them to let go of. */
    @Test
    void whoMeetsAFileThatHasGoneWaitsUntilTheIndexHasChangedHoweverLongThatTakes() throws InterruptedException {
        try (Store store = Store.open(directory, StoreOptions.DEFAULT)) {
            Values values = TestEngines.space(store.keyspace("k")).values();
            AtomicReference<Throwable> failure = new AtomicReference<>();
            values.removes();
            Thread reader = Thread.ofPlatform().daemon().start(() -> {
                try {
                    for (int tries = 0; values.isRemoving(); tries++) {
                        values.lookAgain(0, tries);
                    }
                } catch (Throwable e) {
                    failure.set(e);
                }
            });
            assertTrue(!reader.join(Duration.ofMillis(800)), "the reader did not wait: " + failure.get());
            values.hasRemoved();
            reader.join(TimeUnit.MINUTES.toMillis(1));
            assertEquals(null, failure.get());
            assertTrue(!reader.isAlive(), "the reader waits for ever");
            assertThrows(CorruptionException.class, () -> {
                for (int tries = 0; tries < MANY; tries++) {
                    values.lookAgain(0, tries);
                }
            });
        }
    }
}
