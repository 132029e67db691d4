/* ashlar-cat: lists, gets and verifies from the command line. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ashlar_reader.h"

/* The same as those of the ashlar command. */
enum { EXIT_OK = 0, EXIT_NOT_FOUND = 1, EXIT_REFUSED = 2, EXIT_USAGE = 64 };

static const char USAGE[] =
    "ashlar-cat list   [--json] [--hash] [--at MS] [--no-lock] STORE...\n"
    "ashlar-cat verify [--json] [--no-lock] STORE...\n"
    "ashlar-cat get    [--hex] [--at MS] [--no-lock] STORE KEYSPACE KEY\n"
    "ashlar-cat vectors [--json] [--no-lock] STORE...\n"
    "ashlar-cat row    [--no-lock] STORE COLLECTION ID\n"
    "ashlar-cat documents [--json] [--no-lock] STORE...\n"
    "\n"
    "  --json     one JSON object a line for each store; keys are in hexadecimal\n"
    "  --hash     read every value and show its XXH3-64\n"
    "  --hex      KEY is in hexadecimal\n"
    "  --at MS    leave out what has expired MS milliseconds after 1970-01-01T00:00Z; without it, nothing has\n"
    "  --no-lock  do not lock the store: for copies and snapshots\n"
    "\n"
    "list shows records and rows, vectors and documents the collections; get and row write the bytes of one.\n"
    "A keyspace or collection whose definition is lost has the name #ID.\n"
    "Exit codes: 0 done, 1 not found, 2 damaged or refused, 64 wrong usage.\n";

typedef struct options {
    bool json;
    bool hash;
    bool hex;
    bool no_lock;
    uint64_t at; /* 0: whatever expires is shown */
} options;

static bool is_shown(const options *chosen, const ashlar_record *record) {
    return record->expiry == 0 || record->expiry > chosen->at;
}

/* The worse of two exit codes. */
static int worse(int a, int b) {
    return a > b ? a : b;
}

static int exit_code(ashlar_status status) {
    switch (status) {
    case ASHLAR_OK: return EXIT_OK;
    case ASHLAR_ABSENT:
    case ASHLAR_NOT_A_STORE: return EXIT_NOT_FOUND;
    default: return EXIT_REFUSED;
    }
}

/* ------------------------------------------------------------------------------------------------- output */

/* A text in quotes. Bytes that JSON does not allow in one are escaped; others are passed on. */
static void print_json_text(const char *text) {
    putchar('"');
    for (; *text != 0; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '"' || c == '\\') {
            printf("\\%c", c);
        } else if (c < 0x20) {
            printf("\\u%04x", c);
        } else {
            putchar(c);
        }
    }
    putchar('"');
}

static void print_hex(const uint8_t *bytes, size_t length) {
    for (size_t i = 0; i < length; i++) {
        printf("%02x", bytes[i]);
    }
}

/* A key as text; bytes that are not printable ASCII are escaped. */
static void print_key(const uint8_t *bytes, size_t length) {
    for (size_t i = 0; i < length; i++) {
        if (bytes[i] >= 0x20 && bytes[i] < 0x7f && bytes[i] != '\\') {
            putchar(bytes[i]);
        } else {
            printf("\\x%02x", bytes[i]);
        }
    }
}

static void print_error(const ashlar_error *error) {
    fprintf(stderr, "%s", ashlar_status_name(error->status));
    if (error->file[0] != 0) {
        fprintf(stderr, ": %s at byte %" PRIu64, error->file, error->position);
    }
    fprintf(stderr, ": %s%s%s\n", error->text, error->os_error != 0 ? ": " : "",
            error->os_error != 0 ? strerror(error->os_error) : "");
}

static void print_json_error(const ashlar_error *error) {
    printf("\"error\":\"%s\",\"file\":\"%s\",\"position\":%" PRIu64 ",\"what\":", ashlar_status_name(error->status),
           error->file, error->position);
    print_json_text(error->text);
}

static const char *kind_name(ashlar_finding_kind kind) {
    switch (kind) {
    case ASHLAR_FOUND_DAMAGE: return "damage";
    case ASHLAR_FOUND_DAMAGED_FILE: return "damaged file";
    case ASHLAR_FOUND_DROPPED: return "dropped";
    case ASHLAR_FOUND_UNDEFINED_SPACE: return "undefined space";
    }
    return "unknown";
}

static void print_json_finding(const ashlar_finding *finding, const char *separator) {
    printf("%s{\"kind\":\"%s\",\"file\":\"%s\",\"position\":%" PRIu64 ",\"length\":%" PRIu64 ",\"what\":", separator,
           kind_name(finding->kind), finding->file, finding->position, finding->length);
    print_json_text(finding->what);
    putchar('}');
}

static void print_finding(const ashlar_finding *finding) {
    printf("%s: %s at %" PRIu64 ", %" PRIu64 " long: %s\n", kind_name(finding->kind), finding->file,
           finding->position, finding->length, finding->what);
}

static void print_json_info(const char *directory, const ashlar_reader *reader) {
    ashlar_info info;
    ashlar_get_info(reader, &info);
    printf("{\"store\":");
    print_json_text(directory);
    printf(",\"id\":\"%016" PRIx64 "%016" PRIx64 "\",\"generation\":%" PRIu64 ",\"clean\":%s,\"watermark\":%" PRIu64
           ",\"end\":%" PRIu64 ",\"chunks\":%zu,",
           info.id_high, info.id_low, info.generation, info.clean ? "true" : "false", info.watermark, info.end,
           info.chunks);
}

/* Opens a store, or says why not. */
static ashlar_reader *open_or_say(const char *directory, const options *chosen, int *code) {
    ashlar_reader *reader;
    ashlar_error error;
    ashlar_status status = ashlar_open(directory, chosen->no_lock ? ASHLAR_NO_LOCK : 0, &reader, &error);
    *code = worse(*code, exit_code(status));
    if (status != ASHLAR_OK && chosen->json) {
        printf("{\"store\":");
        print_json_text(directory);
        putchar(',');
        print_json_error(&error);
        printf("}\n");
    } else if (status != ASHLAR_OK) {
        fprintf(stderr, "%s: ", directory);
        print_error(&error);
    }
    return reader;
}

/* ------------------------------------------------------------------------------------------------- list */

static ashlar_status hash_value(const ashlar_reader *reader, const ashlar_record *record, uint64_t *hash,
                                ashlar_error *error) {
    void *value;
    ashlar_status status = ashlar_read(reader, record, &value, error);
    if (status == ASHLAR_OK) {
        *hash = ashlar_xxh3(value, (size_t)record->value_length, 0);
        ashlar_free(value);
    }
    return status;
}

static int print_json_record(const ashlar_reader *reader, const ashlar_record *record, const options *chosen,
                             const char *separator) {
    printf("%s{\"space\":%" PRIu32 ",\"key\":\"", separator, record->space);
    print_hex(record->key, record->key_length);
    printf("\",\"lsn\":%" PRIu64 ",\"version\":%" PRIu64 ",\"length\":%" PRIu64, record->lsn, record->version,
           record->value_length);
    if (record->expiry != 0) {
        printf(",\"expiry\":%" PRIu64, record->expiry);
    }
    int code = EXIT_OK;
    if (chosen->hash) {
        uint64_t hash;
        ashlar_error error;
        ashlar_status status = hash_value(reader, record, &hash, &error);
        code = exit_code(status);
        putchar(',');
        if (status == ASHLAR_OK) {
            printf("\"xxh3\":\"%016" PRIx64 "\"", hash);
        } else {
            print_json_error(&error);
        }
    }
    putchar('}');
    return code;
}

static const char *const TYPES[] = {"float32", "int8", "bit"};
static const char *const METRICS[] = {"cosine", "dot product", "squared euclidean", "hamming", "jaccard"};

static void print_json_collections(const ashlar_reader *reader) {
    printf("\"collections\":[");
    ashlar_collection collection;
    for (size_t i = 0; ashlar_collection_at(reader, i, &collection) == ASHLAR_OK; i++) {
        printf("%s{\"id\":%" PRIu32 ",\"defined\":%s,\"name\":", i == 0 ? "" : ",", collection.id,
               collection.defined ? "true" : "false");
        print_json_text(collection.name);
        printf(",\"dimension\":%" PRIu32 ",\"type\":\"%s\",\"metric\":\"%s\",\"nonFinite\":%s,\"rows\":%" PRIu64 "}",
               collection.dimension, TYPES[collection.type], METRICS[collection.metric],
               collection.non_finite ? "true" : "false", collection.rows);
    }
    printf("]");
}

/* How many bytes a row of a space has; 0 if it is no collection. */
static uint32_t row_bytes_of(const ashlar_reader *reader, uint32_t space) {
    ashlar_collection collection;
    for (size_t i = 0; ashlar_collection_at(reader, i, &collection) == ASHLAR_OK; i++) {
        if (collection.id == space) {
            return collection.row_bytes;
        }
    }
    return 0;
}

static ashlar_status hash_row(const ashlar_reader *reader, const ashlar_row *row, uint64_t *hash, ashlar_error *error) {
    void *bytes;
    ashlar_status status = ashlar_read_row(reader, row, &bytes, error);
    if (status == ASHLAR_OK) {
        *hash = ashlar_xxh3(bytes, row_bytes_of(reader, row->space), 0);
        ashlar_free(bytes);
    }
    return status;
}

static int print_json_rows(const ashlar_reader *reader, const options *chosen) {
    int code = EXIT_OK;
    size_t cursor = 0;
    ashlar_row row;
    const char *separator = "";
    printf("\"rows\":[");
    while (ashlar_next_row(reader, &cursor, &row) == ASHLAR_OK) {
        printf("%s{\"space\":%" PRIu32 ",\"id\":%" PRId64 ",\"version\":%" PRIu64 ",\"segment\":%" PRIu64, separator,
               row.space, row.id, row.version, row.segment);
        separator = ",";
        if (chosen->hash) {
            uint64_t hash;
            ashlar_error error;
            ashlar_status status = hash_row(reader, &row, &hash, &error);
            code = worse(code, exit_code(status));
            putchar(',');
            if (status == ASHLAR_OK) {
                printf("\"xxh3\":\"%016" PRIx64 "\"", hash);
            } else {
                print_json_error(&error);
            }
        }
        putchar('}');
    }
    printf("]");
    return code;
}

static int list_rows(const ashlar_reader *reader, const options *chosen) {
    int code = EXIT_OK;
    ashlar_collection collection;
    for (size_t i = 0; ashlar_collection_at(reader, i, &collection) == ASHLAR_OK; i++) {
        size_t cursor = 0;
        ashlar_row row;
        while (ashlar_next_row(reader, &cursor, &row) == ASHLAR_OK) {
            if (row.space != collection.id) {
                continue;
            }
            if (collection.defined) {
                printf("%s\t", collection.name);
            } else {
                printf("#%" PRIu32 "\t", collection.id);
            }
            printf("%" PRId64 "\t%" PRIu32 "\t%" PRIu64, row.id, collection.row_bytes, row.version);
            uint64_t hash = 0;
            ashlar_error error;
            ashlar_status status = chosen->hash ? hash_row(reader, &row, &hash, &error) : ASHLAR_OK;
            if (chosen->hash && status == ASHLAR_OK) {
                printf("\t%016" PRIx64, hash);
            } else if (chosen->hash) {
                printf("\t%s", ashlar_status_name(status));
            }
            putchar('\n');
            code = worse(code, exit_code(status));
        }
    }
    return code;
}

static int list_json(const char *directory, const ashlar_reader *reader, const options *chosen) {
    print_json_info(directory, reader);
    printf("\"keyspaces\":[");
    ashlar_keyspace keyspace;
    for (size_t i = 0; ashlar_keyspace_at(reader, i, &keyspace) == ASHLAR_OK; i++) {
        printf("%s{\"id\":%" PRIu32 ",\"defined\":%s,\"name\":", i == 0 ? "" : ",", keyspace.id,
               keyspace.defined ? "true" : "false");
        print_json_text(keyspace.name);
        printf(",\"alignment\":%" PRIu32 ",\"records\":%" PRIu64 "}", keyspace.alignment, keyspace.records);
    }
    printf("],");
    print_json_collections(reader);
    printf(",\"records\":[");
    int code = EXIT_OK;
    size_t cursor = 0;
    ashlar_record record;
    const char *separator = "";
    while (ashlar_next(reader, &cursor, &record) == ASHLAR_OK) {
        if (is_shown(chosen, &record)) {
            code = worse(code, print_json_record(reader, &record, chosen, separator));
            separator = ",";
        }
    }
    printf("],");
    code = worse(code, print_json_rows(reader, chosen));
    printf(",\"findings\":[");
    ashlar_finding finding;
    for (size_t i = 0; ashlar_finding_at(reader, i, &finding) == ASHLAR_OK; i++) {
        print_json_finding(&finding, i == 0 ? "" : ",");
    }
    printf("]}\n");
    return code;
}

static int list_text(const ashlar_reader *reader, const options *chosen) {
    int code = EXIT_OK;
    ashlar_keyspace keyspace;
    for (size_t i = 0; ashlar_keyspace_at(reader, i, &keyspace) == ASHLAR_OK; i++) {
        size_t cursor = 0;
        ashlar_record record;
        while (ashlar_next(reader, &cursor, &record) == ASHLAR_OK) {
            if (record.space != keyspace.id || !is_shown(chosen, &record)) {
                continue;
            }
            if (keyspace.defined) {
                printf("%s\t", keyspace.name);
            } else {
                printf("#%" PRIu32 "\t", keyspace.id);
            }
            print_key(record.key, record.key_length);
            printf("\t%" PRIu64 "\t%" PRIu64, record.value_length, record.version);
            uint64_t hash = 0;
            ashlar_error error;
            ashlar_status status = chosen->hash ? hash_value(reader, &record, &hash, &error) : ASHLAR_OK;
            if (record.expiry != 0) {
                printf("\texpires %" PRIu64, record.expiry);
            }
            if (chosen->hash && status == ASHLAR_OK) {
                printf("\t%016" PRIx64, hash);
            } else if (chosen->hash) {
                printf("\t%s", ashlar_status_name(status));
            }
            putchar('\n');
            code = worse(code, exit_code(status));
        }
    }
    return code;
}

static int list(const char *directory, const options *chosen) {
    int code = EXIT_OK;
    ashlar_reader *reader = open_or_say(directory, chosen, &code);
    if (reader != NULL) {
        code = chosen->json ? list_json(directory, reader, chosen)
                            : worse(list_text(reader, chosen), list_rows(reader, chosen));
    }
    ashlar_close(reader);
    return code;
}

/* ------------------------------------------------------------------------------------------------- vectors */

static int list_collections(const char *directory, const options *chosen) {
    int code = EXIT_OK;
    ashlar_reader *reader = open_or_say(directory, chosen, &code);
    if (reader != NULL && chosen->json) {
        print_json_info(directory, reader);
        print_json_collections(reader);
        printf("}\n");
    } else if (reader != NULL) {
        ashlar_collection collection;
        for (size_t i = 0; ashlar_collection_at(reader, i, &collection) == ASHLAR_OK; i++) {
            if (collection.defined) {
                printf("%s\t", collection.name);
            } else {
                printf("#%" PRIu32 "\t", collection.id);
            }
            printf("%" PRIu32 "\t%s\t%s\t%s\t%" PRIu64 "\n", collection.dimension, TYPES[collection.type],
                   METRICS[collection.metric], collection.non_finite ? "any" : "finite", collection.rows);
        }
    }
    ashlar_close(reader);
    return code;
}

/* ------------------------------------------------------------------------------------------------- documents */

static void print_json_documents(const ashlar_documents *of, const char *separator) {
    printf("%s{\"id\":%" PRIu32 ",\"name\":", separator, of->id);
    print_json_text(of->name);
    printf(",\"complete\":%s,\"readable\":%s,\"documents\":%" PRIu64 ",\"dead\":%" PRIu64 ",\"pending\":%" PRIu64
           ",\"pendingDocuments\":%" PRIu64 ",\"segments\":%" PRIu64 ",\"unpublished\":%" PRIu64
           ",\"dictionaries\":%" PRIu64 ",\"bytes\":%" PRIu64 ",\"generation\":%" PRIu64 "}",
           of->complete ? "true" : "false", of->readable ? "true" : "false", of->documents, of->dead, of->pending,
           of->pending_documents, of->segments, of->unpublished, of->dictionaries, of->file_bytes, of->generation);
}

static int list_documents(const char *directory, const options *chosen) {
    int code = EXIT_OK;
    ashlar_reader *reader = open_or_say(directory, chosen, &code);
    ashlar_documents collection;
    if (reader != NULL && chosen->json) {
        print_json_info(directory, reader);
        printf("\"documents\":[");
        for (size_t i = 0; ashlar_documents_at(reader, i, &collection) == ASHLAR_OK; i++) {
            print_json_documents(&collection, i == 0 ? "" : ",");
        }
        printf("]}\n");
    } else if (reader != NULL) {
        for (size_t i = 0; ashlar_documents_at(reader, i, &collection) == ASHLAR_OK; i++) {
            printf("%s\t%" PRIu64 "\t%" PRIu64 " pending\t%" PRIu64 " segments\t%" PRIu64 " bytes%s\n", collection.name,
                   collection.documents, collection.pending + collection.pending_documents,
                   collection.segments + collection.unpublished, collection.file_bytes,
                   collection.readable ? "" : "\tdamaged");
        }
    }
    ashlar_close(reader);
    return code;
}

/* ------------------------------------------------------------------------------------------------- verify */

typedef struct printer {
    bool json;
    const char *separator;
} printer;

static bool print_met(void *context, const ashlar_finding *finding) {
    printer *to = context;
    if (to->json) {
        print_json_finding(finding, to->separator);
        to->separator = ",";
    } else {
        print_finding(finding);
    }
    return true;
}

static int verify(const char *directory, const options *chosen) {
    int code = EXIT_OK;
    ashlar_reader *reader = open_or_say(directory, chosen, &code);
    if (reader == NULL) {
        return code;
    }
    if (chosen->json) {
        print_json_info(directory, reader);
        printf("\"findings\":[");
    }
    printer to = {chosen->json, ""};
    ashlar_verification read;
    ashlar_error error;
    ashlar_status status = ashlar_verify(reader, print_met, &to, &read, &error);
    if (chosen->json) {
        printf("],\"frames\":%" PRIu64 ",\"rows\":%" PRIu64 ",\"documents\":%" PRIu64 ",\"bytes\":%" PRIu64
               ",\"damaged\":%" PRIu64,
               read.frames, read.rows, read.documents, read.bytes, read.damaged);
        if (status != ASHLAR_OK) {
            putchar(',');
            print_json_error(&error);
        }
        printf("}\n");
    } else if (status == ASHLAR_OK) {
        printf("%s: %" PRIu64 " frames, %" PRIu64 " rows and %" PRIu64 " documents in segments, %" PRIu64 " bytes, %" PRIu64
               " damaged\n",
               directory, read.frames, read.rows, read.documents, read.bytes, read.damaged);
    } else {
        print_error(&error);
    }
    ashlar_close(reader);
    return status != ASHLAR_OK || read.damaged != 0 ? EXIT_REFUSED : EXIT_OK;
}

/* ------------------------------------------------------------------------------------------------- get */

static int digit(char c) {
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Turns a text of hexadecimal digits into bytes, in its own memory. */
static bool from_hex(char *text, size_t *length) {
    size_t digits = strlen(text);
    for (size_t i = 0; i + 1 < digits; i += 2) {
        int high = digit(text[i]);
        int low = digit(text[i + 1]);
        if (high < 0 || low < 0) {
            return false;
        }
        text[i / 2] = (char)(unsigned char)(high * 16 + low);
    }
    *length = digits / 2;
    return digits % 2 == 0;
}

static ashlar_status find_keyspace(const ashlar_reader *reader, const char *name, ashlar_keyspace *keyspace) {
    ashlar_status status = ashlar_keyspace_named(reader, name, keyspace);
    if (status == ASHLAR_OK || name[0] != '#') {
        return status;
    }
    char *end;
    unsigned long id = strtoul(name + 1, &end, 10);
    for (size_t i = 0; ashlar_keyspace_at(reader, i, keyspace) == ASHLAR_OK; i++) {
        if (keyspace->id == id && *end == 0) {
            return ASHLAR_OK;
        }
    }
    return ASHLAR_ABSENT;
}

static int print_value(const ashlar_reader *reader, const char *name, const char *key, size_t key_length,
                       const options *chosen) {
    ashlar_keyspace keyspace;
    ashlar_record record;
    if (find_keyspace(reader, name, &keyspace) != ASHLAR_OK) {
        fprintf(stderr, "there is no keyspace %s\n", name);
        return EXIT_NOT_FOUND;
    }
    if (ashlar_find(reader, keyspace.id, key, key_length, &record) != ASHLAR_OK || !is_shown(chosen, &record)) {
        fprintf(stderr, "there is no such key\n");
        return EXIT_NOT_FOUND;
    }
    void *value;
    ashlar_error error;
    ashlar_status status = ashlar_read(reader, &record, &value, &error);
    if (status != ASHLAR_OK) {
        print_error(&error);
        return EXIT_REFUSED;
    }
    size_t written = fwrite(value, 1, (size_t)record.value_length, stdout);
    ashlar_free(value);
    return written == record.value_length ? EXIT_OK : EXIT_REFUSED;
}

static int get(char **arguments, const options *chosen) {
    size_t key_length = strlen(arguments[2]);
    if (chosen->hex && !from_hex(arguments[2], &key_length)) {
        fprintf(stderr, "the key is not in hexadecimal\n");
        return EXIT_USAGE;
    }
    int code = EXIT_OK;
    ashlar_reader *reader = open_or_say(arguments[0], chosen, &code);
    if (reader != NULL) {
        code = print_value(reader, arguments[1], arguments[2], key_length, chosen);
    }
    ashlar_close(reader);
    return code;
}

/* ------------------------------------------------------------------------------------------------- row */

static ashlar_status find_collection(const ashlar_reader *reader, const char *name, ashlar_collection *collection) {
    ashlar_status status = ashlar_collection_named(reader, name, collection);
    if (status == ASHLAR_OK || name[0] != '#') {
        return status;
    }
    char *end;
    unsigned long id = strtoul(name + 1, &end, 10);
    for (size_t i = 0; ashlar_collection_at(reader, i, collection) == ASHLAR_OK; i++) {
        if (collection->id == id && *end == 0) {
            return ASHLAR_OK;
        }
    }
    return ASHLAR_ABSENT;
}

static int print_row(const ashlar_reader *reader, const char *name, int64_t id) {
    ashlar_collection collection;
    ashlar_row row;
    if (find_collection(reader, name, &collection) != ASHLAR_OK) {
        fprintf(stderr, "there is no vector collection %s\n", name);
        return EXIT_NOT_FOUND;
    }
    if (ashlar_find_row(reader, collection.id, id, &row) != ASHLAR_OK) {
        fprintf(stderr, "there is no row with this id\n");
        return EXIT_NOT_FOUND;
    }
    void *bytes;
    ashlar_error error;
    ashlar_status status = ashlar_read_row(reader, &row, &bytes, &error);
    if (status != ASHLAR_OK) {
        print_error(&error);
        return EXIT_REFUSED;
    }
    size_t written = fwrite(bytes, 1, collection.row_bytes, stdout);
    ashlar_free(bytes);
    return written == collection.row_bytes ? EXIT_OK : EXIT_REFUSED;
}

/* A decimal number with or without a sign; false if it is none, or does not fit. */
static bool to_id(const char *text, int64_t *id) {
    char *end;
    errno = 0;
    long long number = strtoll(text, &end, 10);
    *id = number;
    bool begins = (*text >= '0' && *text <= '9') || (*text == '-' && text[1] >= '0' && text[1] <= '9');
    return begins && *end == 0 && errno == 0;
}

static int row(char **arguments, const options *chosen) {
    int64_t id;
    if (!to_id(arguments[2], &id)) {
        fprintf(stderr, "the id is not a number of 64 bits\n");
        return EXIT_USAGE;
    }
    int code = EXIT_OK;
    ashlar_reader *reader = open_or_say(arguments[0], chosen, &code);
    if (reader != NULL) {
        code = print_row(reader, arguments[1], id);
    }
    ashlar_close(reader);
    return code;
}

/* ------------------------------------------------------------------------------------------------- the command line */

/* Sets what an option says; false if there is no such option. */
static bool set(options *chosen, const char *option) {
    static const char *const NAMES[] = {"--json", "--hash", "--hex", "--no-lock"};
    bool *const flags[] = {&chosen->json, &chosen->hash, &chosen->hex, &chosen->no_lock};
    for (size_t i = 0; i < sizeof NAMES / sizeof NAMES[0]; i++) {
        if (strcmp(option, NAMES[i]) == 0) {
            *flags[i] = true;
            return true;
        }
    }
    return false;
}

/* Decimal digits only; false if there are others, or none, or too many. */
static bool to_number(const char *text, uint64_t *number) {
    *number = 0;
    for (const char *c = text; *c != 0; c++) {
        if (*c < '0' || *c > '9' || c - text >= 18) {
            return false;
        }
        *number = *number * 10 + (uint64_t)(*c - '0');
    }
    return *text != 0;
}

static int usage(void) {
    fputs(USAGE, stderr);
    return EXIT_USAGE;
}

/* Options stand between the command and its arguments. */
static int run(int count, char **arguments) {
    options chosen = {0};
    if (count < 3) {
        return usage();
    }
    int first = 2;
    while (first < count && strncmp(arguments[first], "--", 2) == 0) {
        const char *option = arguments[first++];
        if (strcmp(option, "--at") == 0 && first < count) {
            if (!to_number(arguments[first++], &chosen.at)) {
                return usage();
            }
        } else if (!set(&chosen, option)) {
            return usage();
        }
    }
    const char *command = arguments[1];
    if (strcmp(command, "get") == 0 && count - first == 3) {
        return get(arguments + first, &chosen);
    }
    if (strcmp(command, "row") == 0 && count - first == 3) {
        return row(arguments + first, &chosen);
    }
    int (*each)(const char *, const options *) = strcmp(command, "list") == 0      ? list
                                                 : strcmp(command, "verify") == 0  ? verify
                                                 : strcmp(command, "vectors") == 0 ? list_collections
                                                 : strcmp(command, "documents") == 0 ? list_documents
                                                                                   : NULL;
    if (each == NULL || first == count) {
        return usage();
    }
    int code = EXIT_OK;
    for (int i = first; i < count; i++) {
        code = worse(code, each(arguments[i], &chosen));
    }
    return code;
}

int main(int count, char **arguments) {
    int code = run(count, arguments);
    if (fflush(stdout) != 0 || ferror(stdout) != 0) {
        perror("ashlar-cat");
        return EXIT_REFUSED;
    }
    return code;
}
