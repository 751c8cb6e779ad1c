/* Index arithmetic (ptrdiff_t) and places in arrays as C text. */
#include <stdio.h>

#include "gen/dag/break.h"
#include "gen/emit/c_private.h"

void open_if(emitter *e, bool needed)
{
    if (needed)
        buffer_puts(e->out, "(");
}

void close_if(emitter *e, bool needed)
{
    if (needed)
        buffer_puts(e->out, ")");
}

/* --- index arithmetic --- */

bool size_is_known(const emitter *e, int size)
{
    return e->m->size[size].population < 0 && e->m->size[size].value > 0;
}

void put_size(emitter *e, int size)
{
    const model_size *s = &e->m->size[size];
    if (e->sizes == SIZES_LOCAL) {
        buffer_puts(e->out, e->local_size[size]);
    } else if (e->free && s->population >= 0) {
        buffer_printf(e->out, "%ld", e->o->batch);
    } else if (s->equals) {
        put_index(e, s->equals, STRENGTH_UNARY);
    } else if (e->sizes == SIZES_TABLE) {
        buffer_printf(e->out, "sizes[%d]", e->size_number[size]);
    } else if (size_is_known(e, size)) {
        buffer_printf(e->out, "%ld", s->value);
    } else {
        buffer_printf(e->out, "%ssize%s%s", e->work, e->size_pointer ? "->" : ".", e->size_name[size]);
    }
}

static void put_index_sum(emitter *e, node n, int strength)
{
    int count = dag_count(e->d, n);
    open_if(e, strength > STRENGTH_SUM);
    for (int i = 0; i < count; i++) {
        node c = dag_child(e->d, n, i), first = dag_kind(e->d, c) == NODE_MUL ? dag_child(e->d, c, 0) : c;
        bool negative = i > 0 && dag_kind(e->d, first) == NODE_NUMBER && mpq_sgn(*dag_value(e->d, first)) < 0;
        if (i)
            buffer_puts(e->out, negative ? " - " : " + ");
        if (negative)
            c = dag_neg(e->d, c);
        put_index(e, c, i ? STRENGTH_PRODUCT : STRENGTH_SUM);
    }
    close_if(e, strength > STRENGTH_SUM);
}

static void put_index_product(emitter *e, node n, int strength)
{
    int count = dag_count(e->d, n);
    open_if(e, strength > STRENGTH_PRODUCT);
    for (int i = 0; i < count; i++) {
        if (i == 0 && dag_is_int(e->d, dag_child(e->d, n, 0), -1)) {
            buffer_puts(e->out, "-");
            continue;
        }
        if (i && !(i == 1 && dag_is_int(e->d, dag_child(e->d, n, 0), -1)))
            buffer_puts(e->out, " * ");
        put_index(e, dag_child(e->d, n, i), STRENGTH_UNARY);
    }
    close_if(e, strength > STRENGTH_PRODUCT);
}

/* Made of integers by additions and multiplications. */
static bool is_integral(const dag *d, node n)
{
    node_kind k = dag_kind(d, n);
    if (k == NODE_NUMBER)
        return mpz_cmp_ui(mpq_denref(*dag_value(d, n)), 1) == 0;
    bool good = k == NODE_SIZE || k == NODE_INDEX || k == NODE_ADD || k == NODE_MUL;
    for (int i = 0; i < dag_count(d, n) && good; i++)
        good = is_integral(d, dag_child(d, n, i));
    return good;
}

static bool is_integer(const emitter *e, node n)
{
    return dag_kind(e->d, n) == NODE_ENTRY ? e->p->var[dag_payload(e->d, n)].integer : is_integral(e->d, n);
}

void put_index(emitter *e, node n, int strength)
{
    dag *d = e->d;
    switch (dag_kind(d, n)) {
    case NODE_NUMBER:
        if (mpz_cmp_ui(mpq_denref(*dag_value(d, n)), 1) != 0)
            break;
        open_if(e, mpq_sgn(*dag_value(d, n)) < 0 && strength > STRENGTH_PRODUCT);
        buffer_printf(e->out, "%ld", mpz_get_si(mpq_numref(*dag_value(d, n))));
        close_if(e, mpq_sgn(*dag_value(d, n)) < 0 && strength > STRENGTH_PRODUCT);
        return;
    case NODE_SIZE: put_size(e, dag_payload(d, n)); return;
    case NODE_INDEX: buffer_puts(e->out, e->index_name[dag_payload(d, n)]); return;
    case NODE_ADD:
        if (!is_integral(d, n))
            break;
        put_index_sum(e, n, strength);
        return;
    case NODE_MUL:
        if (!is_integral(d, n))
            break;
        put_index_product(e, n, strength);
        return;
    case NODE_IF:
        if (!is_integer(e, dag_child(d, n, 1)) || !is_integer(e, dag_child(d, n, 2)))
            break;
        buffer_puts(e->out, "(");
        put_condition(e, dag_child(d, n, 0), STRENGTH_OR);
        buffer_puts(e->out, " ? ");
        put_index(e, dag_child(d, n, 1), STRENGTH_OR);
        buffer_puts(e->out, " : ");
        put_index(e, dag_child(d, n, 2), STRENGTH_OR);
        buffer_puts(e->out, ")");
        return;
    case NODE_ENTRY:
        if (!e->p->var[dag_payload(d, n)].integer)
            break;
        if (e->p->var[dag_payload(d, n)].place != LOWER_LOCAL)
            buffer_puts(e->out, "(ptrdiff_t)");
        put_place(e, n);
        return;
    default: break;
    }
    buffer_puts(e->out, "(ptrdiff_t)(");
    put_real(e, n, STRENGTH_ANY);
    buffer_puts(e->out, ")");
}

/* --- entries --- */

static void put_offset(emitter *e, node entry, const lower_var *v)
{
    dag *d = e->d;
    int count = dag_count(d, entry);
    buffer_puts(e->out, "[");
    for (int k = 0; k < count - 2; k++)
        buffer_puts(e->out, "(");
    for (int i = 0; i < count; i++) {
        int k = lower_axis_at(v, i);
        node at = dag_child(d, entry, k);
        if (!dag_is_int(d, v->start[k], 0))
            at = dag_sub(d, at, v->start[k]);
        if (i) {
            buffer_puts(e->out, " * ");
            put_index(e, v->size[BROKEN("stride") ? lower_axis_at(v, i - 1) : k], STRENGTH_UNARY);
            if (!dag_is_int(d, at, 0)) {
                buffer_puts(e->out, " + ");
                put_index(e, at, STRENGTH_PRODUCT);
            }
            buffer_puts(e->out, i + 1 < count ? ")" : "");
        } else {
            put_index(e, at, count > 1 ? STRENGTH_UNARY : STRENGTH_ANY);
        }
    }
    buffer_puts(e->out, "]");
}

void put_place(emitter *e, node entry)
{
    int var = dag_payload(e->d, entry);
    const lower_var *v = &e->p->var[var];
    if (e->local[var]) {
        buffer_puts(e->out, e->local[var]);
    } else {
        const char *base = v->place == LOWER_WORK ? e->work : struct_of(v->place);
        buffer_printf(e->out, v->place == LOWER_WORK ? "%s%s" : "%s->%s", base, e->member[var]);
    }
    if (dag_count(e->d, entry))
        put_offset(e, entry, v);
}
