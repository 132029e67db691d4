package dev.ashlar.engine;

import dev.ashlar.CorruptionException;
import dev.ashlar.Damage;
import dev.ashlar.StorageException;
import dev.ashlar.UnsupportedFormatException;
import dev.ashlar.document.CommitRecord;
import dev.ashlar.document.Dictionary;
import dev.ashlar.document.DocumentFiles;
import dev.ashlar.document.LiveDocs;
import dev.ashlar.document.LiveFile;
import dev.ashlar.document.SegmentFile;
import dev.ashlar.io.Causes;
import dev.ashlar.io.Storage;
import dev.ashlar.io.StorageFile;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.LongConsumer;

/**
 * Reads all files that a document collection consists of and compares every checksum: segments, published or not, masks and
 * dictionaries. A file that is gone when it comes to it is missing only if the collection still has it.
 */
final class DocumentVerifier {
    private final Storage storage;
    private final UUID store;
    private final DocumentSpace collection;
    private final int space;
    private final LongConsumer progress;
    private final Consumer<Damage> damage;
    private long intact;

    /** @param progress told of bytes that were read, piece by piece; it may take its time */
    DocumentVerifier(
            Storage storage, UUID store, DocumentSpace collection, LongConsumer progress, Consumer<Damage> damage) {
        this.storage = storage;
        this.store = store;
        this.collection = collection;
        this.space = collection.space().id();
        this.progress = progress;
        this.damage = damage;
    }

    /** Returns how many documents are in intact blocks. */
    long run() {
        CommitRecord record = collection.state().record();
        List<CommitRecord.Entry> entries = new ArrayList<>(record.published());
        entries.addAll(record.unpublished());
        for (long id : record.dictionaries()) {
            read(DocumentFiles.dictionary(id), id, () -> {
                try (Dictionary dictionary = Dictionary.read(storage, store, space, id)) {
                    progress.accept(dictionary.length());
                }
            });
        }
        for (CommitRecord.Entry entry : entries) {
            read(DocumentFiles.segment(entry.segment()), entry.segment(), () -> verify(entry));
        }
        Map<Long, Map<Long, LiveDocs>> masks = new HashMap<>();
        for (CommitRecord.Entry entry : entries) {
            verify(entry, entry.now(), masks);
            if (!entry.next().equals(entry.now())) {
                verify(entry, entry.next(), masks);
            }
        }
        return intact;
    }

    private void verify(CommitRecord.Entry entry) {
        try (SegmentFile file =
                SegmentFile.openForVerifying(storage, store, space, entry.segment(), collection.dictionaries())) {
            if (file.documents() != entry.documents()) {
                damage.accept(new Damage(
                        file.name(),
                        0,
                        0,
                        "the segment has " + file.documents() + " documents, and the commit record says "
                                + entry.documents()));
            }
            intact += file.verify(progress, e -> damage.accept(Documents.damage(e)));
        }
    }

    private void verify(CommitRecord.Entry entry, CommitRecord.Mask mask, Map<Long, Map<Long, LiveDocs>> masks) {
        if (mask.file() == 0) {
            return;
        }
        String name = DocumentFiles.live(mask.file());
        if (!masks.containsKey(mask.file())) {
            masks.put(mask.file(), Map.of());
            read(name, mask.file(), () -> {
                long length;
                try (StorageFile file = storage.open(name)) {
                    length = file.size();
                }
                masks.put(mask.file(), LiveFile.read(storage, store, space, mask.file()));
                progress.accept(length);
            });
        }
        Map<Long, LiveDocs> all = masks.getOrDefault(mask.file(), Map.of());
        if (!all.isEmpty()) {
            String difference = Documents.difference(all.get(entry.segment()), entry, mask);
            if (difference != null) {
                damage.accept(new Damage(name, 0, 0, difference));
            }
        }
    }

    private void read(String name, long id, Runnable reading) {
        try {
            reading.run();
        } catch (CorruptionException e) {
            report(id, Documents.damage(e));
        } catch (UnsupportedFormatException e) {
            report(id, new Damage(name, 0, 0, String.valueOf(e.getMessage())));
        } catch (StorageException e) {
            if (!Causes.isAbsence(e)) {
                throw e;
            }
            report(id, new Damage(name, 0, 0, "the file is missing"));
        }
    }

    /** Unless a commit or a merge has done away with the file meanwhile. */
    private void report(long id, Damage found) {
        if (collection.state().record().files().contains(id)) {
            damage.accept(found);
        }
    }
}
