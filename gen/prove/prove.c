#include "gen/prove/prove.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gen/calculus/calculus.h"
#include "gen/calculus/rules.h"
#include "gen/dag/break.h"
#include "gen/prove/diagnose.h"
#include "gen/prove/domain.h"
#include "gen/prove/exact.h"
#include "gen/prove/fact.h"
#include "gen/prove/graph.h"
#include "gen/prove/induct.h"
#include "gen/prove/ladder.h"
#include "gen/prove/merge.h"
#include "gen/prove/refute.h"
#include "gen/prove/trace.h"
#include "gen/prove/witness.h"

#define FIRST_POINTS    8
#define ALL_POINTS      40
#define SIZES_WORK      40000
#define LARGE_PAGE      4000 /* nodes */
#define AGREEING_DIGITS 6 /* fewer are not worth the last rungs */

struct prover {
    session s;
    prove_options o;
    const model *m;
};

const char *verdict_name(verdict_kind kind)
{
    static const char *const name[] = {"proved", "refuted", "undecided", "not understood"};
    return name[kind];
}

prover *prove_new(model *m, const prove_options *o)
{
    prover *p = xcalloc(1, sizeof *p);
    p->m = m;
    if (o)
        p->o = *o;
    model_fix_given(m);
    p->o.no_refuter = p->o.no_refuter || BROKEN("no refuter");
    session_init(&p->s, m);
    p->s.page_sizes = p->o.at_values;
    fact_rules(&p->s);
    return p;
}

void prove_free(prover *p)
{
    if (!p)
        return;
    refute_forget(&p->s);
    session_clear(&p->s);
    free(p);
    flint_cleanup();
}

static void rank(prover *p)
{
    if (p->s.rank_count != p->m->var_count)
        graph_rank(&p->s);
}

/* Everything that looks at all names is done once, when the first claim asks. */
static void prepare(prover *p)
{
    if (p->s.swept)
        return;
    rank(p); /* names have been added since: derivatives that the claim needs */
    merge_sweep(&p->s);
}

void prove_unprepared(prover *p)
{
    rank(p);
    p->s.swept = true;
}

prove_options *prove_options_of(prover *p)
{
    return &p->o;
}

/* --- verdicts --- */

static void set_refuted(verdict *out, const refutation *r)
{
    out->kind = VERDICT_REFUTED;
    out->method = "ball";
    out->witness = r->witness;
}

#define MOST_AWAY 6

/* Of the proof, then of the piecewise derivatives in the claim; each once. */
static const char *away_text(prover *p, const prove_sides *sides, const ladder_answer *a)
{
    buffer b = {0};
    node list[MOST_AWAY];
    int count = a->away_count, more = sides->derivative ? domain_kinks(&p->s, sides, list + count, MOST_AWAY - count) : 0;
    memcpy(list, a->away, (size_t)count * sizeof *list);
    for (int i = 0; i < count + more; i++) {
        buffer one = {0};
        domain_print_zero(&p->s, &one, list[i]);
        if (!b.length || !strstr(b.text, one.text))
            buffer_printf(&b, "%s%s", b.length ? ", " : "away from ", one.text);
        buffer_free(&one);
    }
    const char *text = b.length ? arena_printf(p->m->memory, "%s", b.text) : NULL;
    buffer_free(&b);
    return text;
}

static const char *condition_text(prover *p, const prove_sides *sides, const ladder_answer *a)
{
    const char *where = domain_text(&p->s, sides), *away = away_text(p, sides, a);
    return where && away ? arena_printf(p->m->memory, "%s, %s", where, away) : where ? where : away;
}

/* A proof and a refutation together are a mistake in this program: nothing it says can be trusted then. */
static void contradiction(const prover *p, const char *what)
{
    if (p->o.no_refuter)
        return;
    fprintf(stderr, "deltac: internal error: a claim was both proved and refuted (%s)\n", what);
    if (p->o.contradiction_status)
        _exit(p->o.contradiction_status);
    abort();
}

static void set_undecided(prover *p, verdict *out, const refutation *r, const ladder_answer *a)
{
    out->kind = VERDICT_UNDECIDED;
    out->method = "none";
    out->points = r->points;
    out->digits = r->digits;
    if (r->points == 0)
        out->reason = r->out_of_budget ? "the evaluation at points ran out of budget" : "no point found where both sides are defined";
    else
        out->reason =
            arena_printf(p->m->memory, "%sthe sides agree to %d digits at %d points", a->out_of_budget ? "out of budget; " : "", r->digits, r->points);
}

#define MOST_NEEDED 32

typedef struct {
    prover *p;
    node list[MOST_NEEDED];
    unsigned char by[MOST_NEEDED], side;
    int count;
} needed;

static bool gather_needed(void *context, node n)
{
    needed *x = context;
    dag *d = x->p->m->dag;
    const model_var *v = dag_kind(d, n) == NODE_ENTRY ? &x->p->m->var[dag_payload(d, n)] : NULL;
    node of = v && v->role == ROLE_ADJOINT ? v->of : dag_kind(d, n) == NODE_DIFF ? dag_child(d, n, 0) : 0;
    if (!of || dag_has_kind(d, of, NODE_DIFF) || dag_has_kind(d, of, NODE_AT) || dag_has_kind(d, of, NODE_BOUND))
        return true;
    for (int i = 0; i < x->count; i++)
        if (x->list[i] == of) {
            x->by[i] |= x->side;
            return true;
        }
    if (x->count < MOST_NEEDED) {
        x->by[x->count] = x->side;
        x->list[x->count++] = of;
    }
    return true;
}

/* The derivative of an expression exists only where the expression does: ∂/∂x (x + log(−1)) has no value. */
static void add_needed(prover *p, prove_sides *sides, needed *x, node written_left, node written_right)
{
    x->p = p;
    x->count = 0;
    node side[] = {sides->left, written_left, sides->right, written_right};
    memcpy(sides->written, side, sizeof side);
    sides->written_count = 4;
    for (int i = 0; i < 4; i++) {
        x->side = i < 2 ? 1 : 2;
        if (side[i])
            dag_visit(p->m->dag, side[i], gather_needed, x);
    }
    sides->needed_by = x->by;
    sides->needed = x->list;
    sides->needed_count = x->count;
}

static bool is_zero(prover *p, node n)
{
    return dag_is_int(p->m->dag, dag_simplify(p->m->dag, n), 0);
}

#define MOST_VALUES 16 /* of the free indices together */

/* Sizes that are numbers: one question for each value of the free indices. */
static bool prove_instances(prover *p, const prove_sides *sides, ladder_question q, int from, long *left, ladder_answer *out)
{
    dag *d = p->s.d;
    if (from == sides->index_count) {
        if (--*left < 0)
            return false;
        ladder_prove(&p->s, &q, out);
        return out->proved && !out->away_count;
    }
    const dag_index_info x = *dag_index_get(d, sides->indices[from]);
    node index = dag_index_node(d, sides->indices[from]);
    if (x.sample)
        return prove_instances(p, sides, q, from + 1, left, out);
    if (dag_kind(d, x.lo) != NODE_NUMBER || dag_kind(d, x.hi) != NODE_NUMBER)
        return false;
    for (node at = x.lo; dag_index_le(d, at, x.hi) == TRUTH_YES; at = dag_add2(d, at, dag_int(d, 1))) {
        ladder_question one = q;
        one.left = dag_substitute(d, q.left, 1, &index, &at, true);
        one.right = dag_substitute(d, q.right, 1, &index, &at, true);
        if (!prove_instances(p, sides, one, from + 1, left, out))
            return false;
    }
    return true;
}

static bool has_literal_index(const prover *p, const prove_sides *sides)
{
    dag *d = p->s.d;
    for (int i = 0; i < sides->index_count; i++) {
        const dag_index_info *x = dag_index_get(d, sides->indices[i]);
        if (!x->sample && dag_kind(d, x->lo) == NODE_NUMBER && dag_kind(d, x->hi) == NODE_NUMBER)
            return true;
    }
    return false;
}

/* What is tried where the ladder found no proof but the sides agree at points. */
static void prove_otherwise(prover *p, const prove_sides *sides, const ladder_question *q, ladder_answer *out)
{
    long left = MOST_VALUES;
    if (induct_prove(&p->s, q, sides->index_count, sides->indices, out))
        return;
    exact_prove(&p->s, q, out);
    if (out->proved || !has_literal_index(p, sides))
        return;
    ladder_answer a = {0};
    if (prove_instances(p, sides, *q, 0, &left, &a))
        *out = a;
}

static void note_points(prover *p, const refutation *r, slong precision)
{
    if (r->refuted)
        trace_note(p->s.trace, "points", "the sides differ at point %d, %ld bits", r->points, (long)precision);
    else
        trace_note(p->s.trace, "points", "%d with both sides defined, agreeing to %d digits, %ld bits", r->points, r->digits, (long)precision);
}

/* Rows of rules.def alone make the sides the same expression. */
static bool prove_by_rules(prover *p, const prove_sides *sides, ladder_answer *a)
{
    rules r;
    buffer used = {0};
    rules_begin(&r, p->s.d, RULES_EXACT | RULES_FLOAT | RULES_STABLE);
    node left = rules_apply(&r, sides->left), right = rules_apply(&r, sides->right);
    for (int i = 0; i < RULE_COUNT; i++)
        if (r.hits[i])
            buffer_printf(&used, "%s%s (%ld)", used.length ? ", " : "", rules_name((rule)i), r.hits[i]);
    if (used.length) {
        a->proved = left == right;
        a->method = "rules";
        trace_note(p->s.trace, "rules", "%s: %s", used.text, a->proved ? "the sides are the same" : "not the same yet");
    }
    buffer_free(&used);
    return a->proved;
}

static void decide(prover *p, const prove_sides *sides, verdict *out)
{
    refutation r = {0}, again = {0};
    ladder_question q = {.left = sides->left, .right = sides->right, .derivative = sides->derivative, .work_limit = p->o.work_limit};
    ladder_answer a = {0};
    *out = (verdict){0};
    session_unuse(&p->s);
    refute(&p->s, sides, 0, ALL_POINTS, FIRST_POINTS, 64, &r);
    note_points(p, &r, 64);
    if (r.refuted && !p->o.no_refuter) {
        set_refuted(out, &r);
        return;
    }
    prepare(p);
    if (!prove_by_rules(p, sides, &a))
        ladder_prove(&p->s, &q, &a);
    if (!a.proved && r.points > 0 && r.digits >= AGREEING_DIGITS)
        prove_otherwise(p, sides, &q, &a);
    if (a.proved && r.refuted)
        contradiction(p, "64 bits");
    if (a.proved && r.points > 0) {
        refute(&p->s, sides, REFUTE_SECOND, 3, 2, REFUTE_SECOND_PRECISION, &again);
        if (again.refuted)
            contradiction(p, "128 bits");
        out->kind = VERDICT_PROVED;
        out->method = a.method;
        out->condition = condition_text(p, sides, &a);
        out->assumed = session_used(&p->s);
        return;
    }
    refute(&p->s, sides, FIRST_POINTS, ALL_POINTS, ALL_POINTS, 64, &r);
    for (slong precision = 256; precision <= 4096 && !r.refuted && r.points; precision *= 4) {
        again = (refutation){0};
        refute(&p->s, sides, 0, 12, 3, precision, &again);
        if (again.refuted || again.digits > r.digits)
            r.digits = again.digits;
        r.refuted = again.refuted;
        r.witness = again.witness;
        note_points(p, &again, precision);
    }
    if (r.refuted && a.proved)
        contradiction(p, "high precision");
    if (r.refuted && !p->o.no_refuter)
        set_refuted(out, &r);
    else
        set_undecided(p, out, &r, &a);
}

/* --- true for the page's sizes --- */

static bool sizes_fixed(const model *m)
{
    for (int i = 0; i < m->size_count; i++)
        if (m->size[i].population < 0 && m->size[i].value > 0)
            return true;
    return false;
}

/* "for n = 784 only" */
static const char *sizes_text(prover *p, uint64_t read)
{
    buffer b = {0};
    for (int i = 0; i < p->m->size_count && i < 64; i++)
        if (read >> i & 1)
            buffer_printf(&b, "%s%s = %ld", b.length ? ", " : "for ", intern_text(p->m->names, intern_spelling(p->m->names, p->m->size[i].key)),
                          p->m->size[i].value);
    buffer_puts(&b, " only");
    const char *text = arena_printf(p->m->memory, "%s", b.text);
    buffer_free(&b);
    return text;
}

/* A claim that is false in general may be true for the page's sizes: proved, and no point with these sizes speaks against it. */
static void decide_for_sizes(prover *p, const prove_sides *sides, verdict *out)
{
    session *s = &p->s;
    if (!sizes_fixed(p->m))
        return;
    ladder_question q = {.left = sides->left, .right = sides->right, .derivative = sides->derivative, .work_limit = SIZES_WORK};
    ladder_answer a = {0};
    refutation r = {.brief = true};
    prepare(p);
    refute_forget(s);
    s->page_sizes = true;
    s->sizes_read = 0;
    ladder_prove(s, &q, &a);
    uint64_t read = s->sizes_read;
    if (a.proved && read)
        refute(s, sides, 0, 12, 2, 64, &r);
    refute_forget(s);
    s->page_sizes = p->o.at_values;
    if (!a.proved || !read || !r.points)
        return;
    if (r.refuted)
        contradiction(p, "the page's sizes");
    const char *away = condition_text(p, sides, &a), *only = sizes_text(p, read);
    *out = (verdict){.kind = VERDICT_PROVED, .method = a.method, .condition = away ? arena_printf(p->m->memory, "%s, %s", only, away) : only};
}

static bool has_derivative(const syn *x)
{
    if (!x)
        return false;
    if (x->kind == SYN_DERIVATIVE)
        return true;
    for (int i = 0; i < x->count; i++)
        if (has_derivative(x->child[i]))
            return true;
    return false;
}

/* `x` holds what the sides point to. */
static prove_sides sides_of(prover *p, const model_claim *c, needed *x)
{
    prove_sides sides = {.left = c->left, .right = c->right, .index_count = c->index_count, .indices = c->index};
    sides.derivative =
        has_derivative(c->left_syntax) || has_derivative(c->right_syntax) || graph_has_adjoint(&p->s, c->left) || graph_has_adjoint(&p->s, c->right);
    add_needed(p, &sides, x, c->written_left, c->written_right);
    return sides;
}

/* What the names of a large page are worth at the first points is the same for all claims: computed here, it is there when a process is made for each. */
static void warm_points(prover *p)
{
    for (int i = 0; i < p->m->claim_count; i++) {
        const model_claim *c = &p->m->claim[i];
        needed x;
        refutation r = {.brief = true};
        if (c->shape_error || !c->left || !c->right)
            continue;
        prove_sides sides = sides_of(p, c, &x);
        refute(&p->s, &sides, 0, ALL_POINTS, FIRST_POINTS, 64, &r);
    }
}

void prove_prepare(prover *p)
{
    rank(p);
    prepare(p);
    if (dag_size(p->s.d) > LARGE_PAGE)
        warm_points(p);
}

static bool add_one(void *context, node n)
{
    (void)n;
    ++*(int *)context;
    return true;
}

static int count_nodes(prover *p, node n)
{
    int count = 0;
    dag_visit(p->s.d, n, add_one, &count);
    return count;
}

typedef struct {
    prover *p;
    bool some;
} derivative_search;

static bool find_zero_derivative(void *context, node n)
{
    derivative_search *x = context;
    dag *d = x->p->m->dag;
    if (dag_kind(d, n) != NODE_DIFF || x->some)
        return !x->some;
    node value = dag_has_kind(d, n, NODE_BOUND) ? 0 : calculus_expand_expression(x->p->s.m, n, (span){0});
    x->some = value && is_zero(x->p, value);
    return !x->some;
}

/* Are both sides 0 because what is differentiated by does not occur somewhere? 6x − 6x is 0 for another reason. */
static bool is_vacuous(prover *p, const model_claim *c)
{
    derivative_search x = {p, false};
    node side[] = {c->written_left, c->written_right};
    if (!is_zero(p, c->left) || !is_zero(p, c->right))
        return false;
    for (int i = 0; i < 2; i++)
        if (side[i])
            dag_visit(p->m->dag, side[i], find_zero_derivative, &x);
    return x.some;
}

void prove_claim(prover *p, const model_claim *c, verdict *out)
{
    *out = (verdict){0};
    if (c->shape_error) {
        out->kind = VERDICT_REFUTED;
        out->method = "shape";
        out->diagnosis = c->shape_error;
        return;
    }
    if (!c->left || !c->right) {
        out->kind = c->unknown ? VERDICT_UNDECIDED : VERDICT_NOT_UNDERSTOOD;
        out->reason = c->unknown;
        out->method = "none";
        return;
    }
    rank(p);
    needed x;
    prove_sides sides = sides_of(p, c, &x);
    trace t;
    trace_begin(&t, p->m->memory);
    p->s.trace = p->o.why ? &t : NULL;
    trace_note(p->s.trace, "size", "%d + %d nodes", count_nodes(p, sides.left), count_nodes(p, sides.right));
    decide(p, &sides, out);
    if (out->kind == VERDICT_REFUTED)
        decide_for_sizes(p, &sides, out);
    if (out->kind == VERDICT_REFUTED && c->text)
        witness_order(&out->witness, c->text);
    if (out->kind == VERDICT_REFUTED && !p->o.no_repair) {
        prepare(p);
        diagnose(&p->s, c, &sides, p->o.work_limit, out);
        trace_note(p->s.trace, "repair", "%s", out->suggestion ? out->suggestion : out->diagnosis ? out->diagnosis : "none found");
    }
    if (out->kind == VERDICT_PROVED && sides.derivative && is_vacuous(p, c)) {
        out->vacuous = true;
        out->condition = "vacuous";
    }
    if (out->assumed)
        trace_note(p->s.trace, "assumed", "%s", out->assumed);
    if (p->s.trace) {
        out->why = t.list;
        p->s.trace = NULL;
    }
}

void prove_equal(prover *p, node left, node right, int index_count, const int *indices, verdict *out)
{
    rank(p);
    prove_sides sides = {.left = left, .right = right, .index_count = index_count, .indices = indices};
    sides.derivative = graph_has_adjoint(&p->s, left) || graph_has_adjoint(&p->s, right);
    needed x;
    add_needed(p, &sides, &x, 0, 0);
    decide(p, &sides, out);
}
