#include "gen/prove/prove.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gen/dag/break.h"
#include "gen/prove/away.h"
#include "gen/prove/diagnose.h"
#include "gen/prove/domain.h"
#include "gen/prove/fact.h"
#include "gen/prove/graph.h"
#include "gen/prove/ladder.h"
#include "gen/prove/memory.h"
#include "gen/prove/merge.h"
#include "gen/prove/proof.h"
#include "gen/prove/refute.h"
#include "gen/prove/sides.h"
#include "gen/prove/trace.h"
#include "gen/prove/witness.h"

#define FIRST_POINTS    8
#define ALL_POINTS      40
#define FEW_POINTS      2
#define FEW_VISITS      200000 /* of the first points together: then there may be more */
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
    memory_count();
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

static const char *condition_text(prover *p, const prove_sides *sides, const ladder_answer *a)
{
    domain *x = domain_open(&p->s, sides);
    const char *where = domain_text(x), *away = away_text(&p->s, sides, a, x);
    domain_close(x);
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
    if (r->points == 0) {
        out->reason = r->out_of_budget ? "the evaluation at points ran out of budget" : "no point found where both sides are defined";
        return;
    }
    const char *before = a->partial ? arena_printf(p->m->memory, "%s; ", a->partial)
                         : a->spent ? arena_printf(p->m->memory, "out of budget (%s); ", session_rungs(&p->s, a->spent))
                                    : "";
    out->reason = r->digits == VERDICT_EXACT ? arena_printf(p->m->memory, "%sthe sides agree exactly at %d points", before, r->points)
                                             : arena_printf(p->m->memory, "%sthe sides agree to %d digits at %d points", before, r->digits, r->points);
}

static void note_points(prover *p, const refutation *r, slong precision)
{
    if (r->refuted)
        trace_note(p->s.trace, "points", "the sides differ at point %d, %ld bits", r->points, (long)precision);
    else
        trace_note(p->s.trace, "points", "%d with both sides defined, agreeing to %d digits, %ld bits", r->points, r->digits, (long)precision);
}

/* More points, higher precision, and for what nothing proves points of all kinds. */
static void look_closer(prover *p, const prove_sides *sides, bool proved, refutation *r)
{
    refute(&p->s, sides, FIRST_POINTS, ALL_POINTS, ALL_POINTS, 64, r);
    for (slong precision = 256; precision <= 4096 && !r->refuted && r->points; precision *= 4) {
        refutation again = {0};
        refute(&p->s, sides, 0, 12, 3, precision, &again);
        if (again.refuted || again.digits > r->digits)
            r->digits = again.digits;
        r->refuted = again.refuted;
        r->witness = again.witness;
        note_points(p, &again, precision);
    }
    if (!r->refuted && !proved && r->points && r->visits < FEW_VISITS) { /* what is false at few places only */
        refutation again = {0};
        refute(&p->s, sides, REFUTE_MORE, REFUTE_MORE_ATTEMPTS, REFUTE_MORE_ATTEMPTS, 64, &again);
        note_points(p, &again, 64);
        r->refuted = again.refuted;
        r->witness = again.witness;
    }
}

static void decide(prover *p, const prove_sides *sides, verdict *out)
{
    refutation r = {0}, again = {0};
    ladder_question q = {.left = sides->left, .right = sides->right, .derivative = sides->derivative, .work_limit = p->o.work_limit};
    ladder_answer a = {0};
    if (sides->at_kink) {
        *out = (verdict){.kind = VERDICT_UNDECIDED, .method = "none", .reason = "a derivative in it is taken at a kink"};
        return;
    }
    *out = (verdict){0};
    session_unuse(&p->s);
    p->s.hint_count = 0;
    refute(&p->s, sides, 0, ALL_POINTS, FIRST_POINTS, 64, &r);
    if (r.points < FEW_POINTS) /* where both sides are defined is a small place: one sign for each of several names */
        refute(&p->s, sides, REFUTE_MORE, REFUTE_MORE_ATTEMPTS, FEW_POINTS, 64, &r);
    note_points(p, &r, 64);
    if (r.refuted && !p->o.no_refuter) {
        set_refuted(out, &r);
        return;
    }
    prepare(p);
    proof_find(&p->s, sides, &q, r.points > 0 && (r.digits >= AGREEING_DIGITS || p->o.no_refuter), &a);
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
        if (domain_is_told(&p->s, sides) && !refute_has_interior(&p->s, sides))
            *out = (verdict){.kind = VERDICT_UNDECIDED, .method = "none", .reason = "there are hardly any points where both sides are defined"};
        return;
    }
    if (p->s.hint_count && !a.proved) {
        refute(&p->s, sides, REFUTE_HINT, REFUTE_HINT_POINTS, 1, REFUTE_HINT_PRECISION, &again);
        note_points(p, &again, REFUTE_HINT_PRECISION);
        if (again.refuted && !p->o.no_refuter) {
            set_refuted(out, &again);
            return;
        }
    }
    look_closer(p, sides, a.proved, &r);
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

/* What the names of a large page are worth at the first points is the same for all claims: computed here, it is there when a process is made for each. */
static void warm_points(prover *p)
{
    for (int i = 0; i < p->m->claim_count; i++) {
        const model_claim *c = &p->m->claim[i];
        prove_sides x;
        refutation r = {.brief = true};
        if (c->shape_error || !c->left || !c->right)
            continue;
        sides_of_claim(&p->s, c, &x);
        refute(&p->s, &x, 0, ALL_POINTS, FIRST_POINTS, 64, &r);
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

void prove_claim(prover *p, const model_claim *c, verdict *out)
{
    *out = (verdict){0};
    if (c->shape_error) {
        out->kind = VERDICT_REFUTED;
        out->method = "shape";
        if (!p->o.no_repair)
            prove_diagnose(p, c, out);
        return;
    }
    if (!c->left || !c->right) {
        out->kind = c->unknown ? VERDICT_UNDECIDED : VERDICT_NOT_UNDERSTOOD;
        out->reason = c->unknown;
        out->method = "none";
        return;
    }
    rank(p);
    prove_sides x;
    sides_of_claim(&p->s, c, &x);
    trace t;
    trace_begin(&t, p->m->memory, p->s.d);
    p->s.trace = p->o.why ? &t : NULL;
    trace_note(p->s.trace, "size", "%d + %d nodes", count_nodes(p, c->left), count_nodes(p, c->right));
    decide(p, &x, out);
    if (out->kind == VERDICT_REFUTED)
        decide_for_sizes(p, &x, out);
    if (out->kind == VERDICT_REFUTED && c->text)
        witness_order(&out->witness, c->text);
    if (out->kind == VERDICT_PROVED && x.derivative && sides_vacuous(&p->s, c)) {
        out->vacuous = true;
        out->condition = "vacuous";
    }
    if (out->kind == VERDICT_PROVED && c->narrowed)
        out->condition = out->condition ? arena_printf(p->m->memory, "%s, %s", c->narrowed, out->condition) : c->narrowed;
    if (out->assumed)
        trace_note(p->s.trace, "assumed", "%s", out->assumed);
    if (p->s.trace)
        out->why = t.list;
    p->s.trace = NULL;
    if (out->kind == VERDICT_REFUTED && !p->o.no_repair)
        prove_diagnose(p, c, out);
}

void prove_diagnose(prover *p, const model_claim *c, verdict *out)
{
    trace t;
    trace_begin(&t, p->m->memory, p->s.d);
    rank(p);
    prepare(p);
    p->s.rung = RUNG_REPAIR;
    diagnose(&p->s, c, out);
    p->s.rung = 0;
    t.list = out->why;
    trace_note(p->o.why ? &t : NULL, "repair", "%s", out->suggestion ? out->suggestion : out->diagnosis ? out->diagnosis : "none found");
    out->why = t.list;
}

bool prove_stopped(const prover *p, verdict *out)
{
    const char *rung = p->s.rung ? arena_printf(p->m->memory, "out of budget (%s)", session_rungs(&p->s, p->s.rung)) : "out of budget";
    *out = (verdict){.kind = VERDICT_UNDECIDED, .method = "none", .reason = rung};
    return p->s.rung != RUNG_REPAIR;
}

void prove_equal(prover *p, node left, node right, int index_count, const int *indices, verdict *out)
{
    rank(p);
    prove_sides x = {.left = left, .right = right, .index_count = index_count, .indices = indices};
    x.derivative = graph_has_adjoint(&p->s, left) || graph_has_adjoint(&p->s, right);
    sides_need_adjoints(&p->s, &x);
    decide(p, &x, out);
}
