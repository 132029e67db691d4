/* The pass through the log that finds out what counts: section "Reading a store", 6. */
#include <stdlib.h>

#include "bytes.h"
#include "failure.h"
#include "log.h"
#include "log_scan.h"

/* A frame that waits for the end of its batch. */
typedef struct waiting {
    size_t chunk;
    frame met;
} waiting;

typedef struct walk {
    const chunk_log *log;
    const log_visitor *visitor;
    ashlar_error *error;
    image loaded;
    size_t chunk; /* where the walk is: c and p of the specification */
    uint64_t at;
    log_end end;
    waiting *batch;
    size_t count;
    size_t capacity;
} walk;

static uint64_t limit_of(const chunk *of) {
    return of->sealed ? of->end : of->base + of->capacity;
}

/* The chunk that the log goes on in, if it leaves the present one here; else NO_CHUNK. */
static size_t follower(const walk *of) {
    const chunk *chunks = of->log->chunks;
    const chunk *now = &chunks[of->chunk];
    for (size_t i = now->first_claim; i < now->claims_before; i = chunks[i].next_claim) {
        if (chunks[i].start_end == of->at) {
            return i;
        }
    }
    size_t next = of->chunk + 1;
    if (next >= of->log->count || of->at < limit_of(now)) {
        return NO_CHUNK;
    }
    return (now->sealed && chunks[next].sealed) || of->at < of->log->watermark ? next : NO_CHUNK;
}

static ashlar_status tell(walk *of, size_t chunk_index, const frame *met) {
    const log_visitor *visitor = of->visitor;
    return visitor->frame(visitor->context, chunk_index, met, of->loaded.bytes + met->start, of->error);
}

static ashlar_status add_to_batch(walk *of, const frame *met) {
    waiting *batch = grow(of->batch, of->count, &of->capacity, sizeof *batch);
    if (batch == NULL) {
        return fail_no_memory(of->error);
    }
    of->batch = batch;
    batch[of->count++] = (waiting){of->chunk, *met};
    return ASHLAR_OK;
}

/* Tells of all frames of the batch. They may be in several chunks, of which only the last is in memory. */
static ashlar_status complete_batch(walk *of) {
    ashlar_status status = ASHLAR_OK;
    for (size_t i = 0; i < of->count && status == ASHLAR_OK; i++) {
        status = log_load(of->log, of->batch[i].chunk, &of->loaded, of->error);
        const frame *met = &of->batch[i].met;
        if (status == ASHLAR_OK && met->end > of->loaded.size) {
            status = fail(of->error, ASHLAR_IO, "", 0, "a chunk became shorter while it was read");
        }
        if (status == ASHLAR_OK) {
            status = tell(of, of->batch[i].chunk, met);
        }
    }
    of->count = 0;
    return status;
}

static ashlar_status pass_frame(walk *of, const frame *met) {
    uint64_t p = of->at;
    of->at = of->log->chunks[of->chunk].base + met->end;
    log_end behind = {of->chunk, of->at};
    if (met->type == FRAME_CHUNK_START) {
        of->end = of->count == 0 ? behind : of->end;
        if (!frame_payload_verifies(of->loaded.bytes + met->start, met)) {
            return of->visitor->damage(of->visitor->context, &of->log->chunks[of->chunk], p, of->at, of->error);
        }
        return tell(of, of->chunk, met);
    }
    if (p < of->log->watermark) {
        of->end = behind;
        return tell(of, of->chunk, met);
    }
    ashlar_status status = add_to_batch(of, met);
    if (status != ASHLAR_OK || (met->flags & FRAME_BATCH_END) == 0) {
        return status;
    }
    of->end = behind;
    return complete_batch(of);
}

/* Whether a frame at or above D goes on the batch that waits, or begins one. */
static bool fits(const walk *of, const frame *met) {
    if (met->type == FRAME_CHUNK_START) {
        return true;
    }
    if (of->count == 0) {
        return met->batch_distance == 0;
    }
    return met->lsn - met->batch_distance == of->batch[0].met.lsn;
}

/* One step of the loop; *more says whether there is another. */
static ashlar_status step(walk *of, bool *more) {
    size_t next = follower(of);
    if (next != NO_CHUNK) {
        of->chunk = next;
        of->at = of->log->chunks[next].base + CHUNK_HEADER;
        return ASHLAR_OK;
    }
    ashlar_status status = log_load(of->log, of->chunk, &of->loaded, of->error);
    if (status != ASHLAR_OK) {
        return status;
    }
    const chunk *in = &of->log->chunks[of->chunk];
    uint64_t limit = limit_of(in);
    uint64_t watermark = of->log->watermark;
    uint64_t p = of->at;
    frame met;
    if (p < limit && scan_verifies(of->log, in, &of->loaded, p, limit, &met) &&
        (p < watermark || (frame_payload_verifies(of->loaded.bytes + met.start, &met) && fits(of, &met)))) {
        return pass_frame(of, &met);
    }
    if (p >= watermark || p >= limit) {
        *more = false;
        return ASHLAR_OK;
    }
    of->at = scan_next(of->log, in, &of->loaded, p + 8, least(limit, watermark), &met);
    of->end = (log_end){of->chunk, of->at};
    return of->visitor->damage(of->visitor->context, in, p, of->at, of->error);
}

ashlar_status log_walk(const chunk_log *log, const log_visitor *visitor, log_end *end, ashlar_error *error) {
    *end = (log_end){NO_CHUNK, log->watermark};
    if (log->count == 0) {
        return ASHLAR_OK;
    }
    uint64_t start = log->chunks[0].base + CHUNK_HEADER;
    walk walking = {.log = log,
                    .visitor = visitor,
                    .error = error,
                    .loaded = NO_IMAGE,
                    .chunk = 0,
                    .at = start,
                    .end = {0, start}};
    ashlar_status status = ASHLAR_OK;
    bool more = true;
    while (more && status == ASHLAR_OK) {
        status = step(&walking, &more);
    }
    *end = walking.end;
    free(walking.batch);
    image_release(&walking.loaded);
    return status;
}
