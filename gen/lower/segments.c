/* The loop over the segments of an axis. Inside it, expressions have three sizes: the number of the segment, its first place, its length. That keeps what depends on
 * them affine for every pass before; once the loop is built they become variables of the program. */
#include "gen/lower/lower_private.h"
#include "gen/lower/nest.h"
#include "gen/lower/walk.h"

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

void nest_segments_close(nest *b, int sweep, lower_statement *loop)
{
    dag *d = b->d;
    const lower_sweep *s = &b->p->checkpoint->sweep[sweep - 1];
    const lower_statement *first = loop->body, *length = first->body;
    const node from[] = {dag_sizesym(d, s->segment), dag_sizesym(d, s->first), dag_sizesym(d, s->length)};
    const node to[] = {dag_index_node(d, loop->index), dag_index_node(d, first->index), dag_index_node(d, length->index)};
    lower_rename(&(lower_renaming){b->p, 3, from, to}, loop->body);
    int_map_put(&b->size_depth, 1 + s->segment, 0), int_map_put(&b->size_depth, 1 + s->first, 0), int_map_put(&b->size_depth, 1 + s->length, 0);
}
