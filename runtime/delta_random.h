/* Counter-based random numbers: value number `counter` of stream `stream` under `seed`, the same on every machine and for any order of drawing.
 * Mixing function: splitmix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014) applied to the key and then to the counter.
 * Self-contained C99, so that the text can also be pasted into freestanding programs. */
#ifndef DELTA_RANDOM_H
#define DELTA_RANDOM_H
#include <math.h>
#include <stdint.h>

static inline uint64_t delta_mix(uint64_t z)
{
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static inline uint64_t delta_bits(uint64_t seed, uint64_t stream, uint64_t counter)
{
    uint64_t key = delta_mix(delta_mix(seed + UINT64_C(0x9e3779b97f4a7c15)) ^ (stream * UINT64_C(0xd1342543de82ef95)));
    return delta_mix(key + (counter + 1u) * UINT64_C(0x9e3779b97f4a7c15));
}

/* In (0, 1), never 0 or 1. */
static inline double delta_uniform(uint64_t seed, uint64_t stream, uint64_t counter)
{
    return ((double)(delta_bits(seed, stream, counter) >> 12) + 0.5) * 0x1p-52;
}

/* Mean 0, deviation 1: Box and Muller (1958), cosine branch, two uniforms a value. */
static inline double delta_normal(uint64_t seed, uint64_t stream, uint64_t counter)
{
    double u = delta_uniform(seed, stream, 2u * counter);
    double v = delta_uniform(seed, stream, 2u * counter + 1u);
    return sqrt(-2.0 * log(u)) * cos(6.283185307179586476925286766559 * v);
}

#endif
