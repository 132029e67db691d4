/* The unit of the log: section "Frame" of the format. */
#ifndef ASHLAR_FRAME_H
#define ASHLAR_FRAME_H

#include <stdbool.h>
#include <stdint.h>

enum { FRAME_CHUNK_START = 1, FRAME_PUT = 2, FRAME_DELETE = 3, FRAME_MARK = 4, FRAME_CLEAR = 5 };
enum { FRAME_BATCH_END = 1, FRAME_RELOCATED = 2, FRAME_VALUE_FILE = 4, FRAME_EXPIRES = 8 };
enum { FRAME_SMALLEST = 64, FRAME_HEADER = 40 };

/* Offsets are offsets in the chunk's file. */
typedef struct frame {
    uint64_t start;
    uint64_t lsn;
    uint8_t type;
    uint8_t flags;
    uint16_t key_length;
    uint32_t space;
    uint32_t payload_length;
    uint32_t batch_distance;
    uint32_t watermark_distance;
    uint64_t payload_checksum;
    uint64_t version;
    uint64_t value_file; /* 0 without VALUE_FILE */
    uint64_t value_length;
    uint64_t expiry; /* 0 without EXPIRES */
    uint64_t key_start;
    uint64_t payload_start;
    uint64_t end;
} frame;

/*
 * Reads the frame at an offset and says whether its header verifies. bytes are those of the file from `start` on, up to
 * the offset `last`; nothing behind is looked at.
 */
bool frame_verifies(const uint8_t *bytes, uint64_t start, uint64_t last, uint64_t lsn, uint64_t salt, frame *read);

/* Whether the payload is what the header says. With VALUE_FILE there is none, so it is. */
bool frame_payload_verifies(const uint8_t *bytes, const frame *read);

/* The highest LSN that the frame says was durable when it was made; 0 if it says nothing. */
uint64_t frame_watermark(const frame *read);

#endif
