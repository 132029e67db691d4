package dev.ashlar.sim;

import java.util.Arrays;

/**
 * Bytes of a file in pages, of which only those that were written take memory. Copies share pages, so that a copy costs
 * what is written to it. It has no length: what was never written reads as zeros.
 */
final class Content {
    static final int PAGE = 4096;

    private byte[][] pages;

    Content() {
        this(new byte[4][]);
    }

    private Content(byte[][] pages) {
        this.pages = pages;
    }

    Content copy() {
        return new Content(pages.clone());
    }

    void write(long position, byte[] source, int from, int length) {
        int done = 0;
        while (done < length) {
            long at = position + done;
            int offset = (int) (at % PAGE);
            int count = Math.min(PAGE - offset, length - done);
            System.arraycopy(source, from + done, ownPage((int) (at / PAGE)), offset, count);
            done += count;
        }
    }

    /** Whether a range reads as these bytes. */
    boolean equals(long position, byte[] other, int from, int length) {
        for (int i = 0; i < length; i++) {
            int index = (int) ((position + i) / PAGE);
            byte[] page = index < pages.length ? pages[index] : null;
            byte own = page == null ? 0 : page[(int) ((position + i) % PAGE)];
            if (own != other[from + i]) {
                return false;
            }
        }
        return true;
    }

    /** Makes a range read as zeros. */
    void clear(long from, long to) {
        long end = Math.min(to, (long) pages.length * PAGE);
        for (long at = from; at < end; ) {
            int index = (int) (at / PAGE);
            long pageEnd = Math.min(end, (index + 1L) * PAGE);
            if (pages[index] != null) {
                if (pageEnd - at == PAGE) {
                    pages[index] = null;
                } else {
                    Arrays.fill(ownPage(index), (int) (at % PAGE), (int) (pageEnd - (long) index * PAGE), (byte) 0);
                }
            }
            at = pageEnd;
        }
    }

    /** The pages, of which null ones are zeros; to be read only. */
    byte[][] pages() {
        return pages;
    }

    /** A page that no copy shares. */
    private byte[] ownPage(int index) {
        if (index >= pages.length) {
            pages = Arrays.copyOf(pages, Math.max(index + 1, pages.length * 2));
        }
        byte[] own = pages[index] == null ? new byte[PAGE] : pages[index].clone();
        pages[index] = own;
        return own;
    }
}
