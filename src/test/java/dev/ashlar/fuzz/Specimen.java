package dev.ashlar.fuzz;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * A valid store, and all that is known of it. Keys and values are as {@link Bytes#text} gives them; a path is the name of
 * the keyspace, a zero character, and the key.
 *
 * @param earlier the store as it was before, the oldest first
 * @param current the value of each key
 * @param history all values that a key has ever had
 */
record Specimen(
        String name,
        StoreImage image,
        List<StoreImage> earlier,
        boolean clean,
        Map<String, String> current,
        Map<String, Set<String>> history,
        List<LogFrame> frames) {

    static String path(String space, String key) {
        return space + '\0' + key;
    }

    Set<String> spaces() {
        Set<String> names = new HashSet<>();
        history.keySet().forEach(path -> names.add(path.substring(0, path.indexOf('\0'))));
        return names;
    }

    /** How far the log was durable, by the manifest. */
    long manifestDurable() {
        return Bytes.number(image.bytes(StoreImage.MANIFEST_A), 56, 8);
    }

    /** LSN from which the log is replayed if the checkpoint is intact; 0 if there is none. */
    long checkpointBegin() {
        return Bytes.number(image.bytes(StoreImage.MANIFEST_A), 88, 8);
    }

    /** The names of the spaces by their ids, from their definitions. */
    Map<Integer, String> names() {
        Map<Integer, String> names = new HashMap<>();
        for (LogFrame frame : frames) {
            if (frame.isPut() && frame.space() == 0) {
                byte[] bytes = image.bytes(frame.file());
                int name = bytes[frame.payload()] == 2 ? 12 : 4;
                names.put(
                        frame.definedId(),
                        new String(
                                bytes,
                                frame.payload() + name,
                                frame.payloadLength() - name,
                                java.nio.charset.StandardCharsets.UTF_8));
            }
        }
        return names;
    }

    /** Whether a path is that of a row of a vector collection, which may be in a segment. */
    boolean isRow(String path) {
        String space = path.substring(0, path.indexOf('\0'));
        return frames.stream()
                .anyMatch(frame -> frame.isPut()
                        && frame.space() == 0
                        && image.bytes(frame.file())[frame.payload()] == 2
                        && space.equals(names().get(frame.definedId())));
    }

    /**
     * The records of each path, and what cleared or dropped its keyspace, in the order in which they count: that of the
     * log, but what cleared and was moved stands where it was.
     */
    Map<String, List<LogFrame>> records() {
        Map<Integer, String> names = names();
        Map<String, List<LogFrame>> records = new TreeMap<>();
        for (LogFrame frame : frames) {
            if (frame.isRecord() && frame.space() != 0) {
                records.computeIfAbsent(path(names.get(frame.space()), frame.key()), _ -> new ArrayList<>())
                        .add(frame);
            }
            String removed = frame.type() == 5
                    ? names.get(frame.space())
                    : frame.isDefinitionDeleted() ? names.get(frame.definedId()) : null;
            if (removed != null) {
                records.forEach((path, list) -> {
                    if (path.startsWith(removed + '\0')) {
                        long version = version(frame);
                        int at = list.size();
                        while (at > 0 && version(list.get(at - 1)) > version) {
                            at--;
                        }
                        list.add(at, frame);
                    }
                });
            }
        }
        return records;
    }

    /** The LSN under which a frame was first written. */
    long version(LogFrame frame) {
        return (frame.flags() & 2) != 0 ? Bytes.number(image.bytes(frame.file()), frame.offset() + 40, 8) : frame.lsn();
    }

    /** Every payload of the log, also of what is no record of a user. */
    Set<String> payloads() {
        Set<String> all = new HashSet<>();
        for (LogFrame frame : frames) {
            byte[] bytes = image.bytes(frame.file());
            all.add(Bytes.text(
                    java.util.Arrays.copyOfRange(bytes, frame.payload(), frame.payload() + frame.payloadLength())));
        }
        history.values().forEach(all::addAll);
        return all;
    }
}
