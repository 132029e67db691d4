/*
 * The float32 kernels for one kind of vector. Included once for each, with these defined:
 *
 *   TARGET            attributes of each function
 *   NAME(name)        the name of a function for this kind
 *   LANES             floats in a vector
 *   VECTOR, ZERO(), LOAD(pointer), ADD(x, y), SUB(x, y), FMA(x, y, sum), SUM(x)
 *
 * Four accumulators hide the time that a multiplication and addition takes. Many rows are read one
 * after the other, as one stream: two at a time share what is loaded of the query, but from memory take twice as long.
 */

#define ADD4(s) ADD(ADD(s##0, s##1), ADD(s##2, s##3))
#define ZERO4(s) VECTOR s##0 = ZERO(), s##1 = ZERO(), s##2 = ZERO(), s##3 = ZERO()
#define STEPS(STEP) \
    size_t floats = (n + 15) / 16 * 16, i = 0; \
    for (; i + 4 * LANES <= floats; i += 4 * LANES) { \
        STEP(0) \
        STEP(1) \
        STEP(2) \
        STEP(3) \
    } \
    for (; i < floats; i += LANES) { \
        STEP(0) \
    }

static TARGET float NAME(dot)(const float *a, const float *b, size_t n) {
    ZERO4(s);
#define STEP(k) s##k = FMA(LOAD(a + i + k * LANES), LOAD(b + i + k * LANES), s##k);
    STEPS(STEP)
#undef STEP
    return SUM(ADD4(s));
}

static TARGET float NAME(squared_l2)(const float *a, const float *b, size_t n) {
    ZERO4(s);
#define STEP(k) \
    VECTOR d##k = SUB(LOAD(a + i + k * LANES), LOAD(b + i + k * LANES)); \
    s##k = FMA(d##k, d##k, s##k);
    STEPS(STEP)
#undef STEP
    return SUM(ADD4(s));
}

static TARGET float NAME(cosine)(const float *a, const float *b, size_t n) {
    ZERO4(s);
    ZERO4(p);
    ZERO4(q);
#define STEP(k) \
    VECTOR x##k = LOAD(a + i + k * LANES), y##k = LOAD(b + i + k * LANES); \
    s##k = FMA(x##k, y##k, s##k); \
    p##k = FMA(x##k, x##k, p##k); \
    q##k = FMA(y##k, y##k, q##k);
    STEPS(STEP)
#undef STEP
    return cosine_of(SUM(ADD4(s)), SUM(ADD4(p)), SUM(ADD4(q)));
}

static TARGET void NAME(dot_many)(const float *a, const void *rows, size_t stride, size_t count, size_t n,
                                  float *scores) {
    for (size_t row = 0; row < count; row++) {
        scores[row] = NAME(dot)(a, row_at(rows, row, stride), n);
    }
}

static TARGET void NAME(squared_l2_many)(const float *a, const void *rows, size_t stride, size_t count, size_t n,
                                         float *scores) {
    for (size_t row = 0; row < count; row++) {
        scores[row] = NAME(squared_l2)(a, row_at(rows, row, stride), n);
    }
}

static TARGET void NAME(cosine_many)(const float *a, const void *rows, size_t stride, size_t count, size_t n,
                                     float *scores) {
    float norm = NAME(dot)(a, a, n);
    for (size_t row = 0; row < count; row++) {
        const float *b = row_at(rows, row, stride);
        ZERO4(s);
        ZERO4(q);
#define STEP(k) \
    VECTOR y##k = LOAD(b + i + k * LANES); \
    s##k = FMA(LOAD(a + i + k * LANES), y##k, s##k); \
    q##k = FMA(y##k, y##k, q##k);
        STEPS(STEP)
#undef STEP
        scores[row] = cosine_of(SUM(ADD4(s)), norm, SUM(ADD4(q)));
    }
}

#undef ADD4
#undef ZERO4
#undef STEPS
#undef TARGET
#undef NAME
#undef LANES
#undef VECTOR
#undef ZERO
#undef LOAD
#undef ADD
#undef SUB
#undef FMA
#undef SUM
