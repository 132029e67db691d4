#include "catalog.h"

#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "findings.h"
#include "format.h"

enum { KEY = 4, NAME = 4, OPTIONS = 8, KIND_KEYSPACE = 1, KIND_VECTORS = 2, KIND_DOCUMENTS = 3 };
enum { PROPERTY_LAYOUT = 1, PROPERTY_SCHEMA = 2, LONGEST_LAYOUT = 65535 };

static uint32_t id_of(const uint8_t *key) {
    return swap32(load32(key));
}

/* Where the space with an id is, or would stand. */
static size_t place_of(const catalog *in, uint32_t id) {
    size_t from = 0;
    size_t to = in->count;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (in->spaces[middle].id < id) {
            from = middle + 1;
        } else {
            to = middle;
        }
    }
    return from;
}

space_info *catalog_space(catalog *in, uint32_t id) {
    size_t from = place_of(in, id);
    if (from < in->count && in->spaces[from].id == id) {
        return &in->spaces[from];
    }
    space_info *spaces = grow(in->spaces, in->count, &in->capacity, sizeof *spaces);
    if (spaces == NULL) {
        return NULL;
    }
    in->spaces = spaces;
    memmove(spaces + from + 1, spaces + from, (in->count - from) * sizeof *spaces);
    spaces[from] = (space_info){.id = id};
    in->count++;
    return &spaces[from];
}

const space_info *catalog_find(const catalog *in, uint32_t id) {
    size_t at = place_of(in, id);
    return at < in->count && in->spaces[at].id == id ? &in->spaces[at] : NULL;
}

/* Length of the well-formed UTF-8 character at the start of the text, which is no control character; else 0. */
static size_t character(const uint8_t *text, size_t length) {
    static const uint32_t LEAST[5] = {0, 0, 0x80, 0x800, 0x10000};
    uint8_t first = text[0];
    size_t size = first < 0x80 ? 1 : first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if ((first >= 0x80 && first < 0xc2) || first > 0xf4 || size > length) {
        return 0;
    }
    uint32_t value = size == 1 ? first : first & (0xffu >> (size + 1));
    for (size_t i = 1; i < size; i++) {
        if ((text[i] & 0xc0) != 0x80) {
            return 0;
        }
        value = value << 6 | (text[i] & 0x3fu);
    }
    bool is_control = value < 0x20 || (value >= 0x7f && value < 0xa0);
    bool is_surrogate = value >= 0xd800 && value < 0xe000;
    return value < LEAST[size] || value > 0x10ffff || is_control || is_surrogate ? 0 : size;
}

static bool is_name(const uint8_t *text, size_t length) {
    while (length > 0) {
        size_t size = character(text, length);
        if (size == 0) {
            return false;
        }
        text += size;
        length -= size;
    }
    return true;
}

static size_t name_at(const uint8_t *payload) {
    return payload[0] == KIND_VECTORS ? NAME + OPTIONS : NAME;
}

bool catalog_is_definition(const uint8_t *key, size_t key_length, const uint8_t *payload, size_t length) {
    if (key_length != KEY || length < NAME + 1 || length > NAME + OPTIONS + LONGEST_NAME) {
        return false;
    }
    uint32_t id = id_of(key);
    size_t name = name_at(payload);
    row_shape shape;
    if (payload[0] == KIND_VECTORS &&
        (length <= name || payload[1] != 6 || !catalog_row_shape(load64(payload + NAME), &shape))) {
        return false;
    }
    if (payload[0] == KIND_DOCUMENTS && payload[1] != 3) {
        return false;
    }
    return id >= 1 && id <= LARGEST_SPACE && payload[0] >= KIND_KEYSPACE && payload[0] <= KIND_DOCUMENTS &&
           payload[1] >= 3 && payload[1] <= 12 && load16(payload + 2) == length - name && length - name <= LONGEST_NAME &&
           is_name(payload + name, length - name);
}

bool catalog_row_shape(uint64_t bits, row_shape *shape) {
    static const uint32_t BITS[3] = {32, 8, 1};
    uint32_t dimension = (uint32_t)bits;
    uint8_t type = (uint8_t)(bits >> 32);
    uint8_t metric = (uint8_t)(bits >> 40);
    if (dimension < 1 || dimension > 65536 || type > 2 || metric > 4 || bits >> 49 != 0 ||
        (type == 2) != (metric >= 3)) {
        return false;
    }
    uint32_t row_bytes = (dimension * BITS[type] + 7) / 8;
    *shape = (row_shape){.bits = bits,
                         .dimension = dimension,
                         .type = type,
                         .metric = metric,
                         .non_finite = bits >> 48 != 0,
                         .row_bytes = row_bytes,
                         .stride = (uint32_t)align_up(row_bytes, 64)};
    return true;
}

bool catalog_is_property(const uint8_t *key, size_t key_length, size_t length, uint32_t features) {
    if (key_length != KEY + 1) {
        return false;
    }
    uint32_t id = id_of(key);
    bool layout = key[KEY] == PROPERTY_LAYOUT && length <= LONGEST_LAYOUT;
    bool schema = key[KEY] == PROPERTY_SCHEMA && (features & FEATURE_DOCUMENTS) != 0;
    return id >= 1 && id <= LARGEST_SPACE && length >= 1 && (layout || schema);
}

bool catalog_define(catalog *in, const uint8_t *key, const uint8_t *payload) {
    space_info *defined = catalog_space(in, id_of(key));
    if (defined == NULL) {
        return false;
    }
    if (defined->defined) {
        return true; /* a definition never changes: this is the same again */
    }
    size_t length = load16(payload + 2);
    defined->defined = true;
    defined->alignment = UINT32_C(1) << payload[1];
    defined->rows = (row_shape){0};
    defined->documents = payload[0] == KIND_DOCUMENTS;
    if (payload[0] == KIND_VECTORS) {
        (void)catalog_row_shape(load64(payload + NAME), &defined->rows);
    }
    memcpy(defined->name, payload + name_at(payload), length);
    defined->name[length] = 0;
    return true;
}

uint32_t catalog_defined_by(const uint8_t *key, size_t key_length) {
    return key_length == KEY ? id_of(key) : 0;
}

void catalog_remove(catalog *in, uint32_t id) {
    size_t at = place_of(in, id);
    if (at < in->count && in->spaces[at].id == id) {
        in->count--;
        memmove(in->spaces + at, in->spaces + at + 1, (in->count - at) * sizeof *in->spaces);
    }
}

void catalog_release(catalog *in) {
    free(in->spaces);
    *in = (catalog){0};
}
