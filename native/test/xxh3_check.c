/*
 * Checks XXH3 against known hashes. With a file and a seed in hexadecimal it prints the hash of every prefix of the
 * file instead, one a line, for a comparison with another implementation.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ashlar_reader.h"

enum { LONGEST = 1 << 16 };

static int failures;

static void check(const char *what, const uint8_t *bytes, size_t length, uint64_t expected) {
    uint64_t found = ashlar_xxh3(bytes, length, 0);
    if (found != expected) {
        printf("XXH3 of %s is %016" PRIx64 " instead of %016" PRIx64 "\n", what, found, expected);
        failures++;
    }
}

static int check_known(void) {
    static const struct {
        size_t length;
        uint64_t hash;
    } letters[] = {
        {16, UINT64_C(0x5ba2f2b7fe36b88b)},   {17, UINT64_C(0x67bba3f0fd901aef)},
        {32, UINT64_C(0x1ac58d79fe079702)},   {64, UINT64_C(0xd61189c19e55a44e)},
        {128, UINT64_C(0x6fafef5a44cd2e42)},  {129, UINT64_C(0x4d8c5b2fdb05729c)},
        {240, UINT64_C(0xaeaa77641ae692a8)},  {241, UINT64_C(0x0fff32570af85537)},
        {1024, UINT64_C(0x4d35ad08e9d77c0d)}, {1025, UINT64_C(0x2bbaf002dac60111)},
    };
    uint8_t bytes[1025];
    memset(bytes, 'A', sizeof bytes);
    for (size_t i = 0; i < sizeof letters / sizeof letters[0]; i++) {
        char what[32];
        snprintf(what, sizeof what, "%zu letters", letters[i].length);
        check(what, bytes, letters[i].length, letters[i].hash);
    }
    check("nothing", bytes, 0, UINT64_C(0x2d06800538d394c2));
    check("a zero byte", (const uint8_t *)"", 1, UINT64_C(0xc44bdff4074eecdb));
    check("alice", (const uint8_t *)"alice", 5, UINT64_C(0x4da10dd61a0116b0));
    check("key1", (const uint8_t *)"key1", 4, UINT64_C(0x384d070cd5d829e2));
    return failures == 0 ? 0 : 1;
}

static int print_prefixes(const char *path, uint64_t seed) {
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        perror(path);
        return 1;
    }
    static uint8_t bytes[LONGEST];
    size_t size = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    for (size_t length = 0; length <= size; length++) {
        /* A copy of its own, so that a sanitizer sees a read behind the end. */
        uint8_t *prefix = malloc(length + 1);
        if (prefix == NULL) {
            return 1;
        }
        memcpy(prefix + 1, bytes, length);
        printf("%016" PRIx64 "\n", ashlar_xxh3(prefix + 1, length, seed));
        free(prefix);
    }
    return 0;
}

int main(int count, char **arguments) {
    if (count == 3) {
        return print_prefixes(arguments[1], strtoull(arguments[2], NULL, 16));
    }
    return check_known();
}
