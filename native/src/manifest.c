#include "manifest.h"

#include <stdlib.h>
#include <string.h>

#include "failure.h"
#include "file.h"
#include "xxh3.h"

enum { FIXED = 112, ENTRY = 40, SEGMENTS_FIXED = 16, SEGMENT_ENTRY = 32, CHECKSUM = 8, SMALLEST = FIXED + CHECKSUM, SLOTS = 131072, FLAG_CLEAN = 1 };

static const char *const COPIES[2] = {"MANIFEST-a", "MANIFEST-b"};

/* A file's bytes, or none if its size is not that of a manifest. */
static ashlar_status read_whole(const file *from, uint8_t **bytes, size_t *size, ashlar_error *error) {
    *bytes = NULL;
    *size = 0;
    if (from->size < SMALLEST || from->size > LARGEST_FILE) {
        return ASHLAR_OK;
    }
    *bytes = malloc((size_t)from->size);
    if (*bytes == NULL) {
        return fail_no_memory(error);
    }
    return file_read(from, 0, *bytes, (size_t)from->size, size, error);
}

/* Magic, length and checksum: then version and features mean something. */
static bool is_sealed(const uint8_t *bytes, size_t size) {
    if (size < SMALLEST || memcmp(bytes, "ASHLMANI", 8) != 0) {
        return false;
    }
    size_t length = load32(bytes + 52);
    return length >= SMALLEST && length <= size &&
           xxh3(bytes, length - CHECKSUM, 0) == load64(bytes + length - CHECKSUM);
}

static bool chunk_is_within_limits(const manifest_chunk *chunk, uint64_t least_base) {
    return chunk->base % CHUNK_UNIT == 0 && chunk->base >= least_base && chunk->base <= LARGEST_ADDRESS &&
           chunk->capacity % CHUNK_UNIT == 0 && chunk->capacity >= CHUNK_UNIT && chunk->capacity <= LARGEST_FILE &&
           (chunk->end == 0 ||
            (chunk->end >= chunk->base + CHUNK_HEADER && chunk->end <= chunk->base + chunk->capacity &&
             chunk->end % GRANULE == 0));
}

/* Reads the entries; false if one is outside of its limits. */
static bool read_entries(const uint8_t *bytes, manifest *read, uint8_t *slots) {
    uint64_t least_base = CHUNK_UNIT;
    for (size_t i = 0; i < read->count; i++) {
        const uint8_t *entry = bytes + FIXED + i * ENTRY;
        manifest_chunk *chunk = &read->chunks[i];
        *chunk = (manifest_chunk){load64(entry), load64(entry + 8), load64(entry + 16)};
        uint32_t slot = load32(entry + 32);
        if (!chunk_is_within_limits(chunk, least_base) || slot >= SLOTS || slots[slot] != 0) {
            return false;
        }
        slots[slot] = 1;
        least_base = chunk->base + chunk->capacity;
    }
    return true;
}

static int by_number(const void *a, const void *b) {
    uint64_t left = ((const manifest_segment *)a)->number;
    uint64_t right = ((const manifest_segment *)b)->number;
    return left < right ? -1 : left > right;
}

/* Reads the entries of segments, behind those of chunks; false if one is outside of its limits. */
static bool read_segments(const uint8_t *at, manifest *read, uint8_t *slots) {
    uint64_t next = load64(at);
    if (next < 1 || next > UINT64_C(1) << 35) {
        return false;
    }
    at += SEGMENTS_FIXED;
    for (size_t i = 0; i < read->segment_count; i++, at += SEGMENT_ENTRY) {
        manifest_segment *segment = &read->segments[i];
        *segment = (manifest_segment){load64(at), load64(at + 8), load32(at + 20), load32(at + 24)};
        uint32_t slot = load32(at + 16);
        if (segment->number < 1 || segment->number >= next || segment->size < CHUNK_UNIT ||
            segment->size > LARGEST_FILE || segment->size % CHUNK_UNIT != 0 || segment->space < 1 ||
            segment->space > LARGEST_SPACE || segment->rows < 1 || segment->rows >= segment->size / 64 ||
            slot >= SLOTS || slots[slot] != 0) {
            return false;
        }
        slots[slot] = 1;
    }
    if (read->segment_count > 1) {
        qsort(read->segments, read->segment_count, sizeof *read->segments, by_number);
    }
    for (size_t i = 1; i < read->segment_count; i++) {
        if (read->segments[i].number == read->segments[i - 1].number) {
            return false;
        }
    }
    return true;
}

/* How many entries of both kinds there are; false if they do not fill the length. */
static bool count_entries(const uint8_t *bytes, size_t length, manifest *read) {
    size_t rest = length - SMALLEST;
    if ((read->features & FEATURE_VECTORS) == 0) {
        return rest % ENTRY == 0 && read->count == rest / ENTRY;
    }
    if (read->count > rest / ENTRY || rest - read->count * ENTRY < SEGMENTS_FIXED) {
        return false;
    }
    rest -= read->count * ENTRY + SEGMENTS_FIXED;
    uint64_t segments = load64(bytes + FIXED + read->count * ENTRY + 8);
    read->segment_count = rest / SEGMENT_ENTRY;
    return rest % SEGMENT_ENTRY == 0 && segments == read->segment_count;
}

/* Reads a sealed copy; *intact says whether all of it is within its limits. */
static ashlar_status parse(const uint8_t *bytes, manifest *read, bool *intact, ashlar_error *error) {
    size_t length = load32(bytes + 52);
    *intact = false;
    *read = (manifest){
        .id = {load64(bytes + 24), load64(bytes + 32)},
        .generation = load64(bytes + 40),
        .clean = (load32(bytes + 20) & FLAG_CLEAN) != 0,
        .features = load32(bytes + 12),
        .durable_lsn = load64(bytes + 56),
        .next_base = load64(bytes + 64),
        .key_seed = load64(bytes + 72),
        .checkpoint = load64(bytes + 80),
        .count = load32(bytes + 48),
    };
    if (!count_entries(bytes, length, read) || read->durable_lsn > LARGEST_ADDRESS ||
        read->next_base > LARGEST_ADDRESS || load64(bytes + 88) > LARGEST_ADDRESS || read->durable_lsn % GRANULE != 0 ||
        read->next_base % CHUNK_UNIT != 0 || load64(bytes + 88) % GRANULE != 0) {
        return ASHLAR_OK;
    }
    read->chunks = calloc(read->count + 1, sizeof *read->chunks);
    read->segments = calloc(read->segment_count + 1, sizeof *read->segments);
    uint8_t *slots = calloc(SLOTS, 1);
    if (read->chunks == NULL || read->segments == NULL || slots == NULL) {
        free(slots);
        return fail_no_memory(error);
    }
    *intact = read_entries(bytes, read, slots) &&
              ((read->features & FEATURE_VECTORS) == 0 ||
               read_segments(bytes + FIXED + read->count * ENTRY, read, slots));
    free(slots);
    return ASHLAR_OK;
}

static ashlar_status read_copy(const file *from, manifest *read, bool *intact, ashlar_error *error) {
    uint8_t *bytes = NULL;
    size_t size = 0;
    *intact = false;
    ashlar_status status = read_whole(from, &bytes, &size, error);
    if (status == ASHLAR_OK && is_sealed(bytes, size)) {
        status = header_is_known_with(bytes, KNOWN_FEATURES)
                     ? parse(bytes, read, intact, error)
                     : fail(error, ASHLAR_UNSUPPORTED, from->name, 8, "a newer format version or an unknown feature");
    }
    free(bytes);
    return status;
}

ashlar_status manifest_read(int directory, manifest *read, ashlar_error *error) {
    bool found = false;
    bool any_intact = false;
    *read = (manifest){0};
    for (size_t i = 0; i < 2; i++) {
        file from;
        ashlar_status status = file_open(directory, COPIES[i], &from, error);
        if (status != ASHLAR_OK) {
            return status;
        }
        found = found || from.descriptor >= 0;
        manifest copy = {0};
        bool intact;
        status = read_copy(&from, &copy, &intact, error);
        file_close(&from);
        if (intact && any_intact &&
            (copy.id.high != read->id.high || copy.id.low != read->id.low)) {
            manifest_release(&copy);
            return fail(error, ASHLAR_UNREADABLE, COPIES[i], 24, "the two copies are of different stores");
        }
        if (intact && (!any_intact || copy.generation > read->generation)) {
            manifest_release(read);
            *read = copy;
            any_intact = true;
        } else {
            manifest_release(&copy);
        }
        if (status != ASHLAR_OK) {
            return status;
        }
    }
    if (!found) {
        return fail(error, ASHLAR_NOT_A_STORE, COPIES[0], 0, "there is no manifest");
    }
    return any_intact ? ASHLAR_OK
                      : fail(error, ASHLAR_UNREADABLE, COPIES[0], 0, "neither copy of the manifest is intact");
}

void manifest_release(manifest *read) {
    free(read->chunks);
    free(read->segments);
    read->chunks = NULL;
    read->segments = NULL;
}
