/* Initial values. Each array draws from a stream of its own, numbered by its name, so that the order of declarations does not matter. */
#include <string.h>

#include "gen/emit/c_private.h"

enum { CHUNK = 160 };

static uint64_t stream_of(const char *name)
{
    uint64_t h = UINT64_C(14695981039346656037); /* FNV-1a */
    for (const unsigned char *c = (const unsigned char *)name; *c; c++)
        h = (h ^ *c) * UINT64_C(1099511628211);
    return h;
}

static bool is_initial(const model_var *v)
{
    if (v->role == ROLE_GIVEN)
        return v->init.kind != INIT_DEFAULT;
    return v->role == ROLE_PARAM || v->role == ROLE_STATE || v->role == ROLE_HYPER;
}

static init_kind kind_of(const model_var *v)
{
    if (v->init.kind != INIT_DEFAULT)
        return v->init.kind;
    return v->role == ROLE_PARAM && v->axis_count >= 2 ? INIT_GLOROT : INIT_VALUE;
}

/* "2.0 / (double)(…)": the product of the axes from `first` on. */
static void put_product_of_axes(emitter *e, const lower_var *v, int first, int skip)
{
    bool any = false;
    for (int k = first; k < v->axis_count; k++) {
        if (k == skip)
            continue;
        buffer_puts(e->out, any ? " * (double)" : "(double)");
        put_index(e, v->size[k], STRENGTH_UNARY);
        any = true;
    }
    if (!any)
        buffer_puts(e->out, "1.0");
}

static void put_bound(emitter *e, node n)
{
    const char *real = e->real, *suffix = e->suffix;
    e->real = "double", e->suffix = "";
    if (n)
        put_real(e, n, STRENGTH_UNARY);
    else
        buffer_puts(e->out, "0.0");
    e->real = real, e->suffix = suffix;
}

/* The value of draw number i. fan-in: all axes but the first (the vector's own axis for a vector); fan-out: the first and the receptive axes. */
static void put_draw(emitter *e, const model_var *q, const lower_var *v, init_kind kind)
{
    const char *call = kind == INIT_GLOROT || kind == INIT_UNIFORM || kind == INIT_BERNOULLI ? "delta_uniform" : "delta_normal";
    int in = v->axis_count > 1 ? 1 : 0;
    buffer random = {0}, *out = e->out;
    buffer_printf(&random, "%s(seed, UINT64_C(0x%016llx), (uint64_t)i)", call, (unsigned long long)stream_of(intern_text(e->m->names, q->key)));
    switch (kind) {
    case INIT_GLOROT:
        buffer_puts(out, "sqrt(6.0 / (");
        put_product_of_axes(e, v, in, -1);
        buffer_puts(out, " + ");
        put_product_of_axes(e, v, 0, v->axis_count > 1 ? 1 : 0);
        buffer_printf(out, ")) * (2.0 * %s - 1.0)", random.text);
        break;
    case INIT_HE:
    case INIT_LECUN:
        buffer_printf(out, "sqrt(%s / (", kind == INIT_HE ? "2.0" : "1.0");
        put_product_of_axes(e, v, in, -1);
        buffer_printf(out, ")) * %s", random.text);
        break;
    case INIT_NORMAL:
        put_bound(e, q->init.a);
        buffer_puts(out, " + ");
        put_bound(e, q->init.b);
        buffer_printf(out, " * %s", random.text);
        break;
    case INIT_UNIFORM:
        put_bound(e, q->init.a);
        buffer_puts(out, " + (");
        put_bound(e, q->init.b);
        buffer_puts(out, " - ");
        put_bound(e, q->init.a);
        buffer_printf(out, ") * %s", random.text);
        break;
    default:
        buffer_printf(out, "%s < ", random.text);
        put_bound(e, q->init.a);
        buffer_puts(out, " ? 1.0 : 0.0");
        break;
    }
    buffer_free(&random);
}

static void put_random(emitter *e, int var)
{
    const model_var *q = &e->m->var[var];
    const lower_var *v = &e->p->var[var];
    const char *where = struct_of(v->place);
    if (v->axis_count == 0) {
        buffer_printf(e->out, "    {\n        const int i = 0;\n        %s->%s = (%s)(", where, e->member[var], e->real);
        put_draw(e, q, v, kind_of(q));
        buffer_puts(e->out, ");\n    }\n");
        return;
    }
    buffer_puts(e->out, "    for (ptrdiff_t i = 0; i < ");
    for (int k = 0; k < v->axis_count; k++) {
        buffer_puts(e->out, k ? " * " : "");
        put_index(e, v->size[k], STRENGTH_UNARY);
    }
    buffer_printf(e->out, "; i++) {\n        %s->%s[i] = (%s)(", where, e->member[var], e->real);
    put_draw(e, q, v, kind_of(q));
    buffer_puts(e->out, ");\n    }\n");
}

static lower_statement *statement(emitter *e, lower_kind kind)
{
    lower_statement *s = arena_alloc(e->memory, sizeof *s);
    s->kind = kind;
    return s;
}

/* var[index…] = value as loops. */
static lower_statement *value_statement(emitter *e, int var)
{
    model_var *q = &e->m->var[var];
    dag *d = e->d;
    node at[MODEL_MAX_AXES];
    int index[MODEL_MAX_AXES];
    for (int k = 0; k < q->axis_count; k++) {
        const lower_var *v = &e->p->var[var];
        bool given = q->init.kind != INIT_DEFAULT && q->init.a && dag_has_kind(d, q->init.a, NODE_INDEX);
        node hi = dag_add(d, 3, (node[]){v->start[k], v->size[k], dag_int(d, -1)});
        index[k] = given ? q->init.index[k] : dag_index_fresh(d, 0, v->start[k], hi);
        at[k] = dag_index_node(d, index[k]);
    }
    lower_statement *s = statement(e, LOWER_ASSIGN);
    s->target = dag_entry(d, var, q->axis_count, at);
    s->value = q->init.kind == INIT_DEFAULT || !q->init.a ? dag_int(d, 0) : q->init.a;
    for (int k = q->axis_count - 1; k >= 0; k--) {
        lower_statement *loop = statement(e, LOWER_FOR);
        loop->index = index[k];
        loop->lo = dag_index_get(d, index[k])->lo;
        loop->hi = dag_index_get(d, index[k])->hi;
        loop->body = s;
        s = loop;
    }
    return s;
}

/* Values: settings first, then given arrays, states, parameters, which may be written with them. Returns how many functions. */
static int put_values(emitter *e)
{
    static const var_role order[] = {ROLE_HYPER, ROLE_GIVEN, ROLE_STATE, ROLE_PARAM};
    lower_statement *head = NULL, **tail = &head;
    int functions = 0, count = 0;
    for (size_t r = 0; r < sizeof order / sizeof *order; r++)
        for (int i = 0; i < e->m->var_count; i++) {
            const model_var *v = &e->m->var[i];
            init_kind kind = kind_of(v);
            if (v->role != order[r] || !is_initial(v) || (kind != INIT_VALUE && kind != INIT_ARRAY))
                continue;
            if (count == CHUNK) {
                put_initial_function(e, arena_printf(e->memory, "%s_values_%d", e->name, functions++), head);
                head = NULL, tail = &head, count = 0;
            }
            *tail = value_statement(e, i);
            tail = &(*tail)->next;
            count++;
        }
    if (count)
        put_initial_function(e, arena_printf(e->memory, "%s_values_%d", e->name, functions++), head);
    return functions;
}

static bool is_random(const model_var *v)
{
    init_kind kind = kind_of(v);
    return is_initial(v) && kind != INIT_VALUE && kind != INIT_ARRAY;
}

static int put_randoms(emitter *e)
{
    int functions = 0, count = 0;
    e->sizes = SIZES_STRUCT;
    e->work = "state->";
    for (int i = 0; i < e->m->var_count; i++) {
        const model_var *v = &e->m->var[i];
        if (!is_random(v))
            continue;
        if (count % CHUNK == 0) {
            buffer_printf(e->out, "%sstatic void %s_draw_%d(%s_params *params, %s_state *state, uint64_t seed)\n{\n", count ? "}\n\n" : "", e->name, functions++,
                          e->name, e->name);
            buffer_puts(e->out, "    (void)params;\n    (void)state;\n");
        }
        put_random(e, i);
        count++;
    }
    if (count)
        buffer_puts(e->out, "}\n\n");
    return functions;
}

void put_init(emitter *e)
{
    int values = put_values(e), draws = put_randoms(e);
    buffer_printf(e->out, "int %s_init(%s_params *params, %s_state *state, uint64_t seed)\n{\n", e->name, e->name, e->name);
    buffer_puts(e->out, "    (void)params;\n    (void)state;\n    (void)seed;\n");
    for (int i = 0; i < values; i++)
        buffer_printf(e->out, "    %s_values_%d(params, state);\n", e->name, i);
    for (int i = 0; i < draws; i++)
        buffer_printf(e->out, "    %s_draw_%d(params, state, seed);\n", e->name, i);
    buffer_printf(e->out, "    return %s_OK;\n}\n\n", e->upper);
}
