package dev.ashlar.engine;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.ashlar.Document;
import dev.ashlar.DocumentCursor;
import dev.ashlar.Store;
import dev.ashlar.document.BlockCompressor;
import dev.ashlar.document.CommitRecord;
import dev.ashlar.document.Dictionary;
import dev.ashlar.document.DocumentFiles;
import dev.ashlar.document.EncodedDocument;
import dev.ashlar.keyspace.Space;
import dev.ashlar.log.Chunk;
import dev.ashlar.log.FrameLayout;
import dev.ashlar.log.Position;
import java.lang.foreign.MemorySegment;
import java.lang.reflect.Field;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/** Looks into document collections where users cannot: at what is pending, at files, and at what compresses. */
public final class PendingDocuments {
    private PendingDocuments() {}

    private static DocumentSpace spaceOf(Store store, String collection) {
        return ((DocumentHandle) store.documents(collection)).documents();
    }

    /**
     * What the next commit would do, in the log or in segments already, while nobody writes.
     *
     * @return under each primary key a document, or nothing for its deletion; documents without a key under {@code #}, a number
     */
    public static TreeMap<String, Optional<Document>> of(Store store, String collection) {
        DocumentSpace space = spaceOf(store, collection);
        DocumentState state = space.state();
        TreeMap<String, Optional<Document>> found = new TreeMap<>();
        for (DocumentState.Member member : state.published()) {
            for (int i = member.now().nextLive(0); i >= 0; i = next(member, i)) {
                MemorySegment key = member.segment().file().key(i);
                if (!member.next().isLive(i) && key != null) {
                    found.put(text(key.toArray(JAVA_BYTE)), Optional.empty());
                }
            }
        }
        addUnpublished(space, state, found);
        space.space().forEachPosition(position -> addRecord(space, position, found));
        return found;
    }

    private static int next(DocumentState.Member member, int ordinal) {
        return ordinal + 1 < member.entry().documents() ? member.now().nextLive(ordinal + 1) : -1;
    }

    private static void addUnpublished(
            DocumentSpace space, DocumentState state, TreeMap<String, Optional<Document>> found) {
        List<DocumentState.Member> members =
                state.unpublished().stream().map(DocumentState.Member::settled).toList();
        DocumentState shown = new DocumentState(0, state.record(), members, List.of());
        DocumentReads reads = DocumentReads.of(space, shown, () -> {});
        try (DocumentCursor cursor = reads.cursor()) {
            while (cursor.next()) {
                int ordinal = cursor.address().ordinal();
                MemorySegment key = members.stream()
                        .filter(each -> each.segment().id() == cursor.address().segment())
                        .findFirst()
                        .orElseThrow()
                        .segment()
                        .file()
                        .key(ordinal);
                String name = key == null ? "#s" + cursor.address() : text(key.toArray(JAVA_BYTE));
                Optional<Document> former = found.put(name, Optional.of(cursor.copy()));
                if (former != null && former.isPresent()) {
                    throw new AssertionError(name + " is pending in two segments");
                }
            }
        }
    }

    private static void addRecord(DocumentSpace space, long position, TreeMap<String, Optional<Document>> found) {
        Space records = space.space();
        Chunk chunk = records.chunkAt(position);
        MemorySegment s = chunk.segment();
        long at = Position.offset(position);
        byte[] key = s.asSlice(FrameLayout.keyOffset(s, at), FrameLayout.keyLength(s, at))
                .toArray(JAVA_BYTE);
        if (key[0] == DocumentSpace.COMMIT_RECORD[0]) {
            return;
        }
        String name = key[0] == DocumentSpace.UNKEYED
                ? "#" + ByteBuffer.wrap(key).getLong(1)
                : text(ByteBuffer.allocate(key.length - 1)
                        .put(key, 1, key.length - 1)
                        .array());
        MemorySegment value = FrameLayout.hasValueFile(s, at)
                ? records.values().valueFile(s, at)
                : s.asSlice(FrameLayout.payloadOffset(s, at), FrameLayout.payloadLength(s, at));
        byte kind = value.get(JAVA_BYTE, 0);
        if (kind == DocumentSpace.DELETE) {
            found.put(name, Optional.empty());
            return;
        }
        MemorySegment copy = MemorySegment.ofArray(value.asSlice(1).toArray(JAVA_BYTE));
        found.put(name, Optional.of(new EncodedDocument(space.shape()).pointAt(copy, 0, copy.byteSize(), "log", at)));
    }

    private static String text(byte[] key) {
        return new String(key, StandardCharsets.UTF_8);
    }

    /** Whether anything is pending that has an effect, or may have one. */
    public static int records(Store store, String collection) {
        List<Long> all = new ArrayList<>();
        spaceOf(store, collection).space().forEachPosition(all::add);
        return (int) all.stream()
                .filter(position -> !isCommitRecord(spaceOf(store, collection).space(), position))
                .count();
    }

    private static boolean isCommitRecord(Space space, long position) {
        MemorySegment s = space.chunkAt(position).segment();
        long at = Position.offset(position);
        return FrameLayout.keyLength(s, at) == 1
                && s.get(JAVA_BYTE, FrameLayout.keyOffset(s, at)) == DocumentSpace.COMMIT_RECORD[0];
    }

    /** The files that the commit records of all collections name, in their directory. */
    public static TreeSet<String> filesNamed(Store store) {
        TreeSet<String> named = new TreeSet<>();
        for (String collection : store.documentCollections()) {
            CommitRecord record = spaceOf(store, collection).state().record();
            for (List<CommitRecord.Entry> entries : List.of(record.published(), record.unpublished())) {
                for (CommitRecord.Entry entry : entries) {
                    named.add(DocumentFiles.segment(entry.segment()));
                    for (CommitRecord.Mask mask : List.of(entry.now(), entry.next())) {
                        if (mask.file() != 0) {
                            named.add(DocumentFiles.live(mask.file()));
                        }
                    }
                }
            }
            record.dictionaries().forEach(id -> named.add(DocumentFiles.dictionary(id)));
        }
        return named;
    }

    /** What compresses blocks from now on, at a level and with a dictionary or none. */
    public static void compressWith(Store store, BiFunction<Integer, @Nullable Dictionary, BlockCompressor> factory) {
        ((Engine) store).documents().compressors(factory);
    }

    /** Frees what a store that is not closed, as after a crash, holds of memory besides the log. Nobody uses it any more. */
    public static void abandon(Store store) {
        ((Engine) store).documents().all().forEach(DocumentSpace::close);
    }

    /** Whether segments are being built early: what is added meanwhile does not start that anew. */
    public static boolean buildsEarly(Store store, String collection) {
        try {
            Field flushing = DocumentSpace.class.getDeclaredField("flushing");
            flushing.setAccessible(true);
            return ((AtomicBoolean) flushing.get(spaceOf(store, collection))).get();
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Does now what is due of removing files, and of commits that were forgotten. */
    public static void wake(Store store) {
        ((Engine) store).documents().wake();
    }
}
