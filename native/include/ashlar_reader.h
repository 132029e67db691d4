/*
 * Reads a store of Ashlar, format version 1, without changing anything. Written from docs/FORMAT.md alone.
 *
 * A reader looks at the whole log when it opens a store and remembers the key and the place of every current record;
 * values stay in the files and are read when they are asked for. Checkpoints are not used.
 *
 * Threads: after ashlar_open has returned, any number of threads may use one reader at a time. ashlar_close must come
 * after all of them.
 *
 * Lifetime: pointers in the structures that a reader fills (names, keys, findings) are valid until ashlar_close. Values
 * belong to the caller and outlive the reader.
 *
 * Files: while a reader is open it holds a shared lock on the store's file LOCK, which keeps writers out. A file that
 * changes all the same gives errors or damaged values, never a fault of memory.
 */
#ifndef ASHLAR_READER_H
#define ASHLAR_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum ashlar_status {
    ASHLAR_OK = 0,
    /* The key has no value. */
    ASHLAR_ABSENT = 1,
    /* The value of this key is not what was written. Other records are not affected. */
    ASHLAR_DAMAGED = 2,
    /* The directory has no manifest. */
    ASHLAR_NOT_A_STORE = 3,
    /* Neither copy of the manifest is intact. */
    ASHLAR_UNREADABLE = 4,
    /* A newer format version, a feature that this reader does not know, or a kind of space that it does not know. */
    ASHLAR_UNSUPPORTED = 5,
    /* Another process has the store open for writing. */
    ASHLAR_LOCKED = 6,
    /* The operating system refused; ashlar_error.os_error is its errno. */
    ASHLAR_IO = 7,
    ASHLAR_NO_MEMORY = 8,
    /* The visitor of ashlar_verify asked to stop. */
    ASHLAR_STOPPED = 9
} ashlar_status;

/* A short name of a status, in lower case, such as "damaged". */
const char *ashlar_status_name(ashlar_status status);

/* Where and why something failed. */
typedef struct ashlar_error {
    ashlar_status status;
    int os_error;      /* errno, or 0 */
    char file[48];     /* relative to the store's directory, or empty */
    uint64_t position; /* offset in the file */
    char text[120];    /* what was expected and what was found */
} ashlar_error;

typedef struct ashlar_reader ashlar_reader;

/* For ashlar_open: no lock is taken. For snapshots of a file system, where nobody can write. */
#define ASHLAR_NO_LOCK 1u

/*
 * Opens a store. On success *reader is to be closed with ashlar_close; else it is NULL and *error, which may be NULL,
 * says why. Damage of single records does not keep a store from opening: see ashlar_finding_at.
 */
ashlar_status ashlar_open(const char *directory, unsigned flags, ashlar_reader **reader, ashlar_error *error);

/* Closes a reader; NULL is allowed. */
void ashlar_close(ashlar_reader *reader);

typedef struct ashlar_info {
    uint64_t id_high; /* the UUID of the store */
    uint64_t id_low;
    uint64_t generation; /* of the manifest */
    bool clean;          /* the store was closed */
    uint64_t watermark;  /* the log was durable up to here */
    uint64_t end;        /* LSN where the log ends */
    size_t chunks;
    size_t records; /* current records of all keyspaces, without the catalog */
    size_t rows;    /* of all vector collections */
} ashlar_info;

void ashlar_get_info(const ashlar_reader *reader, ashlar_info *info);

typedef struct ashlar_keyspace {
    uint32_t id;
    bool defined;         /* false: the definition is lost, there is no name and no alignment */
    const char *name;     /* UTF-8, ends with a zero byte; empty if not defined */
    uint32_t alignment;   /* of the values of new records */
    uint64_t records;
} ashlar_keyspace;

/* The keyspaces, by ascending id. */
size_t ashlar_keyspace_count(const ashlar_reader *reader);
ashlar_status ashlar_keyspace_at(const ashlar_reader *reader, size_t index, ashlar_keyspace *keyspace);
/* ASHLAR_ABSENT if there is no keyspace with that name. */
ashlar_status ashlar_keyspace_named(const ashlar_reader *reader, const char *name, ashlar_keyspace *keyspace);

typedef enum ashlar_vector_type { ASHLAR_FLOAT32 = 0, ASHLAR_INT8 = 1, ASHLAR_BIT = 2 } ashlar_vector_type;

typedef enum ashlar_metric {
    ASHLAR_COSINE = 0,
    ASHLAR_DOT_PRODUCT = 1,
    ASHLAR_SQUARED_EUCLIDEAN = 2,
    ASHLAR_HAMMING = 3,
    ASHLAR_JACCARD = 4
} ashlar_metric;

typedef struct ashlar_collection {
    uint32_t id;
    bool defined;       /* false: the definition is lost, there is no name; a segment says the rest */
    const char *name;   /* UTF-8, ends with a zero byte; empty if not defined */
    uint32_t dimension; /* number of components */
    ashlar_vector_type type;
    ashlar_metric metric;
    bool non_finite;    /* components may be NaN or infinite */
    uint32_t row_bytes;
    uint64_t rows;
} ashlar_collection;

/* The vector collections, by ascending id. A keyspace and a collection may have the same name. */
size_t ashlar_collection_count(const ashlar_reader *reader);
ashlar_status ashlar_collection_at(const ashlar_reader *reader, size_t index, ashlar_collection *collection);
/* ASHLAR_ABSENT if there is no collection with that name. */
ashlar_status ashlar_collection_named(const ashlar_reader *reader, const char *name, ashlar_collection *collection);

typedef struct ashlar_row {
    uint32_t space;
    int64_t id;
    uint64_t version; /* the LSN under which it was put */
    uint64_t segment; /* number of the segment that it is in; 0: it is in the log */
    size_t index;     /* its place among all that the reader knows */
} ashlar_row;

/* The row with an id. ASHLAR_ABSENT if there is none, or the space is no vector collection. */
ashlar_status ashlar_find_row(const ashlar_reader *reader, uint32_t space, int64_t id, ashlar_row *row);

/* Goes through all rows of all collections, those in the log first. Start with *cursor = 0; ASHLAR_ABSENT is the end. */
ashlar_status ashlar_next_row(const ashlar_reader *reader, size_t *cursor, ashlar_row *row);

/*
 * Reads and checks a row: row_bytes of its collection, little-endian components as in the file; to be released with
 * ashlar_free. If a row of a segment is damaged and the log still has it, it comes from there.
 */
ashlar_status ashlar_read_row(const ashlar_reader *reader, const ashlar_row *row, void **bytes, ashlar_error *error);

typedef struct ashlar_documents {
    uint32_t id;
    const char *name;           /* UTF-8, ends with a zero byte */
    bool complete;              /* it has a schema; else the writer crashed while it was created */
    bool readable;              /* its commit record is intact; else what comes from it is 0 */
    uint64_t documents;         /* that are committed and not dead */
    uint64_t dead;              /* in the same segments */
    uint64_t pending;           /* operations in the log */
    uint64_t pending_documents; /* in segments that are not published */
    uint64_t segments;          /* published ones */
    uint64_t unpublished;
    uint64_t dictionaries;
    uint64_t file_bytes;        /* of all segments */
    uint64_t generation;        /* of the commit record; 0: there is none */
} ashlar_documents;

/*
 * The document collections, by ascending id. This reader counts documents and verifies their files; it does not decompress
 * blocks, so it reads no document.
 */
size_t ashlar_documents_count(const ashlar_reader *reader);
ashlar_status ashlar_documents_at(const ashlar_reader *reader, size_t index, ashlar_documents *collection);

typedef struct ashlar_record {
    uint32_t space;
    uint16_t key_length;
    const uint8_t *key;
    uint64_t lsn;          /* of the frame */
    uint64_t version;      /* of the record: the LSN under which it was first written */
    uint64_t value_length; /* bytes */
    uint64_t value_file;   /* id, or 0 if the value stands in the log */
    uint64_t expiry;       /* milliseconds since 1970-01-01T00:00Z from which on the record counts as absent; 0: never */
    size_t index;          /* the record's place in the order of the log */
} ashlar_record;

/*
 * The current record of a key. ASHLAR_ABSENT if there is none.
 *
 * A reader has no clock. It also shows records that have expired and were not removed yet: compare record->expiry with the
 * time that is to count.
 */
ashlar_status ashlar_find(const ashlar_reader *reader, uint32_t space, const void *key, size_t key_length,
                          ashlar_record *record);

/*
 * Goes through all current records in the order of the log. Start with *cursor = 0; each call moves it on.
 * ASHLAR_ABSENT behind the last.
 */
ashlar_status ashlar_next(const ashlar_reader *reader, size_t *cursor, ashlar_record *record);

/*
 * Reads and checks the value of a record. On success *value has record->value_length bytes and is to be released with
 * ashlar_free, also when it is empty; else it is NULL.
 */
ashlar_status ashlar_read(const ashlar_reader *reader, const ashlar_record *record, void **value, ashlar_error *error);
void ashlar_free(void *value);

typedef enum ashlar_finding_kind {
    ASHLAR_FOUND_DAMAGE = 0,          /* bytes that were durable and do not verify any more */
    ASHLAR_FOUND_DAMAGED_FILE = 1,    /* a file of chunk, segment or deaths is missing or short, or its header is damaged */
    ASHLAR_FOUND_DROPPED = 2,         /* what follows the end of the log; it does not count */
    ASHLAR_FOUND_UNDEFINED_SPACE = 3 /* a keyspace that has frames and no definition; position is its id */
} ashlar_finding_kind;

typedef struct ashlar_finding {
    ashlar_finding_kind kind;
    char file[48]; /* relative to the store's directory */
    uint64_t position;
    uint64_t length;
    const char *what;
} ashlar_finding;

/* What opening found. */
size_t ashlar_finding_count(const ashlar_reader *reader);
ashlar_status ashlar_finding_at(const ashlar_reader *reader, size_t index, ashlar_finding *finding);

/* Told of each finding of a verification; returning false stops it. */
typedef bool ashlar_visitor(void *context, const ashlar_finding *finding);

typedef struct ashlar_verification {
    uint64_t frames;  /* intact frames of the log, of every type, also those that are not current */
    uint64_t rows;    /* intact rows of segments, also those that are not current */
    uint64_t documents; /* in blocks that have their checksum, also dead and pending ones */
    uint64_t bytes;   /* bytes of them all and of value files */
    uint64_t damaged; /* findings other than what was dropped */
} ashlar_verification;

/*
 * Reads every frame of the log that counts, every value file that a current record names, all rows of segments, and all files
 * that commit records of document collections name, and compares all checksums. The visitor is told first what opening found. *verification holds what was read so far in any case.
 */
ashlar_status ashlar_verify(const ashlar_reader *reader, ashlar_visitor *visitor, void *context,
                            ashlar_verification *verification, ashlar_error *error);

/* XXH3-64 of the xxHash specification, the checksum of the format. */
uint64_t ashlar_xxh3(const void *bytes, size_t length, uint64_t seed);

#ifdef __cplusplus
}
#endif

#endif
