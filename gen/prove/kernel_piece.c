/* Functions in pieces: |u|, max, relu and their relatives, through sign atoms. */
#include "gen/prove/kernel.h"

bool kernel_abs(normal *c, op o, const rational *u, rational *out)
{
    (void)o;
    return normal_absolute(c, u, out);
}

bool kernel_sign(normal *c, op o, const rational *u, rational *out)
{
    (void)o;
    return normal_sign_of(c, u, out);
}

/* (u + v ± |u − v|)/2 */
static bool extreme(normal *c, const rational *u, const rational *w, slong sign, rational *out)
{
    scratch s;
    rational *v = kernel_open(&s, c);
    bool good = rational_sub(c, &v[0], u, w) && kernel_abs(c, OP_ABS, &v[0], &v[1]) && kernel_times(c, &v[1], sign, 1) && rational_add(c, &v[2], u, w);
    return kernel_close(&s, good && rational_add(c, out, &v[2], &v[1]) && kernel_times(c, out, 1, 2));
}

bool kernel_max(normal *c, op o, const rational *u, rational *out)
{
    (void)o;
    return extreme(c, u, u + 1, 1, out);
}

bool kernel_min(normal *c, op o, const rational *u, rational *out)
{
    (void)o;
    return extreme(c, u, u + 1, -1, out);
}

bool kernel_clip(normal *c, op o, const rational *u, rational *out)
{
    (void)o;
    scratch s;
    rational *v = kernel_open(&s, c);
    return kernel_close(&s, extreme(c, u, u + 1, 1, &v[0]) && extreme(c, &v[0], u + 2, -1, out));
}

bool kernel_relu(normal *c, op o, const rational *u, rational *out)
{
    (void)o;
    scratch s;
    rational *v = kernel_open(&s, c);
    return kernel_close(&s, extreme(c, u, &v[0], 1, out));
}

/* lo <= u <= hi */
static bool clip_between(normal *c, const rational *u, slong lo, slong hi, rational *out)
{
    scratch s;
    rational *v = kernel_open(&s, c);
    bool good = rational_set_si(c, &v[0], lo, 1) && rational_set_si(c, &v[1], hi, 1) && extreme(c, u, &v[0], 1, &v[2]);
    return kernel_close(&s, good && extreme(c, &v[2], &v[1], -1, out));
}

bool kernel_hardtanh(normal *c, op o, const rational *u, rational *out)
{
    (void)o;
    return clip_between(c, u, -1, 1, out);
}

bool kernel_hardsigmoid(normal *c, op o, const rational *u, rational *out)
{
    (void)o;
    scratch s;
    rational *v = kernel_open(&s, c);
    fmpz_mpoly_q_add_si(&v[0], u, 3, c->ring);
    return kernel_close(&s, clip_between(c, &v[0], 0, 6, out) && kernel_times(c, out, 1, 6));
}

/* u > 0 ? u : f */
static bool positive_or(normal *c, const rational *u, const rational *f, rational *out)
{
    scratch s;
    rational *v = kernel_open(&s, c);
    bool good = normal_positive(c, u, &v[0]) && rational_sub(c, &v[1], u, f) && rational_mul(c, &v[1], &v[1], &v[0]) && rational_add(c, out, &v[1], f);
    return kernel_close(&s, good);
}

bool kernel_leaky_relu(normal *c, op o, const rational *u, rational *out)
{
    (void)o;
    scratch s;
    rational *v = kernel_open(&s, c);
    return kernel_close(&s, rational_mul(c, &v[0], u, u + 1) && positive_or(c, u, &v[0], out));
}

bool kernel_elu(normal *c, op o, const rational *u, rational *out)
{
    scratch s;
    rational *v = kernel_open(&s, c);
    return kernel_close(&s, kernel_expm1(c, o, u, &v[0]) && rational_mul(c, &v[1], &v[0], u + 1) && positive_or(c, u, &v[1], out));
}

bool kernel_selu(normal *c, op o, const rational *u, rational *out)
{
    (void)o;
    scratch s;
    rational *v = kernel_open(&s, c);
    fmpz_mpoly_q_set(&v[0], u, c->ring);
    bool good = normal_atom(c, dag_raw_fun(c->d, OP_SELU_ALPHA, 0, NULL), &v[1]) && normal_atom(c, dag_raw_fun(c->d, OP_SELU_SCALE, 0, NULL), &v[2]);
    return kernel_close(&s, good && kernel_elu(c, OP_ELU, v, &v[3]) && rational_mul(c, out, &v[3], &v[2]));
}

bool kernel_softsign(normal *c, op o, const rational *u, rational *out)
{
    scratch s;
    rational *v = kernel_open(&s, c);
    return kernel_close(&s, kernel_abs(c, o, u, &v[0]) && kernel_add_one(c, &v[1], &v[0]) && rational_div(c, out, u, &v[1]));
}

bool kernel_hypot(normal *c, op o, const rational *u, rational *out)
{
    (void)o;
    scratch s;
    rational *v = kernel_open(&s, c);
    bool good = rational_mul(c, &v[0], u, u) && rational_mul(c, &v[1], u + 1, u + 1) && rational_add(c, &v[2], &v[0], &v[1]);
    return kernel_close(&s, good && normal_root(c, &v[2], 1, 2, out));
}
