package dev.ashlar.engine;

import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.ashlar.Durability;
import dev.ashlar.Keyspace;
import dev.ashlar.StoreClosedException;
import java.lang.reflect.Field;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Writes that come at the one moment at which nobody was to look for them again. */
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class LateWakeUpTest {
    @TempDir
    Path directory;

    private static <T> T field(Object owner, String name, Class<T> type) throws ReflectiveOperationException {
        Field field = owner.getClass().getDeclaredField(name);
        field.setAccessible(true);
        return type.cast(field.get(owner));
    }

    private Engine open(Duration syncInterval) {
        return (Engine) StressStores.open(
                directory, StressStores.SMALL.withSyncInterval(syncInterval).withSpin(Duration.ZERO), -1L, 4 << 10);
    }

    /** It found the store open, and the store was closed before it had filled its slot. */
    @Test
    void aWriteThatIsPublishedAfterClosingWhileTheRoleIsTakenIsRefused() throws Exception {
        Engine store = open(Duration.ofMillis(50));
        WriteRing ring = field(field(store, "writes", Writes.class), "ring", WriteRing.class);
        store.close();
        Ticket ticket = Ticket.future(Durability.APPENDED);
        store.appender().exclusively(() -> {
            Thread late = Thread.ofPlatform().start(() -> {
                long sequence = ring.tryClaim();
                ring.event(sequence).ticket = ticket;
                ring.publish(sequence);
                store.appender().signal();
            });
            try {
                late.join();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
            return true;
        });
        assertTrue(ticket.isDone(), "nobody tells the writer");
        assertInstanceOf(StoreClosedException.class, ticket.exceptionNow());
    }

    /**
     * Whoever unparks a thread leaves it one permit, and a lock that the thread waits for meanwhile uses that up. Here
     * what the sync thread does when it is idle stands for the lock.
     */
    @Test
    void aFutureIsToldAlthoughALockHasUsedUpTheWakeUp() throws Exception {
        try (Engine store = open(Duration.ofHours(1))) {
            Keyspace space = store.keyspace("k");
            byte[] key = "key".getBytes(StandardCharsets.UTF_8);
            AtomicBoolean first = new AtomicBoolean();
            CountDownLatch idle = new CountDownLatch(1);
            CompletableFuture<Object> inBetween = new CompletableFuture<>();
            Syncer syncer = field(store, "syncer", Syncer.class);
            syncer.whenIdle(() -> {
                if (first.compareAndSet(true, false)) {
                    idle.countDown();
                    inBetween.join();
                    LockSupport.parkNanos(TimeUnit.SECONDS.toNanos(1));
                    LockSupport.parkNanos(TimeUnit.SECONDS.toNanos(1));
                }
            });
            space.putAsync(key, key, Durability.DURABLE).get(60, TimeUnit.SECONDS);
            first.set(true); // and not before: who waits for the first future needs the thread
            LockSupport.unpark(field(syncer, "thread", Thread.class));
            assertTrue(idle.await(60, TimeUnit.SECONDS));
            CompletableFuture<Long> future = space.putAsync(key, key, Durability.DURABLE);
            inBetween.complete(future);
            assertTrue(future.get(60, TimeUnit.SECONDS) < store.durableLsn());
        }
    }
}
