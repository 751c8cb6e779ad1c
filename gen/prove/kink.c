/* Where the piecewise derivatives of a claim do not exist. */
#include <stdlib.h>
#include <string.h>

#include "gen/dag/ops.h"
#include "gen/prove/domain.h"
#include "gen/prove/graph.h"
#include "gen/prove/normal.h"

#define MOST_NAMES 400
#define KINK_WORK  2000

typedef struct {
    session *s;
    node *out, *tie;
    int count, tie_count, room;
    table seen;
    int *names, name_count;
    char *named;      /* per variable */
    bool *on_the_way; /* per variable: does it depend on `by`? */
    int by;
} kinks;

static normal_state run_canonical(normal *c, void *context)
{
    node *n = context;
    rational q;
    rational_init(c, &q);
    if (normal_form(c, *n, &q)) {
        fmpz_t content;
        fmpz_init(content);
        fmpz_mpoly_struct *top = fmpz_mpoly_q_numref(&q);
        fmpz_mpoly_one(fmpz_mpoly_q_denref(&q), c->ring);
        if (!fmpz_mpoly_is_fmpz(top, c->ring)) {
            _fmpz_vec_content(content, top->coeffs, fmpz_mpoly_length(top, c->ring));
            fmpz_mpoly_scalar_divexact_fmpz(top, top, content, c->ring);
            if (normal_negative(c, top))
                fmpz_mpoly_neg(top, top, c->ring);
        }
        *n = normal_node(c, &q);
        fmpz_clear(content);
    }
    rational_clear(c, &q);
    return c->state;
}

/* u = v is a kink: u − v in one form, unless it is a number. */
static void add_kink(kinks *x, node u, node v)
{
    dag *d = x->s->d;
    node n = dag_sub(d, u, v), canonical = n;
    normal_options o = {.work_limit = KINK_WORK, .names = true};
    if (session_is_discrete(x->s, u) && session_is_discrete(x->s, v))
        return;
    if (normal_run(x->s, &o, run_canonical, &canonical) == NORMAL_GOOD && canonical)
        n = canonical;
    if (dag_kind(d, n) == NODE_NUMBER || x->count == x->room)
        return;
    for (int i = 0; i < x->count; i++)
        if (x->out[i] == n)
            return;
    x->out[x->count++] = n;
}

/* A maximum over many: where the largest values are equal. */
static void add_tie(kinks *x, node n)
{
    for (int i = 0; i < x->tie_count; i++)
        if (x->tie[i] == n)
            return;
    if (x->tie_count < x->room)
        x->tie[x->tie_count++] = n;
}

/* The right side of "u = v", "u = −3", "u = 0". */
static node other_side(kinks *x, node n, const char *text)
{
    static const char minus[] = "−";
    bool negative = strncmp(text, minus, strlen(minus)) == 0;
    int argument = *text - 'u';
    if (argument > 0 && argument < dag_count(x->s->d, n))
        return dag_child(x->s->d, n, argument);
    long value = strtol(text + (negative ? strlen(minus) : 0), NULL, 10);
    return dag_int(x->s->d, negative ? -value : value);
}

/* The words of the column `kinks`: "u = 0", "u = v", "u = −1 or u = 1". */
static void add_row(kinks *x, node n)
{
    dag *d = x->s->d;
    const char *words = op_get((op)dag_payload(d, n))->kinks;
    node u = dag_count(d, n) ? dag_child(d, n, 0) : 0;
    while (words && u) {
        const char *equals = strstr(words, "u = ");
        if (!equals || (strchr(equals + 4, '=') && !strstr(equals, " or ")))
            return; /* u = v = 0 is one point, where the value is a root of 0 */
        add_kink(x, u, other_side(x, n, equals + strlen("u = ")));
        words = strstr(equals, " or ");
    }
}

/* Does the variable depend on what is differentiated by? */
static bool is_on_the_way(kinks *x, int variable)
{
    if (x->on_the_way[variable] && !x->named[variable]) {
        x->named[variable] = 1;
        x->names[x->name_count++] = variable;
    }
    return x->on_the_way[variable];
}

/* Adds the kinks in n of what depends on `by`; does n? */
static bool walk(kinks *x, node n)
{
    dag *d = x->s->d;
    int64_t key = n;
    int known = table_find(&x->seen, 1, &key);
    if (known >= 0)
        return x->seen.entry[known].value == 1;
    node_kind kind = dag_kind(d, n);
    int count = dag_count(d, n), index;
    bool depends = kind == NODE_ENTRY && is_on_the_way(x, dag_payload(d, n));
    for (int i = 0; i < count && kind != NODE_ENTRY; i++)
        depends = walk(x, dag_binds(d, n) && i == count - 1 ? session_open(x->s, n, &index) : dag_child(d, n, i)) || depends;
    if (kind == NODE_FUN && depends)
        add_row(x, n);
    if (kind == NODE_REDUCE && (dag_payload(d, n) == REDUCE_MAX || dag_payload(d, n) == REDUCE_MIN) && depends)
        add_tie(x, n);
    if (kind == NODE_COMPARE && depends)
        add_kink(x, dag_child(d, n, 0), dag_child(d, n, 1));
    int entry = table_add(&x->seen, 1, &key);
    x->seen.entry[entry].value = depends;
    return depends;
}

static void walk_names(kinks *x)
{
    for (int done = 0; done < x->name_count && done < MOST_NAMES; done++) {
        const int *list;
        int v = x->names[done], count = model_equations_of(x->s->m, v, &list);
        for (int i = 0; i < count && v != x->by; i++)
            walk(x, x->s->m->equation[list[i]].rhs);
    }
}

typedef struct {
    kinks *x;
} adjoints;

/* ∂A/∂B: everything from A down to B. */
static bool visit_adjoint(void *context, node n)
{
    kinks *x = ((adjoints *)context)->x;
    dag *d = x->s->d;
    const model_var *v = dag_kind(d, n) == NODE_ENTRY ? &x->s->m->var[dag_payload(d, n)] : NULL;
    node of = v && v->role == ROLE_ADJOINT ? v->of : dag_kind(d, n) == NODE_DIFF ? dag_child(d, n, 0) : 0;
    int by = v && v->role == ROLE_ADJOINT ? v->by : dag_kind(d, n) == NODE_DIFF ? dag_payload(d, dag_child(d, n, 1)) : -1;
    if (!of || by < 0)
        return true;
    memset(x->named, 0, (size_t)x->s->m->var_count);
    table_clear(&x->seen);
    x->name_count = 0;
    x->by = by;
    memset(x->on_the_way, 0, (size_t)x->s->m->var_count * sizeof *x->on_the_way);
    x->on_the_way[by] = true;
    graph_mark_dependents(x->s, x->on_the_way);
    walk(x, of);
    walk_names(x);
    return x->count < x->room;
}

int domain_kinks(session *s, const prove_sides *sides, node *out, node *tie, int *tie_count, int room)
{
    size_t names = (size_t)s->m->var_count + 1;
    kinks x = {.s = s,
               .out = out,
               .tie = tie,
               .room = room,
               .names = xmalloc(names * sizeof(int)),
               .named = xcalloc(names, 1),
               .on_the_way = xcalloc(names, sizeof(bool))};
    adjoints a = {&x};
    for (int i = 0; i < sides->written_count; i++)
        if (sides->written[i])
            dag_visit(s->d, sides->written[i], visit_adjoint, &a);
    table_free(&x.seen);
    free(x.names);
    free(x.named);
    free(x.on_the_way);
    *tie_count = x.tie_count;
    return x.count;
}
