package dev.ashlar.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.ashlar.AshlarException;
import dev.ashlar.Durability;
import dev.ashlar.Keyspace;
import dev.ashlar.Store;
import dev.ashlar.StoreOptions;
import dev.ashlar.TypedKeyspace;
import dev.ashlar.ValueWriter;
import dev.ashlar.WriteBatch;
import dev.ashlar.WriteCallback;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.channels.Channels;
import java.nio.channels.ReadableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every method of the API that takes a duration, found by reflection, so that a new one is among them. Options of a store
 * are waited for in nanoseconds, and end at 100 years; a time to live is stored in milliseconds since 1970, and ends where
 * that does.
 */
class DurationBoundsTest {
    record Point(int x, int y) {}

    private static final Duration LONGEST = Duration.ofDays(36_500);
    private static final Duration ENDLESS = Duration.ofSeconds(Long.MAX_VALUE, 999_999_999);

    @TempDir
    Path directory;

    private static List<Method> taking(Class<?> type) {
        return Stream.of(type.getMethods())
                .filter(method -> !Modifier.isStatic(method.getModifiers()))
                .filter(method -> Arrays.asList(method.getParameterTypes()).contains(Duration.class))
                .toList();
    }

    private static Object call(Method method, Object target, Object... arguments) throws Throwable {
        try {
            return method.invoke(target, arguments);
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }

    @Test
    void durationsInOptionsEndAtAHundredYears() throws Throwable {
        List<Method> methods = taking(StoreOptions.class);
        assertEquals(4, methods.size(), methods.toString());
        for (Method method : methods) {
            boolean spin = method.getName().equals("withSpin");
            Duration longest = spin ? Duration.ofNanos(999_999_999) : LONGEST;
            assertInstanceOf(StoreOptions.class, call(method, StoreOptions.DEFAULT, longest));
            for (Duration refused :
                    List.of(longest.plusDays(1), ENDLESS, Duration.ofNanos(-1), Duration.ofSeconds(Long.MIN_VALUE))) {
                IllegalArgumentException e = assertThrows(
                        IllegalArgumentException.class,
                        () -> call(method, StoreOptions.DEFAULT, refused),
                        method.getName() + " " + refused);
                assertTrue(e.getMessage().contains(spin ? "one second" : "100 years"), e.getMessage());
            }
            assertThrows(NullPointerException.class, () -> call(method, StoreOptions.DEFAULT, (Object) null));
        }
    }

    @Test
    void aStoreWithTheLongestOfAllWorks() {
        StoreOptions options = StoreOptions.DEFAULT
                .withWriteTimeout(LONGEST)
                .withSyncInterval(LONGEST)
                .withSweepInterval(LONGEST)
                .withRingSlots(8)
                .withClock(() -> Instant.ofEpochMilli(1_000));
        try (Store store = Store.open(directory.resolve("store"), options)) {
            Keyspace space = store.keyspace("k");
            space.put(1, new byte[1], Duration.ofMillis(1));
            for (int i = 0; i < 1_000; i++) {
                long ignored =
                        space.putAsync(i, new byte[100], Durability.APPENDED).join();
            }
            space.put("durable", new byte[1], Durability.DURABLE);
            store.sync();
            assertEquals(1_001, space.size());
        }
    }

    /** What a parameter is given that is no duration. */
    private Object argument(Class<?> type, Store store, String keyspace) {
        Keyspace space = store.keyspace(keyspace);
        WriteCallback callback = new WriteCallback() {
            @Override
            public void completed(long tag, long lsn) {}

            @Override
            public void failed(long tag, AshlarException failure) {}
        };
        Map<Class<?>, Object> arguments = Map.ofEntries(
                Map.entry(byte[].class, new byte[] {1}),
                Map.entry(String.class, "key"),
                Map.entry(long.class, 1L),
                Map.entry(MemorySegment.class, MemorySegment.ofArray(new byte[] {1})),
                Map.entry(Durability.class, Durability.APPENDED),
                Map.entry(WriteCallback.class, callback),
                Map.entry(InputStream.class, new ByteArrayInputStream(new byte[1])),
                Map.entry(ReadableByteChannel.class, Channels.newChannel(new ByteArrayInputStream(new byte[1]))),
                Map.entry(Path.class, directory.resolve("file")),
                Map.entry(ValueWriter.class, (ValueWriter<RuntimeException>) out -> out.write(new byte[1], 0, 1)),
                Map.entry(Keyspace.class, space),
                Map.entry(WriteBatch.class, store.batch()),
                Map.entry(Object.class, new Point(1, 2)));
        return assertNotNull(arguments, type);
    }

    private static Object assertNotNull(Map<Class<?>, Object> arguments, Class<?> type) {
        Object argument = arguments.get(type);
        org.junit.jupiter.api.Assertions.assertNotNull(argument, "say here what to give for a " + type);
        return argument;
    }

    private Object[] arguments(Method method, Store store, String keyspace, Duration duration) {
        return Stream.of(method.getParameterTypes())
                .map(type -> type == Duration.class ? duration : argument(type, store, keyspace))
                .toArray();
    }

    @Test
    void aTimeToLiveThatCannotBeStoredIsRefusedByEveryMethodAndNothingChanges() throws Throwable {
        long now = 1_790_000_000_000L;
        Files.write(directory.resolve("file"), new byte[1]);
        StoreOptions options = StoreOptions.DEFAULT.withClock(() -> Instant.ofEpochMilli(now));
        Duration longest = Duration.ofMillis(Long.MAX_VALUE - now);
        try (Store store = Store.open(directory.resolve("store"), options);
                WriteBatch batch = store.batch()) {
            Keyspace space = store.keyspace("plain");
            space.put("key", new byte[1]);
            TypedKeyspace<Point> typed = store.keyspace("typed").typed(Point.class);
            Map<Object, List<Method>> targets = Map.of(
                    space, taking(Keyspace.class),
                    batch, taking(WriteBatch.class),
                    typed, taking(TypedKeyspace.class));
            long writes = store.stats().writes();
            for (Map.Entry<Object, List<Method>> target : targets.entrySet()) {
                String keyspace = target.getKey() == typed ? "typed" : "plain";
                assertFalse(target.getValue().isEmpty());
                for (Method method : target.getValue()) {
                    for (Duration refused :
                            List.of(longest.plusNanos(1), ENDLESS, Duration.ZERO, Duration.ofSeconds(Long.MIN_VALUE))) {
                        Throwable e = assertThrows(
                                Throwable.class,
                                () -> call(method, target.getKey(), arguments(method, store, keyspace, refused)),
                                () -> method + " took " + refused);
                        assertInstanceOf(IllegalArgumentException.class, e, () -> method + ": " + e);
                    }
                    assertThrows(
                            NullPointerException.class,
                            () -> call(method, target.getKey(), arguments(method, store, keyspace, null)),
                            method::toString);
                }
            }
            store.sync();
            assertEquals(writes, store.stats().writes());
            assertEquals(0, batch.size());
            assertFalse(TestEngines.announcesExpiry(store));
        }
    }

    @Test
    void theLongestTimeToLiveOverflowsNowhere() {
        HandClock clock = new HandClock(1_790_000_000_000L);
        Instant latest = Instant.ofEpochMilli(Long.MAX_VALUE);
        StoreOptions options = StoreOptions.DEFAULT
                .withAutoCompaction(false)
                .withSweepInterval(Duration.ZERO)
                .withClock(clock);
        Path path = directory.resolve("store");
        List<Duration> times = List.of(
                LONGEST.plusDays(1), Duration.ofDays(365_250_000), Duration.ofMillis(Long.MAX_VALUE - clock.millis()));
        try (Store store = Store.open(path, options)) {
            Keyspace space = store.keyspace("k");
            for (int i = 0; i < times.size(); i++) {
                space.put(i, new byte[100], times.get(i));
            }
            for (int i = 0; i < 2_000; i++) {
                space.put("other", new byte[4_000]);
            }
            assertTrue(store.compact().chunks() > 0);
            assertEquals(latest, space.expiresAt(2));
        }
        for (int round = 0; round < 2; round++) {
            try (Store store = Store.open(path, options)) {
                Keyspace space = store.keyspace("k");
                assertEquals(0, store.removeExpired());
                for (int i = 0; i < times.size(); i++) {
                    assertEquals(100, space.get(i).byteSize());
                    assertEquals(clock.instant().plus(times.get(i)), space.expiresAt(i));
                }
            }
        }
        clock.set(Long.MAX_VALUE);
        try (Store store = Store.open(path, options)) {
            assertEquals(times.size(), store.removeExpired());
            assertEquals(1, store.keyspace("k").size());
        }
    }
}
