/* Four iterations of an outer loop at a time through the loop inside it: a row that is added to is loaded and stored once for four rows, and of four sums over the
 * same entries these are loaded once. The order of the additions to one number stays. (Unroll-and-jam: D. Callahan, J. Cocke and K. Kennedy, "Estimating interlock
 * and improving balance for pipelined architectures", J. Parallel Distrib. Comput. 5, 1988.) */
#include "gen/dag/break.h"
#include "gen/emit/c_private.h"
#include "grammar/arena.h"

enum { WIDTH = 4, LONGEST_BODY = 4 };

static bool is_constant_let(const emitter *e, const lower_statement *s)
{
    return s->kind == LOWER_LET && s->value && !e->p->var[dag_payload(e->d, s->target)].mutable_local;
}

/* The only loop of the body; what stands before it are declarations; behind it, assignments. */
static const lower_statement *inner_loop(const emitter *e, const lower_statement *loop)
{
    const lower_statement *found = NULL;
    int count = 0;
    for (const lower_statement *s = loop->body; s; s = s->next) {
        if (++count > LONGEST_BODY)
            return NULL;
        if (s->kind == LOWER_FOR && !found && !s->down)
            found = s;
        else if (s->kind != LOWER_LET && !(found && s->kind == LOWER_ASSIGN))
            return NULL;
    }
    count = 0;
    for (const lower_statement *s = found ? found->body : NULL; s; s = s->next)
        if (++count > LONGEST_BODY || (s->kind != LOWER_ASSIGN && !is_constant_let(e, s)))
            return NULL;
    return found;
}

typedef struct {
    const emitter *e;
    const lower_statement *list; /* its locals */
    int var;                     /* an array; −1: none */
    bool found;
} mention;

static bool find_mention(void *context, node n)
{
    mention *m = context;
    if (dag_kind(m->e->d, n) != NODE_ENTRY)
        return true;
    m->found |= dag_payload(m->e->d, n) == m->var;
    for (const lower_statement *s = m->list; s; s = s->next)
        m->found |= s->kind == LOWER_LET && s->target == n;
    return !m->found;
}

static bool mentions(const emitter *e, node n, const lower_statement *list, int var)
{
    mention m = {e, list, var, false};
    if (n)
        dag_visit(e->d, n, find_mention, &m);
    return m.found;
}

/* Does the inner loop only add to rows that the outer index does not choose, of an array that it does not read? */
static bool adds_rows(const emitter *e, const lower_statement *loop, const lower_statement *inner)
{
    const lower_statement *target = NULL;
    if (inner->next)
        return false;
    for (const lower_statement *s = loop->body; s != inner; s = s->next)
        if (!is_constant_let(e, s))
            return false;
    for (const lower_statement *s = inner->body; s; s = s->next) {
        if (s->kind != LOWER_ASSIGN)
            continue;
        if (target || s->how != LOWER_ADD || e->p->var[dag_payload(e->d, s->target)].place == LOWER_LOCAL)
            return false;
        target = s;
    }
    if (!target || dag_has_index(e->d, target->target, loop->index) || !dag_has_index(e->d, target->target, inner->index))
        return false;
    for (const lower_statement *s = inner->body; s; s = s->next)
        if (mentions(e, s->value, NULL, dag_payload(e->d, target->target)))
            return false;
    for (const lower_statement *s = loop->body; s != inner; s = s->next)
        if (mentions(e, s->value, NULL, dag_payload(e->d, target->target)))
            return false;
    return true;
}

/* Does every iteration add up numbers of its own, and put them where no other iteration looks? */
static bool adds_sums(emitter *e, const lower_statement *loop, const lower_statement *inner)
{
    loop_fold f;
    if (!inner->next || !loop_folds(e, inner, &f) || f.extreme_count || f.sum_count != 1)
        return false;
    for (const lower_statement *s = inner->body; s; s = s->next)
        if (s->kind == LOWER_ASSIGN && s != f.sum[0])
            return false;
    bool own = false;
    for (const lower_statement *s = loop->body; s != inner; s = s->next)
        own |= s->kind == LOWER_LET && s->target == f.sum[0]->target;
    return own && loops_are_apart(e, loop);
}

/* How many iterations the loop has, where that is known here; −1: it is not. */
static long known_count(const emitter *e, const lower_statement *loop)
{
    long lo, hi;
    bool known = !dag_has_kind(e->d, loop->lo, NODE_INDEX) && !dag_has_kind(e->d, loop->hi, NODE_INDEX) && small_value(e, loop->lo, &lo) &&
                 small_value(e, loop->hi, &hi);
    return known ? hi - lo + 1 : -1;
}

const lower_statement *loop_jams(emitter *e, const lower_statement *loop)
{
    if (e->o->target != EMIT_HOSTED || e->unrolled || loop->down || loop->kind != LOWER_FOR)
        return NULL;
    const lower_statement *inner = inner_loop(e, loop);
    if (!inner || dag_has_index(e->d, inner->lo, loop->index) || dag_has_index(e->d, inner->hi, loop->index) || mentions(e, inner->lo, loop->body, -1) ||
        mentions(e, inner->hi, loop->body, -1))
        return NULL;
    long count = known_count(e, loop);
    if (count >= 0 && count < 2 * WIDTH)
        return NULL;
    if (loop_stays_rolled(e, inner))
        return NULL;
    return adds_rows(e, loop, inner) || adds_sums(e, loop, inner) ? inner : NULL;
}

static void indent(emitter *e, int level)
{
    buffer_spaces(e->out, 4 * level);
}

/* What each of the four iterations calls its index and its locals. */
typedef struct {
    const char *index[WIDTH];
    const char *local[WIDTH][2 * LONGEST_BODY];
} lanes;

static void enter_lane(emitter *e, const lower_statement *loop, const lower_statement *inner, lanes *l, int lane, bool leave)
{
    int count = 0;
    e->index_name[loop->index] = (char *)l->index[lane];
    for (int i = 0; i < 2; i++)
        for (const lower_statement *s = i ? inner->body : loop->body; s; s = s->next)
            if (s->kind == LOWER_LET) {
                const char **name = &e->local[dag_payload(e->d, s->target)];
                if (leave)
                    l->local[lane][count++] = *name;
                else
                    *name = l->local[lane][count++];
            }
}

static void put_lanes(emitter *e, const lower_statement *loop, const lower_statement *inner, const lower_statement *from, const lower_statement *end, lanes *l,
                      int level)
{
    for (int k = 0; k < WIDTH; k++) {
        enter_lane(e, loop, inner, l, k, false);
        put_range(e, from, end, level);
        enter_lane(e, loop, inner, l, k, true);
    }
}

static void put_sum_mark(emitter *e, const lower_statement *loop, const lower_statement *inner, lanes *l, int level)
{
    for (const lower_statement *s = inner->body; s; s = s->next) {
        if (s->kind != LOWER_ASSIGN)
            continue;
        indent(e, level);
        if (e->p->var[dag_payload(e->d, s->target)].place != LOWER_LOCAL) {
            buffer_puts(e->out, "DELTA_APART\n");
            return;
        }
        for (int k = 0; k < WIDTH; k++) {
            enter_lane(e, loop, inner, l, k, false);
            buffer_printf(e->out, "%s%s", k ? ", " : "DELTA_SUM(", e->local[dag_payload(e->d, s->target)]);
        }
        buffer_puts(e->out, ")\n");
    }
}

void put_jammed(emitter *e, const lower_statement *loop, const lower_statement *inner, int level)
{
    lanes l = {.index = {NULL}};
    const char *i = index_open(e, loop->index);
    for (int k = 0; k < WIDTH; k++)
        l.index[k] = k && !BROKEN("jam") ? arena_printf(e->memory, "(%s + %d)", i, k) : i;
    node past = dag_add2(e->d, loop->hi, dag_int(e->d, BROKEN("loop-end") ? 0 : 1));
    buffer_printf(e->out, "ptrdiff_t %s = ", i);
    put_index(e, loop->lo, STRENGTH_ANY);
    buffer_puts(e->out, ";\n");
    indent(e, level);
    buffer_printf(e->out, "for (; %s + %d <= ", i, WIDTH);
    put_index(e, past, STRENGTH_SUM);
    buffer_printf(e->out, "; %s += %d) {\n", i, WIDTH);
    put_lanes(e, loop, inner, loop->body, inner, &l, level + 1);
    const char *row = index_open(e, inner->index);
    put_sum_mark(e, loop, inner, &l, level + 1);
    indent(e, level + 1);
    put_loop_head(e, inner, row);
    put_lanes(e, loop, inner, inner->body, NULL, &l, level + 2);
    indent(e, level + 1);
    buffer_puts(e->out, "}\n");
    scope_release(&e->scope, row);
    put_lanes(e, loop, inner, inner->next, NULL, &l, level + 1);
    indent(e, level);
    buffer_puts(e->out, "}\n");
    e->index_name[loop->index] = (char *)i;
    if (known_count(e, loop) % WIDTH == 0) /* gcc warns of reading past the end in a loop that never runs */
        return;
    indent(e, level);
    buffer_printf(e->out, "for (; %s < ", i);
    put_index(e, past, STRENGTH_SUM);
    buffer_printf(e->out, "; %s++) {\n", i);
    put_range(e, loop->body, NULL, level + 1);
    indent(e, level);
    buffer_puts(e->out, "}\n");
}
