#include "log_scan.h"

#include "bytes.h"

bool scan_verifies(const chunk_log *log, const chunk *in, const image *loaded, uint64_t lsn, uint64_t to, frame *met) {
    if (lsn < in->base || to < in->base) {
        return false;
    }
    uint64_t at = lsn - in->base;
    uint64_t last = least(to - in->base, loaded->size);
    return at < last && frame_verifies(loaded->bytes + at, at, last, lsn, log->salt, met);
}

uint64_t scan_next(const chunk_log *log, const chunk *in, const image *loaded, uint64_t lsn, uint64_t to, frame *met) {
    uint64_t first = in->base + CHUNK_HEADER;
    uint64_t stop = least(to, in->base + loaded->size);
    for (uint64_t q = lsn > first ? align_up(lsn, 8) : first; q < stop && stop - q >= FRAME_SMALLEST; q += 8) {
        const uint8_t *bytes = loaded->bytes + (q - in->base);
        /* No frame starts with 8 zero bytes. */
        if (load64(bytes) != 0 && scan_verifies(log, in, loaded, q, to, met) && frame_payload_verifies(bytes, met)) {
            return q;
        }
    }
    return to;
}
