#include "findings.h"

#include <stdio.h>
#include <stdlib.h>

#include "failure.h"

void *grow(void *items, size_t count, size_t *capacity, size_t item_size) {
    if (count < *capacity) {
        return items;
    }
    size_t wanted = *capacity < 16 ? 16 : *capacity * 2;
    if (wanted > SIZE_MAX / 2 / item_size) {
        return NULL;
    }
    void *larger = realloc(items, wanted * item_size);
    if (larger != NULL) {
        *capacity = wanted;
    }
    return larger;
}

ashlar_status findings_add(findings *list, ashlar_finding_kind kind, const char *file, uint64_t position,
                           uint64_t length, const char *what, ashlar_error *error) {
    ashlar_finding *items = grow(list->items, list->count, &list->capacity, sizeof *items);
    if (items == NULL) {
        return fail_no_memory(error);
    }
    list->items = items;
    ashlar_finding *finding = &items[list->count++];
    *finding = (ashlar_finding){.kind = kind, .position = position, .length = length, .what = what};
    snprintf(finding->file, sizeof finding->file, "%s", file);
    return ASHLAR_OK;
}

void findings_release(findings *list) {
    free(list->items);
    *list = (findings){0};
}
