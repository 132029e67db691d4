/* The current record of every key: section "Reading a store", 7. It knows nothing of files. */
#ifndef ASHLAR_TABLE_H
#define ASHLAR_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct entry {
    uint64_t lsn; /* 0: removed */
    uint64_t version;
    uint64_t value_length;
    uint64_t value_file;
    uint64_t expiry;
    uint64_t frame_length;
    size_t chunk;
    size_t key; /* where the key starts among the table's keys */
    uint32_t space;
    uint16_t key_length;
} entry;

typedef struct table {
    uint64_t key_seed;
    entry *entries;
    size_t count;
    size_t capacity;
    uint8_t *keys;
    size_t keys_used;
    size_t keys_capacity;
    size_t *slots; /* open addressing: 1 + the number of an entry, or 0 */
    size_t slot_count; /* 0, or a power of two */
} table;

/* Sets the record of the key; record.key and record.key_length are filled in. False if there is no memory. */
bool table_put(table *in, entry record, const uint8_t *key, uint16_t key_length);
void table_remove(table *in, uint32_t space, const uint8_t *key, uint16_t key_length);

/* Removes the records of a space with versions below another. */
void table_clear(table *in, uint32_t space, uint64_t version);

/* NULL if the key has no record. */
const entry *table_find(const table *in, uint32_t space, const uint8_t *key, uint16_t key_length);

/* Leaves out what was removed and sorts by LSN. To be called once, behind the last put. */
void table_finish(table *in);
void table_release(table *in);

#endif
