/*
 * Distances of rows of numbers: a yardstick for the kernels of the engine. It is no part of the reader.
 *
 * Rows begin at multiples of 64 bytes and take whole lines of 64 bytes; what follows the last component is zero, and is
 * read. Dimensions are from 1 to 65,536, in components or bits. Of many rows, row i begins at rows + i * stride, the
 * stride in bytes. Numbers are little-endian. Safe for use by any thread.
 */
#ifndef ASHLAR_KERNELS_H
#define ASHLAR_KERNELS_H

#include <stddef.h>
#include <stdint.h>

/* Which instructions are in use for float32, int8 and bits, for people. */
const char *ashlar_kernels(void);

/* For checks, while nobody else uses them: 0 plain, 1 AVX2 or NEON, 2 AVX-512, 3 all. Returns what is in use then. */
int ashlar_kernels_use(int level);

float ashlar_dot_f32(const float *a, const float *b, size_t n);
float ashlar_squared_l2_f32(const float *a, const float *b, size_t n);
/* 0 if a norm is; norms have to be in the range of float. */
float ashlar_cosine_f32(const float *a, const float *b, size_t n);

int32_t ashlar_dot_i8(const int8_t *a, const int8_t *b, size_t n);
int64_t ashlar_squared_l2_i8(const int8_t *a, const int8_t *b, size_t n);
float ashlar_cosine_i8(const int8_t *a, const int8_t *b, size_t n);

int32_t ashlar_hamming(const void *a, const void *b, size_t bits);
/* 1 if neither has any bit. */
float ashlar_jaccard(const void *a, const void *b, size_t bits);

void ashlar_dot_f32_many(const float *query, const void *rows, size_t stride, size_t count, size_t n, float *scores);
void ashlar_squared_l2_f32_many(const float *query, const void *rows, size_t stride, size_t count, size_t n,
                                float *scores);
void ashlar_cosine_f32_many(const float *query, const void *rows, size_t stride, size_t count, size_t n,
                            float *scores);
void ashlar_dot_i8_many(const int8_t *query, const void *rows, size_t stride, size_t count, size_t n, float *scores);
void ashlar_squared_l2_i8_many(const int8_t *query, const void *rows, size_t stride, size_t count, size_t n,
                               float *scores);
void ashlar_cosine_i8_many(const int8_t *query, const void *rows, size_t stride, size_t count, size_t n,
                           float *scores);
void ashlar_hamming_many(const void *query, const void *rows, size_t stride, size_t count, size_t bits, float *scores);
void ashlar_jaccard_many(const void *query, const void *rows, size_t stride, size_t count, size_t bits, float *scores);

#endif
