#include "reader.h"

#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "failure.h"
#include "file.h"
#include "xxh3.h"

/* ------------------------------------------------------------------------------------------------- opening */

static ashlar_status define(ashlar_reader *reader, size_t chunk_index, const frame *met, const uint8_t *bytes,
                            ashlar_error *error) {
    if (!frame_payload_verifies(bytes, met)) {
        return ASHLAR_OK;
    }
    const uint8_t *key = bytes + (met->key_start - met->start);
    const uint8_t *payload = bytes + (met->payload_start - met->start);
    if ((reader->manifest.features & FEATURE_PROPERTIES) != 0 &&
        catalog_is_property(key, met->key_length, met->payload_length, reader->manifest.features)) {
        return ASHLAR_OK; /* it says what is in values, which this reader hands out as bytes */
    }
    uint8_t kind = met->payload_length > 0 ? payload[0] : 0;
    if ((kind == 2 && (reader->manifest.features & FEATURE_VECTORS) == 0) ||
        (kind == 3 && (reader->manifest.features & FEATURE_DOCUMENTS) == 0) ||
        !catalog_is_definition(key, met->key_length, payload, met->payload_length)) {
        char name[48];
        log_chunk_name(&reader->log.chunks[chunk_index], name);
        return fail(error, ASHLAR_UNSUPPORTED, name, met->start, "a record of the catalog that defines nothing known, and is no property");
    }
    return catalog_define(&reader->catalog, key, payload) ? ASHLAR_OK : fail_no_memory(error);
}

static ashlar_status apply(void *context, size_t chunk_index, const frame *met, const uint8_t *bytes,
                           ashlar_error *error) {
    ashlar_reader *reader = context;
    const uint8_t *key = bytes + (met->key_start - met->start);
    if (met->type == FRAME_CLEAR) {
        table_clear(&reader->current, met->space, met->version);
        return ASHLAR_OK;
    }
    if (met->type != FRAME_PUT && met->type != FRAME_DELETE) {
        return ASHLAR_OK;
    }
    if (met->space != 0 && catalog_space(&reader->catalog, met->space) == NULL) {
        return fail_no_memory(error);
    }
    if (met->space != 0) {
        /* Without an image a row of a segment does not come behind what it superseded. */
        const entry *present = table_find(&reader->current, met->space, key, met->key_length);
        if (present != NULL && segments_have(present) && present->version >= met->version) {
            return ASHLAR_OK;
        }
    }
    if (met->type == FRAME_DELETE) {
        table_remove(&reader->current, met->space, key, met->key_length);
        uint32_t removed = met->space == 0 ? catalog_defined_by(key, met->key_length) : 0;
        if (removed != 0) {
            table_clear(&reader->current, removed, met->version);
            catalog_remove(&reader->catalog, removed);
        }
        return ASHLAR_OK;
    }
    if (met->space == 0) {
        ashlar_status status = define(reader, chunk_index, met, bytes, error);
        if (status != ASHLAR_OK) {
            return status;
        }
    }
    entry record = {.lsn = met->lsn,
                    .version = met->version,
                    .value_length = met->value_length,
                    .value_file = met->value_file,
                    .expiry = met->expiry,
                    .frame_length = met->end - met->start,
                    .chunk = chunk_index,
                    .space = met->space};
    return table_put(&reader->current, record, key, met->key_length) ? ASHLAR_OK : fail_no_memory(error);
}

static ashlar_status note_damage(void *context, const chunk *in, uint64_t from, uint64_t to, ashlar_error *error) {
    ashlar_reader *reader = context;
    char name[48];
    log_chunk_name(in, name);
    return findings_add(&reader->findings, ASHLAR_FOUND_DAMAGE, name, from - in->base, to - from,
                        "no frame verifies here", error);
}

/* Counts the records of each space, and reports those that have no definition. */
static ashlar_status count_spaces(ashlar_reader *reader, ashlar_error *error) {
    for (size_t i = 0; i < reader->current.count; i++) {
        uint32_t id = reader->current.entries[i].space;
        if (id == 0) {
            reader->definitions++;
            continue;
        }
        space_info *of = catalog_space(&reader->catalog, id);
        if (of == NULL) {
            return fail_no_memory(error);
        }
        of->records++;
        reader->rows += of->rows.bits != 0;
        reader->document_records += of->documents;
    }
    ashlar_status status = ASHLAR_OK;
    for (size_t i = 0; i < reader->catalog.count && status == ASHLAR_OK; i++) {
        const space_info *of = &reader->catalog.spaces[i];
        if (!of->defined) {
            status = findings_add(&reader->findings, ASHLAR_FOUND_UNDEFINED_SPACE, "", of->id, of->records,
                                  "the definition of a keyspace is lost", error);
        }
    }
    return status;
}

static ashlar_status open_store(ashlar_reader *reader, const char *directory, unsigned flags, ashlar_error *error) {
    ashlar_status status = directory_open(directory, &reader->directory, error);
    if (status == ASHLAR_OK && (flags & ASHLAR_NO_LOCK) == 0) {
        status = lock_take(reader->directory, &reader->lock, error);
    }
    if (status == ASHLAR_OK) {
        status = manifest_read(reader->directory, &reader->manifest, error);
    }
    if (status == ASHLAR_OK) {
        reader->current.key_seed = reader->manifest.key_seed;
        status = log_open(reader->directory, &reader->manifest, &reader->log, &reader->findings, error);
    }
    if (status == ASHLAR_OK) {
        status = segments_open(reader->directory, &reader->manifest, reader->log.salt, &reader->segments,
                               &reader->catalog, &reader->current, &reader->findings, error);
    }
    if (status == ASHLAR_OK) {
        log_visitor visitor = {reader, apply, note_damage};
        status = log_walk(&reader->log, &visitor, &reader->end, error);
    }
    if (status == ASHLAR_OK) {
        status = log_report_dropped(&reader->log, &reader->end, &reader->findings, error);
    }
    if (status == ASHLAR_OK) {
        table_finish(&reader->current);
        status = count_spaces(reader, error);
    }
    if (status == ASHLAR_OK) {
        status = documents_open(reader, error);
    }
    return status;
}

ashlar_status ashlar_open(const char *directory, unsigned flags, ashlar_reader **reader, ashlar_error *error) {
    *reader = NULL;
    ashlar_reader *opened = calloc(1, sizeof *opened);
    if (opened == NULL) {
        return fail_no_memory(error);
    }
    opened->directory = -1;
    opened->lock = -1;
    ashlar_status status = open_store(opened, directory, flags, error);
    if (status == ASHLAR_OK) {
        *reader = opened;
    } else {
        ashlar_close(opened);
    }
    return status;
}

void ashlar_close(ashlar_reader *reader) {
    if (reader == NULL) {
        return;
    }
    documents_release(&reader->documents);
    segments_release(&reader->segments);
    findings_release(&reader->findings);
    table_release(&reader->current);
    catalog_release(&reader->catalog);
    log_release(&reader->log);
    manifest_release(&reader->manifest);
    descriptor_close(reader->lock);
    descriptor_close(reader->directory);
    free(reader);
}

/* ------------------------------------------------------------------------------------------------- what is there */

void ashlar_get_info(const ashlar_reader *reader, ashlar_info *info) {
    *info = (ashlar_info){.id_high = reader->manifest.id.high,
                          .id_low = reader->manifest.id.low,
                          .generation = reader->manifest.generation,
                          .clean = reader->manifest.clean,
                          .watermark = reader->log.watermark,
                          .end = reader->end.lsn,
                          .chunks = reader->log.count,
                          .records = reader->current.count - reader->definitions - reader->rows -
                                     reader->document_records,
                          .rows = reader->rows};
}

/* Whether a space is a vector collection, or else a keyspace. */
static bool is_of_kind(const space_info *of, bool vectors) {
    return !of->documents && (of->rows.bits != 0) == vectors;
}

/* The space with an index among the keyspaces, or among the vector collections; NULL if there are not as many. */
static const space_info *space_at(const ashlar_reader *reader, bool vectors, size_t index) {
    for (size_t i = 0; i < reader->catalog.count; i++) {
        const space_info *of = &reader->catalog.spaces[i];
        if (is_of_kind(of, vectors) && index-- == 0) {
            return of;
        }
    }
    return NULL;
}

static size_t count_of(const ashlar_reader *reader, bool vectors) {
    size_t count = 0;
    for (size_t i = 0; i < reader->catalog.count; i++) {
        count += is_of_kind(&reader->catalog.spaces[i], vectors);
    }
    return count;
}

static bool is_collection(const ashlar_reader *reader, uint32_t space) {
    const space_info *of = catalog_find(&reader->catalog, space);
    return of != NULL && of->rows.bits != 0;
}

static bool is_keyspace(const ashlar_reader *reader, uint32_t space) {
    const space_info *of = catalog_find(&reader->catalog, space);
    return of == NULL || is_of_kind(of, false);
}

size_t ashlar_keyspace_count(const ashlar_reader *reader) {
    return count_of(reader, false);
}

size_t ashlar_collection_count(const ashlar_reader *reader) {
    return count_of(reader, true);
}

ashlar_status ashlar_collection_at(const ashlar_reader *reader, size_t index, ashlar_collection *collection) {
    const space_info *of = space_at(reader, true, index);
    if (of == NULL) {
        return ASHLAR_ABSENT;
    }
    *collection = (ashlar_collection){.id = of->id,
                                      .defined = of->defined,
                                      .name = of->name,
                                      .dimension = of->rows.dimension,
                                      .type = of->rows.type,
                                      .metric = of->rows.metric,
                                      .non_finite = of->rows.non_finite,
                                      .row_bytes = of->rows.row_bytes,
                                      .rows = of->records};
    return ASHLAR_OK;
}

ashlar_status ashlar_collection_named(const ashlar_reader *reader, const char *name, ashlar_collection *collection) {
    for (size_t i = 0; ashlar_collection_at(reader, i, collection) == ASHLAR_OK; i++) {
        if (collection->defined && strcmp(collection->name, name) == 0) {
            return ASHLAR_OK;
        }
    }
    return ASHLAR_ABSENT;
}

size_t ashlar_documents_count(const ashlar_reader *reader) {
    return reader->documents.count;
}

ashlar_status ashlar_documents_at(const ashlar_reader *reader, size_t index, ashlar_documents *collection) {
    if (index >= reader->documents.count) {
        return ASHLAR_ABSENT;
    }
    const document_collection *of = &reader->documents.items[index];
    const space_info *space = catalog_find(&reader->catalog, of->space);
    *collection = (ashlar_documents){.id = of->space,
                                     .name = space == NULL ? "" : space->name,
                                     .complete = of->has_schema,
                                     .readable = of->readable,
                                     .pending = of->pending,
                                     .generation = of->generation,
                                     .segments = of->published,
                                     .unpublished = of->unpublished,
                                     .dictionaries = of->dictionary_count};
    for (size_t i = 0; i < of->published + of->unpublished; i++) {
        const document_segment *each = &of->segments[i];
        if (i < of->published) {
            collection->documents += each->documents - each->dead[0];
            collection->dead += each->dead[0];
        } else {
            collection->pending_documents += each->documents - each->dead[1];
        }
        collection->file_bytes += each->file_bytes;
    }
    return ASHLAR_OK;
}

ashlar_status ashlar_keyspace_at(const ashlar_reader *reader, size_t index, ashlar_keyspace *keyspace) {
    const space_info *of = space_at(reader, false, index);
    if (of == NULL) {
        return ASHLAR_ABSENT;
    }
    *keyspace = (ashlar_keyspace){of->id, of->defined, of->name, of->alignment, of->records};
    return ASHLAR_OK;
}

ashlar_status ashlar_keyspace_named(const ashlar_reader *reader, const char *name, ashlar_keyspace *keyspace) {
    for (size_t i = 0; ashlar_keyspace_at(reader, i, keyspace) == ASHLAR_OK; i++) {
        if (keyspace->defined && strcmp(keyspace->name, name) == 0) {
            return ASHLAR_OK;
        }
    }
    return ASHLAR_ABSENT;
}

size_t ashlar_finding_count(const ashlar_reader *reader) {
    return reader->findings.count;
}

ashlar_status ashlar_finding_at(const ashlar_reader *reader, size_t index, ashlar_finding *finding) {
    if (index >= reader->findings.count) {
        return ASHLAR_ABSENT;
    }
    *finding = reader->findings.items[index];
    return ASHLAR_OK;
}

/* ------------------------------------------------------------------------------------------------- records */

static void describe(const ashlar_reader *reader, const entry *of, ashlar_record *record) {
    *record = (ashlar_record){.space = of->space,
                              .key_length = of->key_length,
                              .key = reader->current.keys + of->key,
                              .lsn = of->lsn,
                              .version = of->version,
                              .value_length = of->value_length,
                              .value_file = of->value_file,
                              .expiry = of->expiry,
                              .index = (size_t)(of - reader->current.entries)};
}

ashlar_status ashlar_find(const ashlar_reader *reader, uint32_t space, const void *key, size_t key_length,
                          ashlar_record *record) {
    if (space == 0 || key_length > UINT16_MAX || !is_keyspace(reader, space)) {
        return ASHLAR_ABSENT;
    }
    const entry *found = table_find(&reader->current, space, key, (uint16_t)key_length);
    if (found == NULL) {
        return ASHLAR_ABSENT;
    }
    describe(reader, found, record);
    return ASHLAR_OK;
}

ashlar_status ashlar_next(const ashlar_reader *reader, size_t *cursor, ashlar_record *record) {
    while (*cursor < reader->current.count) {
        const entry *next = &reader->current.entries[(*cursor)++];
        if (next->space != 0 && is_keyspace(reader, next->space)) {
            describe(reader, next, record);
            return ASHLAR_OK;
        }
    }
    return ASHLAR_ABSENT;
}

ashlar_status ashlar_read(const ashlar_reader *reader, const ashlar_record *record, void **value,
                          ashlar_error *error) {
    *value = NULL;
    if (record->index >= reader->current.count) {
        return fail(error, ASHLAR_ABSENT, "", 0, "the record is not one of this reader");
    }
    return value_read(reader, &reader->current.entries[record->index], value, error);
}

/* ------------------------------------------------------------------------------------------------- rows */

enum { ID = 8 };

static void describe_row(const ashlar_reader *reader, const entry *of, ashlar_row *row) {
    const uint8_t *key = reader->current.keys + of->key;
    uint64_t id = (uint64_t)swap32(load32(key)) << 32 | swap32(load32(key + 4));
    *row = (ashlar_row){.space = of->space,
                        .id = (int64_t)(id ^ UINT64_C(1) << 63),
                        .version = of->version,
                        .segment = segments_have(of) ? reader->segments.items[of->chunk].number : 0,
                        .index = (size_t)(of - reader->current.entries)};
}

ashlar_status ashlar_find_row(const ashlar_reader *reader, uint32_t space, int64_t id, ashlar_row *row) {
    uint8_t key[ID];
    uint64_t ordered = (uint64_t)id ^ UINT64_C(1) << 63;
    for (size_t i = 0; i < ID; i++) {
        key[i] = (uint8_t)(ordered >> (56 - 8 * i));
    }
    const entry *found = is_collection(reader, space) ? table_find(&reader->current, space, key, ID) : NULL;
    if (found == NULL) {
        return ASHLAR_ABSENT;
    }
    describe_row(reader, found, row);
    return ASHLAR_OK;
}

ashlar_status ashlar_next_row(const ashlar_reader *reader, size_t *cursor, ashlar_row *row) {
    while (*cursor < reader->current.count) {
        const entry *next = &reader->current.entries[(*cursor)++];
        if (next->key_length == ID && is_collection(reader, next->space)) {
            describe_row(reader, next, row);
            return ASHLAR_OK;
        }
    }
    return ASHLAR_ABSENT;
}

ashlar_status ashlar_read_row(const ashlar_reader *reader, const ashlar_row *row, void **bytes, ashlar_error *error) {
    *bytes = NULL;
    if (row->index >= reader->current.count || !is_collection(reader, reader->current.entries[row->index].space)) {
        return fail(error, ASHLAR_ABSENT, "", 0, "the row is not one of this reader");
    }
    return value_read_row(reader, &reader->current.entries[row->index], bytes, error);
}

void ashlar_free(void *value) {
    free(value);
}

uint64_t ashlar_xxh3(const void *bytes, size_t length, uint64_t seed) {
    return xxh3(bytes, length, seed);
}
