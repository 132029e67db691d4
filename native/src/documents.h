/*
 * The document collections: their commit records, and the files that these name. Sections "Document collections", "Document
 * segment", "Live masks" and "Dictionary" of the format. Blocks are checked and not decompressed.
 */
#ifndef ASHLAR_DOCUMENTS_H
#define ASHLAR_DOCUMENTS_H

#include "ashlar_reader.h"
#include "format.h"

typedef struct document_segment {
    uint64_t id;
    uint64_t raw_bytes;
    uint64_t file_bytes;
    uint64_t mask[2]; /* now and next: ids of files, 0: none are dead */
    uint32_t dead[2];
    uint32_t documents;
} document_segment;

/* What a collection consists of. */
typedef struct document_collection {
    uint32_t space;
    bool has_schema;
    bool readable; /* its commit record verifies, or there is none */
    uint64_t pending; /* records in the log but the commit record */
    uint64_t generation;
    size_t published;
    size_t unpublished;
    document_segment *segments; /* published, then unpublished */
    size_t dictionary_count;
    uint64_t *dictionaries;
} document_collection;

typedef struct document_set {
    document_collection *items; /* by ascending space */
    size_t count;
} document_set;

struct ashlar_reader;

/* Reads the commit records of all document collections, and reports those that are damaged. To be released. */
ashlar_status documents_open(struct ashlar_reader *reader, ashlar_error *error);
void documents_release(document_set *of);

/* Told of what does not verify, or with NULL of a number of documents, and bytes, that do. */
typedef ashlar_status document_visitor(void *context, const ashlar_finding *finding, uint64_t count, uint64_t bytes,
                                       ashlar_error *error);

/* Reads all files that commit records name. */
ashlar_status documents_verify(const struct ashlar_reader *reader, document_visitor *visitor, void *context,
                               ashlar_error *error);

#endif
