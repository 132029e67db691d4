package dev.ashlar.sim;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * All combinations of fates, one after the other: each write kept, dropped, torn after its first half, before its
 * second or around its middle, or replaced by garbage where that can be; each length and each name kept or not.
 *
 * <pre>
 *   EnumeratedFates fates = new EnumeratedFates();
 *   do {
 *       check(disk.afterPowerLoss(fates));
 *   } while (fates.next());
 * </pre>
 */
final class EnumeratedFates implements Fates {
    static final String TEXT = "choices";

    private final List<Integer> choices = new ArrayList<>();
    private final List<Integer> options = new ArrayList<>();
    private int at;

    /** The combination that a text says. */
    static EnumeratedFates parse(String text) {
        EnumeratedFates fates = new EnumeratedFates();
        for (String choice : text.substring(TEXT.length()).split("\\.")) {
            if (!choice.isEmpty()) {
                fates.choices.add(Integer.parseInt(choice));
                fates.options.add(0);
            }
        }
        return fates;
    }

    /** Goes on to the next combination; false if there is none. */
    boolean next() {
        at = 0;
        while (!choices.isEmpty()) {
            int last = choices.size() - 1;
            if (choices.get(last) + 1 < options.get(last)) {
                choices.set(last, choices.get(last) + 1);
                return true;
            }
            choices.removeLast();
            options.removeLast();
        }
        return false;
    }

    private int choose(int count) {
        if (at == choices.size()) {
            choices.add(0);
            options.add(count);
        }
        return choices.get(at++);
    }

    @Override
    public WriteFate ofWrite(Inode file, Inode.UnsyncedWrite write) {
        int sectors = write.sectors();
        boolean fresh = !file.isSettled(write.firstSector() + sectors - 1);
        List<WriteFate> fates = new ArrayList<>(List.of(WriteFate.kept(write), WriteFate.dropped()));
        if (fresh) {
            fates.add(WriteFate.garbage(1 + write.number()));
        }
        if (sectors > 1) {
            fates.add(WriteFate.sectors(0, sectors / 2));
            fates.add(WriteFate.sectors(sectors / 2, sectors));
        }
        if (sectors > 2) {
            fates.add(WriteFate.withHole(sectors / 2, sectors));
        }
        return fates.get(choose(fates.size()));
    }

    @Override
    public boolean keepsLength(Inode.UnsyncedLength length) {
        return choose(2) == 0;
    }

    @Override
    public boolean keepsName(Disk.UnsyncedName name) {
        return choose(2) == 0;
    }

    @Override
    public String toString() {
        return choices.stream().map(choice -> "." + choice).collect(Collectors.joining("", TEXT, ""));
    }
}
