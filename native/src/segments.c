#include "segments.h"

#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "failure.h"
#include "format.h"
#include "frame.h"
#include "xxh3.h"

enum {
    HEADER = 112,
    CHECKED_HEADER = 104,
    HEADERS = 4096,
    ROW_HEADER = 64,
    CHECKED_ROW_HEADER = 56,
    ROW_FLAGS = 0x33, /* BATCH_END, RELOCATED, alignment 64 */
    ID = 8,
    DEATHS_HEADER = 64,
    DEATHS_SEGMENT = 16
};

static uint64_t rows_at(uint32_t rows) {
    return align_up(HEADERS + (uint64_t)rows * ROW_HEADER, CHUNK_UNIT);
}

static uint64_t size_of(uint32_t rows, uint32_t stride) {
    return align_up(rows_at(rows) + (uint64_t)rows * stride, CHUNK_UNIT);
}

static uint64_t header_at(uint32_t row) {
    return HEADERS + (uint64_t)row * ROW_HEADER;
}

static uint64_t row_at(const segment *of, uint32_t row) {
    return rows_at(of->rows) + (uint64_t)row * of->stride;
}

static uint64_t place_of(const segment *of, uint32_t row) {
    return SEGMENT_PLACES + of->number * LARGEST_FILE + header_at(row);
}

static void name_of(const segment *of, char name[48]) {
    file_name(name, "segments", of->number, ".seg");
}

static bool is_zero(const uint8_t *bytes, size_t length) {
    for (size_t i = 0; i < length; i++) {
        if (bytes[i] != 0) {
            return false;
        }
    }
    return true;
}

static bool is_dead(const segment *of, uint32_t row) {
    return of->dead != NULL && (of->dead[row / 64] >> (row % 64) & 1) != 0;
}

/* Whether the header of a row is that of this row of this segment. */
static bool row_header_verifies(const segment *of, uint32_t row, const uint8_t *header, uint64_t salt) {
    uint64_t distance = (row_at(of, row) - header_at(row)) / ROW_HEADER;
    uint64_t seed = salt + place_of(of, row) * UINT64_C(0x9E3779B97F4A7C15);
    return header[4] == FRAME_PUT && header[5] == ROW_FLAGS && load16(header + 6) == ID &&
           load32(header + 8) == of->space && load32(header + 12) == of->stride && load32(header + 32) == distance &&
           load64(header + 40) <= INT64_MAX &&
           (uint32_t)xxh3(header + 4, CHECKED_ROW_HEADER - 4, seed) == load32(header);
}

/* ------------------------------------------------------------------------------------------------- deaths */

static void forget_deaths(segments *read) {
    for (size_t i = 0; i < read->count; i++) {
        free(read->items[i].dead);
        read->items[i].dead = NULL;
    }
}

/* Takes the bits of one segment over, if the store has that. */
static ashlar_status take_deaths(segments *read, uint64_t number, const uint8_t *words, uint64_t rows,
                                 ashlar_error *error) {
    for (size_t i = 0; i < read->count; i++) {
        segment *of = &read->items[i];
        if (of->number != number || of->dead != NULL) {
            continue;
        }
        size_t mine = ((size_t)of->rows + 63) / 64;
        of->dead = calloc(mine, sizeof *of->dead);
        if (of->dead == NULL) {
            return fail_no_memory(error);
        }
        for (size_t word = 0; word < mine && word < (rows + 63) / 64; word++) {
            of->dead[word] = load64(words + 8 * word);
        }
    }
    return ASHLAR_OK;
}

static ashlar_status parse_deaths(const uint8_t *bytes, size_t size, segments *read, bool *intact,
                                  ashlar_error *error) {
    size_t end = size - 8;
    size_t at = DEATHS_HEADER;
    uint64_t count = load64(bytes + 56);
    for (uint64_t i = 0; i < count; i++) {
        if (end - at < DEATHS_SEGMENT) {
            return ASHLAR_OK;
        }
        uint64_t rows = load64(bytes + at + 8);
        if (rows > LARGEST_FILE || (rows + 63) / 64 > (end - at - DEATHS_SEGMENT) / 8) {
            return ASHLAR_OK;
        }
        ashlar_status status = take_deaths(read, load64(bytes + at), bytes + at + DEATHS_SEGMENT, rows, error);
        if (status != ASHLAR_OK) {
            return status;
        }
        at += DEATHS_SEGMENT + (size_t)((rows + 63) / 64) * 8;
    }
    *intact = true;
    return ASHLAR_OK;
}

static ashlar_status read_deaths(const manifest *store, segments *read, findings *found, ashlar_error *error) {
    char name[48];
    file_name(name, "segments", store->checkpoint, ".del");
    file from;
    ashlar_status status = file_open(read->directory, name, &from, error);
    if (status != ASHLAR_OK) {
        return status;
    }
    uint8_t *bytes = NULL;
    bool intact = false;
    if (from.size >= DEATHS_HEADER + 8 && from.size <= UINT32_MAX) {
        size_t size = (size_t)from.size;
        size_t got = 0;
        bytes = malloc(size);
        status = bytes == NULL ? fail_no_memory(error) : file_read(&from, 0, bytes, size, &got, error);
        if (status == ASHLAR_OK && got == size && memcmp(bytes, "ASHLDEAD", 8) == 0 && load64(bytes + 48) == size &&
            xxh3(bytes, size - 8, 0) == load64(bytes + size - 8)) {
            if (!header_is_known(bytes)) {
                status = fail(error, ASHLAR_UNSUPPORTED, name, 8, "a newer format version or an unknown feature");
            } else if (header_is_of(bytes, store->id) && load64(bytes + 40) == store->checkpoint) {
                status = parse_deaths(bytes, size, read, &intact, error);
            }
        }
        free(bytes);
    }
    file_close(&from);
    if (status == ASHLAR_OK && !intact) {
        forget_deaths(read);
        status = findings_add(found, ASHLAR_FOUND_DAMAGED_FILE, name, 0, 0,
                              "which rows were deleted is not known: some that were may be back", error);
    }
    return status;
}

/* ------------------------------------------------------------------------------------------------- opening */

/* What is there of a segment's file, zeros behind it; *got says how much there is. */
static ashlar_status load(const segments *read, const segment *of, uint8_t **bytes, size_t *got, ashlar_error *error) {
    char name[48];
    name_of(of, name);
    file from;
    *got = 0;
    *bytes = calloc((size_t)of->size, 1);
    if (*bytes == NULL) {
        return fail_no_memory(error);
    }
    ashlar_status status = file_open(read->directory, name, &from, error);
    if (status == ASHLAR_OK) {
        status = file_read(&from, 0, *bytes, (size_t)of->size, got, error);
        file_close(&from);
    }
    return status;
}

/* Reports a file that is short, or a header that is not that of this segment; takes the collection's shape from it. */
static ashlar_status check_header(const manifest *store, segment *of, const uint8_t *bytes, size_t got,
                                  row_shape *shape, findings *found, ashlar_error *error) {
    char name[48];
    name_of(of, name);
    ashlar_status status = ASHLAR_OK;
    if (got < of->size) {
        status = findings_add(found, ASHLAR_FOUND_DAMAGED_FILE, name, got, of->size - got,
                              "the file is missing, or shorter than its size", error);
    }
    if (status != ASHLAR_OK || got < HEADER) {
        return status;
    }
    if (memcmp(bytes, "ASHLSEGM", 8) == 0 && xxh3(bytes, CHECKED_HEADER, 0) == load64(bytes + CHECKED_HEADER)) {
        if (!header_is_known(bytes)) {
            return fail(error, ASHLAR_UNSUPPORTED, name, 8, "a newer format version or an unknown feature");
        }
        row_shape stated;
        if (header_is_of(bytes, store->id) && load64(bytes + 40) == of->number && load64(bytes + 48) == of->size &&
            load32(bytes + 56) == of->space && load32(bytes + 60) == of->rows &&
            catalog_row_shape(load64(bytes + 64), &stated) && load32(bytes + 72) == stated.stride &&
            load64(bytes + 80) == rows_at(of->rows) && of->size == size_of(of->rows, stated.stride)) {
            of->stride = stated.stride;
            *shape = stated;
            return ASHLAR_OK;
        }
    }
    return findings_add(found, ASHLAR_FOUND_DAMAGED_FILE, name, 0, HEADER, "the header of the segment does not verify",
                        error);
}

/* Without a header the first row that verifies says how long rows are. */
static void find_stride(segment *of, const uint8_t *bytes, uint64_t salt) {
    for (uint32_t row = 0; row < of->rows && header_at(row) + ROW_HEADER <= of->size; row++) {
        uint32_t stride = load32(bytes + header_at(row) + 12);
        if (stride == 0 || stride > LARGEST_PAYLOAD || stride % ROW_HEADER != 0 ||
            size_of(of->rows, stride) != of->size) {
            continue;
        }
        of->stride = stride;
        if (row_header_verifies(of, row, bytes + header_at(row), salt)) {
            return;
        }
    }
    of->stride = 0;
}

/* Enters the rows that count, of several with one id the one with the highest version. */
static ashlar_status enter_rows(const segments *read, size_t index, const uint8_t *bytes, size_t got, table *current,
                                findings *found, ashlar_error *error) {
    const segment *of = &read->items[index];
    char name[48];
    name_of(of, name);
    uint64_t lost = 0;
    for (uint32_t row = 0; row < of->rows; row++) {
        const uint8_t *header = bytes + header_at(row);
        if (is_dead(of, row) || (of->dead == NULL && header_at(row) + ROW_HEADER <= got && is_zero(header, ROW_HEADER))) {
            continue;
        }
        if (header_at(row) + ROW_HEADER > got || !row_header_verifies(of, row, header, read->salt)) {
            lost++;
            continue;
        }
        uint64_t version = load64(header + 40);
        const entry *present = table_find(current, of->space, header + 48, ID);
        if (present != NULL && present->version >= version) {
            continue;
        }
        entry record = {.lsn = place_of(of, row),
                        .version = version,
                        .value_length = of->stride,
                        .frame_length = row,
                        .chunk = index,
                        .space = of->space};
        if (!table_put(current, record, header + 48, ID)) {
            return fail_no_memory(error);
        }
    }
    return lost == 0 ? ASHLAR_OK
                     : findings_add(found, ASHLAR_FOUND_DAMAGED_FILE, name, 0, 0,
                                    "headers of rows do not verify; these rows are lost", error);
}

static ashlar_status open_one(const manifest *store, segments *read, size_t index, catalog *spaces, table *current,
                              findings *found, ashlar_error *error) {
    segment *of = &read->items[index];
    uint8_t *bytes = NULL;
    size_t got;
    row_shape shape = {0};
    ashlar_status status = load(read, of, &bytes, &got, error);
    if (status == ASHLAR_OK) {
        status = check_header(store, of, bytes, got, &shape, found, error);
    }
    if (status == ASHLAR_OK && of->stride == 0) {
        find_stride(of, bytes, read->salt);
    }
    if (status == ASHLAR_OK && of->stride == 0) {
        char name[48];
        name_of(of, name);
        status = findings_add(found, ASHLAR_FOUND_DAMAGED_FILE, name, 0, got, "no header of a row verifies", error);
    } else if (status == ASHLAR_OK) {
        space_info *space = catalog_space(spaces, of->space);
        if (space == NULL) {
            status = fail_no_memory(error);
        } else {
            if (shape.bits != 0 && space->rows.bits == 0) {
                space->rows = shape; /* until a definition is met */
            }
            status = enter_rows(read, index, bytes, got, current, found, error);
        }
    }
    free(bytes);
    return status;
}

ashlar_status segments_open(int directory, const manifest *store, uint64_t salt, segments *read, catalog *spaces,
                            table *current, findings *found, ashlar_error *error) {
    *read = (segments){.directory = directory, .salt = salt};
    if (store->segment_count == 0) {
        return ASHLAR_OK;
    }
    read->items = calloc(store->segment_count, sizeof *read->items);
    if (read->items == NULL) {
        return fail_no_memory(error);
    }
    read->count = store->segment_count;
    for (size_t i = 0; i < read->count; i++) {
        const manifest_segment *listed = &store->segments[i];
        read->items[i] = (segment){
            .number = listed->number, .size = listed->size, .space = listed->space, .rows = listed->rows};
    }
    ashlar_status status = read_deaths(store, read, found, error);
    for (size_t i = 0; i < read->count && status == ASHLAR_OK; i++) {
        status = open_one(store, read, i, spaces, current, found, error);
    }
    return status;
}

void segments_release(segments *read) {
    forget_deaths(read);
    free(read->items);
    *read = (segments){0};
}

/* ------------------------------------------------------------------------------------------------- reading */

ashlar_status segments_read(const segments *of, const entry *record, uint8_t **row, ashlar_error *error) {
    const segment *in = &of->items[record->chunk];
    uint32_t number = (uint32_t)record->frame_length;
    char name[48];
    name_of(in, name);
    file from;
    *row = NULL;
    ashlar_status status = file_open(of->directory, name, &from, error);
    if (status != ASHLAR_OK) {
        return status;
    }
    uint8_t header[ROW_HEADER];
    size_t got = 0;
    status = file_read(&from, header_at(number), header, sizeof header, &got, error);
    if (status == ASHLAR_OK && (got != sizeof header || !row_header_verifies(in, number, header, of->salt) ||
                                load64(header + 40) != record->version)) {
        status = fail(error, ASHLAR_DAMAGED, name, header_at(number), "the header of the row does not verify");
    }
    if (status == ASHLAR_OK) {
        *row = malloc(in->stride);
        status = *row == NULL ? fail_no_memory(error)
                              : file_read(&from, row_at(in, number), *row, in->stride, &got, error);
    }
    if (status == ASHLAR_OK && (got != in->stride || xxh3(*row, in->stride, 0) != load64(header + 16))) {
        status = fail(error, ASHLAR_DAMAGED, name, row_at(in, number), "the row does not have its checksum");
    }
    file_close(&from);
    if (status != ASHLAR_OK) {
        free(*row);
        *row = NULL;
    }
    return status;
}

ashlar_status segments_verify(const segments *of, segment_visitor *visitor, void *context, ashlar_error *error) {
    ashlar_status status = ASHLAR_OK;
    for (size_t i = 0; i < of->count && status == ASHLAR_OK; i++) {
        const segment *in = &of->items[i];
        if (in->stride == 0) {
            continue;
        }
        uint8_t *bytes = NULL;
        size_t got;
        status = load(of, in, &bytes, &got, error);
        for (uint32_t row = 0; row < in->rows && status == ASHLAR_OK; row++) {
            const uint8_t *header = bytes + header_at(row);
            ashlar_finding finding = {.kind = ASHLAR_FOUND_DAMAGE};
            name_of(in, finding.file);
            if (header_at(row) + ROW_HEADER > got) {
                break;
            }
            if (is_zero(header, ROW_HEADER) && (in->dead == NULL || is_dead(in, row))) {
                continue;
            }
            if (!row_header_verifies(in, row, header, of->salt)) {
                finding.position = header_at(row);
                finding.length = ROW_HEADER;
                finding.what = "the header of a row does not verify";
                status = visitor(context, &finding, 0, error);
            } else if (row_at(in, row) + in->stride > got) {
                continue; /* the file is too short, which was said */
            } else if (xxh3(bytes + row_at(in, row), in->stride, 0) != load64(header + 16)) {
                finding.position = row_at(in, row);
                finding.length = in->stride;
                finding.what = "a row does not have its checksum";
                status = visitor(context, &finding, 0, error);
            } else {
                status = visitor(context, NULL, ROW_HEADER + in->stride, error);
            }
        }
        free(bytes);
    }
    return status;
}
