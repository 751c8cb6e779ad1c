/* Points: random numbers that keep what is assumed about names, and states as they are after two steps of training (√v of an optimizer has no derivative at 0). */
#include <math.h>
#include <stdlib.h>

#include "gen/verify/verify.h"

/* Ways to draw, tried one after the other until the cost is finite: around 0, positive, in (0, 1), and a way for each name. */
enum { AROUND, POSITIVE, UNIT, WAYS };

static double uniform(uint64_t h)
{
    return ((double)(h >> 12) + 0.5) * 0x1p-52;
}

static uint64_t bits(uint64_t seed, int var, long entry, int purpose)
{
    int64_t parts[] = {var, entry, purpose};
    return session_hash(seed, 3, parts);
}

/* Rough bell: a sum of four uniforms; tails would only saturate activations. */
static double bell(uint64_t seed, int var, long entry)
{
    double sum = -2.0;
    for (int k = 0; k < 4; k++)
        sum += uniform(bits(seed, var, entry, k));
    return sum;
}

static int way_of(const model_var *v, uint64_t seed, int var, int attempt)
{
    bool param = v->role == ROLE_PARAM;
    switch (attempt) {
    case 0:
    case 1: return AROUND;
    case 2: return param ? AROUND : POSITIVE;
    case 3: return POSITIVE;
    case 4: return param ? AROUND : UNIT;
    case 5: return UNIT;
    default: return (int)(bits(seed, var, 0, 77) % WAYS);
    }
}

static double draw_number(const model_var *v, uint64_t seed, int var, long entry, int way)
{
    double u = uniform(bits(seed, var, entry, 9));
    if (v->integer)
        return u < 0.5 ? 0.0 : 1.0;
    if (v->role == ROLE_SYSTEM)
        return u < 0.7 ? 1.0 : 0.0;
    if (v->role == ROLE_NOISE && v->init.kind == INIT_BERNOULLI)
        return u < 0.6 ? 1.0 : 0.0;
    if (v->role == ROLE_NOISE && v->init.kind == INIT_UNIFORM)
        return 0.02 + 0.96 * u;
    switch (way) {
    case POSITIVE: return 0.3 + 1.5 * u;
    case UNIT: return 0.1 + 0.8 * u;
    default: return 1.3 * bell(seed, var, entry);
    }
}

static double respect(const name_fact *f, double value, uint64_t h)
{
    double lo = f->has_lo ? fmpq_get_d(&f->lo) : 0.0, hi = f->has_hi ? fmpq_get_d(&f->hi) : 0.0, u = uniform(h);
    if (f->zero_one)
        return u < 0.5 ? 0.0 : 1.0;
    if (f->value_count)
        return (double)f->value[(int)(u * f->value_count) % f->value_count];
    if (f->has_lo && f->has_hi)
        return lo + (hi - lo) * (0.04 + 0.92 * u);
    if (f->has_lo)
        return lo + 0.05 + fabs(value);
    return f->has_hi ? hi - 0.05 - fabs(value) : value;
}

static long stride_of(const verify_array *a, int axis)
{
    long stride = 1;
    for (int k = axis + 1; k < a->rank; k++)
        stride *= a->dim[k];
    return stride;
}

/* Entries along the summed axis: one 1 among zeros, positive shares, or the last one makes up the rest. */
static void keep_sum(verify_array *a, const name_fact *f, uint64_t seed)
{
    long stride = stride_of(a, f->sum_axis), length = a->dim[f->sum_axis];
    double total = fmpq_get_d(&f->sum_value);
    for (long i = 0; i < a->count; i++) {
        if (i / stride % length != 0)
            continue;
        double sum = 0.0, *line = a->value + i;
        long chosen = (long)(bits(seed, a->var, i, 5) % (uint64_t)length);
        for (long k = 0; k < length; k++) {
            if (f->zero_one)
                line[k * stride] = k == chosen ? 1.0 : 0.0;
            sum += line[k * stride];
        }
        if (f->zero_one)
            continue;
        if (f->has_lo || f->has_hi)
            for (long k = 0; k < length; k++)
                line[k * stride] *= total / sum;
        else
            line[(length - 1) * stride] += total - sum;
    }
}

/* Entries below the diagonal of the two axes are those above it, in every sample. */
static void keep_symmetry(verify_array *a, const name_fact *f)
{
    if (f->swap_a < 0 || a->dim[f->swap_a] != a->dim[f->swap_b])
        return;
    long length = a->dim[f->swap_a], first = stride_of(a, f->swap_a), second = stride_of(a, f->swap_b);
    for (long i = 0; i < a->count; i++) {
        long row = i / first % length, column = i / second % length;
        if (row > column)
            a->value[i] = a->value[i + (column - row) * first + (row - column) * second];
    }
}

static bool is_drawn(const model_var *v)
{
    return v->role == ROLE_INPUT || v->role == ROLE_TARGET || v->role == ROLE_NOISE || v->role == ROLE_PARAM || v->role == ROLE_SYSTEM ||
           (v->role == ROLE_GIVEN && v->init.kind == INIT_DEFAULT);
}

static void draw_array(partner *p, session *s, verify_array *a, uint64_t seed, int attempt)
{
    const model_var *v = &p->m->var[a->var];
    const name_fact *f = session_is_fact(s, a->var) ? &s->fact[a->var] : NULL;
    int way = way_of(v, seed, a->var, attempt);
    for (long i = 0; i < a->count; i++) {
        a->value[i] = draw_number(v, seed, a->var, i, way);
        if (f)
            a->value[i] = respect(f, a->value[i], bits(seed, a->var, i, 6));
    }
    if (f && f->sum_axis >= 0 && a->count)
        keep_sum(a, f, seed);
    if (f)
        keep_symmetry(a, f);
}

static bool write_drawn(partner *p)
{
    for (int i = 0; i < p->array_count; i++)
        if (p->array[i].output < 0 && is_drawn(&p->m->var[p->array[i].var]) && partner_write(p, i) != 0)
            return false;
    return true;
}

bool verify_draw(partner *p, session *s, uint64_t seed, int attempt)
{
    double cost = 0.0;
    for (int i = 0; i < p->array_count; i++)
        if (p->array[i].output < 0 && is_drawn(&p->m->var[p->array[i].var]))
            draw_array(p, s, &p->array[i], prove_mix(seed + (uint64_t)attempt), attempt);
    if (!write_drawn(p))
        return false;
    for (int i = 0; i < 2 && p->m->update_count; i++)
        if (partner_step(p) != 0)
            break;
    if (!write_drawn(p)) /* the steps have moved the parameters */
        return false;
    for (int i = 0; i < p->array_count; i++)
        if (p->array[i].output < 0 && !is_drawn(&p->m->var[p->array[i].var]) && partner_read(p, i) != 0)
            return false;
    return !p->m->objective_count || (partner_cost(p, &cost) == 0 && isfinite(cost));
}
