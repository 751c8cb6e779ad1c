/* e^u and tanh in a form that the compiler inlines into loops and makes vectors of: exp takes 0.95 ns an entry with AVX-512, that of libmvec 1.75
 * (bench/README.md), and nothing is saved and restored around a call.
 * u = k ln2 + r with |r| <= ln2/2; e^r = 1 + r + r² q(r), q of degree 9 fitted at Chebyshev's points (error 2^-55.8 of e^r). tanh u = t/(t + 2) with t = e^2u − 1 =
 * 2^k (e^r − 1) + (2^k − 1). Errors below 2 and 3 units in the last place (tests/generated/vector_error.c); NaN, infinities, results that are too small or too
 * large as from the plain functions. Not for -ffast-math, which turns the rounding to k into nothing. Included by delta.h. */
#ifndef DELTA_VECTOR_H
#define DELTA_VECTOR_H
#include <math.h>
#include <stdint.h>
#include <string.h>

/* e^r − 1, and the bits of k above those of 1.5·2^52. */
static inline double delta_vector_reduced(double u, uint64_t *k_bits)
{
    const double shift = 0x1.8p52; /* u + shift has no fraction */
    double shifted = DELTA_FMA(u, 0x1.71547652b82fep0, shift), k = shifted - shift;
    uint64_t bits;
    memcpy(&bits, &shifted, sizeof bits);
    *k_bits = bits - UINT64_C(0x4338000000000000);
    double r = DELTA_FMA(-k, 0x1.a39ef35793c76p-33, DELTA_FMA(-k, 0x1.62e42fee00000p-1, u));
    double q = DELTA_FMA(r, 0x1.af38a9b0ec855p-26, 0x1.289185613a3d6p-22);
    q = DELTA_FMA(r, q, 0x1.71de0dae63bb3p-19);
    q = DELTA_FMA(r, q, 0x1.a019b90d2ae7ap-16);
    q = DELTA_FMA(r, q, 0x1.a01a01a7c41d5p-13);
    q = DELTA_FMA(r, q, 0x1.6c16c1788bd90p-10);
    q = DELTA_FMA(r, q, 0x1.11111111109b3p-7);
    q = DELTA_FMA(r, q, 0x1.5555555553d63p-5);
    q = DELTA_FMA(r, q, 0x1.5555555555556p-3);
    q = DELTA_FMA(r, q, 0x1.0000000000001p-1);
    return DELTA_FMA(r * r, q, r);
}

/* 2^k for k >= -1022. */
static inline double delta_vector_scale(uint64_t k_bits)
{
    uint64_t bits = (k_bits + 1023) << 52;
    double scale;
    memcpy(&scale, &bits, sizeof scale);
    return scale;
}

static inline double delta_vector_exp(double u)
{
    uint64_t k;
    u = u < -746.0 ? -746.0 : u;
    u = u > 710.0 ? 710.0 : u;
    double less_one = delta_vector_reduced(u, &k);
    uint64_t half = ((k + 2048) >> 1) - 1024; /* two factors: 2^k may be no normal number */
    double scale = delta_vector_scale(half);
    return DELTA_FMA(scale, less_one, scale) * delta_vector_scale(k - half);
}

static inline double delta_vector_tanh(double u)
{
    uint64_t k;
    double twice = 2.0 * fabs(u);
    twice = twice > 45.0 ? 45.0 : twice; /* where it is 1 */
    double less_one = delta_vector_reduced(twice, &k), scale = delta_vector_scale(k);
    double t = DELTA_FMA(scale, less_one, scale - 1.0);
    return copysign(t / (t + 2.0), u);
}

#endif
