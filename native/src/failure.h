/* How an ashlar_error is filled in. */
#ifndef ASHLAR_FAILURE_H
#define ASHLAR_FAILURE_H

#include "ashlar_reader.h"

/* Each returns the status, so that a caller can return it at once. error may be NULL. */
ashlar_status fail(ashlar_error *error, ashlar_status status, const char *file, uint64_t position, const char *text);
ashlar_status fail_no_memory(ashlar_error *error);
/* Takes errno. */
ashlar_status fail_io(ashlar_error *error, const char *file, const char *text);

#endif
