/* Reading everything that counts and comparing all checksums. */
#include <stdlib.h>

#include "failure.h"
#include "file.h"
#include "reader.h"

typedef struct verification {
    const ashlar_reader *reader;
    ashlar_visitor *visitor;
    void *context;
    ashlar_verification *read;
} verification;

static ashlar_status tell(const verification *of, const ashlar_finding *finding, ashlar_error *error) {
    of->read->damaged += finding->kind != ASHLAR_FOUND_DROPPED;
    return of->visitor(of->context, finding) ? ASHLAR_OK
                                             : fail(error, ASHLAR_STOPPED, "", 0, "the visitor asked to stop");
}

/* A value file counts if the record that names it is current: else it may be gone, or half written. */
static ashlar_status check_value_file(const verification *of, const frame *met, const uint8_t *bytes,
                                      ashlar_error *error) {
    const entry *record = table_find(&of->reader->current, met->space, bytes + (met->key_start - met->start),
                                     met->key_length);
    if (record == NULL || record->lsn != met->lsn) {
        return ASHLAR_OK;
    }
    void *value = NULL;
    ashlar_error found;
    ashlar_status status = value_read(of->reader, record, &value, &found);
    ashlar_free(value);
    if (status == ASHLAR_OK) {
        of->read->bytes += met->value_length;
        return ASHLAR_OK;
    }
    if (status != ASHLAR_DAMAGED && status != ASHLAR_UNSUPPORTED) {
        return fail(error, status, found.file, found.position, found.text);
    }
    ashlar_finding finding = {ASHLAR_FOUND_DAMAGE, {0}, found.position, met->value_length,
                              status == ASHLAR_UNSUPPORTED ? "a value file of a newer format version"
                                                           : "a value file is not what was written"};
    file_name(finding.file, "values", met->value_file, ".val");
    return tell(of, &finding, error);
}

static ashlar_status check_frame(void *context, size_t chunk_index, const frame *met, const uint8_t *bytes,
                                 ashlar_error *error) {
    const verification *of = context;
    if (!frame_payload_verifies(bytes, met)) {
        ashlar_finding finding = {ASHLAR_FOUND_DAMAGE, {0}, met->start, met->end - met->start,
                                  "a value does not have its checksum"};
        log_chunk_name(&of->reader->log.chunks[chunk_index], finding.file);
        return tell(of, &finding, error);
    }
    of->read->frames++;
    of->read->bytes += met->end - met->start;
    return (met->flags & FRAME_VALUE_FILE) != 0 ? check_value_file(of, met, bytes, error) : ASHLAR_OK;
}

static ashlar_status check_row(void *context, const ashlar_finding *finding, uint64_t bytes, ashlar_error *error) {
    const verification *of = context;
    if (finding != NULL) {
        return tell(of, finding, error);
    }
    of->read->rows++;
    of->read->bytes += bytes;
    return ASHLAR_OK;
}

static ashlar_status check_documents(void *context, const ashlar_finding *finding, uint64_t count, uint64_t bytes,
                                     ashlar_error *error) {
    const verification *of = context;
    if (finding != NULL) {
        return tell(of, finding, error);
    }
    of->read->documents += count;
    of->read->bytes += bytes;
    return ASHLAR_OK;
}

/* Damage of the log was found while opening. */
static ashlar_status pass_damage(void *context, const chunk *in, uint64_t from, uint64_t to, ashlar_error *error) {
    (void)context;
    (void)in;
    (void)from;
    (void)to;
    (void)error;
    return ASHLAR_OK;
}

ashlar_status ashlar_verify(const ashlar_reader *reader, ashlar_visitor *visitor, void *context,
                            ashlar_verification *read, ashlar_error *error) {
    *read = (ashlar_verification){0};
    verification of = {reader, visitor, context, read};
    for (size_t i = 0; i < reader->findings.count; i++) {
        ashlar_status status = tell(&of, &reader->findings.items[i], error);
        if (status != ASHLAR_OK) {
            return status;
        }
    }
    log_visitor walker = {&of, check_frame, pass_damage};
    log_end end;
    ashlar_status status = log_walk(&reader->log, &walker, &end, error);
    if (status == ASHLAR_OK) {
        status = segments_verify(&reader->segments, check_row, &of, error);
    }
    return status == ASHLAR_OK ? documents_verify(reader, check_documents, &of, error) : status;
}
