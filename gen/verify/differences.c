/* Differences of the program's own cost, extrapolated to step 0 (Ridders, "Accurate computation of F′(x) and F′(x)F″(x)", 1982). An entry whose differences do not
 * settle lies near a kink, or its cost is all rounding error: it is asked again at other points. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "gen/verify/verify.h"

enum { LEVELS = 9, POINTS = 6 };
static const double shrink = 2.0, first_step = 0.06;

typedef struct {
    partner *p;
    session *s;
    const verify_sampling *sampling;
    verify_result result;
    int array;           /* what moves: an entry of an array, or all parameters along a direction */
    long entry;
    double **direction;  /* by array; NULL: one entry */
} asking;

static double cost_at(asking *x, double t)
{
    partner *p = x->p;
    double cost = NAN;
    if (!x->direction) {
        double old = p->array[x->array].value[x->entry];
        partner_poke(p, x->array, x->entry, old + t);
        int code = partner_cost(p, &cost);
        partner_poke(p, x->array, x->entry, old);
        return code == 0 ? cost : NAN;
    }
    for (int i = 0; i < p->array_count; i++) {
        verify_array *a = &p->array[i];
        for (long k = 0; a->moved && k < a->count; k++)
            partner_poke(p, i, k, a->value[k] + t * x->direction[i][k]);
    }
    return partner_cost(p, &cost) == 0 ? cost : NAN;
}

/* The derivative along the asked line and an estimate of its error. */
static double extrapolate(asking *x, double *error)
{
    double d[LEVELS][LEVELS], best = NAN, step = first_step;
    *error = INFINITY;
    for (int i = 0; i < LEVELS; i++, step /= shrink) {
        double up = cost_at(x, step), down = cost_at(x, -step), power = shrink * shrink, noise = (fabs(up) + fabs(down)) * 0x1p-52 / step;
        d[i][0] = (up - down) / (2.0 * step);
        for (int k = 1; k <= i; k++, power *= shrink * shrink) {
            d[i][k] = (d[i][k - 1] * power - d[i - 1][k - 1]) / (power - 1.0);
            double e = fmax(fabs(d[i][k] - d[i][k - 1]), fabs(d[i][k] - d[i - 1][k - 1])) + noise;
            if (e < *error) {
                *error = e;
                best = d[i][k];
            }
        }
        if (*error <= 1e-9 * fabs(best) && i > 2)
            break;
    }
    return best;
}

static void remember(asking *x, double gradient, double difference, double error)
{
    verify_result *r = &x->result;
    model *m = x->p->m;
    const verify_array *a = &x->p->array[x->array];
    node cost = m->objective[0].cost;
    const char *top = dag_kind(m->dag, cost) == NODE_ENTRY ? model_var_name(m, dag_payload(m->dag, cost)) : "cost";
    r->worst = error;
    r->rhs = 0;
    if (x->direction) {
        r->where = arena_printf(m->memory, "∂%s along a direction of all parameters", top);
    } else {
        const char *name = arena_printf(m->memory, "∂%s/∂%s", top, model_var_name(m, a->var));
        r->where = arena_printf(m->memory, "%s (line %d)", verify_entry_name(x->p, a, name, x->entry), m->var[a->var].line);
    }
    for (int i = 0; i < m->gradient_count && !x->direction; i++)
        if (m->gradient[i].var == a->var) {
            r->rhs = m->gradient[i].rhs;
            r->index_count = m->gradient[i].index_count;
            r->index = m->gradient[i].index;
        }
    r->detail = arena_printf(m->memory, "the gradient says %.17g, differences of the cost %.10g", gradient, difference);
}

/* Returns false when the differences do not settle. `typical` is the largest gradient of the array: entries far below it are measured by it. */
static bool compare_one(asking *x, double gradient, double typical)
{
    double error, difference = extrapolate(x, &error), scale = fmax(fmax(fabs(gradient), fabs(difference)), 1e-4 * typical);
    if (!(error <= 1e-6 * scale) && !(error <= 1e-12 && scale < 1e-6))
        return false;
    x->result.entries++;
    double gap = fmax(0.0, fabs(gradient - difference) - 10.0 * error);
    /* Within what differences can tell it counts as no more than the 1e-6 of it that they have settled to: tiny gradients are measured less closely. */
    double relative = gap == 0.0 ? fabs(gradient - difference) / fmax(fmax(scale, 1e6 * error), 1e-300) : gap / scale;
    if (scale < 1e-12)
        relative = 0.0;
    if (!(relative <= x->result.worst) || !x->result.where)
        remember(x, gradient, difference, relative);
    return true;
}

/* --- which entries --- */

typedef struct {
    int array;
    long entry;
} place;

typedef struct {
    place *list;
    long count;
} places;

static void add_place(places *l, int array, long entry)
{
    if ((l->count & (l->count - 1)) == 0)
        l->list = xrealloc(l->list, (size_t)(l->count ? 2 * l->count : 1) * sizeof *l->list);
    l->list[l->count++] = (place){array, entry};
}

static void choose_places(asking *x, places *l)
{
    const verify_sampling *q = x->sampling;
    long total = 0;
    for (int i = 0; i < x->p->array_count; i++)
        total += x->p->array[i].moved ? x->p->array[i].count : 0;
    for (int i = 0; i < x->p->array_count; i++) {
        const verify_array *a = &x->p->array[i];
        if (!a->moved)
            continue;
        bool whole = total <= q->all || a->count <= q->some;
        for (long k = 0; k < (whole ? a->count : q->some); k++) {
            int64_t parts[] = {i, k};
            add_place(l, i, whole ? k : (long)(session_hash(q->seed, 2, parts) % (uint64_t)a->count));
        }
    }
}

static double largest(const verify_array *a)
{
    double most = 0.0;
    for (long k = 0; k < a->count; k++)
        most = fmax(most, fabs(a->gradient[k]));
    return most;
}

/* Compares all places; keeps in the list those that did not settle. */
static void compare_places(asking *x, places *l)
{
    long kept = 0;
    for (long i = 0; i < l->count && !x->p->lost; i++) {
        const verify_array *a = &x->p->array[l->list[i].array];
        x->array = l->list[i].array;
        x->entry = l->list[i].entry;
        if (!compare_one(x, a->gradient[x->entry], largest(a)))
            l->list[kept++] = l->list[i];
    }
    l->count = kept;
}

/* --- directions --- */

static double along(asking *x)
{
    double sum = 0.0;
    for (int i = 0; i < x->p->array_count; i++)
        for (long k = 0; x->p->array[i].moved && k < x->p->array[i].count; k++)
            sum += x->p->array[i].gradient[k] * x->direction[i][k];
    return sum;
}

static void draw_direction(asking *x, int number)
{
    double length = 0.0;
    for (int i = 0; i < x->p->array_count; i++)
        for (long k = 0; x->p->array[i].moved && k < x->p->array[i].count; k++) {
            int64_t parts[] = {number, i, k};
            x->direction[i][k] = (double)(session_hash(x->sampling->seed, 3, parts) >> 12) * 0x1p-51 - 1.0;
            length += x->direction[i][k] * x->direction[i][k];
        }
    for (int i = 0; i < x->p->array_count; i++)
        for (long k = 0; x->p->array[i].moved && k < x->p->array[i].count; k++)
            x->direction[i][k] /= sqrt(length);
}

static void restore(asking *x)
{
    for (int i = 0; i < x->p->array_count; i++)
        if (x->p->array[i].moved)
            partner_write(x->p, i);
}

/* Does what the directions cannot settle matter? No: a direction crosses every kink of the page, entries cross their own; directions that do not settle are
 * left out without a word. */
static void compare_directions(asking *x)
{
    x->direction = xcalloc((size_t)x->p->array_count + 1, sizeof *x->direction);
    for (int i = 0; i < x->p->array_count; i++)
        if (x->p->array[i].moved)
            x->direction[i] = xcalloc((size_t)x->p->array[i].count + 1, sizeof **x->direction);
    double typical = 0.0;
    for (int i = 0; i < x->p->array_count; i++)
        typical = x->p->array[i].moved ? fmax(typical, largest(&x->p->array[i])) : typical;
    for (int i = 0; i < x->sampling->directions && !x->p->lost; i++) {
        draw_direction(x, i);
        compare_one(x, along(x), typical);
    }
    restore(x);
    for (int i = 0; i < x->p->array_count; i++)
        free(x->direction[i]);
    free(x->direction);
    x->direction = NULL;
}

verify_result verify_differences(partner *p, session *s, const verify_sampling *sampling)
{
    asking x = {.p = p, .s = s, .sampling = sampling};
    places l = {0};
    double cost;
    choose_places(&x, &l);
    long total = l.count;
    for (int point = 0; point < POINTS && l.count && !p->lost; point++) {
        bool drawn = point == 0;
        for (int attempt = 0; attempt < 20 && !drawn && !p->lost; attempt++)
            drawn = verify_draw(p, s, sampling->seed + (uint64_t)(100 * point), attempt);
        if (!drawn || partner_gradient(p, &cost) != 0)
            continue;
        compare_places(&x, &l);
        if (point == 0 && total > 1)
            compare_directions(&x);
    }
    x.result.skipped = l.count;
    free(l.list);
    return x.result;
}
