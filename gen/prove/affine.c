/* Index expressions in one form, so that equal ones are one node; sizes that the page fixes are numbers where they are to be. */
#include <stdlib.h>

#include "gen/prove/session.h"

#define MOST_TERMS 32

typedef struct {
    session *s;
    node leaf[MOST_TERMS];
    long coefficient[MOST_TERMS], constant;
    int count;
} affine;

static bool add_leaf(affine *f, node leaf, long coefficient)
{
    int at = 0;
    while (at < f->count && f->leaf[at] != leaf)
        at++;
    if (at == MOST_TERMS)
        return false;
    if (at == f->count) {
        f->leaf[f->count] = leaf;
        f->coefficient[f->count++] = 0;
    }
    return !__builtin_add_overflow(f->coefficient[at], coefficient, &f->coefficient[at]);
}

static bool small_integer(dag *d, node n, long *out)
{
    if (dag_kind(d, n) != NODE_NUMBER)
        return false;
    const mpq_t *v = dag_value(d, n);
    *out = mpz_get_si(mpq_numref(*v));
    return mpz_cmp_ui(mpq_denref(*v), 1) == 0 && mpz_cmpabs_ui(mpq_numref(*v), 1000000000) < 0;
}

static bool collect(affine *f, node n, long factor)
{
    dag *d = f->s->d;
    long k;
    if (labs(factor) > 1000000000)
        return false;
    if (dag_kind(d, n) == NODE_SIZE && (k = session_size(f->s, dag_payload(d, n))) != 0)
        return k <= 1000000000 && !__builtin_add_overflow(f->constant, factor * k, &f->constant);
    if (small_integer(d, n, &k))
        return !__builtin_add_overflow(f->constant, factor * k, &f->constant);
    if (dag_kind(d, n) == NODE_ADD) {
        for (int i = 0; i < dag_count(d, n); i++)
            if (!collect(f, dag_child(d, n, i), factor))
                return false;
        return true;
    }
    if (dag_kind(d, n) == NODE_MUL && dag_count(d, n) == 2 && small_integer(d, dag_child(d, n, 0), &k))
        return labs(k) < 1000 && collect(f, dag_child(d, n, 1), factor * k);
    return (dag_kind(d, n) == NODE_SIZE || dag_kind(d, n) == NODE_INDEX) && add_leaf(f, n, factor);
}

node session_index(session *s, node n)
{
    dag *d = s->d;
    affine f = {.s = s};
    node term[MOST_TERMS + 1];
    int count = 0;
    if (!collect(&f, n, 1))
        return dag_simplify(d, n);
    for (int i = 0; i < f.count; i++) { /* by reference, small counts */
        int least = i;
        for (int j = i + 1; j < f.count; j++)
            least = f.leaf[j] < f.leaf[least] ? j : least;
        node leaf = f.leaf[least];
        long k = f.coefficient[least];
        f.leaf[least] = f.leaf[i], f.coefficient[least] = f.coefficient[i];
        f.leaf[i] = leaf, f.coefficient[i] = k;
        if (k)
            term[count++] = k == 1 ? leaf : dag_mul2(d, dag_int(d, k), leaf);
    }
    if (f.constant || count == 0)
        term[count++] = dag_int(d, f.constant);
    return count == 1 ? term[0] : dag_add(d, count, term);
}
