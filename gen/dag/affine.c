/* Index arithmetic: affine forms over sizes, indices and opaque integers, with exact yes / no / unknown answers. */
#include "gen/dag/dag_private.h"

static bool affine_add(affine *f, node leaf, long coefficient)
{
    for (int i = 0; i < f->count; i++) {
        if (f->leaf[i] != leaf)
            continue;
        if (__builtin_add_overflow(f->coefficient[i], coefficient, &f->coefficient[i]))
            return false;
        if (f->coefficient[i] == 0) {
            f->count--;
            f->leaf[i] = f->leaf[f->count];
            f->coefficient[i] = f->coefficient[f->count];
        }
        return true;
    }
    if (coefficient == 0)
        return true;
    if (f->count == (int)(sizeof f->leaf / sizeof *f->leaf))
        return false;
    f->leaf[f->count] = leaf;
    f->coefficient[f->count++] = coefficient;
    return true;
}

static bool integer_value(dag *d, node n, long *value)
{
    if (dag_kind(d, n) != NODE_NUMBER)
        return false;
    const mpq_t *v = dag_value(d, n);
    if (mpz_cmp_ui(mpq_denref(*v), 1) != 0 || !mpz_fits_slong_p(mpq_numref(*v)))
        return false;
    *value = mpz_get_si(mpq_numref(*v));
    return true;
}

static bool read_scaled(dag *d, node n, long scale, affine *f);

static bool read_product(dag *d, node n, long scale, affine *f)
{
    long c;
    if (dag_count(d, n) != 2 || !integer_value(d, dag_child(d, n, 0), &c) || __builtin_mul_overflow(scale, c, &scale))
        return false;
    return read_scaled(d, dag_child(d, n, 1), scale, f);
}

static bool read_scaled(dag *d, node n, long scale, affine *f)
{
    long c;
    switch (dag_kind(d, n)) {
    case NODE_NUMBER:
        return integer_value(d, n, &c) && !__builtin_mul_overflow(c, scale, &c) && !__builtin_add_overflow(f->constant, c, &f->constant);
    case NODE_SIZE:
    case NODE_INDEX:
    case NODE_BOUND: return affine_add(f, n, scale);
    case NODE_MUL: return read_product(d, n, scale, f);
    case NODE_ADD:
        for (int i = 0; i < dag_count(d, n); i++)
            if (!read_scaled(d, dag_child(d, n, i), scale, f))
                return false;
        return true;
    default: return false;
    }
}

bool affine_read(dag *d, node n, affine *f)
{
    f->count = 0;
    f->constant = 0;
    return read_scaled(d, n, 1, f);
}

node affine_node(dag *d, const affine *f)
{
    node term[25];
    int count = 0;
    for (int i = 0; i < f->count; i++)
        term[count++] = dag_raw_mul(d, 2, (node[]){dag_int(d, f->coefficient[i]), f->leaf[i]});
    if (f->constant || count == 0)
        term[count++] = dag_int(d, f->constant);
    return count == 1 ? term[0] : dag_raw_add(d, count, term);
}

bool dag_is_affine(dag *d, node n)
{
    affine f;
    return affine_read(d, n, &f);
}

bool dag_affine_split(dag *d, node n, int index, long *coefficient, node *rest)
{
    affine f;
    if (!affine_read(d, n, &f))
        return false;
    node leaf = dag_index_node(d, index);
    *coefficient = 0;
    for (int i = 0; i < f.count; i++)
        if (f.leaf[i] == leaf)
            *coefficient = f.coefficient[i];
    if (*coefficient) {
        affine_add(&f, leaf, -*coefficient);
        *rest = affine_node(d, &f);
    } else {
        *rest = n;
    }
    return true;
}

node dag_index_tidy(dag *d, node n)
{
    affine f;
    return affine_read(d, n, &f) ? affine_node(d, &f) : n;
}

node dag_index_divide(dag *d, node n, long c)
{
    affine f;
    if (c <= 0 || !affine_read(d, n, &f))
        return 0;
    for (int i = 0; i < f.count; i++) {
        if (f.coefficient[i] % c)
            return 0;
        f.coefficient[i] /= c;
    }
    f.constant = f.constant >= 0 ? f.constant / c : -((-f.constant + c - 1) / c);
    return affine_node(d, &f);
}

/* f += scale·g */
static bool affine_accumulate(affine *f, const affine *g, long scale)
{
    long c;
    for (int i = 0; i < g->count; i++)
        if (__builtin_mul_overflow(g->coefficient[i], scale, &c) || !affine_add(f, g->leaf[i], c))
            return false;
    return !__builtin_mul_overflow(g->constant, scale, &c) && !__builtin_add_overflow(f->constant, c, &f->constant);
}

/* An index that occurs in no other index's bounds: eliminating it first keeps triangular ranges sharp. */
static int innermost_index(dag *d, const affine *f)
{
    for (int i = 0; i < f->count; i++) {
        if (dag_kind(d, f->leaf[i]) != NODE_INDEX)
            continue;
        int id = dag_payload(d, f->leaf[i]);
        bool used = false;
        for (int k = 0; k < f->count && !used; k++) {
            if (k == i || dag_kind(d, f->leaf[k]) != NODE_INDEX)
                continue;
            const dag_index_info *x = dag_index_get(d, dag_payload(d, f->leaf[k]));
            used = dag_has_index(d, x->lo, id) || dag_has_index(d, x->hi, id);
        }
        if (!used)
            return i;
    }
    return -1;
}

/* Is f >= 0 for all sizes and all index values in their ranges? */
static bool always_nonnegative(dag *d, affine f)
{
    for (int round = 0; round < 32; round++) {
        int i = innermost_index(d, &f);
        if (i < 0)
            break;
        const dag_index_info *x = dag_index_get(d, dag_payload(d, f.leaf[i]));
        long c = f.coefficient[i];
        affine bound;
        if (!x->lo || !x->hi || !affine_read(d, c > 0 ? x->lo : x->hi, &bound))
            return false;
        if (!affine_add(&f, f.leaf[i], -c) || !affine_accumulate(&f, &bound, c))
            return false;
    }
    for (int i = 0; i < f.count; i++) {
        if (dag_kind(d, f.leaf[i]) != NODE_SIZE || f.coefficient[i] < 0)
            return false;
        f.constant += f.coefficient[i] * d->size_min[dag_payload(d, f.leaf[i])];
    }
    return f.constant >= 0;
}

static bool difference(dag *d, node a, node b, affine *f)
{
    affine g;
    return affine_read(d, a, f) && affine_read(d, b, &g) && affine_accumulate(f, &g, -1);
}

static affine negate_minus_one(const affine *f)
{
    affine g = *f;
    for (int i = 0; i < g.count; i++)
        g.coefficient[i] = -g.coefficient[i];
    g.constant = -g.constant - 1;
    return g;
}

truth dag_index_le(dag *d, node a, node b)
{
    affine f;
    if (a == b)
        return TRUTH_YES;
    if (!difference(d, b, a, &f))
        return TRUTH_UNKNOWN;
    if (always_nonnegative(d, f))
        return TRUTH_YES;
    return always_nonnegative(d, negate_minus_one(&f)) ? TRUTH_NO : TRUTH_UNKNOWN;
}

truth dag_index_eq(dag *d, node a, node b)
{
    affine f;
    if (a == b)
        return TRUTH_YES;
    if (!difference(d, a, b, &f))
        return TRUTH_UNKNOWN;
    if (f.count == 0)
        return f.constant == 0 ? TRUTH_YES : TRUTH_NO;
    affine above = f;
    above.constant--;
    return always_nonnegative(d, above) || always_nonnegative(d, negate_minus_one(&f)) ? TRUTH_NO : TRUTH_UNKNOWN;
}
