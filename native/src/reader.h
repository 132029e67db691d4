/* What an open reader consists of. Nothing of it changes after ashlar_open. */
#ifndef ASHLAR_READER_INTERNAL_H
#define ASHLAR_READER_INTERNAL_H

#include "catalog.h"
#include "documents.h"
#include "findings.h"
#include "log.h"
#include "manifest.h"
#include "segments.h"
#include "table.h"

struct ashlar_reader {
    int directory;
    int lock;
    manifest manifest;
    chunk_log log;
    log_end end;
    catalog catalog;
    table current; /* of all spaces, space 0 included */
    segments segments;
    document_set documents;
    size_t document_records; /* current records of document collections */
    size_t rows;        /* current records of vector collections */
    size_t definitions; /* current records of space 0 */
    findings findings;
};

/* Compares the value of a record in its file with what the frame says. NULL for value: it is only checked. */
ashlar_status value_read(const ashlar_reader *reader, const entry *record, void **value, ashlar_error *error);

/* The same of a row of a vector collection; *row has the collection's stride. */
ashlar_status value_read_row(const ashlar_reader *reader, const entry *record, void **row, ashlar_error *error);

#endif
