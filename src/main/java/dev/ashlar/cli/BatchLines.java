package dev.ashlar.cli;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Writes as lines of JSON, each an object: {@code op}, {@code keyspace}, and key, value and {@code expiresAt} as in {@link
 * JsonLines}; {@code put} may have a {@code timeToLive} instead of that, {@code require} has {@code version} or {@code
 * "absent":true}. Other members mean nothing.
 */
final class BatchLines {
    private static final int MAX_NAME_BYTES = 255;

    private BatchLines() {}

    enum Kind {
        PUT,
        DELETE,
        CLEAR,
        REQUIRE_VERSION,
        REQUIRE_ABSENT;

        /** Whether the keyspace is created if there is none; the others would be about nothing then. */
        boolean creates() {
            return this == PUT || this == REQUIRE_ABSENT;
        }
    }

    /**
     * One object.
     *
     * @param number of the line that it begins in, from 1
     * @param key none for {@link Kind#CLEAR}
     * @param version for {@link Kind#REQUIRE_VERSION}
     * @param timeToLive of a {@link Kind#PUT}; null: see {@code expiresAt}
     * @param expiresAt of a {@link Kind#PUT}; null where {@code timeToLive} is null too: the value stays
     */
    @SuppressWarnings("ArrayRecordComponent") // Lines are visited, never compared.
    record Line(
            long number,
            Kind kind,
            String keyspace,
            byte[] key,
            long version,
            @Nullable Duration timeToLive,
            @Nullable Instant expiresAt) {}

    /** Told of each line; the value, none but for {@link Kind#PUT}, is read before the next one comes. */
    interface Visitor {
        void line(Line line, InputStream value) throws IOException;
    }

    /**
     * Reads up to the end of a stream.
     *
     * @throws BadLineException if something is no write; those before it were visited
     */
    static void read(InputStream source, Visitor visitor) throws IOException {
        try (JsonParser parser = JsonLines.parser(source);
                EntryFields fields = new EntryFields()) {
            while (EntryFields.next(parser, "op and keyspace")) {
                Line line = readLine(parser, fields);
                try (InputStream value = fields.value()) {
                    visitor.line(line, value);
                }
            }
        }
    }

    private static Line readLine(JsonParser parser, EntryFields fields) throws IOException {
        long number = parser.currentLocation().getLineNr();
        Members members = new Members();
        fields.clear();
        try {
            while (parser.nextToken() != JsonToken.END_OBJECT) {
                String name = parser.currentName();
                JsonToken token = parser.nextToken();
                if (!members.take(parser, name, token)) {
                    fields.member(parser, name, token);
                }
            }
        } catch (JsonProcessingException e) {
            throw EntryFields.refused(parser, e);
        }
        Kind kind = members.kind(parser);
        byte[] key = kind == Kind.CLEAR ? new byte[0] : fields.requireKey(parser);
        if (kind == Kind.PUT) {
            fields.requireValue(parser);
            members.requireOneExpiry(parser, fields.expiresAt());
        }
        return new Line(
                number,
                kind,
                members.keyspace(parser),
                key,
                members.version == null ? 0 : members.version,
                members.timeToLive,
                fields.expiresAt());
    }

    /** The members of a line that an entry does not have. */
    private static final class Members {
        private @Nullable String op;
        private @Nullable String keyspace;
        private @Nullable Long version;
        private boolean absent;
        private @Nullable Duration timeToLive;

        boolean take(JsonParser parser, String name, JsonToken token) throws IOException {
            switch (name) {
                case "op" -> {
                    EntryFields.requireString(parser, name, token);
                    op = parser.getText();
                }
                case "keyspace" -> {
                    EntryFields.requireString(parser, name, token);
                    keyspace = parser.getText();
                }
                case "version" -> {
                    if (token != JsonToken.VALUE_NUMBER_INT || parser.getLongValue() < 0) {
                        throw EntryFields.refused(parser, "version must be an integer, 0 or more");
                    }
                    version = parser.getLongValue();
                }
                case "absent" -> {
                    if (token != JsonToken.VALUE_TRUE) {
                        throw EntryFields.refused(parser, "absent must be true where it is given");
                    }
                    absent = true;
                }
                case "timeToLive" -> {
                    EntryFields.requireString(parser, name, token);
                    timeToLive = duration(parser, parser.getText());
                }
                default -> {
                    return false;
                }
            }
            return true;
        }

        private static Duration duration(JsonParser parser, String text) {
            try {
                return Expiries.timeToLive("timeToLive", text);
            } catch (IllegalArgumentException e) {
                throw EntryFields.refused(parser, Errors.describe(e));
            }
        }

        void requireOneExpiry(JsonParser parser, @Nullable Instant expiresAt) {
            if (timeToLive != null && expiresAt != null) {
                throw EntryFields.refused(parser, "there are both timeToLive and expiresAt; leave out one");
            }
        }

        Kind kind(JsonParser parser) {
            if (op == null) {
                throw EntryFields.refused(parser, "there is no op");
            }
            return switch (op) {
                case "put" -> Kind.PUT;
                case "delete" -> Kind.DELETE;
                case "clear" -> Kind.CLEAR;
                case "require" -> {
                    if (absent == (version != null)) {
                        throw EntryFields.refused(parser, "require wants either a version or \"absent\":true");
                    }
                    yield absent ? Kind.REQUIRE_ABSENT : Kind.REQUIRE_VERSION;
                }
                default ->
                    throw EntryFields.refused(
                            parser, "op is '" + Escapes.show(op) + "'; there are put, delete, clear and require");
            };
        }

        /** A name that is impossible is found here, before other keyspaces are created. */
        String keyspace(JsonParser parser) {
            if (keyspace == null) {
                throw EntryFields.refused(parser, "there is no keyspace");
            }
            int length = EntryFields.bytes(parser, keyspace).length;
            if (length == 0 || length > MAX_NAME_BYTES || keyspace.chars().anyMatch(Character::isISOControl)) {
                throw EntryFields.refused(
                        parser,
                        "keyspace is '" + Escapes.show(keyspace) + "'; a name has 1 to " + MAX_NAME_BYTES
                                + " bytes and no controls");
            }
            return keyspace;
        }
    }
}
