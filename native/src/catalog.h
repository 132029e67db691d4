/* The keyspaces that the catalog, space 0, defines: section "Catalog and keys" of the format. */
#ifndef ASHLAR_CATALOG_H
#define ASHLAR_CATALOG_H

#include "ashlar_reader.h"
#include "format.h"

enum { LONGEST_NAME = 255 };

typedef struct space_info {
    uint32_t id;
    bool defined;
    uint32_t alignment;
    uint64_t records;
    row_shape rows; /* of a vector collection */
    bool documents; /* it is a document collection */
    char name[LONGEST_NAME + 1];
} space_info;

typedef struct catalog {
    space_info *spaces; /* by ascending id */
    size_t count;
    size_t capacity;
} catalog;

/* The space with an id, added if there is none; NULL if there is no memory. */
space_info *catalog_space(catalog *in, uint32_t id);

/* The same, NULL if there is none. */
const space_info *catalog_find(const catalog *in, uint32_t id);

/* Whether a key and its payload, which has been verified, have the shape of a definition. */
bool catalog_is_definition(const uint8_t *key, size_t key_length, const uint8_t *payload, size_t length);

/* The same of a property of a space, whose key is longer; of a schema only with the features of the store. */
bool catalog_is_property(const uint8_t *key, size_t key_length, size_t length, uint32_t features);

/* The options of a vector collection; false if they are none. */
bool catalog_row_shape(uint64_t bits, row_shape *shape);

/* Takes over a definition. False if there is no memory. */
bool catalog_define(catalog *in, const uint8_t *key, const uint8_t *payload);

/* The id that a key of the catalog names if it is as long as that of a definition; else 0. */
uint32_t catalog_defined_by(const uint8_t *key, size_t key_length);

/* Forgets a space, if it is there. */
void catalog_remove(catalog *in, uint32_t id);
void catalog_release(catalog *in);

#endif
