package dev.ashlar.fuzz;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.ashlar.Keyspace;
import dev.ashlar.SalvageOptions;
import dev.ashlar.SalvageReport;
import dev.ashlar.Scan;
import dev.ashlar.Store;
import dev.ashlar.VectorScan;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * What a salvage of some files gave. The new store was opened and verified, and the damaged one is what it was, down to
 * its times.
 *
 * @param content values by path, see {@link Specimen}
 */
record Salvaged(SalvageReport report, Map<String, String> content) {

    static Salvaged of(StoreImage image) {
        return of(image, SalvageOptions.DEFAULT);
    }

    static Salvaged of(StoreImage image, SalvageOptions options) {
        try (Scratch scratch = Scratch.make()) {
            Path source = scratch.path("damaged");
            image.writeTo(source);
            return of(source, scratch.path("new"), options);
        }
    }

    static Salvaged of(Path source, Path target, SalvageOptions options) {
        StoreImage before = StoreImage.of(source);
        Map<String, Object> times = times(source);
        SalvageReport report = Store.salvage(source, target, options);
        require(before.files().keySet().equals(StoreImage.of(source).files().keySet()), "files came or went");
        require(before.differences(StoreImage.of(source)).isEmpty(), "the damaged store was changed");
        require(times.equals(times(source)), "the damaged store's times were changed");
        Map<String, String> content;
        try (Store store = Store.open(target, Author.STILL)) {
            require(store.recovery().clean() && store.recovery().damaged().isEmpty(), "not closed, or damaged");
            require(store.verify(_ -> {}).intact(), "the new store does not verify");
            require(!store.id().equals(report.store()), "two stores have one id");
            content = contentOf(store);
            Map<String, Long> sizes = new TreeMap<>();
            store.keyspaces()
                    .forEach(name -> sizes.put(name, store.keyspace(name).size()));
            require(sizes.equals(report.recovered()), "reported " + report.recovered() + ", found " + sizes);
            Map<String, Long> rows = new TreeMap<>();
            store.vectorCollections()
                    .forEach(name -> rows.put(name, store.vectors(name).size()));
            Map<String, Long> documents = new TreeMap<>();
            store.documentCollections()
                    .forEach(name ->
                            documents.put(name, store.documents(name).stats().documents()));
            require(documents.equals(report.documents()), "reported " + report.documents() + ", found " + documents);
            require(rows.equals(report.rows()), "reported " + report.rows() + ", found " + rows);
        }
        return new Salvaged(report, content);
    }

    static Map<String, String> contentOf(Store store) {
        Map<String, String> content = new TreeMap<>();
        for (String name : store.keyspaces()) {
            Keyspace space = store.keyspace(name);
            try (Scan scan = space.scan()) {
                while (scan.next()) {
                    String key = Bytes.text(scan.key().toArray(JAVA_BYTE));
                    content.put(
                            Specimen.path(name, key), Bytes.text(scan.value().toArray(JAVA_BYTE)));
                }
            }
        }
        for (String name : store.vectorCollections()) {
            try (VectorScan scan = store.vectors(name).scan()) {
                while (scan.next()) {
                    content.put(
                            Specimen.path(name, Author.key(scan.id())),
                            Bytes.text(scan.row().toArray(JAVA_BYTE)));
                }
            }
        }
        return content;
    }

    private static Map<String, Object> times(Path directory) {
        Map<String, Object> times = new TreeMap<>();
        try (Stream<Path> paths = Files.walk(directory)) {
            for (Path path : (Iterable<Path>) paths::iterator) {
                times.put(directory.relativize(path).toString(), Files.getLastModifiedTime(path));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return times;
    }

    private static void require(boolean holds, String otherwise) {
        if (!holds) {
            throw new AssertionError(otherwise);
        }
    }
}
