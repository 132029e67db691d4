package dev.ashlar.keyspace;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Maps the top bits of a hash to the table that holds its entries. One thread changes it, any number read it without
 * waiting. It knows no tables: an entry is a number to it.
 *
 * <pre>
 *   root, indexed by the top k bits of the hash          node, indexed by the next 4
 *      ┌───────┬───────┬───────┬───────┬──  ──┐             ┌───────┬──  ──┬───────┐
 *      │ entry │ entry │ entry │ ~node │ ...  │   ─────►    │ entry │ ...  │ ~node │ ─────► …
 *      └───────┴───────┴───────┴───────┴──  ──┘             └───────┴──  ──┴───────┘
 *   entry   63  62              29 28     26 25                          0
 *          ┌───┬──────────────────┬─────────┬─────────────────────────────┐
 *          │ 0 │ generation       │ level   │ table                       │
 *          └───┴──────────────────┴─────────┴─────────────────────────────┘
 * </pre>
 *
 * <p>An entry of generation 0 whose top bit is set is <i>pending</i>: its table is not in memory yet. Who finds it loads
 * the table and clears the bit, any thread that is: what they all write is the same, and only over the pending entry.
 *
 * <p>A table of depth d is in all cells whose index starts with its d bits. The root doubles as long as its length
 * stays in proportion to the number of tables, which for hashes that are hashes is always: they never get past the
 * root. Hashes that agree in many bits would let it explode; for those, single cells lead on to small nodes.
 *
 * <p><b>What a reader can rely on.</b> It may get an entry that is out of date, even one of another prefix (through a
 * node that was replaced in between), but if it has seen anything that the writer did after a change, then it sees that
 * change when it asks again. Generations are never used twice, so an entry that comes back equal has been there all the
 * time.
 */
final class Directory {
    private static final int TABLE_BITS = 26;
    private static final int LEVEL_BITS = 3;
    private static final long GENERATION_MASK = (1L << (Long.SIZE - 1 - TABLE_BITS - LEVEL_BITS)) - 1;

    private static final int NODE_BITS = 4;
    private static final int MIN_ROOT_LIMIT = 512;
    private static final int ROOT_CELLS_PER_TABLE = 8;
    private static final int MAX_ROOT = 1 << 30;

    private static final VarHandle CELL =
            MethodHandles.arrayElementVarHandle(long[].class).withInvokeExactBehavior();
    private static final VarHandle NODE =
            MethodHandles.arrayElementVarHandle(Node[].class).withInvokeExactBehavior();

    private static final class Node {
        final int shift;
        final long[] cells;

        Node(int shift, long[] cells) {
            this.shift = shift;
            this.cells = cells;
        }

        int cell(long hash) {
            return (int) (hash >>> shift) & (cells.length - 1);
        }

        /** How many bits of a hash have been used up behind this node. */
        int bits() {
            return Long.SIZE - shift;
        }
    }

    private volatile long[] root;
    private volatile @Nullable Node[] nodes = new Node[0];
    private int firstFreeNode;

    /** Loads the tables of pending entries; null once all are loaded. */
    private volatile @Nullable PendingTables pending;

    /** All hashes lead to this entry. */
    Directory(long entry) {
        this(1, entry);
    }

    private Directory(int bits, long entry) {
        root = new long[1 << bits];
        Arrays.fill(root, entry);
    }

    /** A directory about to be filled by {@link #publish}, for so many tables, the deepest of which has that depth. */
    static Directory sized(int tables, int maxDepth, long entry, @Nullable PendingTables pending) {
        int bits = 1;
        while (bits < maxDepth && 2L << bits <= rootLimit(tables)) {
            bits++;
        }
        Directory directory = new Directory(bits, entry);
        directory.pending = pending;
        return directory;
    }

    /** The entry, of generation 0, of a table that is not in memory yet. */
    static long pending(long entry) {
        return entry | Long.MIN_VALUE;
    }

    private static boolean isPending(long cell) {
        return cell < Integer.MIN_VALUE; // links are the complements of numbers of nodes
    }

    private static boolean isLink(long cell) {
        return cell < 0 && !isPending(cell);
    }

    static long entry(long generation, int level, int table) {
        return (generation & GENERATION_MASK) << (TABLE_BITS + LEVEL_BITS) | (long) level << TABLE_BITS | table;
    }

    static int table(long entry) {
        return (int) entry & ((1 << TABLE_BITS) - 1);
    }

    static int level(long entry) {
        return (int) (entry >>> TABLE_BITS) & ((1 << LEVEL_BITS) - 1);
    }

    /** The entry for a hash, now. */
    long find(long hash) {
        long entry = inRoot(root, hash);
        return entry >= 0 ? entry : findBelow(hash);
    }

    private static long inRoot(long[] cells, long hash) {
        return (long) CELL.getAcquire(cells, rootCell(cells, hash));
    }

    private long findBelow(long hash) {
        for (; ; ) {
            long[] cells = root;
            int cell = rootCell(cells, hash);
            long entry = (long) CELL.getAcquire(cells, cell);
            while (isLink(entry)) {
                Node node = (Node) NODE.getAcquire(nodes, (int) ~entry);
                if (node == null) {
                    break; // taken away, so there is a newer root
                }
                cells = node.cells;
                cell = node.cell(hash);
                entry = (long) CELL.getAcquire(cells, cell);
            }
            if (entry >= 0) {
                return entry;
            }
            if (isPending(entry)) {
                load(cells, cell, entry); // then look again: the cell may have got another entry meanwhile
            }
        }
    }

    private void load(long[] cells, int cell, long entry) {
        long loaded = entry & Long.MAX_VALUE;
        PendingTables tables = pending;
        if (tables != null) {
            tables.load(table(loaded));
        }
        boolean ignored = CELL.compareAndSet(cells, cell, entry, loaded);
    }

    /**
     * Loads all tables that are still pending. Any thread.
     *
     * @throws dev.ashlar.AshlarException if that fails; what is missing is still loaded by those who need it
     */
    void settle() {
        long[] cells;
        do {
            cells = root;
            settle(cells);
            @Nullable Node[] all = nodes;
            for (int i = 0; i < all.length; i++) {
                Node node = (Node) NODE.getAcquire(all, i);
                if (node != null) {
                    settle(node.cells);
                }
            }
        } while (cells != root); // every table is in each root, or below it
        pending = null;
    }

    private void settle(long[] cells) {
        for (int i = 0; i < cells.length; i++) {
            long entry = (long) CELL.getAcquire(cells, i);
            if (isPending(entry)) {
                load(cells, i, entry);
            }
        }
    }

    /**
     * Makes the directory fine enough for a table of this depth around this hash, so that {@link #publish} only sets
     * cells. What the hashes lead to stays as it is.
     */
    void deepen(long hash, int depth, int tables) {
        while (depth > bits(root) && 2L * root.length <= rootLimit(tables)) {
            doubleRoot();
        }
        long[] cells = root;
        int cell = rootCell(cells, hash);
        for (int bits = bits(cells); depth > bits; ) {
            long entry = cells[cell];
            Node node;
            if (!isLink(entry)) {
                long[] below = new long[1 << NODE_BITS];
                Arrays.fill(below, entry);
                node = new Node(Long.SIZE - bits - NODE_BITS, below);
                CELL.setRelease(cells, cell, (long) ~add(node));
            } else {
                node = node(entry);
            }
            cells = node.cells;
            cell = node.cell(hash);
            bits = node.bits();
        }
    }

    /** Sets the entry of all hashes that share this many bits with this one; {@link #deepen} was called for them. */
    void publish(long hash, int depth, long entry) {
        long[] cells = root;
        int bits = bits(cells);
        int cell = rootCell(cells, hash);
        while (depth > bits) {
            Node node = node(cells[cell]);
            cells = node.cells;
            cell = node.cell(hash);
            bits = node.bits();
        }
        int count = 1 << (bits - depth);
        int first = cell & -count;
        for (int i = first; i < first + count; i++) {
            CELL.setRelease(cells, i, entry);
        }
    }

    /** Lets all hashes lead to this entry. */
    void reset(long entry) {
        root = new long[] {entry, entry};
        // To be seen only with the new root: who finds no node looks there again. The array stays, for links in old
        // ones.
        VarHandle.releaseFence();
        Arrays.fill(nodes, null);
        firstFreeNode = 0;
    }

    private void doubleRoot() {
        long[] old = root;
        long[] next = new long[2 * old.length];
        boolean replaced = false;
        for (int i = 0; i < old.length; i++) {
            long entry = old[i];
            next[2 * i] = entry;
            next[2 * i + 1] = entry;
            if (isLink(entry)) {
                halve(node(entry), next, 2 * i);
                replaced = true;
            }
        }
        root = next;
        if (replaced) {
            // Only now, and to be seen only with the new root: until here readers needed them.
            VarHandle.releaseFence();
            for (long entry : old) {
                if (isLink(entry)) {
                    nodes[(int) ~entry] = null;
                }
            }
            firstFreeNode = 0;
        }
    }

    /**
     * The halves get numbers of their own: the number of the whole must not lead to a half while the old root is read.
     */
    private void halve(Node node, long[] cells, int cell) {
        int half = node.cells.length / 2;
        if (half == 1) {
            cells[cell] = node.cells[0];
            cells[cell + 1] = node.cells[1];
        } else {
            cells[cell] = ~add(new Node(node.shift, Arrays.copyOf(node.cells, half)));
            cells[cell + 1] = ~add(new Node(node.shift, Arrays.copyOfRange(node.cells, half, 2 * half)));
        }
    }

    private int add(Node node) {
        @Nullable Node[] all = nodes;
        while (firstFreeNode < all.length && all[firstFreeNode] != null) {
            firstFreeNode++;
        }
        if (firstFreeNode == all.length) {
            all = Arrays.copyOf(all, Math.max(16, 2 * all.length));
            nodes = all;
        }
        NODE.setRelease(all, firstFreeNode, node);
        return firstFreeNode++;
    }

    private Node node(long link) {
        Node node = nodes[(int) ~link];
        if (node == null) {
            throw new IllegalStateException("no node " + ~link + " in the directory");
        }
        return node;
    }

    private static int rootCell(long[] cells, long hash) {
        return (int) (hash >>> (Integer.numberOfLeadingZeros(cells.length) + 33));
    }

    private static int bits(long[] cells) {
        return Integer.numberOfTrailingZeros(cells.length);
    }

    private static long rootLimit(int tables) {
        return Math.clamp((long) tables * ROOT_CELLS_PER_TABLE, MIN_ROOT_LIMIT, MAX_ROOT);
    }
}
