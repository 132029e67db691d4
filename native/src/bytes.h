/* Little-endian numbers at any address, and arithmetic on offsets. */
#ifndef ASHLAR_BYTES_H
#define ASHLAR_BYTES_H

#include <stdint.h>
#include <string.h>

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define ASHLAR_SWAPS 1
#else
#define ASHLAR_SWAPS 0
#endif

static inline uint32_t swap32(uint32_t x) {
    return (x >> 24) | ((x >> 8) & 0xff00u) | ((x << 8) & 0xff0000u) | (x << 24);
}

static inline uint64_t swap64(uint64_t x) {
    return ((uint64_t)swap32((uint32_t)x) << 32) | swap32((uint32_t)(x >> 32));
}

static inline uint16_t load16(const uint8_t *at) {
    return (uint16_t)(at[0] | (unsigned)at[1] << 8);
}

static inline uint32_t load32(const uint8_t *at) {
    uint32_t x;
    memcpy(&x, at, sizeof x);
    return ASHLAR_SWAPS ? swap32(x) : x;
}

static inline uint64_t load64(const uint8_t *at) {
    uint64_t x;
    memcpy(&x, at, sizeof x);
    return ASHLAR_SWAPS ? swap64(x) : x;
}

/* The smallest multiple of n, a power of two, that is at least x. x is below 2^63. */
static inline uint64_t align_up(uint64_t x, uint64_t n) {
    return (x + n - 1) & ~(n - 1);
}

static inline uint64_t least(uint64_t a, uint64_t b) {
    return a < b ? a : b;
}

#endif
