/* Conditions as numbers 0 or 1: of indices by their ranges, of values by signs. */
#include "gen/dag/ops.h"
#include "gen/prove/normal.h"

#include <stdlib.h>

/* Σ kᵢ·leafᵢ + b as g (Σ (kᵢ/g)·leafᵢ) + b with the largest g: the leaves are integers. Returns g, 0 if there is nothing to divide. */
static long split_stride(normal *c, node e, node *rest, long *constant)
{
    dag *d = c->d;
    int terms = dag_kind(d, e) == NODE_ADD ? dag_count(d, e) : 1, count = 0;
    node term[64];
    long stride = 0;
    *constant = 0;
    if (terms > 64)
        return 0;
    for (int i = 0; i < terms; i++) {
        node n = dag_kind(d, e) == NODE_ADD ? dag_child(d, e, i) : e;
        bool product = dag_kind(d, n) == NODE_MUL && dag_count(d, n) == 2 && dag_kind(d, dag_child(d, n, 0)) == NODE_NUMBER;
        const mpq_t *v = dag_kind(d, n) == NODE_NUMBER ? dag_value(d, n) : product ? dag_value(d, dag_child(d, n, 0)) : NULL;
        if (!v || mpz_cmp_ui(mpq_denref(*v), 1) != 0 || !mpz_fits_slong_p(mpq_numref(*v)))
            return 0;
        long k = mpz_get_si(mpq_numref(*v));
        if (!product) {
            *constant += k;
            continue;
        }
        stride = (long)n_gcd((ulong)labs(stride), (ulong)labs(k));
        term[count++] = n;
    }
    for (int i = 0; i < count; i++)
        term[i] = dag_mul2(d, dag_ratio(d, 1, stride), term[i]);
    *rest = count ? session_index(c->s, dag_add(d, count, term)) : 0;
    return count && stride > 1 ? stride : 0;
}

/* stride·whole + rest, with the greatest coefficient as stride and rest in least … most by literal ranges. */
typedef struct {
    long stride, least, most;
    node whole, rest;
} division;

static bool is_whole(node n, const dag *d, long *out)
{
    const mpq_t *v = dag_kind(d, n) == NODE_NUMBER ? dag_value(d, n) : NULL;
    if (!v || mpz_cmp_ui(mpq_denref(*v), 1) != 0 || mpz_cmpabs_ui(mpq_numref(*v), 1000000) > 0)
        return false;
    *out = mpz_get_si(mpq_numref(*v));
    return true;
}

/* A term k·leaf or k. */
static bool split_term(const dag *d, node n, long *k, node *leaf)
{
    *leaf = 0;
    if (is_whole(n, d, k))
        return true;
    *k = 1;
    *leaf = n;
    if (dag_kind(d, n) == NODE_MUL && dag_count(d, n) == 2 && is_whole(dag_child(d, n, 0), d, k))
        *leaf = dag_child(d, n, 1);
    return dag_kind(d, *leaf) == NODE_INDEX || dag_kind(d, *leaf) == NODE_SIZE;
}

/* 2(i − l) + u with u in 0..1. False where nothing is gained. */
static bool divide(normal *c, node e, division *out)
{
    dag *d = c->d;
    int terms = dag_kind(d, e) == NODE_ADD ? dag_count(d, e) : 1, wholes = 0, rests = 0;
    node whole[64], rest[64], leaf;
    long k;
    *out = (division){.stride = 1};
    if (terms > 64)
        return false;
    for (int i = 0; i < terms; i++) {
        if (!split_term(d, dag_kind(d, e) == NODE_ADD ? dag_child(d, e, i) : e, &k, &leaf))
            return false;
        out->stride = leaf && labs(k) > out->stride ? labs(k) : out->stride;
    }
    for (int i = 0; i < terms; i++) {
        node n = dag_kind(d, e) == NODE_ADD ? dag_child(d, e, i) : e;
        long lo = 1, hi = 1;
        split_term(d, n, &k, &leaf);
        if (leaf && k % out->stride == 0) {
            whole[wholes++] = dag_mul2(d, dag_int(d, k / out->stride), leaf);
            continue;
        }
        const dag_index_info *x = leaf && dag_kind(d, leaf) == NODE_INDEX ? dag_index_get(d, dag_payload(d, leaf)) : NULL;
        if (leaf && (!x || !is_whole(x->lo, d, &lo) || !is_whole(x->hi, d, &hi)))
            return false;
        out->least += k * (k > 0 ? lo : hi);
        out->most += k * (k > 0 ? hi : lo);
        rest[rests++] = n;
    }
    out->whole = wholes ? dag_add(d, wholes, whole) : 0;
    out->rest = rests ? dag_add(d, rests, rest) : dag_int(d, 0);
    return out->stride > 1 && wholes && rests;
}

static long floor_divided(long a, long b)
{
    return a >= 0 ? a / b : -((-a + b - 1) / b);
}

/* [e = 0], by ranges or as an atom in which e or −e stands, whichever is the older node. */
static bool index_equal(normal *c, node e, rational *out)
{
    dag *d = c->d;
    node part;
    long constant, stride = split_stride(c, e, &part, &constant);
    if (stride && constant % stride)
        return rational_set_si(c, out, 0, 1);
    if (stride)
        e = session_index(c->s, dag_add2(d, part, dag_int(d, constant / stride)));
    division v;
    if (divide(c, e, &v) && !is_whole(v.rest, d, &constant) && v.least > -v.stride && v.most < v.stride) { /* s a + r = 0 with |r| < s: both are 0 */
        rational other;
        rational_init(c, &other);
        bool good =
            index_equal(c, session_index(c->s, v.whole), out) && index_equal(c, session_index(c->s, v.rest), &other) && rational_mul(c, out, out, &other);
        rational_clear(c, &other);
        return good;
    }
    node other = session_index(c->s, dag_neg(d, e)), n = 0;
    int count;
    const int *indices = session_free(c->s, e, &count);
    e = other < e ? other : e;
    for (int i = 0; i < count && !n; i++) { /* written i = rest, for people */
        long k;
        node rest, index = dag_index_node(d, indices[i]);
        if (dag_affine_split(d, e, indices[i], &k, &rest) && (k == 1 || k == -1))
            n = dag_compare(d, COMPARE_EQUAL, index, session_index(c->s, k == 1 ? dag_neg(d, rest) : rest));
    }
    n = n ? n : dag_compare(d, COMPARE_EQUAL, e, dag_int(d, 0));
    return normal_atom(c, n, out);
}

static bool complement_of(normal *c, bool good, rational *out)
{
    fmpz_mpoly_q_neg(out, out, c->ring);
    fmpz_mpoly_q_add_si(out, out, 1, c->ring);
    return good;
}

/* [e <= 0]: decided by ranges, an equation where only one value is left, else an atom. */
static bool index_at_most_zero(normal *c, node e, rational *out)
{
    dag *d = c->d;
    node part;
    long constant, stride = split_stride(c, e, &part, &constant);
    if (stride) /* s a + b <= 0: a + ⌈b/s⌉ <= 0 */
        e = session_index(c->s, dag_add2(d, part, dag_int(d, constant > 0 ? (constant + stride - 1) / stride : -(-constant / stride))));
    division v;
    if (divide(c, e, &v) && floor_divided(-v.least, v.stride) == floor_divided(-v.most, v.stride)) /* s a + r <= 0: a <= ⌊−r/s⌋ */
        e = session_index(c->s, dag_sub(d, v.whole, dag_int(d, floor_divided(-v.least, v.stride))));
    node one = dag_int(d, 1), zero = dag_int(d, 0), other = session_index(c->s, dag_sub(d, one, e));
    node n = dag_compare(d, COMPARE_LESS_EQUAL, e, zero);
    if (dag_kind(d, n) != NODE_COMPARE)
        return normal_form(c, n, out);
    if (dag_index_le(d, zero, e) == TRUTH_YES)
        return index_equal(c, e, out);
    if (dag_index_le(d, e, one) == TRUTH_YES)
        return complement_of(c, index_equal(c, other, out), out);
    if (other < e)
        return complement_of(c, normal_atom(c, dag_raw_compare(d, COMPARE_LESS_EQUAL, other, zero), out), out);
    return normal_atom(c, dag_raw_compare(d, COMPARE_LESS_EQUAL, e, zero), out);
}

static bool index_condition(normal *c, compare kind, node a, node b, rational *out)
{
    dag *d = c->d;
    node e = session_index(c->s, dag_sub(d, a, b));
    switch (kind) {
    case COMPARE_EQUAL: return index_equal(c, e, out);
    case COMPARE_UNEQUAL: return complement_of(c, index_equal(c, e, out), out);
    case COMPARE_LESS: return index_at_most_zero(c, session_index(c->s, dag_add2(d, e, dag_int(d, 1))), out);
    default: return index_at_most_zero(c, e, out);
    }
}

static bool is_index_expression(normal *c, node n)
{
    return dag_is_affine(c->d, n) && !dag_has_kind(c->d, n, NODE_ENTRY);
}

static bool is_data(normal *c, node n)
{
    return dag_kind(c->d, n) == NODE_ENTRY && c->s->m->var[dag_payload(c->d, n)].integer;
}

/* [i = y] of an index and integer data: an atom of its own, by which sums over i are contracted. */
static bool data_equal(normal *c, compare kind, node a, node b, bool *done, rational *out)
{
    bool turned = is_data(c, a) && dag_kind(c->d, b) == NODE_INDEX;
    *done = (kind == COMPARE_EQUAL || kind == COMPARE_UNEQUAL) && (turned || (is_data(c, b) && dag_kind(c->d, a) == NODE_INDEX));
    if (!*done)
        return true;
    bool good = normal_atom(c, dag_raw_compare(c->d, COMPARE_EQUAL, turned ? b : a, turned ? a : b), out);
    return good && kind == COMPARE_UNEQUAL ? complement_of(c, good, out) : good;
}

/* [|u| < b] = [u < b] [−b < u], and [a < |u|] is its complement, for all u: no case of its own for u = 0. */
static bool between(normal *c, compare kind, node u, node b, rational *out)
{
    dag *d = c->d;
    rational other;
    rational_init(c, &other);
    bool good = normal_condition(c, dag_raw_compare(d, kind, u, b), out) && normal_condition(c, dag_raw_compare(d, kind, dag_neg(d, b), u), &other) &&
                rational_mul(c, out, out, &other);
    rational_clear(c, &other);
    return good;
}

static node absolute_of(dag *d, node n)
{
    return dag_kind(d, n) == NODE_FUN && dag_payload(d, n) == OP_ABS ? dag_child(d, n, 0) : 0;
}

bool normal_condition(normal *c, node n, rational *out)
{
    node a = dag_child(c->d, n, 0), b = dag_child(c->d, n, 1);
    compare kind = (compare)dag_payload(c->d, n);
    bool ordered = kind == COMPARE_LESS || kind == COMPARE_LESS_EQUAL;
    if (ordered && absolute_of(c->d, a))
        return between(c, kind, absolute_of(c->d, a), b, out);
    if (ordered && absolute_of(c->d, b))
        return complement_of(c, between(c, kind == COMPARE_LESS ? COMPARE_LESS_EQUAL : COMPARE_LESS, absolute_of(c->d, b), a, out), out);
    if (is_index_expression(c, a) && is_index_expression(c, b))
        return index_condition(c, kind, a, b, out);
    bool done = false, told = data_equal(c, kind, a, b, &done, out);
    if (!told || done)
        return told;
    rational u, v;
    rational_init(c, &u);
    rational_init(c, &v);
    bool good = normal_form(c, a, &u) && normal_form(c, b, &v) && rational_sub(c, &u, &u, &v), complement = false;
    if (good && (kind == COMPARE_EQUAL || kind == COMPARE_UNEQUAL)) {
        good = normal_sign_of(c, &u, &v) && rational_mul(c, out, &v, &v);
        complement = kind == COMPARE_EQUAL;
    } else if (good) { /* a < b: b − a > 0; a <= b: not a − b > 0 */
        if (kind == COMPARE_LESS)
            fmpz_mpoly_q_neg(&u, &u, c->ring);
        good = normal_positive(c, &u, out);
        complement = kind == COMPARE_LESS_EQUAL;
    }
    if (good && complement) {
        fmpz_mpoly_q_neg(out, out, c->ring);
        fmpz_mpoly_q_add_si(out, out, 1, c->ring);
    }
    rational_clear(c, &u);
    rational_clear(c, &v);
    return good;
}
