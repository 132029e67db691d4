#include "failure.h"

#include <errno.h>
#include <stdio.h>

static ashlar_status fill(ashlar_error *error, ashlar_status status, int os_error, const char *file, uint64_t position,
                          const char *text) {
    if (error != NULL) {
        error->status = status;
        error->os_error = os_error;
        error->position = position;
        snprintf(error->file, sizeof error->file, "%s", file);
        snprintf(error->text, sizeof error->text, "%s", text);
    }
    return status;
}

ashlar_status fail(ashlar_error *error, ashlar_status status, const char *file, uint64_t position, const char *text) {
    return fill(error, status, 0, file, position, text);
}

ashlar_status fail_no_memory(ashlar_error *error) {
    return fill(error, ASHLAR_NO_MEMORY, ENOMEM, "", 0, "there is not enough memory");
}

ashlar_status fail_io(ashlar_error *error, const char *file, const char *text) {
    return fill(error, ASHLAR_IO, errno, file, 0, text);
}

const char *ashlar_status_name(ashlar_status status) {
    switch (status) {
    case ASHLAR_OK: return "ok";
    case ASHLAR_ABSENT: return "absent";
    case ASHLAR_DAMAGED: return "damaged";
    case ASHLAR_NOT_A_STORE: return "not a store";
    case ASHLAR_UNREADABLE: return "unreadable";
    case ASHLAR_UNSUPPORTED: return "unsupported";
    case ASHLAR_LOCKED: return "locked";
    case ASHLAR_IO: return "io";
    case ASHLAR_NO_MEMORY: return "no memory";
    case ASHLAR_STOPPED: return "stopped";
    }
    return "unknown";
}
