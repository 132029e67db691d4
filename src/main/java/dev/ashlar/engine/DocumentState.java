package dev.ashlar.engine;

import dev.ashlar.document.CommitRecord;
import dev.ashlar.document.LiveDocs;
import java.util.List;
import java.util.stream.Stream;

/**
 * The segments of a document collection as one of its commit records says, and what is needed to read them. It never changes.
 *
 * @param lsn version of the record; 0 if there is none
 * @param published what readers see, the oldest first
 * @param unpublished what is pending, and in segments already
 */
record DocumentState(long lsn, CommitRecord record, List<Member> published, List<Member> unpublished) {
    static final DocumentState EMPTY = new DocumentState(0, CommitRecord.EMPTY, List.of(), List.of());

    /**
     * @param now which documents readers see
     * @param next which of them are left when all that is pending in segments is committed
     */
    record Member(CommitRecord.Entry entry, OpenSegment segment, LiveDocs now, LiveDocs next) {
        /** With nothing that is to die any more. */
        Member settled() {
            return new Member(withMasks(entry, entry.next(), entry.next()), segment, next, next);
        }

        /** As if nothing were pending. */
        Member reverted() {
            return new Member(withMasks(entry, entry.now(), entry.now()), segment, now, now);
        }

        boolean isWholeNow() {
            return entry.now().equals(entry.next());
        }

        private static CommitRecord.Entry withMasks(
                CommitRecord.Entry entry, CommitRecord.Mask now, CommitRecord.Mask next) {
            return new CommitRecord.Entry(
                    entry.segment(), entry.documents(), entry.documentBytes(), entry.fileBytes(), now, next);
        }
    }

    /** The state that another one becomes, of these segments. */
    static DocumentState after(
            DocumentState former,
            List<Member> published,
            List<Member> unpublished,
            List<Long> dictionaries,
            long nextFile) {
        CommitRecord record = new CommitRecord(
                former.record.generation() + 1,
                nextFile,
                published.stream().map(Member::entry).toList(),
                unpublished.stream().map(Member::entry).toList(),
                dictionaries);
        return new DocumentState(0, record, List.copyOf(published), List.copyOf(unpublished));
    }

    DocumentState at(long version) {
        return new DocumentState(version, record, published, unpublished);
    }

    Stream<Member> members() {
        return Stream.concat(published.stream(), unpublished.stream());
    }

    /** Documents that readers see. */
    long documents() {
        return published.stream().mapToLong(member -> member.now.live()).sum();
    }

    /** Whether anything is pending in segments. */
    boolean hasUnpublished() {
        return !unpublished.isEmpty() || published.stream().anyMatch(member -> !member.isWholeNow());
    }

    /** Sees to it that the published segments stay; false if they may be gone already. */
    boolean retain() {
        for (int i = 0; i < published.size(); i++) {
            if (!published.get(i).segment.retain()) {
                for (int j = 0; j < i; j++) {
                    published.get(j).segment.release();
                }
                return false;
            }
        }
        return true;
    }

    void release() {
        published.forEach(member -> member.segment.release());
    }
}
