/* The primitives of section "Reading a store", 3: on a chunk that is in memory. */
#ifndef ASHLAR_LOG_SCAN_H
#define ASHLAR_LOG_SCAN_H

#include "log.h"

/* Whether the header of a frame that ends at or below `to` stands at an LSN. */
bool scan_verifies(const chunk_log *log, const chunk *in, const image *loaded, uint64_t lsn, uint64_t to, frame *met);

/* The LSN of the first whole frame at or behind an LSN, which is then in *met; `to` if there is none. */
uint64_t scan_next(const chunk_log *log, const chunk *in, const image *loaded, uint64_t lsn, uint64_t to, frame *met);

#endif
