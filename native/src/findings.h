/* The list of what is damaged or dropped. */
#ifndef ASHLAR_FINDINGS_H
#define ASHLAR_FINDINGS_H

#include "ashlar_reader.h"

typedef struct findings {
    ashlar_finding *items;
    size_t count;
    size_t capacity;
} findings;

/* what is a literal. */
ashlar_status findings_add(findings *list, ashlar_finding_kind kind, const char *file, uint64_t position,
                           uint64_t length, const char *what, ashlar_error *error);
void findings_release(findings *list);

/* Makes room for one more item of an array that grows; NULL if there is no memory, and the array stays as it is. */
void *grow(void *items, size_t count, size_t *capacity, size_t item_size);

#endif
