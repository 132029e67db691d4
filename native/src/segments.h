/* Rows that stand in segments: sections "Segment", "Deaths" and "Reading a store", 5, of the format. */
#ifndef ASHLAR_SEGMENTS_H
#define ASHLAR_SEGMENTS_H

#include "ashlar_reader.h"
#include "catalog.h"
#include "file.h"
#include "findings.h"
#include "log.h"
#include "manifest.h"
#include "table.h"

/* Places of rows are at or above it, LSNs below. */
#define SEGMENT_PLACES (UINT64_C(1) << 62)

typedef struct segment {
    uint64_t number;
    uint64_t size;    /* as it should be */
    uint32_t space;
    uint32_t rows;
    uint32_t stride;  /* 0: not known, so that no row can be found */
    uint64_t *dead;   /* a bit for each row; NULL: nothing says which are */
} segment;

typedef struct segments {
    int directory; /* of the store */
    uint64_t salt;
    segment *items;
    size_t count;
} segments;

/* Reads the headers of all segments, enters their rows into the table, reports what is damaged. *read is to be released. */
ashlar_status segments_open(int directory, const manifest *store, uint64_t salt, segments *read, catalog *spaces,
                            table *current, findings *found, ashlar_error *error);
void segments_release(segments *read);

/* Whether an entry is a row of a segment. */
static inline bool segments_have(const entry *record) {
    return record->lsn >= SEGMENT_PLACES;
}

/*
 * Reads a row with its padding into new memory. ASHLAR_DAMAGED if it is not what was put; *found then says where.
 */
ashlar_status segments_read(const segments *of, const entry *record, uint8_t **row, ashlar_error *error);

/* Told of what does not verify, or with NULL that a row of so many bytes does. */
typedef ashlar_status segment_visitor(void *context, const ashlar_finding *finding, uint64_t bytes, ashlar_error *error);

/* Reads all rows of all segments; what segments_open has reported is not told again. */
ashlar_status segments_verify(const segments *of, segment_visitor *visitor, void *context, ashlar_error *error);

#endif
