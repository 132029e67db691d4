package dev.ashlar.typed;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.ashlar.Durability;
import dev.ashlar.Keyspace;
import dev.ashlar.Store;
import dev.ashlar.StoreOptions;
import dev.ashlar.TypedCursor;
import dev.ashlar.TypedKeyspace;
import dev.ashlar.typed.Types.Level;
import dev.ashlar.typed.Types.LevelView;
import dev.ashlar.typed.Types.Quote;
import dev.ashlar.typed.Types.QuoteView;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles.Lookup;
import java.lang.ref.WeakReference;
import java.lang.reflect.Method;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What typed values leave behind on the heap, in class loaders, and when threads meet. */
class TypedCostTest {
    private static final StoreOptions STILL = StoreOptions.DEFAULT.withAutoCompaction(false);
    private static final int ROUNDS = 20_000;

    @TempDir
    Path directory;

    /** By reflection, because the module that is tested does not read the one that counts. */
    private static long allocatedByThisThread() {
        try {
            Object threads = Class.forName("java.lang.management.ManagementFactory")
                    .getMethod("getThreadMXBean")
                    .invoke(null);
            return (long) Class.forName("com.sun.management.ThreadMXBean")
                    .getMethod("getCurrentThreadAllocatedBytes")
                    .invoke(threads);
        } catch (ReflectiveOperationException e) {
            throw new AssertionError(e);
        }
    }

    /**
     * Bytes that an action allocates each time, the least of several measurements: the compiler comes in between. For a
     * minute there are more of them, until it is less than it may be.
     */
    private static double allocated(double most, Runnable action) {
        double least = Double.MAX_VALUE;
        long end = System.nanoTime() + 60_000_000_000L;
        for (int attempt = 0; attempt < 12 || least >= most && System.nanoTime() < end; attempt++) {
            long before = allocatedByThisThread();
            for (int i = 0; i < ROUNDS; i++) {
                action.run();
            }
            least = Math.min(least, (double) (allocatedByThisThread() - before) / ROUNDS);
        }
        return least;
    }

    private double sum;

    @Test
    void findingAllocatesNothingAndDraftsAddNothingToAPut() {
        try (Store store = Store.open(directory, STILL)) {
            Keyspace raw = store.keyspace("quotes");
            TypedKeyspace<QuoteView> typed = raw.typed(QuoteView.class);
            byte[] key = {1, 2, 3, 4, 5, 6, 7, 8};
            QuoteView draft = typed.draft().time(1).bid(2);
            typed.put(key, draft);
            TypedCursor<QuoteView> cursor = typed.cursor();
            double finding = allocated(1, () -> {
                assertTrue(cursor.find(key));
                sum += cursor.value().bid() + cursor.value().mid();
            });
            assertTrue(finding < 1, "a find allocates " + finding + " bytes");
            MemorySegment value = Arena.ofAuto().allocate(40, 8);
            double bare = allocated(Double.MAX_VALUE, () -> raw.put(key, value, Durability.APPENDED));
            double drafted = allocated(bare + 1, () -> typed.put(key, draft.bid(sum), Durability.APPENDED));
            assertTrue(drafted < bare + 1, "a put of a draft allocates " + drafted + " bytes, of a segment " + bare);
        }
    }

    /** Defines the classes of this package that it is told to by itself. */
    private static final class OwnLoader extends ClassLoader {
        private final List<String> own;

        OwnLoader(String... own) {
            super(TypedCostTest.class.getClassLoader());
            this.own = List.of(own);
        }

        @Override
        protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
            synchronized (getClassLoadingLock(name)) {
                Class<?> present = findLoadedClass(name);
                if (present != null || !own.contains(name)) {
                    return present != null ? present : super.loadClass(name, resolve);
                }
                try (InputStream in = getResourceAsStream(name.replace('.', '/') + ".class")) {
                    byte[] bytes = in.readAllBytes();
                    return defineClass(name, bytes, 0, bytes.length);
                } catch (IOException e) {
                    throw new ClassNotFoundException(name, e);
                }
            }
        }
    }

    @Test
    void typesOfOtherLoadersWorkAndCanBeUnloaded() throws Exception {
        List<WeakReference<Class<?>>> generated = new ArrayList<>();
        try (Store store = Store.open(directory, STILL)) {
            for (Class<?> type : new Class<?>[] {LevelView.class, Level.class}) {
                generated.addAll(useInLoaderOfItsOwn(store, type));
            }
            for (int i = 0; i < 2_000 && generated.stream().anyMatch(each -> each.get() != null); i++) {
                System.gc();
                Thread.sleep(10);
            }
            for (WeakReference<Class<?>> each : generated) {
                assertNull(each.get());
            }
        }
    }

    private static <T> List<WeakReference<Class<?>>> useInLoaderOfItsOwn(Store store, Class<T> original)
            throws Exception {
        OwnLoader loader = new OwnLoader(original.getName(), Types.class.getName(), Types.Here.class.getName());
        Class<?> type = loader.loadClass(original.getName());
        assertTrue(type != original);
        Method lookup = loader.loadClass(Types.Here.class.getName()).getMethod("lookup");
        lookup.setAccessible(true);
        Lookup inside = (Lookup) lookup.invoke(null);
        if (type.isInterface()) {
            assertThrows(
                    IllegalArgumentException.class,
                    () -> store.keyspace("levels").typed(type));
        }
        TypedKeyspace<?> typed = store.keyspace("levels").typed(type, inside);
        store.keyspace("levels").put("a", new byte[16]);
        Object value = typed.get("a");
        assertTrue(type.isInstance(value));
        assertTrue(value.toString().contains("price=0.0"), value.toString());
        for (int i = 0; i < 100; i++) {
            assertSame(
                    value.getClass(),
                    store.keyspace("levels").typed(type, inside).get("a").getClass());
        }
        return List.of(
                new WeakReference<>(type),
                new WeakReference<>(value.getClass()),
                new WeakReference<>(Schemas.of(type, inside).codec().getClass()));
    }

    @Test
    void readersSeeWholeValuesWhileOthersOverwriteAndCompact() throws Exception {
        try (Store store = Store.open(directory, STILL)) {
            TypedKeyspace<Quote> records = store.keyspace("quotes").typed(Quote.class);
            TypedKeyspace<QuoteView> views = store.keyspace("quotes").typed(QuoteView.class);
            for (int key = 0; key < 16; key++) {
                records.put(key, TypedKeyspaceTest.quote(key));
            }
            AtomicBoolean done = new AtomicBoolean();
            AtomicReference<Throwable> failure = new AtomicReference<>();
            List<Thread> threads = new ArrayList<>();
            threads.add(start(failure, done, () -> {
                for (int i = 0; !done.get(); i++) {
                    records.put(i & 15, TypedKeyspaceTest.quote(i));
                }
            }));
            threads.add(start(failure, done, () -> {
                QuoteView draft = views.draft();
                for (int i = 0; !done.get(); i++) {
                    draft.time(i).bid(i + 0.25).venue("v" + i % 100_000).ask(i + 0.5);
                    draft.size(100 * i);
                    draft.firm(i % 2 == 0);
                    views.put(i & 15, draft);
                }
            }));
            for (int reader = 0; reader < 2; reader++) {
                threads.add(start(failure, done, () -> {
                    TypedCursor<QuoteView> cursor = views.cursor();
                    for (long i = 0; !done.get(); i++) {
                        assertTrue(cursor.find(i & 15));
                        assertWhole(cursor.value());
                        assertWhole(views.get(i & 15));
                        Quote copy = records.get(i & 15);
                        assertEquals(TypedKeyspaceTest.quote((int) copy.time()), copy);
                    }
                }));
            }
            long end = System.nanoTime() + 2_000_000_000L;
            while (System.nanoTime() < end && failure.get() == null) {
                store.compact();
            }
            done.set(true);
            for (Thread thread : threads) {
                thread.join();
            }
            if (failure.get() != null) {
                throw new AssertionError(failure.get());
            }
        }
    }

    private static void assertWhole(QuoteView view) {
        Quote expected = TypedKeyspaceTest.quote((int) view.time());
        assertEquals(expected, new Quote(view.time(), view.bid(), view.ask(), view.size(), view.firm(), view.venue()));
    }

    private static Thread start(AtomicReference<Throwable> failure, AtomicBoolean done, Runnable action) {
        return Thread.ofPlatform().start(() -> {
            try {
                action.run();
            } catch (Throwable e) {
                failure.compareAndSet(null, e);
                done.set(true);
            }
        });
    }
}
