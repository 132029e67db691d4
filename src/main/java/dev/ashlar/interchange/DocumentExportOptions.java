package dev.ashlar.interchange;

import dev.ashlar.CorruptionException;
import dev.ashlar.DocumentFilter;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * How documents are exported.
 *
 * @param filter which documents; null: all
 * @param fields names of the fields that are written, in this order; none: all, in the order of the schema
 * @param damaged told of each document that cannot be read, and the export goes on with the next one; null: it ends there
 * @param progress told from time to time how many bytes of documents, as they are stored before they are compressed, have been
 *     read
 */
public record DocumentExportOptions(
        @Nullable DocumentFilter filter,
        List<String> fields,
        @Nullable Consumer<CorruptionException> damaged,
        LongConsumer progress) {
    /** All documents and fields; ends at the first document that is damaged. */
    public static final DocumentExportOptions DEFAULT = new DocumentExportOptions(null, List.of(), null, _ -> {});

    public DocumentExportOptions {
        fields = List.copyOf(fields);
        Objects.requireNonNull(progress, "progress");
    }

    public DocumentExportOptions withFilter(DocumentFilter filter) {
        return new DocumentExportOptions(Objects.requireNonNull(filter, "filter"), fields, damaged, progress);
    }

    public DocumentExportOptions withFields(String... fields) {
        return new DocumentExportOptions(filter, List.of(fields), damaged, progress);
    }

    /** Goes on behind documents that are damaged, and tells of each. */
    public DocumentExportOptions goingOn(Consumer<CorruptionException> damaged) {
        return new DocumentExportOptions(filter, fields, Objects.requireNonNull(damaged, "damaged"), progress);
    }

    public DocumentExportOptions withProgress(LongConsumer progress) {
        return new DocumentExportOptions(filter, fields, damaged, progress);
    }
}
