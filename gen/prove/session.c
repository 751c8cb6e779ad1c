#include "gen/prove/session.h"

#include <stdlib.h>
#include <string.h>

#define MOST_CONSTANTS 32
#define MOST_CONSTANT_BITS 60

uint64_t session_hash(uint64_t seed, int count, const int64_t *parts)
{
    for (int i = 0; i < count; i++)
        seed = prove_mix(seed ^ (uint64_t)parts[i]);
    return prove_mix(seed);
}

node session_open(session *s, node binder, int *index)
{
    int64_t key = binder;
    int e = table_find(&s->opened, 1, &key);
    if (e < 0) {
        e = table_add(&s->opened, 1, &key);
        if (e >= s->opened_capacity) {
            s->opened_capacity = 2 * e + 16;
            s->body = xrealloc(s->body, (size_t)s->opened_capacity * sizeof *s->body);
            s->index = xrealloc(s->index, (size_t)s->opened_capacity * sizeof *s->index);
        }
        s->body[e] = dag_open(s->d, binder, &s->index[e]);
    }
    *index = s->index[e];
    return s->body[e];
}

/* Adds the ids of one node's free indices to a small sorted set. */
static int join(int *set, int count, const int *other, int other_count)
{
    for (int i = 0; i < other_count; i++) {
        int at = 0;
        while (at < count && set[at] < other[i])
            at++;
        if ((at < count && set[at] == other[i]) || count == 64)
            continue;
        memmove(set + at + 1, set + at, (size_t)(count - at) * sizeof *set);
        set[at] = other[i];
        count++;
    }
    return count;
}

static int remember(session *s, node n, const int *set, int count)
{
    int64_t key = n;
    int e = table_add(&s->free_table, 1, &key);
    if (s->free_used + count + 1 > s->free_capacity) {
        s->free_capacity = 2 * s->free_capacity + count + 256;
        s->free_list = xrealloc(s->free_list, (size_t)s->free_capacity * sizeof *s->free_list);
    }
    s->free_table.entry[e].value = s->free_used;
    s->free_list[s->free_used] = count;
    if (count)
        memcpy(s->free_list + s->free_used + 1, set, (size_t)count * sizeof *set);
    s->free_used += count + 1;
    return s->free_table.entry[e].value;
}

static int free_place(session *s, node n)
{
    int64_t key = n;
    int e = table_find(&s->free_table, 1, &key), set[64], count = 0;
    if (e >= 0)
        return s->free_table.entry[e].value;
    if (dag_kind(s->d, n) == NODE_INDEX) {
        set[0] = dag_payload(s->d, n);
        return remember(s, n, set, 1);
    }
    for (int i = 0; i < dag_count(s->d, n); i++) {
        int place = free_place(s, dag_child(s->d, n, i));
        count = join(set, count, s->free_list + place + 1, s->free_list[place]);
    }
    return remember(s, n, set, count);
}

const int *session_free(session *s, node n, int *count)
{
    int place = free_place(s, n);
    *count = s->free_list[place];
    return s->free_list + place + 1;
}

bool session_has_few(const name_fact *f)
{
    return f->zero_one || f->value_count;
}

bool session_is_fact(const session *s, int variable)
{
    return variable < s->fact_count;
}

/* --- assumptions that say something about the entries of one name --- */

/* Is the child an index that runs over the whole axis, or that of the samples? Padding is 0, whatever is assumed of the entries. */
static bool is_whole_axis(session *s, node entry, int axis)
{
    dag *d = s->d;
    const model_var *v = &s->m->var[dag_payload(d, entry)];
    node at = dag_child(d, entry, axis);
    for (int i = 0; i < axis; i++)
        if (dag_child(d, entry, i) == at)
            return false;
    if (dag_kind(d, at) != NODE_INDEX || v->pad[axis])
        return false;
    const dag_index_info *x = dag_index_get(d, dag_payload(d, at));
    node lo = v->axis_start[axis] ? v->axis_start[axis] : dag_int(d, 0), hi = dag_sub(d, v->axis_size[axis], dag_int(d, 1));
    return x->sample || (dag_index_eq(d, x->lo, lo) == TRUTH_YES && dag_index_eq(d, x->hi, hi) == TRUTH_YES);
}

/* The facts about a name, of an entry that stands for all of its entries; NULL: an assumption about x[0] says nothing about x. */
static name_fact *fact_of(session *s, node entry)
{
    if (dag_kind(s->d, entry) != NODE_ENTRY)
        return NULL;
    for (int i = 0; i < dag_count(s->d, entry); i++)
        if (!is_whole_axis(s, entry, i))
            return NULL;
    return &s->fact[dag_payload(s->d, entry)];
}

static void fact_begin(name_fact *f)
{
    *f = (name_fact){.sum_axis = -1, .swap_a = -1};
    fmpq_init(&f->lo);
    fmpq_init(&f->hi);
    fmpq_init(&f->sum_value);
}

static void fact_end(name_fact *f)
{
    fmpq_clear(&f->lo);
    fmpq_clear(&f->hi);
    fmpq_clear(&f->sum_value);
}

/* The facts about a name, or about a part of it; NULL: something else. */
static name_fact *fact_or_part(session *s, node entry)
{
    const int *equations;
    name_fact *f = fact_of(s, entry);
    if (f || dag_kind(s->d, entry) != NODE_ENTRY || model_equations_of(s->m, dag_payload(s->d, entry), &equations))
        return f;
    for (int i = 0; i < s->part_count; i++)
        if (s->part[i].entry == entry)
            return &s->part[i].fact;
    s->part = xrealloc(s->part, ((size_t)s->part_count + 1) * sizeof *s->part);
    s->part[s->part_count].entry = entry;
    f = &s->part[s->part_count++].fact;
    fact_begin(f);
    return f;
}

static bool is_number(session *s, node n)
{
    return dag_kind(s->d, n) == NODE_NUMBER;
}

static void note_order(session *s, node a, node b, bool open)
{
    name_fact *f = is_number(s, a) ? fact_or_part(s, b) : is_number(s, b) ? fact_or_part(s, a) : NULL;
    if (f && is_number(s, a)) {
        f->has_lo = true, f->lo_open = open;
        fmpq_set_mpq(&f->lo, *dag_value(s->d, a));
    } else if (f) {
        f->has_hi = true, f->hi_open = open;
        fmpq_set_mpq(&f->hi, *dag_value(s->d, b));
    }
}

/* A[i,j] = A[j,i] */
static void note_symmetry(session *s, node a, node b)
{
    int count = dag_count(s->d, a), first = -1, second = -1;
    if (dag_payload(s->d, a) != dag_payload(s->d, b) || dag_count(s->d, b) != count)
        return;
    for (int i = 0; i < count; i++)
        if (dag_child(s->d, a, i) != dag_child(s->d, b, i)) {
            if (first < 0)
                first = i;
            else if (second < 0)
                second = i;
            else
                return;
        }
    if (second < 0 || dag_child(s->d, a, first) != dag_child(s->d, b, second) || dag_child(s->d, a, second) != dag_child(s->d, b, first))
        return;
    name_fact *f = fact_of(s, a);
    f->swap_a = first;
    f->swap_b = second;
}

/* Σ_j y[…, j, …] = number */
static void note_sum(session *s, node sum, node value)
{
    int index;
    if (dag_kind(s->d, sum) != NODE_REDUCE || dag_payload(s->d, sum) != REDUCE_SUM || !is_number(s, value))
        return;
    node body = session_open(s, sum, &index);
    name_fact *f = fact_of(s, body);
    if (!f)
        return;
    for (int i = 0; i < dag_count(s->d, body); i++)
        if (dag_child(s->d, body, i) == dag_index_node(s->d, index)) {
            f->sum_axis = i;
            fmpq_set_mpq(&f->sum_value, *dag_value(s->d, value));
        }
}

/* The values of e in conditions e = v₁ or e = v₂ or …, into a list; false: something else. */
static bool values_of(session *s, node n, node *entry, long *value, int *count)
{
    dag *d = s->d;
    if (dag_kind(d, n) == NODE_FUN && dag_payload(d, n) == OP_OR)
        return values_of(s, dag_child(d, n, 0), entry, value, count) && values_of(s, dag_child(d, n, 1), entry, value, count);
    if (dag_kind(d, n) != NODE_COMPARE || dag_payload(d, n) != COMPARE_EQUAL || *count == SESSION_MOST_VALUES)
        return false;
    node a = dag_child(d, n, 0), b = dag_child(d, n, 1);
    if (is_number(s, a)) {
        node t = a;
        a = b, b = t;
    }
    const mpq_t *v = is_number(s, b) ? dag_value(d, b) : NULL;
    if (!v || mpz_cmp_ui(mpq_denref(*v), 1) != 0 || mpz_cmpabs_ui(mpq_numref(*v), 1000) > 0 || (*entry && *entry != a))
        return false;
    *entry = a;
    int at = (*count)++;
    for (long k = mpz_get_si(mpq_numref(*v)); at >= 0; at--) { /* in order */
        bool here = at == 0 || value[at - 1] <= k;
        value[at] = here ? k : value[at - 1];
        if (here)
            break;
    }
    return true;
}

static void note_values(session *s, node c)
{
    node entry = 0;
    long value[SESSION_MOST_VALUES];
    int count = 0;
    name_fact *f = values_of(s, c, &entry, value, &count) ? fact_or_part(s, entry) : NULL;
    bool even = count >= 2 && value[1] > value[0];
    for (int i = 2; i < count; i++)
        even = even && value[i] - value[i - 1] == value[1] - value[0];
    if (!f || !even)
        return;
    f->zero_one = count == 2 && value[0] == 0 && value[1] == 1;
    if (f->zero_one)
        return;
    f->value_count = count;
    memcpy(f->value, value, sizeof value);
    f->has_lo = f->has_hi = true;
    fmpq_set_si(&f->lo, value[0], 1);
    fmpq_set_si(&f->hi, value[count - 1], 1);
}

static void note_condition(session *s, node c)
{
    if (dag_kind(s->d, c) == NODE_FUN && dag_payload(s->d, c) == OP_AND) {
        note_condition(s, dag_child(s->d, c, 0));
        note_condition(s, dag_child(s->d, c, 1));
        return;
    }
    if (dag_kind(s->d, c) == NODE_FUN && dag_payload(s->d, c) == OP_OR) {
        note_values(s, c);
        return;
    }
    if (dag_kind(s->d, c) != NODE_COMPARE)
        return;
    node a = dag_child(s->d, c, 0), b = dag_child(s->d, c, 1);
    if (dag_payload(s->d, c) == COMPARE_LESS || dag_payload(s->d, c) == COMPARE_LESS_EQUAL) {
        note_order(s, a, b, dag_payload(s->d, c) == COMPARE_LESS);
    } else if (dag_payload(s->d, c) == COMPARE_EQUAL) {
        if (fact_of(s, a) && fact_of(s, b))
            note_symmetry(s, a, b);
        note_sum(s, a, b);
        note_sum(s, b, a);
    }
}

static int highest_derivative(session *s)
{
    int highest = 0;
    for (node n = 1; n <= dag_size(s->d); n++)
        if (dag_kind(s->d, n) == NODE_APPLY) {
            int order = dag_signature_get(s->d, dag_payload(s->d, n))->derivative_count;
            highest = order > highest ? order : highest;
        }
    return highest;
}

/* `training` and known(x) are 0 or 1. Other names of the compiler's own, such as the mark of an expectation, are not. */
static bool is_bit(const model *m, const model_var *v)
{
    if (v->role != ROLE_SYSTEM)
        return false;
    return v->key == intern_find(m->names, "training") || (v->sample && v->by >= 0 && m->var[v->by].role == ROLE_INPUT && m->var[v->by].missing);
}

/* 0, ±1 and 2 are drawn anyway. */
static void note_constant(session *s, const mpq_t number)
{
    fmpq_t q;
    fmpq_init(q);
    fmpq_set_mpq(q, number);
    bool known = fmpq_height_bits(q) > MOST_CONSTANT_BITS || s->constant_count == MOST_CONSTANTS ||
                 (fmpz_is_one(fmpq_denref(q)) && fmpq_cmp_si(q, -1) >= 0 && fmpq_cmp_si(q, 2) <= 0);
    for (int i = 0; i < s->constant_count && !known; i++)
        known = fmpq_equal(&s->constant[i], q);
    if (!known)
        fmpq_set(&s->constant[s->constant_count++], q);
    fmpq_clear(q);
}

/* a X: X and a */
static node with_factor(const dag *d, node n, mpq_t factor)
{
    mpq_set_si(factor, 1, 1);
    if (dag_kind(d, n) != NODE_MUL || dag_count(d, n) != 2 || dag_kind(d, dag_child(d, n, 0)) != NODE_NUMBER)
        return n;
    mpq_set(factor, *dag_value(d, dag_child(d, n, 0)));
    return dag_child(d, n, 1);
}

/* a X = b, or a X + b = 0: the value of X. */
static void note_root(session *s, node term, node number, int sign)
{
    mpq_t a;
    mpq_init(a);
    if (dag_kind(s->d, number) == NODE_NUMBER && dag_kind(s->d, term) != NODE_NUMBER) {
        with_factor(s->d, term, a);
        if (mpq_sgn(a)) {
            mpq_div(a, *dag_value(s->d, number), a);
            if (sign < 0)
                mpq_neg(a, a);
            note_constant(s, a);
        }
    }
    mpq_clear(a);
}

static void note_constants(session *s)
{
    dag *d = s->d;
    s->constant = xcalloc(MOST_CONSTANTS, sizeof *s->constant);
    for (int i = 0; i < MOST_CONSTANTS; i++)
        fmpq_init(&s->constant[i]);
    for (node n = 1; n <= dag_size(d); n++) {
        node_kind kind = dag_kind(d, n);
        if (kind == NODE_NUMBER)
            note_constant(s, *dag_value(d, n));
        else if ((kind == NODE_COMPARE || kind == NODE_ADD) && dag_count(d, n) == 2) {
            note_root(s, dag_child(d, n, 0), dag_child(d, n, 1), kind == NODE_ADD ? -1 : 1);
            note_root(s, dag_child(d, n, 1), dag_child(d, n, 0), kind == NODE_ADD ? -1 : 1);
        }
    }
}

void session_init(session *s, model *m)
{
    *s = (session){.m = m, .d = m->dag, .fact_count = m->var_count, .merged_count = m->var_count};
    s->fact = xcalloc((size_t)m->var_count + 1, sizeof *s->fact);
    s->merged = xcalloc((size_t)m->var_count + 1, sizeof *s->merged);
    for (int i = 0; i < m->var_count; i++) {
        fact_begin(&s->fact[i]);
        s->merged[i] = -1;
        s->fact[i].zero_one = is_bit(m, &m->var[i]);
    }
    for (int i = 0; i < m->assumption_count; i++)
        if (m->assumption[i].condition)
            note_condition(s, m->assumption[i].condition);
    for (int i = 0; i < SESSION_MOST_HINTS; i++)
        fmpq_init(&s->hint[i]);
    s->highest_derivative = highest_derivative(s);
    note_constants(s);
}

void session_clear(session *s)
{
    for (int i = 0; i < s->fact_count; i++)
        fact_end(&s->fact[i]);
    for (int i = 0; i < s->part_count; i++)
        fact_end(&s->part[i].fact);
    free(s->part);
    for (int i = 0; i < MOST_CONSTANTS; i++)
        fmpq_clear(&s->constant[i]);
    for (int i = 0; i < SESSION_MOST_HINTS; i++)
        fmpq_clear(&s->hint[i]);
    free(s->constant);
    table_free(&s->thin);
    table_free(&s->opened);
    table_free(&s->free_table);
    free(s->body);
    free(s->index);
    free(s->free_list);
    free(s->fact);
    free(s->merged);
    free(s->rule);
    free(s->fold);
    free(s->rank);
    free(s->recurrent);
    free(s->adjoint);
    free(s->component);
    free(s->lemma);
    free(s->step_axis);
    free(s->step);
}

bool session_is_discrete(const session *s, node n)
{
    const dag *d = s->d;
    switch (dag_kind(d, n)) {
    case NODE_NUMBER:
    case NODE_SIZE:
    case NODE_INDEX: return true;
    case NODE_ENTRY: return s->m->var[dag_payload(d, n)].integer;
    case NODE_ADD:
    case NODE_MUL:
        for (int i = 0; i < dag_count(d, n); i++)
            if (!session_is_discrete(s, dag_child(d, n, i)))
                return false;
        return true;
    default: return false;
    }
}

long session_size(session *s, int size)
{
    if (!s->page_sizes || size >= 64 || s->m->size[size].population >= 0 || s->m->size[size].value <= 0)
        return 0;
    s->sizes_read |= (uint64_t)1 << size;
    return s->m->size[size].value;
}

const char *session_rungs(const session *s, unsigned rungs)
{
    static const char *const name[] = {"points",          "normal form", "full kernels", "induction",
                                       "exact constants", "derivative",  "instances",    "repair"}; /* as `check --why` names them */
    const char *text = "";
    for (size_t i = 0; i < sizeof name / sizeof *name; i++)
        if (rungs >> i & 1)
            text = arena_printf(s->m->memory, "%s%s%s", text, *text ? ", " : "", name[i]);
    return text;
}

/* --- assumptions that were used --- */

void session_unuse(session *s)
{
    for (int i = 0; i < s->fact_count; i++)
        s->fact[i].used = false;
    for (int i = 0; i < s->rule_count; i++)
        s->rule[i].used = false;
}

typedef struct {
    session *s;
    bool used;
} use_search;

static bool find_used(void *context, node n)
{
    use_search *x = context;
    if (dag_kind(x->s->d, n) == NODE_ENTRY && session_is_fact(x->s, dag_payload(x->s->d, n)))
        x->used = x->used || x->s->fact[dag_payload(x->s->d, n)].used;
    return !x->used;
}

/* An assumption counts as used if one of its names is: bounds of one name are told together. An equation has a rule of its own. */
const char *session_used(session *s)
{
    buffer b = {0};
    for (int i = 0; i < s->m->assumption_count; i++) {
        const model_assumption *a = &s->m->assumption[i];
        use_search x = {s, false};
        bool rule = false;
        for (int k = 0; k < s->rule_count; k++)
            if (s->rule[k].assumption == i) {
                rule = true;
                x.used = x.used || s->rule[k].used;
            }
        if (a->condition && !rule)
            dag_visit(s->d, a->condition, find_used, &x);
        if (x.used && a->text)
            buffer_printf(&b, "%s%s", b.length ? ", " : "", a->text);
    }
    const char *text = b.length ? arena_printf(s->m->memory, "%s", b.text) : NULL;
    buffer_free(&b);
    return text;
}
