#include "gen/prove/refute.h"

#include <stdlib.h>
#include <string.h>

#include "gen/prove/witness.h"

#define MOST_INSTANCES 12
#define VISIT_LIMIT     4000000 /* at one point */
#define MOST_VISITS     8000000 /* at all */
#define INTERIOR_POINTS 16
#define FEW_DIGITS      6

/* Boxes by attempt: simple values first, then every mixture. The third has small integers: arguments of signs and comparisons are often 0 there. */
static int box_of(int attempt, bool fine)
{
    static const int plain[] = {0, 1, 11, 2, 3, 13, 4, 5, 6, 7, 11, 13, 12, 13, 9, 8, BALL_BOX_NEGATIVE};
    static const int smooth[] = {6, 7, 2, 8, 1, 9, 7, 10}; /* values that no kink is likely to sit on */
    return attempt >= REFUTE_HINT ? BALL_BOX_HINT : fine && attempt % 3 == 1 ? smooth[attempt % 8] : plain[attempt % (attempt < REFUTE_MORE ? 16 : 17)];
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

/* Bits behind the point, where a value may be 0 and has no first digit; as many as there can be if it is 0 exactly. */
static slong bits_at_zero(const arb_t a)
{
    if (mag_is_zero(arb_radref(a)))
        return ARF_PREC_EXACT;
    return fmpz_fits_si(MAG_EXPREF(arb_radref(a))) ? -fmpz_get_si(MAG_EXPREF(arb_radref(a))) : 0;
}

static int agreement(const arb_t a, const arb_t b)
{
    bool zero = arb_contains_zero(a) && arb_contains_zero(b);
    slong bits = zero ? bits_at_zero(a) : arb_rel_accuracy_bits(a), other = zero ? bits_at_zero(b) : arb_rel_accuracy_bits(b);
    bits = bits < other ? bits : other;
    return bits <= 0 ? 0 : bits > 30000 ? VERDICT_EXACT : (int)((double)bits * 0.30103);
}

/* Is everything that is differentiated defined here? At the first of its own indices; the sample is the claim's. */
static bool needed_defined(ball_evaluation *e, const prove_sides *x)
{
    bool good = true;
    arb_t v;
    arb_init(v);
    for (int i = 0; i < x->needed_count && good; i++) {
        int count, list[64];
        const int *indices = session_free(e->s, x->needed[i], &count);
        memcpy(list, indices, (size_t)count * sizeof *list);
        for (int k = 0; k < count; k++) {
            long lo;
            const dag_index_info *f = dag_index_get(e->s->d, list[k]);
            bool claimed = f->sample;
            for (int j = 0; j < x->index_count; j++)
                claimed = claimed || x->indices[j] == list[k];
            if (!claimed && ball_integer(e, f->lo, &lo))
                ball_set_index(e, list[k], lo);
        }
        good = ball_value(e, x->needed[i], v) && arb_is_finite(v);
    }
    arb_clear(v);
    return good;
}

/* Compares the sides at one instance; true when they differ. */
static bool differs(ball_evaluation *e, const prove_sides *x, refutation *out, verdict_witness *witness)
{
    arb_t a, b;
    arb_init(a);
    arb_init(b);
    e->kink = false;
    bool good = needed_defined(e, x) && ball_value(e, x->left, a) && ball_value(e, x->right, b), different = false;
    out->out_of_budget = out->out_of_budget || e->failed;
    if (good && arb_is_finite(a) && arb_is_finite(b) && !(x->derivative && e->kink)) {
        different = !arb_overlaps(a, b);
        int digits = agreement(a, b);
        bool says = different || digits >= FEW_DIGITS || e->point->curve == CURVE_NONE; /* an exponential in another loses all digits */
        if (says && (out->points == 0 || digits < out->digits))
            out->digits = digits;
        out->points += says;
        if (different && witness)
            witness_fill(e, x, a, b, witness);
    }
    arb_clear(a);
    arb_clear(b);
    return different;
}

/* One point with its evaluation. */
typedef struct {
    ball_point point;
    ball_evaluation evaluation;
    bool open, allowed;
} place;

/* Polynomials at first: their values are exact. */
static ball_curve curve_of(int attempt)
{
    static const ball_curve list[] = {CURVE_NONE, CURVE_NONE, CURVE_TANH, CURVE_NONE, CURVE_EXP, CURVE_NONE};
    return list[attempt % 6];
}

static void draw_point(ball_point *p, session *s, int attempt, bool fine)
{
    ball_point_init(p, s, 1000003u * (uint64_t)attempt + 17, box_of(attempt, fine));
    p->curve = curve_of(attempt);
}

static void place_open(place *p, session *s, int attempt, bool fine, slong precision)
{
    draw_point(&p->point, s, attempt, fine);
    ball_evaluation_init(&p->evaluation, &p->point, precision, VISIT_LIMIT);
    p->allowed = assumptions_hold(&p->evaluation);
    p->open = true;
}

static void place_close(place *p)
{
    if (!p->open)
        return;
    ball_evaluation_clear(&p->evaluation);
    ball_point_clear(&p->point);
    p->open = false;
}

/* The first points at the first precision are the same for all claims of a kind: what names are worth there is computed once. */
#define CACHED        12
#define CACHED_SECOND 4 /* of the points after a proof */

struct point_cache {
    place list[2][CACHED + CACHED_SECOND];
};

/* The number of a point in the cache, −1: not kept. */
static int cache_slot(const session *s, int attempt, slong precision)
{
    if (s->function_as) /* values of functions other than those of all claims */
        return -1;
    if (precision == 64 && attempt < CACHED)
        return attempt;
    if (precision == REFUTE_SECOND_PRECISION && attempt >= REFUTE_SECOND && attempt < REFUTE_SECOND + CACHED_SECOND)
        return CACHED + attempt - REFUTE_SECOND;
    return -1;
}

void refute_forget(session *s)
{
    for (int k = 0; s->points && k < CACHED + CACHED_SECOND; k++) {
        place_close(&s->points->list[0][k]);
        place_close(&s->points->list[1][k]);
    }
    free(s->points);
    s->points = NULL;
}

static place *place_for(session *s, place *own, int attempt, bool fine, slong precision)
{
    int slot = cache_slot(s, attempt, precision);
    if (slot < 0) {
        place_open(own, s, attempt, fine, precision);
        return own;
    }
    if (!s->points)
        s->points = xcalloc(1, sizeof *s->points);
    place *p = &s->points->list[fine][slot];
    if (!p->open)
        place_open(p, s, attempt, fine, precision);
    p->evaluation.visits = 0;
    p->evaluation.failed = false;
    return p;
}

/* The witness shows only what the two sides looked at: the point is drawn again for them alone. What they need has been seen to be defined. */
static void write_witness(session *s, const prove_sides *x, int attempt, slong precision, long instance, refutation *out)
{
    place p = {.open = false};
    refutation ignored = {0};
    prove_sides shown = *x;
    shown.needed_count = 0;
    p.open = true; /* without place_open: the assumptions would ask for leaves that the claim does not */
    draw_point(&p.point, s, attempt, x->derivative);
    ball_evaluation_init(&p.evaluation, &p.point, precision, VISIT_LIMIT);
    set_instance(&p.evaluation, x, instance);
    differs(&p.evaluation, &shown, &ignored, &out->witness);
    place_close(&p);
}

static void try_point(session *s, const prove_sides *x, int attempt, slong precision, refutation *out)
{
    place own = {.open = false}, *p = place_for(s, &own, attempt, x->derivative, precision);
    ball_evaluation *e = &p->evaluation;
    if (out->visit_limit)
        e->visit_limit = out->visit_limit;
    int before = out->points;
    long count = p->allowed ? instance_count(e, x) : 0;
    for (long k = 0; k < count && !out->refuted && !e->failed; k++) {
        long instance = count <= MOST_INSTANCES ? k : (long)(prove_mix((uint64_t)attempt * 64 + (uint64_t)k) % (uint64_t)count);
        set_instance(e, x, instance);
        out->refuted = differs(e, x, out, NULL);
        if (out->refuted && !out->brief)
            write_witness(s, x, attempt, precision, instance, out);
    }
    if (out->points > before)
        out->points = before + 1; /* instances of one point count once */
    out->visits += e->visits;
    e->visit_limit = VISIT_LIMIT;
    place_close(&own);
}

void refute(session *s, const prove_sides *sides, int first, int attempts, int enough, slong precision, refutation *out)
{
    for (int i = first; i < first + attempts && out->points < enough && !out->refuted && !out->out_of_budget; i++) {
        out->out_of_budget = out->visits > MOST_VISITS;
        if (!out->out_of_budget)
            try_point(s, sides, i, precision, out);
    }
}

bool refute_agrees(session *s, const prove_sides *sides, int points, const budget *left)
{
    refutation r = {.brief = true, .visit_limit = budget_left(left)};
    if (budget_spent(left))
        return false;
    refute(s, sides, 0, 8 * points, points, 64, &r);
    return !r.refuted && r.points > 0;
}

bool refute_has_interior(session *s, const prove_sides *sides)
{
    refutation r = {.brief = true};
    for (int i = 0; i < INTERIOR_POINTS && r.points == 0; i++) {
        place p = {.open = false};
        place_open(&p, s, i, sides->derivative, 64);
        bool inside = p.allowed && instance_count(&p.evaluation, sides) > 0;
        ball_evaluation_clear(&p.evaluation);
        ball_evaluation_init(&p.evaluation, &p.point, 64, VISIT_LIMIT);
        p.evaluation.blurred = true;
        if (inside && set_instance(&p.evaluation, sides, 0))
            differs(&p.evaluation, sides, &r, NULL);
        place_close(&p);
    }
    return r.points > 0;
}
