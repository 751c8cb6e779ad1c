/* What may be said to the C compiler about a loop. */
#include "gen/dag/break.h"
#include "gen/dag/ops.h"
#include "gen/emit/c_private.h"
#include "gen/lower/walk.h"

/* Arrays that a loop writes must have the loop's index alone on an axis wherever they stand in the loop: entries of other iterations are other entries. */
typedef struct {
    emitter *e;
    node index, moved; /* the loop's index; in a block, where that stands in the whole */
    int_map axes; /* 1 + variable: the axes, a bit each, on which its targets have the index */
    bool apart, nested; /* loops may stand inside */
} separation;

/* What is written, and on which axes; false: by something else than single assignments. */
static bool collect_written(separation *x, const lower_statement *s)
{
    const dag *d = x->e->d;
    for (; s; s = s->next) {
        if (s->kind != LOWER_LET && s->kind != LOWER_ASSIGN && s->kind != LOWER_WHEN && !(x->nested && s->kind == LOWER_FOR))
            return false;
        if (!collect_written(x, s->body) || !collect_written(x, s->otherwise))
            return false;
        if (s->kind != LOWER_ASSIGN || x->e->p->var[dag_payload(d, s->target)].place == LOWER_LOCAL)
            continue;
        int axis = -1, key = 1 + dag_payload(d, s->target);
        for (int k = 0; k < dag_count(d, s->target); k++)
            axis = dag_child(d, s->target, k) == x->index || dag_child(d, s->target, k) == x->moved ? k : axis;
        if (axis < 0)
            return false;
        int_map_put(&x->axes, key, int_map_get(&x->axes, key) | 1 << axis);
    }
    return true;
}

static bool check_entry(void *context, node n)
{
    separation *x = context;
    const dag *d = x->e->d;
    if (dag_kind(d, n) != NODE_ENTRY)
        return true;
    int axes = int_map_get(&x->axes, 1 + dag_payload(d, n));
    for (int k = 0; axes >> k; k++)
        x->apart = x->apart && (!(axes >> k & 1) || dag_child(d, n, k) == x->index || dag_child(d, n, k) == x->moved);
    return x->apart;
}

static bool check_block(separation *x, const lower_statement *s)
{
    for (; s && x->apart; s = s->next) {
        if (s->value)
            dag_visit(x->e->d, s->value, check_entry, x);
        if (s->kind == LOWER_ASSIGN)
            check_entry(x, s->target);
        check_block(x, s->body);
        check_block(x, s->otherwise);
    }
    return x->apart;
}

static bool is_apart(emitter *e, const lower_statement *loop, bool nested)
{
    separation x = {.e = e, .index = dag_index_node(e->d, loop->index), .apart = true, .nested = nested};
    x.moved = e->p->block_begin ? dag_raw_add(e->d, 2, (node[]){e->p->block_begin, x.index}) : x.index;
    if (e->o->target != EMIT_HOSTED || loop->down)
        return false;
    bool apart = collect_written(&x, loop->body) && x.axes.used > 0 && check_block(&x, loop->body);
    int_map_free(&x.axes);
    return apart;
}

bool loop_is_apart(emitter *e, const lower_statement *loop)
{
    return is_apart(e, loop, false);
}

bool loops_are_apart(emitter *e, const lower_statement *loop)
{
    return is_apart(e, loop, true);
}

/* Every local that the block assigns is declared in it. */
static bool keeps_locals(const emitter *e, const lower_statement *s, int_map *own)
{
    for (; s; s = s->next) {
        int var = s->target ? dag_payload(e->d, s->target) : -1;
        if (s->kind == LOWER_LET)
            int_map_put(own, 1 + var, 1);
        else if (var >= 0 && e->p->var[var].place == LOWER_LOCAL && !int_map_get(own, 1 + var))
            return false;
        if (!keeps_locals(e, s->body, own) || !keeps_locals(e, s->otherwise, own))
            return false;
    }
    return true;
}

/* Assignments that a run of the block makes, about. */
static double block_work(const emitter *e, const lower_statement *s)
{
    double work = 0;
    for (; s; s = s->next)
        work += s->kind == LOWER_FOR ? lower_extent(e->p, s->lo, s->hi) * block_work(e, s->body) : 1 + block_work(e, s->body) + block_work(e, s->otherwise);
    return work;
}

/* The loop in the block in which most is done, if its ends are sizes; NULL: there is none. */
static const lower_statement *longest_loop(const emitter *e, const lower_statement *s)
{
    const lower_statement *found = NULL;
    double most = 0;
    for (; s; s = s->next) {
        double work = s->kind == LOWER_FOR ? lower_extent(e->p, s->lo, s->hi) * block_work(e, s->body) : 0;
        if (work > most)
            found = s, most = work;
    }
    bool fixed = found && !dag_has_kind(e->d, found->lo, NODE_INDEX) && !dag_has_kind(e->d, found->hi, NODE_INDEX) &&
                 !dag_has_kind(e->d, found->lo, NODE_ENTRY) && !dag_has_kind(e->d, found->hi, NODE_ENTRY);
    return fixed ? found : NULL;
}

static node extent_of(dag *d, const lower_statement *loop)
{
    return dag_add(d, 3, (node[]){loop->hi, dag_neg(d, loop->lo), dag_int(d, 1)});
}

/* From how many iterations on threads pay; 0: never. */
static long worth_threads(emitter *e, const lower_statement *loop, node *iterations)
{
    enum { ENOUGH = 1 << 16 }; /* assignments; where half of them are certain or guessed the program asks again when it knows its sizes */
    const double enough = BROKEN("share") ? 1 : ENOUGH;
    double each = block_work(e, loop->body);
    if (2 * each * lower_extent(e->p, loop->lo, loop->hi) < enough)
        return 0;
    *iterations = extent_of(e->d, loop);
    for (const lower_statement *s = longest_loop(e, loop->body); s; s = longest_loop(e, s->body)) {
        long lo, hi;
        if (small_value(e, s->lo, &lo) && small_value(e, s->hi, &hi))
            continue;
        *iterations = dag_raw_mul(e->d, 2, (node[]){*iterations, extent_of(e->d, s)});
        each /= lower_extent(e->p, s->lo, s->hi);
    }
    return (long)(enough / (each < 1 ? 1 : each)) + 1;
}

static bool has_own_locals(const emitter *e, const lower_statement *loop)
{
    int_map own = {0};
    bool good = keeps_locals(e, loop->body, &own);
    int_map_free(&own);
    return good;
}

long loop_is_shared(emitter *e, const lower_statement *loop, node *iterations)
{
    long least = worth_threads(e, loop, iterations);
    return least && has_own_locals(e, loop) && loops_are_apart(e, loop) ? least : 0;
}

/* --- loops over rows whose columns are apart --- */

bool loop_is_row(const emitter *e, const lower_statement *s, node last)
{
    return s->hi == last && dag_is_int(e->d, s->lo, 0);
}

/* The body has nothing but loops without loops: where the longest of them that begins at 0 ends, if that is known outside; 0: nowhere. */
static node longest_row(emitter *e, const lower_statement *s)
{
    node last = 0;
    double most = 0;
    for (; s; s = s->next) {
        if (s->kind != LOWER_FOR || s->down || lower_has_loop(s->body))
            return 0;
        double extent = lower_extent(e->p, s->lo, s->hi);
        if (extent > most && dag_is_int(e->d, s->lo, 0) && !dag_has_kind(e->d, s->hi, NODE_INDEX) && !dag_has_kind(e->d, s->hi, NODE_ENTRY))
            last = s->hi, most = extent;
    }
    return last;
}

typedef struct {
    const dag *d;
    int_map written;
    bool found;
} other_rows;

static bool find_written(void *context, node n)
{
    other_rows *x = context;
    x->found |= dag_kind(x->d, n) == NODE_ENTRY && int_map_get(&x->written, 1 + dag_payload(x->d, n)) != 0;
    return !x->found;
}

/* Notes what the block writes, or finds whether it reads or writes what was noted. */
static void visit_others(other_rows *x, emitter *e, const lower_statement *s, bool note)
{
    for (; s; s = s->next) {
        if (note && s->target)
            int_map_put(&x->written, 1 + dag_payload(e->d, s->target), 1);
        for (int i = 0; i < 2 && !note; i++)
            if (i ? s->target : s->value)
                dag_visit(e->d, i ? s->target : s->value, find_written, x);
        visit_others(x, e, s->body, note);
        visit_others(x, e, s->otherwise, note);
    }
}

/* Is every column of the rows that end at `last` computed without the others, and without what the other loops of the body write? */
static bool columns_are_apart(emitter *e, const lower_statement *body, node last)
{
    separation x = {.e = e, .apart = true};
    other_rows others = {.d = e->d};
    bool apart = true;
    for (const lower_statement *s = body; s && apart; s = s->next) {
        x.index = x.moved = dag_index_node(e->d, s->index);
        if (!loop_is_row(e, s, last))
            visit_others(&others, e, s->body, true);
        else
            apart = !loop_runs_whole(e, s) && collect_written(&x, s->body);
    }
    for (const lower_statement *s = body; s && apart; s = s->next) {
        const bool row = loop_is_row(e, s, last);
        x.index = x.moved = row ? dag_index_node(e->d, s->index) : 0;
        if (row)
            visit_others(&others, e, s->body, false);
        apart = check_block(&x, s->body) && !others.found;
    }
    int_map_free(&x.axes);
    int_map_free(&others.written);
    return apart;
}

long loop_has_columns(emitter *e, const lower_statement *loop, node *iterations, node *last)
{
    if (e->o->target != EMIT_HOSTED || loop->down || e->p->block_begin || e->unrolled)
        return 0;
    *last = longest_row(e, loop->body);
    long least = *last && !loop_is_shared(e, loop, iterations) ? worth_threads(e, loop, iterations) : 0;
    return least && has_own_locals(e, loop) && columns_are_apart(e, loop->body, *last) ? least : 0;
}

typedef struct {
    const dag *d;
    bool reads, chosen; /* an array; an array in a branch of a choice */
} conditional;

static bool note_array(void *context, node n)
{
    conditional *c = context;
    c->reads |= dag_kind(c->d, n) == NODE_ENTRY && dag_count(c->d, n) > 0;
    return !c->reads;
}

static bool note_choice(void *context, node n)
{
    conditional *c = context;
    for (int i = 1; i < 3 && dag_kind(c->d, n) == NODE_IF; i++)
        dag_visit((dag *)c->d, dag_child(c->d, n, i), note_array, c);
    c->chosen |= c->reads;
    return !c->chosen;
}

/* Does a choice in the block decide whether an array is read or written? */
static bool block_chooses(emitter *e, const lower_statement *s, bool inside)
{
    for (; s; s = s->next) {
        conditional c = {.d = e->d};
        const node part[] = {s->value, s->target};
        for (int i = 0; i < 2; i++) {
            if (part[i])
                dag_visit(e->d, part[i], inside ? note_array : note_choice, &c);
        }
        if (c.reads || block_chooses(e, s->body, inside || s->kind != LOWER_FOR) || block_chooses(e, s->otherwise, true))
            return true;
    }
    return false;
}

bool loop_stays_rolled(emitter *e, const lower_statement *loop)
{
    return e->o->target == EMIT_HOSTED && !lower_has_loop(loop->body) && block_chooses(e, loop->body, false);
}

/* One statement of the body; false: a loop with it does not fold. */
static bool take_fold(emitter *e, const lower_statement *s, loop_fold *out, bool *stores)
{
    const lower_var *v = s->target ? &e->p->var[dag_payload(e->d, s->target)] : NULL;
    if (s->kind == LOWER_LET)
        return s->value && !v->mutable_local;
    if (s->kind != LOWER_ASSIGN || out->sum_count == LOOP_FOLDS || out->extreme_count == LOOP_FOLDS || v->integer)
        return false;
    if (v->place != LOWER_LOCAL)
        *stores = true;
    else if (s->how == LOWER_ADD)
        out->sum[out->sum_count++] = s;
    else if (s->how == LOWER_MAX || s->how == LOWER_MIN)
        out->extreme[out->extreme_count++] = s;
    else
        return false;
    return true;
}

typedef struct {
    const emitter *e;
    const loop_fold *fold;
    bool found;
} fold_search;

static bool find_target(void *context, node n)
{
    fold_search *x = context;
    for (int i = 0; i < x->fold->sum_count; i++)
        x->found |= n == x->fold->sum[i]->target;
    for (int i = 0; i < x->fold->extreme_count; i++)
        x->found |= n == x->fold->extreme[i]->target;
    return !x->found;
}

/* Is what is gathered read before the loop ends, or gathered twice? */
static bool reads_fold(emitter *e, const lower_statement *loop, const loop_fold *fold)
{
    fold_search x = {e, fold, false};
    for (const lower_statement *s = loop->body; s && !x.found; s = s->next)
        dag_visit(e->d, s->value, find_target, &x);
    for (int i = 0; i < fold->sum_count; i++)
        for (int k = 0; k < i; k++)
            x.found |= fold->sum[i]->target == fold->sum[k]->target;
    for (int i = 0; i < fold->extreme_count; i++)
        for (int k = 0; k < i; k++)
            x.found |= fold->extreme[i]->target == fold->extreme[k]->target;
    return x.found;
}

bool loop_folds(emitter *e, const lower_statement *loop, loop_fold *out)
{
    bool stores = false;
    *out = (loop_fold){.sum_count = 0};
    if (e->o->target != EMIT_HOSTED || loop->down)
        return false;
    for (const lower_statement *s = loop->body; s; s = s->next)
        if (!take_fold(e, s, out, &stores))
            return false;
    if (out->sum_count + out->extreme_count == 0 || reads_fold(e, loop, out))
        return false;
    return !stores || (loop_is_apart(e, loop) && !block_chooses(e, loop->body, false));
}

/* --- rows that are computed in whole vectors --- */

typedef struct {
    emitter *e;
    const lower_statement *body, *now; /* the statement that reads */
    bool repeats, costly;
} repetition;

static bool is_before(dag *d, node a, node b)
{
    return dag_is_affine(d, a) && dag_is_affine(d, b) && dag_index_le(d, dag_add2(d, a, dag_int(d, 1)), b) == TRUTH_YES;
}

/* Are the two entries never the same? */
static bool lie_apart(dag *d, node a, node b)
{
    for (int k = 0; k < dag_count(d, a); k++)
        if (is_before(d, dag_child(d, a, k), dag_child(d, b, k)) || is_before(d, dag_child(d, b, k), dag_child(d, a, k)))
            return true;
    return false;
}

/* An entry that the loop writes must have been set before it is read. */
static bool check_repeated(void *context, node n)
{
    repetition *x = context;
    dag *d = x->e->d;
    x->costly |= dag_kind(d, n) == NODE_FUN && op_get((op)dag_payload(d, n))->arity == 1 && !op_get((op)dag_payload(d, n))->kinks;
    if (dag_kind(d, n) != NODE_ENTRY || dag_count(d, n) == 0)
        return true;
    bool set = false;
    for (const lower_statement *s = x->body; s; s = s->next) {
        set |= s == x->now;
        if (s->kind != LOWER_ASSIGN || dag_payload(d, s->target) != dag_payload(d, n))
            continue;
        if (s->target == n ? set : !lie_apart(d, s->target, n))
            x->repeats = false;
        if (s->target == n)
            break;
    }
    return x->repeats;
}

/* Is it set by a statement before this one? */
static bool was_set(const lower_statement *body, const lower_statement *now)
{
    for (const lower_statement *s = body; s != now; s = s->next)
        if (s->kind == LOWER_ASSIGN && s->target == now->target && s->how == LOWER_SET)
            return true;
    return false;
}

/* Declares a value, or sets an entry, or adds to one that was set. */
static bool is_repeatable(const emitter *e, const lower_statement *body, const lower_statement *s)
{
    const lower_var *v = s->target ? &e->p->var[dag_payload(e->d, s->target)] : NULL;
    if (s->kind == LOWER_LET)
        return s->value && !v->mutable_local;
    return s->kind == LOWER_ASSIGN && v->place != LOWER_LOCAL && (s->how == LOWER_SET || (s->how == LOWER_ADD && was_set(body, s)));
}

bool loop_runs_whole(emitter *e, const lower_statement *loop)
{
    enum { WIDEST = 16 /* numbers in a vector */ };
    repetition x = {.e = e, .body = loop->body, .repeats = true};
    long lo, hi;
    bool known = small_value(e, loop->lo, &lo) && small_value(e, loop->hi, &hi);
    if (known && (hi - lo + 1) % WIDEST == 0)
        return false;
    for (x.now = loop->body; x.now && x.repeats; x.now = x.now->next) {
        if (!is_repeatable(e, loop->body, x.now))
            return false;
        dag_visit(e->d, x.now->value, check_repeated, &x);
    }
    return x.repeats && x.costly && loop_is_apart(e, loop);
}
