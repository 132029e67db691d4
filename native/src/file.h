/*
 * Files of a store: opened below its directory, read by position, never mapped. So a file that shrinks, or a sector
 * that cannot be read, is an error and not a signal.
 */
#ifndef ASHLAR_FILE_H
#define ASHLAR_FILE_H

#include "ashlar_reader.h"

typedef struct file {
    int descriptor; /* -1: there is no such file */
    uint64_t size;
    char name[48]; /* relative to the store's directory */
} file;

ashlar_status directory_open(const char *path, int *descriptor, ashlar_error *error);

/* A file that does not exist, or is not a regular file, opens with descriptor -1 and size 0. */
ashlar_status file_open(int directory, const char *name, file *opened, ashlar_error *error);
void file_close(file *opened);

/* Reads as much of length bytes as the file has; *got says how much. */
ashlar_status file_read(const file *from, uint64_t position, uint8_t *to, size_t length, size_t *got,
                        ashlar_error *error);

/* A lock that keeps writers out until the descriptor is closed; -1 if the store has no file to lock. */
ashlar_status lock_take(int directory, int *descriptor, ashlar_error *error);
void descriptor_close(int descriptor);

/* Told of each entry of a directory. */
typedef ashlar_status entry_visitor(void *context, const char *name, ashlar_error *error);

/* A directory that does not exist has no entries. */
ashlar_status directory_list(int parent, const char *name, entry_visitor *visitor, void *context, ashlar_error *error);

/* Reads the number of a file's name, exactly 16 lower-case hexadecimal digits and the suffix. */
bool file_number(const char *name, const char *suffix, uint64_t *number);
/* Writes directory, number and suffix into a name of 48 bytes. */
void file_name(char name[48], const char *directory, uint64_t number, const char *suffix);

#endif
