package dev.ashlar.cli;

import java.util.ArrayList;
import java.util.List;

/** Columns of text, as wide as they need to be. The first column is flush left, as are those whose title says so. */
final class Table {
    private static final String GAP = "  ";
    private static final char LEFT = '<';

    private final List<String[]> rows = new ArrayList<>();
    private final boolean[] flushLeft;

    /** @param titles of the columns; a leading {@code <} makes a column flush left, and is not printed */
    Table(String... titles) {
        flushLeft = new boolean[titles.length];
        String[] header = new String[titles.length];
        for (int i = 0; i < titles.length; i++) {
            boolean marked = !titles[i].isEmpty() && titles[i].charAt(0) == LEFT;
            flushLeft[i] = i == 0 || marked;
            header[i] = marked ? titles[i].substring(1) : titles[i];
        }
        rows.add(header);
    }

    Table row(Object... cells) {
        if (cells.length != flushLeft.length) {
            throw new IllegalArgumentException(cells.length + " cells for " + flushLeft.length + " columns");
        }
        String[] row = new String[cells.length];
        for (int i = 0; i < cells.length; i++) {
            row[i] = String.valueOf(cells[i]);
        }
        rows.add(row);
        return this;
    }

    /** Prints the header, a rule and the rows; the header of a table without titles is left out. */
    void print(Output output) {
        int[] widths = widths();
        boolean untitled = String.join("", rows.getFirst()).isEmpty();
        if (!untitled) {
            output.line(format(rows.getFirst(), widths));
            String[] rule = new String[widths.length];
            for (int i = 0; i < rule.length; i++) {
                rule[i] = "-".repeat(widths[i]);
            }
            output.line(format(rule, widths));
        }
        for (String[] row : rows.subList(1, rows.size())) {
            output.line(format(row, widths));
        }
    }

    /** Text flush right in a column of a width, where lines go out before all of them are known. */
    static String right(String text, int width) {
        return " ".repeat(Math.max(0, width - width(text))) + text;
    }

    private int[] widths() {
        int[] widths = new int[flushLeft.length];
        for (String[] row : rows) {
            for (int i = 0; i < row.length; i++) {
                widths[i] = Math.max(widths[i], width(row[i]));
            }
        }
        return widths;
    }

    private String format(String[] cells, int[] widths) {
        StringBuilder line = new StringBuilder();
        for (int i = 0; i < cells.length; i++) {
            String padding = " ".repeat(widths[i] - width(cells[i]));
            line.append(i == 0 ? "" : GAP);
            line.append(flushLeft[i] ? cells[i] + padding : padding + cells[i]);
        }
        return line.toString().stripTrailing();
    }

    private static int width(String text) {
        return text.codePointCount(0, text.length());
    }
}
