#include "documents.h"

#include <stdlib.h>
#include <string.h>

#include "failure.h"
#include "reader.h"

enum {
    COMMIT_HEADER = 40,
    COMMIT_SEGMENT = 56,
    COMMIT_VERSION = 1,
    MOST_SEGMENTS = 100000,
    SCHEMA = 2
};

static const uint8_t COMMIT_KEY[1] = {2};

/* ------------------------------------------------------------------------------------------------- commit records */

static bool mask_is_possible(const document_segment *of, int which, uint64_t next_file) {
    return of->mask[which] < next_file && of->dead[which] <= of->documents &&
           (of->mask[which] == 0) == (of->dead[which] == 0);
}

/* False if a number in it is outside its limits. */
static bool parse_segment(const uint8_t *at, uint64_t next_file, document_segment *of) {
    *of = (document_segment){.id = load64(at),
                             .raw_bytes = load64(at + 8),
                             .file_bytes = load64(at + 16),
                             .mask = {load64(at + 24), load64(at + 32)},
                             .documents = load32(at + 40),
                             .dead = {load32(at + 44), load32(at + 48)}};
    return of->id >= 1 && of->id < next_file && of->raw_bytes <= INT64_MAX && of->file_bytes <= INT64_MAX &&
           of->documents <= INT32_MAX && mask_is_possible(of, 0, next_file) && mask_is_possible(of, 1, next_file);
}

/* *intact says whether the record makes sense. */
static ashlar_status parse_commit(const uint8_t *bytes, uint64_t length, document_collection *to, bool *intact,
                                  ashlar_error *error) {
    *intact = false;
    if (length < COMMIT_HEADER) {
        return ASHLAR_OK;
    }
    if (load32(bytes) != COMMIT_VERSION) {
        return fail(error, ASHLAR_UNSUPPORTED, "", 0, "a commit record of documents of a newer version");
    }
    uint64_t next_file = load64(bytes + 16);
    uint64_t published = load32(bytes + 24);
    uint64_t unpublished = load32(bytes + 28);
    uint64_t dictionaries = load32(bytes + 32);
    if (published > MOST_SEGMENTS || unpublished > MOST_SEGMENTS || dictionaries > MOST_SEGMENTS || next_file < 1 ||
        next_file > INT64_MAX ||
        length != COMMIT_HEADER + (published + unpublished) * COMMIT_SEGMENT + dictionaries * 8) {
        return ASHLAR_OK;
    }
    size_t count = (size_t)(published + unpublished);
    to->segments = calloc(count + 1, sizeof *to->segments);
    to->dictionaries = calloc((size_t)dictionaries + 1, sizeof *to->dictionaries);
    if (to->segments == NULL || to->dictionaries == NULL) {
        return fail_no_memory(error);
    }
    const uint8_t *at = bytes + COMMIT_HEADER;
    for (size_t i = 0; i < count; i++, at += COMMIT_SEGMENT) {
        if (!parse_segment(at, next_file, &to->segments[i])) {
            return ASHLAR_OK;
        }
    }
    for (size_t i = 0; i < dictionaries; i++, at += 8) {
        to->dictionaries[i] = load64(at);
        if (to->dictionaries[i] < 1 || to->dictionaries[i] >= next_file) {
            return ASHLAR_OK;
        }
    }
    to->generation = load64(bytes + 8);
    to->published = (size_t)published;
    to->unpublished = (size_t)unpublished;
    to->dictionary_count = (size_t)dictionaries;
    *intact = true;
    return ASHLAR_OK;
}

static ashlar_status open_one(ashlar_reader *reader, const space_info *of, document_collection *to,
                              ashlar_error *error) {
    uint8_t key[5] = {(uint8_t)(of->id >> 24), (uint8_t)(of->id >> 16), (uint8_t)(of->id >> 8), (uint8_t)of->id, SCHEMA};
    *to = (document_collection){.space = of->id, .pending = of->records, .readable = true};
    to->has_schema = table_find(&reader->current, 0, key, sizeof key) != NULL;
    const entry *record = table_find(&reader->current, of->id, COMMIT_KEY, sizeof COMMIT_KEY);
    if (record == NULL) {
        return ASHLAR_OK;
    }
    to->pending--;
    void *value = NULL;
    bool intact = false;
    ashlar_error found;
    ashlar_status status = value_read(reader, record, &value, &found);
    if (status == ASHLAR_OK) {
        status = parse_commit(value, record->value_length, to, &intact, error);
    } else if (status == ASHLAR_DAMAGED) {
        status = ASHLAR_OK;
    } else {
        status = fail(error, status, found.file, found.position, found.text);
    }
    ashlar_free(value);
    if (status == ASHLAR_OK && !intact) {
        to->readable = false;
        to->published = 0;
        to->unpublished = 0;
        to->dictionary_count = 0;
        char name[48];
        log_chunk_name(&reader->log.chunks[record->chunk], name);
        status = findings_add(&reader->findings, ASHLAR_FOUND_DAMAGE, name,
                              record->lsn - reader->log.chunks[record->chunk].base, record->frame_length,
                              "the commit record of a document collection", error);
    }
    return status;
}

ashlar_status documents_open(ashlar_reader *reader, ashlar_error *error) {
    size_t count = 0;
    for (size_t i = 0; i < reader->catalog.count; i++) {
        count += reader->catalog.spaces[i].documents;
    }
    reader->documents.items = calloc(count + 1, sizeof *reader->documents.items);
    if (reader->documents.items == NULL) {
        return fail_no_memory(error);
    }
    ashlar_status status = ASHLAR_OK;
    for (size_t i = 0; i < reader->catalog.count && status == ASHLAR_OK; i++) {
        const space_info *of = &reader->catalog.spaces[i];
        if (of->documents) {
            status = open_one(reader, of, &reader->documents.items[reader->documents.count++], error);
        }
    }
    return status;
}

void documents_release(document_set *of) {
    for (size_t i = 0; i < of->count; i++) {
        free(of->items[i].segments);
        free(of->items[i].dictionaries);
    }
    free(of->items);
    *of = (document_set){0};
}
