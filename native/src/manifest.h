/* What the store consists of: section "Manifest" of the format. */
#ifndef ASHLAR_MANIFEST_H
#define ASHLAR_MANIFEST_H

#include "ashlar_reader.h"
#include "format.h"

typedef struct manifest_chunk {
    uint64_t base;
    uint64_t capacity;
    uint64_t end; /* 0: not known */
} manifest_chunk;

typedef struct manifest_segment {
    uint64_t number;
    uint64_t size;
    uint32_t space;
    uint32_t rows;
} manifest_segment;

typedef struct manifest {
    store_id id;
    uint64_t generation;
    bool clean;
    uint32_t features;
    uint64_t durable_lsn;
    uint64_t next_base;
    uint64_t key_seed;
    size_t count;
    manifest_chunk *chunks; /* by ascending base */
    uint64_t checkpoint;
    size_t segment_count;
    manifest_segment *segments; /* by ascending number */
} manifest;

/* Reads both copies and takes the one that counts. *read is to be released, also after an error. */
ashlar_status manifest_read(int directory, manifest *read, ashlar_error *error);
void manifest_release(manifest *read);

#endif
