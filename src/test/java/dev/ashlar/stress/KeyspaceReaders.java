package dev.ashlar.stress;

import dev.ashlar.Cursor;
import dev.ashlar.Keyspace;
import dev.ashlar.Scan;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.BitSet;
import java.util.ConcurrentModificationException;
import java.util.SplittableRandom;

/** The keys of a {@link KeyspaceRound}, and the ways to read them. */
final class KeyspaceReaders {
    /** How many keys others write; those of the first half are never deleted. */
    static final int KEYS = 8;

    /** How many keys nobody writes. */
    static final int UNTOUCHED = 60;

    private static final String[] ENDINGS = {"", "12345", "123456", "1234567890123", "12345678901234", "x".repeat(200)};

    private KeyspaceReaders() {}

    static String untouched(int i) {
        return "untouched " + i;
    }

    static byte[] key(int key) {
        return (key + ENDINGS[key % ENDINGS.length]).getBytes(StandardCharsets.UTF_8);
    }

    interface Reader {
        void read(KeyHistory history, SplittableRandom own);
    }

    static final class Views implements Reader {
        private final Keyspace space;

        Views(Keyspace space) {
            this.space = space;
        }

        @Override
        public void read(KeyHistory history, SplittableRandom own) {
            read(history, own.nextInt(KEYS));
        }

        void read(KeyHistory history, int key) {
            long start = System.nanoTime();
            MemorySegment view = space.get(key(key));
            long end = System.nanoTime();
            history.addValue(key, start, end, view == null ? null : view.toArray(ValueLayout.JAVA_BYTE), -1);
        }
    }

    static final class Cursors implements Reader {
        private final Cursor cursor;
        private final MemorySegment buffer = Arena.ofAuto().allocate(8 << 10);
        private final long[] newest = new long[KEYS];

        Cursors(Keyspace space) {
            cursor = space.cursor();
        }

        @Override
        public void read(KeyHistory history, SplittableRandom own) {
            int key = own.nextInt(KEYS);
            long start = System.nanoTime();
            boolean found = cursor.find(key(key));
            long end = System.nanoTime();
            if (!found) {
                history.addValue(key, start, end, null, -1);
                return;
            }
            long version = cursor.version();
            if (version < newest[key]) {
                throw new AssertionError("key " + key + " went back from version " + newest[key] + " to " + version);
            }
            newest[key] = version;
            try {
                for (int i = own.nextInt(3); i >= 0; i--) {
                    cursor.copyTo(0, buffer, 0, cursor.size());
                }
                byte[] value = buffer.asSlice(0, cursor.size()).toArray(ValueLayout.JAVA_BYTE);
                history.addValue(key, start, end, value, version);
            } catch (ConcurrentModificationException e) {
                // It was overwritten, and compaction took it away from under the cursor.
            }
        }
    }

    /** A scan meets every key that was there all along, and what it shows is what is there at that moment. */
    static final class Scans implements Reader {
        private final Keyspace space;

        Scans(Keyspace space) {
            this.space = space;
        }

        @Override
        public void read(KeyHistory history, SplittableRandom own) {
            BitSet met = new BitSet();
            try (Scan scan = space.scan()) {
                for (long start = System.nanoTime(); scan.next(); start = System.nanoTime()) {
                    long end = System.nanoTime();
                    String name = new String(scan.key().toArray(ValueLayout.JAVA_BYTE), StandardCharsets.UTF_8);
                    byte[] value = scan.value().toArray(ValueLayout.JAVA_BYTE);
                    if (name.startsWith("untouched ")) {
                        int i = Integer.parseInt(name.substring("untouched ".length()));
                        if (!Arrays.equals(value, StressValue.of(KEYS + i, i))) {
                            throw new AssertionError("another value under " + name);
                        }
                        met.set(i);
                    } else {
                        history.addValue(name.charAt(0) - '0', start, end, value, scan.version());
                    }
                }
            }
            if (met.cardinality() < UNTOUCHED) {
                throw new AssertionError("a scan missed untouched key " + met.nextClearBit(0));
            }
        }
    }
}
