/* What a program needs: bytes, operations of a step, functions of math.h, how deep calls nest. */
#include <ctype.h>
#include <string.h>

#include "gen/emit/c_private.h"

/* --- bytes --- */

static bool is_total(const emitter *e, int var)
{
    for (int i = 0; i < e->p->total_count && e->p->streams; i++)
        if (e->p->total[i].var == var)
            return true;
    return false;
}

/* With `totals` of their struct, else of a place's. −1: an array without a size. */
static double bytes_of(const emitter *e, lower_place place, bool totals)
{
    double real = e->suffix[0] ? 4 : 8, bytes = totals ? 4 : place == LOWER_WORK ? real : 0, align = totals ? 4 : 1;
    for (int i = 0; i < e->p->var_count; i++) {
        const lower_var *v = &e->p->var[i];
        double own = v->integer ? 4 : real, count;
        if (v->place != place || (place == LOWER_WORK && v->equation < 0) || (totals && !is_total(e, i)))
            continue;
        count = (double)free_entries(e, v);
        if (count < 0)
            return -1;
        bytes = (double)(long)((bytes + own - 1) / own) * own + own * count;
        align = own > align ? own : align;
    }
    bytes = (double)(long)((bytes + align - 1) / align) * align;
    return bytes > 0 ? bytes : 1;
}

/* --- operations --- */

typedef struct {
    emitter *e;
    int index[64];
    long value[64];
    int depth;
    bool unknown; /* a size has no value */
} counting;

static double operations_of(const counting *c, node n)
{
    const dag *d = c->e->d;
    int count = dag_count(d, n);
    double total = 0, yes, no;
    switch (dag_kind(d, n)) {
    case NODE_NUMBER:
    case NODE_SIZE:
    case NODE_INDEX:
    case NODE_ENTRY: return 0;
    case NODE_IF:
        yes = operations_of(c, dag_child(d, n, 1)), no = operations_of(c, dag_child(d, n, 2));
        return operations_of(c, dag_child(d, n, 0)) + (yes > no ? yes : no);
    case NODE_COMPARE:
        if (dag_is_affine(c->e->d, dag_child(d, n, 0)) && dag_is_affine(c->e->d, dag_child(d, n, 1)))
            return 0;
        total = 1;
        break;
    case NODE_ADD:
    case NODE_MUL: total = count - 1; break;
    default: total = 1; break;
    }
    for (int i = 0; i < count; i++)
        total += operations_of(c, dag_child(d, n, i));
    return total;
}

/* An index expression inside the loops around. */
static long bound(counting *c, node n)
{
    dag *d = c->e->d;
    for (int i = 0; i < c->depth; i++)
        if (dag_has_index(d, n, c->index[i]))
            n = dag_substitute(d, n, 1, (node[]){dag_index_node(d, c->index[i])}, (node[]){dag_int(d, c->value[i])}, false);
    long value = free_value(c->e, n);
    c->unknown |= value < 0 && dag_has_kind(d, n, NODE_SIZE);
    return value;
}

static double operations_of_block(counting *c, const lower_statement *s);

static bool depends(const dag *d, const lower_statement *s, int index)
{
    for (; s; s = s->next)
        if ((s->lo && (dag_has_index((dag *)d, s->lo, index) || dag_has_index((dag *)d, s->hi, index))) || depends(d, s->body, index) || depends(d, s->otherwise, index))
            return true;
    return false;
}

/* Where the loops inside depend on the index, the mean of the first and the last turn: exact when they grow evenly. */
static double operations_of_loop(counting *c, const lower_statement *s)
{
    long lo = bound(c, s->lo), hi = bound(c, s->hi);
    if (hi < lo || c->depth == 64)
        return 0;
    c->index[c->depth] = s->index;
    c->value[c->depth++] = lo;
    double turn = operations_of_block(c, s->body);
    if (depends(c->e->d, s->body, s->index)) {
        c->value[c->depth - 1] = hi;
        turn = (turn + operations_of_block(c, s->body)) / 2;
    }
    c->depth--;
    return turn * (double)(hi - lo + 1);
}

/* A length of a segment, p <= q ? a : b, or an index of data, of which nothing is known. */
static double operations_of_bind(counting *c, const lower_statement *s)
{
    dag *d = c->e->d;
    node value = s->value, condition = dag_kind(d, value) == NODE_IF ? dag_child(d, value, 0) : 0;
    if (condition)
        value = dag_child(d, value, bound(c, dag_child(d, condition, 0)) <= bound(c, dag_child(d, condition, 1)) ? 1 : 2);
    if (c->depth == 64)
        return 0;
    c->index[c->depth] = s->index;
    c->value[c->depth++] = dag_has_kind(d, value, NODE_ENTRY) ? 0 : bound(c, value);
    double total = operations_of_block(c, s->body);
    c->depth--;
    return total;
}

static double operations_of_contraction(counting *c, const lower_contraction *x)
{
    double total = 2;
    for (int role = 0; role < 3; role++)
        for (int i = 0; i < x->count[role]; i++)
            total *= (double)bound(c, x->span[role][i].extent);
    return total;
}

static double operations_of_statement(counting *c, const lower_statement *s)
{
    double yes, no;
    switch (s->kind) {
    case LOWER_FOR: return operations_of_loop(c, s);
    case LOWER_BIND: return operations_of_bind(c, s);
    case LOWER_WHEN:
        yes = operations_of_block(c, s->body), no = operations_of_block(c, s->otherwise);
        return operations_of(c, s->value) + (yes > no ? yes : no);
    case LOWER_PRODUCT:
        return 2.0 * (double)bound(c, s->call->rows) * (s->call->rows_times ? (double)bound(c, s->call->rows_times) : 1) * (double)bound(c, s->call->columns) *
               (double)bound(c, s->call->inner) * (s->call->inner_times ? (double)bound(c, s->call->inner_times) : 1);
    case LOWER_CONTRACT: return operations_of_contraction(c, s->contraction);
    case LOWER_CHECK: return 0;
    default: return (s->value ? operations_of(c, s->value) : 0) + (s->kind == LOWER_ASSIGN && s->how != LOWER_SET);
    }
}

static double operations_of_block(counting *c, const lower_statement *s)
{
    double total = 0;
    for (; s; s = s->next)
        total += operations_of_statement(c, s);
    return total;
}

static double operations_of_step(emitter *e)
{
    counting c = {.e = e};
    double total = 0;
    for (int i = 0; i < e->p->function_count; i++) {
        const lower_function *f = &e->p->function[i];
        for (int event = LOWER_COMMIT; event < LOWER_STEP + e->p->group_count; event++)
            if ((f->events >> event) & 1u)
                total += operations_of_block(&c, f->body);
    }
    return c.unknown ? -1 : total;
}

/* --- the text --- */

static bool in_name(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

/* The next name in front of a parenthesis from *at on, and its length; NULL at the end. */
static const char *next_call(const char *line, size_t length, size_t *at, size_t *count)
{
    const char *open;
    while ((open = memchr(line + *at, '(', length - *at)) != NULL) {
        const char *begin = open;
        while (begin > line + *at && in_name(begin[-1]))
            begin--;
        *at = (size_t)(open - line) + 1;
        *count = (size_t)(open - begin);
        if (*count)
            return begin;
    }
    return NULL;
}

static void find_functions(const char *text, emit_summary *summary)
{
    static const char *const known[] = {"exp",  "log",   "log2", "log10", "log1p", "expm1", "cbrt",  "sin",   "cos", "tan",  "asin",
                                        "acos", "atan",  "sinh", "cosh",  "tanh",  "asinh", "acosh", "atanh", "erf", "erfc", "lgamma",
                                        "fabs", "floor", "ceil", "fmin",  "fmax",  "fmod",  "hypot", "sqrt",  "pow"};
    enum { KNOWN = sizeof known / sizeof *known };
    bool called[KNOWN] = {false};
    size_t length = strlen(text), at = 0, n = 0;
    for (const char *name; (name = next_call(text, length, &at, &n)) != NULL;)
        for (int i = 0; i < KNOWN && n <= 7; i++) {
            size_t own = strlen(known[i]);
            called[i] |= strncmp(name, known[i], own) == 0 && (n == own || (n == own + 1 && name[own] == 'f'));
        }
    for (int i = 0; i < KNOWN; i++)
        if (called[i]) {
            strcat(summary->functions, summary->functions[0] ? " " : "");
            strcat(summary->functions, known[i]);
        }
}

/* A line "static int NAME(…)" that is no declaration begins a function, "}" ends it. In this text what is called stands before what calls it. */
static bool begins_function(const char *line, size_t length)
{
    return length && isalpha((unsigned char)line[0]) && line[length - 1] == ')' && memchr(line, '(', length) && strncmp(line, "typedef", 7) != 0;
}

static int call_depth(const char *text)
{
    intern *names = intern_new();
    int_map depth = {0}; /* per function */
    int deepest = 0;
    sym inside = 0;
    for (const char *line = text, *end, *name; *line; line = *end ? end + 1 : end) {
        size_t length = strcspn(line, "\n"), at = 0, n = 0;
        end = line + length;
        if (begins_function(line, length)) {
            name = next_call(line, length, &at, &n);
            inside = intern_add(names, name, n);
            int_map_put(&depth, inside, 1);
            deepest = deepest ? deepest : 1;
        }
        while (inside && line[0] == ' ' && (name = next_call(line, length, &at, &n)) != NULL) {
            sym called = intern_add(names, name, n);
            int below = int_map_get(&depth, called);
            if (below && called != inside && below + 1 > int_map_get(&depth, inside))
                int_map_put(&depth, inside, below + 1);
            deepest = below + 1 > deepest && below ? below + 1 : deepest;
        }
    }
    int_map_free(&depth);
    intern_free(names);
    return deepest;
}

/* --- all of it --- */

typedef double (*quantity)(emitter *e);

static double params_bytes(emitter *e)
{
    return bytes_of(e, LOWER_PARAMS, false);
}

static double state_bytes(emitter *e)
{
    return bytes_of(e, LOWER_STATE, false);
}

static double work_bytes(emitter *e)
{
    return bytes_of(e, LOWER_WORK, false);
}

/* What a quantity is for any number of samples: it is linear in it. */
static emit_amount amount_of(emitter *e, quantity q)
{
    emit_amount a = {q(e), 0};
    if (e->free || a.fixed < 0)
        return a;
    e->samples = 1001;
    a.each = (q(e) - a.fixed) / 1000;
    a.fixed -= a.each;
    e->samples = 1;
    return a;
}

void emitter_summary(emitter *e, const char *text, emit_summary *summary)
{
    *summary = (emit_summary){0};
    e->samples = e->free ? e->samples : 1;
    summary->params = amount_of(e, params_bytes);
    summary->state = amount_of(e, state_bytes);
    summary->work = amount_of(e, work_bytes);
    summary->operations = amount_of(e, operations_of_step);
    if (e->free && e->p->streams)
        summary->totals.fixed = bytes_of(e, LOWER_WORK, true);
    find_functions(text, summary);
    if (e->free)
        summary->depth = call_depth(text);
}
