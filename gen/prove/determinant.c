/* Determinants and inverses: of products, of inverses, of transposed matrices and multiples; inv(A) A = I under a sum. */
#include <stdlib.h>

#include "gen/prove/nested.h"

/* λ row. λ column. body, both from lo to hi. */
typedef struct {
    int row, column;
    node lo, hi, body;
} matrix;

static bool open_matrix(normal *c, node n, matrix *out)
{
    dag *d = c->d;
    if (dag_kind(d, n) != NODE_LAMBDA)
        return false;
    node inner = session_open(c->s, n, &out->row);
    if (dag_kind(d, inner) != NODE_LAMBDA)
        return false;
    out->body = session_open(c->s, inner, &out->column);
    out->lo = session_index(c->s, dag_child(d, n, 0));
    out->hi = session_index(c->s, dag_child(d, n, 1));
    return session_index(c->s, dag_child(d, inner, 0)) == out->lo && session_index(c->s, dag_child(d, inner, 1)) == out->hi;
}

static node close_matrix(dag *d, const matrix *m, int row, int column, node body)
{
    return dag_lambda(d, row, m->lo, m->hi, dag_lambda(d, column, m->lo, m->hi, body));
}

static node transposed(dag *d, const matrix *m, node body)
{
    node from[] = {dag_index_node(d, m->row), dag_index_node(d, m->column)}, to[] = {from[1], from[0]};
    return close_matrix(d, m, m->row, m->column, dag_substitute(d, body, 2, from, to, true));
}

/* Is it det (or inv) of a matrix, not differentiated? Its argument, else 0. */
static node argument_of(const normal *c, node n, function_kind kind)
{
    if (dag_kind(c->d, n) != NODE_APPLY)
        return 0;
    const dag_signature *s = dag_signature_get(c->d, dag_payload(c->d, n));
    bool good = c->s->m->function[s->function].kind == kind && s->derivative_count == 0 && s->arg_count == 1;
    return good ? dag_child(c->d, n, s->out_rank) : 0;
}

static node with_argument(dag *d, node n, node row, node column, node argument)
{
    node child[] = {row, column, argument};
    return row ? dag_apply(d, dag_payload(d, n), 3, child) : dag_apply(d, dag_payload(d, n), 1, &argument);
}

/* --- a product of two matrices --- */

static int joined(int *of, int i)
{
    while (of[i] != i)
        i = of[i];
    return i;
}

static bool is_whole_range(normal *c, const matrix *m, int index)
{
    const dag_index_info *x = dag_index_get(c->d, index);
    return session_index(c->s, x->lo) == m->lo && session_index(c->s, x->hi) == m->hi;
}

/* Σ over the bound indices of one side, but `cut`. */
static node close_side(normal *c, const product *p, int cut, const bool *left, bool side)
{
    dag *d = c->d;
    node factor[NESTED_MOST_FACTORS];
    int count = 0;
    for (int i = 0; i < p->factor_count; i++)
        if (left[i] == side)
            factor[count++] = p->factor[i];
    node n = count == 0 ? dag_int(d, 1) : count == 1 ? factor[0] : dag_raw_mul(d, count, factor);
    for (int b = 0; b < p->bound_count; b++) {
        bool inside = dag_has_index(d, n, p->bound[b]);
        const dag_index_info x = *dag_index_get(d, p->bound[b]);
        if (p->bound[b] == cut || !inside)
            continue;
        if (dag_has_kind(d, x.lo, NODE_INDEX) || dag_has_kind(d, x.hi, NODE_INDEX))
            return 0;
        n = dag_raw_reduce(d, REDUCE_SUM, p->bound[b], x.lo, x.hi, 0, n);
    }
    return n;
}

/* The sum over `cut` of a function of (row, cut) times one of (cut, column)? */
static bool cut_at(normal *c, const matrix *m, const product *p, int cut, node *first, node *second)
{
    int of[NESTED_MOST_FACTORS];
    bool left[NESTED_MOST_FACTORS], rows[NESTED_MOST_FACTORS] = {false}, columns[NESTED_MOST_FACTORS] = {false};
    for (int i = 0; i < p->factor_count; i++)
        of[i] = i;
    for (int b = 0; b < p->bound_count; b++)
        for (int i = 0, last = -1; i < p->factor_count && p->bound[b] != cut; i++)
            if (dag_has_index(c->d, p->factor[i], p->bound[b])) {
                if (last >= 0)
                    of[joined(of, i)] = joined(of, last);
                last = i;
            }
    for (int b = 0; b < p->bound_count; b++) { /* a sum over nothing counts its terms: leave it */
        bool used = false;
        for (int i = 0; i < p->factor_count; i++)
            used = used || dag_has_index(c->d, p->factor[i], p->bound[b]);
        if (!used)
            return false;
    }
    for (int i = 0; i < p->factor_count; i++) {
        rows[joined(of, i)] |= dag_has_index(c->d, p->factor[i], m->row);
        columns[joined(of, i)] |= dag_has_index(c->d, p->factor[i], m->column);
    }
    for (int i = 0; i < p->factor_count; i++) {
        if (rows[i] && columns[i])
            return false;
        left[i] = !columns[joined(of, i)];
    }
    *first = close_side(c, p, cut, left, true);
    *second = close_side(c, p, cut, left, false);
    return *first && *second && dag_has_index(c->d, *first, m->row) && dag_has_index(c->d, *second, m->column);
}

/* body = Σ_k first(row, k) second(k, column) over the whole range? As matrices. */
static bool split_product(normal *c, const matrix *m, node body, node *first, node *second)
{
    product *p = xcalloc(1, sizeof *p);
    bool found = false, sum = dag_kind(c->d, body) == NODE_REDUCE && dag_payload(c->d, body) == REDUCE_SUM;
    if (sum) {
        body = session_open(c->s, body, &p->bound[0]);
        p->bound_count = 1;
    }
    if (sum && nested_flatten(c, p, body))
        for (int b = 0; b < p->bound_count && !found; b++) {
            int cut = p->bound[b];
            found = is_whole_range(c, m, cut) && cut_at(c, m, p, cut, first, second);
            if (found) {
                *first = close_matrix(c->d, m, m->row, cut, *first);
                *second = close_matrix(c->d, m, cut, m->column, *second);
            }
        }
    free(p);
    return found;
}

/* --- one matrix --- */

static bool is_identity(const normal *c, const matrix *m, node core)
{
    dag *d = c->d;
    node i = dag_index_node(d, m->row), j = dag_index_node(d, m->column);
    return dag_kind(d, core) == NODE_COMPARE && dag_payload(d, core) == COMPARE_EQUAL &&
           ((dag_child(d, core, 0) == i && dag_child(d, core, 1) == j) || (dag_child(d, core, 0) == j && dag_child(d, core, 1) == i));
}

/* q = scalar·[row = column]: a diagonal matrix. */
static bool split_diagonal(normal *c, const matrix *m, const rational *q, node *core, rational *scalar)
{
    bool good = false;
    for (slong g = c->plan->atoms - c->atom.count; g < c->plan->atoms && !good; g++) {
        if (fmpz_mpoly_degree_si(fmpz_mpoly_q_numref(q), g, c->ring) != 1 || fmpz_mpoly_degree_si(fmpz_mpoly_q_denref(q), g, c->ring) > 0 ||
            !is_identity(c, m, normal_generator_node(c, g)))
            continue;
        fmpz_mpoly_q_gen(scalar, g, c->ring);
        good = fmpz_mpoly_divides(fmpz_mpoly_q_numref(scalar), fmpz_mpoly_q_numref(q), fmpz_mpoly_q_numref(scalar), c->ring);
        fmpz_mpoly_set(fmpz_mpoly_q_denref(scalar), fmpz_mpoly_q_denref(q), c->ring);
        *core = normal_generator_node(c, g);
    }
    return good;
}

/* q = scalar·core with one atom that has both indices; the scalar is a product of what has none or one of them: rows and columns are multiplied. */
static bool split_scalar(normal *c, const matrix *m, const rational *q, node *core, rational *scalar)
{
    slong found = -1;
    if (split_diagonal(c, m, q, core, scalar))
        return true;
    if (fmpz_mpoly_length(fmpz_mpoly_q_numref(q), c->ring) != 1)
        return false;
    for (slong g = c->plan->atoms - c->atom.count; g < c->plan->atoms; g++) {
        bool above = fmpz_mpoly_degree_si(fmpz_mpoly_q_numref(q), g, c->ring) > 0, below = fmpz_mpoly_degree_si(fmpz_mpoly_q_denref(q), g, c->ring) > 0;
        node n = above || below ? normal_generator_node(c, g) : 0;
        bool row = n && nested_has_index(c, n, m->row), column = n && nested_has_index(c, n, m->column);
        if (!row && !column)
            continue;
        if (row != column) {
            if (below && fmpz_mpoly_length(fmpz_mpoly_q_denref(q), c->ring) != 1)
                return false;
            continue;
        }
        if (below || found >= 0 || fmpz_mpoly_degree_si(fmpz_mpoly_q_numref(q), g, c->ring) != 1)
            return false;
        found = g;
        *core = n;
    }
    if (found < 0)
        return false;
    fmpz_mpoly_q_gen(scalar, found, c->ring);
    return rational_div(c, scalar, q, scalar);
}

/* core = inv(X)[row, column], or with both exchanged (*turned)? X, else 0. */
static node inverse_of(const normal *c, const matrix *m, node core, bool *turned)
{
    dag *d = c->d;
    node x = argument_of(c, core, FUNCTION_INV), i = dag_index_node(d, m->row), j = dag_index_node(d, m->column);
    *turned = x && dag_child(d, core, 0) == j && dag_child(d, core, 1) == i;
    return x && (*turned || (dag_child(d, core, 0) == i && dag_child(d, core, 1) == j)) ? x : 0;
}

static bool determinant(normal *c, node n, const matrix *m, node core, rational *out)
{
    dag *d = c->d;
    node first, second, x;
    bool turned;
    rational t;
    rational_init(c, &t);
    bool good;
    if (is_identity(c, m, core))
        good = rational_set_si(c, out, 1, 1);
    else if ((x = inverse_of(c, m, core, &turned)))
        good = normal_form(c, with_argument(d, n, 0, 0, x), out) && rational_pow(c, out, out, -1);
    else if (split_product(c, m, core, &first, &second))
        good = normal_form(c, with_argument(d, n, 0, 0, first), out) && normal_form(c, with_argument(d, n, 0, 0, second), &t) && rational_mul(c, out, out, &t);
    else {
        node a = close_matrix(d, m, m->row, m->column, core), b = transposed(d, m, core);
        good = normal_atom(c, with_argument(d, n, 0, 0, a < b ? a : b), out);
    }
    rational_clear(c, &t);
    return good;
}

/* Σ_k inv(second)[row, k] inv(first)[k, column] */
static node inverse_product(normal *c, node n, const matrix *m, node row, node column, node first, node second)
{
    dag *d = c->d;
    int k = dag_index_fresh(d, 0, m->lo, m->hi);
    node at = dag_index_node(d, k);
    node pair[] = {with_argument(d, n, row, at, second), with_argument(d, n, at, column, first)};
    return dag_raw_reduce(d, REDUCE_SUM, k, m->lo, m->hi, 0, dag_raw_mul(d, 2, pair));
}

static bool inverse(normal *c, node n, const matrix *m, node core, rational *out)
{
    dag *d = c->d;
    node row = dag_child(d, n, 0), column = dag_child(d, n, 1), first, second, x;
    matrix of;
    bool turned;
    if (is_identity(c, m, core))
        return normal_form(c, dag_raw_compare(d, COMPARE_EQUAL, row, column), out);
    if ((x = inverse_of(c, m, core, &turned)) && open_matrix(c, x, &of)) {
        node from[] = {dag_index_node(d, of.row), dag_index_node(d, of.column)}, to[] = {turned ? column : row, turned ? row : column};
        return normal_form(c, dag_substitute(d, of.body, 2, from, to, true), out);
    }
    if (split_product(c, m, core, &first, &second))
        return normal_form(c, inverse_product(c, n, m, row, column, first, second), out);
    node a = close_matrix(d, m, m->row, m->column, core), b = transposed(d, m, core);
    return normal_atom(c, a < b ? with_argument(d, n, row, column, a) : with_argument(d, n, column, row, b), out);
}

/* What a scalar s(row, column) = r(row) c(column) of the entries does: the determinant is Π r(k) c(k) times as large, an entry (a, b) of the inverse 1/(c(a) r(b)). */
static node scaling(normal *c, node n, const matrix *m, node s, bool det)
{
    dag *d = c->d;
    node row = dag_index_node(d, m->row), column = dag_index_node(d, m->column);
    if (!det) {
        node from[] = {row, column}, to[] = {dag_child(d, n, 1), dag_child(d, n, 0)};
        return dag_raw_pow(d, dag_substitute(d, s, 2, from, to, true), dag_int(d, -1));
    }
    if (!nested_has_index(c, s, m->row) && !nested_has_index(c, s, m->column))
        return dag_raw_pow(d, s, session_index(c->s, dag_add2(d, dag_sub(d, m->hi, m->lo), dag_int(d, 1))));
    return dag_raw_reduce(d, REDUCE_PROD, m->row, m->lo, m->hi, 0, dag_substitute(d, s, 1, &column, &row, true));
}

bool normal_matrix(normal *c, node n, bool *done, rational *out)
{
    node det = argument_of(c, n, FUNCTION_DET), inv = det ? 0 : argument_of(c, n, FUNCTION_INV), core = 0;
    matrix m;
    rational q, scalar;
    *done = false;
    if ((!det && !inv) || !open_matrix(c, det ? det : inv, &m))
        return true;
    rational_init(c, &q);
    rational_init(c, &scalar);
    bool good = normal_form(c, m.body, &q);
    if (good && split_scalar(c, &m, &q, &core, &scalar)) {
        *done = true;
        good = det ? determinant(c, n, &m, core, out) : inverse(c, n, &m, core, out);
        if (good && !fmpz_mpoly_q_is_one(&scalar, c->ring)) {
            node s = normal_node(c, &scalar), factor = s ? scaling(c, n, &m, s, det != 0) : 0;
            good = factor && normal_form(c, factor, &scalar) && rational_mul(c, out, out, &scalar);
        }
    }
    rational_clear(c, &q);
    rational_clear(c, &scalar);
    return good && c->state == NORMAL_GOOD;
}

/* --- inv(A) A under a sum --- */

/* What the other index of `factor` is, if it is the entry of m's body with `index` as its row (or column); 0: it is not. */
static node other_index(normal *c, const matrix *m, node factor, int index, bool as_row)
{
    dag *d = c->d;
    node k = dag_index_node(d, index), from[] = {dag_index_node(d, m->row), dag_index_node(d, m->column)};
    if (dag_kind(d, m->body) != NODE_ENTRY || dag_kind(d, factor) != NODE_ENTRY || dag_payload(d, m->body) != dag_payload(d, factor))
        return 0;
    int v = dag_payload(d, factor);
    const name_fact *f = session_is_fact(c->s, v) && c->s->fact[v].swap_a >= 0 ? &c->s->fact[v] : NULL;
    for (int mirrored = 0; mirrored <= (f != NULL); mirrored++) { /* of a symmetric matrix an entry and its mirror image are one */
        node child[MODEL_MAX_AXES];
        for (int i = 0; i < dag_count(d, factor); i++)
            child[i] = dag_child(d, factor, mirrored && i == f->swap_a ? f->swap_b : mirrored && i == f->swap_b ? f->swap_a : i);
        node turned = dag_entry(d, v, dag_count(d, factor), child);
        for (int i = 0; i < dag_count(d, m->body); i++) {
            node other = child[i], to[] = {as_row ? k : other, as_row ? other : k};
            if (dag_child(d, m->body, i) == from[as_row] && !dag_has_index(d, other, index) && dag_substitute(d, m->body, 2, from, to, true) == turned) {
                if (mirrored)
                    c->s->fact[v].used = true;
                return other;
            }
        }
    }
    return 0;
}

/* q times an entry of a name with both indices? The entry, else 0. */
static node entry_of_term(const normal *c, const matrix *m, node term, node *number)
{
    dag *d = c->d;
    bool scaled = dag_kind(d, term) == NODE_MUL && dag_count(d, term) == 2 && dag_kind(d, dag_child(d, term, 0)) == NODE_NUMBER;
    node entry = scaled ? dag_child(d, term, 1) : term;
    *number = scaled ? dag_child(d, term, 0) : dag_int(d, 1);
    return dag_kind(d, entry) == NODE_ENTRY && dag_has_index(d, entry, m->row) && dag_has_index(d, entry, m->column) ? entry : 0;
}

/* Of a sum of matrices one that is a name, the same each time: m becomes that matrix, `rest` all others, so that m number + rest = what it was. */
static bool choose_term(const normal *c, matrix *m, node *number, node *rest)
{
    dag *d = c->d;
    node whole = m->body, best = 0, times;
    *number = dag_int(d, 1);
    *rest = 0;
    if (dag_kind(d, whole) != NODE_ADD)
        return true;
    for (int i = 0; i < dag_count(d, whole); i++) {
        node entry = entry_of_term(c, m, dag_child(d, whole, i), &times);
        if (entry && (!best || dag_payload(d, entry) > dag_payload(d, best))) {
            best = entry;
            *number = times;
        }
    }
    m->body = best;
    *rest = best ? dag_sub(d, whole, dag_mul2(d, *number, best)) : 0;
    return best != 0;
}

/* inv(X) A = ([a = b] − inv(X) rest)/number for X = number A + rest, or with both exchanged. */
static node without_pair(const normal *c, const matrix *m, node inverse, int index, bool column, node a, node b, node number, node rest)
{
    dag *d = c->d;
    node delta = dag_raw_compare(d, COMPARE_EQUAL, a, b);
    if (!rest)
        return delta;
    node k = dag_index_node(d, index), from[] = {dag_index_node(d, m->row), dag_index_node(d, m->column)}, to[] = {column ? k : b, column ? b : k};
    node pair[] = {inverse, dag_substitute(d, rest, 2, from, to, true)}, sum = dag_raw_reduce(d, REDUCE_SUM, index, m->lo, m->hi, 0, dag_raw_mul(d, 2, pair));
    node difference = dag_raw_add(d, 2, (node[]){delta, dag_raw_mul(d, 2, (node[]){dag_int(d, -1), sum})});
    return dag_raw_mul(d, 2, (node[]){dag_raw_pow(d, number, dag_int(d, -1)), difference});
}

bool normal_inverse_pair(normal *c, int index, node lo, node hi, int count, const node *factor, int *first, int *second, node *value)
{
    dag *d = c->d;
    node k = dag_index_node(d, index);
    for (int i = 0; i < count; i++) {
        matrix m;
        node x = argument_of(c, factor[i], FUNCTION_INV);
        node number, rest;
        if (!x || !open_matrix(c, x, &m) || m.lo != lo || m.hi != hi || nested_has_index(c, x, index) || !choose_term(c, &m, &number, &rest))
            continue;
        bool column = dag_child(d, factor[i], 1) == k, row = dag_child(d, factor[i], 0) == k;
        for (int j = 0; j < count && row != column; j++) {
            node other = i == j ? 0 : other_index(c, &m, factor[j], index, column);
            bool alone = other != 0;
            for (int f = 0; f < count && alone; f++)
                alone = f == i || f == j || !nested_has_index(c, factor[f], index);
            if (!alone)
                continue;
            *first = i;
            *second = j;
            *value = without_pair(c, &m, factor[i], index, column, dag_child(d, factor[i], column ? 0 : 1), other, number, rest);
            return true;
        }
    }
    return false;
}
