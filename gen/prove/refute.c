#include "gen/prove/refute.h"

#include <stdlib.h>

#include "gen/prove/witness.h"

#define MOST_INSTANCES 12
#define VISIT_LIMIT 4000000

/* Boxes by attempt: simple values first, then every mixture. */
static int box_of(int attempt, bool fine)
{
    static const int plain[] = {0, 1, 5, 2, 3, 5, 4, 5, 6, 7, 8, 2, 1, 5, 9, 6};
    static const int smooth[] = {6, 7, 2, 8, 1, 9, 7, 10}; /* values that no kink is likely to sit on */
    return fine && attempt % 3 == 1 ? smooth[attempt % 8] : plain[attempt % 16];
}

/* --- values of the free indices --- */

/* Sets the claim's indices to instance number k; false when a range is empty. Later indices may depend on earlier ones. */
static bool set_instance(ball_evaluation *e, const prove_sides *x, long k)
{
    for (int i = 0; i < x->index_count; i++) {
        const dag_index_info *f = dag_index_get(e->s->d, x->indices[i]);
        long lo, hi;
        if (!ball_integer(e, f->lo, &lo) || !ball_integer(e, f->hi, &hi) || hi < lo)
            return false;
        long count = hi - lo + 1;
        ball_set_index(e, x->indices[i], lo + k % count);
        k /= count;
    }
    return k == 0;
}

/* How many instances there are; the first indices run fastest. */
static long instance_count(ball_evaluation *e, const prove_sides *x)
{
    long count = 1;
    while (count <= MOST_INSTANCES && set_instance(e, x, count))
        count++;
    return set_instance(e, x, 0) ? count : 0;
}

/* --- assumptions --- */

/* Is the condition true, as far as the balls can say? Equations that points are built to satisfy only have to overlap. */
static bool condition_holds(ball_evaluation *e, node condition)
{
    dag *d = e->s->d;
    arb_t a, b;
    arb_init(a);
    arb_init(b);
    bool good = ball_value(e, condition, a) && arb_is_one(a);
    if (!good && dag_kind(d, condition) == NODE_COMPARE && dag_payload(d, condition) == COMPARE_EQUAL)
        good = ball_value(e, dag_child(d, condition, 0), a) && ball_value(e, dag_child(d, condition, 1), b) && arb_overlaps(a, b) && arb_is_finite(a);
    arb_clear(a);
    arb_clear(b);
    return good;
}

static bool assumptions_hold(ball_evaluation *e)
{
    for (int i = 0; i < e->s->m->assumption_count; i++) {
        const model_assumption *a = &e->s->m->assumption[i];
        prove_sides x = {.index_count = a->index_count, .indices = a->index};
        if (!a->condition)
            continue;
        for (long k = 0; k < 64 && set_instance(e, &x, k); k++)
            if (!condition_holds(e, a->condition))
                return false;
    }
    return true;
}

/* --- one point --- */

static int agreement(const arb_t a, const arb_t b)
{
    slong bits = arb_rel_accuracy_bits(a), other = arb_rel_accuracy_bits(b);
    bits = bits < other ? bits : other;
    return bits <= 0 ? 0 : bits > 30000 ? 9999 : (int)((double)bits * 0.30103);
}

/* Compares the sides at one instance; true when they differ. */
static bool differs(ball_evaluation *e, const prove_sides *x, refutation *out)
{
    arb_t a, b;
    arb_init(a);
    arb_init(b);
    bool good = ball_value(e, x->left, a) && ball_value(e, x->right, b), different = false;
    out->out_of_budget = out->out_of_budget || e->failed;
    if (good && arb_is_finite(a) && arb_is_finite(b) && !(x->derivative && e->kink)) {
        different = !arb_overlaps(a, b);
        int digits = agreement(a, b);
        if (out->points == 0 || digits < out->digits)
            out->digits = digits;
        out->points++;
        if (different)
            witness_fill(e, x, a, b, &out->witness);
    }
    arb_clear(a);
    arb_clear(b);
    return different;
}

static void try_point(session *s, const prove_sides *x, uint64_t seed, int box, slong precision, refutation *out)
{
    ball_point p;
    ball_evaluation e;
    ball_point_init(&p, s, seed, box);
    ball_evaluation_init(&e, &p, precision, VISIT_LIMIT);
    int before = out->points;
    long count = instance_count(&e, x);
    bool allowed = count > 0 && assumptions_hold(&e);
    e.kink = false; /* from here on it stays: a value from the memo would not set it again */
    if (allowed)
        for (long k = 0; k < count && !out->refuted && !e.failed; k++) {
            set_instance(&e, x, count <= MOST_INSTANCES ? k : (long)(prove_mix(seed + (uint64_t)k) % (uint64_t)count));
            out->refuted = differs(&e, x, out);
        }
    if (out->points > before)
        out->points = before + 1; /* instances of one point count once */
    ball_evaluation_clear(&e);
    ball_point_clear(&p);
}

void refute(session *s, const prove_sides *sides, int first, int attempts, int enough, slong precision, refutation *out)
{
    for (int i = first; i < first + attempts && out->points < enough && !out->refuted && !out->out_of_budget; i++)
        try_point(s, sides, 1000003u * (uint64_t)i + 17, box_of(i, sides->derivative), precision, out);
}
