/* The files of document collections: whether they are what they were when they were written. */
#include <stdlib.h>
#include <string.h>

#include "documents.h"
#include "failure.h"
#include "reader.h"
#include "xxh3.h"

enum {
    HEADER = 64,
    TRAILER = 32,
    PART = 32,
    MOST_PARTS = 1024,
    BLOCK = 48,
    KEYS_HEADER = 32,
    STATISTICS = 40,
    MASK = 16,
    BLOCK_INDEX = 1,
    KEYS = 2,
    KILLS = 3,
    ZONES = 4,
    STATISTICS_PART = 5,
    KINDS = 6,
    LONGEST_KEY = 65100
};

#define LARGEST_SEGMENT (UINT64_C(1) << 50)
#define LARGEST_MASKS (UINT64_C(1) << 36)
#define LARGEST_RAW ((UINT64_C(1) << 30) + 8)
#define LARGEST_DICTIONARY (UINT64_C(1) << 20)
#define MOST_DOCUMENTS (UINT64_C(0x7ffffffe))

typedef struct check {
    const ashlar_reader *reader;
    uint32_t space;
    document_visitor *visitor;
    void *context;
    ashlar_error *error;
} check;

typedef struct part {
    bool there;
    uint64_t offset;
    uint64_t length;
    uint64_t checksum;
} part;

static ashlar_status damaged(const check *of, const char *name, uint64_t position, uint64_t length, const char *what) {
    ashlar_finding finding = {.kind = ASHLAR_FOUND_DAMAGED_FILE, .position = position, .length = length, .what = what};
    memcpy(finding.file, name, sizeof finding.file);
    return of->visitor(of->context, &finding, 0, 0, of->error);
}

static ashlar_status intact(const check *of, uint64_t documents, uint64_t bytes) {
    return of->visitor(of->context, NULL, documents, bytes, of->error);
}

/*
 * Opens a file and compares its header. *known says whether it can be gone on with: else it was reported.
 */
static ashlar_status open_file(const check *of, const char *name, const char *magic, uint64_t id, uint64_t least,
                               uint64_t most, bool states_length, file *opened, bool *known) {
    uint8_t header[HEADER];
    size_t got = 0;
    *known = false;
    ashlar_status status = file_open(of->reader->directory, name, opened, of->error);
    if (status != ASHLAR_OK) {
        return status;
    }
    if (opened->descriptor < 0) {
        return damaged(of, name, 0, 0, "the file is missing");
    }
    if (opened->size < least || opened->size > most) {
        return damaged(of, name, 0, opened->size, "a size that such a file does not have");
    }
    status = file_read(opened, 0, header, sizeof header, &got, of->error);
    if (status != ASHLAR_OK) {
        return status;
    }
    if (got != sizeof header || memcmp(header, magic, 8) != 0 || xxh3(header, 56, 0) != load64(header + 56)) {
        return damaged(of, name, 0, HEADER, "the header does not verify");
    }
    if (!header_is_known(header)) {
        return damaged(of, name, 8, 12, "a newer format version or an unknown feature");
    }
    if (load32(header + 20) != of->space || !header_is_of(header, of->reader->manifest.id) ||
        load64(header + 40) != id || load64(header + 48) != (states_length ? opened->size : 0)) {
        return damaged(of, name, 0, HEADER, "the header is that of another file");
    }
    *known = true;
    return ASHLAR_OK;
}

/* Reads a stretch that is within the file into new memory; NULL if the file has become shorter. */
static ashlar_status load(const check *of, const file *from, uint64_t position, uint64_t length, uint8_t **bytes) {
    size_t got = 0;
    *bytes = length > SIZE_MAX - 1 ? NULL : malloc((size_t)length + 1);
    if (*bytes == NULL) {
        return fail_no_memory(of->error);
    }
    ashlar_status status = file_read(from, position, *bytes, (size_t)length, &got, of->error);
    if (status != ASHLAR_OK || got != length) {
        free(*bytes);
        *bytes = NULL;
    }
    return status;
}

/* ------------------------------------------------------------------------------------------------- segments */

/* Reads trailer and footer. *what says what is wrong with them; NULL: nothing is. */
static ashlar_status read_footer(const check *of, const file *from, part parts[KINDS], const char **what) {
    uint8_t *trailer;
    ashlar_status status = load(of, from, from->size - TRAILER, TRAILER, &trailer);
    if (status != ASHLAR_OK || trailer == NULL) {
        *what = "the trailer cannot be read";
        return status;
    }
    uint64_t length = load64(trailer + 8);
    bool possible = memcmp(trailer + 24, "ASHLDEND", 8) == 0 && load64(trailer) == from->size && length >= 8 &&
                    length <= 8 + MOST_PARTS * PART && length <= from->size - TRAILER - HEADER &&
                    (length - 8) % PART == 0;
    uint64_t checksum = load64(trailer + 16);
    free(trailer);
    *what = "the trailer does not verify";
    if (!possible) {
        return ASHLAR_OK;
    }
    uint64_t footer_at = from->size - TRAILER - length;
    uint8_t *footer;
    status = load(of, from, footer_at, length + 16, &footer);
    if (status != ASHLAR_OK || footer == NULL) {
        return status;
    }
    if (xxh3(footer, (size_t)length + 16, 0) == checksum && load32(footer) == (length - 8) / PART) {
        *what = NULL;
    }
    for (const uint8_t *at = footer + 8; *what == NULL && at < footer + length; at += PART) {
        uint32_t kind = load32(at);
        part each = {true, load64(at + 8), load64(at + 16), load64(at + 24)};
        if (each.offset < HEADER || each.offset % 64 != 0 || each.offset > footer_at ||
            each.length > footer_at - each.offset) {
            *what = "a part is not within the file";
        } else if (kind >= 1 && kind < KINDS && parts[kind].there) {
            *what = "a part is there twice";
        } else if (kind >= 1 && kind < KINDS) {
            parts[kind] = each;
        } else if ((load32(at + 4) & 1) != 0) {
            *what = "a part of an unknown kind is required";
        }
    }
    free(footer);
    return ASHLAR_OK;
}

/* Loads a part if its checksum holds; else *bytes is NULL, and it was reported. */
static ashlar_status load_part(const check *of, const file *from, const part *which, uint8_t **bytes) {
    ashlar_status status = load(of, from, which->offset, which->length, bytes);
    if (status == ASHLAR_OK && (*bytes == NULL || xxh3(*bytes, (size_t)which->length, 0) != which->checksum)) {
        free(*bytes);
        *bytes = NULL;
        status = damaged(of, from->name, which->offset, which->length, "a part does not have its checksum");
    }
    return status;
}

static bool block_is_possible(const uint8_t *item, uint64_t end, uint64_t documents, const part *index) {
    uint64_t offset = load64(item);
    uint64_t stored = load32(item + 24);
    uint64_t raw = load32(item + 28);
    uint64_t count = load32(item + 36);
    uint32_t flags = load32(item + 40);
    uint64_t most = count > 1 ? UINT64_C(1) << 20 : LARGEST_RAW;
    return offset == align_up(end, 8) && offset <= index->offset && stored >= 1 && stored <= index->offset - offset &&
           count >= 1 && raw >= 4 + 4 * count && raw <= most && load32(item + 32) == documents &&
           documents + count <= MOST_DOCUMENTS && flags <= 1 && load64(item + 16) <= INT64_MAX &&
           (flags == 0 || (stored == raw && load64(item + 16) == 0));
}

static ashlar_status check_block(const check *of, const file *from, const uint8_t *item) {
    uint64_t offset = load64(item);
    uint64_t stored = load32(item + 24);
    uint64_t count = load32(item + 36);
    uint8_t shape[8];
    for (size_t i = 0; i < 4; i++) {
        shape[i] = item[28 + i];
        shape[4 + i] = item[36 + i];
    }
    uint8_t *bytes;
    ashlar_status status = load(of, from, offset, stored, &bytes);
    if (status != ASHLAR_OK) {
        return status;
    }
    bool verifies = bytes != NULL && (xxh3(bytes, (size_t)stored, 0) ^ xxh3(shape, sizeof shape, load64(item + 16))) ==
                                         load64(item + 8);
    free(bytes);
    return verifies ? intact(of, count, stored)
                    : damaged(of, from->name, offset, stored, "a block does not have its checksum");
}

/* What is wrong with the table of keys besides its checksum; NULL: nothing that is looked at. */
static const char *keys_problem(const uint8_t *bytes, uint64_t length, uint64_t documents, uint64_t keys) {
    if (length < KEYS_HEADER) {
        return "the keys are cut short";
    }
    uint32_t bits = load32(bytes + 8);
    uint64_t of_keys = load64(bytes + 16);
    if (load32(bytes) != documents || load32(bytes + 4) != keys || bits < 3 || bits > 32) {
        return "the keys are not those of the documents";
    }
    uint64_t slots_end = KEYS_HEADER + (UINT64_C(8) << bits);
    uint64_t offsets_at = slots_end + 8 * (documents / 64 + 1);
    uint64_t keys_at = align_up(offsets_at + 4 * (documents + 1), 8);
    if (keys_at > length || of_keys != length - keys_at) {
        return "the keys do not end with their part";
    }
    for (uint64_t at = KEYS_HEADER; at < slots_end; at += 8) {
        if (load32(bytes + at + 4) > documents) {
            return "a slot of the keys leads nowhere";
        }
    }
    uint64_t last = 0;
    uint64_t with = 0;
    for (uint64_t i = 0; i <= documents; i++) {
        uint32_t offset = load32(bytes + offsets_at + 4 * i);
        uint64_t from = load64(bytes + slots_end + 8 * (i / 64)) + (offset & INT32_MAX);
        if (from < last || from > of_keys || (i > 0 && from - last > LONGEST_KEY)) {
            return "a key is not where it should be";
        }
        with += i < documents && offset >> 31 == 0;
        last = from;
    }
    return with == keys ? NULL : "the number of keys is not right";
}

/* Blocks, keys, kills, zones and statistics, once the footer says where they are. */
static ashlar_status check_parts(const check *of, const file *from, const document_segment *item,
                                 const part parts[KINDS]) {
    if (!parts[BLOCK_INDEX].there || !parts[STATISTICS_PART].there ||
        parts[STATISTICS_PART].length != STATISTICS || parts[BLOCK_INDEX].length % BLOCK != 0) {
        return damaged(of, from->name, 0, 0, "there is no index of the blocks, or there are no statistics");
    }
    const part *index = &parts[BLOCK_INDEX];
    uint8_t *blocks = NULL;
    uint8_t *statistics = NULL;
    uint64_t documents = 0;
    uint64_t raw = 0;
    uint64_t end = HEADER;
    ashlar_status status = load_part(of, from, index, &blocks);
    if (status == ASHLAR_OK && blocks != NULL) {
        status = load_part(of, from, &parts[STATISTICS_PART], &statistics);
    }
    for (uint64_t at = 0; status == ASHLAR_OK && statistics != NULL && at < index->length; at += BLOCK) {
        if (!block_is_possible(blocks + at, end, documents, index)) {
            status = damaged(of, from->name, index->offset + at, BLOCK, "a block that cannot be");
            goto done;
        }
        status = check_block(of, from, blocks + at);
        documents += load32(blocks + at + 36);
        raw += load32(blocks + at + 28) - 4 - 4 * (uint64_t)load32(blocks + at + 36);
        end = load64(blocks + at) + load32(blocks + at + 24);
    }
    if (status == ASHLAR_OK && statistics != NULL &&
        (documents != item->documents || load64(statistics) != documents || load64(statistics + 8) != raw ||
         (load64(statistics + 24) != 0) != parts[KEYS].there || (load64(statistics + 32) != 0) != parts[KILLS].there)) {
        status = damaged(of, from->name, parts[STATISTICS_PART].offset, STATISTICS,
                         "not as many documents as the statistics or the commit record say");
    }
    for (int kind = KEYS; kind <= ZONES && status == ASHLAR_OK && statistics != NULL; kind++) {
        uint8_t *bytes = NULL;
        if (!parts[kind].there) {
            continue;
        }
        status = load_part(of, from, &parts[kind], &bytes);
        const char *problem = kind != KEYS || bytes == NULL
                                  ? NULL
                                  : keys_problem(bytes, parts[kind].length, documents, load64(statistics + 24));
        if (problem != NULL) {
            status = damaged(of, from->name, parts[kind].offset, parts[kind].length, problem);
        }
        free(bytes);
    }
done:
    free(blocks);
    free(statistics);
    return status;
}

static ashlar_status check_segment(const check *of, const document_segment *item) {
    char name[48];
    file from;
    bool known;
    part parts[KINDS] = {{0}};
    const char *what = NULL;
    file_name(name, "documents", item->id, ".seg");
    ashlar_status status =
        open_file(of, name, "ASHLDSEG", item->id, HEADER + 8 + TRAILER, LARGEST_SEGMENT, false, &from, &known);
    if (status == ASHLAR_OK && known) {
        status = read_footer(of, &from, parts, &what);
        if (status == ASHLAR_OK && what != NULL) {
            status = damaged(of, name, from.size - TRAILER, TRAILER, what);
        } else if (status == ASHLAR_OK) {
            status = check_parts(of, &from, item, parts);
        }
    }
    file_close(&from);
    return status;
}

/* ------------------------------------------------------------------------------------------------- masks */

static uint64_t mask_bytes(uint64_t documents, uint64_t dead) {
    return 2 * dead < documents / 32 ? align_up(4 * dead, 8) : (documents + 63) / 64 * 8;
}

/* How many different documents a mask calls dead; UINT64_MAX if one is none of the segment's. */
static uint64_t count_dead(const uint8_t *body, uint64_t documents, uint64_t dead) {
    uint64_t count = 0;
    if (2 * dead < documents / 32) {
        for (uint64_t i = 0; i < dead; i++) {
            uint32_t ordinal = load32(body + 4 * i);
            if (ordinal >= documents || (i > 0 && ordinal <= load32(body + 4 * (i - 1)))) {
                return UINT64_MAX;
            }
            count++;
        }
        return count;
    }
    for (uint64_t i = 0; i < (documents + 63) / 64; i++) {
        uint64_t word = load64(body + 8 * i);
        uint64_t left = documents - 64 * i;
        if (left < 64 && word >> left != 0) {
            return UINT64_MAX;
        }
        for (; word != 0; word &= word - 1) {
            count++;
        }
    }
    return count;
}

/* Whether all masks are whole, and those that the collection names in this file are as it says. */
static bool masks_agree(const document_collection *in, uint64_t id, const uint8_t *bytes, uint64_t end) {
    uint64_t at = HEADER + 8;
    size_t named = 0;
    size_t met = 0;
    for (size_t i = 0; i < in->published + in->unpublished; i++) {
        named += in->segments[i].mask[0] == id;
        named += in->segments[i].mask[1] == id;
    }
    for (uint64_t n = load64(bytes + HEADER); n > 0; n--) {
        if (end - at < MASK) {
            return false;
        }
        uint64_t documents = load32(bytes + at + 8);
        uint64_t dead = load32(bytes + at + 12);
        if (documents > MOST_DOCUMENTS || dead > documents || mask_bytes(documents, dead) > end - at - MASK ||
            count_dead(bytes + at + MASK, documents, dead) != dead) {
            return false;
        }
        for (size_t i = 0; i < in->published + in->unpublished; i++) {
            const document_segment *of = &in->segments[i];
            for (int which = 0; which < 2 && of->id == load64(bytes + at); which++) {
                met += of->mask[which] == id && of->documents == documents && of->dead[which] == dead;
            }
        }
        at += MASK + mask_bytes(documents, dead);
    }
    return at == end && met == named;
}

static ashlar_status check_masks(const check *of, const document_collection *in, uint64_t id) {
    char name[48];
    file from;
    bool known;
    uint8_t *bytes = NULL;
    file_name(name, "documents", id, ".live");
    ashlar_status status = open_file(of, name, "ASHLLIVE", id, HEADER + 16, LARGEST_MASKS, true, &from, &known);
    if (status == ASHLAR_OK && known) {
        status = load(of, &from, 0, from.size, &bytes);
        if (status == ASHLAR_OK && (bytes == NULL || xxh3(bytes, (size_t)from.size - 8, 0) !=
                                                         load64(bytes + from.size - 8))) {
            status = damaged(of, name, 0, from.size, "the file does not have its checksum");
        } else if (status == ASHLAR_OK && !masks_agree(in, id, bytes, from.size - 8)) {
            status = damaged(of, name, HEADER, from.size - HEADER, "masks that are not as the commit record says");
        } else if (status == ASHLAR_OK) {
            status = intact(of, 0, from.size);
        }
        free(bytes);
    }
    file_close(&from);
    return status;
}

static ashlar_status check_dictionary(const check *of, uint64_t id) {
    char name[48];
    file from;
    bool known;
    uint8_t *bytes = NULL;
    file_name(name, "documents", id, ".dict");
    ashlar_status status = open_file(of, name, "ASHLDICT", id, HEADER + 16, HEADER + LARGEST_DICTIONARY + 8, true,
                                     &from, &known);
    if (status == ASHLAR_OK && known) {
        status = load(of, &from, 0, from.size, &bytes);
        if (status == ASHLAR_OK && (bytes == NULL || xxh3(bytes, (size_t)from.size - 8, 0) !=
                                                         load64(bytes + from.size - 8))) {
            status = damaged(of, name, 0, from.size, "the file does not have its checksum");
        } else if (status == ASHLAR_OK) {
            status = intact(of, 0, from.size);
        }
        free(bytes);
    }
    file_close(&from);
    return status;
}

/* Whether an earlier segment, or the same one before, names the file. */
static bool was_checked(const document_collection *in, size_t index, int which) {
    uint64_t id = in->segments[index].mask[which];
    for (size_t i = 0; i <= index; i++) {
        for (int j = 0; j < (i == index ? which : 2); j++) {
            if (in->segments[i].mask[j] == id) {
                return true;
            }
        }
    }
    return false;
}

static ashlar_status verify_collection(const check *of, const document_collection *in) {
    ashlar_status status = ASHLAR_OK;
    for (size_t i = 0; i < in->dictionary_count && status == ASHLAR_OK; i++) {
        status = check_dictionary(of, in->dictionaries[i]);
    }
    for (size_t i = 0; i < in->published + in->unpublished && status == ASHLAR_OK; i++) {
        status = check_segment(of, &in->segments[i]);
        for (int which = 0; which < 2 && status == ASHLAR_OK; which++) {
            if (in->segments[i].mask[which] != 0 && !was_checked(in, i, which)) {
                status = check_masks(of, in, in->segments[i].mask[which]);
            }
        }
    }
    return status;
}

ashlar_status documents_verify(const ashlar_reader *reader, document_visitor *visitor, void *context,
                               ashlar_error *error) {
    ashlar_status status = ASHLAR_OK;
    for (size_t i = 0; i < reader->documents.count && status == ASHLAR_OK; i++) {
        check of = {reader, reader->documents.items[i].space, visitor, context, error};
        status = verify_collection(&of, &reader->documents.items[i]);
    }
    return status;
}
