/* Where the piecewise derivatives of a claim do not exist. */
#include <stdlib.h>
#include <string.h>

#include "gen/calculus/calculus.h"
#include "gen/dag/ops.h"
#include "gen/prove/domain.h"
#include "gen/prove/graph.h"
#include "gen/prove/normal.h"

#define MOST_NAMES 400
#define KINK_WORK  2000
#define MOST_AT_ONCE  16
#define MOST_UNFOLDED 32

typedef struct {
    session *s;
    node *out, *tie;
    int count, tie_count, room;
    table seen;
    int *names, name_count;
    char *named;      /* per variable */
    bool *on_the_way; /* per variable: does it depend on `by`? */
    int by;
    int order;   /* derivatives inside each other, by that and by others */
    bool always; /* a derivative is taken at a point that is a kink */
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

/* u = v is a kink: u − v in one form, unless it is a number. True: it is 0. */
static bool add_kink(kinks *x, node u, node v)
{
    dag *d = x->s->d;
    node n = dag_sub(d, u, v), canonical = n;
    normal_options o = {.work_limit = KINK_WORK, .names = true};
    if (session_is_discrete(x->s, u) && session_is_discrete(x->s, v))
        return false;
    if (normal_run(x->s, &o, run_canonical, &canonical) == NORMAL_GOOD && canonical)
        n = canonical;
    if (dag_kind(d, n) == NODE_NUMBER || x->count == x->room)
        return dag_is_int(d, n, 0);
    for (int i = 0; i < x->count; i++)
        if (x->out[i] == n)
            return false;
    x->out[x->count++] = n;
    return false;
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

static bool has_ties(reduction r)
{
    return r == REDUCE_MAX || r == REDUCE_MIN || r == REDUCE_ARGMAX || r == REDUCE_ARGMIN;
}

static bool walk(kinks *x, node n);

/* The slope of a smooth function may have kinks, which its second derivative meets: that of softsign is 1/(1 + |u|)². */
static void walk_slopes(kinks *x, node n)
{
    int order = x->order--;
    for (int i = 0; order > 1 && i < dag_count(x->s->d, n); i++) {
        node slope = calculus_slope(x->s->d, n, i);
        if (slope)
            walk(x, slope);
    }
    x->order = order;
}

/* Adds the kinks in n of what depends on `by`; does n? */
static bool walk(kinks *x, node n)
{
    dag *d = x->s->d;
    int64_t key[] = {n, x->order};
    int known = table_find(&x->seen, 2, key);
    if (known >= 0)
        return x->seen.entry[known].value == 1;
    node_kind kind = dag_kind(d, n);
    int count = dag_count(d, n), index;
    bool depends = kind == NODE_ENTRY && is_on_the_way(x, dag_payload(d, n));
    for (int i = 0; i < count && kind == NODE_ENTRY; i++) /* u[argmax(u)] jumps there, or bends */
        if (dag_has_kind(d, dag_child(d, n, i), NODE_REDUCE))
            depends = walk(x, dag_child(d, n, i)) || depends;
    for (int i = 0; i < count && kind != NODE_ENTRY; i++)
        depends = walk(x, dag_binds(d, n) && i == count - 1 ? session_open(x->s, n, &index) : dag_child(d, n, i)) || depends;
    if (kind == NODE_FUN && depends) {
        add_row(x, n);
        walk_slopes(x, n);
    }
    if (kind == NODE_REDUCE && depends && has_ties((reduction)dag_payload(d, n)))
        add_tie(x, n);
    if (kind == NODE_COMPARE && depends)
        add_kink(x, dag_child(d, n, 0), dag_child(d, n, 1));
    int entry = table_add(&x->seen, 2, key);
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

/* ∂A/∂B: everything from A down to B. */
static void add_derivative(kinks *x, node of, int by)
{
    size_t names = (size_t)x->s->m->var_count;
    memset(x->named, 0, names);
    table_clear(&x->seen);
    x->name_count = 0;
    x->by = by;
    memset(x->on_the_way, 0, names * sizeof *x->on_the_way);
    x->on_the_way[by] = true;
    graph_mark_dependents(x->s, x->on_the_way);
    walk(x, of);
    walk_names(x);
}

static bool visit_adjoint(void *context, node n)
{
    kinks *x = context;
    const model_var *v = dag_kind(x->s->d, n) == NODE_ENTRY ? &x->s->m->var[dag_payload(x->s->d, n)] : NULL;
    if (v && v->role == ROLE_ADJOINT && v->of && v->by >= 0)
        add_derivative(x, v->of, v->by);
    return x->count < x->room;
}

static void gather(kinks *x, table *visited, node n);

typedef struct {
    session *s;
    const bool *marks; /* per variable: is it looked for? */
    node found;        /* an entry with one equation for all of its kind */
} entry_search;

static bool find_entry(void *context, node n)
{
    entry_search *x = context;
    dag *d = x->s->d;
    const int *list;
    if (dag_kind(d, n) != NODE_ENTRY || !x->marks[dag_payload(d, n)] || dag_has_kind(d, n, NODE_BOUND) ||
        model_equations_of(x->s->m, dag_payload(d, n), &list) != 1)
        return true;
    const model_equation *e = &x->s->m->equation[list[0]];
    bool all = e->index_count == dag_count(d, n);
    for (int i = 0; i < e->index_count && all; i++)
        all = e->at[i] == dag_index_node(d, e->index[i]);
    x->found = all ? n : 0;
    return !x->found;
}

/* What the entry stands for. */
static node definition(session *s, node entry)
{
    const int *list;
    node child[MODEL_MAX_AXES];
    model_equations_of(s->m, dag_payload(s->d, entry), &list);
    const model_equation *e = &s->m->equation[list[0]];
    for (int i = 0; i < e->index_count; i++)
        child[i] = dag_child(s->d, entry, i);
    return dag_substitute(s->d, e->rhs, e->index_count, e->at, child, true);
}

node domain_without_names(session *s, node n, node leaf)
{
    dag *d = s->d;
    int by = dag_payload(d, leaf);
    bool *marks = xcalloc((size_t)s->m->var_count + 1, sizeof *marks);
    marks[by] = true;
    graph_mark_dependents(s, marks);
    marks[by] = false;
    for (int i = 0; i < MOST_UNFOLDED; i++) {
        entry_search search = {s, marks, 0};
        dag_visit(d, n, find_entry, &search);
        if (!search.found)
            break;
        node value = definition(s, search.found);
        n = dag_substitute(d, n, 1, &search.found, &value, true);
    }
    free(marks);
    return n;
}

/* u = v at the point: nowhere, everywhere, or where the values are equal. */
static void add_at_point(kinks *x, node kink, node leaf, node value)
{
    dag *d = x->s->d;
    bool known = !dag_has_kind(d, value, NODE_DIFF) && !dag_has_kind(d, value, NODE_AT);
    node of = domain_without_names(x->s, kink, leaf), at = known ? dag_simplify(d, dag_substitute(d, of, 1, &leaf, &value, true)) : kink;
    bool zero = dag_is_int(d, at, 0) || add_kink(x, at, dag_int(d, 0));
    x->always = x->always || (zero && x->s->m->var[dag_payload(d, leaf)].role != ROLE_LOCAL); /* f′(0) is a value that the rule for f′ gives */
}

/* The kinks of what is taken at a point. */
static void gather_at_point(kinks *x, table *visited, node n)
{
    dag *d = x->s->d;
    node leaf = dag_child(d, n, 1), value = dag_child(d, n, 2);
    kinks inner = *x;
    table of = {0};
    inner.out = xmalloc((size_t)x->room * sizeof *inner.out);
    inner.tie = xmalloc((size_t)x->room * sizeof *inner.tie);
    inner.count = inner.tie_count = 0;
    gather(&inner, &of, dag_child(d, n, 0));
    x->seen = inner.seen;
    x->always = inner.always;
    for (int i = 0; i < inner.count; i++)
        add_at_point(x, inner.out[i], leaf, value);
    for (int i = 0; i < inner.tie_count; i++)
        add_tie(x, dag_substitute(d, inner.tie[i], 1, &leaf, &value, true));
    table_free(&of);
    free(inner.out);
    free(inner.tie);
    gather(x, visited, value);
}

/* All derivatives in n as it was written. */
static void gather(kinks *x, table *visited, node n)
{
    dag *d = x->s->d;
    int64_t key = n;
    int count = dag_count(d, n), index;
    if ((!dag_has_kind(d, n, NODE_DIFF) && !dag_has_kind(d, n, NODE_AT)) || table_find(visited, 1, &key) >= 0)
        return;
    table_add(visited, 1, &key);
    if (dag_kind(d, n) == NODE_AT && dag_payload(d, dag_child(d, n, 1)) + 1 != x->s->m->expectation) {
        gather_at_point(x, visited, n);
        return;
    }
    if (dag_kind(d, n) == NODE_DIFF) {
        x->order = 1;
        for (node of = dag_child(d, n, 0); dag_kind(d, of) == NODE_DIFF; of = dag_child(d, of, 0))
            x->order++;
        add_derivative(x, dag_child(d, n, 0), dag_payload(d, dag_child(d, n, 1)));
    }
    for (int i = 0; i < count; i++)
        gather(x, visited, dag_binds(d, n) && i == count - 1 ? session_open(x->s, n, &index) : dag_child(d, n, i));
}

static void gather_sides(kinks *x, const prove_sides *sides)
{
    size_t names = (size_t)x->s->m->var_count + 1;
    table visited = {0};
    x->names = xmalloc(names * sizeof(int));
    x->named = xcalloc(names, 1);
    x->on_the_way = xcalloc(names, sizeof(bool));
    for (int i = 0; i < sides->written_count; i++) {
        dag_visit(x->s->d, sides->written[i], visit_adjoint, x);
        gather(x, &visited, sides->written[i]);
    }
    table_free(&visited);
    table_free(&x->seen);
    free(x->names);
    free(x->named);
    free(x->on_the_way);
}

int domain_kinks(session *s, const prove_sides *sides, node *out, node *tie, int *tie_count, int room)
{
    kinks x = {.s = s, .out = out, .tie = tie, .room = room};
    gather_sides(&x, sides);
    *tie_count = x.tie_count;
    return x.count;
}

bool domain_at_kink(session *s, const prove_sides *sides)
{
    node out[MOST_AT_ONCE], tie[MOST_AT_ONCE];
    kinks x = {.s = s, .out = out, .tie = tie, .room = MOST_AT_ONCE};
    bool some = false;
    for (int i = 0; i < sides->written_count; i++)
        some = some || dag_has_kind(s->d, sides->written[i], NODE_AT);
    if (some)
        gather_sides(&x, sides);
    return x.always;
}
