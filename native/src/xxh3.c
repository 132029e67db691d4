#include "xxh3.h"

#include "bytes.h"

#define PRIME32_1 UINT64_C(0x9E3779B1)
#define PRIME32_2 UINT64_C(0x85EBCA77)
#define PRIME32_3 UINT64_C(0xC2B2AE3D)
#define PRIME64_1 UINT64_C(0x9E3779B185EBCA87)
#define PRIME64_2 UINT64_C(0xC2B2AE3D27D4EB4F)
#define PRIME64_3 UINT64_C(0x165667B19E3779F9)
#define PRIME64_4 UINT64_C(0x85EBCA77C2B2AE63)
#define PRIME64_5 UINT64_C(0x27D4EB2F165667C5)
#define PRIME_MX1 UINT64_C(0x165667919E3779F9)
#define PRIME_MX2 UINT64_C(0x9FB21C651E98DF25)

enum {
    SECRET = 192,
    LANES = 8,
    STRIPE = 64,
    STRIPES_PER_BLOCK = (SECRET - STRIPE) / 8,
    BLOCK = STRIPES_PER_BLOCK * STRIPE,
    SECRET_OF_LAST_STRIPE = SECRET - STRIPE - 7,
    SECRET_OF_MERGE = 11
};

static const uint8_t SECRET_BYTES[SECRET] = {
    0xb8, 0xfe, 0x6c, 0x39, 0x23, 0xa4, 0x4b, 0xbe, 0x7c, 0x01, 0x81, 0x2c, 0xf7, 0x21, 0xad, 0x1c,
    0xde, 0xd4, 0x6d, 0xe9, 0x83, 0x90, 0x97, 0xdb, 0x72, 0x40, 0xa4, 0xa4, 0xb7, 0xb3, 0x67, 0x1f,
    0xcb, 0x79, 0xe6, 0x4e, 0xcc, 0xc0, 0xe5, 0x78, 0x82, 0x5a, 0xd0, 0x7d, 0xcc, 0xff, 0x72, 0x21,
    0xb8, 0x08, 0x46, 0x74, 0xf7, 0x43, 0x24, 0x8e, 0xe0, 0x35, 0x90, 0xe6, 0x81, 0x3a, 0x26, 0x4c,
    0x3c, 0x28, 0x52, 0xbb, 0x91, 0xc3, 0x00, 0xcb, 0x88, 0xd0, 0x65, 0x8b, 0x1b, 0x53, 0x2e, 0xa3,
    0x71, 0x64, 0x48, 0x97, 0xa2, 0x0d, 0xf9, 0x4e, 0x38, 0x19, 0xef, 0x46, 0xa9, 0xde, 0xac, 0xd8,
    0xa8, 0xfa, 0x76, 0x3f, 0xe3, 0x9c, 0x34, 0x3f, 0xf9, 0xdc, 0xbb, 0xc7, 0xc7, 0x0b, 0x4f, 0x1d,
    0x8a, 0x51, 0xe0, 0x4b, 0xcd, 0xb4, 0x59, 0x31, 0xc8, 0x9f, 0x7e, 0xc9, 0xd9, 0x78, 0x73, 0x64,
    0xea, 0xc5, 0xac, 0x83, 0x34, 0xd3, 0xeb, 0xc3, 0xc5, 0x81, 0xa0, 0xff, 0xfa, 0x13, 0x63, 0xeb,
    0x17, 0x0d, 0xdd, 0x51, 0xb7, 0xf0, 0xda, 0x49, 0xd3, 0x16, 0x55, 0x26, 0x29, 0xd4, 0x68, 0x9e,
    0x2b, 0x16, 0xbe, 0x58, 0x7d, 0x47, 0xa1, 0xfc, 0x8f, 0xf8, 0xb8, 0xd1, 0x7a, 0xd0, 0x31, 0xce,
    0x45, 0xcb, 0x3a, 0x8f, 0x95, 0x16, 0x04, 0x28, 0xaf, 0xd7, 0xfb, 0xca, 0xbb, 0x4b, 0x40, 0x7e,
};

static uint64_t secret64(size_t at) {
    return load64(SECRET_BYTES + at);
}

static uint64_t rotate(uint64_t x, unsigned bits) {
    return (x << bits) | (x >> (64 - bits));
}

/* The low half of a 128-bit product xor its high half. */
static uint64_t multiply_fold(uint64_t a, uint64_t b) {
    uint64_t low_a = a & 0xffffffffu;
    uint64_t high_a = a >> 32;
    uint64_t low_b = b & 0xffffffffu;
    uint64_t high_b = b >> 32;
    uint64_t low = low_a * low_b;
    uint64_t cross = high_a * low_b + (low >> 32); /* at most 2^64 - 2^32 */
    uint64_t middle = low_a * high_b + (cross & 0xffffffffu);
    uint64_t high = high_a * high_b + (cross >> 32) + (middle >> 32);
    return high ^ ((middle << 32) | (low & 0xffffffffu));
}

static uint64_t avalanche(uint64_t h) {
    h ^= h >> 37;
    h *= PRIME_MX1;
    return h ^ (h >> 32);
}

/* The finish of the older XXH64, which the shortest inputs use. */
static uint64_t avalanche_short(uint64_t h) {
    h ^= h >> 33;
    h *= PRIME64_2;
    h ^= h >> 29;
    h *= PRIME64_3;
    return h ^ (h >> 32);
}

static uint64_t hash_1_to_3(const uint8_t *in, size_t length, uint64_t seed) {
    uint32_t combined =
        (uint32_t)in[length - 1] | (uint32_t)length << 8 | (uint32_t)in[0] << 16 | (uint32_t)in[length >> 1] << 24;
    uint64_t key = (uint64_t)(load32(SECRET_BYTES) ^ load32(SECRET_BYTES + 4)) + seed;
    return avalanche_short(key ^ combined);
}

static uint64_t hash_4_to_8(const uint8_t *in, size_t length, uint64_t seed) {
    uint64_t mixed_seed = seed ^ ((uint64_t)swap32((uint32_t)seed) << 32);
    uint64_t combined = (uint64_t)load32(in + length - 4) | (uint64_t)load32(in) << 32;
    uint64_t h = ((secret64(8) ^ secret64(16)) - mixed_seed) ^ combined;
    h ^= rotate(h, 49) ^ rotate(h, 24);
    h *= PRIME_MX2;
    h ^= (h >> 35) + length;
    h *= PRIME_MX2;
    return h ^ (h >> 28);
}

static uint64_t hash_9_to_16(const uint8_t *in, size_t length, uint64_t seed) {
    uint64_t low = ((secret64(24) ^ secret64(32)) + seed) ^ load64(in);
    uint64_t high = ((secret64(40) ^ secret64(48)) - seed) ^ load64(in + length - 8);
    return avalanche(length + swap64(low) + high + multiply_fold(low, high));
}

static uint64_t mix(const uint8_t *in, size_t secret, uint64_t seed) {
    return multiply_fold(load64(in) ^ (secret64(secret) + seed), load64(in + 8) ^ (secret64(secret + 8) - seed));
}

/* Pairs of 16 bytes from both ends, the innermost first. */
static uint64_t hash_17_to_128(const uint8_t *in, size_t length, uint64_t seed) {
    uint64_t sum = length * PRIME64_1;
    for (size_t i = (length - 1) / 32 + 1; i-- > 0;) {
        sum += mix(in + 16 * i, 32 * i, seed);
        sum += mix(in + length - 16 * (i + 1), 32 * i + 16, seed);
    }
    return avalanche(sum);
}

static uint64_t hash_129_to_240(const uint8_t *in, size_t length, uint64_t seed) {
    uint64_t sum = length * PRIME64_1;
    for (size_t i = 0; i < 8; i++) {
        sum += mix(in + 16 * i, 16 * i, seed);
    }
    sum = avalanche(sum);
    for (size_t i = 8; i < length / 16; i++) {
        sum += mix(in + 16 * i, 16 * (i - 8) + 3, seed);
    }
    sum += mix(in + length - 16, 119, seed);
    return avalanche(sum);
}

static void accumulate(uint64_t lanes[LANES], const uint8_t *stripe, const uint8_t *secret) {
    for (size_t i = 0; i < LANES; i++) {
        uint64_t value = load64(stripe + 8 * i);
        uint64_t key = value ^ load64(secret + 8 * i);
        lanes[i ^ 1] += value;
        lanes[i] += (key & 0xffffffffu) * (key >> 32);
    }
}

static void scramble(uint64_t lanes[LANES], const uint8_t *secret) {
    for (size_t i = 0; i < LANES; i++) {
        uint64_t lane = lanes[i];
        lane ^= lane >> 47;
        lane ^= load64(secret + 8 * i);
        lanes[i] = lane * PRIME32_1;
    }
}

static void store64(uint8_t *at, uint64_t x) {
    x = ASHLAR_SWAPS ? swap64(x) : x;
    memcpy(at, &x, sizeof x);
}

static uint64_t hash_long(const uint8_t *in, size_t length, uint64_t seed) {
    uint8_t secret[SECRET];
    for (size_t i = 0; i < SECRET; i += 16) {
        store64(secret + i, secret64(i) + seed);
        store64(secret + i + 8, secret64(i + 8) - seed);
    }
    uint64_t lanes[LANES] = {PRIME32_3, PRIME64_1, PRIME64_2, PRIME64_3, PRIME64_4, PRIME32_2, PRIME64_5, PRIME32_1};
    /* The last 64 bytes are always a stripe of their own, also if they end a block. */
    size_t whole = (length - 1) / STRIPE;
    for (size_t i = 0; i < whole; i++) {
        size_t in_block = i % STRIPES_PER_BLOCK;
        accumulate(lanes, in + i * STRIPE, secret + 8 * in_block);
        if (in_block == STRIPES_PER_BLOCK - 1) {
            scramble(lanes, secret + SECRET - STRIPE);
        }
    }
    accumulate(lanes, in + length - STRIPE, secret + SECRET_OF_LAST_STRIPE);
    uint64_t sum = length * PRIME64_1;
    for (size_t i = 0; i < LANES; i += 2) {
        const uint8_t *key = secret + SECRET_OF_MERGE + 8 * i;
        sum += multiply_fold(lanes[i] ^ load64(key), lanes[i + 1] ^ load64(key + 8));
    }
    return avalanche(sum);
}

uint64_t xxh3(const uint8_t *bytes, size_t length, uint64_t seed) {
    if (length > 240) {
        return hash_long(bytes, length, seed);
    }
    if (length > 128) {
        return hash_129_to_240(bytes, length, seed);
    }
    if (length > 16) {
        return hash_17_to_128(bytes, length, seed);
    }
    if (length > 8) {
        return hash_9_to_16(bytes, length, seed);
    }
    if (length > 3) {
        return hash_4_to_8(bytes, length, seed);
    }
    if (length > 0) {
        return hash_1_to_3(bytes, length, seed);
    }
    return avalanche_short(seed ^ secret64(56) ^ secret64(64));
}
