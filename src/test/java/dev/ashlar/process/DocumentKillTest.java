package dev.ashlar.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.ashlar.DocumentCollection;
import dev.ashlar.DocumentCursor;
import dev.ashlar.DocumentField;
import dev.ashlar.DocumentOptions;
import dev.ashlar.DocumentSchema;
import dev.ashlar.DocumentSnapshot;
import dev.ashlar.Durability;
import dev.ashlar.MergePolicy;
import dev.ashlar.PreparedCommit;
import dev.ashlar.Store;
import dev.ashlar.StoreOptions;
import dev.ashlar.engine.PendingDocuments;
import dev.ashlar.engine.TestEngines;
import dev.ashlar.failures.HookedStorage;
import dev.ashlar.io.Storages;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** A process is killed while it prepares a commit, between the phases, while it commits, and while it merges. */
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class DocumentKillTest {
    private static final DocumentSchema SCHEMA = DocumentSchema.builder()
            .field(DocumentField.keyword("id"))
            .field(DocumentField.text("body"))
            .primaryKey("id")
            .build();
    private static final DocumentOptions OPTIONS = DocumentOptions.DEFAULT
            .withBlockBytes(DocumentOptions.MIN_BLOCK_BYTES)
            .withMemory(2 << 20, 2)
            .withMerging(MergePolicy.DEFAULT.onRequest());

    @TempDir
    Path directory;

    /** What the process does when it is killed. */
    enum Phase {
        PREPARE,
        BETWEEN,
        COMMIT,
        MERGE
    }

    @ParameterizedTest
    @CsvSource({"PREPARE,2", "PREPARE,4", "BETWEEN,1", "COMMIT,1", "MERGE,3", "MERGE,6"})
    @DisplayName(
            "C16 killed during prepare, between prepare and commit, during commit, during merge: committed is visible,"
                    + " the rest is pending, nothing else")
    void killed(Phase phase, int operation) throws Exception {
        assertTrue(survives(phase, operation), "it was not killed: " + phase + " has fewer operations");
    }

    @ParameterizedTest
    @EnumSource
    @Tag("long")
    @Timeout(value = 3600, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    @DisplayName("C16 killed at every operation of preparing, committing and merging")
    void killedAnywhere(Phase phase) throws Exception {
        int operation = 1;
        while (survives(phase, operation) && phase != Phase.BETWEEN) {
            operation++;
        }
        assertTrue(operation > 2 || phase == Phase.BETWEEN || phase == Phase.COMMIT, operation + " operations");
    }

    @Test
    @DisplayName("C16 what is not killed comes to its end")
    void notKilled() throws Exception {
        assertFalse(survives(Phase.MERGE, Integer.MAX_VALUE));
    }

    /** False if the process came to its end. */
    private boolean survives(Phase phase, int operation) throws Exception {
        Path place = directory.resolve(phase + "-" + operation);
        String said;
        try (ChildJava child = ChildJava.start(
                directory.resolve("child-" + phase + "-" + operation),
                List.of(),
                List.of("-Xmx128m", "--enable-native-access=ALL-UNNAMED"),
                DocumentKillTest.class,
                place,
                phase,
                operation)) {
            while (child.isAlive() && !says(child.output(), "here")) {
                Thread.sleep(2);
            }
            child.kill();
            int end = child.end();
            said = child.output();
            assertTrue(end == ChildJava.KILLED || end == 0 && says(said, "end"), end + ": " + said);
        }
        check(place, said);
        return says(said, "here");
    }

    /** Whether it has said so in a line of its own, to the end. */
    private static boolean says(String said, String what) {
        return ("\n" + said).contains("\n" + what + "\n");
    }

    /** The operations are counted from the phase on, so the last of them are in what comes after it. */
    private static void check(Path place, String said) throws IOException {
        TreeMap<String, String> first = new TreeMap<>();
        for (int i = 0; i < 20; i++) {
            first.put("k" + i, "first " + i);
        }
        TreeMap<String, String> second = new TreeMap<>(first);
        TreeMap<String, String> pending = new TreeMap<>(Map.of("k5", "", "k6", ""));
        for (int i = 0; i < 5; i++) {
            second.put("k" + i, "second " + i);
            pending.put("k" + i, "second " + i);
        }
        for (int i = 20; i < 30; i++) {
            second.put("k" + i, "second " + i);
            pending.put("k" + i, "second " + i);
        }
        second.remove("k5");
        second.remove("k6");
        TreeMap<String, String> third = new TreeMap<>(second);
        third.put("third", "third");
        try (Store store = Store.open(place)) {
            assertTrue(
                    store.recovery().damaged().isEmpty(), () -> store.recovery().toString());
            DocumentCollection documents = store.documents("d", SCHEMA, OPTIONS);
            TreeMap<String, String> found = read(documents);
            if (says(said, "third")) {
                assertEquals(third, found, said);
                assertEquals(Map.of(), pending(store), said);
            } else if (says(said, "committed")) {
                // The third document is not there yet, pending, or committed.
                boolean all = found.equals(third);
                assertEquals(all ? third : second, found, said);
                assertTrue(pending(store).isEmpty() || !all && pending(store).equals(Map.of("third", "third")), said);
            } else if (says(said, "prepared") && found.equals(second)) {
                assertEquals(Map.of(), pending(store), said);
            } else {
                assertEquals(first, found, said);
                assertEquals(pending, pending(store), said);
                documents.commit();
                assertEquals(second, read(documents), said);
            }
            awaitFiles(store, place.resolve("documents"), said);
        }
    }

    /** The store's own threads may be about to remove what a commit has superseded. */
    private static void awaitFiles(Store store, Path documents, String said) throws IOException {
        long end = System.nanoTime() + 60_000_000_000L;
        while (true) {
            List<String> named = List.copyOf(PendingDocuments.filesNamed(store));
            try (Stream<Path> files = Files.list(documents)) {
                List<String> found = files.map(each -> "documents/" + each.getFileName())
                        .sorted()
                        .toList();
                if (found.equals(named)) {
                    return;
                }
                assertTrue(System.nanoTime() < end, () -> named + " are named, " + found + " are there: " + said);
            }
            LockSupport.parkNanos(5_000_000);
        }
    }

    private static TreeMap<String, String> read(DocumentCollection documents) {
        TreeMap<String, String> found = new TreeMap<>();
        try (DocumentSnapshot snapshot = documents.snapshot();
                DocumentCursor cursor = snapshot.cursor()) {
            while (cursor.next()) {
                String former = found.put(
                        cursor.document().string("id"), cursor.document().string("body"));
                assertTrue(former == null, "a document is there twice");
            }
        }
        return found;
    }

    private static TreeMap<String, String> pending(Store store) {
        TreeMap<String, String> pending = new TreeMap<>();
        PendingDocuments.of(store, "d")
                .forEach((id, document) -> pending.put(
                        id, document.map(each -> each.string("body")).orElse("")));
        return pending;
    }

    // --------------------------------------------------------------------------------------------------- the child

    /** Waits for being killed at the n-th operation from some moment on. */
    private static final class Waiting extends HookedStorage {
        private final int last;
        private int left;
        private boolean armed;

        Waiting(Path place, int last) {
            super(Storages.open(place, true), false);
            this.last = last;
        }

        synchronized void arm() {
            left = last;
            armed = true;
        }

        @Override
        protected void before(Step step, String name) {
            synchronized (this) {
                if (!armed || --left > 0) {
                    return;
                }
            }
            die();
        }
    }

    private static void die() {
        System.out.println("here");
        System.out.flush();
        while (true) {
            Thread.onSpinWait(); // what is to come after must not
        }
    }

    public static void main(String[] arguments) {
        Path place = Path.of(arguments[0]);
        Phase phase = Phase.valueOf(arguments[1]);
        Waiting storage = new Waiting(place, Integer.parseInt(arguments[2]));
        try (Store store = TestEngines.open(place, storage, StoreOptions.DEFAULT)) {
            DocumentCollection documents = store.documents("d", SCHEMA, OPTIONS);
            for (int i = 0; i < 20; i++) {
                documents.add(Map.of("id", "k" + i, "body", "first " + i));
            }
            documents.commit();
            for (int i = 0; i < 30; i++) {
                if (i == 5 || i == 6) {
                    documents.delete("k" + i);
                } else if (i < 5 || i >= 20) {
                    documents.upsert(Map.of("id", "k" + i, "body", "second " + i));
                }
            }
            say("written");
            if (phase == Phase.PREPARE) {
                storage.arm();
            }
            PreparedCommit prepared = documents.prepareCommit();
            say("prepared");
            if (phase == Phase.BETWEEN) {
                die();
            } else if (phase == Phase.COMMIT) {
                storage.arm();
            }
            prepared.commit(Durability.DURABLE);
            say("committed");
            documents.add(Map.of("id", "third", "body", "third"));
            documents.commit();
            say("third");
            if (phase == Phase.MERGE) {
                storage.arm();
            }
            documents.forceMerge(1);
            store.sync();
        }
        say("end");
    }

    private static void say(String what) {
        System.out.println(what);
        System.out.flush();
    }
}
