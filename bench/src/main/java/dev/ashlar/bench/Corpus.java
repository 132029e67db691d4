package dev.ashlar.bench;

import dev.ashlar.DocumentBuilder;
import dev.ashlar.DocumentField;
import dev.ashlar.DocumentSchema;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.SplittableRandom;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.apache.lucene.document.Document;
import org.apache.lucene.document.Field;
import org.apache.lucene.document.StoredField;
import org.apache.lucene.document.StringField;

/**
 * Documents of a key and a text, all in the heap, so that nobody waits for where they come from: the Java files of the JDK's
 * sources, or JSON that is generated.
 */
final class Corpus {
    static final String KEY = "key";
    static final String TEXT = "text";

    private static final int WORDS = 4_000;
    private static final int JSON_CHARS = 1_600;

    private final List<String> keys = new ArrayList<>();
    private final List<String> texts = new ArrayList<>();
    private final DocumentField field;
    private long bytes;

    private Corpus(DocumentField field) {
        this.field = field;
    }

    static Corpus sources() {
        Corpus corpus = new Corpus(DocumentField.text(TEXT));
        Path archive = Path.of(System.getProperty("java.home"), "lib", "src.zip");
        try (ZipFile zip = new ZipFile(archive.toFile())) {
            for (Iterator<? extends ZipEntry> entries = zip.stream().iterator(); entries.hasNext(); ) {
                ZipEntry entry = entries.next();
                if (entry.getName().endsWith(".java")) {
                    try (InputStream in = zip.getInputStream(entry)) {
                        corpus.add(entry.getName(), new String(in.readAllBytes(), StandardCharsets.UTF_8));
                    }
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException("the sources of the JDK are needed: " + archive, e);
        }
        return corpus;
    }

    /** Orders of about 1.6 KB: names and words that come again, numbers that do not. */
    static Corpus json(int count) {
        Corpus corpus = new Corpus(DocumentField.json(TEXT));
        for (int i = 0; i < count; i++) {
            corpus.add(jsonKey(i), json(i, new StringBuilder()).toString());
        }
        return corpus;
    }

    static String jsonKey(int i) {
        return "order-" + Long.toHexString(Stores.mix(i) & 0xffff_ffffL) + "-" + i;
    }

    static StringBuilder json(int i, StringBuilder into) {
        SplittableRandom random = new SplittableRandom(Stores.mix(i));
        into.append("{\"order\":").append(i).append(",\"time\":\"2025-0").append(random.nextInt(1, 10));
        into.append('-').append(random.nextInt(10, 29)).append("T0").append(random.nextInt(10));
        into.append(":00:00Z\",\"customer\":{\"name\":\"");
        word(random, into);
        into.append(' ');
        word(random, into);
        into.append("\",\"city\":\"");
        word(random, into);
        into.append("\",\"id\":").append(random.nextInt(1_000_000)).append("},\"items\":[");
        for (int item = random.nextInt(4, 9); item > 0; item--) {
            into.append("{\"sku\":\"")
                    .append(Integer.toHexString(random.nextInt()))
                    .append("\",\"title\":\"");
            word(random, into);
            into.append(' ');
            word(random, into);
            into.append("\",\"quantity\":").append(random.nextInt(1, 10)).append(",\"price\":");
            into.append(random.nextInt(100_000) / 100.0)
                    .append(",\"available\":")
                    .append(random.nextInt(4) > 0);
            into.append(item > 1 ? "}," : "}");
        }
        into.append("],\"notes\":\"");
        while (into.length() < JSON_CHARS) {
            word(random, into);
            into.append(' ');
        }
        return into.append("\"}");
    }

    /** A word of a few thousand, some of which come far more often than others. */
    private static void word(SplittableRandom random, StringBuilder into) {
        double share = random.nextDouble();
        long word = Stores.mix((long) (WORDS * share * share * share));
        for (int letters = 3 + (int) (word & 7); letters > 0; letters--) {
            word = Stores.mix(word);
            into.append((char) ('a' + (word >>> 8) % 26 * ((word >>> 20) % 3 > 0 ? 1 : 0)));
        }
    }

    private void add(String key, String text) {
        keys.add(key);
        texts.add(text);
        bytes += text.getBytes(StandardCharsets.UTF_8).length + key.length();
    }

    int count() {
        return keys.size();
    }

    /** Of keys and texts in UTF-8. */
    long bytes() {
        return bytes;
    }

    String key(int i) {
        return keys.get(i);
    }

    String text(int i) {
        return texts.get(i);
    }

    DocumentSchema schema() {
        return DocumentSchema.builder()
                .field(DocumentField.keyword(KEY))
                .field(field)
                .primaryKey(KEY)
                .build();
    }

    void fill(int i, DocumentBuilder builder) {
        builder.clear().set(KEY, keys.get(i)).set(TEXT, texts.get(i));
    }

    Document lucene(int i) {
        Document document = new Document();
        document.add(new StringField(KEY, keys.get(i), Field.Store.YES));
        document.add(new StoredField(TEXT, texts.get(i)));
        return document;
    }
}
