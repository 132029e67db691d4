/* For F_OFD_SETLK, which belongs to the open file and not to the process. */
#define _GNU_SOURCE
#define _FILE_OFFSET_BITS 64

#include "file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "failure.h"

#ifndef F_OFD_SETLK
#define F_OFD_SETLK F_SETLK
#endif

/* Some systems refuse to read more than this in one call. */
enum { LONGEST_READ = 1 << 30, DIGITS = 16 };

ashlar_status directory_open(const char *path, int *descriptor, ashlar_error *error) {
    *descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (*descriptor >= 0) {
        return ASHLAR_OK;
    }
    if (errno == ENOENT || errno == ENOTDIR) {
        return fail(error, ASHLAR_NOT_A_STORE, "", 0, "there is no such directory");
    }
    return fail_io(error, "", "the directory cannot be opened");
}

ashlar_status file_open(int directory, const char *name, file *opened, ashlar_error *error) {
    opened->size = 0;
    snprintf(opened->name, sizeof opened->name, "%s", name);
    /* Not blocking, so that a named pipe in the place of a file does not make the reader wait. */
    opened->descriptor = openat(directory, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (opened->descriptor < 0) {
        return errno == ENOENT ? ASHLAR_OK : fail_io(error, name, "the file cannot be opened");
    }
    struct stat status;
    if (fstat(opened->descriptor, &status) != 0) {
        ashlar_status failed = fail_io(error, name, "the size of the file cannot be read");
        file_close(opened);
        return failed;
    }
    if (!S_ISREG(status.st_mode) || status.st_size < 0) {
        file_close(opened);
        return ASHLAR_OK;
    }
    opened->size = (uint64_t)status.st_size;
    return ASHLAR_OK;
}

void descriptor_close(int descriptor) {
    if (descriptor >= 0) {
        close(descriptor);
    }
}

void file_close(file *opened) {
    descriptor_close(opened->descriptor);
    opened->descriptor = -1;
}

ashlar_status file_read(const file *from, uint64_t position, uint8_t *to, size_t length, size_t *got,
                        ashlar_error *error) {
    *got = 0;
    if (from->descriptor < 0 || position > (uint64_t)INT64_MAX - length) {
        return ASHLAR_OK;
    }
    while (*got < length) {
        size_t rest = length - *got;
        ssize_t n = pread(from->descriptor, to + *got, rest < LONGEST_READ ? rest : LONGEST_READ,
                          (off_t)(position + *got));
        if (n < 0 && errno != EINTR) {
            return fail_io(error, from->name, "the file cannot be read");
        }
        if (n == 0) {
            return ASHLAR_OK;
        }
        if (n > 0) {
            *got += (size_t)n;
        }
    }
    return ASHLAR_OK;
}

ashlar_status lock_take(int directory, int *descriptor, ashlar_error *error) {
    *descriptor = openat(directory, "LOCK", O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (*descriptor < 0) {
        return errno == ENOENT ? ASHLAR_OK : fail_io(error, "LOCK", "the lock cannot be opened");
    }
    struct flock whole = {.l_type = F_RDLCK, .l_whence = SEEK_SET, .l_start = 0, .l_len = 0};
    if (fcntl(*descriptor, F_OFD_SETLK, &whole) == 0) {
        return ASHLAR_OK;
    }
    ashlar_status failed = errno == EAGAIN || errno == EACCES
                               ? fail(error, ASHLAR_LOCKED, "LOCK", 0, "another process has the store open")
                               : fail_io(error, "LOCK", "the lock cannot be taken");
    descriptor_close(*descriptor);
    *descriptor = -1;
    return failed;
}

ashlar_status directory_list(int parent, const char *name, entry_visitor *visitor, void *context,
                             ashlar_error *error) {
    int descriptor = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) {
        return errno == ENOENT || errno == ENOTDIR ? ASHLAR_OK : fail_io(error, name, "it cannot be opened");
    }
    DIR *directory = fdopendir(descriptor);
    if (directory == NULL) {
        ashlar_status failed = fail_io(error, name, "it cannot be listed");
        descriptor_close(descriptor);
        return failed;
    }
    ashlar_status status = ASHLAR_OK;
    while (status == ASHLAR_OK) {
        errno = 0;
        const struct dirent *entry = readdir(directory);
        if (entry == NULL) {
            if (errno != 0) {
                status = fail_io(error, name, "it cannot be listed");
            }
            break;
        }
        status = visitor(context, entry->d_name, error);
    }
    closedir(directory);
    return status;
}

bool file_number(const char *name, const char *suffix, uint64_t *number) {
    uint64_t value = 0;
    for (size_t i = 0; i < DIGITS; i++) {
        char c = name[i];
        if (c >= '0' && c <= '9') {
            value = value << 4 | (uint64_t)(c - '0');
        } else if (c >= 'a' && c <= 'f') {
            value = value << 4 | (uint64_t)(c - 'a' + 10);
        } else {
            return false;
        }
    }
    *number = value;
    return strcmp(name + DIGITS, suffix) == 0;
}

void file_name(char name[48], const char *directory, uint64_t number, const char *suffix) {
    snprintf(name, 48, "%s/%016" PRIx64 "%s", directory, number, suffix);
}
