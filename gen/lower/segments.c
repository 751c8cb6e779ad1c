/* The loop over the segments of an axis. Inside it, expressions have three sizes: the number of the segment, its first place, its length. That keeps what depends on
 * them affine for every pass before; once the loop is built they become variables of the program. */
#include "gen/lower/lower_private.h"
#include "gen/lower/nest.h"
#include "grammar/arena.h"

static int bind(nest *b, int size, node value)
{
    dag *d = b->d;
    lower_statement *s = lower_statement_new(b->p, LOWER_BIND);
    s->index = dag_index_fresh(d, b->p->m->size[size].key, dag_int(d, 1), value);
    s->value = value;
    nest_open(b, s, s->index, false);
    int_map_put(&b->size_depth, 1 + size, b->depth);
    return s->index;
}

lower_statement *nest_segments(nest *b, int sweep)
{
    dag *d = b->d;
    const lower_checkpoint *c = b->p->checkpoint;
    const lower_sweep *s = &c->sweep[sweep - 1];
    node length = dag_sizesym(d, c->span), count = dag_sizesym(d, c->segments), one = dag_int(d, 1);
    int index = dag_index_fresh(d, b->p->m->size[s->segment].key, one, count);
    node segment = dag_index_node(d, index), before = dag_raw_mul(d, 2, (node[]){length, dag_add2(d, segment, dag_int(d, -1))});
    nest_open_for(b, index, one, count, s->down);
    lower_statement *loop = b->frame[b->depth - 1].statement;
    int_map_put(&b->size_depth, 1 + s->segment, b->depth);
    bind(b, s->first, dag_raw_add(d, 2, (node[]){before, one}));
    node whole = dag_raw_compare(d, COMPARE_LESS_EQUAL, dag_raw_mul(d, 2, (node[]){length, segment}), c->extent);
    bind(b, s->length, dag_raw_if(d, whole, length, dag_raw_add(d, 2, (node[]){c->extent, dag_neg(d, before)})));
    return loop;
}

typedef struct {
    dag *d;
    node from[3], to[3];
} renaming;

static void rename_node(const renaming *r, node *n)
{
    if (*n)
        *n = dag_substitute(r->d, *n, 3, r->from, r->to, true);
}

static const lower_call *rename_call(lower_program *p, const renaming *r, const lower_call *old)
{
    lower_call *c = arena_alloc(p->memory, sizeof *c);
    *c = *old;
    node *part[] = {&c->a, &c->b, &c->factor, &c->rows, &c->columns, &c->inner, &c->inner_times};
    for (size_t i = 0; i < sizeof part / sizeof *part; i++)
        rename_node(r, part[i]);
    return c;
}

static const lower_contraction *rename_contraction(lower_program *p, const renaming *r, const lower_contraction *old)
{
    lower_contraction *c = arena_alloc(p->memory, sizeof *c);
    *c = *old;
    node *part[] = {&c->a, &c->b, &c->target, &c->factor};
    for (size_t i = 0; i < sizeof part / sizeof *part; i++)
        rename_node(r, part[i]);
    for (int role = 0; role < 3; role++)
        for (int i = 0; i < c->count[role]; i++)
            rename_node(r, &c->span[role][i].extent);
    return c;
}

static void rename_block(lower_program *p, const renaming *r, lower_statement *s)
{
    for (; s; s = s->next) {
        node *part[] = {&s->lo, &s->hi, &s->target, &s->value};
        for (size_t i = 0; i < sizeof part / sizeof *part; i++)
            rename_node(r, part[i]);
        s->call = s->call ? rename_call(p, r, s->call) : NULL;
        s->contraction = s->contraction ? rename_contraction(p, r, s->contraction) : NULL;
        rename_block(p, r, s->body);
        rename_block(p, r, s->otherwise);
    }
}

void nest_segments_close(nest *b, int sweep, lower_statement *loop)
{
    dag *d = b->d;
    const lower_sweep *s = &b->p->checkpoint->sweep[sweep - 1];
    const lower_statement *first = loop->body, *length = first->body;
    renaming r = {d,
                  {dag_sizesym(d, s->segment), dag_sizesym(d, s->first), dag_sizesym(d, s->length)},
                  {dag_index_node(d, loop->index), dag_index_node(d, first->index), dag_index_node(d, length->index)}};
    rename_block(b->p, &r, loop->body);
    int_map_put(&b->size_depth, 1 + s->segment, 0), int_map_put(&b->size_depth, 1 + s->first, 0), int_map_put(&b->size_depth, 1 + s->length, 0);
}
