package dev.ashlar.fuzz;

import dev.ashlar.VectorType;
import dev.ashlar.log.FrameLayout;
import dev.ashlar.simd.Xxh3;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/** Small valid stores of every shape. */
final class Specimens {
    private static final int VALUE_HEADER = 4096;
    private static final String FILE = "values/0000000000000001.val";

    private static final Map<String, Specimen> ALL = make();

    private Specimens() {}

    static Map<String, Specimen> all() {
        return ALL;
    }

    static Specimen named(String name) {
        Specimen specimen = ALL.get(name);
        if (specimen == null) {
            throw new IllegalArgumentException("no specimen " + name + " among " + ALL.keySet());
        }
        return specimen;
    }

    private static Map<String, Specimen> make() {
        Map<String, Specimen> all = new LinkedHashMap<>();
        for (Supplier<Specimen> each : List.<Supplier<Specimen>>of(
                () -> new Author("new").closed(),
                () -> small("closed").closed(),
                () -> small("killed").killed(),
                () -> chunks("chunks").closed(),
                () -> chunks("chunks-killed").killed(),
                () -> compacted("compacted").closed(),
                () -> compacted("compacted-killed").killed(),
                () -> removed("removed").closed(),
                () -> removed("removed-killed").killed(),
                () -> recovered("recovered").closed(),
                () -> checkpointed("checkpointed").killed(),
                () -> expiring("expiring").closed(),
                () -> expiring("expiring-killed").killed(),
                () -> vectors("vectors").closed(),
                () -> vectors("vectors-killed")
                        .row("v", 3, 300)
                        .deleteRow("v", 4)
                        .sync()
                        .row("v", 5, 500)
                        .killed(),
                () -> values("values-killed", false),
                () -> values("values", true))) {
            Specimen specimen = each.get();
            all.put(specimen.name(), specimen);
        }
        return all;
    }

    /** One chunk, two keyspaces, what a batch and deletions leave, some of it not durable. */
    private static Author small(String name) {
        return new Author(name)
                .space("a", 64)
                .space("b", 8)
                .put("a", "overwritten", "older")
                .put("a", "deleted", "deleted")
                .put("b", "", "of an empty key")
                .remember()
                .put("a", "overwritten", "newer")
                .put("b", "empty", "")
                .sync()
                .delete("a", "deleted")
                .put("b", "zeros", "\0".repeat(70))
                .batch("b", 3, 20, 7, "zeros")
                .remember()
                .sync()
                .put("a", "overwritten", "newest")
                .batch("a", 2, 30, 9, "absent")
                .put("b", "last", Author.value(100, 5));
    }

    /** Several chunks of different sizes, a batch that reaches over two. */
    private static Author chunks(String name) {
        Author author = new Author(name).space("a", 64).space("b", 4096);
        for (int i = 0; i < 5; i++) {
            author.put("a", "key-" + i, Author.value(600 + i, i));
        }
        author.remember().sync().put("b", "page", Author.value(700, 11)).put("a", "key-1", Author.value(500, 12));
        author.batch("a", 3, 1400, 20, "key-0").sync();
        for (int i = 0; i < 4; i++) {
            author.put("a", "later-" + i, Author.value(900, 30 + i));
        }
        return author.remember().put("a", "large", Author.value(6_000, 40)).delete("a", "key-2");
    }

    /** Relocated records, definitions and deletions; chunks that are gone. */
    private static Author compacted(String name) {
        Author author = new Author(name).space("a", 64).space("b", 8);
        for (int i = 0; i < 24; i++) {
            author.put("a", "key-" + i % 6, Author.value(400, i)).put("b", "key-" + i, Author.value(12, 100 + i));
            author.delete("b", "key-" + (i - 2));
        }
        author.remember().delete("a", "key-5").sync().compact().remember();
        return author.put("a", "key-1", Author.value(80, 50))
                .delete("b", "key-23")
                .compact()
                .put("b", "after", "compaction");
    }

    /** Keyspaces that were cleared and dropped, a clear and a deleted definition that were moved, a name given again. */
    private static Author removed(String name) {
        Author author = new Author(name).space("a", 64).space("b", 8).space("c", 8);
        for (int i = 0; i < 5; i++) {
            author.put("a", "key-" + i, Author.value(40, i)).put("c", "key-" + i, Author.value(50, 10 + i));
        }
        author.put("b", "kept", Author.value(2_500, 20)).sync().remember(); // keeps the first chunk in the log
        author.put("b", "garbage", Author.value(2_000, 21))
                .clear("a")
                .drop("c")
                .put("a", "key-1", Author.value(60, 22));
        author.put("b", "garbage", Author.value(2_000, 23))
                .put("a", "key-2", Author.value(70, 24))
                .sync()
                .remember();
        author.compact().space("c", 256).put("c", "key-1", Author.value(80, 25)).sync();
        return author.put("a", "key-3", Author.value(90, 26)).clear("a").put("a", "last", Author.value(30, 27));
    }

    /** Crashed and closed, each time opened and written to again: a chunk that was sealed, with rubbish behind its end. */
    private static Author recovered(String name) {
        return small(name)
                .crash("b", "last")
                .put("a", "again", Author.value(300, 80))
                .reopen()
                .delete("b", "empty")
                .put("a", "again", "and again")
                .sync();
    }

    /** A checkpoint in the middle, from which the log is replayed. */
    private static Author checkpointed(String name) {
        return small(name)
                .checkpoint()
                .remember()
                .put("a", "overwritten", "after the checkpoint")
                .delete("b", "last")
                .sync()
                .put("b", "behind", Author.value(90, 60));
    }

    /** Records that expire, some moved, some given another expiry, some overwritten by such that stay. */
    private static Author expiring(String name) {
        Author author = new Author(name).space("a", 64).space("b", 8);
        for (int i = 0; i < 12; i++) {
            author.put("a", "key-" + i % 4, Author.value(500, i), Duration.ofHours(1 + i));
            author.put("b", "key-" + i, Author.value(10, 200 + i), Duration.ofDays(20_000));
        }
        author.sync().remember().compact().remember();
        return author.put("a", "key-1", Author.value(60, 90))
                .put("a", "stays", "older")
                .put("a", "stays", "newer", Duration.ofMillis(1))
                .delete("b", "key-3");
    }

    /** Rows in segments, dead and alive, in the log, of a collection that was dropped; chunks of the log that are gone. */
    private static Author vectors(String name) {
        Author author = new Author(name).collection("v", VectorType.FLOAT32).collection("w", VectorType.INT8);
        author.space("a", 64)
                .put("a", "key", "value")
                .collection("dropped", VectorType.BIT)
                .row("dropped", 1, 1);
        for (int id = -4; id < 12; id++) {
            author.row("v", id, id);
        }
        author.segments("v")
                .row("v", 1, 101)
                .row("v", 2, 102)
                .deleteRow("v", 3)
                .sync()
                .remember();
        for (int i = 0; i < 40; i++) {
            author.row("w", i % 9, 1000 + i);
        }
        author.segments("w").dropCollection("dropped").compact().remember();
        return author.row("v", 2, 103).row("w", 100, 2000).deleteRow("w", 4);
    }

    // --------------------------------------------------------------------------------------------------- value files

    /** A value in a file of its own. The engine makes none that is as small as this one, but reads it. */
    private static Specimen values(String name, boolean closed) {
        Specimen before = new Author(name)
                .space("a", 64)
                .put("a", "large", "small")
                .put("a", "other", "value")
                .sync()
                .knows("a", "large", Author.value(200, 70))
                .killed();
        StoreImage image = withValueFile(before, "large", Author.value(200, 70));
        Specimen killed =
                Author.specimen(name, image, List.of(before.image()), false, before.current(), before.history());
        if (!closed) {
            return killed;
        }
        var disk = image.toDisk();
        Author.open(disk, new java.util.UUID(0, 0)).close();
        return Author.specimen(
                name, StoreImage.of(disk), List.of(before.image(), image), true, before.current(), before.history());
    }

    private static StoreImage withValueFile(Specimen before, String key, String value) {
        LogFrame last = before.frames().getLast();
        byte[] chunk = before.image().bytes(last.file()).clone();
        int at = last.end();
        long lsn = LogFrame.baseOf(last.file()) + at;
        byte[] bytes = Bytes.bytes(value);
        long hash = Xxh3.hash(bytes, 0, bytes.length, 0);
        Bytes.little(chunk)
                .put(at + 4, FrameLayout.PUT)
                .put(at + 5, (byte) (FrameLayout.BATCH_END | FrameLayout.VALUE_FILE | 3 << 4))
                .putShort(at + 6, (short) key.length())
                .putInt(at + 8, 1)
                .putLong(at + 16, hash)
                .putInt(at + 36, -1)
                .putLong(at + 40, 1)
                .putLong(at + 48, bytes.length)
                .put(at + 56, Bytes.bytes(key));
        int keyEnd = at + 56 + key.length();
        Bytes.little(chunk)
                .putInt(at, LogFrame.headerChecksum(chunk, at, keyEnd, lsn, LogFrame.saltOf(before.image())));
        byte[] file = Arrays.copyOf(new byte[0], VALUE_HEADER + bytes.length);
        ByteBuffer manifest = Bytes.little(before.image().bytes(StoreImage.MANIFEST_A));
        Bytes.little(file)
                .put(0, Bytes.bytes("ASHLVALU"))
                .putInt(8, 1)
                .putLong(24, manifest.getLong(24))
                .putLong(32, manifest.getLong(32))
                .putLong(40, 1)
                .putLong(48, bytes.length)
                .putLong(56, hash)
                .put(VALUE_HEADER, bytes);
        Bytes.little(file).putLong(64, Xxh3.hash(file, 0, 64, 0));
        return before.image().with(last.file(), chunk).with(FILE, file);
    }
}
