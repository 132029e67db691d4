package dev.ashlar.sim;

/**
 * Decides what a loss of power makes of everything that was not synced. Asked once for each change, file by file. Its
 * text says all that is needed to decide the same again.
 */
interface Fates {
    /** The changes that are asked about next are those of this file. */
    default void file(String name) {}

    WriteFate ofWrite(Inode file, Inode.UnsyncedWrite write);

    boolean keepsLength(Inode.UnsyncedLength length);

    boolean keepsName(Disk.UnsyncedName name);

    /** From the text, and the place of the loss of power among all changes. */
    static Fates parse(String text, int position) {
        if (text.startsWith(RandomFates.TEXT)) {
            return new RandomFates(Long.parseLong(text.substring(RandomFates.TEXT.length())), position);
        }
        return text.startsWith(EnumeratedFates.TEXT) ? EnumeratedFates.parse(text) : Damage.valueOf(text);
    }
}
