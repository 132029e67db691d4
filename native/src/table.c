#include "table.h"

#include <stdlib.h>
#include <string.h>

#include "findings.h"
#include "xxh3.h"

enum { FEWEST_SLOTS = 64, FEWEST_KEY_BYTES = 4096 };

static size_t home_of(const table *in, uint32_t space, const uint8_t *key, uint16_t key_length) {
    return (size_t)xxh3(key, key_length, in->key_seed + space) & (in->slot_count - 1);
}

static bool is_for(const table *in, const entry *record, uint32_t space, const uint8_t *key, uint16_t key_length) {
    return record->space == space && record->key_length == key_length &&
           (key_length == 0 || memcmp(in->keys + record->key, key, key_length) == 0);
}

/* The slot of a key, or the empty one where it would stand. There always is an empty one. */
static size_t slot_of(const table *in, uint32_t space, const uint8_t *key, uint16_t key_length) {
    size_t slot = home_of(in, space, key, key_length);
    while (in->slots[slot] != 0 && !is_for(in, &in->entries[in->slots[slot] - 1], space, key, key_length)) {
        slot = (slot + 1) & (in->slot_count - 1);
    }
    return slot;
}

static void fill_slots(table *in) {
    memset(in->slots, 0, in->slot_count * sizeof *in->slots);
    for (size_t i = 0; i < in->count; i++) {
        const entry *record = &in->entries[i];
        in->slots[slot_of(in, record->space, in->keys + record->key, record->key_length)] = i + 1;
    }
}

/* Keeps at least half of the slots empty. */
static bool make_slots(table *in) {
    if (in->count < in->slot_count / 2) {
        return true;
    }
    size_t wanted = in->slot_count == 0 ? FEWEST_SLOTS : in->slot_count * 2;
    if (wanted > SIZE_MAX / 2 / sizeof *in->slots) {
        return false;
    }
    size_t *slots = realloc(in->slots, wanted * sizeof *slots);
    if (slots == NULL) {
        return false;
    }
    in->slots = slots;
    in->slot_count = wanted;
    fill_slots(in);
    return true;
}

/* Copies a key behind the others. */
static bool keep_key(table *in, const uint8_t *key, uint16_t key_length, size_t *at) {
    if (in->keys == NULL || in->keys_capacity - in->keys_used < key_length) {
        size_t wanted = in->keys_capacity < FEWEST_KEY_BYTES ? FEWEST_KEY_BYTES : in->keys_capacity;
        while (wanted - in->keys_used < key_length) {
            if (wanted > SIZE_MAX / 4) {
                return false;
            }
            wanted *= 2;
        }
        uint8_t *keys = realloc(in->keys, wanted);
        if (keys == NULL) {
            return false;
        }
        in->keys = keys;
        in->keys_capacity = wanted;
    }
    *at = in->keys_used;
    memcpy(in->keys + *at, key, key_length);
    in->keys_used += key_length;
    return true;
}

bool table_put(table *in, entry record, const uint8_t *key, uint16_t key_length) {
    if (!make_slots(in)) {
        return false;
    }
    record.key_length = key_length;
    size_t slot = slot_of(in, record.space, key, key_length);
    if (in->slots[slot] != 0) {
        entry *before = &in->entries[in->slots[slot] - 1];
        record.key = before->key;
        *before = record;
        return true;
    }
    entry *entries = grow(in->entries, in->count, &in->capacity, sizeof *entries);
    if (entries == NULL) {
        return false;
    }
    in->entries = entries;
    if (!keep_key(in, key, key_length, &record.key)) {
        return false;
    }
    entries[in->count++] = record;
    in->slots[slot] = in->count;
    return true;
}

void table_remove(table *in, uint32_t space, const uint8_t *key, uint16_t key_length) {
    if (in->slot_count == 0) {
        return;
    }
    size_t slot = slot_of(in, space, key, key_length);
    if (in->slots[slot] != 0) {
        /* The entry keeps its slot and its key: other keys are found behind it. */
        in->entries[in->slots[slot] - 1].lsn = 0;
    }
}

void table_clear(table *in, uint32_t space, uint64_t version) {
    for (size_t i = 0; i < in->count; i++) {
        entry *record = &in->entries[i];
        if (record->space == space && record->version < version) {
            record->lsn = 0;
        }
    }
}

const entry *table_find(const table *in, uint32_t space, const uint8_t *key, uint16_t key_length) {
    if (in->slot_count == 0) {
        return NULL;
    }
    size_t slot = in->slots[slot_of(in, space, key, key_length)];
    return slot == 0 || in->entries[slot - 1].lsn == 0 ? NULL : &in->entries[slot - 1];
}

static int by_lsn(const void *a, const void *b) {
    uint64_t left = ((const entry *)a)->lsn;
    uint64_t right = ((const entry *)b)->lsn;
    return left < right ? -1 : left > right;
}

void table_finish(table *in) {
    size_t kept = 0;
    for (size_t i = 0; i < in->count; i++) {
        if (in->entries[i].lsn != 0) {
            in->entries[kept++] = in->entries[i];
        }
    }
    in->count = kept;
    if (kept > 1) {
        qsort(in->entries, kept, sizeof *in->entries, by_lsn);
    }
    if (in->slot_count != 0) {
        fill_slots(in);
    }
}

void table_release(table *in) {
    free(in->entries);
    free(in->keys);
    free(in->slots);
    *in = (table){0};
}
