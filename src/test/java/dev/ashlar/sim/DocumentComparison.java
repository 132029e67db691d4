package dev.ashlar.sim;

import dev.ashlar.Document;
import dev.ashlar.DocumentAddress;
import dev.ashlar.DocumentCollection;
import dev.ashlar.DocumentCursor;
import dev.ashlar.DocumentFilter;
import dev.ashlar.DocumentSnapshot;
import dev.ashlar.DocumentStats;
import dev.ashlar.DocumentStatus;
import dev.ashlar.Snapshot;
import dev.ashlar.Store;
import dev.ashlar.engine.PendingDocuments;
import dev.ashlar.engine.TestEngines;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeMap;

/** Reads all documents of a store, committed and pending, in every way there is, and insists that the ways agree. */
final class DocumentComparison {
    private DocumentComparison() {}

    static TreeMap<String, byte[]> read(Store store) {
        TreeMap<String, byte[]> all = new TreeMap<>();
        StoreReader.require(
                store.documentCollections().isEmpty() || TestEngines.announcesDocuments(store),
                () -> "there are document collections, and the manifest does not say so");
        for (String name : store.documentCollections()) {
            DocumentKind kind = DocumentKind.named(name);
            DocumentCollection collection = kind.open(store);
            TreeMap<String, byte[]> committed;
            try (DocumentSnapshot snapshot = collection.snapshot()) {
                committed = read(kind, snapshot);
            }
            TreeMap<String, byte[]> pending = pending(store, kind);
            compareStatus(store, kind, collection, committed, pending);
            int fields = collection.schema().fields().size();
            if (fields > kind.schema().fields().size()) {
                all.put(name + DocumentKind.FIELDS, new byte[fields]);
            }
            all.putAll(committed);
            pending.forEach((path, bytes) -> {
                if (!Arrays.equals(bytes, DocumentKind.DELETION) || committed.containsKey(path)) {
                    all.put(path + Model.PENDING, bytes);
                }
            });
        }
        try (Snapshot snapshot = store.snapshot()) {
            TreeMap<String, byte[]> frozen = read(snapshot);
            TreeMap<String, byte[]> committed = new TreeMap<>(all);
            committed.keySet().removeIf(path -> path.endsWith(Model.PENDING) || path.endsWith(DocumentKind.FIELDS));
            StoreReader.require(
                    Model.isSame(committed, frozen),
                    () -> "documents " + Model.describe(committed) + "\n  a snapshot's " + Model.describe(frozen));
        }
        return all;
    }

    /** What is committed in a snapshot. */
    static TreeMap<String, byte[]> read(Snapshot snapshot) {
        TreeMap<String, byte[]> all = new TreeMap<>();
        for (String name : snapshot.documentCollections()) {
            all.putAll(read(DocumentKind.named(name), snapshot.documents(name)));
        }
        return all;
    }

    private static TreeMap<String, byte[]> pending(Store store, DocumentKind kind) {
        TreeMap<String, byte[]> pending = new TreeMap<>();
        PendingDocuments.of(store, kind.name()).forEach((key, document) -> {
            String path = kind.path(document.map(kind::keyOf).orElse(key));
            StoreReader.require(
                    !kind.isKeyed() || path.equals(kind.path(key)), () -> key + " is the key of what has " + path);
            byte[] former = pending.put(path, document.map(DocumentKind::bytes).orElse(DocumentKind.DELETION));
            StoreReader.require(former == null, () -> path + " is pending twice");
        });
        return pending;
    }

    private static TreeMap<String, byte[]> read(DocumentKind kind, DocumentSnapshot snapshot) {
        TreeMap<String, byte[]> documents = new TreeMap<>();
        List<DocumentAddress> addresses = new ArrayList<>();
        List<String> keys = new ArrayList<>();
        try (DocumentCursor cursor = snapshot.cursor()) {
            while (cursor.next()) {
                Document document = cursor.document();
                String path = kind.path(kind.keyOf(document));
                keys.add(kind.keyOf(document));
                addresses.add(cursor.address());
                byte[] former = documents.put(path, DocumentKind.bytes(document));
                StoreReader.require(former == null, () -> path + " is committed twice");
            }
        }
        StoreReader.require(
                snapshot.count() == documents.size(),
                () -> kind.name() + " has " + snapshot.count() + " documents, a cursor met " + documents.keySet());
        List<Document> many = snapshot.getAll(addresses);
        List<String> streamed = snapshot.stream().map(kind::keyOf).toList();
        StoreReader.require(streamed.equals(keys), () -> "a cursor met " + keys + ", a stream " + streamed);
        for (int i = 0; i < keys.size(); i++) {
            Document document = many.get(i);
            byte[] expected = documents.get(kind.path(keys.get(i)));
            String key = keys.get(i);
            StoreReader.require(
                    document != null && Arrays.equals(expected, DocumentKind.bytes(document)),
                    () -> kind.name() + ": another document by the address of " + key);
        }
        for (int i = 0; kind.isKeyed() && i < DocumentKind.KEYS; i++) {
            String key = DocumentKind.key(i);
            byte[] expected = documents.get(kind.path(key));
            Document found = snapshot.get(key);
            StoreReader.require(
                    expected == null
                            ? found == null && snapshot.find(key) == null
                            : found != null && Arrays.equals(expected, DocumentKind.bytes(found)),
                    () -> kind.name() + ": get and cursor differ about " + key);
            StoreReader.require(
                    snapshot.count(DocumentFilter.equal("id", key)) == (expected == null ? 0 : 1),
                    () -> kind.name() + ": a filter miscounts " + key);
        }
        return documents;
    }

    private static void compareStatus(
            Store store,
            DocumentKind kind,
            DocumentCollection collection,
            TreeMap<String, byte[]> committed,
            TreeMap<String, byte[]> pending) {
        for (int i = 0; kind.isKeyed() && i < DocumentKind.KEYS; i++) {
            String key = DocumentKind.key(i);
            DocumentStatus status = collection.status(key);
            DocumentStatus expected = status(committed, pending, kind.path(key));
            StoreReader.require(status == expected, () -> key + " is " + status + " and should be " + expected);
        }
        DocumentStats stats = collection.stats();
        int records = PendingDocuments.records(store, kind.name());
        StoreReader.require(
                stats.pending() == records && stats.documents() == committed.size(),
                () -> records + " records, " + committed.size() + " documents, and " + stats);
    }

    private static DocumentStatus status(
            TreeMap<String, byte[]> committed, TreeMap<String, byte[]> pending, String path) {
        byte[] waiting = pending.get(path);
        boolean shown = committed.containsKey(path);
        if (waiting == null) {
            return shown ? DocumentStatus.COMMITTED : DocumentStatus.ABSENT;
        } else if (!Arrays.equals(waiting, DocumentKind.DELETION)) {
            return DocumentStatus.PENDING;
        }
        return shown ? DocumentStatus.DELETION_PENDING : DocumentStatus.ABSENT;
    }
}
