/* Shared by the files that hold the kernels of ops.def. */
#ifndef GEN_PROVE_KERNEL_H
#define GEN_PROVE_KERNEL_H
#include "gen/prove/normal.h"

/* Scratch values of one kernel. */
typedef struct {
    normal *c;
    rational value[6];
} scratch;

rational *kernel_open(scratch *s, normal *c);
bool kernel_close(scratch *s, bool good); /* returns good */
bool kernel_times(normal *c, rational *q, slong numerator, slong denominator);
bool kernel_add_one(normal *c, rational *out, const rational *u);
bool kernel_expm1(normal *c, op o, const rational *u, rational *out);

/* kernel_piece.c */
bool kernel_abs(normal *c, op o, const rational *u, rational *out);
bool kernel_sign(normal *c, op o, const rational *u, rational *out);
bool kernel_max(normal *c, op o, const rational *u, rational *out);
bool kernel_min(normal *c, op o, const rational *u, rational *out);
bool kernel_clip(normal *c, op o, const rational *u, rational *out);
bool kernel_relu(normal *c, op o, const rational *u, rational *out);
bool kernel_hardtanh(normal *c, op o, const rational *u, rational *out);
bool kernel_hardsigmoid(normal *c, op o, const rational *u, rational *out);
bool kernel_leaky_relu(normal *c, op o, const rational *u, rational *out);
bool kernel_elu(normal *c, op o, const rational *u, rational *out);
bool kernel_selu(normal *c, op o, const rational *u, rational *out);
bool kernel_softsign(normal *c, op o, const rational *u, rational *out);
bool kernel_hypot(normal *c, op o, const rational *u, rational *out);

/* shift.c */
bool kernel_floor(normal *c, op o, const rational *u, rational *out);
bool kernel_ceil(normal *c, op o, const rational *u, rational *out);
bool kernel_gamma(normal *c, op o, const rational *u, rational *out);

#endif
