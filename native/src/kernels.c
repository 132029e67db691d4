#include "ashlar_kernels.h"

#include <math.h>

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "rows are little-endian"
#endif

enum { LINE = 64 };

static const void *row_at(const void *rows, size_t row, size_t stride) {
    return (const char *) rows + row * stride;
}

static float cosine_of(double dot, double a_norm, double b_norm) {
    if (a_norm == 0 || b_norm == 0) {
        return 0;
    }
    double cosine = dot / sqrt(a_norm * b_norm);
    return (float) (cosine > 1 ? 1 : cosine < -1 ? -1 : cosine);
}

static float jaccard_of(int64_t both, int64_t either) {
    return either == 0 ? 1 : (float) both / (float) either;
}

/* From a kernel for one row that the compiler inlines, one for many. */
#define MANY(TARGET, NAME, ONE, ELEMENT) \
    static TARGET void NAME(const ELEMENT *query, const void *rows, size_t stride, size_t count, size_t n, \
                            float *scores) { \
        for (size_t row = 0; row < count; row++) { \
            scores[row] = (float) ONE(query, row_at(rows, row, stride), n); \
        } \
    }

/* ---------------------------------------------------------------------------------------------------------- plain */

static float plain_dot(const float *a, const float *b, size_t n) {
    float sum = 0;
    for (size_t i = 0; i < n; i++) {
        sum += a[i] * b[i];
    }
    return sum;
}

static float plain_squared_l2(const float *a, const float *b, size_t n) {
    float sum = 0;
    for (size_t i = 0; i < n; i++) {
        sum += (a[i] - b[i]) * (a[i] - b[i]);
    }
    return sum;
}

static float plain_cosine(const float *a, const float *b, size_t n) {
    return cosine_of(plain_dot(a, b, n), plain_dot(a, a, n), plain_dot(b, b, n));
}

static int32_t plain_dot_i8(const int8_t *a, const int8_t *b, size_t n) {
    int32_t sum = 0;
    for (size_t i = 0; i < n; i++) {
        sum += a[i] * b[i];
    }
    return sum;
}

static int64_t plain_squared_l2_i8(const int8_t *a, const int8_t *b, size_t n) {
    uint32_t sum = 0;
    for (size_t i = 0; i < n; i++) {
        int32_t difference = a[i] - b[i];
        sum += (uint32_t) (difference * difference);
    }
    return sum;
}

static float plain_cosine_i8(const int8_t *a, const int8_t *b, size_t n) {
    return cosine_of(plain_dot_i8(a, b, n), plain_dot_i8(a, a, n), plain_dot_i8(b, b, n));
}

static int32_t plain_hamming(const void *a, const void *b, size_t bits) {
    const uint64_t *x = a, *y = b;
    int32_t count = 0;
    for (size_t i = 0; i < (bits + 63) / 64; i++) {
        count += __builtin_popcountll(x[i] ^ y[i]);
    }
    return count;
}

static float plain_jaccard(const void *a, const void *b, size_t bits) {
    const uint64_t *x = a, *y = b;
    int64_t both = 0, either = 0;
    for (size_t i = 0; i < (bits + 63) / 64; i++) {
        both += __builtin_popcountll(x[i] & y[i]);
        either += __builtin_popcountll(x[i] | y[i]);
    }
    return jaccard_of(both, either);
}

MANY(, plain_dot_many, plain_dot, float)
MANY(, plain_squared_l2_many, plain_squared_l2, float)
MANY(, plain_cosine_many, plain_cosine, float)
MANY(, plain_dot_i8_many, plain_dot_i8, int8_t)
MANY(, plain_squared_l2_i8_many, plain_squared_l2_i8, int8_t)
MANY(, plain_cosine_i8_many, plain_cosine_i8, int8_t)
MANY(, plain_hamming_many, plain_hamming, void)
MANY(, plain_jaccard_many, plain_jaccard, void)

#if defined(__x86_64__)

/* ----------------------------------------------------------------------------------------------------------- AVX2 */

#define AVX2 __attribute__((target("avx2,fma,popcnt")))

static inline AVX2 float avx2_sum(__m256 v) {
    __m128 half = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
    half = _mm_add_ps(half, _mm_movehl_ps(half, half));
    return _mm_cvtss_f32(_mm_add_ss(half, _mm_shuffle_ps(half, half, 1)));
}

#define TARGET AVX2
#define NAME(name) avx2_##name
#define LANES 8
#define VECTOR __m256
#define ZERO() _mm256_setzero_ps()
#define LOAD(p) _mm256_load_ps(p)
#define ADD(x, y) _mm256_add_ps(x, y)
#define SUB(x, y) _mm256_sub_ps(x, y)
#define FMA(x, y, s) _mm256_fmadd_ps(x, y, s)
#define SUM(x) avx2_sum(x)
#include "kernels_f32.h"

static inline AVX2 uint32_t avx2_sum_i32(__m256i v) {
    __m128i half = _mm_add_epi32(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));
    half = _mm_add_epi32(half, _mm_shuffle_epi32(half, 0x4E));
    return (uint32_t) _mm_cvtsi128_si32(_mm_add_epi32(half, _mm_shuffle_epi32(half, 0xB1)));
}

static inline AVX2 __m256i avx2_load_i8(const int8_t *p) {
    return _mm256_cvtepi8_epi16(_mm_load_si128((const void *) p));
}

static AVX2 int32_t avx2_dot_i8(const int8_t *a, const int8_t *b, size_t n) {
    __m256i s = _mm256_setzero_si256(), t = s;
    for (size_t i = 0; i < n; i += 32) {
        s = _mm256_add_epi32(s, _mm256_madd_epi16(avx2_load_i8(a + i), avx2_load_i8(b + i)));
        t = _mm256_add_epi32(t, _mm256_madd_epi16(avx2_load_i8(a + i + 16), avx2_load_i8(b + i + 16)));
    }
    return (int32_t) avx2_sum_i32(_mm256_add_epi32(s, t));
}

static AVX2 int64_t avx2_squared_l2_i8(const int8_t *a, const int8_t *b, size_t n) {
    __m256i s = _mm256_setzero_si256(), t = s;
    for (size_t i = 0; i < n; i += 32) {
        __m256i d = _mm256_sub_epi16(avx2_load_i8(a + i), avx2_load_i8(b + i));
        __m256i e = _mm256_sub_epi16(avx2_load_i8(a + i + 16), avx2_load_i8(b + i + 16));
        s = _mm256_add_epi32(s, _mm256_madd_epi16(d, d));
        t = _mm256_add_epi32(t, _mm256_madd_epi16(e, e));
    }
    return avx2_sum_i32(_mm256_add_epi32(s, t));
}

static AVX2 float avx2_cosine_i8(const int8_t *a, const int8_t *b, size_t n) {
    __m256i s = _mm256_setzero_si256(), p = s, q = s;
    for (size_t i = 0; i < n; i += 16) {
        __m256i x = avx2_load_i8(a + i), y = avx2_load_i8(b + i);
        s = _mm256_add_epi32(s, _mm256_madd_epi16(x, y));
        p = _mm256_add_epi32(p, _mm256_madd_epi16(x, x));
        q = _mm256_add_epi32(q, _mm256_madd_epi16(y, y));
    }
    return cosine_of((int32_t) avx2_sum_i32(s), avx2_sum_i32(p), avx2_sum_i32(q));
}

MANY(AVX2, avx2_dot_i8_many, avx2_dot_i8, int8_t)
MANY(AVX2, avx2_squared_l2_i8_many, avx2_squared_l2_i8, int8_t)
MANY(AVX2, avx2_cosine_i8_many, avx2_cosine_i8, int8_t)

/* Four words a line each to an addition of its own: the instruction for one word is as fast as a table of nibbles. */
static AVX2 int32_t avx2_hamming(const void *a, const void *b, size_t bits) {
    const uint64_t *x = a, *y = b;
    int64_t s = 0, t = 0, u = 0, v = 0;
    for (size_t i = 0; i < (bits + 511) / 512 * 8; i += 4) {
        s += __builtin_popcountll(x[i] ^ y[i]);
        t += __builtin_popcountll(x[i + 1] ^ y[i + 1]);
        u += __builtin_popcountll(x[i + 2] ^ y[i + 2]);
        v += __builtin_popcountll(x[i + 3] ^ y[i + 3]);
    }
    return (int32_t) (s + t + u + v);
}

static AVX2 float avx2_jaccard(const void *a, const void *b, size_t bits) {
    const uint64_t *x = a, *y = b;
    int64_t both = 0, both_1 = 0, either = 0, either_1 = 0;
    for (size_t i = 0; i < (bits + 511) / 512 * 8; i += 2) {
        both += __builtin_popcountll(x[i] & y[i]);
        either += __builtin_popcountll(x[i] | y[i]);
        both_1 += __builtin_popcountll(x[i + 1] & y[i + 1]);
        either_1 += __builtin_popcountll(x[i + 1] | y[i + 1]);
    }
    return jaccard_of(both + both_1, either + either_1);
}

MANY(AVX2, avx2_hamming_many, avx2_hamming, void)
MANY(AVX2, avx2_jaccard_many, avx2_jaccard, void)

/* -------------------------------------------------------------------------------------------------------- AVX-512 */

#define AVX512 __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx2,fma")))
#define VNNI __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512vnni,avx2,fma")))
#define POPCOUNT __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512vpopcntdq,avx2,fma")))

#define TARGET AVX512
#define NAME(name) avx512_##name
#define LANES 16
#define VECTOR __m512
#define ZERO() _mm512_setzero_ps()
#define LOAD(p) _mm512_load_ps(p)
#define ADD(x, y) _mm512_add_ps(x, y)
#define SUB(x, y) _mm512_sub_ps(x, y)
#define FMA(x, y, s) _mm512_fmadd_ps(x, y, s)
#define SUM(x) _mm512_reduce_add_ps(x)
#include "kernels_f32.h"

static inline AVX512 uint32_t avx512_sum_i32(__m512i v) {
    return avx2_sum_i32(_mm256_add_epi32(_mm512_castsi512_si256(v), _mm512_extracti64x4_epi64(v, 1)));
}

static inline AVX512 __m512i avx512_load_i8(const int8_t *p) {
    return _mm512_cvtepi8_epi16(_mm256_load_si256((const void *) p));
}

static AVX512 int32_t avx512_dot_i8(const int8_t *a, const int8_t *b, size_t n) {
    __m512i s = _mm512_setzero_si512(), t = s;
    for (size_t i = 0; i < n; i += LINE) {
        s = _mm512_add_epi32(s, _mm512_madd_epi16(avx512_load_i8(a + i), avx512_load_i8(b + i)));
        t = _mm512_add_epi32(t, _mm512_madd_epi16(avx512_load_i8(a + i + 32), avx512_load_i8(b + i + 32)));
    }
    return (int32_t) avx512_sum_i32(_mm512_add_epi32(s, t));
}

static AVX512 int64_t avx512_squared_l2_i8(const int8_t *a, const int8_t *b, size_t n) {
    __m512i s = _mm512_setzero_si512(), t = s;
    for (size_t i = 0; i < n; i += LINE) {
        __m512i d = _mm512_sub_epi16(avx512_load_i8(a + i), avx512_load_i8(b + i));
        __m512i e = _mm512_sub_epi16(avx512_load_i8(a + i + 32), avx512_load_i8(b + i + 32));
        s = _mm512_add_epi32(s, _mm512_madd_epi16(d, d));
        t = _mm512_add_epi32(t, _mm512_madd_epi16(e, e));
    }
    return avx512_sum_i32(_mm512_add_epi32(s, t));
}

static AVX512 float avx512_cosine_i8(const int8_t *a, const int8_t *b, size_t n) {
    __m512i s = _mm512_setzero_si512(), p = s, q = s;
    for (size_t i = 0; i < n; i += 32) {
        __m512i x = avx512_load_i8(a + i), y = avx512_load_i8(b + i);
        s = _mm512_add_epi32(s, _mm512_madd_epi16(x, y));
        p = _mm512_add_epi32(p, _mm512_madd_epi16(x, x));
        q = _mm512_add_epi32(q, _mm512_madd_epi16(y, y));
    }
    return cosine_of((int32_t) avx512_sum_i32(s), avx512_sum_i32(p), avx512_sum_i32(q));
}

/*
 * The instruction multiplies bytes without a sign by bytes with one. So 128 is added to each component of a, and what
 * that adds to the sum, 128 times each component of b, is taken off again.
 */
static VNNI int32_t vnni_dot_i8(const int8_t *a, const int8_t *b, size_t n) {
    const __m512i high = _mm512_set1_epi8(-128);
    __m512i s = _mm512_setzero_si512(), t = s, u = s, v = s;
    size_t i = 0;
    for (; i + LINE < n; i += 2 * LINE) {
        __m512i y = _mm512_load_si512(b + i), z = _mm512_load_si512(b + i + LINE);
        s = _mm512_dpbusd_epi32(s, _mm512_xor_si512(_mm512_load_si512(a + i), high), y);
        t = _mm512_dpbusd_epi32(t, _mm512_xor_si512(_mm512_load_si512(a + i + LINE), high), z);
        u = _mm512_dpbusd_epi32(u, high, y);
        v = _mm512_dpbusd_epi32(v, high, z);
    }
    if (i < n) {
        __m512i y = _mm512_load_si512(b + i);
        s = _mm512_dpbusd_epi32(s, _mm512_xor_si512(_mm512_load_si512(a + i), high), y);
        u = _mm512_dpbusd_epi32(u, high, y);
    }
    return (int32_t) avx512_sum_i32(_mm512_sub_epi32(_mm512_add_epi32(s, t), _mm512_add_epi32(u, v)));
}

MANY(AVX512, avx512_dot_i8_many, avx512_dot_i8, int8_t)
MANY(AVX512, avx512_squared_l2_i8_many, avx512_squared_l2_i8, int8_t)
MANY(AVX512, avx512_cosine_i8_many, avx512_cosine_i8, int8_t)
MANY(VNNI, vnni_dot_i8_many, vnni_dot_i8, int8_t)

static POPCOUNT int32_t popcount_hamming(const void *a, const void *b, size_t bits) {
    __m512i s = _mm512_setzero_si512();
    for (size_t i = 0; i < (bits + 511) / 512; i++) {
        const __m512i *x = a, *y = b;
        s = _mm512_add_epi64(s, _mm512_popcnt_epi64(_mm512_xor_si512(x[i], y[i])));
    }
    return (int32_t) _mm512_reduce_add_epi64(s);
}

static POPCOUNT float popcount_jaccard(const void *a, const void *b, size_t bits) {
    __m512i both = _mm512_setzero_si512(), either = both;
    for (size_t i = 0; i < (bits + 511) / 512; i++) {
        const __m512i *x = a, *y = b;
        both = _mm512_add_epi64(both, _mm512_popcnt_epi64(_mm512_and_si512(x[i], y[i])));
        either = _mm512_add_epi64(either, _mm512_popcnt_epi64(_mm512_or_si512(x[i], y[i])));
    }
    return jaccard_of(_mm512_reduce_add_epi64(both), _mm512_reduce_add_epi64(either));
}

MANY(POPCOUNT, popcount_hamming_many, popcount_hamming, void)
MANY(POPCOUNT, popcount_jaccard_many, popcount_jaccard, void)

#elif defined(__aarch64__)

/* ----------------------------------------------------------------------------------------------------------- NEON */

#define TARGET
#define NAME(name) neon_##name
#define LANES 4
#define VECTOR float32x4_t
#define ZERO() vdupq_n_f32(0)
#define LOAD(p) vld1q_f32(p)
#define ADD(x, y) vaddq_f32(x, y)
#define SUB(x, y) vsubq_f32(x, y)
#define FMA(x, y, s) vfmaq_f32(s, x, y)
#define SUM(x) vaddvq_f32(x)
#include "kernels_f32.h"

/* Adds the products of 16 components to four sums. */
static inline int32x4_t neon_products(int32x4_t sum, int8x16_t x, int8x16_t y) {
    sum = vpadalq_s16(sum, vmull_s8(vget_low_s8(x), vget_low_s8(y)));
    return vpadalq_s16(sum, vmull_high_s8(x, y));
}

static int32_t neon_dot_i8(const int8_t *a, const int8_t *b, size_t n) {
    int32x4_t s = vdupq_n_s32(0), t = s;
    for (size_t i = 0; i < n; i += 32) {
        s = neon_products(s, vld1q_s8(a + i), vld1q_s8(b + i));
        t = neon_products(t, vld1q_s8(a + i + 16), vld1q_s8(b + i + 16));
    }
    return vaddvq_s32(vaddq_s32(s, t));
}

static int64_t neon_squared_l2_i8(const int8_t *a, const int8_t *b, size_t n) {
    uint32x4_t s = vdupq_n_u32(0), t = s;
    for (size_t i = 0; i < n; i += 16) {
        uint8x16_t d = vreinterpretq_u8_s8(vabdq_s8(vld1q_s8(a + i), vld1q_s8(b + i)));
        s = vpadalq_u16(s, vmull_u8(vget_low_u8(d), vget_low_u8(d)));
        t = vpadalq_u16(t, vmull_high_u8(d, d));
    }
    return vaddvq_u32(vaddq_u32(s, t));
}

static float neon_cosine_i8(const int8_t *a, const int8_t *b, size_t n) {
    int32x4_t s = vdupq_n_s32(0), p = s, q = s;
    for (size_t i = 0; i < n; i += 16) {
        int8x16_t x = vld1q_s8(a + i), y = vld1q_s8(b + i);
        s = neon_products(s, x, y);
        p = neon_products(p, x, x);
        q = neon_products(q, y, y);
    }
    return cosine_of(vaddvq_s32(s), vaddvq_s32(p), vaddvq_s32(q));
}

/* Bits of 16 bytes, added to four sums. */
static inline uint32x4_t neon_bits(uint32x4_t sum, uint8x16_t v) {
    return vpadalq_u16(sum, vpaddlq_u8(vcntq_u8(v)));
}

static int32_t neon_hamming(const void *a, const void *b, size_t bits) {
    const uint8_t *x = a, *y = b;
    uint32x4_t s = vdupq_n_u32(0), t = s;
    for (size_t i = 0; i < (bits + 511) / 512 * LINE; i += 32) {
        s = neon_bits(s, veorq_u8(vld1q_u8(x + i), vld1q_u8(y + i)));
        t = neon_bits(t, veorq_u8(vld1q_u8(x + i + 16), vld1q_u8(y + i + 16)));
    }
    return (int32_t) vaddvq_u32(vaddq_u32(s, t));
}

static float neon_jaccard(const void *a, const void *b, size_t bits) {
    const uint8_t *x = a, *y = b;
    uint32x4_t both = vdupq_n_u32(0), either = both;
    for (size_t i = 0; i < (bits + 511) / 512 * LINE; i += 16) {
        both = neon_bits(both, vandq_u8(vld1q_u8(x + i), vld1q_u8(y + i)));
        either = neon_bits(either, vorrq_u8(vld1q_u8(x + i), vld1q_u8(y + i)));
    }
    return jaccard_of(vaddvq_u32(both), vaddvq_u32(either));
}

MANY(, neon_dot_i8_many, neon_dot_i8, int8_t)
MANY(, neon_squared_l2_i8_many, neon_squared_l2_i8, int8_t)
MANY(, neon_cosine_i8_many, neon_cosine_i8, int8_t)
MANY(, neon_hamming_many, neon_hamming, void)
MANY(, neon_jaccard_many, neon_jaccard, void)

#endif

/* -------------------------------------------------------------------------------------------------------- choosing */

typedef void many_f32(const float *, const void *, size_t, size_t, size_t, float *);
typedef void many_i8(const int8_t *, const void *, size_t, size_t, size_t, float *);
typedef void many_bits(const void *, const void *, size_t, size_t, size_t, float *);

static struct {
    const char *name;
    float (*dot)(const float *, const float *, size_t);
    float (*squared_l2)(const float *, const float *, size_t);
    float (*cosine)(const float *, const float *, size_t);
    many_f32 *dot_many, *squared_l2_many, *cosine_many;
    int32_t (*dot_i8)(const int8_t *, const int8_t *, size_t);
    int64_t (*squared_l2_i8)(const int8_t *, const int8_t *, size_t);
    float (*cosine_i8)(const int8_t *, const int8_t *, size_t);
    many_i8 *dot_i8_many, *squared_l2_i8_many, *cosine_i8_many;
    int32_t (*hamming)(const void *, const void *, size_t);
    float (*jaccard)(const void *, const void *, size_t);
    many_bits *hamming_many, *jaccard_many;
} kernels;

#define USE_FLOATS(kind) \
    kernels.dot = kind##_dot; \
    kernels.squared_l2 = kind##_squared_l2; \
    kernels.cosine = kind##_cosine; \
    kernels.dot_many = kind##_dot_many; \
    kernels.squared_l2_many = kind##_squared_l2_many; \
    kernels.cosine_many = kind##_cosine_many

#define USE_BYTES(kind) \
    kernels.dot_i8 = kind##_dot_i8; \
    kernels.squared_l2_i8 = kind##_squared_l2_i8; \
    kernels.cosine_i8 = kind##_cosine_i8; \
    kernels.dot_i8_many = kind##_dot_i8_many; \
    kernels.squared_l2_i8_many = kind##_squared_l2_i8_many; \
    kernels.cosine_i8_many = kind##_cosine_i8_many

#define USE_BITS(kind) \
    kernels.hamming = kind##_hamming; \
    kernels.jaccard = kind##_jaccard; \
    kernels.hamming_many = kind##_hamming_many; \
    kernels.jaccard_many = kind##_jaccard_many

/* The highest level of the hardware that is not above the wish; 3 is AVX-512 with VNNI and VPOPCNTDQ. */
int ashlar_kernels_use(int level) {
    int used = 0;
    kernels.name = "plain";
    USE_FLOATS(plain);
    USE_BYTES(plain);
    USE_BITS(plain);
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (level >= 1 && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
        __builtin_cpu_supports("popcnt")) {
        used = 1;
        kernels.name = "AVX2";
        USE_FLOATS(avx2);
        USE_BYTES(avx2);
        USE_BITS(avx2);
    }
    if (used == 1 && level >= 2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq")) {
        used = 2;
        kernels.name = "AVX-512";
        USE_FLOATS(avx512);
        USE_BYTES(avx512);
    }
    if (used == 2 && level >= 3 && __builtin_cpu_supports("avx512vnni") &&
        __builtin_cpu_supports("avx512vpopcntdq")) {
        used = 3;
        kernels.name = "AVX-512, VNNI, VPOPCNTDQ";
        kernels.dot_i8 = vnni_dot_i8;
        kernels.dot_i8_many = vnni_dot_i8_many;
        USE_BITS(popcount);
    }
#elif defined(__aarch64__)
    if (level >= 1) {
        used = 1;
        kernels.name = "NEON";
        USE_FLOATS(neon);
        USE_BYTES(neon);
        USE_BITS(neon);
    }
#endif
    return used;
}

static __attribute__((constructor)) void use_the_best(void) {
    ashlar_kernels_use(3);
}

const char *ashlar_kernels(void) {
    return kernels.name;
}

float ashlar_dot_f32(const float *a, const float *b, size_t n) {
    return kernels.dot(a, b, n);
}

float ashlar_squared_l2_f32(const float *a, const float *b, size_t n) {
    return kernels.squared_l2(a, b, n);
}

float ashlar_cosine_f32(const float *a, const float *b, size_t n) {
    return kernels.cosine(a, b, n);
}

int32_t ashlar_dot_i8(const int8_t *a, const int8_t *b, size_t n) {
    return kernels.dot_i8(a, b, n);
}

int64_t ashlar_squared_l2_i8(const int8_t *a, const int8_t *b, size_t n) {
    return kernels.squared_l2_i8(a, b, n);
}

float ashlar_cosine_i8(const int8_t *a, const int8_t *b, size_t n) {
    return kernels.cosine_i8(a, b, n);
}

int32_t ashlar_hamming(const void *a, const void *b, size_t bits) {
    return kernels.hamming(a, b, bits);
}

float ashlar_jaccard(const void *a, const void *b, size_t bits) {
    return kernels.jaccard(a, b, bits);
}

#define EXPORT_MANY(name, ELEMENT, kernel) \
    void name(const ELEMENT *query, const void *rows, size_t stride, size_t count, size_t n, float *scores) { \
        kernels.kernel(query, rows, stride, count, n, scores); \
    }

EXPORT_MANY(ashlar_dot_f32_many, float, dot_many)
EXPORT_MANY(ashlar_squared_l2_f32_many, float, squared_l2_many)
EXPORT_MANY(ashlar_cosine_f32_many, float, cosine_many)
EXPORT_MANY(ashlar_dot_i8_many, int8_t, dot_i8_many)
EXPORT_MANY(ashlar_squared_l2_i8_many, int8_t, squared_l2_i8_many)
EXPORT_MANY(ashlar_cosine_i8_many, int8_t, cosine_i8_many)
EXPORT_MANY(ashlar_hamming_many, void, hamming_many)
EXPORT_MANY(ashlar_jaccard_many, void, jaccard_many)
