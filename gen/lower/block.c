/* Blocks. Needs: functions, joined (merge.c), before flatten.c. Functions that follow each other and run through one long range are called block by block, so that
 * what one hands to the next stays in the cache: arrays that only they touch, each iteration its own entries, are as long as a block. Sums over the range begin
 * where the block before has left them. With one block for all (the trace) the program is the one without blocks.
 * Strip-mining and contraction of arrays as in R. Allen and K. Kennedy, "Optimizing Compilers for Modern Architectures" (2002), chapters 8 and 9. */
#include <stdlib.h>
#include <string.h>

#include "gen/dag/break.h"
#include "gen/lower/lower_private.h"
#include "gen/lower/walk.h"
#include "grammar/arena.h"
#include "grammar/map.h"

enum { FEWEST_ARRAYS = 6, ALL_AXES = 0xffff, READ = 1 << 16, WRITTEN = 1 << 17, TOTAL = 1 << 18, ZEROED = 1 << 19, TOUCHED = 1 << 20 };

/* --- the range --- */

static bool is_long(const lower_program *p, node size)
{
    const dag *d = p->m->dag;
    if (dag_kind(d, size) != NODE_SIZE)
        return false;
    const model_size *s = &p->m->size[dag_payload(d, size)];
    return s->population < 0 && s->value <= 0 && !s->equals;
}

bool lower_in_blocks(const lower_program *p, node lo, node hi)
{
    dag *d = p->m->dag;
    return p->block_range && dag_is_int(d, lo, 0) && hi == dag_add2(d, p->block_range, dag_int(d, -1));
}

bool lower_index_in_blocks(const lower_program *p, int index)
{
    const dag_index_info *i = dag_index_get(p->m->dag, index);
    return i->lo && i->hi && lower_in_blocks(p, i->lo, i->hi);
}

node lower_new_size(lower_program *p, const char *name, model_size_role role)
{
    model *m = p->m;
    model_size *list = arena_alloc(p->memory, (size_t)(m->size_count + 1) * sizeof *list);
    memcpy(list, m->size, (size_t)m->size_count * sizeof *list);
    list[m->size_count] = (model_size){.key = intern_puts(m->names, name), .population = -1, .role = role};
    m->size = list;
    return dag_sizesym(m->dag, m->size_count++);
}

/* The size along which most arrays of work memory lie. */
void lower_choose_blocks(lower_program *p)
{
    const model *m = p->m;
    int *arrays = xcalloc((size_t)m->size_count + 1, sizeof *arrays), best = -1;
    for (int i = 0; i < p->equation_count; i++) {
        const lower_var *v = &p->var[p->equation[i].var];
        if (p->equation[i].events && v->place == LOWER_WORK && !v->per_sample && v->axis_count && is_long(p, v->size[v->axis_count - 1]))
            arrays[dag_payload(m->dag, v->size[v->axis_count - 1])]++;
    }
    for (int i = 0; i < m->size_count; i++)
        if (arrays[i] >= FEWEST_ARRAYS && (best < 0 || arrays[i] > arrays[best]))
            best = i;
    free(arrays);
    if (best < 0)
        return;
    p->block_range = dag_sizesym(m->dag, best);
    p->block_length = lower_new_size(p, "block", SIZE_BLOCK);
    p->block_begin = lower_new_size(p, "begin", SIZE_BLOCK_BEGIN);
    p->block_count = lower_new_size(p, "count", SIZE_BLOCK_COUNT);
    dag_size_at_least(m->dag, dag_payload(m->dag, p->block_begin), 0);
}

/* --- what a function touches --- */

typedef struct {
    lower_program *p;
    dag *d;
    bool fits;
    node index;      /* of the loop over the range, while it is open; else 0 */
    int_map touched; /* 1 + variable -> what is known of it */
    int_list vars;
    int_map local; /* 1 + local: 1 declared inside the loop over the range, 2 outside, 3 outside and added to inside */
} survey;

static void touch(survey *x, node entry, int how)
{
    int key = 1 + dag_payload(x->d, entry), known = int_map_get(&x->touched, key);
    if (!known) {
        int_list_push(&x->vars, key - 1);
        known = TOUCHED | ALL_AXES;
    }
    int axes = how & (TOTAL | ZEROED) ? ALL_AXES : lower_own_axes(x->d, entry, x->index);
    int_map_put(&x->touched, key, (known & ~ALL_AXES) | how | (known & ALL_AXES & axes));
}

static bool note_read(void *context, node n)
{
    survey *x = context;
    if (dag_kind(x->d, n) != NODE_ENTRY)
        return true;
    int var = dag_payload(x->d, n);
    if (x->p->var[var].place != LOWER_LOCAL)
        touch(x, n, READ);
    else if (int_map_get(&x->local, 1 + var) == 3)
        x->fits = false; /* a sum that is read before it is whole, or in an expression */
    return true;
}

static void survey_read(survey *x, node n)
{
    if (n)
        dag_visit(x->d, n, note_read, x);
}

static bool declared_in(const lower_statement *block, const lower_statement *end, node local)
{
    for (; block != end; block = block->next)
        if (block->kind == LOWER_LET && block->target == local)
            return true;
    return false;
}

static void survey_array(survey *x, const lower_statement *block, const lower_statement *s)
{
    for (int k = 0; k < dag_count(x->d, s->target); k++)
        survey_read(x, dag_child(x->d, s->target, k));
    if (!x->index) { /* the end of a sum, or its zero */
        int local = dag_kind(x->d, s->value) == NODE_ENTRY && dag_count(x->d, s->value) == 0 ? int_map_get(&x->local, 1 + dag_payload(x->d, s->value)) : 0;
        bool zero = dag_is_int(x->d, s->value, 0);
        x->fits = x->fits && s->how == LOWER_SET && (zero || (local == 3 && declared_in(block, s, s->value)));
        touch(x, s->target, zero ? ZEROED : TOTAL);
        return;
    }
    survey_read(x, s->value);
    if (lower_own_axes(x->d, s->target, x->index))
        touch(x, s->target, WRITTEN);
    else if (s->how == LOWER_ADD && !dag_has_index(x->d, s->target, dag_payload(x->d, x->index)))
        touch(x, s->target, TOTAL);
    else
        x->fits = false;
}

static void survey_local(survey *x, const lower_statement *s)
{
    int key = 1 + dag_payload(x->d, s->target), known = int_map_get(&x->local, key);
    survey_read(x, s->value); /* 0: none yet */
    if (s->kind == LOWER_LET) {
        int_map_put(&x->local, key, x->index ? 1 : 2);
        return;
    }
    if (!x->index || known == 1)
        return;
    x->fits = x->fits && s->how == LOWER_ADD;
    int_map_put(&x->local, key, 3);
}

static void survey_block(survey *x, const lower_statement *block)
{
    for (const lower_statement *s = block; s && x->fits; s = s->next) {
        survey_read(x, s->lo);
        survey_read(x, s->hi);
        if (s->kind == LOWER_PRODUCT || s->kind == LOWER_CONTRACT) {
            x->fits = false;
        } else if (s->kind == LOWER_LET || s->kind == LOWER_ASSIGN) {
            if (x->p->var[dag_payload(x->d, s->target)].place == LOWER_LOCAL)
                survey_local(x, s);
            else
                survey_array(x, block, s);
        } else {
            survey_read(x, s->value);
        }
        bool range = s->kind == LOWER_FOR && lower_in_blocks(x->p, s->lo, s->hi);
        x->fits = x->fits && !(range && (x->index || s->down));
        node outer = x->index;
        if (range)
            x->index = dag_index_node(x->d, s->index);
        survey_block(x, s->body);
        survey_block(x, s->otherwise);
        x->index = outer;
    }
}

static bool has_range(const lower_program *p, const lower_statement *s)
{
    for (; s; s = s->next)
        if ((s->kind == LOWER_FOR && lower_in_blocks(p, s->lo, s->hi)) || has_range(p, s->body) || has_range(p, s->otherwise))
            return true;
    return false;
}

static bool has_recurrence(const lower_statement *s)
{
    for (; s; s = s->next)
        if (s->recurs || has_recurrence(s->body) || has_recurrence(s->otherwise))
            return true;
    return false;
}

static bool survey_function(survey *x, const lower_function *f)
{
    x->fits = has_range(x->p, f->body) && !has_recurrence(f->body) && !(f->events >> LOWER_COMMIT & 1u);
    survey_block(x, f->body);
    return x->fits;
}

static void survey_free(survey *x)
{
    int_map_free(&x->touched), int_map_free(&x->local);
    int_list_free(&x->vars);
}

/* --- groups --- */

typedef struct {
    lower_program *p;
    int first, end;  /* functions */
    int_map touched; /* 1 + variable: as in a survey, of all functions of the group */
    int_map uses;    /* 1 + variable: how many of them touch it */
    int_list vars;
    int blocks;                /* groups so far */
    int *all_uses;             /* per variable: functions of the program that touch it */
    uint64_t *users, *writers; /* per variable of the group: events at which some function touches it; at which all that write it run */
    int_map short_axis;        /* 1 + variable: 1 + the axis that is as long as a block */
    bool *whole;               /* per variable: lower_whole */
} grouping;

/* May both be said of one variable in a group? */
static bool agrees(int known)
{
    if (known & (TOTAL | ZEROED))
        return (known & TOTAL) && !(known & (READ | WRITTEN));
    return !(known & WRITTEN) || (known & ALL_AXES);
}

static bool joins_group(const grouping *g, const survey *x)
{
    for (int i = 0; i < x->vars.count; i++) {
        int key = 1 + x->vars.at[i], own = int_map_get(&x->touched, key), known = int_map_get(&g->touched, key);
        if ((known & (TOTAL | ZEROED)) || (known && (own & (TOTAL | ZEROED))) || !agrees(own))
            return false;
        if (known && !agrees(((known | own) & ~ALL_AXES) | (known & own & ALL_AXES)))
            return false;
    }
    return true;
}

static void take_function(grouping *g, const survey *x)
{
    const uint64_t events = g->p->function[g->end].events;
    for (int i = 0; i < x->vars.count; i++) {
        int key = 1 + x->vars.at[i], own = int_map_get(&x->touched, key), known = int_map_get(&g->touched, key);
        if (!known) {
            int_list_push(&g->vars, key - 1);
            g->users[key - 1] = 0, g->writers[key - 1] = ~UINT64_C(0);
        }
        g->users[key - 1] |= events;
        if (own & WRITTEN)
            g->writers[key - 1] &= events;
        int_map_put(&g->touched, key, known ? ((known | own) & ~ALL_AXES) | (known & own & ALL_AXES) : own);
        int_map_put(&g->uses, key, 1 + int_map_get(&g->uses, key));
    }
    g->end++;
}

/* --- contraction --- */

/* 1 + the axis that may be as short as a block; 0: none. */
static int short_axis(const grouping *g, int var)
{
    const lower_var *v = &g->p->var[var];
    int known = int_map_get(&g->touched, 1 + var);
    if (v->place != LOWER_WORK || v->per_sample || v->integer || g->whole[var] || !(known & WRITTEN) || int_map_get(&g->uses, 1 + var) != g->all_uses[var])
        return 0;
    for (int k = v->axis_count - 1; k >= 0; k--)
        if ((known >> k & 1) && v->size[k] == g->p->block_range && dag_is_int(g->p->m->dag, v->start[k], 0))
            return (g->users[var] & ~g->writers[var]) == 0 ? 1 + k : 0; /* whoever reads it must run with those who write it */
    return 0;
}

typedef struct {
    grouping *g;
    dag *d;
    node index, moved; /* of the open loop over the range, and where it stands in the whole; 0: none is open */
} rewriting;

static node rewrite(void *context, node n)
{
    rewriting *r = context;
    dag *d = r->d;
    if (n == r->index)
        return r->moved;
    if (dag_kind(d, n) == NODE_ENTRY && dag_count(d, n)) {
        node at[MODEL_MAX_AXES];
        int axis = int_map_get(&r->g->short_axis, 1 + dag_payload(d, n)) - 1;
        for (int k = 0; k < dag_count(d, n); k++)
            at[k] = k == axis ? dag_child(d, n, k) : rewrite(r, dag_child(d, n, k));
        return dag_entry(d, dag_payload(d, n), dag_count(d, n), at);
    }
    if (!dag_has_index(d, n, dag_payload(d, r->index)))
        return n;
    int count = dag_count(d, n);
    node few[8], *child = count <= 8 ? few : xmalloc((size_t)count * sizeof *child);
    for (int i = 0; i < count; i++)
        child[i] = rewrite(r, dag_child(d, n, i));
    node made = dag_rebuild(d, n, child, true);
    if (child != few)
        free(child);
    return made;
}

static void rewrite_parts(rewriting *r, lower_statement *s)
{
    node *part[] = {&s->lo, &s->hi, &s->target, &s->value};
    for (int i = 0; i < 4 && r->index; i++)
        if (*part[i])
            *part[i] = rewrite(r, *part[i]);
}

static node first_block(rewriting *r)
{
    return dag_raw_compare(r->d, COMPARE_EQUAL, r->g->p->block_begin, dag_int(r->d, 0));
}

/* The sum that this assignment ends: the statement that declares it, in the same block. */
static void continue_sum(rewriting *r, lower_statement *block, const lower_statement *end)
{
    for (lower_statement *s = block; s != end; s = s->next)
        if (s->kind == LOWER_LET && s->target == end->value)
            s->value = dag_raw_if(r->d, first_block(r), s->value, end->target);
}

static void rewrite_block(rewriting *r, lower_statement **block)
{
    for (lower_statement **at = block; *at; at = &(*at)->next) {
        lower_statement *s = *at;
        bool total = !r->index && s->kind == LOWER_ASSIGN && r->g->p->var[dag_payload(r->d, s->target)].place != LOWER_LOCAL;
        rewrite_parts(r, s);
        if (total && dag_is_int(r->d, s->value, 0)) {
            lower_statement *when = lower_statement_new(r->g->p, LOWER_WHEN);
            when->value = first_block(r);
            when->next = s->next;
            when->body = s;
            s->next = NULL;
            *at = when;
            continue;
        }
        if (total && !BROKEN("block"))
            continue_sum(r, *block, s);
        rewriting inner = *r;
        if (s->kind == LOWER_FOR && lower_in_blocks(r->g->p, s->lo, s->hi)) {
            s->hi = dag_add2(r->d, r->g->p->block_count, dag_int(r->d, -1));
            inner.index = dag_index_node(r->d, s->index);
            inner.moved = dag_raw_add(r->d, 2, (node[]){r->g->p->block_begin, inner.index});
        }
        rewrite_block(&inner, &s->body);
        rewrite_block(&inner, &s->otherwise);
    }
}

static void block_group(grouping *g)
{
    lower_program *p = g->p;
    int arrays = 0;
    int_map_free(&g->short_axis);
    for (int i = 0; i < g->vars.count && g->end - g->first > 1; i++) {
        int axis = short_axis(g, g->vars.at[i]);
        if (axis)
            int_map_put(&g->short_axis, 1 + g->vars.at[i], axis), arrays++;
    }
    if (arrays < 2)
        return;
    g->blocks++;
    for (int i = g->first; i < g->end; i++) {
        rewriting r = {.g = g, .d = p->m->dag};
        rewrite_block(&r, &p->function[i].body);
        p->function[i].block = g->blocks;
    }
    for (int i = 0; i < g->vars.count; i++) {
        int axis = int_map_get(&g->short_axis, 1 + g->vars.at[i]);
        if (axis)
            p->var[g->vars.at[i]].size[axis - 1] = p->block_length;
    }
}

static void begin_group(grouping *g, int first)
{
    int_map_free(&g->touched), int_map_free(&g->uses);
    g->vars.count = 0;
    g->first = g->end = first;
}

typedef struct {
    grouping *g;
    int *last; /* per variable: 1 + the last function that touches it */
    int function;
} use_count;

static bool count_entry(void *context, node n)
{
    use_count *u = context;
    const dag *d = u->g->p->m->dag;
    if (dag_kind(d, n) == NODE_ENTRY && u->last[dag_payload(d, n)] != 1 + u->function) {
        u->last[dag_payload(d, n)] = 1 + u->function;
        u->g->all_uses[dag_payload(d, n)]++;
    }
    return true;
}

static void count_block(use_count *u, const lower_statement *s)
{
    for (; s; s = s->next) {
        const lower_contraction *c = s->contraction;
        const node part[] = {s->lo,        s->hi,        s->target,        s->value, s->call ? s->call->a : 0, s->call ? s->call->b : 0,
                             c ? c->a : 0, c ? c->b : 0, c ? c->target : 0};
        for (size_t i = 0; i < sizeof part / sizeof *part; i++)
            if (part[i])
                dag_visit(u->g->p->m->dag, part[i], count_entry, u);
        count_block(u, s->body);
        count_block(u, s->otherwise);
    }
}

static void count_uses(grouping *g)
{
    use_count u = {g, xcalloc((size_t)g->p->var_count + 1, sizeof(int)), 0};
    for (; u.function < g->p->function_count; u.function++)
        count_block(&u, g->p->function[u.function].body);
    free(u.last);
}

bool *lower_whole(const lower_program *p)
{
    bool *whole = xcalloc((size_t)p->var_count + 1, sizeof *whole);
    for (int i = 0; i < p->m->output_count; i++)
        whole[p->output[i]] = true;
    for (int i = 0; i < p->commit_count; i++)
        if (p->commit[i].fresh >= 0)
            whole[p->commit[i].fresh] = true;
    for (int i = 0; i < p->total_count; i++)
        whole[p->total[i].var] = true;
    return whole;
}

static void drop_sizes(lower_program *p)
{
    p->m->size_count = dag_payload(p->m->dag, p->block_length);
    p->block_range = p->block_length = p->block_begin = p->block_count = 0;
}

void lower_block(lower_program *p)
{
    size_t n = (size_t)p->var_count + 1;
    grouping g = {
        .p = p, .all_uses = xcalloc(n, sizeof(int)), .whole = lower_whole(p), .users = xcalloc(n, sizeof(uint64_t)), .writers = xcalloc(n, sizeof(uint64_t))};
    if (p->block_range) {
        count_uses(&g);
        begin_group(&g, 0);
        for (int i = 0; i < p->function_count; i++) {
            survey x = {.p = p, .d = p->m->dag};
            bool fits = survey_function(&x, &p->function[i]);
            if (!fits || !joins_group(&g, &x)) {
                block_group(&g);
                begin_group(&g, i);
            }
            if (fits && joins_group(&g, &x))
                take_function(&g, &x);
            else
                begin_group(&g, i + 1);
            survey_free(&x);
        }
        block_group(&g);
        if (!g.blocks)
            drop_sizes(p);
    }
    int_map_free(&g.touched), int_map_free(&g.uses), int_map_free(&g.short_axis);
    int_list_free(&g.vars);
    free(g.all_uses), free(g.whole), free(g.users), free(g.writers);
}
