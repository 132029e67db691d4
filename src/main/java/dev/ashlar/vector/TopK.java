package dev.ashlar.vector;

/**
 * The nearest rows of those that were offered: a heap of at most k of them, the farthest on top. Its order is that of ranks,
 * and of ids where ranks are equal; ids are unique, so which rows it ends with depends neither on the order in which they
 * came nor on how they were divided among several heaps. For one thread. Allocates nothing after its construction.
 */
final class TopK {
    private final int[] ranks;
    private final long[] ids;
    private final int[] runs;
    private final int[] rows;
    private int size;

    TopK(int k) {
        this.ranks = new int[k];
        this.ids = new long[k];
        this.runs = new int[k];
        this.rows = new int[k];
    }

    int size() {
        return size;
    }

    /** The rank above which nothing gets in any more. */
    int bound() {
        return size < ranks.length ? Ranking.LAST : ranks[0];
    }

    /** Whether {@link #add} would keep the row. */
    boolean admits(int rank, long id) {
        return size < ranks.length || rank < ranks[0] || rank == ranks[0] && id < ids[0];
    }

    /** Adds a row that is admitted; the farthest goes if there is no room. */
    void add(int rank, long id, int run, int row) {
        if (size < ranks.length) {
            rise(size++, rank, id, run, row);
        } else {
            sink(0, size, rank, id, run, row);
        }
    }

    void addAll(TopK other) {
        for (int i = 0; i < other.size; i++) {
            if (admits(other.ranks[i], other.ids[i])) {
                add(other.ranks[i], other.ids[i], other.runs[i], other.rows[i]);
            }
        }
    }

    /** Puts what there is into order, nearest first. Afterwards it is no heap: nothing can be added. */
    void sort() {
        for (int last = size - 1; last > 0; last--) {
            int rank = ranks[last];
            long id = ids[last];
            int run = runs[last];
            int row = rows[last];
            set(last, ranks[0], ids[0], runs[0], rows[0]);
            sink(0, last, rank, id, run, row);
        }
    }

    int rank(int i) {
        return ranks[i];
    }

    long id(int i) {
        return ids[i];
    }

    int run(int i) {
        return runs[i];
    }

    int row(int i) {
        return rows[i];
    }

    /** Puts an entry into the hole at {@code i}, or nearer to the top. */
    private void rise(int i, int rank, long id, int run, int row) {
        int hole = i;
        while (hole > 0) {
            int parent = (hole - 1) >>> 1;
            if (!isFarther(rank, id, parent)) {
                break;
            }
            move(parent, hole);
            hole = parent;
        }
        set(hole, rank, id, run, row);
    }

    /** Puts an entry into the hole at {@code i}, or farther from the top. */
    private void sink(int i, int end, int rank, long id, int run, int row) {
        int hole = i;
        while (true) {
            int child = 2 * hole + 1;
            if (child >= end) {
                break;
            }
            if (child + 1 < end && isFarther(ranks[child + 1], ids[child + 1], child)) {
                child++;
            }
            if (isFarther(rank, id, child)) {
                break;
            }
            move(child, hole);
            hole = child;
        }
        set(hole, rank, id, run, row);
    }

    private boolean isFarther(int rank, long id, int than) {
        return rank > ranks[than] || rank == ranks[than] && id > ids[than];
    }

    private void move(int from, int to) {
        set(to, ranks[from], ids[from], runs[from], rows[from]);
    }

    private void set(int i, int rank, long id, int run, int row) {
        ranks[i] = rank;
        ids[i] = id;
        runs[i] = run;
        rows[i] = row;
    }
}
