package dev.ashlar.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.ashlar.AshlarException;
import dev.ashlar.CorruptionException;
import dev.ashlar.Damage;
import dev.ashlar.DocumentCollection;
import dev.ashlar.DocumentField;
import dev.ashlar.DocumentOptions;
import dev.ashlar.DocumentSchema;
import dev.ashlar.Durability;
import dev.ashlar.MergePolicy;
import dev.ashlar.Snapshot;
import dev.ashlar.Store;
import dev.ashlar.StoreOptions;
import dev.ashlar.VerificationReport;
import dev.ashlar.VerifyOptions;
import dev.ashlar.document.DocumentFiles;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What damage to the files and records of document collections costs, and that it is found. */
class DocumentDamageTest {
    private static final DocumentSchema SCHEMA = DocumentSchema.builder()
            .field(DocumentField.keyword("id"))
            .field(DocumentField.text("body"))
            .primaryKey("id")
            .build();
    private static final DocumentSchema KEYLESS =
            DocumentSchema.builder().field(DocumentField.text("body")).build();
    private static final DocumentOptions SMALL =
            DocumentOptions.DEFAULT.withBlockBytes(4096).withMerging(MergePolicy.DEFAULT.onRequest());
    private static final StoreOptions STILL = StoreOptions.DEFAULT.withAutoCompaction(false);

    /** Alive in the first segment, and in the second. */
    private static final int FIRST = 300;

    private static final int SECOND = 100;

    @TempDir
    private Path directory;

    private Store open() {
        return Store.open(directory, STILL);
    }

    private static DocumentCollection documents(Store store) {
        return store.documents("d", SCHEMA, SMALL);
    }

    private static Map<String, Object> document(int i) {
        return Map.of("id", "k" + i, "body", "document number " + i + " of a collection ".repeat(8) + i * 31);
    }

    /** Two committed segments, the first with a mask; one that is pending; and a pending document in the log. */
    private void fill() {
        try (Store store = open()) {
            DocumentCollection documents = documents(store);
            for (int i = 0; i <= FIRST; i++) {
                documents.add(documents.document().set(document(i)), Durability.APPENDED);
            }
            documents.commit();
            documents.delete("k0");
            for (int i = 0; i < SECOND; i++) {
                documents.add(documents.document().set(document(1000 + i)), Durability.APPENDED);
            }
            documents.commit();
            documents.add(document(2000));
            documents.flush();
            documents.add(document(3000));
        }
    }

    private List<Path> files(String suffix) throws IOException {
        try (Stream<Path> files = Files.list(directory.resolve("documents"))) {
            return files.filter(each -> each.toString().endsWith(suffix))
                    .sorted()
                    .toList();
        }
    }

    private String name(Path file) {
        return directory.relativize(file).toString();
    }

    private static void flip(Path file, long at) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            ByteBuffer one = ByteBuffer.allocate(1);
            channel.read(one, at);
            channel.write(ByteBuffer.wrap(new byte[] {(byte) (one.get(0) ^ 0x10)}), at);
        }
    }

    /** Damages each place in the log that has some bytes, a few bytes behind it. */
    private int flipInLog(byte[] what, int behind) throws IOException {
        int found = 0;
        try (Stream<Path> files = Files.list(directory.resolve("log"))) {
            for (Path file : files.toList()) {
                byte[] bytes = Files.readAllBytes(file);
                for (int at = 0; at + Math.max(what.length, behind + 1) <= bytes.length; at++) {
                    if (java.util.Arrays.equals(bytes, at, at + what.length, what, 0, what.length)) {
                        bytes[at + behind] ^= 1;
                        found++;
                    }
                }
                Files.write(file, bytes);
            }
        }
        return found;
    }

    private static boolean names(List<Damage> damaged, String file) {
        return damaged.stream().anyMatch(each -> each.file().equals(file));
    }

    @Test
    @DisplayName("Verifying reads segments, published or not, masks and dictionaries, and counts documents and bytes")
    void verifying() throws IOException {
        fill();
        assertEquals(3, files(".seg").size());
        long segments = 0;
        for (Path file : files(".seg")) {
            segments += Files.size(file);
        }
        try (Store store = open()) {
            assertEquals(List.of(), store.recovery().damaged());
            assertEquals(3, store.stats().documentSegments());
            assertEquals(segments, store.stats().documentSegmentBytes());
            assertEquals(FIRST + SECOND + 1, store.stats().records());
            long[] told = {0};
            VerificationReport report = store.verify(VerifyOptions.DEFAULT.withProgress(bytes -> told[0] = bytes));
            assertTrue(report.intact(), report.toString());
            assertEquals(report.bytes(), told[0]);
            assertTrue(report.bytes() >= segments + Files.size(files(".live").getFirst()), report.toString());
            assertTrue(report.records() >= FIRST + SECOND + 2, report.toString());
        }
    }

    @Test
    @DisplayName("A damaged block is found by verifying, and costs its documents and no others")
    void damagedBlock() throws IOException {
        fill();
        Path segment = files(".seg").getFirst();
        flip(segment, 64 + 20);
        try (Store store = open()) {
            VerificationReport report = store.verify(bytes -> {});
            assertEquals(1, report.damaged().size(), report.toString());
            assertEquals(name(segment), report.damaged().getFirst().file());
            assertEquals(64, report.damaged().getFirst().position());
            DocumentCollection documents = documents(store);
            assertThrows(CorruptionException.class, () -> documents.get("k1"));
            assertNotNull(documents.get("k" + FIRST));
            assertNotNull(documents.get("k1001"));
        }
    }

    @Test
    @DisplayName(
            "A segment, a mask that is missing or damaged do not keep the store from opening; reading there says what is")
    void openingWithDamage() throws IOException {
        fill();
        for (Path file : List.of(files(".seg").getFirst(), files(".live").getFirst())) {
            byte[] bytes = Files.readAllBytes(file);
            for (String damage : List.of("flipped", "cut", "missing")) {
                switch (damage) {
                    case "flipped" -> flip(file, bytes.length - 9);
                    case "cut" -> Files.write(file, java.util.Arrays.copyOf(bytes, bytes.length - 10));
                    default -> Files.delete(file);
                }
                try (Store store = open();
                        Snapshot snapshot = store.snapshot()) {
                    assertTrue(names(store.recovery().damaged(), name(file)), damage + store.recovery());
                    assertTrue(names(store.verify(bytesRead -> {}).damaged(), name(file)), damage);
                    DocumentCollection documents = documents(store);
                    AshlarException thrown = assertThrows(AshlarException.class, () -> documents.get("k1"));
                    assertTrue(String.valueOf(thrown.getMessage()).contains(name(file)), thrown.toString());
                    assertThrows(
                            AshlarException.class, () -> snapshot.documents("d").get("k1"));
                    assertNotNull(documents.get("k1001"));
                    assertEquals(1, documents.stats().pending());
                    store.checkpoint();
                }
                Files.write(file, bytes);
            }
        }
        try (Store store = open()) {
            assertEquals(List.of(), store.recovery().damaged());
            assertNotNull(documents(store).get("k1"));
            assertNull(documents(store).get("k0"));
        }
    }

    /** Documents that a dictionary pays for. */
    private void fillWithDictionary() {
        try (Store store = open()) {
            DocumentCollection documents = store.documents("d", KEYLESS, SMALL);
            Random random = new Random(5);
            List<String> phrases = new ArrayList<>();
            for (int i = 0; i < 100; i++) {
                phrases.add(Long.toHexString(random.nextLong()) + Long.toHexString(random.nextLong()) + " ");
            }
            for (int round = 0; round < 2; round++) {
                for (int i = 0; i < 900; i++) {
                    StringBuilder body = new StringBuilder();
                    for (int j = 0; j < 40; j++) {
                        body.append(phrases.get(random.nextInt(100)));
                    }
                    documents.add(documents.document().set(Map.of("body", body.toString())), Durability.APPENDED);
                }
                documents.commit();
            }
        }
    }

    @Test
    @DisplayName("A dictionary that is lost costs the blocks that need it; what is committed afterwards does without")
    void lostDictionary() throws IOException {
        fillWithDictionary();
        Path dictionary = files(".dict").getFirst();
        Files.delete(dictionary);
        try (Store store = open()) {
            assertEquals(
                    List.of(name(dictionary)),
                    store.recovery().damaged().stream().map(Damage::file).toList());
            VerificationReport report = store.verify(bytes -> {});
            assertTrue(names(report.damaged(), name(dictionary)), report.toString());
            DocumentCollection documents = store.documents("d", KEYLESS, SMALL);
            AshlarException thrown = assertThrows(
                    AshlarException.class, () -> documents.snapshot().stream().forEach(each -> {}));
            assertTrue(String.valueOf(thrown.getMessage()).contains(name(dictionary)), thrown.toString());
            documents.add(Map.of("body", "another one"));
            documents.commit();
            assertEquals(1801, documents.stats().documents());
        }
    }

    @Test
    @DisplayName(
            "With a damaged commit record the store opens, says so, and removes no file; the collection can be dropped")
    void damagedCommitRecord() throws IOException {
        fill();
        List<Path> files = files("");
        // Version, zero; generation; what is damaged is the next file.
        int places = 0;
        for (byte generation = 1; generation < 9; generation++) {
            places += flipInLog(new byte[] {1, 0, 0, 0, 0, 0, 0, 0, generation, 0, 0, 0, 0, 0, 0, 0}, 16);
        }
        assertTrue(places >= 3, places + "");
        for (int round = 0; round < 2; round++) {
            try (Store store = open()) {
                assertTrue(!store.recovery().damaged().isEmpty());
                assertEquals(files, filesOfDocuments());
                DocumentCollection documents = documents(store);
                assertThrows(CorruptionException.class, () -> documents.get("k1"));
                assertThrows(CorruptionException.class, () -> documents.add(document(1)));
                assertThrows(CorruptionException.class, documents::snapshot);
                try (Snapshot snapshot = store.snapshot()) {
                    assertThrows(CorruptionException.class, () -> snapshot.documents("d"));
                }
            }
        }
        try (Store store = open()) {
            assertTrue(store.dropDocuments("d"));
            assertEquals(List.of(), store.documentCollections());
        }
        try (Store store = open()) {
            store.compact();
        }
        try (Store store = open()) {
            assertEquals(List.of(), store.recovery().damaged());
            assertEquals(List.of(), files(""));
            documents(store).add(document(1));
            documents(store).commit();
            assertEquals(1, documents(store).stats().documents());
        }
    }

    @Test
    @DisplayName("If the log has lost a record, no file is removed: it may be the one that names them")
    void lostCommitRecord() throws IOException {
        fill();
        List<Path> files = files("");
        try (Stream<Path> checkpoints = Files.list(directory.resolve("index"))) {
            for (Path checkpoint : checkpoints.toList()) {
                Files.delete(checkpoint);
            }
        }
        // The header of the frame, 40 bytes with nothing behind them, then the key.
        int places = 0;
        for (byte generation = 1; generation < 9; generation++) {
            places += flipInLog(new byte[] {2, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, generation, 0}, 0);
        }
        assertTrue(places >= 3, places + "");
        try (Store store = open()) {
            assertTrue(store.recovery().rebuiltIndex());
            assertTrue(!store.recovery().damaged().isEmpty());
            assertEquals(files, filesOfDocuments());
            assertTrue(Files.exists(directory.resolve(DocumentFiles.KEEP)));
        }
        // The damage is in no checkpoint, so from now on nobody meets it any more.
        for (int i = 0; i < 2; i++) {
            try (Store store = open()) {
                assertEquals(List.of(), store.recovery().damaged());
                assertEquals(List.of(), store.recovery().sweptFiles());
                assertEquals(files, filesOfDocuments());
            }
        }
        Files.delete(directory.resolve(DocumentFiles.KEEP)); // whoever knows that they are not needed
        try (Store store = open()) {
            assertEquals(files.size(), store.recovery().sweptFiles().size());
        }
    }

    private List<Path> filesOfDocuments() throws IOException {
        Path marker = directory.resolve(DocumentFiles.KEEP);
        return files("").stream().filter(file -> !file.equals(marker)).toList();
    }

    @Test
    @DisplayName("With a damaged schema the store opens, says so, and removes no file")
    void damagedSchema() throws IOException {
        fill();
        List<Path> files = files("");
        assertEquals(1, flipInLog("body".getBytes(StandardCharsets.UTF_8), 0) > 0 ? 1 : 0);
        try (Store store = open()) {
            assertTrue(!store.recovery().damaged().isEmpty());
            assertEquals(files, filesOfDocuments());
            assertThrows(CorruptionException.class, () -> documents(store));
            assertThrows(CorruptionException.class, () -> store.documents("d"));
            assertEquals(List.of("d"), store.documentCollections());
            try (Snapshot snapshot = store.snapshot()) {
                assertThrows(CorruptionException.class, () -> snapshot.documents("d"));
            }
            assertTrue(store.dropDocuments("d"));
        }
    }
}
