/* Reading a value, from the log or from a file of its own: section "Reading a store", 8, and "Value file". */
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "failure.h"
#include "file.h"
#include "format.h"
#include "reader.h"
#include "xxh3.h"

enum { CHECKED_HEADER = 64, HEADER = CHECKED_HEADER + 8 };

/* Reads a stretch of a file into new memory. A file that is too short is damage. */
static ashlar_status read_new(const file *from, uint64_t position, uint64_t length, uint8_t **bytes,
                              ashlar_error *error) {
    if (length >= SIZE_MAX) {
        return fail_no_memory(error);
    }
    *bytes = malloc(length == 0 ? 1 : (size_t)length);
    if (*bytes == NULL) {
        return fail_no_memory(error);
    }
    size_t got;
    ashlar_status status = file_read(from, position, *bytes, (size_t)length, &got, error);
    if (status == ASHLAR_OK && got != length) {
        status = fail(error, ASHLAR_DAMAGED, from->name, position,
                      from->descriptor < 0 ? "the file is missing" : "the file is too short");
    }
    if (status != ASHLAR_OK) {
        free(*bytes);
        *bytes = NULL;
    }
    return status;
}

static ashlar_status check_value_header(const ashlar_reader *reader, const file *from, const frame *of,
                                        ashlar_error *error) {
    uint8_t header[HEADER];
    size_t got;
    ashlar_status status = file_read(from, 0, header, sizeof header, &got, error);
    if (status != ASHLAR_OK) {
        return status;
    }
    if (from->descriptor < 0) {
        return fail(error, ASHLAR_DAMAGED, from->name, 0, "the file is missing");
    }
    if (got != sizeof header || memcmp(header, "ASHLVALU", 8) != 0 ||
        xxh3(header, CHECKED_HEADER, 0) != load64(header + CHECKED_HEADER)) {
        return fail(error, ASHLAR_DAMAGED, from->name, 0, "the header does not verify");
    }
    if (!header_is_known(header)) {
        return fail(error, ASHLAR_UNSUPPORTED, from->name, 8, "a newer format version or an unknown feature");
    }
    if (!header_is_of(header, reader->log.id) || load64(header + 40) != of->value_file ||
        load64(header + 48) != of->value_length || load64(header + 56) != of->payload_checksum ||
        from->size < VALUE_FILE_HEADER || from->size - VALUE_FILE_HEADER != of->value_length) {
        return fail(error, ASHLAR_DAMAGED, from->name, 0, "the file is not the one that the record names");
    }
    return ASHLAR_OK;
}

static ashlar_status read_value_file(const ashlar_reader *reader, const frame *of, void **value, ashlar_error *error) {
    char name[48];
    file_name(name, "values", of->value_file, ".val");
    file from;
    ashlar_status status = file_open(reader->directory, name, &from, error);
    if (status != ASHLAR_OK) {
        return status;
    }
    status = check_value_header(reader, &from, of, error);
    uint8_t *bytes = NULL;
    if (status == ASHLAR_OK) {
        status = read_new(&from, VALUE_FILE_HEADER, of->value_length, &bytes, error);
    }
    if (status == ASHLAR_OK && xxh3(bytes, (size_t)of->value_length, 0) != of->payload_checksum) {
        free(bytes);
        bytes = NULL;
        status = fail(error, ASHLAR_DAMAGED, name, VALUE_FILE_HEADER, "the value does not have its checksum");
    }
    file_close(&from);
    *value = bytes;
    return status;
}

/* Reads the frame of a record and checks its header again: the file may have changed since. */
static ashlar_status read_frame(const ashlar_reader *reader, const entry *record, frame *read, uint8_t **bytes,
                                ashlar_error *error) {
    const chunk *in = &reader->log.chunks[record->chunk];
    uint64_t start = record->lsn - in->base;
    char name[48];
    log_chunk_name(in, name);
    file from;
    ashlar_status status = file_open(reader->directory, name, &from, error);
    if (status != ASHLAR_OK) {
        return status;
    }
    status = read_new(&from, start, record->frame_length, bytes, error);
    file_close(&from);
    if (status == ASHLAR_OK &&
        (!frame_verifies(*bytes, start, start + record->frame_length, record->lsn, reader->log.salt, read) ||
         read->value_file != record->value_file || read->value_length != record->value_length)) {
        return fail(error, ASHLAR_DAMAGED, name, start, "the header of the record does not verify");
    }
    if (status == ASHLAR_OK && !frame_payload_verifies(*bytes, read)) {
        return fail(error, ASHLAR_DAMAGED, name, read->payload_start, "the value does not have its checksum");
    }
    return status;
}

ashlar_status value_read(const ashlar_reader *reader, const entry *record, void **value, ashlar_error *error) {
    uint8_t *bytes = NULL;
    frame read;
    ashlar_status status = read_frame(reader, record, &read, &bytes, error);
    if (status != ASHLAR_OK) {
        free(bytes);
        return status;
    }
    if ((read.flags & FRAME_VALUE_FILE) != 0) {
        free(bytes);
        return read_value_file(reader, &read, value, error);
    }
    /* The value takes the place of the header, in the same memory. */
    memmove(bytes, bytes + (read.payload_start - read.start), read.payload_length);
    *value = bytes;
    return ASHLAR_OK;
}

/* The row as it was put, if the log still has that: a row of a segment keeps its version. */
static ashlar_status read_original(const ashlar_reader *reader, const entry *record, uint32_t stride, void **row) {
    uint64_t lsn = record->version;
    const chunk_log *log = &reader->log;
    for (size_t i = 0; i < log->count; i++) {
        const chunk *in = &log->chunks[i];
        uint64_t length = align_up(lsn + 48, 64) + stride - lsn; /* a key of 8 bytes and no extension */
        uint64_t limit = in->sealed ? in->end : in->base + in->capacity;
        if (lsn < in->base || lsn + length > limit) {
            continue;
        }
        entry original = *record;
        original.lsn = lsn;
        original.chunk = i;
        original.frame_length = length;
        uint8_t *bytes = NULL;
        frame read;
        ashlar_status status = read_frame(reader, &original, &read, &bytes, NULL);
        if (status == ASHLAR_OK && read.type == FRAME_PUT && read.space == record->space && read.key_length == 8 &&
            read.payload_length == stride &&
            memcmp(bytes + (read.key_start - read.start), reader->current.keys + record->key, 8) == 0) {
            memmove(bytes, bytes + (read.payload_start - read.start), stride);
            *row = bytes;
            return ASHLAR_OK;
        }
        free(bytes);
    }
    return ASHLAR_DAMAGED;
}

ashlar_status value_read_row(const ashlar_reader *reader, const entry *record, void **row, ashlar_error *error) {
    const space_info *of = catalog_find(&reader->catalog, record->space);
    uint32_t stride = of == NULL ? 0 : of->rows.stride;
    if (stride == 0 || record->value_length != stride || record->value_file != 0) {
        return fail(error, ASHLAR_DAMAGED, "", record->lsn, "a record of a vector collection that is not a row of it");
    }
    if (!segments_have(record)) {
        return value_read(reader, record, row, error);
    }
    uint8_t *bytes = NULL;
    ashlar_status status = segments_read(&reader->segments, record, &bytes, error);
    *row = bytes;
    return status == ASHLAR_DAMAGED && read_original(reader, record, stride, row) == ASHLAR_OK ? ASHLAR_OK : status;
}
