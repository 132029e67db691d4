package dev.ashlar.interchange;

import dev.ashlar.AshlarException;
import dev.ashlar.CorruptionException;
import dev.ashlar.Document;
import dev.ashlar.DocumentBuilder;
import dev.ashlar.DocumentCollection;
import dev.ashlar.DocumentCursor;
import dev.ashlar.DocumentFilter;
import dev.ashlar.DocumentSnapshot;
import dev.ashlar.DuplicateKeyException;
import dev.ashlar.Durability;
import dev.ashlar.FieldType;
import dev.ashlar.Keyspace;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Documents as lines of JSON, in UTF-8: each line an object whose members are the fields, in any order. They are read and
 * written one by one, so memory use does not grow with their number.
 *
 * <table>
 * <caption>fields and members</caption>
 * <tr><th>field</th><th>member</th></tr>
 * <tr><td>TEXT, KEYWORD</td><td>a string</td></tr>
 * <tr><td>I64, and a VECTOR in a collection</td><td>a number that is an integer; read too: {@code 1.0}, {@code 1e3}</td></tr>
 * <tr><td>F64</td><td>a number, or one of the strings {@code NaN}, {@code Infinity}, {@code -Infinity}</td></tr>
 * <tr><td>BOOL</td><td>true or false</td></tr>
 * <tr><td>BYTES</td><td>a string, Base64 (RFC 4648, section 4)</td></tr>
 * <tr><td>JSON</td><td>any value, kept as it is written; line feeds in it become blanks when it is exported</td></tr>
 * <tr><td>VECTOR with a dimension</td><td>an array of as many numbers, or strings as with F64</td></tr>
 * <tr><td>{@linkplain dev.ashlar.DocumentField#many() many}</td><td>an array of these</td></tr>
 * </table>
 *
 * <p>A field that is absent has no member; null and an empty array say the same, but in a field of type {@link FieldType#JSON}
 * null is a value. Whoever reads what was written gets the same documents, except for fields that are not stored.
 *
 * <p>Any number of threads may import and export at the same time.
 */
public final class DocumentLines {
    /** The longest line; a longer one is refused. */
    public static final int MAX_LINE_BYTES = 1 << 30;

    private static final int BUFFER_BYTES = 1 << 16;
    private static final byte[] BYTE_ORDER_MARK = {(byte) 0xef, (byte) 0xbb, (byte) 0xbf};

    private DocumentLines() {}

    /**
     * A document as a JSON object on one line, without a line feed.
     *
     * @param fields names of those that are in it, in this order; none: all
     * @throws IllegalArgumentException if there is no field of such a name
     */
    public static String toJson(Document document, String... fields) {
        return new DocumentWriting(document.schema(), fields).write(document).toString();
    }

    /**
     * Fills a builder with what a JSON object has, in place of what it had.
     *
     * @throws JsonLineException if it is no document of the schema; then the builder is empty. Its line is 1, and the position
     *     is one in the UTF-8 of the text
     */
    public static void parse(String json, DocumentBuilder into) {
        byte[] text = json.getBytes(StandardCharsets.UTF_8);
        new DocumentReading(into, false).read(text, 0, text.length, 1);
    }

    /**
     * Adds a document for each line. Lines of nothing but white space are passed over, and so is a byte order mark at the
     * beginning. Documents are pending until they are committed: at the end, and every so many if {@link
     * DocumentImportOptions#commitEvery} says so. What else was pending in the collection is committed with them.
     *
     * <p>If this throws, what stands in lines before is added, and pending unless it was committed on the way. So it is at the
     * end too if no commit is asked for; {@link dev.ashlar.Store#sync} makes what is pending durable.
     *
     * @param source read to its end, not closed
     * @throws JsonLineException if a line is refused, and {@link DocumentImportOptions#refused} is null; the cause is a {@link
     *     DuplicateKeyException} or {@link dev.ashlar.InvalidDocumentException}, or null if the line is no such object
     * @throws IllegalStateException if documents are to take the place of others and the schema has no primary key
     * @throws IOException if the source does
     * @throws AshlarException as {@link DocumentCollection#add(DocumentBuilder, Durability)} and {@link
     *     DocumentCollection#commit()}
     */
    public static DocumentImportReport importLines(
            InputStream source, DocumentCollection target, DocumentImportOptions options) throws IOException {
        return importLines(source, target, options, MAX_LINE_BYTES);
    }

    static DocumentImportReport importLines(
            InputStream source, DocumentCollection target, DocumentImportOptions options, int longest)
            throws IOException {
        Objects.requireNonNull(source, "source");
        if (options.upsert() && target.schema().primaryKey() == null) {
            throw new IllegalStateException("collection " + target.name()
                    + " has no primary key, so no document can take the place of another: add them");
        }
        long start = System.nanoTime();
        DocumentBuilder builder = target.document();
        DocumentReading reading = new DocumentReading(builder, options.ignoreUnknown());
        JsonLineReader lines = new JsonLineReader(source, longest);
        Meter meter = new Meter(options.progress());
        Consumer<JsonLineException> refusals = options.refused();
        long documents = 0;
        long refused = 0;
        long commits = 0;
        long uncommitted = 0;
        while (lines.next()) {
            try {
                if (add(lines, longest, reading, builder, target, options.upsert())) {
                    documents++;
                    uncommitted++;
                }
            } catch (JsonLineException e) {
                if (refusals == null) {
                    throw e;
                }
                refused++;
                refusals.accept(e);
            }
            meter.at(lines.position());
            if (options.commitEvery() > 0 && uncommitted >= options.commitEvery()) {
                commits += target.commit() == Keyspace.NOT_WRITTEN ? 0 : 1;
                uncommitted = 0;
            }
        }
        if (options.commit()) {
            commits += target.commit() == Keyspace.NOT_WRITTEN ? 0 : 1;
        }
        meter.finish(lines.position());
        return new DocumentImportReport(
                lines.line(),
                documents,
                refused,
                commits,
                lines.position(),
                Duration.ofNanos(System.nanoTime() - start));
    }

    /** @return false if there is nothing in the line */
    private static boolean add(
            JsonLineReader lines,
            int longest,
            DocumentReading reading,
            DocumentBuilder builder,
            DocumentCollection target,
            boolean upsert) {
        if (lines.isTooLong()) {
            throw new JsonLineException(lines.line(), longest, "the line is longer than " + longest + " bytes");
        }
        int from = lines.from();
        if (lines.line() == 1 && startsWith(lines, BYTE_ORDER_MARK)) {
            from += BYTE_ORDER_MARK.length;
        }
        if (isBlank(lines.bytes(), from, lines.to())) {
            return false;
        }
        reading.read(lines.bytes(), from, lines.to(), lines.line());
        try {
            long ignored =
                    upsert ? target.upsert(builder, Durability.APPENDED) : target.add(builder, Durability.APPENDED);
        } catch (DuplicateKeyException | IllegalArgumentException e) {
            throw new JsonLineException(lines.line(), 0, e);
        }
        return true;
    }

    private static boolean startsWith(JsonLineReader lines, byte[] head) {
        for (int i = 0; i < head.length; i++) {
            if (lines.from() + i >= lines.to() || lines.bytes()[lines.from() + i] != head[i]) {
                return false;
            }
        }
        return true;
    }

    private static boolean isBlank(byte[] bytes, int from, int to) {
        for (int i = from; i < to; i++) {
            if (bytes[i] != ' ' && bytes[i] != '\t' && bytes[i] != '\r') {
                return false;
            }
        }
        return true;
    }

    /**
     * Writes a line for each document, as {@link #importLines} reads them.
     *
     * @param target written to in pieces, flushed at the end, not closed
     * @throws IllegalArgumentException if the filter or the names of fields do not go with the schema
     * @throws InterchangeException if a document is too large for a line
     * @throws CorruptionException if a document is damaged, and {@link DocumentExportOptions#damaged} is null
     * @throws IOException if the target does
     */
    public static DocumentExportReport exportLines(
            DocumentSnapshot source, OutputStream target, DocumentExportOptions options) throws IOException {
        OutputStream buffered = new BufferedOutputStream(Objects.requireNonNull(target, "target"), BUFFER_BYTES);
        long start = System.nanoTime();
        DocumentWriting writing =
                new DocumentWriting(source.schema(), options.fields().toArray(String[]::new));
        DocumentFilter filter = options.filter();
        Meter meter = new Meter(options.progress());
        long documents = 0;
        long damaged = 0;
        long bytes = 0;
        try (DocumentCursor cursor = filter == null ? source.cursor() : source.cursor(filter)) {
            while (true) {
                try {
                    if (!cursor.next()) {
                        break;
                    }
                    writing.write(cursor.document()).raw('\n');
                    bytes += cursor.document().encoded().byteSize();
                } catch (CorruptionException e) {
                    tell(options.damaged(), e);
                    damaged++;
                    continue;
                }
                writing.writeTo(buffered);
                documents++;
                meter.at(bytes);
            }
        }
        buffered.flush();
        meter.finish(bytes);
        return new DocumentExportReport(documents, damaged, bytes, Duration.ofNanos(System.nanoTime() - start));
    }

    private static void tell(@Nullable Consumer<CorruptionException> damaged, CorruptionException e) {
        if (damaged == null) {
            throw e;
        }
        damaged.accept(e);
    }
}
