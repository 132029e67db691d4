/* Numbers of the format that more than one file needs. All of them stand in docs/FORMAT.md. */
#ifndef ASHLAR_FORMAT_H
#define ASHLAR_FORMAT_H

#include <stdbool.h>
#include <stdint.h>

#include "bytes.h"

#define LARGEST_ADDRESS ((UINT64_C(1) << 62) - 1)

enum {
    FORMAT_VERSION = 1,
    CHUNK_UNIT = 4096, /* bases and capacities are multiples of it */
    CHUNK_HEADER = 128,
    GRANULE = 8, /* frames start and end at multiples of it */
    LARGEST_FILE = 64 << 20, /* of a manifest, and of a chunk */
    LARGEST_PAYLOAD = 8 << 20,
    LARGEST_SPACE = 65535,
    VALUE_FILE_HEADER = 4096
};

/* Incompatible features, of the manifest alone. */
enum {
    FEATURE_EXPIRY = 1,     /* records that expire */
    FEATURE_REMOVAL = 2,    /* spaces that were cleared or removed */
    FEATURE_PROPERTIES = 4, /* properties of spaces */
    FEATURE_VECTORS = 8,    /* vector collections and segments */
    FEATURE_DOCUMENTS = 16, /* document collections */
    KNOWN_FEATURES =
        FEATURE_EXPIRY | FEATURE_REMOVAL | FEATURE_PROPERTIES | FEATURE_VECTORS | FEATURE_DOCUMENTS
};

/* What the options of a vector collection say. */
typedef struct row_shape {
    uint64_t bits; /* as they are stored; 0: the space is none */
    uint32_t dimension;
    uint8_t type;
    uint8_t metric;
    bool non_finite;
    uint32_t row_bytes;
    uint32_t stride;
} row_shape;

typedef struct store_id {
    uint64_t high;
    uint64_t low;
} store_id;

/* What all headers begin with: 8 bytes of magic, version, incompatible and read-only-compatible features. */
static inline bool header_is_known_with(const uint8_t *header, uint32_t features) {
    return load32(header + 8) == FORMAT_VERSION && (load32(header + 12) & ~features) == 0;
}

static inline bool header_is_known(const uint8_t *header) {
    return header_is_known_with(header, 0);
}

/* The store id stands at the same place of all headers. */
static inline bool header_is_of(const uint8_t *header, store_id id) {
    return load64(header + 24) == id.high && load64(header + 32) == id.low;
}

#endif
