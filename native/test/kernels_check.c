/* Checks the kernels of each level that the hardware has against plain sums. */
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ashlar_kernels.h"

enum { LONGEST = 65536, ROWS = 5 };

static int failures;
static uint64_t state = 42;

static uint64_t next(void) {
    state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return state >> 32;
}

static void check(const char *what, size_t n, double expected, double found, double allowed) {
    if (!(fabs(expected - found) <= allowed)) {
        printf("%s, %s of %zu: %g instead of %g\n", ashlar_kernels(), what, n, found, expected);
        failures++;
    }
}

/* Of many rows, each is the same row, or the query. */
static void check_many(const char *what, size_t n, const float *scores, float row, float query) {
    for (int i = 0; i < ROWS; i++) {
        check(what, n, i % 2 == 0 ? row : query, scores[i], 0);
    }
}

/* Rows of exactly as many lines as they take, so that the sanitizers see what is read beyond. */
static void *row_of(size_t bytes) {
    size_t size = (bytes + 63) / 64 * 64;
    void *row = aligned_alloc(64, size);
    if (row == NULL) {
        abort();
    }
    memset(row, 0, size);
    return row;
}

static void *rows_of(const void *row, const void *query, size_t stride) {
    char *rows = row_of(ROWS * stride);
    for (size_t i = 0; i < ROWS; i++) {
        memcpy(rows + i * stride, i % 2 == 0 ? row : query, stride);
    }
    return rows;
}

static void check_floats(size_t n) {
    float *a = row_of(4 * n), *b = row_of(4 * n), scores[ROWS];
    double dot = 0, parts = 0, squares = 0, aa = 0, bb = 0;
    for (size_t i = 0; i < n; i++) {
        a[i] = (float) next() / 0x1p31f - 1;
        b[i] = (float) next() / 0x1p31f - 1;
        double x = a[i], y = b[i];
        dot += x * y;
        parts += fabs(x * y);
        squares += (x - y) * (x - y);
        aa += x * x;
        bb += y * y;
    }
    check("dot", n, dot, ashlar_dot_f32(a, b, n), 1e-4 * parts);
    check("squared L2", n, squares, ashlar_squared_l2_f32(a, b, n), 1e-4 * squares);
    check("cosine", n, dot / sqrt(aa * bb), ashlar_cosine_f32(a, b, n), 1e-4);
    size_t stride = (4 * n + 63) / 64 * 64;
    void *rows = rows_of(b, a, stride);
    ashlar_dot_f32_many(a, rows, stride, ROWS, n, scores);
    check_many("dot of many", n, scores, ashlar_dot_f32(a, b, n), ashlar_dot_f32(a, a, n));
    ashlar_squared_l2_f32_many(a, rows, stride, ROWS, n, scores);
    check_many("squared L2 of many", n, scores, ashlar_squared_l2_f32(a, b, n), 0);
    ashlar_cosine_f32_many(a, rows, stride, ROWS, n, scores);
    check_many("cosine of many", n, scores, ashlar_cosine_f32(a, b, n), ashlar_cosine_f32(a, a, n));
    free(rows);
    free(a);
    free(b);
}

static void check_bytes(size_t n, bool extreme) {
    int8_t *a = row_of(n), *b = row_of(n);
    float scores[ROWS];
    int64_t dot = 0, squares = 0, aa = 0, bb = 0;
    for (size_t i = 0; i < n; i++) {
        a[i] = (int8_t) (extreme ? -128 : (int) (next() & 255) - 128);
        b[i] = (int8_t) (extreme ? n % 2 == 0 ? -128 : 127 : (int) (next() & 255) - 128);
        dot += a[i] * b[i];
        squares += (a[i] - b[i]) * (a[i] - b[i]);
        aa += a[i] * a[i];
        bb += b[i] * b[i];
    }
    double cosine = aa == 0 || bb == 0 ? 0 : (double) dot / sqrt((double) aa * (double) bb);
    check("dot of int8", n, (double) dot, ashlar_dot_i8(a, b, n), 0);
    check("squared L2 of int8", n, (double) squares, (double) ashlar_squared_l2_i8(a, b, n), 0);
    check("cosine of int8", n, cosine, ashlar_cosine_i8(a, b, n), 1e-6);
    size_t stride = (n + 63) / 64 * 64;
    void *rows = rows_of(b, a, stride);
    ashlar_dot_i8_many(a, rows, stride, ROWS, n, scores);
    check_many("dot of many of int8", n, scores, (float) dot, (float) aa);
    ashlar_squared_l2_i8_many(a, rows, stride, ROWS, n, scores);
    check_many("squared L2 of many of int8", n, scores, (float) squares, 0);
    ashlar_cosine_i8_many(a, rows, stride, ROWS, n, scores);
    check_many("cosine of many of int8", n, scores, ashlar_cosine_i8(a, b, n), ashlar_cosine_i8(a, a, n));
    free(rows);
    free(a);
    free(b);
}

static void check_bits(size_t bits) {
    uint8_t *a = row_of((bits + 7) / 8), *b = row_of((bits + 7) / 8);
    float scores[ROWS];
    int differing = 0, both = 0, either = 0;
    for (size_t i = 0; i < bits; i++) {
        int x = (int) (next() & 1), y = (int) (next() & 1);
        a[i / 8] = (uint8_t) (a[i / 8] | x << i % 8);
        b[i / 8] = (uint8_t) (b[i / 8] | y << i % 8);
        differing += x != y;
        both += x && y;
        either += x || y;
    }
    check("Hamming", bits, differing, ashlar_hamming(a, b, bits), 0);
    check("Jaccard", bits, either == 0 ? 1 : (float) both / (float) either, ashlar_jaccard(a, b, bits), 0);
    size_t stride = (bits + 511) / 512 * 64;
    void *rows = rows_of(b, a, stride);
    ashlar_hamming_many(a, rows, stride, ROWS, bits, scores);
    check_many("Hamming of many", bits, scores, (float) differing, 0);
    ashlar_jaccard_many(a, rows, stride, ROWS, bits, scores);
    check_many("Jaccard of many", bits, scores, ashlar_jaccard(a, b, bits), 1);
    free(rows);
    free(a);
    free(b);
}

int main(void) {
    for (int level = 0; level <= 3; level++) {
        if (ashlar_kernels_use(level) != level) {
            printf("level %d is not in this hardware\n", level);
            continue;
        }
        for (size_t n = 1; n <= LONGEST; n = n < 300 ? n + 1 : n * 3 / 2 > LONGEST && n < LONGEST ? LONGEST : n * 3 / 2) {
            check_floats(n);
            check_bytes(n, false);
            check_bytes(n, true);
            check_bits(n);
        }
        printf("%s: checked\n", ashlar_kernels());
    }
    return failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
