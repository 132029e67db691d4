#include "frame.h"

#include "bytes.h"
#include "format.h"
#include "xxh3.h"

static const uint32_t NO_WATERMARK = UINT32_MAX;

/* Fills in the fields; false if one is outside of its limits. */
static bool decode(const uint8_t *bytes, uint64_t start, uint64_t last, frame *read) {
    unsigned alignment_bits = bytes[5] >> 4;
    read->start = start;
    read->type = bytes[4];
    read->flags = bytes[5] & 0x0f;
    read->key_length = load16(bytes + 6);
    read->space = load32(bytes + 8);
    read->payload_length = load32(bytes + 12);
    read->payload_checksum = load64(bytes + 16);
    read->batch_distance = load32(bytes + 32);
    read->watermark_distance = load32(bytes + 36);
    bool in_file = (read->flags & FRAME_VALUE_FILE) != 0;
    bool expires = (read->flags & FRAME_EXPIRES) != 0;
    if (read->type < FRAME_CHUNK_START || read->type > FRAME_CLEAR || alignment_bits > 9 ||
        read->space > LARGEST_SPACE || read->payload_length > LARGEST_PAYLOAD ||
        (in_file && (read->payload_length != 0 || read->type != FRAME_PUT)) ||
        (expires && (read->type != FRAME_PUT || read->space == 0))) {
        return false;
    }
    uint64_t at = FRAME_HEADER;
    read->version = read->lsn;
    if ((read->flags & FRAME_RELOCATED) != 0) {
        read->version = load64(bytes + at);
        at += 8;
    }
    read->value_file = in_file ? load64(bytes + at) : 0;
    read->value_length = in_file ? load64(bytes + at + 8) : read->payload_length;
    at += in_file ? 16 : 0;
    uint64_t extensions_end = at + (expires ? 8 : 0);
    if (start + extensions_end > last) {
        return false;
    }
    read->expiry = expires ? load64(bytes + at) : 0;
    if (expires && (read->expiry == 0 || read->expiry > INT64_MAX)) {
        return false;
    }
    at = extensions_end;
    read->key_start = start + at;
    uint64_t key_end = read->key_start + read->key_length;
    read->payload_start = read->payload_length == 0 ? key_end : align_up(key_end, UINT64_C(8) << alignment_bits);
    read->end = align_up(read->payload_start + read->payload_length, 8);
    if (read->end < start + FRAME_SMALLEST) {
        read->end = start + FRAME_SMALLEST;
    }
    return read->end <= last;
}

bool frame_verifies(const uint8_t *bytes, uint64_t start, uint64_t last, uint64_t lsn, uint64_t salt, frame *read) {
    if (start < CHUNK_HEADER || start % 8 != 0 || start > last || last - start < FRAME_SMALLEST) {
        return false;
    }
    read->lsn = lsn;
    if (!decode(bytes, start, last, read)) {
        return false;
    }
    uint64_t key_end = read->key_start + read->key_length - start;
    uint64_t seed = salt + lsn * UINT64_C(0x9E3779B97F4A7C15);
    return (uint32_t)xxh3(bytes + 4, (size_t)(key_end - 4), seed) == load32(bytes);
}

bool frame_payload_verifies(const uint8_t *bytes, const frame *read) {
    return (read->flags & FRAME_VALUE_FILE) != 0 ||
           xxh3(bytes + (read->payload_start - read->start), read->payload_length, 0) == read->payload_checksum;
}

uint64_t frame_watermark(const frame *read) {
    return read->watermark_distance == NO_WATERMARK || read->watermark_distance > read->lsn
               ? 0
               : read->lsn - read->watermark_distance;
}
