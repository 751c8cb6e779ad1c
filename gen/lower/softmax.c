/* Softmax and logsumexp, computed with the maximum taken out; where the page has both over the same, what one has computed is kept for the other. Part of extract.c. */
#include <stdio.h>

#include "gen/lower/extract.h"
#include "gen/lower/lower_private.h"

/* A body that is used twice is computed once, into an array, unless it costs nothing. */
static node body_once(extraction *x, int bound, node body)
{
    dag *d = x->d;
    if (!dag_has_kind(d, body, NODE_REDUCE) && !dag_has_kind(d, body, NODE_FUN) && !dag_has_kind(d, body, NODE_POW))
        return body;
    int index[MODEL_MAX_AXES];
    x->loop[x->loop_count++] = bound;
    node key = dag_raw_reduce(d, REDUCE_MAX, bound, dag_index_get(d, bound)->lo, dag_index_get(d, bound)->hi, 0, body);
    node entry = extract_array(x, key, body, extract_free(x, body, index), index);
    x->loop_count--;
    return entry ? entry : body;
}

/* exp(body − max body), and the maximum, which with `keep` is computed once for all who read it. */
static node shifted_exponential(extraction *x, node r, int *index, node *maximum, bool keep)
{
    dag *d = x->d;
    node body = extract_open(x, r, index);
    body = body_once(x, *index, body);
    node most = extract_close(x, r, REDUCE_MAX, *index, body), kept = 0;
    if (keep) {
        int own[MODEL_MAX_AXES], count = extract_free(x, most, own);
        kept = extract_array(x, most, most, count, own);
    }
    *maximum = kept ? kept : extract_place(x, most, false);
    node shifted = dag_raw_add(d, 2, (node[]){body, dag_raw_mul(d, 2, (node[]){dag_int(d, -1), *maximum})});
    return dag_raw_fun(d, OP_EXP, 1, &shifted);
}

/* n with its free indices called by their range, or by their place in the list as well: equal for equal values. */
static node anonymous(dag *d, node n, int count, const int *index, bool by_place)
{
    node from[MAX_LOOPS], to[MAX_LOOPS];
    for (int k = 0; k < count; k++) {
        const dag_index_info i = *dag_index_get(d, index[k]);
        char text[16];
        snprintf(text, sizeof text, "·%d", by_place ? k : 0);
        from[k] = dag_index_node(d, index[k]);
        to[k] = dag_index_node(d, dag_index(d, intern_puts(dag_names(d), text), i.lo, i.hi));
    }
    return dag_substitute(d, n, count, from, to, true);
}

static node by_range(dag *d, node n)
{
    int index[MAX_LOOPS], count = dag_free_indices(d, n, index, MAX_LOOPS);
    return anonymous(d, n, count < MAX_LOOPS ? count : MAX_LOOPS, index, false);
}

/* The logsumexp over what a softmax is over. */
static node logsumexp_of(dag *d, node softmax)
{
    int index;
    node body = dag_open(d, softmax, &index);
    return dag_raw_reduce(d, REDUCE_LOGSUMEXP, index, dag_child(d, softmax, 0), dag_child(d, softmax, 1), 0, body);
}

static void note_roots(lower_program *p, node n)
{
    dag *d = p->m->dag;
    if (!dag_has_kind(d, n, NODE_REDUCE))
        return;
    if (dag_kind(d, n) == NODE_REDUCE && dag_payload(d, n) == REDUCE_SOFTMAX) {
        int_map_put(&p->softmaxes, by_range(d, logsumexp_of(d, n)), 1);
        return;
    }
    if (dag_binds(d, n)) {
        int index;
        note_roots(p, dag_look_inside(d, n, &index));
        return;
    }
    for (int i = 0; i < dag_count(d, n); i++)
        note_roots(p, dag_child(d, n, i));
}

void lower_note_softmaxes(lower_program *p)
{
    for (int i = 0; i < p->equation_count; i++)
        if (p->equation[i].events && !p->equation[i].product)
            note_roots(p, p->equation[i].rhs);
}

/* Arrays that go with a logsumexp are known by it: its exponentials, and one over their sum. */
static node exponentials_key(dag *d, node key)
{
    return dag_raw_fun(d, OP_EXP, 1, &key);
}

static node inverse_key(dag *d, node key)
{
    return dag_raw_pow(d, key, dag_int(d, -1));
}

/* The axes of the exponentials of a logsumexp over `index`, so that they lie as what they are made of does. */
static int kept_axes(const extraction *x, node whole, int index, const int *loose, int count, int *axes)
{
    dag *d = x->d;
    int own, place = count;
    node body = dag_open(d, whole, &own);
    if (count && !dag_index_get(d, loose[count - 1])->sample && extract_strided(d, body, own) > extract_strided(d, body, loose[count - 1]))
        place = count - 1;
    for (int k = 0; k <= count; k++)
        axes[k] = k == place ? index : loose[k - (k > place)];
    return count + 1;
}

/* Where the page needs the softmax as well, the exponentials are kept for it: loading one costs less than computing it. */
static node kept_exponentials(extraction *x, node whole, node key, node body, int index, const int *loose, int count)
{
    int axes[MODEL_MAX_AXES];
    if (count < 0 || count >= MODEL_MAX_AXES)
        return body;
    int all = kept_axes(x, whole, index, loose, count, axes);
    node entry = extract_array(x, exponentials_key(x->d, key), body, all, axes);
    return entry ? entry : body;
}

node extract_logsumexp(extraction *x, node r)
{
    dag *d = x->d;
    int index, loose[MODEL_MAX_AXES], count = extract_free(x, r, loose);
    bool shared = int_map_get(&x->p->softmaxes, by_range(d, r)) != 0 && count >= 0;
    node maximum, key = shared ? anonymous(d, r, count, loose, true) : 0, body = shifted_exponential(x, r, &index, &maximum, shared);
    if (shared)
        body = kept_exponentials(x, r, key, body, index, loose, count);
    node sum = extract_place(x, extract_close(x, r, REDUCE_SUM, index, body), false);
    node total = shared ? extract_array(x, dag_raw_mul(d, 2, (node[]){key, key}), sum, count, loose) : 0;
    if (total) {
        extract_array(x, inverse_key(d, key), dag_raw_pow(d, total, dag_int(d, -1)), count, loose);
        sum = total;
    }
    node value = dag_raw_add(d, 2, (node[]){maximum, dag_raw_fun(d, OP_LOG, 1, &sum)});
    node entry = shared ? extract_array(x, key, value, count, loose) : 0;
    return entry ? entry : value;
}

/* What the page's logsumexp over the same has left: its exponential times one over their sum, or exp(u[at] − logsumexp u); 0 where the page has none. */
static node softmax_from_logsumexp(extraction *x, node r)
{
    dag *d = x->d;
    int index, loose[MODEL_MAX_AXES];
    node whole = logsumexp_of(d, r);
    int count = extract_free(x, whole, loose);
    node key = count < 0 || count >= MODEL_MAX_AXES ? 0 : anonymous(d, whole, count, loose, true);
    if (!key || !int_map_get(&x->p->temporaries, key))
        return 0;
    node entry = extract_array(x, key, 0, count, loose);
    if (!entry)
        return 0;
    node body = extract_open(x, r, &index), from = dag_index_node(d, index), to = extract(x, dag_child(d, r, 2));
    int axes[MODEL_MAX_AXES + 1], all = kept_axes(x, whole, index, loose, count, axes);
    node kept = extract_array(x, exponentials_key(d, key), 0, all, axes), inverse = extract_array(x, inverse_key(d, key), 0, count, loose);
    if (kept && inverse)
        return dag_raw_mul(d, 2, (node[]){dag_substitute(d, kept, 1, &from, &to, true), inverse});
    body = body_once(x, index, body);
    node exponent = dag_raw_add(d, 2, (node[]){dag_substitute(d, body, 1, &from, &to, true), dag_raw_mul(d, 2, (node[]){dag_int(d, -1), entry})});
    return dag_raw_fun(d, OP_EXP, 1, &exponent);
}

node extract_softmax(extraction *x, node r)
{
    dag *d = x->d;
    int index, loose[MODEL_MAX_AXES];
    node known = softmax_from_logsumexp(x, r);
    if (known)
        return known;
    node maximum, body = shifted_exponential(x, r, &index, &maximum, false);
    node key = extract_close(x, r, REDUCE_SUM, index, body);
    x->loop[x->loop_count++] = index;
    node entry = extract_array(x, key, body, extract_free(x, body, loose), loose);
    x->loop_count--;
    if (entry)
        body = entry;
    node sum = extract_place(x, extract_close(x, r, REDUCE_SUM, index, body), false);
    node from = dag_index_node(d, index), to = extract(x, dag_child(d, r, 2));
    node at = dag_substitute(d, body, 1, &from, &to, true);
    return dag_raw_mul(d, 2, (node[]){at, dag_raw_pow(d, sum, dag_int(d, -1))});
}
