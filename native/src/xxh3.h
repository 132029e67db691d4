/* XXH3-64 with a seed, as the xxHash specification describes it. */
#ifndef ASHLAR_XXH3_H
#define ASHLAR_XXH3_H

#include <stddef.h>
#include <stdint.h>

uint64_t xxh3(const uint8_t *bytes, size_t length, uint64_t seed);

#endif
