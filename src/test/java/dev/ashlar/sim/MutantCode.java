package dev.ashlar.sim;

import dev.ashlar.document.LiveDocs;
import dev.ashlar.document.SegmentMerger;
import dev.ashlar.keyspace.Records;
import dev.ashlar.keyspace.Space;
import dev.ashlar.log.Chunk;
import dev.ashlar.log.ChunkImage;
import dev.ashlar.log.FrameLayout;
import dev.ashlar.log.FrameRef;
import dev.ashlar.log.View;
import java.lang.foreign.MemorySegment;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.util.Collection;
import java.util.List;
import java.util.function.LongSupplier;

/** What {@link Mutant broken engines} call instead of what they should. Found by name. */
public final class MutantCode {
    private MutantCode() {}

    /** The end of the log in place of what of it is durable: {@code Syncer.durable()}. */
    public static long appended(Object syncer) {
        try {
            Field field = syncer.getClass().getDeclaredField("appended");
            field.setAccessible(true);
            return ((LongSupplier) field.get(syncer)).getAsLong();
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    /** A frame that says that all before it is durable, itself included: {@code FrameLayout.watermark(…)}. */
    public static long ownEnd(MemorySegment bytes, long at, long lsn) {
        return lsn + 1;
    }

    /** Every frame ends its batch: {@code FrameLayout.flags(…)}. */
    public static int batchEnd(MemorySegment bytes, long at) {
        return 1;
    }

    /** Only the last frame of a batch is looked at: {@code ChunkImage.payloadVerifies(…)}. */
    public static boolean lastVerifies(ChunkImage image, long lsn) {
        boolean last = (FrameLayout.flags(image.bytes(), image.at(lsn)) & FrameLayout.BATCH_END) != 0;
        return !last || image.payloadVerifies(lsn);
    }

    /** A moved frame is taken for a new one: {@code FrameLayout.version(…)}. */
    public static long ownLsn(MemorySegment bytes, long at, long lsn) {
        return lsn;
    }

    /** Deletions in the catalog are not moved: {@code View.lacks(…)}. */
    public static boolean lacksOutsideOfCatalog(
            View view, int space, long hash, MemorySegment key, long keyAt, int keyLength) {
        return space != 0 && view.lacks(space, hash, key, keyAt, keyLength);
    }

    /** Whatever a batch requires holds: {@code Framer.holds(…)}. */
    public static boolean always(Object framer, MemorySegment op, long at, boolean inBatch) {
        return true;
    }

    /** The store was closed, whatever the manifest says: {@code Manifest.clean()}. */
    public static boolean yes(Object manifest) {
        return true;
    }

    /** A key is taken out of its index, and nothing is written: {@code Compactor.addDeletion(…)}. */
    public static void forget(Object compactor, ChunkImage loaded, long lsn, long hash) {
        try {
            Field records = compactor.getClass().getDeclaredField("records");
            Field views = compactor.getClass().getDeclaredField("views");
            records.setAccessible(true);
            views.setAccessible(true);
            FrameRef deletion = new FrameRef();
            Chunk chunk = ((Records) records.get(compactor)).chunks().holding(lsn);
            deletion.read(chunk, lsn, loaded.bytes(), loaded.at(lsn));
            deletion.type = FrameLayout.DELETE;
            deletion.lsn = chunk.limit();
            deletion.keyHash = hash;
            Method all = views.get(compactor).getClass().getDeclaredMethod("all");
            all.setAccessible(true);
            ((View) ((List<?>) all.invoke(views.get(compactor))).getFirst()).apply(deletion);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Every index refers to everything: {@code View.refersTo(…)}. */
    public static boolean refers(Object view, int space, long hash, long position) {
        return true;
    }

    /** Every file is somebody else's: {@code SegmentFiles.numberOf(…)}. */
    public static long nobodys(String entry) {
        return -1;
    }

    /** A list counts as empty: {@code List.isEmpty()}. */
    public static boolean always(Object list) {
        return true;
    }

    /** Instead of the smaller of two. */
    public static long second(long first, long second) {
        return second;
    }

    /** Instead of the larger of two. */
    public static long first(long first, long second) {
        return first;
    }

    /** The opposite: {@code String.equals(…)}. */
    public static boolean differs(String one, Object other) {
        return !one.equals(other);
    }

    /** No document has died: {@code DocumentMerges.diedSince(…)}. */
    public static int[] nobody(LiveDocs copied, LiveDocs then, int source, SegmentMerger.Merged merged) {
        return new int[0];
    }

    /** Everything is durable: {@code Syncer.durable()}. */
    public static long forever(Object durable) {
        return Long.MAX_VALUE;
    }

    /** Nothing is left that is pending: {@code Batch.clearBelow(…)}. */
    public static void clearAll(Object batch, Space space, long lsn) {
        call(batch, "clearBelow", new Class<?>[] {Space.class, long.class}, space, Long.MAX_VALUE >> 8);
    }

    /** What was released is dropped: {@code PreparedDocuments.end()}. */
    public static void abortAndEnd(Object commit) {
        call(commit, "abort", new Class<?>[0]);
    }

    /** Readers look at what is next: {@code DocumentState.Member.now()}. */
    public static LiveDocs next(Object member) {
        return (LiveDocs) call(member, "next", new Class<?>[0]);
    }

    /** A list that nothing is added to: {@code List.addAll(…)}. */
    public static boolean addsNothing(Object list, Collection<?> more) {
        return false;
    }

    private static Object call(Object receiver, String method, Class<?>[] types, Object... arguments) {
        try {
            Method found = receiver.getClass().getDeclaredMethod(method, types);
            found.setAccessible(true);
            return found.invoke(receiver, arguments);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Chunks that were left do not need a sync: {@code Unsynced.left()}. */
    public static List<?> none(Object unsynced) {
        return List.of();
    }
}
