#include "log.h"

#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "failure.h"
#include "file.h"
#include "log_scan.h"
#include "xxh3.h"

enum { CHECKED_HEADER = 56, START_PAYLOAD = 16 };

void log_chunk_name(const chunk *of, char name[48]) {
    file_name(name, "log", of->base, ".log");
}

/* ------------------------------------------------------------------------------------------------- headers */

static ashlar_status open_chunk(const chunk_log *log, const chunk *of, file *opened, ashlar_error *error) {
    char name[48];
    log_chunk_name(of, name);
    return file_open(log->directory, name, opened, error);
}

/* The capacity that a header says; 0 if it does not verify, or is not that of this store's chunk with this base. */
static ashlar_status read_header(const chunk_log *log, const file *from, uint64_t base, uint64_t *capacity,
                                 ashlar_error *error) {
    uint8_t header[CHUNK_HEADER] = {0};
    size_t got;
    *capacity = 0;
    ashlar_status status = file_read(from, 0, header, sizeof header, &got, error);
    if (status != ASHLAR_OK || got != sizeof header || memcmp(header, "ASHLCHNK", 8) != 0 ||
        xxh3(header, CHECKED_HEADER, 0) != load64(header + CHECKED_HEADER)) {
        return status;
    }
    if (!header_is_known(header)) {
        return fail(error, ASHLAR_UNSUPPORTED, from->name, 8, "a newer format version or an unknown feature");
    }
    if (header_is_of(header, log->id) && load64(header + 40) == base) {
        *capacity = load64(header + 48);
    }
    return ASHLAR_OK;
}

/* ------------------------------------------------------------------------------------------------- which chunks */

static ashlar_status add_chunk(chunk_log *log, chunk added, ashlar_error *error) {
    chunk *chunks = grow(log->chunks, log->count, &log->capacity, sizeof *chunks);
    if (chunks == NULL) {
        return fail_no_memory(error);
    }
    log->chunks = chunks;
    added.first_claim = NO_CHUNK;
    added.next_claim = NO_CHUNK;
    chunks[log->count++] = added;
    return ASHLAR_OK;
}

static ashlar_status add_listed(chunk_log *log, const manifest *store, ashlar_error *error) {
    bool sealed = true;
    for (size_t i = 0; i < store->count; i++) {
        const manifest_chunk *listed = &store->chunks[i];
        sealed = sealed && (listed->end != 0 || store->clean);
        uint64_t end = listed->end != 0 ? listed->end : store->durable_lsn;
        chunk added = {.base = listed->base, .capacity = listed->capacity, .listed = true, .sealed = sealed};
        added.end = sealed ? least(end, listed->base + listed->capacity) : 0;
        ashlar_status status = add_chunk(log, added, error);
        if (status != ASHLAR_OK) {
            return status;
        }
    }
    return ASHLAR_OK;
}

typedef struct unlisted {
    chunk_log *log;
    const manifest *store;
} unlisted;

static int by_listed_base(const void *a, const void *b) {
    uint64_t left = ((const manifest_chunk *)a)->base;
    uint64_t right = ((const manifest_chunk *)b)->base;
    return left < right ? -1 : left > right;
}

static bool lists(const manifest *store, uint64_t base) {
    manifest_chunk key = {.base = base};
    return bsearch(&key, store->chunks, store->count, sizeof key, by_listed_base) != NULL;
}

static bool is_capacity(uint64_t capacity) {
    return capacity % CHUNK_UNIT == 0 && capacity >= CHUNK_UNIT && capacity <= LARGEST_FILE;
}

/* The base that a name in the log's directory says. */
static bool is_chunk_name(const char *name, uint64_t *base) {
    return file_number(name, ".log", base) && *base >= CHUNK_UNIT && *base <= LARGEST_ADDRESS &&
           *base % CHUNK_UNIT == 0;
}

typedef struct next_base {
    uint64_t than;
    uint64_t *found;
} next_base;

/* Chunks do not overlap: a file without a header that holds ends at the next one, however long it is. */
static ashlar_status find_next_base(void *context, const char *name, ashlar_error *error) {
    const next_base *looking = context;
    uint64_t base;
    (void)error;
    if (is_chunk_name(name, &base) && base > looking->than && base < *looking->found) {
        *looking->found = base;
    }
    return ASHLAR_OK;
}

/* A file that is newer than the manifest. */
static ashlar_status add_unlisted(void *context, const char *name, ashlar_error *error) {
    const unlisted *adding = context;
    uint64_t base;
    if (!is_chunk_name(name, &base) || base < adding->store->next_base || lists(adding->store, base)) {
        return ASHLAR_OK;
    }
    chunk added = {.base = base};
    file opened;
    ashlar_status status = open_chunk(adding->log, &added, &opened, error);
    uint64_t stated = 0;
    if (status == ASHLAR_OK) {
        status = read_header(adding->log, &opened, base, &stated, error);
        file_close(&opened);
    }
    if (status != ASHLAR_OK || is_capacity(stated) || !is_capacity(opened.size)) {
        added.capacity = stated;
        return status == ASHLAR_OK && is_capacity(stated) ? add_chunk(adding->log, added, error) : status;
    }
    uint64_t behind = UINT64_MAX;
    next_base next = {base, &behind};
    status = directory_list(adding->log->directory, "log", find_next_base, &next, error);
    added.capacity = least(opened.size, behind - base);
    return status == ASHLAR_OK ? add_chunk(adding->log, added, error) : status;
}

static int by_base(const void *a, const void *b) {
    uint64_t left = ((const chunk *)a)->base;
    uint64_t right = ((const chunk *)b)->base;
    return left < right ? -1 : left > right;
}

/* Reports a file that is missing or short, or whose header does not say what it should. */
static ashlar_status check_file(const chunk_log *log, const chunk *checked, findings *found, ashlar_error *error) {
    file opened;
    ashlar_status status = open_chunk(log, checked, &opened, error);
    if (status != ASHLAR_OK) {
        return status;
    }
    uint64_t stated;
    status = read_header(log, &opened, checked->base, &stated, error);
    file_close(&opened);
    if (status == ASHLAR_OK && opened.size < checked->capacity) {
        uint64_t missing = checked->capacity - opened.size;
        status = findings_add(found, ASHLAR_FOUND_DAMAGED_FILE, opened.name, opened.size, missing,
                              "the file is missing, or shorter than its capacity", error);
    }
    /* A crash may have come before the header of a new chunk was written. */
    if (status == ASHLAR_OK && checked->listed && opened.size >= CHUNK_HEADER && stated != checked->capacity) {
        status = findings_add(found, ASHLAR_FOUND_DAMAGED_FILE, opened.name, 0, CHUNK_HEADER,
                              "the header of the chunk does not verify", error);
    }
    return status;
}

/* ------------------------------------------------------------------------------------------------- in memory */

ashlar_status log_load(const chunk_log *log, size_t index, image *loaded, ashlar_error *error) {
    if (loaded->chunk == index) {
        return ASHLAR_OK;
    }
    loaded->chunk = NO_CHUNK;
    file opened;
    ashlar_status status = open_chunk(log, &log->chunks[index], &opened, error);
    if (status != ASHLAR_OK) {
        return status;
    }
    size_t size = (size_t)least(opened.size, log->chunks[index].capacity);
    if (size > loaded->allocated) {
        free(loaded->bytes);
        loaded->bytes = malloc(size);
        loaded->allocated = loaded->bytes == NULL ? 0 : size;
    }
    status = size > loaded->allocated ? fail_no_memory(error)
                                      : file_read(&opened, 0, loaded->bytes, size, &loaded->size, error);
    file_close(&opened);
    if (status == ASHLAR_OK) {
        loaded->chunk = index;
    }
    return status;
}

void image_release(image *loaded) {
    free(loaded->bytes);
    *loaded = NO_IMAGE;
}

/* ------------------------------------------------------------------------------------------------- D */

/* What the frames of a chunk say about how far the log was durable, and what its first one says about its place. */
static void read_watermarks(chunk_log *log, size_t index, const image *loaded) {
    chunk *in = &log->chunks[index];
    uint64_t to = in->base + in->capacity;
    frame met;
    uint64_t p = scan_next(log, in, loaded, in->base + CHUNK_HEADER, to, &met);
    while (p < to) {
        uint64_t watermark = frame_watermark(&met);
        log->watermark = watermark > log->watermark ? watermark : log->watermark;
        if (p == in->base + CHUNK_HEADER && met.type == FRAME_CHUNK_START && met.payload_length == START_PAYLOAD) {
            const uint8_t *payload = loaded->bytes + met.payload_start;
            in->start_known = true;
            in->start_base = load64(payload);
            in->start_end = load64(payload + 8);
        }
        p = scan_next(log, in, loaded, in->base + met.end, to, &met);
    }
}

static ashlar_status compute_watermark(chunk_log *log, ashlar_error *error) {
    log->watermark = log->manifest_durable;
    if (log->clean) {
        return ASHLAR_OK;
    }
    image loaded = NO_IMAGE;
    ashlar_status status = ASHLAR_OK;
    for (size_t i = 0; i < log->count && status == ASHLAR_OK; i++) {
        const chunk *in = &log->chunks[i];
        if (in->sealed && in->base + in->capacity <= log->manifest_durable) {
            continue;
        }
        status = log_load(log, i, &loaded, error);
        if (status == ASHLAR_OK) {
            read_watermarks(log, i, &loaded);
        }
    }
    image_release(&loaded);
    return status;
}

/* Turns what the chunks say about their predecessors into a list for each predecessor. */
static void link_claims(chunk_log *log) {
    size_t barrier = log->count;
    for (size_t i = log->count; i-- > 0;) {
        log->chunks[i].claims_before = barrier;
        if (!log->chunks[i].start_known) {
            if (log->chunks[i].sealed) {
                barrier = i;
            }
            continue;
        }
        chunk key = {.base = log->chunks[i].start_base};
        chunk *before = bsearch(&key, log->chunks, i, sizeof key, by_base);
        if (before != NULL) {
            log->chunks[i].next_claim = before->first_claim;
            before->first_claim = i;
        }
    }
}

ashlar_status log_open(int directory, const manifest *store, chunk_log *log, findings *found, ashlar_error *error) {
    uint8_t high[8];
    for (size_t i = 0; i < sizeof high; i++) {
        high[i] = (uint8_t)(store->id.high >> (8 * i));
    }
    *log = (chunk_log){.directory = directory,
                       .id = store->id,
                       .salt = xxh3(high, sizeof high, store->id.low),
                       .clean = store->clean,
                       .manifest_durable = store->durable_lsn};
    ashlar_status status = add_listed(log, store, error);
    if (status == ASHLAR_OK && !store->clean) {
        unlisted adding = {log, store};
        status = directory_list(directory, "log", add_unlisted, &adding, error);
    }
    if (status == ASHLAR_OK && log->count > 1) {
        qsort(log->chunks, log->count, sizeof *log->chunks, by_base);
    }
    for (size_t i = 0; i < log->count && status == ASHLAR_OK; i++) {
        status = check_file(log, &log->chunks[i], found, error);
    }
    if (status == ASHLAR_OK) {
        status = compute_watermark(log, error);
        link_claims(log);
    }
    return status;
}

void log_release(chunk_log *log) {
    free(log->chunks);
    log->chunks = NULL;
    log->count = 0;
}

/* ------------------------------------------------------------------------------------------------- what is dropped */

static ashlar_status report_rest(const chunk *in, const image *loaded, uint64_t from, findings *found,
                                 ashlar_error *error) {
    size_t to = loaded->size / 8 * 8; /* fewer bytes at the end of a file that was cut are not looked at */
    while (to > from && loaded->bytes[to - 1] == 0) {
        to--;
    }
    if (to <= from) {
        return ASHLAR_OK;
    }
    char name[48];
    log_chunk_name(in, name);
    return findings_add(found, ASHLAR_FOUND_DROPPED, name, from, loaded->size - from, "behind the end of the log",
                        error);
}

ashlar_status log_report_dropped(const chunk_log *log, const log_end *end, findings *found, ashlar_error *error) {
    image loaded = NO_IMAGE;
    ashlar_status status = ASHLAR_OK;
    for (size_t i = end->chunk; i < log->count && status == ASHLAR_OK; i++) {
        const chunk *in = &log->chunks[i];
        if (i == end->chunk && in->sealed) {
            continue;
        }
        status = log_load(log, i, &loaded, error);
        if (status == ASHLAR_OK) {
            uint64_t from = i == end->chunk ? end->lsn - in->base : CHUNK_HEADER;
            status = report_rest(in, &loaded, from, found, error);
        }
    }
    image_release(&loaded);
    return status;
}
