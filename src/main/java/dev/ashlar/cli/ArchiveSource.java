package dev.ashlar.cli;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.Locale;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;

/** The files in a zip or jar; the checksum that the archive has for each is compared as it is read. */
final class ArchiveSource implements ImportSource {
    /** What names are in that the archive does not say to be UTF-8 (APPNOTE.TXT, appendix D). */
    private static final Charset DOS = Charset.forName("IBM437");

    private final ZipFile archive;

    private ArchiveSource(ZipFile archive) {
        this.archive = archive;
    }

    static boolean isArchive(Path path) {
        String name = path.toString().toLowerCase(Locale.ROOT);
        return name.endsWith(".zip") || name.endsWith(".jar");
    }

    static ArchiveSource open(Path path) throws IOException {
        try {
            return new ArchiveSource(openFile(path));
        } catch (ZipException e) {
            throw Failure.refused(Escapes.show(path.toString()) + " is not a zip archive that can be read: "
                    + e.getMessage() + ". To store the file as it is, use 'ashlar put' and its standard input.");
        }
    }

    private static ZipFile openFile(Path path) throws IOException {
        try {
            // Most archives that do not declare their names to be UTF-8 have UTF-8 in them all the same.
            return new ZipFile(path.toFile(), StandardCharsets.UTF_8);
        } catch (ZipException e) {
            if (String.valueOf(e.getMessage()).contains("bad entry name")) {
                return new ZipFile(path.toFile(), DOS);
            }
            throw e;
        }
    }

    @Override
    public long bytes() {
        return archive.stream().mapToLong(entry -> Math.max(0, entry.getSize())).sum();
    }

    @Override
    public void forEach(Visitor visitor) throws IOException {
        for (Iterator<? extends ZipEntry> entries = archive.stream().iterator(); entries.hasNext(); ) {
            ZipEntry entry = entries.next();
            if (!entry.isDirectory()) {
                byte[] key = entry.getName().getBytes(StandardCharsets.UTF_8);
                visitor.entry(new Entry(key, entry.getSize(), entry.getCrc(), () -> content(entry)));
            }
        }
    }

    private InputStream content(ZipEntry entry) throws IOException {
        return new CheckedEntryStream(archive.getInputStream(entry), entry.getSize(), entry.getCrc());
    }

    @Override
    public void close() throws IOException {
        archive.close();
    }
}
