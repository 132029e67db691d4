/* The log: which chunks it has, what of it counts, in which order. Section "Reading a store" of the format, 2 to 6. */
#ifndef ASHLAR_LOG_H
#define ASHLAR_LOG_H

#include "ashlar_reader.h"
#include "findings.h"
#include "frame.h"
#include "manifest.h"

typedef struct chunk {
    uint64_t base;
    uint64_t capacity;
    uint64_t end;         /* of a sealed chunk; else 0 */
    bool listed;          /* in the manifest */
    bool sealed;
    bool start_known;     /* what its CHUNK_START says: */
    uint64_t start_base;  /* the base of the chunk before */
    uint64_t start_end;   /* where that ended */
    size_t first_claim;   /* the first chunk that says it goes on from this one; NO_CHUNK: none */
    size_t next_claim;    /* the next one that goes on from the same chunk as this one */
    size_t claims_before; /* chunks at or behind this one are not believed when they say that they go on from here */
} chunk;

#define NO_CHUNK SIZE_MAX

typedef struct chunk_log {
    int directory; /* of the store */
    store_id id;
    uint64_t salt;
    bool clean;
    uint64_t manifest_durable;
    uint64_t watermark; /* D */
    chunk *chunks;      /* by ascending base */
    size_t count;
    size_t capacity;
} chunk_log;

/* A chunk's bytes in memory, one chunk at a time. */
typedef struct image {
    uint8_t *bytes;
    size_t allocated;
    size_t size;
    size_t chunk;
} image;

#define NO_IMAGE ((image){.bytes = NULL, .allocated = 0, .size = 0, .chunk = NO_CHUNK})

/* Finds the chunks, checks their headers, computes D. *log is to be released, also after an error. */
ashlar_status log_open(int directory, const manifest *store, chunk_log *log, findings *found, ashlar_error *error);
void log_release(chunk_log *log);

/* Brings a chunk into memory. A chunk whose file is missing has no bytes. */
ashlar_status log_load(const chunk_log *log, size_t index, image *loaded, ashlar_error *error);
void image_release(image *loaded);

/* The name of a chunk's file, relative to the store's directory. */
void log_chunk_name(const chunk *of, char name[48]);

/* Told of what a walk through the log meets, in the order of the log. Anything but ASHLAR_OK stops the walk. */
typedef struct log_visitor {
    void *context;
    /* A frame that counts. bytes are those of the frame. */
    ashlar_status (*frame)(void *context, size_t chunk_index, const frame *met, const uint8_t *bytes,
                           ashlar_error *error);
    /* A stretch below D, by its LSNs, that does not verify. */
    ashlar_status (*damage)(void *context, const chunk *in, uint64_t from, uint64_t to, ashlar_error *error);
} log_visitor;

/* Where the log ends. */
typedef struct log_end {
    size_t chunk; /* NO_CHUNK: the log is empty */
    uint64_t lsn;
} log_end;

ashlar_status log_walk(const chunk_log *log, const log_visitor *visitor, log_end *end, ashlar_error *error);

/* Reports what follows the end of the log. */
ashlar_status log_report_dropped(const chunk_log *log, const log_end *end, findings *found, ashlar_error *error);

#endif
