package dev.ashlar.cli;

import dev.ashlar.Keyspace;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Locale;
import java.util.Map;

/** How a key is written on the command line and shown in a list. */
enum KeyForm {
    /** The UTF-8 bytes of the argument; shown escaped. */
    TEXT,
    /** With the escapes of {@link Escapes}. */
    ESCAPED,
    /** RFC 4648. */
    BASE64,
    /** A decimal number for the eight bytes of {@link Keyspace#longKey}. */
    LONG;

    /** What Java puts where an argument has a character that the locale does not know. */
    static final char REPLACEMENT = '\uFFFD';

    byte[] parse(String argument) {
        byte[] key = switch (this) {
            case TEXT -> text(argument);
            case ESCAPED -> Escapes.parse(intact(argument));
            case BASE64 -> base64(argument);
            case LONG -> Keyspace.longKey(number(argument));
        };
        if (key.length > Keyspace.MAX_KEY_BYTES) {
            throw Failure.usage("the key has " + Units.count(key.length) + " bytes; a key has at most "
                    + Units.count(Keyspace.MAX_KEY_BYTES));
        }
        return key;
    }

    /** A key for people. Keys that are no long keys are shown escaped where long keys are asked for. */
    String show(MemorySegment key) {
        return switch (this) {
            case TEXT, ESCAPED -> Escapes.show(key);
            case BASE64 -> Base64.getEncoder().encodeToString(key.toArray(ValueLayout.JAVA_BYTE));
            case LONG ->
                key.byteSize() == Long.BYTES
                        ? Long.toString(toLong(key.toArray(ValueLayout.JAVA_BYTE)))
                        : Escapes.show(key);
        };
    }

    /** A key for JSON: {@code key}, and {@code keyBase64} where that is not the key itself but a way to show it. */
    void describe(byte[] key, Map<String, Object> members) {
        if (this == LONG && key.length == Long.BYTES) {
            members.put("key", toLong(key));
            members.put("keyBase64", Base64.getEncoder().encodeToString(key));
            return;
        }
        String text = Escapes.utf8(key);
        members.put("key", text == null ? Escapes.show(key) : text);
        if (text == null) {
            members.put("keyBase64", Base64.getEncoder().encodeToString(key));
        }
    }

    /** As {@link #describe(byte[], Map)}, in an object of its own. */
    Map<String, Object> describe(MemorySegment key) {
        Map<String, Object> members = Json.object();
        describe(key.toArray(ValueLayout.JAVA_BYTE), members);
        return members;
    }

    /** The UTF-8 bytes of an argument. */
    static byte[] text(String argument) {
        return intact(argument).getBytes(StandardCharsets.UTF_8);
    }

    /**
     * In the C locale Java replaces what is not ASCII in an argument before any program sees it. Better no key than a
     * wrong one.
     */
    private static String intact(String argument) {
        String encoding = System.getProperty("sun.jnu.encoding", "UTF-8");
        if (argument.indexOf(REPLACEMENT) >= 0 && !encoding.equalsIgnoreCase("UTF-8")) {
            throw Failure.usage("the argument '" + argument + "' has characters that do not exist in this locale ("
                    + encoding + "); run it with LC_ALL=C.UTF-8, or give a key with --key-as=escaped or base64 and a "
                    + "value through standard input");
        }
        return argument;
    }

    private static byte[] base64(String argument) {
        try {
            return Base64.getDecoder().decode(argument);
        } catch (IllegalArgumentException e) {
            throw Failure.usage("'" + argument + "' is not Base64: " + e.getMessage());
        }
    }

    private static long number(String argument) {
        try {
            return Long.parseLong(argument);
        } catch (NumberFormatException _) {
            throw Failure.usage("'" + argument + "' is not a number from " + Long.MIN_VALUE + " to " + Long.MAX_VALUE);
        }
    }

    /** The number that an eight-byte key stands for. */
    static long toLong(byte[] key) {
        long flipped = 0;
        for (byte next : key) {
            flipped = flipped << 8 | (next & 0xff);
        }
        return flipped ^ Long.MIN_VALUE;
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
